"""Rebuilds the file of flexible job shops from its original, a copy of the project SchedulingLab/fjsp-instances.

Reading was tested on small handmade originals and is UNVERIFIED until it has met the whole real one (mk01 and the edata
variant of mt06 were compared by hand); what it makes is compared with the known sha256 before anything is kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...harness.errors import DataError
from ..original_parts import original_texts
from .flexible_shops import FJSP_FILE
from .frozen_bounds import frozen_bounds

__all__ = ["import_flexible_shops", "read_standard_text"]

_TABLE = "instances.json"
_NAMES = re.compile(r"instances\.json|(brandimarte|hurink/[erv]data)/[a-z0-9]+\.txt")
_FOLDERS = ("brandimarte/", "hurink/")
_BOUNDS, _BOUNDS_SOURCE = "flexible-bounds-2026.11.json", "ScheduleOpt 2026-08-19"


def import_flexible_shops(originals: Path) -> dict[str, bytes]:
    """The bytes of the file: instances and the project's own bounds from the original, other bounds from our table.

    Args:
        originals: The project at revision 350c28e, as a folder or as GitHub's zip archive.

    Raises:
        DataError: That is not the project, or an instance in it is not as its table says.
    """
    texts = original_texts(originals, _NAMES)
    tables = [name for name in texts if name == _TABLE or name.endswith(f"/{_TABLE}")]
    if len(tables) != 1:
        raise DataError(
            f"{originals}: {len(tables)} files {_TABLE}, expected 1; give SchedulingLab/fjsp-instances, revision "
            "350c28e, as a folder or zip archive"
        )
    root = tables[0].removesuffix(_TABLE)
    bounds = frozen_bounds(_BOUNDS)
    lines = []
    for entry in _entries(tables[0], texts[tables[0]]):
        name, path = str(entry["name"]), f"{root}{entry['path']}"
        if path not in texts or name not in bounds:
            raise DataError(f"{originals}: {name}: no file {entry['path']}, or no bounds; is this revision 350c28e?")
        machines, ops = read_standard_text(path, texts[path])
        if (len(ops), machines) != (entry["jobs"], entry["machines"]):
            raise DataError(
                f"{path}: {len(ops)} jobs on {machines} machines, expected {entry['jobs']} on {entry['machines']} as "
                f"in {_TABLE}"
            )
        optimum = entry.get("optimum")
        theirs = {"lower": optimum, "upper": optimum} if optimum is not None else entry.get("bounds") or {}
        row = {
            "name": name,
            "path": entry["path"],
            "jobs": len(ops),
            "machines": machines,
            "ops": ops,
            "lb": bounds[name].lower_bound,
            "ub": bounds[name].upper_bound,
            "bounds_source": _BOUNDS_SOURCE,
            "lb_sl": theirs.get("lower"),
            "ub_sl": theirs.get("upper"),
        }
        lines.append(json.dumps(row, separators=(",", ":")) + "\n")
    return {FJSP_FILE.path: "".join(lines).encode()}


def _entries(where: str, table: str) -> list[Mapping[str, Any]]:
    try:
        return [entry for entry in json.loads(table) if str(entry["path"]).startswith(_FOLDERS)]
    except (ValueError, KeyError, TypeError) as err:
        raise DataError(f"{where}: not a list of instances with a path each ({err!r}); get it again") from err


def read_standard_text(where: str, text: str) -> tuple[int, list[list[list[list[int]]]]]:
    """Number of machines, and per job and operation the pairs of machine and duration.

    The form: a line with the numbers of jobs and machines (more on it is not looked at), then a line per job with its
    number of operations and, per operation, its number of machines and as many pairs of machine and duration.

    Args:
        where: What messages call the text.
        text: Machines counted from 0; the classical copies count from 1 and are refused where that shows.

    Raises:
        DataError: The text has another form; the message names the line.
    """
    lines = [(number, line.split()) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    try:
        jobs, machines = map(int, lines[0][1][:2])
        ops = [_job(list(map(int, words)), f"{where}, line {number}") for number, words in lines[1:]]
    except (ValueError, IndexError) as err:
        raise DataError(f"{where}: not numbers in the standard form of flexible job shops ({err})") from err
    if len(ops) != jobs:
        raise DataError(f"{where}: {len(ops)} lines of jobs, expected {jobs} as in its first line")
    for job, operations in enumerate(ops):
        for operation, ways in enumerate(operations):
            for machine, _ in ways:
                if not 0 <= machine < machines:
                    raise DataError(
                        f"{where}: job {job}, operation {operation} names machine {machine}, expected 0 to "
                        f"{machines - 1}; a copy that counts machines from 1 is another file"
                    )
    return machines, ops


def _job(numbers: list[int], where: str) -> list[list[list[int]]]:
    at = 1
    operations: list[list[list[int]]] = []
    for _ in range(numbers[0]):
        count = numbers[at] if at < len(numbers) else 0
        pairs = numbers[at + 1 : at + 1 + 2 * count]
        if count < 1 or len(pairs) < 2 * count:
            raise DataError(f"{where}: ends within operation {len(operations)} of {numbers[0]}")
        operations.append([pairs[i : i + 2] for i in range(0, 2 * count, 2)])
        at += 1 + 2 * count
    if at != len(numbers):
        raise DataError(f"{where}: {len(numbers) - at} numbers behind the last of {numbers[0]} operations")
    return operations
