"""Solvers against the clock: the primal integral by hand, schedules that do not count, the task's own shops."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import ScoringError
from sectorbench.harness.interfaces import get_interface
from sectorbench.harness.task import Draw
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.scheduling.anytime_scoring import primal_integral
from sectorbench.tasks.scheduling.bounds import published
from sectorbench.tasks.scheduling.jobshop_anytime import CARD, NAMES, TASK
from sectorbench.tasks.scheduling.policies import non_delay_starts, read_job_shops
from sectorbench.tasks.scheduling.policies.answers import by_activity

FILES = DataFiles(mirror=None, cache=None)


@pytest.fixture(scope="module")
def shops():
    """Inputs, references and the schedule by most work remaining of the first two shops."""
    inputs = TASK.inputs(FILES, Draw("default")).slice(0, 2).combine_chunks()
    references = TASK.references(FILES, Draw("default")).slice(0, 2)
    read = [shop for batch in inputs.to_batches() for shop in read_job_shops(batch)]
    starts = [by_activity(s, start).tolist() for s, start in zip(read, non_delay_starts(read, "mwkr"), strict=True)]
    return inputs, references, starts


def answers_of(inputs, traces, *, ended="itself"):
    rows = [
        {"id": name, "trace": trace, "ended": ended, "wall_s": 10.0, "cpu_s": 15.0, "other_load": 0.25}
        for name, trace in zip(inputs.column("id").to_pylist(), traces, strict=True)
    ]
    return validate_predictions(pa.Table.from_pylist(rows, get_interface("solver_trace").answer), inputs)


def sent(seconds, start, *, fault=""):
    return {"seconds": seconds, "start": start, "mode": [0] * len(start), "fault": fault}


def serial(inputs, row):
    durations = [a["modes"][0]["duration"] for a in inputs.column("activities")[row].as_py()]
    return [int(end - d) for end, d in zip(np.cumsum(durations), durations, strict=True)]


@pytest.mark.parametrize(
    ("seconds", "makespans", "expected"),
    [
        ([], [], 1.0),
        ([0.0], [100], 0.0),
        ([10.0], [100], 1.0),
        ([5.0], [100], 0.5),
        ([0.0], [200], 0.5),
        ([2.0, 6.0], [200, 125], 0.48),
        ([2.0, 6.0, 7.0], [200, 125, 400], 0.48),  # a longer schedule later takes nothing back
        ([1.0], [80], 0.1),  # shorter than the best known: the gap is 0, not less
    ],
)
def test_the_primal_integral_by_hand(seconds, makespans, expected):
    assert primal_integral(seconds, makespans, upper_bound=100, budget_s=10.0) == pytest.approx(expected)


def test_the_task_has_the_shops_that_its_card_names():
    inputs = TASK.inputs(FILES, Draw("minute"))
    assert inputs.column("id").to_pylist() == list(NAMES)
    assert len(NAMES) == 32 == CARD.test.units
    assert NAMES[:5] == ("ta01", "ta02", "ta03", "ta04", "ta11") and NAMES[-1] == "ta74"
    assert set(inputs.column("budget_s").to_pylist()) == {60.0}
    references = TASK.references(FILES, Draw("default")).to_pylist()
    for row in references:
        known = published()[row["id"]].bounds
        assert (row["lower_bound"], row["upper_bound"], row["reference_makespan"]) == known


def test_a_schedule_counts_from_when_it_arrived(shops):
    inputs, references, starts = shops
    units = TASK.score(answers_of(inputs, [[sent(4.0, starts[0])], [sent(0.0, starts[1])]]), references)
    first, second = units.to_pylist()
    gap = (first["makespan"] - references.column("upper_bound")[0].as_py()) / first["makespan"]
    assert first["primal_integral"] == pytest.approx(0.4 + 0.6 * gap)
    assert second["primal_integral"] < gap + 0.1
    assert (first["score"], first["first_s"], first["invalid"], first["code"]) == (0.0, 4.0, 0, "")
    assert (first["cpu_s"], first["wall_s"], first["other_load"]) == (15.0, 10.0, 0.25)


def test_schedules_that_break_a_rule_count_as_not_sent(shops):
    inputs, references, starts = shops
    overlapping = [0] * len(starts[0])
    short = starts[0][:-1]
    negative = [-1, *starts[0][1:]]
    wrong = [sent(0.1, overlapping), sent(0.2, short), sent(0.3, negative), sent(0.4, [], fault="the line is no JSON")]
    units = TASK.score(answers_of(inputs, [[*wrong, sent(5.0, starts[0])], wrong]), references).to_pylist()
    assert (units[0]["invalid_schedules"], units[0]["schedules"], units[0]["first_s"]) == (4.0, 1.0, 5.0)
    assert (units[0]["invalid"], units[0]["code"]) == (0, "")
    assert (units[1]["primal_integral"], units[1]["score"], units[1]["feasible"]) == (1.0, -1.0, 0.0)
    assert (units[1]["invalid"], units[1]["code"]) == (1, "SB402")  # the first of what is wrong
    assert units[1]["makespan"] == references.column("serial_makespan")[1].as_py()


def test_a_solver_that_sent_nothing_has_the_worst_value_and_a_code(shops):
    inputs, references, _ = shops
    units = TASK.score(answers_of(inputs, [[], []], ended="time"), references).to_pylist()
    assert [(u["primal_integral"], u["code"], u["first_s"]) for u in units] == [(1.0, "SB410", 10.0)] * 2


def test_a_schedule_worse_than_one_after_another_counts_as_that_at_the_end(shops):
    inputs, references, _ = shops
    late = [s + 10_000_000 for s in serial(inputs, 0)]
    units = TASK.score(answers_of(inputs, [[sent(0.0, late)], [sent(0.0, serial(inputs, 1))]]), references).to_pylist()
    assert [u["makespan"] for u in units] == references.column("serial_makespan").to_pylist()
    assert units[0]["primal_integral"] > units[1]["primal_integral"]


def test_the_last_counted_schedule_is_drawn(shops):
    inputs, references, starts = shops
    answers = answers_of(inputs, [[sent(0.1, serial(inputs, 0)), sent(0.2, starts[0])], []])
    units = TASK.score(answers, references)
    exhibits = TASK.exhibits(answers, references, units)
    assert [one.role for one in exhibits] == ["common", "worst"]
    assert exhibits[0].unit == "ta01" and exhibits[1].unit == "ta02"


def test_inputs_without_a_reference_are_refused(shops):
    inputs, references, starts = shops
    with pytest.raises(ScoringError, match="ta02"):
        TASK.score(answers_of(inputs, [[sent(0.0, starts[0])], []]), references.slice(0, 1))
