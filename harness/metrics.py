"""Metrics as smooth functions of additive statistics, so that one vectorised path gives value, error and interval.

A task's ``score`` writes, per unit (engine, contract, instance), statistics that add up over units: squared errors,
counts, sums. A metric is a function of their totals. Totals under resampling weights are one matrix product, and the
function's gradient gives the linearised standard error that a bootstrap-t interval needs.

Letters: b = replicates (any leading shape), k = statistics of one metric, c = classes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .text import Text

__all__ = [
    "FloatArray",
    "Metric",
    "macro_f1_metric",
    "mean_metric",
    "micro_f1_metric",
    "root_mean_metric",
    "total_metric",
]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Metric:
    """One figure computed from the units of a cell.

    Attributes:
        name: Identifier in records, with the unit where there is one (``rmse_cycles``).
        title: What people read.
        unit: Unit of the value, ``1`` where it has none.
        best: The best value there is.
        higher_is_better: Direction.
        formula: One line, in plain notation, for the task page.
        statistics: Columns of ``units.arrow`` it is computed from.
        value: Totals ``(..., k)`` to values ``(...)``.
        gradient: Totals ``(..., k)`` to the value's derivatives ``(..., k)``; None where it has none (percentile
            interval, flagged).
        limits: Least and greatest possible value; intervals are cut there.
        digits: Decimals shown.
        optional: Units may lack its statistics, where a model does not tell them; it is then missing, never 0.
        among: Statistic that is 0 on the units that the metric says nothing of: they are left out before anything is
            computed, n counts the others, and where there are none the metric is missing.
    """

    name: str
    title: Text
    unit: str
    best: float
    higher_is_better: bool
    formula: str
    statistics: tuple[str, ...]
    value: Callable[[FloatArray], FloatArray]
    gradient: Callable[[FloatArray], FloatArray] | None
    limits: tuple[float, float]
    digits: int
    optional: bool = False
    among: str | None = None


def mean_metric(
    name: str,
    title: Text,
    *,
    unit: str,
    statistic: str,
    count: str = "rows",
    best: float,
    higher_is_better: bool,
    formula: str,
    limits: tuple[float, float],
    digits: int,
) -> Metric:
    """The mean of a statistic: its total over the total of ``count``."""

    def value(total: FloatArray) -> FloatArray:
        return total[..., 0] / total[..., 1]

    def gradient(total: FloatArray) -> FloatArray:
        return np.stack([1 / total[..., 1], -total[..., 0] / total[..., 1] ** 2], axis=-1)

    return Metric(
        name, title, unit, best, higher_is_better, formula, (statistic, count), value, gradient, limits, digits
    )


def root_mean_metric(
    name: str, title: Text, *, unit: str, statistic: str, count: str = "rows", formula: str, digits: int
) -> Metric:
    """The square root of a mean (RMSE from squared errors); 0 is best.

    A ``count`` of its own says which units it is about.
    """

    def value(total: FloatArray) -> FloatArray:
        return np.sqrt(total[..., 0] / total[..., 1])

    def gradient(total: FloatArray) -> FloatArray:
        root = np.maximum(value(total), np.finfo(np.float64).tiny)
        return np.stack([0.5 / (root * total[..., 1]), -0.5 * root / total[..., 1]], axis=-1)

    return Metric(
        name,
        title,
        unit,
        best=0.0,
        higher_is_better=False,
        formula=formula,
        statistics=(statistic, count),
        value=value,
        gradient=gradient,
        limits=(0.0, np.inf),
        digits=digits,
        among=None if count == "rows" else count,
    )


def total_metric(name: str, title: Text, *, unit: str, statistic: str, formula: str, digits: int) -> Metric:
    """The sum of a non-negative statistic over all units; 0 is best. It grows with n: compare equal sets only."""

    def value(total: FloatArray) -> FloatArray:
        return total[..., 0]

    def gradient(total: FloatArray) -> FloatArray:
        return np.ones_like(total)

    return Metric(name, title, unit, 0.0, False, formula, (statistic,), value, gradient, (0.0, np.inf), digits)


def _f1(tp: FloatArray, fp: FloatArray, fn: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """F1 and its derivatives by tp and by (fp or fn); 0 where a class neither occurs nor is predicted."""
    size = 2 * tp + fp + fn
    safe = np.where(size > 0, size, 1.0)
    return 2 * tp / safe, np.where(size > 0, 2 * (fp + fn) / safe**2, 0.0), np.where(size > 0, -2 * tp / safe**2, 0.0)


def macro_f1_metric(name: str, title: Text, *, classes: int, formula: str) -> Metric:
    """Sum of the classes' F1 over ``classes``, from ``tp``, ``fp``, ``fn`` of shape ``(c,)`` per unit.

    A class without a reference has F1 0 whatever a model does: where the test set lacks some of the c classes, give the
    number of those that it has, so that the perfect value is 1.
    """

    def value(total: FloatArray) -> FloatArray:
        f1, _, _ = _f1(*np.split(total, 3, axis=-1))
        mean: FloatArray = f1.sum(axis=-1) / classes
        return mean

    def gradient(total: FloatArray) -> FloatArray:
        _, by_tp, by_error = _f1(*np.split(total, 3, axis=-1))
        return np.concatenate([by_tp, by_error, by_error], axis=-1) / classes

    return Metric(name, title, "1", 1.0, True, formula, ("tp", "fp", "fn"), value, gradient, (0.0, 1.0), 3)


def micro_f1_metric(name: str, title: Text, *, formula: str) -> Metric:
    """F1 of the counts pooled over all classes; for one label per row it is the accuracy."""

    def pooled(total: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        tp, fp, fn = (part.sum(axis=-1) for part in np.split(total, 3, axis=-1))
        return _f1(tp, fp, fn)

    def value(total: FloatArray) -> FloatArray:
        return pooled(total)[0]

    def gradient(total: FloatArray) -> FloatArray:
        _, by_tp, by_error = pooled(total)
        width = total.shape[-1] // 3
        return np.repeat(np.stack([by_tp, by_error, by_error], axis=-1), width, axis=-1)

    return Metric(name, title, "1", 1.0, True, formula, ("tp", "fp", "fn"), value, gradient, (0.0, 1.0), 3)
