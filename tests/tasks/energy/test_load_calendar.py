"""The calendar of the simulated years: Gregorian weekdays, holidays by rule, worked weekends."""

from __future__ import annotations

import datetime

import numpy as np
import pytest
from sectorbench.tasks.energy.load_calendar import DAY_KINDS, DAYS, FESTIVAL_REACH, YEAR_DAYS, simulated_calendar


@pytest.fixture(scope="module")
def calendar():
    return simulated_calendar()


def _dates(calendar, kind: str, year: int) -> list[str]:
    days = calendar.date[calendar.kind == DAY_KINDS.index(kind)].astype(str).tolist()
    return [day[5:] for day in days if day.startswith(str(year))]


def test_weekdays_are_those_of_the_gregorian_calendar(calendar):
    dates = calendar.date.tolist()
    assert len(dates) == DAYS and dates[-1] == datetime.date(2100, 12, 31)  # 2100 is no leap year
    assert calendar.weekday.tolist() == [date.weekday() for date in dates]
    assert calendar.day_of_year.tolist() == [date.timetuple().tm_yday - 1 for date in dates]


@pytest.mark.parametrize(
    ("year", "festival", "lunar_holidays", "worked"),
    [  # by hand: 42, 31, 20, 39 days behind 1 January; the third year is a long one
        (2097, "02-12", ["06-14", "09-21"], ["02-03", "02-23", "09-29", "10-12"]),
        (2098, "02-01", ["06-03", "09-10"], ["01-26", "02-15", "09-28", "10-11"]),
        (2099, "01-21", ["06-21", "09-28"], ["01-18", "01-31", "09-27", "10-10"]),
        (2100, "02-09", ["06-11", "09-18"], ["01-31", "02-20", "09-26", "10-09"]),
    ],
)
def test_holidays_of_a_year_follow_the_rules(calendar, year, festival, lunar_holidays, worked):
    week = _dates(calendar, "Spring Festival", year)
    assert len(week) == 8 and week[1] == festival
    holidays = _dates(calendar, "public holiday", year)
    assert [day for day in holidays if day[:2] in ("06", "09")] == lunar_holidays
    assert {"01-01", "04-04", "05-01", "05-02", "05-03", "10-01", "10-07"} <= set(holidays)
    assert _dates(calendar, "make-up working day", year) == worked


def test_a_day_is_worked_in_return_only_where_it_is_of_a_weekend(calendar):
    made_up = calendar.weekday[calendar.kind == DAY_KINDS.index("make-up working day")]
    assert np.bincount(made_up, minlength=7).tolist() == [0, 0, 0, 0, 0, 8, 8]


def test_the_distance_to_the_festival_is_zero_on_its_day_and_cut_far_from_it(calendar):
    away = calendar.from_festival
    assert np.flatnonzero(away == 0).tolist() == [42, 365 + 31, 2 * YEAR_DAYS + 20, 3 * YEAR_DAYS + 39]
    assert away[12] == -30 and away[11] == -30 and away[13] == -29
    assert np.abs(away).max() == FESTIVAL_REACH
