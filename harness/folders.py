"""Folders that a command writes to: tried out before the work that fills them, not after it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from .errors import UsageError

__all__ = ["check_writable"]

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
