"""Data sources: which files a task needs, where they can be had, and proof that they are the right ones."""

from __future__ import annotations

import hashlib
import os
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, Self

from .archives import UnpackError, unpack
from .arrow_files import atomic_writer
from .errors import DataError, DataNotAvailableError

if TYPE_CHECKING:
    from .data_fetch import Downloads, Progress

__all__ = [
    "CACHE_VARIABLE",
    "MIRROR_VARIABLE",
    "DataFile",
    "DataFiles",
    "DataSource",
    "FileState",
    "Found",
    "Origin",
    "how_to_bring",
    "how_to_get",
]

MIRROR_VARIABLE = "SECTORBENCH_DATA"
CACHE_VARIABLE = "SECTORBENCH_CACHE"
_REMEMBERED_BYTES = 64 << 20  # larger files are read again each time


@dataclass(frozen=True)
class Origin:
    """A public place that a file can be downloaded from.

    Attributes:
        url: Pinned to a revision. A file whose name ends on ``.xz`` or ``.gz`` is unpacked.
        members: The way inside an archive, outermost first: ``("outer/data.zip", "train.txt")``; empty for a file.
    """

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

    @property
    def source(self) -> DataSource | None:
        """The source that lists this file; messages name it."""
        found: DataSource | None = getattr(self, "_source", None)
        return found


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
            files are the originals. The function takes the path that the user gave (a file or folder) and returns
            the uncompressed bytes per ``DataFile.path``; it raises ``DataError`` where the originals are not those.
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

    def __post_init__(self) -> None:
        for file in self.files:  # so that a message about a file can say what to type; no field: files compare by facts
            object.__setattr__(file, "_source", self)

    @property
    def fingerprint(self) -> str:
        """sha256 over the files' paths and hashes: changes when any byte of the data does."""
        lines = "".join(f"{f.sha256} {f.path}\n" for f in sorted(self.files, key=lambda f: f.path))
        return hashlib.sha256(lines.encode()).hexdigest()

    @property
    def size_bytes(self) -> int:
        """Of all files together, uncompressed."""
        return sum(f.size_bytes for f in self.files)


Place = Literal["mirror", "cache"]


class Found(NamedTuple):
    """Where a file lies, not yet verified."""

    place: Place
    path: Path


class FileState(NamedTuple):
    """What became of looking at one file; ``detail`` says what is wrong or where the file lies."""

    state: Literal["ok", "damaged", "missing"]
    found: Found | None
    detail: str


class DataFiles:
    """Finds files: mirror folder first, then the user's cache, then (if allowed) a verified download."""

    def __init__(
        self, *, mirror: Path | None, cache: Path, download: bool = False, progress: Progress | None = None
    ) -> None:
        self.mirror = mirror
        self.cache = cache
        self._download = download
        self._progress = progress
        self._read: dict[str, bytes] = {}
        self._downloads: Downloads | None = None

    @classmethod
    def from_environment(cls, download: bool, *, progress: Progress | None = None) -> Self:
        """The places that the environment names: ``SECTORBENCH_DATA`` and ``SECTORBENCH_CACHE``, both optional.

        Args:
            download: Whether a file in neither place is downloaded.
            progress: Shows a transfer; default a bar on stderr.
        """
        if download and progress is None:
            from .data_fetch import progress_on_stderr

            progress = progress_on_stderr
        mirror, cache = os.environ.get(MIRROR_VARIABLE), os.environ.get(CACHE_VARIABLE)
        return cls(
            mirror=Path(mirror).expanduser() if mirror else None,
            cache=Path(cache).expanduser() if cache else _user_cache(),
            download=download,
            progress=progress,
        )

    def find(self, file: DataFile) -> Found | None:
        """Where a file lies, mirror before cache, without reading it."""
        places: tuple[tuple[Place, Path | None], ...] = (("mirror", self.mirror), ("cache", self.cache))
        for place, folder in places:
            if folder is not None:
                for suffix in ("", ".xz", ".gz"):
                    path = folder / f"{file.path}{suffix}"
                    if path.is_file():
                        return Found(place, path)
        return None

    def read(self, file: DataFile) -> bytes:
        """The uncompressed, verified bytes of a file; downloaded into the cache where that is allowed and needed.

        A damaged file is refused here, by its digest. Readers count what they read all the same: for importers, which
        rebuild files, and for whoever names another release by its digests.

        Raises:
            DataNotAvailableError: It is in no place that was looked at; the message says what to type.
            DataError: A file is there under this name, but it is broken or its bytes are others.
        """
        if file.sha256 in self._read:
            return self._read[file.sha256]
        found = self.find(file)
        raw = self._read_found(file, found) if found else self._fetched(file)
        if len(raw) <= _REMEMBERED_BYTES:
            self._read[file.sha256] = raw
        return raw

    def check(self, file: DataFile) -> FileState:
        """Reads a file from its place, never from a URL, and says how it is."""
        found = self.find(file)
        if found is None:
            return FileState("missing", None, how_to_get(file))
        try:
            self._read_found(file, found)
        except DataError as err:
            return FileState("damaged", found, str(err))
        return FileState("ok", found, str(found.path))

    def fetch(self, file: DataFile) -> Found:
        """Sees to it that a file is there, whole; a damaged copy in the cache is replaced, one in the mirror is not.

        Raises:
            DataNotAvailableError: No origin could be reached, or the file has none.
            DataError: The mirror's copy is damaged, or the origins hold other bytes.
        """
        state = self.check(file)
        if state.found is not None and (state.state == "ok" or state.found.place == "mirror"):
            if state.state == "damaged":
                raise DataError(state.detail)
            return state.found
        raw = self._from_origins(file)
        for suffix in (".xz", ".gz"):  # what was damaged there
            (self.cache / f"{file.path}{suffix}").unlink(missing_ok=True)
        return Found("cache", self.store(file, raw))

    def store(self, file: DataFile, raw: bytes) -> Path:
        """Puts verified bytes into the cache; the file appears whole or not at all.

        Raises:
            DataError: The bytes are not the file's; nothing is written.
        """
        got = hashlib.sha256(raw).hexdigest()
        if got != file.sha256:
            raise DataError(f"SB202 {file.path}: sha256 {got}, expected {file.sha256}; nothing was written")
        path = self.cache / file.path
        with atomic_writer(path) as out:
            out.write(raw)
        self._read.pop(file.sha256, None)
        return path

    def _fetched(self, file: DataFile) -> bytes:
        if not self._download:
            raise DataNotAvailableError(f"SB201 {file.path}: {self._looked_at()}. {how_to_get(file)}")
        raw = self._from_origins(file)
        self.store(file, raw)
        return raw

    def _from_origins(self, file: DataFile) -> bytes:
        if not file.origins:
            raise DataNotAvailableError(f"SB201 {file.path}: {self._looked_at()}. {how_to_get(file)}")
        if self._downloads is None:
            from .data_fetch import Downloads

            self._downloads = Downloads(self.cache / ".partial", self._progress)
            weakref.finalize(self, self._downloads.close)
        return self._downloads.get(file)

    def _looked_at(self) -> str:
        mirror = f"the mirror {self.mirror}" if self.mirror else f"a mirror ({MIRROR_VARIABLE} is not set)"
        if self.mirror and not self.mirror.is_dir():
            mirror = f"the mirror ({MIRROR_VARIABLE}={self.mirror} is not a folder)"
        return f"not in {mirror} and not in the cache {self.cache}"

    def _read_found(self, file: DataFile, found: Found) -> bytes:
        expected = f"expected {file.sha256} ({file.size_bytes:,} bytes, uncompressed)"
        compression = found.path.name[len(Path(file.path).name) :]
        packed = found.path.read_bytes()
        try:
            raw = unpack(packed, compression, limit_bytes=file.size_bytes)
        except UnpackError as err:
            as_it_lies = f"as it lies, sha256 {hashlib.sha256(packed).hexdigest()} ({len(packed):,} bytes)"
            raise DataError(
                f"SB202 {found.path}: {err}; {as_it_lies}; {expected}. {_how_to_mend(file, found)}"
            ) from err
        got = hashlib.sha256(raw).hexdigest()
        if got != file.sha256:
            differs = _differs(len(raw), file.size_bytes)
            raise DataError(
                f"SB202 {found.path}: {differs}: sha256 {got} ({len(raw):,} bytes), {expected}. "
                f"{_how_to_mend(file, found)}"
            )
        return raw


def _differs(size_bytes: int, expected_bytes: int) -> str:
    """How a file's uncompressed bytes differ from the known ones, before anybody reads a digest."""
    if size_bytes == expected_bytes:
        return "other bytes of the same number"
    more = size_bytes > expected_bytes
    return f"{abs(size_bytes - expected_bytes):,} bytes {'more than known' if more else 'missing'}"


def how_to_get(file: DataFile) -> str:
    """What to type to get a file that is in no known place."""
    source = file.source
    if source and source.access == "on-site":
        return f"It never leaves its owner ({source.homepage}). {_by_mirror(file)}"
    if file.origins and (source is None or source.access == "public"):
        return f"Get it with: sectorbench data fetch {_name(file)}. {_by_mirror(file)}"
    return how_to_bring(file)


def how_to_bring(file: DataFile) -> str:
    """What to type for a file that is not downloaded: how to import a copy, or where to put one."""
    source = file.source
    where = f"Get the originals from {source.homepage}" if source else "Get it from its owner"
    terms = " (terms to accept)" if source and source.access == "gated" else ""
    return f"{where}{terms}, then: sectorbench data import {_name(file)} --from PATH. {_by_mirror(file)}"


def _name(file: DataFile) -> str:
    return file.source.name if file.source else file.path


def _by_mirror(file: DataFile) -> str:
    return f"Or set {MIRROR_VARIABLE} to a folder that holds {file.path} (as is, .xz or .gz)"


def _how_to_mend(file: DataFile, found: Found) -> str:
    what = f"sectorbench data {f'fetch {_name(file)}' if file.origins else f'import {_name(file)} --from PATH'}"
    if found.place == "mirror":
        return f"Replace it in the mirror, or unset {MIRROR_VARIABLE} to use the cache, then: {what}"
    return f"Remove it, then: {what}"


def _user_cache() -> Path:
    import pooch

    return Path(pooch.os_cache("sectorbench"))
