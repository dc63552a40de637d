"""What a clock and a calendar tell of each step of a forecast, from its origin alone.

Two forms of the same: ``clock_of`` gives plain numbers; ``time_features`` gives those of GluonTS, each spread evenly
over -0.5 to 0.5, which checkpoints of TimeSeriesTransformer are trained with.

Letters: n = rows, t = steps of the history, h = steps ahead, f = features.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..interfaces import table_info
from .row_arrays import whole_column

__all__ = ["CLOCK", "TIME_FEATURES", "Clock", "clock_of", "time_features"]

IntArray = npt.NDArray[np.int64]

CLOCK = ("hour_of_day", "day_of_week", "day_of_year")
"""Names of what ``Clock`` holds, in this order: 0 to under 24; 0 (Monday) to 6; 0 (1 January) to 365."""


class Clock(NamedTuple):
    """Local time of steps, each of shape ``(n, steps)``."""

    hour_of_day: npt.NDArray[np.float64]
    day_of_week: npt.NDArray[np.float64]
    day_of_year: npt.NDArray[np.float64]


def clock_of(rows: pa.RecordBatch | pa.Table, schema: pa.Schema, *, before: int = 0) -> Clock:
    """The clock of the steps ahead, and of some before the origin.

    Args:
        rows: The column ``origin``.
        schema: Schema of the input table, with its metadata.
        before: Steps of the history, oldest first, before the ``horizon`` ones.
    """
    seconds = _seconds(rows, schema, before)
    day_of_week, day_of_year = _weekday(seconds), _day_of_year(seconds)
    return Clock((seconds % _DAY_S) / 3_600, day_of_week.astype(np.float64), day_of_year.astype(np.float64))


def time_features(
    rows: pa.RecordBatch | pa.Table, schema: pa.Schema, names: Sequence[str], *, before: int = 0
) -> npt.NDArray[np.float32]:
    """The named features of the same steps as in ``clock_of``, shape ``(n, steps, f)``.

    Args:
        rows: The column ``origin``.
        schema: Schema of the input table, with its metadata.
        names: Keys of ``TIME_FEATURES``.
        before: Steps of the history, oldest first, before the ``horizon`` ones.
    """
    seconds = _seconds(rows, schema, before)
    found = np.empty((*seconds.shape, len(names)), np.float32)
    for at, name in enumerate(names):
        number, greatest = TIME_FEATURES[name]
        found[..., at] = number(seconds) / greatest - 0.5
    return found


_DAY_S = 86_400


def _seconds(rows: pa.RecordBatch | pa.Table, schema: pa.Schema, before: int) -> IntArray:
    """Seconds since 1970-01-01 at which each step begins, shape ``(n, before + h)``."""
    info = table_info(schema)
    origin = np.array(whole_column(rows, "origin").to_pylist(), "datetime64[s]").astype(np.int64)  # (n,)
    seconds: IntArray = origin[:, None] + round(info["step_s"]) * np.arange(-before, info["horizon"])
    return seconds


def _date(seconds: IntArray) -> npt.NDArray[np.datetime64]:
    return (seconds // _DAY_S).astype("datetime64[D]")


def _weekday(seconds: IntArray) -> IntArray:
    return (seconds // _DAY_S + 3) % 7  # 1970-01-01 was a Thursday


def _day_of_month(seconds: IntArray) -> IntArray:
    date = _date(seconds)
    found: IntArray = (date - date.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64)
    return found


def _day_of_year(seconds: IntArray) -> IntArray:
    date = _date(seconds)
    found: IntArray = (date - date.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64)
    return found


def _month(seconds: IntArray) -> IntArray:
    found: IntArray = _date(seconds).astype("datetime64[M]").astype(np.int64) % 12
    return found


TIME_FEATURES: Mapping[str, tuple[Callable[[IntArray], IntArray], int]] = {
    "minute_of_hour": (lambda seconds: seconds // 60 % 60, 59),
    "hour_of_day": (lambda seconds: seconds // 3_600 % 24, 23),
    "day_of_week": (_weekday, 6),
    "day_of_month": (_day_of_month, 30),
    "month_of_year": (_month, 11),
    "day_of_year": (_day_of_year, 365),
}
"""Whole numbers from 0, each with its greatest."""
