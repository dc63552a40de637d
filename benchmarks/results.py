"""What a run prints when it is over: one table per task with every metric, or the same as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.table import Table
from rich.text import Text as RichText

from ..harness.console import output_console
from ..harness.formatting import invalid_text, repeat_text, seconds_text
from ..harness.metrics import Metric
from ..harness.planning import Plan, PlannedCell
from ..harness.records import MetricResult, Record
from ..harness.run import Outcome
from ..harness.store import Store
from ..harness.task import TaskCard

__all__ = ["print_results", "results_as_json", "task_name"]


def task_name(cell: PlannedCell) -> str:
    """The task's id, with its track where that is not the card's first."""
    card = cell.entry.task.card
    return card.id if cell.entry.track == card.tracks[0].name else f"{card.id}#{cell.entry.track}"


def print_results(plan: Plan, outcome: Outcome) -> None:
    """Prints one table per task on standard output."""
    console = output_console()
    for name in dict.fromkeys(task_name(cell) for cell in plan.cells):
        cells = [cell for cell in plan.cells if task_name(cell) == name]
        console.print(_table(name, cells, outcome))


def _table(name: str, cells: Sequence[PlannedCell], outcome: Outcome) -> Table:
    card = cells[0].entry.task.card
    n = max((r.metrics[0].n_units for c in cells if (r := outcome.records[c.key]).metrics), default=0)
    table = Table(title=f"{name} v{card.version}   n={n} ({card.unit})", title_justify="left")
    table.add_column(
        "model", no_wrap=True, min_width=max(len(_model_name(card, outcome.records[c.key])) for c in cells)
    )
    table.add_column(_heading(card.primary), justify="right")
    table.add_column("95 % interval", no_wrap=True, min_width=16)
    for metric in card.secondary:
        table.add_column(_heading(metric), justify="right")
    table.add_column("seconds", justify="right")
    records = [outcome.records[cell.key] for cell in cells]
    with_invalid = any(invalid_text(record.counts) for record in records)
    if with_invalid:
        table.add_column(f"invalid {card.unit}s", no_wrap=True)
    for record in records:
        table.add_row(*_row(card, record), *([invalid_text(record.counts) or "none"] if with_invalid else []))
    return table


def _heading(metric: Metric) -> str:
    """The metric's title, which wraps at its spaces where a name would be cut, with its unit."""
    return metric.title.en if metric.unit in ("1", "") else f"{metric.title.en} ({metric.unit})"


def _model_name(card: TaskCard, record: Record) -> str:
    floor = " (floor)" if record.cell.model.name == card.floor else ""
    return f"{record.cell.model.name}{floor}{repeat_text(record.cell.repeat)}"


def _row(card: TaskCard, record: Record) -> list[RichText]:
    name = _model_name(card, record)
    if record.status == "failed":
        blank = [RichText("-") for _ in card.secondary]
        return [RichText(name), RichText(f"failed {record.code}", style="red"), RichText("-"), *blank, RichText("-")]
    values = [f"{r.value:.{m.digits}f}" for r, m in zip(record.metrics, card.metrics, strict=True)]
    doubt = _interval(record.metrics[0], card.primary)
    return [RichText(t) for t in (name, values[0], doubt, *values[1:], seconds_text(record.cost.wall_s))]


def _interval(result: MetricResult, metric: Metric) -> str:
    if result.interval is None:
        return f"none: {result.no_interval}"
    return f"[{result.interval.low:.{metric.digits}f}, {result.interval.high:.{metric.digits}f}]"


def results_as_json(plan: Plan, outcome: Outcome, store: Store) -> dict[str, Any]:
    """All records with their folders, what was missing and which models fitted no task."""
    cells = []
    for cell in plan.cells:
        record = outcome.records[cell.key]
        folder = store.record_folder(record.cell.task, record.cell.model.name, record.key)
        cells.append({"folder": str(folder), "record": record.model_dump(mode="json")})
    missing = [
        {"task": m.entry.task.card.id, "track": m.entry.track, "code": m.code, "message": m.message}
        for m in plan.missing
    ]
    return {"cells": cells, "missing": missing, "unserved": list(plan.unserved)}
