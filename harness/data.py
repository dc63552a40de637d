"""Data sources: which files a task needs, where they can be had, and proof that they are the right ones."""

from __future__ import annotations

import gzip
import hashlib
import lzma
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .errors import DataError, DataNotAvailableError

__all__ = ["DataFile", "DataFiles", "DataSource", "Origin"]


@dataclass(frozen=True)
class Origin:
    """A public place that a file can be downloaded from: a URL, pinned to a revision, and the way inside an archive."""

    url: str
    members: tuple[str, ...] = ()


@dataclass(frozen=True)
class DataFile:
    """One file, identified by the sha256 of its uncompressed bytes.

    Attributes:
        path: Where mirrors and the cache keep it, relative, without ``.xz`` or ``.gz``.
        sha256: Of the uncompressed bytes.
        size_bytes: Of the uncompressed bytes.
        origins: Public places in the order in which they are tried; empty where the file is rebuilt by an importer.
    """

    path: str
    sha256: str
    size_bytes: int
    origins: tuple[Origin, ...] = ()


@dataclass(frozen=True)
class DataSource:
    """The files of one data set with their licence and origin.

    Attributes:
        name: Identifier on the command line.
        title: For people.
        files: All files a task may read.
        licence: SPDX identifier, or the licence's name.
        licence_note: Where the licence was read and what is uncertain about it.
        homepage: Canonical public page.
        citation: How to cite it.
        access: ``public``; ``gated`` has terms to accept; ``on-site`` never leaves its owner.
        public_since: Year (or date) since which models may have seen it.
        derivatives: False where the licence forbids derived copies: rows are then never exported.
        importer: Dotted path ``module:function`` of what rebuilds the files from public originals; None where the
            files are the originals.
    """

    name: str
    title: str
    files: tuple[DataFile, ...]
    licence: str
    licence_note: str
    homepage: str
    citation: str
    access: Literal["public", "gated", "on-site"]
    public_since: str
    derivatives: bool = True
    importer: str | None = None

    @property
    def fingerprint(self) -> str:
        """sha256 over the files' paths and hashes: changes when any byte of the data does."""
        lines = "".join(f"{f.sha256} {f.path}\n" for f in sorted(self.files, key=lambda f: f.path))
        return hashlib.sha256(lines.encode()).hexdigest()


class DataFiles:
    """Finds files: mirror folder first, then the user's cache, then (if allowed) a verified download."""

    def __init__(self, *, mirror: Path | None, cache: Path, download: bool = False) -> None:
        self._mirror = mirror
        self._cache = cache
        self._download = download

    def read(self, file: DataFile) -> bytes:
        """The uncompressed, verified bytes of a file.

        Raises:
            DataNotAvailableError: It is in no place that was looked at.
            DataError: A file is there under this name, but its bytes are others.
        """
        for folder in (self._mirror, self._cache):
            for path in () if folder is None else _stored(folder, file.path):
                raw = _unpacked(path)
                got = hashlib.sha256(raw).hexdigest()
                if got != file.sha256:
                    raise DataError(f"{path}: sha256 {got}, expected {file.sha256}; remove it and fetch it again")
                return raw
        raise DataNotAvailableError(f"{file.path}: not in the mirror and not in the cache")


def _stored(folder: Path, name: str) -> list[Path]:
    return [p for p in (folder / name, folder / f"{name}.xz", folder / f"{name}.gz") if p.is_file()]


def _unpacked(path: Path) -> bytes:
    raw = path.read_bytes()
    if path.suffix == ".xz":
        return lzma.decompress(raw)
    return gzip.decompress(raw) if path.suffix == ".gz" else raw
