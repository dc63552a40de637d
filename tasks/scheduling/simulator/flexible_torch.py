"""Flexible job shops as torch operations on one device: the same schedules as ``flexible``, for a whole batch at once.

Times are int32, indices int64. State stays on the device; a step is a fixed number of kernels and nothing is read back
before the end.
Shops of all sizes share a batch: smaller ones are padded, and a shop that is done changes nothing any more.

Letters: b = rows of the batch (shops by samples), n = jobs, k = operations, o = modes, t = steps, all of the largest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .batch import draw_numbers
from .flexible import FlexibleRuleName, FlexibleSchedules, FlexibleShop, priorities

if TYPE_CHECKING:
    import torch
    from torch import Tensor

__all__ = ["FlexibleBatch", "dispatch", "flexible_batch", "flexible_schedules"]

_NEVER = 2**31 - 1  # later than any start, worse than any priority


class FlexibleBatch(NamedTuple):
    """Shops on a device, and what a rule needs of them.

    Attributes:
        duration: Time steps, int32, shape ``(b, n, k, o)``.
        machine: Machine numbers, int64 (they are indices), shape ``(b, n, k, o)``.
        modes: Modes of each operation, int32, shape ``(b, n, k)``.
        priority: Of each operation, int32, shape ``(b, n, k)``, least is chosen.
        draws: Integers in 0 <= x < 2**32, int64, shape ``(b, t)``; one column for rules that draw nothing.
        machines: Number of machines of the shop with most.
        steps: Operations of the shop with most.
    """

    duration: Tensor
    machine: Tensor
    modes: Tensor
    priority: Tensor
    draws: Tensor
    machines: int
    steps: int


def flexible_schedules(
    shops: Sequence[FlexibleShop],
    rule: FlexibleRuleName,
    *,
    seed: int = 0,
    samples: int = 1,
    device: str | torch.device = "cpu",
) -> list[FlexibleSchedules]:
    """As ``flexible.flexible_schedules``, made on ``device`` in one batch and then copied back."""
    if not shops:
        return []
    batch = flexible_batch(shops, rule, seed=seed, samples=samples, device=device)
    parts = [part.cpu().numpy().astype(np.int64) for part in dispatch(batch, rule)]
    done = []
    for number, shop in enumerate(shops):
        n, k = shop.modes.shape
        own = slice(number * samples, (number + 1) * samples)
        done.append(FlexibleSchedules(parts[0][own, :n, :k], parts[1][own, :n, :k], parts[2][own]))
    return done


def flexible_batch(
    shops: Sequence[FlexibleShop], rule: FlexibleRuleName, *, seed: int, samples: int, device: str | torch.device
) -> FlexibleBatch:
    """Puts shops on a device, each ``samples`` times in a row.

    Raises:
        OverflowError: A shop's activities one after another take longer than 32 bits can count.
    """
    import torch

    for shop in shops:
        if int(shop.duration.max(axis=2, initial=0).sum()) >= _NEVER:
            raise OverflowError(f"shop {shop.id!r}: its durations add up to more than {_NEVER}; use the CPU back end")
    shapes = [shop.duration.shape for shop in shops]
    n, k, o = (max(sizes) for sizes in zip(*shapes, strict=True))
    n, k, o = max(n, 1), max(k, 1), max(o, 1)
    steps = max(int(shop.operations.sum()) for shop in shops)
    b = len(shops)
    duration, machine = np.zeros((b, n, k, o), np.int32), np.zeros((b, n, k, o), np.int64)
    modes, priority = np.zeros((b, n, k), np.int32), np.zeros((b, n, k), np.int32)
    draws = np.zeros((b * samples, max(steps, 1) if rule == "random" else 1), np.int64)
    for row, shop in enumerate(shops):
        jobs, operations, most = shop.duration.shape
        duration[row, :jobs, :operations, :most] = shop.duration
        machine[row, :jobs, :operations, :most] = shop.machine
        modes[row, :jobs, :operations] = shop.modes
        priority[row, :jobs, :operations] = priorities(shop, rule)
        if rule == "random":
            drawn = draw_numbers("non-delay/random", shop, samples=samples, seed=seed)
            draws[row * samples : (row + 1) * samples, : drawn.shape[1]] = drawn

    def repeated(values: npt.NDArray[Any]) -> Tensor:
        return torch.from_numpy(values).to(device).repeat_interleave(samples, 0)

    return FlexibleBatch(
        repeated(duration),
        repeated(machine),
        repeated(modes),
        repeated(priority),
        torch.from_numpy(draws).to(device),
        max(1, *(shop.machines for shop in shops)),
        steps,
    )


def dispatch(batch: FlexibleBatch, rule: FlexibleRuleName) -> tuple[Tensor, Tensor, Tensor]:
    """Start and mode of every operation, shape ``(b, n, k)``, and makespan, shape ``(b,)``; int32, on the device."""
    import torch

    b, n, k, o = batch.duration.shape
    device = batch.duration.device
    place = n * k  # one place more than there are operations: where a shop that is done writes
    start, mode, ready, free = (
        torch.zeros((b, width), dtype=torch.int32, device=device) for width in (place + 1, place + 1, n, batch.machines)
    )
    done = torch.zeros((b, n), dtype=torch.int64, device=device)
    makespan = torch.zeros(b, dtype=torch.int32, device=device)
    is_mode = torch.arange(o, device=device) < batch.modes[..., None]  # (b, n, k, o)
    number = torch.arange(o, device=device)  # (o,)
    jobs = torch.arange(n, device=device)  # (n,)
    operations = (batch.modes > 0).sum(2)  # (b, n)
    for step in range(batch.steps):
        operation = done.clamp(max=k - 1)[:, :, None]  # (b, n, 1)
        wide = operation[..., None].expand(b, n, 1, o)
        length = batch.duration.gather(2, wide)[:, :, 0]  # (b, n, o)
        on = batch.machine.gather(2, wide)[:, :, 0]  # (b, n, o)
        can = is_mode.gather(2, wide)[:, :, 0] & (done < operations)[:, :, None]  # (b, n, o)
        begin = torch.maximum(ready[:, :, None], free.gather(1, on.flatten(1)).view(b, n, o))
        begin = begin.masked_fill(~can, _NEVER)
        now = begin.flatten(1).amin(1)  # (b,)
        pair = can & (begin == now[:, None, None])  # (b, n, o)
        candidate = pair.any(2)  # (b, n)
        # Length, then mode number, as one integer, so that the least is one whatever a device does with ties.
        best = torch.where(pair, length.long() * o + number, 2**62).amin(2)  # (b, n)
        if rule == "random":
            rank = candidate.cumsum(1)  # (b, n)
            left = batch.draws[:, step : step + 1] * rank[:, -1:] >> 32  # (b, 1)
            job = (rank <= left).sum(1, keepdim=True).clamp(max=n - 1)  # (b, 1)
        else:
            value = batch.priority.gather(2, operation)[:, :, 0].long()  # (b, n)
            if rule == "fifo":
                value = ready.long()
            elif rule == "spt":
                value = best.div(o, rounding_mode="floor").clamp(max=_NEVER)
            job = torch.where(candidate, value * n + jobs, 2**62).amin(1, keepdim=True) % n  # (b, 1)
        taken = best.gather(1, job) % o  # (b, 1)
        active = now[:, None] < _NEVER  # (b, 1)
        pick = job[:, :, None].expand(b, 1, o)
        end = now[:, None] + length.gather(1, pick)[:, 0].gather(1, taken)  # (b, 1)
        at = on.gather(1, pick)[:, 0].gather(1, taken)  # (b, 1)
        to = torch.where(active, job * k + operation[:, :, 0].gather(1, job), place)  # (b, 1)
        start.scatter_(1, to, now[:, None])
        mode.scatter_(1, to, taken.int())
        ready.scatter_(1, job, torch.where(active, end, ready.gather(1, job)))
        free.scatter_(1, at, torch.where(active, end, free.gather(1, at)))
        done.scatter_add_(1, job, active.long())
        makespan = torch.where(active[:, 0], torch.maximum(makespan, end[:, 0]), makespan)
    return start[:, :place].view(b, n, k), mode[:, :place].view(b, n, k), makespan
