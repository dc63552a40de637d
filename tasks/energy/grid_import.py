"""Rebuilds the one file of PJM's zones from the public collection, a table per zone.

Tested on small handmade originals and UNVERIFIED until it has met the real ones, which need an account; what it makes
is compared with the known sha256 before anything is kept.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from ...harness.errors import DataError
from ..original_parts import original_texts
from .grid import PJM_FILE, ZONES

__all__ = ["import_zones"]

_NAME = re.compile(r"[A-Z]+_hourly\.csv")
_ROW = re.compile(r"(\d{4}-\d{2}-\d{2} \d{2}:\d{2}):00,(\d+)(?:\.0)?")


def import_zones(originals: Path) -> dict[str, bytes]:
    """The bytes of the file: the zones in the order of their names, rows in the order of the originals.

    Args:
        originals: A folder or zip archive with ``AEP_hourly.csv`` to ``EKPC_hourly.csv`` anywhere in it.

    Raises:
        DataError: A zone is missing or its table is not of stamps and whole megawatts.
    """
    texts = {
        PurePosixPath(path).stem.removesuffix("_hourly"): text
        for path, text in original_texts(originals, _NAME).items()
    }
    if missing := [zone for zone in ZONES if zone not in texts]:
        raise DataError(
            f"{originals}: no {missing[0]}_hourly.csv ({len(missing)} of {len(ZONES)} zones are missing); give the "
            "archive of hourly-energy-consumption, or the folder it unpacks to"
        )
    lines = ["region,datetime,mw"]
    for zone in ZONES:
        head, *rows = texts[zone].splitlines() or [""]
        if head != f"Datetime,{zone}_MW":
            raise DataError(f"{originals}: {zone}_hourly.csv begins with {head!r:.80}, expected 'Datetime,{zone}_MW'")
        for number, row in enumerate(rows, start=2):
            found = _ROW.fullmatch(row)
            if found is None:
                said = f"{row!r:.80}, expected '2004-12-31 01:00:00,13478.0'"
                raise DataError(f"{originals}: {zone}_hourly.csv, line {number}: {said}")
            lines.append(f"{zone},{found[1]},{found[2]}")
    return {PJM_FILE.path: ("\n".join(lines) + "\n").encode()}
