"""The calendar of a forecast's steps, from its origin and the step alone: local time, as the inputs tell it.

Two forms of the same. ``clock_numbers`` are plain numbers, the input ``clock`` of ``onnx``: hour of the day
(0 <= x < 24, minutes as its fraction), day of the week (0: Monday) and day of the year (0: 1 January).
``time_features`` are the named ones of GluonTS, each evenly between -0.5 and 0.5, which checkpoints of
TimeSeriesTransformer are trained with: ``minute_of_hour``, ``hour_of_day`` (whole hours), ``day_of_week``,
``day_of_month``, ``month_of_year`` and ``day_of_year``.

Letters: n = rows, t = steps of the history, h = steps ahead, f = numbers per step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

__all__ = ["CLOCK", "TIME_FEATURES", "clock_numbers", "step_times", "time_features"]

Times = npt.NDArray[np.datetime64]
FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]

CLOCK = ("hour_of_day", "day_of_week", "day_of_year")

_HOUR_MS = 3_600_000
_THURSDAY = 3  # 1 January 1970, from which numpy counts


def step_times(origins: pa.Array, step_s: float, *, before: int, ahead: int) -> Times:
    """When each step begins, shape ``(n, before + ahead)``; the first step ahead begins at the origin.

    Args:
        origins: Local times, ISO 8601.
        step_s: Seconds from step to step.
        before: Steps before the origin.
        ahead: Steps from the origin on.
    """
    at = np.array(origins.to_pylist(), dtype="datetime64[ms]")
    away = np.round(np.arange(-before, ahead) * (step_s * 1e3)).astype("timedelta64[ms]")
    times: Times = at[:, None] + away
    return times


def clock_numbers(times: Times) -> FloatArray:
    """The numbers named by ``CLOCK``, shape ``(n, t + h, 3)``.

    >>> clock_numbers(np.array([["2016-03-01T06:15"]], "datetime64[ms]")).tolist()  # a Tuesday of a leap year
    [[[6.25, 1.0, 60.0]]]
    """
    whole = (_in_day(times) / _HOUR_MS, _weekday(times), _day_of_year(times))
    return np.stack([np.asarray(one, np.float32) for one in whole], axis=-1)


def time_features(times: Times, names: Sequence[str]) -> FloatArray:
    """The named features, shape ``(n, t + h, f)``.

    Args:
        times: Shape ``(n, t + h)``.
        names: Keys of ``TIME_FEATURES``.

    >>> time_features(np.array([["2016-03-07T23:59"]], "datetime64[ms]"), ["hour_of_day", "day_of_week"]).tolist()
    [[[0.5, -0.5]]]
    """
    found = np.empty((*times.shape, len(names)), np.float32)
    for at, name in enumerate(names):
        number, greatest = TIME_FEATURES[name]
        found[..., at] = number(times) / greatest - 0.5
    return found


def _in_day(times: Times) -> IntArray:
    found: IntArray = (times - times.astype("datetime64[D]")).astype(np.int64)
    return found


def _weekday(times: Times) -> IntArray:
    found: IntArray = (times.astype("datetime64[D]").astype(np.int64) + _THURSDAY) % 7
    return found


def _day_of_month(times: Times) -> IntArray:
    found: IntArray = (times.astype("datetime64[D]") - times.astype("datetime64[M]")).astype(np.int64)
    return found


def _day_of_year(times: Times) -> IntArray:
    found: IntArray = (times.astype("datetime64[D]") - times.astype("datetime64[Y]")).astype(np.int64)
    return found


def _month_of_year(times: Times) -> IntArray:
    found: IntArray = times.astype("datetime64[M]").astype(np.int64) % 12
    return found


TIME_FEATURES: Mapping[str, tuple[Callable[[Times], IntArray], int]] = {
    "minute_of_hour": (lambda times: _in_day(times) // 60_000 % 60, 59),
    "hour_of_day": (lambda times: _in_day(times) // _HOUR_MS, 23),
    "day_of_week": (_weekday, 6),
    "day_of_month": (_day_of_month, 30),
    "month_of_year": (_month_of_year, 11),
    "day_of_year": (_day_of_year, 365),
}
"""Each with its greatest number, the least being 0."""
