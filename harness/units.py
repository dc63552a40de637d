"""``units.arrow``: per unit of resampling the statistics that every metric, interval and ranking is computed from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .arrow_files import read_foreign_stream
from .codes import Problem
from .errors import InterfaceError, RecordError
from .formatting import printable
from .metrics import FloatArray, Metric, OfTotals

__all__ = [
    "counts_of",
    "found_of",
    "problem_columns",
    "read_units",
    "statistics_matrix",
    "units_among",
    "units_table",
    "without_each",
]

SLICE_PREFIX = "slice:"
_FOUND_CHARACTERS = 1_000
_LEFT_OUT = 256  # units left out in one matrix of weights
_MOST_BYTES, _MOST_UNITS, _MOST_COLUMNS = (
    1 << 28,
    1 << 21,
    1000,
)  # of a file; the largest of ours has 5 MB, 60,000 units
_COLUMNS = {"unit": pa.string(), "block": pa.string(), "invalid": pa.int64(), "code": pa.string(), "rows": pa.float64()}


def units_table(
    *,
    unit: Sequence[str],
    block: Sequence[str] | None = None,
    slices: Mapping[str, Sequence[str]],
    statistics: Mapping[str, FloatArray],
    rows: Sequence[int],
    invalid: Sequence[int],
    code: Sequence[str],
    found: Sequence[str] | None = None,
    review: Sequence[str] | None = None,
) -> pa.Table:
    """Builds the units of one cell, sorted by unit id.

    Args:
        unit: Id per unit, unique.
        block: What is resampled together where units are not independent (a calendar week); default the unit itself.
        slices: Axis name (a name on the card) to the unit's value on it.
        statistics: Column name to values of shape ``(n,)`` or ``(n, c)``, additive over units, finite. ``rows`` is
            there as a statistic by itself.
        rows: Predictions per unit.
        invalid: How many of them broke a rule and count as the card's worst value.
        code: The first code of those, or an empty string.
        found: What was found where that rule is broken, or an empty string; see ``found_of``. None: not told.
        review: Why somebody should look at the unit although nothing is wrong with it, or an empty string. None: no
            unit can be remarkable.

    Raises:
        RecordError: Ids repeat, lengths differ or a statistic is not finite.
    """
    if len(set(unit)) != len(unit):
        raise RecordError("a unit id stands twice in the units of one cell")
    columns: dict[str, pa.Array] = {
        "unit": pa.array(unit, pa.string()),
        "block": pa.array(unit if block is None else block, pa.string()),
        "invalid": pa.array(invalid, pa.int64()),
        "code": pa.array(code, pa.string()),
    }
    for name, words in (("found", found), ("review", review)):
        if words is not None:
            columns[name] = pa.array(words, pa.string())
    columns |= {f"{SLICE_PREFIX}{axis}": pa.array(values, pa.string()) for axis, values in slices.items()}
    for name, values in ({"rows": np.asarray(rows, np.float64)} | dict(statistics)).items():
        if not np.isfinite(values).all():
            raise RecordError(
                f"statistic {name!r} is not finite for unit {unit[int(np.argmin(np.isfinite(values)))]!r}"
            )
        flat = pa.array(np.ascontiguousarray(values, np.float64).ravel())
        columns[name] = flat if values.ndim == 1 else pa.FixedSizeListArray.from_arrays(flat, values.shape[1])
    table = pa.table(columns)
    return table.take(pa.array(np.argsort(np.array(unit, dtype=object), kind="stable"))).combine_chunks()


def read_units(folder: Path) -> pa.Table:
    """The units beside a record, which may be a stranger's: such as ``units_table`` builds, or they are refused.

    Raises:
        RecordError: The file is not there, no regular one, too large, packed, or holds something else than units.
    """
    path = folder / "units.arrow"
    try:
        units = read_foreign_stream(path, most_bytes=_MOST_BYTES, refuse=_refuse_columns)
        _refuse_values(units)
    except InterfaceError as err:
        where = "" if str(path) in str(err) else f"{path}: "
        raise RecordError(f"{where}{err}; run the cell again, or ask whoever sent it for the whole record") from err
    return units


def _refuse_columns(schema: pa.Schema) -> None:
    """Refuses columns that ``units_table`` does not make, before a value is read: each takes bytes for every unit."""
    if schema.names[:1] != ["unit"] or len(set(schema.names)) != len(schema.names) or len(schema) > _MOST_COLUMNS:
        raise InterfaceError("units have a first column 'unit', no column twice, and at most 1,000 of them")
    for name, kind in _COLUMNS.items():
        if name not in schema.names or schema.field(name).type != kind:
            raise InterfaceError(f"units have a column {name!r} of type {kind}")
    for field in schema:
        kind = field.type
        if pa.types.is_fixed_size_list(kind) and kind.list_size > 0:
            kind = kind.value_type
        elif pa.types.is_string(kind):
            continue
        if kind not in (pa.float64(), pa.int64()):
            raise InterfaceError(f"column {printable(field.name)!r} of units is of type {printable(str(field.type))}")


def _refuse_values(units: pa.Table) -> None:
    if units.num_rows > _MOST_UNITS:
        raise InterfaceError(f"{units.num_rows:,} units; at most {_MOST_UNITS:,}")
    for name in units.column_names:
        for chunk in units.column(name).chunks:
            values = chunk.flatten() if pa.types.is_fixed_size_list(chunk.type) else chunk
            finite = not pa.types.is_floating(values.type) or np.isfinite(values.to_numpy(zero_copy_only=False)).all()
            if chunk.null_count or values.null_count or not finite:
                raise InterfaceError(
                    f"column {printable(name)!r} of units holds a null, or a number that is not finite"
                )


def found_of(problem: Problem | None) -> str:
    """Where a rule is broken and what was found, cut to what a reader takes in; empty for no problem."""
    return "" if problem is None else f"{problem.where}: {problem.found}"[:_FOUND_CHARACTERS]


class ProblemColumns(TypedDict):
    """What ``units_table`` takes of units that are one answer each."""

    invalid: list[int]
    code: list[str]
    found: list[str]


def problem_columns(problems: Sequence[Problem | None]) -> ProblemColumns:
    """``invalid``, ``code`` and ``found`` for ``units_table``, where every unit is one answer.

    Args:
        problems: Per unit the first rule that it breaks, None where it breaks none.
    """
    return {
        "invalid": [int(one is not None) for one in problems],
        "code": ["" if one is None else one.code for one in problems],
        "found": [found_of(one) for one in problems],
    }


def counts_of(units: pa.Table) -> dict[str, Any]:
    """How many units and rows there are, how many of them broke a rule, and of how many units each rule."""
    invalid = units.column("invalid").to_pylist()
    codes = Counter(code for code in units.column("code").to_pylist() if code)
    return {
        "units": units.num_rows,
        "rows": int(pc.sum(units.column("rows")).as_py() or 0),
        "invalid_rows": int(sum(invalid)),
        "invalid_units": sum(1 for n in invalid if n),
        "codes": dict(sorted(codes.items())),
    }


def units_among(units: pa.Table, metric: Metric) -> pa.Table:
    """The units that a metric says something of, in their order; see ``Metric.among``."""
    return units if metric.among is None else units.filter(pc.greater(units.column(metric.among), 0))


def statistics_matrix(units: pa.Table, metric: Metric) -> FloatArray:
    """The statistics of one metric, shape ``(n_units, k)``; a statistic of shape ``(c,)`` takes c columns.

    Raises:
        RecordError: The units lack a statistic that the metric names.
    """
    parts = []
    for name in metric.statistics:
        if name not in units.column_names:
            raise RecordError(
                f"metric {metric.name!r} needs the statistic {name!r}; the units have {units.column_names}"
            )
        column = units.column(name).combine_chunks()
        if isinstance(column, pa.ChunkedArray):
            column = pa.concat_arrays(column.chunks)
        if pa.types.is_fixed_size_list(column.type):
            parts.append(column.flatten().to_numpy(zero_copy_only=False).reshape(len(column), -1))
        else:
            parts.append(column.to_numpy(zero_copy_only=False)[:, None])
    return np.concatenate(parts, axis=1)


def without_each(units: pa.Table, metric: Metric) -> FloatArray:
    """What a metric's value would be without each of the units, shape ``(n_units,)``.

    NaN where nothing is left, and of units that the metric says nothing of.

    It says for any metric how good a unit is, also where a unit alone has no sensible value: the macro F1 of a contract
    that holds five of 38 classes is low however well they are named.
    """
    own = np.ones(units.num_rows, np.bool_) if metric.among is None else units.column(metric.among).to_numpy() > 0
    each = statistics_matrix(units, metric)[own]  # (n, k)
    n = len(each)
    found = np.full(units.num_rows, np.nan)
    with np.errstate(all="ignore"):
        if isinstance(metric.of, OfTotals):
            found[own] = metric.of.value(each.sum(axis=0) - each)
        elif n:
            parts = [metric.values(each, 1.0 - np.eye(min(_LEFT_OUT, n - i), n, i)) for i in range(0, n, _LEFT_OUT)]
            found[own] = np.concatenate(parts)
    return found
