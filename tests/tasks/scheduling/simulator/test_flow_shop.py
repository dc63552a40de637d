"""Job orders: schedules against a plain recurrence, NEH against brute insertion and another programme's 120 results."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sectorbench.tasks.scheduling.simulator.flow_shop import neh_order, order_makespans, order_starts
from sectorbench.tasks.scheduling.taillard_flow import published_flow_shops

# NEH on ta001 to ta120, as the tables in two students' public solutions of a course give them (same 120 numbers in
# both); ten of them also stand in a third project. Ties there: lower job first, earlier place first.
NEH = """
1286 1365 1159 1325 1305 1228 1278 1223 1291 1151 1680 1729 1557 1439 1502 1453 1562 1609 1647 1653
2410 2150 2411 2262 2397 2349 2362 2249 2320 2277 2733 2843 2640 2782 2868 2850 2758 2721 2576 2790
3135 3032 2986 3198 3160 3178 3277 3123 3002 3257 4082 3921 3927 3969 3835 3914 3952 3938 3952 4079
5519 5348 5219 5023 5266 5139 5259 5120 5489 5341 5846 5453 5824 5929 5679 5375 5704 5760 6032 5918
6541 6523 6639 6557 6695 6664 6632 6739 6677 6677 10942 10716 11025 11057 10645 10458 10989 10829 10574 10807
11594 11675 11852 11803 11685 11629 11833 11913 11673 11869 26670 27232 26848 27055 26727 26992 26797 27138 26631 26984
"""


def plain_starts(duration, order):
    """Start times from the recurrence: a job starts when it has left the last machine and this machine is free."""
    n, m = duration.shape
    start, left, free = np.zeros((n, m), np.int64), [0] * n, [0] * m
    for job in order:
        for machine in range(m):
            start[job, machine] = max(left[job], free[machine])
            left[job] = free[machine] = start[job, machine] + duration[job, machine]
    return start


def makespan(duration, order):
    return max((plain_starts(duration, order) + duration)[list(order)].max(initial=0), 0)


def plain_neh(duration):
    order = []
    for job in sorted(range(len(duration)), key=lambda j: (-duration[j].sum(), j)):
        tried = [[*order[:i], job, *order[i:]] for i in range(len(order) + 1)]
        order = min(tried, key=lambda one: makespan(duration, one))  # min keeps the first of equals
    return order


durations = st.tuples(st.integers(1, 7), st.integers(1, 5)).flatmap(
    lambda size: st.lists(
        st.lists(st.integers(0, 9), min_size=size[1], max_size=size[1]), min_size=size[0], max_size=size[0]
    ).map(np.array)
)


@settings(max_examples=150, deadline=None)
@given(durations, st.data())
def test_schedules_of_orders_equal_the_plain_recurrence(duration, data):
    orders = np.array([data.draw(st.permutations(range(len(duration)))) for _ in range(3)])
    starts, makespans = order_starts(duration, orders), order_makespans(duration, orders)
    for order, start, end in zip(orders, starts, makespans, strict=True):
        assert np.array_equal(start, plain_starts(duration, order))
        assert end == (start + duration).max()


@settings(max_examples=150, deadline=None)
@given(durations)
def test_neh_with_the_speed_up_inserts_where_trying_every_place_does(duration):
    assert neh_order(duration).tolist() == plain_neh(duration)


def test_neh_by_hand():
    # Totals 5, 5, 6: job 2 first. Then [0, 2] ends at 8, [2, 0] at 10. Job 1 may go to three places of [0, 2].
    duration = np.array([[1, 4], [4, 1], [3, 3]])
    assert [makespan(duration, order) for order in ([1, 0, 2], [0, 1, 2], [0, 2, 1])] == [12, 11, 9]
    assert neh_order(duration).tolist() == [0, 2, 1]


def test_neh_has_the_known_makespan_on_all_of_taillards_flow_shops():
    got = []
    for shop in published_flow_shops():
        duration = np.array(shop.duration)
        got.append(int(order_makespans(duration, neh_order(duration)[None])[0]))
    assert got == [int(number) for number in NEH.split()]


@pytest.mark.parametrize("size", [(0, 0), (0, 3), (1, 1)])
def test_shop_without_much_to_do_has_a_schedule(size):
    duration = np.full(size, 2, np.int64)
    order = neh_order(duration)
    assert order_starts(duration, order[None]).shape == (1, *size)
    assert order_makespans(duration, order[None]).tolist() == [2 * min(size)]


def test_importing_the_simulators_imports_neither_numba_nor_torch():
    names = ("flow_shop", "flow_shop_torch", "flexible", "flexible_torch")
    code = (
        "import sys, importlib; "
        f"[importlib.import_module('sectorbench.tasks.scheduling.simulator.' + n) for n in {names}]; "
        "print('numba' in sys.modules, 'torch' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.split() == ["False", "False"]
