"""Simple bounds: by hand, and never above what full enumeration finds."""

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sectorbench.tasks.scheduling.instances import JobShopInstance
from sectorbench.tasks.scheduling.lower_bounds import completion_bound, makespan_bound


def test_a_machine_counts_with_the_least_time_before_and_behind_it():
    # Machine 1 works 10; before it at least 2 (job 1), behind it at least 3 (job 0).
    shop = JobShopInstance("heads", [[5, 4, 3], [2, 6, 7]], [[0, 1, 2], [2, 1, 0]])
    assert makespan_bound(shop) == 2 + 10 + 3


def test_the_longest_job_counts_where_no_machine_is_busy():
    assert makespan_bound(JobShopInstance("long", [[5, 4, 3], [1]], [[0, 1, 2], [0]])) == 12


def test_visits_of_a_job_to_one_machine_are_one_piece_of_work():
    # The job is 9 long on its own; on machine 0 it works 2 + 3, with a head of 0 and a tail of 0.
    shop = JobShopInstance("again", [[2, 4, 3], [1]], [[0, 1, 0], [0]])
    assert makespan_bound(shop) == 9
    assert completion_bound(shop) == 1 + 6  # the short job first on machine 0, then all of the other's work there


def test_jobs_that_share_no_machine_complete_when_they_are_done():
    assert completion_bound(JobShopInstance("apart", [[2, 3], [4]], [[0, 1], [2]])) == 5 + 4


def test_shorter_work_interrupts_longer_work_in_the_bound():
    # One machine: 10 from time 0, 1 from time 3 (behind another machine): the short one ends at 4, the long one at 11.
    assert completion_bound(JobShopInstance("stop", [[10], [3, 1]], [[0], [1, 0]])) == 4 + 11


def best_of_all_orders(shop):
    """Least makespan and least sum of completion times over all active orders, by dispatching in every sequence."""
    tokens = [j for j, row in enumerate(shop.duration) for _ in row]
    makespan = total = 10**9
    for sequence in set(permutations(tokens)):
        free, ready, done = {}, [0] * len(shop.duration), [0] * len(shop.duration)
        for j in sequence:
            k, m = done[j], shop.machine[j][done[j]]
            ready[j] = free[m] = max(ready[j], free.get(m, 0)) + shop.duration[j][k]
            done[j] += 1
        makespan, total = min(makespan, max(ready)), min(total, sum(ready))
    return makespan, total


@st.composite
def small_shops(draw):
    lengths = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3).filter(lambda n: sum(n) <= 6))
    return JobShopInstance(
        "drawn",
        [[draw(st.integers(0, 9)) for _ in range(n)] for n in lengths],
        [[draw(st.integers(0, 2)) for _ in range(n)] for n in lengths],
    )


@settings(max_examples=150, deadline=None)
@given(small_shops())
def test_bounds_are_never_above_the_best_schedule_of_a_small_shop(shop):
    makespan, total = best_of_all_orders(shop)
    assert makespan_bound(shop) <= makespan
    assert completion_bound(shop) <= total


def test_one_machine_is_bounded_exactly():
    shop = JobShopInstance("one", [[4], [1], [3]], [[0], [0], [0]])
    assert (makespan_bound(shop), completion_bound(shop)) == best_of_all_orders(shop) == (8, 1 + 4 + 8)


@pytest.mark.parametrize("shop", [JobShopInstance("none", [[0], [0]], [[0], [0]])])
def test_shop_without_work_is_bounded_by_nothing(shop):
    assert (makespan_bound(shop), completion_bound(shop)) == (0, 0)
