"""Observations from maintenance work orders with failure modes of ISO 14224: where the files are, and their reader."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Literal, NamedTuple

from ...harness.data import DataFile, DataFiles, DataSource, Origin
from ...harness.errors import DataError

__all__ = ["CODES", "FMC", "PARTS", "TRAIN_COUNTS", "WorkOrder", "read_work_orders"]

_FOLDER = "mwo2kg/failure_mode_classification/input_data"
_COPY = f"https://raw.githubusercontent.com/nlp-tlp/mwo2kg-and-echidna/96fc447/{_FOLDER}"
Part = Literal["train", "dev", "test"]

_FILES: Mapping[Part, tuple[str, int]] = {
    "train": ("cf535a461c07e29555d8ad829a910bba6ceebaf7b2934eba231134967c58c4bc", 15_472),
    "dev": ("83fe89df0f97ceca21eca6c32a3306e7ec138ddbbfffbf7770ab872a4909a567", 1_922),
    "test": ("42227739b30a0e25ed5c36aaa630e1403dcd5cd3f1f8515aa43910e388ca6565", 1_939),
}
_DATA_FILES: Mapping[Part, DataFile] = {
    part: DataFile(
        path=f"document_review/fmc_mwo2kg/{part}.csv",
        sha256=sha256,
        size_bytes=size,
        origins=(Origin(f"{_COPY}/{part}.txt"),),
    )
    for part, (sha256, size) in _FILES.items()
}

FMC = DataSource(
    name="fmc_mwo2kg",
    title="FMC-MWO2KG: observations from maintenance work orders with failure modes",
    files=tuple(_DATA_FILES.values()),
    licence="Apache-2.0",
    licence_note="LICENSE of the repository nlp-tlp/mwo2kg-and-echidna. The split is the official one, whole.",
    homepage="https://github.com/nlp-tlp/mwo2kg-and-echidna",
    citation="Stewart, Hodkiewicz, Liu, French, MWO2KG and Echidna: Constructing and exploring knowledge graphs from "
    "maintenance data, Journal of Risk and Reliability, 2022",
    access="public",
    public_since="2022",
)

TRAIN_COUNTS: Mapping[str, int] = {
    "Abnormal instrument reading": 20,
    "Breakdown": 70,
    "Contamination": 7,
    "Electrical": 45,
    "Erratic output": 6,
    "Fail to close": 1,
    "Fail to function": 14,
    "Fail to open": 1,
    "Failure to rotate": 1,
    "Failure to start on demand": 24,
    "Failure to stop on demand": 6,
    "High output": 4,
    "Leaking": 34,
    "Low output": 14,
    "Minor in-service problems": 109,
    "Noise": 8,
    "Other": 9,
    "Overheating": 13,
    "Plugged / choked": 39,
    "Spurious stop": 6,
    "Structural deficiency": 58,
    "Vibration": 13,
}
"""Failure mode to its observations in the training split."""

CODES: tuple[str, ...] = tuple(TRAIN_COUNTS)
"""The 22 failure modes in the order of the options."""

PARTS: Mapping[Part, int] = {"train": 502, "dev": 62, "test": 62}
"""Observations per part of the official split."""


class WorkOrder(NamedTuple):
    """What was seen, in a technician's words, and the failure mode that experts gave it."""

    observation: str
    code: str


def read_work_orders(files: DataFiles, part: Part) -> list[WorkOrder]:
    """The observations of a part, in the order of the file.

    Raises:
        DataNotAvailableError: The file is in no known place.
        DataError: The file is damaged, or its counts are not those that this module states.
    """
    file = _DATA_FILES[part]
    orders = [WorkOrder(*line.rsplit(",", 1)) for line in files.read(file).decode("utf-8").splitlines()]
    counts = Counter(order.code for order in orders)
    right = counts == Counter(TRAIN_COUNTS) if part == "train" else counts.keys() <= TRAIN_COUNTS.keys()
    if not right or len(orders) != PARTS[part]:
        raise DataError(
            f"SB202 {file.path}: {len(orders)} observations with {len(counts)} failure modes are not the published "
            "counts; fetch the file again"
        )
    return orders
