"""ETT, two transformer stations in China: where its files are, and a reader that counts what it reads."""

from __future__ import annotations

import io
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from ...harness.data import DataFile, DataFiles, DataSource, Origin
from ...harness.errors import DataError
from ...harness.interfaces import Quantity
from .load_series import ItemSeries

__all__ = ["CHANNELS", "STATIONS", "Station", "read_station"]

_REVISION = "1d16c8f4f943005d613b5bc962e9eeb06058cf07"
_RAW = f"https://raw.githubusercontent.com/zhouhaoyi/ETDataset/{_REVISION}/ETT-small"

CHANNELS = (
    Quantity("HUFL", "unknown"),
    Quantity("HULL", "unknown"),
    Quantity("MUFL", "unknown"),
    Quantity("MULL", "unknown"),
    Quantity("LUFL", "unknown"),
    Quantity("LULL", "unknown"),
    Quantity("OT", "degC"),
)
"""High, middle and low useful and useless load, in a unit that the authors do not tell, and oil temperature."""


class Station(NamedTuple):
    """One station at one rate of reading.

    Attributes:
        name: ``h1``, ``h2``, ``m1`` or ``m2``; h is hourly, m every quarter of an hour.
        source: Its file.
        step_s: Seconds from reading to reading.
        rows: Readings.
    """

    name: str
    source: DataSource
    step_s: int
    rows: int

    @property
    def per_hour(self) -> int:
        """Readings of an hour."""
        return 3_600 // self.step_s


def _station(name: str, sha256: str, size_bytes: int) -> Station:
    step_s, rows = (3_600, 17_420) if name[0] == "h" else (900, 69_680)
    file = f"ETT{name}.csv"
    source = DataSource(
        name=f"ett-{name}",
        title=f"Electricity transformer temperature, station {name[1]}, {'hourly' if name[0] == 'h' else '15 min'}",
        files=(
            DataFile(
                path=f"energy/ett/{file}",
                sha256=sha256,
                size_bytes=size_bytes,
                origins=(Origin(f"{_RAW}/{file}"),),
            ),
        ),
        licence="CC-BY-ND-4.0",
        licence_note=(
            "LICENSE of the repository. No derivatives: the file is passed on unmodified or not at all; windows are "
            "cut when a task runs, and no rows are exported."
        ),
        homepage="https://github.com/zhouhaoyi/ETDataset",
        citation=(
            "H. Zhou et al., 'Informer: Beyond Efficient Transformer for Long Sequence Time-Series Forecasting', AAAI "
            "2021; with Beijing Guowang Fuda Science & Technology Development Company"
        ),
        access="public",
        public_since="2020",
        derivatives=False,
    )
    return Station(name, source, step_s, rows)


STATIONS = {
    station.name: station
    for station in (
        _station("h1", "f18de3ad269cef59bb07b5438d79bb3042d3be49bdeecf01c1cd6d29695ee066", 2_589_657),
        _station("h2", "a3dc2c597b9218c7ce1cd55eb77b283fd459a1d09d753063f944967dd6b9218b", 2_417_960),
        _station("m1", "6ce1759b1a18e3328421d5d75fadcb316c449fcd7cec32820c8dafda71986c9e", 10_360_719),
        _station("m2", "db973ca252c6410a30d0469b13d696cf919648d0f3fd588c60f03fdbdbadd1fd", 9_677_236),
    )
}

_TRAIN_HOURS, _VALIDATION_HOURS, _TEST_HOURS = 12 * 30 * 24, 4 * 30 * 24, 4 * 30 * 24


def read_station(files: DataFiles, station: Station, *, horizon: int) -> ItemSeries:
    """All readings of a station; 12 months of 30 days train, 4 validate, the next 4 are the test, at stride 1.

    Every window of the test is there, as many as 4 months hold: 2,785 hourly ones, 11,425 of a quarter of an hour, for
    96 steps. Papers that drop the last incomplete batch have fewer.

    Raises:
        DataNotAvailableError: The file is in no known place.
        DataError: It is damaged, or its counts are not those of the data set.
    """
    (file,) = station.source.files
    try:
        table = pa.csv.read_csv(io.BytesIO(files.read(file)))
        stamps = pc.cast(table.column("date"), pa.timestamp("s")).to_numpy().astype("datetime64[s]")
        columns = [pc.cast(table.column(q.name), pa.float64()).to_numpy() for q in CHANNELS]
    except (pa.ArrowException, KeyError) as err:
        raise DataError(f"{file.path}: not a table of dates and {len(CHANNELS)} readings: {err}") from err
    values = np.stack(columns, axis=1)  # (t, c)
    steps = np.unique(np.diff(stamps).astype(np.int64))
    if len(values) != station.rows or steps.tolist() != [station.step_s] or not np.isfinite(values).all():
        raise DataError(
            f"{file.path}: {len(values):,} rows {steps.tolist()[:3]} seconds apart; expected {station.rows:,} rows "
            f"{station.step_s} seconds apart, all numbers finite; fetch the file again"
        )
    before = (_TRAIN_HOURS + _VALIDATION_HOURS) * station.per_hour
    return ItemSeries(
        start=stamps[0],
        values=values,
        known=None,
        train_steps=_TRAIN_HOURS * station.per_hour,
        first_origin=before,
        origins=_TEST_HOURS * station.per_hour - horizon + 1,
    )
