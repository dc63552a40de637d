"""How industry, services, households, cooling and heating of a simulated region run through day, week and year.

Tables of 24 hold one number per hour of the day, the first from 0:00 to 1:00, as a share of the mean of an ordinary
working day. They were set by hand after the shifts that they stand for, flat enough that a region's day swings as that
of a measured one does: no region is fitted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...harness.metrics import FloatArray
from ...harness.randomness import wave
from .load_calendar import DAY_KINDS, DAYS, YEAR_DAYS, Calendar, simulated_calendar

__all__ = ["DAILY_WARMTH", "Profiles", "climate_need", "light_share", "load_profiles"]

IntArray = npt.NDArray[np.int64]

COOL_ABOVE_DEGC, HEAT_BELOW_DEGC = 22.0, 14.0
LIGHT = 0.015  # share of the load in a dark hour

# fmt: off
DAILY_WARMTH = np.array(
    [-.55, -.67, -.78, -.88, -.96, -1.00, -.97, -.80, -.48, -.10, .27, .58,
     .80, .93, 1.00, 1.00, .93, .79, .58, .34, .12, -.08, -.25, -.41])
"""A clear day's temperature about its mean, of ``Region.daily_degc``: least before sunrise, most in the afternoon."""

_SHIFTS = np.array([
    # one: 8 to 17 with a break at noon; guards, pumps and cold stores through the night
    [.55, .55, .55, .55, .55, .58, .68, 1.02, 1.45, 1.55, 1.57, 1.53,
     1.28, 1.38, 1.54, 1.55, 1.51, 1.32, .97, .80, .70, .64, .59, .57],
    # two: 6 to 14 and 14 to 22
    [.63, .60, .59, .59, .61, .74, 1.03, 1.17, 1.23, 1.25, 1.25, 1.22,
     1.15, 1.15, 1.20, 1.22, 1.21, 1.18, 1.13, 1.12, 1.10, 1.04, .89, .71],
    # three: continuous, with what can be moved into cheap hours moved there
    [1.04, 1.05, 1.05, 1.05, 1.05, 1.04, 1.02, 1.00, .97, .95, .95, .97,
     .99, 1.00, .99, .98, .97, .96, .95, .95, .96, .98, 1.01, 1.03],
])
_SERVICES = np.array(
    [.65, .63, .62, .61, .62, .65, .74, .89, 1.06, 1.18, 1.23, 1.26,
     1.26, 1.23, 1.23, 1.23, 1.23, 1.23, 1.26, 1.28, 1.22, 1.08, .88, .74])
_HOUSEHOLDS = np.array([
    # winter
    [.86, .82, .80, .79, .80, .85, .96, 1.04, 1.02, .97, .96, .98,
     1.02, .98, .95, .96, 1.00, 1.14, 1.28, 1.31, 1.27, 1.19, 1.09, .97],
    # summer
    [.94, .89, .85, .83, .82, .85, .91, .97, .97, .96, .97, 1.00,
     1.04, 1.02, .98, .98, 1.00, 1.06, 1.14, 1.20, 1.25, 1.23, 1.14, 1.03],
])
# on a free day people rise later and are at home at noon
_FREE_HOUSEHOLDS = np.array(
    [1.04, 1.05, 1.04, 1.03, 1.00, .96, .92, .94, 1.02, 1.12, 1.16, 1.16,
     1.14, 1.13, 1.12, 1.10, 1.08, 1.05, 1.02, 1.01, 1.00, 1.00, 1.01, 1.03])
# rooms that are cooled: shops and offices by day, homes from the evening on
_COOLING = np.array([
    [.86, .78, .72, .67, .63, .60, .60, .66, .78, .92, 1.02, 1.10,
     1.14, 1.16, 1.18, 1.19, 1.18, 1.16, 1.17, 1.22, 1.26, 1.24, 1.14, 1.00],
    [.90, .82, .75, .70, .66, .62, .60, .62, .70, .82, .92, 1.00,
     1.08, 1.12, 1.13, 1.13, 1.12, 1.12, 1.15, 1.22, 1.27, 1.25, 1.16, 1.03],
])
_HEATING = np.array(
    [.90, .87, .86, .88, .96, 1.08, 1.24, 1.31, 1.22, 1.08, .99, .94,
     .91, .88, .86, .86, .89, .97, 1.07, 1.11, 1.10, 1.06, 1.01, .95])
# share of a working day's activity on each kind of day, in the order of DAY_KINDS; Spring Festival has its own ramp
_WEEK = np.array([
    [1.00, .78, .55, .48, 1.00, .96],
    [1.00, .92, .78, .68, 1.00, .98],
    [1.00, 1.00, .99, .97, 1.00, 1.00],
])
_SERVICES_WEEK = np.array([1.00, .94, .88, .84, .66, .99])
# fmt: on
_HOUSEHOLDS_WEEK = np.array([1.00, 1.05, 1.07, 1.06, 1.10, 1.01])
_STOPS = ((-13, -3, 6, 19, 0.80), (-9, -2, 6, 16, 0.68), (-4, 0, 3, 10, 0.14))
"""Of each kind of shift: days from the festival between which work runs down, between which it comes back, and how
much of it stands still: the nearer to a family's workshop, the earlier it closes and the later it opens."""

_HOMECOMING = (-8, -1, 7, 17)
"""Days from the festival between which people come home, and between which they leave again."""


@dataclass(frozen=True)
class Profiles:
    """What runs by the calendar alone, as shares of an ordinary working day's mean.

    Attributes:
        calendar: The simulated days.
        services: Shape ``(t,)``.
        cooling: By kind of day and hour, shape ``(kinds, 24)``.
        heating: By hour, shape ``(24,)``.
    """

    calendar: Calendar
    services: FloatArray
    cooling: FloatArray
    heating: FloatArray

    def industry(self, shares: tuple[float, float, float], *, stop: float) -> FloatArray:
        """Industry of a region, shape ``(t,)``: its shares of shifts, and how far they stop at Spring Festival."""
        total = np.zeros(24 * DAYS)
        for share, hours, week, (down, stopped, back, whole, depth) in zip(shares, _SHIFTS, _WEEK, _STOPS, strict=True):
            still = _trapezoid(self.calendar.from_festival, (down, stopped, back, whole))  # (d,)
            of_day = week[self.calendar.kind] * (1.0 - min(stop * depth, 0.95) * still)
            total += share * np.repeat(of_day, 24) * np.tile(hours, DAYS)
        return total

    def households(self, homecoming: float) -> FloatArray:
        """Households of a region, shape ``(t,)``."""
        kind = self.calendar.kind
        winter = np.repeat(0.5 - 0.5 * _year(self.calendar), 24)  # 1 in January, 0 in July
        hours: FloatArray = winter * np.tile(_HOUSEHOLDS[0], DAYS) + (1.0 - winter) * np.tile(_HOUSEHOLDS[1], DAYS)
        free = np.repeat(_is_free(kind), 24) * (np.tile(_FREE_HOUSEHOLDS, DAYS) - 1.0)
        home = 1.0 + homecoming * _trapezoid(self.calendar.from_festival, _HOMECOMING)
        return hours * (1.0 + free) * np.repeat(_HOUSEHOLDS_WEEK[kind] * home, 24)


def load_profiles() -> Profiles:
    """The profiles of all simulated days."""
    calendar = simulated_calendar()
    services = np.repeat(_SERVICES_WEEK[calendar.kind], 24) * np.tile(_SERVICES, DAYS)
    return Profiles(calendar, services, _COOLING[_is_free(np.arange(len(DAY_KINDS))).astype(np.int64)], _HEATING)


def light_share() -> FloatArray:
    """Lamps from dusk to dawn, share of the load, shape ``(t,)``."""
    shift = np.repeat(1.2 * _year(simulated_calendar()), 24)  # hours that day is longer at each end
    middle = np.tile(np.arange(24) + 0.5, DAYS)
    return LIGHT * np.clip(np.maximum(middle - (18.0 + shift), (6.0 - shift) - middle) + 0.5, 0.0, 1.0)


def climate_need(felt_degc: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Need of cooling and of heating in degrees, both of the shape of the felt temperature."""
    return _beyond(felt_degc - COOL_ABOVE_DEGC), _beyond(HEAT_BELOW_DEGC - felt_degc)


def _beyond(degrees: FloatArray) -> FloatArray:
    x = np.maximum(degrees, 0.0)
    soft = x * x / (x + 3.0)
    need: FloatArray = soft / (1.0 + soft / 40.0)
    return need


def _is_free(kind: IntArray) -> npt.NDArray[np.bool_]:
    return (kind > DAY_KINDS.index("working day")) & (kind < DAY_KINDS.index("make-up working day"))


def _year(calendar: Calendar) -> FloatArray:
    """-1 on 22 December, 1 half a year later, shape ``(d,)``: what the sun does, a month ahead of the temperature."""
    return wave((calendar.day_of_year + 10.0) / YEAR_DAYS + 0.25)


def _trapezoid(days: IntArray, corners: tuple[int, int, int, int]) -> FloatArray:
    """0 outside, 1 between the inner corners, straight lines between, shape ``(d,)``."""
    begin, full, ends, over = corners
    rise, fall = (days - begin) / float(full - begin), (over - days) / float(over - ends)
    return np.clip(np.minimum(rise, fall), 0.0, 1.0)
