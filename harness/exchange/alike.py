"""Returns for the same inputs under two names, to see whether one model answered for both."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from ..adapters.row_arrays import whole_column
from ..arrow_files import read_stream
from ..errors import InterfaceError
from ..keys import returned_key
from ..records import AlikeReturn
from ..store import Store
from .files import Predicted
from .ledger import Ledger

__all__ = ["alike_returns", "share_alike"]

_TOLD_FROM = 0.95  # of the rows
_OF_SPREAD = 0.001  # models that learnt apart differ by more than a thousandth of what their answers spread


def alike_returns(predicted: Predicted, answers: pa.Table, ledger: Ledger, store: Store) -> tuple[AlikeReturn, ...]:
    """The returns under other names, before this one, whose answers are the same or nearly, the first one first.

    Args:
        predicted: What came.
        answers: Its answers, in the order of the inputs.
        ledger: What came for the same inputs.
        store: Keeps the answers; of those that it lost, only equal ones are found, by their digest.
    """
    this, found = ledger.find(predicted), []
    for one in ledger.returns:
        if one is this:
            break
        if one.outcome == "refused" or one.is_of(predicted.model):
            continue
        identical = one.predictions_sha256 == predicted.predictions_sha256
        key = returned_key(inputs_sha256=predicted.inputs_sha256, predictions_sha256=one.predictions_sha256)
        try:
            alike = 1.0 if identical else share_alike(read_stream(store.predictions(key)), answers)
        except InterfaceError:
            continue
        if alike >= _TOLD_FROM:
            found.append(
                AlikeReturn(
                    vendor=one.vendor,
                    model=one.model,
                    returned_at=one.returned_at,
                    identical=identical,
                    alike=alike,
                )
            )
    return tuple(found)


def share_alike(first: pa.Table, second: pa.Table) -> float:
    """The share of rows with the same answers: numbers but for a thousandth of their spread, all else to the letter.

    Columns that only one of the tables has are left out.

    Args:
        first: Predictions, ``n`` rows.
        second: Predictions for the same inputs in the same order.

    Returns:
        From 0 to 1.
    """
    differing = np.zeros(first.num_rows, bool)  # (n,)
    for name in first.column_names:
        if name != "id" and name in second.column_names:
            rows = np.arange(first.num_rows)
            for some in _differing(whole_column(first, name), whole_column(second, name), rows):
                differing[some] = True
    return 1.0 - float(differing.mean())


def _differing(one: pa.Array, other: pa.Array, owner: np.ndarray) -> Iterator[np.ndarray]:
    """Rows in which two arrays differ; ``owner`` is the row of each of their values, shape ``(m,)``."""
    valid = one.is_valid().to_numpy(zero_copy_only=False) & other.is_valid().to_numpy(zero_copy_only=False)
    if not valid.all():  # rows that break a rule may hold nulls
        yield owner[~valid]
        one, other, owner = one.filter(pa.array(valid)), other.filter(pa.array(valid)), owner[valid]
    kind = one.type
    if pa.types.is_struct(kind):
        for left, right in zip(one.flatten(), other.flatten(), strict=True):
            yield from _differing(left, right, owner)
    elif pa.types.is_nested(kind):
        lengths, others = (a.value_lengths().to_numpy(zero_copy_only=False) for a in (one, other))
        same = lengths == others
        yield owner[~same]
        left, right = (a.filter(pa.array(same)).flatten() for a in (one, other))
        yield from _differing(left, right, np.repeat(owner[same], lengths[same]))
    elif pa.types.is_floating(kind):
        a, b = (x.to_numpy(zero_copy_only=False).astype(np.float64) for x in (one, other))
        finite = np.isfinite(a) & np.isfinite(b)
        yield owner[~finite & (a != b) & ~(np.isnan(a) & np.isnan(b))]
        a, b, owner = a[finite], b[finite], owner[finite]
        if len(a):
            low, high = np.quantile(a, (0.05, 0.95))  # one answer that is far away widens no spread
            yield owner[np.abs(a - b) > _OF_SPREAD * (high - low)]
    else:
        a, b = (x.to_numpy(zero_copy_only=False) for x in (one, other))
        yield owner[a != b]
