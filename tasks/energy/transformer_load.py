"""``transformer-load-h1`` to ``-m2``: 96 steps ahead of two transformer stations, from every hour or quarter of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, NamedTuple

from ...harness.data import DataFiles
from ...harness.metrics import Metric
from ...harness.task import Draw, Industry, PublishedScore, Split, TaskCard, Track
from ...harness.text import Text
from .forecast_metrics import literature_metrics, mase_metric
from .forecast_statistics import WORST_SCALED_ERROR, ScoreRules
from .load_series import ForecastPlan, ItemSeries
from .load_task import LoadForecast
from .transformers_data import CHANNELS, STATIONS, Station, read_station

__all__ = ["H1", "H2", "HISTORY", "HORIZON", "M1", "M2", "TASKS", "TransformerLoad"]

HORIZON, HISTORY = 96, 512
_PRIMARY = mase_metric()
_SECONDARY = literature_metrics("OT, the last column")
_WORST = Text("error in scales at every step, all of them too high", "每一步的标度误差，均视为偏高")
_KNOWN_AS = "general knowledge of the paper's table, not re-read"
_PROTOCOL = (
    "one model of all columns, history of {history} steps; papers often drop the last incomplete batch of windows"
)
_PROTOCOL_ZH = "所有列共用一个模型，历史长度 {history} 步；论文常丢弃最后不完整批次的窗口"


_DETECTABLE = {"h1": 2.3, "h2": 3.7, "m1": 2.7, "m2": 2.2}
"""See ``TaskCard``; measured by ``tests/performance/detectable_effect.py``."""


class _Published(NamedTuple):
    name: str
    history: int
    h1: float
    m1: float


_PUBLISHED = (
    _Published("DLinear", 336, 0.375, 0.299),
    _Published("PatchTST/64", 512, 0.370, 0.290),
    _Published("iTransformer", 96, 0.386, 0.334),
    _Published("TimesNet", 96, 0.384, 0.338),
)


def _published(station: Station) -> tuple[PublishedScore, ...]:
    if station.name not in ("h1", "m1"):
        return ()
    return tuple(
        PublishedScore(
            one.name,
            "mse_standardised",
            one.h1 if station.name == "h1" else one.m1,
            _KNOWN_AS,
            Text(_PROTOCOL.format(history=one.history), _PROTOCOL_ZH.format(history=one.history)),
        )
        for one in _PUBLISHED
    )


def _card(station: Station, secondary: tuple[Metric, ...]) -> TaskCard:
    windows = 2_880 * station.per_hour - HORIZON + 1
    train = 8_640 * station.per_hour - HISTORY - HORIZON + 1
    number, hourly = station.name[1], station.name[0] == "h"
    step = Text("hours", "小时") if hourly else Text("quarters of an hour", "个 15 分钟时段")
    return TaskCard(
        id=f"energy/transformer-load-{station.name}",
        version=1,
        title=Text(
            f"Transformer station {number}, {'hourly' if hourly else 'every 15 minutes'}",
            f"变压器站 {number}（{'逐小时' if hourly else '每 15 分钟'}）",
        ),
        summary=Text(
            f"Say the next {HORIZON} {step.en} of six loads and of the oil temperature of a transformer station in "
            f"China, from the {HISTORY} before. A hot transformer ages; research has compared models on "
            "these files for years.",
            f"根据此前 {HISTORY} {step.zh}的记录，预测中国某变压器站六项负荷与油温的未来 {HORIZON} {step.zh}。"
            "变压器过热会加速老化；多年来研究者一直在这些文件上比较模型。",
        ),
        realism="operating_plant",
        industry=Industry(isic="D35", gbt4754="D44"),
        region=None,  # two counties of one province, and the authors do not say which
        interface="forecasting",
        data=station.source,
        practice_secret=None,
        splits=(
            Split("train", units=train, rows=train, exported=False),
            Split("test", units=windows, rows=windows, exported=False),
        ),
        unit="window",
        unit_title=Text("window", "窗口"),
        block="week",
        tracks=(
            Track("default", Text("loads and oil temperature, no calendar of holidays", "负荷与油温，无节假日日历")),
        ),
        slices=(),
        primary=_PRIMARY,
        secondary=secondary,
        floor="history-mean",
        incumbent="seasonal-naive-day",
        perfect=0.0,
        worst_value=WORST_SCALED_ERROR,
        worst_value_of=_WORST,
        on_invalid="worst",
        standings=True,
        detectable_effect=_DETECTABLE[station.name],
        published=_published(station),
        caveats=(
            Text(
                f"Every window of the four test months is asked, {windows:,} of them. They overlap, so calendar weeks "
                "are resampled: 17 or 18 of them, which is few.",
                f"四个测试月的所有窗口都要预测，共 {windows:,} 个。"
                "窗口相互重叠，因此按日历周重抽样：仅 17 或 18 周，数量偏少。",
            ),
            Text(
                "The literature's error is on columns that were standardised by the training part and averaged, loads "
                "and temperature alike. It stands here for comparison; the scaled error and the oil temperature in "
                "degrees are what means something.",
                "文献中的误差按训练段标准化后对各列（负荷与温度）取平均，仅供对照；有实际含义的是标度误差与以摄氏度计的油温误差。",
            ),
            Text(
                "The files have been public since 2020 and are part of many training collections.",
                "这些文件自 2020 年公开，已被许多训练集收录。",
            ),
        ),
        citation=station.source.citation,
        public_since=station.source.public_since,
    )


class TransformerLoad(LoadForecast):
    """Every window of the test months of one station at one rate."""

    station: ClassVar[Station]
    rules = ScoreRules(day=None, mwh=None, literature=True, loads=6)
    train_stride = 1

    def plan(self, draw: Draw) -> ForecastPlan:
        """512 steps of seven columns in, 96 of all of them out, from every step."""
        return ForecastPlan(
            channels=CHANNELS,
            targets=len(CHANNELS),
            known=(),
            step_s=self.station.step_s,
            horizon=HORIZON,
            history=HISTORY,
            seasons=(24 * self.station.per_hour,),
            stride=1,
        )

    def items(self, files: DataFiles, draw: Draw) -> Mapping[str, ItemSeries]:
        """The station's readings."""
        return {f"station-{self.station.name[1]}": read_station(files, self.station, horizon=HORIZON)}


def _task(name: str) -> TransformerLoad:
    station = STATIONS[name]
    kind = type(
        f"TransformerLoad{name.upper()}", (TransformerLoad,), {"station": station, "card": _card(station, _SECONDARY)}
    )
    made: TransformerLoad = kind()
    return made


H1, H2, M1, M2 = (_task(name) for name in STATIONS)

TASKS: Mapping[str, TransformerLoad] = {task.station.name: task for task in (H1, H2, M1, M2)}
"""Station and rate to task."""
