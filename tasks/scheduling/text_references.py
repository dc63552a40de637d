"""Reference schedules of ``jobshop-text``: frozen for the practice secret, computed once for any other.

``python -m sectorbench.tasks.scheduling.text_references --to FILE`` makes the frozen table again, in about 4 minutes
on one core. What is done is kept beside the file and in the user's cache, so that a cut-off run goes on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType

from .cp_sat import LIMIT, cp_sat_version
from .fresh_references import FreshReference, best_rule_starts, compute_references
from .instances import JobShopInstance
from .kept_references import Told, freeze_table, told_nothing
from .text_shops import PRACTICE_SECRET, TextShop, text_job_shops

__all__ = ["compute_text_references", "practice_text_references"]

_FROZEN = Path(__file__).with_name("text_references.json")


@cache
def practice_text_references() -> Mapping[str, FreshReference]:
    """Instance sha256 to its frozen reference; ``text_references.json`` names the version that made them.

    Raises:
        ValueError: The table calls a reference optimal that is above its lower bound, or the other way round.
    """
    found = {}
    for name, one in json.loads(_FROZEN.read_text(encoding="utf-8"))["instances"].items():
        if one["optimal"] is not (one["lower_bound"] == one["makespan"]):
            raise ValueError(f"{_FROZEN.name}, {name}: 'optimal' is {one['optimal']}, the bounds say otherwise")
        found[one["sha256"]] = FreshReference(one["lower_bound"], one["makespan"])
    return MappingProxyType(found)


def compute_text_references(
    shops: Sequence[TextShop], kept: Path, *, limit: float = LIMIT, told: Told = told_nothing
) -> list[FreshReference]:
    """A reference per shop, from the best rule's or the swapped schedule on: always shorter than the floor's.

    Args:
        shops: What to solve.
        kept: A file of JSON lines; what stands there is not computed again, what is computed is added at once.
        limit: Deterministic seconds per shop.
        told: Is told how many of how many are done, after each.
    """
    shorter = {one.shop.sha256: one.shorter for one in shops}

    def start(shop: JobShopInstance) -> list[list[int]]:
        return min(best_rule_starts(shop), shorter[shop.sha256], key=shop.makespan)

    return compute_references([one.shop for one in shops], kept, limit=limit, start=start, told=told)


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes the frozen table."""
    shops = text_job_shops(PRACTICE_SECRET)

    def compute(kept: Path, told: Told) -> Mapping[str, Mapping[str, object]]:
        references = compute_text_references(shops, kept, told=told)
        return {
            shop.name: {
                "sha256": shop.sha256,
                "lower_bound": r.lower_bound,
                "makespan": r.makespan,
                "optimal": r.lower_bound == r.makespan,
            }
            for (shop, _, _), r in zip(shops, references, strict=True)
        }

    head = {
        "secret": PRACTICE_SECRET,
        "solver": "OR-Tools CP-SAT, one worker (cp_sat.py)",
        "ortools": cp_sat_version(),
        "deterministic_limit_s": LIMIT,
        "unit": "time steps",
    }
    freeze_table(arguments, __doc__, head=head, compute=compute)


if __name__ == "__main__":
    main()
