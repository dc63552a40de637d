"""Permutation flow shops on CPU: schedules of many job orders at once, and the NEH heuristic with Taillard's speed-up.

All machines stand in one line, every job visits them in this order, and all machines process the jobs in one order.
Started as early as it can be, an order has exactly one schedule.

Letters: b = orders, n = jobs, m = machines.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["IntArray", "neh_order", "order_makespans", "order_starts"]

IntArray = npt.NDArray[np.int64]


def order_starts(duration: IntArray, orders: IntArray) -> IntArray:
    """Start times of every operation when the jobs go through in each of the orders.

    Args:
        duration: Time steps of each job on each machine, shape ``(n, m)``.
        orders: Job numbers, first job first, shape ``(b, n)``.

    Returns:
        Time steps, shape ``(b, n, m)``, by job number.
    """
    start = np.empty((len(orders), *duration.shape), np.int64)  # (b, n, m)
    _compiled(_fill_starts)(_integers(duration), _integers(orders), start)
    return start


def order_makespans(duration: IntArray, orders: IntArray) -> IntArray:
    """End of the last operation of each order in time steps, shape ``(b,)``; arguments as for ``order_starts``."""
    makespan = np.empty(len(orders), np.int64)
    _compiled(_fill_makespans)(_integers(duration), _integers(orders), makespan)
    return makespan


def neh_order(duration: IntArray) -> IntArray:
    """The job order of Nawaz, Enscore and Ham, shape ``(n,)``, in time n² m.

    The jobs are taken by total duration, longest first (ties: the lower number), and each is put where the makespan of
    those taken so far is least (ties: the earlier place).

    Source: Nawaz, Enscore and Ham, Omega 11 (1983) 91-95; Taillard, EJOR 47 (1990) 65-74, for the speed-up.

    >>> neh_order(np.array([[1, 4], [4, 1], [3, 3]])).tolist()
    [0, 2, 1]
    """
    taken = np.argsort(-duration.sum(axis=1), kind="stable")  # (n,)
    order = np.empty(len(duration), np.int64)
    _compiled(_insert_jobs)(_integers(duration), taken, order)
    return order


def _integers(values: IntArray) -> IntArray:
    return np.ascontiguousarray(values, np.int64)  # one signature, so that each kernel is compiled once


@cache
def _compiled(kernel: Callable[..., None]) -> Callable[..., None]:
    import numba

    compiled: Any = numba.njit(cache=False)(kernel)  # a worker has no folder to keep compiled code in
    return compiled  # type: ignore[no-any-return]


def _fill_starts(duration: IntArray, orders: IntArray, start: IntArray) -> None:
    n, m = duration.shape
    free = np.empty(m, np.int64)
    for b in range(len(orders)):
        free[:] = 0
        for i in range(n):
            job = orders[b, i]
            ready = 0
            for k in range(m):
                begin = max(ready, free[k])
                start[b, job, k] = begin
                ready = begin + duration[job, k]
                free[k] = ready


def _fill_makespans(duration: IntArray, orders: IntArray, makespan: IntArray) -> None:
    n, m = duration.shape
    free = np.empty(m, np.int64)
    for b in range(len(orders)):
        free[:] = 0
        for i in range(n):
            job = orders[b, i]
            ready = 0
            for k in range(m):
                ready = max(ready, free[k]) + duration[job, k]
                free[k] = ready
        makespan[b] = free.max() if m > 0 else 0


def _insert_jobs(duration: IntArray, taken: IntArray, order: IntArray) -> None:
    n, m = duration.shape
    # Row i + 1 of head: ends of the job at place i; row i of tail: from its start on a machine to the end of all.
    head, tail = np.zeros((n + 1, m), np.int64), np.zeros((n + 1, m), np.int64)
    for placed in range(n):
        for i in range(placed):
            ready = 0
            for k in range(m):
                ready = max(ready, head[i, k]) + duration[order[i], k]
                head[i + 1, k] = ready
        tail[placed, :] = 0
        for i in range(placed - 1, -1, -1):
            rest = 0
            for k in range(m - 1, -1, -1):
                rest = max(rest, tail[i + 1, k]) + duration[order[i], k]
                tail[i, k] = rest
        job = taken[placed]
        place, least = 0, -1
        for i in range(placed + 1):
            ready, longest = 0, 0
            for k in range(m):
                ready = max(ready, head[i, k]) + duration[job, k]
                longest = max(longest, ready + tail[i, k])
            if least < 0 or longest < least:
                place, least = i, longest
        for i in range(placed, place, -1):
            order[i] = order[i - 1]
        order[place] = job
