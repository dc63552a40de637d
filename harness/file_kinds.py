"""What a file seems to be that is no Arrow stream, by its first bytes, and how a stream is written instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO

__all__ = ["what_instead"]

_STREAM = "write an uncompressed stream with pyarrow.ipc.new_stream"
_OF_TABLE = "pyarrow.ipc.new_stream writes a stream of its table"
_KINDS = {
    b"ARROW1": "an Arrow IPC file, not a stream (Feather is such an Arrow file): write it with pyarrow.ipc.new_stream "
    "in place of new_file",
    b"FEA1": "an old Feather file: write it with pyarrow.ipc.new_stream",
    b"PAR1": f"a Parquet file: pyarrow.parquet.read_table reads it, {_OF_TABLE}",
    b"PK\x03\x04": f"an archive (npz, xlsx, zip): {_STREAM}",
    b"\x1f\x8b": f"packed with gzip: {_STREAM}",
    b"\x28\xb5\x2f\xfd": f"packed with zstd: {_STREAM}",
    b"\x04\x22\x4d\x18": f"packed with lz4: {_STREAM}",
    b"\x80\x04": f"a pickle: {_STREAM}",
    b"\x93NUMPY": f"a numpy array: {_STREAM}",
    b"\x89HDF": f"an HDF5 file: {_STREAM}",
}
_LOOKED_AT = 256  # bytes; a stream has zeros among its first ones


def what_instead(opened: Callable[[], IO[bytes]]) -> str | None:
    """What a file seems to be, and how a stream is written; None where that cannot be told, or it may be a stream."""
    with opened() as file:
        first = file.read(_LOOKED_AT)
    for beginning, told in _KINDS.items():
        if first.startswith(beginning):
            return told
    if first and not set(first) & {*range(9), *range(14, 32)}:
        return f"text, such as CSV or JSON: pyarrow.csv reads it, {_OF_TABLE}"
    return None if first else f"an empty file: {_STREAM}"
