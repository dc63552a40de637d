"""Reads job shops out of ``scheduling`` input rows, as integer arrays of jobs by operations."""

from __future__ import annotations

from typing import NamedTuple, NoReturn

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ....harness.errors import InterfaceError

__all__ = ["IntArray", "JobShop", "read_job_shops"]

IntArray = npt.NDArray[np.int64]


class JobShop(NamedTuple):
    """One job shop; n = jobs in the order of their ids, k = operations of the longest job in the order of its route.

    Attributes:
        id: The input row's.
        duration: Time steps, shape ``(n, k)``; 0 behind a job's last operation.
        machine: Resource number, shape ``(n, k)``; -1 behind a job's last operation.
        activity: Number of the activity in the input row, shape ``(n, k)``; -1 behind a job's last operation.
        operations: Operations per job, shape ``(n,)``.
    """

    id: str
    duration: IntArray
    machine: IntArray
    activity: IntArray
    operations: IntArray


def read_job_shops(rows: pa.RecordBatch) -> list[JobShop]:
    """The job shops of a batch of ``scheduling`` inputs, in its order.

    A job shop's activities have one mode that needs one machine; the precedences put each job's activities in one line
    and tie no two jobs together; no resource has room for two. A job may come to a machine more than once. Objective
    and tariff are not looked at.

    Raises:
        InterfaceError: A row is something else; the message names the row and what it has that no job shop has.
    """
    ids: list[str] = rows.column("id").to_pylist()
    for column, wanted, what in (("permutation", False, "a permutation shop"), ("limit_kw", None, "a power limit")):
        for row, value in enumerate(rows.column(column).to_pylist()):
            if value != wanted:
                _refuse(ids[row], f"it has {column} {value} ({what})")
    activities = rows.column("activities")
    count = _lengths(ids, activities)  # (rows,)
    first = np.cumsum(count) - count  # (rows,), number of a row's first activity in the batch
    names = np.repeat(np.arange(len(ids)), count)  # (activities,), the row of each activity
    flat = activities.flatten()
    job = _integers(ids, _child(flat, "job"), names, "job")
    modes = _only(ids, _child(flat, "modes"), names, first, "modes")
    duration = _integers(ids, _child(modes, "duration"), names, "duration")
    demands = _only(ids, _child(modes, "demands"), names, first, "resource demands")
    machine = _integers(ids, _child(demands, "resource"), names, "resource")
    amount = _integers(ids, _child(demands, "amount"), names, "amount")
    capacities, precedences = rows.column("capacities"), rows.column("precedences")
    resources, pairs = _lengths(ids, capacities), _lengths(ids, precedences)  # (rows,)
    pair_row = np.repeat(np.arange(len(ids)), pairs)
    capacity = _integers(ids, capacities.flatten(), np.repeat(np.arange(len(ids)), resources), "capacities")
    before = _integers(ids, _child(precedences.flatten(), "before"), pair_row, "before")
    after = _integers(ids, _child(precedences.flatten(), "after"), pair_row, "after")
    room = np.repeat(np.arange(len(ids)), resources)
    for values, good, owner, what in (
        (amount, amount == 1, names, "an activity that needs {} units of its machine, expected 1"),
        (duration, duration >= 0, names, "the duration {}"),
        (capacity, capacity == 1, room, "a resource of capacity {}, expected 1"),
        (machine, (machine >= 0) & (machine < resources[names]), names, "the resource number {}, which is not there"),
    ):
        if not good.all():
            at = int(np.argmin(good))
            _refuse(ids[int(owner[at])], "it has " + what.format(values[at]))
    shops = []
    for row, name in enumerate(ids):
        own = slice(first[row], first[row] + count[row])
        own_pairs = slice(pairs[:row].sum(), pairs[: row + 1].sum())
        activity, operations = _routes(name, job[own], before[own_pairs], after[own_pairs])
        there = activity >= 0
        shops.append(
            JobShop(
                name,
                np.where(there, duration[own][activity], 0),
                np.where(there, machine[own][activity], -1),
                activity,
                operations,
            )
        )
    return shops


def _routes(name: str, job: IntArray, before: IntArray, after: IntArray) -> tuple[IntArray, IntArray]:
    """Activity numbers per job in the order of its route, shape ``(n, k)``, and operations per job, shape ``(n,)``."""
    _, number, operations = np.unique(job, return_inverse=True, return_counts=True)
    n, a = len(operations), len(job)
    for one, other in zip(before.tolist(), after.tolist(), strict=True):
        if not (0 <= one < a and 0 <= other < a):
            _refuse(name, f"a precedence {one} -> {other} names an activity that is not there")
        if job[one] != job[other]:
            _refuse(name, f"a precedence ties job {job[one]} to job {job[other]}")
    for ends, what in ((before, "followed"), (after, "preceded")):
        times = np.bincount(ends, minlength=a)
        if (times > 1).any():
            at = int(np.argmax(times > 1))
            _refuse(name, f"activity {at} of job {job[at]} is {what} by {times[at]} activities, expected one at most")
    behind = np.full(a, -1, np.int64)
    behind[before] = after
    heads = np.setdiff1d(np.arange(a), after)
    starts = np.bincount(number[heads], minlength=n)
    if (starts > 1).any():
        _refuse(name, f"job {np.unique(job)[np.argmax(starts > 1)]} has activities in no order")
    route = np.full((n, int(operations.max(initial=0))), -1, np.int64)
    current = np.full(n, -1, np.int64)
    current[number[heads]] = heads
    for k in range(route.shape[1]):
        route[:, k] = current
        current = np.where(current >= 0, behind[current], -1)
    if (short := (route >= 0).sum(axis=1) < operations).any():
        _refuse(name, f"the precedences of job {np.unique(job)[np.argmax(short)]} form a circle")
    return route, operations.astype(np.int64)


def _refuse(name: str, what: str) -> NoReturn:
    raise InterfaceError(
        f"input row {name!r} is not a job shop: {what}. Dispatching rules answer job shops only; use another model here"
    )


def _child(struct: pa.StructArray, name: str) -> pa.Array:
    return struct.flatten()[struct.type.get_field_index(name)]


def _lengths(ids: list[str], lists: pa.Array) -> IntArray:
    if lists.null_count:
        _refuse(ids[lists.is_null().to_pylist().index(True)], "it has a null where a list must stand")
    lengths: IntArray = lists.value_lengths().to_numpy(zero_copy_only=False).astype(np.int64)
    return lengths


def _only(ids: list[str], lists: pa.Array, owner: IntArray, first: IntArray, what: str) -> pa.Array:
    """The single entries of lists of one entry each."""
    lengths = lists.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    if (lengths != 1).any():
        at = int(np.argmax(lengths != 1))
        row = int(owner[at])
        _refuse(ids[row], f"activity {at - first[row]} has {lengths[at]} {what}, expected 1")
    return lists.flatten()


def _integers(ids: list[str], values: pa.Array, owner: IntArray, what: str) -> IntArray:
    if values.null_count:
        _refuse(ids[int(owner[values.is_null().to_pylist().index(True)])], f"it has a null in {what!r}")
    integers: IntArray = values.to_numpy(zero_copy_only=False).astype(np.int64)
    return integers
