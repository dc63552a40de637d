"""PJM's zones: unsorted rows of local hours, one of which spring lacks and autumn has twice."""

from __future__ import annotations

import numpy as np
import pytest
from handmade_files import Handmade
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import DataError
from sectorbench.tasks.energy import grid
from sectorbench.tasks.energy.grid import ZONES, read_zones

SPRING, AUTUMN = np.datetime64("2020-03-08T03"), np.datetime64("2020-11-01T02")
BEGIN, END = np.datetime64("2020-03-05T05"), np.datetime64("2020-11-04T00")
HOURS = (END - BEGIN).astype(int) + 1


def rows(zone="AEP", *, base=0):
    """Hours since ``BEGIN`` as load: the stamp of spring is left out, that of autumn told twice, 10 apart."""
    found = []
    for number in range(HOURS):
        stamp = BEGIN + number
        if stamp != SPRING:
            found.append(f"{zone},{str(stamp).replace('T', ' ')}:00,{base + number}")
        if stamp == AUTUMN:
            found.append(f"{zone},{str(stamp).replace('T', ' ')}:00,{base + number + 10}")
    return found


def text(*parts, shuffled=True):
    lines = [line for part in parts for line in part]
    if shuffled:
        lines = [lines[place] for place in np.random.default_rng(0).permutation(len(lines))]
    return Handmade("\n".join(["region,datetime,mw", *lines]) + "\n")


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(grid, "ZONES", {"AEP": (HOURS, 1, 1), "DUQ": (HOURS, 1, 1)})
    monkeypatch.setattr(grid, "_END", END)
    monkeypatch.setattr(grid, "_TEST_DAYS", 2)


def step_of(item, stamp):
    """The step that ends at a stamp."""
    return (stamp.astype("datetime64[h]") - item.start.astype("datetime64[h]")).astype(int) - 1


def test_unsorted_rows_become_hours_from_the_first_midnight_to_the_last(small):
    zones = read_zones(text(rows(), rows("DUQ", base=5_000)))
    assert list(zones) == ["AEP", "DUQ"]
    found = zones["AEP"]
    assert found.start == np.datetime64("2020-03-06T00:00")  # the first stamp, 05:00, is of the hour from 4 to 5
    assert len(found.values) % 24 == 0
    assert found.values[0, 0] == 20  # the hour that ends at 01:00 on the sixth
    assert found.values[-1, 0] == HOURS - 1
    assert found.first_origin == found.train_steps == len(found.values) - 48
    np.testing.assert_array_equal(zones["DUQ"].values, found.values + 5_000)


def test_springs_hour_is_missing_and_autumns_two_are_their_mean(small):
    found = read_zones(text(rows(), rows("DUQ")))["AEP"]
    assert np.flatnonzero(np.isnan(found.values[:, 0])).tolist() == [step_of(found, SPRING)]
    at = step_of(found, AUTUMN)
    assert found.values[at - 1 : at + 2, 0].tolist() == [at + 19, at + 20 + 5, at + 21]
    assert step_of(found, SPRING) % 24 == 2 and at % 24 == 1  # the hours that begin at 02:00 and at 01:00


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (lambda lines: lines[1:], r"AEP has 5,851 rows, 1 hours twice and 1 missing"),
        (lambda lines: [*lines, lines[7]], "AEP has 5,853 rows, 2 hours twice and 1 missing"),
        (lambda lines: [*lines[:7], *lines[8:]], "AEP has 5,851 rows, 1 hours twice and 2 missing"),
        (lambda lines: lines[:-1], "AEP ends at 2020-11-03T23, expected 2020-11-04T00"),
        (lambda lines: [one.replace("AEP", "FE") for one in lines], "differ from those of the data set in AEP, FE"),
        (lambda lines: [*lines[:7], lines[7].replace("2020-", "soon "), *lines[8:]], "not a table of region"),
        (lambda lines: [*lines[:7], lines[7].rpartition(",")[0] + ",much", *lines[8:]], "not a table of region"),
        (lambda lines: [*lines[:7], "AEP,,5", *lines[8:]], "1 rows lack a time or a load"),
        (lambda lines: [*lines[:7], lines[7].rpartition(",")[0] + ",", *lines[8:]], "1 rows lack a time or a load"),
    ],
)
def test_a_file_with_other_counts_is_told(small, changed, told):
    assert HOURS == len(rows()) == 5_852
    with pytest.raises(DataError, match=f"pjm_hourly_load.csv: .*{told}"):
        read_zones(text(changed(rows()), rows("DUQ"), shuffled=False))


def test_the_real_zones_are_as_their_table_says(mirror):
    zones = read_zones(DataFiles(mirror=mirror, cache=mirror / "no cache"))
    assert list(zones) == list(ZONES)
    for name, item in zones.items():
        missing = int(np.isnan(item.values[:, 0]).sum())
        last = item.start + np.timedelta64(len(item.values), "h")
        assert last == np.datetime64("2018-08-03T00:00"), name
        assert item.start.astype("datetime64[D]") == item.start, name  # midnight
        assert missing <= ZONES[name][2], name
        tested = item.values[item.first_origin :, 0]
        assert (len(tested), int(np.isnan(tested).sum())) == (365 * 24, 1), name  # one spring
        hole = item.first_origin + int(np.flatnonzero(np.isnan(tested))[0])
        assert item.start + np.timedelta64(hole, "h") == np.datetime64("2018-03-11T02:00"), name
