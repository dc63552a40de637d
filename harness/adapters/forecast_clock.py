"""What a clock and a calendar tell of each step of a forecast, from its origin alone.

Letters: n = rows, t = steps of the history, h = steps ahead.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..interfaces import table_info
from .row_arrays import whole_column

__all__ = ["CLOCK", "Clock", "clock_of"]

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
    info = table_info(schema)
    origin = np.array(whole_column(rows, "origin").to_pylist(), "datetime64[s]").astype(np.int64)  # (n,)
    step = round(info["step_s"])
    seconds = origin[:, None] + step * np.arange(-before, info["horizon"])  # (n, steps) since 1970-01-01, a Thursday
    day = seconds // 86_400
    date = day.astype("datetime64[D]")
    year_day = (date - date.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.float64)
    return Clock((seconds % 86_400) / 3_600, ((day + 3) % 7).astype(np.float64), year_day)
