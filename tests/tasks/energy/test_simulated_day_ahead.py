"""simulated-day-ahead: golden draws, of tomorrow but calendar and forecast in a row, the floor that noise sets."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.adapters.forecast_answers import forecast_answers
from sectorbench.harness.arrow_files import content_digest
from sectorbench.harness.data import DataFiles
from sectorbench.harness.interfaces import table_info
from sectorbench.harness.task import Draw
from sectorbench.harness.units import statistics_matrix
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.energy.load_simulator import HISTORY_DAYS, REGIONS, simulate_regions
from sectorbench.tasks.energy.simulated_day_ahead import TASK

WITH_FORECAST, WITHOUT = Draw("weather-forecast"), Draw("no-weather")
DAYS, HISTORY_STEPS = 365, 672


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return DataFiles(mirror=None, cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def inputs(files):
    return TASK.inputs(files, WITH_FORECAST)


@pytest.fixture(scope="module")
def references(files):
    return TASK.references(files, WITH_FORECAST)


@pytest.fixture(scope="module")
def years():
    return simulate_regions(str(TASK.card.practice_secret), TASK.card.at_version)


def _steps(table, column, row):
    return np.array(table.column(column)[row].as_py(), np.float32)


def test_the_practice_set_is_the_same_on_every_machine(inputs, references):
    """Golden digests: raw Philox integers and exactly rounded arithmetic, whatever the processor or numpy."""
    assert content_digest(inputs.slice(4000)) == "5ccae5903fcbc93f500269a966fa1152910c5b24791e19dff9b48d3590530ae4"
    assert content_digest(references) == "a7520c8856b9c69dcdc8d87ed792549d73d2a1eb599b5b206795c454ee908331"


def test_every_day_of_the_year_is_asked_of_every_region(inputs, references):
    assert inputs.num_rows == references.num_rows == len(REGIONS) * DAYS
    assert inputs.column("id").to_pylist() == references.column("id").to_pylist()
    assert inputs.column("origin").to_pylist()[:2] == ["2100-01-01T00:00:00", "2100-01-02T00:00:00"]
    assert Counter(inputs.column("item").to_pylist()) == {region.name: DAYS for region in REGIONS}


@pytest.mark.parametrize("row", [0, 1, 38, 364, 365, 2000, 4379])
def test_a_row_ends_at_midnight_and_holds_of_tomorrow_what_is_known(inputs, references, years, row):
    region, origin = row // DAYS, 24 * (HISTORY_DAYS + row % DAYS)
    before, around = slice(origin - HISTORY_STEPS, origin), slice(origin - HISTORY_STEPS, origin + 24)
    shown = np.stack([years.load_mw[region, before], years.temperature_degc[region, before]], axis=1)
    np.testing.assert_array_equal(_steps(inputs, "series", row), shown.astype(np.float32))
    known = _steps(inputs, "known", row)
    assert [q["name"] for q in table_info(inputs.schema)["known"]] == [
        "free_day", "holiday", "days_from_festival", "temperature_forecast",
    ]  # fmt: skip
    np.testing.assert_array_equal(known[:, 3], years.forecast_degc[region, around].astype(np.float32))
    assert np.abs(known[-24:, 3] - years.temperature_degc[region, origin : origin + 24]).max() > 0.3
    came = np.array(references.column("actual")[row].as_py())[:, 0]
    np.testing.assert_array_equal(came, years.load_mw[region, origin : origin + 24])


def test_the_days_ahead_are_told_apart_by_the_calendar(inputs):
    ahead = {day: _steps(inputs, "known", day)[-1, :3].tolist() for day in (0, 1, 2, 30, 38, 39, 47, 273)}
    assert ahead == {  # of 2100; 1 January is a Friday
        0: [1, 1, -30],
        1: [1, 0, -30],
        2: [1, 0, -30],
        30: [0, 0, -9],  # a Sunday that is worked
        38: [1, 1, -1],
        39: [1, 1, 0],
        47: [0, 0, 8],
        273: [1, 1, 30],
    }


def test_without_weather_the_rows_are_the_same_but_for_the_forecast(files, inputs):
    bare = TASK.inputs(files, WITHOUT)
    assert bare.column("series").equals(inputs.column("series"))
    for row in (0, 2000, 4379):
        np.testing.assert_array_equal(_steps(bare, "known", row), _steps(inputs, "known", row)[:, :3])


def test_another_secret_asks_of_another_year_behind_the_same_history(files, inputs, references):
    sealed = Draw("weather-forecast", "a sealed secret of a round")
    other, came = TASK.inputs(files, sealed), TASK.references(files, sealed)
    first = _steps(other, "known", 0), _steps(inputs, "known", 0)
    np.testing.assert_array_equal(_steps(other, "series", 0), _steps(inputs, "series", 0))
    np.testing.assert_array_equal(first[0][:-24], first[1][:-24])
    assert not np.array_equal(first[0][-24:, 3], first[1][-24:, 3])
    assert came.column("scale").equals(references.column("scale"))
    assert not any(a == b for a, b in zip(came.column("actual"), references.column("actual"), strict=True))


def test_slices_are_the_regions_and_the_kinds_of_day(references):
    slices = TASK.slices(references)
    assert set(slices) == set(TASK.card.slices)
    assert Counter(slices["region"]) == {region.name: DAYS for region in REGIONS}
    per_region = {kind: count / len(REGIONS) for kind, count in Counter(slices["day_kind"]).items()}
    assert per_region == {
        "working day": 247,
        "Saturday": 46,
        "Sunday": 46,
        "public holiday": 14,
        "Spring Festival": 8,
        "make-up working day": 4,
    }
    assert slices["day_kind"][38:46] == ["Spring Festival"] * 8


def test_training_days_lie_before_the_tested_ones_and_tell_what_came(files, years):
    found = TASK.examples(files, "train", WITHOUT)
    split = next(split for split in TASK.card.splits if split.name == "train")
    assert found.inputs.num_rows == found.targets.num_rows == split.rows
    origins = found.inputs.column("origin").to_pylist()
    assert (min(origins), max(origins)) == ("2097-01-29T00:00:00", "2099-12-31T00:00:00")
    last = np.array(found.targets.column("value")[split.rows - 1].as_py())[:, 0]
    np.testing.assert_array_equal(last, years.load_mw[-1, 24 * (HISTORY_DAYS - 1) : 24 * HISTORY_DAYS])


def test_the_figures_of_the_oracle_on_the_card_are_those_of_the_load_without_noise(inputs, references, years):
    without = years.expected_mw[:, 24 * HISTORY_DAYS :].reshape(-1, 24, 1)
    answered = forecast_answers(inputs.column("id").combine_chunks(), without)
    answers = validate_predictions(pa.Table.from_batches([answered]), inputs)
    units = TASK.score(answers, references)
    found = {m.name: m.value(statistics_matrix(units, m)) for m in TASK.card.metrics}
    (oracle,) = TASK.card.yardsticks
    assert {name: found[name] for name in oracle.values} == pytest.approx(oracle.values, abs=1e-6)
    assert set(units.column("block").to_pylist()) >= {"2100-W01", "2100-W52"}
