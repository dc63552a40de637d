"""ALPI, alarm logs of packaging machines: where its file is, and a reader that counts what it reads.

The publisher cut the logs of 20 machines into windows: what a machine alarmed in 1,720 minutes, and what it alarmed in
the 480 minutes behind them. Windows with fewer than 20 alarms in either part were left out; repeats behind each other
then became one alarm, and an input of more than 109 lost what stood behind. Windows of a machine begin 60 minutes
apart, so they overlap; when they were is not in the file.

Code 0 pads the rows and is an alarm, too. At the end of a row nobody can tell which, so it is left out of inputs and
answers everywhere.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...harness.data import DataFile, DataFiles, DataSource, Origin
from ...harness.errors import DataError
from ...harness.interfaces import Head

__all__ = ["ALPI", "CODES", "HEAD", "HORIZON_MIN", "Windows", "read_windows"]

ALPI = DataSource(
    name="alpi",
    title="Alarm logs in packaging industry (ALPI), processed windows",
    files=(
        DataFile(
            path="predictive_maintenance/alpi/all_alarms.npz",
            sha256="6107f837b055661b050d8db8c3d6c7ba9bf3326efd2d6f0f468a1a5026103219",
            size_bytes=2_335_663,
            origins=(
                Origin(
                    "https://raw.githubusercontent.com/kokikwbt/predictive-maintenance/"
                    "3a7094574b1bc9c3f9a726e595971c3a3ee7f4af/datasets/alpi/alarms_log_data/processed/all_alarms.npz"
                ),
            ),
        ),
    ),
    licence="CC-BY",
    licence_note=(
        "CC BY as the README of kokikwbt/predictive-maintenance calls it, version not named; open access at IEEE "
        "DataPort, whose page was not read: read it before you pass the file on."
    ),
    homepage="https://ieee-dataport.org/open-access/alarm-logs-packaging-industry-alpi",
    citation=(
        "D. Tosato, D. Dalle Pezze, C. Masiero, G. A. Susto, A. Beghi, 'Alarm Logs in Packaging Industry (ALPI)', "
        "IEEE DataPort 2020"
    ),
    access="public",
    public_since="2020",
)

CODES = 154
"""Codes are 0 to 153."""

HEAD = Head("alarms", tuple(f"alarm {code}" for code in range(1, CODES)), "independent")
HORIZON_MIN = 480

_PARTS = ("train", "test")  # as the file calls them
_WINDOWS = {"train": 41_045, "test": 17_955}
_INPUT, _OUTPUT, _MACHINES = 109, 556, 20


class Windows(NamedTuple):
    """Windows in the order of the file; n of them.

    Attributes:
        serial: The machine, 0 to 19, shape ``(n,)``.
        codes: What it alarmed, oldest first, 0 where there is nothing, shape ``(n, 109)``.
        follows: Whether each class of ``HEAD`` is alarmed in the next 480 minutes, shape ``(n, 153)``.
    """

    serial: npt.NDArray[np.int64]
    codes: npt.NDArray[np.int32]
    follows: npt.NDArray[np.bool_]

    def take(self, rows: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> Windows:
        """Some of the windows, or all in another order."""
        return Windows(self.serial[rows], self.codes[rows], self.follows[rows])


def read_windows(files: DataFiles) -> Windows:
    """All 59,000 windows, those of both parts of the file behind each other.

    The file's own parts are not ours: each machine is in both, with the first and the last of its windows.

    Raises:
        DataNotAvailableError: The file is in no known place.
        DataError: The file is damaged, or its counts are not those of the data set.
    """
    file = ALPI.files[0]
    try:
        with np.load(io.BytesIO(files.read(file)), allow_pickle=False) as arrays:
            found = {name: arrays[name] for part in _PARTS for name in (f"x_{part}", f"y_{part}", f"stratify_{part}")}
    except (ValueError, KeyError, OSError, EOFError, TypeError, zlib.error, zipfile.BadZipFile) as err:
        raise DataError(f"{file.path}: not the arrays of the data set ({err}); fetch the file again") from err
    for part in _PARTS:
        n = _WINDOWS[part]
        for name, shape, end in (
            (f"x_{part}", (n, _INPUT), CODES),
            (f"y_{part}", (n, _OUTPUT), CODES),
            (f"stratify_{part}", (n,), _MACHINES),
        ):
            _check(found[name], name, file, shape, end)
    serial, codes, next_codes = (
        np.concatenate([found[f"{kind}_{part}"] for part in _PARTS]) for kind in ("stratify", "x", "y")
    )
    follows = np.zeros((len(serial), CODES), bool)
    follows[np.arange(len(serial))[:, None], next_codes] = True
    windows = Windows(serial.astype(np.int64), codes.astype(np.int32), follows[:, 1:])
    for what, there in (("no alarm", (windows.codes > 0).any(axis=1)), ("no next alarm", windows.follows.any(axis=1))):
        if not there.all():
            raise DataError(f"{file.path}: window {int(np.argmin(there))} holds {what}; fetch the file again")
    return windows


def _check(array: npt.NDArray[np.int64], name: str, file: DataFile, shape: tuple[int, ...], end: int) -> None:
    if array.shape != shape or not np.issubdtype(array.dtype, np.integer):
        raise DataError(
            f"{file.path}, array {name}: {array.dtype} of shape {array.shape}, expected whole numbers of shape "
            f"{shape}; fetch the file again"
        )
    if array.min() < 0 or array.max() >= end:
        raise DataError(
            f"{file.path}, array {name}: holds {array.min()} to {array.max()}, expected 0 to {end - 1}; "
            "fetch the file again"
        )
