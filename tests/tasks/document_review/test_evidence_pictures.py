"""The curve of evidence: its area is the mean average precision, its point the precision at 80 % recall."""

from __future__ import annotations

import numpy as np
import pytest
from sectorbench.tasks.document_review.evidence_pictures import STEPS, mean_curve
from sectorbench.tasks.document_review.evidence_scoring import Pool, evidence_metrics, evidence_statistics
from sklearn.metrics import average_precision_score


def total(pools, places, agreements=1):
    found = evidence_statistics(pools, places, agreements)
    return np.concatenate([found["evidence_found"], found["evidence_above"]], axis=1).sum(axis=0)


def test_two_right_spans_by_hand():
    """Right at places 1 and 3: precision 1 up to recall 0.5, then 2/3."""
    pool = Pool(np.zeros(3, int), np.array([0.9, 0.8, 0.3]), np.array([True, False, True]))
    curve = mean_curve(total([pool], (2,)), (2,))
    assert curve == pytest.approx([1.0] * (STEPS // 2) + [2 / 3] * (STEPS // 2), abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_the_area_is_the_mean_average_precision_of_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    places, pools = (30, 7, 5), []
    for size in (30, 7, 0):  # the last hypothesis has no right span
        right = np.zeros(200, bool)
        right[:size] = True
        pools.append(Pool(np.zeros(200, int), (rng.random(200) + 0.3 * right).round(2), right))
    curve = mean_curve(total(pools, places), places)
    expected = np.mean([average_precision_score(pool.right, pool.score) for pool in pools[:2]])
    assert curve.mean() == pytest.approx(expected, abs=1e-12)


def test_the_step_that_ends_at_80_percent_is_the_metric_where_recalls_are_steps():
    """Ten right spans among twenty: every recall is a multiple of a tenth, so no step is a mean of two."""
    right = np.arange(20) % 2 == 1
    pool = Pool(np.zeros(20, int), -np.arange(20.0), right)
    _, precision = evidence_metrics((10,))
    curve = mean_curve(total([pool], (10,)), (10,))
    assert curve[STEPS * 8 // 10 - 1] == pytest.approx(float(precision.of.value(total([pool], (10,)))), abs=1e-12)
