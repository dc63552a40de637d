"""Levels of isolation: which one a run takes, what is refused, and that a machine without one says why."""

from __future__ import annotations

import json
import shutil
import types

import pytest
from sectorbench.__main__ import main
from sectorbench.harness import isolation
from sectorbench.harness.errors import UsageError
from sectorbench.harness.isolation import LEVELS, check_recorded, choose_level, is_weaker, require_level
from sectorbench.harness.limits import Limits
from sectorbench.harness.told import earlier_told, keep_told, shut_in_of, with_shut_in

CELL = ["--task", "scheduling/jobshop-taillard", "--model", "spt", "--limit", "2"]


@pytest.fixture
def only(monkeypatch):
    """A machine that can give some levels alone."""

    def have(*levels):
        monkeypatch.setattr(isolation, "why_not", lambda level: None if level in levels else "not on this machine")

    return have


def test_the_strongest_level_of_the_machine_is_taken(only):
    only("landlock", "limits", "none")
    assert choose_level("auto") == "landlock"


@pytest.mark.parametrize("level", ["bubblewrap", "landlock"])
def test_a_level_that_cannot_be_had_is_refused_with_the_reason(only, level):
    only("limits", "none")
    with pytest.raises(UsageError, match=f"sandbox={level} cannot be had here: not on this machine"):
        choose_level(level)


def test_levels_are_ordered_by_how_much_they_isolate():
    assert [[is_weaker(one, than=other) for other in LEVELS] for one in LEVELS] == [
        [False, False, False, False],
        [True, False, False, False],
        [True, True, False, False],
        [True, True, True, False],
    ]


def test_a_weaker_level_than_required_is_refused_before_anything_starts(only, tmp_path, capsys):
    only("limits", "none")
    results = tmp_path / "results"
    for verb in ("run", "plan"):
        assert main([verb, *CELL, "--require-sandbox", "landlock", "--results", str(results)]) == 2
        said = capsys.readouterr().err
        assert "--require-sandbox landlock" in said
        assert "not on this machine" in said
    assert not results.exists()


def test_a_level_that_was_chosen_too_weak_is_refused_though_a_stronger_can_be_had(only):
    only(*LEVELS)
    require_level("auto", "bubblewrap")
    with pytest.raises(UsageError, match="leave sandbox=limits out"):
        require_level("limits", "landlock")


def test_a_record_of_a_weaker_level_is_not_taken_for_one_of_the_required(toy_run):
    _, outcome, _ = toy_run("half", sandbox="limits")
    check_recorded(outcome.records.values(), "limits")
    with pytest.raises(UsageError, match="2 of these cells were run before at a weaker level"):
        check_recorded(outcome.records.values(), "landlock")


def _without_records(store):
    shutil.rmtree(store.records)


def test_predictions_tell_the_level_that_they_were_made_at_though_their_record_is_gone(toy_run):
    _, _, store = toy_run("half", sandbox="limits")
    _without_records(store)
    _, outcome, _ = toy_run("half", sandbox="none")
    levels = {one.environment.sandbox for one in outcome.records.values()}
    assert levels == {"limits"}
    assert all(one.cost.resumed_rows for one in outcome.records.values())
    assert all(one.environment.isolation.tasks is not None for one in outcome.records.values())


def test_predictions_of_a_weaker_level_than_required_are_made_anew(toy_run):
    _, first, store = toy_run("half", sandbox="none")
    _without_records(store)
    _, again, _ = toy_run("half", sandbox="limits", required_sandbox="limits")
    assert {one.environment.sandbox for one in first.records.values()} == {"none"}
    assert {one.environment.sandbox for one in again.records.values()} == {"limits"}
    assert {one.cost.resumed_rows for one in again.records.values()} == {0}


def test_predictions_of_which_nobody_knows_the_level_count_as_shut_in_by_nothing(toy_run):
    _, _, store = toy_run("half", sandbox="limits")
    _without_records(store)
    for told in store.folder.rglob("predictions/*.json"):
        told.unlink()
    _, outcome, _ = toy_run("half", sandbox="limits")
    assert {one.environment.sandbox for one in outcome.records.values()} == {"none"}


def test_a_worker_does_not_say_itself_how_it_was_shut_in(tmp_path):
    kept = tmp_path / "x.arrow"
    keep_told(kept, {"shut_in": {"level": "bubblewrap"}, "ways": {}})
    assert shut_in_of(earlier_told(kept)).level == "none"
    keep_told(kept, with_shut_in({"shut_in": {"level": "bubblewrap"}}, "limits", Limits()))
    assert shut_in_of(earlier_told(kept)).level == "limits"


def test_an_older_record_tells_no_means_and_still_loads(toy_run):
    _, outcome, _ = toy_run("half", sandbox="limits")
    record = next(iter(outcome.records.values()))
    raw = json.loads(record.model_dump_json())
    del raw["environment"]["isolation"]
    assert type(record).model_validate(raw).environment.isolation is None


def test_limits_are_options_of_the_command(monkeypatch, tmp_path):
    from sectorbench.benchmarks import commands

    seen = {}

    def look(plan, *, settings, **rest):
        seen["limits"] = settings.limits
        return types.SimpleNamespace(failed=[], with_invalid_answers=[], records={})

    monkeypatch.setattr(commands, "execute", look)
    monkeypatch.setattr(commands, "print_results", lambda plan, outcome: None)
    words = ["sandbox=limits", "sandbox.memory_gib=1.5", "sandbox.processes=99", "sandbox.written_gib=2"]
    main(["run", *CELL, "--quiet", "--results", str(tmp_path), *words])
    assert (seen["limits"].memory_gib, seen["limits"].tasks, seen["limits"].written_bytes) == (1.5, 99, 2 << 30)
