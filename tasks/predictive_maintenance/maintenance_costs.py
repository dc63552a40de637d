"""What a planned replacement and a failure cost: versioned files with currency, year and source."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import Field, model_validator

from ..sourced_file import SourcedFile, read_sourced

__all__ = ["ILLUSTRATIVE", "MaintenanceCosts", "Prices", "load_costs"]

ILLUSTRATIVE = Path(__file__).with_name("costs") / "rotating-machine-illustrative-2026.1.yaml"

_Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Prices(NamedTuple):
    """What one renewal of a machine costs, standstill included, in the file's currency."""

    planned: float
    failed: float


class MaintenanceCosts(SourcedFile):
    """Costs of one kind of machine.

    Attributes:
        preventive: Parts and labour of a planned replacement.
        failure: Parts, labour and damage after a failure.
        downtime_per_hour: Lost production per hour of standstill.
        planned_hours: Standstill of a planned replacement.
        unplanned_hours: Standstill after a failure.
        failure_factors: The sensitivity band: what a failure costs, times each; the middle one is 1.
    """

    preventive: _Amount
    failure: _Amount
    downtime_per_hour: _Amount
    planned_hours: _Amount
    unplanned_hours: _Amount
    failure_factors: tuple[_Amount, _Amount, _Amount]

    @model_validator(mode="after")
    def _a_failure_costs_more(self) -> MaintenanceCosts:
        low, base, high = self.failure_factors
        if not 0 < low < base == 1 < high:
            raise ValueError("failure_factors do not rise around 1")
        if not 0 < self.prices(low).planned < self.prices(low).failed:
            raise ValueError("a failure does not cost more than a planned replacement, at the low end of the band")
        return self

    def prices(self, failure_factor: float = 1.0) -> Prices:
        """Costs of one planned replacement and of one failure, the latter times a factor."""
        planned = self.preventive + self.planned_hours * self.downtime_per_hour
        return Prices(planned, failure_factor * (self.failure + self.unplanned_hours * self.downtime_per_hour))


@cache
def load_costs(path: Path = ILLUSTRATIVE) -> MaintenanceCosts:
    """Reads a file of costs; see ``read_sourced`` for what is raised."""
    return read_sourced(path, MaintenanceCosts, what="a file of maintenance costs", shown=ILLUSTRATIVE)
