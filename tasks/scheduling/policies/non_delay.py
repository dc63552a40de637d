"""Non-delay schedules by dispatching rules: the reference implementation, batched over shops with plain numpy.

At each step the operations that can start earliest are taken, the rule chooses one of them, the lowest job wins a tie.
No machine is ever kept waiting while an operation for it is there.

Letters: b = shops of one group, n = jobs, k = operations of the longest job, t = steps (operations of a shop).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..simulator import STATIC_PRIORITIES, IntArray, JobShop, RuleName, draw_numbers

__all__ = ["non_delay_starts"]

_NEVER = np.int64(2**62)  # later than any start, worse than any priority


def non_delay_starts(shops: Sequence[JobShop], rule: RuleName, *, seed: int = 0) -> list[IntArray]:
    """Start times of the non-delay schedule that a rule makes, per shop.

    Args:
        shops: Any job shops, of any sizes.
        rule: One of ``simulator.RULES``, where they are described.
        seed: Key of ``random``, with the shop's id; draw number s decides step s. Other rules draw nothing.

    Returns:
        Time steps, shape ``(n, k)`` per shop, 0 behind a job's last operation.
    """
    groups: dict[bytes, list[int]] = {}
    for at, shop in enumerate(shops):
        groups.setdefault(shop.operations.tobytes(), []).append(at)
    starts: dict[int, IntArray] = {}
    for members in groups.values():
        group = [shops[at] for at in members]
        starts |= zip(members, _simulate(group, rule, seed), strict=True)
    return [starts[at] for at in range(len(shops))]


def _simulate(shops: list[JobShop], rule: RuleName, seed: int) -> IntArray:
    """Start times of shops whose jobs have the same numbers of operations, shape ``(b, n, k)``."""
    operations = shops[0].operations  # (n,)
    b, (n, k) = len(shops), shops[0].duration.shape
    steps = int(operations.sum())
    duration = np.stack([s.duration for s in shops])  # (b, n, k)
    # One column more, so that a job can be moved behind its last operation; it never becomes a candidate there.
    machine = np.pad(np.stack([s.machine for s in shops]), ((0, 0), (0, 0), (0, 1))).clip(min=0)  # (b, n, k + 1)
    priority = np.zeros((b, n, k + 1), np.int64)
    if rule in STATIC_PRIORITIES:
        priority[:, :, :k] = np.stack([STATIC_PRIORITIES[rule](s) for s in shops])
    draws = None
    if rule == "random":
        draws = np.stack([draw_numbers("non-delay/random", s, samples=1, seed=seed)[0] for s in shops])  # (b, t)
    start = np.zeros((b, n, k), np.int64)
    ready = np.where(operations > 0, np.zeros((b, n), np.int64), _NEVER)  # (b, n), end of the operation before
    machines = int(machine.max(initial=0)) + 1
    free = np.zeros(b * machines, np.int64)  # of all shops, one behind the other
    machine = machine + machines * np.arange(b)[:, None, None]  # number in ``free``
    done = np.zeros(b * n, np.int64)  # operations scheduled
    next_machine, next_priority = machine[:, :, 0].copy(), priority[:, :, 0].copy()  # (b, n)
    # Flat views of the same arrays: one number per place takes a third less time than three.
    flat = [array.reshape(-1) for array in (duration, machine, priority, start, ready, next_machine, next_priority)]
    flat_duration, flat_machine, flat_priority, flat_start, flat_ready, flat_next_machine, flat_next_priority = flat
    first_job = n * np.arange(b)
    for step in range(steps):
        earliest = np.maximum(ready, free.take(next_machine))  # (b, n)
        now = earliest.min(axis=1)  # (b,)
        candidate = earliest == now[:, None]  # (b, n)
        if draws is None:
            job = np.where(candidate, ready if rule == "fifo" else next_priority, _NEVER).argmin(axis=1)  # (b,)
        else:
            chosen = draws[:, step] * candidate.sum(axis=1) >> 32  # (b,), which of the candidates
            job = (candidate.cumsum(axis=1) > chosen[:, None]).argmax(axis=1)
        at = first_job + job  # (b,)
        operation = done[at]
        end = now + flat_duration[at * k + operation]
        flat_start[at * k + operation] = now
        free[flat_next_machine[at]] = end
        operation += 1
        done[at] = operation
        flat_ready[at] = np.where(operation < operations[job], end, _NEVER)
        following = at * (k + 1) + operation
        flat_next_machine[at] = flat_machine[following]
        flat_next_priority[at] = flat_priority[following]
    return start
