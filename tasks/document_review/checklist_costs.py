"""What checking a document by a model's calls costs: the reviewer looks at the rules that the model calls broken alone.

Checking everything by hand takes the stated hours and is taken to miss nothing, which flatters people. With a model the
reviewer looks at every rule that it calls broken; what it passes though it is broken is missed.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...harness.metrics import FloatArray, Metric, OfTotals
from ...harness.text import Text
from ..sourced_file import read_sourced
from .review_costs import CostFile, Positive

__all__ = ["ILLUSTRATIVE", "ChecklistCosts", "CostMetrics", "checklist_cost_metrics", "load_checklist_costs"]

ILLUSTRATIVE = Path(__file__).with_name("costs") / "checklist-review-illustrative-2026.1.yaml"
_STATISTICS = ("called", "missed", "rows")


class ChecklistCosts(CostFile):
    """Costs of checking one document.

    Attributes:
        hours_per_document: By hand, against all rules.
        hours_per_flag: Looking at one rule that is called broken.
    """

    hours_per_document: Positive
    hours_per_flag: Positive


@cache
def load_checklist_costs(path: Path = ILLUSTRATIVE) -> ChecklistCosts:
    """Reads a file of costs; see ``read_sourced`` for what is raised."""
    return read_sourced(path, ChecklistCosts, what="a file of review costs", shown=ILLUSTRATIVE)


class CostMetrics(NamedTuple):
    """``low``, ``saving`` and ``high`` are the band."""

    hours: Metric
    missed: Metric
    low: Metric
    saving: Metric
    high: Metric


def checklist_cost_metrics(costs: ChecklistCosts) -> CostMetrics:
    """Metrics of units with the statistics ``called`` (rules called broken) and ``missed`` (broken and passed)."""
    hours, flag, wage, miss = costs.hours_per_document, costs.hours_per_flag, costs.wage_per_hour, costs.miss_cost
    low, _, high = costs.miss_factors

    def saving(name: str, factor: float, behind: Text) -> Metric:
        return _per_document(
            name,
            Text(f"Saving per document{behind.en}", f"每份文件节省的费用{behind.zh}"),
            unit=costs.currency,
            constant=hours * wage,
            by_called=-flag * wage,
            by_missed=-factor * miss,
            formula=f"hours saved x {wage:g} - violations missed x {factor * miss:g} {costs.currency}",
            digits=0,
        )

    return CostMetrics(
        _per_document(
            "review_hours_saved",
            Text("Review hours saved per document", "每份文件节省的审阅工时"),
            unit="h",
            constant=hours,
            by_called=-flag,
            by_missed=0.0,
            formula=f"{hours:g} h - {flag:g} h x rules called broken per document",
            digits=2,
        ),
        _per_document(
            "missed_violations",
            Text("Violations missed per document", "每份文件漏检的违规"),
            unit="violations",
            constant=0.0,
            by_called=0.0,
            by_missed=1.0,
            formula="broken rules that are not called so / documents",
            digits=2,
        ),
        saving("review_saving_low", low, Text(f", misses x {low:g}", f"，漏检费用 × {low:g}")),
        saving("review_saving", 1.0, Text("", "")),
        saving("review_saving_high", high, Text(f", misses x {high:g}", f"，漏检费用 × {high:g}")),
    )


def _per_document(
    name: str,
    title: Text,
    *,
    unit: str,
    constant: float,
    by_called: float,
    by_missed: float,
    formula: str,
    digits: int,
) -> Metric:
    """A constant plus what each call and each miss adds, per document."""
    up = constant > 0
    added = np.array([by_called, by_missed])

    def value(total: FloatArray) -> FloatArray:
        mean: FloatArray = constant + total[..., :2] @ added / total[..., 2]
        return mean

    def gradient(total: FloatArray) -> FloatArray:
        rows = total[..., 2]
        sums = total[..., :2] @ added
        return np.stack([by_called / rows, by_missed / rows, -sums / rows**2], axis=-1)

    limits = (-np.inf, constant) if up else (0.0, np.inf)
    best = constant if up else 0.0
    return Metric(name, title, unit, best, up, formula, _STATISTICS, OfTotals(value, gradient), limits, digits)
