"""Tests of the remaining-life scores: by hand, and against a loop over the published formula."""

import math

import numpy as np
import pytest
from sectorbench.harness.errors import ScoringError
from sectorbench.harness.units import statistics_matrix, units_table
from sectorbench.tasks.predictive_maintenance.rul_metrics import (
    RUL_METRICS,
    RUL_STATISTICS,
    asymmetric_rul_penalty,
    asymmetric_rul_score,
    asymmetric_rul_sum,
    far_outside,
    mean_absolute_error,
    root_mean_squared_error,
    rul_metrics,
    rul_statistics,
    sum_over_units,
)
from sectorbench.tasks.registry import CATALOG

NONE = np.zeros(1, bool)


def phm08_by_loop(true, pred):
    total = 0.0
    for t, p in zip(true, pred, strict=True):
        d = p - t
        total += math.exp(-d / 13) - 1 if d < 0 else math.exp(d / 10) - 1
    return total


def values(predicted, true, invalid=None):
    predicted, true = np.array(predicted, float), np.array(true, float)
    invalid = np.zeros(len(true), bool) if invalid is None else np.array(invalid)
    units = units_table(
        unit=[f"e{i:03d}" for i in range(len(true))],
        slices={},
        statistics=rul_statistics(predicted, true, invalid=invalid),
        rows=[1] * len(true),
        invalid=invalid.astype(int).tolist(),
        code=[""] * len(true),
    )
    return {m.name: m.value(statistics_matrix(units, m)) for m in RUL_METRICS}


@pytest.mark.parametrize("cycles", [1.0, 10.0, 50.0])
def test_late_prediction_costs_more_than_an_equally_early_one(cycles):
    truth = np.array([100.0])
    assert asymmetric_rul_score(truth, truth + cycles) > asymmetric_rul_score(truth, truth - cycles)


def test_phm08_sum_agrees_with_a_loop_over_the_published_formula():
    rng = np.random.default_rng(1)
    true, pred = rng.integers(0, 125, 50).astype(float), rng.uniform(0, 125, 50)
    assert asymmetric_rul_sum(true, pred) == pytest.approx(phm08_by_loop(true, pred))
    assert asymmetric_rul_score(true, pred) == pytest.approx(phm08_by_loop(true, pred) / 50)


def test_errors_by_hand():
    true, pred = np.array([10.0, 20.0]), np.array([13.0, 16.0])
    assert root_mean_squared_error(true, pred) == pytest.approx(math.sqrt(12.5))
    assert mean_absolute_error(true, pred) == 3.5


@pytest.mark.parametrize("score", [root_mean_squared_error, mean_absolute_error, asymmetric_rul_sum])
@pytest.mark.parametrize(
    ("true", "pred"), [([1.0], [1.0, 2.0]), ([], []), ([1.0], [math.nan]), ([math.inf], [1.0]), ([[1.0]], [[1.0]])]
)
def test_scores_refuse_arrays_they_cannot_be_computed_from(score, true, pred):
    with pytest.raises(ScoringError):
        score(np.array(true), np.array(pred))


def test_metrics_of_units_equal_the_pure_functions():
    true, pred = np.array([5.0, 60.0, 140.0]), np.array([15.0, 40.0, 100.0])
    capped = np.minimum(true, 125)
    assert values(pred, true) == pytest.approx(
        {
            "rmse_capped_cycles": root_mean_squared_error(capped, pred),
            "rmse_raw_cycles": root_mean_squared_error(true, pred),
            "mae_capped_cycles": mean_absolute_error(capped, pred),
            "phm08_mean_capped": asymmetric_rul_score(capped, pred),
            "phm08_sum_capped": asymmetric_rul_sum(capped, pred),
            "phm08_mean_raw": asymmetric_rul_score(true, pred),
            "phm08_sum_raw": asymmetric_rul_sum(true, pred),
            "late_share": 1 / 3,
            "rmse_near_failure_cycles": 10.0,  # one engine has at most 50 cycles left: 5, predicted 15
        }
    )


def test_predictor_of_capped_labels_is_perfect_on_capped_labels_and_not_on_raw_ones():
    found = values([125.0, 50.0], [145.0, 50.0])
    assert found["rmse_capped_cycles"] == 0
    assert found["rmse_raw_cycles"] == pytest.approx(20 / math.sqrt(2))
    assert found["late_share"] == 0


def test_the_late_share_holds_invalid_answers_and_says_so_in_both_languages():
    found = values([60.0, math.nan, 40.0, 40.0], [50.0, 50.0, 50.0, 40.0], invalid=[False, True, False, False])
    assert found["late_share"] == 2 / 4  # the first is late, the second invalid
    metric = RUL_METRICS.late_share
    assert metric.title == ("Share predicted too late (or invalid)", "预测偏晚（或回答无效）的比例")
    assert metric.formula == "mean(clip(p, 0, 125) > min(y, 125) or p invalid)"


@pytest.mark.parametrize("task", ["fleet-rul", "turbofan-rul-fd001"])
def test_cards_say_that_an_invalid_answer_counts_as_late(task):
    said = CATALOG.task(f"predictive_maintenance/{task}").card.worst_value_of
    assert "it counts as predicted too late" in said.en
    assert "计为预测偏晚" in said.zh


def test_error_near_failure_is_the_root_over_engines_with_at_most_50_cycles_left():
    true, pred = [50.0, 20.0, 51.0, 140.0], [47.0, 24.0, 0.0, 0.0]
    assert values(pred, true)["rmse_near_failure_cycles"] == pytest.approx(math.sqrt((9 + 16) / 2))


def test_predictions_are_clipped_to_the_range_of_capped_labels():
    assert values([-1e300, 1e300], [10.0, 100.0]) == values([0.0, 125.0], [10.0, 100.0])


@pytest.mark.parametrize("true", [0.0, 7.0, 62.0, 125.0, 145.0, 400.0])
def test_row_without_an_answer_is_never_better_off_than_any_answer(true):
    grid = np.linspace(-10, 135, 291)
    one = {k: v[0] for k, v in rul_statistics(np.array([math.nan]), np.array([true]), invalid=~NONE).items()}
    answers = rul_statistics(grid, np.full(grid.shape, true), invalid=np.zeros(grid.shape, bool))
    for name in RUL_STATISTICS:
        assert one[name] >= answers[name].max()


def test_row_without_an_answer_counts_as_125_cycles_of_error():
    one = rul_statistics(np.array([50.0]), np.array([50.0]), invalid=~NONE)
    assert one["absolute_error_capped"][0] == 125
    assert one["squared_error_capped"][0] == 125**2
    assert one["phm08_capped"][0] == pytest.approx(math.exp(7.5) - 1)  # the worse answer is 125: 75 cycles late
    assert one["late_capped"][0] == 1


def test_nan_that_nobody_marked_as_invalid_is_refused():
    with pytest.raises(ScoringError, match="nan"):
        rul_statistics(np.array([math.nan]), np.array([5.0]), invalid=NONE)


@pytest.mark.parametrize(
    ("pred", "true", "invalid"),
    [([1.0], [-1.0], [False]), ([1.0, 2.0], [1.0], [False]), ([1.0], [1.0], [False, True])],
)
def test_statistics_refuse_wrong_arrays(pred, true, invalid):
    with pytest.raises(ScoringError):
        rul_statistics(np.array(pred), np.array(true), invalid=np.array(invalid))


def test_statistics_of_rows_add_up_to_units():
    rows = {"squared_error_capped": np.array([1.0, 2.0, 4.0])}
    summed = sum_over_units(rows, unit_of_row=np.array([1, 0, 1]), n_units=3)
    assert summed["squared_error_capped"].tolist() == [2.0, 5.0, 0.0]


def test_metrics_name_their_unit_and_cap():
    metrics = rul_metrics(90.0, unit="days")
    assert metrics.primary.name == "rmse_capped_days"
    assert metrics.primary.unit == "days"
    assert "90" in metrics.primary.title.en
    assert "90" in metrics.primary.title.zh
    assert "90" in metrics.primary.formula
    assert (metrics.primary, *metrics.secondary) == tuple(metrics)


@pytest.mark.parametrize("metric", RUL_METRICS, ids=lambda m: m.name)
def test_gradient_agrees_with_finite_differences(metric):
    total = np.array([40.0, 7.0])[: len(metric.statistics)]
    for at in range(len(total)):
        step = np.zeros_like(total)
        step[at] = 1e-5
        slope = (metric.of.value(total + step) - metric.of.value(total - step)) / 2e-5
        assert metric.of.gradient(total)[at] == pytest.approx(slope, rel=1e-5)


def test_penalty_is_zero_without_error():
    assert asymmetric_rul_penalty(np.array([3.0]), np.array([3.0])).tolist() == [0.0]


def test_answers_far_outside_the_labels_are_told():
    said = far_outside(np.array([-30.0, -20.0, 60.0, 149.0, 1e30, np.nan]), np.array([True] * 5 + [False]))
    assert said == [
        "answer -30 lies far outside 0..125 and counts as 0",
        "",
        "",
        "",
        "answer 1e+30 lies far outside 0..125 and counts as 125",
        "",
    ]
