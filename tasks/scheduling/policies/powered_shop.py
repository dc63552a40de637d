"""Reads job shops with powers, a tariff and a power limit out of ``scheduling`` input rows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import gcd, inf, isfinite
from typing import Any, NamedTuple, NoReturn

import pyarrow as pa

from ....harness.errors import InterfaceError
from ..simulator import JobShop, read_job_shops

__all__ = ["PoweredShop", "read_powered_shops"]

_WATTS_PER_KW = 1_000
_PRICE_STEPS = 1_000_000  # prices are read to a millionth of the currency


class PoweredShop(NamedTuple):
    """One job shop as lists by activity, in whole numbers.

    Attributes:
        id: The input row's.
        job: The job of each activity.
        before: The activity of the same job before it; None: it is the first.
        behind: The activity of the same job behind it; None: it is the last.
        machine: Its machine.
        duration: Its time steps.
        power: What it draws, in a unit that makes all powers whole and small; never less than it draws.
        limit: Most that may be drawn at once, in the same unit; None: no limit.
        paid: Price of one unit of power from time 0 to each time, in a unit that makes prices whole; one entry more
            than the horizon has time steps.
    """

    id: str
    job: list[int]
    before: list[int | None]
    behind: list[int | None]
    machine: list[int]
    duration: list[int]
    power: list[int]
    limit: int | None
    paid: list[int]

    @property
    def horizon(self) -> int:
        """Time steps of the tariff: every operation ends within them."""
        return len(self.paid) - 1

    def cost(self, activity: int, start: int) -> int:
        """Price of an operation's energy if it starts then."""
        return self.power[activity] * (self.paid[start + self.duration[activity]] - self.paid[start])


def read_powered_shops(rows: pa.RecordBatch) -> list[PoweredShop]:
    """The job shops of a batch of ``scheduling`` inputs, in its order, with what their energy needs and costs.

    Raises:
        InterfaceError: A row is no job shop, has no tariff or a mode of unknown power, or an operation alone is over
            the limit; the message names it.
    """
    at = rows.schema.get_field_index("limit_kw")
    free = pa.nulls(rows.num_rows, pa.float64())  # without its limit the row is a plain job shop
    shops = read_job_shops(rows.set_column(at, rows.schema.field(at), free))
    return [
        _read(shop, activities, tariff, limit_kw)
        for shop, activities, tariff, limit_kw in zip(
            shops,
            rows.column("activities").to_pylist(),
            rows.column("tariff").to_pylist(),
            rows.column("limit_kw").to_pylist(),
            strict=True,
        )
    ]


def _read(shop: JobShop, activities: list[dict[str, Any]], tariff: list[float], limit_kw: float | None) -> PoweredShop:
    drawn_kw = [activity["modes"][0]["power_kw"] for activity in activities]
    if not tariff or not all(0 <= price < inf for price in tariff):
        _refuse(shop.id, f"its tariff has {len(tariff)} prices, expected one or more, finite and from 0 on")
    for number, power_kw in enumerate(drawn_kw):
        if power_kw is None or not 0 <= power_kw < inf:
            _refuse(shop.id, f"activity {number} draws {power_kw} kW, expected 0 or more")
    watts = [-int(-power_kw * _WATTS_PER_KW // 1) for power_kw in drawn_kw]  # up: the limit is kept for sure
    limit = None
    if limit_kw is not None:
        if not isfinite(limit_kw) or max(watts, default=0) > limit_kw * _WATTS_PER_KW:
            _refuse(shop.id, f"an operation draws {max(watts) / _WATTS_PER_KW} kW alone, the limit is {limit_kw} kW")
        limit = int(limit_kw * _WATTS_PER_KW // 1)
    unit = gcd(*watts) or 1
    prices = [round(price * _PRICE_STEPS) for price in tariff]
    price_unit = gcd(*prices) or 1
    before: list[int | None] = [None] * len(activities)
    behind: list[int | None] = [None] * len(activities)
    for route, operations in zip(shop.activity.tolist(), shop.operations.tolist(), strict=True):
        for one, other in pairwise(route[:operations]):
            behind[one], before[other] = other, one
    return PoweredShop(
        id=shop.id,
        job=[activity["job"] for activity in activities],
        before=before,
        behind=behind,
        machine=[activity["modes"][0]["demands"][0]["resource"] for activity in activities],
        duration=[activity["modes"][0]["duration"] for activity in activities],
        power=[watt // unit for watt in watts],
        limit=None if limit is None else limit // unit,
        paid=[0, *accumulate(_divided(prices, price_unit))],
    )


def _divided(values: Sequence[int], by: int) -> list[int]:
    return [value // by for value in values]


def _refuse(name: str, what: str) -> NoReturn:
    raise InterfaceError(
        f"input row {name!r} is no job shop with powers and a tariff: {what}. Energy rules answer those only; use "
        "another model here"
    )
