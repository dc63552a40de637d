"""Decides whether a schedule may be: a check in plain Python integers that shares no code with any simulator.

It covers what job shops, flexible job shops, flow shops and project scheduling have in common: modes, resources of any
capacity, precedences, one order of the jobs on all machines where a shop asks for it, and the end of the tariff and the
site's power limit where there are such. Jobs, operations, modes and resources are counted from 0, as in the inputs.
Powers are added as fractions, so that no rounding decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from math import isfinite
from operator import index
from typing import Any, NamedTuple

from ...harness.codes import Problem
from ...harness.errors import ScoringError

__all__ = ["Verdict", "serial_makespan", "validate_schedule"]


class Verdict(NamedTuple):
    """What the validator found.

    Attributes:
        problem: The first rule that is broken; None: the schedule is valid.
        makespan: End of the last activity in time steps, recomputed; None where the schedule is not valid.
    """

    problem: Problem | None
    makespan: int | None


class _Held(NamedTuple):
    """An activity's use of one resource: ``amount`` units in ``start <= time < end``."""

    start: int
    end: int
    activity: int
    amount: int


def validate_schedule(
    shop: Mapping[str, Any], start: Sequence[int], mode: Sequence[int], *, lower_bound: int | None = None
) -> Verdict:
    """Checks a schedule against one input row of ``scheduling`` and recomputes its makespan.

    The rules, in the order in which they are looked at: one start and one mode per activity (SB307); each mode is one
    of the activity's (SB404); no start before 0 (SB401); each precedence's first activity ends before the second
    starts (SB402); at no time is more of a resource held than there is (SB403); in a ``permutation`` shop all machines
    process the jobs in one order (SB406); where there is a tariff, no activity ends behind its last time step (SB409);
    at no time do the running activities together draw more than ``limit_kw`` (SB408); the makespan is not under
    ``lower_bound`` (SB405). An activity holds its resources and draws its mode's power from its start up to its end,
    the end not included: one of no duration holds and draws nothing.

    Args:
        shop: The row as ``to_pylist`` gives it: ``id``, ``activities``, ``precedences``, ``capacities``, ...
        start: Time step per activity.
        mode: Mode number per activity.
        lower_bound: Time steps that no schedule can undercut; None: not known.

    Raises:
        ScoringError: The row has rules that cannot be checked (``limit_kw`` where the power of a mode is unknown;
            ``permutation`` where a job does not visit each machine once, in its only mode and for at least one time
            step), or refers to activities or resources that it does not have; a schedule is then neither valid nor
            invalid.
    """
    _check_shop(shop)
    activities = shop["activities"]
    for name, given in (("start", start), ("mode", mode)):
        if len(given) != len(activities):
            found = f"{len(given)} entries in column {name!r} for {len(activities)} activities"
            return Verdict(Problem("SB307", _where(shop), found), None)
    starts, modes = [index(s) for s in start], [index(m) for m in mode]  # no numpy integers: they overflow
    problem = _modes(shop, modes) or _before_zero(shop, starts)
    if problem is None:
        ends = [s + a["modes"][m]["duration"] for s, a, m in zip(starts, activities, modes, strict=True)]
        problem = _precedences(shop, starts, ends) or _resources(shop, starts, ends, modes)
        if problem is None and shop["permutation"]:
            problem = _one_order(shop, starts, ends)
        problem = problem or _horizon(shop, starts, ends) or _power(shop, starts, ends, modes)
    if problem is not None:
        return Verdict(problem, None)
    makespan = max(ends, default=0)
    if lower_bound is not None and makespan < lower_bound:
        found = f"the schedule is valid and ends at {makespan}, but no schedule can end before {lower_bound}"
        return Verdict(Problem("SB405", _where(shop), found), None)
    return Verdict(None, makespan)


def serial_makespan(shop: Mapping[str, Any]) -> int:
    """Makespan in time steps of the activities done one behind the other, each in its longest mode.

    Such a schedule can always be made (of job shops, and wherever each activity fits alone): it is the worst that a
    missing schedule has to count as.
    """
    return sum(max(m["duration"] for m in a["modes"]) for a in shop["activities"])


def _check_shop(shop: Mapping[str, Any]) -> None:
    activities, capacities = range(len(shop["activities"])), range(len(shop["capacities"]))
    if shop["limit_kw"] is not None:
        _check_powers(shop)
    for pair in shop["precedences"]:
        if pair["before"] not in activities or pair["after"] not in activities:
            raise ScoringError(f"input {shop['id']!r}: precedence {pair} names an activity that is not there")
    for number, activity in enumerate(shop["activities"]):
        for one in activity["modes"]:
            if one["duration"] < 0 or any(d["resource"] not in capacities or d["amount"] < 0 for d in one["demands"]):
                raise ScoringError(f"input {shop['id']!r}: activity {number} has an impossible mode: {one}")
    if shop["permutation"]:
        _check_permutation_shop(shop)


def _check_powers(shop: Mapping[str, Any]) -> None:
    """A limit can only be kept where every power is known."""
    if not isfinite(shop["limit_kw"]) or shop["limit_kw"] < 0:
        raise ScoringError(
            f"input {shop['id']!r}: limit_kw is {shop['limit_kw']}, expected a finite power of 0 or more"
        )
    for number, activity in enumerate(shop["activities"]):
        for one in activity["modes"]:
            power_kw = one["power_kw"]
            if power_kw is None or not isfinite(power_kw) or power_kw < 0:
                raise ScoringError(
                    f"input {shop['id']!r}: activity {number} has a mode of power {power_kw}, expected kW of 0 or "
                    "more; without it the power limit cannot be checked"
                )


def _check_permutation_shop(shop: Mapping[str, Any]) -> None:
    """Only where every job is on every machine for a while is it plain what one order means."""
    visits = set()
    for number, activity in enumerate(shop["activities"]):
        mode = activity["modes"][0]
        if len(activity["modes"]) > 1 or mode["duration"] < 1 or [d["amount"] for d in mode["demands"]] != [1]:
            raise ScoringError(
                f"input {shop['id']!r}: activity {number} of a permutation shop is {activity}, expected one mode of at "
                "least 1 time step on one machine; other permutation shops are not checked by this validator"
            )
        visits.add((activity["job"], mode["demands"][0]["resource"]))
    jobs = len({job for job, _ in visits})
    if not len(visits) == len(shop["activities"]) == jobs * len(shop["capacities"]) or {*shop["capacities"]} - {1}:
        raise ScoringError(
            f"input {shop['id']!r}: {len(shop['activities'])} activities of {jobs} jobs on {len(shop['capacities'])} "
            "resources, expected every job once on every machine of capacity 1; other permutation shops are not "
            "checked by this validator"
        )


def _where(shop: Mapping[str, Any]) -> str:
    return f"id {shop['id']!r}, numbers from 0"


def _names(shop: Mapping[str, Any]) -> list[tuple[int, int]]:
    """Job and number within the job of each activity; only needed to word a message."""
    seen: Counter[int] = Counter()
    names = []
    for activity in shop["activities"]:
        names.append((activity["job"], seen[activity["job"]]))
        seen[activity["job"]] += 1
    return names


def _name(shop: Mapping[str, Any], activity: int) -> str:
    job, operation = _names(shop)[activity]
    return f"job {job}, operation {operation}"


def _machine(shop: Mapping[str, Any], activity: int) -> str:
    """`` (machine 3)`` where that is the only one that the activity can be on, else nothing."""
    modes = shop["activities"][activity]["modes"]
    where = {tuple(demand["resource"] for demand in mode["demands"]) for mode in modes}
    (only,) = where if len(where) == 1 else ((),)
    return f" (machine {only[0]})" if len(only) == 1 and shop["capacities"][only[0]] == 1 else ""


def _modes(shop: Mapping[str, Any], modes: list[int]) -> Problem | None:
    for number, (activity, mode) in enumerate(zip(shop["activities"], modes, strict=True)):
        if not 0 <= mode < len(activity["modes"]):
            found = f"{_name(shop, number)} is done in mode {mode}, but has the modes 0 to {len(activity['modes']) - 1}"
            return Problem("SB404", _where(shop), found)
    return None


def _before_zero(shop: Mapping[str, Any], starts: list[int]) -> Problem | None:
    for number, start in enumerate(starts):
        if start < 0:
            return Problem("SB401", _where(shop), f"{_name(shop, number)} starts at {start}{_machine(shop, number)}")
    return None


def _precedences(shop: Mapping[str, Any], starts: list[int], ends: list[int]) -> Problem | None:
    for pair in shop["precedences"]:
        before, after = pair["before"], pair["after"]
        if starts[after] < ends[before]:
            (job, operation), (same, _) = _names(shop)[before], _names(shop)[after]
            earlier = f"operation {operation}" if job == same else f"job {job}, operation {operation}"
            found = f"{_name(shop, after)} starts at {starts[after]}, but {earlier} ends at {ends[before]}"
            return Problem("SB402", _where(shop), found + _machine(shop, after))
    return None


def _resources(shop: Mapping[str, Any], starts: list[int], ends: list[int], modes: list[int]) -> Problem | None:
    held: list[list[_Held]] = [[] for _ in shop["capacities"]]
    for number, activity in enumerate(shop["activities"]):
        if starts[number] < ends[number]:
            for demand in activity["modes"][modes[number]]["demands"]:
                held[demand["resource"]].append(_Held(starts[number], ends[number], number, demand["amount"]))
    for resource, capacity in enumerate(shop["capacities"]):
        running: list[_Held] = []
        for one in sorted(held[resource]):
            running = [r for r in running if r.end > one.start]
            running.append(one)
            used = sum(r.amount for r in running)
            if used > capacity:
                return Problem("SB403", _where(shop), _conflict(shop, resource, running, used))
    return None


def _one_order(shop: Mapping[str, Any], starts: list[int], ends: list[int]) -> Problem | None:
    """In a checked permutation shop without conflicts on its machines, whose jobs are told apart by their starts."""
    sequences: list[list[int]] = [[] for _ in shop["capacities"]]  # activities per machine, first one first
    for number in sorted(range(len(starts)), key=starts.__getitem__):
        sequences[shop["activities"][number]["modes"][0]["demands"][0]["resource"]].append(number)
    jobs = [activity["job"] for activity in shop["activities"]]
    first = {jobs[number]: (place, number) for place, number in enumerate(sequences[0])} if sequences else {}
    for machine, sequence in enumerate(sequences):
        for one, other in pairwise(sequence):
            if first[jobs[one]] > first[jobs[other]]:
                found = (
                    f"machine {machine} processes {_timed(shop, one, starts, ends)} before "
                    f"{_timed(shop, other, starts, ends)}, but machine 0 processes "
                    f"{_timed(shop, first[jobs[other]][1], starts, ends)} before "
                    f"{_timed(shop, first[jobs[one]][1], starts, ends)}"
                )
                return Problem("SB406", _where(shop), found)
    return None


def _horizon(shop: Mapping[str, Any], starts: list[int], ends: list[int]) -> Problem | None:
    """A tariff has as many steps as there are: what ends behind them has no price and is not allowed."""
    horizon = len(shop["tariff"])
    late = [number for number, end in enumerate(ends) if horizon and end > horizon]
    if not late:
        return None
    number = min(late, key=lambda a: (starts[a], a))
    found = f"{_name(shop, number)} runs from {starts[number]} to {ends[number]}, but the tariff ends at {horizon}"
    return Problem("SB409", _where(shop), found + _machine(shop, number))


def _power(shop: Mapping[str, Any], starts: list[int], ends: list[int], modes: list[int]) -> Problem | None:
    if shop["limit_kw"] is None:
        return None
    limit_kw = Fraction(shop["limit_kw"])
    drawn_kw = [Fraction(a["modes"][m]["power_kw"]) for a, m in zip(shop["activities"], modes, strict=True)]
    running: list[int] = []
    for number in sorted(range(len(starts)), key=lambda a: (starts[a], a)):
        if starts[number] == ends[number]:
            continue
        running = [a for a in running if ends[a] > starts[number]]
        running.append(number)
        total_kw = sum((drawn_kw[a] for a in running), Fraction(0))
        if total_kw > limit_kw:
            at = starts[number]
            running = [a for a in range(len(starts)) if starts[a] <= at < ends[a] and drawn_kw[a]]
            total_kw = sum((drawn_kw[a] for a in running), Fraction(0))
            users = "; ".join(f"{_timed(shop, a, starts, ends)} {_kw(drawn_kw[a])} kW" for a in running)
            found = f"{_kw(total_kw)} kW are drawn at time {at}, the limit is {_kw(limit_kw)} kW: {users}"
            return Problem("SB408", _where(shop), found)
    return None


def _kw(power: Fraction) -> str:
    """A power in kW as people write it, the shortest decimal that means the same double."""
    whole = power.numerator // power.denominator
    return str(whole) if whole == power else repr(float(power))


def _timed(shop: Mapping[str, Any], activity: int, starts: list[int], ends: list[int]) -> str:
    return f"{_name(shop, activity)} ({starts[activity]} to {ends[activity]})"


def _conflict(shop: Mapping[str, Any], resource: int, running: list[_Held], used: int) -> str:
    users = "; ".join(f"{_name(shop, r.activity)} ({r.start} to {r.end})" for r in running if r.amount)
    capacity = shop["capacities"][resource]
    if capacity == 1 and all(r.amount <= 1 for r in running):
        return f"machine {resource} processes two operations at once at time {running[-1].start}: {users}"
    return f"{used} of the {capacity} units of resource {resource} are held at time {running[-1].start}: {users}"
