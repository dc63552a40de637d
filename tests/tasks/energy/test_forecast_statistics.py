"""Statistics and metrics of forecasts, against numbers by hand and scikit-learn's pinball loss."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.adapters.forecast_answers import forecast_answers
from sectorbench.harness.interfaces import QUANTILE_LEVELS
from sectorbench.tasks.energy.forecast_costs import load_costs
from sectorbench.tasks.energy.forecast_metrics import day_ahead_metrics, demand_metrics, literature_metrics
from sectorbench.tasks.energy.forecast_statistics import WORST_SCALED_ERROR, ScoreRules, forecast_statistics
from sklearn.metrics import mean_pinball_loss

COSTS = load_costs()
DAY_AHEAD, DEMAND = day_ahead_metrics(COSTS), demand_metrics(COSTS)
LITERATURE = literature_metrics("oil")
METRICS = {
    f"{kind}: {metric.name}": metric
    for kind, metrics in (
        ("day ahead", (DAY_AHEAD.primary, *DAY_AHEAD.secondary)),
        ("demand", DEMAND.secondary),
        ("literature", LITERATURE),
    )
    for metric in metrics
}
HOURS, BILLED = ScoreRules(day=24, mwh=1.0), ScoreRules(day=24, mwh=None, kw=4.0, demand=True)


def statistics(value, actual, *, quantiles=None, scale=1.0, deviation=1.0, top=np.inf, invalid=(), rules=HOURS):
    """Of forecasts ``(n, h)`` or ``(n, h, y)``; quantiles have one axis more."""
    value, actual = (np.asarray(x, np.float64) for x in (value, actual))
    if value.ndim == 2:
        value, actual = value[..., None], actual[..., None]
        quantiles = quantiles if quantiles is None else np.asarray(quantiles)[:, :, None]
    n, horizon, targets = value.shape
    ids = pa.array([f"r{row}" for row in range(n)])
    per_target = {
        name: pa.array(np.broadcast_to(x, (n, targets)).tolist(), pa.list_(pa.float64(), targets))
        for name, x in (("scale", scale), ("deviation", deviation))
    }
    kind = pa.list_(pa.list_(pa.float64(), targets))
    references = pa.table(
        {"id": ids, "actual": pa.array(actual.tolist(), kind), "top": np.broadcast_to(float(top), n)} | per_target
    )
    return forecast_statistics(
        pa.Table.from_batches([forecast_answers(ids, value, quantiles)]),
        references,
        np.isin(np.arange(n), invalid),
        horizon=horizon,
        targets=targets,
        rules=rules,
        costs=COSTS,
    )


def value_of(metric, found):
    return float(metric.of.value(np.array([float(np.sum(found[name])) for name in metric.statistics])))


def metric(name, kind="day ahead"):
    return METRICS[f"{kind}: {name}"]


def day(**hours):
    """24 hours of 100 with others where said: ``h18=150``."""
    values = np.full(24, 100.0)
    for name, number in hours.items():
        values[int(name[1:])] = number
    return values


def drawn(n=300, seed=0):
    """Actuals, points and rising quantiles of several rows in float32, more than are compared at once."""
    rng = np.random.default_rng(seed)
    actual = rng.normal(100, 10, (n, 24)).astype(np.float32).astype(np.float64)
    value = (actual + rng.normal(0, 5, (n, 24))).astype(np.float32).astype(np.float64)
    spread = np.sort(rng.normal(0, 8, (n, 24, 9)), axis=2)
    return actual, value, (value[..., None] + spread).astype(np.float32).astype(np.float64)


def test_the_scaled_error_divides_each_targets_error_by_its_scale():
    value, actual = [[[10.0, 1.0], [10.0, 1.0]]], [[[12.0, 1.0], [9.0, 1.5]]]
    found = statistics(value, actual, scale=[2.0, 0.25], rules=ScoreRules(day=None, mwh=None))
    assert found["scaled_error"].tolist() == [2 / 2 + 1 / 2 + 0.5 / 0.25]
    assert found["steps"].tolist() == [4]
    assert value_of(DAY_AHEAD.primary, found) == pytest.approx(3.5 / 4)


def test_quantile_losses_are_those_of_scikit_learn():
    actual, value, quantiles = drawn()
    found = statistics(value, actual, quantiles=quantiles, scale=4.0)
    loss = np.mean([
        mean_pinball_loss(actual.ravel(), quantiles[..., at].ravel(), alpha=level)
        for at, level in enumerate(QUANTILE_LEVELS)
    ])  # fmt: skip
    assert value_of(metric("scaled_quantile_loss"), found) == pytest.approx(2 * loss / 4)
    assert value_of(metric("weighted_quantile_loss"), found) == pytest.approx(2 * loss / np.abs(actual).mean())


def test_a_point_forecast_is_a_distribution_on_one_number():
    actual, value, _ = drawn()
    found = statistics(value, actual, scale=3.0)
    assert value_of(metric("scaled_quantile_loss"), found) == pytest.approx(value_of(metric("mase"), found))
    told = statistics(value, actual, scale=3.0, quantiles=np.repeat(value[..., None], 9, axis=2))
    for name, numbers in found.items():
        np.testing.assert_array_equal(numbers, told[name], err_msg=name)
    assert statistics(actual, actual)["inside"].sum() == actual.size  # what it hits exactly lies within


def test_coverage_counts_what_lies_between_the_outer_quantiles_and_on_them():
    quantiles = np.broadcast_to(10.0 + np.arange(9), (1, 24, 9))
    actual = np.repeat([[9.9, 10.0, 13.0, 18.0, 18.1, 10.0]], 4, axis=0).reshape(1, 24)
    found = statistics(np.full((1, 24), 14.0), actual, quantiles=quantiles)
    assert value_of(metric("band_coverage"), found) == pytest.approx(4 / 6)
    assert value_of(metric("band_gap_points"), found) == pytest.approx(100 * (0.8 - 4 / 6))


def test_peaks_are_compared_by_size_and_clock_hour_day_by_day():
    actual = [day(h18=150.0), day(h8=200.0, h20=200.0), day(h3=160.0)]
    value = [day(h18=120.0), day(h20=210.0), day(h0=160.0)]
    found = statistics(value, actual)
    # 30 of 150, 10 of 200, 0 of 160; the first of equal peaks counts, hour 8, and the forecast says hour 20.
    assert value_of(metric("peak_error_percent"), found) == pytest.approx(100 * (30 / 150 + 10 / 200) / 3)
    assert value_of(metric("peak_hour_hit"), found) == pytest.approx(1 / 3)
    assert value_of(metric("peak_hours_off"), found) == pytest.approx((0 + 12 + 3) / 3)
    assert value_of(metric("peak_error_percent", "demand"), found) == pytest.approx(100 * 40 / 510)


def test_two_days_of_quarter_hours_have_two_peaks_in_clock_hours():
    actual, value = np.full((1, 192), 50.0), np.full((1, 192), 50.0)
    actual[0, 4 * 9 + 3], value[0, 4 * 9] = 80.0, 70.0  # 09:45 and 09:00: one clock hour
    actual[0, 96 + 4 * 9], value[0, 96 + 4 * 10] = 80.0, 80.0
    found = statistics(value, actual, rules=ScoreRules(day=96, mwh=None))
    assert (found["peaks"].tolist(), found["peak_hits"].tolist(), found["peak_hours"].tolist()) == ([2], [1], [1])
    assert found["peak_error"].tolist() == [10]


def test_top_hours_are_those_that_reach_the_items_own_mark():
    found = statistics([day(h5=100.0, h6=100.0)], [day(h5=190.0, h6=210.0, h7=np.nan)], top=190.0)
    assert value_of(metric("top_hours_error_percent"), found) == pytest.approx(100 * (90 + 110) / 400)


def test_what_was_not_measured_counts_nowhere():
    actual = day(h2=np.nan, h18=150.0)
    found = statistics([day(h2=9e6, h18=140.0)], [actual], scale=2.0, top=150.0, quantiles=np.zeros((1, 24, 9)))
    assert (found["steps"].tolist(), found["absolute_error"].tolist()) == ([23], [10])
    assert found["load"].tolist() == found["energy"].tolist() == [22 * 100 + 150]
    assert found["peak_error"].tolist() == [10]  # the forecast of the hour that is missing is no peak
    assert found["quantile_loss"].tolist() == pytest.approx([found["load"][0]])  # twice the mean level is 1
    assert found["inside"].tolist() == [0]


def test_a_day_that_lacks_more_than_springs_hour_has_no_peak_and_one_without_readings_counts_nowhere():
    holes = np.stack([day(h2=np.nan, h18=150.0), day(h2=np.nan, h3=np.nan, h18=150.0), np.full(24, np.nan)])
    found = statistics(np.full((3, 24), 100.0), holes)
    assert found["peaks"].tolist() == [1, 0, 0]
    assert found["peak_share"].tolist() == pytest.approx([50 / 150, 0, 0])
    for name in ("peak_error", "peak_load", "peak_hits", "peak_hours"):
        assert found[name][1:].tolist() == [0, 0], name
    assert {name: numbers[2] for name, numbers in found.items()} == dict.fromkeys(found, 0.0)
    billed = statistics(np.full((3, 24), 100.0), holes, rules=BILLED)
    assert billed["days"].tolist() == [1, 0, 0]
    assert billed["demand_1"].tolist() == pytest.approx([40 / 30 * 2 * 200, 0, 0])


def test_a_day_without_work_is_no_division_by_zero():
    """A plant stands still on some days: the greatest load is 0 then, and so is what its ratio is told of."""
    still = statistics([day(), np.zeros(24)], np.zeros((2, 24)), rules=BILLED)
    assert still["peak_share"].tolist() == [0, 0]
    assert still["peak_error"].tolist() == [100, 0]
    assert still["peaks"].tolist() == [1, 1]


def test_a_row_that_breaks_a_rule_counts_as_ten_scales_too_high_whatever_it_holds():
    actual = [day(h18=150.0), day(h18=150.0), day(h2=np.nan)]
    value = np.array([day(h18=150.0), np.full(24, np.nan), np.full(24, 1e30)])
    quantiles = np.repeat(value[..., None], 9, axis=2)
    for told in (None, quantiles):
        found = statistics(value, actual, quantiles=told, scale=3.0, top=150.0, invalid=(1, 2))
        assert found["scaled_error"].tolist() == [0, 10 * 24, 10 * 23]
        assert found["scaled_quantile_loss"].tolist() == pytest.approx([0, 10 * 24, 10 * 23])
        assert found["inside"].tolist() == [24, 0, 0]
        assert found["peak_hits"].tolist() == [1, 0, 0]
        assert found["peak_hours"].tolist() == [0, 23, 23]
        assert found["peak_error"].tolist() == [0, 30, 30]
        assert found["top_error"].tolist() == [0, 30, 0]
        assert found["imbalance_2"].tolist() == pytest.approx([0, 24 * 30 * 150, 23 * 30 * 150])
    assert WORST_SCALED_ERROR == 10.0


def test_rows_are_the_same_whether_all_or_none_of_their_neighbours_break_a_rule():
    actual, value, quantiles = drawn(140)
    good = statistics(value, actual, quantiles=quantiles)
    bad = np.flatnonzero(np.arange(140) % 3)
    some = statistics(value, actual, quantiles=quantiles, invalid=bad)
    for name, numbers in good.items():
        np.testing.assert_array_equal(some[name][::3], numbers[::3], err_msg=name)
    all_bad = statistics(value, actual, quantiles=quantiles, invalid=np.arange(140))
    np.testing.assert_array_equal(all_bad["scaled_error"][bad], some["scaled_error"][bad])


def test_imbalance_orders_the_quantile_that_prices_ask_for():
    quantiles = np.broadcast_to(100.0 + 10 * np.arange(1, 10), (1, 24, 9))  # 110 to 190
    found = statistics(np.full((1, 24), 150.0), [day(h0=200.0)], quantiles=quantiles, rules=HOURS._replace(mwh=0.5))
    # Missing costs 150, 300, 600, too much 150: levels 1/2, 2/3, 4/5, so 150, 166.667, 180 are ordered, half of it MWh.
    assert found["energy"].tolist() == [0.5 * (23 * 100 + 200)]
    orders = (150.0, 500 / 3, 180.0)
    for number, (order, price) in enumerate(zip(orders, (150, 300, 600), strict=True), start=1):
        cost = 0.5 * (23 * (order - 100) * 150 + (200 - order) * price)
        assert found[f"imbalance_{number}"].tolist() == pytest.approx([cost])
    stated = 0.5 * (23 * (500 / 3 - 100) * 150 + (200 - 500 / 3) * 300)
    assert value_of(metric("imbalance_cost"), found) == pytest.approx(stated / 1250)
    assert DAY_AHEAD.band == ("imbalance_cost_low", "imbalance_cost", "imbalance_cost_high")


def test_demand_bills_kilowatts_beside_the_nominated_maximum_of_the_day():
    value = [day(h9=120.0), day(h9=120.0)]
    found = statistics(value, [day(h18=110.0), day(h18=150.0)], rules=BILLED)  # kWh of a quarter hour: times 4
    charge = 40 / 30
    assert found["demand_2"].tolist() == pytest.approx([charge * 40, charge * 3 * 120])
    assert [found[f"demand_{n}"][1] for n in (1, 2, 3)] == pytest.approx([charge * f * 120 for f in (2, 3, 5)])
    assert value_of(metric("demand_cost", "demand"), found) == pytest.approx(charge * 200)
    assert "energy" not in found


def test_demand_nominates_the_days_maximum_of_a_quantile_above_the_middle():
    quantiles = np.broadcast_to(10.0 + np.arange(1, 10), (1, 24, 9)).copy()  # 11 to 19
    quantiles[0, 7] += 5
    found = statistics(np.full((1, 24), 15.0), np.zeros((1, 24)), quantiles=quantiles, rules=BILLED)
    # Levels 2/3, 3/4, 5/6 of the hour that is 5 higher: 21.667, 22.5, 23.333 kWh.
    kwh = np.array([found[f"demand_{n}"][0] for n in (1, 2, 3)]) / (40 / 30) / 4
    assert kwh == pytest.approx([21 + 2 / 3, 22.5, 23 + 1 / 3])


def test_what_the_literature_tells_is_of_standardised_columns():
    rules = ScoreRules(day=None, mwh=None, literature=True, loads=2)
    value = [[[1.0, 2.0, 10.0], [3.0, 2.0, 12.0]]]
    actual = [[[2.0, 2.0, 13.0], [2.0, 6.0, 12.0]]]
    found = statistics(value, actual, scale=[0.5, 2.0, 1.0], deviation=[2.0, 4.0, 3.0], rules=rules)
    assert found["squared_z"].tolist() == pytest.approx([0.25 + 0.25 + 1 + 1])  # 1/2, 1/2, 4/4, 3/3
    assert found["absolute_z"].tolist() == pytest.approx([0.5 + 0.5 + 1 + 1])
    assert value_of(metric("mse_standardised", "literature"), found) == pytest.approx(2.5 / 6)
    assert value_of(metric("oil_mae_celsius", "literature"), found) == pytest.approx(3 / 2)
    assert found["peak_scaled"].tolist() == pytest.approx([(1 / 0.5 + 4 / 2) / 2])  # the oil's peak is no load's


@pytest.mark.parametrize("one", METRICS.values(), ids=METRICS)
def test_every_gradient_is_the_derivative_of_its_value(one):
    rng = np.random.default_rng(3)
    for total in (rng.uniform(1, 5, len(one.statistics)), np.array([4.5, 5.0])[: len(one.statistics)]):
        step = 1e-6 * np.eye(len(total))
        numeric = [(one.of.value(total + e) - one.of.value(total - e)) / 2e-6 for e in step]
        np.testing.assert_allclose(one.of.gradient(total), numeric, rtol=1e-5, atol=1e-8)


def test_metrics_take_several_totals_at_once():
    totals = np.random.default_rng(1).uniform(1, 5, (7, 2))
    for name, one in METRICS.items():
        values, slopes = one.of.value(totals), one.of.gradient(totals)
        assert values.shape == (7,) and slopes.shape == (7, 2), name
        assert values[3] == pytest.approx(float(one.of.value(totals[3]))), name


def test_the_band_of_a_bill_follows_the_prices_of_the_file():
    dear = COSTS.model_copy(update={"short_factors": (0.25, 1.0, 4.0)})
    stated, low, high = day_ahead_metrics(dear).secondary[-3:]
    assert "75 " in low.formula and "300 " in stated.formula and "1200 " in high.formula
    assert "0.25 times" in low.title.en and "4 times" in high.title.en and "times" not in stated.title.en
    assert {m.unit for m in (low, stated, high)} == {"CNY/MWh"}
