"""Scores of schedules against frozen bounds: what flexible shops, flow shops and projects have in common."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from ...harness.errors import DataError
from ...harness.metrics import FloatArray, Metric, mean_metric
from ...harness.text import Text
from ...harness.units import units_table
from ...harness.validation import Answers
from .validator import serial_makespan, validate_schedule

__all__ = [
    "WORST_SCORE",
    "FrozenBounds",
    "bounded_metrics",
    "bounded_references",
    "frozen_bounds",
    "normalised_score",
    "score_bounded",
]

WORST_SCORE = -1.0


class FrozenBounds(NamedTuple):
    """What is known about one instance, in time steps.

    Attributes:
        lower_bound: No schedule is shorter.
        upper_bound: Makespan of the best known schedule; equal to ``lower_bound`` where it is proven optimal.
        reference_makespan: Of the card's floor: score 0.
        sha256: Identity of the instance, since public copies of one name differ.
        source: Key of the file's ``sources``: where the bounds were read.
        date: Of that source, or when it was read where it has none; ``YYYY-MM-DD`` or ``YYYY-MM``.
    """

    lower_bound: int
    upper_bound: int
    reference_makespan: int
    sha256: str
    source: str
    date: str

    @property
    def is_proven(self) -> bool:
        """Whether the best known schedule is known to be optimal."""
        return self.lower_bound == self.upper_bound


@cache
def frozen_bounds(file: str) -> Mapping[str, FrozenBounds]:
    """Instance name to its bounds, in the order of a file beside this module; an edition never changes.

    Raises:
        DataError: An instance names a source that the file does not describe.
    """
    table = json.loads(Path(__file__).with_name(file).read_text(encoding="utf-8"))
    bounds = {name: FrozenBounds(**one) for name, one in table["instances"].items()}
    for name, one in bounds.items():
        if one.source not in table["sources"]:
            raise DataError(f"{file}: {name} has the source {one.source!r}, which is not among {[*table['sources']]}")
    return MappingProxyType(bounds)


def normalised_score(makespan: int, *, reference_makespan: int, upper_bound: int) -> float:
    """How far a schedule is on the way from the reference to the best known one, unitless; 1 is best, more is better.

    ``clip((R - C) / (R - UB), -1, 1)``; where the reference is the best known makespan, 1 for reaching it, else -1.

    >>> normalised_score(1361, reference_makespan=1491, upper_bound=1231)
    0.5
    """
    if reference_makespan == upper_bound:
        return 1.0 if makespan <= upper_bound else WORST_SCORE
    return max(WORST_SCORE, min(1.0, (reference_makespan - makespan) / (reference_makespan - upper_bound)))


def bounded_references(inputs: pa.Table, bounds: Mapping[str, FrozenBounds]) -> pa.Table:
    """Time steps per shop: bounds, reference makespan, and ``serial_makespan``, which no counted makespan exceeds."""
    rows = inputs.to_pylist()
    known = [bounds[row["id"]] for row in rows]
    columns: dict[str, list[int]] = {
        "lower_bound": [b.lower_bound for b in known],
        "upper_bound": [b.upper_bound for b in known],
        "reference_makespan": [b.reference_makespan for b in known],
        "serial_makespan": [serial_makespan(row) for row in rows],
    }
    return pa.table(
        {"id": pa.array([row["id"] for row in rows], pa.string())}
        | {name: pa.array(values, pa.int64()) for name, values in columns.items()}
    )


def score_bounded(answers: Answers, references: pa.Table, *, slices: Mapping[str, Mapping[str, str]]) -> pa.Table:
    """Units with, per shop: score, gap, logarithm of the ratio to the best known makespan, feasibility, ``new_best``.

    A schedule that breaks a rule counts as ``WORST_SCORE`` and as the serial makespan, and so does no valid one count
    as more. ``new_best`` is 1 for a valid schedule under the frozen upper bound: it is to be looked at, its score stays
    1.

    Args:
        answers: Inputs and predictions.
        references: From ``bounded_references``, at least the answers' ids.
        slices: Axis to instance name to value.
    """
    known = {row["id"]: row for row in references.to_pylist()}
    starts, modes = answers.predictions.column("start"), answers.predictions.column("mode")
    statistics: dict[str, list[float]] = {
        name: [] for name in ("score", "gap_percent", "log_ratio", "feasible", "new_best", "makespan")
    }
    names: list[str] = []
    codes: list[str] = []
    for row in range(answers.inputs.num_rows):
        shop: dict[str, Any] = answers.inputs.slice(row, 1).to_pylist()[0]  # one at a time: a row may be large
        bounds = known[shop["id"]]
        problem, makespan = answers.problems.get(row), None
        if problem is None:
            problem, makespan = validate_schedule(
                shop, starts[row].as_py(), modes[row].as_py(), lower_bound=bounds["lower_bound"]
            )
        counted = min(bounds["serial_makespan"] if makespan is None else makespan, bounds["serial_makespan"])
        upper = bounds["upper_bound"]
        score = normalised_score(counted, reference_makespan=bounds["reference_makespan"], upper_bound=upper)
        statistics["score"].append(WORST_SCORE if makespan is None else score)
        statistics["gap_percent"].append(100 * (counted - upper) / upper)
        statistics["log_ratio"].append(float(np.log(counted / upper)))
        statistics["feasible"].append(float(makespan is not None))
        statistics["new_best"].append(float(makespan is not None and makespan < upper))
        statistics["makespan"].append(float(counted))
        names.append(shop["id"])
        codes.append("" if problem is None else problem.code)
    return units_table(
        unit=names,
        slices={axis: [value[name] for name in names] for axis, value in slices.items()},
        statistics={name: np.array(values, np.float64) for name, values in statistics.items()},
        rows=[1] * len(names),
        invalid=[int(code != "") for code in codes],
        code=codes,
    )


def bounded_metrics(*, reference: str, edition: str) -> tuple[Metric, Metric, Metric, Metric]:
    """Score, gap in percent, geometric mean of C / UB and share of feasible schedules.

    Args:
        reference: What R is, for the formula.
        edition: Of the bounds, for the formula.
    """
    score = mean_metric(
        "score",
        Text("Normalised score", "归一化得分"),
        unit="1",
        statistic="score",
        best=1.0,
        higher_is_better=True,
        formula=f"mean over instances of clip((R - C) / (R - UB), -1, 1); R: {reference}, UB: best known, {edition}",
        limits=(WORST_SCORE, 1.0),
        digits=3,
    )
    gap = mean_metric(
        "gap_percent",
        Text("Gap to best known", "与最优已知值的差距"),
        unit="%",
        statistic="gap_percent",
        best=0.0,
        higher_is_better=False,
        formula=f"mean over instances of 100 (C / UB - 1); UB: best known, {edition}",
        limits=(-100.0, np.inf),
        digits=1,
    )
    feasible = mean_metric(
        "feasible_share",
        Text("Feasible schedules", "可行排程占比"),
        unit="1",
        statistic="feasible",
        best=1.0,
        higher_is_better=True,
        formula="instances with a valid schedule / instances",
        limits=(0.0, 1.0),
        digits=3,
    )
    return score, gap, _ratio_metric(), feasible


def _ratio_metric() -> Metric:
    """Geometric mean of the makespan over the best known one: the exponential of a mean logarithm."""

    def value(total: FloatArray) -> FloatArray:
        ratio: FloatArray = np.exp(total[..., 0] / total[..., 1])
        return ratio

    def gradient(total: FloatArray) -> FloatArray:
        mean = total[..., 0] / total[..., 1]
        return np.exp(mean)[..., None] * np.stack([1 / total[..., 1], -mean / total[..., 1]], axis=-1)

    return Metric(
        name="ratio_geometric_mean",
        title=Text("Makespan over best known, geometric mean", "完工时间与最优已知值之比（几何平均）"),
        unit="1",
        best=1.0,
        higher_is_better=False,
        formula="exp(mean over instances of ln(C / UB))",
        statistics=("log_ratio", "rows"),
        value=value,
        gradient=gradient,
        limits=(0.0, np.inf),
        digits=3,
    )
