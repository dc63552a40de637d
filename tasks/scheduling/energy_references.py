"""Reference schedules of ``jobshop-energy``: frozen for the practice secret, computed once for any other.

``python -m sectorbench.tasks.scheduling.energy_references --to FILE`` makes the frozen table again, in about 7 minutes
on one core. What is done is kept beside the file and in the user's cache, so that a cut-off run goes on.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ...harness.arrow_files import write_json
from .energy_shops import EnergyShop, energy_shop_table, energy_shops
from .policies.energy_cp_sat import cheapest_schedule, cp_sat_schedule, cp_sat_version
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
    shops: Sequence[EnergyShop],
    kept: Path,
    *,
    limit: float = LIMIT,
    told: Callable[[int, int], None] = lambda done, of: None,
) -> list[Sequence[int]]:
    """A schedule per shop, each from the best simple one on, so that none costs more than that.

    Args:
        shops: What to solve.
        kept: A file of JSON lines; what stands there is not computed again, what is computed is added at once.
        limit: Deterministic seconds per shop.
        told: Is told how many of how many are done, after each.
    """
    key = f"ortools {cp_sat_version()}, limit {limit}"
    done = _kept(kept, key)
    found: list[Sequence[int]] = []
    for number, shop in enumerate(shops, 1):
        if shop.sha256 not in done:
            (batch,) = energy_shop_table([shop]).combine_chunks().to_batches()
            (read,) = read_powered_shops(batch)
            done[shop.sha256] = cp_sat_schedule(read, cheapest_schedule(read), limit=limit)
            row = {"by": key, "sha256": shop.sha256, "name": shop.job_shop.name, "start": done[shop.sha256]}
            with kept.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
        found.append(done[shop.sha256])
        told(number, len(shops))
    return found


def _kept(path: Path, key: str) -> dict[str, Sequence[int]]:
    """Instance sha256 to what an earlier run found; a line that was being written when it was cut off is dropped."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = path.read_text(encoding="utf-8").split("\n")[:-1] if path.is_file() else []
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return {row["sha256"]: row["start"] for row in map(json.loads, lines) if row["by"] == key}


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes the frozen table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--to", type=Path, required=True, metavar="FILE", help="the table; FILE.part keeps what is done"
    )
    to: Path = parser.parse_args(arguments).to
    shops = energy_shops(PRACTICE_SECRET)

    def told(done: int, of: int) -> None:
        sys.stderr.write(f"\r{done} of {of}")

    schedules = compute_schedules(shops, to.with_suffix(".part"), told=told)
    sys.stderr.write("\n")
    tariff = load_tariff()
    write_json(
        to,
        {
            "secret": PRACTICE_SECRET,
            "solver": "OR-Tools CP-SAT, one worker, part by part (policies/energy_cp_sat.py)",
            "ortools": cp_sat_version(),
            "deterministic_limit_s": LIMIT,
            "tariff": f"{tariff.name} {tariff.version}",
            "unit": "minutes",
            "instances": {
                shop.job_shop.name: {"sha256": shop.sha256, "start": " ".join(map(str, start))}
                for shop, start in zip(shops, schedules, strict=True)
            },
        },
    )


if __name__ == "__main__":
    main()
