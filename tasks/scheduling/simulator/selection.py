"""From a policy's scores to one candidate, in integers, so that equal scores give equal choices on every back end.

Scores become whole multiples of 1/1024. The greedy choice is the highest, the lowest job among equals. A sampled choice
gives candidate i the weight ``exp(score_i - highest)`` in units of 2**-18, rounded down, from a table that is computed
in decimal arithmetic.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache

import numpy as np
import numpy.typing as npt

from .batch import Int32Array
from .job_shop import IntArray

__all__ = [
    "HIGHEST_SCORE",
    "SCORE_STEPS",
    "WEIGHT_STEPS",
    "pick_greedy",
    "pick_sampled",
    "score_numbers",
    "weight_table",
]

SCORE_STEPS = 1024  # per unit of score
WEIGHT_STEPS = 2**18  # per unit of weight; 8,191 candidates then sum to under 2**31, and draws stay within 63 bits
HIGHEST_SCORE = 2**20  # scores beyond 1024 units are cut, so that differences stay in 32 bits


@cache
def weight_table() -> Int32Array:
    """``floor(2**18 exp(-d / 1024))`` for d = 0, 1, ... up to the first zero, shape ``(12778,)``."""
    step, weights, d = Decimal(-1) / SCORE_STEPS, [], 0
    while (weight := int((step * d).exp() * WEIGHT_STEPS)) > 0:
        weights.append(weight)
        d += 1
    table = np.array([*weights, 0], np.int32)
    table.setflags(write=False)
    return table


def score_numbers(scores: npt.NDArray[np.float32], *, temperature: float) -> IntArray:
    """Scores over a temperature as whole multiples of 1/1024, shape as given.

    Raises:
        ValueError: A score is not finite.
    """
    if not np.isfinite(scores).all():
        raise ValueError(f"{np.count_nonzero(~np.isfinite(scores))} of {scores.size} scores are not finite")
    scaled = np.rint(scores.astype(np.float64) * (SCORE_STEPS / temperature))
    return np.clip(scaled, -HIGHEST_SCORE, HIGHEST_SCORE).astype(np.int64)


def pick_greedy(numbers: IntArray, offsets: IntArray) -> IntArray:
    """First of the highest in each segment, counted from its start, shape ``(w,)``; no segment is empty."""
    first = offsets[:-1]
    highest = np.maximum.reduceat(numbers, first)
    place = np.where(numbers == np.repeat(highest, np.diff(offsets)), np.arange(len(numbers)), len(numbers))
    return np.minimum.reduceat(place, first) - first


def pick_sampled(numbers: IntArray, offsets: IntArray, draws: IntArray) -> IntArray:
    """One of each segment by its weight; ``draws`` are integers in 0 <= x < 2**32, shape ``(w,)``."""
    first, lengths = offsets[:-1], np.diff(offsets)
    table = weight_table()
    below = np.repeat(np.maximum.reduceat(numbers, first), lengths) - numbers
    weight = table[np.minimum(below, len(table) - 1)].astype(np.int64)
    upto = np.cumsum(weight)
    before = np.concatenate([np.zeros(1, np.int64), upto])[first]  # (w,)
    total = np.concatenate([before[1:], upto[-1:]]) - before
    wanted = draws * total >> 32  # (w,)
    passed = upto - np.repeat(before, lengths) <= np.repeat(wanted, lengths)
    return np.add.reduceat(passed.astype(np.int64), first)
