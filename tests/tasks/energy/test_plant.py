"""The steel plant's file: rows in their order, whatever their stamps say of the last quarter of a day."""

from __future__ import annotations

import numpy as np
import pytest
from handmade_files import Handmade
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import DataError
from sectorbench.harness.task import Draw
from sectorbench.tasks.energy import plant
from sectorbench.tasks.energy.plant import read_plant
from sectorbench.tasks.energy.plant_quarter_hour import TASK

DAYS, DAY = 4, 96


def lines(days=DAYS):
    """A file of the same form: the quarter that ends at midnight carries the date of the day that it ends."""
    rows = ["date,Usage_kWh,CO2(tCO2)"]
    for number in range(days * DAY):
        hour, quarter = divmod((number + 1) % DAY, 4)
        rows.append(f"{number // DAY + 1:02d}/01/2018 {hour:02d}:{15 * quarter:02d},{number / 4},0.5")
    return rows


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(plant, "_ROWS", DAYS * DAY)
    monkeypatch.setattr(plant, "_TEST_DAYS", 1)


def test_the_order_of_rows_is_time_although_a_days_last_stamp_goes_back_a_day(small):
    rows = lines()
    assert rows[96] == "01/01/2018 00:00,23.75,0.5"  # the file's own trap
    found = read_plant(Handmade("\ufeff" + "\n".join(rows) + "\n"))
    assert found.values[:, 0].tolist() == [number / 4 for number in range(DAYS * DAY)]
    assert found.start == np.datetime64("2018-01-01T00:00")
    assert (found.train_steps, found.first_origin, found.origins) == (3 * DAY, 3 * DAY, 1)


def test_rows_sorted_by_their_stamps_are_refused(small):
    head, *rows = lines()
    rows.sort(key=lambda row: (row[:5], row[11:16]))  # as whoever sorts by the date would have them
    with pytest.raises(DataError, match="384 rows, 384 of them not stamped as the data set has it"):
        read_plant(Handmade("\n".join([head, *rows])))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (lambda rows: rows[:-1], "383 rows"),
        (lambda rows: [*rows[:5], rows[5].replace("1.0,", "nan,"), *rows[6:]], "384 rows, 0 of them"),
        (lambda rows: [*rows[:5], rows[5].replace("1.0,", ","), *rows[6:]], "384 rows, 0 of them"),
        (lambda rows: [*rows[:5], rows[5].replace("1.0,", "much,"), *rows[6:]], "not the table of the steel plant"),
        (lambda rows: [*rows[:5], rows[5].replace("/", "."), *rows[6:]], "not the table of the steel plant"),
        (lambda rows: [*rows[:5], rows[5][16:], *rows[6:]], "not the table of the steel plant"),
        (lambda rows: [rows[0].replace("Usage", "Use"), *rows[1:]], "not the table of the steel plant"),
        (lambda rows: [rows[0], *("2018-01-01 00:15,1,1" for _ in rows[1:])], "not the table of the steel plant"),
        (lambda rows: [], "not the table of the steel plant"),
    ],
)
def test_a_damaged_file_is_told(small, changed, told):
    with pytest.raises(DataError, match=f"Steel_industry_data.csv: .*{told}"):
        read_plant(Handmade("\n".join(changed(lines()))))


def test_the_real_file_holds_a_year_and_the_quarters_before_midnight_are_where_they_belong(mirror):
    files = DataFiles(mirror=mirror, cache=mirror / "no cache")
    found = read_plant(files)
    assert found.values.shape == (35_040, 1)
    assert found.values[:2, 0].tolist() == [3.17, 4.0]
    # The stamp 00:00 of 1 January stands in the 96th row; sorted by stamps it would be the first.
    assert b"\n01/01/2018 00:00," in files.read(plant._FILE)[: 10_000]  # fmt: skip
    night = found.values[:, 0].reshape(-1, DAY)[:, -1]
    beside = found.values[:, 0].reshape(-1, DAY)[:, -2]
    assert np.median(np.abs(night - beside)) < 0.2 < np.median(np.abs(night - found.values[::DAY, 0]))
    inputs = TASK.inputs(files, Draw("default"))
    assert inputs.column("origin")[0].as_py() == "2018-10-20T00:00:00"
    assert inputs.column("origin")[-1].as_py() == "2018-12-31T00:00:00"
