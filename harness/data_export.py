"""Exports: a task's inputs and targets as Parquet with a data set card, so that a vendor can train on them."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml

from .data import DataFiles
from .errors import InterfaceError, UsageError, unknown_name
from .folders import check_new, new_folder
from .interfaces import table_info
from .task import Draw, Examples, Split, Task, TaskCard

__all__ = ["Export", "export_split", "joined"]

_GROUP_ROWS = 1024  # rows are whole series: a larger group would not fit a reader's memory


class Export(NamedTuple):
    """What an export wrote; ``rows`` is None where the licence allows only the recipe."""

    folder: Path
    rows: int | None


def export_split(task: Task, files: DataFiles, *, split: str, draw: Draw, drawn_from: str | None, to: Path) -> Export:
    """Writes ``data/SPLIT.parquet`` and ``README.md`` into a new folder, which appears whole or not at all.

    ``datasets.load_dataset(FOLDER)`` reads it as it is. Where the data may not be passed on in derived form, only
    ``README.md`` is written, with the recipe that cuts the same rows from the reader's own copy.

    Args:
        task: Whose examples are written.
        files: Where its data is.
        split: One of the card's exported splits.
        draw: Track, and for a generated task the secret.
        drawn_from: What the card says about the draw, for a generated task; None for real data.
        to: The folder; it must not exist, or be empty.

    Raises:
        UsageError: The card exports no such split, or the folder holds something.
        DataNotAvailableError: The task's data is in no known place.
        InterfaceError: Inputs and targets do not join.
    """
    exported = {s.name: s for s in task.card.splits if s.exported}
    if split not in exported:
        raise _not_exported(task.card, split, exported)
    check_new(to)
    recipe_only = task.card.data is not None and not task.card.data.derivatives
    table = None if recipe_only else joined(task.examples(files, split, draw))
    with new_folder(to) as part:
        if table is None:
            card = _recipe(task, exported[split], draw)
        else:
            (part / "data").mkdir()
            pq.write_table(
                _storable(table), part / "data" / f"{split}.parquet", row_group_size=_GROUP_ROWS, compression="zstd"
            )
            card = _data_card(task, exported[split], draw, drawn_from, table)
        (part / "README.md").write_text(card, encoding="utf-8")
    return Export(to, None if table is None else table.num_rows)


def joined(examples: Examples) -> pa.Table:
    """Inputs and targets in one table, in the order of the inputs; target columns stand behind and say so.

    Raises:
        InterfaceError: The ids differ, or a column name stands on both sides.
    """
    inputs, targets = examples
    names = [n for n in targets.column_names if n != "id"]
    if both := sorted(set(names) & set(inputs.column_names)):
        raise InterfaceError(f"columns {', '.join(both)} stand in the inputs and in the targets; rename the targets")
    at = pc.index_in(inputs.column("id"), value_set=targets.column("id").combine_chunks())
    if at.null_count or inputs.num_rows != targets.num_rows:
        raise InterfaceError(f"{inputs.num_rows} inputs and {targets.num_rows} targets do not have the same ids")
    ordered = targets.select(names).take(at)
    table = inputs
    for field, column in zip(ordered.schema, ordered.columns, strict=True):
        table = table.append_column(field.with_metadata((field.metadata or {}) | {b"role": b"target"}), column)
    return table


def _storable(table: pa.Table) -> pa.Table:
    """Lists of fixed width 0 (no static features) as plain lists: Parquet cannot be read back with the former."""
    fields = [
        field.with_type(pa.list_(field.type.value_type))
        if pa.types.is_fixed_size_list(field.type) and field.type.list_size == 0
        else field
        for field in table.schema
    ]
    return table.cast(pa.schema(fields, metadata=table.schema.metadata))


def _not_exported(card: TaskCard, split: str, exported: Iterable[str]) -> UsageError:
    """The error for a split that is not handed out: kept, or not there at all."""
    handed = ", ".join(f"--split {name}" for name in exported)
    hint = f"{card.id} hands out: {handed}" if handed else f"{card.id} hands out none: it has nothing to train on"
    if split in ("test", *(one.name for one in card.splits)):
        if card.data is not None and not card.data.derivatives:
            said = f"the licence of {card.data.name} ({card.data.licence}) allows no derived copies, and rows are such"
            return UsageError(
                f"split {split!r} of {card.id} is not exported: {said}. Read the original file instead: "
                f"sectorbench data fetch {card.data.name}"
            )
        drawn = split not in (one.name for one in card.splits)
        said = "it is drawn from a secret, and " if drawn else ""
        said += "its references are what models are measured by, so they are never handed out"
        return UsageError(f"split {split!r} of {card.id} is not exported: {said}. {hint}")
    return unknown_name("split", split, exported, hint=hint)


def _data_card(task: Task, split: Split, draw: Draw, drawn_from: str | None, table: pa.Table) -> str:
    card, about = task.card, _about_examples(task)
    info = table_info(table.schema)
    front = {
        "pretty_name": f"{card.title.en} ({split.name})",
        **_licence_fields(card),
        **({"language": [info["language"]]} if "language" in info else {}),
        "tags": ["sectorbench", card.area, card.interface],
        "configs": [
            {"config_name": "default", "data_files": [{"split": split.name, "path": f"data/{split.name}.parquet"}]}
        ],
    }
    lines = [
        "---",
        yaml.safe_dump(front, sort_keys=False, allow_unicode=True).rstrip(),
        "---",
        "",
        f"# {card.title.en} · {card.title.zh}",
        "",
        card.summary.en,
        "",
        card.summary.zh,
        "",
        f"Task `{card.at_version}`, track `{draw.track}`, split `{split.name}`: {table.num_rows:,} rows. "
        f"Interface `{card.interface}`; resampling unit: {card.unit}.",
        "",
        *([f"Generated: {drawn_from}. Nothing in it was measured at a real plant.", ""] if drawn_from else []),
        "```python",
        "from datasets import load_dataset",
        f'rows = load_dataset("PATH/TO/THIS/FOLDER", split="{split.name}")',
        "```",
        "",
        "## Columns",
        "",
        "| column | type | unit | role |",
        "|---|---|---|---|",
        *(_column_line(field) for field in table.schema),
        "",
        *(["How rows and targets are made:", "", about, ""] if about else []),
        "What belongs to all rows (also in the file's schema metadata, under `sectorbench`):",
        "",
        "```json",
        json.dumps(info, ensure_ascii=False, indent=1, sort_keys=True),
        "```",
        "",
        *_source_lines(card),
    ]
    return "\n".join(lines)


def _column_line(field: pa.Field) -> str:
    facts = field.metadata or {}
    unit, role = facts.get(b"unit", b"none").decode(), facts.get(b"role", b"input").decode()
    return f"| `{field.name}` | `{field.type}` | {unit} | {'id' if field.name == 'id' else role} |"


def _recipe(task: Task, split: Split, draw: Draw) -> str:
    card, source = task.card, task.card.data
    assert source is not None, "only the licence of a source can forbid rows"
    front = {"pretty_name": f"{card.title.en} ({split.name}): recipe", **_licence_fields(card)}
    track = f'Draw(track="{draw.track}")'
    lines = [
        "---",
        yaml.safe_dump(front, sort_keys=False, allow_unicode=True).rstrip(),
        "---",
        "",
        f"# {card.title.en} · {card.title.zh}: recipe",
        "",
        f"The licence of this data ({source.licence}) does not allow derived copies to be passed on, so this folder "
        "holds no rows. The steps below cut the same rows from your own copy.",
        "",
        f"1. Get your copy: {source.homepage}, or `sectorbench data fetch {source.name}`. The files, by sha256:",
        "",
        *(f"   - `{f.path}` `{f.sha256}` ({f.size_bytes:,} bytes)" for f in source.files),
        "",
        "2. Cut the rows, two Arrow tables joined by `id`:",
        "",
        "```python",
        "from sectorbench.harness.data import DataFiles",
        "from sectorbench.harness.task import Draw",
        f"from {type(task).__module__} import {type(task).__name__}",
        "",
        "files = DataFiles.from_environment(download=True)",
        f'inputs, targets = {type(task).__name__}().examples(files, "{split.name}", {track})',
        "```",
        "",
        f"Task `{card.at_version}`, track `{draw.track}`, split `{split.name}`: {split.rows:,} rows of {split.units:,} "
        f"units ({card.unit}). How they are cut:",
        "",
        _about_examples(task) or card.summary.en,
        "",
        *_source_lines(card),
    ]
    return "\n".join(lines)


def _about_examples(task: Task) -> str:
    """What the task says of its examples; nothing where it says no more than every task."""
    if type(task).examples is Task.examples:
        return ""
    told, _, _ = (inspect.getdoc(type(task).examples) or "").partition("\n\nRaises:")  # of errors a card says nothing
    return told


_HUB_LICENCES = ("CC-BY-4.0", "CC-BY-SA-4.0", "CC0-1.0", "CC-BY-ND-4.0", "CC-BY-NC-4.0", "MIT", "Apache-2.0")


def _licence_fields(card: TaskCard) -> dict[str, Any]:
    """The licence in the words of the Hugging Face hub: one of its identifiers, or ``other`` with the name."""
    licence = card.data.licence if card.data else "Apache-2.0"  # what the suite draws falls under the suite's licence
    if licence in _HUB_LICENCES:
        return {"license": licence.lower()}
    return {"license": "other", "license_name": licence}


def _source_lines(card: TaskCard) -> list[str]:
    if card.data is None:
        return ["## Source and licence", "", "Drawn by SectorBench (Apache-2.0).", "", card.citation, ""]
    return [
        "## Source and licence",
        "",
        f"{card.data.title}: {card.data.homepage}",
        "",
        f"Licence: {card.data.licence}. {card.data.licence_note}",
        "",
        f"Public since {card.data.public_since}. Files by sha256: fingerprint `{card.data.fingerprint}`.",
        "",
        f"Cite: {card.data.citation}",
        "",
    ]
