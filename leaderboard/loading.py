"""Finds records in folders, makes sure that they and their units are whole, and takes one of several of one cell."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..harness.errors import RecordError, UsageError
from ..harness.exhibits import Exhibits
from ..harness.records import MetricResult, Record
from ..harness.store import load_cell

__all__ = ["LoadedRecord", "load_records"]

_KEY = re.compile(r"[0-9a-f]{64}")  # the key names a file of the site, so nothing else may stand in it
_OF_VALUE, _OF_DOUBT = 1e-3, 0.1  # how far two machines may come apart: parts of a value, or of its standard error


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
    """All records below some folders, sorted by key, one per key.

    Of several under one key (everybody's run adds the floor) a finished one is taken before a failed one, then the
    one that was started first; it is said to belong to the suites of all of them.

    Raises:
        UsageError: A folder is not there.
        RecordError: A record cannot be read, breaks its own rules or lost its units, or two records under one key
            differ in more than time, cost, machine and rounding. The message names the file.
    """
    found: dict[str, LoadedRecord] = {}
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"{folder}: there is no such folder of records; `sectorbench run` writes results/records")
        for path in sorted(folder.rglob("record.json")):
            loaded = _load(path)
            other = found.get(loaded.record.key)
            found[loaded.record.key] = loaded if other is None else _one_of(other, loaded)
    return tuple(found[key] for key in sorted(found))


def _one_of(first: LoadedRecord, second: LoadedRecord) -> LoadedRecord:
    """The one of two records under one key that is shown."""
    if first.content == second.content:
        return first
    if difference := next(_differences(first.record, second.record), None):
        raise RecordError(
            f"{second.path}: says something else than {first.path} under the same key {first.record.key}: "
            f"{difference}; give the site only one of them"
        )
    taken = min((first, second), key=lambda r: (r.record.status != "ok", r.record.started_at, r.content))
    suites = tuple(sorted({*first.record.suites, *second.record.suites}))
    record = taken.record.model_copy(update={"suites": suites})
    return replace(taken, record=record, content=_canonical(record))


def _differences(a: Record, b: Record) -> Iterator[str]:
    """In what two records under one key differ that no second run on another machine explains."""
    measured = {"suites", "status", "code", "message", "metrics", "slices", "counts", "units_sha256", "exhibits_sha256",
                "cost", "environment", "predicted_by", "scored_by", "started_at", "protocol", "signature",
                "vendor_copy"}  # fmt: skip
    facts_a = a.model_dump(exclude=measured) | a.protocol.model_dump(exclude={"predictions_sha256"})
    facts_b = b.model_dump(exclude=measured) | b.protocol.model_dump(exclude={"predictions_sha256"})
    for name in facts_a:
        if facts_a[name] != facts_b[name]:
            yield f"{name} is {facts_a[name]!r} in one and {facts_b[name]!r} in the other, so one was changed by hand"
    if a.status == b.status == "ok":
        figures_a, figures_b = _figures(a), _figures(b)
        if figures_a.keys() != figures_b.keys():
            yield f"metrics: {', '.join(map(str, sorted(figures_a.keys() ^ figures_b.keys())[:3]))} stands in only one"
        for name in sorted(figures_a.keys() & figures_b.keys()):
            (value, allowed), (other, _) = figures_a[name], figures_b[name]
            if abs(value - other) > allowed:
                yield f"{name} is {value:.6g} in one and {other:.6g} in the other, more than rounding explains"


def _figures(record: Record) -> dict[str, tuple[float, float]]:
    """Every figure of a record by a name for people, with the distance at which another one is the same."""
    parts = [("", record.metrics), *((f" of {s.axis} {s.value}", s.metrics) for s in record.slices)]
    figures = {}
    for where, metrics in parts:
        for m in metrics:
            allowed = max(_OF_VALUE * abs(m.value), _OF_DOUBT * (m.standard_error or 0.0))
            figures[f"{m.name}{where}"] = (m.value, allowed)
            figures[f"n of {m.name}{where}"] = (float(m.n_units), 0.0)
            if m.interval is not None:
                figures[f"low end of {m.name}{where}"] = (m.interval.low, allowed)
                figures[f"high end of {m.name}{where}"] = (m.interval.high, allowed)
    return figures


def _load(path: Path) -> LoadedRecord:
    record, exhibits = load_cell(path.parent)
    if record.partial_of is None and (problem := next(_problems(record), None)):  # no part of a test set is shown
        raise RecordError(f"{path}: {problem}; run the cell again to get a whole record")
    return LoadedRecord(record, path, _canonical(record), exhibits)


def _canonical(record: Record) -> bytes:
    text = json.dumps(record.model_dump(mode="json"), ensure_ascii=False, indent=1, sort_keys=True)
    return (text + "\n").encode()


def _problems(record: Record) -> Iterator[str]:
    """What the schema cannot say: rules between the fields of one record."""
    if not record.suites:
        yield "suites: names no suite"
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
