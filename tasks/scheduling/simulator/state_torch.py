"""The state of many rollouts as tensors on one device: what can be chosen, and what a choice does. No host round trip.

All rollouts take one dispatch a step; one that is over keeps its state. A step works in place on tensors of fixed
shape, so that on CUDA it is recorded once as a graph and replayed.

Letters: b = shops, n = jobs, k = operations of the longest job, m = machines, r = rollouts (samples of shops).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import torch

from .batch import Convention, ShopBatch, stack_shops
from .job_shop import JobShop

__all__ = ["NEVER", "TorchState"]

NEVER = 2**31 - 1  # later than any start
_EAGER_STEPS = 3  # before a step is recorded: libraries set themselves up in them


class TorchState:
    """Rollouts of job shops; integers are int32, indices int64.

    Attributes:
        earliest: Earliest start of each job's next operation, ``(r, n)``, ``NEVER`` for a finished job.
        machine: Where it is done, ``(r, n)``.
        length: Its duration, ``(r, n)``.
        unfinished: Whether there is one, ``(r, n)``.
    """

    def __init__(
        self,
        shops: Sequence[JobShop],
        *,
        samples: int,
        convention: Convention,
        device: str,
        whole: ShopBatch | None = None,
    ) -> None:
        batch = whole or stack_shops(shops)
        self.b, self.n, self.k = batch.duration.shape
        self.m = batch.machines
        self.convention = convention
        self.device = torch.device(device)
        self.steps = int(batch.dispatches.max())
        # One operation more per job, of no duration on machine 0: what a finished job points to.
        self._duration = self.flat(np.pad(batch.duration, ((0, 0), (0, 0), (0, 1))))
        self._machine = self.flat(np.pad(batch.machine, ((0, 0), (0, 0), (0, 1)))).long()
        self.shop = torch.arange(self.b, device=self.device).repeat_interleave(samples)  # (r,)
        self.r = len(self.shop)
        self.operations = self._on(batch.operations)[self.shop]  # (r, n)
        self.row = torch.arange(self.r, device=self.device)
        jobs = torch.arange(self.n, device=self.device)
        self.job = jobs[None, :]  # (1, n)
        self.first = (self.shop[:, None] * self.n + jobs) * (self.k + 1)  # (r, n), of a job in the flat tables
        self.ready = self._zeros(self.n)
        self.done = self._zeros(self.n)
        self.free = self._zeros(self.m)
        self.start = self._zeros(self.n, self.k + 1)
        self.load: torch.Tensor | None = None  # (r, m), work left for each machine, kept up where somebody needs it
        self.step = torch.zeros(1, dtype=torch.int64, device=self.device)
        self.earliest, self.length = self._zeros(self.n), self._zeros(self.n)
        self.machine, self._gap = (torch.zeros((self.r, self.n), dtype=torch.int64, device=self.device) for _ in "mg")
        self.unfinished = torch.zeros((self.r, self.n), dtype=torch.bool, device=self.device)
        if convention == "insertion":
            busiest = max(
                int(np.bincount(batch.machine[at][there], minlength=1).max(initial=1))
                for at in range(self.b)
                for there in [np.arange(self.k) < batch.operations[at][:, None]]
            )
            self._begins = torch.full((self.r, self.m, busiest + 1), NEVER, dtype=torch.int32, device=self.device)
            self._ends = torch.full_like(self._begins, NEVER)
        self.look()

    def _on(self, array: npt.NDArray[np.generic]) -> torch.Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.device)

    def flat(self, array: npt.NDArray[np.generic]) -> torch.Tensor:
        """A table on the device, as one row."""
        return self._on(array).reshape(-1)

    def _zeros(self, *shape: int) -> torch.Tensor:
        return torch.zeros((self.r, *shape), dtype=torch.int32, device=self.device)

    def place(self) -> torch.Tensor:
        """Where each job's next operation stands in tables of shape ``(b, n, k + 1)``, flat, ``(r, n)``."""
        place: torch.Tensor = self.first + self.done
        return place

    def look(self) -> None:
        """Works out ``earliest``, ``machine``, ``length`` and ``unfinished`` anew."""
        place = self.place()
        self.machine.copy_(self._machine[place])
        self.length.copy_(self._duration[place])
        self.unfinished.copy_(self.done < self.operations)
        if self.convention == "insertion":
            start, gap = self._first_gaps()
            self._gap.copy_(gap)
        else:
            start = torch.maximum(self.ready, self.free.gather(1, self.machine))
        self.earliest.copy_(torch.where(self.unfinished, start, NEVER))

    def _first_gaps(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Start of each job's next operation in the first gap that takes it, and its place there, both ``(r, n)``."""
        index = self.machine[:, :, None].expand(-1, -1, self._begins.shape[2])
        begins, ends = self._begins.gather(1, index), self._ends.gather(1, index)  # (r, n, room)
        before = torch.cat([torch.zeros_like(ends[:, :, :1]), ends[:, :, :-1]], dim=2)
        begin = torch.maximum(self.ready[:, :, None], before)
        fits = begin.long() + self.length[:, :, None] <= begins  # a place behind the last operation always fits
        place = fits.int().argmax(dim=2, keepdim=True)  # the first of the highest
        return begin.gather(2, place).squeeze(2), place.squeeze(2)

    def candidates(self, *, one_machine: bool) -> torch.Tensor:
        """Which jobs may be chosen, ``(r, n)``, bool.

        ``one_machine``: non-delay serves the machine of the lowest job that can start earliest, as policies do;
        otherwise all that can start then are candidates, as for rules.
        """
        if self.convention == "insertion":
            return self.unfinished
        ends = self.earliest + (self.length if self.convention == "active" else 0)
        decisive = torch.where(self.unfinished, ends, NEVER)
        soonest = decisive.amin(dim=1, keepdim=True)
        on_time = self.unfinished & (self.earliest == soonest)
        if self.convention == "non-delay" and not one_machine:
            return on_time
        job = torch.where(decisive == soonest, self.job, self.n).amin(dim=1, keepdim=True)  # the lowest
        here = self.unfinished & (self.machine == self.machine.gather(1, job))
        if self.convention == "active":
            return here & ((self.earliest < soonest) | (self.job == job))
        return here & on_time

    def dispatch(self, job: torch.Tensor) -> None:
        """Schedules the next operation of job ``(r,)``; nothing happens in a rollout that is over."""
        column = job[:, None]
        begin = self.earliest.gather(1, column)
        live = begin != NEVER  # (r, 1)
        machine, operation = self.machine.gather(1, column), self.done.gather(1, column).long()
        end = begin + self.length.gather(1, column)
        if self.convention == "insertion":
            self._insert(column, machine, begin, end, live)
        self.start[self.row, job, operation.squeeze(1)] = torch.where(live, begin, 0).squeeze(1)
        self.ready.scatter_(1, column, torch.where(live, end, self.ready.gather(1, column)))
        busy = self.free.gather(1, machine)
        self.free.scatter_(1, machine, torch.where(live, torch.maximum(end, busy), busy))
        self.done.scatter_add_(1, column, live.int())
        if self.load is not None:
            self.load.scatter_add_(1, machine, torch.where(live, -self.length.gather(1, column), 0))
        self.step += 1
        self.look()

    def _insert(
        self, column: torch.Tensor, machine: torch.Tensor, begin: torch.Tensor, end: torch.Tensor, live: torch.Tensor
    ) -> None:
        room = self._begins.shape[2]
        at = torch.arange(room, device=self.device)[None, :]  # (1, room)
        place = self._gap.gather(1, column)
        index = machine[:, :, None].expand(-1, 1, room)
        for table, value in ((self._begins, begin), (self._ends, end)):
            old = table.gather(1, index).squeeze(1)  # (r, room)
            shifted = torch.cat([old[:, :1], old[:, :-1]], dim=1)
            new = torch.where(at < place, old, torch.where(at == place, value, shifted))
            table.scatter_(1, index, torch.where(live, new, old)[:, None, :])

    def run(self, one_step: Callable[[], None]) -> None:
        """Does ``one_step`` until every rollout is over; on CUDA it is recorded once and replayed."""
        eager = self.steps if self.device.type != "cuda" else min(_EAGER_STEPS, self.steps)
        for _ in range(eager):
            one_step()
        if eager < self.steps:
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                one_step()
            for _ in range(self.steps - eager):
                graph.replay()

    @property
    def makespan(self) -> torch.Tensor:
        """Time steps of every rollout, ``(r,)``."""
        return self.ready.amax(dim=1)
