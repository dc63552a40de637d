"""``plant-quarter-hour``: at midnight, the energy of each quarter of an hour of a steel plant's next day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import pyarrow as pa

from ...harness.data import DataFiles
from ...harness.interfaces import Quantity
from ...harness.task import Draw, Industry, Split, TaskCard, Track
from ...harness.text import Text
from .day_ahead import COST_CAVEAT, GIVEN_DAYS, WORST, day_kinds, midnight_plan
from .forecast_costs import load_costs
from .forecast_metrics import demand_metrics
from .forecast_statistics import WORST_SCALED_ERROR, ScoreRules
from .load_series import ForecastPlan, ItemSeries
from .load_task import LoadForecast
from .plant import STEEL_LOAD, read_plant

__all__ = ["TASK", "PlantQuarterHour"]

_DAY, _TEST_DAYS = 96, 73
_TRAIN_DAYS = 292 - GIVEN_DAYS
_METRICS = demand_metrics(load_costs())

_CARD = TaskCard(
    id="energy/plant-quarter-hour",
    version=1,
    title=Text("Energy of a steel plant, day ahead", "钢铁厂日前用电预测"),
    summary=Text(
        "At midnight, say the energy of each quarter of an hour of a steel plant's next day, from the four weeks "
        "before. The plant nominates the day's maximum by it: what it exceeds costs three times as much.",
        "在午夜，根据此前四周的用电，预测某钢铁厂次日每 15 分钟的用电量。"
        "工厂据此申报当日最大需量：超出部分按三倍计费。",
    ),
    realism="operating_plant",
    industry=Industry(isic="C24", gbt4754="C31"),
    region="KR-46",
    interface="forecasting",
    data=STEEL_LOAD,
    practice_secret=None,
    splits=(
        Split("train", units=_TRAIN_DAYS, rows=_TRAIN_DAYS, exported=True),
        Split("test", units=_TEST_DAYS, rows=_TEST_DAYS, exported=False),
    ),
    unit="day",
    unit_title=Text("day", "日"),
    block="week",
    tracks=(Track("default", Text("energy and local time, no plan of production", "用电量与当地时间，无生产计划")),),
    slices=("day_kind",),
    primary=_METRICS.primary,
    secondary=_METRICS.secondary,
    floor="history-mean",
    incumbent="seasonal-naive-week",
    perfect=0.0,
    worst_value=WORST_SCALED_ERROR,
    worst_value_of=WORST,
    on_invalid="worst",
    standings=True,
    detectable_effect=3.7,
    caveats=(
        COST_CAVEAT,
        Text(
            "The plant's reactive power, power factor and CO2 of a quarter are near copies of its energy: no task "
            "gives them. Where a score elsewhere on this file is near perfect, they were among the features.",
            "该厂同一时段的无功功率、功率因数与 CO2 几乎就是用电量的复制：本任务均不提供。"
            "若他处在该文件上的得分近乎完美，说明这些列被用作特征。",
        ),
        Text(
            "The stamp of a day's last quarter carries the wrong date in the file; the order of rows is time, and is "
            "kept. Errors are never divided by single values: the plant stands still on some days.",
            "文件中每日最后一刻钟的日期有误；行的顺序即时间，予以保留。误差从不除以单个数值：工厂有停产日。",
        ),
        Text(
            "73 days of one plant, 11 calendar weeks: a demonstration of the bill more than a test of models.",
            "仅一家工厂 73 天、11 个日历周：更多是费用口径的演示，而非模型的严格检验。",
        ),
    ),
    band=_METRICS.band,
    citation=STEEL_LOAD.citation,
    public_since=STEEL_LOAD.public_since,
)


class PlantQuarterHour(LoadForecast):
    """One plant, the last 73 days."""

    card: ClassVar[TaskCard] = _CARD
    rules = ScoreRules(day=_DAY, mwh=None, kw=4.0, demand=True)  # kWh of a quarter of an hour
    train_stride = _DAY

    def plan(self, draw: Draw) -> ForecastPlan:
        """Four weeks of quarters in, the 96 of a day out."""
        return midnight_plan(step_s=900, channels=(Quantity("energy", "kWh"),))

    def items(self, files: DataFiles, draw: Draw) -> Mapping[str, ItemSeries]:
        """The plant's energy in kWh per quarter of an hour."""
        return {"plant": read_plant(files)}

    def slices(self, references: pa.Table) -> Mapping[str, list[str]]:
        """Whether the day is one of the working week."""
        return {"day_kind": day_kinds(references.column("origin"))}


TASK = PlantQuarterHour()
