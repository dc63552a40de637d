"""Frozen bounds of flexible shops, flow shops and projects, and the references made of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pyarrow as pa

from ...harness.errors import DataError
from .validator import serial_makespan

__all__ = ["FrozenBounds", "bounded_references", "frozen_bounds"]


class FrozenBounds(NamedTuple):
    """What is known about one instance, in time steps.

    Attributes:
        lower_bound: No schedule is shorter.
        upper_bound: Makespan of the best known schedule; equal to ``lower_bound`` where it is proven optimal.
        reference_makespan: Of the card's floor: score 0.
        sha256: Identity of the instance, since public copies of one name differ.
        source: Key of the file's ``sources``: where the bounds were read.
        date: Of that source, or when it was read where it has none; ``YYYY-MM-DD`` or ``YYYY-MM``.
    """

    lower_bound: int
    upper_bound: int
    reference_makespan: int
    sha256: str
    source: str
    date: str

    @property
    def is_proven(self) -> bool:
        """Whether the best known schedule is known to be optimal."""
        return self.lower_bound == self.upper_bound


@cache
def frozen_bounds(file: str) -> Mapping[str, FrozenBounds]:
    """Instance name to its bounds, in the order of a file beside this module; an edition never changes.

    Raises:
        DataError: An instance names a source that the file does not describe.
    """
    table = json.loads(Path(__file__).with_name(file).read_text(encoding="utf-8"))
    bounds = {name: FrozenBounds(**one) for name, one in table["instances"].items()}
    for name, one in bounds.items():
        if one.source not in table["sources"]:
            raise DataError(f"{file}: {name} has the source {one.source!r}, which is not among {[*table['sources']]}")
    return MappingProxyType(bounds)


def bounded_references(inputs: pa.Table, bounds: Mapping[str, FrozenBounds]) -> pa.Table:
    """Time steps per shop: bounds, reference makespan, and ``serial_makespan``, which no counted makespan exceeds."""
    rows = inputs.to_pylist()
    known = [bounds[row["id"]] for row in rows]
    columns: dict[str, list[int]] = {
        "lower_bound": [b.lower_bound for b in known],
        "upper_bound": [b.upper_bound for b in known],
        "reference_makespan": [b.reference_makespan for b in known],
        "serial_makespan": [serial_makespan(row) for row in rows],
    }
    return pa.table(
        {"id": pa.array([row["id"] for row in rows], pa.string())}
        | {name: pa.array(values, pa.int64()) for name, values in columns.items()}
    )
