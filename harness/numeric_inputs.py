"""Input schemas of the interfaces on series whose answers are series too."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from .interfaces import Quantity, input_field, input_schema, series_field

__all__ = ["detection_inputs"]


def detection_inputs(*, channels: Sequence[Quantity], step_s: float, causal: bool) -> pa.Schema:
    """Schema of the inputs of ``detection``.

    One row is one run: a ``series`` of shape ``(t, c)``, oldest step first, ``step_s`` seconds apart, a missing reading
    as NaN. Its first ``normal_steps`` are taken as normal: a model may learn from them, and a task sets the threshold
    of an alarm on their scores. Where the task is ``causal``, some rows are beginnings of others: ``prefix_of`` names
    the row that goes on (empty: none), and a score may not depend on what comes behind its step.
    """
    info = {
        "interface": "detection",
        "channels": [q._asdict() for q in channels],
        "step_s": step_s,
        "causal": causal,
    }
    fields = [
        input_field("id", pa.string(), "none"),
        series_field(channels, f"{step_s:g} s"),
        input_field("normal_steps", pa.int32(), "steps"),
        input_field("prefix_of", pa.string(), "none"),
    ]
    return input_schema(fields, info)
