"""Weighted bootstrap-t intervals over units or blocks.

Every replicate gives each cluster (a unit, or a block of units) a random weight, see ``weights``.

Letters: n = clusters, b = replicates, k = statistics of one metric.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from ..metrics import FloatArray, Metric
from ..records import Interval, MetricResult, NoInterval
from ..units import statistics_matrix
from .weights import WeightDraws, WeightKey

__all__ = [
    "LEVEL",
    "MIN_CLUSTERS",
    "RESAMPLES",
    "cluster_statistics",
    "estimate",
    "linearised_error",
]

LEVEL = 0.95
MIN_CLUSTERS = 10
RESAMPLES = 2_000


def linearised_error(metric: Metric, statistics: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Value and linearised standard error under each row of weights.

    Args:
        metric: With a gradient.
        statistics: Additive statistics per cluster, shape ``(n, k)``.
        weights: Shape ``(b, n)``, mean 1 in each row.

    Returns:
        Values and standard errors, both of shape ``(b,)``. The error is the root of n/(n-1) times the weighted sum of
        squared influences, an influence being the gradient at the totals times the cluster's statistics, centred.
    """
    if metric.gradient is None:
        raise ValueError(f"metric {metric.name!r} has no gradient")
    n = statistics.shape[0]
    totals = weights @ statistics  # (b, k)
    influence = metric.gradient(totals) @ statistics.T  # (b, n)
    influence -= np.einsum("bn,bn->b", weights, influence)[:, None] / n
    variance = np.einsum("bn,bn,bn->b", weights, influence, influence) * n / (n - 1)
    return metric.value(totals), np.sqrt(variance)


def cluster_statistics(units: pa.Table, metric: Metric) -> FloatArray:
    """The metric's statistics summed per block, blocks in sorted order, shape ``(n, k)``."""
    statistics = statistics_matrix(units, metric)
    blocks = np.array(units.column("block").to_pylist(), dtype=object)
    names, at = np.unique(blocks, return_inverse=True)
    total = np.zeros((len(names), statistics.shape[1]))
    np.add.at(total, at, statistics)
    return total


def estimate(
    units: pa.Table, metric: Metric, key: WeightKey, *, partial: bool = False, draws: WeightDraws | None = None
) -> MetricResult:
    """One metric of a cell with its interval, or with the reason why it has none.

    Args:
        units: ``units.arrow`` of the cell, or a slice of it.
        metric: What is computed.
        key: Names the replicate weights.
        partial: The units are part of a test set: no interval is given.
        draws: Weights that other metrics and models share; None draws them for this one.
    """
    statistics = cluster_statistics(units, metric)
    n = statistics.shape[0]
    value = float(metric.value(statistics.sum(axis=0)))
    interval: Interval | None = None
    reason: NoInterval | None = "partial" if partial else "too_few_units" if n < MIN_CLUSTERS else None
    error: float | None = None
    if metric.gradient is not None and n > 1:
        error = float(linearised_error(metric, statistics, np.ones((1, n)))[1][0])
        if reason is None and not error > 1e-12 * max(1.0, abs(value)):
            reason = "no_spread"
    if reason is None:
        weights = (draws or WeightDraws(kept_bytes=0)).chunks(key, n, RESAMPLES)
        interval = _interval(metric, statistics, weights, value, error)
    return MetricResult(
        name=metric.name,
        unit=metric.unit,
        value=value,
        interval=interval,
        no_interval=reason,
        standard_error=error,
        n_units=units.num_rows,
    )


def _interval(
    metric: Metric, statistics: FloatArray, weights: Iterable[FloatArray], value: float, error: float | None
) -> Interval:
    n = statistics.shape[0]
    tails = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    if error is None:
        drawn = [metric.value(w @ statistics) for w in weights]
        low, high = np.quantile(np.concatenate(drawn), tails)
    else:
        ratios = []
        for chunk in weights:
            values, errors = linearised_error(metric, statistics, chunk)
            ratios.append((values - value) / np.where(errors > 0, errors, np.inf))
        below, above = np.quantile(np.concatenate(ratios), tails)
        low, high = value - above * error, value - below * error
    return Interval(
        low=float(np.clip(low, *metric.limits)),
        high=float(np.clip(high, *metric.limits)),
        method="percentile" if error is None else "bootstrap-t",
        resamples=RESAMPLES,
        clusters=n,
    )
