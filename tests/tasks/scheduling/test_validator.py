"""The validator refuses what a shop floor could not do, names it, and accepts the rest."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sectorbench.harness.codes import CODES
from sectorbench.harness.errors import ScoringError
from sectorbench.harness.validation import InvalidPredictionsError, validate_predictions
from sectorbench.tasks.scheduling.flexible_shops import FlexibleInstance
from sectorbench.tasks.scheduling.instances import JobShopInstance, job_shop_table
from sectorbench.tasks.scheduling.projects import ProjectInstance
from sectorbench.tasks.scheduling.shop_tables import shop_table
from sectorbench.tasks.scheduling.taillard_flow import FlowShopInstance
from sectorbench.tasks.scheduling.validator import serial_makespan, validate_schedule

# Three jobs, three machines. Drawn by hand, one machine per line (job.operation):
#   time       0  1  2  3  4  5  6  7  8  9 10 11
#   machine 0 [ 0.0   ][1.0 ]                  [2.2]
#   machine 1 [   2.0    ][0.1 ][    1.2    ]
#   machine 2                [1.1][0.2 ][   2.1 ]
JOB_SHOP = job_shop_table(
    [JobShopInstance("three", [[3, 2, 2], [2, 1, 4], [4, 3, 1]], [[0, 1, 2], [0, 2, 1], [1, 2, 0]])]
).to_pylist()[0]
START = [0, 4, 6, 3, 5, 6, 0, 8, 11]


def mode(duration, *demands):
    return {"duration": duration, "demands": [{"resource": r, "amount": n} for r, n in demands], "power_kw": None}


# Four activities on a pool of 4 workers (resource 0) and an oven (resource 1).
PROJECT = {
    "id": "project",
    "activities": [
        {"job": 0, "modes": [mode(3, (0, 2)), mode(2, (0, 3))]},
        {"job": 0, "modes": [mode(2, (0, 2), (1, 1)), mode(1, (0, 5))]},
        {"job": 1, "modes": [mode(4, (0, 1), (1, 1))]},
        {"job": 2, "modes": [mode(0, (0, 4))]},
    ],
    "precedences": [{"before": 0, "after": 1}, {"before": 2, "after": 3}],
    "capacities": [4, 1],
    "permutation": False,
    "objective": "makespan",
    "tariff": [],
    "limit_kw": None,
}
PROJECT_START = [0, 4, 0, 4]


def verdict(shop, start, *, moved=None, modes=None, **more):
    starts = [(moved or {}).get(a, s) for a, s in enumerate(start)]
    chosen = [(modes or {}).get(a, 0) for a in range(len(shop["activities"]))]
    return validate_schedule(shop, starts, chosen, **more)


def test_valid_job_shop_schedule_has_its_makespan_by_hand():
    assert verdict(JOB_SHOP, START) == (None, 12)


def test_valid_project_schedule_has_its_makespan_by_hand():
    assert verdict(PROJECT, PROJECT_START) == (None, 6)


BROKEN_JOB_SHOP = [
    ({0: -1}, "SB401", "job 0, operation 0 starts at -1"),
    ({3: -5}, "SB401", "job 1, operation 0 starts at -5"),
    ({8: -1}, "SB401", "job 2, operation 2 starts at -1"),
    ({6: -(2**63)}, "SB401", "job 2, operation 0 starts at -9223372036854775808"),
    ({1: -1, 6: -1}, "SB401", "job 0, operation 1 starts at -1"),
    ({1: 2}, "SB402", "job 0, operation 1 starts at 2, but operation 0 ends at 3"),
    ({2: 5}, "SB402", "job 0, operation 2 starts at 5, but operation 1 ends at 6"),
    ({2: 0}, "SB402", "job 0, operation 2 starts at 0, but operation 1 ends at 6"),
    ({4: 4}, "SB402", "job 1, operation 1 starts at 4, but operation 0 ends at 5"),
    ({5: 5}, "SB402", "job 1, operation 2 starts at 5, but operation 1 ends at 6"),
    ({7: 3}, "SB402", "job 2, operation 1 starts at 3, but operation 0 ends at 4"),
    ({8: 10}, "SB402", "job 2, operation 2 starts at 10, but operation 1 ends at 11"),
    ({0: 2}, "SB402", "job 0, operation 1 starts at 4, but operation 0 ends at 5"),
    ({6: 2**63 - 1}, "SB402", "job 2, operation 1 starts at 8, but operation 0 ends at 9223372036854775811"),
    (dict.fromkeys(range(9), 0), "SB402", "job 0, operation 1 starts at 0, but operation 0 ends at 3"),
    ({6: 1}, "SB403", "machine 1 processes two operations at once at time 4: job 2, operation 0 (1 to 5); job 0"),
    ({3: 2}, "SB403", "machine 0 processes two operations at once at time 2"),
    ({3: 0}, "SB403", "job 1, operation 0 (0 to 2); job 0, operation 0 (0 to 3)"),
    ({7: 7}, "SB403", "machine 2 processes two operations at once at time 7"),
    ({4: 6, 5: 7}, "SB403", "machine 2 processes two operations at once at time 6"),
    ({1: 7, 2: 11, 7: 13, 8: 16}, "SB403", "machine 1 processes two operations at once at time 7"),
    ({2: 9}, "SB403", "machine 2 processes two operations at once at time 9"),
    ({2: 8}, "SB403", "machine 2 processes two operations at once at time 8"),
]


@pytest.mark.parametrize(("moved", "code", "found"), BROKEN_JOB_SHOP)
def test_broken_job_shop_schedule_is_refused_with_what_is_wrong(moved, code, found):
    problem, makespan = verdict(JOB_SHOP, START, moved=moved)
    assert problem is not None and makespan is None
    assert problem.code == code
    assert found in problem.found
    assert "'three'" in problem.where


# Two jobs that come back to a machine:
#   time       0  1  2  3  4  5  6  7  8  9
#   machine 0 [0.0]   [ 0.2 ][  1.1   ][0.4]
#   machine 1 [ 1.0  ]| 0.1 takes no time, at 2
#   machine 2                [ 0.3 ]      [1.2]
RE_ENTRANT = job_shop_table(
    [JobShopInstance("again", [[1, 0, 2, 2, 1], [2, 3, 1]], [[0, 1, 0, 2, 0], [1, 0, 2]])]
).to_pylist()[0]
AGAIN = [0, 2, 2, 4, 7, 0, 4, 8]


def test_valid_re_entrant_schedule_has_its_makespan_by_hand():
    assert verdict(RE_ENTRANT, AGAIN) == (None, 9)


BOTH = "processes two operations at once at time"
BROKEN_RE_ENTRANT = [
    # negative starts
    ({0: -1}, "SB401", "job 0, operation 0 starts at -1 (machine 0)"),
    ({4: -7}, "SB401", "job 0, operation 4 starts at -7 (machine 0)"),
    ({5: -2}, "SB401", "job 1, operation 0 starts at -2 (machine 1)"),
    ({7: -1, 3: -1}, "SB401", "job 0, operation 3 starts at -1 (machine 2)"),
    # a job's operations out of order, among them visits to one machine in the wrong order: a circle of precedences
    ({2: 1}, "SB402", "job 0, operation 2 starts at 1, but operation 1 ends at 2 (machine 0)"),
    ({1: 0}, "SB402", "job 0, operation 1 starts at 0, but operation 0 ends at 1 (machine 1)"),
    ({0: 3}, "SB402", "job 0, operation 1 starts at 2, but operation 0 ends at 4 (machine 1)"),
    ({3: 3}, "SB402", "job 0, operation 3 starts at 3, but operation 2 ends at 4 (machine 2)"),
    ({4: 0}, "SB402", "job 0, operation 4 starts at 0, but operation 3 ends at 6 (machine 0)"),
    ({4: 5}, "SB402", "job 0, operation 4 starts at 5, but operation 3 ends at 6 (machine 0)"),
    ({0: 7, 4: 0}, "SB402", "job 0, operation 1 starts at 2, but operation 0 ends at 8 (machine 1)"),
    ({6: 1}, "SB402", "job 1, operation 1 starts at 1, but operation 0 ends at 2 (machine 0)"),
    ({7: 6}, "SB402", "job 1, operation 2 starts at 6, but operation 1 ends at 7 (machine 2)"),
    ({5: 8, 6: 0, 7: 3}, "SB402", "job 1, operation 1 starts at 0, but operation 0 ends at 10 (machine 0)"),
    (dict.fromkeys(range(8), 3), "SB402", "job 0, operation 1 starts at 3, but operation 0 ends at 4 (machine 1)"),
    # two operations at once on a machine that both jobs visit, at the first and at a later visit
    ({6: 2, 7: 9}, "SB403", f"machine 0 {BOTH} 2: job 0, operation 2 (2 to 4); job 1, operation 1 (2 to 5)"),
    ({6: 3, 7: 9}, "SB403", f"machine 0 {BOTH} 3: job 0, operation 2 (2 to 4); job 1, operation 1 (3 to 6)"),
    ({6: 5}, "SB403", f"machine 0 {BOTH} 7: job 1, operation 1 (5 to 8); job 0, operation 4 (7 to 8)"),
    ({4: 6}, "SB403", f"machine 0 {BOTH} 6: job 1, operation 1 (4 to 7); job 0, operation 4 (6 to 7)"),
    ({2: 3, 3: 5}, "SB403", f"machine 0 {BOTH} 4: job 0, operation 2 (3 to 5); job 1, operation 1 (4 to 7)"),
    ({3: 7, 4: 9}, "SB403", f"machine 2 {BOTH} 8: job 0, operation 3 (7 to 9); job 1, operation 2 (8 to 9)"),
    ({3: 8, 4: 10}, "SB403", f"machine 2 {BOTH} 8: job 1, operation 2 (8 to 9); job 0, operation 3 (8 to 10)"),
]


@pytest.mark.parametrize(("moved", "code", "found"), BROKEN_RE_ENTRANT)
def test_broken_re_entrant_schedule_is_refused_with_job_operation_machine_and_times(moved, code, found):
    problem, makespan = verdict(RE_ENTRANT, AGAIN, moved=moved)
    assert makespan is None
    assert (problem.code, problem.found, problem.where) == (code, found, "id 'again', numbers from 0")


@pytest.mark.parametrize(
    ("modes", "found"),
    [
        ({1: 1}, "job 0, operation 1 is done in mode 1, but has the modes 0 to 0"),
        ({7: -1}, "job 1, operation 2 is done in mode -1, but has the modes 0 to 0"),
        ({3: 9, 6: 9}, "job 0, operation 3 is done in mode 9, but has the modes 0 to 0"),
    ],
)
def test_operation_on_a_machine_that_it_does_not_have_is_refused(modes, found):
    problem, makespan = verdict(RE_ENTRANT, AGAIN, modes=modes)
    assert makespan is None
    assert (problem.code, problem.found) == ("SB404", found)


GATE = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("start", pa.list_(pa.int64()), nullable=False),
        pa.field("mode", pa.list_(pa.int32()), nullable=False),
    ]
)


def gated(start, mode, *, start_type=None):
    inputs = job_shop_table([JobShopInstance("again", [[1, 0, 2, 2, 1], [2, 3, 1]], [[0, 1, 0, 2, 0], [1, 0, 2]])])
    schema = GATE if start_type is None else GATE.set(1, pa.field("start", pa.list_(start_type), nullable=False))
    return validate_predictions(
        pa.Table.from_pylist([{"id": "again", "start": start, "mode": mode}], schema=schema), inputs
    )


@pytest.mark.parametrize(
    ("start", "mode", "code", "found"),
    [
        (AGAIN[:-1], [0] * 8, "SB307", "7 entries for 8 activities"),
        ([], [0] * 8, "SB307", "0 entries for 8 activities"),
        ([*AGAIN, 9], [0] * 8, "SB307", "9 entries for 8 activities"),
        (AGAIN, [0] * 7, "SB307", "7 entries for 8 activities"),
        ([None, *AGAIN[1:]], [0] * 8, "SB305", "null"),
    ],
    ids=["missing", "none", "one too many", "mode missing", "null"],
)
def test_missing_operation_is_found_before_any_schedule_is_looked_at(start, mode, code, found):
    problem = gated(start, mode).problems[0]
    assert (problem.code, problem.found) == (code, found)


@pytest.mark.parametrize("start_type", [pa.float64(), pa.string(), pa.int32()])
def test_starts_of_another_type_fail_as_a_whole(start_type):
    values = [str(s) for s in AGAIN] if start_type == pa.string() else AGAIN
    with pytest.raises(InvalidPredictionsError, match="SB301.*column 'start' has type list.*expected list"):
        gated(values, [0] * 8, start_type=start_type)


BROKEN_PROJECT = [
    ({}, {1: 2}, "SB404", "job 0, operation 1 is done in mode 2, but has the modes 0 to 1"),
    ({}, {2: 1}, "SB404", "job 1, operation 0 is done in mode 1, but has the modes 0 to 0"),
    ({}, {0: -1}, "SB404", "job 0, operation 0 is done in mode -1"),
    ({}, {3: 2**31 - 1}, "SB404", "job 2, operation 0 is done in mode 2147483647"),
    ({0: -1}, {0: 9}, "SB404", "job 0, operation 0 is done in mode 9"),
    ({0: 2}, {}, "SB402", "job 0, operation 1 starts at 4, but operation 0 ends at 5"),
    ({3: 3}, {}, "SB402", "job 2, operation 0 starts at 3, but job 1, operation 0 ends at 4"),
    ({1: 3}, {}, "SB403", "machine 1 processes two operations at once at time 3"),
    ({}, {1: 1}, "SB403", "5 of the 4 units of resource 0 are held at time 4: job 0, operation 1 (4 to 5)"),
    ({0: 1, 1: 3}, {0: 1}, "SB403", "5 of the 4 units"),
    ({1: 2, 2: 1, 3: 5}, {0: 1, 1: 1}, "SB403", "6 of the 4 units of resource 0 are held at time 2"),
]


@pytest.mark.parametrize(("moved", "modes", "code", "found"), BROKEN_PROJECT)
def test_broken_project_schedule_is_refused_with_what_is_wrong(moved, modes, code, found):
    project = PROJECT
    if found == "5 of the 4 units":  # only the workers are short: the oven is taken out of activity 1
        lighter = [dict(a) for a in PROJECT["activities"]]
        lighter[1] = {"job": 0, "modes": [mode(2, (0, 4))]}
        project = PROJECT | {"activities": lighter}
    problem, makespan = verdict(project, PROJECT_START, moved=moved, modes=modes)
    assert problem is not None and makespan is None
    assert (problem.code, found in problem.found) == (code, True), problem.found


# Two jobs, three machines, each operation on some of them: job 0 has 3 on machine 0 or 5 on machine 1, then 2 on
# machine 2; job 1 has 4 on machine 1 or 2 on machine 2.
FLEXIBLE = shop_table([FlexibleInstance("flex", 3, [[[[0, 3], [1, 5]], [[2, 2]]], [[[1, 4], [2, 2]]]]).shop()])
FLEXIBLE_SHOP = FLEXIBLE.to_pylist()[0]

BROKEN_FLEXIBLE_SHOP = [
    ({}, {0: 2}, "SB404", "job 0, operation 0 is done in mode 2, but has the modes 0 to 1"),
    ({}, {1: 1}, "SB404", "job 0, operation 1 is done in mode 1, but has the modes 0 to 0"),
    ({}, {2: -1}, "SB404", "job 1, operation 0 is done in mode -1, but has the modes 0 to 1"),
    ({}, {0: 1}, "SB402", "job 0, operation 1 starts at 3, but operation 0 ends at 5"),  # 5 in this mode, not 3
    (
        {1: 5},
        {0: 1},
        "SB403",
        "machine 1 processes two operations at once at time 0: "
        "job 1, operation 0 (0 to 4); job 0, operation 0 (0 to 5)",
    ),
    (
        {2: 4},
        {2: 1},
        "SB403",
        "machine 2 processes two operations at once at time 4: "
        "job 0, operation 1 (3 to 5); job 1, operation 0 (4 to 6)",
    ),
]


def test_valid_flexible_schedules_have_their_makespans_by_hand():
    assert verdict(FLEXIBLE_SHOP, [0, 3, 0]) == (None, 5)
    assert verdict(FLEXIBLE_SHOP, [0, 5, 0], modes={0: 1, 2: 1}) == (None, 7)
    assert verdict(FLEXIBLE_SHOP, [0, 3, 5], modes={2: 1}) == (None, 7)


@pytest.mark.parametrize(("moved", "modes", "code", "found"), BROKEN_FLEXIBLE_SHOP)
def test_broken_flexible_schedule_is_refused_with_what_is_wrong(moved, modes, code, found):
    problem, makespan = verdict(FLEXIBLE_SHOP, [0, 3, 0], moved=moved, modes=modes)
    assert problem is not None and makespan is None
    assert (problem.code, found in problem.found) == (code, True), problem.found
    assert "'flex'" in problem.where


# A project in the form of PSPLIB: start, four activities, end; 5 units of resource 0, 2 of resource 1.
#   activity  1: 3 steps, 3 units of 0    2: 2 steps, 2 of 0 and 1 of 1    3: 4 steps, 2 of 1    4: 2 steps, 4 of 0
#   0 before 1 and 2, 1 before 3, 2 before 4, 3 and 4 before 5
PSPLIB = shop_table(
    [
        ProjectInstance(
            "psplib",
            [5, 2],
            [0, 3, 2, 4, 2, 0],
            [[0, 0], [3, 0], [2, 1], [0, 2], [4, 0], [0, 0]],
            [[1, 2], [3], [4], [5], [5], []],
        ).shop()
    ]
)
PSPLIB_PROJECT = PSPLIB.to_pylist()[0]
PSPLIB_START = [0, 0, 0, 3, 3, 7]

BROKEN_PSPLIB_PROJECT = [
    ({5: 6}, "SB402", "job 0, operation 5 starts at 6, but operation 3 ends at 7"),  # the end comes too early
    ({0: 1}, "SB402", "job 0, operation 1 starts at 0, but operation 0 ends at 1"),
    ({3: 2}, "SB402", "job 0, operation 3 starts at 2, but operation 1 ends at 3"),
    ({4: 1}, "SB402", "job 0, operation 4 starts at 1, but operation 2 ends at 2"),
    (
        {4: 2},
        "SB403",
        "7 of the 5 units of resource 0 are held at time 2: job 0, operation 1 (0 to 3); job 0, operation 4 (2 to 4)",
    ),
    (
        {2: 3, 4: 5},
        "SB403",
        "3 of the 2 units of resource 1 are held at time 3: job 0, operation 2 (3 to 5); job 0, operation 3 (3 to 7)",
    ),
    ({1: -1}, "SB401", "job 0, operation 1 starts at -1"),
]


def test_valid_psplib_schedule_has_its_makespan_by_hand():
    assert verdict(PSPLIB_PROJECT, PSPLIB_START) == (None, 7)


@pytest.mark.parametrize(("moved", "code", "found"), BROKEN_PSPLIB_PROJECT)
def test_broken_psplib_schedule_is_refused_with_what_is_wrong(moved, code, found):
    problem, makespan = verdict(PSPLIB_PROJECT, PSPLIB_START, moved=moved)
    assert problem is not None and makespan is None
    assert (problem.code, found in problem.found) == (code, True), problem.found
    assert "'psplib'" in problem.where


# Three jobs on three machines in line, in the order 1, 0, 2 on all of them, one machine per line:
#   time       0  1  2  3  4  5  6  7  8  9 10
#   machine 0 [1][   0   ][  2  ]
#   machine 1    [  1  ]  [0][    2    ]
#   machine 2          [1]   [  0  ]   [2]
FLOW_SHOP = shop_table([FlowShopInstance("line", [[3, 1, 2], [1, 2, 1], [2, 4, 1]]).shop()]).to_pylist()[0]
FLOW_START = [1, 4, 5, 0, 1, 3, 4, 6, 10]

BROKEN_FLOW_SHOP = [
    ({0: 0}, "SB403", "machine 0 processes two operations at once at time 0: job 1, operation 0 (0 to 1); job 0"),
    ({1: 3}, "SB402", "job 0, operation 1 starts at 3, but operation 0 ends at 4"),
    (
        {2: 11},
        "SB406",
        "machine 2 processes job 2, operation 2 (10 to 11) before job 0, operation 2 (11 to 13), but machine 0 "
        "processes job 0, operation 0 (1 to 4) before job 2, operation 0 (4 to 6)",
    ),
    (
        {5: 7},
        "SB406",
        "machine 2 processes job 0, operation 2 (5 to 7) before job 1, operation 2 (7 to 8), but machine 0 processes "
        "job 1, operation 0 (0 to 1) before job 0, operation 0 (1 to 4)",
    ),
    (
        {4: 10, 5: 12},
        "SB406",
        "machine 1 processes job 2, operation 1 (6 to 10) before job 1, operation 1 (10 to 12), but machine 0 "
        "processes job 1, operation 0 (0 to 1) before job 2, operation 0 (4 to 6)",
    ),
    ({1: 10, 2: 11}, "SB406", "machine 1 processes job 2, operation 1 (6 to 10) before job 0, operation 1 (10 to 11)"),
    ({8: 6}, "SB402", "job 2, operation 2 starts at 6, but operation 1 ends at 10"),
]


def test_valid_permutation_schedule_has_its_makespan_by_hand():
    assert verdict(FLOW_SHOP, FLOW_START) == (None, 11)


@pytest.mark.parametrize(("moved", "code", "found"), BROKEN_FLOW_SHOP)
def test_broken_flow_shop_schedule_is_refused_with_what_is_wrong(moved, code, found):
    problem, makespan = verdict(FLOW_SHOP, FLOW_START, moved=moved)
    assert problem is not None and makespan is None
    assert problem.code == code
    assert found in problem.found
    assert "'line'" in problem.where


def test_different_orders_are_no_problem_where_the_shop_does_not_ask_for_one():
    for moved, code, _ in BROKEN_FLOW_SHOP:
        if code == "SB406":
            assert verdict(FLOW_SHOP | {"permutation": False}, FLOW_START, moved=moved).problem is None


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 4), st.integers(1, 3), st.data())
def test_one_order_is_told_from_several_as_by_listing_all_orders(n, m, data):
    """Machines process the jobs in drawn sequences, so far apart that nothing but the order can be wrong."""
    orders = [data.draw(st.permutations(range(n))) for _ in range(m)]
    shop = shop_table([FlowShopInstance("drawn", [[1] * m] * n).shop()]).to_pylist()[0]
    starts = [100 * k + orders[k].index(j) for j in range(n) for k in range(m)]
    problem = validate_schedule(shop, starts, [0] * len(starts)).problem
    if all(order == orders[0] for order in orders):
        assert problem is None
    else:
        assert problem is not None and problem.code == "SB406"


@pytest.mark.parametrize(
    ("start", "modes"), [(START[:-1], [0] * 9), ([*START, 0], [0] * 9), (START, [0] * 8), (START, [0] * 10), ([], [])]
)
def test_schedule_of_the_wrong_length_is_refused(start, modes):
    problem, _ = validate_schedule(JOB_SHOP, start, modes)
    assert problem is not None and problem.code == "SB307"
    assert "for 9 activities" in problem.found


def test_makespan_under_the_lower_bound_is_an_error_of_instance_or_bounds():
    assert verdict(JOB_SHOP, START, lower_bound=12) == (None, 12)
    problem, makespan = verdict(JOB_SHOP, START, lower_bound=13)
    assert problem is not None and makespan is None
    assert problem.code == "SB405"
    assert "ends at 12, but no schedule can end before 13" in problem.found


def test_operation_of_no_duration_may_stand_inside_another_one():
    shop = job_shop_table([JobShopInstance("zero", [[4], [0]], [[0], [0]])]).to_pylist()[0]
    assert verdict(shop, [0, 2]) == (None, 4)


def test_numpy_starts_near_the_end_of_64_bits_do_not_wrap_around():
    start = np.array(START, np.int64)
    start[8] = 2**63 - 1
    assert validate_schedule(JOB_SHOP, start, np.zeros(9, np.int32)).makespan == 2**63


def test_start_that_is_no_integer_is_our_own_mistake():
    with pytest.raises(TypeError):
        validate_schedule(JOB_SHOP, [0.0, *START[1:]], [0] * 9)


@pytest.mark.parametrize(
    "change",
    [
        {"permutation": True},  # its jobs have several modes, share resources and do not visit every one
        {
            "permutation": True,
            "activities": [{"job": 0, "modes": [mode(0, (0, 1))]}],
            "precedences": [],
            "capacities": [1],
        },
        {
            "permutation": True,
            "activities": [{"job": 0, "modes": [mode(1, (0, 1))]}],
            "precedences": [],
            "capacities": [2],
        },
        {
            "permutation": True,
            "activities": [{"job": 0, "modes": [mode(1, (0, 1))]}] * 2,
            "precedences": [],
            "capacities": [1, 1],
        },
        {
            "permutation": True,
            "activities": [{"job": j, "modes": [mode(1, (r, 1))]} for j, r in ((0, 0), (0, 1), (1, 0))],
            "precedences": [],
            "capacities": [1, 1],
        },
        {"limit_kw": 10.0},
        {"precedences": [{"before": 0, "after": 9}]},
        {"activities": [{"job": 0, "modes": [mode(1, (7, 1))]}]},
        {"activities": [{"job": 0, "modes": [mode(-1, (0, 1))]}]},
    ],
)
def test_shop_with_rules_that_are_not_checked_is_never_called_valid(change):
    shop = PROJECT | change
    n = len(shop["activities"])
    with pytest.raises(ScoringError, match="'project'"):
        validate_schedule(shop, [0] * n, [0] * n)


def test_serial_makespan_adds_the_longest_modes():
    assert serial_makespan(JOB_SHOP) == 22
    assert serial_makespan(PROJECT) == 3 + 2 + 4 + 0


def test_every_code_that_can_be_found_is_explained():
    assert {"SB307", "SB401", "SB402", "SB403", "SB404", "SB405", "SB406", "SB408", "SB409"} <= set(CODES)


# An independent check by time slots: one counter per resource and unit of time.


def slot_codes(shop, starts, modes):
    """All codes that a schedule with existing modes earns."""
    chosen = [a["modes"][m] for a, m in zip(shop["activities"], modes, strict=True)]
    codes = {"SB401"} if min(starts) < 0 else set()
    for pair in shop["precedences"]:
        if starts[pair["before"]] + chosen[pair["before"]]["duration"] > starts[pair["after"]]:
            codes.add("SB402")
    for resource, capacity in enumerate(shop["capacities"]):
        for time in range(-3, 40):
            used = sum(
                d["amount"]
                for s, m in zip(starts, chosen, strict=True)
                for d in m["demands"]
                if d["resource"] == resource and s <= time < s + m["duration"]
            )
            if used > capacity:
                codes.add("SB403")
    return codes


@st.composite
def shops(draw):
    resources = draw(st.integers(1, 3))
    capacities = draw(st.lists(st.integers(1, 4), min_size=resources, max_size=resources))
    demands = st.builds(
        lambda r, share: (r, 1 + share % capacities[r]), st.integers(0, resources - 1), st.integers(0, 3)
    )
    modes = st.lists(
        st.builds(
            lambda d, needs: mode(d, *{n[0]: n for n in needs}.values()),
            st.integers(0, 4),
            st.lists(demands, max_size=2),
        ),
        min_size=1,
        max_size=2,
    )
    n = draw(st.integers(1, 5))
    activities = [{"job": draw(st.integers(0, 2)), "modes": draw(modes)} for _ in range(n)]
    pairs = draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=4))
    precedences = [{"before": min(p), "after": max(p)} for p in pairs if p[0] != p[1]]
    return PROJECT | {"activities": activities, "precedences": precedences, "capacities": capacities}


@settings(max_examples=300, deadline=None)
@given(shops(), st.data())
def test_verdict_agrees_with_a_count_by_time_slots(shop, data):
    n = len(shop["activities"])
    starts = data.draw(st.lists(st.integers(-1, 9), min_size=n, max_size=n))
    modes = [data.draw(st.integers(0, len(a["modes"]) - 1)) for a in shop["activities"]]
    problem, makespan = validate_schedule(shop, starts, modes)
    codes = slot_codes(shop, starts, modes)
    assert (problem is None) == (not codes)
    if problem is None:
        assert makespan == max(
            s + a["modes"][m]["duration"] for s, a, m in zip(starts, shop["activities"], modes, strict=True)
        )
    else:
        assert problem.code in codes


@settings(max_examples=200, deadline=None)
@given(shops(), st.data())
def test_schedule_built_activity_by_activity_is_valid(shop, data):
    starts, modes = [], []
    for number, activity in enumerate(shop["activities"]):  # precedences point from lower to higher numbers
        modes.append(data.draw(st.integers(0, len(activity["modes"]) - 1)))
        part = shop | {
            "activities": shop["activities"][: number + 1],
            "precedences": [p for p in shop["precedences"] if p["after"] <= number],
        }
        start = data.draw(st.integers(0, 3))
        while slot_codes(part, [*starts, start], modes):
            start += 1
        starts.append(start)
    assert validate_schedule(shop, starts, modes).problem is None
