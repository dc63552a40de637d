"""``simulated-day-ahead``: at midnight, the load of the next 24 hours of twelve regions that stand for no place.

Three years of history are the same for every secret; the year that is asked about is drawn from it. A round changes the
questions, never what there is to learn from. ``load_simulator`` holds the equations.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import pyarrow as pa

from ...harness.data import DataFiles
from ...harness.interfaces import Quantity
from ...harness.task import Draw, Examples, Region, Split, TaskCard, Track, Yardstick
from ...harness.text import Text
from .day_ahead import COST_CAVEAT, DAY_AHEAD_METRICS, GIVEN_DAYS, WORST, midnight_plan
from .forecast_statistics import WORST_SCALED_ERROR, ScoreRules
from .load_calendar import DAY_KINDS, DAYS, START, YEAR_DAYS, YEARS, Calendar, simulated_calendar
from .load_series import FloatArray, ForecastPlan, ItemSeries
from .load_simulator import HISTORY_DAYS, REGIONS, RegionYears, simulate_regions
from .load_task import LoadForecast

__all__ = ["TASK", "SimulatedDayAhead"]

_TRAIN_ROWS = len(REGIONS) * (HISTORY_DAYS - GIVEN_DAYS)
_TEST_ROWS = len(REGIONS) * (DAYS - HISTORY_DAYS)

_NO_WEATHER = midnight_plan(
    step_s=3_600,
    channels=(Quantity("load", "MW"), Quantity("temperature", "degC")),
    known=(Quantity("free_day", "0 or 1"), Quantity("holiday", "0 or 1"), Quantity("days_from_festival", "d")),
)
_PLANS = {
    "weather-forecast": _NO_WEATHER._replace(known=(*_NO_WEATHER.known, Quantity("temperature_forecast", "degC"))),
    "no-weather": _NO_WEATHER,
}

_NOISE_FLOOR = {"mase": 0.345902, "peak_error_percent": 1.156942, "error_share_percent": 1.115658}
"""Of the load without noise and faults as the answer, for the practice set; a test computes them."""

_CARD = TaskCard(
    id="energy/simulated-day-ahead",
    version=1,
    title=Text("Load of simulated regions, day ahead", "模拟区域日前负荷预测"),
    summary=Text(
        "At midnight, say the load of each of the next 24 hours of twelve simulated regions, from four weeks of load "
        "and temperature, the calendar and, on one track, a temperature forecast. The regions differ in size, climate, "
        "industry and growth, keep Spring Festival, and stand for no real place.",
        "在午夜，根据此前四周的负荷与气温、日历以及（其中一个赛道提供的）气温预报，"
        "预测十二个模拟区域未来 24 小时的逐时负荷。各区域的规模、气候、产业结构与增长率不同，均有春节效应，"
        "不对应任何真实地区。",
    ),
    realism="synthetic",
    industry=None,
    region=None,
    interface="forecasting",
    data=None,
    practice_secret="simulated-day-ahead practice 2026",
    splits=(
        Split("train", units=_TRAIN_ROWS, rows=_TRAIN_ROWS, exported=True, drawn=False),
        Split("practice", units=_TEST_ROWS, rows=_TEST_ROWS, exported=True),
    ),
    unit="region-day",
    unit_title=Text("day of a region", "区域日"),
    block="week",
    tracks=(
        Track("weather-forecast", Text("with a temperature forecast for the day", "提供当日气温预报")),
        Track("no-weather", Text("nothing of the day's weather", "不提供当日气象信息")),
    ),
    slices=("region", "day_kind"),
    regions=tuple(
        Region(
            one.name,
            Text(
                f"simulated: {one.size_mw:,} MW on a mild working day at the start, {one.mean_degc} °C in the mean of "
                "a year",
                f"模拟：起始年温和工作日约 {one.size_mw:,} MW，年均气温 {one.mean_degc} °C",
            ),
            simulated=True,
        )
        for one in REGIONS
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
    detectable_effect=1.5,
    caveats=(
        Text(
            "R01 to R12 are constants of a model, not places: their figures say nothing of any real region, and stand "
            "in no table of regions and on no map with one. Dates lie in the years 2097 to 2100, holidays follow the "
            "model's own rules.",
            "R01 至 R12 是模型参数而非地点：其数值不说明任何真实地区的情况，也不与真实地区并列于分地区的表或图中。"
            "日期位于 2097 至 2100 年，节假日按模型自身规则确定。",
        ),
        Text(
            "Nobody can reach an error of 0: the load carries noise and faults that nothing tells beforehand. What who "
            "knows everything else would be off by stands beside the models.",
            "任何模型都无法达到零误差：负荷中含有无法预知的噪声与故障。已知其余一切信息时的误差列于模型旁。",
        ),
        COST_CAVEAT,
    ),
    band=DAY_AHEAD_METRICS.band,
    yardsticks=(
        Yardstick(
            Text("oracle without noise, practice set", "无噪声先知（练习集）"),
            Text(
                "It answers the load that the equations give before noise and faults, from the true weather, orders "
                "and standstills of the day itself; no model runs. Noise fades over a day or two, so that a model that "
                "sees it at midnight can come a little below this figure in the first hours.",
                "直接由方程给出不含噪声与故障的负荷，使用当日真实的天气、订单与停产信息，并非模型运行结果。"
                "噪声在一两天内逐渐消退，因此能在午夜观察到噪声的模型在最初几小时可略低于此值。",
            ),
            _NOISE_FLOOR,
        ),
    ),
    citation="SectorBench load simulator, tasks/energy/load_simulator.py",
)


class SimulatedDayAhead(LoadForecast):
    """Twelve drawn regions, every day of the drawn year; one row per region and midnight.

    The history holds load and temperature; known in advance are, of all its hours and the 24 ahead, whether the day is
    free (a weekend, a holiday), whether it is a public holiday or of Spring Festival week, the days since the nearest
    Spring Festival (cut at 30, negative before it) and, on the track ``weather-forecast``, the temperature forecast
    that was issued at each day's midnight.
    """

    card: ClassVar[TaskCard] = _CARD
    rules = ScoreRules(day=24, mwh=1.0)
    train_stride = 24

    def plan(self, draw: Draw) -> ForecastPlan:
        """Four weeks of hours in, the 24 hours of a day out; the tracks differ in what is known in advance."""
        return _PLANS[draw.track]

    def items(self, files: DataFiles, draw: Draw) -> Mapping[str, ItemSeries]:
        """Four years of load and temperature by region, the last one from ``draw.secret``; None is the practice set."""
        self.card.check_draw(draw)
        secret = draw.secret if draw.secret is not None else str(self.card.practice_secret)
        years, calendar = simulate_regions(secret, self.card.at_version), simulated_calendar()
        return {
            region.name: ItemSeries(
                start=START.astype("datetime64[s]"),
                values=np.stack([years.load_mw[row], years.temperature_degc[row]], axis=1),
                known=_known(calendar, years, row, forecast=draw.track == "weather-forecast"),
                train_steps=24 * HISTORY_DAYS,
                first_origin=24 * HISTORY_DAYS,
                origins=YEAR_DAYS,
            )
            for row, region in enumerate(REGIONS)
        }

    def references(self, files: DataFiles, draw: Draw) -> pa.Table:
        """See ``forecast_references``; what is a sum over years is rounded to 3 decimals, as a round commits to it."""
        table = super().references(files, draw)
        for place, name in enumerate(table.column_names):
            if name in ("scale", "mean", "deviation", "top"):
                column = table.column(name).combine_chunks()
                table = table.set_column(place, name, _rounded(column))
        return table

    def slices(self, references: pa.Table) -> Mapping[str, list[str]]:
        """The region, and the kind of day."""
        calendar = simulated_calendar()
        kinds = dict(zip(calendar.date.astype(str).tolist(), calendar.kind.tolist(), strict=True))
        days = [origin[:10] for origin in references.column("origin").to_pylist()]
        return {
            "region": references.column("item").to_pylist(),
            "day_kind": [DAY_KINDS[kinds[day]] for day in days],
        }

    def examples(self, files: DataFiles, split: str, draw: Draw) -> Examples:
        """``train``: every midnight of the first three years, the same for every secret; ``practice``: the days of the
        year drawn from ``draw.secret`` (None: the open test set). Targets: ``value``, load in MW, shape ``(24, 1)``.
        """
        if split != "practice":
            return super().examples(files, split, draw)
        came = self.references(files, draw)
        return Examples(self.inputs(files, draw), pa.table({"id": came.column("id"), "value": came.column("actual")}))


def _rounded(column: pa.Array) -> pa.Array:
    """Numbers, or lists of as many numbers each, with 3 decimals: processors may add in another order."""
    if not pa.types.is_fixed_size_list(column.type):
        return pa.array(np.round(column.to_numpy(), 3))
    return pa.FixedSizeListArray.from_arrays(_rounded(column.flatten()), column.type.list_size)


def _known(calendar: Calendar, years: RegionYears, row: int, *, forecast: bool) -> FloatArray:
    """What is known in advance of each hour, shape ``(t, k)``."""
    festive = np.isin(calendar.kind, [DAY_KINDS.index(kind) for kind in ("public holiday", "Spring Festival")])
    weekend = np.isin(calendar.kind, [DAY_KINDS.index(kind) for kind in ("Saturday", "Sunday")])
    days = np.stack([weekend | festive, festive, calendar.from_festival], axis=1).astype(np.float64)  # (d, 3)
    hours = np.repeat(days, 24, axis=0)
    return np.concatenate([hours, years.forecast_degc[row][:, None]], axis=1) if forecast else hours


TASK = SimulatedDayAhead()
assert DAYS - HISTORY_DAYS == YEAR_DAYS and HISTORY_DAYS == (YEARS - 1) * YEAR_DAYS
