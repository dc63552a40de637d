"""Writes a trained baseline as an ordinary submission folder: whole or not at all, and the same bytes each time."""

from __future__ import annotations

import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from ..harness.errors import UsageError

__all__ = [
    "MANIFEST_FILE",
    "MODEL_FILE",
    "own_manifest",
    "reproducible_skops",
    "write_baseline_folder",
    "write_skops_folder",
]

MANIFEST_FILE, MODEL_FILE = "submission.yaml", "model.skops"
_FIRST_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


def own_manifest(
    name: str,
    *,
    description: str,
    adapter: str,
    interface: str,
    tasks: Sequence[str],
    trained_on: Sequence[str],
    options: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """``submission.yaml`` of a model that the suite trains itself.

    Args:
        name: On the board.
        description: What it is, one sentence for people.
        adapter: That runs it.
        interface: That it serves.
        tasks: It was made for, ``area/task`` or ``area/task#track``.
        trained_on: Data sets, for people.
        options: Of the adapter; None: it has none.
    """
    manifest: dict[str, Any] = {
        "schema_version": "submission/1",
        "name": name,
        "vendor": "SectorBench",
        "version": "1",
        "country": None,
        "licence": "Apache-2.0",
        "contact": None,
        "description": description,
        "adapter": adapter,
        "interfaces": [interface],
        "tasks": list(tasks),
        "precision": "float32",
        "trained_on": list(trained_on),
    }
    return manifest if options is None else manifest | {"options": dict(options)}


def write_skops_folder(folder: Path, manifest: Mapping[str, Any], model: object) -> None:
    """Writes ``submission.yaml`` and ``model.skops``; a baseline that is there already is replaced.

    Raises:
        UsageError: The folder holds something that no baseline wrote.
    """
    write_baseline_folder(folder, manifest, lambda: {MODEL_FILE: reproducible_skops(model)}, names=(MODEL_FILE,))


def write_baseline_folder(
    folder: Path, manifest: Mapping[str, Any], files: Callable[[], Mapping[str, bytes]], *, names: Sequence[str]
) -> None:
    """Writes ``submission.yaml`` and the model's files, whole or not at all; an older one of the same is replaced.

    Args:
        folder: The submission folder.
        manifest: Its ``submission.yaml``.
        files: Makes the files' contents by name, after the folder was looked at.
        names: The names that it will give.

    Raises:
        UsageError: The folder holds something that no baseline wrote.
    """
    if folder.exists():
        foreign = (
            sorted({p.name for p in folder.iterdir()} - {MANIFEST_FILE, *names}) if folder.is_dir() else [folder.name]
        )
        if foreign:
            raise UsageError(f"{folder}: holds {', '.join(foreign[:3])}, which no baseline wrote; name another folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        for name, content in files().items():
            (part / name).write_bytes(content)
        text = yaml.safe_dump(dict(manifest), sort_keys=False, allow_unicode=True)
        (part / MANIFEST_FILE).write_text(text, encoding="utf-8")
        part.chmod(0o755)  # mkdtemp makes folders that only their owner can read
        if folder.exists():
            shutil.rmtree(folder)
        part.rename(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def reproducible_skops(model: object) -> bytes:
    """A compressed skops file without what differs between two processes.

    skops names objects and their array files by memory address, and zip entries carry the time of day: the addresses
    become numbers in the order in which the schema meets them, the time becomes 1980.
    """
    from skops.io import dumps

    with zipfile.ZipFile(io.BytesIO(dumps(model))) as archive:
        parts = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    schema = json.loads(parts.pop("schema.json"))
    numbers: dict[str, str] = {}
    _renumber(schema, numbers, set(parts))
    entries = {_renamed(name, numbers): raw for name, raw in parts.items()}
    entries["schema.json"] = json.dumps(schema, separators=(",", ":")).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in sorted(entries):
            entry = zipfile.ZipInfo(name, date_time=_FIRST_ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, entries[name])
    return out.getvalue()


def _renumber(node: Any, numbers: dict[str, str], files: set[str]) -> None:
    if isinstance(node, dict):
        # The keys of a stored dict, such as the words of a vocabulary, stand here too: "file" may be a word.
        if isinstance(address := node.get("__id__"), int):
            node["__id__"] = int(numbers.setdefault(str(address), str(len(numbers) + 1)))
        if isinstance(name := node.get("file"), str) and name in files:
            node["file"] = _renamed(name, numbers)
        for inner in node.values():
            _renumber(inner, numbers, files)
    elif isinstance(node, list):
        for inner in node:
            _renumber(inner, numbers, files)


def _renamed(name: str, numbers: dict[str, str]) -> str:
    stem, dot, suffix = name.partition(".")
    return f"{numbers.setdefault(stem, str(len(numbers) + 1))}{dot}{suffix}"
