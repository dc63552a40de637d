"""What difference a test set can see: the smallest effect that a paired comparison would find."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from scipy.stats import norm

from ..errors import RecordError
from ..metrics import FloatArray, Metric
from ..units import units_among
from .bootstrap import clusters_of

__all__ = ["POWER", "POWER_FACTOR", "detectable_skill_points", "influences", "power_factor"]

POWER = 0.80

POWER_FACTOR = 2.80
"""z(0.975) + z(0.80): two-sided 5 % level, 80 % power."""


def power_factor(alpha: float) -> float:
    """Standard errors that a one-sided test of level ``alpha`` tells from 0 in 80 of 100 cases: z(1-alpha) + z(0.8)."""
    return float(norm.ppf(1 - alpha) + norm.ppf(POWER))


def influences(units: pa.Table, metric: Metric) -> tuple[float, FloatArray]:
    """A metric's value and how much each cluster moves it, centred, shape ``(n,)``.

    Raises:
        RecordError: The metric has no gradient.
    """
    clusters = clusters_of(units, metric)
    found = clusters.influences(metric, np.ones((1, clusters.n)))
    if found is None:
        raise RecordError(f"metric {metric.name!r} has no gradient, so no linearised error")
    value, moved = found
    return float(value[0]), moved[0] - moved[0].mean()


def detectable_skill_points(one: pa.Table, other: pa.Table, floor: pa.Table, metric: Metric, perfect: float) -> float:
    """The smallest skill difference, in points, that a paired comparison of two near models sees with 80 % power.

    Skill is ``100 (x - floor) / (perfect - floor)``; its standard error is linearised in both models and the floor,
    over the same clusters.

    Args:
        one: Units of a model.
        other: Units of a model near it, on the same inputs.
        floor: Units of the floor on the same inputs.
        metric: The card's primary metric.
        perfect: The card's perfect value.

    Raises:
        RecordError: The three are not over the same units.
    """
    one, other, floor = (units_among(t, metric) for t in (one, other, floor))
    names = [t.column("unit").to_pylist() for t in (one, other, floor)]
    if not names[0] == names[1] == names[2]:
        raise RecordError("the units of the two models and the floor differ; compare records on the same inputs")
    (a, moved_a), (b, moved_b), (f, moved_f) = (influences(t, metric) for t in (one, other, floor))
    room = perfect - f
    moved = (moved_a - moved_b) / room + (a - b) * moved_f / room**2  # (n,)
    n = len(moved)
    return POWER_FACTOR * 100 * float(np.sqrt(n / (n - 1) * (moved**2).sum()))
