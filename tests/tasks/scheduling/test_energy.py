"""Energy cost and peak by hand, and as by adding minute by minute."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sectorbench.harness.errors import ScoringError
from sectorbench.tasks.scheduling.energy import cheapest_cost, dearest_cost, energy_of
from sectorbench.tasks.scheduling.instances import JobShopInstance, SiteEnergy, job_shop_table

# Two jobs on two machines; 60 minutes at 0.30, 60 at 0.90, 60 at 0.60.
SHOP = job_shop_table(
    [JobShopInstance("two", [[60, 30], [30, 60]], [[0, 1], [1, 0]])],
    "energy_cost",
    time_unit="minutes",
    energy=[SiteEnergy([[10, 20], [40, 30]], 60, [0.3] * 60 + [0.9] * 60 + [0.6] * 60)],
).to_pylist()[0]


def test_cost_and_peak_by_hand():
    # 10 kW and 40 kW from 0, 20 kW 60 to 90, 30 kW 60 to 120.
    used = energy_of(SHOP, [0, 60, 0, 60], [0] * 4, steps_per_hour=60)
    assert used.cost == pytest.approx(10 * 0.3 + 20 * 0.5 * 0.9 + 40 * 0.5 * 0.3 + 30 * 0.9)
    assert used.energy_kwh == 10 + 10 + 20 + 30
    assert used.peak_kw == 50


def test_operation_that_crosses_a_change_of_price_pays_both():
    used = energy_of(SHOP, [0, 150, 45, 120], [0] * 4, steps_per_hour=60)
    assert used.cost == pytest.approx(10 * 0.3 + 10 * 0.6 + 40 * (0.25 * 0.3 + 0.25 * 0.9) + 30 * 0.6)
    assert used.peak_kw == 50


def test_bounds_of_the_cost_by_hand():
    # Job 0: operation 0 within 0..150 is cheapest at 0, operation 1 within 60..180 at 120 or later.
    # Job 1: operation 0 within 0..120 is cheapest at 0, operation 1 within 30..180 at 120, 30 minutes of 0.3 at 30:
    # 30 minutes at 0.3 and 30 at 0.9 cost the same 0.6 as the last hour.
    assert cheapest_cost(SHOP, steps_per_hour=60) == pytest.approx(10 * 0.3 + 10 * 0.6 + 20 * 0.3 + 30 * 0.6)
    # Dearest: 0 at 60 (10 x 0.9), 1 at 60 (10 x 0.9), 2 at 60 (20 x 0.9), 3 at 60 (30 x 0.9).
    assert dearest_cost(SHOP, steps_per_hour=60) == pytest.approx(10 * 0.9 + 10 * 0.9 + 20 * 0.9 + 30 * 0.9)


@pytest.mark.parametrize(
    ("change", "found"),
    [({"tariff": []}, "no tariff"), ({"tariff": [0.5] * 119}, "outside the tariff of 119 time steps")],
)
def test_row_without_what_a_cost_needs_has_none(change, found):
    with pytest.raises(ScoringError, match=found):
        energy_of(SHOP | change, [0, 60, 0, 60], [0] * 4, steps_per_hour=60)


def test_classic_job_shop_has_no_energy():
    row = job_shop_table([JobShopInstance("plain", [[1]], [[0]])]).to_pylist()[0]
    with pytest.raises(ScoringError, match="'plain'"):
        energy_of(row | {"tariff": [1.0]}, [0], [0], steps_per_hour=60)


def test_job_that_does_not_fit_into_the_tariff_has_no_bound():
    with pytest.raises(ScoringError, match="does not fit"):
        cheapest_cost(SHOP | {"tariff": [0.5] * 89}, steps_per_hour=60)


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_cost_peak_and_bounds_agree_with_a_sum_per_time_step(data):
    jobs, machines = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 2))
    cells = st.lists(st.lists(st.integers(1, 4), min_size=machines, max_size=machines), min_size=jobs, max_size=jobs)
    duration, power = data.draw(cells), data.draw(cells)
    horizon = data.draw(st.integers(max(map(sum, duration)), 16))
    prices = data.draw(st.lists(st.sampled_from([0.1, 0.3, 0.7]), min_size=horizon, max_size=horizon))
    shop = job_shop_table(
        [JobShopInstance("drawn", duration, [list(range(machines))] * jobs)],
        energy=[SiteEnergy(power, 100, prices)],
    ).to_pylist()[0]
    starts, lowest, highest, load, total = [], Fraction(0), Fraction(0), [0] * horizon, Fraction(0)
    for row, drawn in zip(duration, power, strict=True):
        for o, (d, p) in enumerate(zip(row, drawn, strict=True)):
            begin = data.draw(st.integers(0, horizon - d))
            starts.append(begin)
            for t in range(begin, begin + d):
                load[t] += p
                total += p * Fraction(prices[t])
            possible = [
                sum(p * Fraction(prices[t]) for t in range(s, s + d))
                for s in range(sum(row[:o]), horizon - sum(row[o:]) + 1)
            ]
            lowest, highest = lowest + min(possible), highest + max(possible)
    used = energy_of(shop, starts, [0] * len(starts), steps_per_hour=4)
    assert used == (float(total / 4), sum(load) / 4, max(load))
    assert cheapest_cost(shop, steps_per_hour=4) == float(lowest / 4)
    assert dearest_cost(shop, steps_per_hour=4) == float(highest / 4)
