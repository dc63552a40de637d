"""The store: where prepared inputs, predictions and records lie between the stages, found by what made them.

A result folder holds ``records/`` (to keep and publish) and ``work/`` (to resume from, safe to delete).
"""

from __future__ import annotations

import fcntl
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, ValidationError

from .arrow_files import content_digest, read_stream, write_json, write_stream
from .errors import InterfaceError, RecordError, UsageError
from .exhibits import EXHIBITS_NAME, Exhibits, read_exhibits, write_exhibits
from .figure_checks import check_figures
from .folders import remove_tree
from .foreign_files import read_regular
from .foreign_values import unsound
from .formatting import printable
from .records import Record
from .task import TaskCard
from .units import read_units

__all__ = ["KEY_SHOWN", "RECORD_BYTES", "LoadedCell", "Prepared", "Store", "load_cell", "load_record"]


KEY_SHOWN = 12
"""Digits of a key that a record's folder is named with, and that people type."""

RECORD_BYTES = 4 << 20
"""What a record's file may have at most; the largest of ours has 84 KB."""

_SHOWN = 300  # characters of what a record says, in a message
_REMEDY = "run the cell again to get a whole record, or ask whoever sent it"


class _Facts(BaseModel):
    """``prepared.json``: what lies beside it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    inputs_sha256: str
    references_sha256: str
    secret_sha256: str | None
    rows: int
    inputs_bytes: int


@dataclass(frozen=True)
class Prepared:
    """Inputs and references of one task and track, as files with their digests.

    What is read is what the digests say, or it is refused: a record must not name a digest of something else than was
    asked and scored.
    """

    folder: Path
    inputs_sha256: str
    references_sha256: str
    secret_sha256: str | None
    rows: int
    inputs_bytes: int

    @property
    def inputs_path(self) -> Path:
        """The file of the inputs, for a worker."""
        return self.folder / "inputs.arrow"

    def inputs(self) -> pa.Table:
        """The test inputs.

        Raises:
            RecordError: The file is not whole, or not what was prepared.
        """
        return _as_prepared(self.inputs_path, self.inputs_sha256)

    def references(self) -> pa.Table:
        """What the predictions are compared with; never given to a worker.

        Raises:
            RecordError: The file is not whole, or not what was prepared.
        """
        return _as_prepared(self.folder / "references.arrow", self.references_sha256)


def _as_prepared(path: Path, sha256: str) -> pa.Table:
    table, got = _digested(path, "run again and it is made anew")
    if got != sha256:
        raise RecordError(f"{path}: digest {got}, prepared was {sha256}; run again and it is made anew")
    return table


def _digested(path: Path, remedy: str) -> tuple[pa.Table, str]:
    """A table and its content's digest.

    Raises:
        RecordError: It cannot be read; the message ends with ``remedy``.
    """
    try:
        table = read_stream(path)
        return table, content_digest(table)
    except InterfaceError as err:
        where = "" if str(path) in str(err) else f"{path}: "
        raise RecordError(f"{where}{err}; {remedy}") from err


class Store:
    """One result folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.records = folder / "records"
        self._work = folder.absolute() / "work"  # workers are started in another working directory

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keeps a second run out of this folder while the block runs.

        Raises:
            UsageError: Another run is writing here, or the folder cannot be written.
        """
        try:
            self._work.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._work / ".lock", os.O_CREAT | os.O_RDWR)
        except OSError as err:
            raise UsageError(f"results folder {self.folder}: {err.strerror}; name another with --results DIR") from err
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as err:
                raise UsageError(
                    f"{self.folder}: another run is writing here; wait for it or name another folder with --results DIR"
                ) from err
            yield
        finally:
            os.close(handle)

    def prepared(self, key: str) -> Prepared | None:
        """What an earlier run prepared under a key; None where nothing was.

        Raises:
            RecordError: Something lies there, but it is not what was prepared.
        """
        prepared = self._prepared(self._prepared_folder(key))
        if prepared is not None:
            prepared.inputs()
            prepared.references()
        return prepared

    def prepare(
        self, key: str, inputs: pa.Table, references: pa.Table, *, secret_sha256: str | None, write: bool = True
    ) -> Prepared:
        """Writes inputs and references under a key; the file that makes them count is written last.

        Args:
            key: What made them.
            inputs: What is asked.
            references: What is right.
            secret_sha256: Hash of the secret that they were drawn from.
            write: Whether they are written; a plan that is not carried out needs their digests alone.
        """
        folder = self._prepared_folder(key)
        facts = _Facts(
            inputs_sha256=content_digest(inputs),
            references_sha256=content_digest(references),
            secret_sha256=secret_sha256,
            rows=inputs.num_rows,
            inputs_bytes=inputs.nbytes,
        )
        if write:
            write_stream(folder / "inputs.arrow", inputs)
            write_stream(folder / "references.arrow", references)
            write_json(folder / "prepared.json", facts.model_dump())
        return Prepared(folder, **facts.model_dump())

    def _prepared_folder(self, key: str) -> Path:
        return self._work / "prepared" / key

    def _prepared(self, folder: Path) -> Prepared | None:
        """What a folder says was prepared there, not looked at yet."""
        path = folder / "prepared.json"
        try:
            return Prepared(folder, **_Facts.model_validate_json(path.read_bytes()).model_dump())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as err:
            raise RecordError(f"{path}: cannot be read ({str(err).splitlines()[0]})") from err

    def predictions(self, key: str) -> Path:
        """Where whole, validated predictions of a predict key lie or will lie."""
        return self._work / "predictions" / f"{key}.arrow"

    def job_folder(self, key: str) -> Path:
        """The folder of a job; it outlives a cut-off run, so that finished batches need not be computed again."""
        return self._work / "jobs" / key

    def find_work(self, record: Record) -> tuple[Prepared, Path] | None:
        """The inputs, references and predictions behind a record, if they are still there."""
        predictions = self.predictions(record.predict_key)
        prepared = self.find_prepared(record) if predictions.is_file() else None
        return None if prepared is None else (prepared, predictions)

    def find_prepared(self, record: Record) -> Prepared | None:
        """The inputs and references behind a record, if they are still there: by the digests that it names."""
        wanted = (record.protocol.inputs_sha256, record.protocol.references_sha256)
        for path in sorted((self._work / "prepared").glob("*/prepared.json")):
            try:
                prepared = self._prepared(path.parent)
            except RecordError:
                continue  # the next run makes it anew
            if prepared is not None and (prepared.inputs_sha256, prepared.references_sha256) == wanted:
                return prepared
        return None

    def discard_job(self, key: str, *, keep_answers: bool = False) -> None:
        """Removes a job's folder with the copy of the model in it; the answers so far may stay, to go on from."""
        folder = self.job_folder(key)
        if not keep_answers:
            remove_tree(folder)
            return
        for name in ("model", "inputs"):
            remove_tree(folder / name)

    def discard_models(self) -> None:
        """Removes copies of models that a run left which was killed; to be called while no other run is going on."""
        for folder in (self._work / "jobs").glob("*/model"):
            remove_tree(folder)

    def record_folder(self, task: str, model: str, key: str) -> Path:
        """Where the record of a cell lies: readable names, and enough of the key to be unique."""
        return self.records / task / f"{model}-{key[:KEY_SHOWN]}"

    def find_record(self, card: TaskCard, model: str, key: str) -> Record | None:
        """The record of a cell of a card's task, if it is there.

        Raises:
            RecordError: It is there, but it or what lies beside it is damaged, or its figures are not its units'.
        """
        folder = self.record_folder(card.id, model, key)
        if not (folder / "record.json").is_file():
            return None
        record = load_record(folder)
        if record.key != key:
            return None
        check_figures(card, record, folder / "record.json")
        return record

    def add_suite(self, record: Record, suite: str) -> Record:
        """The record, saying that it was asked for in a suite too."""
        return self.amend(record, suites=tuple(sorted({*record.suites, suite})))

    def amend(self, record: Record, **facts: object) -> Record:
        """The record with other values of some fields; its units and exhibits stay as they are."""
        said = record.model_copy(update=facts)
        if said == record:
            return record
        folder = self.record_folder(said.cell.task, said.cell.model.name, said.key)
        write_json(folder / "record.json", said.model_dump(mode="json"))
        return said

    def write_record(self, record: Record, units: pa.Table | None, exhibits: Exhibits | None = None) -> Path:
        """Writes units and exhibits, then the record that names their digests; it is never seen without them."""
        folder = self.record_folder(record.cell.task, record.cell.model.name, record.key)
        if units is not None:
            write_stream(folder / "units.arrow", units)
        if exhibits is not None:
            write_exhibits(folder, exhibits)
        write_json(folder / "record.json", record.model_dump(mode="json"))
        if exhibits is None:
            (folder / EXHIBITS_NAME).unlink(missing_ok=True)  # of an earlier record of this cell
        return folder


class LoadedCell(NamedTuple):
    """A record and the exhibits that it names."""

    record: Record
    exhibits: Exhibits | None


def load_record(folder: Path) -> Record:
    """Reads a record and makes sure that its units and exhibits are those it was written with.

    Raises:
        RecordError: It cannot be read, does not follow the schema, or what lies beside it was changed.
    """
    return load_cell(folder).record


def load_cell(folder: Path) -> LoadedCell:
    """Reads a record with its exhibits, checked like ``load_record``.

    Raises:
        RecordError: The same.
    """
    path = folder / "record.json"
    try:
        record = Record.model_validate_json(read_regular(path, most_bytes=RECORD_BYTES))
    except FileNotFoundError as err:
        raise RecordError(f"{path}: there is no record; `sectorbench run` writes them below results/records") from err
    except OSError as err:
        raise RecordError(f"{path}: {err.strerror}; {_REMEDY}") from err
    except ValidationError as err:
        first = err.errors(include_url=False, include_context=False)[0]
        where = printable(".".join(map(str, first["loc"])))[:_SHOWN] or "the file"
        raise RecordError(f"{path}: {where}: {printable(first['msg'])[:_SHOWN]}; {_REMEDY}") from err
    if wrong := _unsound(record):
        raise RecordError(f"{path}: {printable(wrong)[:_SHOWN]}; {_REMEDY}")
    if record.units_sha256 is not None:
        units = folder / "units.arrow"
        got = content_digest(read_units(folder)) if os.path.lexists(units) else None
        if got != record.units_sha256:
            raise RecordError(f"{units}: digest {got}, the record says {record.units_sha256}; run the cell again")
    if record.exhibits_sha256 is None:
        return LoadedCell(record, None)
    if record.access != "public" or record.partial_of is not None or record.status != "ok":
        raise RecordError(
            f"{path}: exhibits_sha256: a record of access {record.access!r}, status {record.status!r} and partial_of "
            f"{record.partial_of} shows no single answers; run the cell again"
        )
    return LoadedCell(record, read_exhibits(folder, record.exhibits_sha256))


def _unsound(record: Record) -> str | None:
    """What of a record no run of ours writes, whoever wrote it; see ``unsound``."""
    lines = ("message", "cell.settings", "protocol.prompting.system")
    return unsound(record.model_dump(), entries=10_000, number=math.inf, lines=lines, marks=True)
