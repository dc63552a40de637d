"""Builds a site from records and cards: the same ones give the same bytes, and a site is there whole or not at all."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .. import __version__
from ..harness.errors import RecordError, UsageError
from ..harness.folders import check_writable
from ..harness.task import TaskCard
from .catalogue import phrase
from .collection import Collection, Ignored, collect
from .figures import fixed
from .loading import load_records
from .rendering import render_site
from .views import SiteFacts

__all__ = ["MANIFEST_NAME", "SiteReport", "build_site", "ignored_line", "site_manifest"]

MANIFEST_NAME = "site.json"
_SCHEMA = "site/1"
_OF_THE_SYSTEM = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})  # written by file browsers, nobody's work


@dataclass(frozen=True)
class SiteReport:
    """What a build did.

    Attributes:
        folder: Where the site is.
        pages: HTML pages written, both languages.
        records: Records shown.
        ignored: Records found and not shown, with the reason.
        digest: Over all records shown.
    """

    folder: Path
    pages: int
    records: int
    ignored: tuple[Ignored, ...]
    digest: str


def build_site(
    records: Path | Sequence[Path],
    cards: Mapping[str, TaskCard],
    to: Path,
    *,
    controls: frozenset[str] = frozenset(),
) -> SiteReport:
    """Builds the site of all records below ``records`` into the folder ``to``, replacing an earlier site there.

    Partial records, and records whose task, version or track has no card, are left out and reported. The builtins that
    ``controls`` names are marked as such.

    Raises:
        UsageError: ``to`` is there and is not a site of ours, or a folder of records is not there.
        RecordError: A record is damaged or does not fit its card, or no record can be shown.
    """
    folders = [records] if isinstance(records, Path) else list(records)
    target = to.resolve()
    _check_target(target)
    collection = collect(load_records(folders), cards, controls)
    if not collection.loaded:
        found = "; ".join(sorted({ignored_line(one) for one in collection.ignored})) or "none was found"
        where = ", ".join(map(str, folders))
        raise RecordError(
            f"{where}: no record can be shown ({found}); make some with: sectorbench run benchmarks=quickstart"
        )
    files = render_site(collection, _facts(collection))
    files[MANIFEST_NAME] = _manifest(collection, files)
    _write(files, target)
    return SiteReport(
        folder=to,
        pages=sum(name.endswith(".html") for name in files),
        records=len(collection.loaded),
        ignored=collection.ignored,
        digest=collection.digest,
    )


def ignored_line(one: Ignored) -> str:
    """One ignored record as a line for people."""
    return f"{one.task}, {one.model}: {phrase(f'ignored.{one.reason}', found=one.found).en}"


def _facts(collection: Collection) -> SiteFacts:
    return SiteFacts(
        suites=collection.suites,
        package_version=__version__,
        records=fixed(len(collection.loaded), 0),
        ignored=fixed(len(collection.ignored), 0),
        digest=collection.digest,
        practice=all(r.record.predicted_by == r.record.scored_by == "self" for r in collection.loaded),
    )


def _manifest(collection: Collection, files: Mapping[str, bytes]) -> bytes:
    content = {
        "schema_version": _SCHEMA,
        "package_version": __version__,
        "suites": list(collection.suites),
        "records_sha256": collection.digest,
        "files": {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)},
    }
    return (json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def site_manifest(folder: Path) -> dict[str, str] | None:
    """The files of a site of ours with their sha256; None if the folder is no such site."""
    try:
        content = json.loads((folder / MANIFEST_NAME).read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(content, dict) or content.get("schema_version") != _SCHEMA:
        return None
    files = content.get("files")
    return files if isinstance(files, dict) else None


def _check_target(target: Path) -> None:
    """Makes sure that nothing but an earlier site is replaced."""
    check_writable(target.parent, asked=target, remedy="name another folder for the site with --to")
    if not target.exists():
        return
    if not target.is_dir():
        raise UsageError(f"{target}: is a file; name a folder for the site with --to")
    found = {p.relative_to(target).as_posix() for p in target.rglob("*") if not p.is_dir() or p.is_symlink()}
    strangers = sorted(name for name in found if Path(name).name not in _OF_THE_SYSTEM)
    if not strangers:
        return
    known = site_manifest(target)
    if known is None:
        raise UsageError(
            f"{target}: holds {strangers[0]!r} and no {MANIFEST_NAME}, so it is no site made here and stays as it is; "
            "name another folder with --to"
        )
    if others := [name for name in strangers if name not in known and name != MANIFEST_NAME]:
        raise UsageError(
            f"{target}: {others[0]!r} is not a file of the site and would be lost; move it away or name another folder "
            "with --to"
        )


def _write(files: Mapping[str, bytes], target: Path) -> None:
    """Writes a folder beside the target and swaps the two; the target is whole at every moment."""
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp"))
    try:
        fresh, old = work / "new", work / "old"
        for name in sorted(files):
            path = fresh / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(files[name])
        if target.exists():
            target.rename(old)
        try:
            fresh.rename(target)
        except OSError:
            if old.exists():
                old.rename(target)
            raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
