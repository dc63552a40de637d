"""Rebuilds the files of job shops from public originals: text files with machine and duration pairs, one job a line.

From instances to files this gives the known bytes. The step before it, finding and reading the originals, was tested
on small handmade ones and on ones written back from the known files, and is UNVERIFIED until it has met the real
repositories; every instance is compared with its known sha256 and every file with its own before anything is kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ...harness.errors import DataError
from .bounds import published, published_bounds
from .instances import JobShopInstance
from .jobshop_library import CLASSICS, DMU, PLANT

__all__ = ["import_classics", "import_plant", "read_text_instance"]

_BOUNDS_SOURCE = "ScheduleOpt 2026-08-19"
_NOT_KNOWN_2014 = (0, 10**9)  # where JSPLIB's table has no bounds
_TOLD = 5  # problems in one message


def import_classics(originals: Path) -> dict[str, bytes]:
    """The bytes of the dmu and the JSPLIB file.

    Args:
        originals: A folder that holds a checkout of tamy0612/JSPLIB (its ``instances.json`` too) and one of
            ScheduleOpt/benchmarks; text files are found by their names, anywhere in it.

    Raises:
        DataError: An original is missing, cannot be read, or is not the known instance.
    """
    tables = sorted(p for p in originals.rglob("instances.json") if (p.parent / "instances").is_dir())
    if len(tables) != 1:
        raise DataError(
            f"{originals}: {len(tables)} files instances.json beside a folder instances, expected the one of JSPLIB; "
            "give a folder with checkouts of tamy0612/JSPLIB and ScheduleOpt/benchmarks"
        )
    listed = json.loads(tables[0].read_text(encoding="utf-8"))
    classics = _originals(tables[0].parent, [entry["name"] for entry in listed])
    dmu = _originals(originals, [name for name in published() if name.startswith("dmu")])
    rows = [
        _rectangular(shop) | dict(zip(("lb_jsplib2014", "ub_jsplib2014"), _bounds_2014(entry), strict=True))
        for shop, entry in zip(classics, listed, strict=True)
    ]
    made = [row | {"sha256": shop.sha256} for row, shop in zip(rows, classics, strict=True)]
    return {
        CLASSICS.path: _lines(made),
        DMU.path: _lines(_rectangular(shop) | {"sha256": shop.sha256} for shop in dmu),
    }


def import_plant(originals: Path) -> dict[str, bytes]:
    """The bytes of the plant's file, from a folder that holds a checkout of ScheduleOpt/benchmarks.

    Raises:
        DataError: An original is missing, cannot be read, or is not the known instance.
    """
    shops = _originals(originals, [name for name in published() if name.startswith("bel")])
    pairs = [
        [
            [list(pair) for pair in zip(route, row, strict=True)]
            for row, route in zip(s.duration, s.machine, strict=True)
        ]
        for s in shops
    ]
    rows = [_head(shop) | {"ops": ops} | _known(shop) for shop, ops in zip(shops, pairs, strict=True)]
    return {PLANT.path: _lines(rows)}


def read_text_instance(name: str, text: str) -> JobShopInstance:
    """An instance from its text: jobs and machines, then a line per job with pairs of machine (from 0) and duration.

    Lines that begin with ``#`` are comments; a line may end on the pair ``-1 -1``.

    Raises:
        DataError: The text is not of this form; the message names the line.
    """
    lines = [(number, line.split()) for number, line in enumerate(text.splitlines(), 1)]
    lines = [(number, words) for number, words in lines if words and not words[0].startswith("#")]
    try:
        numbers = [(number, [int(word) for word in words]) for number, words in lines]
    except ValueError as err:
        raise DataError(f"{name}: not a job shop in text form ({err}); get the original again") from err
    if not numbers or len(numbers[0][1]) != 2:
        raise DataError(f"{name}: the first line is not the number of jobs and of machines; get the original again")
    (_, (jobs, machines)), rows = numbers[0], numbers[1:]
    if len(rows) != jobs:
        raise DataError(f"{name}: {len(rows)} lines of jobs, expected {jobs}; get the original again")
    duration, machine = [], []
    for number, row in rows:
        pairs = row[:-2] if row[-2:] == [-1, -1] else row
        route, durations = pairs[::2], pairs[1::2]
        if len(pairs) % 2 or not pairs or min(durations) < 0 or not 0 <= min(route) <= max(route) < machines:
            raise DataError(f"{name}, line {number}: no pairs of a machine 0 to {machines - 1} and a duration")
        duration.append(durations)
        machine.append(route)
    return JobShopInstance(name, duration, machine)


def _originals(folder: Path, names: Iterable[str]) -> list[JobShopInstance]:
    """The instances of these names, from files ``NAME`` or ``NAME.txt`` that lie anywhere in the folder."""
    wanted = list(names)
    found: dict[str, list[Path]] = {name: [] for name in wanted}
    for path in sorted(p for p in folder.rglob("*") if p.suffix in ("", ".txt") and p.is_file()):
        if path.stem in found:
            found[path.stem].append(path)
    if missing := [name for name in wanted if not found[name]]:
        more = f" and {len(missing) - _TOLD} more" if len(missing) > _TOLD else ""
        raise DataError(f"{folder}: no file for {', '.join(missing[:_TOLD])}{more}; is the checkout whole?")
    shops = []
    for name, paths in found.items():
        copies = [read_text_instance(name, path.read_text(encoding="utf-8")) for path in paths]
        right = [shop for shop in copies if name in published() and shop.sha256 == published()[name].sha256]
        shops.append(right[0] if right else copies[0])
    published_bounds(shops)
    return shops


def _head(shop: JobShopInstance) -> dict[str, Any]:
    return {"name": shop.name, "jobs": len(shop.duration), "machines": 1 + max(map(max, shop.machine))}


def _known(shop: JobShopInstance) -> dict[str, Any]:
    bounds = published()[shop.name].bounds
    return {"lb": bounds.lower_bound, "ub": bounds.upper_bound, "bounds_source": _BOUNDS_SOURCE}


def _rectangular(shop: JobShopInstance) -> dict[str, Any]:
    return _head(shop) | {"duration": shop.duration, "machine": shop.machine} | _known(shop)


def _bounds_2014(entry: Mapping[str, Any]) -> tuple[int, int]:
    """Bounds as JSPLIB's table had them; the file keeps them, no score uses them."""
    if entry["optimum"] is not None:
        return entry["optimum"], entry["optimum"]
    bounds = entry.get("bounds") or {}
    lower, upper = bounds.get("lower"), bounds.get("upper")
    return (_NOT_KNOWN_2014[0] if lower is None else lower, _NOT_KNOWN_2014[1] if upper is None else upper)


def _lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    return "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows).encode()
