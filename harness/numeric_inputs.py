"""Input schemas of the interfaces on series whose answers are series too."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from .interfaces import Quantity, input_field, input_schema, series_field

__all__ = ["detection_inputs", "forecasting_inputs"]


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


def forecasting_inputs(
    *,
    channels: Sequence[Quantity],
    targets: int,
    known: Sequence[Quantity] = (),
    items: Sequence[str],
    step_s: float,
    horizon: int,
    history_max: int,
    seasons: Sequence[int],
) -> pa.Schema:
    """Schema of the inputs of ``forecasting``.

    One row is one forecast of one ``item`` (a zone, a plant, a station), issued at ``origin``: the local time at which
    the first of the ``horizon`` steps begins. ``series`` of shape ``(t, c)`` with 1 <= t <= ``history_max`` ends at the
    origin, oldest step first, ``step_s`` seconds apart, a missing reading as NaN. Its first ``targets`` channels are
    forecast. ``known`` of shape ``(t + horizon, k)`` holds what is known in advance (holidays, a weather forecast), of
    the steps of the series and then of those ahead; tables without such quantities lack the column. ``seasons`` are
    the lengths in steps after which the series is taken to repeat, the one of the card's scale first; ``items`` are
    all that occur.
    """
    info = {
        "interface": "forecasting",
        "channels": [q._asdict() for q in channels],
        "targets": targets,
        "known": [q._asdict() for q in known],
        "items": list(items),
        "step_s": step_s,
        "horizon": horizon,
        "history_max": history_max,
        "seasons": list(seasons),
    }
    fields = [
        input_field("id", pa.string(), "none"),
        input_field("item", pa.string(), "none"),
        input_field("origin", pa.string(), "local time, ISO 8601"),
        series_field(channels, f"{step_s:g} s"),
    ]
    if known:
        kind = pa.list_(pa.list_(pa.float32(), len(known)))
        fields.append(input_field("known", kind, "per quantity", quantities=[q._asdict() for q in known]))
    return input_schema(fields, info)
