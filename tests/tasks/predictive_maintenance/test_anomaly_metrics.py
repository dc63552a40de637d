"""Anomaly metrics: counts by hand, VUS-PR against its authors' implementation."""

from __future__ import annotations

import numpy as np
import pytest
from sectorbench.harness.errors import ScoringError
from sectorbench.harness.randomness import Stream
from sectorbench.tasks.predictive_maintenance.anomaly_metrics import alarms_of, events_of, volume_under_pr_surface


def steps(text):
    return np.array([one == "x" for one in text])


@pytest.mark.parametrize(
    ("text", "events"),
    [("....", []), ("x..x", [[0, 1], [3, 4]]), ("xxxx", [[0, 4]]), (".xx.x", [[1, 3], [4, 5]])],
)
def test_events_are_unbroken_stretches(text, events):
    assert events_of(steps(text)).tolist() == events


def test_alarms_are_counted_by_steps_events_delays_and_onsets():
    anomalous = steps("..xxxx...xx..xx")
    alarm = steps("xx..x..x...x.xx")
    found = alarms_of(alarm, anomalous)
    assert (found.tp, found.fp, found.fn) == (3, 4, 5)
    assert (found.events, found.found) == (3, 2)  # the second event has no alarm within it
    assert found.delay_steps == 2 + 2 + 0  # two steps late, missed for its two steps, at once
    assert found.false_onsets == 3  # at steps 0, 7 and 11; the alarm at step 13 begins in an event


def test_alarms_of_another_length_are_refused():
    with pytest.raises(ScoringError, match="shape"):
        alarms_of(steps("x."), steps("x"))


@pytest.mark.parametrize(
    ("name", "length", "events", "decimals", "value"),
    [
        ("a", 400, [(100, 140)], 6, 0.384494178414132),
        ("b", 500, [(0, 20), (60, 61), (90, 130), (480, 500)], 1, 0.4930905989521271),  # ties, events at both ends
        ("c", 300, [(50, 60), (64, 90)], 6, 0.5116020245801215),  # buffers that touch
    ],
)
def test_the_volume_under_the_surface_is_that_of_tsb_ad(name, length, events, decimals, value):
    """Values of ``RangeAUC_volume_opt`` of TSB-AD 1.5 with windows of 0 to 30 and 250 thresholds."""
    anomalous = np.zeros(length, bool)
    for first, end in events:
        anomalous[first:end] = True
    score = np.round(Stream(name).normal(length) + anomalous, decimals)
    assert volume_under_pr_surface(score, anomalous, buffer_max=30) == pytest.approx(value, rel=1e-12)


def test_a_perfect_score_has_a_volume_near_one_and_needs_an_anomaly():
    anomalous = steps("." * 50 + "x" * 20 + "." * 30)
    assert volume_under_pr_surface(anomalous.astype(float), anomalous, buffer_max=0) == pytest.approx(1.0)
    with pytest.raises(ScoringError, match="0 anomalous"):
        volume_under_pr_surface(np.zeros(5), np.zeros(5, bool), buffer_max=0)
