"""Weighted bootstrap-t intervals over units or blocks.

Every replicate gives each cluster (a unit, or a block of units) a random weight. The weights are ``4 U cos²(2πV)``,
squares of semicircle variables: always positive, so a class or a denominator never vanishes in a replicate, and with
the first three moments 1, 2, 5 of the Poisson(1) counts of the ordinary bootstrap. Variance 1 makes the replicates
spread as the statistic does, third central moment 1 keeps the bootstrap-t second-order right (Barbe and Bertail, The
Weighted Bootstrap, 1995, on moment conditions; the choice of distribution is ours).

Letters: n = clusters, b = replicates, k = statistics of one metric.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ..metrics import FloatArray, Metric
from ..randomness import Stream
from ..records import Interval, MetricResult, NoInterval
from ..units import statistics_matrix

__all__ = [
    "LEVEL",
    "MIN_CLUSTERS",
    "RESAMPLES",
    "WeightKey",
    "cluster_statistics",
    "estimate",
    "linearised_error",
    "replicate_weights",
]

LEVEL = 0.95
MIN_CLUSTERS = 10
RESAMPLES = 2_000
_CHUNK_VALUES = 250_000  # weights drawn at once: 2 MB, which stays in the processor's cache


@dataclass(frozen=True)
class WeightKey:
    """Names the weights: every model on the same inputs of the same task and track gets the same draws."""

    task_at_version: str
    track: str
    inputs_sha256: str


def replicate_weights(key: WeightKey, n: int, resamples: int) -> Iterator[FloatArray]:
    """Weights with mean 1 in each replicate, in chunks of shape ``(b, n)``; the same on every host."""
    stream = Stream("bootstrap", key.task_at_version, key.track, key.inputs_sha256)
    chunk = max(1, _CHUNK_VALUES // max(n, 1))
    for first in range(0, resamples, chunk):
        rows = min(chunk, resamples - first)
        radius, angle = stream.halves(rows * n)
        # cos² of a uniform angle and (1 + sin πs) / 2 of a uniform s are equally distributed.
        weights = (1.0 + _sine_of_pi(angle - 0.5)) * radius
        weights = weights.reshape(rows, n)  # (b, n)
        weights /= weights.mean(axis=1, keepdims=True)  # takes the factor out again
        yield weights


_SINE = tuple((-1) ** i * math.pi ** (2 * i + 1) / math.factorial(2 * i + 1) for i in range(8))


def _sine_of_pi(s: FloatArray) -> FloatArray:
    """sin(πs) for -1/2 <= s <= 1/2 to 1e-11: the series, whose sums and products are the same on every machine."""
    square = s * s
    value = np.full_like(s, _SINE[-1])
    for coefficient in reversed(_SINE[:-1]):
        value *= square
        value += coefficient
    value *= s
    return value


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


def estimate(units: pa.Table, metric: Metric, key: WeightKey, *, partial: bool = False) -> MetricResult:
    """One metric of a cell with its interval, or with the reason why it has none.

    Args:
        units: ``units.arrow`` of the cell, or a slice of it.
        metric: What is computed.
        key: Names the replicate weights.
        partial: The units are part of a test set: no interval is given.
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
        interval = _interval(metric, statistics, key, value, error)
    return MetricResult(
        name=metric.name,
        unit=metric.unit,
        value=value,
        interval=interval,
        no_interval=reason,
        standard_error=error,
        n_units=units.num_rows,
    )


def _interval(metric: Metric, statistics: FloatArray, key: WeightKey, value: float, error: float | None) -> Interval:
    n = statistics.shape[0]
    tails = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    if error is None:
        drawn = [metric.value(w @ statistics) for w in replicate_weights(key, n, RESAMPLES)]
        low, high = np.quantile(np.concatenate(drawn), tails)
    else:
        ratios = []
        for weights in replicate_weights(key, n, RESAMPLES):
            values, errors = linearised_error(metric, statistics, weights)
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
