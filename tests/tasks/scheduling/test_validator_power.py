"""The power limit and the end of the tariff: what is over them is refused and named, what touches them is not."""

import copy
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sectorbench.harness.codes import CODES
from sectorbench.harness.errors import ScoringError
from sectorbench.tasks.scheduling.instances import JobShopInstance, job_shop_table
from sectorbench.tasks.scheduling.validator import validate_schedule

# Three jobs, three machines; powers in kW behind job.operation, drawn by hand:
#   time       0  1  2  3  4  5  6  7  8  9 10 11 12 13
#   machine 0 [ 0.0 30 ][1.0 25]                  [2.2 5]
#   machine 1 [  2.0 20   ][0.1 20][   1.2 40  ]
#   machine 2                [1.1 15][0.2 10.5][2.1 9.5]
#   sum        50 50 50 45 45 35 50.5  49.5 49.5 9.5 5
SHOP = job_shop_table(
    [JobShopInstance("three", [[3, 2, 2], [2, 1, 4], [4, 3, 1]], [[0, 1, 2], [0, 2, 1], [1, 2, 0]])]
).to_pylist()[0]
for _activity, _power in zip(SHOP["activities"], (30, 20, 10.5, 25, 15, 40, 20, 9.5, 5), strict=True):
    _activity["modes"][0]["power_kw"] = _power
SHOP |= {"tariff": [1.0] * 14, "limit_kw": 50.5}
START = [0, 4, 6, 3, 5, 6, 0, 8, 11]


def verdict(moved=None, **change):
    starts = [(moved or {}).get(a, s) for a, s in enumerate(START)]
    return validate_schedule(SHOP | change, starts, [0] * 9)


def test_schedule_that_touches_the_limit_and_the_end_is_valid():
    assert verdict() == (None, 12)
    assert verdict(tariff=[1.0] * 12) == (None, 12)
    assert verdict({8: 13}) == (None, 14)


BROKEN = [
    ({}, {"limit_kw": 50.25}, "SB408", "50.5 kW are drawn at time 6, the limit is 50.25 kW: job 0, operation 2 "
     "(6 to 8) 10.5 kW; job 1, operation 2 (6 to 10) 40 kW"),
    ({}, {"limit_kw": 50.0}, "SB408", "50.5 kW are drawn at time 6, the limit is 50 kW: job 0, operation 2 (6 to 8) "
     "10.5 kW; job 1, operation 2 (6 to 10) 40 kW"),
    ({}, {"limit_kw": 49.0}, "SB408", "50 kW are drawn at time 0, the limit is 49 kW: job 0, operation 0 (0 to 3) "
     "30 kW; job 2, operation 0 (0 to 4) 20 kW"),
    ({}, {"limit_kw": 0.0}, "SB408", "50 kW are drawn at time 0, the limit is 0 kW: job 0, operation 0 (0 to 3) 30 kW; "
     "job 2, operation 0 (0 to 4) 20 kW"),
    ({7: 10, 8: 13, 2: 13, 5: 10}, {"limit_kw": 49.0, "tariff": []}, "SB408", "50 kW are drawn at time 0"),
    ({0: 1, 3: 4, 1: 6, 4: 6, 2: 8, 7: 10, 8: 13, 5: 8}, {"limit_kw": 50.25}, "SB408", "50.5 kW are drawn at time 8, "
     "the limit is 50.25 kW: job 0, operation 2 (8 to 10) 10.5 kW; job 1, operation 2 (8 to 12) 40 kW"),
    ({2: 11, 8: 11}, {"limit_kw": 50.0, "tariff": []}, None, None),
    ({8: 14}, {}, "SB409", "job 2, operation 2 runs from 14 to 15, but the tariff ends at 14 (machine 0)"),
    ({5: 11}, {}, "SB409", "job 1, operation 2 runs from 11 to 15, but the tariff ends at 14 (machine 1)"),
    ({5: 12, 8: 14}, {}, "SB409", "job 1, operation 2 runs from 12 to 16, but the tariff ends at 14 (machine 1)"),
    ({}, {"tariff": [1] * 11}, "SB409", "job 2, operation 2 runs from 11 to 12, but the tariff ends at 11 (machine 0)"),
    ({}, {"tariff": [1.0] * 11, "limit_kw": 1.0}, "SB409", "job 2, operation 2 runs from 11 to 12"),
    ({8: 10}, {"limit_kw": 1.0}, "SB402", "job 2, operation 2 starts at 10, but operation 1 ends at 11"),
    ({2: 7}, {"limit_kw": 1.0}, "SB403", "machine 2 processes two operations at once at time 8"),
]  # fmt: skip


@pytest.mark.parametrize(("moved", "change", "code", "found"), BROKEN)
def test_schedule_over_limit_or_tariff_is_refused_with_times_and_powers(moved, change, code, found):
    problem, makespan = verdict(moved, **change)
    if code is None:
        assert problem is None
        return
    assert (problem.code, makespan) == (code, None)
    assert "'three'" in problem.where
    assert problem.found.startswith(found)
    assert problem.found == found or code != "SB409" or "limit_kw" in change


def powered(durations, powers, **more):
    """One job per operation, each on a machine of its own."""
    shop = job_shop_table(
        [JobShopInstance("many", [[d] for d in durations], [[m] for m in range(len(durations))])]
    ).to_pylist()[0]
    for activity, power in zip(shop["activities"], powers, strict=True):
        activity["modes"][0]["power_kw"] = power
    return shop | more


def test_no_rounding_decides_about_the_limit():
    tenth = 0.1  # a little more than a tenth, as doubles hold it
    shop = powered([5, 5, 5], [tenth] * 3)
    assert Fraction(0.3) < 3 * Fraction(tenth) < Fraction(tenth + tenth + tenth)  # the sum of doubles is rounded up
    problem, _ = validate_schedule(shop | {"limit_kw": 0.3}, [0, 0, 0], [0, 0, 0])
    assert problem.code == "SB408"
    assert validate_schedule(shop | {"limit_kw": 0.3}, [0, 0, 5], [0, 0, 0]).problem is None


def test_operation_that_ends_makes_room_for_one_that_starts():
    shop = powered([4, 4, 4], [60.0, 40.0, 60.0], limit_kw=100.0)
    assert validate_schedule(shop, [0, 0, 4], [0, 0, 0]) == (None, 8)
    problem, _ = validate_schedule(shop, [0, 0, 3], [0, 0, 0])
    assert problem.found == (
        "160 kW are drawn at time 3, the limit is 100 kW: job 0, operation 0 (0 to 4) 60 kW; "
        "job 1, operation 0 (0 to 4) 40 kW; job 2, operation 0 (3 to 7) 60 kW"
    )


def test_all_that_start_at_the_time_over_the_limit_are_named():
    shop = powered([4, 4, 4], [60.0, 60.0, 60.0], limit_kw=100.0)
    problem, _ = validate_schedule(shop, [2, 2, 2], [0, 0, 0])
    assert problem.found.startswith("180 kW are drawn at time 2")
    assert problem.found.count("operation 0 (2 to 6) 60 kW") == 3


def test_operation_of_no_duration_draws_nothing():
    shop = powered([4, 0], [60.0, 90.0], limit_kw=60.0)
    assert validate_schedule(shop, [0, 2], [0, 0]) == (None, 4)


@pytest.mark.parametrize("power", [None, float("nan"), float("inf"), -1.0])
def test_limit_without_known_powers_is_never_called_kept(power):
    shop = copy.deepcopy(SHOP)
    shop["activities"][4]["modes"][0]["power_kw"] = power
    with pytest.raises(ScoringError, match="activity 4 has a mode of power"):
        validate_schedule(shop, START, [0] * 9)


def test_limit_that_is_no_power_is_refused():
    with pytest.raises(ScoringError, match="limit_kw is nan"):
        verdict(limit_kw=float("nan"))


def test_both_codes_are_explained():
    assert {"SB408", "SB409"} <= set(CODES)


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_verdict_agrees_with_a_sum_per_time_step(data):
    n = data.draw(st.integers(1, 5))
    durations = data.draw(st.lists(st.integers(0, 5), min_size=n, max_size=n))
    powers = data.draw(st.lists(st.integers(0, 400), min_size=n, max_size=n))
    starts = data.draw(st.lists(st.integers(0, 8), min_size=n, max_size=n))
    limit, horizon = data.draw(st.integers(0, 1_000)), data.draw(st.integers(1, 14))
    shop = powered(durations, [p / 4 for p in powers], limit_kw=limit / 4, tariff=[1.0] * horizon)
    drawn = [sum(p for d, p, s in zip(durations, powers, starts, strict=True) if s <= t < s + d) for t in range(14)]
    problem, _ = validate_schedule(shop, starts, [0] * n)
    if max(s + d for s, d in zip(starts, durations, strict=True)) > horizon:
        assert problem.code == "SB409"
    elif max(drawn) > limit:
        first = next(t for t, p in enumerate(drawn) if p > limit)
        assert problem.code == "SB408" and f"at time {first}," in problem.found
    else:
        assert problem is None
