"""The texts of a release of originals by their names, from a folder or a zip archive alike."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from ..harness.errors import DataError

__all__ = ["original_texts"]

_TEXT_BYTES = 16 << 20  # no original is near this size


def original_texts(originals: Path, names: re.Pattern[str]) -> dict[str, str]:
    """Name inside the release (with ``/``) to text, of all files whose name ``names`` matches to its end.

    Args:
        originals: A folder or a zip archive.
        names: Searched for in the whole name, anchored at its end.

    Raises:
        DataError: A file cannot be read, is no text or too long, or the archive is broken.
    """
    wanted = re.compile(f"(?:{names.pattern})$")
    texts = {}
    try:
        if originals.is_dir():
            for path in sorted(p for p in originals.rglob("*") if p.is_file()):
                name = path.relative_to(originals).as_posix()
                if wanted.search(name):
                    texts[name] = _text(originals, name, _head(path))
        else:
            with zipfile.ZipFile(originals) as archive:
                for info in archive.infolist():
                    if wanted.search(info.filename):
                        with archive.open(info) as opened:
                            texts[info.filename] = _text(originals, info.filename, opened.read(_TEXT_BYTES + 1))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as err:
        raise DataError(
            f"{originals}: not a folder and not a whole zip archive of texts ({err}); get it again"
        ) from err
    return texts


def _head(path: Path) -> bytes:
    with path.open("rb") as opened:
        return opened.read(_TEXT_BYTES + 1)


def _text(originals: Path, name: str, raw: bytes) -> str:
    if len(raw) > _TEXT_BYTES:
        raise DataError(f"{originals}: {name} is longer than {_TEXT_BYTES:,} bytes; these are not the originals")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as err:
        raise DataError(f"{originals}: {name} is no text ({err}); get it again") from err
