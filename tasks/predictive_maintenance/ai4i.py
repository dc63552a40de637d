"""AI4I 2020, a synthetic table of milling operations: where its file is, and a parser that counts what it reads."""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import NamedTuple

import numpy as np

from ...harness.data import DataFile, DataFiles, DataSource, Origin
from ...harness.errors import DataError
from ...harness.interfaces import Quantity
from ...harness.metrics import FloatArray

__all__ = ["AI4I_2020", "FEATURES", "MODES", "PRODUCT_TYPES", "Operation", "feature_matrix", "read_operations"]

AI4I_2020 = DataSource(
    name="ai4i-2020",
    title="AI4I 2020 predictive maintenance data set",
    files=(
        DataFile(
            path="predictive_maintenance/ai4i2020/ai4i2020.csv",
            sha256="9841aaa04b716d41ce9501f42d9388de7f571566608945061d026f95853c0337",
            size_bytes=508_149,
            origins=(
                Origin(
                    "https://archive.ics.uci.edu/static/public/601/ai4i+2020+predictive+maintenance+dataset.zip",
                    ("ai4i2020.csv",),
                ),
            ),
        ),
    ),
    licence="CC-BY-4.0",
    licence_note=(
        "CC BY 4.0 as UCI states it, from general knowledge: not read at UCI itself. "
        "Read its page again before you pass the file on."
    ),
    homepage="https://archive.ics.uci.edu/dataset/601/ai4i+2020+predictive+maintenance+dataset",
    citation=(
        "S. Matzka, 'Explainable Artificial Intelligence for Predictive Maintenance Applications', AI4I 2020; UCI 601"
    ),
    access="public",
    public_since="2020",
)

PRODUCT_TYPES = ("L", "M", "H")
"""Quality of the product, low to high; the feature ``product_type`` is the place here."""

FEATURES = (
    Quantity("product_type", "code"),
    Quantity("air_temperature", "K"),
    Quantity("process_temperature", "K"),
    Quantity("rotational_speed", "rpm"),
    Quantity("torque", "Nm"),
    Quantity("tool_wear", "min"),
)
MODES = ("TWF", "HDF", "PWF", "OSF", "RNF")
"""Failure modes: tool wear, heat dissipation, power, overstrain, random. They tell the answer and are no features."""

_COLUMNS = (
    "UDI",
    "Product ID",
    "Type",
    "Air temperature [K]",
    "Process temperature [K]",
    "Rotational speed [rpm]",
    "Torque [Nm]",
    "Tool wear [min]",
    "Machine failure",
    *MODES,
)
_ROWS, _FAILURES = 10_000, 339
_OF_MODE = {"TWF": 46, "HDF": 115, "PWF": 95, "OSF": 98, "RNF": 19}


class Operation(NamedTuple):
    """One row: a milling operation."""

    number: str
    product_type: str
    readings: tuple[float, ...]
    failed: bool
    modes: tuple[str, ...]


def read_operations(files: DataFiles) -> list[Operation]:
    """All 10,000 operations, in the order of the file.

    Raises:
        DataNotAvailableError: The file is in no known place.
        DataError: The file is damaged or its counts are not those of the data set.
    """
    file = AI4I_2020.files[0]
    rows = list(csv.reader(io.StringIO(files.read(file).decode("utf-8-sig"))))
    if not rows or tuple(rows[0]) != _COLUMNS:
        raise DataError(f"{file.path}: columns {rows[0] if rows else []}, expected {list(_COLUMNS)}")
    found = [_operation(row, number, file.path) for number, row in enumerate(rows[1:], start=2)]
    failures, modes = sum(one.failed for one in found), Counter(mode for one in found for mode in one.modes)
    if (len(found), failures, dict(modes)) != (_ROWS, _FAILURES, _OF_MODE):
        raise DataError(
            f"{file.path}: {len(found):,} rows, {failures} failures, modes {dict(modes)}; "
            f"expected {_ROWS:,} rows, {_FAILURES} failures, modes {_OF_MODE}; fetch the file again"
        )
    return found


def _operation(row: list[str], line: int, path: str) -> Operation:
    try:
        number, _, kind, *rest = row
        readings = tuple(map(float, rest[:5]))
        flags = [{"0": False, "1": True}[one] for one in rest[5:]]
        if kind not in PRODUCT_TYPES or len(flags) != 1 + len(MODES) or not np.isfinite(readings).all():
            raise ValueError(f"type {kind!r}, {len(row)} columns")
    except (ValueError, KeyError) as err:
        raise DataError(f"{path}, line {line}: not an operation ({err}); fetch the file again") from err
    modes = tuple(mode for mode, flag in zip(MODES, flags[1:], strict=True) if flag)
    return Operation(number, kind, readings, flags[0], modes)


def feature_matrix(operations: list[Operation]) -> FloatArray:
    """Features in the order of ``FEATURES``, shape ``(n, 6)``."""
    return np.array([(PRODUCT_TYPES.index(one.product_type), *one.readings) for one in operations], np.float64)
