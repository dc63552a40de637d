"""Reads flexible job shops out of ``scheduling`` input rows, as the simulator takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import numpy as np
import pyarrow as pa

from ....harness.errors import InterfaceError
from ..simulator.flexible import FlexibleShop

__all__ = ["read_flexible_shops"]


def read_flexible_shops(rows: pa.RecordBatch) -> list[FlexibleShop]:
    """The flexible job shops of a batch of ``scheduling`` inputs, in its order.

    A flexible job shop's activities have one or more modes that need one machine each; the precedences put each job's
    activities in one line and tie no two jobs together; no resource has room for two. A job shop is one too. Objective
    and tariff are not looked at.

    Raises:
        InterfaceError: A row is something else; the message names the row and what it has that no such shop has.
    """
    return [_read(row) for row in rows.to_pylist()]


def _read(row: Mapping[str, Any]) -> FlexibleShop:
    name = row["id"]
    if row["permutation"] or row["limit_kw"] is not None:
        _refuse(
            name, f"it has permutation {row['permutation']} and limit_kw {row['limit_kw']}, expected False and None"
        )
    if other := [c for c in row["capacities"] if c != 1]:
        _refuse(name, f"it has a resource of capacity {other[0]}, expected 1")
    activities = row["activities"]
    machines = len(row["capacities"])
    for number, activity in enumerate(activities):
        if not activity["modes"]:
            _refuse(name, f"activity {number} has no modes")
        for mode in activity["modes"]:
            demands = [(d["resource"], d["amount"]) for d in mode["demands"]]
            if len(demands) != 1 or demands[0][1] != 1 or not 0 <= demands[0][0] < machines or mode["duration"] < 0:
                _refuse(name, f"activity {number} has the mode {mode}, expected 1 unit of one of {machines} machines")
    routes = _routes(name, [a["job"] for a in activities], [(p["before"], p["after"]) for p in row["precedences"]])
    n, k = len(routes), max(map(len, routes), default=0)
    most = max((len(a["modes"]) for a in activities), default=0)
    duration, machine = np.zeros((n, k, most), np.int64), np.zeros((n, k, most), np.int64)
    modes, numbers = np.zeros((n, k), np.int64), np.full((n, k), -1, np.int64)
    for j, route in enumerate(routes):
        for o, number in enumerate(route):
            own = activities[number]["modes"]
            modes[j, o], numbers[j, o] = len(own), number
            duration[j, o, : len(own)] = [mode["duration"] for mode in own]
            machine[j, o, : len(own)] = [mode["demands"][0]["resource"] for mode in own]
    return FlexibleShop(name, duration, machine, modes, numbers, machines)


def _routes(name: str, job: Sequence[int], pairs: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Activity numbers per job in the order of its route, jobs in the order of their ids."""
    behind: dict[int, int] = {}
    preceded: set[int] = set()
    for before, after in pairs:
        if not (0 <= before < len(job) and 0 <= after < len(job)):
            _refuse(name, f"a precedence {before} -> {after} names an activity that is not there")
        if job[before] != job[after]:
            _refuse(name, f"a precedence ties job {job[before]} to job {job[after]}")
        if before in behind or after in preceded:
            _refuse(name, f"job {job[before]} branches at the precedence {before} -> {after}")
        behind[before] = after
        preceded.add(after)
    routes = []
    for one in sorted(set(job)):
        own = [a for a in range(len(job)) if job[a] == one]
        route = [a for a in own if a not in preceded]
        if len(route) > 1:
            _refuse(name, f"job {one} has activities in no order")
        while route and route[-1] in behind:
            route.append(behind[route[-1]])
        if len(route) < len(own):
            _refuse(name, f"the precedences of job {one} form a circle")
        routes.append(route)
    return routes


def _refuse(name: str, what: str) -> NoReturn:
    raise InterfaceError(
        f"input row {name!r} is not a flexible job shop: {what}. These rules answer flexible job shops only; "
        "use another model here"
    )
