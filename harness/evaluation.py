"""The score stage: predictions and references to units, metrics, intervals and slices."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from .arrow_files import content_digest
from .exhibits import Exhibits
from .records import MetricResult, SliceResult, UnitCounts
from .statistics.bootstrap import WeightKey, estimate
from .task import Task, TaskCard
from .units import SLICE_PREFIX
from .validation import Answers, InvalidPredictionsError

__all__ = ["Score", "score_answers"]


class Score(NamedTuple):
    """All that the score stage finds out about one cell."""

    units: pa.Table
    units_sha256: str
    metrics: tuple[MetricResult, ...]
    slices: tuple[SliceResult, ...]
    counts: UnitCounts
    exhibits: Exhibits | None


def score_answers(
    task: Task,
    answers: Answers,
    references: pa.Table,
    *,
    track: str,
    inputs_sha256: str,
    partial: bool,
    with_exhibits: bool = False,
) -> Score:
    """Scores validated answers; ``with_exhibits``: inputs and answers may be shown, so the task makes its pictures.

    Raises:
        InvalidPredictionsError: A row breaks a rule and the card says that this fails the cell.
        RecordError: The task's statistics or exhibits break the rules for records.
    """
    card = task.card
    if answers.problems and card.on_invalid == "fail_cell":
        raise InvalidPredictionsError([answers.problems[row] for row in sorted(answers.problems)])
    units = task.score(answers, references)
    key = WeightKey(card.at_version, track, inputs_sha256)
    return Score(
        units=units,
        units_sha256=content_digest(units),
        metrics=tuple(estimate(units, metric, key, partial=partial) for metric in card.metrics),
        slices=_slices(card, units, key, partial=partial),
        counts=_counts(units),
        exhibits=Exhibits.of(task.exhibits(answers, references, units)) if with_exhibits else None,
    )


def _slices(card: TaskCard, units: pa.Table, key: WeightKey, *, partial: bool) -> tuple[SliceResult, ...]:
    found = []
    for axis in card.slices:
        column = units.column(f"{SLICE_PREFIX}{axis}")
        for value in sorted(set(column.to_pylist())):
            part = units.filter(pc.equal(column, value))
            metrics = tuple(estimate(part, metric, key, partial=partial) for metric in card.metrics)
            found.append(SliceResult(axis=axis, value=value, metrics=metrics))
    return tuple(found)


def _counts(units: pa.Table) -> UnitCounts:
    codes = Counter(code for code in units.column("code").to_pylist() if code)
    return UnitCounts(
        units=units.num_rows,
        rows=int(pc.sum(units.column("rows")).as_py() or 0),
        invalid_rows=int(pc.sum(units.column("invalid")).as_py() or 0),
        invalid_units=sum(1 for n in units.column("invalid").to_pylist() if n),
        codes=dict(sorted(codes.items())),
    )
