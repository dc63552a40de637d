"""Schedules as rows of ``scheduling`` predictions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ....harness.interfaces import get_interface
from ..simulator import IntArray, JobShop

__all__ = ["schedule_answers"]


def schedule_answers(
    ids: pa.Array,
    shops: Sequence[JobShop],
    starts: Sequence[npt.NDArray[np.integer]],
    objectives: Sequence[npt.NDArray[np.integer]] | None = None,
) -> pa.RecordBatch:
    """Predictions of job shops: mode 0 of every activity.

    Args:
        ids: Of the input rows.
        shops: What the rows were read as.
        starts: Time steps per shop, shape ``(n, k)`` or larger.
        objectives: Makespan of every sample per shop, where there were samples.
    """
    flat: list[IntArray] = []
    for shop, start in zip(shops, starts, strict=True):
        there = shop.activity >= 0
        ordered = np.empty(int(shop.operations.sum()), np.int64)
        ordered[shop.activity[there]] = start[: shop.activity.shape[0], : shop.activity.shape[1]][there]
        flat.append(ordered)
    values = np.concatenate([np.empty(0, np.int64), *flat])
    columns = [ids, _lists(flat, values), _lists(flat, np.zeros(len(values), np.int32))]
    if objectives is not None:
        kept = [np.asarray(one, np.int64) for one in objectives]
        columns.append(_lists(kept, np.concatenate([np.empty(0, np.int64), *kept])))
    return pa.record_batch(columns, schema=get_interface("scheduling").prediction_schemas()[len(columns) - 3])


def _lists(rows: Sequence[IntArray], values: npt.NDArray[np.integer]) -> pa.ListArray:
    return pa.ListArray.from_arrays(pa.array(np.cumsum([0, *map(len, rows)]), pa.int32()), pa.array(values))
