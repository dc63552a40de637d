"""From machine orders to starts: as early as can be, by another computation and by trying every earlier start."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from sectorbench.tasks.scheduling.instances import JobShopInstance, job_shop_table
from sectorbench.tasks.scheduling.machine_orders import timed_orders
from sectorbench.tasks.scheduling.taillard import drawn_job_shop
from sectorbench.tasks.scheduling.validator import validate_schedule


def drawn(jobs, machines, k=0):
    return drawn_job_shop(f"d{k}", "machine orders", k, jobs=jobs, machines=machines)


def random_orders(shop, rng):
    """Orders that can be followed: those in which jobs drawn at random place their operations."""
    orders = [[] for _ in range(1 + max(map(max, shop.machine)))]
    done = [0] * len(shop.machine)
    for job in rng.permutation(np.repeat(np.arange(len(done)), [len(r) for r in shop.machine])).tolist():
        orders[shop.machine[job][done[job]]].append(job)
        done[job] += 1
    return orders


def longest_ways(shop, orders):
    """Starts by Bellman and Ford's repeated relaxing over all edges, None where it never comes to rest: a circle."""
    start = {(j, o): 0 for j, row in enumerate(shop.duration) for o in range(len(row))}
    edges = [((j, o - 1), (j, o)) for j, o in start if o]
    for m, order in enumerate(orders):
        queue = [(j, shop.machine[j].index(m)) for j in order]
        edges += list(itertools.pairwise(queue))
    for _ in range(len(start) + 1):
        before = dict(start)
        for (j, o), other in edges:
            start[other] = max(start[other], start[j, o] + shop.duration[j][o])
        if start == before:
            return [[start[j, o] for o in range(len(row))] for j, row in enumerate(shop.duration)]
    return None


def validated(shop, start):
    (row,) = job_shop_table([shop]).to_pylist()
    flat = [s for job in start for s in job]
    return validate_schedule(row, flat, [0] * len(flat))


def test_starts_of_two_jobs_are_those_by_hand():
    shop = JobShopInstance("two", [[3, 2], [2, 4]], [[0, 1], [1, 0]])
    assert timed_orders(shop, [[0, 1], [1, 0]]) == (None, [[0, 3], [0, 3]])
    assert timed_orders(shop, [[1, 0], [1, 0]]) == (None, [[6, 9], [0, 2]])
    assert timed_orders(shop, [[1, 0], [0, 1]]).problem.code == "SB413"


@pytest.mark.parametrize("size", [(2, 2), (3, 3), (4, 6), (6, 4), (10, 10), (15, 15)])
def test_starts_are_the_longest_ways_and_valid(size):
    rng = np.random.default_rng(1)
    for k in range(5):
        shop = drawn(*size, k)
        orders = random_orders(shop, rng)
        timed = timed_orders(shop, orders)
        assert timed.problem is None and timed.start == longest_ways(shop, orders)
        verdict = validated(shop, timed.start)
        assert verdict.problem is None and verdict.makespan == shop.makespan(timed.start)


@pytest.mark.parametrize("k", range(5))
def test_no_operation_can_start_a_step_earlier(k):
    shop = drawn(5, 4, k)
    start = timed_orders(shop, random_orders(shop, np.random.default_rng(k))).start
    for job, number in itertools.product(range(5), range(4)):
        earlier = [list(row) for row in start]
        earlier[job][number] -= 1
        assert validated(shop, earlier).problem is not None, (job, number)


def test_exactly_the_orders_without_a_way_to_follow_them_are_circles():
    """All 216 triples of orders of a shop of three jobs and machines, against the independent computation."""
    shop = drawn(3, 3)
    found = set()
    for orders in itertools.product(itertools.permutations(range(3)), repeat=3):
        timed, expected = timed_orders(shop, orders), longest_ways(shop, orders)
        assert timed.start == expected
        assert (timed.problem is not None and timed.problem.code == "SB413") is (expected is None)
        found.add(expected is None)
    assert found == {True, False}


def test_a_circle_that_is_named_is_one():
    shop = drawn(15, 15)
    turned = [list(range(15)) if m % 2 else list(range(14, -1, -1)) for m in range(15)]
    problem = timed_orders(shop, turned).problem
    assert problem.code == "SB413"
    assert problem.found.count("waits for") <= 6 and problem.found.endswith("the first")
