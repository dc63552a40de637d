"""NASA's C-MAPSS turbofan data: where its files are, and a parser that counts what it reads.

Simulated engines of one type. Training engines run until they fail; test engines are cut off some cycles before, and a
file of its own says how many. NASA's readme swaps the counts of FD004: it has 249 training and 248 test engines.
"""

from __future__ import annotations

import io
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from ...harness.data import DataFile, DataFiles, DataSource, Origin
from ...harness.errors import DataError
from ...harness.interfaces import Quantity

__all__ = ["CHANNELS", "SETTINGS", "SUBSETS", "EngineRuns", "Subset", "read_runs", "read_true_lives"]

_NASA = "https://phm-datasets.s3.amazonaws.com/NASA/6.+Turbofan+Engine+Degradation+Simulation+Data+Set.zip"
_NASA_INNER = "6. Turbofan Engine Degradation Simulation Data Set/CMAPSSData.zip"
_RUL_DATASETS = "https://kr0k0tsch.de/rul-datasets/CMAPSSData.zip"

CHANNELS = (
    Quantity("altitude", "kft"),
    Quantity("mach", "1"),
    Quantity("throttle_resolver_angle", "deg"),
    Quantity("T2", "degR"),
    Quantity("T24", "degR"),
    Quantity("T30", "degR"),
    Quantity("T50", "degR"),
    Quantity("P2", "psia"),
    Quantity("P15", "psia"),
    Quantity("P30", "psia"),
    Quantity("Nf", "rpm"),
    Quantity("Nc", "rpm"),
    Quantity("epr", "1"),
    Quantity("Ps30", "psia"),
    Quantity("phi", "pps/psi"),
    Quantity("NRf", "rpm"),
    Quantity("NRc", "rpm"),
    Quantity("BPR", "1"),
    Quantity("farB", "1"),
    Quantity("htBleed", "1"),
    Quantity("Nf_dmd", "rpm"),
    Quantity("PCNfR_dmd", "rpm"),
    Quantity("W31", "lbm/s"),
    Quantity("W32", "lbm/s"),
)
"""The 3 operational settings and 21 sensors in the order of the files (their columns 3 to 26).

The readme numbers them only; names and units are those of Saxena et al. 2008, table 2.
"""

SETTINGS = tuple(c.name for c in CHANNELS[:3])
"""Names of the operational settings: what tells an operating regime."""

_COLUMNS = 2 + len(CHANNELS)


class Subset(NamedTuple):
    """One of the four parts of the data: its source, what was simulated, and the counts its files must have.

    Attributes:
        name: ``FD001`` to ``FD004``.
        source: Its three files.
        regimes: Operating regimes, combinations of altitude, speed and throttle that an engine changes between.
        faults: Fault modes: high-pressure compressor, and in some the fan.
        train_engines: Engines that run until they fail.
        train_rows: Their cycles.
        test_engines: Engines that are cut off before.
        test_rows: Their cycles.
    """

    name: str
    source: DataSource
    regimes: int
    faults: int
    train_engines: int
    train_rows: int
    test_engines: int
    test_rows: int

    def file(self, part: Literal["train", "test", "RUL"]) -> DataFile:
        """The file of one part."""
        return next(f for f in self.source.files if f.path.endswith(f"/{part}_{self.name}.txt"))


class EngineRuns(NamedTuple):
    """Runs of engines one behind the other, oldest cycle first; n = cycles of all engines, e = engines.

    Attributes:
        engine: Number of the engine of each cycle, from 1, shape ``(n,)``.
        cycle: Number of the cycle within its engine, from 1, shape ``(n,)``.
        readings: In the order of ``CHANNELS``, shape ``(n, 24)``.
        first: Where each engine's run begins, and last n, shape ``(e + 1,)``.
    """

    engine: npt.NDArray[np.int64]
    cycle: npt.NDArray[np.int64]
    readings: npt.NDArray[np.float32]
    first: npt.NDArray[np.int64]

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Cycles of each engine, shape ``(e,)``."""
        return np.diff(self.first)


def _source(subset: str, files: tuple[tuple[str, str, int], ...]) -> DataSource:
    return DataSource(
        name=f"cmapss-{subset.lower()}",
        title=f"NASA C-MAPSS turbofan degradation, {subset}",
        files=tuple(
            DataFile(
                path=f"predictive_maintenance/cmapss/{name}",
                sha256=sha256,
                size_bytes=size_bytes,
                origins=(Origin(_NASA, (_NASA_INNER, name)), Origin(_RUL_DATASETS, (name,))),
            )
            for name, sha256, size_bytes in files
        ),
        licence="CC0-1.0",
        licence_note=(
            "NASA's readme.txt states no licence. The data is the work of an agency of the US government; "
            "the README of kokikwbt/predictive-maintenance calls it 'CC0: Public Domain'. Not read at NASA itself: "
            "read its page again before you pass the files on."
        ),
        homepage="https://www.nasa.gov/intelligent-systems-division/discovery-and-systems-health/pcoe/pcoe-data-set-repository/",
        citation=(
            "A. Saxena, K. Goebel, D. Simon, N. Eklund, 'Damage Propagation Modeling for Aircraft Engine "
            "Run-to-Failure Simulation', PHM 2008"
        ),
        access="public",
        public_since="2008",
    )


_TABLE = (
    Subset(
        "FD001",
        _source(
            "FD001",
            (
                ("train_FD001.txt", "963b5e22825b34d8b21c69e1aeb4af3e647050eb672ee8834ba4b5d91d2de0f8", 3_515_356),
                ("test_FD001.txt", "3cda7109ce17bafb5443f2ac926cfcf88154b941b8c4cf95eb55d1ddd6f52851", 2_228_855),
                ("RUL_FD001.txt", "a19c8ec94931949d0485bdc35118206e9c81c4547b422efb9cf86f4ceddbceca", 429),
            ),
        ),
        regimes=1,
        faults=1,
        train_engines=100,
        train_rows=20_631,
        test_engines=100,
        test_rows=13_096,
    ),
    Subset(
        "FD002",
        _source(
            "FD002",
            (
                ("train_FD002.txt", "dac6c4dbc4e7c1bdeb5747da3d313d05c395bb99801b44a002b26a2ba13d788f", 9_082_480),
                ("test_FD002.txt", "de7b5bf7e998a985c378488480528b7c02cff1406a46740def362dda8d9b4e02", 5_734_587),
                ("RUL_FD002.txt", "c851dd96a6ea6998d3c4a8f834d3c8013aa90e93a6ed950dc826ad0655b2906b", 1_110),
            ),
        ),
        regimes=6,
        faults=1,
        train_engines=260,
        train_rows=53_759,
        test_engines=259,
        test_rows=33_991,
    ),
    Subset(
        "FD003",
        _source(
            "FD003",
            (
                ("train_FD003.txt", "2abbe9968cc5e8eb091980f51b20f62bb4127336d3482cb52071d53bf23329e2", 4_213_862),
                ("test_FD003.txt", "299babd63c8d987cef079c4a425429f33b3a34797d803bbe2ad48c29dbd0d790", 2_826_651),
                ("RUL_FD003.txt", "df1e0566306b174a2de41c67a3e7a51877889598b78643fc3e5685259091b7cb", 428),
            ),
        ),
        regimes=1,
        faults=2,
        train_engines=100,
        train_rows=24_720,
        test_engines=100,
        test_rows=16_596,
    ),
    Subset(
        "FD004",
        _source(
            "FD004",
            (
                ("train_FD004.txt", "27ef6160b6a1dcb2613a88de9c239f763b223f02cdc41dc5cdedc5dc189b6218", 10_350_705),
                ("test_FD004.txt", "1dc675fff0624bac10786927c6715b37d1297657137400d2b1a3138d777a3ba5", 6_957_759),
                ("RUL_FD004.txt", "196b836b85a95ac7fdbbf29c5fdf1657382eafa445644d114ffaaf50dc2975e1", 1_084),
            ),
        ),
        regimes=6,
        faults=2,
        train_engines=249,
        train_rows=61_249,
        test_engines=248,
        test_rows=41_214,
    ),
)

SUBSETS = {subset.name: subset for subset in _TABLE}


def read_runs(files: DataFiles, subset: Subset, part: Literal["train", "test"]) -> EngineRuns:
    """The runs of one part, with their counts checked.

    Raises:
        DataNotAvailableError: The file is in no known place.
        DataError: The file is damaged, or its engines, cycles or columns are not those of the subset.
    """
    file = subset.file(part)
    table = _table(files.read(file), file.path, columns=_COLUMNS)
    engines, rows = (
        (subset.train_engines, subset.train_rows) if part == "train" else (subset.test_engines, subset.test_rows)
    )
    if len(table) != rows:
        raise DataError(f"{file.path}: {len(table):,} rows, expected {rows:,}; fetch the file again")
    engine, cycle = table[:, 0].astype(np.int64), table[:, 1].astype(np.int64)
    starts = np.flatnonzero(np.diff(engine, prepend=0))
    if not np.array_equal(engine[starts], np.arange(1, engines + 1)):
        raise DataError(f"{file.path}: {len(starts)} runs of engines, expected engines 1 to {engines} in order")
    first = np.append(starts, rows)
    if not np.array_equal(cycle, np.arange(rows) - np.repeat(starts, np.diff(first)) + 1):
        raise DataError(f"{file.path}: the cycles of an engine do not run 1, 2, 3, ...; fetch the file again")
    return EngineRuns(engine, cycle, table[:, 2:].astype(np.float32), first)


def read_true_lives(files: DataFiles, subset: Subset) -> npt.NDArray[np.float64]:
    """Cycles that each test engine still ran after its last recorded cycle, shape ``(e,)``.

    Raises:
        DataNotAvailableError: The file is in no known place.
        DataError: The file is damaged, or does not hold one life per test engine.
    """
    file = subset.file("RUL")
    lives = _table(files.read(file), file.path, columns=1)[:, 0]
    if len(lives) != subset.test_engines or (lives < 0).any():
        raise DataError(f"{file.path}: {len(lives)} lives, expected {subset.test_engines}, none negative")
    return lives


def _table(raw: bytes, path: str, *, columns: int) -> npt.NDArray[np.float64]:
    try:
        table = np.loadtxt(io.BytesIO(raw), dtype=np.float64, ndmin=2, encoding="ascii")
    except (ValueError, UnicodeDecodeError) as err:
        raise DataError(f"{path}: not a table of numbers separated by spaces: {err}") from err
    if table.shape[1] != columns or not np.isfinite(table).all():
        raise DataError(f"{path}: {table.shape[1]} columns, expected {columns} columns of finite numbers")
    return table
