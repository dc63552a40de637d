"""Forecasts that learn nothing: by hand on small rows, and their figures of the literature on the real ones."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.adapters.forecast_answers import filled
from sectorbench.harness.adapters.forecast_rules import HistoryMean, SeasonalNaive
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import InterfaceError
from sectorbench.harness.task import Draw
from sectorbench.harness.units import statistics_matrix
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.energy.load_series import ItemSeries
from sectorbench.tasks.registry import CATALOG
from toy_forecasts import HORIZON, PLAN, asked, forecasts, load

DAY_S = 86_400
NAN = np.nan


def naive(table, season_s=DAY_S):
    return SeasonalNaive.load(LoadContext(None, {"season_s": season_s}, "forecasting", table.schema))


def test_each_step_ahead_is_the_reading_a_day_before_and_the_next_day_the_same_again():
    plan, items = PLAN._replace(horizon=30), load(140, missing=False)
    table = asked(items, plan=plan)
    value, quantiles = forecasts(naive(table), table, rows=3)
    assert quantiles is None and value.shape == (10, 30, 2)
    for row, (name, origin) in enumerate((n, o) for n in items for o in (24, 29, 34, 60, 100)):
        day = items[name].values[origin - 24 : origin, :2].astype(np.float32)
        np.testing.assert_array_equal(value[row], np.concatenate([day, day[:6]]))


def test_a_gap_is_the_same_time_of_an_earlier_day_or_the_mean():
    history = np.array([1.0, 2, 3, 4, NAN, 6, NAN, NAN, 9, NAN, NAN, NAN])[None, :, None]
    found = filled(history, 3)[0, :, 0]
    mean = (1 + 2 + 3 + 4 + 6 + 9) / 6
    assert found.tolist() == [1, 2, 3, 4, 2, 6, 4, 2, 9, 4, 2, 9]
    first = history.copy()
    first[0, 1, 0] = NAN  # then nothing was ever read at that time
    mean = (1 + 3 + 4 + 6 + 9) / 5
    assert filled(first, 3)[0, :, 0].tolist() == pytest.approx([1, mean, 3, 4, mean, 6, 4, mean, 9, 4, mean, 9])
    assert np.isnan(history).sum() == 6  # what was given stays


def test_a_history_without_a_reading_is_answered_with_0():
    values = np.full((120, 3), NAN)
    items = {"east": ItemSeries(np.datetime64("2021-01-01T00:00"), values, np.zeros((120, 2)), 40, 24, 5)}
    table = asked(items)
    for adapter in (naive(table), HistoryMean.load(LoadContext(None, {}, "forecasting", table.schema))):
        assert not forecasts(adapter, table)[0].any()


def test_the_mean_is_that_of_what_was_read():
    items = load()
    table = asked(items)
    value, _ = forecasts(HistoryMean.load(LoadContext(None, {}, "forecasting", table.schema)), table)
    shown = items["east"].values[100 - 24 : 100, :2].astype(np.float32)
    np.testing.assert_allclose(value[4], np.tile(np.nanmean(shown, axis=0), (HORIZON, 1)), rtol=1e-6)
    shown = items["east"].values[10:34, :2]  # two readings are missing
    np.testing.assert_allclose(value[2], np.tile(np.nanmean(shown, axis=0), (HORIZON, 1)), rtol=1e-6)


@pytest.mark.parametrize(("season_s", "steps"), [(2 * DAY_S, "48"), (5_400, "1.5")])
def test_a_season_that_the_history_does_not_hold_is_refused(season_s, steps):
    with pytest.raises(InterfaceError, match=f"is {steps} steps; these inputs have 24 of 3600 s"):
        naive(asked(), season_s)


def scores(mirror, task, model, *, track=None):
    """The metrics of a builtin on the real rows, and the units."""
    files, task = DataFiles(mirror=mirror, cache=mirror / "no cache"), CATALOG.task(task)
    draw = Draw(track or task.card.tracks[0].name)
    inputs, builtin = task.inputs(files, draw), CATALOG.builtins[model]
    context = LoadContext(None, builtin.options, "forecasting", inputs.schema)
    adapter = {"HistoryMean": HistoryMean, "SeasonalNaive": SeasonalNaive}[builtin.path.rpartition(":")[2]].load(
        context
    )
    batches = [adapter.predict(b) for b in inputs.combine_chunks().to_batches(max_chunksize=adapter.batch_rows)]
    units = task.score(validate_predictions(pa.Table.from_batches(batches), inputs), task.references(files, draw))
    found = {m.name: float(m.value(statistics_matrix(units, m))) for m in task.card.metrics}
    return found, units


def test_the_same_hour_yesterday_has_its_figure_of_the_literature_on_etth1(mirror):
    found, _ = scores(mirror, "energy/transformer-load-h1", "seasonal-naive-day")
    assert round(found["mse_standardised"], 3) == 0.512


def test_the_same_quarter_yesterday_has_its_figure_on_ettm1(mirror):
    found, _ = scores(mirror, "energy/transformer-load-m1", "seasonal-naive-day")
    assert round(found["mse_standardised"], 3) == 0.423


def by_region(units):
    region = units.column("slice:region").to_numpy(zero_copy_only=False)
    error, steps = (units.column(name).to_numpy() for name in ("scaled_error", "steps"))
    return {one: round(error[region == one].sum() / steps[region == one].sum(), 3) for one in np.unique(region)}


def test_naive_forecasts_of_tetouan_have_the_figures_of_an_independent_run(mirror):
    _, day = scores(mirror, "energy/city-day-ahead", "seasonal-naive-day")
    _, week = scores(mirror, "energy/city-day-ahead", "seasonal-naive-week")
    assert (by_region(day)["zone-1"], by_region(week)["zone-2"], by_region(day)["zone-3"]) == (0.731, 0.854, 0.982)


def test_yesterday_of_pjm_has_the_figures_of_an_independent_run(mirror):
    found, units = scores(mirror, "energy/grid-day-ahead", "seasonal-naive-day")
    expected = {"AEP": 0.965, "COMED": 0.932, "DAYTON": 0.972, "DEOK": 1.047, "DOM": 1.138, "DUQ": 0.931, "EKPC": 1.070}
    assert by_region(units) == pytest.approx(expected, abs=0.002)  # that run left out what autumn has twice
    region = units.column("slice:region").to_numpy(zero_copy_only=False)
    share, peaks = (units.column(name).to_numpy() for name in ("peak_share", "peaks"))
    off = [100 * share[region == one].sum() / peaks[region == one].sum() for one in expected]
    zones = CATALOG.task("energy/grid-day-ahead").items(
        DataFiles(mirror=mirror, cache=mirror / "no cache"), Draw("default")
    )
    assert off == pytest.approx([_peak_error(zone.values[:, 0]) for zone in zones.values()])
    # The other run's days were of the stamps 00:00 to 23:00; ours begin with the hour that begins at midnight.
    shifted = [_peak_error(zone.values[23:-1, 0]) for zone in zones.values()]
    assert shifted == pytest.approx([6.15, 7.18, 7.70, 6.98, 8.22, 5.95, 9.13], abs=0.006)
    assert 0.22 < found["peak_hour_hit"] < 0.39


def _peak_error(load):
    """Percent by which yesterday's peak misses a day's, mean of the last 365 days."""
    peaks = np.nanmax(load.reshape(-1, 24), axis=1)[-366:]
    return float(100 * np.mean(np.abs(peaks[1:] - peaks[:-1]) / peaks[1:]))
