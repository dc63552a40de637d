"""What all tasks on shops score alike: a schedule's makespan against a best known one, with the validator's verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import comb
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from ...harness.codes import Problem
from ...harness.errors import ScoringError
from ...harness.interfaces import table_info
from ...harness.metrics import FloatArray, Metric, OfTotals, mean_metric, share_metric
from ...harness.text import Text
from ...harness.units import problem_columns, units_table
from ...harness.validation import Answers, InvalidPredictionsError
from .bounds import EDITION
from .simulator import IntArray
from .validator import Verdict, validate_schedule

__all__ = [
    "BEST_KNOWN",
    "FEASIBLE",
    "INSTANCE",
    "WORST_OF_MAKESPAN",
    "WORST_SCORE",
    "Judged",
    "MakespanMetrics",
    "best_known_metrics",
    "checked_schedule",
    "best_of",
    "judged_schedules",
    "makespan_metrics",
    "normalised_score",
    "review_of",
    "score_makespans",
    "shop_size",
    "simple_bound_gap",
]

INSTANCE = Text("instance", "实例")
WORST_SCORE = -1.0
WORST_OF_MAKESPAN = Text(
    "score; the gap is then that of the operations run one after another",
    "得分；差距则按所有工序依次串行执行计算",
)

FEASIBLE = share_metric(
    "feasible_share",
    Text("Feasible schedules", "可行排程占比"),
    statistic="feasible",
    higher_is_better=True,
    formula="instances with a valid schedule / instances",
)


def normalised_score(makespan: int, *, reference_makespan: int, upper_bound: int) -> float:
    """How far a schedule is on the way from the reference to the best known one, unitless; 1 is best, more is better.

    ``clip((R - C) / (R - UB), -1, 1)``; where the reference is the best known makespan, 1 for reaching it, else -1.

    >>> normalised_score(1361, reference_makespan=1491, upper_bound=1231)
    0.5
    """
    if reference_makespan == upper_bound:
        return 1.0 if makespan <= upper_bound else -1.0
    return max(-1.0, min(1.0, (reference_makespan - makespan) / (reference_makespan - upper_bound)))


class MakespanMetrics(NamedTuple):
    """Metrics of the columns that ``score_makespans`` writes."""

    score: Metric
    gap: Metric
    ratio: Metric
    feasible: Metric


def makespan_metrics(*, known: Text, detail: str = "", reference: str = "non-delay MWKR") -> MakespanMetrics:
    """The metrics of a task whose schedules are measured from a reference (0) to the makespans named (1).

    Args:
        known: What the upper bounds are, for people: ``best known``.
        detail: Goes behind it in the formula of the gap: an edition, a version.
        reference: What R is, for the formula of the score.
    """
    score = mean_metric(
        "score",
        Text("Normalised score", "归一化得分"),
        unit="1",
        statistic="score",
        best=1.0,
        higher_is_better=True,
        formula=f"mean over instances of clip((R - C) / (R - UB), -1, 1), where R = UB 1 for reaching it, else -1; "
        f"R: {reference}, UB: {known.en}",
        limits=(-1.0, 1.0),
        digits=3,
    )
    gap = mean_metric(
        "gap_percent",
        Text(f"Gap to {known.en}", f"与{known.zh}的差距"),
        unit="%",
        statistic="gap_percent",
        best=0.0,
        higher_is_better=False,
        formula=f"mean over instances of 100 (C / UB - 1); UB: {known.en}{detail}",
        limits=(-100.0, np.inf),
        digits=1,
    )
    return MakespanMetrics(score, gap, _ratio_metric(known), FEASIBLE)


def _ratio_metric(known: Text) -> Metric:
    """Geometric mean of the makespan over the upper bound: the exponential of a mean logarithm."""

    def value(total: FloatArray) -> FloatArray:
        ratio: FloatArray = np.exp(total[..., 0] / total[..., 1])
        return ratio

    def gradient(total: FloatArray) -> FloatArray:
        mean = total[..., 0] / total[..., 1]
        return np.exp(mean)[..., None] * np.stack([1 / total[..., 1], -mean / total[..., 1]], axis=-1)

    return Metric(
        name="ratio_geometric_mean",
        title=Text(f"Makespan over {known.en}, geometric mean", f"完工时间与{known.zh}之比（几何平均）"),
        unit="1",
        best=1.0,
        higher_is_better=False,
        formula="exp(mean over instances of ln(C / UB))",
        statistics=("log_ratio", "rows"),
        of=OfTotals(value, gradient),
        limits=(0.0, np.inf),
        digits=3,
    )


def simple_bound_gap(name: str, title: Text) -> Metric:
    """The mean gap of the makespan to ``lower_bounds.makespan_bound``, from a statistic of the metric's own name."""
    return mean_metric(
        name,
        title,
        unit="%",
        statistic=name,
        best=0.0,
        higher_is_better=False,
        formula="mean over instances of 100 (C / LB - 1); LB: longest job, or a machine's load with the least time "
        "before and behind it",
        limits=(0.0, np.inf),
        digits=1,
    )


def best_known_metrics(reference: str = "non-delay MWKR") -> MakespanMetrics:
    """The metrics of a task whose instances have published bounds of the current edition."""
    known = Text("best known", "最优已知值")
    return makespan_metrics(known=known, detail=f", bounds-{EDITION}", reference=reference)


BEST_KNOWN = best_known_metrics()
"""Metrics of the job-shop tasks whose instances have published bounds."""


class Judged(NamedTuple):
    """One answered shop.

    Attributes:
        shop: The input row as ``to_pylist`` gives it.
        reference: Its row of the references.
        start: Time step per activity; only to be read where there is no problem.
        mode: Mode number per activity; likewise.
        problem: The first rule that is broken; None: the schedule is valid.
        makespan: Recomputed, in time steps; None where the schedule is not valid.
        sampled: The makespans of all samples as the model told them, empty where it told none; only the schedule's own
            is checked.
    """

    shop: dict[str, Any]
    reference: dict[str, Any]
    start: list[int]
    mode: list[int]
    problem: Problem | None
    makespan: int | None
    sampled: list[int]


def checked_schedule(shop: Mapping[str, Any], start: Sequence[int], mode: Sequence[int], lower_bound: int) -> Verdict:
    """The validator's verdict on one schedule.

    Raises:
        InvalidPredictionsError: A valid schedule ends before the frozen lower bound: instance or bounds are wrong, and
            no model is to blame, so the cell fails and nothing is scored.
    """
    verdict = validate_schedule(shop, start, mode, lower_bound=lower_bound)
    if verdict.problem is not None and verdict.problem.code == "SB405":
        raise InvalidPredictionsError([verdict.problem])
    return verdict


def judged_schedules(answers: Answers, references: pa.Table) -> Iterator[Judged]:
    """The answers one by one, each with its reference and the validator's verdict.

    The references need the columns ``id`` and ``lower_bound`` (time steps).

    Raises:
        ScoringError: An input has no reference.
        InvalidPredictionsError: A valid schedule ends before the frozen lower bound.
    """
    known = {row["id"]: row for row in references.to_pylist()}
    starts, modes = answers.predictions.column("start"), answers.predictions.column("mode")
    told = answers.predictions.column("objectives") if "objectives" in answers.predictions.column_names else None
    for row in range(answers.inputs.num_rows):
        shop: dict[str, Any] = answers.inputs.slice(row, 1).to_pylist()[0]  # one at a time: a row may be large
        if shop["id"] not in known:
            raise ScoringError(f"no reference for {shop['id']!r}; these inputs belong to other references")
        reference = known[shop["id"]]
        start, mode = starts[row].as_py(), modes[row].as_py()
        problem, makespan = answers.problems.get(row), None
        if problem is None:
            problem, makespan = checked_schedule(shop, start, mode, reference["lower_bound"])
        sampled = told[row].as_py() if told is not None else None
        if sampled and makespan is not None and min(sampled) != makespan:
            found = f"the least of {len(sampled)} objectives told is {min(sampled)}, the schedule ends at {makespan}"
            problem, makespan = Problem("SB407", f"id {shop['id']!r}", found), None
        yield Judged(shop, reference, start, mode, problem, makespan, sampled or [])


def review_of(makespan: int | None, upper_bound: int) -> str:
    """Why a valid schedule is to be looked at: it undercuts the best known makespan; empty where it does not."""
    if makespan is None or makespan >= upper_bound:
        return ""
    return f"makespan {makespan} is below the best known {upper_bound}"


def shop_size(shop: Mapping[str, Any]) -> str:
    """Jobs by machines of an input row, as in ``15x15``."""
    return f"{len({activity['job'] for activity in shop['activities']})}x{len(shop['capacities'])}"


def best_of(sampled: Sequence[int] | IntArray, size: int) -> float:
    """Mean least of ``size`` of the sampled objectives, drawn without putting back; of all there are, if fewer.

    The i-th least of k is the least of the drawn ones in C(k - i, size - 1) of the C(k, size) ways to draw them.

    >>> best_of([10, 20, 30], 2)  # 10, 10 and 20 of the three pairs
    13.333333333333334
    """
    ordered = sorted(int(one) for one in sampled)
    k, size = len(ordered), min(size, len(ordered))
    ways = comb(k, size)
    return sum(one * (comb(k - i, size - 1) / ways) for i, one in enumerate(ordered, 1))


def score_makespans(
    answers: Answers,
    references: pa.Table,
    *,
    slices: Callable[[Mapping[str, Any]], Mapping[str, str]],
    simple_bound: bool = False,
    more: Mapping[str, Sequence[float]] = MappingProxyType({}),
) -> pa.Table:
    """Per shop: score, gap, logarithm of the ratio to the upper bound, feasibility, ``new_best`` and makespan.

    On a track with samples also ``gap_percent_of_best``: the gap expected of the best of 1, 2, 4, ... of them.
    A schedule that breaks a rule counts as score -1 and as the serial makespan, and so does no valid one count as
    more. ``new_best`` is 1 for a valid schedule under the frozen upper bound: its score stays 1, and where that bound
    is the best known makespan of the literature (no ``simple_bound``), the shop is flagged for review.

    Args:
        answers: Validated by the harness.
        references: Columns ``id``, ``lower_bound``, ``upper_bound``, ``reference_makespan``, ``serial_makespan``.
        slices: An input row's value on each of the card's axes.
        simple_bound: Also writes ``bound_gap_percent``, the gap to the references' column ``simple_bound``.
        more: Further statistics, one value per input row.

    Raises:
        ScoringError: An input has no reference.
    """
    names = ["score", "gap_percent", "log_ratio", "feasible", "new_best", "makespan"]
    names += ["bound_gap_percent"] if simple_bound else []
    statistics: dict[str, list[float]] = {name: [] for name in names}
    units: list[str] = []
    problems: list[Problem | None] = []
    reviews: list[str] = []
    cuts: dict[str, list[str]] = {}
    samples = int(table_info(answers.inputs.schema).get("samples", 1))
    sizes = [1 << power for power in range(samples.bit_length())] if samples > 1 else []
    curves: list[list[float]] = []
    for shop, reference, _, _, problem, makespan, sampled in judged_schedules(answers, references):
        serial, upper = reference["serial_makespan"], reference["upper_bound"]
        counted = serial if makespan is None else min(makespan, serial)
        score = normalised_score(counted, reference_makespan=reference["reference_makespan"], upper_bound=upper)
        statistics["score"].append(WORST_SCORE if makespan is None else score)
        statistics["gap_percent"].append(100 * (counted - upper) / upper)
        statistics["log_ratio"].append(float(np.log(counted / upper)))
        statistics["feasible"].append(float(makespan is not None))
        statistics["new_best"].append(float(makespan is not None and makespan < upper))
        statistics["makespan"].append(float(counted))
        if sizes:
            told = np.minimum(sampled if makespan is not None and sampled else [counted], serial)
            curves.append([100 * (best_of(told, size) - upper) / upper for size in sizes])
        if simple_bound:
            bound = reference["simple_bound"]
            statistics["bound_gap_percent"].append(100 * (counted - bound) / bound)
        units.append(shop["id"])
        problems.append(problem)
        reviews.append("" if simple_bound else review_of(makespan, upper))
        for axis, cut in slices(shop).items():
            cuts.setdefault(axis, []).append(cut)
    return units_table(
        unit=units,
        slices=cuts,
        statistics={name: np.array(values, np.float64) for name, values in statistics.items()}
        | ({"gap_percent_of_best": np.array(curves, np.float64)} if sizes else {})
        | {name: np.array(values, np.float64) for name, values in more.items()},
        rows=[1] * len(units),
        **problem_columns(problems),
        review=reviews,
    )
