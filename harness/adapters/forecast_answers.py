"""Rows of ``forecasting`` as arrays, and arrays as its answers.

Letters: n = rows, t = steps of the history, h = steps ahead, y = targets, q = quantile levels.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..interfaces import get_interface, table_info
from .row_arrays import flat_series

__all__ = ["filled", "forecast_answers", "histories", "mean_of", "spread_of"]

FloatArray = npt.NDArray[np.float64]


def histories(rows: pa.RecordBatch | pa.Table, schema: pa.Schema, *, steps: int | None = None) -> FloatArray:
    """The targets before each origin, shape ``(n, t, y)``; a shorter history is padded on the left with NaN.

    Args:
        rows: The column ``series``.
        schema: Schema of the input table, with its metadata.
        steps: The last so many; None: ``history_max``.
    """
    info = table_info(schema)
    t = info["history_max"] if steps is None else steps
    flat, lengths = flat_series(rows, len(info["channels"]), np.float64)
    flat = flat[:, : info["targets"]]
    back = np.arange(-t, 0)  # (t,)
    there = back >= -lengths[:, None]  # (n, t)
    at = np.cumsum(lengths)[:, None] + back
    if there.all():
        whole: FloatArray = flat[at]
        return whole
    padded = np.full((*there.shape, flat.shape[1]), np.nan)
    padded[there] = flat[at[there]]
    return padded


def filled(history: FloatArray, season: int) -> FloatArray:
    """A history ``(n, t, y)`` without gaps: the next earlier reading at the same time of a season, else the mean.

    Args:
        history: NaN where nothing was read.
        season: Steps after which it is taken to repeat.
    """
    if np.isfinite(history).all():
        return history
    whole = history.copy()
    for step in range(season, whole.shape[1]):
        whole[:, step] = np.where(np.isfinite(whole[:, step]), whole[:, step], whole[:, step - season])
    mean = mean_of(history)[:, None]
    return np.where(np.isfinite(whole), whole, mean)


def mean_of(history: FloatArray) -> FloatArray:
    """The mean of what was read, shape ``(n, y)``; 0 where nothing was."""
    read = np.isfinite(history)
    mean: FloatArray = np.where(read, history, 0.0).sum(axis=1) / np.maximum(read.sum(axis=1), 1)
    return mean


def spread_of(history: FloatArray) -> FloatArray:
    """The standard deviation of what was read, shape ``(n, y)``; at least a hundredth of the mean's size, never 0."""
    read, mean = np.isfinite(history), mean_of(history)
    squares = np.where(read, (history - mean[:, None]) ** 2, 0.0).sum(axis=1)
    deviation = np.sqrt(squares / np.maximum(read.sum(axis=1), 1))
    least: FloatArray = np.maximum(np.maximum(deviation, 0.01 * np.abs(mean)), 1e-6)
    return least


def forecast_answers(ids: pa.Array, value: FloatArray, quantiles: FloatArray | None = None) -> pa.RecordBatch:
    """The prediction table.

    Args:
        ids: Of the rows.
        value: Point forecasts, shape ``(n, h, y)``.
        quantiles: Of the levels of ``QUANTILE_LEVELS``, shape ``(n, h, y, q)``; None: points alone.
    """
    schema = get_interface("forecasting").prediction_schemas()[int(quantiles is not None)]
    n, horizon, targets = value.shape
    columns = [
        ids,
        _nested(pa.array(value.astype(np.float32).ravel()), schema.field("value").type, n, horizon, targets),
    ]
    if quantiles is not None:
        kind = schema.field("quantiles").type
        flat = pa.array(quantiles.astype(np.float32).ravel())
        levels = pa.FixedSizeListArray.from_arrays(flat, type=kind.value_type.value_type)
        columns.append(_nested(levels, kind, n, horizon, targets))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _nested(values: pa.Array, kind: pa.DataType, n: int, horizon: int, targets: int) -> pa.ListArray:
    steps = pa.array(np.arange(n * horizon + 1, dtype=np.int32) * targets)
    per_step = pa.ListArray.from_arrays(steps, values, type=kind.value_type)
    rows = pa.array(np.arange(n + 1, dtype=np.int32) * horizon)
    return pa.ListArray.from_arrays(rows, per_step, type=kind)
