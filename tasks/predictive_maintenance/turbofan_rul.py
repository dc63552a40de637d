"""``turbofan-rul-fd001``: how many cycles a simulated aircraft engine has left, asked once at its last cycle."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...harness.data import DataFiles
from ...harness.errors import ScoringError, UsageError
from ...harness.interfaces import Quantity, regression_inputs
from ...harness.task import Draw, Examples, Industry, PublishedScore, Split, Task, TaskCard, Track
from ...harness.text import Text
from ...harness.units import units_table
from ...harness.validation import Answers
from .cmapss import CHANNELS, SUBSETS, EngineRuns, read_runs, read_true_lives
from .rul_metrics import RUL_CAP_CYCLES, RUL_METRICS, RUL_WORST_ERROR_CYCLES, rul_statistics

__all__ = ["HISTORY_MAX_CYCLES", "TASK", "TRAIN_MEAN_CYCLES", "TurbofanRul"]

HISTORY_MAX_CYCLES = 30
"""FD001's shortest test run is 31 cycles, so the length of a test series does not tell the engine's age."""

TRAIN_MEAN_CYCLES = 86.829286
"""Mean of min(remaining life, 125) over all 20,631 training cycles, to 6 decimals; a test computes it from the data."""

_BASELINE_CYCLES = 5
_SUBSET = SUBSETS["FD001"]
_BANDS = ("<=50", "51-125", ">125")

_RAW = Text(
    "test labels probably not capped (our inference from the paper's figures on FD002 and FD004)",
    "测试标签很可能未截断（依据论文在 FD002、FD004 上的数值推断）",
)
_CAPPED = Text(
    "test labels capped at 125 or so (our inference: its figures on FD002 or FD004 are out of reach on raw labels)",
    "测试标签截断于约 125（推断：其 FD002 或 FD004 数值在原始标签下无法达到）",
)
_SECOND_HAND = "quoted from tables in later papers; the paper itself was not read"

_CARD = TaskCard(
    id="predictive_maintenance/turbofan-rul-fd001",
    version=1,
    title=Text("Turbofan remaining useful life, FD001", "涡扇发动机剩余使用寿命（FD001）"),
    summary=Text(
        "Simulated aircraft engines run until the compressor fails. From the last 30 cycles of 3 settings and 21 "
        "sensors, say how many cycles each of 100 test engines has left.",
        "仿真航空发动机运行至压气机失效。根据最近 30 个循环的 3 项工况与 21 个传感器读数，"
        "预测 100 台测试发动机各自还能运行多少循环。",
    ),
    realism="physics_simulation",
    industry=Industry(isic="C30", gbt4754="C37"),  # other transport equipment: aircraft engines, though simulated ones
    region=None,
    interface="regression",
    data=_SUBSET.source,
    practice_secret=None,
    splits=(
        Split("train", units=_SUBSET.train_engines, rows=_SUBSET.train_rows, exported=True),
        Split("test", units=_SUBSET.test_engines, rows=_SUBSET.test_engines, exported=False),
    ),
    unit="engine",
    unit_title=Text("engine", "发动机"),
    block=None,
    tracks=(
        Track("no-counter", Text("age of the engine not given", "不提供发动机已运行循环数")),
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
        "error in cycles; the PHM08 penalty is that of the worse of the answers 0 and 125",
        "误差（循环数）；PHM08 罚分取回答 0 与 125 中较差者",
    ),
    on_invalid="worst",
    standings=True,
    detectable_effect=4.9,
    published=(
        PublishedScore("LSTM (Zheng 2017)", "rmse_raw_cycles", 16.14, _SECOND_HAND, _RAW),
        PublishedScore("DCNN (Li 2018)", "rmse_raw_cycles", 12.61, _SECOND_HAND, _RAW),
        PublishedScore("BiLSTM (2018)", "rmse_raw_cycles", 13.65, _SECOND_HAND, _RAW),
        PublishedScore("GCU-Transformer (2021)", "rmse_raw_cycles", 11.27, _SECOND_HAND, _RAW),
        PublishedScore("DATCN (2022)", "rmse_capped_cycles", 11.78, _SECOND_HAND, _CAPPED),
        PublishedScore("DAST (2022)", "rmse_capped_cycles", 11.43, _SECOND_HAND, _CAPPED),
        PublishedScore("STAR (2024)", "rmse_capped_cycles", 10.61, _SECOND_HAND, _CAPPED),
        PublishedScore("BLTTNet (2025)", "rmse_capped_cycles", 12.26, _SECOND_HAND, _CAPPED),
    ),
    citation=_SUBSET.source.citation,
    public_since=_SUBSET.source.public_since,
)


class TurbofanRul(Task):
    """Engines of C-MAPSS FD001, official split, one row per test engine at its last recorded cycle.

    A row holds at most the last 30 cycles of the engine and, as static features, the mean of each channel over the
    engine's first five cycles (``baseline_<channel>``: its own state as new); track ``counter`` adds ``cycles_run``.
    """

    card = _CARD

    def inputs(self, files: DataFiles, draw: Draw) -> pa.Table:
        """One row per test engine, ids ``FD001-test-001`` to ``-100``: no id tells an engine's age."""
        runs = read_runs(files, _SUBSET, "test")
        ends = runs.first[1:] - 1
        return _questions(runs, ends, _engine_ids("test", runs.engine[ends]), draw.track)

    def references(self, files: DataFiles, draw: Draw) -> pa.Table:
        """Columns ``id`` and ``rul``: raw remaining life in cycles after the last recorded cycle."""
        lives = read_true_lives(files, _SUBSET)
        return pa.table({"id": _engine_ids("test", np.arange(1, len(lives) + 1)), "rul": lives})

    def score(self, answers: Answers, references: pa.Table) -> pa.Table:
        """One unit per engine with the columns of ``rul_statistics``; slice ``remaining_life`` by the true life."""
        ids = answers.inputs.column("id").to_pylist()
        life_of = dict(zip(references.column("id").to_pylist(), references.column("rul").to_pylist(), strict=True))
        if missing := [one for one in ids if one not in life_of]:
            raise ScoringError(f"no reference for {missing[:5]}; these inputs belong to other references")
        lives = np.array([life_of[one] for one in ids], np.float64)  # (n,), cycles
        invalid = np.isin(np.arange(len(ids)), list(answers.problems))
        statistics = rul_statistics(
            answers.predictions.column("value").to_numpy(), lives, invalid=invalid, worst_error=self.card.worst_value
        )
        return units_table(
            unit=ids,
            slices={"remaining_life": [_BANDS[int(np.searchsorted([50, RUL_CAP_CYCLES], life))] for life in lives]},
            statistics=statistics,
            rows=np.ones(len(ids), np.int64).tolist(),
            invalid=invalid.astype(int).tolist(),
            code=[answers.problems[row].code if row in answers.problems else "" for row in range(len(ids))],
        )

    def examples(self, files: DataFiles, split: str, draw: Draw) -> Examples:
        """Every cycle of every training engine as the last one of a row, ids ``FD001-train-001-0001`` and on.

        Targets: ``value``, remaining life capped at 125 (the primary metric's label, 0 at the last cycle), and ``rul``,
        the same uncapped. A row's baseline is the mean over as many of the first five cycles as have passed.
        """
        if split != "train":
            return super().examples(files, split, draw)
        runs = read_runs(files, _SUBSET, "train")
        rows = np.arange(len(runs.cycle))
        ids = [
            f"{engine}-{cycle:04d}" for engine, cycle in zip(_engine_ids("train", runs.engine), runs.cycle, strict=True)
        ]
        life = (np.repeat(runs.lengths, runs.lengths) - runs.cycle).astype(np.float64)  # (n,), cycles
        targets = pa.table({"id": ids, "value": np.minimum(life, RUL_CAP_CYCLES), "rul": life})
        return Examples(_questions(runs, rows, ids, draw.track), targets)


def _engine_ids(part: str, engines: npt.NDArray[np.int64]) -> list[str]:
    return [f"{_SUBSET.name}-{part}-{engine:03d}" for engine in engines]


def _questions(runs: EngineRuns, ends: npt.NDArray[np.int64], ids: list[str], track: str) -> pa.Table:
    """Input rows that end at the given cycles; ``ends`` are places in ``runs``, shape ``(n,)``."""
    if track not in {t.name for t in _CARD.tracks}:
        raise UsageError(f"{_CARD.id} has no track {track!r}; tracks: {', '.join(t.name for t in _CARD.tracks)}")
    static = [Quantity(f"baseline_{c.name}", c.unit) for c in CHANNELS]
    features = _baselines(runs)[ends]  # (n, 24)
    if track == "counter":
        static.append(Quantity("cycles_run", "cycles"))
        features = np.concatenate([features, runs.cycle[ends, None].astype(np.float32)], axis=1)
    schema = regression_inputs(
        channels=CHANNELS,
        static=static,
        target=Quantity("remaining_life", "cycles"),
        step_unit="cycle",
        history_max=HISTORY_MAX_CYCLES,
        train_mean=TRAIN_MEAN_CYCLES,
        target_range=(0.0, RUL_CAP_CYCLES),
    )
    columns = [
        pa.array(ids, pa.string()),
        _windows(runs, ends, schema.field("series").type),
        pa.FixedSizeListArray.from_arrays(pa.array(features.ravel()), type=schema.field("static").type),
        pa.array(np.full(len(ids), "score")),
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _windows(runs: EngineRuns, ends: npt.NDArray[np.int64], kind: pa.DataType) -> pa.ListArray:
    """The last cycles up to each end, at most ``HISTORY_MAX_CYCLES`` of them, as one flat array with offsets."""
    lengths = np.minimum(runs.cycle[ends], HISTORY_MAX_CYCLES)  # (n,)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    steps = np.arange(offsets[-1]) + np.repeat(ends + 1 - lengths - offsets[:-1], lengths)  # (cycles of all rows,)
    flat = pa.FixedSizeListArray.from_arrays(pa.array(runs.readings[steps].ravel()), type=kind.value_type)
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), flat, type=kind)


def _baselines(runs: EngineRuns) -> npt.NDArray[np.float32]:
    """Mean of each channel over the engine's first five cycles, or as many as have passed, shape ``(n, 24)``."""
    out = np.empty(runs.readings.shape, np.float64)
    for first, end in zip(runs.first[:-1], runs.first[1:], strict=True):
        early = runs.readings[first : min(first + _BASELINE_CYCLES, end)].astype(np.float64)
        means = np.cumsum(early, axis=0) / np.arange(1, len(early) + 1)[:, None]
        out[first:end] = means[-1]
        out[first : first + len(early)] = means
    return out.astype(np.float32)


TASK = TurbofanRul()
