"""The compiled simulator against the plain one, against published makespans, and against the independent validator."""

import numpy as np
import pytest
from drawn_shops import batches_of_shops, read, seeded
from hypothesis import given, settings
from sectorbench.tasks.scheduling.bounds import taillard_bounds
from sectorbench.tasks.scheduling.instances import JobShopInstance, job_shop_table
from sectorbench.tasks.scheduling.policies import RULES, non_delay_starts
from sectorbench.tasks.scheduling.simulator.rules_numba import roll_out_random, roll_out_rule
from sectorbench.tasks.scheduling.taillard import published_job_shops
from sectorbench.tasks.scheduling.validator import validate_schedule

DETERMINISTIC = [rule for rule in RULES if rule != "random"]
WITH_RULES = ["non-delay", "insertion"]


def makespan_of(row, start):
    """What the validator says; the schedule must be feasible."""
    flat = [int(start[j, o]) for j, o in ordered(row)]
    verdict = validate_schedule(row, flat, [0] * len(flat))
    assert verdict.problem is None, verdict.problem
    return verdict.makespan


def ordered(row):
    seen = {}
    for activity in row["activities"]:
        job = activity["job"]
        seen[job] = seen.get(job, -1) + 1
        yield job, seen[job]


@settings(max_examples=60, deadline=None)
@given(batches_of_shops())
@pytest.mark.parametrize("rule", DETERMINISTIC)
def test_non_delay_schedules_equal_those_of_the_plain_simulator(rule, drawn):
    shops = read(*drawn)
    rollouts = roll_out_rule(shops, rule)
    for at, plain in enumerate(non_delay_starts(shops, rule)):
        n, k = plain.shape
        assert np.array_equal(rollouts.start[at, :n, :k], plain)
        assert rollouts.makespan[at, 0] == (plain + shops[at].duration).max()


@settings(max_examples=60, deadline=None)
@given(batches_of_shops())
@pytest.mark.parametrize("convention", WITH_RULES)
def test_every_schedule_is_feasible_and_ends_when_it_says(convention, drawn):
    shops, rows = read(*drawn), job_shop_table(drawn).to_pylist()
    for rule in DETERMINISTIC:
        rollouts = roll_out_rule(shops, rule, convention=convention)
        for at, row in enumerate(rows):
            assert makespan_of(row, rollouts.start[at]) == rollouts.makespan[at, 0]
    rollouts = roll_out_random(shops, samples=3, seed=1, convention=convention)
    for at, row in enumerate(rows):
        assert makespan_of(row, rollouts.start[at]) == rollouts.makespan[at].min()


def test_published_makespans_of_single_instances():
    # ta01 and ta41 by job_shop_lib's rule solver and by SelfLabelingJobShop's table.
    shops = {s.id: s for s in read(*published_job_shops())}
    assert roll_out_rule([shops["ta01"]], "spt").makespan[0, 0] == 1462
    assert roll_out_rule([shops["ta01"]], "mwkr").makespan[0, 0] == 1491
    assert roll_out_rule([shops["ta41"]], "mwkr").makespan[0, 0] == 2620


@pytest.mark.parametrize(
    ("rule", "gap"), [("spt", 58.3), ("mwkr", 26.3), ("mopnr", 26.0), ("fifo", 25.4), ("fdd-mwkr", 24.2)]
)
def test_insertion_gaps_of_ta01_to_ta80_are_those_measured_elsewhere(rule, gap):
    shops = read(*published_job_shops())
    best = np.array([taillard_bounds()[shop.id].upper_bound for shop in shops])
    found = 100 * (roll_out_rule(shops, rule, convention="insertion").makespan[:, 0] / best - 1)
    assert round(float(found.mean()), 1) == gap


def test_insertion_uses_the_first_gap_by_hand():
    # SPT takes job 1 (1, then 2 on machine 0 from 1), then job 0's long one; job 2 fits machine 0 before both.
    shop = JobShopInstance("gap", [[6], [2, 3], [1, 2]], [[0], [1, 0], [2, 0]])
    start = roll_out_rule(read(shop), "mopnr", convention="insertion").start[0]
    # MOPNR: job 1 op 0 at 0, job 2 op 0 at 0, job 0 at 0 (6 long), job 1 op 1 behind it at 6, job 2 op 1 at 9.
    assert start.tolist() == [[0, 0], [0, 6], [0, 9]]
    shop = JobShopInstance("gap", [[5, 4], [2], [1, 2]], [[1, 0], [0], [2, 0]])
    # Job 0 first (two operations, lowest): machine 0 from 5 to 9; job 2 op 0 at 0; then jobs 1 and 2 fit before 5.
    assert roll_out_rule(read(shop), "mopnr", convention="insertion").start[0].tolist() == [[0, 5], [0, 0], [0, 2]]


def test_sample_0_is_the_schedule_of_the_random_rule_and_more_samples_change_none():
    shops = read(seeded("one", 8, 5, 0), seeded("two", 6, 6, 1))
    many, few = (roll_out_random(shops, samples=s, seed=4) for s in (20, 7))
    assert np.array_equal(many.makespan[:, :7], few.makespan)
    for at, plain in enumerate(non_delay_starts(shops, "random", seed=4)):
        assert many.makespan[at, 0] == (plain + shops[at].duration).max()


def test_a_rule_that_draws_is_refused_where_nothing_is_drawn():
    with pytest.raises(ValueError, match="roll_out_random"):
        roll_out_rule(read(seeded("one", 2, 2, 0)), "random")
