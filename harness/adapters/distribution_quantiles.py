"""What a distribution head says of a number: its quantiles, and draws from it.

Student's t and the normal distribution, shifted and stretched, are what heads of transformers forecast with.

Letters: q = quantile levels.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt
from numpy.polynomial import chebyshev
from scipy import special

from ..interfaces import QUANTILE_LEVELS

__all__ = ["PARAMETERS", "HeadKind", "head_draws", "head_quantiles"]

FloatArray = npt.NDArray[np.float64]
HeadKind = Literal["student_t", "normal"]

PARAMETERS: dict[HeadKind, int] = {"student_t": 3, "normal": 2}
"""How many numbers a head gives of each number: degrees of freedom (of Student's t), place and spread."""

_MIDDLE = len(QUANTILE_LEVELS) // 2
_DEGREE = 10  # of the polynomials in 1 / degrees of freedom: off by less than 1e-9 of the spread


def head_quantiles(kind: HeadKind, parameters: tuple[FloatArray, ...]) -> FloatArray:
    """Quantiles of the levels ``QUANTILE_LEVELS``, shape ``(..., q)``; they never fall as the level rises.

    Args:
        kind: ``student_t``: degrees of freedom of at least 2, place, spread; ``normal``: place, spread.
        parameters: Arrays of one shape.

    >>> head_quantiles("normal", (np.array(10.0), np.array(2.0))).round(2).tolist()
    [7.44, 8.32, 8.95, 9.49, 10.0, 10.51, 11.05, 11.68, 12.56]
    """
    place, spread = parameters[-2:]
    units = [special.ndtri(level) for level in QUANTILE_LEVELS[_MIDDLE + 1 :]] if kind == "normal" else None
    found = np.empty((*place.shape, len(QUANTILE_LEVELS)))
    found[..., _MIDDLE] = place
    for step, unit in enumerate(_student_quantiles(parameters[0]) if units is None else units, start=1):
        away: FloatArray = spread * unit  # both distributions are symmetric
        found[..., _MIDDLE + step], found[..., _MIDDLE - step] = place + away, place - away
    return found


def _student_quantiles(df: FloatArray) -> FloatArray:
    """Quantiles of the levels above the middle of Student's t around 0, shape ``(4, ...)``."""
    polynomials = _student_polynomials()
    at = 4 / df - 1
    before, this, scaled = np.ones_like(at), at, np.empty_like(at)  # Chebyshev's polynomials of degree 0, 1, ...
    found: FloatArray = np.empty((len(polynomials), *df.shape))
    for level, coefficients in enumerate(polynomials):
        found[level] = coefficients[0] + coefficients[1] * at
    for degree in range(2, _DEGREE + 1):  # no product of matrices: its threads cost more than they gain
        before, this = this, 2 * at * this - before
        for level, coefficients in enumerate(polynomials):
            found[level] += np.multiply(this, coefficients[degree], out=scaled)
    return found


@cache
def _student_polynomials() -> FloatArray:
    """The same as polynomials in ``4 / df - 1``, which lies in -1..1 for df of 2 and more, shape ``(4, degree + 1)``.

    The inverse of the incomplete beta function costs microseconds a number, and a table of forecasts has millions.
    """
    nodes = np.cos(np.pi * (np.arange(_DEGREE + 1) + 0.5) / (_DEGREE + 1))
    exact = [special.stdtrit(4 / (nodes + 1), level) for level in QUANTILE_LEVELS[_MIDDLE + 1 :]]
    return np.stack([np.asarray(chebyshev.chebfit(nodes, one, _DEGREE), np.float64) for one in exact])


def head_draws(kind: HeadKind, parameters: tuple[FloatArray, ...], uniform: FloatArray) -> FloatArray:
    """One draw per number, in the parameters' shape.

    Args:
        kind: As for ``head_quantiles``.
        parameters: The same.
        uniform: Two independent numbers in 0 <= u < 1 per draw, shape ``(..., 2)``.

    Source: Bailey, "Polar generation of random variates with the t-distribution", 1994; for the normal distribution
    it is that of Box and Muller, 1958.
    """
    place, spread = parameters[-2:]
    log = -2 * np.log1p(-uniform[..., 0])
    radius = np.sqrt(log) if kind == "normal" else np.sqrt(parameters[0] * np.expm1(log / parameters[0]))
    drawn: FloatArray = place + spread * radius * np.cos(2 * np.pi * uniform[..., 1])
    return drawn
