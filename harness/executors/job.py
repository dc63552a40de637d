"""A job: one checkpoint, the inputs it must answer, and the supervision of the worker that does it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from ..arrow_files import recover_stream, write_json
from ..errors import WorkerError
from ..interfaces import get_interface
from ..model_copy import ModelPlace
from ..sandbox import Launch, SandboxLevel, launch
from ..submission import Submission
from .relay import Relay

__all__ = [
    "CellFailure",
    "Job",
    "JobCell",
    "JobEvents",
    "JobStoppedError",
    "Stopper",
    "end_group",
    "fill_job",
    "run_job",
    "start_group",
]

_LINE_CAP = 1 << 16
_TAIL = 400  # characters of the worker's last words that are shown
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

    @property
    def model_path(self) -> str:
        """The folder of the checkpoint's files as the worker sees it, from the job's folder on."""
        if self.model is None or self.sandbox == "bubblewrap" or not self.model.shown:
            return "model"
        return str(self.model.folder)


@dataclass(frozen=True)
class CellFailure:
    """Why a cell has no predictions."""

    code: str
    message: str


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


class JobStoppedError(Exception):
    """The job was stopped from outside before its end; what is finished stays."""


class Stopper:
    """Ends all running workers at once, and lets no further one start."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopped = False

    @property
    def stopped(self) -> bool:
        """Whether ``stop`` was called."""
        return self._stopped

    def add(self, process: subprocess.Popen[bytes]) -> None:
        """Takes a worker into its keeping; ends it at once if all were stopped already."""
        with self._lock:
            self._running.add(process)
            if self._stopped:
                end_group(process)

    def remove(self, process: subprocess.Popen[bytes]) -> None:
        """Forgets a worker that has ended."""
        with self._lock:
            self._running.discard(process)

    def stop(self) -> None:
        """Ends all workers."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                end_group(process)


class _Deadline:
    """Ends a worker that takes too long over one cell; it waits while the supervisor scores the one before."""

    def __init__(self, process: subprocess.Popen[bytes], limit_s: float) -> None:
        self._process = process
        self._limit_s = min(limit_s, threading.TIMEOUT_MAX)
        self._timer: threading.Timer | None = None
        self.missed: str | None = None
        """The cell that took too long."""

    def start(self, state: _State) -> None:
        """Gives the cell that the worker is at now its whole time."""
        self.stop()
        cell = next(iter(state.left), None)
        if cell is not None and self.missed is None:
            self._timer = threading.Timer(self._limit_s, self._expire, [cell])
            self._timer.start()

    def stop(self) -> None:
        """Counts no longer."""
        if self._timer is not None:
            self._timer.cancel()

    def _expire(self, cell: str) -> None:
        self.missed = cell
        end_group(self._process)


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
        WorkerError: No worker could be started: a fault of this machine, not of the submission.
        UsageError: The key of an endpoint is not set.
        JobStoppedError: ``stopper`` ended it.
    """
    fill_job(job, folder)
    state = _State({cell.key: cell for cell in job.cells}, {})
    with contextlib.ExitStack() as ends:
        if job.submission.adapter.remote:
            first = job.cells[0].key
            state.relay = Relay(job.submission.options, folder, seed=job.seed, first_cell=first)
            ends.callback(state.relay.close)
        _run_workers(job, folder, state, events, stopper)


def _run_workers(job: Job, folder: Path, state: _State, events: JobEvents, stopper: Stopper) -> None:
    while state.left:
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
            _run_worker(job, folder, state, events, stopper)


def fill_job(job: Job, folder: Path) -> None:
    """Makes the job's folder ready: its inputs, and room for the answers."""
    for name in ("inputs", "out"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for cell in job.cells:
        target = folder / "inputs" / cell.key
        target.unlink(missing_ok=True)
        # A hard link costs nothing; the worker sees it read-only and inputs hold no secret.
        try:
            os.link(cell.inputs, target)
        except OSError:
            target.write_bytes(cell.inputs.read_bytes())


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
    adapter = job.submission.adapter_path
    shown = job.model.shown if job.model is not None else {}
    how = launch(job.sandbox, folder, adapter_path=adapter, device=job.device, hidden=job.hidden, model=shown)
    state.failure, state.started = None, False
    with tempfile.TemporaryFile() as errors, tempfile.TemporaryDirectory() as empty:
        line = contextlib.nullcontext(subprocess.DEVNULL) if state.relay is None else state.relay.line()
        with line as stdin:
            process = start_group(how, stdin, errors, empty)
        deadline = _Deadline(process, job.timeout_s)
        deadline.start(state)
        stopper.add(process)
        try:
            _listen(process, folder, state, events, deadline)
        finally:
            deadline.stop()
            end_group(process)
            process.wait()
            stopper.remove(process)
            if process.stdout is not None:
                process.stdout.close()
        size = errors.seek(0, os.SEEK_END)
        errors.seek(max(0, size - _TAIL))
        tail = " ".join(errors.read().decode(errors="replace").split())
    if stopper.stopped:
        raise JobStoppedError
    if not state.started:
        raise WorkerError(
            "SB203", f"the worker did not start (status {process.returncode}): {tail or 'it said nothing'}"
        )
    if state.left:
        _settle(job, state, events, status=process.returncode, missed=deadline.missed, tail=tail)


def start_group(how: Launch, stdin: int, errors: IO[bytes], empty: str) -> subprocess.Popen[bytes]:
    """Starts a worker as the head of a process group of its own, in a folder that is empty and its home."""
    return subprocess.Popen(
        how.command,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=errors,
        cwd=empty,
        env=how.environment | {"TMPDIR": empty, "HOME": empty},
        start_new_session=True,
    )


def end_group(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _listen(
    process: subprocess.Popen[bytes], folder: Path, state: _State, events: JobEvents, deadline: _Deadline
) -> None:
    assert process.stdout is not None
    while line := process.stdout.readline(_LINE_CAP):
        event = _parsed(line)
        key = event.get("cell")
        match event.get("event"):
            case "started":
                state.started = True
            case "loaded" if key in state.left:
                state.load_s[str(key)] = float(event.get("load_s", 0.0))
            case "batch" if key in state.left:
                events.progress(str(key), int(event.get("rows", 0)))
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
                events.failed(str(key), CellFailure(str(event.get("code"))[:5], str(event.get("message"))[:500]))
                deadline.start(state)
            case "failed":
                state.failure = CellFailure(str(event.get("code"))[:5], str(event.get("message"))[:500])


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        event = json.loads(line)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}


def _settle(job: Job, state: _State, events: JobEvents, *, status: int, missed: str | None, tail: str) -> None:
    """Decides what an unfinished worker means: its current cell fails, or is tried once more."""
    current = next(iter(state.left))
    if missed == current:
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
