"""Reference schedules by OR-Tools CP-SAT: one worker, a deterministic limit, window by window along the schedule.

One worker on the whole of a large shop is hardly better than a rule after ten seconds. So CP-SAT is first given the
whole shop for a moment, for its lower bound, and then windows of operations that start one after the other; what lies
before and behind a window keeps its order and is felt as heads and tails. A window that no longer helps is widened.
The same version of OR-Tools gives the same schedule again; no clock is read.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from itertools import pairwise
from typing import Any, NamedTuple

from .instances import JobShopInstance
from .lower_bounds import makespan_bound

__all__ = ["LIMIT", "Solved", "cp_sat_schedule", "cp_sat_version"]

LIMIT = 1.5
"""Deterministic seconds per shop, CP-SAT's own measure of work; about 9 s on a core of 2026 where all of it is used."""

_WHOLE_LIMIT, _WINDOW_LIMIT = 0.3, 0.3  # deterministic seconds per call
_WINDOW_CHARGE = 0.005  # added per window for what is done around the call, so that the limit bounds all work
_WINDOW_OPERATIONS, _WIDENING = 250, 1.3
_SEED = 1


class Solved(NamedTuple):
    """The best schedule found, and what is proven about it, in time steps.

    Attributes:
        makespan: Of the schedule.
        lower_bound: No schedule is shorter: proven by CP-SAT, or by a machine's load where that is more.
        start: Per job the starts of its operations.
    """

    makespan: int
    lower_bound: int
    start: list[list[int]]


def cp_sat_version() -> str:
    """The version of OR-Tools: another one may find other schedules."""
    return version("ortools")


def cp_sat_schedule(shop: JobShopInstance, start: list[list[int]], *, limit: float = LIMIT) -> Solved:
    """Improves a valid schedule; the result is never worse.

    Args:
        shop: A job shop; jobs may differ in length and come to a machine more than once.
        start: Per job the starts of its operations, a valid schedule.
        limit: Deterministic seconds.
    """
    plan = _Plan(shop, [s for row in start for s in row])
    bound, spent = makespan_bound(shop), 0.0

    def improve(first: int, count: int, allowed: float) -> bool:
        nonlocal bound, spent
        before = plan.makespan
        window = _Window(plan, first, count)
        if window.least < before:
            answer = window.solve(min(allowed, limit - spent))
            spent += answer.spent
            plan.reorder(answer.start)
            if count == len(plan.duration):
                bound = max(bound, answer.bound)
        spent += _WINDOW_CHARGE
        return plan.makespan < before

    def done() -> bool:
        return spent >= limit or plan.makespan <= bound

    n = len(plan.duration)
    improve(0, n, _WHOLE_LIMIT)
    if n > _WINDOW_OPERATIONS:
        _sweep(improve, n, done)
    elif not done():
        improve(0, n, limit)  # all that is left: the same short call again would find the same again
    flat = iter(plan.start)
    return Solved(plan.makespan, bound, [[next(flat) for _ in row] for row in shop.duration])


def _sweep(improve: Callable[[int, int, float], bool], n: int, done: Callable[[], bool]) -> None:
    """Windows that overlap by half, from the first operation to the last, over and over."""
    count = _WINDOW_OPERATIONS
    while not done():
        helped = False
        for first in range(0, max(n - count // 2, 1), max(count // 2, 1)):
            if done():
                return
            helped |= improve(first, min(count, n - first), _WINDOW_LIMIT)
        if not helped:
            count = min(int(count * _WIDENING), n)


class _Plan:
    """A schedule as the order of operations on each machine, with the earliest starts and the longest ways to the end.

    Operations are numbered job by job. ``tail`` is the time from an operation's start to the end of all that must
    follow it, itself included.
    """

    def __init__(self, shop: JobShopInstance, start: list[int]) -> None:
        self.duration = [d for row in shop.duration for d in row]
        self.machine = [m for row in shop.machine for m in row]
        self.job_before: list[int | None] = []
        for row in shop.duration:
            first = len(self.job_before)
            self.job_before += [first + k - 1 if k else None for k in range(len(row))]
        self.job_behind: list[int | None] = [None] * len(self.duration)
        for a, before in enumerate(self.job_before):
            if before is not None:
                self.job_behind[before] = a
        self.order: list[list[int]] = [[] for _ in range(1 + max(self.machine))]
        for a in sorted(range(len(start)), key=lambda a: (start[a], start[a] + self.duration[a], a)):
            self.order[self.machine[a]].append(a)
        self._time()

    def reorder(self, start: dict[int, int]) -> None:
        """Orders the named operations by these starts, in the places that they hold on their machines."""
        for m, order in enumerate(self.order):
            named = iter(
                sorted((a for a in order if a in start), key=lambda a: (start[a], start[a] + self.duration[a]))
            )
            self.order[m] = [next(named) if a in start else a for a in order]
        self._time()

    def _time(self) -> None:
        n = len(self.duration)
        self.machine_before: list[int | None] = [None] * n
        self.machine_behind: list[int | None] = [None] * n
        for order in self.order:
            for one, other in pairwise(order):
                self.machine_behind[one], self.machine_before[other] = other, one
        waits = [(self.job_before[a] is not None) + (self.machine_before[a] is not None) for a in range(n)]
        ready, self.start, sequence = [a for a in range(n) if not waits[a]], [0] * n, []
        while ready:
            a = ready.pop()
            sequence.append(a)
            for b in (self.job_behind[a], self.machine_behind[a]):
                if b is not None:
                    self.start[b] = max(self.start[b], self.start[a] + self.duration[a])
                    waits[b] -= 1
                    if not waits[b]:
                        ready.append(b)
        assert len(sequence) == n, "the machines' orders form a circle"
        self.tail = [0] * n
        for a in reversed(sequence):
            behind = [self.tail[b] for b in (self.job_behind[a], self.machine_behind[a]) if b is not None]
            self.tail[a] = self.duration[a] + max(behind, default=0)
        self.makespan = max(map(int.__add__, self.start, self.tail), default=0)
        place = {a: at for at, a in enumerate(sequence)}
        self.in_time = sorted(range(n), key=lambda a: (self.start[a], self.start[a] + self.duration[a], place[a]))


class _Answer(NamedTuple):
    start: dict[int, int]
    bound: int
    spent: float


class _Window:
    """Some operations that start one after the other, free to be ordered anew between those before and behind."""

    def __init__(self, plan: _Plan, first: int, count: int) -> None:
        self.plan = plan
        self.before = set(plan.in_time[:first])
        self.free = sorted(plan.in_time[first : first + count])
        self._is_free = set(self.free)
        # What no order inside the window can change: all before it, and the ways that lead past it.
        ways = [self._end(a) for a in self.before]
        for a in plan.in_time[first + count :]:
            heads = [self._end(b) for b in (plan.job_before[a], plan.machine_before[a]) if b in self.before]
            ways += [max(heads) + plan.tail[a]] if heads else []
        self.least = max(ways, default=0)

    def _end(self, a: int | None) -> int:
        assert a is not None
        return self.plan.start[a] + self.plan.duration[a]

    def solve(self, limit: float) -> _Answer:
        """Asks CP-SAT for starts that end no later than now; the present starts are its hint."""
        from ortools.sat.python import cp_model

        plan, model = self.plan, cp_model.CpModel()
        end = model.new_int_var(self.least, plan.makespan, "end")
        starts: dict[int, Any] = {}
        for order in plan.order:
            free = [a for a in order if a in self._is_free]
            if not free:
                continue
            head = max((self._end(a) for a in order if a in self.before), default=0)
            behind = plan.machine_behind[free[-1]]
            tail = 0 if behind is None else plan.tail[behind]
            for a in free:
                job_before, job_behind = plan.job_before[a], plan.job_behind[a]
                release = max(head, self._end(job_before)) if job_before in self.before else head
                rest = plan.tail[job_behind] if job_behind is not None and job_behind not in self._is_free else 0
                left = plan.duration[a] + max(tail, rest)
                starts[a] = model.new_int_var(release, plan.makespan - left, "")
                model.add(end >= starts[a] + left)
                model.add_hint(starts[a], plan.start[a])
            if len(free) > 1:
                spans = [model.new_fixed_size_interval_var(starts[a], plan.duration[a], "") for a in free]
                model.add_no_overlap(spans)
        for a in self.free:
            job_before = plan.job_before[a]
            if job_before in self._is_free and job_before is not None:
                model.add(starts[a] >= starts[job_before] + plan.duration[job_before])
        model.add_hint(end, plan.makespan)
        model.minimize(end)
        solver = cp_model.CpSolver()
        for name, value in _PARAMETERS.items():
            setattr(solver.parameters, name, value)
        solver.parameters.max_deterministic_time = limit
        status = solver.solve(model)
        spent = float(solver.response_proto.deterministic_time)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return _Answer({a: plan.start[a] for a in self.free}, 0, spent)
        return _Answer({a: solver.value(starts[a]) for a in self.free}, int(solver.best_objective_bound), spent)


_PARAMETERS = {
    "catch_sigint_signal": False,  # its handler leaves SIGINT deadly, and cuts solves short
    "num_workers": 1,
    "random_seed": _SEED,
    "linearization_level": 0,  # with the next two: ten times the windows in the same work
    "symmetry_level": 0,
    "cp_model_probing_level": 0,
}
