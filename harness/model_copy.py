"""The private copy of a model: made by reading what was inspected, and gone when the run is, even after a kill."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from .errors import SubmissionError, UsageError
from .folders import remove_tree
from .foreign_files import FileStamp, ForeignFileError, blocks_of, open_below
from .formatting import printable, size_text
from .records import VendorCopy
from .submission import Submission

__all__ = ["ModelChangedError", "ModelPlace", "copy_model", "placed_model", "remove_abandoned_copies"]

_MEMORY = Path("/dev/shm")
_SPARE = 64 << 20  # bytes that a copy leaves free where it lies
_PREFIX = f"sectorbench-model-{os.getuid() if hasattr(os, 'getuid') else 0}-"
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


class ModelChangedError(Exception):
    """A file of a model is not the one that was placed: what is wrong, with its name."""


@dataclass
class ModelPlace:
    """Where the files of a model are while a job runs.

    Attributes:
        where: What kind of place that is, as a record says it.
        folder: What the worker reads; None for a builtin, which has no files.
        shown: What a sandbox shows in the job's folder ``model``, by name there; empty where the files lie there
            themselves. The empty name is the folder itself.
        made_at: When the copy began, UTC.
        removed_at: When it was gone, UTC.
        stamps: What the system said of each file when it was placed, by its name below the folder.
    """

    where: Literal["work", "memory", "temporary", "in_place"]
    folder: Path | None
    shown: Mapping[str, Path] = field(default_factory=dict)
    made_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    removed_at: datetime | None = None
    stamps: Mapping[str, FileStamp] = field(default_factory=dict)

    def check_unchanged(self) -> None:
        """Makes sure, before a worker starts, that none before it wrote to the model: where no wall keeps it from that.

        Nobody but root sets the last entry of a stamp, and of a copy no file may have come or gone either.

        Raises:
            ModelChangedError: One did.
        """
        if self.folder is None:
            return
        found = {} if self.where == "in_place" else _stamps(self.folder)
        for name, stamp in self.stamps.items():
            path = self.folder / name
            if self.where == "in_place" and path.is_file():
                found[name] = FileStamp.of(path.stat())
            if found.get(name) != stamp:
                raise ModelChangedError(f"{name} was written to, replaced or removed since it was placed")
        if more := sorted(set(found) - set(self.stamps)):
            raise ModelChangedError(f"{printable(more[0])} was put beside the model's files")

    @property
    def facts(self) -> VendorCopy | None:
        """What a record says of it; nothing for a builtin."""
        if self.folder is None:
            return None
        return VendorCopy(where=self.where, made_at=self.made_at, removed_at=self.removed_at)


@contextmanager
def placed_model(submission: Submission, job: Path, *, ephemeral: bool) -> Iterator[ModelPlace]:
    """Has the model where a worker can read it while the block runs, and nowhere afterwards.

    A copy lies in a folder that only this user can open: the job's, or with ``ephemeral`` in memory where there is room
    and else in a temporary folder. A child waits for the end of this process and removes what a kill would leave. The
    operator's own checkpoint is read where it is.

    Raises:
        SubmissionError: A file is not the one that was inspected.
        UsageError: There is no room for an ephemeral copy.
    """
    inside = job / "model"
    remove_tree(inside)
    inside.mkdir(parents=True, mode=0o700)
    if submission.folder is None:
        yield ModelPlace("work", None)
    elif submission.trust == "own":
        folder = submission.folder.resolve()
        _check_in_place(submission, folder)
        shown = {name: (folder / name).resolve() for name in submission.files}
        yield ModelPlace("in_place", folder, shown, stamps=submission.stamps)
    else:
        with contextlib.ExitStack() as ends:
            place = ModelPlace("work", inside)
            if ephemeral:
                _dump_no_core()
                where, folder = ends.enter_context(_ephemeral_folder(_size_bytes(submission)))
                place = ModelPlace(where, folder, {"": folder})
            assert place.folder is not None
            try:
                with _remover(place.folder):
                    copy_model(submission, place.folder)
                    place.stamps = _stamps(place.folder)
                    yield place
            finally:
                remove_tree(place.folder)
                if not os.path.lexists(place.folder):
                    place.removed_at = datetime.now(UTC)


def copy_model(submission: Submission, to: Path) -> None:
    """Copies the model's files by reading them, and makes sure that they are still those that were inspected.

    Every folder on the way is opened without following a link, a file only where it is a regular one; its stamp must be
    the one from before the inspection, and the bytes that were written must have the inspected digest. So a file that
    was swapped after it was looked at is noticed, even one that was swapped back.

    Raises:
        SubmissionError: One is not; the message names it.
    """
    to.mkdir(parents=True, exist_ok=True, mode=0o700)
    if submission.folder is None:
        return
    for name in submission.files:
        try:
            _copy_file(submission.folder, name, to / name, submission)
        except ForeignFileError as err:
            since = " since it was inspected; run the command again when nobody writes there" if err.swapped else ""
            raise SubmissionError(f"SB150 {name}: {err}{since}") from err


def _check_in_place(submission: Submission, folder: Path) -> None:
    for name, stamp in submission.stamps.items():
        if not (folder / name).is_file() or FileStamp.of((folder / name).stat()) != stamp:
            raise SubmissionError(
                f"SB150 {name}: was written to since its digest was taken; run the command again when nobody writes "
                "there"
            )


def _copy_file(folder: Path, name: str, target: Path, submission: Submission) -> None:
    digest = hashlib.sha256()
    with open_below(folder, name, submission.stamps.get(name)) as file:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK, 0o600)
        with os.fdopen(handle, "wb", buffering=0) as sink:
            for block in blocks_of(file, name, FileStamp.of(os.fstat(file.fileno()))):
                digest.update(block)
                sink.write(block)
    if digest.hexdigest() != submission.digests[name]:
        raise ForeignFileError(name, "has other bytes")


def _stamps(folder: Path) -> dict[str, FileStamp]:
    """What the system says of everything below a folder but folders, links not followed."""
    return {
        str(Path(at, name).relative_to(folder)): FileStamp.of(Path(at, name).lstat())
        for at, _, names in os.walk(folder)
        for name in names
    }


def _size_bytes(submission: Submission) -> int:
    return sum(stamp.size for stamp in submission.stamps.values())


@contextmanager
def _ephemeral_folder(size_bytes: int) -> Iterator[tuple[Literal["memory", "temporary"], Path]]:
    """A fresh folder of this user alone outside of the store, locked as long as somebody needs it."""
    where, base = _base_for(size_bytes)
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
        handle = os.open(folder, _FOLDER)
        fcntl.flock(handle, fcntl.LOCK_EX)
        if folder.is_dir():
            break
        os.close(handle)  # another run took it for abandoned before it was locked
    try:
        yield where, folder
    finally:
        os.close(handle)


def _base_for(size_bytes: int) -> tuple[Literal["memory", "temporary"], Path]:
    wanted = size_bytes + _SPARE
    if _free_bytes(_MEMORY) >= wanted and _available_memory_bytes() >= wanted + size_bytes:  # it is loaded from there
        return "memory", _MEMORY
    base = Path(tempfile.gettempdir())
    if (free := _free_bytes(base)) < wanted:
        raise UsageError(
            f"--ephemeral-model: the model has {size_text(size_bytes)}, but memory has no room for it and {base} has "
            f"{size_text(free)} free; point TMPDIR to a larger folder, or leave the option out"
        )
    return "temporary", base


def _free_bytes(folder: Path) -> int:
    if not (folder.is_dir() and os.access(folder, os.W_OK)):
        return 0
    return shutil.disk_usage(folder).free


def _available_memory_bytes() -> int:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:")), 0)


def _dump_no_core() -> None:
    """Weights go through our memory while they are copied: a crash from now on must not write them anywhere."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    none = 0 if hard == 0 else 1  # 1: too small for a file, and the one size with which none goes to a program either
    resource.setrlimit(resource.RLIMIT_CORE, (none, hard))


@contextmanager
def _remover(folder: Path) -> Iterator[None]:
    """A child that removes a folder when this process is gone, however it ended; it reads a pipe that nobody writes."""
    try:
        child = subprocess.Popen(
            ["/bin/sh", "-c", 'read -r line; rm -rf -- "$1"', "sh", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"PATH": "/usr/bin:/bin"},
            start_new_session=True,  # a Ctrl-C or the end of our process group is not its end
        )
    except FileNotFoundError:  # no shell: the next run removes what is left
        yield
        return
    try:
        yield
    finally:
        assert child.stdin is not None
        child.stdin.close()
        child.wait()


def remove_abandoned_copies() -> None:
    """Removes ephemeral copies that a run left which was killed together with the child that watched it."""
    for base in dict.fromkeys((_MEMORY, Path(tempfile.gettempdir()))):
        for folder in sorted(base.glob(f"{_PREFIX}*")) if base.is_dir() else ():
            try:
                handle = os.open(folder, _FOLDER | _NO_LINK)
            except OSError:
                continue
            try:
                if os.fstat(handle).st_uid == os.getuid():
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    remove_tree(folder)
            except BlockingIOError:
                continue  # in use
            finally:
                os.close(handle)
