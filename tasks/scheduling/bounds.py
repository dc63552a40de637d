"""Frozen bounds of published job shops and the reference makespans that scores start from; an edition never changes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from ...harness.errors import DataError
from .instances import JobShopInstance

__all__ = ["EDITION", "Bounds", "Published", "published", "published_bounds", "taillard_bounds"]

EDITION = "2026.11"


class Bounds(NamedTuple):
    """What is known about one instance, in time steps.

    Attributes:
        lower_bound: No schedule is shorter.
        upper_bound: Makespan of the best known schedule; equal to ``lower_bound`` where it is proven optimal.
        reference_makespan: Of the non-delay schedule by most work remaining, ties to the lowest job: score 0.
    """

    lower_bound: int
    upper_bound: int
    reference_makespan: int


class Published(NamedTuple):
    """An instance of the literature: what identifies it, what is known, and where and when that was read.

    Attributes:
        sha256: See ``JobShopInstance.sha256``.
        bounds: In time steps.
        source: Where the lower and the upper bound were read, with its revision.
        date: Of that revision.
    """

    sha256: str
    bounds: Bounds
    source: str
    date: str


@cache
def published(edition: str = EDITION) -> Mapping[str, Published]:
    """Instance name to what is published about it; sources and licence stand in ``bounds-EDITION.json``."""
    table = json.loads(Path(__file__).with_name(f"bounds-{edition}.json").read_text(encoding="utf-8"))
    return MappingProxyType(
        {
            name: Published(
                one["sha256"],
                Bounds(one["lower_bound"], one["upper_bound"], one["reference_makespan"]),
                one["source"],
                one["date"],
            )
            for name, one in table["instances"].items()
        }
    )


def published_bounds(shops: Sequence[JobShopInstance], edition: str = EDITION) -> list[Bounds]:
    """The bounds of instances of the literature.

    Raises:
        DataError: A shop is not the instance of its name: public copies differ, and a bound holds for one of them.
    """
    known = published(edition)
    for shop in shops:
        wanted = known[shop.name].sha256 if shop.name in known else "none: the name is not known"
        if shop.sha256 != wanted:
            raise DataError(
                f"SB202 {shop.name}: the instance has sha256 {shop.sha256}, bounds-{edition} is for {wanted}; "
                "import the data again from its originals"
            )
    return [known[shop.name].bounds for shop in shops]


def taillard_bounds(edition: str = EDITION) -> Mapping[str, Bounds]:
    """Bounds of ta01 to ta80, in this order."""
    return {name: one.bounds for name, one in published(edition).items() if name.startswith("ta")}
