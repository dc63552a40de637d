"""``city-day-ahead``: at midnight, the load of the next day of three zones of a city, with or without its weather."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import pyarrow as pa

from ...harness.data import DataFiles
from ...harness.interfaces import Quantity
from ...harness.task import Draw, Industry, Region, Split, TaskCard, Track
from ...harness.text import Text
from .city import CITY_ZONES, TETOUAN_LOAD, WEATHER, read_city
from .day_ahead import COST_CAVEAT, DAY_AHEAD_METRICS, GIVEN_DAYS, WORST, midnight_plan, zones_and_day_kinds
from .forecast_statistics import WORST_SCALED_ERROR, ScoreRules
from .load_series import ForecastPlan, ItemSeries
from .load_task import LoadForecast

__all__ = ["TASK", "CityDayAhead"]

_DAY, _TEST_DAYS = 144, 73
_TRAIN_DAYS = 291 - GIVEN_DAYS
_LOAD = Quantity("load", "kW")

_CARD = TaskCard(
    id="energy/city-day-ahead",
    version=1,
    title=Text("Load of a city's zones, day ahead", "城市分区日前负荷预测"),
    summary=Text(
        "At midnight, say the load of each ten minutes of the next day for three zones of Tetouan in Morocco, from the "
        "four weeks before; on one track the day's weather is known. How far off is it, and how far off is the peak?",
        "在午夜，根据此前四周的记录，预测摩洛哥得土安三个分区次日每 10 分钟的负荷；"
        "其中一条赛道提供当日气象。误差多大？峰值误差多大？",
    ),
    realism="operating_plant",
    industry=Industry(isic="D35", gbt4754="D44"),
    region="MA-TET",
    interface="forecasting",
    data=TETOUAN_LOAD,
    practice_secret=None,
    splits=(
        Split("train", units=3 * _TRAIN_DAYS, rows=3 * _TRAIN_DAYS, exported=True),
        Split("test", units=3 * _TEST_DAYS, rows=3 * _TEST_DAYS, exported=False),
    ),
    unit="zone-day",
    unit_title=Text("day of a zone", "分区日"),
    block="week",
    tracks=(
        Track("no-weather", Text("weather up to midnight, none of the day ahead", "仅提供午夜之前的气象")),
        Track(
            "weather",
            Text(
                "the weather of the day ahead is known as it was measured: no forecast is that good",
                "提供次日实测气象：任何预报都达不到的精度",
            ),
        ),
    ),
    slices=("region", "day_kind"),
    regions=tuple(
        Region(name, Text(f"zone {name[-1]} of Tetouan, Morocco", f"摩洛哥得土安第 {name[-1]} 区"), "MA", "MA-TET")
        for name in CITY_ZONES
    ),
    primary=DAY_AHEAD_METRICS.primary,
    secondary=DAY_AHEAD_METRICS.secondary,
    floor="history-mean",
    incumbent="seasonal-naive-day",
    perfect=0.0,
    worst_value=WORST_SCALED_ERROR,
    worst_value_of=WORST,
    on_invalid="worst",
    standings=True,
    detectable_effect=2.7,
    caveats=(
        COST_CAVEAT,
        Text(
            "73 days of one autumn: 11 calendar weeks are resampled, and no summer is tested.",
            "仅一个秋季的 73 天：按 11 个日历周重抽样，未测试夏季。",
        ),
    ),
    band=DAY_AHEAD_METRICS.band,
    citation=TETOUAN_LOAD.citation,
    public_since=TETOUAN_LOAD.public_since,
)


class CityDayAhead(LoadForecast):
    """Three zones, the last 73 days of each."""

    card: ClassVar[TaskCard] = _CARD
    rules = ScoreRules(day=_DAY, mwh=1 / 6_000)  # kW for ten minutes
    train_stride = _DAY

    def plan(self, draw: Draw) -> ForecastPlan:
        """Four weeks of ten minutes in, the 144 of a day out; the weather as channels, or as known."""
        if draw.track == "weather":
            return midnight_plan(step_s=600, channels=(_LOAD,), known=WEATHER)
        return midnight_plan(step_s=600, channels=(_LOAD, *WEATHER))

    def items(self, files: DataFiles, draw: Draw) -> Mapping[str, ItemSeries]:
        """Load in kW by zone, with the weather."""
        zones, weather = read_city(files)
        if draw.track == "weather":
            return {name: zone._replace(known=weather) for name, zone in zones.items()}
        return {
            name: zone._replace(values=np.concatenate([zone.values, weather], axis=1)) for name, zone in zones.items()
        }

    def slices(self, references: pa.Table) -> Mapping[str, list[str]]:
        """The zone, and whether the day is one of the working week."""
        return zones_and_day_kinds(references)


TASK = CityDayAhead()
assert len(CITY_ZONES) * _TEST_DAYS == _CARD.test.rows
