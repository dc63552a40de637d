"""Scores of ``choice`` with one question per row and one right option: what is named, rightly or not, per unit.

Letters: n = rows, u = units, c = labels.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ...harness.metrics import FloatArray, Metric, macro_f1_metric, micro_f1_metric
from ...harness.references import problems_by_unit
from ...harness.text import Text
from ...harness.validation import Answers
from ..confusion_pictures import NOTHING
from .choice_reading import cut_rows, cut_share_metric

__all__ = ["LabelMetrics", "label_metrics", "label_scores", "named_labels"]

IntArray = npt.NDArray[np.int64]


class LabelMetrics(NamedTuple):
    """The metrics of a card, as it takes them."""

    primary: Metric
    secondary: tuple[Metric, Metric]


def label_metrics(*, occurring: str, of_all: str, micro: Text, cut: Text, cut_formula: str) -> LabelMetrics:
    """Macro-F1 over the labels that occur; micro-F1 over all and the share that a model did not read beside it.

    Args:
        occurring: Which labels the macro-F1 is a mean over, as a formula says it.
        of_all: All labels, likewise.
        micro: Title of the micro-F1.
        cut: Title of that share.
        cut_formula: Its formula.
    """
    macro = macro_f1_metric(
        "macro_f1",
        Text("Macro-F1", "宏平均 F1"),
        formula=f"mean over the {occurring} that occur in the test set of 2·tp / (2·tp + fp + fn)",
    )
    whole = micro_f1_metric("micro_f1", micro, formula=f"2·Σtp / (2·Σtp + Σfp + Σfn) over all {of_all}")
    return LabelMetrics(macro, (whole, cut_share_metric(cut, formula=cut_formula)))


def label_scores(answers: Answers, truth: IntArray, unit: IntArray, *, units: int, labels: int) -> dict[str, Any]:
    """Counts per unit and label; the answer is the option with the greatest probability, the first one of equals.

    A row without a usable answer is a false negative of its label and nobody's false positive.

    Returns:
        What ``units_table`` takes: ``statistics`` with ``tp``, ``fp`` and ``fn`` of shape ``(u, c)``, and ``cut`` of
        shape ``(u,)`` where it is told; ``rows``, ``invalid`` and ``code`` per unit.

    Args:
        answers: As given to a task's ``score``; options in the order of the labels.
        truth: Number of the right label, shape ``(n,)``.
        unit: Number of the unit, shape ``(n,)``.
        units: u.
        labels: c.
    """
    guess = named_labels(answers)
    usable = guess != NOTHING
    right = guess == truth

    def counts(rows: npt.NDArray[np.bool_], label: IntArray) -> FloatArray:
        flat = np.bincount(unit[rows] * labels + label[rows], minlength=units * labels)
        return flat.reshape(units, labels).astype(np.float64)

    cut = cut_rows(answers)
    told = {} if cut is None else {"cut": np.bincount(unit[cut], minlength=units).astype(np.float64)}
    counted = {"tp": counts(right, truth), "fp": counts(usable & ~right, guess), "fn": counts(~right, truth)}
    return {"statistics": told | counted} | problems_by_unit(answers, unit, units=units)._asdict()


def named_labels(answers: Answers) -> IntArray:
    """Number of the answered option per row, the first one of equals, shape ``(n,)``; ``NOTHING`` if not usable."""
    probability = answers.predictions.column("probability")
    guess = np.full(len(probability), NOTHING, np.int64)
    for row in np.flatnonzero(~np.isin(np.arange(len(guess)), list(answers.problems))):
        guess[row] = int(np.argmax(probability[int(row)].as_py()[0]))  # argmax takes the first of equals
    return guess
