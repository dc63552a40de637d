"""Levels of isolation: which one a run takes, what is refused, and that a machine without one says why."""

from __future__ import annotations

import json
import types

import pytest
from sectorbench.__main__ import main
from sectorbench.harness import isolation
from sectorbench.harness.errors import UsageError
from sectorbench.harness.isolation import LEVELS, check_recorded, choose_level, is_weaker, require_level

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
