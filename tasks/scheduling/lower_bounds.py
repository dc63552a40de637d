"""Simple lower bounds of job shops, computed in no time: what no schedule can undercut."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from itertools import accumulate
from typing import NamedTuple

from .instances import JobShopInstance

__all__ = ["completion_bound", "makespan_bound"]


def makespan_bound(shop: JobShopInstance) -> int:
    """Time steps that no makespan undercuts.

    The longest job, and per machine the least time before it can begin, its load, and the least time after it has
    ended.

    Source: Taillard, Benchmarks for basic scheduling problems, EJOR 64(2) (1993) 278-285.

    >>> makespan_bound(JobShopInstance("two", [[3, 2], [2, 4]], [[0, 1], [0, 1]]))  # machine 1: 2 before, 6 of load
    8
    """
    visits = _visits(shop)
    machines = [
        min(v.head for v in there) + sum(v.work for v in there) + min(v.tail for v in there)
        for there in visits.values()
    ]
    return max(map(sum, shop.duration)) if not machines else max(max(map(sum, shop.duration)), *machines)


def completion_bound(shop: JobShopInstance) -> int:
    """Time steps that the sum of the jobs' completion times does not undercut.

    Each job is counted on one machine, the most loaded one that it visits. There its visits are one piece of work that
    may be interrupted, released after its least head: shortest remaining work first is then the best, and what the job
    still has to do elsewhere is added.

    Source: Schrage, A proof of the optimality of the shortest remaining processing time discipline, Operations
    Research 16(3) (1968) 687-690.

    >>> completion_bound(JobShopInstance("two", [[3, 2], [2, 4]], [[0, 1], [0, 1]]))  # job 1 ends at 6, job 0 at 8
    14
    """
    visits = _visits(shop)
    left = set(range(len(shop.duration)))
    total = 0
    for machine in sorted(visits, key=lambda m: (-sum(v.work for v in visits[m]), m)):
        mine = [v for v in visits[machine] if v.job in left]
        total += _shortest_remaining_first([(v.head, v.work) for v in mine]) + sum(v.tail for v in mine)
        left -= {v.job for v in mine}
    return total


class _Visit(NamedTuple):
    """All that a job does on a machine: time before the first, of, and after the last operation there."""

    job: int
    head: int
    work: int
    tail: int


def _visits(shop: JobShopInstance) -> dict[int, list[_Visit]]:
    found: dict[int, list[_Visit]] = {}
    for job, (durations, route) in enumerate(zip(shop.duration, shop.machine, strict=True)):
        ends = list(accumulate(durations))
        for machine in sorted(set(route)):
            at = [k for k, m in enumerate(route) if m == machine]
            head = ends[at[0]] - durations[at[0]]
            work, tail = sum(durations[k] for k in at), ends[-1] - ends[at[-1]]
            found.setdefault(machine, []).append(_Visit(job, head, work, tail))
    return found


def _shortest_remaining_first(pieces: list[tuple[int, int]]) -> int:
    """Sum of the completion times of interruptible pieces ``(release, work)`` on one machine."""
    coming = sorted(pieces, reverse=True)
    waiting: list[int] = []  # work that is left
    heapify(waiting)
    now = total = 0
    while coming or waiting:
        if not waiting:
            now = max(now, coming[-1][0])
        while coming and coming[-1][0] <= now:
            heappush(waiting, coming.pop()[1])
        work = heappop(waiting)
        until = coming[-1][0] if coming else now + work
        if now + work > until:
            heappush(waiting, work - (until - now))
            now = until
        else:
            now += work
            total += now
    return total
