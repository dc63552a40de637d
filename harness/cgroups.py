"""Control groups: limits of memory and processes that the kernel keeps for a worker and all that it starts.

Both versions are used as they are found; nothing is set up that the system did not hand to this user. A group is a
folder below the one that this process is in, or beside it, and goes when the worker has ended.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

__all__ = ["Cgroup", "Controller", "can_control", "make_cgroup"]

Controller = Literal["memory", "pids"]

_MEMBERSHIP, _MOUNTS = Path("/proc/self/cgroup"), Path("/proc/self/mountinfo")
_LIMIT_FILES = {("memory", 2): "memory.max", ("memory", 1): "memory.limit_in_bytes"}
_LIMIT_FILES |= {("pids", 2): "pids.max", ("pids", 1): "pids.max"}
_JOIN = 'while [ "$1" != -- ]; do echo $$ > "$1" || exit 125; shift; done; shift; exec "$@"'
_NAME = "sectorbench"
_END_S = 2.0  # what the kernel may take to forget ended processes


class _Place(NamedTuple):
    """Where groups of a controller can be made: a folder, and the version of the hierarchy."""

    folder: Path
    version: int


class Cgroup:
    """A group for one worker, in as many hierarchies as are needed."""

    def __init__(self, folders: Mapping[Path, int], controllers: Sequence[Controller]) -> None:
        """Takes over folders that were made, with the version of each, and what is limited in them."""
        self._folders = dict(folders)
        self.controllers = tuple(controllers)

    def joining(self, command: Sequence[str]) -> list[str]:
        """A command that enters the group and then becomes the given one, so that nothing of it runs outside."""
        entrances = [str(folder / "cgroup.procs") for folder in self._folders]
        return ["/bin/sh", "-c", _JOIN, "sh", *entrances, "--", *command]

    def out_of_memory(self) -> bool:
        """Whether the kernel has ended a process of the group since it held no more memory."""
        return self._count("memory.events", "oom_kill") + self._count("memory.oom_control", "oom_kill") > 0

    def out_of_processes(self) -> bool:
        """Whether the kernel has refused to start a process or thread."""
        return self._count("pids.events", "max") > 0

    def _count(self, name: str, key: str) -> int:
        total = 0
        for folder in self._folders:
            with contextlib.suppress(OSError, ValueError):
                lines = (folder / name).read_text().splitlines()
                total += sum(int(line.split()[1]) for line in lines if line.startswith(f"{key} "))
        return total

    def members(self) -> list[int]:
        """Processes of the group, wherever they went."""
        found: set[int] = set()
        for folder in self._folders:
            with contextlib.suppress(OSError, ValueError):
                found.update(map(int, (folder / "cgroup.procs").read_text().split()))
        return sorted(found)

    def kill(self) -> None:
        """Ends all processes of the group; the last ones may take a moment."""
        for folder, version in self._folders.items():
            with contextlib.suppress(OSError):
                if version == 2:
                    (folder / "cgroup.kill").write_text("1")
                (folder / "pids.max").write_text("0")  # none starts another while they are ended one by one
        for one in self.members():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(one, signal.SIGKILL)

    def remove(self) -> None:
        """Ends what is left in the group and removes it."""
        until = time.monotonic() + _END_S
        while self.members() and time.monotonic() < until:
            self.kill()
            time.sleep(0.005)
        for folder in self._folders:
            while True:
                try:
                    folder.rmdir()
                except OSError:
                    if time.monotonic() < until and folder.exists():
                        time.sleep(0.005)
                        continue
                break


def make_cgroup(*, memory_bytes: int, tasks: int) -> Cgroup | None:
    """A new group with limits as far as this user may set them; None where no controller can be had."""
    wanted: dict[Controller, int] = {"memory": memory_bytes, "pids": tasks}
    places = {name: place for name in wanted if isinstance(place := can_control(name), _Place)}
    if not places:
        return None
    for place in places.values():
        _sweep(place.folder)
    name = f"{_NAME}-{os.getpid()}-{secrets.token_hex(4)}"
    folders: dict[Path, int] = {}
    try:
        for controller, place in places.items():
            folder = place.folder / name
            if folder not in folders:
                folder.mkdir()
                folders[folder] = place.version
            (folder / _LIMIT_FILES[controller, place.version]).write_text(str(wanted[controller]))
            if place.version == 2 and controller == "memory":
                with contextlib.suppress(OSError):  # a machine without swap has no such file
                    (folder / "memory.swap.max").write_text("0")
    except OSError:  # taken away since it was tried
        Cgroup(folders, ()).remove()
        return None
    return Cgroup(folders, tuple(places))


def _sweep(folder: Path) -> None:
    """Removes the empty groups of drivers that were killed; one that holds a process cannot be removed."""
    for left in folder.glob(f"{_NAME}-*-*"):
        if not Path("/proc", left.name.split("-")[1]).exists():
            with contextlib.suppress(OSError):
                left.rmdir()


@cache
def can_control(controller: Controller) -> _Place | str:
    """Where groups of a controller can be made, found out by making one and entering it; else the reason why not."""
    try:
        found = list(_folders(controller))
    except OSError as err:
        return f"{err.filename or '/proc'} cannot be read: {err.strerror}"
    reason = f"no hierarchy with the controller {controller!r} is mounted"
    for place in found:
        reason = _try(controller, place)
        if not reason:
            return place
    return reason


def _try(controller: Controller, place: _Place) -> str:
    """Why groups cannot be made there; empty where they can."""
    folder = place.folder / f"{_NAME}-{os.getpid()}-try{secrets.token_hex(4)}"
    try:
        folder.mkdir()
    except OSError as err:
        return f"{place.folder}: {err.strerror}"
    group = Cgroup({folder: place.version}, ())
    try:
        name = _LIMIT_FILES[controller, place.version]
        if not (folder / name).exists():
            return f"{place.folder}: the controller {controller!r} is not delegated"
        (folder / name).write_text(str(1 << 30 if controller == "memory" else 64))
        done = subprocess.run(group.joining(["true"]), capture_output=True, check=False)
        return "" if done.returncode == 0 else f"{place.folder}: processes may not be moved there"
    except OSError as err:
        return f"{place.folder}: {err.strerror}"
    finally:
        group.remove()


def _folders(controller: Controller) -> list[_Place]:
    """Groups to make others in: that of this process in the hierarchy of a controller, and the one above."""
    mounts = [line.split() for line in _MOUNTS.read_text().splitlines()]
    places = []
    for line in _MEMBERSHIP.read_text().splitlines():
        _, names, path = line.split(":", 2)
        for fields in mounts:
            kind, options = fields[fields.index("-") + 1], fields[-1].split(",")
            if kind == "cgroup2" and not names:
                version = 2
            elif kind == "cgroup" and controller in names.split(",") and controller in options:
                version = 1
            else:
                continue
            root, mounted = fields[3], Path(fields[4])
            own = mounted / path.removeprefix(root if root != "/" else "").lstrip("/")
            if version == 1 or controller in _offered(own):
                places += [_Place(own, version), *([_Place(own.parent, version)] if own != mounted else [])]
    return sorted(places, key=lambda place: -place.version)


def _offered(folder: Path) -> list[str]:
    with contextlib.suppress(OSError):
        return (folder / "cgroup.controllers").read_text().split()
    return []
