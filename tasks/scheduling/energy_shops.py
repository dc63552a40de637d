"""Fresh job shops with powers, a tariff and a power limit, each with a schedule that proves that all can be kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa

from ...harness.randomness import Stream
from .instances import JobShopInstance, SiteEnergy, job_shop_table
from .policies.energy_schedules import list_schedule
from .policies.powered_shop import read_powered_shops
from .taillard import drawn_job_shop
from .tariffs import Tariff, load_tariff

__all__ = ["ENERGY_SIZES", "SHOPS_PER_SIZE", "EnergyShop", "energy_shop_table", "energy_shops"]

ENERGY_SIZES: tuple[tuple[int, int], ...] = ((10, 5), (10, 10), (15, 10), (15, 15), (20, 15))
"""Jobs and machines."""

SHOPS_PER_SIZE = 10
_STREAM = ("scheduling/jobshop-energy@1", "test")
_RATED_KW = (20, 120)  # of a machine, both ends included
_LOAD_PERCENT = (50, 100)  # of its rated power that an operation draws, both ends included
_LIMIT_PERCENT = 75  # of the peak that the list schedule would have without a limit
_HORIZON_PERCENT = 120  # of the makespan that the list schedule has within the limit


class EnergyShop(NamedTuple):
    """A job shop whose time steps are minutes.

    Attributes:
        job_shop: Durations in minutes, and machines.
        energy: Powers in whole kW, the limit, and the price per kWh in each minute.
        certificate: Starts, in the order of the activities, of a schedule that keeps limit and tariff.
    """

    job_shop: JobShopInstance
    energy: SiteEnergy
    certificate: list[int]

    @property
    def sha256(self) -> str:
        """Identity: over the JSON of durations, machines, powers, limit and tariff."""
        return hashlib.sha256(json.dumps([self.job_shop.sha256, *self.energy]).encode()).hexdigest()


def energy_shops(secret: str, tariff: Tariff | None = None) -> list[EnergyShop]:
    """Ten shops of each size, drawn from a secret; another secret gives other shops.

    Shops are of Taillard's distribution. A machine's rated power is drawn from 20 to 120 kW, and each of its operations
    draws 50 to 100 % of it. Time 0 is a whole hour of the day, drawn too. The limit is 75 % of the peak that the list
    schedule by most work remaining would have without one, but no less than the largest operation; the tariff lasts
    for 120 % of the makespan that this rule has within the limit. So its schedule is the certificate.
    """
    return [
        _drawn(f"energy-{jobs}x{machines}-{k:02d}", secret, k, jobs, machines, tariff or load_tariff())
        for jobs, machines in ENERGY_SIZES
        for k in range(SHOPS_PER_SIZE)
    ]


def _drawn(name: str, secret: str, k: int, jobs: int, machines: int, tariff: Tariff) -> EnergyShop:
    words = (secret, *_STREAM, f"{jobs}x{machines}", k)
    shop = drawn_job_shop(name, *words, jobs=jobs, machines=machines)
    (start_hour,) = Stream(*words, "start hour").integers(0, 24, 1).tolist()
    rated = Stream(*words, "rated power").integers(_RATED_KW[0], _RATED_KW[1] + 1, machines).tolist()
    load = Stream(*words, "load").integers(_LOAD_PERCENT[0], _LOAD_PERCENT[1] + 1, jobs * machines).tolist()
    loads = iter(load)
    power_kw = [[rated[m] * next(loads) // 100 for m in route] for route in shop.machine]

    day = tariff.per_minute(start_hour=start_hour, minutes=1)  # the list schedule looks at no price
    free = SiteEnergy(power_kw, sum(map(sum, power_kw)), day)
    limit_kw = max(-(-_LIMIT_PERCENT * _peak(shop, power_kw, _listed(shop, free)) // 100), max(map(max, power_kw)))
    start = _listed(shop, free._replace(limit_kw=limit_kw))
    makespan = max(map(int.__add__, start, (d for row in shop.duration for d in row)))
    minutes = _HORIZON_PERCENT * makespan // 100
    prices = tariff.per_minute(start_hour=start_hour, minutes=minutes)
    return EnergyShop(shop, SiteEnergy(power_kw, limit_kw, prices), start)


def _listed(shop: JobShopInstance, energy: SiteEnergy) -> list[int]:
    (batch,) = energy_shop_table([EnergyShop(shop, energy, [])]).combine_chunks().to_batches()
    return list_schedule(read_powered_shops(batch)[0])


def _peak(shop: JobShopInstance, power_kw: list[list[int]], start: Sequence[int]) -> int:
    """Most kW that a schedule draws at once; it is reached when some operation starts."""
    power = [p for row in power_kw for p in row]
    end = list(map(int.__add__, start, (d for row in shop.duration for d in row)))
    return max(sum(p for s, e, p in zip(start, end, power, strict=True) if s <= at < e) for at in set(start))


def energy_shop_table(shops: Sequence[EnergyShop]) -> pa.Table:
    """``scheduling`` inputs with one row per shop; the time unit is the minute, the objective ``energy_cost``."""
    return job_shop_table(
        [shop.job_shop for shop in shops], "energy_cost", time_unit="minutes", energy=[shop.energy for shop in shops]
    )
