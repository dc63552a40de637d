from __future__ import annotations

import numpy as np
import pytest
from sectorbench.harness.rate_metrics import balanced_accuracy_metric
from sectorbench.harness.text import Text
from sklearn.metrics import balanced_accuracy_score

TITLE = Text("t", "题")
RNG = np.random.default_rng(3)
BROKEN, CALLED = RNG.random((40, 3)) < 0.3, RNG.random((40, 3)) < 0.4


def statistics(called, broken):
    return np.concatenate([called & broken, ~called & broken, ~called & ~broken, called & ~broken], 1).astype(float)


def test_it_is_scikit_learns_of_each_question_and_their_mean():
    found = statistics(CALLED, BROKEN)
    each = [balanced_accuracy_score(BROKEN[:, at], CALLED[:, at]) for at in range(3)]
    for at, wanted in enumerate(each):
        one = balanced_accuracy_metric("b", TITLE, formula="f", at=at, width=3)
        assert one.value(found) == pytest.approx(wanted, abs=1e-12)
    assert balanced_accuracy_metric("b", TITLE, formula="f").value(found) == pytest.approx(np.mean(each), abs=1e-12)


@pytest.mark.parametrize("at", [None, 0, 2])
def test_its_gradient_is_the_slope(at):
    metric = balanced_accuracy_metric("b", TITLE, formula="f", at=at, width=3)
    total = statistics(CALLED, BROKEN).sum(axis=0)
    slopes = []
    for k in range(len(total)):
        step = np.zeros_like(total)
        step[k] = 1e-4
        slopes.append((metric.of.value(total + step) - metric.of.value(total - step)) / 2e-4)
    assert metric.of.gradient(total) == pytest.approx(np.array(slopes), abs=1e-8)
    assert metric.of.gradient(np.stack([total, 2 * total])).shape == (2, len(total))


def test_a_side_that_does_not_occur_leaves_the_other_one_alone():
    metric = balanced_accuracy_metric("b", TITLE, formula="f")
    assert metric.value(np.array([[0.0, 0.0, 3.0, 1.0]])) == 0.75  # nothing was broken
    assert metric.value(np.array([[2.0, 2.0, 0.0, 0.0]])) == 0.5  # nothing was kept
    assert metric.value(np.zeros((1, 4))) == 0.5
    assert np.isfinite(metric.of.gradient(np.zeros(4))).all()
