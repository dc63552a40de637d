"""Makes sure that what a record says follows from the units beside it: a figure that was edited is not believed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .errors import RecordError
from .records import MetricResult, Record
from .task import TaskCard
from .units import SLICE_PREFIX, counts_of, read_units, statistics_matrix, units_among

__all__ = ["check_figures"]

_SAME = 1e-9  # relative: sums of the same numbers in another order


def check_figures(card: TaskCard, record: Record, path: Path) -> None:
    """Computes the values of a record's metrics, those of its slices and its counts of units from the units again.

    Intervals are not: they take the time of a run. Nor is what was read from texts or cut, of which units know nothing.

    Args:
        card: Of its task and version.
        record: Whose units have the digest that it names.
        path: Its file; the units lie beside it.

    Raises:
        RecordError: A figure is another one; the message names the file and both.
    """
    if record.status != "ok" or record.units_sha256 is None:
        return
    units = read_units(path.parent)
    if (difference := next(_differences(card, record, units), None)) is not None:
        raise RecordError(f"{path}: {difference}: one of them was changed; run the cell again")


def _differences(card: TaskCard, record: Record, units: pa.Table) -> Iterator[str]:
    yield from _other_values(card, record.metrics, units, "")
    for one in record.slices:
        name = f"{SLICE_PREFIX}{one.axis}"
        if name not in units.column_names:
            yield f"there are slices by {one.axis!r}, the units beside it have none"
            continue
        part = units.filter(pc.equal(units.column(name), one.value))
        yield from _other_values(card, one.metrics, part, f" of {one.axis} {one.value!r}")
    if record.counts is not None:
        for name, found in counts_of(units).items():
            if (said := getattr(record.counts, name)) != found:
                yield f"counts.{name} is {said}, the units beside it give {found}"


def _other_values(card: TaskCard, metrics: tuple[MetricResult, ...], units: pa.Table, where: str) -> Iterator[str]:
    known = {metric.name: metric for metric in card.metrics}
    for said in metrics:
        metric = known.get(said.name)
        if metric is None:
            continue
        own = units_among(units, metric)
        with np.errstate(all="ignore"):
            value = metric.value(statistics_matrix(own, metric)) if own.num_rows else math.nan
        if own.num_rows != said.n_units or not math.isclose(value, said.value, rel_tol=_SAME, abs_tol=_SAME):
            yield (
                f"{said.name}{where} is {said.value:.6g} of {said.n_units} units, the units beside it give "
                f"{value:.6g} of {own.num_rows}"
            )
