"""Scores of ``choice`` with one question per row and one right option: what is named, rightly or not, per unit.

Letters: n = rows, u = units, c = labels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...harness.errors import ScoringError
from ...harness.metrics import FloatArray
from ...harness.validation import Answers
from .choice_reading import cut_rows

__all__ = ["LabelScores", "label_scores", "references_of"]

IntArray = npt.NDArray[np.int64]


class LabelScores(NamedTuple):
    """What ``units_table`` takes, per unit.

    Attributes:
        statistics: ``tp``, ``fp`` and ``fn`` of shape ``(u, c)``, and ``cut`` of shape ``(u,)`` where it is told.
        rows: Answers per unit.
        invalid: Those of them that broke a rule.
        code: The first code of those.
    """

    statistics: dict[str, FloatArray]
    rows: list[int]
    invalid: list[int]
    code: list[str]


def references_of(answers: Answers, references: pa.Table) -> list[dict[str, Any]]:
    """The reference of every input, in the order of the inputs.

    Raises:
        ScoringError: An input has none.
    """
    known: Mapping[str, dict[str, Any]] = {row["id"]: row for row in references.to_pylist()}
    ids = answers.inputs.column("id").to_pylist()
    if missing := [one for one in ids if one not in known]:
        raise ScoringError(f"no reference for {missing[:5]}; these inputs belong to other references")
    return [known[one] for one in ids]


def label_scores(answers: Answers, truth: IntArray, unit: IntArray, *, units: int, labels: int) -> LabelScores:
    """Counts per unit and label; the answer is the option with the greatest probability, the first one of equals.

    A row without a usable answer is a false negative of its label and nobody's false positive.

    Args:
        answers: As given to a task's ``score``; options in the order of the labels.
        truth: Number of the right label, shape ``(n,)``.
        unit: Number of the unit, shape ``(n,)``.
        units: u.
        labels: c.
    """
    usable = ~np.isin(np.arange(len(truth)), list(answers.problems))  # (n,)
    guess = _first_of_the_best(answers.predictions.column("probability"), usable)
    right = usable & (guess == truth)

    def counts(rows: npt.NDArray[np.bool_], label: IntArray) -> FloatArray:
        flat = np.bincount(unit[rows] * labels + label[rows], minlength=units * labels)
        return flat.reshape(units, labels).astype(np.float64)

    cut = cut_rows(answers)
    told = {} if cut is None else {"cut": np.bincount(unit[cut], minlength=units).astype(np.float64)}
    return LabelScores(
        statistics=told
        | {"tp": counts(right, truth), "fp": counts(usable & ~right, guess), "fn": counts(~right, truth)},
        rows=np.bincount(unit, minlength=units).tolist(),
        invalid=np.bincount(unit[~usable], minlength=units).tolist(),
        code=_first_codes(answers, unit, units),
    )


def _first_of_the_best(probability: pa.ChunkedArray, usable: npt.NDArray[np.bool_]) -> IntArray:
    """Number of the answered option per row, shape ``(n,)``; 0 where the row is not usable."""
    guess = np.zeros(len(usable), np.int64)
    for row in np.flatnonzero(usable):
        guess[row] = int(np.argmax(probability[int(row)].as_py()[0]))  # argmax takes the first of equals
    return guess


def _first_codes(answers: Answers, unit: Sequence[int] | IntArray, units: int) -> list[str]:
    codes = [""] * units
    for row in sorted(answers.problems, reverse=True):
        codes[int(unit[row])] = answers.problems[row].code
    return codes
