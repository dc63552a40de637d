"""The cards of ``turbofan-rul-fd001`` to ``-fd004``: one builder, and a table of what differs between the subsets."""

from __future__ import annotations

from typing import NamedTuple

from ...harness.task import Industry, PublishedScore, Split, TaskCard, Track
from ...harness.text import Text
from .cmapss import SUBSETS
from .rul_metrics import RUL_METRICS, RUL_WORST_ERROR_CYCLES
from .rul_yardsticks import capped_oracle

__all__ = ["BASELINE_CYCLES", "HISTORY_MAX_CYCLES", "SUBSET_FACTS", "SubsetFacts", "turbofan_card"]

HISTORY_MAX_CYCLES = 30
"""Cycles of a row at most. Test runs of FD001 and FD003 are all longer, so that no row tells an engine's age."""

BASELINE_CYCLES = 5
"""First cycles of an engine that its static features tell of."""


class SubsetFacts(NamedTuple):
    """What a subset's card says beyond its counts; tests compute each figure from the data.

    Attributes:
        train_mean: Mean of min(remaining life, 125) over all training cycles, to 6 decimals, in cycles.
        short_tests: Test runs of less than ``HISTORY_MAX_CYCLES`` cycles, whose rows tell the engine's age.
        perfect_capped: What a perfect model of capped labels comes to on raw ones: RMSE in cycles, PHM08 sum.
        detectable_effect: See ``TaskCard``; measured by ``tests/performance/detectable_effect.py``.
    """

    train_mean: float
    short_tests: int
    perfect_capped: tuple[float, float]
    detectable_effect: float | None


SUBSET_FACTS = {
    "FD001": SubsetFacts(86.829286, 0, (3.7376, 14.5805), 5.3),
    "FD002": SubsetFacts(86.913354, 6, (18.3167, 2010.3514), 2.7),
    "FD003": SubsetFacts(93.143204, 0, (4.7096, 22.6588), 4.9),
    "FD004": SubsetFacts(92.985192, 11, (19.5293, 2130.3423), 3.1),
}

_RAW = Text(
    "test labels probably not capped (our inference from the paper's figures on FD002 and FD004)",
    "测试标签很可能未截断（依据论文在 FD002、FD004 上的数值推断）",
)
_CAPPED = Text(
    "test labels capped at 125 or so (our inference: its figures on FD002 or FD004 are out of reach on raw labels)",
    "测试标签截断于约 125（推断：其 FD002 或 FD004 数值在原始标签下无法达到）",
)
_SECOND_HAND = "quoted from tables in later papers; the paper itself was not read"
_THIRD_HAND = "quoted in an issue of a repository that repeats the method; the paper itself was not read"


class _Published(NamedTuple):
    """One method of the literature: RMSE in cycles on FD001 to FD004; None where no figure was found in a table."""

    name: str
    capped: bool
    rmse: tuple[float | None, float | None, float | None, float | None]
    source: str = _SECOND_HAND


_PUBLISHED = (
    _Published("LSTM (Zheng 2017)", False, (16.14, 24.49, 16.18, 28.17)),
    _Published("DCNN (Li 2018)", False, (12.61, 22.36, 12.64, 23.31)),
    _Published("BiLSTM (2018)", False, (13.65, 23.18, 13.74, 24.86)),
    _Published("GCU-Transformer (2021)", False, (11.27, 22.81, 11.42, 24.86)),
    _Published("KDnet-RUL (2021)", True, (None, 14.47, None, 15.96), _THIRD_HAND),
    _Published("DATCN (2022)", True, (11.78, 16.95, 11.56, 18.23)),
    _Published("DAST (2022)", True, (11.43, 15.25, 11.32, 18.23)),
    _Published("TMSCNN (2024)", True, (None, 14.79, None, 14.25)),
    _Published("STAR (2024)", True, (10.61, 13.47, 10.71, 15.87)),
    _Published("BLTTNet (2025)", True, (12.26, 14.18, 11.19, 18.15)),
)


def turbofan_card(name: str) -> TaskCard:
    """The card of a subset, ``FD001`` to ``FD004``."""
    subset, facts = SUBSETS[name], SUBSET_FACTS[name]
    at_most = ("at most ", "至多 ") if facts.short_tests else ("", " ")
    regimes = (
        (" that change between six operating regimes", "在六种运行工况间切换，") if subset.regimes > 1 else ("", "")
    )
    failed = (
        ("compressor or fan fails", "压气机或风扇失效") if subset.faults > 1 else ("the compressor fails", "压气机失效")
    )
    return TaskCard(
        id=f"predictive_maintenance/turbofan-rul-{name.lower()}",
        version=1,
        title=Text(f"Turbofan remaining useful life, {name}", f"涡扇发动机剩余使用寿命（{name}）"),
        summary=Text(
            f"Simulated aircraft engines{regimes[0]} run until {failed[0]}. From {at_most[0]}the last "
            f"{HISTORY_MAX_CYCLES} cycles of 3 settings and 21 sensors, say how many cycles each of "
            f"{subset.test_engines} test engines has left.",
            f"仿真航空发动机{regimes[1]}运行至{failed[1]}。根据最近{at_most[1]}{HISTORY_MAX_CYCLES} 个循环的 3 项工况"
            f"与 21 个传感器读数，预测 {subset.test_engines} 台测试发动机各自还能运行多少循环。",
        ),
        realism="physics_simulation",
        industry=Industry(isic="C30", gbt4754="C37"),  # other transport equipment: aircraft engines, simulated ones
        region=None,
        interface="regression",
        data=subset.source,
        practice_secret=None,
        splits=(
            Split("train", units=subset.train_engines, rows=subset.train_rows, exported=True),
            Split("test", units=subset.test_engines, rows=subset.test_engines, exported=False),
        ),
        unit="engine",
        unit_title=Text("engine", "发动机"),
        block=None,
        tracks=(
            Track("no-counter", _no_counter(facts.short_tests, subset.test_engines)),
            Track("counter", Text("cycles run so far are given", "提供发动机已运行循环数")),
        ),
        slices=("remaining_life",),
        primary=RUL_METRICS.primary,
        secondary=RUL_METRICS.secondary,
        floor="mean-life",
        incumbent=None,
        perfect=0.0,
        worst_value=RUL_WORST_ERROR_CYCLES,
        worst_value_of=Text(
            "error in cycles; the PHM08 penalty is that of the worse of the answers 0 and 125; it counts as predicted "
            "too late",
            "误差（循环数）；PHM08 罚分取回答 0 与 125 中较差者；并计为预测偏晚",
        ),
        on_invalid="worst",
        standings=True,
        detectable_effect=facts.detectable_effect,
        published=_published(list(SUBSETS).index(name)),
        yardsticks=(capped_oracle(*facts.perfect_capped, subset.test_engines),),
        citation=subset.source.citation,
        public_since=subset.source.public_since,
    )


def _no_counter(short_tests: int, engines: int) -> Text:
    if not short_tests:
        return Text("age of the engine not given", "不提供发动机已运行循环数")
    return Text(
        f"age of the engine not given, but to be seen in {short_tests} of {engines} runs: they are shorter than "
        f"{HISTORY_MAX_CYCLES} cycles",
        f"不提供发动机已运行循环数；但 {engines} 台中有 {short_tests} 台记录不足 {HISTORY_MAX_CYCLES} 个循环，由此可知",
    )


def _published(place: int) -> tuple[PublishedScore, ...]:
    """The literature's figures on one subset, by its place in the table's rows."""
    found = []
    for one in _PUBLISHED:
        metric, protocol = (RUL_METRICS.rmse_capped, _CAPPED) if one.capped else (RUL_METRICS.rmse_raw, _RAW)
        if (rmse := one.rmse[place]) is not None:
            found.append(PublishedScore(one.name, metric.name, rmse, one.source, protocol))
    return tuple(found)
