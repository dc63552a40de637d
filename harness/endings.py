"""How a command ends when the world does: interrupts, closed or full outputs, folders that cannot be written.

Imports nothing heavy, since it must be there before the first key can be pressed.
"""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType

__all__ = ["Interrupts", "OutputError", "close_output", "open_streams", "os_error_text"]

_PATIENCE_S = 2.0  # what tidying up may take after the first Ctrl-C; a later one ends the process on the spot
_INTERRUPTED = 130
_STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


class Interrupts:
    """What Ctrl-C does to a command: the first one stops it, further ones leave its tidying up alone for a moment.

    Where the program around us has a handler of its own (a test, a notebook), nothing is changed.
    """

    def __init__(self) -> None:
        self._first_s: float | None = None
        ours = threading.current_thread() is threading.main_thread()
        self._ours = ours and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if self._ours:
            signal.signal(signal.SIGINT, self._interrupt)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        now_s = time.monotonic()
        if self._first_s is None:
            self._first_s = now_s
            raise KeyboardInterrupt
        if now_s - self._first_s > _PATIENCE_S:
            os._exit(_INTERRUPTED)  # records and predictions appear whole or not at all, so nothing is half-written

    def end(self, code: int) -> int:
        """Readies the end of the process: another Ctrl-C must not replace the exit code by that of a signal."""
        if self._ours:
            signal.signal(signal.SIGINT, signal.SIG_IGN if code == _INTERRUPTED else signal.default_int_handler)
        return code


class OutputError(OSError):
    """Standard output or standard error cannot be written; ``stream`` is its name."""

    def __init__(self, err: OSError, stream: str) -> None:
        super().__init__(err.errno, err.strerror)
        self.stream = stream


class _Output(io.TextIOWrapper):
    """A standard stream whose errors say whose they are: those of a file have the same numbers and often no name."""

    def __init__(self, plain: io.TextIOWrapper, stream: str) -> None:
        super().__init__(
            plain.buffer,
            encoding=plain.encoding,
            errors=plain.errors,
            line_buffering=plain.line_buffering,
            write_through=plain.write_through,
        )
        self._stream = stream

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError as err:
            raise OutputError(err, self._stream) from err

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as err:
            raise OutputError(err, self._stream) from err


def open_streams() -> None:
    """Readies the standard streams: closed ones (``>&-``) lead nowhere, errors of the others are ``OutputError``.

    The numbers of closed ones must be taken before anything else is opened: a data file on number 1 would be printed
    into.
    """
    for number, (name, mode) in enumerate(_STREAMS):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number, which is this one
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))
        stream = getattr(sys, name)
        if mode == "w" and stream is getattr(sys, f"__{name}__") and isinstance(stream, io.TextIOWrapper):
            stream.flush()
            setattr(sys, name, _Output(stream, name))


def close_output(err: OutputError) -> None:
    """Turns a stream that cannot be written to the null device, so that nothing more is tried, not even at the end."""
    number = 1 if err.stream == "stdout" else 2
    os.dup2(os.open(os.devnull, os.O_WRONLY), number)


_FULL = "free space there or name another folder; finished work stays and the same command goes on from it"
_DENIED = "name a folder that you may read and write, or change its permissions"
_NEXT = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EROFS: "name a folder that can be written",
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
    errno.ENOTDIR: "a part of this path is a file; name a folder",
    errno.EISDIR: "this is a folder; name a file",
    errno.ENAMETOOLONG: "name a shorter path",
    errno.EMFILE: "raise the limit of open files (ulimit -n) or use fewer workers",
    errno.ENOMEM: "free memory or use fewer workers (executor.workers=)",
}


def os_error_text(err: OSError) -> str:
    """What, where and what next of an error of the operating system, in one line."""
    if isinstance(err, FileNotFoundError) and not _folder_is_there():
        return "the current folder was deleted; change to one that is there"
    where = f"{err.filename}: " if err.filename is not None else ""
    what = err.strerror or str(err)
    following = _NEXT.get(err.errno or 0, "")
    return f"{where}{what}" + (f"; {following}" if following else "")


def _folder_is_there() -> bool:
    try:
        Path.cwd()
    except FileNotFoundError:
        return False
    return True
