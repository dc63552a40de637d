"""Finds records in folders, makes sure that they and their units are whole, and drops doubles."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..harness.errors import InterfaceError, RecordError, UsageError
from ..harness.exhibits import Exhibits
from ..harness.records import MetricResult, Record
from ..harness.store import load_cell

__all__ = ["LoadedRecord", "load_records"]

_KEY = re.compile(r"[0-9a-f]{64}")  # the key names a file of the site, so nothing else may stand in it


@dataclass(frozen=True)
class LoadedRecord:
    """A record as it was found.

    Attributes:
        record: Parsed and checked against its units.
        path: Its file, for messages only: nothing on the site depends on where a record lay.
        content: The record in one canonical JSON form, so that a site depends on what records say and not on how they
            were indented.
        exhibits: Data of its pictures, checked against the record; None where it has none.
    """

    record: Record
    path: Path
    content: bytes
    exhibits: Exhibits | None = None


def load_records(folders: Sequence[Path]) -> tuple[LoadedRecord, ...]:
    """All records below some folders, sorted by key, each once.

    Raises:
        UsageError: A folder is not there.
        RecordError: A record cannot be read, breaks its own rules or lost its units, or two records say different
            things under one key. The message names the file.
    """
    found: dict[str, LoadedRecord] = {}
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"{folder}: there is no such folder of records; `sectorbench run` writes results/records")
        for path in sorted(folder.rglob("record.json")):
            loaded = _load(path)
            first = found.setdefault(loaded.record.key, loaded)
            if first.content != loaded.content:
                raise RecordError(
                    f"{path}: says something else than {first.path} under the same key {loaded.record.key}; "
                    "one of them was changed by hand: keep the one that the run wrote"
                )
    return tuple(found[key] for key in sorted(found))


def _load(path: Path) -> LoadedRecord:
    try:
        record, exhibits = load_cell(path.parent)
    except InterfaceError as err:
        raise RecordError(f"{path}: its units.arrow cannot be read: {err}") from err
    if problem := next(_problems(record), None):
        raise RecordError(f"{path}: {problem}; run the cell again to get a whole record")
    text = json.dumps(record.model_dump(mode="json"), ensure_ascii=False, indent=1, sort_keys=True)
    return LoadedRecord(record, path, (text + "\n").encode(), exhibits)


def _problems(record: Record) -> Iterator[str]:
    """What the schema cannot say: rules between the fields of one record."""
    if not _KEY.fullmatch(record.key):
        yield f"key: {record.key!r} is not a sha256 in small hexadecimal letters"
    if record.status == "failed":
        if record.code is None:
            yield "code: a failed record must name the code of its failure"
        if record.metrics:
            yield "metrics: a failed record has none"
        return
    if not record.metrics:
        yield "metrics: a record with status 'ok' must have at least the primary metric"
    if record.units_sha256 is None and record.access != "on-site":
        yield "units_sha256: only records of on-site data may come without units"
    for metric in (*record.metrics, *(m for s in record.slices for m in s.metrics)):
        yield from _metric_problems(metric)


def _metric_problems(metric: MetricResult) -> Iterator[str]:
    shown = [metric.value]
    if metric.interval is not None:
        shown += [metric.interval.low, metric.interval.high]
        if metric.interval.low > metric.interval.high:
            yield f"metrics.{metric.name}: the interval's low end lies above its high end"
    if not all(map(math.isfinite, shown)):
        yield f"metrics.{metric.name}: {shown} holds a number that is not finite"
    if (metric.interval is None) == (metric.no_interval is None):
        yield f"metrics.{metric.name}: has either an interval or the reason why there is none, never both or neither"
