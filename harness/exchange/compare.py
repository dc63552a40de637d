"""Two predictions of the same inputs beside each other, to see whether the answers come out again."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from ..records import Rerun

__all__ = ["difference"]

_CLOSE = 1e-4  # of the greater number's size: another machine rounds another way


def difference(first: pa.Table, second: pa.Table) -> Rerun:
    """How the rows of ``second`` differ from those of ``first`` with the same id.

    Numbers are compared by the size of the greater one, or by 1 where both are smaller; all else must be equal.

    Args:
        first: Whole predictions.
        second: Predictions for some of the same inputs.
    """
    names = [name for name in second.column_names if name != "id"]
    known = dict(zip(first.column("id").to_pylist(), first.select(names).to_pylist(), strict=True))
    greatest, differing = -math.inf, 0
    for one, row in zip(second.column("id").to_pylist(), second.select(names).to_pylist(), strict=True):
        apart = max(_apart(known[one], row), default=-math.inf)
        differing += apart > _CLOSE
        greatest = max(greatest, apart)
    return Rerun(
        asked=second.num_rows,
        differing=differing,
        greatest_difference=greatest if math.isfinite(greatest) else None,
    )


def _apart(one: Any, other: Any) -> Iterator[float]:
    """Distances of the numbers in two answers; infinite where something else differs."""
    if isinstance(one, float) and isinstance(other, float):
        yield 0.0 if one == other else abs(one - other) / max(abs(one), abs(other), 1.0)
    elif isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for name in one:
            yield from _apart(one[name], other[name])
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for left, right in zip(one, other, strict=True):
            yield from _apart(left, right)
    elif one != other:
        yield math.inf
