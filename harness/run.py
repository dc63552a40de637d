"""Runs: plans cells, has their predictions made by workers, scores them and writes the records."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .adapters.endpoint_options import read_endpoint_options
from .arrow_files import content_digest
from .cell_records import cell_record
from .errors import RecordError, ScoringError, SubmissionError, UsageError, WorkerError
from .evaluation import Score, draw_ahead, score_answers
from .executors.command import check_command
from .executors.confined import CellFailure
from .executors.endpoint_key import key_of
from .executors.job import Job, JobCell, JobEvents, run_job
from .executors.solver_job import run_solver_job
from .executors.stopping import Stopper
from .interfaces import get_interface
from .isolation import choose_level, is_weaker
from .keys import digest_of
from .model_copy import ModelPlace, placed_model, remove_abandoned_copies
from .planning import Plan, PlannedCell, jobs_of, why_not_open
from .records import Record, SandboxLevel
from .settings import Settings
from .statistics.weights import WeightDraws
from .store import Store
from .told import earlier_told, keep_told, shut_in_of, with_shut_in
from .validation import InvalidPredictionsError, answer_bytes, read_predictions, take_file

__all__ = ["Outcome", "Watcher", "execute"]


@dataclass
class Watcher:
    """Who is told how a run goes.

    Attributes:
        started: A worker was started on these cells.
        progress: A cell has so many rows answered.
        finished: A cell has its record; False says that it was there before.
    """

    started: Callable[[Sequence[PlannedCell]], None] = lambda cells: None
    progress: Callable[[PlannedCell, int], None] = lambda cell, rows: None
    finished: Callable[[PlannedCell, Record, bool], None] = lambda cell, record, new: None


@dataclass
class Outcome:
    """What a run ended with: every cell's record, in the plan's order."""

    records: dict[str, Record] = field(default_factory=dict)

    @property
    def failed(self) -> list[Record]:
        """Records of cells without a result."""
        return [r for r in self.records.values() if r.status == "failed"]

    @property
    def with_invalid_answers(self) -> list[Record]:
        """Records in which answers broke a rule and counted as the worst value."""
        return [r for r in self.records.values() if r.counts is not None and r.counts.invalid_rows]


def execute(plan: Plan, *, store: Store, settings: Settings, watcher: Watcher) -> Outcome:
    """Carries out a plan; finished cells are taken from the store, finished batches are not computed again.

    Stopped by an exception such as ``KeyboardInterrupt``, it ends all workers at once; what is finished stays.

    Raises:
        UsageError: The asked sandbox level cannot be had, or an operator's command is not shut in by it.
        WorkerError: No worker could be started on this machine.
    """
    level = choose_level(settings.sandbox)
    store.discard_models()
    remove_abandoned_copies()
    _check_commands(plan, level, (store.folder, *settings.hidden))
    refused = {c.key: why for c in plan.cells if (why := _refusal(c)) is not None}
    to_do = [c for c in plan.cells if not c.is_done and c.key not in refused]
    done: dict[str, Record] = {}
    for cell in plan.cells:
        if cell.is_done and cell.record is not None:
            done[cell.key] = _amended(store, store.add_suite(cell.record, settings.suite), cell)
            watcher.finished(cell, done[cell.key], False)
    groups = {_shut_in_key(key, cells, level): cells for key, cells in jobs_of(to_do).items()}
    lock = threading.Lock()
    stopper, draws = Stopper(), WeightDraws()

    def finish(cell: PlannedCell, record: Record) -> None:
        with lock:
            new = cell.key not in done
            done[cell.key] = record
            if new:
                watcher.finished(cell, record, True)

    jobs = [
        _JobRun(key, cells, level, store, settings, watcher, finish, stopper, draws) for key, cells in groups.items()
    ]
    for cell in (c for c in plan.cells if c.key in refused):
        _JobRun(cell.key, [cell], level, store, settings, watcher, finish, stopper, draws).refuse(refused[cell.key])
    with ThreadPoolExecutor(max_workers=settings.workers) as pool:
        running = [pool.submit(job.run) for job in jobs if not job.by_the_clock]
        try:
            for future in running:
                future.result()
            for job in jobs:
                if job.by_the_clock:  # one at a time, when nothing else runs: its neighbours would decide its score
                    running = [pool.submit(job.run)]
                    running[0].result()
        except BaseException:
            for future in running:
                future.cancel()
            stopper.stop()
            raise
    return Outcome({cell.key: done[cell.key] for cell in plan.cells})


def _shut_in_key(key: str, cells: Sequence[PlannedCell], level: SandboxLevel) -> str:
    """A job's key at a level: no job goes on from batches that were answered at another.

    But for an endpoint, whose answers were paid for, and whose worker holds no model of a stranger.
    """
    return key if cells[0].submission.adapter.remote else digest_of({"job": key, "sandbox": level})


def _amended(store: Store, record: Record, cell: PlannedCell) -> Record:
    """A record of an earlier run, with what is known of the vendor's signature by now."""
    signature = cell.submission.signature
    known = record.signature is not None and record.signature.outcome == "verified"
    return record if signature is None or known else store.amend(record, signature=signature)


def _refusal(cell: PlannedCell) -> CellFailure | None:
    """Why a cell fails before anything is started: the first of its submission's problems, or the key of its endpoint
    is not to be had.
    """
    if cell.submission.problems:
        first, *more = cell.submission.problems
        others = f" (and {len(more)} more: sectorbench check)" if more else ""
        return CellFailure(first.code, f"refused: {first.where}: {first.found}{others}")
    if cell.submission.adapter.remote and not cell.is_done:
        try:
            key_of(read_endpoint_options(cell.submission.options))
        except WorkerError as err:
            return CellFailure(err.code, str(err))
    return None


def _check_commands(plan: Plan, level: SandboxLevel, hidden: Sequence[Path]) -> None:
    commands = {c.submission.manifest.name: c.submission for c in plan.cells if c.submission.is_command}
    for name, submission in commands.items():
        if level != "bubblewrap":
            raise UsageError(
                f"--command {name}: a program that the operator names runs under bubblewrap or not at all; "
                "install it (apt-get install bubblewrap) and leave sandbox=auto"
            )
        check_command(submission, hidden)


_GOES_ON = {"SB203", "SB204", "SB205", "SB210", "SB211", "SB220", "SB221", "SB222"}
"""Ends that a later run may prevent: answers are kept."""


@dataclass
class _JobRun:
    """One job from its start to the records of all its cells."""

    key: str
    cells: Sequence[PlannedCell]
    level: SandboxLevel
    store: Store
    settings: Settings
    watcher: Watcher
    finish: Callable[[PlannedCell, Record], None]
    stopper: Stopper
    draws: WeightDraws
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    unfinished: bool = False
    place: ModelPlace | None = None
    written: dict[str, tuple[PlannedCell, Record]] = field(default_factory=dict)

    @property
    def by_the_clock(self) -> bool:
        """Whether a score depends on seconds, so that the job must have the machine to itself."""
        return any(c.entry.task.card.interface == "solver_trace" for c in self.cells)

    def refuse(self, failure: CellFailure) -> None:
        """Writes the records of cells that fail before anything is started."""
        self._failed(self.cells, failure)

    def run(self) -> None:
        """Predicts what is not predicted yet, then scores; every cell ends with a record."""
        self.started_at = datetime.now(UTC)
        self.watcher.started(self.cells)
        # Two tracks of a task can ask the same thing of a model: it answers once.
        by_key: dict[str, list[PlannedCell]] = {}
        for cell in self.cells:
            by_key.setdefault(cell.predict_key, []).append(cell)
        for predict_key, cells in list(by_key.items()):
            path = self.store.predictions(predict_key)
            if self._is_usable(path, cells[0]):
                del by_key[predict_key]
                for cell in cells:
                    self._score(cell, path, earlier_told(path) | {"resumed_rows": cell.prepared.rows})
        if by_key:
            self._predict(by_key)
        self.store.discard_job(self.key, keep_answers=self.unfinished)

    def _is_usable(self, path: Path, cell: PlannedCell) -> bool:
        """Whether predictions of an earlier run lie there whole; they were when they were stored, the disk may fail."""
        if not path.is_file():
            return False
        made, required = shut_in_of(earlier_told(path)), self.settings.required_sandbox
        if required is not None and made is not None and is_weaker(made.level, than=required):
            path.unlink()  # made before at a weaker level than is required now
            return False
        try:
            answers = read_predictions(path, cell.prepared.inputs())
        except InvalidPredictionsError:
            path.unlink()
            return False
        except RecordError:
            return True  # the inputs are damaged: said when the cell is scored
        if answers.problems and cell.entry.task.card.on_invalid == "fail_cell":
            path.unlink()
            return False
        return True

    def _predict(self, by_key: Mapping[str, list[PlannedCell]]) -> None:
        first = self.cells[0]
        wanted = [
            JobCell(key, c[0].prepared.inputs_path, c[0].entry.task.card.interface, c[0].prepared.rows)
            for key, c in by_key.items()
        ]
        job = Job(
            key=self.key,
            submission=first.submission,
            cells=tuple(wanted),
            device=first.device,
            dtype=first.dtype,
            batch_rows=self.settings.batch_rows or first.submission.adapter.batch_rows,
            seed=first.seed,
            sandbox=self.level,
            timeout_s=self.settings.timeout_s,
            hidden=(self.store.folder, *self.settings.hidden),
            limits=self.settings.limits,
            allowed=self.settings.allow_hosts,
        )
        events = JobEvents(
            progress=lambda key, rows: self.watcher.progress(by_key[key][0], rows),
            answered=lambda key, path, told: self._answered(by_key[key], path, told),
            failed=lambda key, failure: self._worker_failed(by_key[key], failure),
        )
        for cells in by_key.values():
            self._draw_ahead(cells)
        folder = self.store.job_folder(self.key)
        try:
            with placed_model(first.submission, folder, ephemeral=self.settings.ephemeral_model) as self.place:
                ask = run_solver_job if self.by_the_clock else run_job
                ask(replace(job, model=self.place), folder, events, self.stopper)
        except SubmissionError as err:
            for cells in by_key.values():
                self._failed(cells, CellFailure("SB150", str(err)))
        finally:
            self._tell_removed()

    def _tell_removed(self) -> None:
        """Adds to the records of this job when the private copy of the model was gone."""
        if self.place is not None and self.place.removed_at is not None:
            for cell, record in self.written.values():
                if record.vendor_copy is not None:
                    self.finish(cell, self.store.amend(record, vendor_copy=self.place.facts))

    def _draw_ahead(self, cells: Sequence[PlannedCell]) -> None:
        for cell in cells:
            if cell.limit is None:
                card, prepared = cell.entry.task.card, cell.prepared
                draw_ahead(card, track=cell.entry.track, inputs_sha256=prepared.inputs_sha256, draws=self.draws)

    def _answered(self, cells: Sequence[PlannedCell], path: Path, told: Mapping[str, Any]) -> None:
        """Moves a worker's whole output to where predictions lie, validates and scores it."""
        target = self.store.predictions(cells[0].predict_key)
        told = with_shut_in(told, self.level, self.settings.limits)
        try:
            prepared, interface = cells[0].prepared, get_interface(cells[0].entry.task.card.interface)
            take_file(path, target, cap=answer_bytes(interface, prepared.inputs_bytes, prepared.rows))
        except InvalidPredictionsError as err:
            self._failed(cells, CellFailure(err.problems[0].code, str(err)), told)
            return
        keep_told(target, told)
        usable = [self._score(cell, target, told) for cell in cells]
        if not all(usable) or not self.settings.keep_predictions:
            target.unlink()  # a mended adapter must be asked again

    def _score(self, cell: PlannedCell, path: Path, told: Mapping[str, Any]) -> bool:
        """Writes the cell's record; says whether the predictions could be used."""
        try:
            answers = read_predictions(path, cell.prepared.inputs())
            predictions_sha256 = content_digest(answers.predictions.replace_schema_metadata())
            score = score_answers(
                cell.entry.task,
                answers,
                cell.prepared.references(),
                track=cell.entry.track,
                inputs_sha256=cell.prepared.inputs_sha256,
                partial=cell.limit is not None,
                with_exhibits=self._may_be_shown(cell),
                draws=self.draws,
            )
        except InvalidPredictionsError as err:
            self._failed([cell], CellFailure(err.problems[0].code, str(err)), told)
            return False
        except (RecordError, ScoringError) as err:
            self._failed([cell], CellFailure("SB209", str(err)), told)
            return True
        self._write(cell, told, score=score, failure=None, predictions_sha256=predictions_sha256)
        return True

    def _worker_failed(self, cells: Sequence[PlannedCell], failure: CellFailure) -> None:
        self.unfinished |= failure.code in _GOES_ON
        self._failed(cells, failure)

    def _failed(
        self, cells: Sequence[PlannedCell], failure: CellFailure, told: Mapping[str, Any] | None = None
    ) -> None:
        for cell in cells:
            self._write(cell, told or {}, score=None, failure=failure, predictions_sha256=None)

    def _write(
        self,
        cell: PlannedCell,
        told: Mapping[str, Any],
        *,
        score: Score | None,
        failure: CellFailure | None,
        predictions_sha256: str | None,
    ) -> None:
        record = cell_record(
            cell,
            told,
            settings=self.settings,
            level=self.level,
            score=score,
            failure=failure,
            predictions_sha256=predictions_sha256,
            started_at=self.started_at,
            copied=None if self.place is None else self.place.facts,
        )
        self.written[cell.key] = cell, record
        self.store.write_record(record, score.units if score else None, score.exhibits if score else None)
        self.finish(cell, record)

    def _may_be_shown(self, cell: PlannedCell) -> bool:
        """Whether single inputs and answers may lie open beside the record; a partial run is not published."""
        return cell.limit is None and why_not_open(cell.entry.task.card, self.settings.secret) is None
