"""Batches of policy rollouts on the processor: choices are asked for, applied, and whatever is forced is done at once.

Letters: b = shops, n = jobs, k = operations of the longest job, m = machines, r = rollouts (samples of shops), c =
candidates of all rollouts that wait for a choice, f = features.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from .batch import CONVENTIONS, Convention, Int32Array, stack_shops
from .features import FEATURES
from .job_shop import IntArray, JobShop
from .priorities import work_remaining
from .rules_numba import first_gap, insert_first, most_on_a_machine

__all__ = ["Choices", "NumbaRollouts"]

_NEVER = np.int64(2**62)
_INSERTION, _ACTIVE = CONVENTIONS.index("insertion"), CONVENTIONS.index("active")
_F = len(FEATURES)
_FAR = 10  # mean durations
_RATIO_CAP = 50

Float32Array = npt.NDArray[np.float32]


class Choices(NamedTuple):
    """What the policy is asked.

    Attributes:
        rollout: Rollouts that wait for a choice, shape ``(w,)``, rising.
        offsets: Their candidates are ``offsets[i]`` up to ``offsets[i + 1]``, shape ``(w + 1,)``.
        job: Candidate jobs, lowest first, shape ``(c,)``.
        features: Of each candidate, shape ``(c, f)``, see ``FEATURES``.
        step: Dispatches that each waiting rollout has behind it, shape ``(w,)``.
    """

    rollout: Int32Array
    offsets: IntArray
    job: Int32Array
    features: Float32Array
    step: Int32Array


class _Shops(NamedTuple):
    """What does not change: see ``ShopBatch``; beside it, per shop, what the features are measured by."""

    duration: Int32Array
    machine: Int32Array
    operations: Int32Array
    left: Int32Array  # (b, n, k), work remaining
    scale: IntArray  # (b,), mean duration
    dispatches: IntArray  # (b,)
    machines_of: IntArray  # (b,)
    longest: IntArray  # (b,), operations of the longest route


class _State(NamedTuple):
    """What changes, one row per rollout."""

    shop: Int32Array  # (r,)
    ready: Int32Array  # (r, n), end of the job's operation before
    done: Int32Array  # (r, n), operations dispatched
    free: Int32Array  # (r, m), end of the machine's last operation
    load: Int32Array  # (r, m), work left for the machine
    step: Int32Array  # (r,), dispatches
    start: Int32Array  # (r, n, k)
    begins: Int32Array  # (r, m, room), insertion only
    ends: Int32Array
    used: Int32Array  # (r, m)


class NumbaRollouts:
    """Rollouts of job shops, all at once.

    >>> rollouts = NumbaRollouts(shops, samples=128)  # doctest: +SKIP
    >>> while len((asked := rollouts.choices()).rollout):
    ...     rollouts.choose(asked, pick(asked))
    """

    def __init__(self, shops: Sequence[JobShop], *, samples: int, convention: Convention = "non-delay") -> None:
        batch = stack_shops(shops)
        b, n, k = batch.duration.shape
        self._convention = CONVENTIONS.index(convention)
        inserts = convention == "insertion"
        left = np.zeros_like(batch.duration)
        for at, shop in enumerate(shops):
            jobs, longest = shop.duration.shape
            left[at, :jobs, :longest] = work_remaining(shop)
        dispatches = batch.dispatches.astype(np.int64)
        work = batch.duration.sum(axis=(1, 2), dtype=np.int64)
        used_machines = np.array([1 + int(s.machine.max(initial=0)) for s in shops], np.int64)
        self._shops = _Shops(
            batch.duration,
            batch.machine,
            batch.operations,
            left,
            np.maximum(work // np.maximum(dispatches, 1), 1),
            dispatches,
            used_machines,
            np.maximum(batch.operations.max(axis=1), 1).astype(np.int64),
        )
        load = np.zeros((b, batch.machines), np.int32)
        for at in range(b):
            np.add.at(load[at], batch.machine[at].ravel(), batch.duration[at].ravel())
        rows = np.repeat(np.arange(b, dtype=np.int32), samples)
        r, m = len(rows), batch.machines
        room = max(most_on_a_machine(batch.machine[at], batch.operations[at], m) for at in range(b)) if inserts else 0
        self._state = _State(
            rows,
            np.zeros((r, n), np.int32),
            np.zeros((r, n), np.int32),
            np.zeros((r, m), np.int32),
            load[rows],
            np.zeros(r, np.int32),
            np.zeros((r, n, k), np.int32),
            np.zeros((r, m, room), np.int32),
            np.zeros((r, m, room), np.int32),
            np.zeros((r, m if inserts else 0), np.int32),
        )
        self._job = np.zeros(r * n, np.int32)
        self._features = np.zeros((r * n, _F), np.float32)

    def choices(self) -> Choices:
        """Does every dispatch that leaves no choice, then says what can be chosen in each rollout that is not over.

        The arrays are overwritten by the next call.
        """
        r = len(self._state.shop)
        rollout, offsets = np.empty(r, np.int32), np.zeros(r + 1, np.int64)
        waiting = _ask(self._shops, self._state, self._convention, rollout, offsets, self._job, self._features)
        total = offsets[waiting]
        rollout = rollout[:waiting]
        return Choices(
            rollout, offsets[: waiting + 1], self._job[:total], self._features[:total], self._state.step[rollout]
        )

    def choose(self, asked: Choices, chosen: IntArray) -> None:
        """Dispatches the candidate with number ``chosen``, shape ``(w,)``, counted from each rollout's first."""
        _apply(self._shops, self._state, self._convention, asked.rollout, asked.job[asked.offsets[:-1] + chosen])

    @property
    def makespan(self) -> Int32Array:
        """Time steps of every rollout, shape ``(r,)``; of what is dispatched so far."""
        longest: Int32Array = self._state.ready.max(axis=1)
        return longest

    @property
    def start(self) -> Int32Array:
        """Time steps, shape ``(r, n, k)``."""
        return self._state.start


@numba.njit(nogil=True)
def _dispatch(shops: _Shops, state: _State, convention: int, r: int, job: int) -> None:
    shop = state.shop[r]
    o = state.done[r, job]
    m = shops.machine[shop, job, o]
    length = shops.duration[shop, job, o]
    if convention == _INSERTION:
        begin = insert_first(state.begins[r, m], state.ends[r, m], state.used[r, m], state.ready[r, job], length)
        state.used[r, m] += 1
    else:
        begin = max(state.ready[r, job], state.free[r, m])
    end = begin + length
    state.start[r, job, o] = begin
    state.ready[r, job] = end
    state.free[r, m] = max(state.free[r, m], end)
    state.load[r, m] -= length
    state.done[r, job] = o + 1
    state.step[r] += 1


@numba.njit(nogil=True)
def _apply(shops: _Shops, state: _State, convention: int, rollout: Int32Array, job: Int32Array) -> None:
    for at in range(len(rollout)):
        _dispatch(shops, state, convention, rollout[at], job[at])


@numba.njit(nogil=True)
def _ask(
    shops: _Shops,
    state: _State,
    convention: int,
    rollout: Int32Array,
    offsets: IntArray,
    job: Int32Array,
    features: Float32Array,
) -> int:
    """Fills the arrays of ``Choices``; returns how many rollouts wait."""
    n = state.ready.shape[1]
    earliest = np.empty(n, np.int64)
    waiting = 0
    for r in range(len(state.shop)):
        shop = state.shop[r]
        while state.step[r] < shops.dispatches[shop]:
            first = offsets[waiting]
            count = _candidates(shops, state, convention, r, earliest, job[first:])
            if count > 1:
                _describe(shops, state, r, earliest, job[first : first + count], features[first : first + count])
                rollout[waiting] = r
                waiting += 1
                offsets[waiting] = first + count
                break
            _dispatch(shops, state, convention, r, job[first])
    return waiting


@numba.njit(nogil=True)
def _candidates(shops: _Shops, state: _State, convention: int, r: int, earliest: IntArray, job: Int32Array) -> int:
    """Earliest start of every unfinished job, and the jobs that may be chosen, lowest first: returns how many.

    See ``CONVENTIONS``. Non-delay and active serve one machine at a time: that of the lowest job which can start, or
    end, earliest.
    """
    shop = state.shop[r]
    soonest, served, first = _NEVER, -1, -1
    for j in range(len(earliest)):
        o = state.done[r, j]
        earliest[j] = _NEVER
        if o < shops.operations[shop, j]:
            m, length = shops.machine[shop, j, o], shops.duration[shop, j, o]
            if convention == _INSERTION:
                earliest[j], _ = first_gap(
                    state.begins[r, m], state.ends[r, m], state.used[r, m], state.ready[r, j], length
                )
            else:
                earliest[j] = max(state.ready[r, j], state.free[r, m])
                decisive = earliest[j] + (length if convention == _ACTIVE else 0)
                if decisive < soonest:
                    soonest, served, first = decisive, m, j
    count = 0
    for j in range(len(earliest)):
        if earliest[j] == _NEVER:
            continue
        if convention == _INSERTION:
            chosen = True
        else:
            here = shops.machine[shop, j, state.done[r, j]] == served
            in_time = earliest[j] < soonest if convention == _ACTIVE else earliest[j] == soonest
            chosen = here and (in_time or j == first)
        if chosen:
            job[count] = j
            count += 1
    return count


@numba.njit(nogil=True)
def _describe(
    shops: _Shops, state: _State, r: int, earliest: IntArray, job: Int32Array, features: Float32Array
) -> None:
    """Features of the candidates of one rollout; the order is that of ``FEATURES``."""
    shop = state.shop[r]
    n, k = shops.duration.shape[1], shops.longest[shop]
    machines, scale, count = shops.machines_of[shop], shops.scale[shop], len(job)
    # What the waiting jobs and the machines come to.
    now, most_work, jobs, bound = _NEVER, np.int64(1), np.int64(0), np.int64(0)
    queue, queue_work = np.zeros(machines, np.int64), np.zeros(machines, np.int64)
    arriving, arrival = np.zeros(machines, np.int64), np.full(machines, _NEVER)
    arriving_work = np.zeros(machines, np.int64)
    candidate = 0
    for j in range(n):
        jobs += shops.operations[shop, j] > 0
        bound = max(bound, np.int64(state.ready[r, j]))
        if earliest[j] == _NEVER:
            continue
        o = state.done[r, j]
        m, left = shops.machine[shop, j, o], np.int64(shops.left[shop, j, o])
        now = min(now, earliest[j])
        bound = max(bound, earliest[j] + left)
        most_work = max(most_work, left)
        queue[m] += 1
        queue_work[m] += shops.duration[shop, j, o]
        if candidate < count and job[candidate] == j:
            candidate += 1
        else:
            arriving[m] += 1
            arrival[m] = min(arrival[m], np.int64(state.ready[r, j]))
            arriving_work[m] = max(arriving_work[m], left)
    most_load = np.int64(1)
    for m in range(machines):
        load = np.int64(state.load[r, m])
        most_load = max(most_load, load)
        if load > 0:
            bound = max(bound, max(np.int64(state.free[r, m]), now) + load)
    # What the candidates come to.
    sum_duration, sum_work, shortest, soonest = np.int64(0), np.int64(0), _NEVER, _NEVER
    most, second = np.int64(-1), np.int64(-1)  # work left in the first and second of them
    for j in job:
        length, work = (
            np.int64(shops.duration[shop, j, state.done[r, j]]),
            np.int64(shops.left[shop, j, state.done[r, j]]),
        )
        sum_duration += length
        sum_work += work
        shortest = min(shortest, length)
        soonest = min(soonest, earliest[j])
        if work > most:
            most, second = work, most
        elif work > second:
            second = work
    for at in range(count):
        j = job[at]
        o = state.done[r, j]
        m = shops.machine[shop, j, o]
        length, work = np.int64(shops.duration[shop, j, o]), np.int64(shops.left[shop, j, o])
        load = np.int64(state.load[r, m])
        begin = earliest[j]
        end = begin + length
        has_next = o + 1 < shops.operations[shop, j]
        next_length, idle, next_queue, next_work, next_load = (
            np.int64(0),
            np.int64(0),
            np.int64(0),
            np.int64(0),
            np.int64(0),
        )
        tightest, distance = bound - begin - load, np.int64(0)
        if has_next:
            following = shops.machine[shop, j, o + 1]
            next_length, next_load = np.int64(shops.duration[shop, j, o + 1]), np.int64(state.load[r, following])
            next_queue, next_work = queue[following], queue_work[following]
            idle = end - max(np.int64(state.free[r, following]), now)
            tightest, head = _NEVER, end
            for ahead in range(o + 1, shops.operations[shop, j]):
                slack = bound - head - state.load[r, shops.machine[shop, j, ahead]]
                if slack < tightest:
                    tightest, distance = slack, np.int64(ahead - o)
                head += shops.duration[shop, j, ahead]
        due, some = np.int64(shops.left[shop, j, 0]) - work + length, max(work, np.int64(1))
        wait = min(max(arrival[m] - begin, 0), _FAR * scale)
        row = features[at]
        row[0] = np.float32(length) / np.float32(scale)
        row[1] = np.float32(work) / np.float32(most_work)
        row[2] = np.float32(work - (second if work == most else most)) / np.float32(most_work)
        row[3] = np.float32(shops.operations[shop, j] - o) / np.float32(k)
        row[4] = np.float32(begin - state.ready[r, j]) / np.float32(scale)
        row[5] = np.float32(bound - begin - work) / np.float32(scale)
        row[6] = np.float32(bound - begin - load) / np.float32(scale)
        row[7] = np.float32(load) / np.float32(most_load)
        row[8] = np.float32(next_length) / np.float32(scale)
        row[9] = np.float32(has_next)
        row[10] = np.float32(idle) / np.float32(scale)
        row[11] = np.float32(next_queue) / np.float32(jobs)
        row[12] = np.float32(next_work) / np.float32(most_load)
        row[13] = np.float32(next_load) / np.float32(most_load)
        row[14] = np.float32(bound - end - next_load) / np.float32(scale)
        row[15] = np.float32(count) / np.float32(jobs)
        row[16] = np.float32(length - shortest) / np.float32(scale)
        row[17] = np.float32(length * count - sum_duration) / np.float32(count * scale)
        row[18] = np.float32(work * count - sum_work) / np.float32(count * most_work)
        row[19] = np.float32(arriving[m]) / np.float32(jobs)
        row[20] = np.float32(wait) / np.float32(scale)
        row[21] = np.float32(arriving_work[m] - work if arriving[m] > 0 else 0) / np.float32(most_work)
        row[22] = np.float32(tightest) / np.float32(scale)
        row[23] = np.float32(distance) / np.float32(k)
        row[24] = np.float32(state.step[r]) / np.float32(shops.dispatches[shop])
        row[25] = np.float32(min(due, _RATIO_CAP * some)) / np.float32(some)
        row[26] = np.float32(jobs) / np.float32(jobs + machines)
        row[27] = np.float32(begin - min(np.int64(state.free[r, m]), begin)) / np.float32(scale)
        row[28] = np.float32(begin - soonest) / np.float32(scale)
