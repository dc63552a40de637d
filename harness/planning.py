"""Plans: which cells a run consists of, which of them are there already, and what the others will take."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from .data import DataFiles
from .device import device_class, resolve_device
from .errors import DataError, SectorBenchError
from .records import Record
from .store import Prepared, Store, digest_of
from .submission import Submission
from .task import Draw, Task

__all__ = ["Entry", "MissingData", "Plan", "PlannedCell", "Settings", "jobs_of", "make_plan", "prepare_entry"]


class Entry(NamedTuple):
    """A task and track that a run asks for."""

    task: Task
    track: str


@dataclass(frozen=True)
class Settings:
    """How a run is done; everything here can be said on the command line.

    Attributes:
        results: Folder for records and work files.
        suite: ``name@version`` of the suite, for the records.
        device: ``auto``, ``cpu`` or ``cuda``.
        precision: ``auto`` (as the manifest says), ``float32``, ``bfloat16`` or ``float16``.
        sandbox: ``auto``, ``bubblewrap``, ``limits`` or ``none``.
        workers: Worker processes at a time.
        timeout_s: Wall seconds per worker.
        batch_rows: Rows per batch; None takes the adapter's own.
        seed: For adapters that draw.
        repeats: How often each cell is done; scores come from repeat 0.
        limit: Only the first rows of each test set, for a partial record; None runs all.
        keep_predictions: Whether predictions stay after scoring.
        secret: What generated test sets are drawn from; None takes the open practice secret.
    """

    results: Path
    suite: str
    device: str = "auto"
    precision: str = "auto"
    sandbox: str = "auto"
    workers: int = 1
    timeout_s: float = 3600.0
    batch_rows: int | None = None
    seed: int = 0
    repeats: int = 1
    limit: int | None = None
    keep_predictions: bool = True
    secret: str | None = None


@dataclass(frozen=True)
class PlannedCell:
    """One cell of a plan.

    Attributes:
        entry: Task and track.
        submission: The model.
        prepared: Its inputs and references.
        repeat: 0 is the one that scores.
        device: Where the model will run.
        dtype: Type of its weights.
        settings: What of the settings can move a prediction.
        seed: For adapters that draw.
        predict_key: Names the predictions.
        key: Names the record.
        record: The record, where there is one already.
        is_floor: The task's skill is measured from it; a name that no other model can take.
    """

    entry: Entry
    submission: Submission
    prepared: Prepared
    repeat: int
    device: str
    dtype: str
    settings: dict[str, Any]
    seed: int
    predict_key: str
    key: str
    record: Record | None
    is_floor: bool

    @property
    def is_done(self) -> bool:
        """Whether there is nothing left to do; a cell that failed before is tried again."""
        return self.record is not None and self.record.status == "ok"

    @property
    def job_key(self) -> str:
        """Cells with one job key share a worker."""
        facts = [self.submission.submission_sha256, self.device, self.dtype, self.settings, self.seed, self.repeat]
        return digest_of({"job": facts})

    @property
    def label(self) -> str:
        """Task and model for people, in one line."""
        default = self.entry.track == self.entry.task.card.tracks[0].name
        track = "" if default else f"#{self.entry.track}"
        repeat = f" (repeat {self.repeat})" if self.repeat else ""
        return f"{self.entry.task.card.id}{track}  {self.submission.manifest.name}{repeat}"


class MissingData(NamedTuple):
    """A task that cannot be run here, and what to do about it."""

    entry: Entry
    code: str
    message: str


@dataclass(frozen=True)
class Plan:
    """All cells of a run, finished ones too, and what could not be planned."""

    cells: tuple[PlannedCell, ...]
    missing: tuple[MissingData, ...]
    unserved: tuple[str, ...]
    """Models that fit none of the tasks."""


def prepare_entry(entry: Entry, files: DataFiles, store: Store, settings: Settings) -> Prepared:
    """The prepare stage of one task and track: from the store if it is there, else made and written.

    Raises:
        DataError: The data is missing or damaged.
    """
    card = entry.task.card
    secret = settings.secret if card.practice_secret is not None else None
    drawn_from = secret or card.practice_secret
    secret_sha256 = _sha256(drawn_from) if drawn_from else None
    key = digest_of(
        {
            "task": card.at_version,
            "track": entry.track,
            "data": card.data.fingerprint if card.data else None,
            "secret": secret_sha256,
            "limit": settings.limit,
        }
    )
    found = store.prepared(key)
    if found is not None:
        return found
    draw = Draw(entry.track, secret)
    inputs, references = entry.task.inputs(files, draw), entry.task.references(files, draw)
    if settings.limit is not None:
        inputs, references = _first(inputs, settings.limit), _first(references, settings.limit)
    return store.prepare(key, inputs, references, secret_sha256=secret_sha256)


def _first(table: pa.Table, rows: int) -> pa.Table:
    return table.slice(0, rows).combine_chunks()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def make_plan(
    entries: Sequence[Entry],
    submissions: Sequence[Submission],
    *,
    floor: Callable[[str], Submission],
    files: DataFiles,
    store: Store,
    settings: Settings,
    told: Callable[[str], None],
) -> Plan:
    """Prepares all tasks and lists the cells; a floor's cell is added wherever a model has one.

    Args:
        entries: Tasks and tracks.
        submissions: Models.
        floor: The builtin behind a card's floor method.
        files: Where the data is.
        store: Where the results lie.
        settings: How the run is done.
        told: Is told what is being prepared.
    """
    cells: list[PlannedCell] = []
    missing: list[MissingData] = []
    served: set[str] = set()
    for entry in entries:
        card = entry.task.card
        models = [s for s in submissions if s.manifest.serves(card.interface, card.id, entry.track)]
        if not models:
            continue
        served |= {s.manifest.name for s in models}
        told(f"preparing {card.id}, track {entry.track}")
        try:
            prepared = prepare_entry(entry, files, store, settings)
        except DataError as err:
            code = str(err)[:5] if re.match(r"SB\d{3}", str(err)) else "SB201"
            missing.append(MissingData(entry, code, str(err)))
            continue
        except SectorBenchError as err:
            missing.append(MissingData(entry, "SB209", str(err)))
            continue
        added = [] if any(s.manifest.name == card.floor for s in models) else [floor(card.floor)]
        for submission in [*added, *models]:
            is_floor = submission.manifest.name == card.floor
            for repeat in range(settings.repeats):
                cells.append(_plan_cell(entry, submission, prepared, repeat, store, settings, is_floor=is_floor))
    unserved = tuple(s.manifest.name for s in submissions if s.manifest.name not in served)
    return Plan(tuple(cells), tuple(missing), unserved)


def _plan_cell(
    entry: Entry,
    submission: Submission,
    prepared: Prepared,
    repeat: int,
    store: Store,
    settings: Settings,
    *,
    is_floor: bool,
) -> PlannedCell:
    adapter = submission.adapter
    device = resolve_device(settings.device, accelerated=submission.accelerated)
    dtype = submission.manifest.precision if settings.precision == "auto" else settings.precision
    moving: dict[str, Any] = {} if settings.batch_rows is None else {"batch_rows": settings.batch_rows}
    predict_key = digest_of(
        {
            "inputs": prepared.inputs_sha256,
            "model": submission.model_sha256,
            "adapter": submission.adapter_path.rpartition(":")[2],
            "revision": adapter.revision,
            "dtype": dtype,
            "device": device_class(device),
            "settings": moving,
            "seed": settings.seed,
            "repeat": repeat,
        }
    )
    card = entry.task.card
    key = digest_of(
        {
            "task": card.at_version,
            "track": entry.track,
            "references": prepared.references_sha256,
            "predictions": predict_key,
            "name": submission.manifest.name,
        }
    )
    return PlannedCell(
        entry=entry,
        submission=submission,
        prepared=prepared,
        repeat=repeat,
        device=device,
        dtype=dtype,
        settings=moving,
        seed=settings.seed,
        predict_key=predict_key,
        key=key,
        record=store.find_record(card.id, submission.manifest.name, key),
        is_floor=is_floor,
    )


def jobs_of(cells: Iterable[PlannedCell]) -> dict[str, list[PlannedCell]]:
    """Unfinished cells grouped by the worker that can answer them together, biggest group first."""
    groups: dict[str, list[PlannedCell]] = {}
    for cell in cells:
        groups.setdefault(cell.job_key, []).append(cell)
    return dict(sorted(groups.items(), key=lambda item: -sum(c.prepared.rows for c in item[1])))
