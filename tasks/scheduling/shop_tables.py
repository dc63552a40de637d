"""Shops of every kind as rows of the ``scheduling`` inputs: modes, resources of any capacity, any precedences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from ...harness.interfaces import scheduling_inputs

__all__ = ["Mode", "Shop", "shop_table"]


class Mode(NamedTuple):
    """One way of doing an activity.

    Attributes:
        duration: Time steps.
        demands: Resource number (from 0) and units held of it, one pair per resource.
    """

    duration: int
    demands: tuple[tuple[int, int], ...]


class Shop(NamedTuple):
    """One shop or project; activities are numbered from 0 in the order of ``job`` and ``modes``.

    Attributes:
        name: The row's id.
        job: The job of each activity.
        modes: The modes of each activity.
        precedences: Pairs of activity numbers; the first ends before the second starts.
        capacities: Units there are of each resource.
        permutation: Whether all machines process the jobs in one order.
    """

    name: str
    job: Sequence[int]
    modes: Sequence[Sequence[Mode]]
    precedences: Sequence[tuple[int, int]]
    capacities: Sequence[int]
    permutation: bool = False


def shop_table(shops: Sequence[Shop]) -> pa.Table:
    """``scheduling`` inputs with one row per shop; power is unknown (null), the objective is ``makespan``."""
    schema = scheduling_inputs(time_unit="time steps")
    kind = {field.name: field.type for field in schema}
    mode_type = kind["activities"].value_type.field("modes").type
    demand_type = mode_type.value_type.field("demands").type
    activities = [modes for shop in shops for modes in shop.modes]
    modes = [mode for own in activities for mode in own]
    demands = [demand for mode in modes for demand in mode.demands]
    pairs = [pair for shop in shops for pair in shop.precedences]

    demand_array = _structs(demand_type.value_type, [[r for r, _ in demands], [amount for _, amount in demands]])
    demand_lists = _lists(demand_type, [len(mode.demands) for mode in modes], demand_array)
    mode_array = _structs(mode_type.value_type, [[m.duration for m in modes], demand_lists, [None] * len(modes)])
    mode_lists = _lists(mode_type, list(map(len, activities)), mode_array)
    activity_array = _structs(kind["activities"].value_type, [[j for shop in shops for j in shop.job], mode_lists])
    pair_array = _structs(kind["precedences"].value_type, [[b for b, _ in pairs], [a for _, a in pairs]])
    n = len(shops)
    columns = {
        "id": pa.array([s.name for s in shops], kind["id"]),
        "activities": _lists(kind["activities"], [len(s.modes) for s in shops], activity_array),
        "precedences": _lists(kind["precedences"], [len(s.precedences) for s in shops], pair_array),
        "capacities": pa.array([list(s.capacities) for s in shops], kind["capacities"]),
        "permutation": pa.array([s.permutation for s in shops], kind["permutation"]),
        "objective": pa.array(["makespan"] * n, kind["objective"]),
        "tariff": pa.array([[] for _ in shops], kind["tariff"]),
        "limit_kw": pa.array([None] * n, kind["limit_kw"]),
    }
    return pa.table([columns[name] for name in schema.names], schema=schema)


def _structs(kind: pa.StructType, children: Sequence[pa.Array | list[int] | list[None]]) -> pa.StructArray:
    fields = list(kind)
    arrays = [
        c if isinstance(c, pa.Array) else pa.array(c, field.type) for c, field in zip(children, fields, strict=True)
    ]
    return pa.StructArray.from_arrays(arrays, fields=fields)


def _lists(kind: pa.ListType, lengths: list[int], values: pa.Array) -> pa.ListArray:
    offsets = pa.array(np.cumsum([0, *lengths]), pa.int32())
    return pa.ListArray.from_arrays(offsets, values, type=kind)
