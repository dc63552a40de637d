"""Permutation flow shops as torch operations on one device: the same schedules and orders as ``flow_shop``.

The batch stays on its device and nothing is read back, so that a whole call is one queue of kernels. A step handles one
job on all machines of all rows at once: with S the running sum of its durations, it ends on machine k at
``S[k] + max over l <= k of (free[l] - S[l - 1])``, which is one running maximum.

Letters: b = rows of the batch, n = jobs, m = machines, g = places where a job can be put.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["FlowSchedules", "neh_orders", "schedule_orders"]


class FlowSchedules(NamedTuple):
    """Schedules of a batch, int32, on the device of its durations.

    Attributes:
        start: Time steps by job number, shape ``(b, n, m)``.
        makespan: Time steps, shape ``(b,)``.
    """

    start: Tensor
    makespan: Tensor


def schedule_orders(duration: Tensor, orders: Tensor) -> FlowSchedules:
    """The earliest schedule of one job order per row.

    Args:
        duration: Time steps, int32, shape ``(b, n, m)``; no makespan may pass 2**31 - 1.
        orders: Job numbers, first job first, int64, shape ``(b, n)``, on the same device.
    """
    import torch

    b, n, m = duration.shape
    ordered = duration.gather(1, orders[:, :, None].expand(b, n, m))  # (b, n, m), by place
    ends = _ends(ordered)
    start = torch.empty_like(duration).scatter_(1, orders[:, :, None].expand(b, n, m), ends - ordered)
    return FlowSchedules(start, ends.flatten(1).amax(1) if n * m else torch.zeros_like(orders[:, 0], dtype=torch.int32))


def neh_orders(duration: Tensor) -> Tensor:
    """The NEH order of each row, int64, shape ``(b, n)``; ties as in ``flow_shop.neh_order``.

    Args:
        duration: Time steps, int32, shape ``(b, n, m)``, all rows of one size; no makespan may pass 2**31 - 1.
    """
    import torch

    b, n, m = duration.shape
    device = duration.device
    total = duration.sum(2)  # (b, n)
    taken = torch.argsort(-total, dim=1, stable=True)  # (b, n)
    order = torch.zeros((b, n), dtype=torch.int64, device=device)
    place = torch.arange(n, device=device)  # (n,)
    none = torch.zeros((b, 1, m), dtype=torch.int32, device=device)
    for placed in range(n):
        job = taken[:, placed]  # (b,)
        sequence = duration.gather(1, order[:, :placed, None].expand(b, placed, m))  # (b, placed, m)
        head = torch.cat([none, _ends(sequence)], 1)  # (b, g, m), what comes before each place has ended
        tail = torch.cat([_ends(sequence.flip(1, 2)).flip(1, 2), none], 1)  # (b, g, m), what comes behind takes
        own = duration.gather(1, job[:, None, None].expand(b, 1, m))  # (b, 1, m)
        makespan = (_next_ends(head, own) + tail).amax(2)  # (b, g)
        at = (makespan.long() * n + place[: placed + 1]).amin(1, keepdim=True) % n  # (b, 1), the first of the least
        shifted = torch.cat([order[:, :1], order[:, :-1]], 1)
        order = torch.where(place < at, order, torch.where(place == at, job[:, None], shifted))
    return order


def _ends(ordered: Tensor) -> Tensor:
    """Ends of jobs that follow each other, int32, shape ``(b, n, m)``, from their durations of the same shape."""
    import torch

    free = torch.zeros_like(ordered[:, :1])  # (b, 1, m)
    ends = []
    for i in range(ordered.shape[1]):
        free = _next_ends(free, ordered[:, i : i + 1])
        ends.append(free)
    return torch.cat(ends, 1) if ends else torch.zeros_like(ordered)


def _next_ends(free: Tensor, own: Tensor) -> Tensor:
    """Ends on each machine of a job that comes when the machines are free at ``free``; both broadcast to one shape."""
    import torch

    done = own.cumsum(2, dtype=torch.int32)
    return (free - (done - own)).cummax(2).values + done
