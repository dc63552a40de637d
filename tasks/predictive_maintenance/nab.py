"""The machine temperature of the Numenta Anomaly Benchmark: where its files are, and a parser that counts."""

from __future__ import annotations

import csv
import io
import json

import numpy as np

from ...harness.data import DataFile, DataFiles, DataSource, Origin
from ...harness.errors import DataError
from ...harness.interfaces import Quantity
from .anomaly_detection import Run

__all__ = ["CHANNELS", "NAB_MACHINE", "NORMAL_STEPS", "STEP_S", "read_machine"]

CHANNELS = (Quantity("temperature", "degF"),)
STEP_S = 300.0
NORMAL_STEPS = 2_000
"""Taken as normal: the first week; the first of the labelled windows begins at step 2,126."""

_ROWS, _WINDOWS = 22_695, 4
_FOLDER = "predictive_maintenance/nab_machine"
_NAB = "https://raw.githubusercontent.com/numenta/NAB/ea702d7"
_SERIES = "machine_temperature_system_failure.csv"

NAB_MACHINE = DataSource(
    name="nab-machine",
    title="Numenta Anomaly Benchmark: temperature of an industrial machine",
    files=(
        DataFile(
            f"{_FOLDER}/{_SERIES}",
            "92bf5b87fc7f9bba8ca0b7ec63ccaac8cb4a1371a258e8c29a10ae9c018d82a4",
            732_223,
            (Origin(f"{_NAB}/data/realKnownCause/{_SERIES}"),),
        ),
        DataFile(
            f"{_FOLDER}/combined_windows.json",
            "1e1fbc4601321aad8d0f8b3784c8134299379f68f6c1f7777565f8ffd57ab6b1",
            15_359,
            (Origin(f"{_NAB}/labels/combined_windows.json"),),
        ),
    ),
    licence="MIT",
    licence_note="LICENSE.txt of numenta/NAB: a permission notice in the words of MIT, copyright 2014-2024 Numenta",
    homepage="https://github.com/numenta/NAB",
    citation="A. Lavin, S. Ahmad, Evaluating Real-time Anomaly Detection Algorithms: the Numenta Anomaly Benchmark, "
    "ICMLA 2015",
    access="public",
    public_since="2015",
)


def read_machine(files: DataFiles) -> list[Run]:
    """The one run: 22,695 temperatures, every five minutes, with four labelled windows.

    Raises:
        DataNotAvailableError: A file is in no known place.
        DataError: A file is damaged or its counts are others.
    """
    series, labels = NAB_MACHINE.files
    rows = list(csv.reader(io.StringIO(files.read(series).decode("utf-8"))))
    if not rows or rows[0] != ["timestamp", "value"]:
        raise DataError(f"{series.path}: columns {rows[0] if rows else []}, expected timestamp and value")
    try:
        windows = json.loads(files.read(labels))[f"realKnownCause/{_SERIES}"]
        values = np.array([float(value) for _, value in rows[1:]], np.float32)
        stamps = np.array([stamp for stamp, _ in rows[1:]], "datetime64[s]")
        anomalous = np.zeros(len(values), bool)
        for first, last in windows:
            anomalous |= (stamps >= np.datetime64(first[:19])) & (stamps <= np.datetime64(last[:19]))
    except (ValueError, KeyError, TypeError) as err:
        raise DataError(f"{_FOLDER}: series and windows cannot be read ({err}); fetch both again") from err
    if len(values) != _ROWS or len(windows) != _WINDOWS or not np.isfinite(values).all():
        raise DataError(
            f"{_FOLDER}: {len(values):,} rows and {len(windows)} windows, expected {_ROWS:,} finite rows and {_WINDOWS}"
        )
    return [Run("machine", "machine", values[:, None], anomalous, NORMAL_STEPS)]
