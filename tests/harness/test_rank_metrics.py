"""Average precision: values against scikit-learn, derivatives against slopes."""

from __future__ import annotations

import numpy as np
import pytest
from sectorbench.harness.rank_metrics import average_precision_metric, weighted_average_precision
from sectorbench.harness.text import Text
from sectorbench.harness.units import units_table, without_each
from sklearn.metrics import average_precision_score


def drawn(seed, n=200):
    rng = np.random.default_rng(seed)
    positive = (rng.random(n) < 0.15).astype(float)
    return np.round(positive * 0.5 + rng.normal(size=n), 1), positive, rng.uniform(0.1, 2.0, (3, n))


@pytest.mark.parametrize("seed", range(5))
def test_average_precision_under_weights_is_that_of_scikit_learn(seed):
    score, positive, weights = drawn(seed)
    wanted = [average_precision_score(positive, score, sample_weight=w) for w in weights]
    np.testing.assert_allclose(weighted_average_precision(score, positive, weights)[0], wanted, rtol=1e-12)


def test_the_derivatives_are_the_slopes_in_each_weight():
    score, positive, weights = drawn(7, n=40)
    _, derivative = weighted_average_precision(score, positive, weights[:1])
    step = 1e-6 * np.eye(40)
    up, down = (weighted_average_precision(score, positive, weights[:1] + sign * step)[0] for sign in (1, -1))
    np.testing.assert_allclose(derivative[0], (up - down) / 2e-6, atol=1e-8)


def test_a_constant_score_has_the_share_of_positives():
    value, _ = weighted_average_precision(np.zeros(8), np.array([1.0, 0, 0, 0, 0, 0, 1, 0]), np.ones((1, 8)))
    assert value[0] == pytest.approx(0.25)


def test_without_a_positive_it_is_zero_and_finite():
    value, derivative = weighted_average_precision(np.arange(3.0), np.zeros(3), np.ones((1, 3)))
    assert value[0] == 0
    assert np.isfinite(derivative).all()


def test_leaving_out_each_row_is_scoring_the_others():
    score, positive, _ = drawn(9, n=600)  # more rows than are left out at once
    metric = average_precision_metric("ap", Text("AP", "AP"), formula="")
    units = units_table(
        unit=[f"{i:03d}" for i in range(600)],
        slices={},
        statistics={"score": score, "positive": positive},
        rows=[1] * 600,
        invalid=[0] * 600,
        code=[""] * 600,
    )
    found = without_each(units, metric)
    for at in (0, 255, 256, 599):
        others = np.arange(600) != at
        assert found[at] == pytest.approx(average_precision_score(positive[others], score[others]), abs=1e-12)
