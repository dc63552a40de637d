"""What adapters with a rule have in common: the option that names it, and schedules as a prediction batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import pyarrow as pa

from ....harness.adapters.base import LoadContext
from ....harness.errors import InterfaceError, SubmissionError, nearest_names
from ....harness.interfaces import INTERFACES
from .job_shop import IntArray

__all__ = ["rule_option", "schedule_batch"]

_Rule = TypeVar("_Rule", bound=str)


def rule_option(context: LoadContext, rules: Sequence[_Rule]) -> _Rule:
    """The rule that the options name.

    Raises:
        SubmissionError: The options name no rule, an unknown one, or something besides it.
        InterfaceError: The inputs are not those of ``scheduling``.
    """
    if context.interface != "scheduling":
        raise InterfaceError(f"scheduling rules answer 'scheduling' inputs, not {context.interface!r}")
    if extra := sorted(set(context.options) - {"rule"}):
        raise SubmissionError(f"options: unknown {', '.join(map(repr, extra))}; a scheduling rule has 'rule' only")
    wanted = context.options.get("rule")
    for rule in rules:
        if rule == wanted:
            return rule
    near = nearest_names(str(wanted), rules)
    said = f"did you mean {', '.join(near)}?" if near else "give one of them"
    raise SubmissionError(f"options.rule: {wanted!r} is none of {', '.join(rules)}; {said}")


def schedule_batch(
    ids: pa.Array, starts: Sequence[IntArray], modes: Sequence[IntArray] | None = None
) -> pa.RecordBatch:
    """Predictions of ``scheduling``.

    Args:
        ids: Of the input rows.
        starts: Time step of every activity of each row.
        modes: Mode number of every activity of each row; None: mode 0 throughout.
    """
    offsets = pa.array(np.cumsum([0, *map(len, starts)]), pa.int32())
    values = np.concatenate([np.empty(0, np.int64), *starts])
    chosen = np.zeros(len(values), np.int32)
    if modes is not None:
        chosen = np.concatenate([np.empty(0, np.int32), *(m.astype(np.int32) for m in modes)])
    return pa.record_batch(
        [
            ids,
            pa.ListArray.from_arrays(offsets, pa.array(values, pa.int64())),
            pa.ListArray.from_arrays(offsets, pa.array(chosen, pa.int32())),
        ],
        schema=INTERFACES["scheduling"].answer,
    )
