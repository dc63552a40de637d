"""Shops stacked to one block of integers, and the random choices that every back end makes alike.

Letters: b = shops, n = jobs, k = operations of the longest job, s = samples, t = dispatches of a shop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from ....harness.randomness import Stream
from .job_shop import IntArray, JobShop

__all__ = ["CONVENTIONS", "Convention", "Int32Array", "ShopBatch", "draw_numbers", "stack_draws", "stack_shops"]

Int32Array = npt.NDArray[np.int32]
Convention = Literal["non-delay", "active", "insertion"]
CONVENTIONS: tuple[Convention, ...] = ("non-delay", "active", "insertion")
"""How a chosen operation gets its start.

``non-delay``: only operations that can start earliest may be chosen, so no machine waits while work for it is there.
``active``: of the machine on which an operation can end earliest, all operations that can start before that end may be
chosen (Giffler and Thompson, Operations Research 8 (1960) 487-503), so a machine may wait, but never for too long.
``insertion``: any job may be chosen; its next operation goes into the first gap of its machine that it fits in.
"""


class ShopBatch(NamedTuple):
    """Job shops of any sizes, padded to one shape.

    Attributes:
        duration: Time steps, shape ``(b, n, k)``, int32; 0 behind a job's last operation.
        machine: Numbers from 0, shape ``(b, n, k)``, int32; 0 behind a job's last operation.
        operations: Per job, shape ``(b, n)``, int32; 0 for a job that only pads.
        machines: Most machines that a shop has.
    """

    duration: Int32Array
    machine: Int32Array
    operations: Int32Array
    machines: int

    @property
    def dispatches(self) -> Int32Array:
        """Operations of each shop, shape ``(b,)``."""
        total: Int32Array = self.operations.sum(axis=1, dtype=np.int32)
        return total


def stack_shops(shops: Sequence[JobShop]) -> ShopBatch:
    """Pads shops to one shape.

    Raises:
        ValueError: There are none, or the work of one does not fit 31 bits.
    """
    if not shops:
        raise ValueError("no shops to stack")
    if (most := max(int(shop.duration.sum()) for shop in shops)) >= 2**31:
        raise ValueError(f"a shop has {most} time steps of work, more than 31 bits hold")
    n, k = (max(shop.duration.shape[axis] for shop in shops) for axis in (0, 1))
    duration, machine = (np.zeros((len(shops), n, k), np.int32) for _ in range(2))
    operations = np.zeros((len(shops), n), np.int32)
    for at, shop in enumerate(shops):
        jobs, longest = shop.duration.shape
        duration[at, :jobs, :longest] = shop.duration
        machine[at, :jobs, :longest] = np.maximum(shop.machine, 0)
        operations[at, :jobs] = shop.operations
    return ShopBatch(duration, machine, operations, int(machine.max(initial=0)) + 1)


class Drawn(Protocol):
    """What choices are drawn for: a shop of any kind."""

    @property
    def id(self) -> str:
        """Its name."""

    @property
    def operations(self) -> IntArray:
        """Operations per job, shape ``(n,)``."""


def draw_numbers(kind: str, shop: Drawn, *, samples: int, seed: int) -> IntArray:
    """What decides the random choices of a shop: integers in 0 <= x < 2**32, shape ``(s, t)``.

    Dispatch t of sample s reads number ``s * t_shop + t`` of a counter-based stream that is named by ``kind``, seed and
    shop. So a choice depends on no batch, no back end and no number of samples. Of c candidates, number
    ``x * c >> 32`` is chosen, counted in the order of the jobs; of c weights, the one in whose share
    ``x * total >> 32`` falls.
    """
    steps = int(shop.operations.sum())
    raw = Stream(kind, seed, shop.id).raw(samples * steps) >> np.uint64(32)
    return raw.astype(np.int64).reshape(samples, steps)


def stack_draws(shops: Sequence[JobShop], kind: str, *, samples: int, seed: int) -> IntArray:
    """Draw numbers of every rollout, shape ``(b * s, t)``, samples of one shop together; 0 behind its last dispatch."""
    drawn = [draw_numbers(kind, shop, samples=samples, seed=seed) for shop in shops]
    draws = np.zeros((len(shops) * samples, max(one.shape[1] for one in drawn)), np.int64)
    for at, one in enumerate(drawn):
        draws[at * samples : (at + 1) * samples, : one.shape[1]] = one
    return draws
