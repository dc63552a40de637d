"""Schedules of job shops under a power limit, and simple ways to move their operations into cheaper hours.

Letters: t = time steps of the horizon, m = machines.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from ..simulator import IntArray
from .powered_shop import PoweredShop

__all__ = ["ListRuleName", "list_schedule", "moved_anywhere", "moved_right"]

ListRuleName = Literal["mwkr", "mopnr"]
_MOST_ROUNDS = 100  # each but the last is cheaper than the one before; seldom more than ten are needed


def list_schedule(shop: PoweredShop, rule: ListRuleName = "mwkr") -> list[int]:
    """Starts of the list schedule by most work or most operations remaining; it keeps the limit and looks at no price.

    Whenever an operation ends, the jobs that wait for a free machine are gone through, the one with most left first
    (ties: the lowest job), and each starts its next operation if the power is there.
    """
    n = len(shop.duration)
    remaining = _remaining(shop, shop.duration if rule == "mwkr" else [1] * n)
    start, waiting = [0] * n, [a for a in range(n) if shop.before[a] is None]
    free_at: dict[int, int] = {}
    running: list[tuple[int, int]] = []  # end and activity
    now = drawn = 0
    while waiting or running:
        for a in sorted(waiting, key=lambda a: (-remaining[a], shop.job[a])):
            has_power = shop.limit is None or drawn + shop.power[a] <= shop.limit
            if free_at.get(shop.machine[a], 0) <= now and has_power:
                start[a] = now
                free_at[shop.machine[a]] = now + shop.duration[a]
                running.append((now + shop.duration[a], a))
                drawn += shop.power[a]
                waiting.remove(a)
        now = min(end for end, _ in running)
        for end, a in [one for one in running if one[0] == now]:
            running.remove((end, a))
            drawn -= shop.power[a]
            if (after := shop.behind[a]) is not None:
                waiting.append(after)
    return start


def moved_right(shop: PoweredShop, start: Sequence[int]) -> list[int]:
    """A valid schedule with its operations moved to later, cheaper hours; machines keep their orders.

    The last operation comes first. Each goes to the cheapest start from where it is up to what its job and its machine
    have planned behind it, at which the power is there; of equals to the latest, which leaves room for those before it.
    This is done again until nothing is gained.
    """
    site = _Site(shop, start)
    behind_on_machine = _next_on_machine(shop, start)
    cost = site.cost()
    for _ in range(_MOST_ROUNDS):
        for a in sorted(range(len(start)), key=lambda a: (-site.start[a], -a)):
            ends = [site.start[b] for b in (shop.behind[a], behind_on_machine[a]) if b is not None]
            latest = min([shop.horizon, *ends]) - shop.duration[a]
            site.move(a, site.start[a], latest, late=True)
        if site.cost() >= cost:
            break
        cost = site.cost()
    return site.start


def moved_anywhere(shop: PoweredShop, start: Sequence[int]) -> list[int]:
    """A valid schedule with its operations put, one by one, where they cost least between their jobs' neighbours.

    The operation that costs most comes first. A machine's order may change; power and machine must be free. This is
    done again until nothing is gained.
    """
    site = _Site(shop, start)
    cost = site.cost()
    for _ in range(_MOST_ROUNDS):
        for a in sorted(range(len(start)), key=lambda a: (-shop.cost(a, site.start[a]), a)):
            before, behind = shop.before[a], shop.behind[a]
            earliest = 0 if before is None else site.start[before] + shop.duration[before]
            latest = (shop.horizon if behind is None else site.start[behind]) - shop.duration[a]
            site.move(a, earliest, latest, late=False)
        if site.cost() >= cost:
            break
        cost = site.cost()
    return site.start


def _remaining(shop: PoweredShop, amount: Sequence[int]) -> list[int]:
    """Sum of an amount per operation from each one to the end of its job, itself included."""
    remaining = [0] * len(shop.duration)
    for last in (a for a, behind in enumerate(shop.behind) if behind is None):
        total, a = 0, last
        while True:
            total += amount[a]
            remaining[a] = total
            if (before := shop.before[a]) is None:
                break
            a = before
    return remaining


def _next_on_machine(shop: PoweredShop, start: Sequence[int]) -> list[int | None]:
    behind: list[int | None] = [None] * len(start)
    last: dict[int, int] = {}
    for a in sorted(range(len(start)), key=lambda a: (start[a], start[a] + shop.duration[a], a)):
        if (one := last.get(shop.machine[a])) is not None:
            behind[one] = a
        last[shop.machine[a]] = a
    return behind


class _Site:
    """A schedule with what it draws and which machines are busy in each time step."""

    def __init__(self, shop: PoweredShop, start: Sequence[int]) -> None:
        self.shop, self.start = shop, list(start)
        self._paid = np.array(shop.paid, np.int64)  # (t + 1,)
        self._load: IntArray = np.zeros(shop.horizon, np.int64)  # (t,)
        self._busy: npt.NDArray[np.bool_] = np.zeros((1 + max(shop.machine, default=0), shop.horizon), bool)  # (m, t)
        for a in range(len(self.start)):
            self._hold(a, True)

    def cost(self) -> int:
        """Price of all energy."""
        return sum(self.shop.cost(a, s) for a, s in enumerate(self.start))

    def move(self, a: int, earliest: int, latest: int, *, late: bool) -> None:
        """Puts an operation at its cheapest possible start of a range; of equals the latest, or the earliest."""
        shop, duration = self.shop, self.shop.duration[a]
        self._hold(a, False)
        taken = self._busy[shop.machine[a], earliest : latest + duration]
        if shop.limit is not None:
            taken = taken | (self._load[earliest : latest + duration] + shop.power[a] > shop.limit)
        blocked = np.concatenate([[0], np.cumsum(taken)])  # up to each time of the range
        possible = blocked[duration:] == blocked[: len(blocked) - duration]  # (starts of the range,)
        starts = earliest + np.flatnonzero(possible)  # never empty: the present start is in the range
        prices = self._paid[starts + duration] - self._paid[starts]
        cheapest = starts[prices == prices.min()]
        self.start[a] = int(cheapest[-1] if late else cheapest[0])
        self._hold(a, True)

    def _hold(self, a: int, held: bool) -> None:
        span = slice(self.start[a], self.start[a] + self.shop.duration[a])
        self._load[span] += self.shop.power[a] if held else -self.shop.power[a]
        self._busy[self.shop.machine[a], span] = held
