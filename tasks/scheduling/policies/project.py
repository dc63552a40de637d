"""Reads projects out of ``scheduling`` input rows: one mode per activity, resources of any capacity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa

from ....harness.errors import InterfaceError
from .serial_generation import Project

__all__ = ["read_projects"]


def read_projects(rows: pa.RecordBatch) -> list[Project]:
    """The projects of a batch of ``scheduling`` inputs, in its order.

    A project's activities have one mode each; its precedences form no circle; every activity fits into the resources
    alone. A job shop is one too, its machines resources of capacity 1. Jobs, objective and tariff are not looked at.

    Raises:
        InterfaceError: A row is something else; the message names the row and what it has that no project has.
    """
    return [_read(row) for row in rows.to_pylist()]


def _read(row: Mapping[str, Any]) -> Project:
    name, activities, capacities = row["id"], row["activities"], row["capacities"]
    if row["permutation"] or row["limit_kw"] is not None:
        _refuse(name, f"it has permutation {row['permutation']} and limit_kw {row['limit_kw']}; neither is kept here")
    n, resources = len(activities), len(capacities)
    duration, demand = np.zeros(n, np.int64), np.zeros((n, resources), np.int64)
    for number, activity in enumerate(activities):
        if len(activity["modes"]) != 1:
            _refuse(name, f"activity {number} has {len(activity['modes'])} modes, expected 1")
        mode = activity["modes"][0]
        duration[number] = mode["duration"]
        for one in mode["demands"]:
            if not 0 <= one["resource"] < resources or one["amount"] < 0:
                _refuse(name, f"activity {number} has the demand {one} on {resources} resources")
            demand[number, one["resource"]] += one["amount"]
        if duration[number] < 0 or (duration[number] > 0 and (demand[number] > capacities).any()):
            _refuse(name, f"activity {number} takes {duration[number]} and needs more than there is or time backwards")
    successors: list[list[int]] = [[] for _ in activities]
    for pair in row["precedences"]:
        if not (0 <= pair["before"] < n and 0 <= pair["after"] < n):
            _refuse(name, f"the precedence {pair} names an activity that is not there")
        successors[pair["before"]].append(pair["after"])
    order = _order(name, successors)
    return Project(name, duration, demand, np.array(capacities, np.int64), successors, order)


def _order(name: str, successors: Sequence[Sequence[int]]) -> list[int]:
    """All activities, each behind its predecessors."""
    waiting_for = [0] * len(successors)
    for own in successors:
        for after in own:
            waiting_for[after] += 1
    order = [a for a, count in enumerate(waiting_for) if not count]
    for activity in order:  # grows while it is gone through
        for after in successors[activity]:
            waiting_for[after] -= 1
            if not waiting_for[after]:
                order.append(after)
    if len(order) < len(successors):
        stuck = next(a for a, count in enumerate(waiting_for) if count)
        _refuse(name, f"the precedences before activity {stuck} form a circle")
    return order


def _refuse(name: str, what: str) -> NoReturn:
    raise InterfaceError(
        f"input row {name!r} is not a project: {what}. These rules answer projects of one mode per activity only; "
        "use another model here"
    )
