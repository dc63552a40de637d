"""Exhibits: small data for pictures of answers (a schedule, a curve), made when a cell is scored, kept by its record.

The site is made from records alone and never runs a model, so what a picture shows must lie beside the record:
``exhibits.json``, at most 256 KiB, named by its digest in the record. It is read as the work of a stranger.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_serializer, model_validator

from .arrow_files import atomic_writer
from .codes import Problem
from .errors import RecordError
from .exhibit_checks import CHECKS
from .foreign_files import read_regular
from .text import Text

__all__ = [
    "EXHIBITS_NAME",
    "FORMS",
    "LARGEST_BYTES",
    "BrokenRule",
    "Column",
    "Exhibit",
    "ExhibitKind",
    "ExhibitTable",
    "Exhibits",
    "Form",
    "Quantity",
    "TableForm",
    "read_exhibits",
    "write_exhibits",
]

EXHIBITS_NAME = "exhibits.json"
LARGEST_BYTES = 256 * 1024  # per cell
ExhibitKind = Literal["gantt", "scatter", "curve", "course", "document", "confusion", "answer", "fan", "peaks", "hours"]

_Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
_Unit = Annotated[str, Field(min_length=1, max_length=40)]
_Integer = Annotated[int, Field(strict=True, ge=-(2**53), le=2**53)]  # what every reader of JSON holds exactly
_Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
_Words = Annotated[str, Field(strict=True, max_length=400)]


class TableForm(NamedTuple):
    """Columns of one table of a kind: those that must be there, and those that may follow them, in this order."""

    columns: tuple[str, ...]
    optional: tuple[str, ...] = ()


class Form(NamedTuple):
    """What an exhibit of a kind holds.

    Attributes:
        tables: Name to columns; ``exhibit_checks`` says what they may hold.
        quantities: Single values that must be there.
        optional: Single values that may be there.
    """

    tables: Mapping[str, TableForm]
    quantities: tuple[str, ...]
    optional: tuple[str, ...]


FORMS: Mapping[ExhibitKind, Form] = {
    # One row per operation and machine it holds, jobs and operations counted from 0; a machine with its capacity is
    # listed where it is drawn. ``jobs``, ``operations`` and ``machines`` count the whole instance. ``window_end``:
    # only what starts before it is held.
    "gantt": Form(
        tables={
            "operations": TableForm(("job", "operation", "machine", "start", "end"), ("amount",)),
            "machines": TableForm(("machine", "capacity")),
        },
        quantities=("jobs", "operations", "machines", "makespan"),
        optional=("lower_bound", "best_known", "frozen_makespan", "reference_makespan", "window_end"),
    ),
    # One row per machine: its true remaining life and the predicted one, null where no usable answer was given;
    # ``low`` and ``high`` bound the middle 80 % of what was predicted. ``cap``: the longest life that labels tell.
    "scatter": Form(
        tables={"points": TableForm(("id", "true", "predicted"), ("low", "high"))},
        quantities=(),
        optional=("cap",),
    ),
    # Precision over recall: each row is a step from the recall of the row before, so the rows' area is the average
    # precision, or what the card calls so. ``positive_share`` of ``rows``: what ranking by chance comes to, where rows
    # are ranked. ``decided_recall`` and ``decided_precision``: of the model's own decisions. ``asked_precision``: where
    # ``asked_recall`` is first reached; the recall there is ``reached_recall``, where steps are wide.
    "curve": Form(
        tables={"steps": TableForm(("recall", "precision"))},
        quantities=("average_precision", "positives"),
        optional=(
            "positive_share",
            "rows",
            "decided_recall",
            "decided_precision",
            "asked_recall",
            "asked_precision",
            "reached_recall",
            "unusable",
        ),
    ),
    # Values over age or time. Either of a remaining life, with its ``truth``, the age ``ends_at`` at which the machine
    # fails and the one at which its replacement was planned; or of anomaly scores, with ``threshold``, ``alarm`` (0 or
    # 1), the ``stretches`` that are labelled anomalous, and ``normal_until``, before which nothing is scored.
    "course": Form(
        tables={
            "steps": TableForm(("at", "value"), ("truth", "low", "high", "alarm")),
            "stretches": TableForm(("first", "last")),
        },
        quantities=(),
        optional=(
            "cap",
            "ends_at",
            "planned_at",
            "threshold",
            "normal_until",
            "average_precision",
            "events",
            "events_found",
            "false_alarms",
        ),
    ),
    # A text in pieces, line by line from 0: rule ``planted`` is broken there, a model marked it for rule ``found``;
    # rules count from 1, 0: none. Of each rule whether the document breaks it (``broken``), whether the model says so
    # (``called``) and whether its mark is right (``placed``), each 0 or 1.
    "document": Form(
        tables={
            "pieces": TableForm(("line", "text", "planted", "found")),
            "rules": TableForm(("rule", "broken", "called"), ("placed",)),
        },
        quantities=(),
        optional=(),
    ),
    # How often a class was taken for which, classes counted from 0 in the order of their table; pairs that never occur
    # are left out. ``taken_for`` is null where there was no usable answer.
    "confusion": Form(
        tables={
            "classes": TableForm(("class",), ("class_zh",)),
            "pairs": TableForm(("true", "taken_for", "count")),
        },
        quantities=(),
        optional=(),
    ),
    # What was asked, in pieces, and what could be or was given as its answer: whether it is right and whether the model
    # gave it, each 0 or 1. ``first`` and ``last``: the places it shares with its equals in a ranking of ``items``, of
    # which ``right`` are right; ``grade`` of ``grades``; ``probability`` of an option. ``unread``: 1 where the answer
    # said nothing that can be read.
    "answer": Form(
        tables={
            "asked": TableForm(("text",)),
            "items": TableForm(("text", "right", "given"), ("first", "last", "grade", "probability")),
        },
        quantities=(),
        optional=("items", "right", "grades", "unread"),
    ),
    # Forecasts that follow each other: at each step, in hours from the first origin, what came (null: nothing was
    # measured) and what was forecast; ``low`` and ``high`` bound the middle 80 %. ``begins``: local time of an origin.
    "fan": Form(
        tables={
            "steps": TableForm(("at", "actual", "value"), ("low", "high")),
            "origins": TableForm(("at", "begins")),
        },
        quantities=(),
        optional=(),
    ),
    # How many days peaked in which clock hour, and in which a model said they would; null: no usable answer.
    "peaks": Form(tables={"pairs": TableForm(("true", "said", "count"))}, quantities=(), optional=()),
    # Mean scaled error of each item (a zone, a station), counted from 0 in the order of their table, by clock hour.
    "hours": Form(
        tables={
            "items": TableForm(("item",), ("item_zh",)),
            "cells": TableForm(("item", "hour", "error", "n")),
        },
        quantities=(),
        optional=(),
    ),
}
"""Every kind of exhibit; a new picture adds its kind here, its check in ``exhibit_checks`` and its drawing in
``leaderboard``."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Quantity(_Frozen):
    """A single value with its unit."""

    name: _Name
    unit: _Unit
    value: _Integer | _Number


class Column(_Frozen):
    """Values of one unit, one per row of the table."""

    name: _Name
    unit: _Unit
    values: tuple[_Integer | _Number | _Words | None, ...]


class ExhibitTable(_Frozen):
    """Columns of one length."""

    name: _Name
    columns: Annotated[tuple[Column, ...], Field(min_length=1, max_length=32)]

    @property
    def rows(self) -> int:
        """How many rows the table has."""
        return len(self.columns[0].values)

    def column(self, name: str) -> tuple[Any, ...]:
        """The values of a column; empty for an optional one that is not there."""
        return next((c.values for c in self.columns if c.name == name), ())

    @model_validator(mode="after")
    def _columns_fit(self) -> ExhibitTable:
        lengths = {c.name: len(c.values) for c in self.columns}
        if len(lengths) != len(self.columns) or len(set(lengths.values())) > 1:
            raise ValueError(f"table {self.name!r} has columns of names and lengths {lengths}; one name, one length")
        return self


class BrokenRule(_Frozen):
    """Why an answer is not drawn: the first rule it breaks and what was found."""

    code: Annotated[str, Field(pattern=r"^SB\d{3}$")]
    found: Annotated[str, Field(max_length=2000)]

    @classmethod
    def of(cls, problem: Problem) -> BrokenRule:
        """The rule that a validator named."""
        return cls(code=problem.code, found=f"{problem.where}: {problem.found}"[:2000])


class Exhibit(_Frozen):
    """One answer of one model, or its answers to a whole test set, as data for a picture.

    Attributes:
        kind: Which picture.
        unit: Id of the unit that is shown.
        role: ``common``: chosen from inputs and references alone, so that all models show the same unit; ``worst``: the
            unit where this model did worst.
        title: What is seen.
        chosen: Why this unit, for people.
        part: What part of the unit is held, where it is too large to be drawn; None: all of it.
        broken: The rule that the answer breaks; such an answer is not drawn and has no tables and no quantities.
        quantities: Single values.
        tables: Columns of values.
    """

    kind: ExhibitKind
    unit: Annotated[str, Field(min_length=1, max_length=200)]
    role: Literal["common", "worst"]
    title: Text
    chosen: Text
    part: Text | None = None
    broken: BrokenRule | None = None
    quantities: Annotated[tuple[Quantity, ...], Field(max_length=32)] = ()
    tables: Annotated[tuple[ExhibitTable, ...], Field(max_length=8)] = ()

    @field_serializer("title", "chosen", "part")
    def _as_mapping(self, text: Text | None) -> dict[str, str] | None:
        return None if text is None else text._asdict()

    def table(self, name: str) -> ExhibitTable:
        """A table that the kind has."""
        return next(t for t in self.tables if t.name == name)

    def value(self, name: str) -> int | float | None:
        """A single value, None where it is not there."""
        return next((q.value for q in self.quantities if q.name == name), None)

    def unit_of(self, name: str) -> str | None:
        """The unit of a single value, None where it is not there."""
        return next((q.unit for q in self.quantities if q.name == name), None)

    @model_validator(mode="after")
    def _has_the_form_of_its_kind(self) -> Exhibit:
        for text in (self.title, self.chosen, self.part):
            if text is not None and not all(0 < len(words) <= 500 for words in text):
                raise ValueError(f"a text of exhibit {self.unit!r} is empty or longer than 500 characters")
        if self.broken is not None:
            if self.tables or self.quantities:
                raise ValueError(f"exhibit {self.unit!r} breaks {self.broken.code}; such an answer is not drawn")
            return self
        form = FORMS[self.kind]
        named = [q.name for q in self.quantities]
        if len(set(named)) != len(named) or not set(form.quantities) <= set(named) <= {
            *form.quantities,
            *form.optional,
        }:
            raise ValueError(
                f"a {self.kind} has the quantities {named}; it must have {form.quantities}, may have {form.optional}"
            )
        if [t.name for t in self.tables] != list(form.tables):
            raise ValueError(f"a {self.kind} has the tables {[t.name for t in self.tables]}, not {list(form.tables)}")
        for table in self.tables:
            wanted, got = form.tables[table.name], tuple(c.name for c in table.columns)
            if got != (*wanted.columns, *(name for name in wanted.optional if name in got)):
                raise ValueError(f"table {table.name!r} has the columns {got}, not {wanted.columns} {wanted.optional}")
        CHECKS[self.kind](self)
        return self


class Exhibits(_Frozen):
    """All exhibits of one cell."""

    schema_version: Literal["exhibits/1"] = "exhibits/1"
    exhibits: Annotated[tuple[Exhibit, ...], Field(min_length=1, max_length=8)]

    @property
    def content(self) -> bytes:
        """The one canonical form: what is written, published and digested."""
        value = self.model_dump(mode="json")
        text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return (text + "\n").encode()

    @property
    def sha256(self) -> str:
        """Digest of the content, however the file is indented."""
        return hashlib.sha256(self.content).hexdigest()

    @classmethod
    def of(cls, exhibits: Sequence[Exhibit]) -> Exhibits | None:
        """What a task returned, None where that is nothing.

        Raises:
            RecordError: There are too many, or they are too large to be kept.
        """
        if not exhibits:
            return None
        try:
            made = cls(exhibits=tuple(exhibits))
        except ValidationError as err:
            raise RecordError(f"{len(exhibits)} exhibits of one cell: {_first(err)}") from err
        if (size := len(made.content)) > LARGEST_BYTES:
            raise RecordError(
                f"the exhibits of one cell take {size:,} bytes, at most {LARGEST_BYTES:,} are kept; "
                "let the task hold a part of the unit and say which in 'part'"
            )
        return made


def write_exhibits(folder: Path, exhibits: Exhibits) -> None:
    """Writes ``exhibits.json`` into a record's folder: temporary file, fsync, rename."""
    with atomic_writer(folder / EXHIBITS_NAME) as file:
        file.write(exhibits.content)


def read_exhibits(folder: Path, sha256: str) -> Exhibits:
    """Reads ``exhibits.json`` of a record's folder; the size is looked at before a byte is parsed.

    Raises:
        RecordError: The file is not there, too large, not of its form, or not the one that the record names.
    """
    path = folder / EXHIBITS_NAME
    try:
        content = read_regular(path, most_bytes=LARGEST_BYTES)
    except OSError as err:
        raise RecordError(f"{path}: {err.strerror}, but the record names it; run the cell again") from err
    try:
        exhibits = Exhibits.model_validate_json(content)
    except ValidationError as err:
        raise RecordError(f"{path}: {_first(err)}; run the cell again") from err
    if (got := exhibits.sha256) != sha256:
        raise RecordError(f"{path}: digest {got}, the record says {sha256}; run the cell again")
    return exhibits


def _first(err: ValidationError) -> str:
    one = err.errors(include_url=False)[0]
    return f"{'.'.join(map(str, one['loc'])) or 'the file'}: {one['msg']}"
