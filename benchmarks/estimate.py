"""What a plan will take: from what earlier records measured here, else from the least to the most of such models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ..harness.errors import RecordError
from ..harness.formatting import seconds_text
from ..harness.planning import Plan, PlannedCell
from ..harness.records import Record
from ..harness.store import Store, load_record

__all__ = ["CellEstimate", "PlanEstimate", "Span", "estimate_plan", "span_text"]


class Span(NamedTuple):
    """Seconds from the least to the most."""

    least: float
    most: float

    def plus(self, other: Span) -> Span:
        """Both one after the other."""
        return Span(self.least + other.least, self.most + other.most)


class _Rough(NamedTuple):
    """Seconds to start a kind of model, and per row."""

    start_s: float
    row_s: Span


_ROUGH = {
    "builtin": _Rough(1.0, Span(1e-6, 0.2)),
    "command": _Rough(0.0, Span(0.0, 0.0)),  # its budget decides
    "dispatch-policy": _Rough(5.0, Span(0.01, 0.3)),
    "endpoint": _Rough(2.0, Span(0.01, 60.0)),  # as its server and its reasoning take
    "onnx": _Rough(1.0, Span(8e-5, 2e-3)),
    "skops": _Rough(5.0, Span(2e-6, 0.03)),
    "transformers-causal": _Rough(20.0, Span(0.1, 50.0)),
    "transformers-encoder": _Rough(8.0, Span(1e-3, 10.0)),
    "transformers-series": _Rough(8.0, Span(3e-4, 1.5)),
}
_ROWS = {
    ("builtin", "choice"): Span(1e-4, 0.04),
    ("builtin", "classification"): Span(1e-6, 6e-4),
    ("builtin", "detection"): Span(2e-4, 0.05),
    ("builtin", "generation"): Span(1e-4, 0.02),
    ("builtin", "regression"): Span(1e-6, 4e-3),
    ("builtin", "scheduling"): Span(1.5e-3, 0.2),
    ("skops", "choice"): Span(7e-5, 2e-3),
    ("skops", "classification"): Span(2e-6, 1.5e-4),
    ("skops", "detection"): Span(0.015, 0.03),
    ("skops", "extraction"): Span(0.02, 0.05),
    ("skops", "ranking"): Span(2e-3, 0.1),
    ("skops", "regression"): Span(2e-5, 0.015),
    ("transformers-series", "classification"): Span(4e-4, 8e-3),
    ("transformers-series", "detection"): Span(0.5, 1.5),
    ("transformers-series", "regression"): Span(3e-4, 0.03),
}
"""The least and the most that records of the suite's own models tell, on two busy processor cores, 2026-11-26: of rows
of one interface some hold a thousand times as much as others."""
_SLOW = {"energy-cp-sat": Span(2.0, 3.0)}
"""Builtins that take longer than the others of their interface, measured likewise."""
_AT_ONCE_S = 0.4  # a rule in a task by the clock, with the start of its process
_PREDICTION_BYTES = 64  # per row, answers of one number; schedules are estimated from their inputs


class CellEstimate(NamedTuple):
    """One cell of a plan: what it will take and whether it is done."""

    seconds: Span | None
    state: str


@dataclass(frozen=True)
class PlanEstimate:
    """What the cells of a plan that are not done will take."""

    cells: tuple[CellEstimate, ...]
    names: tuple[tuple[str, str, str, int], ...]
    """Task, track, model and repeat of each cell."""
    to_do: int
    rows: int
    seconds: Span
    disk_bytes: int

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        cells = [
            {
                "task": task,
                "track": track,
                "model": model,
                "repeat": repeat,
                "seconds": None if line.seconds is None else line.seconds._asdict(),
                "state": line.state,
            }
            for (task, track, model, repeat), line in zip(self.names, self.cells, strict=True)
        ]
        return {
            "cells": cells,
            "to_do": self.to_do,
            "rows": self.rows,
            "seconds": self.seconds._asdict(),
            "disk_bytes": self.disk_bytes,
        }


def estimate_plan(plan: Plan, store: Store) -> PlanEstimate:
    """Estimates a plan; a worker's start is counted once for the cells that share it."""
    known = {
        (r.cell.task, r.cell.track, r.cell.model.name): r for r in _records(store.records) if r.cost.examples_per_s
    }
    started: set[str] = set()
    lines, rows, seconds, disk = [], 0, Span(0.0, 0.0), 0
    for cell in plan.cells:
        if cell.is_done:
            lines.append(CellEstimate(None, "recorded"))
            continue
        spent = _seconds(cell, known, first=cell.job_key not in started)
        started.add(cell.job_key)
        if cell.submission.problems:
            lines.append(CellEstimate(None, f"refused with {cell.submission.problems[0].code}"))
            continue
        failed = f", failed before with {cell.record.code}" if cell.record is not None else ""
        lines.append(CellEstimate(spent, "to do" + (", floor" if cell.is_floor else "") + failed))
        rows, seconds, disk = rows + cell.prepared.rows, seconds.plus(spent), disk + _disk_bytes(cell)
    names = tuple((c.entry.task.card.id, c.entry.track, c.submission.manifest.name, c.repeat) for c in plan.cells)
    return PlanEstimate(
        tuple(lines), names, sum(not c.is_done and not c.submission.problems for c in plan.cells), rows, seconds, disk
    )


def _records(folder: Path) -> Iterator[Record]:
    for path in sorted(folder.rglob("record.json")):
        try:
            yield load_record(path.parent)
        except RecordError:
            continue  # an estimate needs no damaged record; `site build` and `show` name it


def span_text(span: Span | None) -> str:
    """Seconds from the least to the most for people, one figure where both read alike.

    >>> span_text(Span(1.02, 8.21)), span_text(Span(2.0, 2.0)), span_text(None)
    ('1 s to 8.2 s', '2 s', '-')
    """
    if span is None:
        return "-"
    least, most = seconds_text(span.least), seconds_text(span.most)
    return least if least == most else f"{least} to {most}"


def _seconds(cell: PlannedCell, known: dict[tuple[str, str, str], Record], *, first: bool) -> Span:
    card, name, adapter = cell.entry.task.card, cell.submission.manifest.name, cell.submission.manifest.adapter
    rough, record = _ROUGH[adapter], known.get((card.id, cell.entry.track, name))
    budget_s = card.track(cell.entry.track).budget_s
    if record and record.cost.examples_per_s:
        row = Span(1 / record.cost.examples_per_s, 1 / record.cost.examples_per_s)
    elif budget_s is not None:  # a solver is started for each shop and may use its whole budget
        row = Span(_AT_ONCE_S, rough.start_s + budget_s)
    else:
        row = _SLOW.get(name, _ROWS.get((adapter, card.interface), rough.row_s))
    start = record.cost.load_s if record and record.cost.load_s is not None else rough.start_s
    rows = cell.prepared.rows
    return Span(rows * row.least, rows * row.most).plus(Span(start, start) if first else Span(0.0, 0.0))


def _disk_bytes(cell: PlannedCell) -> int:
    answers = (
        cell.prepared.inputs_bytes // 4
        if cell.entry.task.card.interface in ("scheduling", "solver_trace", "generation")
        else cell.prepared.rows * _PREDICTION_BYTES
    )
    folder = cell.submission.folder
    copied = cell.submission.files if cell.submission.trust == "checked" else ()  # one's own is read where it is
    model = sum((folder / name).stat().st_size for name in copied) if folder else 0
    return answers + model
