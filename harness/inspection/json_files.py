"""JSON of strangers: read whole or refused, with limits on size and depth, and nothing that two readers read apart."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

__all__ = ["JsonError", "most_bytes_of", "parse_strict", "read_strict"]

_DEEPEST, _MOST_DIGITS = 64, 40
_LARGE = 64 << 20
_MOST_BYTES: Mapping[str, int] = {
    "tokenizer.json": _LARGE,
    "vocab.json": _LARGE,
    "added_tokens.json": 16 << 20,
    "special_tokens_map.json": 16 << 20,
    "tokenizer_config.json": 16 << 20,
    "residual_quantiles.json": 64 << 20,
}
_INDEX_BYTES, _OTHER_BYTES = 32 << 20, 1 << 20


class JsonError(Exception):
    """A file is not JSON as it must be; the message says what it holds and what is expected."""


def most_bytes_of(name: str) -> int:
    """How large a JSON file of a name may be."""
    return _INDEX_BYTES if name.endswith(".index.json") else _MOST_BYTES.get(Path(name).name, _OTHER_BYTES)


def read_strict(path: Path, *, most_bytes: int) -> Any:
    """What a file holds.

    Raises:
        JsonError: It is too large, or ``parse_strict`` refuses it.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(most_bytes + 1)
    except OSError as err:
        raise JsonError(f"cannot be read: {err.strerror}") from err
    if len(raw) > most_bytes:
        raise JsonError(f"{path.stat().st_size:,} bytes, at most {most_bytes:,}")
    return parse_strict(raw)


def parse_strict(raw: bytes) -> Any:
    """JSON in UTF-8.

    Raises:
        JsonError: It begins with a byte order mark, is no JSON, names a key of an object twice, is nested too deeply,
            or holds NaN, an infinity, or a whole number of very many digits.
    """
    if raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise JsonError("begins with a byte order mark; save it as plain UTF-8")
    try:
        found = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_int=_whole,
            parse_float=_number,
        )
    except UnicodeDecodeError as err:
        raise JsonError(f"not UTF-8: byte {err.start:,} is 0x{raw[err.start]:02x}") from err
    except RecursionError as err:
        raise JsonError(f"nested more than {_DEEPEST} levels deep") from err
    except ValueError as err:
        raise JsonError(f"not JSON: {str(err)[:200]}") from err
    if _is_deeper(found, _DEEPEST):
        raise JsonError(f"nested more than {_DEEPEST} levels deep")
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise JsonError(f"the key {twice[:80]!r} stands twice in one object; readers differ in which one they take")
    return found


def _constant(word: str) -> NoReturn:
    raise JsonError(f"holds {word}, which is no JSON; write null or leave the field out")


def _whole(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise JsonError(f"a whole number of {len(digits):,} digits")
    return int(digits)


def _number(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise JsonError(f"the number {digits[:20]} is too large")
    return value


def _is_deeper(found: Any, levels: int) -> bool:
    layer = [found]
    for _ in range(levels + 1):
        if not layer:
            return False
        nested = [one for one in layer if isinstance(one, dict | list)]
        layer = [
            inner
            for one in nested
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, dict | list)
        ]
    return bool(layer)
