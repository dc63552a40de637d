"""What a wrong load forecast costs: versioned files with currency, year and source, and the two bills made of them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from ...harness.interfaces import QUANTILE_LEVELS
from ..sourced_file import SourcedFile, read_sourced

__all__ = ["ILLUSTRATIVE", "ForecastCosts", "imbalance_cost", "load_costs", "ordered"]

ILLUSTRATIVE = Path(__file__).with_name("costs") / "load-illustrative-2026.1.yaml"

FloatArray = npt.NDArray[np.float64]
_Amount = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class ForecastCosts(SourcedFile):
    """Prices of energy that was ordered wrongly and of peaks that were nominated wrongly.

    Attributes:
        short_per_mwh: What a MWh costs more that was not ordered the day before.
        long_per_mwh: What a MWh loses that was ordered and not used.
        short_factors: The band: what a missing MWh costs, times each; the middle one is 1.
        demand_per_kw_month: Charge on the nominated quarter-hour maximum.
        days_per_month: To charge a day of it.
        excess_factors: What a kW above the nominated maximum costs, in times the charge; the middle one is stated.
    """

    short_per_mwh: _Amount
    long_per_mwh: _Amount
    short_factors: tuple[_Amount, _Amount, _Amount]
    demand_per_kw_month: _Amount
    days_per_month: _Amount
    excess_factors: tuple[_Amount, _Amount, _Amount]

    @model_validator(mode="after")
    def _bands_rise(self) -> ForecastCosts:
        low, base, high = self.short_factors
        if not low < base == 1 < high:
            raise ValueError("short_factors do not rise around 1")
        if not 1 < self.excess_factors[0] < self.excess_factors[1] < self.excess_factors[2]:
            raise ValueError("excess_factors do not rise above 1")
        return self

    def level(self, short_factor: float = 1.0) -> float:
        """The quantile that costs least to order: short over short plus long (the newsvendor's critical ratio)."""
        short = short_factor * self.short_per_mwh
        return short / (short + self.long_per_mwh)

    def nominated_level(self, excess_factor: float) -> float:
        """The quantile of the peak that costs least to nominate, where a kW too many costs the charge once."""
        return excess_factor / (1 + excess_factor)


@cache
def load_costs(path: Path = ILLUSTRATIVE) -> ForecastCosts:
    """Reads a file of costs; see ``read_sourced`` for what is raised."""
    return read_sourced(path, ForecastCosts, what="a file of forecast costs", shown=ILLUSTRATIVE)


def ordered(quantiles: FloatArray, level: float) -> FloatArray:
    """The quantile of a level, linear between those that are told and the outermost beyond them.

    Args:
        quantiles: Of the levels ``QUANTILE_LEVELS``, shape ``(..., q)``; of a point forecast q times the point.
        level: Between 0 and 1.
    """
    low, high = QUANTILE_LEVELS[0], QUANTILE_LEVELS[-1]
    place = (min(max(level, low), high) - low) / (high - low) * (len(QUANTILE_LEVELS) - 1)
    below = min(int(place), len(QUANTILE_LEVELS) - 2)
    share = place - below
    mixed: FloatArray = (1 - share) * quantiles[..., below] + share * quantiles[..., below + 1]
    return mixed


def imbalance_cost(order: FloatArray, actual: FloatArray, costs: ForecastCosts, short_factor: float) -> FloatArray:
    """What the difference of order and load costs, both in MWh and of one shape, in the file's currency."""
    missing = actual - order
    short, long = short_factor * costs.short_per_mwh, costs.long_per_mwh
    return np.maximum(missing, 0) * short + np.maximum(-missing, 0) * long
