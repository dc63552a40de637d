"""Ten-minute load of three zones of Tetouan with the weather: where the file is, and a reader that counts it."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from ...harness.data import DataFile, DataFiles, DataSource, Origin
from ...harness.errors import DataError
from ...harness.interfaces import Quantity
from .load_series import FloatArray, ItemSeries

__all__ = ["CITY_ZONES", "TETOUAN_LOAD", "WEATHER", "read_city"]

_UCI = "https://archive.ics.uci.edu/static/public/849/power+consumption+of+tetouan+city.zip"
_FILE = DataFile(
    path="energy/tetouan/tetouan_power_consumption.csv",
    sha256="d5f8e1062bbc30c0f4855d61d33103f5185ad4e70ed0e5a42393975d536dcb55",
    size_bytes=4_169_973,
    origins=(Origin(_UCI, ("Tetuan City power consumption.csv",)),),
)

TETOUAN_LOAD = DataSource(
    name="tetouan-load",
    title="Power consumption of three zones of Tetouan city, 2017, every ten minutes, with weather",
    files=(_FILE,),
    licence="CC-BY-4.0",
    licence_note="CC BY 4.0 as UCI states it, from general knowledge: not read at UCI itself.",
    homepage="https://archive.ics.uci.edu/dataset/849/power+consumption+of+tetouan+city",
    citation=(
        "A. Salam, A. El Hibaoui, 'Comparison of Machine Learning Algorithms for the Power Consumption Prediction: "
        "Case Study of Tetouan city', IRSEC 2018; UCI 849"
    ),
    access="public",
    public_since="2018",
)

CITY_ZONES = {
    "zone-1": "Zone 1 Power Consumption",
    "zone-2": "Zone 2  Power Consumption",
    "zone-3": "Zone 3  Power Consumption",
}
"""Our names of the zones, and the file's columns."""

WEATHER = (
    Quantity("temperature", "degC"),
    Quantity("humidity", "%"),
    Quantity("wind_speed", "m/s"),
    Quantity("general_diffuse_flows", "unknown"),
    Quantity("diffuse_flows", "unknown"),
)
"""What was measured beside the load, in the order of the file; it names no unit of the two flows."""

_COLUMNS = ("Temperature", "Humidity", "Wind Speed", "general diffuse flows", "diffuse flows")
_ROWS, _STEP_S, _DAY = 52_416, 600, 144
_TRAIN_DAYS, _TEST_DAYS = 291, 73


def read_city(files: DataFiles) -> tuple[dict[str, ItemSeries], FloatArray]:
    """Load in kW per zone, without weather, and the weather of all steps, shape ``(t, 5)``.

    364 whole days without a gap: 291 train, the last 73 are the test.

    Raises:
        DataNotAvailableError: The file is in no known place.
        DataError: It is damaged, or its counts are not those of the data set.
    """
    try:
        table = pa.csv.read_csv(io.BytesIO(files.read(_FILE)))
        # Months and hours have no leading zero, which strptime of Arrow takes.
        times = pc.strptime(table.column("DateTime"), format="%m/%d/%Y %H:%M", unit="s")
        stamps = times.to_numpy().astype("datetime64[s]")
        read = {
            name: pc.cast(table.column(name), pa.float64()).to_numpy() for name in (*_COLUMNS, *CITY_ZONES.values())
        }
    except (pa.ArrowException, KeyError) as err:
        raise DataError(f"{_FILE.path}: not the table of Tetouan's zones: {err}") from err
    steps = np.unique(np.diff(stamps).astype(np.int64))
    finite = all(np.isfinite(numbers).all() for numbers in read.values())
    if len(stamps) != _ROWS or steps.tolist() != [_STEP_S] or not finite:
        raise DataError(
            f"{_FILE.path}: {len(stamps):,} rows {steps.tolist()[:3]} seconds apart; expected {_ROWS:,} rows "
            f"{_STEP_S} seconds apart, all numbers finite; fetch the file again"
        )
    zones = {
        name: ItemSeries(
            start=stamps[0],
            values=read[column][:, None],
            known=None,
            train_steps=_TRAIN_DAYS * _DAY,
            first_origin=_TRAIN_DAYS * _DAY,
            origins=_TEST_DAYS,
        )
        for name, column in CITY_ZONES.items()
    }
    return zones, np.stack([read[name] for name in _COLUMNS], axis=1)
