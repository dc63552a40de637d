"""Exhibits of scores that call for an alarm: precision over recall of all rows, and anomaly scores over one run.

Letters: n = rows, t = steps, k = steps of a curve.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ...harness.codes import Problem
from ...harness.exhibits import BrokenRule, Column, Exhibit, ExhibitTable, Quantity
from ...harness.metrics import FloatArray
from ...harness.rank_metrics import weighted_average_precision
from ...harness.text import Text
from ..exhibit_choice import Choice
from .anomaly_metrics import events_of

__all__ = [
    "MOST_CURVE_STEPS",
    "MOST_RUN_STEPS",
    "ScoredRun",
    "precision_recall_exhibit",
    "precision_recall_steps",
    "run_course",
    "thinned_steps",
]

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

MOST_CURVE_STEPS = 200
MOST_RUN_STEPS = 1_200
"""Of a run without and with its normal part, so that a run of a usual length is drawn step by step."""

_LARGEST = 1e300  # a score beyond it is held as this
_TEST_SET = "test set"
_DAY_S = 86_400.0


def precision_recall_steps(score: FloatArray, positive: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Recall and precision of the steps whose area is the average precision, both of shape ``(k,)``, k <= 200.

    Every distinct score that finds a positive is a threshold; it adds a step from the recall of the one before. Steps
    that begin within the same two-hundredth of recall are merged: a merged step has the mean precision over its
    recall, so that the area stays the same, whatever is thinned.

    >>> [a.round(3).tolist() for a in precision_recall_steps(np.array([3.0, 2, 1]), np.array([True, False, True]))]
    [[0.5, 1.0], [1.0, 0.667]]
    """
    order = np.argsort(-score, kind="stable")
    last = np.flatnonzero(np.r_[np.diff(score[order]) != 0, True])  # where each distinct score ends
    true = np.cumsum(positive[order])[last]
    gain = np.diff(true, prepend=0) / true[-1]
    found = gain > 0
    gain, precision = gain[found], (true / (last + 1))[found]
    recall = np.cumsum(gain)
    place = np.minimum((recall - gain) * MOST_CURVE_STEPS + 1e-9, MOST_CURVE_STEPS - 1).astype(np.int64)
    first = np.flatnonzero(np.diff(place, prepend=-1))
    ends = np.r_[first[1:], len(place)] - 1
    area = np.add.reduceat(gain * precision, first)
    return np.minimum(recall[ends], 1.0), area / np.add.reduceat(gain, first)


def precision_recall_exhibit(
    score: FloatArray,
    positive: BoolArray,
    decided: BoolArray,
    *,
    problems: Mapping[int, Problem],
    positives: Text,
) -> Exhibit:
    """The precision-recall curve of a test set, with the model's own decisions as a point.

    Args:
        score: Greater means more likely positive, shape ``(n,)``; where a row has a problem, the score it counts as.
        positive: Whether the row is positive, shape ``(n,)``, at least one is.
        decided: Whether the row is decided for, shape ``(n,)``; where a row has a problem, as it counts.
        problems: Row to the rule that its answer breaks; where no answer is usable, the first is told instead.
        positives: What is looked for, plural.
    """
    n = len(score)
    title = Text(f"Precision and recall of {positives.en}", f"{positives.zh}的精确率与召回率")
    chosen = Text(
        f"All {n:,} rows of the test set, so that all models show the same ones.",
        f"测试集的全部 {n:,} 行，因此各模型所示相同。",
    )
    if len(problems) == n:
        first = BrokenRule.of(problems[min(problems)])
        return Exhibit(kind="curve", unit=_TEST_SET, role="common", title=title, chosen=chosen, broken=first)
    recall, precision = precision_recall_steps(score, positive)
    truth = positive.astype(np.float64)
    value = float(weighted_average_precision(score, truth, np.ones((1, n)))[0][0])
    counts = {"positives": int(positive.sum()), "rows": n} | ({"unusable": len(problems)} if problems else {})
    shares = {"average_precision": value, "positive_share": float(truth.mean())}
    if decided.any():
        hits = int((positive & decided).sum())
        shares |= {"decided_recall": hits / counts["positives"], "decided_precision": hits / int(decided.sum())}
    return Exhibit(
        kind="curve",
        unit=_TEST_SET,
        role="common",
        title=title,
        chosen=chosen,
        part=_MERGED if len(recall) < len(np.unique(score[positive])) else None,
        quantities=(
            *(Quantity(name=name, unit="1", value=round(share, 6)) for name, share in shares.items()),
            *(Quantity(name=name, unit="1", value=count) for name, count in counts.items()),
        ),
        tables=(
            ExhibitTable(
                name="steps",
                columns=tuple(
                    Column(name=name, unit="1", values=tuple(np.round(values, 6).tolist()))
                    for name, values in (("recall", recall), ("precision", precision))
                ),
            ),
        ),
    )


_MERGED = Text(
    f"Steps that begin within the same 1/{MOST_CURVE_STEPS} of recall are drawn as one of their mean precision: the "
    "area stays the same.",
    f"召回率起点落在同一 1/{MOST_CURVE_STEPS} 区间内的各段合并为一段，取其平均精确率：面积不变。",
)


class ScoredRun(NamedTuple):
    """One run with a model's scores.

    Attributes:
        name: Of the run.
        score: Per step, shape ``(t,)``; None where there is no usable answer.
        threshold: An alarm is a score above it behind the normal part.
        anomalous: The labels, shape ``(t,)``.
        normal_steps: First steps, which are not scored.
        step_s: Seconds between steps.
    """

    name: str
    score: FloatArray | None
    threshold: float
    anomalous: BoolArray
    normal_steps: int
    step_s: float


def thinned_steps(score: FloatArray, normal_steps: int, *, most: int = MOST_RUN_STEPS) -> IntArray:
    """The steps of a run that are drawn, rising: of every bucket of equal length the one with the highest score.

    So no peak is lost, and a bucket has an alarm where and only where its drawn step has one. Buckets begin anew behind
    the normal part: none holds steps of both. A run of at most ``most`` steps is drawn whole.

    >>> thinned_steps(np.array([0.0, 1, 0, 5, 9, 0]), 3, most=4).tolist()  # buckets of two: 0-1, 2, 3-4, 5
    [1, 2, 4, 5]
    """
    length = -(-len(score) // most)
    starts = np.r_[np.arange(0, normal_steps, length), np.arange(normal_steps, len(score), length)]
    ends = np.r_[starts[1:], len(score)]
    return np.array([a + int(np.argmax(score[a:b])) for a, b in zip(starts, ends, strict=True)], np.int64)


def run_course(run: ScoredRun, statistics: Mapping[str, Any], *, choice: Choice, problem: Problem | None) -> Exhibit:
    """Anomaly scores over a run, with the labelled stretches, the threshold and the alarms.

    Args:
        run: With the model's scores.
        statistics: The run's ``average_precision``, ``events``, ``found`` and ``false_onsets``.
        choice: Why this run is shown.
        problem: The rule that the answer breaks; then nothing is drawn.
    """
    title = Text(f"Anomaly score over run {run.name}", f"运行 {run.name} 的异常分数")
    if problem is not None or run.score is None:
        broken = BrokenRule.of(problem or Problem("SB307", run.name, "no score"))
        return Exhibit(kind="course", unit=run.name, role=choice.role, title=title, chosen=choice.why, broken=broken)
    score = np.clip(run.score, -_LARGEST, _LARGEST)
    steps = thinned_steps(score, run.normal_steps)
    alarm = (run.score > run.threshold) & (np.arange(len(score)) >= run.normal_steps)
    unit, seconds = ("days", _DAY_S) if len(score) * run.step_s > 2 * _DAY_S else ("s", 1.0)

    def times(places: IntArray) -> tuple[float, ...]:
        return tuple(np.round(places * run.step_s / seconds, 5).tolist())

    events = events_of(run.anomalous)
    columns = (
        Column(name="at", unit=unit, values=times(steps)),
        Column(name="value", unit="1", values=tuple(float(f"{one:.6g}") for one in score[steps])),
        Column(name="alarm", unit="1", values=tuple(alarm[steps].astype(int).tolist())),
    )
    counts = {"events": "events", "events_found": "found", "false_alarms": "false_onsets"}
    return Exhibit(
        kind="course",
        unit=run.name,
        role=choice.role,
        title=title,
        chosen=choice.why,
        part=_thinned(len(score), len(steps)),
        quantities=(
            Quantity(name="threshold", unit="1", value=float(f"{np.clip(run.threshold, -_LARGEST, _LARGEST):.6g}")),
            Quantity(name="normal_until", unit=unit, value=times(np.array([run.normal_steps]))[0]),
            Quantity(name="average_precision", unit="1", value=round(statistics["average_precision"], 6)),
            *(Quantity(name=name, unit="1", value=int(statistics[key])) for name, key in counts.items()),
        ),
        tables=(
            ExhibitTable(name="steps", columns=columns),
            ExhibitTable(
                name="stretches",
                columns=(
                    Column(name="first", unit=unit, values=times(events[:, 0])),
                    Column(name="last", unit=unit, values=times(events[:, 1] - 1)),
                ),
            ),
        ),
    )


def _thinned(steps: int, drawn: int) -> Text | None:
    if steps == drawn:
        return None
    length = -(-steps // MOST_RUN_STEPS)
    return Text(
        f"Of every {length} of the {steps:,} steps the one with the highest score is drawn: no peak and no alarm is "
        "lost.",
        f"共 {steps:,} 步，每 {length} 步仅绘制分数最高的一步：不丢失任何峰值或告警。",
    )
