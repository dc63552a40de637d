"""Quarter-hourly energy of a steel plant: where the file is, and a reader that keeps its rows in their order."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from ...harness.data import DataFile, DataFiles, DataSource, Origin
from ...harness.errors import DataError
from .load_series import ItemSeries

__all__ = ["STEEL_LOAD", "read_plant"]

_UCI = "https://archive.ics.uci.edu/static/public/851/steel+industry+energy+consumption.zip"
_FILE = DataFile(
    path="energy/steel_industry/Steel_industry_data.csv",
    sha256="9b1cee6f9cb9cd9df2b95814ca90a9a2ff15b7f5f1fba0fae3c643e82072eacc",
    size_bytes=2_731_389,
    origins=(Origin(_UCI, ("Steel_industry_data.csv",)),),
)

STEEL_LOAD = DataSource(
    name="steel-industry-load",
    title="Energy of a steel plant in Gwangyang, 2018, every quarter of an hour",
    files=(_FILE,),
    licence="CC-BY-4.0",
    licence_note="CC BY 4.0 as UCI states it, from general knowledge: not read at UCI itself.",
    homepage="https://archive.ics.uci.edu/dataset/851/steel+industry+energy+consumption",
    citation=(
        "Sathishkumar V E, C. Shin, Y. Cho, 'Efficient energy consumption prediction model for a data analytic-enabled "
        "industry building in a smart city', Building Research & Information 2021; UCI 851"
    ),
    access="public",
    public_since="2021",
)

_ROWS, _STEP_S, _DAY = 35_040, 900, 96
_START = np.datetime64("2018-01-01T00:00", "s")
_TEST_DAYS = 73


def read_plant(files: DataFiles) -> ItemSeries:
    """Energy in kWh per quarter of an hour: 365 days, 292 train, the last 73 are the test.

    The order of the rows is time. A stamp is the end of its quarter; that of the last quarter of a day, 00:00, carries
    the date of the day it ends, 24 hours too early, so sorting by stamps would put it first. The other columns are not
    read: reactive power, power factor and CO2 of a quarter are near copies of its energy.

    Raises:
        DataNotAvailableError: The file is in no known place.
        DataError: It is damaged, or its counts or the order of its stamps are not those of the data set.
    """
    try:
        table = pa.csv.read_csv(io.BytesIO(files.read(_FILE).removeprefix(b"\xef\xbb\xbf")))
        stamps = pc.strptime(table.column("date"), format="%d/%m/%Y %H:%M", unit="s").to_numpy().astype("datetime64[s]")
        energy = pc.cast(table.column("Usage_kWh"), pa.float64()).to_numpy()
    except (pa.ArrowException, KeyError) as err:
        raise DataError(f"{_FILE.path}: not the table of the steel plant: {err}") from err
    ends = _START + (np.arange(1, len(stamps) + 1) * _STEP_S).astype("timedelta64[s]")
    early = np.arange(1, len(stamps) + 1) % _DAY == 0  # the last quarter of each day
    ends[early] -= np.timedelta64(1, "D")
    if len(stamps) != _ROWS or (stamps != ends).any() or not np.isfinite(energy).all():
        raise DataError(
            f"{_FILE.path}: {len(stamps):,} rows, {int((stamps != ends).sum()):,} of them not stamped as the data set "
            f"has it; expected {_ROWS:,} rows of quarter hours; fetch the file again"
        )
    train = _ROWS - _TEST_DAYS * _DAY
    return ItemSeries(
        start=_START,
        values=energy[:, None],
        known=None,
        train_steps=train,
        first_origin=train,
        origins=_TEST_DAYS,
    )
