"""Simultaneous rank intervals and tiers: which places a model can have, all pairs of a board looked at together.

Pairs are told apart where their studentised difference is beyond the 95 % quantile of the greatest one of all pairs
(Mogstad, Romano, Shaikh and Wilhelm, Inference for Ranks, Review of Economic Studies 2024).

Letters: m = models.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..metrics import FloatArray

__all__ = ["BoolArray", "Place", "below_of", "places", "tiers"]

BoolArray = npt.NDArray[np.bool_]


class Place(NamedTuple):
    """Where a model stands on a board.

    Attributes:
        best: The best rank it may have.
        worst: The worst.
        rank: By the point estimate; exactly equal values share one.
        tier: 1 for all that no other is told to be better than; 2 for those of the rest, and so on.
    """

    best: int
    worst: int
    rank: int
    tier: int


def below_of(values: FloatArray, errors: FloatArray, quantile: float) -> BoolArray:
    """Whether model j is told to be worse than model l, shape ``(m, m)``.

    Args:
        values: Higher is better, shape ``(m,)``.
        errors: Standard errors of the differences, shape ``(m, m)``; 0 where a pair differs by the same everywhere.
        quantile: Of the greatest studentised difference.
    """
    difference = values[:, None] - values[None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(difference == 0, 0.0, difference / errors)
    return np.asarray(ratio < -quantile, np.bool_)


def places(values: FloatArray, below: BoolArray) -> list[Place]:
    """The place of each model, in the order given.

    Args:
        values: Higher is better, shape ``(m,)``.
        below: From ``below_of``.
    """
    m = len(values)
    tier = tiers(below)
    return [
        Place(
            best=1 + int(below[j].sum()),
            worst=m - int(below[:, j].sum()),
            rank=1 + int((values > values[j]).sum()),
            tier=tier[j],
        )
        for j in range(m)
    ]


def tiers(below: BoolArray) -> Sequence[int]:
    """Tier of each model: again and again, those that no model left is told to be better than.

    Args:
        below: From ``below_of``; nobody is below itself, and there is no ring, since values order it.
    """
    found = np.zeros(len(below), np.int64)
    left = np.ones(len(below), np.bool_)
    tier = 0
    while left.any():
        tier += 1
        top = left & ~(below & left[None, :]).any(axis=1)
        found[top] = tier
        left &= ~top
    return [int(one) for one in found]
