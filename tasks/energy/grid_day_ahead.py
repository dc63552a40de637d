"""``grid-day-ahead``: at midnight, the load of the next 24 hours of seven zones of an interconnection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import pyarrow as pa

from ...harness.data import DataFiles
from ...harness.interfaces import Quantity
from ...harness.task import Draw, Industry, Region, Split, TaskCard, Track
from ...harness.text import Text
from .day_ahead import COST_CAVEAT, DAY_AHEAD_METRICS, WORST, midnight_plan, zones_and_day_kinds
from .forecast_statistics import WORST_SCALED_ERROR, ScoreRules
from .grid import PJM_LOAD, ZONES, read_zones
from .load_series import ForecastPlan, ItemSeries
from .load_task import LoadForecast

__all__ = ["TASK", "GridDayAhead"]

_TEST_ROWS = 7 * 365

_PLAN = midnight_plan(step_s=3_600, channels=(Quantity("load", "MW"),))

_REGIONS = (
    Region("AEP", Text("Ohio, West Virginia, Virginia and Indiana", "俄亥俄、西弗吉尼亚、弗吉尼亚与印第安纳州"), "US"),
    Region("COMED", Text("northern Illinois", "伊利诺伊州北部"), "US", "US-IL"),
    Region("DAYTON", Text("around Dayton, Ohio", "俄亥俄州代顿一带"), "US", "US-OH"),
    Region("DEOK", Text("southern Ohio and northern Kentucky", "俄亥俄州南部与肯塔基州北部"), "US"),
    Region("DOM", Text("Virginia and North Carolina", "弗吉尼亚与北卡罗来纳州"), "US"),
    Region("DUQ", Text("around Pittsburgh, Pennsylvania", "宾夕法尼亚州匹兹堡一带"), "US", "US-PA"),
    Region("EKPC", Text("Kentucky", "肯塔基州"), "US", "US-KY"),
)
"""PJM's zones are areas of utilities, most of them parts of one or several states."""

_CARD = TaskCard(
    id="energy/grid-day-ahead",
    version=1,
    title=Text("Load of grid zones, day ahead", "电网分区日前负荷预测"),
    summary=Text(
        "At midnight, say the load of each of the next 24 hours of seven zones of an interconnection in the United "
        "States, from the four weeks before. No weather is given. How far off is it, and how far off is the peak?",
        "在午夜，根据此前四周的负荷，预测美国某互联电网七个分区未来 24 小时的逐时负荷；"
        "不提供气象数据。误差多大？峰值误差多大？",
    ),
    realism="operating_plant",
    industry=Industry(isic="D35", gbt4754="D44"),
    region=None,
    interface="forecasting",
    data=PJM_LOAD,
    practice_secret=None,
    splits=(
        Split("train", units=24_227, rows=24_227, exported=True),
        Split("test", units=_TEST_ROWS, rows=_TEST_ROWS, exported=False),
    ),
    unit="zone-day",
    unit_title=Text("day of a zone", "分区日"),
    block="week",
    tracks=(Track("default", Text("load and local time, no weather", "负荷与当地时间，无气象数据")),),
    slices=("region", "day_kind"),
    regions=_REGIONS,
    primary=DAY_AHEAD_METRICS.primary,
    secondary=DAY_AHEAD_METRICS.secondary,
    floor="history-mean",
    incumbent="seasonal-naive-day",
    perfect=0.0,
    worst_value=WORST_SCALED_ERROR,
    worst_value_of=WORST,
    on_invalid="worst",
    standings=True,
    detectable_effect=1.4,
    caveats=(
        COST_CAVEAT,
        Text(
            "An hour that the file lacks, above all where clocks are put forward, is missing in inputs and not scored; "
            "one that it has twice, where they are put back, is the mean of both. Outages and readings that look wrong "
            "stay in as the file has them: DEOK on 22 and 24 April 2018 is half of what it is beside.",
            "文件中缺失的小时（主要在夏令时开始时）在输入中为缺失值且不计分；重复的小时（夏令时结束时）取两次读数均值。"
            "停电与疑似误读的数值按文件原样保留：DEOK 在 2018 年 4 月 22 日与 24 日仅为邻近日期的一半。",
        ),
        Text(
            "All of this was published by 2018: a model trained on public load data may have seen it.",
            "全部数据在 2018 年前已公开：用公开负荷数据训练的模型可能见过测试数据。",
        ),
    ),
    band=DAY_AHEAD_METRICS.band,
    citation=PJM_LOAD.citation,
    public_since=PJM_LOAD.public_since,
)


class GridDayAhead(LoadForecast):
    """Seven zones, the last 365 days of each."""

    card: ClassVar[TaskCard] = _CARD
    rules = ScoreRules(day=24, mwh=1.0)
    train_stride = 24

    def plan(self, draw: Draw) -> ForecastPlan:
        """Four weeks of hours in, the 24 hours of a day out."""
        return _PLAN

    def items(self, files: DataFiles, draw: Draw) -> Mapping[str, ItemSeries]:
        """Load in MW by zone."""
        return read_zones(files)

    def slices(self, references: pa.Table) -> Mapping[str, list[str]]:
        """The zone, and whether the day is one of the working week."""
        return zones_and_day_kinds(references)


TASK = GridDayAhead()
assert len(ZONES) * 365 == _TEST_ROWS
assert [one.value for one in _REGIONS] == list(ZONES)
