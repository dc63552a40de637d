"""Taillard's job shops: his generator, and the published seeds from which ta01 to ta80 are made again exactly."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ...harness.errors import DataError
from ...harness.randomness import Stream
from .instances import JobShopInstance

__all__ = [
    "SIZES",
    "TaillardSeed",
    "drawn_job_shop",
    "lehmer_states",
    "published_job_shops",
    "published_seeds",
    "taillard_job_shop",
]

_MULTIPLIER, _MODULUS = 16_807, 2**31 - 1
_LONGEST = 99  # time steps; durations are U(1, 99)
SIZES: tuple[tuple[int, int], ...] = (
    (15, 15),
    (20, 15),
    (20, 20),
    (30, 15),
    (30, 20),
    (50, 15),
    (50, 20),
    (100, 20),
)
"""Jobs and machines of ta01 to ta80, ten instances each, in this order."""


class TaillardSeed(NamedTuple):
    """What one published instance is made from.

    Attributes:
        name: ``ta01`` to ``ta80``.
        jobs: Number of jobs.
        machines: Number of machines; each job visits each once.
        time_seed: State that the durations are drawn from, 1 to 2**31 - 2.
        machine_seed: State that the routes are drawn from.
        sha256: Of the instance made, see ``JobShopInstance.sha256``.
    """

    name: str
    jobs: int
    machines: int
    time_seed: int
    machine_seed: int
    sha256: str


def lehmer_states(seed: int) -> Iterator[int]:
    """Endless states of the Lehmer generator x <- 16807 x mod (2**31 - 1), the first one behind the seed.

    Bratley, Fox and Schrage's code, which Taillard used, keeps the product within 32 bits; Python's integers need no
    such care and give the same states.
    """
    x = seed
    while True:
        x = _MULTIPLIER * x % _MODULUS
        yield x


def _uniform(x: int, low: int, high: int) -> int:
    """The integer U(low, high), both ends included, of a state; the division is in double precision, as Taillard's."""
    return low + int(x / _MODULUS * (high - low + 1))


def taillard_job_shop(name: str, *, jobs: int, machines: int, time_seed: int, machine_seed: int) -> JobShopInstance:
    """An instance of Taillard's distribution: durations U(1, 99), routes random permutations of the machines.

    Source: Taillard, Benchmarks for basic scheduling problems, EJOR 64(2) (1993) 278-285.

    >>> taillard_job_shop("ta01", jobs=15, machines=15, time_seed=840612802, machine_seed=398197754).duration[0][:4]
    [94, 66, 10, 53]
    """
    times, swaps = lehmer_states(time_seed), lehmer_states(machine_seed)
    duration = [[_uniform(next(times), 1, _LONGEST) for _ in range(machines)] for _ in range(jobs)]
    machine = []
    for _ in range(jobs):
        route = list(range(machines))
        for i in range(machines):
            other = _uniform(next(swaps), i, machines - 1)
            route[i], route[other] = route[other], route[i]
        machine.append(route)
    return JobShopInstance(name, duration, machine)


def drawn_job_shop(name: str, *words: str | int, jobs: int, machines: int) -> JobShopInstance:
    """An instance of Taillard's distribution whose two seeds are drawn from the stream that the words name."""
    time_seed, machine_seed = Stream(*words).integers(1, _MODULUS, 2).tolist()
    return taillard_job_shop(name, jobs=jobs, machines=machines, time_seed=time_seed, machine_seed=machine_seed)


@cache
def published_seeds() -> tuple[TaillardSeed, ...]:
    """The seeds of ta01 to ta80, in this order; the file names its sources."""
    facts = json.loads(Path(__file__).with_name("taillard_seeds.json").read_text(encoding="utf-8"))
    return tuple(TaillardSeed(**one) for one in facts["instances"])


def published_job_shops() -> list[JobShopInstance]:
    """ta01 to ta80, made from their seeds.

    Raises:
        DataError: An instance made here is not the published one; its sha256 differs.
    """
    shops = []
    for seed in published_seeds():
        shop = taillard_job_shop(
            seed.name,
            jobs=seed.jobs,
            machines=seed.machines,
            time_seed=seed.time_seed,
            machine_seed=seed.machine_seed,
        )
        if shop.sha256 != seed.sha256:
            raise DataError(
                f"{seed.name}: the instance made from its seeds has sha256 {shop.sha256}, expected {seed.sha256}; "
                "taillard_seeds.json or the generator was changed: install the suite again"
            )
        shops.append(shop)
    return shops
