"""Importing: from originals that a user already has to the files that tasks read, verified or not kept at all."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from .archives import ARCHIVE_SUFFIXES, UnpackError, read_member, unpack
from .data import DataFile, DataFiles, DataSource
from .errors import DataError, RegistryError, UsageError

__all__ = ["Importer", "import_source"]

Importer = Callable[[Path], Mapping[str, bytes]]
"""Takes the user's originals; returns the uncompressed bytes per ``DataFile.path``."""


def import_source(source: DataSource, originals: Path, files: DataFiles) -> list[Path]:
    """Makes the files of a source from originals and puts them into the cache: all of them, or none.

    Where the source has an importer, it rebuilds the files. Else they are looked for in ``originals``: the file itself
    (as is, ``.xz`` or ``.gz``), a folder that holds it, or the archive that an origin names.

    Returns:
        Where the files are now.

    Raises:
        UsageError: There is nothing at ``originals``.
        DataError: The originals are not those that are expected, or what came of them is not the known files.
        RegistryError: The importer does not load.
    """
    if not originals.exists():
        raise UsageError(f"{originals}: no such file or folder. Give the originals of {source.homepage} with --from")
    made = _importer(source.importer)(originals) if source.importer else _found_in(source, originals)
    problems = []
    for file in source.files:
        raw = made.get(file.path)
        got = None if raw is None else hashlib.sha256(raw).hexdigest()
        if raw is None or got is None:
            problems.append(f"{file.path}: not found in the originals, expected sha256 {file.sha256}")
        elif got != file.sha256:
            problems.append(f"{file.path}: sha256 {got} ({len(raw):,} bytes), expected {file.sha256}")
    if problems:
        what = "The importer's output differs from the known files" if source.importer else "Not the known files"
        raise DataError(
            f"SB202 {originals}: {'; '.join(problems)}. {what}, so nothing was kept: another release of the originals? "
            f"Those meant here: {source.homepage}"
        )
    return [files.store(file, made[file.path]) for file in source.files]


def _importer(dotted: str) -> Importer:
    module, _, name = dotted.partition(":")
    try:
        found: Importer = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as err:
        raise RegistryError(f"importer {dotted!r} does not load: {err}") from err
    return found


def _found_in(source: DataSource, originals: Path) -> dict[str, bytes]:
    """For each file the candidate with the right hash, or any other candidate, so that its hash can be told."""
    made: dict[str, bytes] = {}
    for file in source.files:
        for raw in _candidates(file, originals):
            made[file.path] = raw
            if hashlib.sha256(raw).hexdigest() == file.sha256:
                break
    return made


def _candidates(file: DataFile, originals: Path) -> Iterator[bytes]:
    base = Path(file.path).name
    names = {base: "", f"{base}.xz": ".xz", f"{base}.gz": ".gz"}
    paths = sorted(p for p in originals.rglob("*") if p.is_file()) if originals.is_dir() else [originals]
    for path in paths:
        compression = names.get(path.name)
        if compression is not None:
            try:
                yield unpack(path.read_bytes(), compression, limit_bytes=file.size_bytes)
            except UnpackError as err:
                raise DataError(f"SB202 {path}: {err}; expected sha256 {file.sha256}. Get the file again") from err
        elif path.name.endswith(ARCHIVE_SUFFIXES):
            yield from _members(file, path)


def _members(file: DataFile, archive: Path) -> Iterator[bytes]:
    ways = {origin.members[k:] for origin in file.origins for k in range(len(origin.members))}
    for way in sorted(ways | {(Path(file.path).name,)}, key=len, reverse=True):
        try:
            yield read_member(archive, way, limit_bytes=file.size_bytes)
        except UnpackError:
            continue  # the archive is another one, or the user has only the inner one
