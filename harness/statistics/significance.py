"""Tests of a difference between two models over the same clusters: sign flips, exact McNemar, Holm.

Letters: n = clusters, b = flips, k = statistics of one metric, t = tasks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.stats import binom

from ..metrics import FloatArray, Metric, OfTotals
from ..randomness import Stream
from .bootstrap import Clusters

__all__ = ["EXACT_CLUSTERS", "FLIPS", "Alternative", "FlipTest", "Pair", "holm", "mcnemar", "sign_flip"]

EXACT_CLUSTERS = 16
"""Up to so many clusters, all 2^n flips are looked at."""

FLIPS = 9_999
"""Random flips where there are more clusters."""

Alternative = Literal["two-sided", "less", "greater"]

_CHUNK_VALUES = 500_000
_EQUAL = 1e-9  # flips that come to the same but for rounding count as equal


class Pair(NamedTuple):
    """Two models on one task.

    Attributes:
        one: The model that is asked about.
        other: The one it is compared with, the same clusters in the same order.
        metric: What is compared.
        factor: What a difference of the metric is multiplied with before tasks are added: the task's share over
            (perfect - floor), or 1.
    """

    one: Clusters
    other: Clusters
    metric: Metric
    factor: float = 1.0


class FlipTest(NamedTuple):
    """What a permutation test found.

    Attributes:
        p: Probability of a difference at least as great, where each cluster's two results could as well have been
            the other way round.
        exact: Whether all flips were looked at.
        flips: How many were.
    """

    p: float
    exact: bool
    flips: int


def sign_flip(
    pairs: Sequence[Pair], words: Sequence[str | int] = (), *, alternative: Alternative = "two-sided"
) -> FlipTest:
    """Permutation test: in each flip some clusters' results change hands, and the metrics are computed again.

    Of a mean this is the test of flipped signs; of F1, RMSE or a precision-recall area it is as exact, since the whole
    metric is computed of the exchanged results (Fisher 1935; Edgington and Onghena, Randomization Tests). Several
    tasks are flipped each by itself, their differences added with their factors.

    Args:
        pairs: One per task.
        words: Name the random flips; the same words give the same ones on every host.
        alternative: ``less``: ``one`` is lower.

    Raises:
        ValueError: No pair, or two models with different numbers of clusters.
    """
    if not pairs or any(pair.one.n != pair.other.n for pair in pairs):
        raise ValueError("a flip test needs pairs of models over the same clusters")
    sizes = [pair.one.n for pair in pairs]
    n = sum(sizes)
    exact = n <= EXACT_CLUSTERS
    observed = _differences(pairs, np.zeros((1, n), np.bool_), sizes)[0]
    slack = _EQUAL * max(abs(observed), np.finfo(np.float64).tiny)
    extreme = flips = 0
    for flipped in _all_flips(n) if exact else _random_flips(n, words):
        found = _differences(pairs, flipped, sizes)
        flips += len(found)
        if alternative == "less":
            extreme += int((found <= observed + slack).sum())
        elif alternative == "greater":
            extreme += int((found >= observed - slack).sum())
        else:
            extreme += int((np.abs(found) >= abs(observed) - slack).sum())
    p = extreme / flips if exact else (1 + extreme) / (flips + 1)
    return FlipTest(p, exact, flips)


def _differences(pairs: Sequence[Pair], flipped: npt.NDArray[np.bool_], sizes: Sequence[int]) -> FloatArray:
    """The sum over tasks of the differences under each flip, shape ``(b,)``."""
    total = np.zeros(len(flipped))
    first = 0
    for pair, size in zip(pairs, sizes, strict=True):
        mine = flipped[:, first : first + size].astype(np.float64)
        total += pair.factor * _difference(pair, mine)
        first += size
    return total


def _difference(pair: Pair, flipped: FloatArray) -> FloatArray:
    of = pair.metric.of
    if isinstance(of, OfTotals):
        moved = flipped @ (pair.other.statistics - pair.one.statistics)  # (b, k)
        one, other = pair.one.statistics.sum(axis=0), pair.other.statistics.sum(axis=0)
        return of.value(one + moved) - of.value(other - moved)
    both = Clusters(
        np.concatenate([pair.one.statistics, pair.other.statistics]),
        None if pair.one.first is None else np.r_[pair.one.first, len(pair.one.statistics) + pair.one.first],
    )
    kept = 1 - flipped
    one, other = np.concatenate([kept, flipped], axis=1), np.concatenate([flipped, kept], axis=1)
    return both.values(pair.metric, one) - both.values(pair.metric, other)


def _all_flips(n: int) -> Iterator[npt.NDArray[np.bool_]]:
    numbers = np.arange(2**n, dtype=np.int64)
    yield (numbers[:, None] >> np.arange(n)) & 1 == 1


def _random_flips(n: int, words: Sequence[str | int]) -> Iterator[npt.NDArray[np.bool_]]:
    stream = Stream("sign-flip", *words)
    numbers = -(-n // 64)  # raw integers per flip
    chunk = max(1, _CHUNK_VALUES // n)
    for first in range(0, FLIPS, chunk):
        rows = min(chunk, FLIPS - first)
        raw = stream.raw(rows * numbers).astype("<u8", copy=False).view(np.uint8).reshape(rows, 8 * numbers)
        yield np.unpackbits(raw, axis=1, count=n, bitorder="little").astype(np.bool_)


def mcnemar(only_one: int, only_other: int, *, alternative: Alternative = "two-sided") -> float:
    """Exact McNemar test of two models' right and wrong answers.

    Args:
        only_one: Units that ``one`` alone has right.
        only_other: Units that ``other`` alone has right.
        alternative: ``less``: ``one`` is right less often.

    Returns:
        The binomial probability of a split at least as uneven, 1 where the two never differ (McNemar 1947).
    """
    n = only_one + only_other
    if alternative == "less":
        return float(binom.cdf(only_one, n, 0.5))
    if alternative == "greater":
        return float(binom.sf(only_one - 1, n, 0.5))
    return min(1.0, 2 * float(binom.cdf(min(only_one, only_other), n, 0.5)))


def holm(p: Sequence[float]) -> list[float]:
    """Holm's adjusted p-values, in the order given: at level a, those under a hold all together (Holm 1979)."""
    adjusted = [0.0] * len(p)
    worst = 0.0
    for rank, at in enumerate(sorted(range(len(p)), key=p.__getitem__)):
        worst = max(worst, min(1.0, (len(p) - rank) * p[at]))
        adjusted[at] = worst
    return adjusted
