"""Metrics of how well scores order rows: they look at all rows at once, so their statistics are rows, not totals.

Letters: n = rows, b = replicates, g = distinct scores.
"""

from __future__ import annotations

import numpy as np

from .metrics import FloatArray, Metric, OfRows
from .text import Text

__all__ = ["average_precision_metric", "weighted_average_precision"]


def weighted_average_precision(
    score: FloatArray, positive: FloatArray, weights: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Average precision under each row of weights, and its derivatives by the weights; 1 is best, higher is better.

    The mean over positives of the precision among rows that score at least as high; rows of equal score stand or fall
    together, so a constant has the share of positives. Nothing is interpolated. Without a positive it is 0.

    Args:
        score: Greater means more likely positive, shape ``(n,)``, finite.
        positive: 1 or 0, shape ``(n,)``.
        weights: Shape ``(b, n)``, > 0.

    Returns:
        Values of shape ``(b,)`` and derivatives of shape ``(b, n)``.

    Source: scikit-learn's ``average_precision_score`` (2011), whose values these are at equal weights.

    >>> score, positive = np.array([0.9, 0.8, 0.3]), np.array([1.0, 0.0, 1.0])
    >>> weighted_average_precision(score, positive, np.ones((1, 3)))[0].round(4)  # (1/1 + 2/3) / 2
    array([0.8333])
    """
    order = np.argsort(-score, kind="stable")
    ranked, y, w = score[order], positive[order], weights[:, order]
    first = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])  # (g,), where each distinct score begins
    group = np.repeat(np.arange(len(first)), np.diff(np.r_[first, len(ranked)]))  # (n,)
    found = np.add.reduceat(w * y, first, axis=1)  # (b, g)
    seen = np.cumsum(np.add.reduceat(w, first, axis=1), axis=1)
    true = np.cumsum(found, axis=1)
    total = true[:, -1:]  # (b, 1)
    total = np.where(total > 0, total, 1.0)
    seen = np.where(seen > 0, seen, 1.0)
    precision = true / seen  # (b, g)
    value = (found * precision).sum(axis=1) / total[:, 0]  # (b,)
    # A row's weight is part of the precision at its own score and at every lower one.
    as_positive = np.cumsum((found / seen)[:, ::-1], axis=1)[:, ::-1]
    as_any = np.cumsum((found * precision / seen)[:, ::-1], axis=1)[:, ::-1]
    moved = y * (precision + as_positive)[:, group] - as_any[:, group] - y * value[:, None]  # (b, n), ranked
    derivative = np.empty_like(moved)
    derivative[:, order] = moved / total
    return value, derivative


def average_precision_metric(
    name: str, title: Text, *, formula: str, score: str = "score", positive: str = "positive"
) -> Metric:
    """Average precision (area under the precision-recall curve, not interpolated) over units that are rows.

    Args:
        name: Identifier.
        title: For people.
        formula: For the task page.
        score: Statistic with the unit's score; greater means more likely positive.
        positive: Statistic that is 1 for a positive and 0 for a negative unit.
    """

    def weighted(statistics: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
        return weighted_average_precision(statistics[:, 0], statistics[:, 1], weights)

    return Metric(name, title, "1", 1.0, True, formula, (score, positive), OfRows(weighted), (0.0, 1.0), 3)
