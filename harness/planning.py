"""Plans: which cells a run consists of, which of them are there already, and what the others will take."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pyarrow as pa

from .data import DataFiles
from .device import device_class, resolve_device
from .errors import DataError, RecordError, SectorBenchError
from .formatting import repeat_text
from .keys import digest_of, prediction_key, record_key
from .records import ModelIdentity, Record
from .settings import Settings
from .store import Prepared, Store
from .submission import Submission
from .task import Draw, Task, TaskCard

__all__ = [
    "Entry",
    "MissingData",
    "Plan",
    "PlannedCell",
    "draw_entry",
    "dtype_of",
    "identity_of",
    "jobs_of",
    "make_plan",
    "prepare_entry",
    "why_not_open",
]


class Entry(NamedTuple):
    """A task and track that a run asks for."""

    task: Task
    track: str


@dataclass(frozen=True)
class PlannedCell:
    """One cell of a plan.

    Attributes:
        entry: Task and track.
        submission: The model.
        prepared: Its inputs and references.
        limit: How many rows of the test set are asked, where that is not all of them.
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
    limit: int | None
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
        # An endpoint that is asked more slowly goes on from the answers it has.
        files = "" if self.submission.adapter.remote else self.submission.submission_sha256
        one = [self.submission.model_sha256, files]
        facts = [*one, self.device, self.dtype, self.settings, self.seed, self.repeat]
        return digest_of({"job": facts})

    @property
    def label(self) -> str:
        """Task and model for people, in one line."""
        default = self.entry.track == self.entry.task.card.tracks[0].name
        track = "" if default else f"#{self.entry.track}"
        return f"{self.entry.task.card.id}{track}  {self.submission.manifest.name}{repeat_text(self.repeat)}"


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


def prepare_entry(
    entry: Entry,
    files: DataFiles,
    store: Store,
    settings: Settings,
    *,
    told: Callable[[str], None] = lambda text: None,
    write: bool = True,
) -> Prepared:
    """The prepare stage of one task and track: from the store if it is there and whole, else made.

    Args:
        entry: Task and track.
        files: Where the data is.
        store: Where the results lie.
        settings: How the run is done.
        told: Is told why something that was there is made again.
        write: Whether what is made is written.

    Raises:
        DataError: The data is missing or damaged.
    """
    card = entry.task.card
    limit = _limit(card, settings)
    secret = settings.secret if card.practice_secret is not None else None
    drawn_from = secret or card.practice_secret
    secret_sha256 = _sha256(drawn_from) if drawn_from else None
    key = digest_of(
        {
            "task": card.at_version,
            "track": entry.track,
            "data": card.data.fingerprint if card.data else None,
            "secret": secret_sha256,
            "limit": limit,
        }
        | ({"prepared": entry.task.prepared_revision} if entry.task.prepared_revision else {})
    )
    try:
        found = store.prepared(key)
    except RecordError as err:
        told(f"prepared again: {err}")
        found = None
    if found is not None:
        return found
    inputs, references = draw_entry(entry, files, secret=secret, limit=limit)
    return store.prepare(key, inputs, references, secret_sha256=secret_sha256, write=write)


def draw_entry(
    entry: Entry, files: DataFiles, *, secret: str | None, limit: int | None = None
) -> tuple[pa.Table, pa.Table]:
    """Inputs and references of a task and track, from its card and data alone.

    Args:
        entry: Task and track.
        files: Where the data is.
        secret: What a generated test set is drawn from; None takes the open practice secret.
        limit: Only the first rows.

    Raises:
        DataError: The data is missing or damaged.
    """
    draw = Draw(entry.track, secret)
    inputs, references = entry.task.inputs(files, draw), entry.task.references(files, draw)
    if limit is None:
        return inputs, references
    return _first(inputs, limit), _first(references, limit)


def _limit(card: TaskCard, settings: Settings) -> int | None:
    """The asked limit where it leaves rows out; a limit that reaches the whole test set is none."""
    return settings.limit if settings.limit is not None and settings.limit < card.test.rows else None


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
    write: bool = True,
) -> Plan:
    """Prepares all tasks and lists the cells; the floor's is added wherever a model has one, and a track's control.

    Args:
        entries: Tasks and tracks.
        submissions: Models.
        floor: The builtin behind a name that a card gives.
        files: Where the data is.
        store: Where the results lie.
        settings: How the run is done.
        told: Is told what is being prepared, and what is made again because it was damaged.
        write: Whether prepared inputs are kept; without, nothing is written and the plan cannot be carried out.
    """
    cells: list[PlannedCell] = []
    missing: list[MissingData] = []
    served: set[str] = set()
    for entry in entries:
        card = entry.task.card
        models = [s for s in submissions if s.manifest.serves(card.interface, card.id, entry.track)]
        served |= {s.manifest.name for s in models}
        kept = None if settings.allow_send else why_not_open(card, settings.secret)
        if kept is not None:
            refused = [s.manifest.name for s in models if s.adapter.remote]
            missing += [MissingData(entry, "SB212", _not_sent(card, name, kept)) for name in refused]
            models = [s for s in models if s.manifest.name not in refused]
        if not models:
            continue
        told(f"preparing {card.id}, track {entry.track}")
        try:
            prepared = prepare_entry(entry, files, store, settings, told=told, write=write)
        except DataError as err:
            code = str(err)[:5] if re.match(r"SB\d{3}", str(err)) else "SB201"
            missing.append(MissingData(entry, code, str(err)))
            continue
        except SectorBenchError as err:
            missing.append(MissingData(entry, "SB209", str(err)))
            continue
        control = card.track(entry.track).control
        wanted = dict.fromkeys(name for name in (card.floor, control) if name is not None)
        added = [floor(name) for name in wanted if not any(_is_own(s, name) for s in models)]
        for submission in [*added, *models]:
            is_floor = _is_own(submission, card.floor)
            for repeat in range(settings.repeats):
                cells.append(
                    _plan_cell(entry, submission, prepared, repeat, store, settings, is_floor=is_floor, told=told)
                )
    unserved = tuple(s.manifest.name for s in submissions if s.manifest.name not in served)
    return Plan(tuple(cells), tuple(missing), unserved)


def why_not_open(card: TaskCard, secret: str | None) -> str | None:
    """Why inputs and answers of a task may not lie open, in a few words; None where they may.

    Never those of data that are not public, nor of a test set drawn from a secret other than the open practice one,
    which a single unit would give away before the secret is revealed.
    """
    if card.data is not None and card.data.access != "public":
        return f"its data are {card.data.access}"
    sealed = card.practice_secret is not None and secret is not None and secret != card.practice_secret
    return "its test set is drawn from a secret" if sealed else None


def _not_sent(card: TaskCard, model: str, kept: str) -> str:
    return (
        f"SB212 not sent to the endpoint of {model}: {kept}. Where you may show its inputs to the server's owner, "
        "say --allow-send"
    )


def _is_own(submission: Submission, name: str) -> bool:
    """Whether this is the suite's own model of a name, not a folder that bears it."""
    return submission.folder is None and submission.manifest.name == name


def identity_of(submission: Submission) -> ModelIdentity:
    """What a record says of the model; all of it is part of the record's key."""
    manifest = submission.manifest
    return ModelIdentity(
        name=manifest.name,
        vendor=manifest.vendor,
        version=manifest.version,
        country=manifest.country,
        licence=manifest.licence,
        model_sha256=submission.model_sha256,
        submission_sha256=submission.submission_sha256,
        trained_on=manifest.trained_on,
    )


def dtype_of(submission: Submission, precision: str) -> str:
    """The type that a model's weights are run in: as asked or as its manifest says, where the adapter knows it."""
    dtype, known = submission.manifest.precision if precision == "auto" else precision, submission.adapter.dtypes
    return dtype if dtype in known else "float32" if "float32" in known else min(known)


def _plan_cell(
    entry: Entry,
    submission: Submission,
    prepared: Prepared,
    repeat: int,
    store: Store,
    settings: Settings,
    *,
    is_floor: bool,
    told: Callable[[str], None],
) -> PlannedCell:
    adapter = submission.adapter
    device = resolve_device(settings.device, accelerated=submission.accelerated)
    dtype = dtype_of(submission, settings.precision)
    moving: dict[str, Any] = {} if settings.batch_rows is None else {"batch_rows": settings.batch_rows}
    if submission.trust == "own":  # nobody vouches for what its digests say
        moving["trust"] = "own"
    if adapter.remote:  # who knows what answers tomorrow
        moving["day"] = settings.today.isoformat()
    predict_key = prediction_key(
        inputs_sha256=prepared.inputs_sha256,
        model_sha256=submission.model_sha256,
        adapter_class=submission.adapter_path.rpartition(":")[2],
        adapter_revision=adapter.revision,
        dtype=dtype,
        device_class=device_class(device),
        settings=moving,
        seed=settings.seed,
        repeat=repeat,
    )
    card = entry.task.card
    key = record_key(
        at_version=card.at_version,
        track=entry.track,
        references_sha256=prepared.references_sha256,
        predict_key=predict_key,
        limit=_limit(card, settings),
        model=identity_of(submission),
    )
    try:
        record = store.find_record(card, submission.manifest.name, key)
    except RecordError as err:
        told(f"to be done again: {err}")
        record = None
    return PlannedCell(
        entry=entry,
        submission=submission,
        prepared=prepared,
        limit=_limit(card, settings),
        repeat=repeat,
        device=device,
        dtype=dtype,
        settings=moving,
        seed=settings.seed,
        predict_key=predict_key,
        key=key,
        record=record,
        is_floor=is_floor,
    )


def jobs_of(cells: Iterable[PlannedCell]) -> dict[str, list[PlannedCell]]:
    """Unfinished cells grouped by the worker that can answer them together, biggest group first."""
    groups: dict[str, list[PlannedCell]] = {}
    for cell in cells:
        groups.setdefault(cell.job_key, []).append(cell)
    return dict(sorted(groups.items(), key=lambda item: -sum(c.prepared.rows for c in item[1])))
