"""Two models compared over the same units: the difference of a metric, with the interval that pairing gives it.

Both models get the same replicate weights, so what makes a unit hard for both of them cancels.

Letters: n = units, b = replicates, k = statistics of one metric.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

import numpy as np
import pyarrow as pa

from ..errors import RecordError
from ..metrics import FloatArray, Metric, OfRows, OfTotals
from ..records import MetricResult
from ..units import units_among
from .bootstrap import estimate
from .weights import WeightDraws, WeightKey

__all__ = ["Verdict", "difference_metric", "paired_difference", "verdict"]

Verdict = Literal["better", "worse", "not_told_apart"]
"""What a difference says of a model beside the one it is compared with."""


def paired_difference(
    one: pa.Table, other: pa.Table, metric: Metric, key: WeightKey, *, draws: WeightDraws | None = None
) -> MetricResult:
    """The metric of ``one`` less that of ``other``, in the metric's unit; negative is better where lower is better.

    The interval is that of ``estimate``, over the same units or blocks and under the same weights; there is none under
    10 of them. ``n_units`` counts the units that both share.

    Args:
        one: Units of a model, or a slice of them.
        other: Of the model that it is compared with, on the same inputs.
        metric: What is compared.
        key: Names the replicate weights.
        draws: Weights that other comparisons share.

    Raises:
        RecordError: The two are not over the same units in the same blocks.
    """
    one, other = (units_among(units, metric) for units in (one, other))
    for column in ("unit", "block"):
        if one.column(column).to_pylist() != other.column(column).to_pylist():
            raise RecordError(
                f"column {column!r} of the units of the two models differs; compare records on the same inputs"
            )
    return estimate(_side_by_side(one, other, metric), difference_metric(metric), key, draws=draws)


def _side_by_side(one: pa.Table, other: pa.Table, metric: Metric) -> pa.Table:
    columns = {"unit": one.column("unit"), "block": one.column("block")}
    for prefix, units in (("one", one), ("other", other)):
        for name in metric.statistics:
            if name not in units.column_names:
                raise RecordError(
                    f"metric {metric.name!r} needs the statistic {name!r}; the units have {units.column_names}"
                )
            columns[f"{prefix}:{name}"] = units.column(name)
    return pa.table(columns)


def difference_metric(metric: Metric) -> Metric:
    """A metric of statistics ``one:s`` less the same metric of ``other:s``, of every unit both; shape ``(n, 2k)``."""
    low, high = metric.limits
    return dataclasses.replace(
        metric,
        best=0.0,
        statistics=tuple(f"{prefix}:{name}" for prefix in ("one", "other") for name in metric.statistics),
        of=_of_totals(metric.of) if isinstance(metric.of, OfTotals) else _of_rows(metric.of),
        limits=(low - high, high - low),
        among=None,
        is_share=False,
    )


def _of_totals(of: OfTotals) -> OfTotals:
    def value(total: FloatArray) -> FloatArray:
        one, other = np.split(total, 2, axis=-1)
        return of.value(one) - of.value(other)

    single = of.gradient
    if single is None:
        return OfTotals(value, None)

    def gradient(total: FloatArray) -> FloatArray:
        one, other = np.split(total, 2, axis=-1)
        return np.concatenate([single(one), -single(other)], axis=-1)

    return OfTotals(value, gradient)


def _of_rows(of: OfRows) -> OfRows:
    def weighted(statistics: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
        one, other = np.split(statistics, 2, axis=-1)
        (value, moved), (value_other, moved_other) = of.weighted(one, weights), of.weighted(other, weights)
        return value - value_other, moved - moved_other

    return OfRows(weighted)


def verdict(difference: MetricResult, metric: Metric) -> Verdict | None:
    """What a difference says: nothing where its interval holds 0 or all units are equal; None where there is none.

    Args:
        difference: From ``paired_difference``.
        metric: What was compared.
    """
    interval = difference.interval
    if interval is None:
        return "not_told_apart" if difference.no_interval == "no_spread" and difference.value == 0 else None
    if interval.low <= 0 <= interval.high:
        return "not_told_apart"
    return "better" if (interval.low > 0) == metric.higher_is_better else "worse"
