"""Reference schedules of ``jobshop-fresh``: frozen for the practice seed, computed once for any other.

``python -m sectorbench.tasks.scheduling.fresh_references --to FILE`` makes the frozen table again, in about 25 minutes
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
from typing import NamedTuple

from ...harness.arrow_files import write_json
from .cp_sat import LIMIT, cp_sat_schedule, cp_sat_version
from .instances import JobShopInstance, job_shop_table
from .policies import RuleName, non_delay_starts, read_job_shops
from .taillard import SIZES, drawn_job_shop

__all__ = [
    "PRACTICE_SECRET",
    "SHOPS_PER_SIZE",
    "FreshReference",
    "compute_references",
    "fresh_job_shops",
    "practice_references",
]

PRACTICE_SECRET = "jobshop-fresh practice 2026"
SHOPS_PER_SIZE = 20
_RULES: tuple[RuleName, ...] = ("spt", "mwkr", "mopnr", "fifo", "fdd-mwkr")  # CP-SAT starts from the best of them
_STREAM = ("scheduling/jobshop-fresh@1", "test")
_FROZEN = Path(__file__).with_name("fresh_references.json")


class FreshReference(NamedTuple):
    """What is known about one shop, in time steps.

    Attributes:
        lower_bound: No schedule is shorter; proven by CP-SAT or by a machine's load.
        makespan: Of the best schedule that CP-SAT found within its deterministic limit.
    """

    lower_bound: int
    makespan: int


def fresh_job_shops(secret: str) -> list[JobShopInstance]:
    """Twenty shops of each of Taillard's sizes, drawn from a secret; another secret gives other shops."""
    return [
        drawn_job_shop(
            f"fresh-{jobs}x{machines}-{k:02d}", secret, *_STREAM, f"{jobs}x{machines}", k, jobs=jobs, machines=machines
        )
        for jobs, machines in SIZES
        for k in range(SHOPS_PER_SIZE)
    ]


@cache
def practice_references() -> Mapping[str, FreshReference]:
    """Instance sha256 to its frozen reference; ``fresh_references.json`` names the version that made them."""
    table = json.loads(_FROZEN.read_text(encoding="utf-8"))
    return MappingProxyType(
        {one["sha256"]: FreshReference(one["lower_bound"], one["makespan"]) for one in table["instances"].values()}
    )


def compute_references(
    shops: Sequence[JobShopInstance],
    kept: Path,
    *,
    limit: float = LIMIT,
    told: Callable[[int, int], None] = lambda done, of: None,
) -> list[FreshReference]:
    """A reference per shop, each from the best rule's schedule on, so that none is worse than a rule.

    Args:
        shops: What to solve.
        kept: A file of JSON lines; what stands there is not computed again, what is computed is added at once.
        limit: Deterministic seconds per shop.
        told: Is told how many of how many are done, after each.
    """
    key = f"ortools {cp_sat_version()}, limit {limit}"
    done = _kept(kept, key)
    found = []
    for number, shop in enumerate(shops, 1):
        if shop.sha256 not in done:
            solved = cp_sat_schedule(shop, _best_rule(shop), limit=limit)
            done[shop.sha256] = FreshReference(solved.lower_bound, solved.makespan)
            row = {"by": key, "sha256": shop.sha256, "name": shop.name} | done[shop.sha256]._asdict()
            with kept.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
        found.append(done[shop.sha256])
        told(number, len(shops))
    return found


def _kept(path: Path, key: str) -> dict[str, FreshReference]:
    """Instance sha256 to what an earlier run found; a line that was being written when it was cut off is dropped."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = path.read_text(encoding="utf-8").split("\n")[:-1] if path.is_file() else []
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    rows = [row for row in map(json.loads, lines) if row["by"] == key]
    return {row["sha256"]: FreshReference(row["lower_bound"], row["makespan"]) for row in rows}


def _best_rule(shop: JobShopInstance) -> list[list[int]]:
    """The shortest of the rules' non-delay schedules, the first one of equals."""
    read = read_job_shops(job_shop_table([shop]).combine_chunks().to_batches()[0])
    schedules = [non_delay_starts(read, rule)[0] for rule in _RULES]
    shortest = min(schedules, key=lambda start: int((start + read[0].duration).max()))
    return [row[:n].tolist() for row, n in zip(shortest, read[0].operations.tolist(), strict=True)]


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes the frozen table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--to", type=Path, required=True, metavar="FILE", help="the table; FILE.part keeps what is done"
    )
    to: Path = parser.parse_args(arguments).to
    shops = fresh_job_shops(PRACTICE_SECRET)

    def told(done: int, of: int) -> None:
        sys.stderr.write(f"\r{done} of {of}")

    references = compute_references(shops, to.with_suffix(".part"), told=told)
    sys.stderr.write("\n")
    write_json(
        to,
        {
            "secret": PRACTICE_SECRET,
            "solver": "OR-Tools CP-SAT, one worker, window by window (cp_sat.py)",
            "ortools": cp_sat_version(),
            "deterministic_limit_s": LIMIT,
            "unit": "time steps",
            "instances": {
                shop.name: {"sha256": shop.sha256, "lower_bound": r.lower_bound, "makespan": r.makespan}
                for shop, r in zip(shops, references, strict=True)
            },
        },
    )


if __name__ == "__main__":
    main()
