"""What a plan will take: from what earlier records measured here, else from a rough figure per kind of model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ..harness.errors import RecordError
from ..harness.planning import Plan, PlannedCell
from ..harness.records import Record
from ..harness.store import Store, load_record

__all__ = ["CellEstimate", "PlanEstimate", "estimate_plan"]


class _Rough(NamedTuple):
    """Start-up and per-row seconds of a kind of model, on one ordinary processor core."""

    start_s: float
    row_s: float


_ROUGH = {
    "builtin": _Rough(1.0, 0.01),
    "command": _Rough(0.0, 0.0),  # its budget decides
    "dispatch-policy": _Rough(10.0, 0.05),
    "skops": _Rough(4.0, 0.001),
    "transformers-causal": _Rough(20.0, 5.0),
    "transformers-series": _Rough(10.0, 0.002),
}
_PREDICTION_BYTES = 64  # per row, answers of one number; schedules are estimated from their inputs


class CellEstimate(NamedTuple):
    """One cell of a plan: what it will take and whether it is done."""

    seconds: float | None
    state: str


@dataclass(frozen=True)
class PlanEstimate:
    """What the cells of a plan that are not done will take."""

    cells: tuple[CellEstimate, ...]
    names: tuple[tuple[str, str, str, int], ...]
    """Task, track, model and repeat of each cell."""
    to_do: int
    rows: int
    seconds: float
    disk_bytes: int

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        cells = [
            {
                "task": task,
                "track": track,
                "model": model,
                "repeat": repeat,
                "seconds": line.seconds,
                "state": line.state,
            }
            for (task, track, model, repeat), line in zip(self.names, self.cells, strict=True)
        ]
        return {
            "cells": cells,
            "to_do": self.to_do,
            "rows": self.rows,
            "seconds": self.seconds,
            "disk_bytes": self.disk_bytes,
        }


def estimate_plan(plan: Plan, store: Store) -> PlanEstimate:
    """Estimates a plan; a worker's start is counted once for the cells that share it."""
    known = {
        (r.cell.task, r.cell.track, r.cell.model.name): r for r in _records(store.records) if r.cost.examples_per_s
    }
    started: set[str] = set()
    lines, rows, seconds, disk = [], 0, 0.0, 0
    for cell in plan.cells:
        if cell.is_done:
            lines.append(CellEstimate(None, "recorded"))
            continue
        spent = _seconds(cell, known, first=cell.job_key not in started)
        started.add(cell.job_key)
        failed = f", failed before with {cell.record.code}" if cell.record is not None else ""
        lines.append(CellEstimate(spent, "to do" + (", floor" if cell.is_floor else "") + failed))
        rows, seconds, disk = rows + cell.prepared.rows, seconds + spent, disk + _disk_bytes(cell)
    names = tuple((c.entry.task.card.id, c.entry.track, c.submission.manifest.name, c.repeat) for c in plan.cells)
    return PlanEstimate(tuple(lines), names, sum(not c.is_done for c in plan.cells), rows, seconds, disk)


def _records(folder: Path) -> Iterator[Record]:
    for path in sorted(folder.rglob("record.json")):
        try:
            yield load_record(path.parent)
        except RecordError:
            continue  # an estimate needs no damaged record; `site build` and `show` name it


def _seconds(cell: PlannedCell, known: dict[tuple[str, str, str], Record], *, first: bool) -> float:
    rough = _ROUGH[cell.submission.manifest.adapter]
    record = known.get((cell.entry.task.card.id, cell.entry.track, cell.submission.manifest.name))
    budget_s = cell.entry.task.card.track(cell.entry.track).budget_s
    if record and record.cost.examples_per_s:
        per_row = 1 / record.cost.examples_per_s
    else:  # a solver is started for each shop and may use its whole budget
        per_row = rough.row_s if budget_s is None else rough.start_s + budget_s
    start = record.cost.load_s if record and record.cost.load_s is not None else rough.start_s
    return cell.prepared.rows * per_row + (start if first else 0.0)


def _disk_bytes(cell: PlannedCell) -> int:
    answers = (
        cell.prepared.inputs_bytes // 4
        if cell.entry.task.card.interface in ("scheduling", "solver_trace", "generation")
        else cell.prepared.rows * _PREDICTION_BYTES
    )
    folder = cell.submission.folder
    model = sum((folder / name).stat().st_size for name in cell.submission.files) if folder else 0
    return answers + model
