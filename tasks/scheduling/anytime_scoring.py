"""Scores of solvers against the clock: primal integral, final gap, and what the machine did meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from ...harness.codes import Problem
from ...harness.errors import ScoringError
from ...harness.metrics import Metric, mean_metric
from ...harness.text import Text
from ...harness.units import problem_columns, units_table
from ...harness.validation import Answers
from .shop_scoring import WORST_SCORE, checked_schedule, normalised_score, review_of
from .validator import Verdict

__all__ = [
    "PRIMAL_INTEGRAL",
    "SECONDARY",
    "JudgedTrace",
    "judged_traces",
    "primal_integral",
    "score_traces",
]


def primal_integral(seconds: Sequence[float], makespans: Sequence[int], *, upper_bound: int, budget_s: float) -> float:
    """Mean primal gap over the budget, unitless; 0 is best, lower is better.

    The gap is 1 before the first schedule, then ``(C - UB) / C`` of the shortest schedule so far, 0 for one that is
    shorter than UB. Berthold, Measuring the impact of primal heuristics, Operations Research Letters 41(6), 2013.

    Args:
        seconds: When each schedule arrived, in order, at most ``budget_s``.
        makespans: Of each, in time steps, over 0.
        upper_bound: Best known makespan, in time steps.
        budget_s: Length of the clock.

    >>> primal_integral([2.0, 6.0], [200, 125], upper_bound=100, budget_s=10.0)  # 2 s of 1, 4 s of 0.5, 4 s of 0.2
    0.48
    """
    total, gap, since = 0.0, 1.0, 0.0
    for at, makespan in zip(seconds, makespans, strict=True):
        total, since = total + gap * (at - since), at
        gap = min(gap, max(0.0, (makespan - upper_bound) / makespan))
    return (total + gap * (budget_s - since)) / budget_s


class JudgedTrace(NamedTuple):
    """One shop with all that a solver sent, judged.

    Attributes:
        shop: The input row as ``to_pylist`` gives it.
        reference: Its row of the references.
        answer: Its row of the predictions.
        valid: Seconds and makespan of the valid schedules, in order.
        best: Place in the trace of the first shortest valid schedule; None: there is none.
        invalid: How many schedules break a rule: they count as not sent.
        problem: Why no schedule counts; None where one does.
    """

    shop: dict[str, Any]
    reference: dict[str, Any]
    answer: dict[str, Any]
    valid: list[tuple[float, int]]
    best: int | None
    invalid: int
    problem: Problem | None


def judged_traces(answers: Answers, references: pa.Table) -> Iterator[JudgedTrace]:
    """The answers one by one, each schedule with the validator's verdict.

    Raises:
        ScoringError: An input has no reference.
        InvalidPredictionsError: A valid schedule ends before the frozen lower bound.
    """
    known = {row["id"]: row for row in references.to_pylist()}
    for row in range(answers.inputs.num_rows):
        (shop,) = answers.inputs.slice(row, 1).to_pylist()
        (answer,) = answers.predictions.slice(row, 1).to_pylist()
        if shop["id"] not in known:
            raise ScoringError(f"no reference for {shop['id']!r}; these inputs belong to other references")
        reference, problem = known[shop["id"]], answers.problems.get(row)
        valid: list[tuple[float, int]] = []
        best, least, invalid, first = None, 0, 0, problem
        for place, sent in enumerate([] if problem else answer["trace"]):
            verdict = Verdict(Problem("SB410", f"id {shop['id']!r}", sent["fault"]), None)
            if not sent["fault"]:
                verdict = checked_schedule(shop, sent["start"], sent["mode"], reference["lower_bound"])
            makespan = verdict.makespan
            if makespan is None:
                invalid, first = invalid + 1, first or verdict.problem
                continue
            if best is None or makespan < least:
                best, least = place, makespan
            valid.append((sent["seconds"], makespan))
        if valid:
            first = None
        elif first is None:
            found = f"nothing arrived within {shop['budget_s']:g} s; the solver's end: {answer['ended']}"
            first = Problem("SB410", f"id {shop['id']!r}", found)
        yield JudgedTrace(shop, reference, answer, valid, best, invalid, first)


def score_traces(
    answers: Answers, references: pa.Table, *, slices: Callable[[Mapping[str, Any]], Mapping[str, str]]
) -> pa.Table:
    """Per shop the statistics of the metrics of this module; a shop without a valid schedule has the primal integral 1.

    Args:
        answers: Validated by the harness.
        references: Columns ``id``, ``lower_bound``, ``upper_bound``, ``reference_makespan``, ``serial_makespan``.
        slices: An input row's value on each of the card's axes.

    Raises:
        ScoringError: An input has no reference.
    """
    units: list[str] = []
    problems: list[Problem | None] = []
    reviews: list[str] = []
    cuts: dict[str, list[str]] = {}
    columns: dict[str, list[float]] = {}
    for one in judged_traces(answers, references):
        budget_s, upper = one.shop["budget_s"], one.reference["upper_bound"]
        counted = min([one.reference["serial_makespan"], *(m for _, m in one.valid)])
        score = normalised_score(counted, reference_makespan=one.reference["reference_makespan"], upper_bound=upper)
        statistics = {
            "primal_integral": primal_integral(
                [at for at, _ in one.valid], [m for _, m in one.valid], upper_bound=upper, budget_s=budget_s
            ),
            "score": score if one.valid else WORST_SCORE,
            "gap_percent": 100 * (counted - upper) / upper,
            "reached": float(bool(one.valid) and counted <= upper),
            "new_best": float(bool(one.valid) and counted < upper),
            "first_s": one.valid[0][0] if one.valid else budget_s,
            "feasible": float(bool(one.valid)),
            "invalid_schedules": float(one.invalid),
            "schedules": float(len(one.valid)),
            "makespan": float(counted),
            "cpu_s": one.answer["cpu_s"],
            "wall_s": one.answer["wall_s"],
            "other_load": one.answer["other_load"],
        }
        for name, value in statistics.items():
            columns.setdefault(name, []).append(value)
        units.append(one.shop["id"])
        problems.append(one.problem)
        reviews.append(review_of(counted if one.valid else None, upper))
        for axis, cut in slices(one.shop).items():
            cuts.setdefault(axis, []).append(cut)
    return units_table(
        unit=units,
        slices=cuts,
        statistics={name: np.array(values, np.float64) for name, values in columns.items()},
        rows=[1] * len(units),
        **problem_columns(problems),
        review=reviews,
    )


def _mean(name: str, title: Text, statistic: str, formula: str, **more: Any) -> Metric:
    given: dict[str, Any] = {
        "unit": "1",
        "best": 0.0,
        "higher_is_better": False,
        "limits": (0.0, np.inf),
        "digits": 2,
    } | more
    return mean_metric(name, title, statistic=statistic, formula=formula, **given)


PRIMAL_INTEGRAL = _mean(
    "primal_integral",
    Text("Primal integral", "原始积分"),
    "primal_integral",
    "mean over instances of (1/T) * integral over the budget of the gap (C - UB) / C of the best schedule so far; "
    "1 before the first",
    limits=(0.0, 1.0),
    digits=4,
)
SECONDARY = (
    _mean(
        "gap_percent",
        Text("Gap to best known at the end", "结束时与最优已知值的差距"),
        "gap_percent",
        "mean over instances of 100 (C / UB - 1), C the best schedule within the budget, at most all operations one "
        "after another",
        unit="%",
        limits=(-100.0, np.inf),
        digits=1,
    ),
    _mean(
        "score",
        Text("Normalised score at the end", "结束时的归一化得分"),
        "score",
        "mean over instances of clip((R - C) / (R - UB), -1, 1); R: non-delay MWKR, UB: best known",
        best=1.0,
        higher_is_better=True,
        limits=(-1.0, 1.0),
        digits=3,
    ),
    _mean(
        "reached_share",
        Text("Best known makespan reached", "达到最优已知值的占比"),
        "reached",
        "instances with C <= UB / instances",
        best=1.0,
        higher_is_better=True,
        limits=(0.0, 1.0),
        digits=3,
    ),
    _mean(
        "first_schedule_s",
        Text("Time to the first schedule", "得到首个排程的时间"),
        "first_s",
        "mean over instances of the seconds until a valid schedule arrived; the budget where none did",
        unit="s",
    ),
    _mean(
        "feasible_share",
        Text("Instances with a valid schedule", "有可行排程的实例占比"),
        "feasible",
        "instances with a valid schedule within the budget / instances",
        best=1.0,
        higher_is_better=True,
        limits=(0.0, 1.0),
        digits=3,
    ),
    _mean(
        "cores_used",
        Text("Processor cores that the solver used", "求解器占用的处理器核数"),
        "cpu_s",
        "processor seconds of the solver / wall seconds, over all instances",
        count="wall_s",
        unit="cores",
    ),
    _mean(
        "other_load",
        Text("Cores busy with other work meanwhile", "期间其他工作占用的核数"),
        "other_load",
        "mean over instances of processor seconds of everything but the solver / wall seconds; the work of a solver "
        "that answers at once is not told apart from it",
        unit="cores",
    ),
)
"""Shown beside the primal integral, with the load: figures by the clock mean nothing without it."""
