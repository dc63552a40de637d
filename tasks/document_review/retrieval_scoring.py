"""Figures of one ranked list with grades: discounted gain and precision of its head, equal scores shared out.

Where scores are equal the figure is the mean over all orders of the equal ones: the order of the candidates tells
nothing and must not decide.

Letters: m = candidates of one query.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ...harness.metrics import FloatArray

__all__ = ["ndcg", "precision"]


def ndcg(grade: FloatArray, score: FloatArray, k: int) -> float:
    """Normalised discounted cumulative gain of the first k, unitless; 1 is best, higher is better.

    The gain of a candidate is its grade (linear), discounted by the logarithm to base 2 of its place plus one; the sum
    is divided by that of the best order.

    Args:
        grade: Shape ``(m,)``, >= 0, one of them greater.
        score: Greater is nearer to the head, shape ``(m,)``, finite.
        k: Length of the head.

    Source: Järvelin and Kekäläinen, ACM TOIS 20(4), 2002; ties as scikit-learn's ``ndcg_score`` shares them
    (McSherry and Najork 2008).

    >>> round(ndcg(np.array([3.0, 0.0, 1.0]), np.array([0.9, 0.8, 0.1]), 2), 4)  # 3 / (3 + 1 / log2(3))
    0.8262
    """
    discount = 1 / np.log2(np.arange(2, min(k, len(grade)) + 2))  # (min(k, m),)
    best = float((np.sort(grade)[::-1][: len(discount)] * discount).sum())
    return _expected(grade, score, discount) / best


def precision(right: npt.NDArray[np.bool_], score: FloatArray, k: int) -> float:
    """The share of the first k that is right, unitless; 1 is best, higher is better, and less where fewer are right.

    Args:
        right: Shape ``(m,)``.
        score: Greater is nearer to the head, shape ``(m,)``, finite.
        k: Length of the head.

    >>> precision(np.array([True, False, False]), np.array([0.5, 0.5, 0.1]), 1)
    0.5
    """
    return _expected(right.astype(np.float64), score, np.full(min(k, len(right)), 1 / k))


def _expected(gain: FloatArray, score: FloatArray, discount: FloatArray) -> float:
    """The discounted sum of gains, meant over all orders of equal scores."""
    order = np.argsort(-score, kind="stable")
    ranked, gains = score[order], gain[order]
    first = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])  # where each different score begins
    mean = np.add.reduceat(gains, first) / np.diff(np.r_[first, len(ranked)])
    weight = np.zeros(len(gain))
    weight[: len(discount)] = discount
    return float((np.add.reduceat(weight, first) * mean).sum())
