"""What a schedule's energy costs: any input row with powers and a tariff, in exact integers up to the last division.

Only running activities draw power: the inputs carry the power of a mode, and nothing of idle or starting machines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from math import lcm
from typing import Any, NamedTuple

from ...harness.errors import ScoringError

__all__ = ["EnergyUse", "cheapest_cost", "dearest_cost", "energy_of"]


class EnergyUse(NamedTuple):
    """What a schedule draws.

    Attributes:
        cost: Price of its energy, in the tariff's currency.
        energy_kwh: The same for all schedules in the same modes.
        peak_kw: Most that is drawn at one time.
    """

    cost: float
    energy_kwh: float
    peak_kw: float


def energy_of(shop: Mapping[str, Any], start: Sequence[int], mode: Sequence[int], *, steps_per_hour: int) -> EnergyUse:
    """Energy cost, energy and peak of a schedule that the validator found valid.

    A time step's energy is the sum of the powers that are drawn in it times its length; it costs the step's price.

    Args:
        shop: An input row as ``to_pylist`` gives it, with the power of every mode and a tariff.
        start: Time step per activity.
        mode: Mode number per activity.
        steps_per_hour: 60 where a time step is a minute; kWh follow from it.

    Raises:
        ScoringError: A power is unknown, there is no tariff, or an activity runs outside it.

    Source: total energy cost under time-of-use as in Felloussi et al., ICORES 2025, DOI 10.5220/0013181200003893.

    >>> one = {"duration": 2, "power_kw": 30.0}
    >>> shop = {"id": "two", "activities": [{"modes": [one]}, {"modes": [one]}], "tariff": [0.5, 0.5, 1.0, 1.0]}
    >>> energy_of(shop, [0, 1], [0, 0], steps_per_hour=1)  # 60 kW in the second of three hours
    EnergyUse(cost=75.0, energy_kwh=120.0, peak_kw=60.0)
    """
    book = _Book(shop)
    cost = energy = 0
    change: dict[int, int] = {}
    for number, (begin, chosen) in enumerate(zip(start, mode, strict=True)):
        duration, power = book.mode(number, chosen)
        if begin < 0 or begin + duration > book.horizon:
            raise ScoringError(
                f"input {shop['id']!r}: activity {number} runs from {begin} to {begin + duration}, outside the tariff "
                f"of {book.horizon} time steps; only valid schedules have a cost"
            )
        cost += power * (book.paid[begin + duration] - book.paid[begin])
        energy += power * duration
        if duration:
            change[begin] = change.get(begin, 0) + power
            change[begin + duration] = change.get(begin + duration, 0) - power
    drawn = accumulate(change[time] for time in sorted(change))
    hours = book.power_scale * steps_per_hour
    return EnergyUse(cost / (book.price_scale * hours), energy / hours, max(drawn, default=0) / book.power_scale)


def cheapest_cost(shop: Mapping[str, Any], *, steps_per_hour: int) -> float:
    """A cost that no valid schedule undercuts: every activity alone in its cheapest mode and hours.

    Hours are those left by what must come before and behind it: its predecessors one after another along the longest
    way, and likewise its successors. Machines, the limit and other jobs are not looked at.

    Raises:
        ScoringError: A power is unknown, there is no tariff, or the precedences do not fit into it.
    """
    return _alone(shop, min, steps_per_hour)


def dearest_cost(shop: Mapping[str, Any], *, steps_per_hour: int) -> float:
    """A cost that no valid schedule exceeds: every activity alone in its dearest mode and hours. See above."""
    return _alone(shop, max, steps_per_hour)


def _alone(shop: Mapping[str, Any], choose: Callable[[list[int]], int], steps_per_hour: int) -> float:
    book = _Book(shop)
    n = len(shop["activities"])
    shortest = [min(one["duration"] for one in activity["modes"]) for activity in shop["activities"]]
    pairs = [(pair["before"], pair["after"]) for pair in shop["precedences"]]
    head = _longest_ways(shortest, pairs)
    tail = _longest_ways(shortest, [(after, before) for before, after in pairs])
    cost = 0
    for number in range(n):
        found = []
        for chosen in range(len(shop["activities"][number]["modes"])):
            duration, power = book.mode(number, chosen)
            last = book.horizon - tail[number] - duration
            found += [
                power * (book.paid[s + duration] - book.paid[s]) for s in book.corners(head[number], last, duration)
            ]
        if not found:
            raise ScoringError(f"input {shop['id']!r}: activity {number} does not fit into the tariff with its job")
        cost += choose(found)
    return cost / (book.price_scale * book.power_scale * steps_per_hour)


def _longest_ways(duration: Sequence[int], pairs: Sequence[tuple[int, int]]) -> list[int]:
    """Time steps that an activity's predecessors take at least, one after another along the longest way."""
    behind: list[list[int]] = [[] for _ in duration]
    waits = [0] * len(duration)
    for before, after in pairs:
        behind[before].append(after)
        waits[after] += 1
    ready, ways = [a for a, count in enumerate(waits) if not count], [0] * len(duration)
    while ready:
        one = ready.pop()
        for after in behind[one]:
            ways[after] = max(ways[after], ways[one] + duration[one])
            waits[after] -= 1
            if not waits[after]:
                ready.append(after)
    return ways


class _Book:
    """Powers and prices of a row as integers: doubles are binary fractions, and these have a common denominator.

    Attributes:
        horizon: Time steps of the tariff.
        paid: Price of one unit of power from time 0 to each time, shape ``(horizon + 1,)``.
        price_scale: What the prices were multiplied with.
        power_scale: What the powers were multiplied with.
    """

    def __init__(self, shop: Mapping[str, Any]) -> None:
        modes = [one for activity in shop["activities"] for one in activity["modes"]]
        if not shop["tariff"] or any(one["power_kw"] is None for one in modes):
            raise ScoringError(
                f"input {shop['id']!r}: it has no tariff, or a mode of unknown power; energy is only reported where "
                "both are known"
            )
        prices, self.price_scale = _whole(shop["tariff"])
        powers, self.power_scale = _whole([one["power_kw"] for one in modes])
        self.horizon = len(prices)
        self.paid = [0, *accumulate(prices)]
        self._changes = [at for at in range(1, self.horizon) if prices[at] != prices[at - 1]]
        rest = iter(powers)
        self._modes = [[(one["duration"], next(rest)) for one in a["modes"]] for a in shop["activities"]]

    def corners(self, first: int, last: int, duration: int) -> list[int]:
        """Starts among which a cheapest and a dearest one are: the cost runs straight between them."""
        turns = {first, last} | {at - length for at in self._changes for length in (0, duration)}
        return [start for start in turns if first <= start <= last]

    def mode(self, activity: int, number: int) -> tuple[int, int]:
        """Duration and power."""
        return self._modes[activity][number]


def _whole(values: Sequence[float]) -> tuple[list[int], int]:
    """The values times the least number that makes all of them whole."""
    ratios = {value: value.as_integer_ratio() for value in set(values)}
    scale = lcm(*(denominator for _, denominator in ratios.values()))
    return [ratios[value][0] * (scale // ratios[value][1]) for value in values], scale
