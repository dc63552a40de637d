"""Frozen bounds of ta01 to ta80 and the reference makespans that scores start from; an edition never changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

__all__ = ["EDITION", "Bounds", "taillard_bounds"]

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


@cache
def taillard_bounds(edition: str = EDITION) -> Mapping[str, Bounds]:
    """Instance name to its bounds; sources and licence stand in ``bounds-EDITION.json`` beside this module."""
    table = json.loads(Path(__file__).with_name(f"bounds-{edition}.json").read_text(encoding="utf-8"))
    return MappingProxyType({name: Bounds(**one) for name, one in table["instances"].items()})
