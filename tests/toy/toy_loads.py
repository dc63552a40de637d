"""A toy task of the energy area: two regions of made-up hours, a holiday known in advance, twelve weeks."""

from __future__ import annotations

import dataclasses

import numpy as np
from sectorbench.harness.interfaces import Quantity
from sectorbench.harness.task import Region, Split
from sectorbench.harness.text import Text
from sectorbench.tasks.energy.forecast_statistics import ScoreRules
from sectorbench.tasks.energy.load_series import ForecastPlan, ItemSeries
from sectorbench.tasks.energy.load_task import LoadForecast
from sectorbench.tasks.energy.simulated_day_ahead import TASK as SIMULATED

DAYS, TEST_DAYS, HISTORY_DAYS = 84, 14, 14
NAMES = ("north", "south")
TRAIN_ROWS = len(NAMES) * (DAYS - TEST_DAYS - HISTORY_DAYS)
PLAN = ForecastPlan(
    channels=(Quantity("load", "MW"), Quantity("wind", "m/s")),
    targets=1,
    known=(Quantity("holiday", "0 or 1"),),
    step_s=3_600,
    horizon=24,
    history=24 * HISTORY_DAYS,
    seasons=(24, 168),
    stride=24,
)


def series():
    """A day's shape, less of it on free days, and noise; one hour was not measured."""
    hour, day = np.arange(24 * DAYS) % 24, np.arange(24 * DAYS) // 24
    free = (day % 7 >= 5) | (day % 11 == 3)
    found = {}
    for at, name in enumerate(NAMES):
        rng = np.random.default_rng(at)
        load = (100 + 20 * np.sin(hour / 24 * 2 * np.pi) - 30 * free + rng.normal(0, 1, len(hour))) * 10**at
        load[24 * 40 + 2] = np.nan
        values = np.stack([load, rng.normal(5, 1, len(hour))], axis=1)
        start, train = np.datetime64("2096-01-02T00:00:00"), 24 * (DAYS - TEST_DAYS)
        found[name] = ItemSeries(start, values, free[:, None].astype(float), train, train, TEST_DAYS)
    return found


CARD = dataclasses.replace(
    SIMULATED.card,
    id="toy_area/toy-load",
    practice_secret="toy practice",
    splits=(
        Split("train", TRAIN_ROWS, TRAIN_ROWS, True, drawn=False),
        Split("practice", len(NAMES) * TEST_DAYS, len(NAMES) * TEST_DAYS, True),
    ),
    tracks=SIMULATED.card.tracks[:1],
    slices=("region",),
    regions=tuple(Region(name, Text(name, name), simulated=True) for name in NAMES),
    yardsticks=(),
)


class ToyLoad(LoadForecast):
    card = CARD
    rules = ScoreRules(day=24, mwh=1.0)
    train_stride = 24

    def plan(self, draw):
        return PLAN

    def items(self, files, draw):
        return series()

    def slices(self, references):
        return {"region": references.column("item").to_pylist()}


TASK = ToyLoad()
