"""The files of a submission as they lie on disk: which are taken, and what is refused by kind, name, number or size."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterator
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ..codes import Problem
from ..foreign_files import FileStamp, ForeignFileError, open_folder_below
from ..formatting import printable, size_text

__all__ = ["MOST_BYTES", "FileList", "foreign_problem", "list_files"]

MOST_BYTES = 200 << 30
_MOST_FILES, _DEEPEST = 2_000, 8
_LONGEST_NAME = 200  # bytes of a path below the folder, in UTF-8
_SPARSE_FROM, _SPARSE_RATIO = 16 << 20, 8  # file systems that compress save some half of weights, never so much

_REFUSED = {
    *(".py", ".pyc", ".pyd", ".so", ".dll", ".dylib", ".exe", ".sh", ".bat", ".js", ".jar", ".ipynb"),
    *(".pkl", ".pickle", ".joblib", ".dill", ".bin", ".pt", ".pth", ".pt2", ".ckpt", ".npy", ".npz"),
    *(".h5", ".hdf5", ".keras", ".pb", ".tflite", ".msgpack", ".gguf", ".ggml", ".engine", ".mlmodel"),
    *(".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".whl"),
}


class FileList(NamedTuple):
    """Regular files that are taken.

    Attributes:
        stamps: What the system said of each, by their names below the folder, sorted; taken before one was opened.
        whole: Whether all were listed and are small enough to be read.
    """

    stamps: dict[str, FileStamp]
    whole: bool

    @property
    def sizes(self) -> dict[str, int]:
        """Of each, in bytes."""
        return {name: stamp.size for name, stamp in self.stamps.items()}

    def ending(self, *endings: str) -> list[str]:
        """Names that end so."""
        return [name for name in self.stamps if name.endswith(endings)]


def list_files(folder: Path, problems: list[Problem], *, most_bytes: int = MOST_BYTES) -> FileList:
    """Walks the folder without following a link or opening a file, and appends what is wrong to ``problems``.

    Args:
        folder: The submission.
        problems: Gets what is found.
        most_bytes: Of all files together.
    """
    stamps: dict[str, FileStamp] = {}
    folded: dict[str, str] = {}
    seen = 0
    for name, found in _walk(folder, problems):
        seen += 1
        if seen > _MOST_FILES:
            problems.append(Problem("SB109", folder.resolve().name, f"more than {_MOST_FILES:,} files and folders"))
            break
        shown = printable(name)
        if (wrong := _wrong_name(name)) is not None:
            problems.append(Problem("SB108", shown[:_LONGEST_NAME], wrong))
            continue
        twin = folded.setdefault(unicodedata.normalize("NFC", name).casefold(), name)
        if twin != name:
            problems.append(Problem("SB108", shown, f"{printable(twin)!r} is the same name on other systems"))
        if stat.S_ISDIR(found.st_mode):
            continue
        if (said := _wrong_kind(found, PurePosixPath(name).suffix.lower())) is not None:
            problems.append(Problem("SB105", shown, said))
        elif found.st_size > _SPARSE_FROM and found.st_blocks * 512 * _SPARSE_RATIO < found.st_size:
            held = size_text(found.st_blocks * 512)
            problems.append(Problem("SB109", shown, f"a sparse file: {size_text(found.st_size)}, {held} on disk"))
        else:
            stamps[name] = FileStamp.of(found)
    if (total := sum(stamp.size for stamp in stamps.values())) > most_bytes:
        problems.append(
            Problem("SB109", folder.resolve().name, f"{size_text(total)} in all, at most {size_text(most_bytes)}")
        )
    return FileList(dict(sorted(stamps.items())), whole=seen <= _MOST_FILES and total <= most_bytes)


def _walk(folder: Path, problems: list[Problem]) -> Iterator[tuple[str, os.stat_result]]:
    """Every entry below by its name, a folder before what is in it, and what the system says of it."""
    todo: list[tuple[str, ...]] = [()]
    while todo:
        parts = todo.pop()
        try:
            here = open_folder_below(folder, parts)
        except OSError as err:
            problems.append(Problem("SB105", printable((folder.name, *parts)[-1]), f"cannot be read: {err.strerror}"))
            continue
        try:
            yield from _entries(here, parts, todo, problems)
        finally:
            os.close(here)


def _entries(
    here: int, parts: tuple[str, ...], todo: list[tuple[str, ...]], problems: list[Problem]
) -> Iterator[tuple[str, os.stat_result]]:
    """What lies in an opened folder; folders are added to those that are still to be opened."""
    with os.scandir(here) as entries:
        names = sorted(entry.name for entry in islice(entries, _MOST_FILES + 1))
    for one in names:
        name = "/".join((*parts, one))
        try:
            found = os.stat(one, dir_fd=here, follow_symlinks=False)
        except OSError as err:
            problems.append(Problem("SB105", printable(name), f"cannot be read: {err.strerror}"))
            continue
        yield name, found
        if stat.S_ISDIR(found.st_mode):
            if len(parts) + 1 < _DEEPEST:
                todo.append((*parts, one))
            else:
                problems.append(Problem("SB108", printable(name), f"a folder more than {_DEEPEST} levels down"))


def foreign_problem(err: ForeignFileError) -> Problem:
    """A file that cannot be read, or changed under our hands, as a problem of the folder."""
    return Problem("SB125" if err.swapped else "SB105", printable(err.name), str(err))


def _wrong_kind(found: os.stat_result, suffix: str) -> str | None:
    if not stat.S_ISREG(found.st_mode):
        return "a link or special file; only regular files are taken"
    if found.st_nlink > 1:
        return f"a hard link: {found.st_nlink - 1} other names lead to this file; copy it"
    return f"files ending in {suffix} can run code or hide it" if suffix in _REFUSED else None


def _wrong_name(name: str) -> str | None:
    try:
        length = len(name.encode())
    except UnicodeEncodeError:
        return "a name that is not UTF-8"
    if length > _LONGEST_NAME:
        return f"a name of {length:,} bytes, at most {_LONGEST_NAME}"
    if not name.isprintable():
        return "a name with characters that are not shown, or that turn the direction of writing"
    if any(c in '\\:*?"<>|' for c in name) or any(
        part != part.strip() or part.endswith(".") for part in name.split("/")
    ):
        return 'a name that other systems cannot hold: one of \\:*?"<>|, a blank at an end, or a dot at the end'
    return None
