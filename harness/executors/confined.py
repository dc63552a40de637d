"""A worker's process from its start to its end, watched: what it uses, what it says, and that nothing outlives it."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import stat
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from ..cgroups import make_cgroup
from ..folders import remove_tree
from ..limits import GIB, MIB, Limits
from ..process_tree import below, end_below, usage_of, written_unseen
from ..sandbox import Launch

__all__ = ["CellFailure", "Confined"]

_TICK_S = 0.05  # between two looks at what the processes use
_GRACE_S = 2.0  # for a process that has said its last word
_COUNT_EVERY = 2  # ticks between two looks at what they wrote: a walk through folders
_TAIL = 400  # characters of the worker's last words that are shown
_FILES = 20_000  # in the folders it may write to; more take longer to count than to write
_PIPE_BYTES = 1 << 16


@dataclass(frozen=True)
class CellFailure:
    """Why a cell has no predictions."""

    code: str
    message: str


class Confined:
    """A process group with all that it starts, a folder of its own and limits for all of it together.

    Used as a context: at its end every process is gone, also those that left the group, and the folder with them.
    """

    def __init__(self, how: Callable[[Path], Launch], limits: Limits, *, stdin: int, limited: bool = True) -> None:
        """Keeps what to start; nothing runs before the context is entered.

        Args:
            how: Makes the command for a private folder.
            limits: Of all processes together.
            stdin: A file number, or one of subprocess's constants.
            limited: Whether memory, processes and files count at all; text and time do in any case.
        """
        self._how, self._limits, self._stdin, self._limited = how, limits, stdin, limited
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._was_ended = False
        self._last = bytearray()
        self._printed = 0
        self._cell_began_s = 0.0
        self.stopped: CellFailure | None = None
        """Why the supervisor ended it; None where it did not."""

    def __enter__(self) -> Confined:
        with contextlib.ExitStack() as undo:
            box = Path(tempfile.mkdtemp(prefix="sectorbench-box-"))
            undo.callback(remove_tree, box)
            launch = self._how(box)
            limits = self._limits
            self._group = make_cgroup(memory_bytes=limits.memory_bytes, tasks=limits.tasks) if self._limited else None
            if self._group is not None:
                undo.callback(self._group.remove)
            self._counted = launch.counted
            command = launch.command if self._group is None else self._group.joining(launch.command)
            inside = box / "tmp"
            self.process = subprocess.Popen(
                command,
                stdin=self._stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=inside if inside.is_dir() else box,
                env=launch.environment,
                start_new_session=True,
            )
            undo.callback(self._finish)
            self._threads = [threading.Thread(target=one, daemon=True) for one in (self._listen, self._watch)]
            for one in self._threads:
                one.start()
            self._undo = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None and not self._was_ended:
            with contextlib.suppress(subprocess.TimeoutExpired):  # its status tells how it ended
                self.process.wait(_GRACE_S)
        self._undo.close()

    def _finish(self) -> None:
        if self.stopped is None and not self._was_ended:
            self.stopped = self._refused()  # a process that the kernel ended may be gone before anybody looked
        self.end()
        self.process.wait()
        self._ended.set()
        for one in self._threads:
            one.join()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def end(self) -> None:
        """Ends the process and all that it started, in its group or not."""
        self._was_ended = True
        with self._lock:  # of those that want it ended at once, one does it
            if self.process.returncode is None:
                end_below(self.process.pid)  # while it lives, those that left their parent are still below it
            if self._group is not None:
                self._group.kill()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def stop(self, code: str, message: str) -> None:
        """Ends it for a reason; the first one counts."""
        if self.stopped is None and not self._was_ended:
            self.stopped = CellFailure(code, message)
        self.end()

    def next_cell(self) -> None:
        """Counts processor time anew."""
        self._cell_began_s = self._used_s()

    @property
    def tail(self) -> str:
        """The last words on its standard error, on one line."""
        return " ".join(self._last[-_TAIL:].decode(errors="replace").split())

    def count_printed(self, size: int) -> None:
        """Takes text into account that somebody else reads; ends the process where it is too much."""
        self._printed += size
        if self._printed > self._limits.printed_bytes:
            self.stop("SB222", f"over {self._limits.printed_mib:g} MiB on standard output and error")

    def lines(self) -> Iterator[bytes]:
        """Lines of its standard output as they come, until it has ended; a longer one than any event is dropped."""
        rest = b""
        for data in self._pieces(self.process.stdout):
            *whole, rest = (rest + data).split(b"\n")
            yield from whole
            if len(rest) > _PIPE_BYTES:
                yield rest
                rest = b""

    def _pieces(self, pipe: IO[bytes] | None) -> Iterator[bytes]:
        """What comes through a pipe until its end; or until the process is gone, where a stray one keeps it open."""
        assert pipe is not None
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            quiet_since = None
            while True:
                if selector.select(_TICK_S):
                    if not (data := os.read(pipe.fileno(), _PIPE_BYTES)):
                        return
                    yield data
                elif self.process.poll() is not None:
                    quiet_since = quiet_since or time.monotonic()
                    if time.monotonic() - quiet_since > _GRACE_S:
                        return

    def _listen(self) -> None:
        """Takes standard error as it comes and keeps its end: a model that prints without end fills no disk."""
        for data in self._pieces(self.process.stderr):
            self._last = (self._last + data)[-4 * _TAIL :]
            if self.stopped is None:
                self.count_printed(len(data))

    def _watch(self) -> None:
        tick = 0
        while not self._ended.wait(_TICK_S):
            if self.process.returncode is None and not self._was_ended and self._limited:
                tick += 1
                with contextlib.suppress(OSError):
                    self._look(count=tick % _COUNT_EVERY == 0)

    def _look(self, *, count: bool) -> None:
        limits = self._limits
        if (refused := self._refused()) is not None:
            return self.stop(refused.code, refused.message)
        alive = [self.process.pid, *below(self.process.pid)]
        used = [usage for one in alive if (usage := usage_of(one)) is not None]
        tasks, resident = sum(u.tasks for u in used), sum(u.resident_bytes for u in used)
        if tasks > limits.tasks:
            return self.stop("SB220", f"{tasks:,} processes and threads; at most {limits.tasks:,}")
        if resident > limits.memory_bytes and _proportional_bytes(alive) > limits.memory_bytes:
            return self.stop("SB204", f"over {limits.memory_bytes / GIB:.3g} GiB of memory in {len(used)} process(es)")
        if limits.cpu_s is not None and (spent := sum(u.cpu_s for u in used) - self._cell_began_s) > limits.cpu_s:
            return self.stop("SB205", f"no end after {spent:.0f} processor seconds; at most {limits.cpu_s:g}")
        if count:
            self._count_written(alive)
        return None

    def _refused(self) -> CellFailure | None:
        """What the kernel tells of the control group, where there is one."""
        if self._group is not None and self._group.out_of_memory():
            memory_gib = self._limits.memory_bytes / GIB
            return CellFailure("SB204", f"over {memory_gib:.3g} GiB of memory; the kernel ended a process")
        if self._group is not None and self._group.out_of_processes():
            return CellFailure("SB220", f"over {self._limits.tasks:,} processes and threads; the kernel refused more")
        return None

    def _count_written(self, alive: Iterable[int]) -> None:
        size = files = 0
        for folder in self._counted:
            for found in _entries(folder):
                files, size = files + 1, size + found.st_blocks * 512
        unseen: dict[tuple[int, int], int] = {}
        for one in alive:
            unseen.update(written_unseen(one))
        size += sum(unseen.values())
        if size > self._limits.written_bytes:
            self.stop("SB221", f"{size / MIB:,.0f} MiB written; at most {self._limits.written_bytes / MIB:,.0f} MiB")
        elif files > _FILES:
            self.stop("SB221", f"over {_FILES:,} files written")

    def _used_s(self) -> float:
        used = (usage_of(one) for one in (self.process.pid, *below(self.process.pid)))
        return sum(one.cpu_s for one in used if one is not None)


def _entries(folder: Path) -> Iterable[os.stat_result]:
    """What lies below a folder, links not followed, as far as one count goes."""
    todo, seen = [folder], 0
    while todo:
        with contextlib.suppress(OSError), os.scandir(todo.pop()) as inside:
            for one in inside:
                seen += 1
                if seen > _FILES + 1:
                    return
                with contextlib.suppress(OSError):
                    found = one.stat(follow_symlinks=False)
                    yield found
                    if stat.S_ISDIR(found.st_mode):
                        todo.append(Path(one.path))


def _proportional_bytes(processes: Iterable[int]) -> int:
    """Memory of processes with each shared page counted once; what a process does not tell counts as nothing."""
    total = 0
    for one in processes:
        with contextlib.suppress(OSError, ValueError):
            for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) << 10
    return total
