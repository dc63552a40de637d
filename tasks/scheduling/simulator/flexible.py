"""Flexible job shops on CPU: non-delay schedules by dispatching rules, many samples at once.

At each step the pairs of a job and a mode of its next operation that can start earliest are taken. The rule chooses one
of their jobs, the lowest job wins a tie; of the job's modes among the pairs the shortest is taken, the lowest mode
number wins a tie. No machine is ever kept waiting while an operation that it can do is there. Where every operation has
one mode these are the schedules of ``policies.non_delay``.

Letters: s = samples, n = jobs, k = operations of the longest job, o = modes of the operation with most, t = steps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from .batch import draw_numbers

__all__ = [
    "FLEXIBLE_RULES",
    "FlexibleRuleName",
    "FlexibleSchedules",
    "FlexibleShop",
    "flexible_schedules",
    "priorities",
]

IntArray = npt.NDArray[np.int64]
FlexibleRuleName = Literal["spt", "mwkr", "mopnr", "fifo", "random"]
FLEXIBLE_RULES: tuple[FlexibleRuleName, ...] = get_args(FlexibleRuleName)
_NEVER = 2**62  # later than any start, worse than any priority
_TABLE, _FIFO, _SPT, _RANDOM = range(4)
_KIND = {"mwkr": _TABLE, "mopnr": _TABLE, "fifo": _FIFO, "spt": _SPT, "random": _RANDOM}


class FlexibleShop(NamedTuple):
    """One flexible job shop; jobs in the order of their ids, operations in the order of the job's route.

    Attributes:
        id: The input row's.
        duration: Time steps, shape ``(n, k, o)``; 0 where there is no such operation or mode.
        machine: Machine number, shape ``(n, k, o)``; 0 where there is no such operation or mode.
        modes: Modes of each operation, shape ``(n, k)``; 0 behind a job's last operation.
        activity: Number of the activity in the input row, shape ``(n, k)``; -1 behind a job's last operation.
        machines: Number of machines.
    """

    id: str
    duration: IntArray
    machine: IntArray
    modes: IntArray
    activity: IntArray
    machines: int

    @property
    def operations(self) -> IntArray:
        """Operations per job, shape ``(n,)``."""
        operations: IntArray = (self.modes > 0).sum(axis=1, dtype=np.int64)
        return operations


class FlexibleSchedules(NamedTuple):
    """Schedules of one shop.

    Attributes:
        start: Time steps, shape ``(s, n, k)``, 0 behind a job's last operation.
        mode: Mode number, shape ``(s, n, k)``, 0 behind a job's last operation.
        makespan: Time steps, shape ``(s,)``.
    """

    start: IntArray
    mode: IntArray
    makespan: IntArray


def flexible_schedules(
    shops: Sequence[FlexibleShop], rule: FlexibleRuleName, *, seed: int = 0, samples: int = 1
) -> list[FlexibleSchedules]:
    """The non-delay schedules that a rule makes, per shop.

    Args:
        shops: Any flexible job shops, of any sizes.
        rule: ``spt`` shortest mode that can start; ``mwkr`` most work remaining in the job, this operation included,
            each operation by its shortest mode; ``mopnr`` most operations remaining; ``fifo`` the job that became ready
            first; ``random`` all jobs alike.
        seed: Key of ``random``, with the shop's id; see ``draw_numbers``. Other rules draw nothing.
        samples: Schedules per shop; those of rules that draw nothing are all the same.
    """
    done = []
    for shop in shops:
        operations = shop.operations
        n, k = shop.modes.shape
        schedules = FlexibleSchedules(
            np.zeros((samples, n, k), np.int64), np.zeros((samples, n, k), np.int64), np.zeros(samples, np.int64)
        )
        drawn = np.zeros((samples, 0), np.int64)
        if rule == "random":
            drawn = draw_numbers("non-delay/random", shop, samples=samples, seed=seed)
        _compiled(_dispatch)(
            *map(_integers, (shop.duration, shop.machine, shop.modes, operations, priorities(shop, rule), drawn)),
            shop.machines,
            _KIND[rule],
            *schedules,
        )
        done.append(schedules)
    return done


def priorities(shop: FlexibleShop, rule: FlexibleRuleName) -> IntArray:
    """Priority of each operation where it is known beforehand, shape ``(n, k)``, least is chosen; else zeros."""
    there = shop.modes > 0  # (n, k)
    if rule == "mopnr":
        return -(there[:, ::-1].cumsum(axis=1)[:, ::-1])
    if rule == "mwkr":
        is_mode = np.arange(shop.duration.shape[2]) < shop.modes[:, :, None]  # (n, k, o)
        shortest = np.where(is_mode, shop.duration, _NEVER).min(axis=2, initial=_NEVER)  # (n, k)
        return -(np.where(there, shortest, 0)[:, ::-1].cumsum(axis=1)[:, ::-1])
    return np.zeros(shop.modes.shape, np.int64)


def _integers(values: IntArray) -> IntArray:
    return np.ascontiguousarray(values, np.int64)  # one signature, so that the kernel is compiled once


@cache
def _compiled(kernel: Callable[..., None]) -> Callable[..., None]:
    import numba

    compiled: Any = numba.njit(cache=False)(kernel)  # a worker has no folder to keep compiled code in
    return compiled  # type: ignore[no-any-return]


def _dispatch(
    duration: IntArray,
    machine: IntArray,
    modes: IntArray,
    operations: IntArray,
    priority: IntArray,
    draws: IntArray,
    machines: int,
    kind: int,
    start: IntArray,
    mode: IntArray,
    makespan: IntArray,
) -> None:
    n = len(operations)
    ready, free, done = np.empty(n, np.int64), np.empty(machines, np.int64), np.empty(n, np.int64)
    earliest, shortest = np.empty(n, np.int64), np.empty(n, np.int64)
    for s in range(len(start)):
        ready[:], free[:], done[:] = 0, 0, 0
        for step in range(operations.sum()):
            now = _NEVER
            for j in range(n):
                earliest[j], shortest[j] = _NEVER, 0  # of the job's modes: least start, then its shortest duration
                if done[j] < operations[j]:
                    for x in range(modes[j, done[j]]):
                        begin = max(ready[j], free[machine[j, done[j], x]])
                        length = duration[j, done[j], x]
                        if begin < earliest[j] or (begin == earliest[j] and length < shortest[j]):
                            earliest[j], shortest[j] = begin, length
                    now = min(now, earliest[j])
            chosen = -1
            if kind == _RANDOM:
                candidates = 0
                for j in range(n):
                    candidates += earliest[j] == now
                left = draws[s, step] * candidates >> 32
                for j in range(n):
                    if earliest[j] == now:
                        if left == 0:
                            chosen = j
                            break
                        left -= 1
            else:
                least = _NEVER
                for j in range(n):
                    if earliest[j] == now:
                        value = priority[j, done[j]]
                        if kind == _FIFO:
                            value = ready[j]
                        elif kind == _SPT:
                            value = shortest[j]
                        if value < least:
                            chosen, least = j, value
            o = done[chosen]
            for x in range(modes[chosen, o]):
                at = machine[chosen, o, x]
                if max(ready[chosen], free[at]) == now and duration[chosen, o, x] == shortest[chosen]:
                    start[s, chosen, o], mode[s, chosen, o] = now, x
                    ready[chosen] = free[at] = now + shortest[chosen]
                    done[chosen] = o + 1
                    break
            makespan[s] = max(makespan[s], ready[chosen])
