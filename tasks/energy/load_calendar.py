"""The calendar of the simulated regions: four far-off years with their holidays, by rules of the simulation's own.

The years are 2097 to 2100, so that nobody takes a row for a measurement; weekdays are those of the Gregorian calendar,
in which none of the four is a leap year. The rules follow the pattern of China's public holidays; no decree fixes the
days of years so far off, and nothing here claims to know them. Day 0 is 1 January.

================== ====================================================================================================
Spring Festival    day 42 (12 February) in the first year; then 11 days earlier every year, as twelve lunations are 354
                   days, and 30 days later where it would fall before day 20
long year          a year behind whose festival a lunation is put in: one with the festival before day 31
Spring Festival,   eight days: the eve, the day itself and six more
kind of day
public holidays    1 January; 4 April; 1 to 3 May; 122 days behind the festival (151 in a long year); 221 days behind it
                   (250 in a long year); 1 to 7 October
make-up days       the holidays of seven and eight days are paid for: the nearest Sunday before and the nearest Saturday
                   behind them, no nearer than two days, are worked
================== ====================================================================================================
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["DAYS", "DAY_KINDS", "FESTIVAL_REACH", "START", "YEARS", "YEAR_DAYS", "Calendar", "simulated_calendar"]

IntArray = npt.NDArray[np.int64]

START, YEARS, YEAR_DAYS = np.datetime64("2097-01-01", "D"), 4, 365
DAYS = YEARS * YEAR_DAYS
DAY_KINDS = ("working day", "Saturday", "Sunday", "public holiday", "Spring Festival", "make-up working day")
"""What ``Calendar.kind`` counts through."""

FESTIVAL_REACH = 30
"""Days before and behind the festival up to which the distance to it is told."""

_WORKING, _SATURDAY, _SUNDAY, _HOLIDAY, _FESTIVAL, _MAKE_UP = range(len(DAY_KINDS))
_MONDAY = np.datetime64("1970-01-05", "D")
_FIRST_FESTIVAL, _EARLIER, _LATER, _EARLIEST = 42, 11, 30, 20
_LUNATION, _SUMMER, _AUTUMN = 29, 122, 221
_FIXED = (0, 93, 120, 121, 122)
_OCTOBER = range(273, 280)


class Calendar(NamedTuple):
    """One entry per simulated day, shape ``(d,)`` each.

    Attributes:
        date: Local date.
        kind: Place in ``DAY_KINDS``.
        weekday: 0 is Monday.
        day_of_year: 0 is 1 January.
        from_festival: Days since the nearest Spring Festival, negative before it, cut at +-``FESTIVAL_REACH``.
    """

    date: npt.NDArray[np.datetime64]
    kind: IntArray
    weekday: IntArray
    day_of_year: IntArray
    from_festival: IntArray


def simulated_calendar() -> Calendar:
    """The days of all four years; the same for every secret, as a calendar is printed in advance."""
    date = START + np.arange(DAYS)
    weekday = (date - _MONDAY).astype(np.int64) % 7
    kind = np.where(weekday == 5, _SATURDAY, np.where(weekday == 6, _SUNDAY, _WORKING))
    festivals = _festivals()
    for year, festival in enumerate(festivals):
        first = year * YEAR_DAYS
        late = _LUNATION if festival - _EARLIER < _EARLIEST else 0
        single = (*_FIXED, festival + _SUMMER + late, festival + _AUTUMN + late)
        kind[[first + day for day in (*single, *_OCTOBER)]] = _HOLIDAY
        kind[first + festival - 1 : first + festival + 7] = _FESTIVAL
        for begin, end in ((festival - 1, festival + 6), (_OCTOBER[0], _OCTOBER[-1])):
            kind[_nearest(weekday, first + begin - 2, 6, step=-1)] = _MAKE_UP
            kind[_nearest(weekday, first + end + 2, 5, step=1)] = _MAKE_UP
    days = np.arange(DAYS)
    away = days[:, None] - (np.arange(YEARS) * YEAR_DAYS + np.array(festivals))  # (d, years)
    nearest = np.take_along_axis(away, np.abs(away).argmin(axis=1)[:, None], axis=1)[:, 0]
    return Calendar(date, kind, weekday, days % YEAR_DAYS, np.clip(nearest, -FESTIVAL_REACH, FESTIVAL_REACH))


def _festivals() -> tuple[int, ...]:
    """Day of the year of each year's Spring Festival."""
    found = [_FIRST_FESTIVAL]
    while len(found) < YEARS:
        earlier = found[-1] - _EARLIER
        found.append(earlier if earlier >= _EARLIEST else earlier + _LATER)
    return tuple(found)


def _nearest(weekday: IntArray, day: int, wanted: int, *, step: int) -> int:
    while weekday[day] != wanted:
        day += step
    return day
