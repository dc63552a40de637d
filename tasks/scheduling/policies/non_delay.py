"""Non-delay schedules by dispatching rules: the reference implementation, batched over shops with plain numpy.

At each step the operations that can start earliest are taken, the rule chooses one of them, the lowest job wins a tie.
No machine is ever kept waiting while an operation for it is there.

Letters: b = shops of one group, n = jobs, k = operations of the longest job, t = steps (operations of a shop).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cmp_to_key
from itertools import pairwise
from typing import Literal, get_args

import numpy as np

from ....harness.randomness import Stream
from .job_shop import IntArray, JobShop

__all__ = ["RULES", "RuleName", "non_delay_starts"]

RuleName = Literal["spt", "mwkr", "lwkr", "mopnr", "fifo", "fdd-mwkr", "random"]
RULES: tuple[RuleName, ...] = get_args(RuleName)
_NEVER = np.int64(2**62)  # later than any start, worse than any priority


def non_delay_starts(shops: Sequence[JobShop], rule: RuleName, *, seed: int = 0) -> list[IntArray]:
    """Start times of the non-delay schedule that a rule makes, per shop.

    Args:
        shops: Any job shops, of any sizes.
        rule: ``spt`` shortest operation; ``mwkr`` most work remaining in the job, this operation included, ``lwkr``
            least; ``mopnr`` most operations remaining; ``fifo`` the job that became ready first; ``fdd-mwkr`` least
            ratio of the work up to the end of this operation to the work remaining from its start, compared exactly;
            ``random`` all candidates alike.
        seed: Key of ``random``, with the shop's id; draw number s decides step s. Other rules draw nothing.

    Returns:
        Time steps, shape ``(n, k)`` per shop, 0 behind a job's last operation.

    Source: Haupt, OR Spektrum 11 (1989) 3-16, and Sels, Gheysen and Vanhoucke, IJPR 50 (2012) 4255-4270, for the rules.
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
    if rule in _PRIORITIES:
        priority[:, :, :k] = np.stack([_PRIORITIES[rule](s) for s in shops])
    draws = _draws(shops, steps, seed) if rule == "random" else None
    start = np.zeros((b, n, k), np.int64)
    ready = np.where(operations > 0, np.zeros((b, n), np.int64), _NEVER)  # (b, n), end of the operation before
    free = np.zeros((b, int(machine.max(initial=0)) + 1), np.int64)  # (b, machines)
    done = np.zeros((b, n), np.int64)  # operations scheduled
    next_machine, next_priority = machine[:, :, :1].reshape(b, n), priority[:, :, :1].reshape(b, n)
    shop = np.arange(b)
    for step in range(steps):
        earliest = np.maximum(ready, free[shop[:, None], next_machine])  # (b, n)
        now = earliest.min(axis=1)  # (b,)
        candidate = earliest == now[:, None]  # (b, n)
        if draws is None:
            job = np.where(candidate, ready if rule == "fifo" else next_priority, _NEVER).argmin(axis=1)  # (b,)
        else:
            chosen = draws[:, step] * candidate.sum(axis=1) >> 32  # (b,), which of the candidates
            job = (candidate.cumsum(axis=1) > chosen[:, None]).argmax(axis=1)
        operation = done[shop, job]
        end = now + duration[shop, job, operation]
        start[shop, job, operation] = now
        free[shop, next_machine[shop, job]] = end
        operation += 1
        done[shop, job] = operation
        ready[shop, job] = np.where(operation < operations[job], end, _NEVER)
        next_machine[shop, job] = machine[shop, job, operation]
        next_priority[shop, job] = priority[shop, job, operation]
    return start


def _draws(shops: list[JobShop], steps: int, seed: int) -> IntArray:
    """Integers in 0 <= x < 2**32, shape ``(b, t)``, keyed by seed and shop id: a batch's other rows change nothing."""
    return np.stack([(Stream("non-delay/random", seed, s.id).raw(steps) >> np.uint64(32)) for s in shops]).astype(
        np.int64
    )


def _work_remaining(shop: JobShop) -> IntArray:
    """Sum of the durations of each operation and those behind it in its job, shape ``(n, k)``, time steps."""
    remaining: IntArray = shop.duration[:, ::-1].cumsum(axis=1)[:, ::-1]
    return remaining


def _operations_remaining(shop: JobShop) -> IntArray:
    return shop.operations[:, None] - np.arange(shop.duration.shape[1])


def _rank_of_ratio(shop: JobShop) -> IntArray:
    """Rank of each operation by flow due date over work remaining, shape ``(n, k)``; equal ratios share a rank.

    Two ratios a/b and c/d are compared as a*d and c*b in Python's integers. Where no work remains (last operations of
    no duration) the ratio is infinite.
    """
    due = shop.duration.cumsum(axis=1).ravel().tolist()
    remaining = _work_remaining(shop).ravel().tolist()
    due = [max(d, 1) if r == 0 else d for d, r in zip(due, remaining, strict=True)]

    def difference(one: int, other: int) -> int:
        return int(due[one] * remaining[other] - due[other] * remaining[one])

    order = sorted(range(len(due)), key=cmp_to_key(difference))
    ranks = np.zeros(len(due), np.int64)
    rank = 0
    for last, one in pairwise(order):
        rank += difference(last, one) != 0
        ranks[one] = rank
    return ranks.reshape(shop.duration.shape)


_PRIORITIES: Mapping[str, Callable[[JobShop], IntArray]] = {
    "spt": lambda shop: shop.duration,
    "mwkr": lambda shop: -_work_remaining(shop),
    "lwkr": _work_remaining,
    "mopnr": lambda shop: -_operations_remaining(shop),
    "fdd-mwkr": _rank_of_ratio,
}
"""Least is chosen; ``fifo`` compares times that are only known in the simulation."""
