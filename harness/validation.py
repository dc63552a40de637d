"""The one gate between a worker's output and everything that reads predictions."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa

from .adapters.row_arrays import whole_column
from .answer_rules import CONTENT_RULES, not_causal
from .arrow_files import atomic_writer, why_packed
from .codes import Problem
from .file_kinds import what_instead
from .interfaces import Interface, get_interface, table_info

__all__ = [
    "Answers",
    "InvalidPredictionsError",
    "answer_bytes",
    "plain_table",
    "read_predictions",
    "refuse_large",
    "take_file",
    "validate_predictions",
]

_SHOWN = 5  # problems listed in one message; a broken model repeats itself
_BYTES_PER_INPUT_BYTE = 64
_BYTES_FLOOR = 64 << 20
_COPIED_BYTES = 1 << 20
_TOLD = 500  # characters of what a stranger's file says, in a message
_ID_TOLD = 60


class InvalidPredictionsError(Exception):
    """The prediction table as a whole cannot be used: schema, ids or file. Carries the problems."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        more = f" (and {len(problems) - _SHOWN} more)" if len(problems) > _SHOWN else ""
        super().__init__("; ".join(map(str, problems[:_SHOWN])) + more)


@dataclass(frozen=True)
class Answers:
    """Inputs and predictions side by side, in the order of the inputs.

    Attributes:
        inputs: What was asked, ``n`` rows.
        predictions: What was answered, ``n`` rows, row i answering input i. Rows named in ``problems`` may hold
            anything of the right type and must not be scored.
        problems: Row number to the first rule that its content breaks.
    """

    inputs: pa.Table
    predictions: pa.Table
    problems: dict[int, Problem]

    @property
    def unread(self) -> list[list[bool]] | None:
        """Per row and question whether no answer could be read; None where the model does not tell."""
        if "unread" not in self.predictions.column_names:
            return None
        told: list[list[bool]] = self.predictions.column("unread").to_pylist()
        broken = {row for row, problem in self.problems.items() if problem.code != "SB322"}  # may hold anything
        return [[False] * len(one or ()) if row in broken else one for row, one in enumerate(told)]

    @property
    def truncated(self) -> int | None:
        """How many written answers ended at the limit of tokens; None where the model does not tell or write."""
        if "truncated" not in self.predictions.column_names:
            return None
        told = self.predictions.column("truncated").to_pylist()
        told = [one for row, one in enumerate(told) if row not in self.problems or self.problems[row].code != "SB323"]
        return sum(sum(one) if isinstance(one, list) else bool(one) for one in told)


def take_file(path: Path, target: Path, *, cap: int) -> None:
    """Copies a worker's output to a file of its own, and removes the worker's.

    A copy and not a move: the worker may still run, and write to the file that it holds open while it is judged.

    Raises:
        InvalidPredictionsError: It is no plain file (a link would lead elsewhere, a pipe has no end), not there, or
            has more than ``cap`` bytes.
    """
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(opened, "rb") as source:
            found = os.fstat(opened)
            if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
                raise InvalidPredictionsError([Problem("SB311", path.name, "not a plain file of one name")])
            refuse_large(path.name, found.st_size, cap)
            with atomic_writer(target) as file:
                left = found.st_size  # what grows while it is copied is cut where it ended
                while left and (piece := source.read(min(left, _COPIED_BYTES))):
                    file.write(piece)
                    left -= len(piece)
    except OSError as err:
        if err.filename != str(path) or err.errno not in (errno.ELOOP, errno.ENOENT, errno.ENXIO):
            raise  # a fault of this machine's disk
        raise InvalidPredictionsError([Problem("SB311", path.name, err.strerror or "cannot be opened")]) from err
    path.unlink(missing_ok=True)


def answer_bytes(interface: Interface, input_bytes: int, rows: int, *, least: int = _BYTES_FLOOR) -> int:
    """How large the file with the answers to so many rows of inputs may be at most; ``least`` is for no rows at all."""
    return least + _BYTES_PER_INPUT_BYTE * input_bytes + interface.row_bytes * rows


def refuse_large(name: str, size: int, cap: int) -> None:
    """Refuses a file before a byte of it is read.

    Raises:
        InvalidPredictionsError: It has more than ``cap`` bytes (SB310).
    """
    if size > cap:
        raise InvalidPredictionsError([Problem("SB310", name, f"{size:,} bytes for these inputs; at most {cap:,}")])


def read_predictions(path: Path, inputs: pa.Table) -> Answers:
    """Reads and validates a worker's output file; the size is checked before a byte of it is read.

    Raises:
        InvalidPredictionsError: The file, its schema or its ids are wrong.
    """
    interface = get_interface(table_info(inputs.schema)["interface"])
    refuse_large(path.name, path.stat().st_size, answer_bytes(interface, inputs.nbytes, inputs.num_rows))
    return validate_predictions(plain_table(lambda: path.open("rb"), path.name, interface), inputs)


def plain_table(
    opened: Callable[[], IO[bytes]], name: str, interface: Interface, *, also: pa.Schema | None = None
) -> pa.Table:
    """A table of predictions out of a stranger's IPC stream: whole, of the interface's columns, uncompressed.

    Args:
        opened: Opens the stream at its beginning; called several times.
        name: For messages.
        interface: That is answered.
        also: Columns that are accepted beside the interface's own.

    Raises:
        InvalidPredictionsError: It is something else.
    """
    try:
        with opened() as file, pa.ipc.open_stream(file) as reader:
            if also is None or not reader.schema.equals(also):
                _refuse_schema(interface, reader.schema)  # before a body is read: nothing of ours is encoded
        with opened() as file:
            _refuse_packed(file, name)
        with opened() as file, pa.ipc.open_stream(file) as reader:
            table = reader.read_all()
        table.validate(full=True)
        return table if also is not None and table.schema.equals(also) else _conformed(interface, table)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, UnicodeDecodeError, OSError) as err:  # names beyond UTF-8 too
        raise InvalidPredictionsError([Problem("SB311", name, what_instead(opened) or str(err))]) from err


def _refuse_packed(file: IO[bytes], name: str) -> None:
    for number, message in enumerate(pa.ipc.MessageReader.open_stream(file)):
        if number and (reason := why_packed(message)):
            raise InvalidPredictionsError([Problem("SB301", name, reason)])


def validate_predictions(table: pa.Table, inputs: pa.Table) -> Answers:
    """Checks predictions against the inputs they answer and puts them in the inputs' order.

    What is wrong with the table as a whole (columns, ids) is raised; what is wrong with the content of single rows is
    returned as ``problems``, for the card's ``on_invalid`` to decide on.

    Raises:
        InvalidPredictionsError: The columns are not the interface's, or ids are missing, doubled or unknown.
    """
    interface = get_interface(table_info(inputs.schema)["interface"])
    _refuse_schema(interface, table.schema)
    table = _in_order(_conformed(interface, table), inputs)
    problems = _nulls(table)
    for row, problem in CONTENT_RULES[interface.name](table, inputs):
        problems.setdefault(row, problem)
    if interface.name == "detection" and (wrong := not_causal(table, inputs, problems)):
        raise InvalidPredictionsError(wrong)
    return Answers(inputs=inputs, predictions=table, problems=problems)


def _refuse_schema(interface: Interface, schema: pa.Schema) -> None:
    if _own_schema(interface, schema) is None:
        raise InvalidPredictionsError([Problem("SB301", "columns", _schema_difference(interface, schema)[:_TOLD])])


def _own_schema(interface: Interface, schema: pa.Schema) -> pa.Schema | None:
    """The interface's schema that a table has but for what may be null; None where there is none."""
    for own in interface.prediction_schemas():
        if own.names == schema.names and all(map(_alike, own.types, schema.types)):
            return own
    return None


def _alike(own: pa.DataType, given: pa.DataType) -> bool:
    """Whether types differ in nothing but what may be null, and what entries of lists are called."""
    if own == given:
        return True
    if own.id != given.id or not pa.types.is_nested(own):
        return False
    if pa.types.is_struct(own):
        return [f.name for f in own] == [f.name for f in given] and all(
            _alike(a.type, b.type) for a, b in zip(own, given, strict=True)
        )
    if pa.types.is_fixed_size_list(own) and own.list_size != given.list_size:
        return False
    return _alike(own.value_type, given.value_type)


def _conformed(interface: Interface, table: pa.Table) -> pa.Table:
    """The table with the interface's own types: columns that may be null, and hold none, are as good as any.

    Raises:
        InvalidPredictionsError: A column that may be null holds one.
    """
    own = _own_schema(interface, table.schema)
    assert own is not None  # the schema was looked at before
    if table.schema.equals(own):  # which does not look at metadata: a stranger's, of columns too, goes
        return pa.Table.from_arrays(table.columns, schema=pa.schema([field.remove_metadata() for field in own]))
    for field, column in zip(table.schema, table.columns, strict=True):
        if column.null_count and field.nullable:
            row = int(np.flatnonzero(column.is_null().to_numpy())[0])
            raise InvalidPredictionsError([Problem("SB305", f"row {row}, column {field.name!r}", "null")])
    columns = [column.cast(kind) for column, kind in zip(table.columns, own.types, strict=True)]
    return pa.Table.from_arrays(columns, schema=pa.schema([field.remove_metadata() for field in own]))


def _schema_difference(interface: Interface, got: pa.Schema) -> str:
    wanted = interface.answer
    named = [f"column {f.name!r} is missing" for f in wanted if f.name not in got.names]
    known = {f.name: f for s in interface.prediction_schemas() for f in s}
    for field in got:
        if field.name not in known:
            named.append(f"column {field.name!r} is not part of interface {interface.name}")
        elif field.type != known[field.name].type:
            named.append(f"column {field.name!r} has type {field.type}, expected {known[field.name].type}")
    return "; ".join(named) or f"columns in the order {got.names}, expected {wanted.names}"


def _in_order(table: pa.Table, inputs: pa.Table) -> pa.Table:
    # One row more than was asked must hold an id that is doubled or unknown: nobody looks at ten million of them.
    table = table.slice(0, inputs.num_rows + 1)
    ids, asked = table.column("id"), inputs.column("id")
    if ids.null_count:
        row = int(np.flatnonzero(ids.is_null().to_numpy())[0])
        raise InvalidPredictionsError([Problem("SB305", f"row {row}, column 'id'", "null")])
    problems: list[Problem] = []
    given = ids.to_pylist()
    place: dict[str, int] = {}
    for row, one in enumerate(given):
        if one in place:
            problems.append(
                Problem("SB303", f"row {row}", f"id {_shown(one)} was answered in row {place[one]} already")
            )
        place[one] = row
    wanted = asked.to_pylist()
    known = set(wanted)
    problems += [
        Problem("SB304", f"row {row}", f"id {_shown(one)} is not among the inputs")
        for one, row in place.items()
        if one not in known
    ]
    problems += [Problem("SB302", f"id {one!r}", "no prediction row has it") for one in wanted if one not in place]
    if problems:
        raise InvalidPredictionsError(problems)
    if given == wanted:
        return table.combine_chunks()
    return table.take(pa.array([place[one] for one in wanted])).combine_chunks()


def _shown(one: str) -> str:
    return repr(one if len(one) <= _ID_TOLD else one[:_ID_TOLD] + "...")


def _nulls(table: pa.Table) -> dict[int, Problem]:
    """Rows with a null anywhere, at any depth of nesting."""
    found: dict[int, Problem] = {}
    for name in table.column_names:
        for row in _null_rows(whole_column(table, name), np.arange(table.num_rows)):
            found.setdefault(row, Problem("SB305", f"row {row}, column {name!r}", "null"))
    return found


def _has_null(array: pa.Array) -> bool:
    if array.null_count:
        return True
    if pa.types.is_struct(array.type):
        return any(map(_has_null, array.flatten()))
    return pa.types.is_nested(array.type) and _has_null(array.flatten())


def _null_rows(array: pa.Array, owner: np.ndarray) -> Iterator[int]:
    """Rows that own a null of an array; ``owner`` is the row of each of its values, shape ``(n,)``."""
    if not _has_null(array):
        return
    yield from (int(owner[at]) for at in np.flatnonzero(~array.is_valid().to_numpy(zero_copy_only=False)))
    if pa.types.is_struct(array.type):
        for child in array.flatten():
            yield from _null_rows(child, owner)
    elif pa.types.is_nested(array.type):
        lengths = array.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
        yield from _null_rows(array.flatten(), np.repeat(owner, lengths))
