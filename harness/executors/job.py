"""A job: one checkpoint, the inputs it must answer, and the supervision of the worker that does it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import stat
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from ..arrow_files import recover_stream, write_json
from ..codes import WORKER_CODES
from ..errors import WorkerError
from ..folders import remove_tree
from ..formatting import printable
from ..interfaces import get_interface
from ..limits import Limits
from ..model_copy import ModelChangedError, ModelPlace
from ..records import SandboxLevel
from ..sandbox import Launch, launch
from ..submission import Submission
from ..validation import answer_bytes
from .confined import CellFailure, Confined
from .relay import Relay
from .stopping import JobStoppedError, Stopper

__all__ = [
    "CellFailure",
    "Job",
    "JobCell",
    "JobEvents",
    "fill_job",
    "launch_job",
    "run_job",
]

_LINE_CAP = 1 << 16
_EVENT_BYTES = 256  # that a batch's event takes at most, so that more are no events
_SHOWN = 500  # characters of what a worker says, in a record
_ATTEMPTS = 2  # how often a worker that was killed may be at fault before its cell fails


@dataclass(frozen=True)
class JobCell:
    """One table of inputs and where its answers go.

    Attributes:
        key: Predict key; also the name of the output file.
        inputs: The prepared inputs.
        interface: What is asked.
        rows: How many rows there are.
    """

    key: str
    inputs: Path
    interface: str
    rows: int


@dataclass(frozen=True)
class Job:
    """Cells that share a checkpoint and all settings, answered by one worker.

    Attributes:
        key: Names the job's folder.
        submission: The checkpoint.
        cells: What it must answer.
        device: ``cpu`` or ``cuda``.
        dtype: Type of the weights in the worker.
        batch_rows: Rows per batch.
        seed: For adapters that draw.
        sandbox: Level of isolation.
        timeout_s: Wall seconds a worker may take for one cell before its process group is ended.
        hidden: Folders with data and results that the worker must not see.
        model: Where the checkpoint's files are; None for one without files.
        limits: What the worker and all that it starts may use.
        allowed: Hosts that an endpoint may be at though they are not public.
    """

    key: str
    submission: Submission
    cells: tuple[JobCell, ...]
    device: str
    dtype: str
    batch_rows: int
    seed: int
    sandbox: SandboxLevel
    timeout_s: float
    hidden: tuple[Path, ...] = ()
    model: ModelPlace | None = None
    limits: Limits = field(default_factory=Limits)
    allowed: tuple[str, ...] = ()

    @property
    def model_path(self) -> str:
        """The folder of the checkpoint's files as the worker sees it, from the job's folder on."""
        if self.model is None or self.sandbox == "bubblewrap" or not self.model.shown:
            return "model"
        return str(self.model.folder)


@dataclass
class JobEvents:
    """What the supervisor tells while a job runs; keys are predict keys.

    Attributes:
        progress: Rows answered so far.
        answered: All rows are answered: the output file and what the worker said of its cost.
        failed: The cell has no predictions.
    """

    progress: Callable[[str, int], None]
    answered: Callable[[str, Path, Mapping[str, Any]], None]
    failed: Callable[[str, CellFailure], None]


class _Deadline:
    """Ends a worker that takes too long over one cell; it waits while the supervisor scores the one before."""

    def __init__(self, worker: Confined, limit_s: float) -> None:
        self._worker = worker
        self._limit_s = min(limit_s, threading.TIMEOUT_MAX)
        self._timer: threading.Timer | None = None
        self.missed: str | None = None
        """The cell that took too long."""

    def start(self, state: _State) -> None:
        """Gives the cell that the worker is at now its whole time."""
        self.stop()
        cell = next(iter(state.left), None)
        if cell is not None and self.missed is None:
            self._worker.next_cell()
            self._timer = threading.Timer(self._limit_s, self._expire, [cell])
            self._timer.start()

    def stop(self) -> None:
        """Counts no longer."""
        if self._timer is not None:
            self._timer.cancel()

    def _expire(self, cell: str) -> None:
        self.missed = cell
        self._worker.end()


@dataclass
class _State:
    """What is left of a job, and what happened so far."""

    left: dict[str, JobCell]
    resumed: dict[str, int]
    started: bool = False
    attempts: dict[str, int] = field(default_factory=dict)
    load_s: dict[str, float] = field(default_factory=dict)
    failure: CellFailure | None = None
    relay: Relay | None = None

    def spent(self, cell: str) -> dict[str, Any]:
        """What a server's answers to a cell took, where it was a server that answered."""
        return {} if self.relay is None else {"endpoint": self.relay.spent(cell)._asdict()}


def run_job(job: Job, folder: Path, events: JobEvents, stopper: Stopper) -> None:
    """Runs a job to its end in its folder, starting further workers after one that died.

    A batch that an earlier worker finished is not computed again. A cell whose worker was killed twice fails; the other
    cells go on.

    Raises:
        WorkerError: No worker could be started: a fault of this machine, not of the submission; or the key of an
            endpoint is not set.
        JobStoppedError: ``stopper`` ended it.
    """
    fill_job(job, folder)
    state = _State({cell.key: cell for cell in job.cells}, {})
    with contextlib.ExitStack() as ends:
        if job.submission.adapter.remote:
            first = job.cells[0].key
            state.relay = Relay(
                job.submission.options,
                folder,
                seed=job.seed,
                first_cell=first,
                allowed=job.allowed,
                written_bytes=job.limits.written_bytes,
            )
            ends.callback(state.relay.close)
        _run_workers(job, folder, state, events, stopper)


def _run_workers(job: Job, folder: Path, state: _State, events: JobEvents, stopper: Stopper) -> None:
    while state.left:
        _tidy(folder / "out", state.left)
        for cell in list(state.left.values()):
            done = recover_stream(folder / "out" / cell.key, get_interface(cell.interface).prediction_schemas())
            if done > cell.rows or (done % job.batch_rows and done != cell.rows):
                (folder / "out" / cell.key).unlink()  # another batch size wrote it
                done = 0
            state.resumed[cell.key] = done
            if done == cell.rows:
                events.answered(cell.key, folder / "out" / cell.key, {"resumed_rows": done} | state.spent(cell.key))
                del state.left[cell.key]
        if state.left:
            try:
                _run_worker(job, folder, state, events, stopper)
            except ModelChangedError as err:
                for key in list(state.left):
                    del state.left[key]
                    events.failed(key, CellFailure("SB224", str(err)))
    _tidy(folder / "out", {cell.key: cell for cell in job.cells})


def _tidy(out: Path, cells: Mapping[str, JobCell]) -> None:
    """Removes what a worker left that are no answers: a link or pipe under their name would lead elsewhere."""
    for found in out.iterdir():
        told, cell = found.lstat(), cells.get(found.name)
        if stat.S_ISDIR(told.st_mode):
            remove_tree(found)
        elif cell is None or not stat.S_ISREG(told.st_mode) or told.st_nlink > 1 or told.st_size > _most_bytes(cell):
            found.unlink(missing_ok=True)


def _most_bytes(cell: JobCell) -> int:
    return answer_bytes(get_interface(cell.interface), cell.inputs.stat().st_size, cell.rows)


def fill_job(job: Job, folder: Path) -> None:
    """Makes the job's folder ready: its inputs, and room for the answers."""
    for name in ("inputs", "out"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for cell in job.cells:
        target = folder / "inputs" / cell.key
        target.unlink(missing_ok=True)
        # A hard link costs nothing where the worker can only read it; inputs hold no secret.
        try:
            if job.sandbox not in ("bubblewrap", "landlock"):
                raise PermissionError("a worker of this level could write to the original")
            os.link(cell.inputs, target)
        except OSError:
            shutil.copyfile(cell.inputs, target)


def _run_worker(job: Job, folder: Path, state: _State, events: JobEvents, stopper: Stopper) -> None:
    cells = [
        {"key": c.key, "inputs": c.key, "output": c.key, "done_rows": state.resumed[c.key]} for c in state.left.values()
    ]
    order = {
        "adapter": job.submission.adapter_path,
        "options": dict(job.submission.options),
        "model": job.model_path,
        "device": job.device,
        "dtype": job.dtype,
        "batch_rows": job.batch_rows,
        "seed": job.seed,
        "cells": cells,
    }
    write_json(folder / "job.json", order)
    how = partial(launch_job, job=job, folder=folder, cells=len(cells))
    state.failure, state.started = None, False
    with contextlib.ExitStack() as ends:
        with contextlib.nullcontext(subprocess.DEVNULL) if state.relay is None else state.relay.line() as stdin:
            worker = Confined(how, job.limits, stdin=stdin, limited=job.sandbox != "none")
            ends.enter_context(worker)
        deadline = _Deadline(worker, job.timeout_s)
        ends.callback(stopper.remove, worker)
        ends.callback(deadline.stop)
        deadline.start(state)
        stopper.add(worker)
        _listen(worker, job, folder, state, events, deadline)
    status = worker.process.returncode
    if stopper.stopped:
        raise JobStoppedError
    if not state.started:
        raise WorkerError("SB203", f"the worker did not start (status {status}): {worker.tail or 'it said nothing'}")
    if state.left:
        _settle(job, state, events, worker=worker, missed=deadline.missed)


def launch_job(box: Path, *, job: Job, folder: Path, cells: int = 1, module: str = "worker") -> Launch:
    """How to start a worker on a job's folder, its own files in ``box``; see ``sandbox.launch``.

    Raises:
        ModelChangedError: A worker before it wrote to the model.
    """
    if job.model is not None:
        job.model.check_unchanged()
    return launch(
        job.sandbox,
        folder,
        box=box,
        adapter_path=job.submission.adapter_path,
        device=job.device,
        hidden=job.hidden,
        limits=job.limits,
        cells=cells,
        module=module,
        model=job.model.shown if job.model is not None else {},
    )


def _listen(worker: Confined, job: Job, folder: Path, state: _State, events: JobEvents, deadline: _Deadline) -> None:
    free = sum(_LINE_CAP + _EVENT_BYTES * cell.rows for cell in job.cells)
    for line in worker.lines():
        free -= len(line)
        if free < 0:
            worker.count_printed(len(line))
        event = _parsed(line)
        key = event.get("cell")
        match event.get("event"):
            case "started":
                state.started = True
            case "loaded" if key in state.left:
                state.load_s[str(key)] = event.get("load_s", 0.0)
            case "batch" if key in state.left:
                events.progress(str(key), event.get("rows", 0))
            case "answered" if key in state.left:
                del state.left[str(key)]
                deadline.stop()
                told = event | {"resumed_rows": state.resumed[str(key)], "load_s": state.load_s.get(str(key))}
                told |= state.spent(str(key))
                events.answered(str(key), folder / "out" / str(key), told)
                deadline.start(state)
            case "cell_failed" if key in state.left:
                del state.left[str(key)]
                deadline.stop()
                events.failed(str(key), _told_failure(event))
                deadline.start(state)
            case "failed":
                state.failure = _told_failure(event)


_SECONDS, _ROWS = 1e9, 1 << 40  # more of either no worker can have to tell
_FIGURES = ("wall_s", "load_s", "peak_memory_gib", "peak_device_memory_gib")


def _parsed(line: bytes) -> dict[str, Any]:
    """An event of a worker, whose process ran a stranger's model: what is not as ours tell it is left out."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(event, dict) or not isinstance(event.get("cell", ""), str):
        return {}
    sound = {"rows": _is_number(event.get("rows"), int, _ROWS)}
    sound |= {name: _is_number(event.get(name), (int, float), _SECONDS) for name in _FIGURES}
    kept = {name: value for name, value in event.items() if sound.get(name, True)}
    if isinstance(kept.get("ways"), dict):
        kept["ways"] = {printable(str(name)): printable(str(way)) for name, way in kept["ways"].items()}
    if isinstance(kept.get("device"), dict):
        kept["device"] = {k: v if v is None else printable(str(v))[:_SHOWN] for k, v in kept["device"].items()}
    return kept


def _is_number(value: object, kind: type | tuple[type, ...], most: float) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool) and 0 <= value <= most  # type: ignore[operator]


def _told_failure(event: Mapping[str, Any]) -> CellFailure:
    """Why a worker says that it failed; a code that no worker has tells no more than that it did."""
    code = str(event.get("code"))
    return CellFailure(code if code in WORKER_CODES else "SB206", str(event.get("message"))[:_SHOWN])


def _settle(job: Job, state: _State, events: JobEvents, *, worker: Confined, missed: str | None) -> None:
    """Decides what an unfinished worker means: its current cell fails, or is tried once more."""
    current, status, tail = next(iter(state.left)), worker.process.returncode, worker.tail
    if worker.stopped is not None:
        failure = worker.stopped
    elif missed == current:
        failure = CellFailure("SB205", f"no end after {job.timeout_s:g} s")
    elif missed is not None:
        return  # its last answer came while it was being ended: the next cell has done nothing wrong
    elif state.failure is not None:
        failure = state.failure
    elif status < 0 or status > 128:
        number = -status if status < 0 else status - 128
        name = signal.Signals(number).name if number in list(signal.Signals) else f"signal {number}"
        state.attempts[current] = state.attempts.get(current, 0) + 1
        if state.attempts[current] < _ATTEMPTS:
            return
        code = "SB204" if number == signal.SIGKILL else "SB203"
        failure = CellFailure(code, f"ended by {name} {_ATTEMPTS} times. {tail}".strip())
    else:
        failure = CellFailure("SB203", f"ended with status {status}. {tail}".strip())
    everything = failure.code == "SB207"  # no cell of the job can have a device that is not there
    for key in list(state.left) if everything else [current]:
        del state.left[key]
        events.failed(key, failure)
