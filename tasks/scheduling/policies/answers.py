"""Schedules as rows of ``scheduling`` predictions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ....harness.interfaces import get_interface
from ..simulator import IntArray, JobShop

__all__ = ["by_activity", "schedule_batch"]

_Integers = npt.NDArray[np.integer]


def by_activity(shop: JobShop, start: _Integers) -> IntArray:
    """Starts of shape ``(n, k)`` or larger, by job and operation, in the order of the row's activities."""
    there = shop.activity >= 0
    ordered = np.empty(int(shop.operations.sum()), np.int64)
    ordered[shop.activity[there]] = start[: shop.activity.shape[0], : shop.activity.shape[1]][there]
    return ordered


def schedule_batch(
    ids: pa.Array,
    starts: Sequence[_Integers],
    modes: Sequence[_Integers] | None = None,
    objectives: Sequence[_Integers] | None = None,
) -> pa.RecordBatch:
    """Predictions of ``scheduling``.

    Args:
        ids: Of the input rows.
        starts: Time step of every activity of each row.
        modes: Mode number of every activity of each row; None: mode 0 throughout.
        objectives: Objective of every sample of each row, where there were samples.
    """
    first = [np.zeros(len(one), np.int32) for one in starts] if modes is None else modes
    columns = [ids, _lists(starts, np.int64), _lists(first, np.int32)]
    schemas = get_interface("scheduling").prediction_schemas()
    if objectives is None:
        return pa.record_batch(columns, schema=schemas[0])
    return pa.record_batch([*columns, _lists(objectives, np.int64)], schema=schemas[1])


def _lists(rows: Sequence[_Integers], kind: type[np.integer]) -> pa.ListArray:
    offsets = pa.array(np.cumsum([0, *map(len, rows)]), pa.int32())
    return pa.ListArray.from_arrays(offsets, pa.array(np.concatenate([np.empty(0, kind), *rows]).astype(kind)))
