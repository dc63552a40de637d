"""The score stage: predictions and references to units, metrics, intervals and slices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .arrow_files import content_digest
from .errors import ScoringError
from .exhibits import Exhibits
from .metrics import Metric
from .records import MetricResult, SliceResult, UnitCounts
from .statistics.bootstrap import MIN_CLUSTERS, RESAMPLES, estimate
from .statistics.weights import WeightDraws, WeightKey
from .task import Task, TaskCard
from .units import SLICE_PREFIX, counts_of, statistics_matrix, units_among
from .validation import Answers, InvalidPredictionsError

__all__ = ["Figures", "Score", "all_counts", "draw_ahead", "figures_of", "score_answers", "units_of"]


_REVIEWS_KEPT = 20


class Figures(NamedTuple):
    """What units alone tell: values with intervals, the same of their parts, and what somebody should look at."""

    metrics: tuple[MetricResult, ...]
    slices: tuple[SliceResult, ...]
    reviews: tuple[str, ...]


class Score(NamedTuple):
    """All that the score stage finds out about one cell."""

    units: pa.Table
    units_sha256: str
    metrics: tuple[MetricResult, ...]
    slices: tuple[SliceResult, ...]
    counts: UnitCounts
    exhibits: Exhibits | None
    reviews: tuple[str, ...]


def score_answers(
    task: Task,
    answers: Answers,
    references: pa.Table,
    *,
    track: str,
    inputs_sha256: str,
    partial: bool,
    with_exhibits: bool = False,
    draws: WeightDraws | None = None,
) -> Score:
    """Scores validated answers.

    Args:
        task: Whose answers they are.
        answers: Predictions in the order of the inputs.
        references: What is right.
        track: Of the task.
        inputs_sha256: Of the inputs that were answered.
        partial: They are part of a test set: no interval is given.
        with_exhibits: Inputs and answers may be shown, so the task makes its pictures.
        draws: Replicate weights that other cells share; None draws them for this one.

    Raises:
        InvalidPredictionsError: A row breaks a rule and the card says that this fails the cell.
        RecordError: The task's statistics or exhibits break the rules for records.
        ScoringError: The primary metric has no value over the units.
    """
    card, units = task.card, units_of(task, answers, references)
    found = figures_of(card, units, track=track, inputs_sha256=inputs_sha256, partial=partial, draws=draws)
    return Score(
        units=units,
        units_sha256=content_digest(units),
        metrics=found.metrics,
        slices=found.slices,
        counts=all_counts(units, answers),
        reviews=found.reviews,
        exhibits=Exhibits.of(task.exhibits(answers, references, units)) if with_exhibits else None,
    )


def units_of(task: Task, answers: Answers, references: pa.Table) -> pa.Table:
    """The units of validated answers.

    Raises:
        InvalidPredictionsError: A row breaks a rule and the card says that this fails the cell.
        RecordError: The task's statistics break the rules for records.
    """
    if answers.problems and task.card.on_invalid == "fail_cell":
        raise InvalidPredictionsError([answers.problems[row] for row in sorted(answers.problems)])
    return task.score(answers, references)


def figures_of(
    card: TaskCard,
    units: pa.Table,
    *,
    track: str,
    inputs_sha256: str,
    partial: bool,
    draws: WeightDraws | None = None,
) -> Figures:
    """The figures of a cell, from its units; arguments as in ``score_answers``.

    Raises:
        ScoringError: The primary metric has no value over the units.
    """
    key = WeightKey(card.at_version, track, inputs_sha256)
    draws = draws or WeightDraws()
    metrics = [m for m in card.metrics if not (m.optional and set(m.statistics) - set(units.column_names))]
    found = _estimates(metrics, units, key, partial=partial, draws=draws)
    if not found or found[0].name != card.primary.name:
        raise ScoringError(f"{card.primary.name} has no value over these {units.num_rows} units; answer more of them")
    return Figures(found, _slices(card, metrics, units, key, partial=partial, draws=draws), _reviews(units))


def _reviews(units: pa.Table) -> tuple[str, ...]:
    """Units that the task flags, with the reason; the first of many."""
    if "review" not in units.column_names:
        return ()
    flagged = zip(units.column("unit").to_pylist(), units.column("review").to_pylist(), strict=True)
    return tuple(f"{unit}: {why}" for unit, why in flagged if why)[:_REVIEWS_KEPT]


def draw_ahead(card: TaskCard, *, track: str, inputs_sha256: str, draws: WeightDraws) -> None:
    """Has the weights of a whole test set drawn while its predictions are waited for.

    Only where every unit is resampled by itself and the primary metric is about all of them: how many there are
    otherwise is known when the units are.
    """
    if card.block is None and card.primary.among is None and card.test.units >= MIN_CLUSTERS:
        draws.draw_ahead(WeightKey(card.at_version, track, inputs_sha256), card.test.units, RESAMPLES)


def _estimates(
    metrics: Sequence[Metric], units: pa.Table, key: WeightKey, *, partial: bool, draws: WeightDraws
) -> tuple[MetricResult, ...]:
    """Each metric from the units that it is about; one that has no value over them (a share of none) is left out."""
    found = []
    for metric in metrics:
        own = units_among(units, metric)
        with np.errstate(all="ignore"):
            known = own.num_rows > 0 and math.isfinite(metric.value(statistics_matrix(own, metric)))
        if known:
            found.append(estimate(own, metric, key, partial=partial, draws=draws))
    return tuple(found)


def _slices(
    card: TaskCard, metrics: Sequence[Metric], units: pa.Table, key: WeightKey, *, partial: bool, draws: WeightDraws
) -> tuple[SliceResult, ...]:
    found = []
    for axis in card.slices:
        column = units.column(f"{SLICE_PREFIX}{axis}")
        for value in sorted(set(column.to_pylist())):
            part = units.filter(pc.equal(column, value))
            results = _estimates(metrics, part, key, partial=partial, draws=draws)
            found.append(SliceResult(axis=axis, value=value, metrics=results))
    return tuple(found)


def all_counts(units: pa.Table, answers: Answers) -> UnitCounts:
    """What units and answers count, one by one."""
    return UnitCounts(
        **counts_of(units),
        unread=None if answers.unread is None else sum(map(sum, answers.unread)),
        truncated=answers.truncated,
    )
