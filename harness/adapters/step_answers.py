"""Answers of interface ``detection``: one score per step of each run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..interfaces import get_interface

__all__ = ["step_answers"]


def step_answers(rows: pa.RecordBatch, scores: Sequence[npt.NDArray[np.float64]]) -> pa.RecordBatch:
    """The prediction table from scores of shape ``(t,)``, one array per row."""
    answer = get_interface("detection").answer
    offsets = np.cumsum([0, *map(len, scores)]).astype(np.int32)
    flat = pa.array(np.concatenate(scores) if scores else np.empty(0))
    lists = pa.ListArray.from_arrays(pa.array(offsets), flat, type=answer.field("score").type)
    return pa.RecordBatch.from_arrays([rows.column("id"), lists], schema=answer)
