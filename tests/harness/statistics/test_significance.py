"""Sign flips, McNemar and Holm: against scipy and statsmodels, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import permutation_test
from sectorbench.harness.metrics import macro_f1_metric, mean_metric
from sectorbench.harness.rank_metrics import average_precision_metric
from sectorbench.harness.statistics.bootstrap import Clusters
from sectorbench.harness.statistics.significance import FLIPS, Pair, holm, mcnemar, sign_flip
from sectorbench.harness.text import Text
from statsmodels.stats.contingency_tables import mcnemar as other_mcnemar
from statsmodels.stats.multitest import multipletests

NAME = Text("x", "x")
MEAN = mean_metric(
    "mean", NAME, unit="1", statistic="s", best=1, higher_is_better=True, formula="", limits=(0, 1), digits=3
)


def clusters(values):
    values = np.asarray(values, float)
    return Clusters(np.stack([values, np.ones(len(values))], axis=1))


@pytest.mark.parametrize("alternative", ["two-sided", "less", "greater"])
def test_all_flips_of_a_mean_give_the_p_value_of_scipy(alternative):
    rng = np.random.default_rng(3)
    one, other = rng.normal(0.3, 1, 12), rng.normal(0, 1, 12)
    found = sign_flip([Pair(clusters(one), clusters(other), MEAN)], alternative=alternative)
    theirs = permutation_test(
        (one, other), lambda a, b: (a - b).mean(), permutation_type="samples", alternative=alternative, n_resamples=4096
    )
    assert (found.exact, found.flips) == (True, 4096)
    assert found.p == pytest.approx(theirs.pvalue)


def test_three_clusters_by_hand():
    """Differences 1, 2, 3: of eight flips one is as low as -6, two are as far from 0."""
    pair = [Pair(clusters([0, 0, 0]), clusters([1, 2, 3]), MEAN)]
    assert sign_flip(pair, alternative="less").p == pytest.approx(1 / 8)
    assert sign_flip(pair).p == pytest.approx(2 / 8)
    assert sign_flip(pair, alternative="greater").p == 1


def test_equal_models_have_p_1_and_random_flips_are_the_same_everywhere():
    rng = np.random.default_rng(1)
    one, other = rng.normal(0.2, 1, 80), rng.normal(0, 1, 80)
    assert sign_flip([Pair(clusters(one), clusters(one), MEAN)]).p == 1
    pair = [Pair(clusters(one), clusters(other), MEAN)]
    found = sign_flip(pair, ("area/task@1", "default"))
    assert (found.exact, found.flips) == (False, FLIPS)
    assert found == sign_flip(pair, ("area/task@1", "default"))
    assert found != sign_flip(pair, ("area/task@1", "other"))
    theirs = permutation_test((one, other), lambda a, b: (a - b).mean(), permutation_type="samples", rng=1)
    assert found.p == pytest.approx(theirs.pvalue, abs=0.02)


def test_tasks_are_flipped_apart_and_added_with_their_factors():
    """2 and 1 clusters, factors 1/2 and 3: 0.5 * (1 + 3)/2 + 3 * 2 = 7 is the greatest of 8 sums."""
    pairs = [
        Pair(clusters([1, 3]), clusters([0, 0]), MEAN, 0.5),
        Pair(clusters([2]), clusters([0]), MEAN, 3.0),
    ]
    assert sign_flip(pairs, alternative="greater").p == pytest.approx(1 / 8)
    assert sign_flip([pairs[1]._replace(factor=-3.0)], alternative="less").p == pytest.approx(1 / 2)


def test_of_a_metric_that_is_no_mean_the_whole_metric_is_computed_of_exchanged_results():
    rng = np.random.default_rng(5)
    metric = macro_f1_metric("f1", NAME, formula="")
    one, other = (rng.integers(0, 4, (10, 9)).astype(float) for _ in range(2))
    found = sign_flip([Pair(Clusters(one), Clusters(other), metric)], alternative="less")
    swaps = (np.arange(1024)[:, None] >> np.arange(10)) & 1 == 1
    differences = np.array(
        [
            metric.value(np.where(swap[:, None], other, one)) - metric.value(np.where(swap[:, None], one, other))
            for swap in swaps
        ]
    )
    assert found.p == pytest.approx((differences <= differences[0] + 1e-12).mean())


def test_of_a_metric_of_ranks_units_change_hands_block_by_block():
    rng = np.random.default_rng(7)
    metric = average_precision_metric("ap", NAME, formula="")
    positive = np.array([1.0, 0, 0, 1, 0, 1, 0, 0])
    one, other = (np.stack([rng.random(8), positive], axis=1) for _ in range(2))
    first = np.array([0, 3, 5])
    found = sign_flip([Pair(Clusters(one, first), Clusters(other, first), metric)], alternative="greater")
    rows = np.repeat((np.arange(8)[:, None] >> np.arange(3)) & 1 == 1, [3, 2, 3], axis=1)
    differences = np.array(
        [
            metric.value(np.where(swap[:, None], other, one)) - metric.value(np.where(swap[:, None], one, other))
            for swap in rows
        ]
    )
    assert found.p == pytest.approx((differences >= differences[0] - 1e-12).mean())


def test_models_over_other_clusters_are_refused():
    with pytest.raises(ValueError, match="same clusters"):
        sign_flip([Pair(clusters([1, 2]), clusters([1]), MEAN)])


@pytest.mark.parametrize(("one", "other"), [(0, 0), (1, 0), (5, 12), (30, 30), (2, 40)])
def test_mcnemar_is_that_of_statsmodels(one, other):
    theirs = other_mcnemar([[7, one], [other, 9]], exact=True).pvalue
    assert mcnemar(one, other) == pytest.approx(theirs)
    assert mcnemar(one, other, alternative="less") + mcnemar(one, other, alternative="greater") == pytest.approx(
        1 + _equal(one, other)
    )


def _equal(one, other):
    from scipy.stats import binom

    return binom.pmf(one, one + other, 0.5)


def test_mcnemar_less_is_low_where_one_is_right_less_often():
    assert mcnemar(1, 9, alternative="less") == pytest.approx(11 / 1024)
    assert mcnemar(9, 1, alternative="less") > 0.99


def test_holm_is_that_of_statsmodels_and_keeps_the_order():
    p = [0.04, 0.001, 0.03, 0.2, 0.01]
    assert holm(p) == pytest.approx(list(multipletests(p, method="holm")[1]))
    assert holm([]) == []
    assert holm([0.02, 0.03]) == pytest.approx([0.04, 0.04])
