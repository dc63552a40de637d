"""The smallest effect that a test set can see, against a textbook case and a simulation of its promise."""

from __future__ import annotations

import numpy as np
import pytest
from sectorbench.harness.errors import RecordError
from sectorbench.harness.metrics import mean_metric
from sectorbench.harness.statistics.power import POWER_FACTOR, detectable_skill_points
from sectorbench.harness.text import Text
from sectorbench.harness.units import units_table

MEAN = mean_metric(
    "mean", Text("x", "x"), unit="1", statistic="s", best=0, higher_is_better=False, formula="", limits=(0, 9), digits=3
)


def units(values):
    n = len(values)
    names = [f"u{i:03d}" for i in range(n)]
    return units_table(
        unit=names, slices={}, statistics={"s": np.asarray(values, float)}, rows=[1] * n, invalid=[0] * n, code=[""] * n
    )


def test_with_a_fixed_floor_it_is_the_paired_textbook_error():
    rng = np.random.default_rng(0)
    one, other = rng.normal(2, 1, 50), rng.normal(2, 1, 50)
    floor = np.full(50, 4.0)
    error = (one - other).std(ddof=1) / np.sqrt(50) / 4
    found = detectable_skill_points(units(one), units(other), units(floor), MEAN, perfect=0.0)
    assert found == pytest.approx(POWER_FACTOR * 100 * error, rel=1e-9)


def test_an_effect_of_that_size_is_found_in_four_of_five_test_sets():
    rng = np.random.default_rng(1)
    n, seen, runs = 100, 0, 400
    for _ in range(runs):
        shared = rng.normal(2, 1, n)
        one, other = shared + rng.normal(0, 0.3, n), shared + rng.normal(0, 0.3, n)
        effect = detectable_skill_points(units(one), units(other), units(np.full(n, 4.0)), MEAN, perfect=0.0)
        difference = one - other + effect / 100 * 4
        seen += abs(difference.mean()) > 1.96 * difference.std(ddof=1) / np.sqrt(n)
    assert seen / runs == pytest.approx(0.8, abs=0.05)


def test_other_units_are_not_compared():
    with pytest.raises(RecordError, match="same inputs"):
        detectable_skill_points(units([1, 2, 3]), units([1, 2]), units([1, 2, 3]), MEAN, perfect=0.0)
