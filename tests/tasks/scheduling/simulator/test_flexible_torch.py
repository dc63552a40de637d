"""The torch back end makes the schedules of the other one, for shops of all sizes in one batch."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sectorbench.tasks.scheduling.instances import job_shop_table
from sectorbench.tasks.scheduling.policies.flexible_shop import read_flexible_shops
from sectorbench.tasks.scheduling.shop_tables import Mode, Shop, shop_table
from sectorbench.tasks.scheduling.simulator import flexible, flexible_torch
from sectorbench.tasks.scheduling.simulator.flexible import FLEXIBLE_RULES
from sectorbench.tasks.scheduling.taillard import published_job_shops
from sectorbench.tasks.scheduling.validator import validate_schedule


@st.composite
def tables(draw):
    shops = []
    for name in range(draw(st.integers(1, 4))):
        machines = draw(st.integers(1, 4))
        mode = st.builds(lambda d, m: Mode(d, ((m, 1),)), st.integers(0, 5), st.integers(0, machines - 1))
        jobs = draw(st.lists(st.integers(1, 4), max_size=4))
        ends = np.cumsum(jobs).tolist()
        count = sum(jobs)
        modes = [draw(st.lists(mode, min_size=1, max_size=3)) for _ in range(count)]
        pairs = [(a, a + 1) for a in range(count - 1) if a + 1 not in ends]
        owner = [j for j, length in enumerate(jobs) for _ in range(length)]
        shops.append(Shop(str(name), owner, modes, pairs, [1] * machines))
    return shop_table(shops)


def read(table):
    return read_flexible_shops(table.to_batches()[0])


def assert_same(ours, theirs):
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        for a, b in zip(one, other, strict=True):
            assert np.array_equal(a, b)


@settings(max_examples=60, deadline=None)
@given(tables(), st.integers(1, 3))
@pytest.mark.parametrize("rule", FLEXIBLE_RULES)
def test_both_back_ends_make_the_same_valid_schedules(rule, table, samples):
    shops = read(table)
    ours = flexible_torch.flexible_schedules(shops, rule, seed=2, samples=samples)
    assert_same(ours, flexible.flexible_schedules(shops, rule, seed=2, samples=samples))
    for shop, row, got in zip(shops, table.to_pylist(), ours, strict=True):
        there = shop.activity >= 0
        for start, mode, makespan in zip(*got, strict=True):
            assert validate_schedule(row, start[there].tolist(), mode[there].tolist()) == (None, makespan)


@pytest.mark.parametrize("rule", FLEXIBLE_RULES)
def test_both_back_ends_agree_on_taillards_job_shops(rule):
    shops = read(job_shop_table([*published_job_shops()[:2], published_job_shops()[20]]))  # two of 15x15, one of 20x20
    assert_same(
        flexible_torch.flexible_schedules(shops, rule, seed=1, samples=2),
        flexible.flexible_schedules(shops, rule, seed=1, samples=2),
    )


def test_times_are_32_bit_integers_and_longer_shops_are_refused():
    shops = read(shop_table([Shop("long", [0, 1], [[Mode(2**30, ((0, 1),))]] * 2, [], [1])]))
    with pytest.raises(OverflowError, match="'long'"):
        flexible_torch.flexible_schedules(shops, "spt")
    fine = [shops[0]._replace(duration=shops[0].duration - 1)]
    batch = flexible_torch.flexible_batch(fine, "spt", seed=0, samples=1, device="cpu")
    start, mode, makespan = flexible_torch.dispatch(batch, "spt")
    assert start.dtype == mode.dtype == makespan.dtype == torch.int32
    assert makespan.tolist() == [2**31 - 2]


def test_no_shops_have_no_schedules():
    assert flexible_torch.flexible_schedules([], "mwkr") == []
