"""The simulator agrees with a slow, plain implementation of the same rules written for the test alone."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sectorbench.tasks.scheduling.instances import JobShopInstance, job_shop_table
from sectorbench.tasks.scheduling.policies import RULES, non_delay_starts, read_job_shops

DETERMINISTIC = [rule for rule in RULES if rule != "random"]


def read(*shops):
    return read_job_shops(job_shop_table(shops).to_batches()[0])


def fraction(numerator, denominator):
    return (0, Fraction(numerator, denominator)) if denominator else (1, Fraction(0))


PRIORITY = {
    "spt": lambda d, o, ready: d[o],
    "mwkr": lambda d, o, ready: -sum(d[o:]),
    "lwkr": lambda d, o, ready: sum(d[o:]),
    "mopnr": lambda d, o, ready: -len(d[o:]),
    "fifo": lambda d, o, ready: ready,
    "fdd-mwkr": lambda d, o, ready: fraction(sum(d[: o + 1]), sum(d[o:])),
}


def plain_starts(shop, rule):
    """One operation after the other, everything looked at anew each time."""
    n = len(shop.duration)
    starts = [[] for _ in range(n)]
    ready, free = [0] * n, {}
    while True:
        waiting = [j for j in range(n) if len(starts[j]) < len(shop.duration[j])]
        if not waiting:
            return starts
        earliest = {j: max(ready[j], free.get(shop.machine[j][len(starts[j])], 0)) for j in waiting}
        now = min(earliest.values())
        candidates = [j for j in waiting if earliest[j] == now]
        job = min(candidates, key=lambda j: (PRIORITY[rule](shop.duration[j], len(starts[j]), ready[j]), j))
        operation = len(starts[job])
        starts[job].append(now)
        ready[job] = free[shop.machine[job][operation]] = now + shop.duration[job][operation]


@st.composite
def job_shops(draw):
    machines = draw(st.integers(1, 4))
    operation = st.tuples(st.integers(0, 5), st.integers(0, machines - 1))
    jobs = draw(st.lists(st.lists(operation, min_size=1, max_size=5), min_size=1, max_size=5))
    return JobShopInstance("drawn", [[d for d, _ in job] for job in jobs], [[m for _, m in job] for job in jobs])


@settings(max_examples=100, deadline=None)
@given(st.lists(job_shops(), min_size=1, max_size=4))
@pytest.mark.parametrize("rule", DETERMINISTIC)
def test_starts_equal_those_of_the_plain_implementation_for_any_batch(rule, drawn):
    shops = [shop._replace(name=str(number)) for number, shop in enumerate(drawn)]
    for shop, got in zip(shops, non_delay_starts(read(*shops), rule), strict=True):
        assert [row[: len(d)].tolist() for row, d in zip(got, shop.duration, strict=True)] == plain_starts(shop, rule)


def test_mwkr_by_hand():
    # At 0 jobs 0 (work 5) and 1 (work 6) both want machine 0: job 1 goes first, job 0 waits until 2.
    shop = JobShopInstance("hand", [[3, 2], [2, 4]], [[0, 1], [0, 1]])
    assert non_delay_starts(read(shop), "mwkr")[0].tolist() == [[2, 6], [0, 2]]
    assert non_delay_starts(read(shop), "spt")[0].tolist() == [[2, 6], [0, 2]]
    assert non_delay_starts(read(shop), "fifo")[0].tolist() == [[0, 3], [3, 5]]
    assert non_delay_starts(read(shop), "lwkr")[0].tolist() == [[0, 3], [3, 5]]


def test_tie_goes_to_the_lowest_job():
    shop = JobShopInstance("tie", [[2], [2], [2]], [[0], [0], [0]])
    for rule in DETERMINISTIC:
        assert non_delay_starts(read(shop), rule)[0].tolist() == [[0], [2], [4]]


def test_fdd_mwkr_tells_ratios_apart_that_are_one_number_in_double_precision():
    a = 2**30
    shop = JobShopInstance("near", [[a, 1, a - 1], [a, 2, a - 1]], [[0, 2, 3], [1, 2, 3]])
    # Both wait for machine 2 from time a on, with ratios (a + 1) / a and (a + 2) / (a + 1): job 1's is smaller.
    assert (a + 1) / a == (a + 2) / (a + 1)
    assert Fraction(a + 1, a) > Fraction(a + 2, a + 1)
    assert non_delay_starts(read(shop), "fdd-mwkr")[0].tolist() == [[0, a + 2, 2 * a + 1], [0, a, a + 2]]


def test_no_machine_waits_while_an_operation_for_it_is_there():
    rng = np.random.default_rng(0)
    shop = JobShopInstance(
        "busy", rng.integers(1, 20, (6, 4)).tolist(), [rng.permutation(4).tolist() for _ in "123456"]
    )
    for rule in RULES:
        start = non_delay_starts(read(shop), rule)[0]
        end = start + np.array(shop.duration)
        ready = np.concatenate([np.zeros((6, 1), np.int64), end[:, :-1]], axis=1)
        for job, operation in np.ndindex(start.shape):
            machine = shop.machine[job][operation]
            busy = [(start[j, o], end[j, o]) for j, o in np.ndindex(start.shape) if shop.machine[j][o] == machine]
            for time in range(ready[job, operation], start[job, operation]):
                assert any(s <= time < e for s, e in busy)


def test_random_is_keyed_by_seed_and_shop_and_not_by_the_batch():
    rng = np.random.default_rng(1)
    shops = [
        JobShopInstance(name, rng.integers(1, 20, (8, 5)).tolist(), [rng.permutation(5).tolist() for _ in range(8)])
        for name in ("one", "two", "three")
    ]
    together = non_delay_starts(read(*shops), "random", seed=3)
    alone = [non_delay_starts(read(shop), "random", seed=3)[0] for shop in shops]
    assert all(np.array_equal(a, b) for a, b in zip(together, alone, strict=True))
    assert not np.array_equal(non_delay_starts(read(shops[0]), "random", seed=4)[0], alone[0])
    renamed = shops[0]._replace(name="other")
    assert not np.array_equal(non_delay_starts(read(renamed), "random", seed=3)[0], alone[0])


def test_random_takes_each_candidate_equally_often():
    shop = JobShopInstance("even", [[1]] * 4, [[0]] * 4)
    first = [int(non_delay_starts(read(shop), "random", seed=s)[0].ravel().argmin()) for s in range(400)]
    counts = np.bincount(first, minlength=4)
    assert counts.sum() == 400 and abs(counts - 100).max() < 40  # 4.6 standard deviations
