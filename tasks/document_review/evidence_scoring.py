"""Scores of rankings pooled per hypothesis: average precision and precision at 80 % recall, agreement by agreement.

Neither adds up over agreements, but both follow from how many spans stand at or above each score of a right span. Those
counts do add up, so an agreement can be left out, or count twice, and the figures follow.

Letters: n = agreements, h = hypotheses, k = places for scores of right spans, all hypotheses behind each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...harness.metrics import FloatArray, Metric, OfTotals
from ...harness.text import Text

__all__ = ["RECALL", "Pool", "evidence_metrics", "evidence_statistics", "hypothesis_parts"]

RECALL = 0.8


class Pool(NamedTuple):
    """All spans that one hypothesis is scored on.

    Attributes:
        agreement: Number of the span's agreement, shape ``(m,)``.
        score: Greater means more likely right, shape ``(m,)``; infinite values are allowed.
        right: Shape ``(m,)``.
    """

    agreement: npt.NDArray[np.int64]
    score: FloatArray
    right: npt.NDArray[np.bool_]


def evidence_statistics(pools: Sequence[Pool], places: Sequence[int], agreements: int) -> dict[str, FloatArray]:
    """``evidence_found`` and ``evidence_above``, each of shape ``(n, k)``.

    Per hypothesis the different scores of right spans take its places, greatest first, the rest stay empty. The former
    counts an agreement's right spans of just that score, the latter all its spans that score at least as high.

    Args:
        pools: One per hypothesis.
        places: Per hypothesis how many places it has: at least as many as right spans.
        agreements: n.
    """
    found = np.zeros((agreements, sum(places)))
    above = np.zeros_like(found)
    for pool, size, first in zip(pools, places, np.cumsum([0, *places]), strict=False):
        marks = np.unique(pool.score[pool.right])[::-1]  # greatest first
        assert len(marks) <= size, "a hypothesis has at most as many scores of right spans as right spans"
        place = np.searchsorted(-marks, -pool.score, side="left")  # (m,), the first mark that the span reaches
        counts = np.zeros((agreements, len(marks) + 1))
        np.add.at(counts, (pool.agreement, place), 1.0)
        above[:, first : first + len(marks)] = np.cumsum(counts, axis=1)[:, :-1]
        np.add.at(found, (pool.agreement[pool.right], first + place[pool.right]), 1.0)
    return {"evidence_found": found, "evidence_above": above}


def evidence_metrics(places: Sequence[int]) -> tuple[Metric, Metric]:
    """Mean average precision, and mean precision where the recall first reaches 80 %.

    Both are means over the hypotheses that have a right span: of scikit-learn's ``average_precision_score``, and
    of the precision at the greatest score with a recall of at least 0.8, where spans of equal score stand together.

    Args:
        places: Per hypothesis, as given to ``evidence_statistics``.
    """
    return _mean_average_precision(places), _precision_at_recall(places)


def hypothesis_parts(total: FloatArray, places: Sequence[int]) -> list[tuple[FloatArray, FloatArray]]:
    """Per hypothesis ``found`` and ``above``, each of shape ``(..., size)``."""
    cuts = np.cumsum(places)[:-1]
    found, above = np.split(total, 2, axis=-1)
    return list(zip(np.split(found, cuts, axis=-1), np.split(above, cuts, axis=-1), strict=True))


def _share(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Their quotient; 0 where there is no whole, as at places that stay empty."""
    share: FloatArray = part / np.where(whole > 0, whole, 1.0)
    return share


def _mean(each: Sequence[FloatArray], parts: Sequence[tuple[FloatArray, FloatArray]]) -> FloatArray:
    """The mean over hypotheses with a right span; the others' figure is 0."""
    known = np.sum([found.sum(axis=-1) > 0 for found, _ in parts], axis=0)
    mean: FloatArray = np.sum(each, axis=0) / np.maximum(known, 1)
    return mean


def _mean_average_precision(places: Sequence[int]) -> Metric:
    def average(found: FloatArray, above: FloatArray) -> FloatArray:
        precision = _share(np.cumsum(found, axis=-1), above)
        return _share((found * precision).sum(axis=-1), found.sum(axis=-1))

    def value(total: FloatArray) -> FloatArray:
        parts = hypothesis_parts(total, places)
        return _mean([average(*part) for part in parts], parts)

    def gradient(total: FloatArray) -> FloatArray:
        parts = hypothesis_parts(total, places)
        by_found, by_above = [], []
        for found, above in parts:
            precision = _share(np.cumsum(found, axis=-1), above)
            whole = found.sum(axis=-1, keepdims=True)
            lower = np.cumsum(_share(found, above)[..., ::-1], axis=-1)[..., ::-1]  # of this place and all behind it
            by_found.append(_share(precision + lower - average(found, above)[..., None], whole))
            by_above.append(-_share(_share(found * precision, above), whole))
        known = np.maximum(np.sum([found.sum(axis=-1) > 0 for found, _ in parts], axis=0), 1)
        moved: FloatArray = np.concatenate([*by_found, *by_above], axis=-1) / known[..., None]
        return moved

    return _metric(
        "map",
        Text("Mean average precision", "平均精度均值（mAP）"),
        OfTotals(value, gradient),
        "mean over hypotheses of: mean over right spans of the share of right spans among those that score as high",
    )


def _precision_at_recall(places: Sequence[int]) -> Metric:
    def reached(found: FloatArray, above: FloatArray) -> FloatArray:
        true = np.cumsum(found, axis=-1)
        enough = _share(true, true[..., -1:]) >= RECALL
        first = enough.argmax(axis=-1)[..., None]
        precision: FloatArray = np.take_along_axis(_share(true, above), first, axis=-1)[..., 0]
        return np.where(enough.any(axis=-1), precision, 0.0)

    def value(total: FloatArray) -> FloatArray:
        parts = hypothesis_parts(total, places)
        return _mean([reached(*part) for part in parts], parts)

    return _metric(
        "precision_at_80_recall",
        Text("Precision where 80 % of the evidence is found", "召回率达 80% 时的精确率"),
        OfTotals(value, None),
        "mean over hypotheses of: share of right spans among those that score at least t, t being the greatest score "
        "at which 80 % of the right spans are found",
    )


def _metric(name: str, title: Text, of: OfTotals, formula: str) -> Metric:
    return Metric(name, title, "1", 1.0, True, formula, ("evidence_found", "evidence_above"), of, (0.0, 1.0), 3)
