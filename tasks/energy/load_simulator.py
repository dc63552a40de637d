"""Simulated regions: hourly load and temperature of twelve regions over four years, by a documented model.

The regions R01 to R12 stand for no place: their sizes, climates, mixes of industry and growth are spread so that every
pairing occurs somewhere. The first three years are drawn from a public stream and are what models learn from; the last
one is drawn from the words that are given. The equations and ``REGIONS`` are the same for every draw.

Letters: r = regions, t = hours, d = days, h = hour of the day; ``z`` is nearly normal with variance 1, ``u`` uniform in
[0, 1). ``wave`` is a sine made of parabolas. ``carried(k)`` is a process x' = k x + sqrt(1 - k^2) z of variance 1.

=========== ===========================================================================================================
weather     T = mean + annual wave(year) + daily (1.3 - 0.6 cloud) DAY[h] + synoptic w + spell
            w = (1 - 0.3 wave(year)) (0.7 everywhere + 0.714 own), both carried(0.97) averaged by x' = x + (c - x) / 10,
            which leaves 0.89 of the spread; cloud = 0.5 + 0.3 carried(0.97), cut to [0, 1]; coldest on 21 January
spell       a heat wave begins with probability SPELL on a day of 10 June to 31 August, a cold spell on one of 15
            November to 10 March, everywhere at once; it lasts 3 to 8 days, rises and falls over a day, and moves T by
            +-(3 + 4 u) (0.4 + 0.8 u'), u' of the region
forecast    T + 0.7 b + 1.5 w (h + 1) / 24 + 0.3 z, issued at midnight for the day; b and w are 0.6 everywhere and 0.8
            own, so its error grows from 0.8 to 1.7 degC (root mean square) through the day
felt        f = T / 2 + m / 2, m' = m + (T - m) / 24: buildings keep a day's warmth
comfort     nothing is cooled below a felt 22 degC nor heated above 14; beyond, x degrees count as
            x^2 / (x + 3) / (1 + x^2 / (x + 3) / 40): a soft onset, and machines that are at their limit
industry    three kinds of shifts with their shares: one (8 to 17), two (6 to 22) and three (continuous, a little more
            at night as power is cheaper then); each has its own working week, and its own stop around Spring Festival
services    shops and offices, a day from 8 to 21
households  morning and evening, in winter and summer of other shape; heavier on free days; people who come home for
            Spring Festival (or leave) move them by ``homecoming``
activity    industry as a whole runs at 1 + 0.03 carried(0.9975): orders that change over weeks
works       one large works of the region's continuous industry, of share ``works`` of the load, stands still for 4 to
            16 days, begun with probability 0.006 a day
light       LIGHT from dusk to dawn, at 18:00 and 6:00 plus or minus 1.2 hours with the year
growth      1 at the start; each year ends at 1 + growth + 0.01 z times its start, in a straight line
load        size growth (industry activity + services + households + light - works + cooling + heating)
noise       times 1 + noise (1.5 carried(0.96) + 0.4 z) / 100; ``noise`` is larger in small regions
fault       with probability 0.005 a day a fault takes 5 to 30 % of the load for 1 to 5 hours
=========== ===========================================================================================================

Constants were set by hand, with the statistics of measured load beside them (``README.md`` of this folder compares
both), and fitted to no region. Left out, so that the model stays readable: roofs with solar cells, humidity, daylight
saving, prices that follow the weather, exchange between regions.

Draws must be the same on every machine and with every numpy. Randomness is therefore raw Philox integers, arithmetic is
elementwise ``+ - * /`` and square roots in float64, which IEEE 754 rounds exactly, and what is handed out is rounded to
``DECIMALS``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ...harness.metrics import FloatArray
from ...harness.randomness import Stream, wave
from .load_calendar import DAYS, YEAR_DAYS, YEARS, simulated_calendar
from .load_profiles import DAILY_WARMTH, climate_need, light_share, load_profiles

__all__ = ["DECIMALS", "HISTORY_DAYS", "REGIONS", "Region", "RegionYears", "simulate_regions"]

DECIMALS = 1
"""Of MW and of degC."""

HISTORY_DAYS = (YEARS - 1) * YEAR_DAYS
"""Days from the start that are the same for every draw."""

_PUBLIC = ("public history of simulated regions", "1")
_HOURS = 24 * DAYS
_SPELL, _WORKS_STOP, _FAULT = 0.03, 0.006, 0.005
_HEAT_DAYS, _COLD_DAYS = range(160, 243), (*range(318, YEAR_DAYS), *range(69))


class Region(NamedTuple):
    """What makes a region: constants of the model.

    Attributes:
        name: ``R01`` to ``R12``.
        size_mw: Mean load of a mild working day at the start.
        mean_degc: Mean temperature.
        annual_degc: Half the way from winter to summer.
        daily_degc: Half the way from night to day.
        synoptic_degc: Spread of the weather of several days.
        shifts: Shares of the load of industry with one, two and three shifts.
        services: Share of the load of shops and offices.
        cooling: Share of ``size_mw`` per degree of need.
        heating: The same for electric heating; low where stations heat by steam.
        growth: Of a year.
        stop: How far industry stops around Spring Festival, 1 is the usual.
        homecoming: How much households grow over Spring Festival; negative where people leave.
        works: Share of the load of one large works.
        noise: Multiple of the usual noise.
    """

    name: str
    size_mw: float
    mean_degc: float
    annual_degc: float
    daily_degc: float
    synoptic_degc: float
    shifts: tuple[float, float, float]
    services: float
    cooling: float
    heating: float
    growth: float
    stop: float
    homecoming: float
    works: float
    noise: float

    @property
    def households(self) -> float:
        """Share of the load that is neither industry's nor services'."""
        one, two, three = self.shifts
        return 1.0 - one - two - three - self.services  # not sum(): newer Pythons round it otherwise


REGIONS = (
    # name, MW; degC: mean, annual, daily, synoptic; shifts one, two, three; services; per degree: cooling, heating;
    # growth, stop, homecoming, works, noise
    Region("R01", 31_000, 16.5, 11.5, 3.5, 3.6, (0.16, 0.12, 0.24), 0.22, 0.050, 0.024, 0.055, 1.00, -0.10, 0.00, 0.9),
    Region("R02", 24_000, 22.5, 7.0, 3.5, 2.6, (0.18, 0.16, 0.16), 0.26, 0.050, 0.008, 0.060, 1.15, -0.20, 0.00, 0.9),
    Region("R03", 19_500, 13.0, 13.5, 4.5, 3.8, (0.10, 0.10, 0.42), 0.16, 0.042, 0.018, 0.045, 0.80, 0.10, 0.03, 0.8),
    Region("R04", 13_000, 17.0, 10.5, 3.5, 3.4, (0.08, 0.08, 0.20), 0.24, 0.052, 0.040, 0.065, 0.70, 0.35, 0.00, 1.0),
    Region("R05", 9_800, 6.0, 17.5, 4.5, 4.6, (0.12, 0.10, 0.30), 0.20, 0.022, 0.016, 0.025, 0.90, 0.05, 0.02, 0.9),
    Region("R06", 9_000, 8.0, 15.5, 6.5, 4.2, (0.06, 0.06, 0.56), 0.13, 0.026, 0.016, 0.080, 0.50, 0.05, 0.06, 0.7),
    Region("R07", 7_400, 20.5, 8.5, 4.0, 3.0, (0.14, 0.18, 0.12), 0.28, 0.048, 0.016, 0.050, 1.10, -0.15, 0.00, 1.0),
    Region("R08", 5_200, 15.5, 7.0, 5.5, 2.8, (0.08, 0.06, 0.44), 0.17, 0.026, 0.028, 0.060, 0.60, 0.20, 0.07, 0.8),
    Region("R09", 4_300, 12.5, 13.0, 4.5, 3.8, (0.14, 0.08, 0.06), 0.42, 0.052, 0.026, 0.030, 1.00, -0.25, 0.00, 1.1),
    Region("R10", 2_600, 24.5, 4.5, 3.5, 2.2, (0.06, 0.08, 0.12), 0.36, 0.052, 0.002, 0.070, 0.80, 0.15, 0.00, 1.0),
    Region("R11", 1_700, 4.0, 18.0, 5.5, 5.2, (0.10, 0.06, 0.18), 0.22, 0.016, 0.040, 0.015, 0.80, 0.20, 0.05, 1.1),
    Region("R12", 900, 9.0, 10.5, 7.5, 3.4, (0.10, 0.06, 0.10), 0.26, 0.012, 0.048, 0.040, 0.70, 0.30, 0.00, 1.2),
)


class RegionYears(NamedTuple):
    """Four years of all regions, in the order of ``REGIONS``; the calendar is ``simulated_calendar``'s.

    Attributes:
        load_mw: Mean load of each hour, shape ``(r, t)``.
        expected_mw: The same without noise and faults: what who knows all but these would say, shape ``(r, t)``.
        temperature_degc: Shape ``(r, t)``.
        forecast_degc: Of the temperature, issued at each day's midnight for its 24 hours, shape ``(r, t)``.
    """

    load_mw: FloatArray
    expected_mw: FloatArray
    temperature_degc: FloatArray
    forecast_degc: FloatArray


@lru_cache(maxsize=2)  # inputs and references of a draw are cut from the same 14 MB, which take a second
def simulate_regions(*words: str | int) -> RegionYears:
    """Draws the regions; the same words give the same years, other words the same first three and another fourth.

    The arrays are read-only.

    Args:
        words: Names of the stream of the fourth year, for example a secret and ``id@version``.
    """
    draws = _Draws(words)
    temperature = _temperature(draws)  # (t, r)
    cooling, heating = climate_need(0.5 * temperature + 0.5 * _averaged(temperature, 1.0 / 24.0))
    profiles, calendar = load_profiles(), simulated_calendar()
    kind, hour = np.repeat(calendar.kind, 24), np.tile(np.arange(24), DAYS)
    activity = 1.0 + 0.03 * _carried(0.9975, draws.normal("activity"))
    light = light_share()
    size = _each(lambda region: region.size_mw)
    load = np.zeros_like(temperature)
    for column, region in enumerate(REGIONS):
        industry = profiles.industry(region.shifts, stop=region.stop)  # (t,)
        steady = region.services * profiles.services + region.households * profiles.households(region.homecoming)
        climate = (
            region.cooling * cooling[:, column] * profiles.cooling[kind, hour]
            + region.heating * heating[:, column] * profiles.heating[hour]
        )
        load[:, column] = industry * activity[:, column] + steady + light + climate
    load -= _each(lambda region: region.works) * _works_stops(draws)
    expected = size * _growth(draws) * load
    slow, quick = _carried(0.96, draws.normal("noise")), draws.normal("jitter")
    noise = _each(lambda region: region.noise) * (1.5 * slow + 0.4 * quick) / 100.0
    measured = expected * (1.0 + noise) * (1.0 - _faults(draws))
    forecast = temperature + _forecast_error(draws)
    years = RegionYears(*(np.round(values, DECIMALS).T for values in (measured, expected, temperature, forecast)))
    for values in years:
        values.flags.writeable = False
    return years


class _Draws:
    """Random numbers of all hours or days: those of the first years from the public stream, the last from a draw's."""

    def __init__(self, words: tuple[str | int, ...]) -> None:
        self._parts = ((_PUBLIC, HISTORY_DAYS), (words, DAYS - HISTORY_DAYS))

    def normal(self, name: str, per_day: int = 24) -> FloatArray:
        """Shape ``(d * per_day, r)``, one stream per region: none depends on how many others there are."""
        return np.stack([self._joined(name, region.name, per_day, Stream.normal) for region in REGIONS], axis=1)

    def uniform(self, name: str, per_day: int) -> FloatArray:
        """Shape ``(d, per_day, r)``."""
        drawn = [self._joined(name, region.name, per_day, Stream.uniform) for region in REGIONS]
        return np.stack(drawn, axis=1).reshape(DAYS, per_day, len(REGIONS))

    def everywhere(self, name: str, per_day: int = 24) -> FloatArray:
        """Nearly normal, the same in all regions, shape ``(d * per_day, 1)``."""
        return self._joined(name, "everywhere", per_day, Stream.normal)[:, None]

    def spells(self, per_day: int) -> FloatArray:
        """Uniform, the same in all regions, shape ``(d, per_day)``."""
        return self._joined("spells", "everywhere", per_day, Stream.uniform).reshape(DAYS, per_day)

    def _joined(self, name: str, place: str, per_day: int, draw: Callable[[Stream, int], FloatArray]) -> FloatArray:
        return np.concatenate([draw(Stream(*words, name, place), days * per_day) for words, days in self._parts])


def _each(of: Callable[[Region], float]) -> FloatArray:
    """One constant of every region, shape ``(r,)``."""
    return np.array([of(region) for region in REGIONS])


def _carried(keep: float, drawn: FloatArray) -> FloatArray:
    """A process that keeps its share ``keep`` from step to step, variance 1, shape ``(t, r)``."""
    moved = math.sqrt(1.0 - keep * keep) * drawn
    moved[0] = drawn[0]
    for t in range(1, len(moved)):
        moved[t] += keep * moved[t - 1]
    return moved


def _averaged(values: FloatArray, share: float) -> FloatArray:
    """Each step moves by ``share`` towards the value, shape ``(t, r)``."""
    out = share * values
    out[0] = values[0]
    for t in range(1, len(out)):
        out[t] += (1.0 - share) * out[t - 1]
    return out


def _temperature(draws: _Draws) -> FloatArray:
    """In degC, shape ``(t, r)``."""
    hours = np.arange(_HOURS)
    season = wave((hours / 24.0 - 20.0) / YEAR_DAYS + 0.25)[:, None]  # coldest on 21 January
    common = _averaged(_carried(0.97, draws.everywhere("weather")), 0.1)
    own = _averaged(_carried(0.97, draws.normal("weather")), 0.1)
    cloud = np.clip(0.5 + 0.3 * _carried(0.97, draws.normal("cloud")), 0.0, 1.0)
    daily = np.tile(DAILY_WARMTH, DAYS)[:, None] * (1.3 - 0.6 * cloud)
    return (
        _each(lambda region: region.mean_degc)
        + _each(lambda region: region.annual_degc) * season
        + _each(lambda region: region.daily_degc) * daily
        + _each(lambda region: region.synoptic_degc) * (1.0 - 0.3 * season) * (0.7 * common + 0.714 * own)
        + _spells(draws)
    )


def _spells(draws: _Draws) -> FloatArray:
    """Heat waves and cold spells, degC, shape ``(t, r)``; where two meet, the later one counts."""
    moved, own = np.zeros((_HOURS, len(REGIONS))), draws.uniform("spells", 1)[:, 0]
    shared = draws.spells(3)
    for day in np.flatnonzero(shared[:, 0] < _SPELL).tolist():
        of_year = day % YEAR_DAYS
        if of_year not in _HEAT_DAYS and of_year not in _COLD_DAYS:
            continue
        strength = (3.0 + 4.0 * shared[day, 1]) * (1.0 if of_year in _HEAT_DAYS else -1.0)
        hours = 24 * (3 + int(6.0 * shared[day, 2]))
        edge = np.minimum(np.arange(hours) + 1.0, hours - np.arange(hours))
        shape = np.minimum(edge / 24.0, 1.0)[: _HOURS - 24 * day, None]
        moved[24 * day : 24 * day + hours] = strength * shape * (0.4 + 0.8 * own[day])
    return moved


def _forecast_error(draws: _Draws) -> FloatArray:
    """Of the temperature forecast, degC, shape ``(t, r)``."""
    level = 0.6 * draws.everywhere("forecast level", 1) + 0.8 * draws.normal("forecast level", 1)  # (d, r)
    drift = 0.6 * draws.everywhere("forecast drift", 1) + 0.8 * draws.normal("forecast drift", 1)
    grown = np.tile((np.arange(24) + 1.0) / 24.0, DAYS)[:, None]  # (t, 1)
    return (
        0.7 * np.repeat(level, 24, axis=0)
        + 1.5 * np.repeat(drift, 24, axis=0) * grown
        + 0.3 * draws.normal("forecast jitter")
    )


def _growth(draws: _Draws) -> FloatArray:
    """Size over that of the start, shape ``(t, r)``."""
    drawn = draws.normal("growth", 1)[::YEAR_DAYS]  # (years, r): the first of each year's days
    yearly = 1.0 + _each(lambda region: region.growth) + 0.01 * drawn
    level, passed, parts = np.ones(len(REGIONS)), np.arange(24 * YEAR_DAYS)[:, None] / (24.0 * YEAR_DAYS), []
    for factor in yearly:
        parts.append(level * (1.0 + (factor - 1.0) * passed))
        level = level * factor
    return np.concatenate(parts)


def _works_stops(draws: _Draws) -> FloatArray:
    """1 where a region's large works stands still, shape ``(t, r)``."""
    u = draws.uniform("works", 2)
    stands = np.zeros((_HOURS, len(REGIONS)))
    for day, column in zip(*np.nonzero(u[:, 0] < _WORKS_STOP), strict=True):
        stands[24 * day + 8 : 24 * (day + 4 + int(13.0 * u[day, 1, column])) + 8, column] = 1.0
    return stands


def _faults(draws: _Draws) -> FloatArray:
    """Share of the load that a fault takes, shape ``(t, r)``."""
    u = draws.uniform("faults", 4)
    lost = np.zeros((_HOURS, len(REGIONS)))
    for day, column in zip(*np.nonzero(u[:, 0] < _FAULT), strict=True):
        begin = 24 * day + int(24.0 * u[day, 1, column])
        lost[begin : begin + 1 + int(5.0 * u[day, 2, column]), column] = 0.05 + 0.25 * u[day, 3, column]
    return lost
