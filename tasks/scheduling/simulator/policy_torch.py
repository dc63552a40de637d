"""Policy rollouts of a whole batch on one device: the same features, choices and schedules as ``policy_numba``.

Letters: b = shops, n = jobs, k = operations of the longest job, m = machines, r = rollouts, f = features.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from .batch import Convention, stack_draws, stack_shops
from .job_shop import JobShop
from .priorities import work_remaining
from .selection import HIGHEST_SCORE, SCORE_STEPS, weight_table
from .state_torch import NEVER, TorchState

__all__ = ["TorchFeatures", "policy_on_device"]

_FAR = 10  # mean durations
_RATIO_CAP = 50
_BITS = 16  # an operation's number fits below a slack in one integer


class TorchFeatures:
    """Describes candidates of a ``TorchState`` as ``FEATURES`` says; everything is worked out for all jobs at once."""

    def __init__(self, state: TorchState, shops: Sequence[JobShop]) -> None:
        self._state = state
        b, n, k = state.b, state.n, state.k
        tables = {name: np.zeros((b, n, k + 1), np.int32) for name in ("duration", "machine", "left")}
        per_shop = {name: np.ones(b, np.int32) for name in ("scale", "dispatches", "machines", "longest", "jobs")}
        load = np.zeros((b, state.m), np.int32)
        for at, shop in enumerate(shops):
            jobs, route = shop.duration.shape
            tables["duration"][at, :jobs, :route] = shop.duration
            tables["machine"][at, :jobs, :route] = np.maximum(shop.machine, 0)
            tables["left"][at, :jobs, :route] = work_remaining(shop)
            dispatches = int(shop.operations.sum())
            per_shop["scale"][at] = max(int(shop.duration.sum()) // max(dispatches, 1), 1)
            per_shop["dispatches"][at] = dispatches
            per_shop["machines"][at] = 1 + int(shop.machine.max(initial=0))
            per_shop["longest"][at] = max(int(shop.operations.max(initial=0)), 1)
            per_shop["jobs"][at] = int((shop.operations > 0).sum())
            np.add.at(load[at], np.maximum(shop.machine, 0).ravel(), shop.duration.ravel())
        self._left = state.flat(tables["left"])
        self._duration = state.flat(tables["duration"])
        self._machine = state.flat(tables["machine"]).long()
        # Work of a job before its operation o, so that the time until a later one is a difference.
        before = np.concatenate([np.zeros((b, n, 1), np.int64), tables["duration"].cumsum(2)[:, :, :-1]], axis=2)
        self._before = state.flat(before.astype(np.int32))
        self._of = {name: state.flat(values)[state.shop][:, None] for name, values in per_shop.items()}  # (r, 1)
        self._load = state.load = state.flat(load).reshape(b, state.m)[state.shop]  # (r, m), of each machine
        self._operation = torch.arange(k + 1, device=state.device)  # (k + 1,)

    def __call__(self, candidate: torch.Tensor) -> torch.Tensor:
        """Features of every job, ``(r, n, f)``; those of jobs that are no candidates mean nothing."""
        state, of = self._state, self._of
        place, waits = state.place(), state.unfinished
        scale, jobs, longest = of["scale"], of["jobs"], of["longest"]
        length, machine, begin = state.length, state.machine, state.earliest
        work = self._left[place]  # (r, n)
        load = self._load
        now = begin.amin(dim=1, keepdim=True)  # (r, 1)
        most_work = torch.where(waits, work, 0).amax(dim=1, keepdim=True).clamp(min=1)
        most_load = load.amax(dim=1, keepdim=True).clamp(min=1)
        bound = torch.maximum(
            torch.where(waits, begin + work, state.ready).amax(dim=1, keepdim=True),
            torch.where(load > 0, torch.maximum(state.free, now) + load, 0).amax(dim=1, keepdim=True),
        )
        bound = torch.maximum(bound, state.ready.amax(dim=1, keepdim=True))
        queue = self._per_machine(waits.int(), "sum")
        queue_work = self._per_machine(torch.where(waits, length, 0), "sum")
        comes = waits & ~candidate
        arriving = self._per_machine(comes.int(), "sum").gather(1, machine)
        arrival = self._per_machine(torch.where(comes, state.ready, NEVER), "amin").gather(1, machine)
        arriving_work = self._per_machine(torch.where(comes, work, 0), "amax").gather(1, machine)
        own_load, busy = load.gather(1, machine), state.free.gather(1, machine)
        has_next = state.done + 1 < state.operations
        following = torch.where(has_next, self._machine[(place + 1).clamp(max=len(self._machine) - 1)], 0)
        next_length = torch.where(has_next, self._duration[(place + 1).clamp(max=len(self._machine) - 1)], 0)
        end = begin + length
        idle = torch.where(has_next, end - torch.maximum(state.free.gather(1, following), now), 0)
        next_load = torch.where(has_next, load.gather(1, following), 0)
        tightest, distance = self._tightest(place, end, bound, load)
        tightest = torch.where(has_next, tightest, bound - begin - own_load)
        count = candidate.sum(dim=1, keepdim=True, dtype=torch.int32)
        shortest = torch.where(candidate, length, NEVER).amin(dim=1, keepdim=True)
        soonest = torch.where(candidate, begin, NEVER).amin(dim=1, keepdim=True)
        among = torch.where(candidate, work, -1)
        most = among.amax(dim=1, keepdim=True)
        is_first = among == most
        lone = is_first.sum(dim=1, keepdim=True) == 1
        second = torch.where(lone, torch.where(is_first, -1, among).amax(dim=1, keepdim=True), most)
        total_length = torch.where(candidate, length, 0).sum(dim=1, keepdim=True)  # int64
        total_work = torch.where(candidate, work, 0).sum(dim=1, keepdim=True)
        all_work = self._left[state.first]
        due, some = all_work - work + length, work.clamp(min=1)
        wait = torch.minimum((arrival - begin).clamp(min=0), _FAR * scale)

        def share(top: torch.Tensor, bottom: torch.Tensor) -> torch.Tensor:
            return (top.float() / bottom.float()).expand(state.r, state.n)

        columns = [
            share(length, scale),
            share(work, most_work),
            share(work - torch.where(work == most, second, most), most_work),
            share(state.operations - state.done, longest),
            share(begin - state.ready, scale),
            share(bound - begin - work, scale),
            share(bound - begin - own_load, scale),
            share(own_load, most_load),
            share(next_length, scale),
            has_next.float(),
            share(idle, scale),
            share(torch.where(has_next, queue.gather(1, following), 0), jobs),
            share(torch.where(has_next, queue_work.gather(1, following), 0), most_load),
            share(next_load, most_load),
            share(bound - end - next_load, scale),
            share(count, jobs),
            share(length - shortest, scale),
            share(length.long() * count - total_length, count.long() * scale),
            share(work.long() * count - total_work, count.long() * most_work),
            share(arriving, jobs),
            share(wait, scale),
            share(torch.where(arriving > 0, arriving_work - work, 0), most_work),
            share(tightest, scale),
            share(distance, longest),
            share(state.done.sum(dim=1, keepdim=True), of["dispatches"]),
            share(torch.minimum(due.long(), _RATIO_CAP * some.long()), some),
            share(jobs, jobs + of["machines"]),
            share(begin - torch.minimum(busy, begin), scale),
            share(begin - soonest, scale),
        ]
        return torch.stack(columns, dim=2)

    def _per_machine(self, values: torch.Tensor, how: str) -> torch.Tensor:
        """Values of the jobs gathered at their next machine, ``(r, m)``."""
        state = self._state
        start = NEVER if how == "amin" else 0
        base = torch.full((state.r, state.m), start, dtype=values.dtype, device=state.device)
        if how == "sum":
            return base.scatter_add(1, state.machine, values)
        return base.scatter_reduce(1, state.machine, values, how)

    def _tightest(
        self, place: torch.Tensor, end: torch.Tensor, bound: torch.Tensor, load: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Least slack of the machines behind the next one, and the operations until there, both ``(r, n)``."""
        state = self._state
        places = state.first[:, :, None] + self._operation  # (r, n, k + 1)
        ahead = (self._operation > state.done[:, :, None]) & (self._operation < state.operations[:, :, None])
        head = end[:, :, None] + self._before[places] - self._before[place][:, :, None] - state.length[:, :, None]
        on = self._machine[places].flatten(1)
        slack = bound[:, :, None] - head - load.gather(1, on).reshape(places.shape)
        packed = torch.where(ahead, (slack.long() << _BITS) + self._operation, 2**62).amin(dim=2)  # the first of equals
        operation = packed & ((1 << _BITS) - 1)
        distance = torch.where(packed == 2**62, 0, operation - state.done)
        return (packed >> _BITS).clamp(max=NEVER).int(), distance


def policy_on_device(
    shops: Sequence[JobShop],
    score: Callable[[torch.Tensor], torch.Tensor],
    *,
    samples: int,
    convention: Convention,
    temperature: float,
    device: str,
    draws: tuple[str, int] | None,
) -> TorchState:
    """The state after ``samples`` rollouts of every shop, choices as in ``selection``.

    Args:
        shops: What is scheduled.
        score: Features ``(c, f)`` to scores ``(c,)``, on the device.
        samples: Schedules per shop.
        convention: How a chosen operation gets its start.
        temperature: What scores are divided by.
        device: Where everything stays until the end.
        draws: Kind and seed of the draw numbers; None chooses greedily.

    Raises:
        ValueError: A score was not finite.
    """
    state = TorchState(shops, samples=samples, convention=convention, device=device, whole=stack_shops(shops))
    features = TorchFeatures(state, shops)
    table = torch.from_numpy(weight_table().astype(np.int64)).to(device)
    numbers_drawn = None
    if draws is not None:
        numbers_drawn = torch.from_numpy(stack_draws(shops, draws[0], samples=samples, seed=draws[1])).to(device)
    broken = torch.zeros(1, dtype=torch.int64, device=device)
    lowest = -(2**40)

    def one_step() -> None:
        candidate = state.candidates(one_machine=True)
        scores = score(features(candidate).flatten(0, 1)).float().reshape(state.r, state.n)
        broken.add_((~torch.isfinite(scores) & candidate).sum())
        scaled = torch.round(scores.double() * (SCORE_STEPS / temperature)).clamp(-HIGHEST_SCORE, HIGHEST_SCORE)
        number = torch.where(candidate, scaled.nan_to_num().long(), lowest)  # (r, n)
        if numbers_drawn is None:
            state.dispatch(number.argmax(dim=1))
            return
        below = (number.amax(dim=1, keepdim=True) - number).clamp(max=len(table) - 1)
        upto = torch.where(candidate, table[below], 0).cumsum(dim=1)
        wanted = numbers_drawn.index_select(1, state.step) * upto[:, -1:] >> 32
        state.dispatch((upto > wanted).int().argmax(dim=1))

    state.run(one_step)
    if int(broken):
        raise ValueError(f"{int(broken)} scores are not finite")
    return state
