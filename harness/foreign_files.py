"""The one way to open a file of a stranger: a regular one below its folder, the one that was listed, never waited for.

Whoever owns the folder may swap a file, or a folder above it, at any moment: for a pipe that nobody writes to, a device
without end, or a link that leads elsewhere. So nothing is followed on the way down, an open never waits, and what the
system says of the opened file is held against what it said when the folder was listed.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from io import BufferedReader
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

__all__ = [
    "FileStamp",
    "ForeignFileError",
    "blocks_of",
    "open_below",
    "open_folder_below",
    "open_regular",
    "read_below",
    "read_regular",
]

_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_FILE = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_CLOEXEC", 0)
_BLOCK = 1 << 20
_SWAPPED = (errno.ELOOP, errno.ENOTDIR, errno.ENXIO)


class FileStamp(NamedTuple):
    """What the system says of a file; whoever writes to it, swaps it or swaps it back changes the last entry."""

    device: int
    inode: int
    size: int
    modified_ns: int
    changed_ns: int

    @classmethod
    def of(cls, found: os.stat_result) -> FileStamp:
        """The stamp in what ``stat`` returned."""
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


class ForeignFileError(Exception):
    """A file cannot be read, or is not the one that was listed; the message says what became of it.

    Attributes:
        name: Of the file below its folder.
        swapped: Whether it changed; else the system refuses to read it.
    """

    def __init__(self, name: str, said: str, *, swapped: bool = True) -> None:
        super().__init__(said)
        self.name = name
        self.swapped = swapped


def open_below(folder: Path, name: str, stamp: FileStamp | None = None) -> BufferedReader:
    """A regular file below a folder, opened for reading; no link is followed but in the folder's own path.

    Args:
        folder: As the operator named it.
        name: Of the file below it.
        stamp: What the system said of the file when it was listed; None: it was not.

    Raises:
        ForeignFileError: It is something else by now, or cannot be read.
    """
    *above, last = PurePosixPath(name).parts
    try:
        here = open_folder_below(folder, above)
        try:
            handle = os.open(last, _FILE | _NO_LINK, dir_fd=here)
        finally:
            os.close(here)
    except OSError as err:
        raise _told(name, err) from err
    return _checked(handle, name, stamp)


def open_folder_below(folder: Path, parts: Sequence[str]) -> int:
    """A folder below a folder, opened part by part without following a link; the caller closes it.

    Raises:
        OSError: One of the parts is not there, or is no folder.
    """
    here = os.open(folder, _FOLDER)
    for part in parts:
        try:
            inner = os.open(part, _FOLDER | _NO_LINK, dir_fd=here)
        finally:
            os.close(here)
        here = inner
    return here


def open_regular(path: Path) -> BufferedReader:
    """A regular file by its path, links followed: for files that are nobody else's, or were listed by nobody.

    Raises:
        OSError: It cannot be opened; with EINVAL, it is a pipe, a device or a folder.
    """
    handle = os.open(path, _FILE)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return os.fdopen(handle, "rb")


def read_regular(path: Path, *, most_bytes: int) -> bytes:
    """All of a regular file by its path, links followed; its size is looked at before a byte is read.

    Raises:
        OSError: It cannot be opened, is no regular file (EINVAL), or has more than ``most_bytes`` (EFBIG).
    """
    with open_regular(path) as file:
        if (size := os.fstat(file.fileno()).st_size) > most_bytes:
            raise OSError(errno.EFBIG, f"{size:,} bytes; at most {most_bytes:,}", str(path))
        return file.read(size)  # what grows meanwhile is cut where it ended


def read_below(folder: Path, name: str, stamp: FileStamp) -> bytes:
    """All of a file, as many bytes as it had when it was listed.

    Raises:
        ForeignFileError: It is another one by now, or cannot be read.
    """
    with open_below(folder, name, stamp) as file:
        return b"".join(blocks_of(file, name, stamp))


def blocks_of(file: IO[bytes], name: str, stamp: FileStamp) -> Iterator[bytes]:
    """An opened file from its beginning in blocks of 1 MiB at most, and after the last one whether it is unchanged.

    Raises:
        ForeignFileError: It grew, shrank or was written to meanwhile.
    """
    left = stamp.size
    while left:
        try:
            block = file.read(min(left, _BLOCK))
        except OSError as err:
            raise _told(name, err) from err
        if not block:
            raise ForeignFileError(name, "has become shorter")
        left -= len(block)
        yield block
    if FileStamp.of(os.fstat(file.fileno())) != stamp:
        raise ForeignFileError(name, "was written to")


def _checked(handle: int, name: str, stamp: FileStamp | None) -> BufferedReader:
    found = os.fstat(handle)
    if stat.S_ISREG(found.st_mode) and stamp in (None, FileStamp.of(found)):
        return os.fdopen(handle, "rb")
    os.close(handle)
    regular = stat.S_ISREG(found.st_mode)
    said = "was written to or replaced" if regular else "has become something else than a regular file"
    raise ForeignFileError(name, said)


def _told(name: str, err: OSError) -> ForeignFileError:
    if err.errno in _SWAPPED:
        return ForeignFileError(name, "or a folder above it has become a link or a special file")
    if err.errno == errno.ENOENT:
        return ForeignFileError(name, "was removed")
    return ForeignFileError(name, f"cannot be read: {err.strerror}", swapped=False)
