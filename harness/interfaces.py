"""Interfaces: what a model is asked and what it must return, as pairs of Arrow schemas joined by ``id``.

A task and a model agree on an interface and on nothing else. Every column carries its unit in the field's metadata,
every table what belongs to all its rows (target, step, training summary) as JSON under ``sectorbench`` in the schema's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from .errors import unknown_name
from .interface_parts import Head, Interface, InterfaceName, Quantity, input_field, input_schema, table_info

__all__ = [
    "INTERFACES",
    "QUANTILE_LEVELS",
    "Head",
    "Interface",
    "InterfaceName",
    "Quantity",
    "classification_inputs",
    "get_interface",
    "input_field",
    "input_schema",
    "regression_inputs",
    "scheduling_inputs",
    "series_field",
    "solver_trace_inputs",
    "static_field",
    "table_info",
]

QUANTILE_LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def regression_inputs(
    *,
    channels: Sequence[Quantity],
    static: Sequence[Quantity],
    target: Quantity,
    step_unit: str,
    history_max: int,
    train_mean: float,
    target_range: tuple[float, float | None],
) -> pa.Schema:
    """Schema of the inputs of ``regression``.

    One row is one question: a ``series`` of shape ``(t, c)`` with 1 <= t <= ``history_max``, oldest step first, a
    missing reading as NaN; ``static`` features of shape ``(s,)``; ``purpose`` is ``score``, or ``policy`` for extra
    rows that only an operational cost is computed from. ``train_mean`` is the mean target of the public training split,
    in the target's unit: every model is told it, so that a constant can answer.
    """
    info = {
        "interface": "regression",
        "target": target._asdict(),
        "target_range": list(target_range),
        "step_unit": step_unit,
        "history_max": history_max,
        "train_mean": train_mean,
        "channels": [q._asdict() for q in channels],
        "static": [q._asdict() for q in static],
    }
    fields = [
        input_field("id", pa.string(), "none"),
        series_field(channels, step_unit),
        static_field(static),
        input_field("purpose", pa.string(), "none"),
    ]
    return input_schema(fields, info)


def series_field(channels: Sequence[Quantity], step_unit: str) -> pa.Field:
    """The column ``series``: per row a list of steps, each of one reading per channel."""
    kind = pa.list_(pa.list_(pa.float32(), len(channels)))
    return input_field("series", kind, "per channel", channels=[q._asdict() for q in channels], step=step_unit)


def static_field(static: Sequence[Quantity]) -> pa.Field:
    """The column ``static``: per row one number per feature."""
    kind = pa.list_(pa.float32(), len(static))
    return input_field("static", kind, "per feature", features=[q._asdict() for q in static])


def classification_inputs(
    *,
    heads: Sequence[Head],
    train_share: Sequence[Sequence[float]],
    static: Sequence[Quantity] = (),
    channels: Sequence[Quantity] = (),
    step_unit: str | None = None,
    history_max: int | None = None,
    codes: int | None = None,
) -> pa.Schema:
    """Schema of the inputs of ``classification``.

    One row is one question about all ``heads``. It holds what the task has of: ``series`` of shape ``(t, c)`` with
    1 <= t <= ``history_max``, oldest step first, a missing reading as NaN; ``static`` features of shape ``(s,)``;
    ``codes``, a list of whole numbers in ``0..codes-1``, oldest first (alarms, events). ``train_share`` is, per head
    and class, the share of rows of the public training split that the class is right for: every model is told it, so
    that a constant can answer.
    """
    info = {
        "interface": "classification",
        "heads": [{"name": h.name, "classes": list(h.classes), "kind": h.kind} for h in heads],
        "train_share": [list(shares) for shares in train_share],
        "static": [q._asdict() for q in static],
        "channels": [q._asdict() for q in channels],
        "step_unit": step_unit,
        "history_max": history_max,
        "codes": codes,
    }
    fields = [input_field("id", pa.string(), "none")]
    if channels:
        fields.append(series_field(channels, str(step_unit)))
    if static:
        fields.append(static_field(static))
    if codes is not None:
        fields.append(input_field("codes", pa.list_(pa.int32()), "code number"))
    return input_schema(fields, info)


_DEMAND = pa.struct([pa.field("resource", pa.int32()), pa.field("amount", pa.int32())])
_MODE = pa.struct(
    [pa.field("duration", pa.int32()), pa.field("demands", pa.list_(_DEMAND)), pa.field("power_kw", pa.float32())]
)
_ACTIVITY = pa.struct([pa.field("job", pa.int32()), pa.field("modes", pa.list_(_MODE))])
_PRECEDENCE = pa.struct([pa.field("before", pa.int32()), pa.field("after", pa.int32())])


def scheduling_inputs(*, time_unit: str, samples: int = 1) -> pa.Schema:
    """Schema of the inputs of ``scheduling``.

    One row is one shop. ``activities[a]`` belongs to ``job`` and is done in one of its ``modes``: a whole ``duration``
    during which the mode's ``demands`` of the resources are held. ``precedences`` are pairs of activity numbers: the
    first ends before the second starts. ``capacities[r]`` is how much of resource r there is (1: a machine).
    ``permutation``: all machines process the jobs in one order. ``objective`` is what is minimised: ``makespan``;
    ``total_completion``, the sum over jobs of when they are done; or ``energy_cost``, the energy drawn in each time
    step at its price. ``tariff`` is the price per kWh in each time step (empty: none). Where there is one, its length
    is the horizon: every activity ends within its steps. ``limit_kw`` is the site's peak limit (null: none): the powers
    of the activities that run at the same time never sum to more. ``samples`` is how many schedules a model may draw
    of each shop: it answers with its best, and says the objective of each.
    """
    drawn = {"samples": samples} if samples > 1 else {}
    return input_schema(_shop_fields(time_unit), {"interface": "scheduling", "time_unit": time_unit} | drawn)


def _shop_fields(time_unit: str) -> list[pa.Field]:
    return [
        input_field("id", pa.string(), "none"),
        input_field("activities", pa.list_(_ACTIVITY), time_unit),
        input_field("precedences", pa.list_(_PRECEDENCE), "activity number"),
        input_field("capacities", pa.list_(pa.int32()), "units of the resource"),
        input_field("permutation", pa.bool_(), "none"),
        input_field("objective", pa.string(), "none"),
        input_field("tariff", pa.list_(pa.float64()), "price per kWh"),
        input_field("limit_kw", pa.float64(), "kW", nullable=True),
    ]


def solver_trace_inputs(*, time_unit: str) -> pa.Schema:
    """Schema of the inputs of ``solver_trace``.

    One row is one shop as in ``scheduling``, with ``budget_s``: the wall seconds in which a solver may find better and
    better schedules. The supervisor sends the row to the solver's process and stamps each schedule when it arrives.
    """
    fields = [*_shop_fields(time_unit), input_field("budget_s", pa.float64(), "s")]
    return input_schema(fields, {"interface": "solver_trace", "time_unit": time_unit})


_FOUND = pa.struct(
    [
        pa.field("seconds", pa.float64()),
        pa.field("start", pa.list_(pa.int64())),
        pa.field("mode", pa.list_(pa.int32())),
        pa.field("fault", pa.string()),
    ]
)
_SPAN = pa.struct([pa.field("start", pa.int64()), pa.field("end", pa.int64()), pa.field("probability", pa.float64())])
_PER_OPTION = pa.list_(pa.list_(pa.float64()))
_PER_TARGET = pa.list_(pa.list_(pa.float32()))
_QUANTILES_PER_TARGET = pa.list_(pa.list_(pa.list_(pa.float32(), len(QUANTILE_LEVELS))))
_WRITTEN = pa.schema([input_field(name, pa.list_(pa.bool_()), "none") for name in ("unread", "truncated")])
_PER_CLASS = pa.list_(pa.list_(pa.float64()))

INTERFACES: Mapping[InterfaceName, Interface] = {
    "regression": Interface(
        name="regression",
        answer=pa.schema([input_field("id", pa.string(), "none"), input_field("value", pa.float64(), "the target's")]),
        optional=(pa.schema([input_field("quantiles", pa.list_(pa.float64(), len(QUANTILE_LEVELS)), "the target's")]),),
        summary="a series and static features in, one number out",
    ),
    "classification": Interface(
        name="classification",
        answer=pa.schema(
            [input_field("id", pa.string(), "none"), input_field("probability", _PER_CLASS, "share of 1")]
        ),
        optional=(pa.schema([input_field("decided", pa.list_(pa.list_(pa.bool_())), "none")]),),
        summary="features, a series or codes in, a probability per head and class out",
    ),
    "detection": Interface(
        name="detection",
        answer=pa.schema(
            [input_field("id", pa.string(), "none"), input_field("score", pa.list_(pa.float64()), "none")]
        ),
        optional=(),
        summary="a series with a normal part in, an anomaly score per step out",
    ),
    "forecasting": Interface(
        name="forecasting",
        answer=pa.schema(
            [input_field("id", pa.string(), "none"), input_field("value", _PER_TARGET, "the target's, per step")]
        ),
        optional=(pa.schema([input_field("quantiles", _QUANTILES_PER_TARGET, "the target's, per step")]),),
        summary="a history that ends at an origin in, every step ahead of every target out",
    ),
    "choice": Interface(
        name="choice",
        answer=pa.schema(
            [input_field("id", pa.string(), "none"), input_field("probability", _PER_OPTION, "share of 1")]
        ),
        optional=(
            pa.schema(
                [
                    input_field("log_likelihood", _PER_OPTION, "nat"),
                    input_field("tokens", pa.list_(pa.list_(pa.int32())), "tokens"),
                    input_field("bytes", pa.list_(pa.list_(pa.int32())), "bytes"),
                    input_field("cut", pa.list_(pa.list_(pa.int32())), "tokens"),
                ]
            ),
            _WRITTEN,
        ),
        summary="a context with questions and options in, a probability per option out",
    ),
    "extraction": Interface(
        name="extraction",
        answer=pa.schema(
            [
                input_field("id", pa.string(), "none"),
                input_field("spans", pa.list_(pa.list_(_SPAN)), "characters of the context; share of 1"),
            ]
        ),
        optional=(_WRITTEN,),
        summary="a context with questions in, ranked passages of the context per question out",
    ),
    "ranking": Interface(
        name="ranking",
        answer=pa.schema(
            [input_field("id", pa.string(), "none"), input_field("score", pa.list_(pa.float64()), "none")]
        ),
        optional=(),
        summary="a query and candidates from a corpus in, a score per candidate out",
    ),
    "scheduling": Interface(
        name="scheduling",
        answer=pa.schema(
            [
                input_field("id", pa.string(), "none"),
                input_field("start", pa.list_(pa.int64()), "time steps"),
                input_field("mode", pa.list_(pa.int32()), "mode number"),
            ]
        ),
        optional=(pa.schema([input_field("objectives", pa.list_(pa.int64()), "the objective's")]),),
        summary="a shop in, start and mode of every activity out",
    ),
    "solver_trace": Interface(
        name="solver_trace",
        answer=pa.schema(
            [
                input_field("id", pa.string(), "none"),
                input_field("trace", pa.list_(_FOUND), "s since the shop was sent; time steps; mode number"),
                input_field("ended", pa.string(), "none"),
                input_field("wall_s", pa.float64(), "s"),
                input_field("cpu_s", pa.float64(), "s"),
                input_field("other_load", pa.float64(), "cores busy with other work"),
            ]
        ),
        optional=(),
        summary="a shop and a budget in, better and better schedules out, stamped by the supervisor",
        row_bytes=64 << 20,  # of 8 MiB of text, which may be digits and commas
    ),
    "generation": Interface(
        name="generation",
        answer=pa.schema([input_field("id", pa.string(), "none"), input_field("text", pa.string(), "text")]),
        optional=(
            pa.schema([input_field("tokens", pa.int32(), "tokens"), input_field("truncated", pa.bool_(), "none")]),
        ),
        summary="messages in, a text out",
    ),
}


def get_interface(name: str) -> Interface:
    """The interface called ``name``.

    Raises:
        UsageError: There is none; the message lists those there are.
    """
    if name not in INTERFACES:
        raise unknown_name("interface", name, INTERFACES, hint="See: sectorbench list --interfaces")
    return INTERFACES[name]  # type: ignore[index]
