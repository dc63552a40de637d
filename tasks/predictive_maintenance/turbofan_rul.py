"""``turbofan-rul-fd001`` to ``-fd004``: how many cycles a simulated aircraft engine has left at its last one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...harness.data import DataFiles
from ...harness.errors import UsageError
from ...harness.exhibits import Exhibit
from ...harness.interfaces import Quantity, regression_inputs
from ...harness.references import references_in_order
from ...harness.task import Draw, Examples, Task
from ...harness.units import problem_columns, units_table
from ...harness.validation import Answers
from .cmapss import CHANNELS, SUBSETS, EngineRuns, Subset, read_runs, read_true_lives
from .life_pictures import life_exhibits
from .rul_metrics import RUL_CAP_CYCLES, far_outside, rul_statistics
from .turbofan_cards import BASELINE_CYCLES, HISTORY_MAX_CYCLES, SUBSET_FACTS, turbofan_card

__all__ = ["FD001", "FD002", "FD003", "FD004", "TASKS", "TurbofanRul"]

_BANDS = ("<=50", "51-125", ">125")


class TurbofanRul(Task):
    """Engines of one subset of C-MAPSS, official split, one row per test engine at its last recorded cycle.

    A row holds at most the last 30 cycles of the engine and, as static features, its own state as new: in one operating
    regime the mean of each channel over the engine's first five cycles (``baseline_<channel>``), in six regimes, where
    such a mean says nothing, these cycles themselves (``baseline_1_<channel>`` to ``baseline_5_<channel>``). Track
    ``counter`` adds ``cycles_run``.

    A test run of less than 30 cycles is asked as it is, never padded and never dropped: 6 engines of FD002 (21 cycles
    at least) and 11 of FD004 (19). The length of their rows is their age, on the track ``no-counter`` too.
    """

    subset: ClassVar[Subset]
    purpose: ClassVar[str] = "score"
    train_mean: ClassVar[float]

    def inputs(self, files: DataFiles, draw: Draw) -> pa.Table:
        """One row per test engine, ids ``FD001-test-001`` and on: no id tells an engine's age."""
        runs = read_runs(files, self.subset, "test")
        ends = runs.first[1:] - 1
        return self._questions(runs, ends, self._engine_ids("test", runs.engine[ends]), draw.track)

    def references(self, files: DataFiles, draw: Draw) -> pa.Table:
        """Columns ``id`` and ``rul``: raw remaining life in cycles after the last recorded cycle."""
        lives = read_true_lives(files, self.subset)
        return pa.table({"id": self._engine_ids("test", np.arange(1, len(lives) + 1)), "rul": lives})

    def score(self, answers: Answers, references: pa.Table) -> pa.Table:
        """One unit per engine with the columns of ``rul_statistics``; slice ``remaining_life`` by the true life."""
        known = references_in_order(answers, references)
        ids, lives = known.column("id").to_pylist(), known.column("rul").to_numpy().astype(np.float64)  # (n,), cycles
        invalid = np.isin(np.arange(len(ids)), list(answers.problems))
        statistics = rul_statistics(
            answers.predictions.column("value").to_numpy(), lives, invalid=invalid, worst_error=self.card.worst_value
        )
        return units_table(
            unit=ids,
            slices={"remaining_life": [_BANDS[int(np.searchsorted([50, RUL_CAP_CYCLES], life))] for life in lives]},
            statistics=statistics,
            rows=np.ones(len(ids), np.int64).tolist(),
            review=far_outside(answers.predictions.column("value").to_numpy(), ~invalid),
            **problem_columns([answers.problems.get(row) for row in range(len(ids))]),
        )

    def exhibits(self, answers: Answers, references: pa.Table, units: pa.Table) -> tuple[Exhibit, ...]:
        """Predicted against true remaining life of all engines."""
        return life_exhibits(answers, references)

    def examples(self, files: DataFiles, split: str, draw: Draw) -> Examples:
        """Every cycle of every training engine as the last one of a row, ids ``FD001-train-001-0001`` and on.

        Targets: ``value``, remaining life capped at 125 (the primary metric's label, 0 at the last cycle), and ``rul``,
        the same uncapped. A row's baseline is made of as many of the first five cycles as have passed; where they are
        given themselves, the others are NaN.
        """
        if split != "train":
            return super().examples(files, split, draw)
        runs = read_runs(files, self.subset, "train")
        rows = np.arange(len(runs.cycle))
        engines = self._engine_ids("train", runs.engine)
        ids = [f"{engine}-{cycle:04d}" for engine, cycle in zip(engines, runs.cycle, strict=True)]
        life = (np.repeat(runs.lengths, runs.lengths) - runs.cycle).astype(np.float64)  # (n,), cycles
        targets = pa.table({"id": ids, "value": np.minimum(life, RUL_CAP_CYCLES), "rul": life})
        return Examples(self._questions(runs, rows, ids, draw.track), targets)

    def _engine_ids(self, part: str, engines: npt.NDArray[np.int64]) -> list[str]:
        return [f"{self.subset.name}-{part}-{engine:03d}" for engine in engines]

    def _questions(self, runs: EngineRuns, ends: npt.NDArray[np.int64], ids: list[str], track: str) -> pa.Table:
        """Input rows that end at the given cycles; ``ends`` are places in ``runs``, shape ``(n,)``."""
        if track not in (names := [t.name for t in self.card.tracks]):
            raise UsageError(f"{self.card.id} has no track {track!r}; tracks: {', '.join(names)}")
        if self.subset.regimes == 1:
            static = [Quantity(f"baseline_{c.name}", c.unit) for c in CHANNELS]
            features = _baselines(runs)[ends]  # (n, 24)
        else:
            numbers = range(1, BASELINE_CYCLES + 1)
            static = [Quantity(f"baseline_{number}_{c.name}", c.unit) for number in numbers for c in CHANNELS]
            features = _first_cycles(runs, ends)  # (n, 5 * 24)
        if track == "counter":
            static.append(Quantity("cycles_run", "cycles"))
            features = np.concatenate([features, runs.cycle[ends, None].astype(np.float32)], axis=1)
        schema = regression_inputs(
            channels=CHANNELS,
            static=static,
            target=Quantity("remaining_life", "cycles"),
            step_unit="cycle",
            history_max=HISTORY_MAX_CYCLES,
            train_mean=self.train_mean,
            target_range=(0.0, RUL_CAP_CYCLES),
        )
        columns = [
            pa.array(ids, pa.string()),
            _windows(runs, ends, schema.field("series").type),
            pa.FixedSizeListArray.from_arrays(pa.array(features.ravel()), type=schema.field("static").type),
            pa.array(np.full(len(ids), self.purpose)),
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
        early = runs.readings[first : min(first + BASELINE_CYCLES, end)].astype(np.float64)
        means = np.cumsum(early, axis=0) / np.arange(1, len(early) + 1)[:, None]
        out[first:end] = means[-1]
        out[first : first + len(early)] = means
    return out.astype(np.float32)


def _first_cycles(runs: EngineRuns, ends: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """The engine's first five cycles one behind the other, NaN behind the given end, shape ``(n, 5 * 24)``."""
    first = (ends + 1 - runs.cycle[ends])[:, None] + np.arange(BASELINE_CYCLES)  # (n, 5)
    early: npt.NDArray[np.float32] = runs.readings[np.minimum(first, len(runs.readings) - 1)]  # (n, 5, 24)
    early[first > ends[:, None]] = np.nan
    flat: npt.NDArray[np.float32] = early.reshape(len(ends), -1)
    return flat


class TurbofanFd001(TurbofanRul):
    """One operating regime, one fault mode."""

    card, subset, train_mean = turbofan_card("FD001"), SUBSETS["FD001"], SUBSET_FACTS["FD001"].train_mean


class TurbofanFd002(TurbofanRul):
    """Six operating regimes, one fault mode."""

    card, subset, train_mean = turbofan_card("FD002"), SUBSETS["FD002"], SUBSET_FACTS["FD002"].train_mean


class TurbofanFd003(TurbofanRul):
    """One operating regime, two fault modes."""

    card, subset, train_mean = turbofan_card("FD003"), SUBSETS["FD003"], SUBSET_FACTS["FD003"].train_mean


class TurbofanFd004(TurbofanRul):
    """Six operating regimes, two fault modes."""

    card, subset, train_mean = turbofan_card("FD004"), SUBSETS["FD004"], SUBSET_FACTS["FD004"].train_mean


FD001, FD002, FD003, FD004 = TurbofanFd001(), TurbofanFd002(), TurbofanFd003(), TurbofanFd004()

TASKS: Mapping[str, TurbofanRul] = {task.subset.name: task for task in (FD001, FD002, FD003, FD004)}
"""Subset to task."""
