"""Rankings pooled per hypothesis, beside scikit-learn and beside agreements that are really written down twice."""

import numpy as np
import pytest
from sectorbench.harness.metrics import OfTotals
from sectorbench.tasks.document_review.evidence_scoring import Pool, evidence_metrics, evidence_statistics
from sklearn.metrics import average_precision_score, precision_recall_curve

PLACES = (30, 25, 20)
MAP, PRECISION = evidence_metrics(PLACES)


def drawn(seed, *, coarse, agreements=12):
    rng = np.random.default_rng(seed)
    pools = []
    for size in PLACES:
        m = 20 * agreements
        right = np.zeros(m, bool)
        right[rng.choice(m, size, replace=False)] = True
        score = right * 0.4 + rng.random(m)
        pools.append(Pool(rng.integers(0, agreements, m), score.round(1) if coarse else score, right))
    return pools


def totals(pools, agreements=12):
    statistics = evidence_statistics(pools, PLACES, agreements)
    return np.concatenate([statistics["evidence_found"], statistics["evidence_above"]], axis=1)


def derived(pools):
    average = [average_precision_score(p.right, p.score) for p in pools]
    at_recall = []
    for p in pools:
        precision, recall, _ = precision_recall_curve(p.right, p.score)
        at_recall.append(precision[np.flatnonzero(recall >= 0.8)[-1]])  # the greatest threshold
    return np.mean(average), np.mean(at_recall)


@pytest.mark.parametrize("coarse", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_both_metrics_are_those_of_scikit_learn(seed, coarse):
    pools = drawn(seed, coarse=coarse)
    found = totals(pools)
    assert (MAP.value(found), PRECISION.value(found)) == pytest.approx(derived(pools), abs=1e-12, rel=0)


def test_a_weight_of_two_is_an_agreement_that_stands_twice():
    pools = drawn(9, coarse=True)
    again = [Pool(*(np.concatenate([column, column[p.agreement == 5]]) for column in p)) for p in pools]
    weights = np.ones((1, 12))
    weights[0, 5] = 2
    found = totals(pools)
    values = [float(metric.values(found, weights)[0]) for metric in (MAP, PRECISION)]
    assert values == pytest.approx(list(derived(again)), abs=1e-12, rel=0)


def test_three_spans_by_hand():
    pool = Pool(np.array([0, 0, 1]), np.array([0.9, 0.8, 0.3]), np.array([True, False, True]))
    average, precision = evidence_metrics((2,))
    statistics = evidence_statistics([pool], (2,), 2)
    assert statistics["evidence_found"].tolist() == [[1, 0], [0, 1]]
    assert statistics["evidence_above"].tolist() == [[1, 2], [0, 1]]
    found = np.concatenate([statistics["evidence_found"], statistics["evidence_above"]], axis=1)
    assert average.value(found) == pytest.approx((1 + 2 / 3) / 2)
    assert precision.value(found) == pytest.approx(2 / 3)


def test_a_hypothesis_without_a_right_span_is_left_out_of_the_mean():
    some = Pool(np.array([0, 0]), np.array([0.2, 0.9]), np.array([True, False]))
    none = Pool(np.array([0]), np.array([0.5]), np.array([False]))
    average, precision = evidence_metrics((1, 1))
    statistics = evidence_statistics([some, none], (1, 1), 1)
    found = np.concatenate([statistics["evidence_found"], statistics["evidence_above"]], axis=1)
    assert (average.value(found), precision.value(found)) == (0.5, 0.5)


def test_right_spans_of_a_row_that_cannot_be_used_stand_behind_all_others():
    pool = Pool(np.array([0, 0, 1, 1]), np.array([0.7, 0.1, -np.inf, np.inf]), np.array([True, False, True, False]))
    statistics = evidence_statistics([pool], (2,), 2)
    assert statistics["evidence_above"].sum(axis=0).tolist() == [2, 4]


def test_the_gradient_of_the_mean_average_precision_is_its_slope():
    total = totals(drawn(3, coarse=True)).sum(axis=0)
    assert isinstance(MAP.of, OfTotals) and MAP.of.gradient is not None
    gradient = MAP.of.gradient(total)
    for k in np.flatnonzero(total > 0):
        step = np.zeros_like(total)
        step[k] = 1e-6
        slope = float(MAP.of.value(total + step) - MAP.of.value(total - step)) / 2e-6
        assert gradient[k] == pytest.approx(slope, abs=1e-7)
