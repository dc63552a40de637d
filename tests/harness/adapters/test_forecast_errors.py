"""Anomaly scores from forecasts, with numbers computed by hand."""

from __future__ import annotations

import numpy as np
from sectorbench.harness.adapters.forecast_errors import contexts_before, error_scores


def test_a_context_holds_the_steps_before_and_nothing_of_its_own_step():
    run = np.arange(8, dtype=np.float32).reshape(4, 2)  # steps [0 1] [2 3] [4 5] [6 7]
    found = contexts_before(run, 2)
    assert found.shape == (4, 2, 2)
    nothing = [np.nan, np.nan]
    expected = [[nothing, nothing], [nothing, [0, 1]], [[0, 1], [2, 3]], [[2, 3], [4, 5]]]
    np.testing.assert_array_equal(found, np.array(expected))


def test_errors_are_told_in_those_of_the_normal_part_channel_by_channel():
    run = np.array([[7.0, 0.0], [1.0, 20.0], [-1.0, -20.0], [3.0, 0.0], [0.0, 60.0]])
    found = error_scores(run, np.zeros_like(run), normal_steps=3, context=1)
    # Usual errors behind the first step are 1 and 20; step 4 is off by 3 and 0, step 5 by 0 and 3.
    np.testing.assert_allclose(found[1:], [1.0, 1.0, np.sqrt(4.5), np.sqrt(4.5)])


def test_a_lost_reading_is_left_out_and_a_step_without_any_scores_0():
    run = np.array([[1.0, 2.0], [1.0, 2.0], [3.0, np.nan], [np.nan, np.nan]])
    found = error_scores(run, np.zeros_like(run), normal_steps=2, context=5)  # no normal step has a whole context
    np.testing.assert_allclose(found, [1.0, 1.0, 3.0, 0.0])


def test_a_channel_that_was_always_forecast_exactly_keeps_its_unit():
    run = np.array([[0.0], [0.0], [2.0]])
    assert error_scores(run, np.zeros_like(run), normal_steps=2, context=1).tolist() == [0.0, 0.0, 2.0]
