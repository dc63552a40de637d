"""Intervals: coverage measured, errors against textbook formulas."""

from __future__ import annotations

import numpy as np
import pytest
from sectorbench.harness.metrics import (
    macro_f1_metric,
    mean_metric,
    mean_of_metrics,
    micro_f1_metric,
    root_mean_metric,
    share_metric,
    total_metric,
)
from sectorbench.harness.rank_metrics import average_precision_metric
from sectorbench.harness.statistics.bootstrap import Clusters, clusters_of, estimate, linearised_error, replicate_values
from sectorbench.harness.statistics.weights import WeightDraws, WeightKey, replicate_weights
from sectorbench.harness.text import Text
from sectorbench.harness.units import units_table
from statsmodels.stats.proportion import proportion_confint

NAME = Text("x", "x")
KEY = WeightKey("area/task@1", "default", "0" * 64)
MEAN = mean_metric(
    "mean",
    NAME,
    unit="1",
    statistic="s",
    best=0,
    higher_is_better=False,
    formula="",
    limits=(-np.inf, np.inf),
    digits=3,
)
RMSE = root_mean_metric("rmse", NAME, unit="1", statistic="s", formula="", digits=3)
TOTAL = total_metric("sum", NAME, unit="1", statistic="s", formula="", digits=3)
MACRO = macro_f1_metric("macro", NAME, formula="")
MEAN_OF_TWO = mean_of_metrics(
    "mean of two", NAME, formula="", parts=[MACRO, macro_f1_metric("m", NAME, formula="")], widths=[3, 6], digits=3
)
SHARE = share_metric("share", NAME, statistic="s", higher_is_better=True, formula="")
MICRO = micro_f1_metric("micro", NAME, formula="")


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


def test_the_linearised_error_of_a_mean_is_the_textbook_one():
    values = np.random.default_rng(1).normal(size=30)
    statistics = np.stack([values, np.ones(30)], axis=1)
    _, error = linearised_error(MEAN, Clusters(statistics), np.ones((1, 30)))
    assert error[0] == pytest.approx(values.std(ddof=1) / np.sqrt(30))


def test_the_linearised_error_of_a_root_follows_the_delta_method():
    squares = np.random.default_rng(2).gamma(2.0, size=40)
    statistics = np.stack([squares, np.ones(40)], axis=1)
    value, error = linearised_error(RMSE, Clusters(statistics), np.ones((1, 40)))
    assert error[0] == pytest.approx(squares.std(ddof=1) / np.sqrt(40) / (2 * value[0]))


@pytest.mark.parametrize("metric", [MEAN, RMSE, TOTAL, MACRO, MEAN_OF_TWO, MICRO], ids=lambda m: m.name)
def test_every_gradient_is_the_derivative_of_its_value(metric):
    rng = np.random.default_rng(3)
    total = rng.uniform(1, 5, size=(2 if metric in (MEAN, RMSE) else 1 if metric is TOTAL else 9))
    step = 1e-6
    numeric = [
        (metric.of.value(total + step * e) - metric.of.value(total - step * e)) / (2 * step) for e in np.eye(len(total))
    ]
    np.testing.assert_allclose(metric.of.gradient(total), numeric, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize(("clusters", "least"), [(10, 0.90), (20, 0.92), (100, 0.92)])
def test_intervals_of_clustered_shares_cover_as_promised(clusters, least):
    """Clusters of 20 answers with correlated outcomes, nominal 95 %; resampling answers would cover about 60 %."""
    rng = np.random.default_rng(clusters)
    beta = (0.7 * 7 / 3, 0.3 * 7 / 3)  # intra-cluster correlation 1 / (1 + 7/3) = 0.3
    hits, runs = 0, 400
    weights = list(replicate_weights(KEY, clusters, 400))
    for _ in range(runs):
        right = rng.binomial(20, rng.beta(*beta, size=clusters)).astype(float)
        statistics = np.stack([right, np.full(clusters, 20.0)], axis=1)
        value, error = (x[0] for x in linearised_error(MEAN, Clusters(statistics), np.ones((1, clusters))))
        drawn = [linearised_error(MEAN, Clusters(statistics), w) for w in weights]
        low, high = np.quantile(np.concatenate([(v - value) / e for v, e in drawn]), [0.025, 0.975])
        hits += value - high * error <= 0.7 <= value - low * error
    assert least <= hits / runs <= 0.99


def test_an_interval_agrees_with_the_normal_one_where_that_is_right():
    values = np.random.default_rng(5).normal(10, 2, size=400)
    found = estimate(units(values), MEAN, KEY)
    half = 1.96 * values.std(ddof=1) / 20
    assert found.interval.low == pytest.approx(values.mean() - half, abs=0.03)
    assert found.interval.high == pytest.approx(values.mean() + half, abs=0.03)
    assert found.interval.method == "bootstrap-t"


def test_shared_weights_give_the_interval_of_own_ones():
    values, draws = np.random.default_rng(5).normal(10, 2, size=400), WeightDraws()
    alone = estimate(units(values), MEAN, KEY)
    assert [estimate(units(values), MEAN, KEY, draws=draws) for _ in range(2)] == [alone, alone]
    assert estimate(units(values**2), MEAN, KEY, draws=draws) == estimate(units(values**2), MEAN, KEY)


def test_under_ten_units_there_is_no_interval_but_a_reason():
    found = estimate(units(np.arange(9)), MEAN, KEY)
    assert (found.interval, found.no_interval, found.n_units) == (None, "too_few_units", 9)


def test_equal_units_give_no_interval_but_a_reason():
    found = estimate(units(np.full(50, 3.0)), MEAN, KEY)
    assert (found.value, found.interval, found.no_interval) == (3.0, None, "no_spread")


def test_few_failures_among_many_have_an_interval_that_holds_and_is_not_absurd():
    """One of 50: bootstrap-t would reach from 0.5 to 1; the exact binomial interval is 0.894 to 0.9995."""
    found = estimate(units(np.r_[np.ones(49), 0.0]), SHARE, KEY)
    assert found.interval.method == "percentile"
    assert 0.88 < found.interval.low < 0.96 < found.interval.high <= 1


def test_the_interval_of_rare_failures_covers_as_promised():
    rng, draws = np.random.default_rng(3), WeightDraws()
    found = [estimate(units(rng.random(50) < 0.96), SHARE, KEY, draws=draws) for _ in range(300)]
    known = [one.interval for one in found if one.interval is not None]  # where nothing fails there is none
    assert np.mean([one.low <= 0.96 <= one.high for one in known]) > 0.93
    assert np.median([one.high - one.low for one in known]) < 0.15


def test_a_heavy_tail_keeps_its_wide_interval():
    values = np.r_[np.ones(99), 200.0]
    assert estimate(units(values), TOTAL, KEY).interval.method == "bootstrap-t"


def test_blocks_are_resampled_whole():
    values = np.repeat(np.arange(12.0), 10)
    blocks = [f"week {i // 10}" for i in range(120)]
    table = units(values, block=blocks)
    assert clusters_of(table, MEAN).statistics.shape == (12, 2)
    blocked, free = estimate(table, MEAN, KEY), estimate(units(values), MEAN, KEY)
    assert blocked.interval.clusters == 12
    width = lambda r: r.interval.high - r.interval.low  # noqa: E731
    assert width(blocked) > 2 * width(free)


def test_macro_f1_is_that_of_scikit_learn():
    from sklearn.metrics import f1_score

    rng = np.random.default_rng(7)
    truth, given = rng.integers(0, 3, 200), rng.integers(0, 3, 200)
    counts = [
        [((truth == c) & (given == c)).sum() for c in range(3)],
        [((truth != c) & (given == c)).sum() for c in range(3)],
        [((truth == c) & (given != c)).sum() for c in range(3)],
    ]
    total = np.concatenate(counts).astype(float)
    assert float(MACRO.of.value(total)) == pytest.approx(f1_score(truth, given, average="macro"))
    assert float(MICRO.of.value(total)) == pytest.approx(f1_score(truth, given, average="micro"))


def test_a_class_that_never_occurs_does_not_break_the_interval():
    rng = np.random.default_rng(9)
    shape = (40, 3)
    tp, fp, fn = (rng.integers(0, 3, shape).astype(float) for _ in range(3))
    for part in (tp, fp, fn):
        part[:, 2] = 0
    table = units(np.zeros(40), tp=tp, fp=fp, fn=fn)
    found = estimate(table, MACRO, KEY)
    assert 0 < found.interval.low < found.value < found.interval.high < 2 / 3


RANKED = average_precision_metric("ap", NAME, formula="")


def scored(n, *, seed, block=None):
    rng = np.random.default_rng(seed)
    positive = (rng.random(n) < 0.2).astype(float)
    return units(np.zeros(n), block=block, score=np.round(positive + rng.normal(size=n), 1), positive=positive)


def test_the_interval_of_average_precision_covers_the_value_of_a_large_set():
    """150 rows, a fifth of them positive, scores tied to one decimal; nominal 95 %."""
    truth = estimate(scored(200_000, seed=0), RANKED, KEY, partial=True).value
    draws, runs = WeightDraws(), 200
    found = [estimate(scored(150, seed=seed), RANKED, KEY, draws=draws).interval for seed in range(1, runs + 1)]
    assert {one.method for one in found} == {"bootstrap-t"}
    assert 0.90 <= np.mean([one.low <= truth <= one.high for one in found]) <= 0.99


def test_rows_of_one_block_are_drawn_together_for_a_metric_of_ranks():
    rows = scored(60, seed=3)
    twice = {name: np.tile(rows.column(name).to_numpy(), 2) for name in ("score", "positive")}
    blocks = [f"b{i:02d}" for i in range(60)] * 2
    doubled = estimate(units(np.zeros(120), block=blocks, **twice), RANKED, KEY)
    alone = estimate(units(np.zeros(60), block=blocks[:60], **{k: v[:60] for k, v in twice.items()}), RANKED, KEY)
    assert doubled.interval.clusters == 60
    assert doubled.standard_error == pytest.approx(alone.standard_error)
    assert (doubled.interval.low, doubled.interval.high) == pytest.approx((alone.interval.low, alone.interval.high))


@pytest.mark.parametrize(("value", "low", "high"), [(1.0, 0.886, 1.0), (0.0, 0.0, 0.114)])
def test_a_share_that_is_the_same_on_all_units_has_wilsons_interval(value, low, high):
    found = estimate(units([value] * 30), SHARE, KEY)
    assert (found.no_interval, found.standard_error, found.interval.method) == (None, 0.0, "wilson")
    assert (round(found.interval.low, 3), round(found.interval.high, 3)) == (low, high)
    theirs = proportion_confint(30 * value, 30, method="wilson")
    assert (found.interval.low, found.interval.high) == pytest.approx(theirs)


def test_a_share_of_few_units_has_no_interval_and_one_half_everywhere_none_either():
    assert estimate(units([1.0] * 9), SHARE, KEY).no_interval == "too_few_units"
    assert estimate(units([0.5] * 30), SHARE, KEY).no_interval == "no_spread"


def test_replicates_are_the_same_however_many_threads_share_them():
    clusters = clusters_of(units(np.random.default_rng(3).normal(size=33)), MEAN)
    one, three = (replicate_values(MEAN, clusters, KEY, 301, workers=n) for n in (1, 3))
    np.testing.assert_array_equal(one, three)
    assert len(one) == 301
