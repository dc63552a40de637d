"""Feature steps for forecasts: where their lags point, what they never read, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
from sectorbench.harness.adapters.feature_steps import parse_step
from sectorbench.harness.adapters.forecast_features import ForecastSteps, ForecastWindow
from sectorbench.harness.errors import InterfaceError, SubmissionError
from sectorbench.harness.interfaces import Quantity
from sectorbench.tasks.energy.load_series import ForecastPlan, ItemSeries, forecast_inputs

HOURS, HISTORY, HORIZON = 24 * 30, 24 * 15, 30
PLAN = ForecastPlan(
    channels=(Quantity("load", "MW"), Quantity("heat", "MW"), Quantity("wind", "m/s")),
    targets=2,
    known=(Quantity("sun", "h"), Quantity("holiday", "1")),
    step_s=3_600,
    horizon=HORIZON,
    history=HISTORY,
    seasons=(24,),
    stride=1,
)
ORIGINS = {"east": np.array([360, 400, 555]), "north": np.array([361, 600])}
STEPS = ForecastSteps(days=(1, 2, 7), weeks=(1, 2), window_days=7)
WINDOW = ForecastWindow(steps=48)


def series():
    """Readings that say where they stand: channel, then hour of the series."""
    found = {}
    for at, name in enumerate(ORIGINS):
        rng = np.random.default_rng(at)
        values = rng.normal(100, 10, (HOURS, 3)).astype(np.float32).astype(np.float64)
        known = rng.normal(size=(HOURS, 2)).astype(np.float32).astype(np.float64)
        found[name] = ItemSeries(np.datetime64("2021-01-04T00:00"), values, known, 400, 360, 5)
    return found


def asked(items=None, *, plan=PLAN, origins=None):
    return forecast_inputs(items or series(), plan, origins or ORIGINS).combine_chunks()


def columns(step, table):
    """Features of ``forecast-steps`` by name, each of shape ``(n, h, y)``, scaled back to the target's unit."""
    found = step.asked(table, table.schema)
    names = step.names(table.schema)
    shaped = found.matrix.reshape(table.num_rows, HORIZON, 2, len(names))
    return {name: shaped[..., at] for at, name in enumerate(names)}, found


def each_row():
    items = series()
    return [(row, items[n], o) for row, (n, o) in enumerate((n, o) for n in ORIGINS for o in ORIGINS[n])]


@pytest.mark.parametrize(
    "step",
    [WINDOW, ForecastWindow(steps=360, centre="last", scale=(3.0, 5.0)), STEPS, ForecastSteps((), (), 1, (1.0, 1.0))],
)
def test_readings_from_the_origin_on_change_no_feature(step):
    """Once numbers, once none; what is known in advance is no reading and stays."""
    origins = {name: few[:1] for name, few in ORIGINS.items()}
    matrices = []
    for later in (None, 1e9, np.nan):
        items = series()
        if later is not None:
            for name, item in items.items():
                item.values[origins[name][0] :] = later
        table = asked(items, origins=origins)
        matrices.append(step.matrix(table, table.schema))
    assert len(matrices[0]) == 2 * 2 * (1 if isinstance(step, ForecastWindow) else HORIZON)
    np.testing.assert_array_equal(matrices[0], matrices[1])
    np.testing.assert_array_equal(matrices[0], matrices[2])


def test_days_and_weeks_point_to_the_same_time_before():
    found, way = columns(STEPS, asked())
    for row, item, origin in each_row():
        for step in range(HORIZON):
            for target in range(2):
                load, place = item.values[:, target], (row, step, target)
                centre, spread = way.centre[row, target], way.spread[row, target]
                for days in STEPS.days:  # of a step past the first day the same hour of the day before the origin
                    want = load[origin + step % 24 - 24 * days]
                    assert found[f"{days}_days_before"][place] * spread + centre == pytest.approx(want)
                for weeks in STEPS.weeks:
                    want = load[origin + step - 168 * weeks]
                    assert found[f"{weeks}_weeks_before"][place] * spread + centre == pytest.approx(want)
                week = load[origin + step % 24 - 24 * np.arange(1, 8)]
                assert found["mean_at_this_time"][place] * spread + centre == pytest.approx(week.mean())


def test_the_last_day_the_known_the_clock_and_the_place_stand_beside():
    table = asked()
    found, way = columns(STEPS, table)
    for row, item, origin in each_row():
        for target in range(2):
            day = (item.values[origin - 24 : origin, target] - way.centre[row, target]) / way.spread[row, target]
            told = {"mean": day.mean(), "least": day.min(), "greatest": day.max()}
            for name, want in told.items():
                np.testing.assert_allclose(found[f"last_day_{name}"][row, :, target], want, atol=1e-12)
            np.testing.assert_allclose(found["last_reading"][row, :, target], day[-1])
            ahead = item.known[origin : origin + HORIZON]
            before = item.known[origin - 24 : origin + HORIZON - 24]
            for at, name in enumerate(("sun", "holiday")):
                np.testing.assert_array_equal(found[name][row, :, target], ahead[:, at])
                np.testing.assert_array_equal(found[f"{name}_a_day_before"][row, :, target], before[:, at])
            at = origin + np.arange(HORIZON)  # the series begins on Monday, 4 January
            np.testing.assert_array_equal(found["hour_of_day"][row, :, target], at % 24)
            np.testing.assert_array_equal(found["day_of_week"][row, :, target], at // 24 % 7)
            np.testing.assert_array_equal(found["day_of_year"][row, :, target], 3 + at // 24)
            np.testing.assert_array_equal(found["step_ahead"][row, :, target], np.arange(HORIZON))
            assert set(found["target"][row, :, target]) == {target}
    assert found["item"][:, 0, 0].tolist() == [0, 0, 0, 1, 1]


def test_a_weeks_lag_of_a_horizon_longer_than_a_week_stays_before_the_origin():
    plan = PLAN._replace(horizon=200)
    table = asked(plan=plan, origins={"east": np.array([360]), "north": np.array([361])})
    step = ForecastSteps(days=(1,), weeks=(1, 2))
    found = step.asked(table, table.schema)
    lag = found.matrix.reshape(2, 200, 2, -1)[0, :, 0, 1] * found.spread[0, 0] + found.centre[0, 0]
    load = series()["east"].values[:, 0]
    np.testing.assert_allclose(lag, load[360 - 168 + np.arange(200) % 168])


def test_centre_and_spread_are_of_the_window_before_the_origin():
    table = asked()
    steps, window = STEPS.asked(table, table.schema), WINDOW.asked(table, table.schema)
    last = ForecastWindow(steps=48, centre="last", scale=(3.0, 5.0)).asked(table, table.schema)
    for row, item, origin in each_row():
        load = item.values[:, :2]
        np.testing.assert_allclose(steps.centre[row], load[origin - 168 : origin].mean(axis=0))
        np.testing.assert_allclose(steps.spread[row], load[origin - 168 : origin].std(axis=0))
        np.testing.assert_allclose(window.centre[row], load[origin - 48 : origin].mean(axis=0))
        np.testing.assert_allclose(window.spread[row], load[origin - 48 : origin].std(axis=0))
        np.testing.assert_array_equal(last.centre[row], load[origin - 1])
        np.testing.assert_array_equal(last.spread[row], [3.0, 5.0])
        shown = last.matrix.reshape(5, 2, 48)[row] * np.array([[3.0], [5.0]]) + load[origin - 1][:, None]
        np.testing.assert_allclose(shown, load[origin - 48 : origin].T)
    assert WINDOW.names(table.schema)[0] == "48_steps_before" and WINDOW.names(table.schema)[-1] == "1_steps_before"


def test_targets_go_to_the_models_numbers_and_come_back():
    table = asked()
    found = WINDOW.asked(table, table.schema)
    values = np.random.default_rng(0).normal(100, 10, (5, HORIZON, 2))
    np.testing.assert_allclose(found.in_units(found.of_targets(values)), values)
    np.testing.assert_allclose(found.of_targets(found.centre[:, None] + found.spread[:, None]), 1.0)


def test_an_hour_that_spring_lacks_is_that_of_the_day_before():
    items = series()
    load = items["east"].values
    gap, whole = 360 - 24 + 2, load.copy()
    load[gap, 0] = np.nan  # two o'clock of the last day
    whole[gap, 0] = whole[gap - 24, 0]
    table, other = asked(items), asked(items | {"east": items["east"]._replace(values=whole)})
    for step in (STEPS, WINDOW):
        matrix = step.matrix(table, table.schema)
        assert np.isfinite(matrix).all()
        np.testing.assert_array_equal(matrix, step.matrix(other, other.schema))


def test_a_window_in_which_the_target_stood_still_is_divided_by_the_least_spread():
    items = series()
    items["east"].values[:400, 0] = 0.0
    items["east"].values[:400, 1] = 40.0
    table = asked(items)
    free = STEPS.asked(table, table.schema)
    held = ForecastSteps(STEPS.days, STEPS.weeks, 7, (2.5, 0.1)).asked(table, table.schema)
    assert free.spread[0].tolist() == [1e-6, 0.4]  # a hundredth of the mean's size, never 0
    assert held.spread[0].tolist() == [2.5, 0.4]
    assert (held.spread[4] == free.spread[4]).all()
    assert np.isfinite(held.matrix).all()
    still = WINDOW.asked(table, table.schema)
    assert not still.matrix[:2].any() and still.spread[0].tolist() == [1e-6, 0.4]


@pytest.mark.parametrize("step", [WINDOW, STEPS])
def test_rows_have_the_same_features_alone_and_among_others_and_of_whatever_history(step):
    table = asked()
    whole = step.matrix(table, table.schema).reshape(5, -1)
    for row in range(5):
        alone = step.matrix(table.slice(row, 1).to_batches()[0], table.schema).reshape(-1)
        np.testing.assert_array_equal(whole[row], alone)
    longer = asked(plan=PLAN._replace(history=HISTORY - 7))
    if step is WINDOW:
        np.testing.assert_array_equal(step.matrix(longer, longer.schema).reshape(5, -1), whole)


@pytest.mark.parametrize(
    "step",
    [
        WINDOW,
        ForecastWindow(8, "last", (2.0, 1.5), 900.0),
        STEPS,
        ForecastSteps((1,), (), 3, (0.5,), 3_600.0),
        ForecastSteps(()),
    ],
)
def test_a_step_comes_back_from_the_options_that_it_writes(step):
    assert parse_step(step.as_options()) == step


WHERE = "SB103 submission.yaml, field 'options.features'"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"step": "forecast-window"}, f"{WHERE}.steps: is None, expected a number of readings"),
        ({"step": "forecast-window", "steps": 0}, f"{WHERE}.steps: is 0"),
        ({"step": "forecast-window", "steps": True}, f"{WHERE}.steps: is True"),
        ({"step": "forecast-window", "steps": 8.5}, f"{WHERE}.steps: is 8.5"),
        ({"step": "forecast-window", "steps": 8, "centre": "median"}, "centre: is 'median', expected last or mean"),
        ({"step": "forecast-window", "steps": 8, "centre": []}, r"centre: is \[\], expected last or mean"),
        ({"step": "forecast-window", "steps": 8, "scale": [1, 0]}, r"scale: is \[1, 0\], expected a list of numbers"),
        ({"step": "forecast-window", "steps": 8, "scale": 3}, "scale: is 3, expected a list"),
        ({"step": "forecast-window", "steps": 8, "scale": [float("nan")]}, r"scale: is \[nan\]"),
        ({"step": "forecast-window", "steps": 8, "step_s": 0}, "step_s: is 0, expected seconds"),
        ({"step": "forecast-window", "steps": 8, "step_s": "1 h"}, "step_s: is '1 h', expected seconds"),
        ({"step": "forecast-window", "steps": 8, "days": [1]}, "no such option"),
        ({"step": "forecast-steps", "days": 7}, f"{WHERE}.days: is 7, expected a list of whole numbers from 1"),
        ({"step": "forecast-steps", "days": [0]}, r"days: is \[0\]"),
        ({"step": "forecast-steps", "weeks": ["1"]}, r"weeks: is \['1'\]"),
        ({"step": "forecast-steps", "days": [1], "window_days": 0}, "window_days: is 0, expected a number of days"),
        ({"step": "forecast-steps", "days": [1], "least": [-1.0]}, r"least: is \[-1.0\], expected a list of numbers"),
        ({"step": "forecast-steps", "days": [1], "least": {"load": 1}}, "least: is {'load': 1}"),
        ({"step": "forecast-steps", "revision": 2, "days": [1]}, "revision is 2, but this suite computes revision 1"),
        ({"step": "forecast-step", "days": [1]}, "step is 'forecast-step', expected one of"),
    ],
)
def test_a_wrong_option_is_told_with_its_field(options, told):
    with pytest.raises(SubmissionError, match=told):
        parse_step({"revision": 1} | options)


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (ForecastWindow(HISTORY + 1), "reads 361 steps before the origin, this task gives at most 360"),
        (
            ForecastWindow(8, step_s=900.0),
            r"made for steps of 900 s \(options.features.step_s\), this task has .* 3600 s",
        ),
        (ForecastWindow(8, scale=(1.0,)), "options.features.scale has 1 numbers, this task has 2 targets"),
        (ForecastSteps((16,)), "reads 384 steps before the origin, this task gives at most 360"),
        (ForecastSteps((1,), (3,)), "reads 504 steps before the origin"),
        (ForecastSteps((1,), (), 16), "reads 384 steps before the origin"),
        (ForecastSteps((1,), step_s=900.0), "made for steps of 900 s"),
        (ForecastSteps((1,), least=(1.0, 2.0, 3.0)), "options.features.least has 3 numbers, this task has 2 targets"),
    ],
)
def test_inputs_that_a_model_was_not_made_for_are_refused(step, told):
    with pytest.raises(InterfaceError, match=told):
        step.names(asked().schema)


def test_a_model_of_the_same_rate_is_taken():
    schema = asked().schema
    assert len(ForecastWindow(HISTORY, scale=(1.0, 2.0), step_s=3_600.0).names(schema)) == HISTORY
    assert len(ForecastSteps((15,), (2,), 15, (1.0, 2.0), 3_600).names(schema)) == 2 + 5 + 4 + 6


def test_answers_of_another_number_of_steps_are_refused():
    said = np.zeros((10, HORIZON - 1))
    with pytest.raises(InterfaceError, match="answers 29 numbers per window, this task asks for 30 steps ahead"):
        WINDOW.answers(said, rows=5, horizon=HORIZON, targets=2)
    with pytest.raises(InterfaceError, match="answers 1 numbers per window"):
        WINDOW.answers(np.zeros(10), rows=5, horizon=HORIZON, targets=2)
    with pytest.raises(InterfaceError, match=r"answers \(300, 2\) for 300 steps"):
        STEPS.answers(np.zeros((300, 2)), rows=5, horizon=HORIZON, targets=2)
    shaped = WINDOW.answers(np.arange(10 * HORIZON).reshape(10, HORIZON), rows=5, horizon=HORIZON, targets=2)
    assert shaped[1, 3].tolist() == [2 * HORIZON + 3, 3 * HORIZON + 3]  # rows are forecast by forecast, then targets
    shaped = STEPS.answers(np.arange(300.0), rows=5, horizon=HORIZON, targets=2)
    assert shaped[1, 3].tolist() == [66.0, 67.0]
