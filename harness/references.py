"""References joined to what they are the references of, and problems of rows by unit: what scores begin with."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .errors import ScoringError
from .validation import Answers

__all__ = ["UnitProblems", "problems_by_unit", "reference_rows", "references_in_order"]

IntArray = npt.NDArray[np.int64]


def references_in_order(answers: Answers, references: pa.Table) -> pa.Table:
    """The reference of every input, in the order of the inputs; references of inputs that were not asked are left out.

    Raises:
        ScoringError: An input has none.
    """
    place = {one: row for row, one in enumerate(references.column("id").to_pylist())}
    ids = answers.inputs.column("id").to_pylist()
    if missing := [one for one in ids if one not in place]:
        raise ScoringError(f"no reference for {missing[:5]}; these inputs belong to other references")
    return references.take(pa.array([place[one] for one in ids], pa.int64()))


def reference_rows(answers: Answers, references: pa.Table) -> list[dict[str, Any]]:
    """The same as Python values, a mapping per input."""
    rows: list[dict[str, Any]] = references_in_order(answers, references).to_pylist()
    return rows


class UnitProblems(NamedTuple):
    """What ``units_table`` takes where a unit has several answers.

    Attributes:
        rows: Answers per unit.
        invalid: Those of them that broke a rule.
        code: The code of the first of those, or an empty string.
    """

    rows: list[int]
    invalid: list[int]
    code: list[str]


def problems_by_unit(answers: Answers, unit: IntArray, *, units: int) -> UnitProblems:
    """Counts answers and broken ones per unit.

    Args:
        answers: As given to a task's ``score``.
        unit: Number of each answer's unit, shape ``(n,)``.
        units: How many there are.
    """
    broken = sorted(answers.problems)
    code = [""] * units
    for row in reversed(broken):
        code[int(unit[row])] = answers.problems[row].code
    return UnitProblems(
        rows=np.bincount(unit, minlength=units).tolist(),
        invalid=np.bincount(unit[np.array(broken, np.int64)], minlength=units).tolist(),
        code=code,
    )
