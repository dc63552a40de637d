"""Paired differences: against numbers by hand, what pairing gains, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from sectorbench.harness.errors import RecordError
from sectorbench.harness.metrics import mean_metric, root_mean_metric
from sectorbench.harness.rank_metrics import average_precision_metric
from sectorbench.harness.statistics.bootstrap import estimate
from sectorbench.harness.statistics.comparison import difference_metric, paired_difference, verdict
from sectorbench.harness.statistics.weights import WeightKey
from sectorbench.harness.text import Text
from sectorbench.harness.units import statistics_matrix, units_table

NAME = Text("x", "x")
KEY = WeightKey("area/task@1", "default", "0" * 64)


def mean(*, higher=False):
    return mean_metric(
        "mean", NAME, unit="1", statistic="s", best=0, higher_is_better=higher, formula="", limits=(0, np.inf), digits=3
    )


def units(values, *, block=None, **more):
    n = len(values)
    return units_table(
        unit=[f"u{i:04d}" for i in range(n)],
        block=block,
        slices={},
        statistics={"s": np.asarray(values, float)} | more,
        rows=[1] * n,
        invalid=[0] * n,
        code=[""] * n,
    )


def noisy(seed=1, n=60):
    return np.abs(np.random.default_rng(seed).normal(5, 2, n))


def test_a_difference_is_the_difference_of_the_values_and_its_error_that_of_the_paired_differences():
    one, other = noisy(1), noisy(2)
    found = paired_difference(units(one), units(other), mean(), KEY)
    assert found.value == pytest.approx(one.mean() - other.mean())
    assert found.standard_error == pytest.approx((one - other).std(ddof=1) / np.sqrt(60))
    assert (found.n_units, found.interval.method, found.interval.clusters) == (60, "bootstrap-t", 60)


def test_what_is_hard_for_both_cancels():
    other = noisy()
    found = paired_difference(units(other - 0.1 + 0.01 * noisy(3)), units(other), mean(), KEY)
    alone = estimate(units(other), mean(), KEY)
    assert found.interval.high - found.interval.low < (alone.interval.high - alone.interval.low) / 20
    assert found.interval.high < 0


def test_blocks_are_resampled_whole():
    one, other = np.repeat(noisy(1, 12), 5), np.repeat(noisy(2, 12), 5)
    block = [f"w{i // 5:02d}" for i in range(60)]
    found = paired_difference(units(one, block=block), units(other, block=block), mean(), KEY)
    assert found.interval.clusters == 12
    assert found.standard_error == pytest.approx((one - other)[::5].std(ddof=1) / np.sqrt(12))


@pytest.mark.parametrize(
    ("shift", "higher", "said"), [(-1, False, "better"), (1, False, "worse"), (1, True, "better"), (-1, True, "worse")]
)
def test_the_sign_is_told_in_words_by_the_metrics_direction(shift, higher, said):
    metric = mean(higher=higher)
    found = paired_difference(units(noisy() + shift + 0.1 * noisy(2)), units(noisy() + 0.5), metric, KEY)
    assert verdict(found, metric) == said


def test_an_interval_that_holds_nought_and_a_model_beside_itself_are_not_told_apart():
    assert verdict(paired_difference(units(noisy(1)), units(noisy(2)), mean(), KEY), mean()) == "not_told_apart"
    same = paired_difference(units(noisy()), units(noisy()), mean(), KEY)
    assert (same.value, same.no_interval, verdict(same, mean())) == (0.0, "no_spread", "not_told_apart")


def test_nine_blocks_give_no_interval_and_no_verdict():
    block = [f"w{i % 9}" for i in range(60)]
    found = paired_difference(units(noisy(1), block=block), units(noisy(2), block=block), mean(), KEY)
    assert (found.no_interval, verdict(found, mean())) == ("too_few_units", None)


def test_other_units_or_other_blocks_are_refused():
    with pytest.raises(RecordError, match="column 'unit' of the units of the two models differs"):
        paired_difference(units(noisy(n=12)), units(noisy(n=13)), mean(), KEY)
    with pytest.raises(RecordError, match="column 'block'.* same inputs"):
        paired_difference(units(noisy(n=12)), units(noisy(n=12), block=["w"] * 12), mean(), KEY)


def test_a_missing_statistic_is_named():
    with pytest.raises(RecordError, match="needs the statistic 's'"):
        paired_difference(units(noisy()), units(noisy()).drop_columns(["s"]), mean(), KEY)


@pytest.mark.parametrize("kind", ["root", "ranks"])
def test_the_derivative_of_a_difference_is_the_derivative_of_its_value(kind):
    if kind == "root":
        metric = root_mean_metric("rmse", NAME, unit="1", statistic="s", formula="", digits=3)
        tables = units(noisy(1, 12)), units(noisy(2, 12))
    else:
        metric = average_precision_metric("ap", NAME, score="s", positive="p", formula="")
        label = np.arange(12) % 2.0
        tables = units(noisy(1, 12), p=label), units(noisy(2, 12), p=label)
    both = np.concatenate([statistics_matrix(table, metric) for table in tables], axis=1)  # (n, 2k)
    weights, step = np.linspace(0.5, 1.5, 12), 1e-6
    difference = difference_metric(metric)
    _, moved = difference.influences(both, weights[None])
    for at in range(12):
        bumped = np.stack([weights + step * (np.arange(12) == at) * sign for sign in (1, -1)])
        high, low = difference.values(both, bumped)
        assert moved[0, at] == pytest.approx((high - low) / (2 * step), abs=1e-5)
