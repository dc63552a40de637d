"""Finds the record that somebody names: by its folder, its file, its key or its model."""

from __future__ import annotations

from pathlib import Path

from .errors import UsageError, nearest_names
from .store import KEY_SHOWN, Store

__all__ = ["find_record", "find_records"]


def find_record(asked: str, store: Store) -> Path:
    """The folder of the one record that a word names.

    Args:
        asked: The record's folder, its ``record.json``, its folder's name, its model's, or the beginning of its key.
        store: Where records are looked for.

    Raises:
        UsageError: There is none, or there are several.
    """
    found = find_records(asked, store)
    if len(found) == 1:
        return found[0]
    listed = "\n".join(f"  {f}" for f in found)
    raise UsageError(f"{asked!r} is the name of several records; name one:\n{listed}")


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
    by_key = [f for f in folders if len(asked) >= 4 and f.name.rpartition("-")[2].startswith(asked[:KEY_SHOWN])]
    by_name = [f for f in folders if asked in (f.name, f.name.rpartition("-")[0])]
    if found := by_key or by_name:
        return found
    if not folders:
        said = f"No record is below {store.records}: `sectorbench run` writes them."
    else:
        near = nearest_names(asked, {f.name.rpartition("-")[0] for f in folders}) or nearest_names(
            asked, [f.name for f in folders]
        )
        said = f"Did you mean {', '.join(near)}?" if near else f"{len(folders)} records are below {store.records}."
    raise UsageError(f"there is no record {asked!r}. {said} Another result folder goes with --results DIR")
