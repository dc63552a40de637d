"""Whole schedules by rule or at random, on one processor thread; importing this module imports numba.

A kernel takes about a second to compile in each process that calls it first: worth it from thousands of schedules on.

Letters: b = shops, n = jobs, k = operations of the longest job, s = samples, t = dispatches of a shop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numba
import numpy as np

from .batch import Convention, Int32Array, draw_numbers, stack_shops
from .job_shop import IntArray, JobShop
from .priorities import STATIC_PRIORITIES, RuleName

__all__ = ["Rollouts", "rank_operations", "roll_out_random", "roll_out_rule"]

_NEVER = np.int64(2**62)  # later than any start, worse than any priority
_LANES = 8  # the scan over jobs runs in whole vectors


class Rollouts(NamedTuple):
    """What simulated schedules end with.

    Attributes:
        makespan: Of every sample, shape ``(b, s)``, time steps.
        start: Time steps of the shop's best sample (the first of equals), shape ``(b, n, k)``; 0 behind a job's end.
    """

    makespan: Int32Array
    start: Int32Array


def rank_operations(shops: Sequence[JobShop], rule: RuleName, shape: tuple[int, ...]) -> Int32Array:
    """Priorities of a rule from 0 up, shape ``(b, n, k)``, the least first; zeros for ``fifo``, which ranks by time."""
    rank = np.zeros(shape, np.int32)
    if rule in STATIC_PRIORITIES:
        for at, shop in enumerate(shops):
            priority = STATIC_PRIORITIES[rule](shop)
            n, k = priority.shape
            rank[at, :n, :k] = priority - priority.min(initial=0)
    return rank


def roll_out_rule(shops: Sequence[JobShop], rule: RuleName, *, convention: Convention = "non-delay") -> Rollouts:
    """One schedule per shop by a rule that draws nothing; ties go to the lowest job.

    Raises:
        ValueError: The rule is ``random``.
    """
    if rule == "random":
        raise ValueError("random schedules come from roll_out_random")
    batch = stack_shops(shops)
    rank = rank_operations(shops, rule, batch.duration.shape)
    rollouts = Rollouts(np.zeros((len(shops), 1), np.int32), np.zeros_like(batch.duration))
    kernel = _by_rank if convention == "non-delay" else _by_rank_inserted
    kernel(
        batch.duration,
        batch.machine,
        batch.operations,
        rank,
        rule == "fifo",
        batch.machines,
        rollouts.start,
        rollouts.makespan,
    )
    return rollouts


def roll_out_random(
    shops: Sequence[JobShop], *, samples: int, seed: int, convention: Convention = "non-delay"
) -> Rollouts:
    """``samples`` schedules per shop, candidates alike at each dispatch; sample 0 is that of the rule ``random``."""
    batch = stack_shops(shops)
    rollouts = Rollouts(np.zeros((len(shops), samples), np.int32), np.zeros_like(batch.duration))
    for at, shop in enumerate(shops):
        draws = draw_numbers(f"{convention}/random", shop, samples=samples, seed=seed)  # (s, t)
        _at_random(
            batch.duration[at],
            batch.machine[at],
            batch.operations[at],
            draws,
            convention == "insertion",
            batch.machines,
            rollouts.start[at],
            rollouts.makespan[at],
        )
    return rollouts


def warm_up_random() -> None:
    """Compiles what ``roll_out_random`` needs, on a shop of one operation."""
    one = np.zeros((1, 1), np.int64)
    roll_out_random([JobShop("warm-up", one + 1, one, one, np.ones(1, np.int64))], samples=1, seed=0)


@numba.njit(nogil=True)
def _by_rank(
    duration: Int32Array,
    machine: Int32Array,
    operations: Int32Array,
    rank: Int32Array,
    fifo: bool,
    machines: int,
    start: Int32Array,
    makespan: Int32Array,
) -> None:
    """Non-delay: the least of (start, rank) goes next; both stand in one number, so that one scan finds it."""
    b, n, _ = duration.shape
    width = (n + _LANES - 1) // _LANES * _LANES
    key, low, following = np.empty(width, np.int64), np.empty(width, np.int64), np.empty(width, np.int64)
    done, free = np.empty(n, np.int64), np.empty(machines, np.int64)
    for shop in range(b):
        key[:], low[:], following[:], done[:], free[:] = _NEVER, 0, -1, 0, 0
        steps = 0
        for j in range(n):
            if operations[shop, j] > 0:
                steps += operations[shop, j]
                low[j] = 0 if fifo else rank[shop, j, 0]
                key[j] = low[j]
                following[j] = machine[shop, j, 0]
        last, floor, longest = np.int64(-2), np.int64(0), np.int64(0)
        for _ in range(steps):
            least = _NEVER
            for j in range(width):  # the machine used last is busy until floor: all who want it wait
                value = max(key[j], floor | low[j]) if following[j] == last else key[j]
                key[j] = value
                least = min(least, value)
            j = 0
            while key[j] != least:
                j += 1
            o = done[j]
            now = least >> 32
            end = now + duration[shop, j, o]
            start[shop, j, o] = now
            last = following[j]
            free[last] = end
            floor = end << 32
            longest = max(longest, end)
            o += 1
            done[j] = o
            if o < operations[shop, j]:
                low[j] = end if fifo else rank[shop, j, o]
                following[j] = machine[shop, j, o]
                key[j] = max(end, free[following[j]]) << 32 | low[j]
            else:
                key[j], following[j] = _NEVER, -1
        makespan[shop, 0] = longest


@numba.njit(nogil=True)
def _by_rank_inserted(
    duration: Int32Array,
    machine: Int32Array,
    operations: Int32Array,
    rank: Int32Array,
    fifo: bool,
    machines: int,
    start: Int32Array,
    makespan: Int32Array,
) -> None:
    """Insertion: the job of least rank goes next (``fifo``: ready first), into the first gap."""
    b, n, _ = duration.shape
    ready, done = np.empty(n, np.int64), np.empty(n, np.int64)
    used = np.empty(machines, np.int64)
    for shop in range(b):
        ready[:], done[:], used[:] = 0, 0, 0
        room = most_on_a_machine(machine[shop], operations[shop], machines)
        begins, ends = np.empty((machines, room), np.int64), np.empty((machines, room), np.int64)
        for _ in range(operations[shop].sum()):
            least, job = _NEVER, -1
            for j in range(n):
                if done[j] < operations[shop, j]:
                    value = ready[j] if fifo else np.int64(rank[shop, j, done[j]])
                    if value < least:
                        least, job = value, j
            o = done[job]
            m = machine[shop, job, o]
            begin = insert_first(begins[m], ends[m], used[m], ready[job], duration[shop, job, o])
            used[m] += 1
            start[shop, job, o] = begin
            ready[job] = begin + duration[shop, job, o]
            done[job] = o + 1
        makespan[shop, 0] = ready.max()


@numba.njit(nogil=True)
def _at_random(
    duration: Int32Array,
    machine: Int32Array,
    operations: Int32Array,
    draws: IntArray,
    insertion: bool,
    machines: int,
    best: Int32Array,
    makespan: Int32Array,
) -> None:
    """One shop, all samples: draw t times the number of candidates, over 2**32, is the candidate of dispatch t."""
    n, k = duration.shape
    samples, steps = draws.shape
    ready, done, earliest = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    free, used = np.empty(machines, np.int64), np.empty(machines, np.int64)
    room = most_on_a_machine(machine, operations, machines) if insertion else 0
    begins, ends = np.empty((machines, room), np.int64), np.empty((machines, room), np.int64)
    start = np.zeros((n, k), np.int32)
    shortest = _NEVER
    for sample in range(samples):
        ready[:], done[:], free[:], used[:] = 0, 0, 0, 0
        for j in range(n):
            earliest[j] = 0 if operations[j] > 0 else _NEVER
        last = -1
        for step in range(steps):
            now = _NEVER
            if not insertion:  # only jobs that wait for the machine used last can have become later
                for j in range(n):
                    if earliest[j] != _NEVER and machine[j, done[j]] == last:
                        earliest[j] = max(earliest[j], free[last])
                    now = min(now, earliest[j])
            count = 0
            for j in range(n):
                count += earliest[j] != _NEVER if insertion else earliest[j] == now
            chosen = draws[sample, step] * count >> 32
            j = -1
            while chosen >= 0:
                j += 1
                chosen -= earliest[j] != _NEVER if insertion else earliest[j] == now
            o = done[j]
            m = machine[j, o]
            if insertion:
                now = np.int64(insert_first(begins[m], ends[m], used[m], ready[j], duration[j, o]))
                used[m] += 1
            end = now + duration[j, o]
            start[j, o] = now
            ready[j] = end
            free[m] = end
            last = m
            done[j] = o + 1
            if o + 1 == operations[j]:
                earliest[j] = _NEVER
            else:
                earliest[j] = 0 if insertion else max(end, free[machine[j, o + 1]])
        makespan[sample] = ready.max()
        if ready.max() < shortest:
            shortest = ready.max()
            best[:] = start


@numba.njit(nogil=True)
def most_on_a_machine(machine: Int32Array, operations: Int32Array, machines: int) -> int:
    """Operations of the machine of a shop that has most."""
    count = np.zeros(machines, np.int64)
    for j in range(len(operations)):
        for o in range(operations[j]):
            count[machine[j, o]] += 1
    return int(count.max())


@numba.njit(nogil=True)
def first_gap(begins: IntArray, ends: IntArray, used: int, ready: int, length: int) -> tuple[int, int]:
    """Earliest start at or after ``ready`` in the gaps of a machine, and the place among its ``used`` operations."""
    place = used
    while place > 0 and ends[place - 1] > ready:
        place -= 1
    begin = ready
    while place < used and begin + length > begins[place]:
        begin = max(begin, ends[place])
        place += 1
    return begin, place


@numba.njit(nogil=True)
def insert_first(begins: IntArray, ends: IntArray, used: int, ready: int, length: int) -> int:
    """Puts an operation into the first gap that takes it and returns its start; the operations stay in order."""
    begin, place = first_gap(begins, ends, used, ready, length)
    for at in range(used, place, -1):
        begins[at], ends[at] = begins[at - 1], ends[at - 1]
    begins[place], ends[place] = begin, begin + length
    return begin
