"""Rows of ``ranking`` as plain arrays, and the answers made of scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..interfaces import get_interface

__all__ = ["RankingRows", "ranking_answers", "ranking_rows"]


class RankingRows(NamedTuple):
    """Queries and candidates of a batch.

    Attributes:
        queries: One text per row.
        corpus: All texts of the table, those that are nobody's candidate too.
        text: Per candidate, row after row, its number in the corpus, shape ``(candidates of all rows,)``.
        row: Per candidate the number of its row, same shape.
        sizes: Candidates per row, shape ``(n,)``.
    """

    queries: list[str]
    corpus: pa.Array
    text: npt.NDArray[np.int64]
    row: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]


def ranking_rows(rows: pa.RecordBatch) -> RankingRows:
    """A batch of ``ranking`` taken apart."""
    column = rows.column("candidates")
    sizes = column.value_lengths().to_numpy(zero_copy_only=False).astype(np.int64)
    flat = column.flatten()
    return RankingRows(
        queries=rows.column("query").to_pylist(),
        corpus=flat.dictionary,
        text=flat.indices.to_numpy(zero_copy_only=False).astype(np.int64),
        row=np.repeat(np.arange(len(sizes)), sizes),
        sizes=sizes,
    )


def ranking_answers(
    rows: pa.RecordBatch, sizes: Sequence[int] | npt.NDArray[np.int64], scores: object
) -> pa.RecordBatch:
    """The prediction batch of scores that lie row after row, shape ``(candidates of all rows,)``."""
    schema = get_interface("ranking").answer
    offsets = pa.array(np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32))
    lists = pa.ListArray.from_arrays(offsets, pa.array(np.asarray(scores, np.float64)), type=schema.field("score").type)
    return pa.RecordBatch.from_arrays([rows.column("id"), lists], schema=schema)
