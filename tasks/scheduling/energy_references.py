"""Reference schedules of ``jobshop-energy``: frozen for the practice secret, computed once for any other.

``python -m sectorbench.tasks.scheduling.energy_references --to FILE`` makes the frozen table again, in about 7 minutes
on one core. What is done is kept beside the file and in the user's cache, so that a cut-off run goes on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .cp_sat import cp_sat_version
from .energy_shops import EnergyShop, energy_shop_table, energy_shops
from .kept_references import Told, compute_kept, freeze_table, told_nothing
from .policies.energy_cp_sat import cheapest_schedule, cp_sat_schedule
from .policies.powered_shop import read_powered_shops
from .tariffs import load_tariff

__all__ = ["LIMIT", "PRACTICE_SECRET", "compute_schedules", "practice_schedules"]

PRACTICE_SECRET = "jobshop-energy practice 2026"
LIMIT = 2.0
"""Deterministic seconds per shop, CP-SAT's own measure of work; about 8 s on a core of 2026."""

_FROZEN = Path(__file__).with_name("energy_references.json")


@cache
def practice_schedules() -> Mapping[str, Sequence[int]]:
    """Instance sha256 to its reference schedule: starts in minutes; the file names the version that made them."""
    table: dict[str, Any] = json.loads(_FROZEN.read_text(encoding="utf-8"))
    return MappingProxyType(
        {one["sha256"]: tuple(map(int, one["start"].split())) for one in table["instances"].values()}
    )


def compute_schedules(
    shops: Sequence[EnergyShop], kept: Path, *, limit: float = LIMIT, told: Told = told_nothing
) -> list[Sequence[int]]:
    """A schedule per shop, each from the best simple one on, so that none costs more than that.

    Args:
        shops: What to solve.
        kept: A file of JSON lines; what stands there is not computed again, what is computed is added at once.
        limit: Deterministic seconds per shop.
        told: Is told how many of how many are done, after each.
    """

    def solve(shop: EnergyShop) -> Mapping[str, Sequence[int]]:
        (batch,) = energy_shop_table([shop]).combine_chunks().to_batches()
        (read,) = read_powered_shops(batch)
        return {"start": cp_sat_schedule(read, cheapest_schedule(read), limit=limit)}

    by = f"ortools {cp_sat_version()}, limit {limit}"
    found = compute_kept(shops, kept, by=by, name=lambda shop: shop.job_shop.name, solve=solve, told=told)
    return [one["start"] for one in found]


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes the frozen table."""
    shops = energy_shops(PRACTICE_SECRET)
    tariff = load_tariff()

    def compute(kept: Path, told: Told) -> Mapping[str, Mapping[str, str]]:
        schedules = compute_schedules(shops, kept, told=told)
        return {
            shop.job_shop.name: {"sha256": shop.sha256, "start": " ".join(map(str, start))}
            for shop, start in zip(shops, schedules, strict=True)
        }

    head = {
        "secret": PRACTICE_SECRET,
        "solver": "OR-Tools CP-SAT, one worker, part by part (policies/energy_cp_sat.py)",
        "ortools": cp_sat_version(),
        "deterministic_limit_s": LIMIT,
        "tariff": f"{tariff.name} {tariff.version}",
        "unit": "minutes",
    }
    freeze_table(arguments, __doc__, head=head, compute=compute)


if __name__ == "__main__":
    main()
