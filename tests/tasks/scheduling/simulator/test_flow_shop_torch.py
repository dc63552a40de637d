"""The torch back end gives the schedules and orders of the other one, row by row of a batch."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sectorbench.tasks.scheduling.simulator.flow_shop import neh_order, order_makespans, order_starts
from sectorbench.tasks.scheduling.simulator.flow_shop_torch import neh_orders, schedule_orders
from sectorbench.tasks.scheduling.taillard_flow import published_flow_shops


@st.composite
def batches(draw):
    n, m, rows = draw(st.integers(1, 6)), draw(st.integers(1, 5)), draw(st.integers(1, 3))
    numbers = draw(st.lists(st.integers(0, 9), min_size=rows * n * m, max_size=rows * n * m))
    orders = [draw(st.permutations(range(n))) for _ in range(rows)]
    return np.array(numbers).reshape(rows, n, m), np.array(orders)


def on_device(duration, device="cpu"):
    return torch.tensor(duration, dtype=torch.int32, device=device)


@settings(max_examples=100, deadline=None)
@given(batches())
def test_both_back_ends_schedule_orders_alike(batch):
    duration, orders = batch
    done = schedule_orders(on_device(duration), torch.tensor(orders))
    assert done.start.dtype == done.makespan.dtype == torch.int32
    for row, (own, order) in enumerate(zip(duration, orders, strict=True)):
        assert np.array_equal(done.start[row].numpy(), order_starts(own, order[None])[0])
        assert int(done.makespan[row]) == order_makespans(own, order[None])[0]


@settings(max_examples=100, deadline=None)
@given(batches())
def test_both_back_ends_find_the_same_neh_orders(batch):
    duration, _ = batch
    found = neh_orders(on_device(duration))
    assert found.tolist() == [neh_order(own).tolist() for own in duration]


def test_both_back_ends_agree_on_published_instances():
    duration = np.array([shop.duration for shop in published_flow_shops()[40:50]])  # ten of 50 x 10
    orders = neh_orders(on_device(duration))
    assert orders.tolist() == [neh_order(own).tolist() for own in duration]
    done = schedule_orders(on_device(duration), orders)
    for row, own in enumerate(duration):
        assert np.array_equal(done.start[row].numpy(), order_starts(own, orders[row : row + 1].numpy())[0])
