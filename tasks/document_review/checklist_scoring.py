"""Metrics and statistics of a checklist: which rules a document breaks, told by a model and known by construction.

Letters: n = documents, k = rules of the checklist.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...harness.metrics import FloatArray, Metric, share_metric
from ...harness.rate_metrics import balanced_accuracy_metric
from ...harness.text import Text
from .checklist_costs import checklist_cost_metrics, load_checklist_costs

__all__ = ["ChecklistMetrics", "checklist_metrics", "checklist_statistics"]

BoolArray = npt.NDArray[np.bool_]


class ChecklistMetrics(NamedTuple):
    """The metrics of a card with a checklist."""

    primary: Metric
    secondary: tuple[Metric, ...]
    band: tuple[str, str, str]


def checklist_metrics(rules: Sequence[tuple[str, Text]]) -> ChecklistMetrics:
    """Balanced accuracy over all rules and of each, violations found, false alarms, whole documents, hours and costs.

    Args:
        rules: Identifier and title of each, k of them.
    """
    primary = balanced_accuracy_metric(
        "balanced_accuracy",
        Text("Balanced accuracy", "平衡准确率"),
        formula="mean over the rules of (share of violations found + share of kept rules passed) / 2",
        width=len(rules),
    )
    found = share_metric(
        "found_share",
        Text("Violations found", "检出的违规占比"),
        statistic="found",
        count="violations",
        higher_is_better=True,
        formula="violations called so / violations",
    )
    alarms = share_metric(
        "false_alarm_share",
        Text("Kept rules called broken", "误报率（符合的规则被判为违反）"),
        statistic="false_alarms",
        count="kept",
        higher_is_better=False,
        formula="kept rules called broken / kept rules",
    )
    whole = share_metric(
        "whole_share",
        Text("Documents without any mistake", "整份文件全部判对的占比"),
        statistic="whole",
        higher_is_better=True,
        formula="documents with every rule judged rightly / documents",
    )
    each = tuple(
        balanced_accuracy_metric(
            f"balanced_accuracy_{name}",
            title,
            formula="(share of violations of this rule found + share of kept ones passed) / 2",
            at=at,
            width=len(rules),
        )
        for at, (name, title) in enumerate(rules)
    )
    costs = checklist_cost_metrics(load_checklist_costs())
    band = (costs.low.name, costs.saving.name, costs.high.name)
    return ChecklistMetrics(primary, (found, alarms, whole, *costs, *each), band)


def checklist_statistics(called: BoolArray, broken: BoolArray) -> dict[str, FloatArray]:
    """What ``units_table`` takes as ``statistics``.

    Args:
        called: What the model calls broken, shape ``(n, k)``.
        broken: What is, same shape.

    Returns:
        ``tp``, ``fn``, ``tn``, ``fp`` of shape ``(n, k)``; ``found``, ``violations``, ``false_alarms``, ``kept``,
        ``called``, ``missed`` and ``whole`` of shape ``(n,)``.
    """
    parts = {"tp": called & broken, "fn": ~called & broken, "tn": ~called & ~broken, "fp": called & ~broken}
    sums = {"found": parts["tp"], "violations": broken, "false_alarms": parts["fp"], "kept": ~broken}
    sums |= {"called": called, "missed": parts["fn"]}
    return (
        {name: part.astype(np.float64) for name, part in parts.items()}
        | {name: part.sum(axis=1).astype(np.float64) for name, part in sums.items()}
        | {"whole": (called == broken).all(axis=1).astype(np.float64)}
    )
