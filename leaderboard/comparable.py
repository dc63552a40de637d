"""Which comparisons by region are legitimate, and the reasons against the others.

A region is compared under two models of one board, over the same units. Nothing is compared between two boards: there
the data, their hours, or what models are told differ, and a difference would not be the models'.
"""

from __future__ import annotations

from typing import Literal

from ..harness.task import TaskCard
from .collection import Board, Result

__all__ = ["PairRefusal", "Refusal", "baseline_of", "pair_refusal", "refusals"]

Refusal = Literal["simulated", "data", "task", "metric", "track", "test_set"]
"""Why regions of two boards are not compared."""

PairRefusal = Literal["is_baseline", "no_baseline", "no_units", "other_references", "other_units", "too_few_units"]
"""Why there is no difference between a model and the baseline in a region."""


def refusals(one: Board, other: Board) -> tuple[Refusal, ...]:
    """The reasons against comparing regions of two boards, gravest first; none where both are the same board."""
    if one.card is not other.card:
        return tuple(_between_tasks(one.card, other.card))
    if one.track != other.track:
        return ("track",)
    return () if one == other else ("test_set",)


def _between_tasks(one: TaskCard, other: TaskCard) -> list[Refusal]:
    found: list[Refusal] = []
    if one.simulated != other.simulated:
        found.append("simulated")
    if one.data is None or other.data is None or one.data.name != other.data.name:
        found.append("data")
    found.append("task")
    if (one.primary.name, one.primary.formula) != (other.primary.name, other.primary.formula):
        found.append("metric")
    return found


def baseline_of(board: Board) -> Result | None:
    """What all models of a board are compared with: the card's incumbent, else its floor; None where neither ended."""
    good = [result for result in board.results if result.record.status == "ok"]
    return next((r for r in good if r.is_incumbent), next((r for r in good if r.is_floor), None))


def pair_refusal(result: Result, baseline: Result | None) -> PairRefusal | None:
    """Why a model is not compared with a baseline in any region; None where its units have to be looked at."""
    if baseline is None:
        return "no_baseline"
    if result.record.key == baseline.record.key:
        return "is_baseline"
    if result.record.units_sha256 is None or baseline.record.units_sha256 is None:
        return "no_units"
    if result.record.protocol.references_sha256 != baseline.record.protocol.references_sha256:
        return "other_references"
    return None
