"""Versioned files of prices: whatever else they hold, they say whose the figures are, of which year and currency."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from ..harness.errors import DataError

__all__ = ["SourcedFile", "read_sourced"]

_File = TypeVar("_File", bound="SourcedFile")


class SourcedFile(BaseModel):
    """What every such file says.

    Attributes:
        name: Of what the figures are about.
        version: Raised by whatever moves a figure; a file itself never changes.
        source: Where the figures were read, or that nobody's they are.
        licence: Of the file.
        currency: ISO 4217.
        year: Of the figures, or of the file where they are made up.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    version: str
    source: str
    licence: str
    currency: Literal["CNY", "EUR", "USD"]
    year: int


def read_sourced(path: Path, kind: type[_File], *, what: str, shown: Path) -> _File:
    """Reads a YAML file of a kind.

    Args:
        path: The file.
        kind: What it holds.
        what: The kind in words, with its article: ``a tariff``.
        shown: A good file of the kind, named where another one is wrong.

    Raises:
        DataError: It is missing, no YAML, or holds something else; the message names file and field.
    """
    try:
        return kind.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as err:
        raise DataError(f"{path}: not {what}: {err}; mend the file, {shown.name} shows its form") from err
