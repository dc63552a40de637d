"""The files of a release of originals by their names, from a folder or a zip archive alike."""

from __future__ import annotations

import zipfile
from pathlib import Path

from ...harness.archives import UnpackError, read_member
from ...harness.errors import DataError

__all__ = ["original_texts"]

_PART_BYTES = 16 << 20


def original_texts(originals: Path, suffixes: tuple[str, ...]) -> dict[str, str]:
    """Name inside the release (with ``/``) to text, of all files with one of the suffixes.

    Args:
        originals: A folder, a zip archive, or a single file.
        suffixes: Such as ``.txt``.

    Raises:
        DataError: A file cannot be read, is no text, or the archive is broken.
    """
    try:
        if originals.is_dir():
            found = sorted(p for p in originals.rglob("*") if p.suffix in suffixes and p.is_file())
            return {p.relative_to(originals).as_posix(): p.read_text(encoding="utf-8") for p in found}
        if originals.suffix in suffixes:
            return {originals.name: originals.read_text(encoding="utf-8")}
        with zipfile.ZipFile(originals) as archive:
            names = [i.filename for i in archive.infolist() if i.filename.endswith(suffixes)]
        return {n: read_member(originals, (n,), limit_bytes=_PART_BYTES).decode("utf-8") for n in names}
    except (zipfile.BadZipFile, UnpackError, UnicodeDecodeError, OSError) as err:
        raise DataError(
            f"{originals}: not a folder and not a whole zip archive of texts ({err}); get it again"
        ) from err
