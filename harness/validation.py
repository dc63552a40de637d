"""The one gate between a worker's output and everything that reads predictions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .codes import Problem
from .interfaces import Interface, InterfaceName, get_interface, table_info

__all__ = ["Answers", "InvalidPredictionsError", "read_predictions", "validate_predictions"]

_SHOWN = 5  # problems listed in one message; a broken model repeats itself
_BYTES_PER_INPUT_BYTE = 64
_BYTES_FLOOR = 64 << 20


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


def read_predictions(path: Path, inputs: pa.Table) -> Answers:
    """Reads and validates a worker's output file; the size is checked before a byte of it is read.

    Raises:
        InvalidPredictionsError: The file, its schema or its ids are wrong.
    """
    row_bytes = get_interface(table_info(inputs.schema)["interface"]).row_bytes
    cap = _BYTES_FLOOR + _BYTES_PER_INPUT_BYTE * inputs.nbytes + row_bytes * inputs.num_rows
    size = path.stat().st_size
    if size > cap:
        raise InvalidPredictionsError(
            [Problem("SB310", path.name, f"{size:,} bytes for {inputs.num_rows:,} inputs; at most {cap:,}")]
        )
    try:
        _refuse_compression(path)
        with path.open("rb") as file, pa.ipc.open_stream(file) as reader:
            if _is_encoded(reader.schema):
                raise InvalidPredictionsError(
                    [Problem("SB301", path.name, "dictionary or extension types are not allowed")]
                )
            table = reader.read_all()
        table.validate(full=True)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as err:
        raise InvalidPredictionsError([Problem("SB311", path.name, str(err))]) from err
    return validate_predictions(table, inputs)


def _refuse_compression(path: Path) -> None:
    """Looks at every message's header before anything is unpacked: a small file may hold a large compressed body."""
    with path.open("rb") as file:
        for message in pa.ipc.MessageReader.open_stream(file):
            if message.type == "record batch" and _declares_compression(message.metadata.to_pybytes()):
                raise InvalidPredictionsError([Problem("SB301", path.name, "compressed batches are not allowed")])


_MESSAGE_HEADER, _BATCH_COMPRESSION = 2, 3  # field numbers in Arrow's Message.fbs


def _declares_compression(metadata: bytes) -> bool:
    """Whether the flatbuffer of a record batch message has its ``compression`` field set."""
    message = _u32(metadata, 0)
    header = _flatbuffer_field(metadata, message, _MESSAGE_HEADER)
    if header is None:
        return False
    return _flatbuffer_field(metadata, header + _u32(metadata, header), _BATCH_COMPRESSION) is not None


def _flatbuffer_field(data: bytes, table: int, number: int) -> int | None:
    """Where a field of a flatbuffer table lies, None where it is not set (flatbuffers: internals, vtables)."""
    vtable = table - int.from_bytes(data[table : table + 4], "little", signed=True)
    size = int.from_bytes(data[vtable : vtable + 2], "little")
    at = 4 + 2 * number
    offset = int.from_bytes(data[vtable + at : vtable + at + 2], "little") if at < size else 0
    return table + offset if offset else None


def _u32(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")


def _is_encoded(schema: pa.Schema) -> bool:
    return any(isinstance(t, pa.BaseExtensionType) or pa.types.is_dictionary(t) for t in schema.types)


def validate_predictions(table: pa.Table, inputs: pa.Table) -> Answers:
    """Checks predictions against the inputs they answer and puts them in the inputs' order.

    What is wrong with the table as a whole (columns, ids) is raised; what is wrong with the content of single rows is
    returned as ``problems``, for the card's ``on_invalid`` to decide on.

    Raises:
        InvalidPredictionsError: The columns are not the interface's, or ids are missing, doubled or unknown.
    """
    interface = get_interface(table_info(inputs.schema)["interface"])
    if not interface.accepts(table.schema):
        raise InvalidPredictionsError([Problem("SB301", "columns", _schema_difference(interface, table.schema))])
    table = _in_order(table, inputs)
    problems = _nulls(table)
    for row, problem in _CONTENT[interface.name](table, inputs):
        problems.setdefault(row, problem)
    return Answers(inputs=inputs, predictions=table, problems=problems)


def _schema_difference(interface: Interface, got: pa.Schema) -> str:
    wanted = interface.answer
    named = [f"column {f.name!r} is missing" for f in wanted if f.name not in got.names]
    known = {f.name: f for s in interface.prediction_schemas() for f in s}
    for field in got:
        if field.name not in known:
            named.append(f"column {field.name!r} is not part of interface {interface.name}")
        elif field.type != known[field.name].type:
            named.append(f"column {field.name!r} has type {field.type}, expected {known[field.name].type}")
        elif field.nullable:
            named.append(f"column {field.name!r} is nullable, expected not null")
    return "; ".join(named) or f"columns in the order {got.names}, expected {wanted.names}"


def _in_order(table: pa.Table, inputs: pa.Table) -> pa.Table:
    ids, asked = table.column("id"), inputs.column("id")
    if ids.null_count:
        row = int(np.flatnonzero(ids.is_null().to_numpy())[0])
        raise InvalidPredictionsError([Problem("SB305", f"row {row}, column 'id'", "null")])
    problems: list[Problem] = []
    given = ids.to_pylist()
    place: dict[str, int] = {}
    for row, one in enumerate(given):
        if one in place:
            problems.append(Problem("SB303", f"row {row}", f"id {one!r} was answered in row {place[one]} already"))
        place[one] = row
    wanted = asked.to_pylist()
    known = set(wanted)
    problems += [
        Problem("SB304", f"row {row}", f"id {one!r} is not among the inputs")
        for one, row in place.items()
        if one not in known
    ]
    problems += [Problem("SB302", f"id {one!r}", "no prediction row has it") for one in wanted if one not in place]
    if problems:
        raise InvalidPredictionsError(problems)
    if given == wanted:
        return table.combine_chunks()
    return table.take(pa.array([place[one] for one in wanted])).combine_chunks()


def _nulls(table: pa.Table) -> dict[int, Problem]:
    """Rows with a null anywhere, at any depth of nesting."""
    found: dict[int, Problem] = {}
    for name in table.column_names:
        for row in _null_rows(table.column(name).combine_chunks(), np.arange(table.num_rows)):
            found.setdefault(row, Problem("SB305", f"row {row}, column {name!r}", "null"))
    return found


def _null_rows(array: pa.Array, owner: np.ndarray) -> Iterator[int]:
    """Rows that own a null of an array; ``owner`` is the row of each of its values, shape ``(n,)``."""
    yield from (int(owner[at]) for at in np.flatnonzero(~array.is_valid().to_numpy(zero_copy_only=False)))
    if pa.types.is_struct(array.type):
        for child in array.flatten():
            yield from _null_rows(child, owner)
    elif pa.types.is_nested(array.type):
        lengths = array.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
        yield from _null_rows(array.flatten(), np.repeat(owner, lengths))


_Found = list[tuple[int, Problem]]


def _column(table: pa.Table, name: str) -> pa.Array:
    column = table.column(name)
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _lengths(array: pa.Array) -> np.ndarray:
    lengths: np.ndarray = array.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    return lengths


def _not_finite(name: str, values: np.ndarray, rows: np.ndarray) -> _Found:
    return [
        (int(rows[at]), Problem("SB306", f"row {rows[at]}, column {name!r}", f"{values[at]}"))
        for at in np.flatnonzero(~np.isfinite(values))
    ]


def _values(array: pa.Array) -> np.ndarray:
    values: np.ndarray = array.fill_null(0).to_numpy(zero_copy_only=False)
    return values


def _regression(table: pa.Table, inputs: pa.Table) -> _Found:
    rows = np.arange(table.num_rows)
    found = _not_finite("value", _values(_column(table, "value")), rows)
    if "quantiles" in table.column_names:
        column = _column(table, "quantiles")
        width = column.type.list_size
        flat = _values(column.fill_null([0.0] * width).flatten()).reshape(-1, width)  # (n, q)
        found += _not_finite("quantiles", flat.ravel(), np.repeat(rows, width))
        for at in np.flatnonzero((np.diff(flat, axis=1) < 0).any(axis=1)):
            found.append((int(at), Problem("SB309", f"row {at}, column 'quantiles'", str(flat[at].tolist()))))
    return found


_SUM_TOLERANCE = 1e-4  # float32 softmax over a few hundred options is off by less


def _choice(table: pa.Table, inputs: pa.Table) -> _Found:
    asked = _column(inputs, "options")
    found: _Found = []
    for name in table.column_names[1:]:
        given = _column(table, name)
        found += _wrong_lengths(name, "questions", _lengths(asked), _lengths(given), np.arange(table.num_rows))
    if found:
        return found
    row_of_question = np.repeat(np.arange(table.num_rows), _lengths(asked))
    for name in table.column_names[1:]:
        given = _column(table, name).flatten()
        found += _wrong_lengths(name, "options", _lengths(asked.flatten()), _lengths(given), row_of_question)
    if found:
        return found
    probability = _column(table, "probability").flatten()
    row_of_option = np.repeat(row_of_question, _lengths(probability))
    values = _values(probability.flatten())
    found += _not_finite("probability", values, row_of_option)
    if "log_likelihood" in table.column_names:
        found += _not_finite(
            "log_likelihood", _values(_column(table, "log_likelihood").flatten().flatten()), row_of_option
        )
    bad = np.isfinite(values) & ((values < 0) | (values > 1 + _SUM_TOLERANCE))
    for at in np.flatnonzero(bad):
        found.append(
            (int(row_of_option[at]), Problem("SB308", f"row {row_of_option[at]}", f"probability {values[at]:.6g}"))
        )
    question = np.repeat(np.arange(len(row_of_question)), _lengths(probability))
    total = np.bincount(question, weights=values, minlength=len(row_of_question))
    for at in np.flatnonzero(~(np.abs(total - 1) <= _SUM_TOLERANCE)):
        found.append(
            (
                int(row_of_question[at]),
                Problem("SB308", f"row {row_of_question[at]}", f"probabilities sum to {total[at]:.6g}"),
            )
        )
    return found


def _wrong_lengths(name: str, what: str, wanted: np.ndarray, got: np.ndarray, rows: np.ndarray) -> _Found:
    return [
        (
            int(rows[at]),
            Problem("SB307", f"row {rows[at]}, column {name!r}", f"{got[at]} entries for {wanted[at]} {what}"),
        )
        for at in np.flatnonzero(wanted != got)
    ]


def _scheduling(table: pa.Table, inputs: pa.Table) -> _Found:
    activities = _lengths(_column(inputs, "activities"))
    rows = np.arange(table.num_rows)
    found: _Found = []
    for name in ("start", "mode"):
        found += _wrong_lengths(name, "activities", activities, _lengths(_column(table, name)), rows)
    return found


def _solver_trace(table: pa.Table, inputs: pa.Table) -> _Found:
    """Only the supervisor writes these tables: what a solver sent stands in them as it came, and is judged later."""
    rows = np.arange(table.num_rows)
    found: _Found = []
    for name in ("wall_s", "cpu_s", "other_load"):
        found += _not_finite(name, _values(_column(table, name)), rows)
    trace = _column(table, "trace")
    return found + _not_finite("trace", _values(trace.flatten().field("seconds")), np.repeat(rows, _lengths(trace)))


_TEXT_BYTES = 1 << 20  # of one answer; what a model may write is limited in its own tokens, which have any length


def _generation(table: pa.Table, inputs: pa.Table) -> _Found:
    size = _values(pc.binary_length(_column(table, "text")))
    found: _Found = [
        (int(row), Problem("SB320", f"row {row}, column 'text'", f"{size[row]:,} bytes, at most {_TEXT_BYTES:,}"))
        for row in np.flatnonzero(size > _TEXT_BYTES)
    ]
    if "tokens" in table.column_names:
        tokens, allowed = _values(_column(table, "tokens")), _values(_column(inputs, "max_tokens"))
        for row in np.flatnonzero((tokens < 0) | (tokens > allowed)):
            said = f"{tokens[row]} tokens, where 0 to {allowed[row]} may be generated"
            found.append((int(row), Problem("SB321", f"row {row}, column 'tokens'", said)))
    return found


_CONTENT: dict[InterfaceName, Callable[[pa.Table, pa.Table], _Found]] = {
    "regression": _regression,
    "choice": _choice,
    "scheduling": _scheduling,
    "solver_trace": _solver_trace,
    "generation": _generation,
}
