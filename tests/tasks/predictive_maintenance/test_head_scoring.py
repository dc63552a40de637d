"""Scores of several exclusive heads, without data: against scikit-learn, unusable rows, derivatives."""

from __future__ import annotations

import numpy as np
import pytest
from sectorbench.harness.interfaces import Head
from sectorbench.harness.text import Text
from sectorbench.harness.units import statistics_matrix, units_table
from sectorbench.tasks.predictive_maintenance.head_scoring import head_metrics, head_statistics
from sklearn.metrics import f1_score

HEADS = (Head("wear", ("low", "mid", "high"), "exclusive"), Head("leak", ("no", "yes"), "exclusive"))
METRICS = head_metrics(HEADS, {"wear": Text("wear", "磨损"), "leak": Text("leak", "泄漏")}, Text("parts", "零件"))


def values(decided, truth):
    n = len(truth)
    statistics = head_statistics(np.asarray(decided), np.asarray(truth), HEADS)
    units = units_table(
        unit=[f"{i:03d}" for i in range(n)],
        slices={},
        statistics=statistics,
        rows=[1] * n,
        invalid=[0] * n,
        code=[""] * n,
    )
    return {m.name: m.value(statistics_matrix(units, m)) for m in (METRICS.mean_macro_f1, *METRICS.secondary)}


def drawn(n=60):
    rng = np.random.default_rng(0)
    return np.column_stack([rng.integers(0, 3, n), rng.integers(0, 2, n)]), rng


def test_the_mean_over_heads_is_that_of_scikit_learns_macro_f1():
    truth, rng = drawn()
    decided = np.where(rng.random(truth.shape) < 0.7, truth, 0)
    found = values(decided, truth)
    wanted = [f1_score(truth[:, at], decided[:, at], average="macro") for at in (0, 1)]
    assert [found["macro_f1_wear"], found["macro_f1_leak"]] == pytest.approx(wanted)
    assert found["mean_macro_f1"] == pytest.approx(np.mean(wanted))
    assert found["all_right"] == pytest.approx((decided == truth).all(axis=1).mean())


def test_a_row_without_an_answer_is_worse_than_one_with_any_wrong_answer():
    truth, _ = drawn()
    missing = truth.copy()
    missing[7] = -1
    found = values(missing, truth)
    for wear in range(3):
        for leak in range(2):
            other = truth.copy()
            other[7] = wear, leak
            assert all(found[name] <= value for name, value in values(other, truth).items())


def test_the_gradient_of_the_mean_is_the_slope():
    metric = METRICS.mean_macro_f1
    total = np.random.default_rng(1).uniform(1, 5, 15)
    steps = 1e-6 * np.eye(15)
    numeric = [(metric.of.value(total + step) - metric.of.value(total - step)) / 2e-6 for step in steps]
    np.testing.assert_allclose(metric.of.gradient(total), numeric, rtol=1e-5, atol=1e-9)
