"""What reviewing a contract and missing a clause cost (versioned files), and the hours that proposals save.

The reviewer reads only the passages that a model proposes, down to the threshold at which the stated share of the
marked passages is found. Where no threshold reaches it, or reading the proposals would take longer than reading the
contracts, everything is read: nothing is saved and nothing is missed. The threshold is found on the test set itself,
for every model by the same rule; what is read in whole is taken to be found, which flatters people.

Letters: t = thresholds; totals are true (t), kept (t), marked (1) and contracts (1) behind each other.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
from pydantic import Field, model_validator

from ...harness.metrics import FloatArray, Metric, OfTotals
from ...harness.text import Text
from ..sourced_file import SourcedFile, read_sourced

__all__ = [
    "ILLUSTRATIVE",
    "CostFile",
    "Positive",
    "Review",
    "ReviewCosts",
    "ReviewMetrics",
    "load_review_costs",
    "review_metrics",
    "review_of",
]

ILLUSTRATIVE = Path(__file__).with_name("costs") / "contract-review-illustrative-2026.1.yaml"

_Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class CostFile(SourcedFile):
    """What every file of review costs says.

    Attributes:
        wage_per_hour: Of the reviewer.
        miss_cost: Of one thing that is there and not found.
        miss_factors: The sensitivity band: what a miss costs, times each; the middle one is 1.
    """

    wage_per_hour: _Amount
    miss_cost: _Amount
    miss_factors: tuple[_Amount, _Amount, _Amount]

    @model_validator(mode="after")
    def _the_band_rises_around_one(self) -> CostFile:
        low, base, high = self.miss_factors
        if not 0 < low < base == 1 < high:
            raise ValueError("miss_factors do not rise around 1")
        return self


class ReviewCosts(CostFile):
    """Costs of reviewing one contract by passages that a model proposes.

    Attributes:
        hours_per_contract: Reading a whole contract for all questions.
        hours_per_passage: Judging one proposed passage.
        recall: Share of the marked passages that must be found.
    """

    hours_per_contract: Positive
    hours_per_passage: Positive
    recall: Annotated[float, Field(gt=0, le=1)]


@cache
def load_review_costs(path: Path = ILLUSTRATIVE) -> ReviewCosts:
    """Reads a file of costs; see ``read_sourced`` for what is raised."""
    return read_sourced(path, ReviewCosts, what="a file of review costs", shown=ILLUSTRATIVE)


class Review(NamedTuple):
    """A review by proposals, per contract, each of shape ``(...)``.

    Attributes:
        saved_h: Hours saved against reading everything.
        missed: Marked passages that are not read.
        read: Passages that are read; 0 where the contracts are read instead.
    """

    saved_h: FloatArray
    missed: FloatArray
    read: FloatArray


def review_of(total: FloatArray, costs: ReviewCosts) -> Review:
    """What a review comes to, from totals ``(..., 2 t + 2)``."""
    t = (total.shape[-1] - 2) // 2
    true, kept, marked, contracts = np.split(total, [t, 2 * t, 2 * t + 1], axis=-1)
    # rounding of weighted sums must not undo an exact 0.8
    reached = (true >= costs.recall * marked - 1e-9 * np.maximum(marked, 1)) & (marked > 0)
    first = reached.argmax(axis=-1)[..., None]
    read, found = (np.take_along_axis(part, first, axis=-1) for part in (kept, true))
    saved = costs.hours_per_contract - costs.hours_per_passage * read / contracts
    used = reached.any(axis=-1, keepdims=True) & (saved > 0)
    parts = (saved, (marked - found) / contracts, read / contracts)
    return Review(*(np.where(used, part, 0.0)[..., 0] for part in parts))


class ReviewMetrics(NamedTuple):
    """The metrics of a review; ``saving_low``, ``saving`` and ``saving_high`` are the band."""

    saved_h: Metric
    missed: Metric
    read: Metric
    saving_low: Metric
    saving: Metric
    saving_high: Metric


def review_metrics(costs: ReviewCosts, *, statistics: tuple[str, str, str]) -> ReviewMetrics:
    """Metrics of units that are contracts.

    Args:
        costs: With the sensitivity band; currency and factors stand in the titles.
        statistics: Names of the true ones, of the kept ones and of the marked ones.
    """
    level, currency = f"{costs.recall:.0%}", costs.currency
    low, _, high = costs.miss_factors

    def metric(name: str, title: Text, unit: str, formula: str, part: str, limits: tuple[float, float]) -> Metric:
        def value(total: FloatArray) -> FloatArray:
            found: FloatArray = getattr(review_of(total, costs), part)
            return found

        up = part == "saved_h"
        best = limits[1] if up else 0.0
        of = OfTotals(value, None)
        return Metric(name, title, unit, best, up, formula, (*statistics, "rows"), of, limits, 2)

    def saving(name: str, factor: float, behind: Text) -> Metric:
        def value(total: FloatArray) -> FloatArray:
            review = review_of(total, costs)
            gain: FloatArray = review.saved_h * costs.wage_per_hour - review.missed * factor * costs.miss_cost
            return gain

        best = costs.hours_per_contract * costs.wage_per_hour
        formula = f"hours saved x {costs.wage_per_hour:g} - missed passages x {factor * costs.miss_cost:g} {currency}"
        title = Text(f"Saving per contract{behind.en}", f"每份合同节省的费用{behind.zh}")
        of = OfTotals(value, None)
        return Metric(name, title, currency, best, True, formula, (*statistics, "rows"), of, (-np.inf, best), 0)

    return ReviewMetrics(
        metric(
            "review_hours_saved",
            Text(f"Review hours saved per contract at {level} recall", f"召回率 {level} 时每份合同节省的审阅工时"),
            "h",
            f"{costs.hours_per_contract:g} h - {costs.hours_per_passage:g} h x passages read per contract; 0 where the "
            f"recall {level} is not reached or nothing is saved",
            "saved_h",
            (0.0, costs.hours_per_contract),
        ),
        metric(
            "missed_passages",
            Text(
                "Missed per contract in that review (0: all is read)",
                "该审阅每份合同的漏判（0：全文阅读）",
            ),
            "passages",
            "(marked - found at that threshold) / contracts; 0 where everything is read",
            "missed",
            (0.0, np.inf),
        ),
        metric(
            "read_passages",
            Text(
                "Read per contract in that review (0: all is read)",
                "该审阅每份合同的阅读量（0：全文阅读）",
            ),
            "passages",
            "predictions above that threshold / contracts; 0 where the contracts are read instead",
            "read",
            (0.0, np.inf),
        ),
        saving("review_saving_low", low, Text(f", misses x {low:g}", f"，漏判费用 × {low:g}")),
        saving("review_saving", 1.0, Text("", "")),
        saving("review_saving_high", high, Text(f", misses x {high:g}", f"，漏判费用 × {high:g}")),
    )
