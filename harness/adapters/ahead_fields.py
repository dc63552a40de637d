"""What ``preprocessor_config.json`` says for forecasts alone: quantities known in advance, calendar and items.

All of it is optional, each as data::

    {"known": {"names": ["temperature"], "mean": [14.2], "scale": [8.1]},
     "calendar": ["hour_of_day", "day_of_week"], "items": ["east", "north"]}

``known`` are names from the inputs' schema, each read as ``(x - mean) / scale``, a missing one as 0. ``calendar`` are
names of ``forecast_clock.TIME_FEATURES``. ``items`` are the names of the task's items in the order of the model's
categories.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from .forecast_clock import TIME_FEATURES

__all__ = ["Ahead", "parse_ahead"]


class Ahead(NamedTuple):
    """The fields for forecasts.

    Attributes:
        known: Names of what is known in advance and the model reads, in its order.
        mean: Subtracted from each.
        scale: What each is divided by, > 0.
        calendar: Names of time features, in the model's order.
        items: Names of items, in the order of the model's categories.
    """

    known: tuple[str, ...] = ()
    mean: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()
    calendar: tuple[str, ...] = ()
    items: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The fields that ``parse_ahead`` reads; those that are empty are left out."""
        known = {"names": list(self.known), "mean": list(self.mean), "scale": list(self.scale)} if self.known else {}
        found = {"known": known, "calendar": list(self.calendar), "items": list(self.items)}
        return {name: value for name, value in found.items() if value}


def parse_ahead(raw: Mapping[str, Any]) -> tuple[Ahead, list[str]]:
    """The fields of a whole file, and a list of all that is wrong with them."""
    wrong: list[str] = []
    lists = {}
    for field in ("calendar", "items"):
        given = raw.get(field, [])
        if wrong_names := _wrong_names(field, given):
            wrong.append(wrong_names)
        else:
            lists[field] = tuple(given)
    for name in lists.get("calendar", ()):
        if name not in TIME_FEATURES:
            wrong.append(f"calendar names {name!r}, expected of {', '.join(TIME_FEATURES)}")
    known = raw.get("known", {"names": [], "mean": [], "scale": []})
    if not isinstance(known, Mapping) or set(known) != {"names", "mean", "scale"}:
        wrong.append(f"known is {known!r:.80}, expected a mapping with names, mean, scale")
        return Ahead(), wrong
    if wrong_names := _wrong_names("known.names", known["names"]):
        wrong.append(wrong_names)
    for field in ("mean", "scale"):
        given = known[field]
        if not isinstance(given, list) or not all(_is_number(one) for one in given):
            wrong.append(f"known.{field} is {given!r:.80}, expected a list of finite numbers")
        elif isinstance(known["names"], list) and len(given) != len(known["names"]):
            wrong.append(f"known.{field} has {len(given)} numbers, expected {len(known['names'])}: one per name")
        elif field == "scale" and any(one <= 0 for one in given):
            wrong.append("known.scale holds a number that is not above 0")
    if wrong:
        return Ahead(), wrong
    mean, scale = (tuple(map(float, known[field])) for field in ("mean", "scale"))
    return Ahead(tuple(known["names"]), mean, scale, lists["calendar"], lists["items"]), []


def _wrong_names(field: str, given: object) -> str | None:
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        return f"{field} is {given!r:.80}, expected a list of names"
    return f"{field} names something twice: {given}" if len(set(given)) != len(given) else None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
