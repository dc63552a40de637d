"""What a template marks REPLACE in ``submission.yaml``, and which of it a vendor left as it was."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .manifest import MANIFEST_NAME, Manifest
from .text import Language, Text

__all__ = ["MARK", "TEMPLATE_VALUES", "template_description", "unreplaced_note"]

MARK = "REPLACE"
"""Begins the comment above a field that a vendor fills in."""

TEMPLATE_VALUES: Mapping[str, Any] = {
    "vendor": "Example Works",
    "version": "0.1",
    "country": None,
    "licence": None,
    "contact": None,
    "trained_on": [],
}
"""What a template writes into the fields that it marks, ``description`` apart."""

_MOST_CHARACTERS = 1 << 20
_MARKED = re.compile(rf"^# {MARK}: .*\n(?:#.*\n)*(\w+):", re.MULTILINE)
_LEFT = Text(
    "{file}: as the template wrote it, marked {mark}: {fields}. Fill it in, or delete the word {mark} where it fits",
    "{file}：仍为模板内容，标有 {mark}：{fields}。请填写；若内容无误，请删除 {mark} 一词",
)


def template_description(adapter: str) -> str:
    """What a template says that it is."""
    return f"untrained template of {adapter}"


def unreplaced_note(folder: Path, manifest: Manifest, language: Language = "en") -> str | None:
    """Says which marked fields of a sound submission are as the template wrote them; None where none is.

    Args:
        folder: The submission, inspected: its manifest is a file in UTF-8.
        manifest: What was read of it.
        language: Of the note.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a stranger may swap it for a link or a pipe
    with os.fdopen(os.open(folder / MANIFEST_NAME, flags), encoding="utf-8-sig") as file:
        text = file.read(_MOST_CHARACTERS)  # its line ends become plain ones
    values = {**TEMPLATE_VALUES, "description": template_description(manifest.adapter)}
    told = {name: _plain(getattr(manifest, name)) for name in _MARKED.findall(text) if name in values}
    left = [f"{name} ({_shown(value)})" for name, value in told.items() if value == values[name]]
    if not left:
        return None
    return _LEFT.of(language).format(file=MANIFEST_NAME, mark=MARK, fields=", ".join(left))


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _shown(value: Any) -> str:
    return "null" if value is None else f"{value}"
