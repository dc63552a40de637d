"""What a worker is shown: never data, results, home or checkout, wherever on the machine they lie."""

from __future__ import annotations

from pathlib import Path

import pytest
from sectorbench.harness import sandbox
from sectorbench.harness.limits import Limits
from sectorbench.harness.sandbox import available_level, worker_files
from sectorbench.tasks.scheduling.policies.rules import DispatchingRule

needs_bubblewrap = pytest.mark.skipif(available_level() != "bubblewrap", reason="needs bubblewrap")


@pytest.fixture
def below_a_prefix(tmp_path, monkeypatch):
    """A machine whose Python lies above the results, the mirror, the cache and the user's home."""
    real = sandbox.python_prefixes()
    monkeypatch.setattr(sandbox, "python_prefixes", lambda: [*real, str(tmp_path)])
    places = {name: tmp_path / name for name in ("results", "mirror", "cache", "home")}
    for name in ("mirror", "cache", "home"):
        places[name].mkdir()
        (places[name] / "references.arrow").write_text("an answer")
    monkeypatch.setenv("HOME", str(places["home"]))
    return places


def _seen(outcome):
    """Mean error of the spy, which answers each row with how many kinds of things it found: 19.5 where none."""
    record = next(r for r in outcome.records.values() if r.cell.model.name == "spy")
    return record.metrics[1].value


@needs_bubblewrap
def test_the_spy_finds_what_lies_below_a_folder_that_must_be_seen(toy_run, below_a_prefix, monkeypatch):
    """The control of the test below: the same spy, the same files, nothing hidden."""
    toy_run("half", results=below_a_prefix["results"])
    launch = sandbox.launch
    monkeypatch.setattr("sectorbench.harness.executors.job.launch", lambda *a, hidden, **k: launch(*a, **k))
    _, outcome, _ = toy_run("spy", results=below_a_prefix["results"])
    assert _seen(outcome) != pytest.approx(19.5)


@needs_bubblewrap
def test_data_results_and_home_are_hidden_also_below_a_folder_that_must_be_seen(toy_run, below_a_prefix):
    places = below_a_prefix
    toy_run("half", results=places["results"])
    _, outcome, _ = toy_run("spy", results=places["results"], hidden=(places["mirror"], places["cache"]))
    assert _seen(outcome) == pytest.approx(19.5)


def _mounts(command):
    """Destination of each mount of a bubblewrap command, in order, with its kind."""
    kinds = {"--ro-bind": 2, "--dev-bind": 2, "--bind": 2, "--tmpfs": 1, "--symlink": 2}
    return [(command[i + kinds[w]], w) for i, w in enumerate(command) if w in kinds]


def test_a_checkout_below_a_prefix_is_hidden_and_an_environment_inside_it_shown_again(tmp_path, monkeypatch):
    checkout = tmp_path / "src" / "sectorbench"
    inside = checkout / ".venv"
    inside.mkdir(parents=True)
    monkeypatch.setattr(sandbox, "_PACKAGE", checkout)
    monkeypatch.setattr(sandbox, "python_prefixes", lambda: [str(inside), str(tmp_path)])
    mounts = _mounts(sandbox._system("cpu", (), Limits()))
    order = [place for place, _ in mounts]
    assert (str(checkout), "--tmpfs") in mounts
    assert order.index(str(tmp_path)) < order.index(str(checkout)) < order.index(str(inside))


def test_what_is_out_of_sight_anyway_is_not_mounted_over(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    mounts = _mounts(sandbox._system("cpu", (elsewhere, Path("/usr"), tmp_path / "not there"), Limits()))
    assert str(elsewhere) not in [place for place, _ in mounts]
    assert ("/usr", "--tmpfs") not in mounts


RULES = "sectorbench.tasks.scheduling.policies.rules:DispatchingRule"


def test_a_worker_sees_the_adapters_folder_and_those_it_needs(monkeypatch):
    monkeypatch.setattr(DispatchingRule, "needs", ())
    alone = worker_files(RULES)
    assert Path("tasks/scheduling/policies") in alone
    assert Path("tasks/scheduling/simulator") not in alone
    monkeypatch.setattr(DispatchingRule, "needs", ("tasks/scheduling/simulator",))
    more = worker_files(RULES)
    assert set(more) - set(alone) == {Path("tasks/scheduling/simulator")}
    assert len(set(more)) == len(more)


def test_a_worker_of_a_harness_adapter_sees_no_task():
    shown = worker_files("sectorbench.harness.adapters.constant:MeanTarget")
    assert not [p for p in shown if p.parts[0] == "tasks"]
