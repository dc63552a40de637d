"""ETT's files: counts, steps, and every window of the test months."""

from __future__ import annotations

import numpy as np
import pytest
from handmade_files import Handmade
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import DataError, UsageError
from sectorbench.harness.task import Draw
from sectorbench.tasks.energy.transformer_load import HISTORY, HORIZON, TASKS
from sectorbench.tasks.energy.transformers_data import CHANNELS, STATIONS, read_station

ROWS = 40
SMALL = STATIONS["h1"]._replace(rows=ROWS)


def lines():
    stamps = np.datetime64("2016-07-01T00") + np.arange(ROWS)
    rows = [
        f"{str(s).replace('T', ' ')}:00:00," + ",".join(f"{n + c / 8}" for c in range(7)) for n, s in enumerate(stamps)
    ]
    return ["date," + ",".join(q.name for q in CHANNELS), *rows]  # fmt: skip


def test_columns_are_read_by_name_oil_temperature_last():
    found = read_station(Handmade("\n".join(lines())), SMALL, horizon=HORIZON)
    assert found.values[3].tolist() == [3 + c / 8 for c in range(7)]
    assert CHANNELS[-1].name == "OT"
    head, *rows = lines()
    turned = [",".join([row.split(",")[0], *row.split(",")[:0:-1]]) for row in (head, *rows)]
    np.testing.assert_array_equal(
        read_station(Handmade("\n".join(turned)), SMALL, horizon=HORIZON).values, found.values
    )


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (lambda rows: rows[:-1], r"39 rows \[3600\] seconds apart; expected 40 rows"),
        (lambda rows: [rows[0], rows[2], rows[1], *rows[3:]], r"40 rows \[-3600, 3600, 7200\]"),
        (lambda rows: [*rows[:9], rows[9].replace(",8.125", ","), *rows[10:]], "all numbers finite"),
        (
            lambda rows: [*rows[:9], rows[9].replace(",8.125", ",hot"), *rows[10:]],
            "not a table of dates and 7 readings",
        ),
        (lambda rows: [rows[0].replace("OT", "TO"), *rows[1:]], "not a table of dates and 7 readings"),
    ],
)
def test_a_damaged_file_is_told(changed, told):
    with pytest.raises(DataError, match=f"ETTh1.csv: .*{told}"):
        read_station(Handmade("\n".join(changed(lines()))), SMALL, horizon=HORIZON)


@pytest.mark.parametrize(("name", "windows"), [("h1", 2_785), ("h2", 2_785), ("m1", 11_425), ("m2", 11_425)])
def test_every_window_of_the_four_test_months_is_asked(mirror, name, windows):
    task, draw = TASKS[name], Draw("default")
    files = DataFiles(mirror=mirror, cache=mirror / "no cache")
    (item,) = task.items(files, draw).values()
    per_hour = STATIONS[name].per_hour
    assert item.origins == task.card.test.rows == windows
    assert (item.train_steps, item.first_origin) == (8_640 * per_hour, 11_520 * per_hour)
    assert item.first_origin + item.origins - 1 + HORIZON == 14_400 * per_hour  # the last window ends with the months
    assert item.first_origin - HISTORY > item.train_steps
    if name != "h1":
        return
    inputs, references = task.inputs(files, draw), task.references(files, draw)
    assert inputs.num_rows == windows
    assert inputs.column("origin")[0].as_py() == str(item.start + np.timedelta64(11_520, "h"))
    for row in (0, 1, windows - 1):
        origin = item.first_origin + row
        shown, came = (np.array(t.column(c)[row].as_py()) for t, c in ((inputs, "series"), (references, "actual")))
        np.testing.assert_array_equal(shown, item.values[origin - HISTORY : origin].astype(np.float32))
        np.testing.assert_array_equal(came, item.values[origin : origin + HORIZON])


def test_rows_of_a_file_without_derivatives_are_not_handed_out(mirror):
    files = DataFiles(mirror=mirror, cache=mirror / "no cache")
    with pytest.raises(UsageError, match="exports no split 'train'"):
        TASKS["h1"].examples(files, "train", Draw("default"))
