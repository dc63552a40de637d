"""Metrics of units under weights, so that one vectorised path gives value, error and interval.

A task's ``score`` writes, per unit (engine, contract, instance), statistics. Most metrics are smooth functions of their
totals (``OfTotals``): squared errors, counts, sums. Totals under resampling weights are one matrix product, and the
function's gradient gives the linearised standard error that a bootstrap-t interval needs. A metric of ranks
(``OfRows``, see ``rank_metrics``) takes rows and weights as they are.

Letters: n = units, b = replicates (any leading shape), k = statistics of one metric, c = classes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from .text import Text

__all__ = [
    "FloatArray",
    "Metric",
    "OfRows",
    "OfTotals",
    "macro_f1_metric",
    "mean_metric",
    "mean_of_metrics",
    "micro_f1_metric",
    "root_mean_metric",
    "share_metric",
    "total_metric",
]

FloatArray = npt.NDArray[np.float64]


class OfTotals(NamedTuple):
    """A function of the statistics' totals.

    Attributes:
        value: Totals ``(..., k)`` to values ``(...)``.
        gradient: Totals ``(..., k)`` to the value's derivatives ``(..., k)``; None where it has none (percentile
            interval, flagged).
    """

    value: Callable[[FloatArray], FloatArray]
    gradient: Callable[[FloatArray], FloatArray] | None


class OfRows(NamedTuple):
    """A function of the units one by one, which adds up nothing.

    Attributes:
        weighted: Statistics ``(n, k)`` and weights ``(b, n)`` to values ``(b,)`` and to the derivatives of each value
            by each weight ``(b, n)``.
    """

    weighted: Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]


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
        of: How its value follows from them.
        limits: Least and greatest possible value; intervals are cut there.
        digits: Decimals shown.
        optional: Units may lack its statistics, where a model does not tell them; it is then missing, never 0.
        among: Statistic that is 0 on the units that the metric says nothing of: they are left out before anything is
            computed, n counts the others, and where there are none the metric is missing.
        of_bounded_units: No unit can lie far beyond all others, as in shares and in costs between two prices: where few
            units carry the spread they are rare events, and not the first of a heavy tail. Functions of totals with a
            least and a greatest value are such without saying so.
        both_sides: A value beyond ``best`` is worse again, as a band that holds too much; it is never a primary metric.
        is_share: The mean of values in 0..1, which has a Wilson interval where all of them are 0 or all are 1.
    """

    name: str
    title: Text
    unit: str
    best: float
    higher_is_better: bool
    formula: str
    statistics: tuple[str, ...]
    of: OfTotals | OfRows
    limits: tuple[float, float]
    digits: int
    optional: bool = False
    among: str | None = None
    of_bounded_units: bool = False
    both_sides: bool = False
    is_share: bool = False

    @property
    def knows_rare_events(self) -> bool:
        """Whether units that alone carry the spread are rare events, see ``of_bounded_units``."""
        return self.of_bounded_units or (isinstance(self.of, OfTotals) and bool(np.isfinite(self.limits).all()))

    @property
    def direction(self) -> Literal["higher", "lower", "nearest"]:
        """What is better: a higher value, a lower one, or the one nearest to ``best``."""
        if self.both_sides:
            return "nearest"
        return "higher" if self.higher_is_better else "lower"

    def value(self, statistics: FloatArray) -> float:
        """The value over units of statistics ``(n, k)``, each counting once."""
        if isinstance(self.of, OfRows):
            return float(self.of.weighted(statistics, np.ones((1, len(statistics))))[0][0])
        return float(self.of.value(statistics.sum(axis=0)))

    def values(self, statistics: FloatArray, weights: FloatArray) -> FloatArray:
        """Values under each row of weights, shape ``(b,)``, from statistics ``(n, k)`` and weights ``(b, n)``."""
        if isinstance(self.of, OfRows):
            return self.of.weighted(statistics, weights)[0]
        return self.of.value(weights @ statistics)

    def influences(self, statistics: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray] | None:
        """Values ``(b,)`` and how much each unit's weight moves them ``(b, n)``; None where that is not known."""
        if isinstance(self.of, OfRows):
            return self.of.weighted(statistics, weights)
        if self.of.gradient is None:
            return None
        totals = weights @ statistics  # (b, k)
        return self.of.value(totals), self.of.gradient(totals) @ statistics.T


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

    of = OfTotals(value, gradient)
    return Metric(name, title, unit, best, higher_is_better, formula, (statistic, count), of, limits, digits)


def share_metric(
    name: str,
    title: Text,
    *,
    statistic: str,
    count: str = "rows",
    higher_is_better: bool,
    formula: str,
    digits: int = 3,
) -> Metric:
    """A mean that lies in 0..1 and has no unit: a share, or a score of that range."""
    mean = mean_metric(
        name,
        title,
        unit="1",
        statistic=statistic,
        count=count,
        best=1.0 if higher_is_better else 0.0,
        higher_is_better=higher_is_better,
        formula=formula,
        limits=(0.0, 1.0),
        digits=digits,
    )
    return dataclasses.replace(mean, is_share=True)


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
        of=OfTotals(value, gradient),
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

    of = OfTotals(value, gradient)
    return Metric(name, title, unit, 0.0, False, formula, (statistic,), of, (0.0, np.inf), digits)


def _f1(tp: FloatArray, fp: FloatArray, fn: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """F1 and its derivatives by tp and by (fp or fn); 0 where a class neither occurs nor is predicted."""
    size = 2 * tp + fp + fn
    safe = np.where(size > 0, size, 1.0)
    return 2 * tp / safe, np.where(size > 0, 2 * (fp + fn) / safe**2, 0.0), np.where(size > 0, -2 * tp / safe**2, 0.0)


def macro_f1_metric(
    name: str, title: Text, *, formula: str, statistics: tuple[str, str, str] = ("tp", "fp", "fn")
) -> Metric:
    """Unweighted mean F1 of the classes that have a reference, unitless; 1 is best, higher is better.

    A mean over all classes could not reach 1 where a class has no reference: its F1 is 0 whatever a model answers.
    Answering such a class still costs the recall of the true one. Equal to scikit-learn's
    ``f1_score(labels=present, average="macro", zero_division=0)``. In a slice the classes of the slice count.

    Args:
        name: Identifier.
        title: For people.
        formula: For the task page.
        statistics: Names of true positives, false positives and false negatives, each of shape ``(c,)`` per unit.
    """

    def present(total: FloatArray) -> FloatArray:
        tp, _, fn = np.split(total, 3, axis=-1)
        classes: FloatArray = np.maximum((tp + fn > 0).sum(axis=-1), 1).astype(np.float64)
        return classes

    def value(total: FloatArray) -> FloatArray:
        f1, _, _ = _f1(*np.split(total, 3, axis=-1))
        mean: FloatArray = f1.sum(axis=-1) / present(total)
        return mean

    def gradient(total: FloatArray) -> FloatArray:
        _, by_tp, by_error = _f1(*np.split(total, 3, axis=-1))
        both: FloatArray = np.concatenate([by_tp, by_error, by_error], axis=-1) / present(total)[..., None]
        return both

    return Metric(name, title, "1", 1.0, True, formula, statistics, OfTotals(value, gradient), (0.0, 1.0), 3)


def micro_f1_metric(
    name: str, title: Text, *, formula: str, statistics: tuple[str, str, str] = ("tp", "fp", "fn")
) -> Metric:
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

    return Metric(name, title, "1", 1.0, True, formula, statistics, OfTotals(value, gradient), (0.0, 1.0), 3)


def mean_of_metrics(
    name: str, title: Text, *, formula: str, parts: Sequence[Metric], widths: Sequence[int], digits: int
) -> Metric:
    """The unweighted mean of metrics that share unit, best value, direction and limits (macro-F1 of several heads).

    Args:
        name: Identifier.
        title: For people.
        formula: For the task page.
        parts: Functions of totals.
        widths: Of each part, how many numbers per unit its statistics come to.
        digits: Decimals shown.
    """
    first, cuts = parts[0], np.cumsum(widths)[:-1]
    functions = [part.of for part in parts if isinstance(part.of, OfTotals)]
    assert len(functions) == len(parts) == len(widths)
    gradients = [one.gradient for one in functions if one.gradient is not None]

    def value(total: FloatArray) -> FloatArray:
        each = np.split(total, cuts, axis=-1)
        mean: FloatArray = np.mean([one.value(own) for one, own in zip(functions, each, strict=True)], axis=0)
        return mean

    def gradient(total: FloatArray) -> FloatArray:
        each = np.split(total, cuts, axis=-1)
        return np.concatenate([one(own) for one, own in zip(gradients, each, strict=True)], axis=-1) / len(parts)

    return Metric(
        name=name,
        title=title,
        unit=first.unit,
        best=first.best,
        higher_is_better=first.higher_is_better,
        formula=formula,
        statistics=tuple(statistic for part in parts for statistic in part.statistics),
        of=OfTotals(value, gradient if len(gradients) == len(parts) else None),
        limits=first.limits,
        digits=digits,
    )
