"""Balanced accuracy: how well yes and no are told apart, however rare one of them is."""

from __future__ import annotations

import numpy as np

from .metrics import FloatArray, Metric, OfTotals
from .text import Text

__all__ = ["balanced_accuracy_metric"]


def balanced_accuracy_metric(
    name: str,
    title: Text,
    *,
    formula: str,
    statistics: tuple[str, str, str, str] = ("tp", "fn", "tn", "fp"),
    at: int | None = None,
    width: int = 1,
) -> Metric:
    """The mean of sensitivity and specificity, itself averaged over several questions; 0.5 is what no reading gets.

    Equal to scikit-learn's ``balanced_accuracy_score`` of each question where both answers occur; where one does not,
    as in a slice, the other one's rate stands alone, and a question without any row counts as 0.5.

    Args:
        name: Identifier.
        title: For people.
        formula: For the task page.
        statistics: Names of true positives, false negatives, true negatives and false positives, each of shape
            ``(width,)`` per unit.
        at: The question it is about; None: all of them.
        width: Number of questions.
    """

    def rates(total: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Right of the positive and of the negative, and how many there are of each."""
        tp, fn, tn, fp = np.split(total, 4, axis=-1)
        if at is not None:
            tp, fn, tn, fp = (part[..., at : at + 1] for part in (tp, fn, tn, fp))
        return tp, tn, tp + fn, tn + fp

    def value(total: FloatArray) -> FloatArray:
        tp, tn, positive, negative = rates(total)
        sides = (positive > 0).astype(np.float64) + (negative > 0)
        each = (tp / _some(positive) + tn / _some(negative)) / np.maximum(sides, 1)
        mean: FloatArray = np.where(sides > 0, each, 0.5).mean(axis=-1)
        return mean

    def gradient(total: FloatArray) -> FloatArray:
        tp, tn, positive, negative = rates(total)
        questions = tp.shape[-1]
        sides = np.maximum((positive > 0).astype(np.float64) + (negative > 0), 1) * questions
        own = [
            _by_right(tp, positive) / sides,
            _by_wrong(tp, positive) / sides,
            _by_right(tn, negative) / sides,
            _by_wrong(tn, negative) / sides,
        ]
        if at is not None:
            wide = [np.zeros((*total.shape[:-1], width)) for _ in own]
            for part, small in zip(wide, own, strict=True):
                part[..., at : at + 1] = small
            own = wide
        return np.concatenate(own, axis=-1)

    return Metric(name, title, "1", 1.0, True, formula, statistics, OfTotals(value, gradient), (0.0, 1.0), 3)


def _by_right(right: FloatArray, of: FloatArray) -> FloatArray:
    """How a rate moves with one more right answer; 0 where there are none at all."""
    return np.where(of > 0, (of - right) / _some(of) ** 2, 0.0)


def _by_wrong(right: FloatArray, of: FloatArray) -> FloatArray:
    """How a rate moves with one more wrong answer."""
    return np.where(of > 0, -right / _some(of) ** 2, 0.0)


def _some(of: FloatArray) -> FloatArray:
    """Counts to divide by: 1 where there are none."""
    return np.where(of > 0, of, 1.0)
