"""Project schedules by priority rules: the serial schedule generation scheme, in plain numpy.

Step by step the rule chooses one of the activities whose predecessors are all scheduled, and the activity starts as
early as predecessors and resources allow, between what is scheduled already where it fits.

Letters: n = activities, r = resources, i = intervals between the times at which the use of a resource changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, get_args

import numpy as np

from ....harness.randomness import Stream
from ..simulator import IntArray

__all__ = ["PROJECT_RULES", "Project", "ProjectRuleName", "serial_starts"]

ProjectRuleName = Literal["lft", "mts", "grpw", "spt", "random"]
PROJECT_RULES: tuple[ProjectRuleName, ...] = get_args(ProjectRuleName)


class Project(NamedTuple):
    """Activities with one mode each, and what they need.

    Attributes:
        id: The input row's.
        duration: Time steps, shape ``(n,)``.
        demand: Units held, shape ``(n, r)``, at most the capacity.
        capacity: Units there are, shape ``(r,)``.
        successors: Activities that start when an activity has ended, one list per activity.
        order: All activities, each behind its predecessors, shape ``(n,)``.
    """

    id: str
    duration: IntArray
    demand: IntArray
    capacity: IntArray
    successors: list[list[int]]
    order: list[int]


def serial_starts(project: Project, rule: ProjectRuleName, *, seed: int = 0) -> IntArray:
    """Start times of the schedule that a rule makes, time steps, shape ``(n,)``.

    Args:
        project: Any project.
        rule: Which activity comes first. ``lft`` least latest finish time, by durations and precedences alone; ``mts``
            most successors, direct and indirect; ``grpw`` greatest sum of its duration and those of its direct
            successors; ``spt`` shortest; ``random`` all alike. Ties go to the lowest activity.
        seed: Key of ``random``, with the project's id; draw number s decides step s. Other rules draw nothing.

    Source: Kolisch, EJOR 90 (1996) 320-333, for the scheme and the rules.
    """
    n = len(project.duration)
    waiting_for = [0] * n  # predecessors that are not scheduled
    for own in project.successors:
        for after in own:
            waiting_for[after] += 1
    ready, start = np.zeros(n, np.int64), np.zeros(n, np.int64)
    eligible = [a for a in range(n) if not waiting_for[a]]
    draws = Stream("serial-generation/random", seed, project.id).raw(n) >> np.uint64(32) if rule == "random" else None
    priority = _PRIORITIES[rule](project) if draws is None else np.zeros(n, np.int64)
    profile = _Profile(project.capacity)
    for step in range(n):
        if draws is None:
            chosen = min(eligible, key=lambda a: (priority[a], a))
        else:
            chosen = sorted(eligible)[int(draws[step]) * len(eligible) >> 32]
        eligible.remove(chosen)
        duration = int(project.duration[chosen])
        start[chosen] = profile.place(int(ready[chosen]), duration, project.demand[chosen])
        for after in project.successors[chosen]:
            ready[after] = max(ready[after], start[chosen] + duration)
            waiting_for[after] -= 1
            if not waiting_for[after]:
                eligible.append(after)
    return start


class _Profile:
    """Use of the resources over time, as intervals in which it does not change; the last one never ends."""

    def __init__(self, capacity: IntArray) -> None:
        self._capacity = capacity
        self._begin = np.zeros(1, np.int64)  # (i,)
        self._used = np.zeros((1, len(capacity)), np.int64)  # (i, r)

    def place(self, ready: int, duration: int, demand: IntArray) -> int:
        """The first time from ``ready`` on at which ``demand`` is there for ``duration``; it is then held."""
        if duration == 0:
            return ready
        full = (self._used + demand > self._capacity).any(axis=1)  # (i,)
        end = np.append(self._begin[1:], np.iinfo(np.int64).max)  # (i,)
        start = ready
        while (over := np.flatnonzero(full & (self._begin < start + duration) & (end > start))).size:
            start = int(end[over[-1]])  # any start before it would meet the same interval
        first, last = self._cut(start), self._cut(start + duration)
        self._used[first:last] += demand
        return start

    def _cut(self, time: int) -> int:
        """Number of the interval that begins at a time, made by cutting where there is none."""
        at = int(np.searchsorted(self._begin, time))
        if at == len(self._begin) or self._begin[at] != time:
            self._begin = np.insert(self._begin, at, time)
            self._used = np.insert(self._used, at, self._used[at - 1], axis=0)
        return at


def _latest_finish(project: Project) -> IntArray:
    """Latest finish times, counted from the end of the longest path, so that all are at most 0; shape ``(n,)``."""
    finish = np.zeros(len(project.duration), np.int64)
    for activity in reversed(project.order):
        for after in project.successors[activity]:
            finish[activity] = min(finish[activity], finish[after] - project.duration[after])
    return finish


def _total_successors(project: Project) -> IntArray:
    """Minus the number of direct and indirect successors, shape ``(n,)``."""
    behind: list[set[int]] = [set() for _ in project.duration]
    for activity in reversed(project.order):
        for after in project.successors[activity]:
            behind[activity] |= {after, *behind[after]}
    return -np.array([len(own) for own in behind], np.int64)


def _rank_positional_weight(project: Project) -> IntArray:
    weight = project.duration.copy()
    for activity, own in enumerate(project.successors):
        weight[activity] += project.duration[sorted(set(own))].sum()
    return -weight


_PRIORITIES: Mapping[str, Callable[[Project], IntArray]] = {
    "lft": _latest_finish,
    "mts": _total_successors,
    "grpw": _rank_positional_weight,
    "spt": lambda project: project.duration,
}
"""Least is chosen."""
