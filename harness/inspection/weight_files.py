"""Looks at a safetensors file without loading it: its header, whether the bytes fit it, and whether weights are finite.

The format: 8 bytes with the length of the header, little endian; the header, a JSON object of tensor name to type,
shape and the two offsets of its bytes; the bytes of all tensors one behind the other, without a gap.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from typing import IO, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .json_files import JsonError, parse_strict

__all__ = ["Header", "HeaderError", "Tensor", "read_header", "tensors_not_finite"]

_HEADER_BYTES, _MOST_TENSORS, _MOST_AXES = 8 << 20, 20_000, 16
_BLOCK_BYTES = 8 << 20
_ITEM_BYTES = {
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "F8_E8M0": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2,
    "I32": 4, "U32": 4, "F32": 4, "I64": 8, "U64": 8, "F64": 8,
}  # fmt: skip

UnsignedArray = npt.NDArray[np.unsignedinteger[Any]]


class _Float(NamedTuple):
    """How a number that is not finite is told by its bits: those of ``mask`` are ``pattern``."""

    bits: type[np.unsignedinteger[Any]]
    mask: int
    pattern: int


_FLOATS = {
    "F64": _Float(np.uint64, 0x7FF0_0000_0000_0000, 0x7FF0_0000_0000_0000),
    "F32": _Float(np.uint32, 0x7F80_0000, 0x7F80_0000),
    "F16": _Float(np.uint16, 0x7C00, 0x7C00),
    "BF16": _Float(np.uint16, 0x7F80, 0x7F80),
    "F8_E5M2": _Float(np.uint8, 0x7C, 0x7C),
    "F8_E4M3": _Float(np.uint8, 0x7F, 0x7F),
    "F8_E8M0": _Float(np.uint8, 0xFF, 0xFF),
}


class Tensor(NamedTuple):
    """One entry of a header; ``start`` and ``stop`` count bytes from the end of the header."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    stop: int

    @property
    def elements(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)


class Header(NamedTuple):
    """All tensors of a file by name, and where its data begin."""

    tensors: dict[str, Tensor]
    data_at: int


class HeaderError(Exception):
    """A file is no sound safetensors file; ``code`` says of which kind the problem is."""

    def __init__(self, code: str, said: str) -> None:
        super().__init__(said)
        self.code = code


def read_header(file: IO[bytes]) -> Header:
    """The header of an opened file, after it was made sure that tensors and bytes fit each other exactly.

    Raises:
        HeaderError: They do not (SB111), a name stands twice or there are too many (SB112), or a type is not taken
            (SB113).
    """
    size = os.fstat(file.fileno()).st_size
    length = int.from_bytes(file.read(8), "little")
    if size < 8 or length > size - 8:
        raise HeaderError("SB111", f"{size:,} bytes, cut off within its header; copy the file again")
    if length > _HEADER_BYTES:
        raise HeaderError("SB111", f"its header has {length:,} bytes, at most {_HEADER_BYTES:,}")
    raw = file.read(length)
    try:
        found = parse_strict(raw)
    except JsonError as err:
        code = "SB112" if "twice" in str(err) else "SB111"
        raise HeaderError(code, f"its header: {err}") from err
    if not isinstance(found, dict):
        raise HeaderError("SB111", f"its header holds a {type(found).__name__}, expected tensors by name")
    found.pop("__metadata__", None)
    if len(found) > _MOST_TENSORS:
        raise HeaderError("SB112", f"{len(found):,} tensors, at most {_MOST_TENSORS:,} in a file")
    tensors = {name: _tensor(name, entry) for name, entry in found.items()}
    _check_layout(tensors, size - 8 - length)
    return Header(tensors, 8 + length)


def _tensor(name: str, entry: Any) -> Tensor:
    try:
        dtype, shape, (start, stop) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
        whole = all(type(number) is int and number >= 0 for number in (*shape, start, stop))
    except (TypeError, KeyError, ValueError) as err:
        raise HeaderError("SB111", _unfit(name)) from err
    if not whole or start > stop or len(shape) > _MOST_AXES:
        raise HeaderError("SB111", _unfit(name))
    if not isinstance(dtype, str) or dtype not in _ITEM_BYTES:
        raise HeaderError("SB113", f"tensor {name[:80]!r} is of type {dtype!r:.40}, taken are {', '.join(_ITEM_BYTES)}")
    if stop - start != _ITEM_BYTES[dtype] * math.prod(shape):
        raise HeaderError("SB111", _unfit(name))
    return Tensor(dtype, shape, start, stop)


def _unfit(name: str) -> str:
    return f"tensor {name[:80]!r}: type, shape and offsets in the header do not fit each other"


def _check_layout(tensors: dict[str, Tensor], data_bytes: int) -> None:
    end = max((one.stop for one in tensors.values()), default=0)
    if data_bytes != end:
        raise HeaderError(
            "SB111", f"{data_bytes:,} bytes of data, but its header asks for {end:,}; copy the file again"
        )
    at = 0
    for name, one in sorted(tensors.items(), key=lambda item: (item[1].start, item[1].stop)):
        if one.start != at:
            what = "overlaps the one before" if one.start < at else f"leaves {one.start - at:,} bytes before it unused"
            raise HeaderError("SB111", f"tensor {name[:80]!r} {what}")
        at = one.stop


def tensors_not_finite(
    file: IO[bytes], header: Header, read: Callable[[int], None] = lambda bytes_read: None
) -> Iterator[str]:
    """What is not finite, tensor by tensor; a block of 8 MiB is held at a time, whatever the size of the file.

    Args:
        file: The file, opened.
        header: Its header.
        read: Is told after each block how many bytes it had.
    """
    block = np.empty(_BLOCK_BYTES, np.uint8)
    for name, tensor in sorted(header.tensors.items(), key=lambda item: item[1].start):
        kind = _FLOATS.get(tensor.dtype)
        if kind is None:
            continue
        file.seek(header.data_at + tensor.start)
        wrong, left = 0, tensor.stop - tensor.start
        while left:
            got = _fill(file, block[: min(left, _BLOCK_BYTES)])
            read(got)
            left -= got
            wrong += _count_not_finite(block[:got], kind)
        if wrong:
            yield f"tensor {name[:80]!r}: {wrong:,} of {tensor.elements:,} numbers are NaN or infinite"


def _fill(file: Any, block: npt.NDArray[np.uint8]) -> int:
    """Reads until the block is full; a file that became shorter meanwhile ends it with an error."""
    at = 0
    while at < len(block):
        got = file.readinto(block[at:])
        if not got:
            raise HeaderError("SB111", "it became shorter while it was read; copy the file again")
        at += got
    return at


def _count_not_finite(block: npt.NDArray[np.uint8], kind: _Float) -> int:
    numbers = block.view(kind.bits)
    if kind.bits in (np.uint32, np.uint64):  # numpy's own look at floats is three times as fast as one at bits
        floats = numbers.view(np.float32 if kind.bits is np.uint32 else np.float64)
        return int(numbers.size - np.count_nonzero(np.isfinite(floats)))
    masked = np.bitwise_and(numbers, kind.bits(kind.mask))
    return int(np.count_nonzero(masked == kind.bits(kind.pattern)))
