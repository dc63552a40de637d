"""How a record, its units and a single unit are printed for a person."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from rich.console import Console
from rich.text import Text as RichText

from .codes import CODES
from .console import output_console
from .formatting import printable, seconds_text
from .metrics import FloatArray, Metric
from .records import Environment, MetricResult, Record, Signature, VendorCopy
from .tables import Column, print_table
from .text import printable_lines
from .units import SLICE_PREFIX, without_each

__all__ = ["print_mapping", "print_record", "print_units", "signature_text"]

_SHOWN_VALUES = 12


def print_record(record: Record, folder: Path) -> None:
    """Prints a whole record on standard output: what was run, how, with what result, at what cost."""
    console = output_console()
    for name, text in _facts(record, folder):
        console.print(RichText(f"{name:8} {printable_lines(printable(text))}"), soft_wrap=True)
    if record.metrics:
        _print_metrics(console, record.metrics)
    for axis in dict.fromkeys(s.axis for s in record.slices):
        columns = [
            Column(axis),
            Column("n", right=True),
            Column(record.metrics[0].name, right=True),
            Column("95 % interval"),
        ]
        rows = []
        for part in (s for s in record.slices if s.axis == axis):
            first = part.metrics[0]
            rows.append([part.value, str(first.n_units), f"{first.value:.4g}", _interval(first)])
        print_table(console, columns, rows, together=len(columns))


def _isolation(env: Environment) -> str:
    """The level, what it consisted of and the limits, as far as the record tells."""
    told = env.isolation
    if told is None or env.sandbox is None:
        return env.sandbox or "not known"
    limits = (
        ("memory", told.memory_gib, "GiB"),
        ("at most", told.tasks, "processes and threads"),
        ("written", told.written_gib, "GiB"),
    )
    abi = "" if told.landlock_abi is None else f" version {told.landlock_abi}"
    said = [one.replace("_", " ") + (abi if one == "landlock" else "") for one in told.means]
    return f"{env.sandbox} ({', '.join([*said, *(f'{n} {v:g} {u}' for n, v, u in limits if v is not None)])})"


def _facts(record: Record, folder: Path) -> list[tuple[str, str]]:
    cell, model, cost, env, protocol = record.cell, record.cell.model, record.cost, record.environment, record.protocol
    energy = (
        _or_dash(cost.energy_kwh, "{:.3g} kWh")
        if cost.energy_reason is None
        else f"not measured ({cost.energy_reason})"
    )
    facts = [
        ("task", f"{cell.task}@{cell.task_version}, track {cell.track}, suite {', '.join(record.suites)}"),
        ("model", f"{model.name} {model.version} by {model.vendor}, digest {model.model_sha256[:16]}"),
        ("status", record.status if record.code is None else f"{record.status} {record.code}: {record.message}"),
        (
            "run",
            f"{protocol.adapter} r{protocol.adapter_revision}, {_place(record)}, "
            f"seed {cell.seed}, repeat {cell.repeat}, isolation {_isolation(env)}",
        ),
        (
            "cost",
            f"{seconds_text(cost.wall_s)} for the answers, {seconds_text(cost.load_s)} to load, "
            f"{_or_dash(cost.examples_per_s, '{:,.0f}')} rows/s, peak {_or_dash(cost.peak_memory_gib, '{:.2f} GiB')}, "
            f"energy {energy}",
        ),
        *_choice_facts(record),
        *_prompt_facts(record),
        *_endpoint_facts(record),
        *_exchange_facts(record),
        (
            "machine",
            "not known"
            if env.processor is None
            else f"{env.processor}, {env.cores} cores, {env.memory_gib} GiB, {env.system}, Python {env.python}, "
            f"sectorbench {env.suite_version}",
        ),
        (
            "digests",
            f"inputs {_short(protocol.inputs_sha256)} references {_short(protocol.references_sha256)} "
            f"predictions {_short(protocol.predictions_sha256)} units {_short(record.units_sha256)}",
        ),
        (
            "when",
            f"{record.started_at:%Y-%m-%d %H:%M:%S} UTC, "
            f"predicted by {record.predicted_by}, scored by {record.scored_by}",
        ),
        ("folder", str(folder)),
    ]
    if record.trust == "own":
        facts.insert(2, ("trust", "own checkpoint, not inspected: shown apart and never ranked"))
    if record.signature is not None:
        facts.insert(2, ("signed", signature_text(record.signature)))
    if record.vendor_copy is not None:
        facts.insert(-2, ("copy", _copy_text(record.vendor_copy)))
    if record.partial_of is not None:
        facts.insert(3, ("partial", f"part of {record.partial_of} rows; never published"))
    if (counts := record.counts) is not None:
        codes = "".join(f", {code} ({CODES[code].meaning.en}): {n} units" for code, n in counts.codes.items())
        unread = "" if counts.unread is None else f", {counts.unread} answers could not be read"
        unread += f", {counts.truncated} ended at the limit of tokens" if counts.truncated else ""
        facts.append(
            ("units", f"{counts.units} units, {counts.rows} rows, {counts.invalid_rows} invalid{codes}{unread}")
        )
    return facts


def _place(record: Record) -> str:
    """The type and the device a model ran on; of a vendor's own program neither is known."""
    env = record.environment
    return "place not known" if env.device is None else f"{record.protocol.dtype} on {env.device} ({env.device_name})"


def _exchange_facts(record: Record) -> list[tuple[str, str]]:
    """Of a result whose predictions its vendor sent: when it had the inputs, and whether answers came out again."""
    facts = record.exchange
    if facts is None:
        return []
    since = "handed out elsewhere" if facts.exported_at is None else f"handed out {facts.exported_at:%Y-%m-%d %H:%M}"
    which = "" if facts.returns is None else f", {facts.returns} return(s) of this model"
    again = ""
    if facts.rerun is not None:
        again = f"; asked again: {facts.rerun.asked}, of which {facts.rerun.differing} differ"
    back = f"returned {facts.returned_at:%Y-%m-%d %H:%M} UTC"
    lines = [f"commitment {facts.commitment[:16]}, {since}, {back}{which}{again}"]
    if (before := facts.scored_before) is not None:
        why = "" if before.reason is None else f"; scored again because: {printable(before.reason)}"
        lines.append(
            f"scored after {before.model} earlier return(s) of this model, {before.vendor} of its vendor, "
            f"{before.everybody} in all{why}"
        )
    for one in facts.alike:
        same = "the answers" if one.identical else f"{one.alike:.1%} of the answers, nearly,"
        lines.append(f"{same} of {one.model} by {printable(one.vendor)}, returned {one.returned_at:%Y-%m-%d %H:%M} UTC")
    return [("" if at else "exchange", line) for at, line in enumerate(lines)]


def signature_text(signature: Signature | None) -> str:
    """What is known of a vendor's signature, in one line."""
    if signature is None:
        return "none"
    if signature.outcome == "not_checked":
        return "not checked; verify it with --public-key KEY or --certificate-chain PEM"
    return f"verified by {signature.method}, {signature.signer}"


def _copy_text(copy: VendorCopy) -> str:
    """Where the copy that was loaded lay, and when it went."""
    place = {
        "work": "in the work folder",
        "memory": "in memory",
        "temporary": "in a temporary folder",
        "in_place": "none made, read where it is",
    }[copy.where]
    if copy.where == "in_place":
        return place
    if copy.removed_at is None:
        return f"{place} from {copy.made_at:%Y-%m-%d %H:%M:%S} UTC; the run ended before it could tell of its removal"
    return f"{place} from {copy.made_at:%Y-%m-%d %H:%M:%S} to {copy.removed_at:%Y-%m-%d %H:%M:%S} UTC, then removed"


def _choice_facts(record: Record) -> list[tuple[str, str]]:
    """What the model chose, and what became of the texts it read: a line each, the first one with the name."""
    said = [printable(f"{name}: {value}") for name, value in record.protocol.choices.items()]
    return [("" if at else "choices", one) for at, one in enumerate(said)]


def _prompt_facts(record: Record) -> list[tuple[str, str]]:
    """What the track puts around every input, where it does."""
    prompting = record.protocol.prompting
    if prompting is None:
        return []
    told = {name.replace("_", " "): value for name, value in prompting.model_dump().items()}
    said = [f"{name} {value}" for name, value in told.items() if value not in ("", 0, False, None)]
    return [("prompting", ", ".join(said))] if said else []


def _endpoint_facts(record: Record) -> list[tuple[str, str]]:
    """What a server's answers took, and that they are those of a day."""
    found = record.cost.endpoint
    if not record.protocol.unpinned or found is None:
        return []
    tokens = f"{_or_dash(found.prompt_tokens, '{:,}')} tokens read, {_or_dash(found.completion_tokens, '{:,}')} written"
    price = "" if found.price is None else f", {found.price:,.4f} {found.currency}"
    said = f"unpinned, of {record.cell.settings.get('day')}: {found.requests:,} requests, {found.retries:,} sent again"
    return [("endpoint", f"{said}, {tokens}{price}")]


def _print_metrics(console: Console, metrics: tuple[MetricResult, ...]) -> None:
    columns = [
        Column("metric"),
        Column("value", right=True),
        Column("95 % interval"),
        Column("n", right=True),
        Column("unit"),
        Column("standard error", right=True),
        Column("method"),
    ]
    rows = [
        [
            m.name,
            f"{m.value:.5g}",
            _interval(m),
            str(m.n_units),
            m.unit,
            _or_dash(m.standard_error, "{:.3g}"),
            "-" if m.interval is None else m.interval.method,
        ]
        for m in metrics
    ]
    print_table(console, columns, rows, together=4)


def _interval(metric: MetricResult) -> str:
    if metric.interval is None:
        return f"none: {metric.no_interval}"
    return f"[{metric.interval.low:.5g}, {metric.interval.high:.5g}]"


def _or_dash(value: float | None, form: str) -> str:
    return "-" if value is None else form.format(value)


def _short(digest: str | None) -> str:
    return "-" if digest is None else digest[:16]


def print_units(units: pa.Table, metric: Metric | None) -> None:
    """Prints the units of a cell on standard output, worst first: broken rules, then what each takes from the value.

    Args:
        units: Of one cell.
        metric: The primary one of the cell's card; None where no such task is known here, then in the units' order.
    """
    scalar = [f.name for f in units.schema if pa.types.is_floating(f.type) and f.name != "rows"]
    slices = [name for name in units.column_names if name.startswith(SLICE_PREFIX)]
    last = [] if metric is None else [f"{metric.name} without it"]
    columns = [
        Column("unit"),
        *(Column(s.removeprefix(SLICE_PREFIX)) for s in slices),
        Column("rows", right=True),
        Column("invalid"),
        *(Column(name, right=True) for name in [*scalar, *last]),
    ]
    without = np.full(units.num_rows, np.nan) if metric is None else without_each(units, metric)  # (n,)
    all_rows = units.to_pylist()
    shown = [
        [
            str(row["unit"]),
            *(str(row[s]) for s in slices),
            f"{row['rows']:.0f}",
            str(row["code"] or row["invalid"]),
            *(f"{row[s]:.5g}" for s in scalar),
            *("" if np.isnan(without[at]) else f"{without[at]:.6g}" for _ in last),
        ]
        for at, row in ((at, all_rows[at]) for at in _worst_first(units, without, metric))
    ]
    print_table(output_console(), columns, shown)


def _worst_first(units: pa.Table, without: FloatArray, metric: Metric | None) -> list[int]:
    if metric is None:
        return list(range(units.num_rows))
    better = np.nan_to_num(without if metric.higher_is_better else -without, nan=-np.inf)
    invalid = units.column("invalid").to_numpy()
    order: list[int] = np.lexsort((np.arange(units.num_rows), -better, -invalid)).tolist()
    return order


def print_mapping(console: Console, title: str, values: Mapping[str, Any]) -> None:
    """Prints one line per entry; long lists are cut and say how long they are."""
    for name, value in values.items():
        console.print(RichText(printable(f"  {title:10} {name}: {_abridged(value)}")))


def _abridged(value: Any) -> str:
    if isinstance(value, list):
        inner = [_abridged(v) for v in value[:_SHOWN_VALUES]]
        more = f", ... {len(value)} in all" if len(value) > _SHOWN_VALUES else ""
        return f"[{', '.join(inner)}{more}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {_abridged(v)}" for k, v in value.items()) + "}"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
