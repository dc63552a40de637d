"""Looks at a safetensors file without loading it: whether it is whole and its header fits its bytes.

The format: 8 bytes with the length of the header, little endian; the header, a JSON object of tensor name to type,
shape and the two offsets of its bytes; the bytes of all tensors without a gap.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

__all__ = ["safetensors_problem"]

_HEADER_BYTES = 100_000_000  # what the library itself takes at most
_ITEM_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16,
    "I32": 32, "U32": 32, "F32": 32, "I64": 64, "U64": 64, "F64": 64,
}  # fmt: skip


def safetensors_problem(path: Path) -> str | None:
    """What is wrong with a file, None if nothing is: header unreadable, or bytes missing or too many."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > min(_HEADER_BYTES, size - 8):
            return f"{size:,} bytes, cut off within its header; copy the file again"
        try:
            header = json.loads(file.read(length))
        except (ValueError, RecursionError) as err:
            return f"its header is not JSON: {err}"
    if not isinstance(header, dict):
        return f"its header holds a {type(header).__name__}, expected tensors by name"
    end = 0
    for name, tensor in header.items():
        if name == "__metadata__":
            continue
        stop = _end_of(tensor)
        if stop is None:
            return f"tensor {name!r}: type, shape and offsets in the header do not fit each other"
        end = max(end, stop)
    expected = 8 + length + end
    if size != expected:
        return f"{size:,} bytes, but its header asks for {expected:,}; copy the file again"
    return None


def _end_of(tensor: Any) -> int | None:
    """Where a tensor's bytes end; None where its entry makes no sense."""
    try:
        bits, shape, (start, stop) = _ITEM_BITS.get(tensor["dtype"]), tensor["shape"], tensor["data_offsets"]
        sound = 0 <= start <= stop and all(side >= 0 for side in shape)
        fits = bits is None or (stop - start) * 8 == bits * math.prod(shape)
    except (TypeError, KeyError, ValueError):
        return None
    return stop if sound and fits and isinstance(stop, int) else None
