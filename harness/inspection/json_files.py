"""JSON of strangers: read whole or refused, with limits on size and depth, and nothing that two readers read apart."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, NoReturn

__all__ = ["JsonError", "most_bytes_of", "parse_strict"]

_DEEPEST, _MOST_DIGITS, _LONGEST_NUMBER = 64, 40, 400
_MOST_PARTS, _MOST_VALUES = 1_500_000, 5_000_000  # over twice what tokenizers of the largest vocabularies hold
_HALF_A_PAIR = re.compile(rb"\\u[dD][89a-fA-F]")
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
    return _INDEX_BYTES if name.endswith(".index.json") else _MOST_BYTES.get(PurePosixPath(name).name, _OTHER_BYTES)


def parse_strict(raw: bytes) -> Any:
    """JSON in UTF-8.

    Raises:
        JsonError: It begins with a byte order mark, is no JSON, names a key of an object twice, is nested too deeply,
            has so many parts that they would fill the memory, or holds NaN, an infinity, a number of very many digits,
            or half a surrogate pair.
    """
    _refuse_many(raw)
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
    if _HALF_A_PAIR.search(raw):
        _refuse_halves(found)
    return found


def _refuse_many(raw: bytes) -> None:
    """A list takes 3 bytes of a file and some 70 of memory: what a file unfolds to is bounded before it is parsed.

    Signs within texts count as well; no honest file has so many.
    """
    for signs, most, what in ((b"[{", _MOST_PARTS, "lists and objects"), (b",:", _MOST_VALUES, "values")):
        if (found := sum(raw.count(sign) for sign in (signs[:1], signs[1:]))) > most:
            raise JsonError(f"has {found:,} {what}, at most {most:,}")


def _refuse_halves(found: Any) -> None:
    """Half a surrogate pair is text that cannot be written as UTF-8: some readers refuse it, others change it."""
    todo = [found]
    while todo:
        one = todo.pop()
        if isinstance(one, dict):
            todo += one.keys()
            todo += one.values()
        elif isinstance(one, list):
            todo += one
        elif isinstance(one, str) and not one.isascii():
            try:
                one.encode()
            except UnicodeEncodeError as err:
                raise JsonError(f"holds {one[err.start]!a}, half a surrogate pair") from err


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
    if len(digits) > _LONGEST_NUMBER:
        raise JsonError(f"a number of {len(digits):,} digits")
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
