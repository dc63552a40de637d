"""The files of a submission as they lie on disk: which are taken, and what is refused by kind, name, number or size."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ..codes import Problem
from ..formatting import printable, size_text

__all__ = ["MOST_BYTES", "FileList", "list_files"]

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
        sizes: In bytes, by their names below the folder, sorted.
        whole: Whether all were listed and are small enough to be read.
    """

    sizes: dict[str, int]
    whole: bool

    def ending(self, *endings: str) -> list[str]:
        """Names that end so."""
        return [name for name in self.sizes if name.endswith(endings)]


def list_files(folder: Path, problems: list[Problem], *, most_bytes: int = MOST_BYTES) -> FileList:
    """Walks the folder without following a link or opening a file, and appends what is wrong to ``problems``.

    Args:
        folder: The submission.
        problems: Gets what is found.
        most_bytes: Of all files together.
    """
    sizes: dict[str, int] = {}
    folded: dict[str, str] = {}
    seen = 0
    for path in _walk(folder, problems):
        seen += 1
        if seen > _MOST_FILES:
            problems.append(Problem("SB109", folder.resolve().name, f"more than {_MOST_FILES:,} files and folders"))
            break
        name = path.relative_to(folder).as_posix()
        shown = printable(name)
        if (wrong := _wrong_name(name)) is not None:
            problems.append(Problem("SB108", shown[:_LONGEST_NAME], wrong))
            continue
        twin = folded.setdefault(unicodedata.normalize("NFC", name).casefold(), name)
        if twin != name:
            problems.append(Problem("SB108", shown, f"{printable(twin)!r} is the same name on other systems"))
        found = path.lstat()
        if stat.S_ISDIR(found.st_mode):
            continue
        if (said := _wrong_kind(found, path.suffix.lower())) is not None:
            problems.append(Problem("SB105", shown, said))
        elif found.st_size > _SPARSE_FROM and found.st_blocks * 512 * _SPARSE_RATIO < found.st_size:
            held = size_text(found.st_blocks * 512)
            problems.append(Problem("SB109", shown, f"a sparse file: {size_text(found.st_size)}, {held} on disk"))
        else:
            sizes[name] = found.st_size
    if (total := sum(sizes.values())) > most_bytes:
        problems.append(
            Problem("SB109", folder.resolve().name, f"{size_text(total)} in all, at most {size_text(most_bytes)}")
        )
    return FileList(dict(sorted(sizes.items())), whole=seen <= _MOST_FILES and total <= most_bytes)


def _walk(folder: Path, problems: list[Problem]) -> Iterator[Path]:
    """Every entry below, a folder before what is in it."""
    todo = [(folder, 1)]
    while todo:
        at, depth = todo.pop()
        try:
            with os.scandir(at) as entries:
                names = sorted(entry.name for entry in entries)
        except OSError as err:
            problems.append(Problem("SB105", printable(at.name), f"cannot be read: {err.strerror}"))
            continue
        for name in names:
            path = at / name
            yield path
            if stat.S_ISDIR(path.lstat().st_mode):
                if depth < _DEEPEST:
                    todo.append((path, depth + 1))
                else:
                    where = printable(path.relative_to(folder).as_posix())
                    problems.append(Problem("SB108", where, f"a folder more than {_DEEPEST} levels down"))


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
