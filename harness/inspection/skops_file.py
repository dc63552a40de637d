"""Looks at a skops file without scikit-learn or skops: the archive's members and sizes, and the types it names."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from typing import IO, Any

from ..adapters.skops_model import TRUSTED_TYPES
from ..codes import Problem
from ..formatting import printable, size_text
from .json_files import JsonError, parse_strict

__all__ = ["skops_problems"]

_SCHEMA = "schema.json"
_SCHEMA_BYTES = 64 << 20
_MOST_MEMBERS, _DIRECTORY_BYTES = 20_000, 4 << 20
_BOMB_RATIO, _BOMB_BYTES = 100, 64 << 20  # real models shrink at most tenfold; small files may shrink as they like
_MOST_UNPACKED = 16 << 30
_END, _END_BYTES = b"PK\x05\x06", 22
_SHOWN = 8
_LIBRARIES = ("builtins", "collections", "functools", "numpy", "scipy", "sklearn", "skops")
"""Packages whose types can be taken: which of them, skops and our list say. Of any other package none is."""
_GAUSSIAN = ("GaussianProcessRegressor", "_BinaryGaussianProcessClassifierLaplace")
_NEVER = frozenset({"eval", "exec", "compile", "open", "getattr", "setattr", "__import__", "input", "breakpoint"})


def skops_problems(file: IO[bytes], name: str) -> list[Problem]:
    """All that is wrong with a skops file as an archive, and types that are taken by nobody.

    Args:
        file: The file, opened.
        name: How it is called in a message.
    """
    try:
        return [Problem(code, name, said) for code, said in _wrong(file)]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError) as err:
        return [Problem("SB107", name, f"not a skops file that can be read: {printable(str(err)[:200])}")]


def _wrong(file: IO[bytes]) -> Iterator[tuple[str, str]]:
    packed = os.fstat(file.fileno()).st_size
    if (listed := _directory_bytes(file)) > _DIRECTORY_BYTES:
        yield "SB118", f"a list of members of {size_text(listed)}, at most {size_text(_DIRECTORY_BYTES)}"
        return
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        wrong = [f"SB118 {said}" for said in _wrong_members(members, packed)]
        yield from ((one[:5], one[6:]) for one in wrong)
        if wrong:
            return
        if _SCHEMA not in archive.namelist():
            yield "SB107", f"not a skops file that can be read: it has no member {_SCHEMA}"
            return
        try:
            schema = parse_strict(archive.read(_SCHEMA))
        except JsonError as err:
            yield "SB110", f"member {_SCHEMA}: {err}"
            return
    if refused := sorted(set(_types(schema))):
        more = f" and {len(refused) - _SHOWN} more" if len(refused) > _SHOWN else ""
        yield "SB106", f"types that are not taken: {printable(', '.join(refused[:_SHOWN]))}{more}"
    yield from (("SB107", said) for said in sorted(set(_wrong_reach(schema))))


def _directory_bytes(file: IO[bytes]) -> int:
    """Of the archive's list of members, as its end says; the library reads the list whole, however long."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END_BYTES - (1 << 16)))
    tail = file.read(_END_BYTES + (1 << 16))
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_BYTES:
        raise zipfile.BadZipFile("File is not a zip file")
    return int.from_bytes(tail[at + 12 : at + 16], "little")  # all ones where the file is of the kind for 4 GiB or more


def _wrong_members(members: list[zipfile.ZipInfo], packed: int) -> Iterator[str]:
    if len(members) > _MOST_MEMBERS:
        yield f"{len(members):,} members, at most {_MOST_MEMBERS:,}"
        return
    names = [one.filename for one in members]
    if len(set(names)) != len(names):
        yield f"the member {next(n for n in names if names.count(n) > 1)[:80]!r} is there twice"
    for one in members:
        parts = one.filename.split("/")
        if one.filename.startswith("/") or ".." in parts or "\\" in one.filename or ":" in one.filename:
            yield f"the member {one.filename[:80]!r} leads out of the archive"
        elif one.flag_bits & 1 or one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            yield f"the member {one.filename[:80]!r} is encrypted or packed in an unusual way; save it with skops"
    if len({one.header_offset for one in members}) != len(members):
        yield "two members lie at one place of the file"
    unpacked = sum(one.file_size for one in members)
    if unpacked > max(_BOMB_BYTES, _BOMB_RATIO * packed):
        yield f"unpacks to {unpacked:,} bytes, over {_BOMB_RATIO} times its size"
    elif unpacked > _MOST_UNPACKED:
        yield f"unpacks to {size_text(unpacked)}, at most {size_text(_MOST_UNPACKED)}"
    if (schema := next((one for one in members if one.filename == _SCHEMA), None)) and schema.file_size > _SCHEMA_BYTES:
        yield f"its {_SCHEMA} has {size_text(schema.file_size)}, at most {size_text(_SCHEMA_BYTES)}"


def _types(schema: Any) -> Iterator[str]:
    """Names of types in a skops schema that no list holds."""
    for module, kind, _ in _nodes(schema):
        known = module.split(".")[0] in _LIBRARIES and not (module == "builtins" and kind in _NEVER)
        if not known and f"{module}.{kind}" not in TRUSTED_TYPES:
            yield f"{module}.{kind}"


def _wrong_reach(schema: Any) -> Iterator[str]:
    """Parts that could reach other rows of their batch; loading looks at the model itself, see ``skops_lone``."""
    for _, kind, content in _nodes(schema):
        held = content.get("content") if isinstance(content, dict) else None
        if not isinstance(held, dict):
            continue
        if kind == "FunctionTransformer":
            for name in ("kw_args", "inv_kw_args"):
                if not _is_nothing(held.get(name)):
                    yield f"{kind} has {name}, which can name an array to write to; leave it empty"
        elif kind in _GAUSSIAN and _is_nothing(held.get("X_train_")):
            yield f"{kind} has no X_train_, so it would compare the rows of a batch with each other; fit it"


def _is_nothing(node: Any) -> bool:
    return not isinstance(node, dict) or ("content" in node and node["content"] in ("null", {}, None))


def _nodes(schema: Any) -> Iterator[tuple[str, str, Any]]:
    """Module, type and content of every object that a skops schema describes."""
    todo = [schema]
    while todo:
        one = todo.pop()
        if isinstance(one, list):
            todo += one
        elif isinstance(one, dict):
            todo += one.values()
            module, kind = one.get("__module__"), one.get("__class__")
            if isinstance(module, str) and isinstance(kind, str):
                yield module, kind, one.get("content")
