"""Dispatching rules as integers: the least is chosen, so that every back end chooses alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cmp_to_key
from itertools import pairwise
from typing import Literal, get_args

import numpy as np

from .job_shop import IntArray, JobShop

__all__ = ["RULES", "STATIC_PRIORITIES", "RuleName", "work_remaining"]

RuleName = Literal["spt", "mwkr", "lwkr", "mopnr", "fifo", "fdd-mwkr", "random"]
RULES: tuple[RuleName, ...] = get_args(RuleName)
"""``spt`` shortest operation; ``mwkr`` most work remaining in the job, this operation included; ``lwkr`` least of it;
``mopnr`` most operations remaining; ``fifo`` the job that became ready first; ``fdd-mwkr`` least ratio of the work up
to the end of this operation to the work remaining from its start, compared exactly; ``random`` all candidates alike.

Source: Haupt, OR Spektrum 11 (1989) 3-16, and Sels, Gheysen and Vanhoucke, IJPR 50 (2012) 4255-4270.
"""


def work_remaining(shop: JobShop) -> IntArray:
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
    remaining = work_remaining(shop).ravel().tolist()
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


STATIC_PRIORITIES: Mapping[str, Callable[[JobShop], IntArray]] = {
    "spt": lambda shop: shop.duration,
    "mwkr": lambda shop: -work_remaining(shop),
    "lwkr": work_remaining,
    "mopnr": lambda shop: -_operations_remaining(shop),
    "fdd-mwkr": _rank_of_ratio,
}
"""Rule to a priority per operation, shape ``(n, k)``; ``fifo`` and ``random`` are only known in the simulation."""
