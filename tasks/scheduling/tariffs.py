"""Time-of-use tariffs: versioned files with currency and source, spread over the minutes of a horizon."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..sourced_file import SourcedFile, read_sourced

__all__ = ["ILLUSTRATIVE", "MINUTES_PER_HOUR", "Period", "Tariff", "load_tariff"]

MINUTES_PER_HOUR = 60
ILLUSTRATIVE = Path(__file__).with_name("tariffs") / "industry-illustrative-2026.1.yaml"

_Price = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_STRICT = ConfigDict(frozen=True, extra="forbid")


class Period(BaseModel):
    """Some hours of every day at one price level; ``to_hour`` is not included."""

    model_config = _STRICT

    from_hour: int = Field(ge=0, le=23)
    to_hour: int = Field(ge=1, le=24)
    level: str


class Tariff(SourcedFile):
    """A day's prices.

    Attributes:
        prices_per_kwh: Level to its price in the currency.
        periods: The whole day, hour 0 to 24, without a gap.
    """

    prices_per_kwh: dict[str, _Price]
    periods: tuple[Period, ...]

    @model_validator(mode="after")
    def _whole_day(self) -> Tariff:
        ends = [0, *(period.to_hour for period in self.periods)]
        if [period.from_hour for period in self.periods] != ends[:-1] or ends[-1] != 24:
            raise ValueError("the periods do not follow each other from hour 0 to hour 24")
        if unknown := {period.level for period in self.periods} - self.prices_per_kwh.keys():
            raise ValueError(f"a period is at the level {sorted(unknown)[0]!r}, which has no price")
        return self

    def per_minute(self, *, start_hour: int, minutes: int) -> list[float]:
        """Price per kWh in each minute, the first one at ``start_hour`` of a day, for as many days as it takes."""
        by_hour = [
            self.prices_per_kwh[period.level]
            for period in self.periods
            for _ in range(period.from_hour, period.to_hour)
        ]
        return [by_hour[(start_hour + minute // MINUTES_PER_HOUR) % 24] for minute in range(minutes)]


@cache
def load_tariff(path: Path = ILLUSTRATIVE) -> Tariff:
    """Reads a tariff file; see ``read_sourced`` for what is raised."""
    return read_sourced(path, Tariff, what="a tariff", shown=ILLUSTRATIVE)
