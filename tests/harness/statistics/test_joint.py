"""Boards of many models: errors and draws against single comparisons, ranks by hand, what has no interval."""

from __future__ import annotations

import numpy as np
import pytest
from sectorbench.harness.metrics import macro_f1_metric, mean_metric, root_mean_metric
from sectorbench.harness.rank_metrics import average_precision_metric
from sectorbench.harness.statistics.bootstrap import RESAMPLES, Clusters
from sectorbench.harness.statistics.joint import Contest, Mean, boards, differences
from sectorbench.harness.statistics.ranks import below_of, places, tiers
from sectorbench.harness.statistics.weights import WeightKey, replicate_weights
from sectorbench.harness.text import Text

NAME = Text("x", "x")
SHARE = mean_metric(
    "mean", NAME, unit="1", statistic="s", best=1, higher_is_better=True, formula="", limits=(0, 1), digits=3
)
RMSE = root_mean_metric("rmse", NAME, unit="cycles", statistic="s", formula="", digits=2)


def key(task="one"):
    return WeightKey(f"area/{task}@1", "default", "0" * 64)


def clusters(values):
    values = np.asarray(values, float)
    return Clusters(np.stack([values, np.ones(len(values))], axis=1))


def contest(values, floor, *, metric=SHARE, perfect=1.0, task="one"):
    return Contest(key(task), metric, perfect, clusters(floor), {name: clusters(v) for name, v in values.items()})


def many(models=4, n=40, seed=0, spread=0.15):
    rng = np.random.default_rng(seed)
    hard = rng.normal(0, 0.1, n)
    return {f"m{j}": np.clip(0.5 + 0.08 * j + hard + rng.normal(0, spread, n), 0, 1) for j in range(models)}, np.clip(
        0.3 + hard + rng.normal(0, spread, n), 0, 1
    )


def only(board_of, **shares):
    (found,) = boards(board_of, [Mean(shares.get("shares", {0: 1.0}), tuple(board_of[0].models))])
    return found


def skill(values, floor, weights, perfect=1.0):
    x, f = (np.average(v, weights=weights) for v in (values, floor))
    return (x - f) / (perfect - f)


def test_values_and_errors_are_those_of_the_delta_method_written_out():
    models, floor = many()
    found = only([contest(models, floor)])
    n, f = len(floor), floor.mean()
    moved = {
        name: ((v - v.mean()) / (1 - f) - (1 - v.mean()) * (floor - f) / (1 - f) ** 2) / n for name, v in models.items()
    }
    grown = n / (n - 1)
    for standing, (name, v) in zip(found.standings, models.items(), strict=True):
        assert standing.value == pytest.approx((v.mean() - f) / (1 - f))
        assert standing.error == pytest.approx(np.sqrt(grown * (moved[name] ** 2).sum()))
    difference = np.sqrt(grown * ((moved["m0"] - moved["m2"]) ** 2).sum())
    assert found.differences[0, 2] == pytest.approx(difference) == found.differences[2, 0]


def test_the_floor_itself_is_skill_0_without_doubt_and_has_no_interval_of_its_own():
    models, floor = many(2)
    found = only([contest(models | {"floor": floor}, floor)])
    mine = found.standings[2]
    assert (mine.value, mine.error, mine.low, mine.high) == (0.0, 0.0, None, None)
    assert mine.place.rank == 3
    assert found.differences[0, 2] == pytest.approx(found.standings[0].error)


def test_intervals_and_the_greatest_ratio_are_those_of_plain_loops_over_the_same_weights():
    models, floor = many(3, n=24)
    found = only([contest(models, floor)])
    points = [s.value for s in found.standings]
    own, greatest = [], []
    for weights in np.concatenate(list(replicate_weights(key(), 24, RESAMPLES))):
        f = np.average(floor, weights=weights)
        moved, values = [], []
        for v in models.values():
            x = np.average(v, weights=weights)
            values.append((x - f) / (1 - f))
            moved.append(((v - x) / (1 - f) - (1 - x) * (floor - f) / (1 - f) ** 2) / 24)
        moved = np.array(moved)
        error = lambda z, w=weights: np.sqrt(24 / 23 * (w * (z - (w * z).sum() / 24) ** 2).sum())  # noqa: E731
        own.append((values[0] - points[0]) / error(moved[0]))
        greatest.append(
            max(
                abs(values[j] - values[k] - points[j] + points[k]) / error(moved[j] - moved[k])
                for j, k in ((0, 1), (0, 2), (1, 2))
            )
        )
    below, above = np.quantile(own, [0.025, 0.975])
    first = found.standings[0]
    assert first.low == pytest.approx(first.value - above * first.error)
    assert first.high == pytest.approx(first.value - below * first.error)
    assert found.quantile == pytest.approx(np.quantile(greatest, 0.95))


def test_a_mean_over_tasks_adds_values_and_variances_with_its_shares():
    (a, floor_a), (b, floor_b) = many(3, seed=1), many(3, n=25, seed=2)
    both = [contest(a, floor_a), contest(b, floor_b, task="two")]
    names = tuple(a)
    whole, one, two = boards(both, [Mean({0: 0.25, 1: 0.75}, names), Mean({0: 1.0}, names), Mean({1: 1.0}, names)])
    for mean, x, y in zip(whole.standings, one.standings, two.standings, strict=True):
        assert mean.value == pytest.approx(0.25 * x.value + 0.75 * y.value)
        assert mean.error == pytest.approx(np.hypot(0.25 * x.error, 0.75 * y.error))
    assert one == only([both[0]])._replace(differences=one.differences)  # other tasks move nobody's draws


def test_a_model_that_is_not_in_all_tasks_is_left_out_of_the_mean_and_moves_nobody():
    models, floor = many(3)
    both = [contest(models, floor), contest({k: models[k] for k in ("m0", "m2")}, floor, task="two")]
    (found,) = boards(both, [Mean({0: 0.5, 1: 0.5}, ("m2", "m0"))])
    (alone,) = boards(
        [contest({k: models[k] for k in ("m2", "m0")}, floor, task=t) for t in ("one", "two")],
        [Mean({0: 0.5, 1: 0.5}, ("m2", "m0"))],
    )
    assert [s.value for s in found.standings] == pytest.approx([s.value for s in alone.standings])
    assert found.quantile == pytest.approx(alone.quantile)


@pytest.mark.parametrize("blocks", [None, 3])
def test_metrics_that_add_up_and_metrics_of_ranks_are_computed_like_any_other(blocks):
    rng = np.random.default_rng(4)
    n = 60
    positive = (rng.random(n) < 0.3).astype(float)
    first = None if blocks is None else np.arange(0, n, blocks)
    metric = average_precision_metric("ap", NAME, formula="")
    of = lambda noise: Clusters(np.stack([positive + rng.normal(0, noise, n), positive], axis=1), first)  # noqa: E731
    models = {"good": of(0.6), "poor": of(1.5)}
    found = only([Contest(key(), metric, 1.0, Clusters(np.stack([0 * positive, positive], axis=1), first), models)])
    value = metric.value(models["good"].statistics)
    assert found.standings[0].value == pytest.approx((value - positive.mean()) / (1 - positive.mean()))
    assert found.standings[0].low < found.standings[0].value < found.standings[0].high
    assert [s.place.rank for s in found.standings] == [1, 2]


def test_lower_is_better_where_the_perfect_value_is_0_and_a_catastrophe_is_cut_at_minus_1():
    rng = np.random.default_rng(6)
    floor = rng.gamma(2, 100, 50)
    found = only([contest({"good": floor * 0.25, "bad": floor * 100}, floor, metric=RMSE, perfect=0.0)])
    good, bad = found.standings
    assert good.value == pytest.approx(0.5)
    assert (bad.value, bad.error, bad.low) == (-1.0, 0.0, None)
    assert (good.place.rank, bad.place.rank) == (1, 2)


def test_macro_f1_of_three_classes():
    rng = np.random.default_rng(8)
    counts = lambda: Clusters(rng.integers(0, 5, (30, 9)).astype(float))  # noqa: E731
    metric = macro_f1_metric("f1", NAME, formula="")
    models, floor = {"a": counts(), "b": counts()}, counts()
    found = only([Contest(key(), metric, 1.0, floor, models)])
    f = metric.value(floor.statistics)
    assert found.standings[0].value == pytest.approx((metric.value(models["a"].statistics) - f) / (1 - f))


def test_under_ten_clusters_there_are_values_and_no_intervals():
    models, floor = many(2, n=9)
    found = only([contest(models, floor)])
    assert found.quantile is None and found.differences is None
    assert all(s.error is None and s.low is None and s.place is None for s in found.standings)
    assert found.standings[0].value == pytest.approx(skill(models["m0"], floor, np.ones(9)))


def test_models_that_answer_alike_share_a_rank_and_a_tier():
    models, floor = many(2)
    found = only([contest(models | {"copy": models["m1"]}, floor)])
    assert found.differences[1, 2] == 0
    assert found.standings[1].place == found.standings[2].place
    assert found.standings[1].place.rank == 1


def test_a_near_copy_that_differs_on_one_unit_does_not_make_all_others_equal():
    """Replicates with little of that unit have hardly any error: studentised by that, they would widen all ranks."""
    models, floor = many(4, n=60, spread=0.05)
    near = models["m3"].copy()
    near[7] = 0.0
    plain = only([contest(models, floor)]).quantile
    found = only([contest(models | {"near": near}, floor)])
    assert found.quantile < 1.5 * plain
    assert found.standings[0].place.worst == 5 and found.standings[0].place.best == 5
    assert found.standings[3].place.best == 1


def test_a_metric_without_a_derivative_can_be_in_no_standing():
    models, floor = many(2)
    bare = SHARE.__class__(**{**SHARE.__dict__, "of": SHARE.of._replace(gradient=None)})
    with pytest.raises(ValueError, match="no derivative"):
        boards([contest(models, floor, metric=bare)], [Mean({0: 1.0}, tuple(models))])


def test_ranks_by_hand():
    """0.9 and 0.8 cannot be told apart, 0.5 is below both, 0.45 below 0.9 alone."""
    values = np.array([0.9, 0.8, 0.5, 0.45])
    errors = np.full((4, 4), 0.1)
    errors[1, 3] = errors[3, 1] = 1.0
    found = places(values, below_of(values, errors, 2.0))
    assert [(p.best, p.worst, p.rank, p.tier) for p in found] == [
        (1, 2, 1, 1),
        (1, 3, 2, 1),
        (3, 4, 3, 2),
        (2, 4, 4, 2),
    ]


def test_a_tier_is_what_nothing_left_is_better_than():
    below = np.zeros((3, 3), bool)
    below[1, 0] = below[2, 0] = below[2, 1] = True
    assert tiers(below) == [1, 2, 3]
    below[2, 1] = False
    assert tiers(below) == [1, 2, 2]


def test_a_difference_that_is_the_same_everywhere_is_told_and_none_is_a_tie():
    values = np.array([0.5, 0.4, 0.4])
    found = places(values, below_of(values, np.zeros((3, 3)), 2.5))
    assert [(p.best, p.worst, p.rank) for p in found] == [(1, 1, 1), (2, 3, 2), (2, 3, 2)]


def test_the_difference_of_two_models_has_one_sided_bounds_of_the_same_draws():
    models, floor = many(2, n=30)
    one = [contest(models, floor)]
    (found,) = differences(one, [Mean({0: 1.0}, ("m1", "m0"))])
    (board,) = boards(one, [Mean({0: 1.0}, ("m1", "m0"))])
    assert found.value == pytest.approx(board.standings[0].value - board.standings[1].value)
    assert found.error == pytest.approx(board.differences[0, 1])
    assert np.quantile(np.abs(found.ratios), 0.95) == pytest.approx(board.quantile)
    assert found.bound(0.05) < found.value < found.bound(0.95)
    (other,) = differences(one, [Mean({0: 1.0}, ("m0", "m1"))])
    assert other.bound(0.05) == pytest.approx(-found.bound(0.95))


def test_a_bound_holds_as_often_as_it_says():
    held = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        hard = rng.normal(0, 0.1, 30)
        models = {name: 0.5 + hard + rng.normal(0, 0.1, 30) for name in ("a", "b")}
        (found,) = differences([contest(models, 0 * hard)], [Mean({0: 1.0}, ("a", "b"))])
        held += found.bound(0.05) <= 0
    assert 88 <= held <= 100


def test_equal_models_differ_by_nothing_and_few_clusters_have_no_bound():
    models, floor = many(1)
    (same,) = differences([contest(models | {"copy": models["m0"]}, floor)], [Mean({0: 1.0}, ("m0", "copy"))])
    assert (same.value, same.error, same.bound(0.05), same.bound(0.95)) == (0.0, 0.0, 0.0, 0.0)
    models, floor = many(2, n=9)
    (few,) = differences([contest(models, floor)], [Mean({0: 1.0}, ("m0", "m1"))])
    assert few.error is None and few.bound(0.05) is None
