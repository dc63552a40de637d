"""Finds the record that somebody names: by its folder, its file, its key, its model or that one's digest."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from .errors import UsageError, nearest_names
from .foreign_files import read_regular
from .store import KEY_SHOWN, RECORD_BYTES, Store

__all__ = ["find_record", "find_records", "records_listed"]

_LEAST = 4  # digits of a key or digest that somebody types
_DIGEST = re.compile(rf"[0-9a-f]{{{_LEAST},64}}")


def find_record(asked: str, store: Store) -> Path:
    """The folder of the one record that a word names.

    Args:
        asked: The record's folder, its ``record.json``, its folder's name, its model's, or the beginning of its key or
            of its model's digest.
        store: Where records are looked for.

    Raises:
        UsageError: There is none, or there are several.
    """
    found = find_records(asked, store)
    if len(found) == 1:
        return found[0]
    raise UsageError(f"{asked!r} is the name of several records; name one by its key:\n{records_listed(found)}")


def records_listed(folders: Iterable[Path]) -> str:
    """Records, a line each: the key that can be typed, and what it is the key of."""
    return "\n".join(f"  {_key(f)}  {f.parent.parent.name}/{f.parent.name}  {_model(f)}" for f in folders)


def _model(folder: Path) -> str:
    """The model that a store names a record's folder after."""
    return folder.name.rpartition("-")[0]


def _key(folder: Path) -> str:
    return folder.name.rpartition("-")[2]


def find_records(asked: str, store: Store) -> list[Path]:
    """The folders of all records that a word names; see ``find_record``.

    Raises:
        UsageError: There is none.
    """
    path = Path(asked)
    if path.name == "record.json" and path.is_file():
        return [path.parent]
    if (path / "record.json").is_file():
        return [path]
    folders = sorted(p.parent for p in store.records.rglob("record.json"))
    by_key = [f for f in folders if len(asked) >= _LEAST and _key(f).startswith(asked[:KEY_SHOWN])]
    by_name = [f for f in folders if asked in (f.name, _model(f))]
    if found := by_key or by_name or _by_digest(asked, folders):
        return found
    near = nearest_names(asked, {_model(f) for f in folders})
    said = f"Did you mean {', '.join(near)}?" if near else f"{len(folders)} records are below {store.records}."
    if not folders:
        said = f"No record is below {store.records}: `sectorbench run` writes them."
    raise UsageError(f"there is no record {asked!r}. {said} Another result folder goes with --results DIR")


def _by_digest(asked: str, folders: Sequence[Path]) -> list[Path]:
    """Those of a model whose digest begins so; a file that cannot be read is of none."""
    return [f for f in folders if _DIGEST.fullmatch(asked) and _digest(f).startswith(asked)]


def _digest(folder: Path) -> str:
    try:
        content = read_regular(folder / "record.json", most_bytes=RECORD_BYTES)
        return str(json.loads(content)["cell"]["model"]["model_sha256"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""
