"""Folders that a command writes to: tried out before the work that fills them, not after it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import UsageError

__all__ = ["check_new", "check_writable", "new_folder", "remove_tree"]

_ROOM_BYTES = 1 << 16


def check_writable(folder: Path, *, asked: Path, remedy: str) -> None:
    """Writes a little into a folder, or into the nearest one above it that is there, and removes it again.

    Permissions alone do not say it: read-only mounts, full disks, /proc.

    Args:
        folder: What is to be written to.
        asked: What the user named: the folder, or what is to appear in it.
        remedy: How another one is named, such as ``name another with --to DIR``.

    Raises:
        UsageError: It cannot be written; the message says why.
    """
    try:
        there = next(place for place in (folder.absolute(), *folder.absolute().parents) if os.path.lexists(place))
        with tempfile.TemporaryFile(dir=there, prefix=".sectorbench.", buffering=0) as file:
            file.write(bytes(_ROOM_BYTES))
            os.fsync(file.fileno())
    except OSError as err:
        raise UsageError(f"{asked}: cannot be written ({err.strerror}); {remedy}") from err


_NOT_NEW = "is there already and not empty. Give a new folder with --to"


def check_new(folder: Path, *, otherwise: str = _NOT_NEW) -> None:
    """Makes sure that a folder can be made: there is none, or an empty one, and its parent can be written.

    Args:
        folder: To be made.
        otherwise: What is said of one that holds something.

    Raises:
        UsageError: It cannot.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder}: {otherwise}")
    check_writable(folder.parent, asked=folder, remedy="name another folder")


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A folder to fill, which appears under its name only when the block ended well; see ``check_new``."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        part.chmod(0o755)  # mkdtemp makes folders that only their owner can read
        yield part
        part.replace(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def remove_tree(folder: Path) -> None:
    """Removes a folder that a stranger could write to, as far as the system lets it; what is not there is no error.

    Folders lie in each other there as deep as somebody likes: Python removes them one within the other, and gives up.
    """
    try:
        shutil.rmtree(folder, ignore_errors=True)
    except RecursionError:
        subprocess.run(["rm", "-rf", "--", str(folder.absolute())], check=False, capture_output=True)
