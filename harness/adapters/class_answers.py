"""Answers of interface ``classification``: what every adapter makes of its probabilities, and what it decides for.

A submission may bring a ``threshold`` (an adapter option, chosen on validation data): the probability from which a
class of an independent head, or the second class of a head with two, is decided for. Without one the answer holds
probabilities alone, and a task decides by the greatest, or at 0.5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..errors import InterfaceError, SubmissionError
from ..interfaces import get_interface

__all__ = ["Threshold", "class_answers", "parse_threshold", "probabilities_of_logits"]

FloatArray = npt.NDArray[np.float64]
Threshold = float | tuple[float, ...] | None


def parse_threshold(options: Mapping[str, Any]) -> Threshold:
    """The option ``threshold`` of a manifest: one number for all classes, or one per class.

    Raises:
        SubmissionError: It is neither.
    """
    given = options.get("threshold")
    several = isinstance(given, list | tuple)
    numbers = list(given) if isinstance(given, list | tuple) else [] if given is None else [given]
    odd = [one for one in numbers if isinstance(one, bool) or not isinstance(one, int | float) or not 0 <= one <= 1]
    if odd or (several and not numbers):
        raise SubmissionError(
            f"SB103 submission.yaml, field 'options.threshold': is {given!r:.80}, expected a number in 0..1, "
            "or a list of one per class"
        )
    return tuple(map(float, numbers)) if several else None if given is None else float(numbers[0])


def probabilities_of_logits(logits: FloatArray, heads: Sequence[Mapping[str, Any]]) -> list[FloatArray]:
    """Probabilities of shape ``(n, classes)`` per head, from logits of all heads behind each other.

    Those of an exclusive head become shares of 1 (softmax), those of an independent one each by itself (sigmoid).

    Args:
        logits: Shape ``(n, classes of all heads)``, in the order of the heads and their classes.
        heads: As ``table_info`` of the inputs gives them.
    """
    ends = np.cumsum([len(head["classes"]) for head in heads])
    found = []
    for head, part in zip(heads, np.split(logits, ends[:-1], axis=1), strict=True):
        if head["kind"] == "independent":
            found.append(np.exp(-np.logaddexp(0.0, -part)))  # 1 / (1 + exp(-x)), whatever the size of x
        else:
            shares = np.exp(part - part.max(axis=1, keepdims=True))
            found.append(shares / shares.sum(axis=1, keepdims=True))
    return found


def class_answers(
    rows: pa.RecordBatch, heads: Sequence[Mapping[str, Any]], per_head: Sequence[FloatArray], threshold: Threshold
) -> pa.RecordBatch:
    """The prediction table from probabilities of shape ``(n, classes)`` per head, in the order of ``heads``.

    Args:
        rows: What was asked, ``n`` rows.
        heads: As ``table_info`` of the inputs gives them.
        per_head: Probabilities; those of an exclusive head sum to 1.
        threshold: The submission's; None leaves the column ``decided`` out.

    Raises:
        InterfaceError: The threshold does not fit the heads.
    """
    interface = get_interface("classification")
    columns = [rows.column("id"), _lists(per_head, pa.float64())]
    if threshold is None:
        return pa.RecordBatch.from_arrays(columns, schema=interface.answer)
    decided = [_decided(head, given, threshold) for head, given in zip(heads, per_head, strict=True)]
    return pa.RecordBatch.from_arrays([*columns, _lists(decided, pa.bool_())], schema=interface.prediction_schemas()[1])


def _decided(head: Mapping[str, Any], probability: FloatArray, threshold: Threshold) -> npt.NDArray[np.bool_]:
    wide = np.atleast_1d(np.asarray(threshold, np.float64))
    if len(wide) not in (1, len(head["classes"])):
        raise InterfaceError(
            f"option 'threshold' has {len(wide)} numbers, head {head['name']!r} has {len(head['classes'])} classes"
        )
    if head["kind"] == "independent":
        return np.asarray(probability >= wide)
    if len(head["classes"]) != 2:
        raise InterfaceError(
            f"option 'threshold' decides between two classes, head {head['name']!r} has {len(head['classes'])}; "
            "leave it out: the most probable one is decided for"
        )
    second = probability[:, 1] >= wide[-1]
    return np.stack([~second, second], axis=1)


def _lists(per_head: Sequence[npt.NDArray[Any]], kind: pa.DataType) -> pa.Array:
    """Lists of lists from arrays ``(n, classes)``, one per head."""
    n, widths = len(per_head[0]), [given.shape[1] for given in per_head]
    values = pa.array(np.concatenate(per_head, axis=1).ravel(), kind)
    ends = (np.arange(n)[:, None] * sum(widths) + np.cumsum(widths)).ravel()
    inner = pa.ListArray.from_arrays(pa.array(np.r_[0, ends].astype(np.int32)), values)
    return pa.ListArray.from_arrays(pa.array((np.arange(n + 1) * len(widths)).astype(np.int32)), inner)
