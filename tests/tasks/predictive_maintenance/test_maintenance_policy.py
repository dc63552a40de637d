"""Maintenance decisions and their costs: every figure small enough to be followed by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sectorbench.harness.errors import DataError, ScoringError
from sectorbench.harness.units import statistics_matrix, units_table
from sectorbench.tasks.predictive_maintenance.maintenance_costs import ILLUSTRATIVE, Prices, load_costs
from sectorbench.tasks.predictive_maintenance.maintenance_policy import (
    MARGINS,
    MachineLife,
    age_of_least_cost,
    ages_of_least_cost,
    maintenance_metrics,
    policy_statistics,
    renewals,
)

COSTS = load_costs()
METRICS = maintenance_metrics(COSTS)
PRICES = Prices(planned=1.0, failed=4.0)


def machine(life, predicted, *, first=10.0, every=10.0):
    meetings = first + every * np.arange(len(predicted))
    return MachineLife(float(life), meetings, np.asarray(predicted, float))


def test_the_first_meeting_at_or_under_the_margin_renews_the_machine():
    one = machine(45, [30, 18, 22, 4])  # meetings at 10, 20, 30, 40
    cost, age = renewals(one, PRICES, np.array([0.0, 4.0, 18.0, 25.0, 30.0]))
    assert cost.tolist() == [4, 1, 1, 1, 1]
    assert age.tolist() == [45, 40, 20, 20, 10]


def test_a_meeting_without_a_usable_answer_costs_as_much_as_any_answer_could():
    cost, age = renewals(machine(45, [30, np.nan, 22, 4]), PRICES, MARGINS)
    assert set(cost) == {4}
    assert set(age) == {10}
    for predicted in ([0, 0, 0, 0], [125, 125, 125, 125], [60, 60, 60, 0]):
        other_cost, other_age = renewals(machine(45, predicted), PRICES, MARGINS)
        assert (other_cost / other_age <= cost / age).all()


def test_the_age_of_least_cost_weighs_failures_against_lost_life():
    lives = np.array([100.0, 100.0, 100.0, 200.0])
    # at 99 all are replaced: 1 / 99; at 199: (1 + 3 * 4) / 499; never: 16 / 500
    assert age_of_least_cost(lives, PRICES) == 99
    # a failure hardly dearer than a replacement: 1/99 = .0101, (1 + 3.3)/499 = .0086, never 4.4/500 = .0088
    assert age_of_least_cost(lives, Prices(1.0, 1.1)) == 199
    assert age_of_least_cost(lives, Prices(1.0, 1.001)) == np.inf


def test_the_margin_of_a_machine_is_set_by_the_other_half_alone():
    """Even machines are told the truth, odd ones 40 cycles too much; each half pays for the other's margin."""
    truth = [35.0, 25.0, 15.0, 5.0]
    late = [one + 40 for one in truth]
    fleet = [machine(45, truth), machine(45, late)] * 5
    found = policy_statistics(fleet, COSTS, ages=(44.0, 44.0, 44.0))
    # the odd half is cheapest at margin 45 (replaced at 40): the even half, told 35 at its first meeting, goes then
    assert found["time_base"][0] == 10
    # the even half is cheapest at margin 5 (replaced at 40): the odd half is told 45 at least and fails
    assert found["cost_base"][1] == COSTS.prices().failed
    assert found["prevented"].tolist() == [1, 0] * 5


def told(fleet, train_lives):
    statistics = policy_statistics(fleet, COSTS, ages=ages_of_least_cost(np.asarray(train_lives, float), COSTS))
    n = len(fleet)
    units = units_table(
        unit=[f"{i:02d}" for i in range(n)],
        slices={},
        statistics=statistics,
        rows=[1] * n,
        invalid=[0] * n,
        code=[""] * n,
    )
    return {m.name: m.value(statistics_matrix(units, m)) for m in METRICS}


def test_perfect_foresight_has_no_regret():
    long, short = machine(45, [35, 25, 15, 5]), machine(36, [26, 16, 6])
    fleet = [long, long, short, short]  # both halves hold one of each, and choose the margin 10
    found = told(fleet, [36, 45])
    assert found["maintenance_regret"] == 0
    assert found["failures_prevented"] == 1


def test_a_constant_runs_every_machine_to_its_failure_and_saves_nothing():
    fleet = [machine(life, [80] * meetings) for life, meetings in ((45, 4), (45, 4), (36, 3), (36, 3))]
    found = told(fleet, [36, 45])
    planned, failed = COSTS.prices()
    assert found["saving_over_run_to_failure"] == 0
    assert found["maintenance_cost_rate"] == pytest.approx(failed / 40.5)
    assert found["maintenance_regret"] == pytest.approx(100 * ((failed / 40.5) / (planned / 35) - 1))
    assert found["maintenance_regret_low"] == pytest.approx(100 * ((0.5 * failed / 40.5) / (planned / 35) - 1))
    # where a failure costs twice as much, replacing every machine at its first meeting, at 10, is cheaper
    assert found["maintenance_regret_high"] == pytest.approx(100 * ((planned / 10) / (planned / 35) - 1))


@pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.name)
def test_gradients_are_the_slopes(metric):
    total = np.random.default_rng(0).uniform(1, 5, len(metric.statistics))
    step = 1e-6 * np.eye(len(total))
    slope = [(metric.of.value(total + e) - metric.of.value(total - e)) / 2e-6 for e in step]
    np.testing.assert_allclose(metric.of.gradient(total), slope, rtol=1e-5)


@pytest.mark.parametrize(
    "fleet",
    [[machine(45, [1])], [machine(45, []), machine(45, [1])], [machine(10, [1]), machine(45, [1])]],
    ids=["one machine", "no meeting", "a meeting at the failure"],
)
def test_a_fleet_that_cannot_be_planned_is_refused(fleet):
    with pytest.raises(ScoringError, match="machine"):
        policy_statistics(fleet, COSTS, ages=(44.0, 44.0, 44.0))


def test_the_shipped_costs_say_whose_they_are_and_rise_in_the_band():
    assert "made up" in COSTS.source
    assert COSTS.prices() == Prices(24_000, 90_000)
    assert COSTS.prices(2).failed == 180_000


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("currency: CNY", "currency: XYZ"), "currency"),
        (("[0.5, 1, 2]", "[1, 1, 2]"), "rise around 1"),
        (("[0.5, 1, 2]", "[0.1, 1, 2]"), "does not cost more"),
        (("year: 2026", "yaer: 2026"), "year"),
    ],
)
def test_a_wrong_file_of_costs_is_told_with_its_field(tmp_path, change, named):
    path = tmp_path / "costs.yaml"
    path.write_text(ILLUSTRATIVE.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    with pytest.raises(DataError, match=named):
        load_costs(path)
