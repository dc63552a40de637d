"""Cheap schedules under a power limit by OR-Tools CP-SAT: one worker, a deterministic limit, part by part.

The start is the best of the simple schedules. Then CP-SAT is given some operations at a time, by turns those of a few
random jobs and those that start near each other, while all others stay where they are; it answers with starts that cost
no more. The same version of OR-Tools gives the same schedule again; no clock is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from ....harness.randomness import Stream
from .energy_schedules import list_schedule, moved_anywhere, moved_right
from .powered_shop import PoweredShop

__all__ = ["cheapest_schedule", "cp_sat_schedule"]

_PART_LIMIT = 0.04  # deterministic seconds per call
_PART_CHARGE = 0.002  # added per call for what is done around it, so that the limit bounds all work
_PART_OPERATIONS = 40
_SEED = 1
_PARAMETERS = {
    "catch_sigint_signal": False,  # its handler leaves SIGINT deadly, and cuts solves short
    "num_workers": 1,
    "random_seed": _SEED,
    "symmetry_level": 0,
    "linearization_level": 0,
    "cp_model_probing_level": 0,
}


def cheapest_schedule(shop: PoweredShop) -> list[int]:
    """The best simple schedule: the list schedule, moved right, then moved anywhere."""
    return moved_anywhere(shop, moved_right(shop, list_schedule(shop)))


def cp_sat_schedule(shop: PoweredShop, start: Sequence[int], *, limit: float) -> list[int]:
    """Improves a valid schedule; the result never costs more.

    Args:
        shop: A job shop with powers and a tariff.
        start: A valid schedule.
        limit: Deterministic seconds, CP-SAT's own measure of work.
    """
    found, spent = list(start), 0.0
    for free in _parts(shop, found):
        if spent >= limit:
            return found
        left = limit - spent  # for a whole shop all of it: the same short call again would find the same again
        answer = _Part(shop, found, free).solve(left if len(free) == len(found) else min(_PART_LIMIT, left))
        spent += answer.spent + _PART_CHARGE
        for a, at in answer.start.items():
            found[a] = at
    return found


def _parts(shop: PoweredShop, start: list[int]) -> Iterator[list[int]]:
    """Operations that are free together: all at once in a small shop, else parts without end, by the starts of then."""
    n = len(start)
    if n <= _PART_OPERATIONS:
        yield list(range(n))
        return
    jobs = sorted(set(shop.job))
    draws = Stream("energy-cp-sat", _SEED, shop.id)
    while True:
        jobs_left = [jobs[at] for at in draws.raw(len(jobs)).argsort(kind="stable").tolist()]
        free: list[int] = []
        while jobs_left and len(free) < _PART_OPERATIONS:
            job = jobs_left.pop()
            free += [a for a in range(n) if shop.job[a] == job]
        yield sorted(free)
        in_time = sorted(range(n), key=lambda a: (start[a], a))
        (first,) = draws.integers(0, n - _PART_OPERATIONS + 1, 1).tolist()
        yield sorted(in_time[first : first + _PART_OPERATIONS])


class _Answer(NamedTuple):
    start: dict[int, int]
    spent: float


class _Part:
    """Some operations of a schedule, free to start anew between those of the others."""

    def __init__(self, shop: PoweredShop, start: list[int], free: list[int]) -> None:
        self._shop, self._start, self._free = shop, start, free
        self._is_free = set(free)
        self._fixed = [a for a in range(len(start)) if a not in self._is_free]
        self._first, self._last = self._ranges()

    def _end(self, a: int) -> int:
        return self._start[a] + self._shop.duration[a]

    def _ranges(self) -> tuple[dict[int, int], dict[int, int]]:
        """Earliest and latest start of each free operation, by its job alone."""
        shop, first, last = self._shop, dict[int, int](), dict[int, int]()
        for a in sorted(self._free, key=lambda a: (self._start[a], self._end(a))):
            before, first[a] = shop.before[a], 0
            if before is not None:
                first[a] = first[before] + shop.duration[before] if before in first else self._end(before)
        for a in sorted(self._free, key=lambda a: (self._start[a], self._end(a)), reverse=True):
            behind = shop.behind[a]
            end = shop.horizon
            if behind is not None:
                end = last[behind] if behind in last else self._start[behind]
            last[a] = end - shop.duration[a]
        return first, last

    def solve(self, limit: float) -> _Answer:
        """Asks CP-SAT for starts that cost less; the present ones are its hint."""
        from ortools.sat.python import cp_model

        shop, model = self._shop, cp_model.CpModel()
        starts: dict[int, Any] = {a: model.new_int_var(self._first[a], self._last[a], "") for a in self._free}
        spans = {a: model.new_fixed_size_interval_var(starts[a], shop.duration[a], "") for a in self._free}
        for a in self._free:
            model.add_hint(starts[a], self._start[a])
            before = shop.before[a]
            if before is not None and before in self._is_free:
                model.add(starts[a] >= starts[before] + shop.duration[before])
        for machine in sorted({shop.machine[a] for a in self._free}):
            there = [spans[a] for a in self._free if shop.machine[a] == machine]
            there += [
                model.new_fixed_size_interval_var(self._start[a], shop.duration[a], "")
                for a in self._fixed
                if shop.machine[a] == machine
            ]
            if len(there) > 1:
                model.add_no_overlap(there)
        if shop.limit is not None:
            held = self._held()
            model.add_cumulative(
                [*spans.values(), *(model.new_fixed_size_interval_var(s, e - s, "") for s, e, _ in held)],
                [*(shop.power[a] for a in self._free), *(power for _, _, power in held)],
                shop.limit,
            )
        model.minimize(sum(self._cost(model, a, starts[a]) for a in self._free))
        solver = cp_model.CpSolver()
        for name, value in _PARAMETERS.items():
            setattr(solver.parameters, name, value)
        solver.parameters.max_deterministic_time = limit
        status = solver.solve(model)
        spent = float(solver.response_proto.deterministic_time)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return _Answer({}, spent)
        answer = {a: int(solver.value(starts[a])) for a in self._free}
        now, then = (sum(shop.cost(a, of[a]) for a in self._free) for of in (self._start, answer))
        return _Answer(answer if then <= now else {}, spent)

    def _held(self) -> list[tuple[int, int, int]]:
        """Start, end and power of what the fixed operations draw together."""
        change: dict[int, int] = {}
        for a in self._fixed:
            change[self._start[a]] = change.get(self._start[a], 0) + self._shop.power[a]
            change[self._end(a)] = change.get(self._end(a), 0) - self._shop.power[a]
        drawn, held = 0, []
        times = sorted(change)
        for time, until in pairwise(times):
            drawn += change[time]
            if drawn:
                held.append((time, until, drawn))
        return held

    def _cost(self, model: Any, a: int, start: Any) -> Any:
        """An operation's cost as CP-SAT sees it: straight pieces between the starts at which its slope turns."""
        shop, first, last = self._shop, self._first[a], self._last[a]
        turns = [first, *(s for s in range(first + 1, last) if self._bends(a, s)), last]
        costs = [shop.cost(a, s) for s in turns]
        if len(turns) == 2 or first == last:
            slope = (costs[-1] - costs[0]) // max(last - first, 1)
            return costs[0] + slope * (start - first)
        cost = model.new_int_var(min(costs), max(costs), "")
        model.add_hint(cost, shop.cost(a, self._start[a]))
        pieces = []
        for at in range(len(turns) - 1):
            here = model.new_bool_var("")
            slope = (costs[at + 1] - costs[at]) // (turns[at + 1] - turns[at])
            model.add_linear_constraint(start, turns[at], turns[at + 1]).only_enforce_if(here)
            model.add(cost >= costs[at] + slope * (start - turns[at])).only_enforce_if(here)
            pieces.append(here)
        model.add_exactly_one(pieces)
        return cost

    def _bends(self, a: int, start: int) -> bool:
        shop, end = self._shop, start + self._shop.duration[a]

        def price(time: int) -> int:
            return shop.paid[time + 1] - shop.paid[time]

        return price(end) - price(start) != price(end - 1) - price(start - 1)
