"""Statistics and metrics of two-class cards: what a ranking, a decision and its cost come to.

Letters: n = rows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...harness.metrics import FloatArray, Metric, mean_metric, micro_f1_metric, share_metric
from ...harness.rank_metrics import average_precision_metric
from ...harness.text import Text
from ...harness.validation import Answers

__all__ = ["TwoClassAnswers", "TwoClassMetrics", "two_class_metrics", "two_class_statistics"]

BoolArray = npt.NDArray[np.bool_]
_PER = 1_000  # rows that costs are told per


class TwoClassAnswers(NamedTuple):
    """What a model said of the second class of a two-class head.

    Attributes:
        probability: Shape ``(n,)``; 0 where the row is not usable.
        decided: Whether the model decides for the second class: by its own threshold, else from 0.5, shape ``(n,)``.
        usable: Rows that break no rule, shape ``(n,)``.
    """

    probability: FloatArray
    decided: BoolArray
    usable: BoolArray

    @classmethod
    def of(cls, answers: Answers) -> TwoClassAnswers:
        """Reads the only head of a prediction table of ``classification``."""
        n = answers.predictions.num_rows
        usable = ~np.isin(np.arange(n), list(answers.problems))
        probability, decided = np.zeros(n), np.zeros(n, bool)
        said = _second(answers.predictions.column("probability"), usable)
        probability[usable] = said
        own = "decided" in answers.predictions.column_names
        decided[usable] = _second(answers.predictions.column("decided"), usable) if own else said >= 0.5
        return cls(probability, decided, usable)


def _second(column: pa.ChunkedArray, usable: BoolArray) -> npt.NDArray[np.float64]:
    values = column.filter(pa.array(usable)).combine_chunks().flatten().flatten()
    second: npt.NDArray[np.float64] = values.to_numpy(zero_copy_only=False).reshape(-1, 2)[:, 1]
    return second


def two_class_statistics(
    said: TwoClassAnswers, positive: BoolArray, *, miss_costs: tuple[int, ...]
) -> dict[str, FloatArray]:
    """What ``units_table`` takes as ``statistics``, one row per prediction.

    A row without a usable answer is never better off than any answer could be: it is ranked behind (or, of the negative
    class, before) all others, decided wrongly, and its squared error is 1.

    Args:
        said: What the model said, ``n`` rows.
        positive: Whether the second class is right, shape ``(n,)``.
        miss_costs: What a missed positive costs, in false alarms, for each ``cost_<r>``.

    Returns:
        ``score`` and ``positive`` for the ranking; ``tp``, ``fp``, ``fn``, ``positives``, ``negatives``;
        ``squared_error``; ``cost_<r>`` per miss cost, in false alarms per 1,000 rows. All of shape ``(n,)``.
    """
    decided = np.where(said.usable, said.decided, ~positive)
    missed, false = (positive & ~decided).astype(np.float64), (~positive & decided).astype(np.float64)
    truth = positive.astype(np.float64)
    return {
        "score": np.where(said.usable, said.probability, np.where(positive, -1.0, 2.0)),
        "positive": truth,
        "tp": (positive & decided).astype(np.float64),
        "fp": false,
        "fn": missed,
        "positives": truth,
        "negatives": 1.0 - truth,
        "squared_error": np.where(said.usable, (said.probability - truth) ** 2, 1.0),
    } | {f"cost_{ratio}": _PER * (false + ratio * missed) for ratio in miss_costs}


class TwoClassMetrics(NamedTuple):
    """The metrics over the columns of ``two_class_statistics``."""

    auprc: Metric
    f1: Metric
    recall: Metric
    false_alarm_share: Metric
    brier: Metric
    costs: tuple[Metric, ...]

    @property
    def secondary(self) -> tuple[Metric, ...]:
        """All but the primary one, in the order in which they are shown."""
        return (self.f1, self.recall, self.false_alarm_share, self.brier, *self.costs)


def two_class_metrics(*, miss_costs: tuple[int, ...], positives: Text, rows: Text) -> TwoClassMetrics:
    """The metrics of a two-class card.

    Args:
        miss_costs: As ``two_class_statistics`` was given them.
        positives: What the positive class is, for people, plural.
        rows: What the rows are, for people, plural.
    """
    return TwoClassMetrics(
        auprc=average_precision_metric(
            "auprc",
            Text("AUPRC (average precision)", "AUPRC（平均精确率）"),
            formula="mean over positives of the precision among rows that score at least as high",
        ),
        f1=micro_f1_metric(
            "f1",
            Text("F1 of the decision", "判定的 F1"),
            formula="2·tp / (2·tp + fp + fn); decided by the submission's threshold, else from probability 0.5",
        ),
        recall=share_metric(
            "recall",
            Text(f"Share of {positives.en} found", f"检出的{positives.zh}比例"),
            statistic="tp",
            count="positives",
            higher_is_better=True,
            formula="tp / (tp + fn)",
        ),
        false_alarm_share=share_metric(
            "false_alarm_share",
            Text("Share of false alarms among the others", "其余样本的误报比例"),
            statistic="fp",
            count="negatives",
            higher_is_better=False,
            formula="fp / (fp + tn)",
            digits=4,
        ),
        brier=share_metric(
            "brier",
            Text("Brier score", "Brier 得分"),
            statistic="squared_error",
            higher_is_better=False,
            formula="mean((p - y)^2)",
            digits=4,
        ),
        costs=tuple(_cost(ratio, rows) for ratio in miss_costs),
    )


def _cost(ratio: int, rows: Text) -> Metric:
    return mean_metric(
        f"cost_miss_{ratio}",
        Text(
            f"Cost per {_PER:,} {rows.en}, a miss at {ratio} false alarms",
            f"每 {_PER:,} {rows.zh}的代价（漏报计 {ratio} 次误报）",
        ),
        unit="false alarms",
        statistic=f"cost_{ratio}",
        best=0.0,
        higher_is_better=False,
        formula=f"{_PER:,} (fp + {ratio}·fn) / n",
        limits=(0.0, np.inf),
        digits=1,
    )
