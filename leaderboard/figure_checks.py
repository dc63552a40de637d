"""Makes sure that what a record says follows from the units beside it: a figure that was edited is not shown."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from ..harness.arrow_files import read_stream
from ..harness.errors import RecordError
from ..harness.records import Record
from ..harness.task import TaskCard
from ..harness.units import statistics_matrix, units_among

__all__ = ["check_figures"]

_SAME = 1e-9  # relative: sums of the same numbers in another order


def check_figures(card: TaskCard, record: Record, path: Path) -> None:
    """Computes the values of a record's metrics from its units again.

    Args:
        card: Of its task and version.
        record: Whose units have the digest that it names.
        path: Its file; the units lie beside it.

    Raises:
        RecordError: A value is another one; the message names the file and both.
    """
    if record.status != "ok" or record.units_sha256 is None:
        return
    units = read_stream(path.parent / "units.arrow")
    metrics = {metric.name: metric for metric in card.metrics}
    for said in record.metrics:
        metric = metrics.get(said.name)
        if metric is None:
            continue
        own = units_among(units, metric)
        with np.errstate(all="ignore"):
            value = metric.value(statistics_matrix(own, metric))
        if own.num_rows != said.n_units or not math.isclose(value, said.value, rel_tol=_SAME, abs_tol=_SAME):
            raise RecordError(
                f"{path}: {said.name} is {said.value:.6g} of {said.n_units} units, the units beside it give "
                f"{value:.6g} of {own.num_rows}: one of them was changed; run the cell again"
            )
