"""The simulated fleet: the same on every machine, running to failure, with gaps, never knowing the future."""

from __future__ import annotations

import numpy as np
import pytest
from sectorbench.tasks.predictive_maintenance.fleet_simulator import (
    CHANNELS,
    DECIMALS,
    LIFE_MAX,
    LIFE_MIN,
    SITES,
    STATIC,
    simulate_fleet,
)


@pytest.fixture(scope="module")
def fleet():
    return list(simulate_fleet("a secret", "test", machines=120))


def test_the_same_words_draw_the_same_fleet_and_others_another(fleet):
    again = list(simulate_fleet("a secret", "test", machines=120))
    other = list(simulate_fleet("another secret", "test", machines=120))
    assert all(np.array_equal(a.series, b.series, equal_nan=True) for a, b in zip(fleet, again, strict=True))
    assert not any(np.array_equal(a.series, b.series, equal_nan=True) for a, b in zip(fleet, other, strict=True))


def test_a_machine_does_not_depend_on_how_many_others_there_are(fleet):
    few = list(simulate_fleet("a secret", "test", machines=10))
    for one, same in zip(few, fleet, strict=False):
        assert one.life == same.life
        assert np.array_equal(one.series, same.series, equal_nan=True)


def test_every_machine_runs_to_failure_within_the_lives_of_the_fleet(fleet):
    for machine in fleet:
        assert LIFE_MIN <= machine.life <= LIFE_MAX
        assert machine.series.shape == (machine.life, len(CHANNELS))
        assert machine.static.shape == (len(STATIC),)


def test_every_site_has_machines_and_lives_differ(fleet):
    assert {m.site for m in fleet} == {s.name for s in SITES}
    assert len({m.life for m in fleet}) > 60


def test_readings_are_rounded_so_that_no_machine_s_last_bit_shows(fleet):
    for channel, decimals in enumerate(DECIMALS):
        values = fleet[0].series[:, channel].astype(np.float64)
        values = values[np.isfinite(values)]
        np.testing.assert_allclose(values, np.round(values, decimals), atol=10.0**-decimals * 1e-2)


def test_readings_are_lost_now_and_then_and_for_whole_outages(fleet):
    lost = np.concatenate([np.isnan(m.series) for m in fleet])
    assert 0.03 < lost.mean() < 0.08  # 3 % single readings, and outages of 3 to 10 cycles begun in 0.4 % of cycles
    runs = [
        np.isnan(m.series[t : t + 3, c]).all()
        for m in fleet[:40]
        for c in range(len(CHANNELS))
        for t in range(m.life - 3)
    ]
    assert 0.003 < np.mean(runs) < 0.04  # three lost at random in a row would be 0.00003


def test_sensors_see_wear_only_through_noise(fleet):
    """Vibration rises towards the end of life, yet one reading does not give the remaining life away."""
    name = [q.name for q in CHANNELS].index("vibration_velocity")
    early = np.concatenate([m.series[:20, name] for m in fleet])
    late = np.concatenate([m.series[-5:, name] for m in fleet])
    assert np.nanmean(late) > 1.3 * np.nanmean(early)
    left = np.concatenate([np.arange(m.life)[::-1] for m in fleet])
    seen = np.concatenate([m.series[:, name] for m in fleet])
    known = np.isfinite(seen)
    assert abs(np.corrcoef(left[known], seen[known])[0, 1]) < 0.8
