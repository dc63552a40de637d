"""Which unit a picture shows: one that all models show, chosen from sizes alone, or the one where a model did worst."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import pyarrow as pa

from ..harness.text import Text

__all__ = ["Choice", "common_row", "worst_unit"]


class Choice(NamedTuple):
    """For what role an exhibit shows its unit, and why this one."""

    role: Literal["common", "worst"]
    why: Text


def common_row(sizes: Sequence[float]) -> int:
    """The row that all models show: the first of the middle size (activities of a shop, life of a machine).

    >>> common_row([225, 225, 300, 300, 450, 600])  # the lower of the two middle sizes
    2
    """
    middle = sorted(sizes)[(len(sizes) - 1) // 2]
    return list(sizes).index(middle)


def worst_unit(units: pa.Table, statistic: str) -> tuple[str, float] | None:
    """The first unit with the lowest value of a statistic, and that value; None where all are equal."""
    values = units.column(statistic).to_pylist()
    lowest = min(values)
    return None if lowest == max(values) else (units.column("unit").to_pylist()[values.index(lowest)], lowest)
