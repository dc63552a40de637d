"""Weighted bootstrap-t intervals over units or blocks.

Every replicate gives each cluster (a unit, or a block of units) a random weight, see ``weights``.

Letters: n = clusters, b = replicates, k = statistics of one metric.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.stats import norm
from threadpoolctl import threadpool_limits

from ..metrics import FloatArray, Metric, OfRows
from ..records import Interval, MetricResult, NoInterval
from ..units import statistics_matrix
from .weights import WeightDraws, WeightKey, replicate_weights

__all__ = [
    "LEVEL",
    "MIN_CLUSTERS",
    "RESAMPLES",
    "Clusters",
    "carriers",
    "clusters_of",
    "estimate",
    "few_carriers",
    "linearised_error",
    "replicate_values",
    "wilson",
]

LEVEL = 0.95
MIN_CLUSTERS = 10
RESAMPLES = 2_000


def few_carriers(n: int) -> float:
    """Rare events that fewer of n clusters carry get a percentile interval, see ``carriers``: 5, or a quarter of them.

    Of ten clusters with normal influences some four carry the spread, and there percentiles cover too little.
    """
    return min(5.0, n / 4)


class Clusters(NamedTuple):
    """What a metric is computed from, and which rows of it are drawn together.

    Attributes:
        statistics: One row per cluster where they add up, else one row per unit, units of one cluster behind each
            other, shape ``(r, k)``.
        first: Where each cluster's rows begin, shape ``(n,)``; None where every row is a cluster.
    """

    statistics: FloatArray
    first: npt.NDArray[np.int64] | None = None

    @property
    def n(self) -> int:
        """How many clusters."""
        return len(self.statistics) if self.first is None else len(self.first)

    def values(self, metric: Metric, weights: FloatArray) -> FloatArray:
        """Values under each row of weights of the clusters, shape ``(b,)``."""
        return metric.values(self.statistics, self._of_rows(weights))

    def influences(self, metric: Metric, weights: FloatArray) -> tuple[FloatArray, FloatArray] | None:
        """Values ``(b,)`` and how much each cluster's weight moves them ``(b, n)``; None where that is not known."""
        found = metric.influences(self.statistics, self._of_rows(weights))
        if found is None or self.first is None:
            return found
        return found[0], np.add.reduceat(found[1], self.first, axis=1)

    def _of_rows(self, weights: FloatArray) -> FloatArray:
        if self.first is None:
            return weights
        return np.repeat(weights, np.diff(np.r_[self.first, len(self.statistics)]), axis=1)


def linearised_error(metric: Metric, clusters: Clusters, weights: FloatArray) -> tuple[FloatArray, FloatArray] | None:
    """Value and linearised standard error under each row of weights; None for a metric without a derivative.

    Args:
        metric: What is computed.
        clusters: Of the units, ``n`` of them.
        weights: Shape ``(b, n)``, mean 1 in each row.

    Returns:
        Values and standard errors, both of shape ``(b,)``. The error is the root of n/(n-1) times the weighted sum of
        squared influences, an influence being the value's derivative by the cluster's weight, centred.
    """
    found = clusters.influences(metric, weights)
    if found is None:
        return None
    value, influence = found
    n = clusters.n
    influence = influence - np.einsum("bn,bn->b", weights, influence)[:, None] / n
    variance = np.einsum("bn,bn,bn->b", weights, influence, influence) * n / (n - 1)
    return value, np.sqrt(variance)


def replicate_values(
    metric: Metric, clusters: Clusters, key: WeightKey, resamples: int, *, workers: int = 2
) -> FloatArray:
    """Values of a metric under its replicate weights, shape ``(b,)``, the same however many threads share them.

    Args:
        metric: What is computed.
        clusters: Of the units.
        key: Names the weights.
        resamples: Replicates.
        workers: Threads.
    """
    ends = [resamples * at // workers for at in range(workers + 1)]

    def part(first: int, last: int) -> list[FloatArray]:
        return [clusters.values(metric, w) for w in replicate_weights(key, clusters.n, last, first=first)]

    with threadpool_limits(1, "blas"), ThreadPoolExecutor(workers) as pool:
        return np.concatenate([one for many in pool.map(part, ends[:-1], ends[1:]) for one in many])


def carriers(metric: Metric, clusters: Clusters) -> float:
    """How many clusters carry the spread of a value: (sum of squared influences)^2 over the sum of their fourth powers.

    One failure among fifty machines gives 1: then a replicate with little of it has hardly any error, and a bootstrap-t
    interval reaches five times as far as it must. (Of a heavy tail it must: there the percentiles cover less.) inf for
    a metric without a derivative.
    """
    found = clusters.influences(metric, np.ones((1, clusters.n)))
    if found is None:
        return np.inf
    influence = found[1][0] - found[1][0].mean()
    squares = influence**2
    fourth = float((squares**2).sum())
    return float(squares.sum() ** 2 / fourth) if fourth > 0 else np.inf


def clusters_of(units: pa.Table, metric: Metric) -> Clusters:
    """What a metric is computed from, by block in sorted order; statistics that add up are summed per block."""
    statistics = statistics_matrix(units, metric)
    blocks = np.array(units.column("block").to_pylist(), dtype=object)
    names, at = np.unique(blocks, return_inverse=True)
    if isinstance(metric.of, OfRows):
        order = np.argsort(at, kind="stable")
        first = np.searchsorted(at[order], np.arange(len(names)))
        return Clusters(statistics[order], None if len(names) == len(at) else first)
    total = np.zeros((len(names), statistics.shape[1]))
    np.add.at(total, at, statistics)
    return Clusters(total)


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
    clusters = clusters_of(units, metric)
    n = clusters.n
    value = metric.value(clusters.statistics)
    interval: Interval | None = None
    reason: NoInterval | None = "partial" if partial else "too_few_units" if n < MIN_CLUSTERS else None
    error: float | None = None
    if n > 1 and (found := linearised_error(metric, clusters, np.ones((1, n)))) is not None:
        error = float(found[1][0])
        if reason is None and not error > 1e-12 * max(1.0, abs(value)):
            reason, error = "no_spread", 0.0  # not what rounding leaves of it
    if reason == "no_spread" and metric.is_share and value in (0.0, 1.0):
        reason, interval = None, wilson(value == 1.0, n)
    elif reason is None:
        weights = (draws or WeightDraws(kept_bytes=0)).chunks(key, n, RESAMPLES)
        rare = metric.knows_rare_events and carriers(metric, clusters) < few_carriers(n)
        interval = _interval(metric, clusters, weights, value, None if rare else error)
    return MetricResult(
        name=metric.name,
        unit=metric.unit,
        value=value,
        interval=interval,
        no_interval=reason,
        standard_error=error,
        n_units=units.num_rows,
    )


def wilson(all_right: bool, n: int) -> Interval:
    """Wilson's interval of a share that is 1 on all clusters, or 0 on all of them (Wilson 1927).

    Where all units of a cluster agree, a cluster counts as one answer, the most careful of all effective numbers.

    >>> wilson(True, 30).low  # doctest: +ELLIPSIS
    0.886...
    """
    squared = float(norm.ppf((1 + LEVEL) / 2)) ** 2
    reach = squared / (n + squared)
    low, high = (1 - reach, 1.0) if all_right else (0.0, reach)
    return Interval(low=low, high=high, method="wilson", resamples=0, clusters=n)


def _interval(
    metric: Metric, clusters: Clusters, weights: Iterable[FloatArray], value: float, error: float | None
) -> Interval:
    tails = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    if error is None:
        low, high = np.quantile(np.concatenate([clusters.values(metric, w) for w in weights]), tails)
    else:
        ratios = []
        for chunk in weights:
            found = linearised_error(metric, clusters, chunk)
            assert found is not None  # it was there under equal weights
            values, errors = found
            ratios.append((values - value) / np.where(errors > 0, errors, np.inf))
        below, above = np.quantile(np.concatenate(ratios), tails)
        low, high = value - above * error, value - below * error
    return Interval(
        low=float(np.clip(low, *metric.limits)),
        high=float(np.clip(high, *metric.limits)),
        method="percentile" if error is None else "bootstrap-t",
        resamples=RESAMPLES,
        clusters=clusters.n,
    )
