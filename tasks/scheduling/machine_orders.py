"""Machine orders of a job shop: what is wrong with them, and the semi-active schedule that they stand for.

A machine order says which job goes next on each machine and nothing of times. Every operation then starts as early as
its job and its machine allow: nothing can start earlier without changing an order. All in plain Python integers; jobs,
operations and machines are counted from 0. Each job comes to a machine at most once.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from ...harness.codes import Problem
from .instances import JobShopInstance

__all__ = ["Timed", "timed_orders"]

_SHOWN = 6  # operations of a circle that are named


class Timed(NamedTuple):
    """What machine orders come to.

    Attributes:
        problem: The first rule that they break; None: they are a schedule.
        start: Per job the time steps at which its operations start; None where there is a problem.
    """

    problem: Problem | None
    start: list[list[int]] | None


class _Operation(NamedTuple):
    job: int
    number: int


def timed_orders(shop: JobShopInstance, orders: Sequence[Sequence[int]]) -> Timed:
    """Checks machine orders and starts every operation as early as they allow; nothing is mended.

    The rules, in the order in which they are looked at: one list per machine, and on each machine each of its jobs once
    and no other (SB412); the orders and the routes of the jobs do not wait for each other in a circle (SB413).

    Args:
        shop: The job shop.
        orders: Per machine the numbers of its jobs, first one first.
    """
    operation_of = [
        {machine: number for number, machine in enumerate(route)} for route in shop.machine
    ]  # per job: machine to number of the operation done there
    problem = _wrong_jobs(shop, orders, operation_of)
    if problem is not None:
        return Timed(problem, None)
    behind: dict[_Operation, list[_Operation]] = {}
    waits: dict[_Operation, int] = {
        _Operation(job, number): 0 for job, row in enumerate(shop.duration) for number in range(len(row))
    }
    pairs = [(_Operation(o.job, o.number - 1), o) for o in waits if o.number]
    for machine, order in enumerate(orders):
        queue = [_Operation(job, operation_of[job][machine]) for job in order]
        pairs += pairwise(queue)
    for one, other in pairs:
        behind.setdefault(one, []).append(other)
        waits[other] += 1
    start = [[0] * len(row) for row in shop.duration]
    ready = [operation for operation, count in waits.items() if not count]
    done = 0
    while ready:
        one = ready.pop()
        done += 1
        end = start[one.job][one.number] + shop.duration[one.job][one.number]
        for other in behind.get(one, ()):
            start[other.job][other.number] = max(start[other.job][other.number], end)
            waits[other] -= 1
            if not waits[other]:
                ready.append(other)
    if done < len(waits):
        return Timed(Problem("SB413", _where(shop), _circle(shop, orders, waits, pairs)), None)
    return Timed(None, start)


def _where(shop: JobShopInstance) -> str:
    return f"id {shop.name!r}, numbers from 0"


def _wrong_jobs(
    shop: JobShopInstance, orders: Sequence[Sequence[int]], operation_of: Sequence[dict[int, int]]
) -> Problem | None:
    machines = 1 + max(map(max, shop.machine))
    if len(orders) != machines:
        return Problem("SB412", _where(shop), f"{len(orders)} lists of jobs for {machines} machines")
    for machine, order in enumerate(orders):
        seen: set[int] = set()
        for place, job in enumerate(order):
            if not 0 <= job < len(operation_of):
                found = f"machine {machine}: place {place} names job {job}, but there are the jobs 0 to "
                return Problem("SB412", _where(shop), f"{found}{len(operation_of) - 1}")
            if machine not in operation_of[job]:
                found = f"machine {machine}: place {place} names job {job}, which is never there"
                return Problem("SB412", _where(shop), found)
            if job in seen:
                return Problem("SB412", _where(shop), f"machine {machine}: place {place} names job {job} again")
            seen.add(job)
        missing = [job for job, there in enumerate(operation_of) if machine in there and job not in seen]
        if missing:
            more = f", and {len(missing) - 1} more" if len(missing) > 1 else ""
            return Problem("SB412", _where(shop), f"machine {machine}: job {missing[0]} is missing{more}")
    return None


def _circle(
    shop: JobShopInstance,
    orders: Sequence[Sequence[int]],
    waits: dict[_Operation, int],
    pairs: Sequence[tuple[_Operation, _Operation]],
) -> str:
    """A circle among the operations that never became ready, each waiting for the one named behind it."""
    before: dict[_Operation, _Operation] = {}
    for one, other in pairs:
        if waits[one] and waits[other]:
            before.setdefault(other, one)  # every operation left waits for another one left
    walked: dict[_Operation, int] = {}
    at = min(before)
    while at not in walked:
        walked[at] = len(walked)
        at = before[at]
    circle = [operation for operation, place in walked.items() if place >= walked[at]]
    named = [f"job {o.job}, operation {o.number} (machine {shop.machine[o.job][o.number]})" for o in circle]
    if len(named) > _SHOWN:
        return f"{' waits for '.join(named[:_SHOWN])} waits for {len(named) - _SHOWN} more, which wait for the first"
    return f"{' waits for '.join(named)} waits for the first"
