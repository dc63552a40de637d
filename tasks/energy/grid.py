"""Hourly load of seven zones of the PJM interconnection: where the file is, and a reader that counts what it reads."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from ...harness.data import DataFile, DataFiles, DataSource
from ...harness.errors import DataError
from .load_series import ItemSeries

__all__ = ["PJM_FILE", "PJM_LOAD", "ZONES", "read_zones"]

PJM_FILE = DataFile(
    path="energy/pjm/pjm_hourly_load.csv",
    sha256="57a66e10a0cd07fe2426f988f139bdf29776a6ace524b12daa7b68f7b67fe981",
    size_bytes=17_666_534,
)

PJM_LOAD = DataSource(
    name="pjm-hourly-load",
    title="Hourly load of seven zones of the PJM interconnection, 2004 to 2018",
    files=(PJM_FILE,),
    licence="CC0-1.0",
    licence_note=(
        "CC0 1.0 as the public collection states it, from general knowledge: not read there. The load itself is "
        "published by PJM (Data Miner, hourly load metered)."
    ),
    homepage="https://www.kaggle.com/datasets/robikscube/hourly-energy-consumption",
    citation="PJM Interconnection, hourly load by zone; collected as 'Hourly Energy Consumption' (R. Mulla, 2018)",
    access="public",
    public_since="2018",
    importer=f"{__name__.rpartition('.')[0]}.grid_import:import_zones",
)

ZONES = {
    "AEP": (121_273, 4, 27),
    "COMED": (66_497, 4, 11),
    "DAYTON": (121_275, 4, 25),
    "DEOK": (57_739, 4, 9),
    "DOM": (116_189, 4, 23),
    "DUQ": (119_068, 4, 24),
    "EKPC": (45_334, 4, 6),
}
"""Of each zone: rows of the file, hours that it holds twice, hours between its first and last that it lacks."""

_END = np.datetime64("2018-08-03T00", "h")
_TEST_DAYS = 365
_DAY = 24


def read_zones(files: DataFiles) -> dict[str, ItemSeries]:
    """Load in MW per zone, on a grid of local hours that ends at midnight; the last 365 days are the test.

    A stamp is the end of its hour, so the step that begins at midnight is stamped 01:00. An hour that the file holds
    twice (clocks were put back) is the mean of both; one that it lacks (clocks were put forward) is NaN. A zone's
    series begins at its first midnight. Outages stay in.

    Raises:
        DataNotAvailableError: The file is in no known place.
        DataError: It is damaged, or its counts are not those of the data set.
    """
    try:
        table = pa.csv.read_csv(io.BytesIO(files.read(PJM_FILE)))
        column = {name: table.column(name) for name in ("region", "datetime", "mw")}
        stamps = pc.cast(column["datetime"], pa.timestamp("s")).to_numpy().astype("datetime64[h]")
        load = pc.cast(column["mw"], pa.float64()).to_numpy()
    except (pa.ArrowException, KeyError) as err:
        raise DataError(f"{PJM_FILE.path}: not a table of region, datetime and mw: {err}") from err
    if lacking := int((np.isnat(stamps) | ~np.isfinite(load)).sum()):
        raise DataError(f"{PJM_FILE.path}: {lacking:,} rows lack a time or a load; fetch the file again")
    zone = np.asarray(column["region"].cast(pa.string()).fill_null("no name").to_pylist())
    if others := sorted(set(zone) ^ set(ZONES)):
        raise DataError(f"{PJM_FILE.path}: zones differ from those of the data set in {', '.join(others)}")
    return {name: _series(name, stamps[zone == name], load[zone == name]) for name in ZONES}


def _series(name: str, stamps: np.ndarray, load: np.ndarray) -> ItemSeries:
    begin = stamps.min() - np.timedelta64(1, "h")  # an hour begins one before its stamp
    hours = int((_END - begin) / np.timedelta64(1, "h"))
    place = ((stamps - begin) / np.timedelta64(1, "h")).astype(np.int64) - 1
    if place.max() != hours - 1:
        raise DataError(f"{PJM_FILE.path}: {name} ends at {stamps.max()}, expected {_END}; fetch the file again")
    count = np.bincount(place, minlength=hours)
    found = (len(stamps), int((count > 1).sum()), int((count == 0).sum()))
    if found != ZONES[name]:
        raise DataError(
            f"{PJM_FILE.path}: {name} has {found[0]:,} rows, {found[1]} hours twice and {found[2]} missing; expected "
            f"{ZONES[name]}; fetch the file again"
        )
    with np.errstate(invalid="ignore"):
        values = np.bincount(place, weights=load, minlength=hours) / np.where(count > 0, count, np.nan)
    first = -int((begin - begin.astype("datetime64[D]")) / np.timedelta64(1, "h")) % _DAY
    days = (hours - first) // _DAY
    return ItemSeries(
        start=(begin + np.timedelta64(first, "h")).astype("datetime64[s]"),
        values=values[first:, None],
        known=None,
        train_steps=(days - _TEST_DAYS) * _DAY,
        first_origin=(days - _TEST_DAYS) * _DAY,
        origins=_TEST_DAYS,
    )
