"""A solver's job: one process per shop, whose schedules are stamped when they arrive here, never by the solver.

The protocol, the same for our own solvers and for an operator's command; every line is JSON:

1. the solver writes ``{"ready": true}`` when it has started up;
2. it is sent its shop as one line (a row of ``solver_trace`` inputs, with ``budget_s``) and the clock starts;
3. it writes each better schedule as ``{"start": [...]}``, time steps in the order of the shop's activities, with
   ``"mode": [...]`` where an activity has more than one mode;
4. it ends. Behind the budget nothing counts; a moment later the process is ended with all it started.
"""

from __future__ import annotations

import fcntl
import json
import os
import resource
import selectors
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from ..arrow_files import StreamAppender, read_stream, recover_stream, write_json
from ..errors import WorkerError
from ..formatting import printable
from ..interfaces import get_interface
from ..model_copy import ModelChangedError
from ..sandbox import Launch, launch_command
from .busy import BusyCores, cpu_seconds_below
from .command import command_files
from .confined import CellFailure, Confined
from .job import Job, JobCell, JobEvents, fill_job, launch_job
from .stopping import JobStoppedError, Stopper

__all__ = ["GRACE_S", "START_S", "run_solver_job"]

START_S = 60.0  # what a solver may take to say that it is ready
GRACE_S = 1.0  # between the end of the budget and the end of the process
_TEXT_BYTES = 8 << 20  # taken from a solver per shop: a schedule of 2,000 activities has 10 kB
_LINES = 10_000  # the same: far more than schedules that get better
_START_BYTES = 1 << 16  # taken before a solver is ready
_READ_BYTES = 1 << 20
_TAIL = 400  # characters of the solver's last words that are shown
_TICK_S = 0.2  # how soon a stop from outside is seen


_HowToStart = Callable[[Path], Launch]


class _NotReadyError(Exception):
    """A solver that did not get as far as its first line; the message says how it ended."""


@dataclass
class _Heard:
    """What arrived from a solver: whole lines and the seconds since its shop was sent."""

    lines: list[tuple[float, bytes]] = field(default_factory=list)
    ended: str = "itself"
    wall_s: float = 0.0
    cpu_s: float = 0.0


def run_solver_job(job: Job, folder: Path, events: JobEvents, stopper: Stopper) -> None:
    """Asks a solver for one shop after the other, alone on this machine as far as our own runs go.

    A shop that an earlier run finished is not solved again. A solver that crashes or hangs loses nothing of what it had
    sent; one that does not say that it is ready fails its cell.

    Raises:
        WorkerError: The solver could not be started at all.
        JobStoppedError: ``stopper`` ended it.
    """
    fill_job(job, folder)
    write_json(
        folder / "job.json",
        {
            "adapter": job.submission.adapter_path,
            "options": dict(job.submission.options),
            "model": job.model_path,
            "device": job.device,
            "dtype": job.dtype,
            "seed": job.seed,
        },
    )
    how = partial(_launch, job, folder)
    for inputs in (folder / "inputs").iterdir():
        inputs.unlink()  # a solver is sent its shop when the clock starts, and sees no other
    for cell in job.cells:
        try:
            with _alone(stopper):
                told = _answer(job, cell, folder / "out" / cell.key, how, events, stopper)
        except _NotReadyError as err:
            events.failed(cell.key, CellFailure("SB203", str(err)))
        except ModelChangedError as err:
            events.failed(cell.key, CellFailure("SB224", str(err)))
        else:
            events.answered(cell.key, folder / "out" / cell.key, told)


def _launch(job: Job, folder: Path, box: Path) -> Launch:
    if not job.submission.is_command:
        return launch_job(box, job=job, folder=folder, module="solver_worker")
    if job.sandbox != "bubblewrap":
        raise WorkerError("SB203", "an operator's command runs under bubblewrap or not at all")
    words = list(job.submission.options["words"])
    return launch_command(words, command_files(words), job.hidden)


@contextmanager
def _alone(stopper: Stopper) -> Iterator[None]:
    """Waits until no other run of this user solves by the clock on this machine.

    Where the lock cannot be had at all it goes on: the other load that is recorded shows a neighbour.
    """
    path = Path(tempfile.gettempdir(), f"sectorbench-solver-{os.getuid()}.lock")
    try:
        opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError:
        yield
        return
    with os.fdopen(opened, "w") as lock:
        told = False
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if stopper.stopped:
                    raise JobStoppedError from None
                if not told:
                    sys.stderr.write("waiting until another run on this machine has solved its shops by the clock\n")
                    told = True
                time.sleep(_TICK_S)
        yield


def _answer(
    job: Job, cell: JobCell, output: Path, how: _HowToStart, events: JobEvents, stopper: Stopper
) -> Mapping[str, Any]:
    schema = get_interface(cell.interface).answer
    shops = read_stream(cell.inputs)
    done = recover_stream(output, [schema])
    if done > cell.rows:
        output.unlink()
        done = 0
    appender, resumed, began = StreamAppender(output, schema.remove_metadata()), done, time.monotonic()
    try:
        for row in range(done, cell.rows):
            shop: dict[str, Any] = shops.slice(row, 1).to_pylist()[0]
            heard, other_load = _solve(job, how, shop, stopper)
            appender.append(_as_row(shop, heard, other_load, schema))
            events.progress(cell.key, row + 1)
    finally:
        appender.close()
    return {"resumed_rows": resumed, "wall_s": time.monotonic() - began}


def _solve(job: Job, how: _HowToStart, shop: Mapping[str, Any], stopper: Stopper) -> tuple[_Heard, float]:
    """One process from its start to its end: what it sent, and how many cores were busy with other work."""
    children = _children_s()
    with Confined(how, job.limits, stdin=subprocess.PIPE, limited=job.sandbox != "none") as solver:
        stopper.add(solver)
        lines = _Lines(solver.process)
        try:
            _await_ready(solver, lines, stopper)
            busy, before = BusyCores(), cpu_seconds_below(solver.process.pid)
            heard = _listen(solver, lines, shop, stopper)
            solver.process.wait()  # nothing else of ours runs: what all ended children took since is the solver's
            heard.cpu_s = max(0.0, max(heard.cpu_s, _children_s() - children) - before)
            other_load = max(0.0, busy.mean() - heard.cpu_s / max(heard.wall_s, 1e-3))
        finally:
            stopper.remove(solver)
            lines.close()
    if stopper.stopped:
        raise JobStoppedError
    return heard, other_load


def _children_s() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _await_ready(solver: Confined, lines: _Lines, stopper: Stopper) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and not stopper.stopped:
        lines.read(min(_TICK_S, until - time.monotonic()))
        if lines.whole:
            said = _parsed(lines.whole[0][1])
            if isinstance(said, dict) and said.get("ready") is True:
                lines.whole.clear()  # a schedule of a shop that was not sent yet is none
                return
            told = str(said.get("error") or "") if isinstance(said, dict) else ""
            raise _NotReadyError(
                told[:_TAIL] or f'its first line is {lines.whole[0][1][:80]!r}, expected {{"ready": true}}'
            )
        if lines.taken > _START_BYTES:
            raise _NotReadyError(f'over {_START_BYTES:,} bytes without a line that says {{"ready": true}}')
        if lines.closed:
            status = solver.process.wait()
            told = solver.stopped.message if solver.stopped is not None else solver.tail or "it said nothing"
            raise _NotReadyError(f"the solver ended with status {status} before it was ready: {told}")
    if stopper.stopped:
        raise JobStoppedError
    raise _NotReadyError(f'the solver did not write {{"ready": true}} within {START_S:g} s')


def _listen(solver: Confined, lines: _Lines, shop: Mapping[str, Any], stopper: Stopper) -> _Heard:
    """Sends the shop and stamps what comes back until the solver ends or its time is up."""
    heard, budget_s = _Heard(), float(shop["budget_s"])
    text = json.dumps(shop, separators=(",", ":")).encode() + b"\n"
    process, began = solver.process, time.monotonic()
    sender = threading.Thread(target=_send, args=(process, text), daemon=True)  # one that does not read blocks no one
    sender.start()
    looked = began
    while True:
        left = began + budget_s + GRACE_S - time.monotonic()
        if left <= 0 or lines.taken > _TEXT_BYTES or len(lines.whole) > _LINES or stopper.stopped:
            heard.ended = "time" if left <= 0 else "size"
            break
        lines.read(min(left, _TICK_S))
        if time.monotonic() - looked > _TICK_S or lines.closed:  # of one that has ended nothing can be seen any more
            looked, heard.cpu_s = time.monotonic(), max(heard.cpu_s, cpu_seconds_below(process.pid))
        if lines.closed:
            break
    heard.wall_s = time.monotonic() - began
    if heard.ended == "itself":
        with suppress(subprocess.TimeoutExpired):
            if process.wait(GRACE_S):
                heard.ended = "crash"
    solver.end()
    sender.join(GRACE_S)
    heard.lines = [(at - began, line) for at, line in lines.whole[:_LINES] if at - began <= budget_s]
    return heard


def _send(process: subprocess.Popen[bytes], text: bytes) -> None:
    assert process.stdin is not None
    with suppress(OSError, ValueError):  # it may be gone
        process.stdin.write(text)
        process.stdin.flush()


class _Lines:
    """Whole lines of a process's output, each with the time of the read that brought its end."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        self._file = process.stdout.fileno()
        os.set_blocking(self._file, False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._file, selectors.EVENT_READ)
        self._rest: list[bytes] = []
        self.whole: list[tuple[float, bytes]] = []
        self.taken = 0
        self.closed = False

    def read(self, wait_s: float) -> None:
        """Waits for output, at most so long, and takes what is there."""
        if not self._selector.select(max(wait_s, 0.0)):
            return
        data = os.read(self._file, _READ_BYTES)
        now = time.monotonic()
        self.closed, self.taken = not data, self.taken + len(data)
        *ended, rest = data.split(b"\n")
        for piece in ended:
            self.whole.append((now, b"".join([*self._rest, piece])))
            self._rest = []
        self._rest.append(rest)
        if self.closed and any(self._rest):  # a last line need not end
            self.whole.append((now, b"".join(self._rest)))

    def close(self) -> None:
        """Stops waiting; the pipe stays."""
        self._selector.close()


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _as_row(shop: Mapping[str, Any], heard: _Heard, other_load: float, schema: pa.Schema) -> pa.RecordBatch:
    activities = len(shop["activities"])
    said = ((at, line, _parsed(line)) for at, line in heard.lines if line.strip())
    row = {
        "id": shop["id"],
        "trace": [{"seconds": at} | _schedule(parsed, line, activities) for at, line, parsed in said],
        "ended": heard.ended,
        "wall_s": heard.wall_s,
        "cpu_s": heard.cpu_s,
        "other_load": other_load,
    }
    return pa.RecordBatch.from_pylist([row], schema=schema.remove_metadata())


def _schedule(parsed: Any, line: bytes, activities: int) -> dict[str, Any]:
    """A line as a schedule; one that is none keeps what was wrong with it and no starts, and is judged invalid."""
    fault = ""
    start: list[int] = []
    mode: list[int] = []
    if not isinstance(parsed, dict):
        fault = f"the line {line[:60].decode(errors='replace')!r} is no JSON object"
    elif "error" in parsed and "start" not in parsed:
        fault = f"the solver said: {str(parsed['error'])[:200]}"
    else:
        start, fault = _integers(parsed.get("start"), "start", 64)
        if not fault:
            mode, fault = _integers(parsed.get("mode", [0] * activities), "mode", 32)
    return {"start": [] if fault else start, "mode": [] if fault else mode, "fault": printable(fault)}


def _integers(values: Any, name: str, bits: int) -> tuple[list[int], str]:
    if not isinstance(values, list):
        return [], f"{name!r} is {str(values)[:40]}, expected a list of whole numbers"
    for at, value in enumerate(values):
        if type(value) is not int or not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1):
            return [], f"{name}[{at}] is {str(value)[:40]}, expected a whole number of {bits} bits"
    return values, ""
