"""Folders that a command will write: whether they can be written, asked before the work and not after it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from .errors import UsageError

__all__ = ["check_target"]

_ROOM_BYTES = 1 << 16


def check_target(folder: Path, *, option: str) -> None:
    """Makes sure that files can be made in a folder, or in the nearest folder above it that is there.

    Permissions alone do not say it (read-only mounts, full disks, /proc), so a small file is written and removed.

    Args:
        folder: What will be written; it need not be there.
        option: How another one is named, for the message.

    Raises:
        UsageError: Nothing can be written there.
    """
    try:
        there = folder.absolute()
        while not os.path.lexists(there):
            there = there.parent
        with tempfile.NamedTemporaryFile(dir=there, prefix=".sectorbench-") as probe:
            probe.write(bytes(_ROOM_BYTES))
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as err:
        raise UsageError(f"{folder}: cannot be written: {err.strerror}; name another folder with {option}") from err
