"""Statistics and metrics of cards with one independent head: which of many labels are right, decided and ranked.

Letters: n = rows, c = classes, u = units.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...harness.metrics import FloatArray, Metric, macro_f1_metric, micro_f1_metric, share_metric
from ...harness.text import Text
from ...harness.validation import Answers

__all__ = ["LabelAnswers", "LabelMetrics", "label_metrics", "label_statistics", "ranking_precision"]

BoolArray = npt.NDArray[np.bool_]
_ROWS_AT_ONCE = 4_096


class LabelAnswers(NamedTuple):
    """What a model said of the classes of an independent head.

    Attributes:
        probability: Shape ``(n, c)``; 0 where the row is not usable.
        decided: Whether the model decides for a class: by its own threshold, else from 0.5, shape ``(n, c)``.
        usable: Rows that break no rule, shape ``(n,)``.
    """

    probability: FloatArray
    decided: BoolArray
    usable: BoolArray

    @classmethod
    def of(cls, answers: Answers, classes: int) -> LabelAnswers:
        """Reads the only head of a prediction table of ``classification``."""
        n = answers.predictions.num_rows
        usable = ~np.isin(np.arange(n), list(answers.problems))
        probability, decided = np.zeros((n, classes)), np.zeros((n, classes), bool)

        def flat(name: str) -> npt.NDArray[np.float64]:
            values = answers.predictions.column(name).combine_chunks().filter(usable).flatten().flatten()
            shaped: npt.NDArray[np.float64] = values.to_numpy(zero_copy_only=False).reshape(-1, classes)
            return shaped

        probability[usable] = flat("probability")
        own = "decided" in answers.predictions.column_names
        decided[usable] = flat("decided") if own else probability[usable] >= 0.5
        return cls(probability, decided, usable)


def ranking_precision(score: FloatArray, right: BoolArray) -> FloatArray:
    """Label ranking average precision of each row, shape ``(n,)``; 1 is best, higher is better.

    The mean over a row's right classes of the share of right ones among the classes that score at least as high. A row
    without a right class cannot be ranked wrongly and has 1.

    Args:
        score: Shape ``(n, c)``, finite.
        right: Shape ``(n, c)``.

    Source: scikit-learn's ``label_ranking_average_precision_score`` (2015), whose mean over rows this is.

    >>> ranking_precision(np.array([[0.9, 0.8, 0.3]]), np.array([[True, False, True]])).round(4)  # (1/1 + 2/3) / 2
    array([0.8333])
    """
    classes = score.shape[1]
    order = np.argsort(-score, axis=1, kind="stable")
    ranked, truth = np.take_along_axis(score, order, axis=1), np.take_along_axis(right, order, axis=1)
    # Equal scores stand together: each has the place of the last one among them.
    last = np.where(np.diff(ranked, axis=1, append=np.nan) != 0, np.arange(classes), classes)
    place = np.minimum.accumulate(last[:, ::-1], axis=1)[:, ::-1]
    found = np.take_along_axis(np.cumsum(truth, axis=1), place, axis=1) / (place + 1)
    count = truth.sum(axis=1)
    mean: FloatArray = np.where(count > 0, (found * truth).sum(axis=1) / np.maximum(count, 1), 1.0)
    return mean


def label_statistics(
    said: LabelAnswers, right: BoolArray, unit: npt.NDArray[np.int64], units: int
) -> dict[str, FloatArray]:
    """What ``units_table`` takes as ``statistics``, summed over the rows of each unit.

    A row without a usable answer is decided wrongly in every class and ranked as badly as can be (0).

    Args:
        said: What the model said, ``n`` rows.
        right: Which classes are right, shape ``(n, c)``.
        unit: Number of each row's unit, shape ``(n,)``.
        units: How many units there are, ``u``.

    Returns:
        ``tp``, ``fp``, ``fn`` of shape ``(u, c)``; ``ranking`` (sums of ``ranking_precision``) of shape ``(u,)``.
    """
    decided = np.where(said.usable[:, None], said.decided, ~right)
    parts = [
        ranking_precision(said.probability[at : at + _ROWS_AT_ONCE], right[at : at + _ROWS_AT_ONCE])
        for at in range(0, len(right), _ROWS_AT_ONCE)
    ]
    ranking = np.where(said.usable, np.concatenate(parts), 0.0)

    def summed(values: BoolArray) -> FloatArray:
        total = np.zeros((units, right.shape[1]))
        np.add.at(total, unit, values)
        return total

    return {
        "tp": summed(decided & right),
        "fp": summed(decided & ~right),
        "fn": summed(~decided & right),
        "ranking": np.bincount(unit, weights=ranking, minlength=units).astype(np.float64),
    }


class LabelMetrics(NamedTuple):
    """The metrics over the columns of ``label_statistics``."""

    micro_f1: Metric
    macro_f1: Metric
    ranking: Metric

    @property
    def secondary(self) -> tuple[Metric, ...]:
        """All but the primary one, in the order in which they are shown."""
        return (self.macro_f1, self.ranking)


def label_metrics() -> LabelMetrics:
    """The metrics of a card with one independent head."""
    return LabelMetrics(
        micro_f1=micro_f1_metric(
            "micro_f1",
            Text("Micro-F1 of the decisions", "判定的微平均 F1"),
            formula="2·Σtp / (2·Σtp + Σfp + Σfn); decided by the submission's threshold, else from probability 0.5",
        ),
        macro_f1=macro_f1_metric(
            "macro_f1",
            Text("Macro-F1 of the decisions", "判定的宏平均 F1"),
            formula="mean over the classes that occur in the test set of 2·tp / (2·tp + fp + fn)",
        ),
        ranking=share_metric(
            "lrap",
            Text("Label ranking average precision", "标签排序平均精确率"),
            statistic="ranking",
            higher_is_better=True,
            formula="mean over rows and their right classes of the share of right ones among those ranked as high",
        ),
    )
