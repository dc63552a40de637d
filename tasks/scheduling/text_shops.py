"""The job shops of ``jobshop-text``: small ones of Taillard's distribution, from a secret, in which the floor can lose.

In a small shop most work remaining first is often best already; such a shop tells no two models apart. So a shop is
taken only if one swap of two neighbours on a machine shortens that rule's schedule, and else drawn again.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from .instances import JobShopInstance
from .job_shop_task import reference_starts
from .machine_orders import timed_orders
from .taillard import drawn_job_shop

__all__ = ["PRACTICE_SECRET", "SHOPS_PER_SIZE", "SIZES", "TextShop", "text_job_shops"]

PRACTICE_SECRET = "jobshop-text practice 2026"
SIZES: tuple[tuple[int, int], ...] = ((3, 3), (4, 4), (5, 5), (6, 6), (8, 8), (10, 10), (15, 15))
"""Jobs and machines."""

SHOPS_PER_SIZE = 32
_STREAM = ("scheduling/jobshop-text@1", "test")


class TextShop(NamedTuple):
    """One shop of the test set.

    Attributes:
        shop: The job shop.
        reference_makespan: Of the non-delay schedule by most work remaining, in time steps: score 0.
        shorter: Starts per job of a schedule that is shorter by one swap.
    """

    shop: JobShopInstance
    reference_makespan: int
    shorter: list[list[int]]


class _Place(NamedTuple):
    """Where a shop stands in the test set: its size, and which of that size it is."""

    jobs: int
    machines: int
    k: int


@lru_cache(maxsize=2)  # inputs and references of a draw are of the same shops, which take two seconds
def text_job_shops(secret: str) -> tuple[TextShop, ...]:
    """The shops of a secret, size by size; another secret gives other shops of the same names."""
    places = [_Place(jobs, machines, k) for jobs, machines in SIZES for k in range(SHOPS_PER_SIZE)]
    found: dict[_Place, TextShop] = {}
    attempt = 0
    while left := [place for place in places if place not in found]:
        shops = [_drawn(place, secret, attempt) for place in left]
        for place, shop, (_, start) in zip(left, shops, reference_starts(shops), strict=True):
            shortened = _shortened(shop, start.tolist())
            if shortened is not None:
                found[place] = shortened
        attempt += 1
    return tuple(found[place] for place in places)


def _drawn(place: _Place, secret: str, attempt: int) -> JobShopInstance:
    jobs, machines, k = place
    words = (secret, *_STREAM, f"{jobs}x{machines}", k, attempt)
    return drawn_job_shop(f"text-{jobs}x{machines}-{k:02d}", *words, jobs=jobs, machines=machines)


def _shortened(shop: JobShopInstance, start: list[list[int]]) -> TextShop | None:
    """The shop with the first swap that shortens the rule's schedule; None where no swap does."""
    makespan = shop.makespan(start)
    for orders in _swapped(shop, start):
        timed = timed_orders(shop, orders)
        if timed.start is not None and shop.makespan(timed.start) < makespan:
            return TextShop(shop, makespan, timed.start)
    return None


def _swapped(shop: JobShopInstance, start: list[list[int]]) -> Iterator[list[list[int]]]:
    """The schedule's machine orders with one pair of neighbours swapped, for every pair without a gap between."""
    queues: list[list[tuple[int, int, int]]] = [[] for _ in range(1 + max(map(max, shop.machine)))]
    for job, route in enumerate(shop.machine):
        for number, machine in enumerate(route):
            queues[machine].append((start[job][number], start[job][number] + shop.duration[job][number], job))
    orders = [[job for _, _, job in sorted(queue)] for queue in queues]
    for machine, queue in enumerate(queues):
        timed = sorted(queue)
        for place in range(len(timed) - 1):
            if timed[place][1] == timed[place + 1][0]:  # with a gap the pair is on no longest way
                order = orders[machine]
                swapped = [*order[:place], order[place + 1], order[place], *order[place + 2 :]]
                yield [*orders[:machine], swapped, *orders[machine + 1 :]]
