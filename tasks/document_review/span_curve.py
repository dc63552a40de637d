"""Figures of the precision-recall curve of passages, as functions of counts that add up over contracts.

The curve begins at precision 1 and recall 0 and has a point per threshold, from 0.99 down to 0. Its envelope takes for
each point the highest precision of any point with at least its recall. The area (AUPR) is that of trapezoids below the
envelope, up to the recall that is reached and no further; where nothing is found at all, or there is nothing to find,
it is 0. Precision at a recall is the envelope's at the first point that reaches the recall, else 0.

CUAD's own scorer looks for that point among all but the last threshold, since it pairs 102 points with 101 thresholds;
the last one still moves its envelope. ``official=True`` does the same.

Letters: t = thresholds, p = points of the curve, t + 1; totals are true (t), false (t), marked (1) behind each other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...harness.metrics import FloatArray, Metric, OfTotals
from ...harness.text import Text

__all__ = ["SpanCurve", "area_metric", "curve_of", "precision_at_recall", "precision_at_recall_metric", "span_area"]


class SpanCurve(NamedTuple):
    """The points of a curve.

    Attributes:
        recall: Shape ``(..., p)``; NaN where nothing is marked.
        precision: The envelope, shape ``(..., p)``; NaN where nothing is found at any threshold.
        source: Of which point each envelope value is the precision, shape ``(..., p)``.
    """

    recall: FloatArray
    precision: FloatArray
    source: npt.NDArray[np.int64]


def curve_of(total: FloatArray) -> SpanCurve:
    """The curve of totals ``(..., 2 t + 1)``."""
    true, false, marked = _parts(total)
    last = true.shape[-1]
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.concatenate([np.ones_like(marked), true / (true + false)], axis=-1)
        recall = np.concatenate([np.zeros_like(marked), true / marked], axis=-1)
    best, at = precision[..., -1].copy(), np.full(precision.shape[:-1], last)
    envelope, source = np.empty_like(precision), np.empty(precision.shape, np.int64)
    for point in range(
        last, -1, -1
    ):  # from the lowest threshold; NaN at the very last stays, elsewhere it is passed by
        better = precision[..., point] > best
        best, at = np.where(better, precision[..., point], best), np.where(better, point, at)
        envelope[..., point], source[..., point] = best, at
    return SpanCurve(recall, envelope, source)


def _parts(total: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """True and false ``(..., t)`` and marked ``(..., 1)``."""
    t = (total.shape[-1] - 1) // 2
    return total[..., :t], total[..., t : 2 * t], total[..., 2 * t :]


def span_area(total: FloatArray) -> FloatArray:
    """Area below the envelope up to the recall that is reached, shape ``(...)``; NaN becomes 0."""
    recall, precision, _ = curve_of(total)
    area: FloatArray = (np.diff(recall, axis=-1) * (precision[..., 1:] + precision[..., :-1]) / 2).sum(axis=-1)
    return np.where(np.isnan(area), 0.0, area)


def _area_gradient(total: FloatArray) -> FloatArray:
    recall, precision, source = curve_of(total)
    known = ~np.isnan(recall[..., -1] + precision[..., -1])[..., None]
    true, false, marked = _parts(total)
    points = true.shape[-1] + 1
    padded = np.concatenate([recall[..., :1], recall, recall[..., -1:]], axis=-1)
    by_envelope = (padded[..., 2:] - padded[..., :-2]) / 2  # (..., p)
    by_precision = np.zeros_like(by_envelope).reshape(-1, points)
    rows = np.arange(len(by_precision))
    flat_source, flat_weight = source.reshape(-1, points), by_envelope.reshape(-1, points)
    for point in range(points):
        by_precision[rows, flat_source[:, point]] += flat_weight[:, point]
    by_precision = by_precision.reshape(by_envelope.shape)[..., 1:]  # the first point is 1 whatever is counted
    behind = np.concatenate([precision[..., 2:], -precision[..., -1:]], axis=-1)  # the last point has no next one
    by_recall = (precision[..., :-1] - behind) / 2
    kept = true + false
    safe, size = np.where(kept > 0, kept, 1.0), np.where(marked > 0, marked, 1.0)
    by_true = np.where(kept > 0, by_precision * false / safe**2, 0.0) + by_recall / size
    by_false = np.where(kept > 0, -by_precision * true / safe**2, 0.0)
    by_marked = -(by_recall * true).sum(axis=-1, keepdims=True) / size**2
    whole = np.concatenate([by_true, by_false, by_marked], axis=-1)
    gradient: FloatArray = np.where(known, np.nan_to_num(whole, nan=0.0), 0.0)
    return gradient


def precision_at_recall(total: FloatArray, level: float, *, official: bool) -> FloatArray:
    """The envelope at the first point whose recall is at least ``level``, shape ``(...)``; 0 where none is."""
    recall, precision, _ = curve_of(total)
    if official:
        recall, precision = recall[..., :-1], precision[..., :-1]
    reached = recall >= level
    first = reached.argmax(axis=-1)[..., None]
    found = np.take_along_axis(precision, first, axis=-1)[..., 0]
    return np.where(reached.any(axis=-1), np.nan_to_num(found, nan=0.0), 0.0)


def area_metric(name: str, title: Text, *, statistics: tuple[str, str, str], formula: str) -> Metric:
    """The area as a metric; ``statistics`` name true, false and marked."""
    of = OfTotals(span_area, _area_gradient)
    return Metric(name, title, "1", 1.0, True, formula, statistics, of, (0.0, 1.0), 3)


def precision_at_recall_metric(
    name: str, title: Text, *, level: float, official: bool, statistics: tuple[str, str, str], formula: str
) -> Metric:
    """Precision at a recall as a metric: a step function, so that its interval is one of percentiles."""

    def value(total: FloatArray) -> FloatArray:
        return precision_at_recall(total, level, official=official)

    return Metric(name, title, "1", 1.0, True, formula, statistics, OfTotals(value, None), (0.0, 1.0), 3)
