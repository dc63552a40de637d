"""ZeMA's hydraulic test rig: where its files are, and a parser that counts what it reads.

A rig repeats a load cycle of 60 s while four of its components are put into known conditions. Only the ten sensors of
1 and 10 Hz are read; the seven of 100 Hz (six pressures, motor power) belong to the data set and not to our tasks.

Letters: n = cycles, t = seconds of a cycle, c = channels.
"""

from __future__ import annotations

import io
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...harness.data import DataFile, DataFiles, DataSource, Origin
from ...harness.errors import DataError
from ...harness.interfaces import Head, Quantity

__all__ = ["CHANNELS", "CYCLE_S", "HEADS", "ZEMA_HYDRAULIC", "Cycle", "read_cycles"]

_UCI = "https://archive.ics.uci.edu/static/public/447/condition+monitoring+of+hydraulic+systems.zip"
_FILES = (
    ("CE.txt", "2adc6e258be8e3b7a303b7962f485a7984099cea21248c3bf9f18c7d87283c09", 911_516),
    ("CP.txt", "63f60132cb5a30879c6f5c73640a39c69e416013195fe62dafe5133b0747baf4", 779_343),
    ("FS1.txt", "7ff09b17047f776befc136b7902bc7bd4419f96dc107a7ae94d8c412effe0375", 7_581_926),
    ("FS2.txt", "5ee983f88e15ee054846b183224ebcab568b07e3bbe70a4f7f838e603cf1177f", 8_271_923),
    ("SE.txt", "4c04994cb28b82c001b4931acecf8099e9fe5c864f361c0a7435fbf8745361a1", 824_838),
    ("TS1.txt", "49cae5e9013d8e230698d95f53a98bb77fedfe3c86985b812cf701dcc9ef06d8", 904_586),
    ("TS2.txt", "34115a5b86886d83c0592c1ed259605634a8c83d3a051e97bf3e5790f1db58fa", 910_594),
    ("TS3.txt", "cc271852b4caad39a3b8f5c36d948b57f6cab761dad8b4c7bdd7cb7e99c0b980", 908_805),
    ("TS4.txt", "548b903f7cd4ea7f2497c0063bdda4bdf8793d55ff43a7d694b8cb835eaf2f55", 910_127),
    ("VS1.txt", "a6227d9bcb807ee9835c32e73834d3eb9262f0f5cad1b176ca10c473ced25e99", 778_499),
    ("profile.txt", "867987ca884b2f0fd607ad3918329eba887d095af2befa21122cea518eaa584a", 31_196),
)

ZEMA_HYDRAULIC = DataSource(
    name="zema-hydraulic",
    title="Condition monitoring of hydraulic systems (ZeMA test rig), the sensors of 1 and 10 Hz",
    files=tuple(
        DataFile(
            path=f"predictive_maintenance/hydraulic_systems/{name}",
            sha256=sha256,
            size_bytes=size_bytes,
            origins=(Origin(_UCI, (name,)),),
        )
        for name, sha256, size_bytes in _FILES
    ),
    licence="CC-BY-4.0",
    licence_note=(
        "CC BY 4.0 as UCI states it, from general knowledge: not read at UCI itself, and the data's description.txt "
        "names no licence. Read UCI's page again before you pass the files on."
    ),
    homepage="https://archive.ics.uci.edu/dataset/447/condition+monitoring+of+hydraulic+systems",
    citation=(
        "N. Helwig, E. Pignanelli, A. Schütze, 'Condition Monitoring of a Complex Hydraulic System Using Multivariate "
        "Statistics', I2MTC 2015, doi 10.1109/I2MTC.2015.7151267; ZeMA gGmbH; UCI 447"
    ),
    access="public",
    public_since="2018",
)

CHANNELS = (
    Quantity("CE", "%"),
    Quantity("CP", "kW"),
    Quantity("FS1", "l/min"),
    Quantity("FS2", "l/min"),
    Quantity("SE", "%"),
    Quantity("TS1", "degC"),
    Quantity("TS2", "degC"),
    Quantity("TS3", "degC"),
    Quantity("TS4", "degC"),
    Quantity("VS1", "mm/s"),
)
"""Cooling efficiency and power, two volume flows, efficiency factor, four temperatures, vibration."""

HEADS = (
    Head("cooler", ("3 %: close to total failure", "20 %: reduced efficiency", "100 %: full efficiency"), "exclusive"),
    Head(
        "valve",
        ("73 %: close to total failure", "80 %: severe lag", "90 %: small lag", "100 %: optimal switching"),
        "exclusive",
    ),
    Head("pump", ("no leakage", "weak leakage", "severe leakage"), "exclusive"),
    Head(
        "accumulator",
        (
            "90 bar: close to total failure",
            "100 bar: severely reduced pressure",
            "115 bar: slightly reduced pressure",
            "130 bar: optimal pressure",
        ),
        "exclusive",
    ),
)
"""The four components, in the order of the columns of ``profile.txt``."""

CYCLE_S = 60
_LEVELS = ((3, 20, 100), (73, 80, 90, 100), (0, 1, 2), (90, 100, 115, 130))  # of each component, as its head's classes
_HZ = {"FS1": 10, "FS2": 10}
_CYCLES = 2_205
_COUNTS = ((732, 732, 741), (360, 360, 360, 1_125), (1_221, 492, 492), (808, 399, 399, 599))
_UNSETTLED = 756


class Cycle(NamedTuple):
    """One load cycle.

    Attributes:
        series: Readings at 1 Hz in the order of ``CHANNELS``, shape ``(60, 10)``.
        conditions: Of each component the number of its class.
        settled: Whether static conditions had been reached.
    """

    series: npt.NDArray[np.float32]
    conditions: tuple[int, ...]
    settled: bool

    @property
    def combination(self) -> str:
        """The four conditions as ``profile.txt`` spells them: ``3/100/0/130``."""
        return "/".join(str(levels[at]) for levels, at in zip(_LEVELS, self.conditions, strict=True))


def read_cycles(files: DataFiles) -> list[Cycle]:
    """All 2,205 cycles in the order in which the rig ran them; sensors of 10 Hz are averaged over each second.

    Raises:
        DataNotAvailableError: A file is in no known place.
        DataError: A file is damaged, or its counts are not those of the data set.
    """
    *sensors, profile = ZEMA_HYDRAULIC.files
    conditions, settled = _conditions(files, profile)
    series = np.stack([_seconds(files, file) for file in sensors], axis=2)  # (n, t, c)
    return [Cycle(*one) for one in zip(series, conditions, settled, strict=True)]


def _seconds(files: DataFiles, file: DataFile) -> npt.NDArray[np.float32]:
    """The means of one sensor over each second, shape ``(n, t)``."""
    hz = _HZ.get(file.path.rpartition("/")[2].removesuffix(".txt"), 1)
    table = _table(files, file, columns=hz * CYCLE_S)
    means: npt.NDArray[np.float32] = table.reshape(len(table), CYCLE_S, hz).mean(axis=2).astype(np.float32)
    return means


def _conditions(files: DataFiles, file: DataFile) -> tuple[list[tuple[int, ...]], list[bool]]:
    table = _table(files, file, columns=len(HEADS) + 1)
    known = (*_LEVELS, (0, 1))
    for column, levels in enumerate(known):
        if odd := sorted(set(table[:, column].tolist()) - set(levels)):
            raise DataError(
                f"{file.path}, column {column + 1}: holds {odd[0]:g}, expected {', '.join(map(str, levels))}"
            )
    places = [np.searchsorted(levels, table[:, column]) for column, levels in enumerate(known)]
    *counts, flags = (tuple(np.bincount(at, minlength=len(k)).tolist()) for at, k in zip(places, known, strict=True))
    if (tuple(counts), flags[1]) != (_COUNTS, _UNSETTLED):
        raise DataError(
            f"{file.path}: counts {counts}, {flags[1]} not settled; expected {list(_COUNTS)}, {_UNSETTLED} not "
            "settled; fetch the file again"
        )
    *conditions, unsettled = places
    return list(zip(*(at.tolist() for at in conditions), strict=True)), [not flag for flag in unsettled.tolist()]


def _table(files: DataFiles, file: DataFile, *, columns: int) -> npt.NDArray[np.float64]:
    try:
        table = np.loadtxt(io.BytesIO(files.read(file)), dtype=np.float64, ndmin=2, delimiter="\t", encoding="ascii")
    except (ValueError, UnicodeDecodeError) as err:
        raise DataError(f"{file.path}: not a table of numbers separated by tabs: {err}") from err
    if table.shape != (_CYCLES, columns) or not np.isfinite(table).all():
        raise DataError(
            f"{file.path}: {len(table):,} cycles of {table.shape[1]} numbers, expected {_CYCLES:,} of {columns}, all "
            "finite; fetch the file again"
        )
    return table
