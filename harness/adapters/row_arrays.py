"""Columns of input rows as plain arrays; what every adapter on series, features or codes begins with.

Letters: n = rows, t = steps, c = channels, s = static features.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

__all__ = ["flat_series", "flat_static", "list_lengths", "runs", "whole_column"]

_Float = TypeVar("_Float", np.float32, np.float64)


def whole_column(rows: pa.RecordBatch | pa.Table, name: str) -> pa.Array:
    """A column as one array."""
    column = rows.column(name)
    if not isinstance(column, pa.ChunkedArray):
        return column
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()  # which would copy the one, too


def list_lengths(lists: pa.Array) -> npt.NDArray[np.int64]:
    """Entries of each list, 0 for a null, shape ``(n,)``."""
    lengths: npt.NDArray[np.int64] = lists.value_lengths().fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    return lengths


def flat_series(
    rows: pa.RecordBatch | pa.Table, channels: int, dtype: type[_Float]
) -> tuple[npt.NDArray[_Float], npt.NDArray[np.int64]]:
    """All steps of all rows behind each other, shape ``(steps, c)``, and the steps of each row, shape ``(n,)``."""
    series = whole_column(rows, "series")
    values = series.flatten().flatten().to_numpy(zero_copy_only=False)
    return values.astype(dtype, copy=False).reshape(-1, channels), list_lengths(series)


def flat_static(rows: pa.RecordBatch | pa.Table, width: int, dtype: type[_Float]) -> npt.NDArray[_Float]:
    """The static features, shape ``(n, s)``; rows without the column have none."""
    if not width:
        return np.empty((rows.num_rows, 0), dtype)
    values: npt.NDArray[_Float] = whole_column(rows, "static").flatten().to_numpy(zero_copy_only=False).astype(dtype)
    return values.reshape(rows.num_rows, width)


def runs(rows: pa.RecordBatch | pa.Table, channels: int) -> Iterator[npt.NDArray[np.float64]]:
    """The series of each row by itself, shape ``(t, c)``."""
    flat, lengths = flat_series(rows, channels, np.float64)
    ends = np.cumsum(lengths)
    for end, length in zip(ends, lengths, strict=True):
        yield flat[end - length : end]
