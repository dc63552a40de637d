"""Taillard's permutation flow shops: the published seeds from which ta001 to ta120 are made again exactly."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ...harness.errors import DataError
from .shop_tables import Mode, Shop
from .taillard import lehmer_states

__all__ = ["FlowShopInstance", "FlowShopSeed", "flow_shop_seeds", "published_flow_shops", "taillard_flow_shop"]

_MODULUS = 2**31 - 1
_LONGEST = 99  # time steps; durations are U(1, 99)


class FlowShopInstance(NamedTuple):
    """A permutation flow shop: every job visits machine 0, then machine 1, and so on.

    Attributes:
        name: What the literature calls it.
        duration: ``duration[j][k]``, time steps of job j on machine k.
    """

    name: str
    duration: list[list[int]]

    @property
    def sha256(self) -> str:
        """Identity of the instance: over the JSON of its durations, machine after machine, as Taillard lists them."""
        return hashlib.sha256(json.dumps(list(zip(*self.duration, strict=True))).encode()).hexdigest()

    @property
    def size(self) -> str:
        """Jobs by machines, as in ``20x5``."""
        return f"{len(self.duration)}x{len(self.duration[0])}"

    def shop(self) -> Shop:
        """The same for the inputs; activities stand job by job, machine after machine."""
        machines = len(self.duration[0])
        ways = [(machine, 1) for machine in range(machines)]
        modes = [[Mode(d, (way,))] for row in self.duration for d, way in zip(row, ways, strict=True)]
        return Shop(
            name=self.name,
            job=[job for job, row in enumerate(self.duration) for _ in row],
            modes=modes,
            precedences=[(a, a + 1) for a in range(len(modes)) if (a + 1) % machines],
            capacities=[1] * machines,
            permutation=True,
        )


class FlowShopSeed(NamedTuple):
    """What one published instance is made from.

    Attributes:
        name: ``ta001`` to ``ta120``.
        jobs: Number of jobs.
        machines: Number of machines.
        time_seed: State that the durations are drawn from, 1 to 2**31 - 2.
        sha256: Of the instance made, see ``FlowShopInstance.sha256``.
    """

    name: str
    jobs: int
    machines: int
    time_seed: int
    sha256: str


def taillard_flow_shop(name: str, *, jobs: int, machines: int, time_seed: int) -> FlowShopInstance:
    """An instance of Taillard's distribution: durations U(1, 99), drawn machine after machine.

    Source: Taillard, Benchmarks for basic scheduling problems, EJOR 64(2) (1993) 278-285.

    >>> taillard_flow_shop("ta001", jobs=20, machines=5, time_seed=873654221).duration[0]
    [54, 79, 16, 66, 58]
    """
    states = lehmer_states(time_seed)
    by_machine = [[1 + int(next(states) / _MODULUS * _LONGEST) for _ in range(jobs)] for _ in range(machines)]
    return FlowShopInstance(name, [list(row) for row in zip(*by_machine, strict=True)])


@cache
def flow_shop_seeds() -> tuple[FlowShopSeed, ...]:
    """The seeds of ta001 to ta120, in this order; the file names its sources."""
    facts = json.loads(Path(__file__).with_name("taillard_flow_seeds.json").read_text(encoding="utf-8"))
    return tuple(FlowShopSeed(**one) for one in facts["instances"])


def published_flow_shops() -> list[FlowShopInstance]:
    """ta001 to ta120, made from their seeds.

    Raises:
        DataError: An instance made here is not the published one; its sha256 differs.
    """
    shops = []
    for seed in flow_shop_seeds():
        shop = taillard_flow_shop(seed.name, jobs=seed.jobs, machines=seed.machines, time_seed=seed.time_seed)
        if shop.sha256 != seed.sha256:
            raise DataError(
                f"{seed.name}: the flow shop made from its seed has sha256 {shop.sha256}, expected {seed.sha256}; "
                "taillard_flow_seeds.json or the generator was changed: install the suite again"
            )
        shops.append(shop)
    return shops
