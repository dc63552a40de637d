"""Tetouan's file: three zones and the weather, every ten minutes without a gap."""

from __future__ import annotations

import numpy as np
import pytest
from handmade_files import Handmade
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import DataError
from sectorbench.harness.interfaces import table_info
from sectorbench.harness.task import Draw
from sectorbench.tasks.energy import city
from sectorbench.tasks.energy.city import CITY_ZONES, WEATHER, read_city
from sectorbench.tasks.energy.city_day_ahead import TASK

DAYS, DAY = 3, 144
HEAD = "DateTime,Temperature,Humidity,Wind Speed,general diffuse flows,diffuse flows," + ",".join(CITY_ZONES.values())


def lines():
    rows = [HEAD]
    for number in range(DAYS * DAY):
        minutes = 10 * number % 1440
        stamp = f"1/{number // DAY + 1}/2017 {minutes // 60}:{minutes % 60:02d}"
        rows.append(f"{stamp},1,2,3,4,5,{1000 + number},{2000 + number},{3000 + number}.5")
    return rows


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(city, "_ROWS", DAYS * DAY)
    monkeypatch.setattr(city, "_TRAIN_DAYS", 2)
    monkeypatch.setattr(city, "_TEST_DAYS", 1)


def test_zones_and_weather_are_read_by_the_files_names(small):
    zones, weather = read_city(Handmade("\n".join(lines())))
    assert [zones[name].values[144, 0] for name in ("zone-1", "zone-2", "zone-3")] == [1144, 2144, 3144.5]
    assert weather.shape == (DAYS * DAY, len(WEATHER))
    assert weather[7].tolist() == [1, 2, 3, 4, 5]
    one = zones["zone-1"]
    assert (one.start, one.first_origin, one.origins) == (np.datetime64("2017-01-01T00:00"), 2 * DAY, 1)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (lambda rows: [rows[0], rows[2], rows[1], *rows[3:]], r"432 rows \[-600, 600, 1200\] seconds apart"),
        (lambda rows: rows[:-1], "431 rows"),
        (lambda rows: [*rows[:9], *rows[10:]], r"431 rows \[600, 1200\]"),
        (lambda rows: [*rows[:9], rows[9].replace(",3,4,", ",,4,"), *rows[10:]], "all numbers finite"),
        (lambda rows: [*rows[:9], rows[9].replace(",3,4,", ",calm,4,"), *rows[10:]], "not the table of Tetouan"),
        (lambda rows: [HEAD.replace("Zone 2  ", "Zone 2 "), *rows[1:]], "not the table of Tetouan"),
        (lambda rows: [HEAD, *(f"2017-01-01 00:00,{row.partition(',')[2]}" for row in rows[1:])], "not the table of"),
    ],
)
def test_a_damaged_file_is_told(small, changed, told):
    with pytest.raises(DataError, match=f"tetouan_power_consumption.csv: .*{told}"):
        read_city(Handmade("\n".join(changed(lines()))))


def test_the_real_tracks_differ_in_when_the_weather_is_known(mirror):
    files = DataFiles(mirror=mirror, cache=mirror / "no cache")
    bare, known = (TASK.inputs(files, Draw(track)) for track in ("no-weather", "weather"))
    assert [bare.column("origin")[row].as_py() for row in (0, -1)] == ["2017-10-19T00:00:00", "2017-12-30T00:00:00"]
    before = np.array(bare.column("series")[0].as_py())
    around = np.array(known.column("known")[0].as_py())
    assert (before.shape, around.shape) == ((28 * DAY, 6), (29 * DAY, 5))
    np.testing.assert_array_equal(before[:, 1:], around[: 28 * DAY])
    np.testing.assert_array_equal(before[:, :1], np.array(known.column("series")[0].as_py()))
    assert "known" not in bare.column_names
    assert [q["name"] for q in table_info(known.schema)["known"]] == [q.name for q in WEATHER]
    zones, weather = read_city(files)
    np.testing.assert_array_equal(around, weather[(291 - 28) * DAY : 292 * DAY].astype(np.float32))
    assert TASK.references(files, Draw("weather")).equals(TASK.references(files, Draw("no-weather")))
    assert len(zones["zone-1"].values) == 364 * DAY
