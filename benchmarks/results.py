"""What a run prints when it is over: one table per task with every metric, or the same as JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text as RichText

from ..harness.console import output_console, results_option
from ..harness.formatting import invalid_text, repeat_text, seconds_text
from ..harness.metrics import Metric
from ..harness.planning import Plan, PlannedCell
from ..harness.records import MetricResult, Record
from ..harness.run import Outcome
from ..harness.store import Store
from ..harness.submission import MANIFEST_NAME, Submission
from ..harness.tables import Column, print_table
from ..harness.task import TaskCard

__all__ = ["print_results", "receipt_lines", "results_as_json", "task_name", "why_unserved"]

_TOGETHER = 4  # columns that say a result: model, value, interval, n


def task_name(cell: PlannedCell) -> str:
    """The task's id, with its track where that is not the card's first."""
    card = cell.entry.task.card
    return card.id if cell.entry.track == card.tracks[0].name else f"{card.id}#{cell.entry.track}"


def print_results(plan: Plan, outcome: Outcome, console: Console | None = None) -> None:
    """Prints one table per task, on standard output if no console is given."""
    for name in dict.fromkeys(task_name(cell) for cell in plan.cells):
        cells = [cell for cell in plan.cells if task_name(cell) == name]
        _print_task(console or output_console(), name, cells, outcome)


def _print_task(console: Console, name: str, cells: Sequence[PlannedCell], outcome: Outcome) -> None:
    card = cells[0].entry.task.card
    records = [outcome.records[cell.key] for cell in cells]
    with_invalid = any(invalid_text(record.counts) for record in records)
    columns = [
        Column("model", folds=True),
        Column(_heading(card.primary), right=True),
        Column("95 % interval"),
        Column("n", right=True),
        *(Column(_heading(metric), right=True) for metric in card.secondary),
        Column("seconds", right=True),
        *([Column(f"invalid {_several(card.unit)}")] if with_invalid else []),
    ]
    rows = [[*_row(card, record), *([RichText(_invalid(record))] if with_invalid else [])] for record in records]
    title = f"{name} v{card.version}   n: {_several(card.unit)}"
    print_table(console, columns, rows, together=_TOGETHER, title=title)


def _invalid(record: Record) -> str:
    """Which answers broke a rule; of a model that was refused or failed there is nothing to say."""
    if record.status != "ok":
        return "-"
    return invalid_text(record.counts) or "none"


def _several(unit: str) -> str:
    """More than one of a card's unit.

    >>> _several("query"), _several("engine"), _several("region-day")
    ('queries', 'engines', 'region-days')
    """
    return re.sub("(?<![aeiou])y$", "ie", unit) + "s"


def _heading(metric: Metric) -> str:
    """The metric's title, which wraps at its spaces where a name would be cut, with its unit."""
    return metric.title.en if metric.unit in ("1", "") else f"{metric.title.en} ({metric.unit})"


def _model_name(card: TaskCard, record: Record) -> str:
    floor = " (floor)" if record.cell.model.name == card.floor else ""
    return f"{record.cell.model.name}{floor}{repeat_text(record.cell.repeat)}"


def _row(card: TaskCard, record: Record) -> list[RichText]:
    name = _model_name(card, record)
    if record.status == "failed":
        blank = [RichText("-") for _ in range(len(card.secondary) + 3)]  # interval, n, seconds
        return [RichText(name), RichText(f"failed {record.code}", style="red"), *blank]
    told = {result.name: result.value for result in record.metrics}
    values = [f"{told[m.name]:.{m.digits}f}" if m.name in told else "-" for m in card.metrics]
    doubt = _interval(record.metrics[0], card.primary)
    n = f"{record.metrics[0].n_units:,}"
    return [RichText(t) for t in (name, values[0], doubt, n, *values[1:], seconds_text(record.cost.wall_s))]


def _interval(result: MetricResult, metric: Metric) -> str:
    if result.interval is None:
        return f"none: {result.no_interval}"
    return f"[{result.interval.low:.{metric.digits}f}, {result.interval.high:.{metric.digits}f}]"


def receipt_lines(plan: Plan, results: Path) -> list[str]:
    """What a vendor types next, a line for each folder that was run."""
    submitted = (cell.submission for cell in plan.cells if cell.submission.given_as.startswith("--submission"))
    names = dict.fromkeys(one.manifest.name for one in submitted)
    return [f"receipt: sectorbench receipt {name}{results_option(results)}" for name in names]


def why_unserved(submission: Submission) -> str:
    """Why a model that was named is run on none of the tasks."""
    manifest = submission.manifest
    made_for = (
        f"tasks {', '.join(manifest.tasks)}" if manifest.tasks else f"any task of {', '.join(manifest.interfaces)}"
    )
    where = "" if submission.folder is None else f"; see 'interfaces' and 'tasks' in its {MANIFEST_NAME}"
    return f"fits none of the tasks asked for: it serves {made_for}{where}"


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
