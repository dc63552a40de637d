"""What all tasks of the area share: training forecasts before the tested ones, weeks, and cards that count right."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import toy_loads
from sectorbench.harness.adapters.forecast_answers import forecast_answers
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import DataError, UsageError
from sectorbench.harness.task import Draw
from sectorbench.harness.units import statistics_matrix
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.energy.day_ahead import day_kinds
from sectorbench.tasks.energy.load_series import origins_of, season_scale
from sectorbench.tasks.energy.load_task import training_origins, weeks_of
from sectorbench.tasks.registry import CATALOG

DRAW, TASK = Draw("weather-forecast"), toy_loads.TASK
CARDS = {name: card for name, card in CATALOG.cards().items() if name.startswith("energy/")}


@pytest.mark.parametrize(
    ("card", "track"),
    [(card, track.name) for card in CARDS.values() for track in card.tracks],
    ids=[f"{card.name}#{track.name}" for card in CARDS.values() for track in card.tracks],
)
def test_the_sizes_of_a_card_are_those_of_its_forecasts(card, track, mirror):
    task, draw = CATALOG.task(card.id), Draw(track, card.practice_secret)
    plan = task.plan(draw)
    items = task.items(DataFiles(mirror=mirror, cache=mirror / "no cache"), draw)
    sizes = {split.name: split.rows for split in card.splits}
    assert sum(len(training_origins(item, plan, task.train_stride)) for item in items.values()) == sizes["train"]
    tested = {name: origins_of(item, plan) for name, item in items.items()}
    assert sum(map(len, tested.values())) == card.test.rows
    for name, item in items.items():
        # What is learnt from ends where the training part does, and nothing that is tested begins before.
        assert training_origins(item, plan, 1)[-1] + plan.horizon == item.train_steps <= tested[name][0]
        assert training_origins(item, plan, 1)[0] == plan.history


def test_training_origins_lie_on_the_grid_of_the_tested_ones():
    item = toy_loads.series()["north"]
    for stride in (24, 48, 7):
        found = training_origins(item, toy_loads.PLAN, stride)
        assert ((item.first_origin - found) % stride == 0).all()
        assert found[0] >= toy_loads.PLAN.history > found[0] - stride
        assert found[-1] + 24 <= item.train_steps < found[-1] + 24 + stride


def test_training_rows_hold_what_came_and_no_more_rows_than_the_card_says():
    found = TASK.examples(None, "train", DRAW)
    assert found.inputs.num_rows == found.targets.num_rows == toy_loads.TRAIN_ROWS
    assert found.inputs.column("id").equals(found.targets.column("id"))
    north = toy_loads.series()["north"].values
    for row in (0, 26, 55):
        begin = 24 * (toy_loads.HISTORY_DAYS + row)
        came = np.array(found.targets.column("value")[row].as_py())
        np.testing.assert_array_equal(came[:, 0], north[begin : begin + 24, 0])
        shown = np.array(found.inputs.column("series")[row].as_py())
        np.testing.assert_array_equal(shown, north[begin - 336 : begin].astype(np.float32))


def test_a_training_part_without_room_for_one_forecast_is_told(monkeypatch):
    short = {name: item._replace(train_steps=24 * 14) for name, item in toy_loads.series().items()}
    monkeypatch.setattr(toy_loads.ToyLoad, "items", lambda self, files, draw: short)
    with pytest.raises(UsageError, match="toy_area/toy-load: the training part of north holds no forecast of 336"):
        TASK.examples(None, "train", DRAW)


@pytest.mark.parametrize("wrong", [{"first_origin": 335}, {"origins": 15}])
def test_origins_that_the_series_does_not_hold_are_refused(wrong):
    item = toy_loads.series()["north"]._replace(**wrong)
    with pytest.raises(DataError, match="2,016 steps do not hold forecasts from step"):
        origins_of(item, toy_loads.PLAN)


def test_the_scale_is_the_mean_difference_to_a_season_before_in_the_training_part_alone():
    train = np.array([[1.0], [2.0], [4.0], [np.nan], [9.0]])
    assert season_scale(train, 2).tolist() == [(3 + 5) / 2]
    references = TASK.references(None, DRAW)
    load = toy_loads.series()["north"].values[: 24 * 70, 0]
    told = references.column("scale")[0].as_py()
    assert told == [pytest.approx(np.nanmean(np.abs(load[24:] - load[:-24])))]
    assert references.column("deviation")[0].as_py() == [pytest.approx(np.nanstd(load))]
    assert references.column("mean")[0].as_py() == [pytest.approx(np.nanmean(load))]
    tested = toy_loads.series()["south"].values[24 * 70 :, 0]
    top = references.column("top")[20].as_py()
    assert np.mean(tested >= top) == pytest.approx(0.05, abs=0.002)


def test_units_are_blocked_by_the_calendar_week_of_all_regions_together():
    references = TASK.references(None, DRAW)
    answers = forecast_answers(
        references.column("id").combine_chunks(),
        np.array(references.column("actual").to_pylist()).astype(np.float32),
    )
    units = TASK.score(validate_predictions(pa.Table.from_batches([answers]), TASK.inputs(None, DRAW)), references)
    blocks, region = units.column("block").to_pylist(), units.column("slice:region").to_pylist()
    assert {block: blocks.count(block) for block in set(blocks)} == {"2096-W11": 14, "2096-W12": 14}
    assert region == ["north"] * 14 + ["south"] * 14
    for metric in TASK.card.metrics:
        value = float(metric.value(statistics_matrix(units, metric)))
        # Answers are float32: that rounding alone puts a load beside a band of no width.
        expected = {"peak_hour_hit": 1.0, "band_gap_points": 80.0}.get(metric.name, 0.0)
        assert value == pytest.approx(expected, abs=1e-5), metric.name


def test_weeks_are_those_of_iso_8601_around_new_year():
    days = pa.array(["2017-12-31T00:00:00", "2018-01-01T00:00:00", "2018-12-31T23:45:00", "2018-01-01T00:00:00"])
    assert weeks_of(days) == ["2017-W52", "2018-W01", "2019-W01", "2018-W01"]


def test_a_weekend_begins_on_saturday():
    days = pa.array(["2018-01-05T00:00:00", "2018-01-06T00:00:00", "2018-01-07T00:00:00", "2018-01-08T00:00:00"])
    assert day_kinds(days) == ["monday to friday", "weekend", "weekend", "monday to friday"]
