"""The calendar of steps, against Python's own."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
from sectorbench.harness.adapters.forecast_clock import CLOCK, TIME_FEATURES, clock_of, time_features
from toy_forecasts import HORIZON, PLAN, asked


@pytest.mark.parametrize("step_s", [600, 3_600, 86_400])
def test_the_steps_around_an_origin_have_the_time_that_a_calendar_says(step_s):
    table = asked(plan=PLAN._replace(step_s=step_s))
    rows = table.to_batches()[0]
    clock = clock_of(rows, table.schema, before=9)
    features = time_features(rows, table.schema, list(TIME_FEATURES), before=9)
    assert features.shape == (10, 9 + HORIZON, 6)
    for row in (0, 4):
        origin = datetime.fromisoformat(table.column("origin")[row].as_py())
        for step in range(9 + HORIZON):
            at = origin + timedelta(seconds=step_s * (step - 9))
            year_day = at.timetuple().tm_yday - 1
            expected = (at.hour + at.minute / 60, at.weekday(), year_day)
            assert [getattr(clock, name)[row, step] for name in CLOCK] == pytest.approx(expected)
            spread = (
                at.minute / 59,
                at.hour / 23,
                at.weekday() / 6,
                (at.day - 1) / 30,
                (at.month - 1) / 11,
                year_day / 365,
            )
            np.testing.assert_allclose(features[row, step], np.array(spread) - 0.5, atol=1e-6)
