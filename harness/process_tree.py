"""A process and all below it: which they are, what they use, and how to end them all."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

__all__ = ["Usage", "below", "children", "end_below", "usage_of", "written_unseen"]

_PROC = Path("/proc")
_ROUNDS = 200  # of looking for processes that were started meanwhile
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Usage(NamedTuple):
    """What a process uses now.

    Attributes:
        tasks: Its threads.
        resident_bytes: Memory that it has filled, shared with others or not.
        cpu_s: Processor seconds, its ended children's included.
        began: Ticks since the machine was started; with the process id it names a process for good.
    """

    tasks: int
    resident_bytes: int
    cpu_s: float
    began: int


def usage_of(process: int) -> Usage | None:
    """What a process uses; None where it has ended, or the system does not tell."""
    try:
        words = (_PROC / str(process) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    if words[0] in "ZX":
        return None
    cpu_s = sum(map(int, words[11:15])) / _TICKS_PER_S
    return Usage(int(words[17]), int(words[21]) * _PAGE_BYTES, cpu_s, int(words[19]))


def children(process: int) -> list[int]:
    """The direct children of a process; empty where it has ended or the system does not tell."""
    found: list[int] = []
    try:
        for thread in (_PROC / str(process) / "task").iterdir():
            with contextlib.suppress(OSError):
                found += map(int, (thread / "children").read_text().split())
    except OSError:
        return []
    return found


def below(process: int) -> list[int]:
    """All processes below one, those that left its group or session included; not the process itself."""
    found: list[int] = []
    todo = [process]
    while todo:
        inner = children(todo.pop())
        found += inner
        todo += inner
    return found


def end_below(process: int) -> None:
    """Ends all below a process that stays: first stopped, so that none starts another meanwhile, then killed."""
    stopped: set[int] = set()
    for _ in range(_ROUNDS):
        new = [one for one in below(process) if one not in stopped]
        if not new:
            break
        for one in new:
            _send(one, signal.SIGSTOP)
        stopped.update(new)
    for one in below(process):
        _send(one, signal.SIGKILL)


def _send(process: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(process, number)


def written_unseen(process: int) -> Iterator[tuple[tuple[int, int], int]]:
    """Files that a process holds open and that no folder lists any more: device and inode, and bytes on disk or in RAM.

    A process's own memory mapped as a file counts here too.
    """
    try:
        opened = list((_PROC / str(process) / "fd").iterdir())
    except OSError:
        return
    for one in opened:
        try:
            found = one.stat()
        except OSError:
            continue
        if found.st_nlink == 0 and found.st_blocks:
            yield (found.st_dev, found.st_ino), found.st_blocks * 512
