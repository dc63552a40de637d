"""Where a record says something else than what was found when it was looked at again."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from .errors import RecordError
from .evaluation import Figures
from .formatting import printable
from .records import MetricResult, Record
from .store import KEY_SHOWN

__all__ = ["Difference", "changed", "other_figures", "other_metrics", "other_units", "same_but_rounding"]

_VALUE = 1e-9  # relative: sums of the same numbers in another order
_DOUBT = 1e-6  # relative, of an interval's ends and a standard error: the same draws on another machine
_DIGEST = re.compile(r"[0-9a-f]{64}")
_SHOWN = 8  # differences in one message


class Difference(NamedTuple):
    """One field of a record that is not what it should be.

    Attributes:
        field: Its dotted path; a metric by its name.
        recorded: What the record says.
        by: What says otherwise, with its verb: ``its units give``.
        found: What that is.
    """

    field: str
    recorded: object
    by: str
    found: object

    def __str__(self) -> str:
        return f"{self.field}: recorded {_text(self.recorded)}, {self.by} {_text(self.found)}"


def changed(path: Path, differences: Sequence[Difference]) -> RecordError:
    """The error for a record that was edited, or grafted together from several."""
    listed = [f"\n  {one}" for one in differences[:_SHOWN]]
    if more := len(differences) - _SHOWN:
        listed += [f"\n  and {more} more"] if more > 0 else []
    return RecordError(
        f"{path}: is not what a run writes:{''.join(listed)}\n"
        "It was changed after it was written, or another version of this suite wrote it; "
        f"remove {path.parent} and run the cell again"
    )


def _text(value: object) -> str:
    match value:
        case None:
            return "none"
        case float():
            return f"{value:.6g}"
        case str():
            return printable(_DIGEST.sub(lambda found: found.group()[:KEY_SHOWN], value))[:240]
        case _:
            return printable(str(value))[:200]


def other_figures(record: Record, found: Figures, by: str, *, reviews: bool) -> Iterator[Difference]:
    """Where metrics, slices and reviews of a record are other ones.

    Args:
        record: With a result.
        found: Computed again.
        by: From what.
        reviews: Whether the units that somebody should look at stand open in it.
    """
    yield from other_metrics(record.metrics, found.metrics, by, "metrics")
    parts = [f"{s.axis}={s.value}" for s in record.slices], [f"{s.axis}={s.value}" for s in found.slices]
    if parts[0] != parts[1]:
        yield Difference("slices", ", ".join(parts[0]) or None, by, ", ".join(parts[1]) or None)
    else:
        for said, computed in zip(record.slices, found.slices, strict=True):
            where = f"slices.{said.axis}={said.value}"
            yield from other_metrics(said.metrics, computed.metrics, by, where)
    expected = found.reviews if reviews else ()
    if record.reviews != expected:
        yield Difference("reviews", f"{len(record.reviews)}: {record.reviews[:1]}", by, f"{len(expected)} others")


def other_metrics(
    said: Sequence[MetricResult], found: Sequence[MetricResult], by: str, where: str
) -> Iterator[Difference]:
    """Where values, intervals or their names are other ones; ``where`` is what they are the metrics of."""
    names = [m.name for m in said], [m.name for m in found]
    if names[0] != names[1]:
        yield Difference(where, ", ".join(names[0]) or None, by, ", ".join(names[1]) or None)
        return
    for a, b in zip(said, found, strict=True):
        at = f"{where}.{a.name}"
        if not math.isclose(a.value, b.value, rel_tol=_VALUE, abs_tol=_VALUE):
            yield Difference(f"{at}.value", a.value, by, b.value)
        for name in ("unit", "n_units", "no_interval"):
            if getattr(a, name) != getattr(b, name):
                yield Difference(f"{at}.{name}", getattr(a, name), by, getattr(b, name))
        size = abs(b.value) if b.interval is None else max(abs(b.interval.high - b.interval.low), abs(b.value))
        if not _near(a.standard_error, b.standard_error, size):
            yield Difference(f"{at}.standard_error", a.standard_error, by, b.standard_error)
        if not _same_interval(a, b, size):
            yield Difference(f"{at}.interval", _interval(a), by, _interval(b))


def _near(a: float | None, b: float | None, size: float) -> bool:
    if a is None or b is None:
        return a is b
    return math.isclose(a, b, rel_tol=_DOUBT, abs_tol=_DOUBT * size)


def _same_interval(a: MetricResult, b: MetricResult, size: float) -> bool:
    if a.interval is None or b.interval is None:
        return a.interval == b.interval
    near = _near(a.interval.low, b.interval.low, size) and _near(a.interval.high, b.interval.high, size)
    exact = ("method", "resamples", "clusters")
    return near and all(getattr(a.interval, name) == getattr(b.interval, name) for name in exact)


def _interval(metric: MetricResult) -> str | None:
    one = metric.interval
    return None if one is None else f"[{one.low:.6g}, {one.high:.6g}] {one.method} {one.resamples} {one.clusters}"


def other_units(said: pa.Table, found: pa.Table) -> str | None:
    """How units differ in more than rounding, in a few words; None where they do not."""
    if said.schema != found.schema or said.num_rows != found.num_rows:
        return f"{said.num_rows} units of columns {said.column_names} against {found.num_rows} of {found.column_names}"
    differing: dict[int, str] = {}
    for name in found.column_names:
        a, b = said.column(name).combine_chunks(), found.column(name).combine_chunks()
        if a.equals(b):
            continue
        for row, (one, other) in enumerate(zip(a.to_pylist(), b.to_pylist(), strict=True)):
            if not same_but_rounding(one, other):
                differing.setdefault(row, f"{name} of {said.column(0)[row]} is {one} and not {other}")
    if not differing:
        return None
    return f"{len(differing)} of {found.num_rows} units differ: {differing[min(differing)][:120]}"


def same_but_rounding(a: Any, b: Any) -> bool:
    """Whether two values of JSON, or of a table, are the same but for the last digits of their numbers."""
    match a, b:
        case dict(), dict():
            return a.keys() == b.keys() and all(same_but_rounding(a[name], b[name]) for name in a)
        case (list() | tuple(), list() | tuple()):
            return len(a) == len(b) and all(map(same_but_rounding, a, b))
        case float(), float():
            return bool(np.isclose(a, b, rtol=_DOUBT, atol=_VALUE, equal_nan=True))
        case _:
            return type(a) is type(b) and bool(a == b)
