"""Reference schedules of ``jobshop-fresh``: frozen for the practice seed, computed once for any other.

``python -m sectorbench.tasks.scheduling.fresh_references --to FILE`` makes the frozen table again, in about 25 minutes
on one core. What is done is kept beside the file and in the user's cache, so that a cut-off run goes on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from .cp_sat import LIMIT, cp_sat_schedule, cp_sat_version
from .instances import JobShopInstance, job_shop_table
from .kept_references import Told, compute_kept, freeze_table, told_nothing
from .policies import RuleName, non_delay_starts, read_job_shops
from .taillard import SIZES, drawn_job_shop

__all__ = [
    "PRACTICE_SECRET",
    "SHOPS_PER_SIZE",
    "FreshReference",
    "best_rule_starts",
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
    start: Callable[[JobShopInstance], list[list[int]]] | None = None,
    told: Told = told_nothing,
) -> list[FreshReference]:
    """A reference per shop, each from a rule's schedule on, so that none is worse than that rule.

    Args:
        shops: What to solve.
        kept: A file of JSON lines; what stands there is not computed again, what is computed is added at once.
        limit: Deterministic seconds per shop.
        start: Starts per job that the solver begins with; None: of the best of the rules.
        told: Is told how many of how many are done, after each.
    """
    begin = best_rule_starts if start is None else start

    def solve(shop: JobShopInstance) -> Mapping[str, int]:
        solved = cp_sat_schedule(shop, begin(shop), limit=limit)
        return FreshReference(solved.lower_bound, solved.makespan)._asdict()

    by = f"ortools {cp_sat_version()}, limit {limit}"
    found = compute_kept(shops, kept, by=by, name=lambda shop: shop.name, solve=solve, told=told)
    return [FreshReference(**one) for one in found]


def best_rule_starts(shop: JobShopInstance) -> list[list[int]]:
    """Starts per job of the shortest of the rules' non-delay schedules, the first one of equals."""
    read = read_job_shops(job_shop_table([shop]).combine_chunks().to_batches()[0])
    schedules = [non_delay_starts(read, rule)[0] for rule in _RULES]
    shortest = min(schedules, key=lambda start: int((start + read[0].duration).max()))
    return [row[:n].tolist() for row, n in zip(shortest, read[0].operations.tolist(), strict=True)]


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes the frozen table."""
    shops = fresh_job_shops(PRACTICE_SECRET)

    def compute(kept: Path, told: Told) -> Mapping[str, Mapping[str, object]]:
        references = compute_references(shops, kept, told=told)
        return {
            shop.name: {"sha256": shop.sha256, "lower_bound": r.lower_bound, "makespan": r.makespan}
            for shop, r in zip(shops, references, strict=True)
        }

    head = {
        "secret": PRACTICE_SECRET,
        "solver": "OR-Tools CP-SAT, one worker, window by window (cp_sat.py)",
        "ortools": cp_sat_version(),
        "deterministic_limit_s": LIMIT,
        "unit": "time steps",
    }
    freeze_table(arguments, __doc__, head=head, compute=compute)


if __name__ == "__main__":
    main()
