"""The simulated regions: the same on every machine, with seasons, shifts and holidays, and with noise nobody knows."""

from __future__ import annotations

import hashlib
import re

import numpy as np
import pytest
from sectorbench.tasks.energy.load_calendar import DAY_KINDS, DAYS, simulated_calendar
from sectorbench.tasks.energy.load_simulator import DECIMALS, HISTORY_DAYS, REGIONS, simulate_regions

PLACE = {region.name: row for row, region in enumerate(REGIONS)}


@pytest.fixture(scope="module")
def years():
    return simulate_regions("a secret", "test")


@pytest.fixture(scope="module")
def other():
    return simulate_regions("another secret", "test")


def _days(values):
    return values.reshape(len(REGIONS), DAYS, 24)


def _digest(values) -> str:
    tenths = np.round(values * 10).astype("<i8")
    return hashlib.sha256(tenths.tobytes()).hexdigest()[:16]


def test_a_draw_is_the_same_on_every_machine(years):
    # Golden digests of tenths: any other value is another draw, which takes a new version of the task.
    assert {name: _digest(values) for name, values in years._asdict().items()} == {
        "load_mw": "75a10e0bbe98c7da",
        "expected_mw": "50553a3aa6ca836a",
        "temperature_degc": "b94ae374e12b9478",
        "forecast_degc": "f28075834c836448",
    }


def test_another_secret_draws_the_same_history_and_another_year_behind_it(years, other):
    for one, two in zip(years, other, strict=True):
        np.testing.assert_array_equal(one[:, : 24 * HISTORY_DAYS], two[:, : 24 * HISTORY_DAYS])
        assert np.mean(one[:, 24 * HISTORY_DAYS :] == two[:, 24 * HISTORY_DAYS :]) < 0.05


def test_values_are_finite_and_rounded_so_that_no_machine_s_last_bit_shows(years):
    for values in years:
        assert values.shape == (len(REGIONS), 24 * DAYS)
        np.testing.assert_array_equal(values, np.round(values, DECIMALS))
    assert years.load_mw.min() > 0


def test_names_of_regions_are_no_codes_of_real_ones():
    assert list(PLACE) == [f"R{number:02d}" for number in range(1, 13)]
    for name in PLACE:
        assert not re.fullmatch(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", name)  # ISO 3166-1 and 3166-2
        assert not re.fullmatch(r"\d{2}(\d{4})?", name)  # GB/T 2260


def test_spring_festival_empties_shops_that_people_leave_and_fills_homes_that_they_return_to(years):
    away, load = simulated_calendar().from_festival, _days(years.expected_mw).mean(axis=2)
    before = load[:, (away <= -20) & (away > -30)].mean(axis=1)
    during = load[:, (away >= 0) & (away <= 5)].mean(axis=1)
    left = during / before  # (r,)
    assert left[PLACE["R02"]] < 0.70  # much industry that works in shifts, and people who leave
    assert 0.92 < left[PLACE["R06"]] < 1  # continuous industry stays on
    assert left[PLACE["R04"]] > 1  # homes fill
    down, back = load[PLACE["R02"], away == -5].mean(), load[PLACE["R02"], away == 12].mean()
    assert during[PLACE["R02"]] < min(down, back) and max(down, back) < before[PLACE["R02"]]


def test_free_days_carry_less_load_and_worked_weekends_do_not(years):
    calendar = simulated_calendar()
    load = _days(years.expected_mw)[PLACE["R01"]].mean(axis=1)
    autumn = (calendar.day_of_year > 245) & (calendar.day_of_year < 320)
    of = {kind: load[autumn & (calendar.kind == place)].mean() for place, kind in enumerate(DAY_KINDS[:4])}
    assert of["working day"] > of["Saturday"] > of["Sunday"] > of["public holiday"]
    for day in np.flatnonzero(autumn & (calendar.kind == DAY_KINDS.index("make-up working day"))):
        free = [near for near in (day - 7, day + 7, day + 14) if calendar.kind[near] == calendar.weekday[day] - 4]
        assert load[day] > max(load[near] for near in free)


def test_heat_and_cold_both_raise_the_load(years):
    working = simulated_calendar().kind == 0
    warm, load = _days(years.temperature_degc).mean(axis=2), _days(years.expected_mw).mean(axis=2)
    for name, season in (("R01", "hot"), ("R04", "cold"), ("R10", "hot"), ("R12", "cold")):
        degc, mw = warm[PLACE[name], working], load[PLACE[name], working]
        chosen = degc > 27 if season == "hot" else degc < 4
        assert mw[chosen].mean() > 1.08 * mw[(degc > 15) & (degc < 20)].mean(), name


def test_the_temperature_forecast_is_unbiased_and_worse_through_the_day(years):
    error = _days(years.forecast_degc - years.temperature_degc)
    spread = np.sqrt(np.square(error).mean(axis=(0, 1)))  # (24,)
    assert abs(error.mean()) < 0.05
    assert 0.7 < spread[0] < 0.85 and 1.55 < spread[23] < 1.8
    assert (np.diff(spread) > 0).all()


def test_faults_take_load_for_hours_and_nothing_else_does(years):
    share = years.load_mw / years.expected_mw - 1
    assert 0.0002 < np.mean(share < -0.08) < 0.002  # 0.5 % of days, three hours each on average, most beyond 8 %
    quiet = share[share > -0.05]
    assert abs(quiet.mean()) < 0.001 and 0.011 < quiet.std() < 0.017


def test_yesterday_misses_by_about_its_scale_and_who_knows_all_but_the_noise_by_a_third(years):
    load, expected = _days(years.load_mw), _days(years.expected_mw)
    scale = np.abs(np.diff(load[:, :HISTORY_DAYS], axis=1)).mean(axis=(1, 2))
    yesterday = np.abs(np.diff(load[:, HISTORY_DAYS - 1 :], axis=1)).mean(axis=(1, 2)) / scale
    floor = np.abs(load - expected)[:, HISTORY_DAYS:].mean(axis=(1, 2)) / scale
    assert yesterday.min() > 0.9 and yesterday.max() < 1.3
    assert floor.min() > 0.2 and floor.max() < 0.5
