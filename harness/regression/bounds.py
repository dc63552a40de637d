"""Bounds of a loss and the verdict that they give.

Non-inferiority with a margin: Piaggio and others, JAMA 2012 (CONSORT for non-inferiority trials). Each side of the
decision has a level of its own: nothing is ok by chance more often than alpha in an area that lost its margin, and no
area of an unchanged checkpoint is a regression more often than alpha over all areas together (Bonferroni).
"""

from __future__ import annotations

import math
from typing import NamedTuple

from scipy.stats import norm

from ..statistics.joint import Difference
from ..statistics.power import power_factor
from .outcome import Verdict

__all__ = ["Bounds", "bounds_of", "decide"]


class Bounds(NamedTuple):
    """A difference in skill points with its bounds, candidate less base.

    Attributes:
        value: The difference.
        error: Its standard error, what runs differ by included.
        lower: The true difference is above this with probability 1 - alpha.
        upper: It is below this with probability 1 - alpha over the number of areas.
        low: Lower end of the 95 % interval.
        high: Upper end.
        detectable: Loss that would be told from 0 in 80 of 100 cases.
    """

    value: float
    error: float
    lower: float
    upper: float
    low: float
    high: float
    detectable: float


def bounds_of(found: Difference, *, spread: float | None, alpha: float, areas: int) -> Bounds | None:
    """The bounds of an area; None under 10 clusters in one of its tasks.

    Args:
        found: Difference of the area's skills.
        spread: Standard deviation of the difference of two runs in points, None where it is not known.
        alpha: Chance of any false regression.
        areas: How many areas are judged together.
    """
    if found.error is None:
        return None
    error = 100 * math.hypot(found.error, (spread or 0.0) / 100)

    def bound(level: float) -> float:
        own = found.bound(level)
        if not found.error or own is None:
            return 100 * found.value + float(norm.ppf(level)) * error
        return 100 * found.value + (own - found.value) / found.error * error

    return Bounds(
        value=100 * found.value,
        error=error,
        lower=bound(alpha),
        upper=bound(1 - alpha / areas),
        low=bound(0.025),
        high=bound(0.975),
        detectable=power_factor(alpha / areas) * error,
    )


def decide(bounds: Bounds, margin: float) -> tuple[Verdict, str]:
    """The verdict of bounds, and the rule in a sentence."""
    if bounds.lower > -margin:
        return "ok", f"the lower bound {bounds.lower:+.2f} is above the margin -{margin:g}"
    if bounds.upper < 0:
        return "regression", f"the upper bound {bounds.upper:+.2f} is below 0"
    return "inconclusive", f"the bounds {bounds.lower:+.2f} and {bounds.upper:+.2f} leave both open"
