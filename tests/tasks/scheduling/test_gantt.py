"""Exhibits of schedules: the shop that is shown, the part of a large one, and what is said of an invalid one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.codes import Problem
from sectorbench.harness.data import DataFiles
from sectorbench.harness.exhibits import LARGEST_BYTES, Exhibits
from sectorbench.harness.interfaces import scheduling_inputs
from sectorbench.harness.task import Draw
from sectorbench.harness.text import Text
from sectorbench.harness.units import units_table
from sectorbench.harness.validation import Answers, validate_predictions
from sectorbench.tasks.exhibit_choice import Choice, common_row
from sectorbench.tasks.scheduling.gantt import (
    LARGEST_BARS,
    LARGEST_HELD_BARS,
    gantt_window,
    schedule_exhibit,
    schedule_exhibits,
)
from sectorbench.tasks.scheduling.jobshop_taillard import TASK
from sectorbench.tasks.scheduling.policies import DispatchingRule
from sectorbench.tasks.scheduling.validator import Verdict, validate_schedule

WHY = Choice("common", Text("because", "因为"))


def mode(duration, *machines, amount=1):
    demands = [{"resource": m, "amount": amount} for m in machines]
    return {"duration": duration, "demands": demands, "power_kw": None}


def shop(jobs, capacities, name="shop"):
    """A row of ``scheduling``: ``jobs[j]`` lists the operations of a job, an operation lists its modes."""
    activities, precedences = [], []
    for job, operations in enumerate(jobs):
        for number, modes in enumerate(operations):
            if number:
                precedences.append({"before": len(activities) - 1, "after": len(activities)})
            activities.append({"job": job, "modes": modes})
    return {
        "id": name, "activities": activities, "precedences": precedences, "capacities": list(capacities),
        "permutation": False, "objective": "makespan", "tariff": [], "limit_kw": None,
    }  # fmt: skip


def exhibit(row, start, modes=None, **bounds):
    modes = modes or [0] * len(start)
    verdict = validate_schedule(row, start, modes)
    return schedule_exhibit(row, start, modes, verdict, choice=WHY, bounds=bounds, time_unit="time steps")


def rows_of(one):
    table = one.table("operations")
    return list(zip(*(c.values for c in table.columns), strict=True))


def test_a_job_shop_is_listed_by_machine_and_start():
    row = shop([[[mode(3, 0)], [mode(2, 1)]], [[mode(2, 0)], [mode(4, 1)]]], [1, 1])
    made = exhibit(row, [0, 3, 3, 5], best_known=9, lower_bound=9)
    # job, operation, machine, start, end
    assert rows_of(made) == [(0, 0, 0, 0, 3), (1, 0, 0, 3, 5), (0, 1, 1, 3, 5), (1, 1, 1, 5, 9)]
    counted = {q.name: (q.value, q.unit) for q in made.quantities}
    assert counted["makespan"] == (9, "time steps")
    assert (counted["jobs"], counted["operations"], counted["machines"]) == ((2, "1"), (4, "1"), (2, "1"))
    assert counted["best_known"] == (9, "time steps")
    assert made.part is None


def test_a_flexible_shop_is_shown_on_the_machines_of_its_chosen_modes_and_keeps_the_idle_one():
    row = shop([[[mode(5, 0), mode(3, 1)], [mode(1, 1), mode(9, 2)]]], [1, 1, 1])
    made = exhibit(row, [0, 3], [1, 0])
    assert rows_of(made) == [(0, 0, 1, 0, 3), (0, 1, 1, 3, 4)]
    assert made.table("machines").column("machine") == (0, 1, 2)


def test_a_resource_of_several_units_tells_how_many_are_held_and_an_activity_without_demand_has_no_bar():
    row = shop([[[mode(0)]], [[mode(4, 0, amount=3)]], [[mode(4, 0, 1, amount=2)]]], [5, 2])
    made = exhibit(row, [0, 0, 0])
    assert made.table("operations").column("amount") == (3, 2, 2)
    assert made.table("operations").column("machine") == (0, 0, 1)
    assert made.table("machines").column("capacity") == (5, 2)


def test_a_flow_shop_goes_through_all_machines_in_one_order():
    row = shop([[[mode(2, 0)], [mode(3, 1)]], [[mode(2, 0)], [mode(1, 1)]]], [1, 1]) | {"permutation": True}
    verdict = Verdict(None, 6)  # of a validator that knows permutations
    made = schedule_exhibit(row, [0, 2, 2, 5], [0] * 4, verdict, choice=WHY, bounds={}, time_unit="minutes")
    assert made.table("operations").column("job") == (0, 1, 0, 1)
    assert made.unit_of("makespan") == "minutes"


def test_a_schedule_that_breaks_a_rule_is_not_drawn_and_says_which():
    row = shop([[[mode(3, 0)], [mode(2, 0)]]], [1])
    made = exhibit(row, [0, 2])
    assert (made.tables, made.quantities) == ((), ())
    assert made.broken.code == "SB402"
    assert "operation 1 starts at 2, but operation 0 ends at 3" in made.broken.found


def _plant(jobs=900, machines=50):
    """A re-entrant shop of 5,400 operations: every job visits machine 0 twice."""
    route = [
        [0, (1 + 7 * j) % machines, (3 + j) % machines, 0, (5 + 11 * j) % machines, j % machines] for j in range(jobs)
    ]
    return shop(
        [[[mode(1 + (13 * j + k) % 90, m)] for k, m in enumerate(r)] for j, r in enumerate(route)], [1] * machines
    )


def _one_after_another(row):
    """Valid and dense enough: each activity at the earliest time behind its machine's and its job's last one."""
    free, ready, start = {}, {}, []
    for activity in row["activities"]:
        one = activity["modes"][0]
        machine, job = one["demands"][0]["resource"], activity["job"]
        begin = max(free.get(machine, 0), ready.get(job, 0))
        start.append(begin)
        free[machine] = ready[job] = begin + one["duration"]
    return start


def test_a_shop_of_five_thousand_operations_shows_twelve_machines_and_a_window_and_says_so():
    row = _plant()
    assert len(row["activities"]) == 5400
    start = _one_after_another(row)
    made = exhibit(row, start, best_known=80_000)
    machines, window = made.table("machines").column("machine"), made.value("window_end")
    assert len(machines) == 12
    assert 0 in machines  # the one with most work
    assert 0 < window < 80_000
    assert 0 < made.table("operations").rows <= LARGEST_HELD_BARS
    assert max(made.table("operations").column("start")) < window
    # nothing that starts in the window on these machines is left out
    wanted = sum(
        s < window and a["modes"][0]["demands"][0]["resource"] in machines
        for s, a in zip(start, row["activities"], strict=True)
    )
    assert made.table("operations").rows == wanted
    said = "Shown are the 12 of 50 machines with most work, and of these the operations that start before"
    assert made.part.en == f"{said} {window:,} time steps."
    assert f"{window:,}" in made.part.zh
    assert made.value("makespan") == max(
        s + a["modes"][0]["duration"] for s, a in zip(start, row["activities"], strict=True)
    )
    assert len(Exhibits.of([made]).content) < LARGEST_BYTES


def test_a_window_that_is_fuller_than_expected_is_cut_where_the_first_bar_has_no_room():
    row = shop([[[mode(1, 0), mode(1, 1)]] for _ in range(4_000)], [1, 1])
    made = exhibit(row, list(range(4_000)), best_known=100_000)
    assert made.value("window_end") == LARGEST_HELD_BARS
    assert made.table("operations").rows == LARGEST_HELD_BARS


def test_the_part_that_is_shown_does_not_depend_on_the_schedule():
    row = _plant(jobs=120, machines=30)
    assert len(row["activities"]) > LARGEST_BARS
    early = _one_after_another(row)
    late = [s + 500 for s in early]
    one, other = exhibit(row, early, best_known=3_000), exhibit(row, late, best_known=3_000)
    assert one.table("machines") == other.table("machines")
    assert one.value("window_end") == other.value("window_end")
    assert one.part == other.part


@pytest.mark.parametrize(("jobs", "machines", "shown"), [(30, 20, 20), (50, 20, 12)])
def test_up_to_six_hundred_bars_a_shop_is_shown_whole(jobs, machines, shown):
    row = shop([[[mode(1, m)] for m in range(machines)] for _ in range(jobs)], [1] * machines)
    assert (jobs * machines <= LARGEST_BARS) == (shown == machines)
    window = gantt_window(row, horizon=None)
    assert (len(window.machines), window.end) == (shown, None)


def test_the_common_row_is_the_first_of_the_middle_size():
    assert common_row([7]) == 0
    assert common_row([9, 1, 5, 5]) == 2
    assert common_row([600, 225, 300]) == 2


@pytest.fixture(scope="module")
def taillard():
    files, draw = DataFiles(mirror=None, cache=Path("no-such-folder")), Draw("default")
    return TASK.inputs(files, draw), TASK.references(files, draw)


def _shown(rule, taillard):
    inputs, references = taillard
    adapter = DispatchingRule.load(LoadContext(None, {"rule": rule}, "scheduling", inputs.schema, seed=0))
    made = pa.Table.from_batches([adapter.predict(batch) for batch in inputs.to_batches()])
    answers = validate_predictions(made, inputs)
    return TASK.exhibits(answers, references, TASK.score(answers, references))


def test_all_models_of_taillard_show_ta31_and_small_ones_where_they_did_worst(taillard):
    (floor,) = _shown("mwkr", taillard)  # scores 0 everywhere: no instance is the worst
    common, worst = _shown("spt", taillard)
    assert (floor.unit, floor.role, common.unit, common.role) == ("ta31", "common", "ta31", "common")
    assert floor.chosen == common.chosen
    assert floor.table("operations").rows == common.table("operations").rows == 450
    assert worst.role == "worst"
    assert worst.value("operations") <= LARGEST_BARS
    assert floor.value("makespan") == floor.value("reference_makespan") == 2134
    assert common.value("best_known") == 1764


def _two_shops(problems=None, starts=((0, 3), (0, 3))):
    rows = [shop([[[mode(3, 0)], [mode(2, 1)]]], [1, 1], name) for name in ("a", "b")]
    inputs = pa.Table.from_pylist(rows, schema=scheduling_inputs(time_unit="hours"))
    predictions = pa.table(
        {
            "id": ["a", "b"],
            "start": pa.array(list(map(list, starts)), pa.list_(pa.int64())),
            "mode": pa.array([[0, 0]] * 2, pa.list_(pa.int32())),
        }
    )
    return Answers(inputs=inputs, predictions=predictions, problems=problems or {})


def _units(*scores, name="score"):
    n = len(scores)
    statistics = {name: np.array(scores, np.float64)}
    ids = [chr(97 + i) for i in range(n)]
    return units_table(unit=ids, slices={}, statistics=statistics, rows=[1] * n, invalid=[0] * n, code=[""] * n)


REFERENCES = pa.table({"id": ["a", "b"], "upper_bound": pa.array([5, None], pa.int64())})


def test_lines_are_those_that_the_references_know():
    common, worst = schedule_exhibits(_two_shops(), REFERENCES, _units(0.5, -0.25))
    assert (common.unit, common.value("best_known")) == ("a", 5)
    assert (worst.unit, worst.value("best_known"), worst.value("lower_bound")) == ("b", None, None)
    assert common.unit_of("makespan") == "hours"
    assert "-0.250" in worst.chosen.en and "-0.250" in worst.chosen.zh


def test_where_the_common_shop_is_the_worst_it_is_shown_once():
    assert [e.role for e in schedule_exhibits(_two_shops(), REFERENCES, _units(-1, 0))] == ["common"]


def test_an_answer_refused_before_scoring_is_named_and_not_drawn():
    answers = _two_shops(problems={1: Problem("SB307", "row 1, column 'start'", "1 entries for 2 activities")})
    _, worst = schedule_exhibits(answers, REFERENCES, _units(0, -1, name="gain"), worst_by="gain")
    assert (worst.broken.code, worst.tables) == ("SB307", ())


def test_another_validator_decides_where_the_task_has_its_own():
    refused = Verdict(Problem("SB403", "id 'a'", "peak over the limit"), None)
    (common,) = schedule_exhibits(_two_shops(), REFERENCES, _units(1, 1), validate=lambda *_: refused)
    assert common.broken.found == "id 'a': peak over the limit"
