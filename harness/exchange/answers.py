"""Reading answers that came from elsewhere: what they are told by their first bytes, and forms that lose nothing."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from ..codes import Problem
from ..interfaces import Interface, get_interface, table_info
from ..validation import (
    Answers,
    InvalidPredictionsError,
    answer_bytes,
    plain_table,
    refuse_large,
    validate_predictions,
)

__all__ = ["bare", "read_answers", "read_table"]


def read_answers(path: Path, inputs: pa.Table) -> Answers:
    """Reads and validates the answers to all inputs; see ``read_table``.

    Raises:
        InvalidPredictionsError: The file, its columns or its ids are wrong.
    """
    return validate_predictions(read_table(path, inputs), inputs)


def read_table(path: Path, inputs: pa.Table) -> pa.Table:
    """A table of predictions in the interface's own form, out of a file whose size is checked before it is read.

    Other programs write other forms of the same columns: nullable ones, large strings and lists, narrower numbers,
    another order. What loses nothing is taken; packed and encoded columns are refused as everywhere.

    Args:
        path: An Arrow IPC stream.
        inputs: What was asked, or more.

    Raises:
        InvalidPredictionsError: It is something else, or a column holds a null.
    """
    interface = get_interface(table_info(inputs.schema)["interface"])
    refuse_large(path.name, path.stat().st_size, answer_bytes(interface, inputs.nbytes, inputs.num_rows))
    form = _own_form(path, interface)
    table = plain_table(lambda: path.open("rb"), path.name, interface, also=None if form is None else form.given)
    if form is None:
        return bare(table)
    for field in form.given:
        if field.nullable and (nulls := table.column(field.name).null_count):
            first = table.column(field.name).is_null().index(True).as_py()
            raise InvalidPredictionsError(
                [Problem("SB305", f"row {first}, column {field.name!r}", f"null, as in {nulls:,} rows of this column")]
            )
    try:
        columns = [table.column(field.name).cast(field.type) for field in form.wanted]
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as err:  # a number that the wanted type cannot hold
        raise InvalidPredictionsError([Problem("SB301", "columns", " ".join(str(err).split())[:200])]) from err
    return bare(pa.table(columns, schema=form.wanted))


def bare(table: pa.Table) -> pa.Table:
    """Predictions without whatever else their columns tell, so that the same answers have the same digest."""
    fields = [pa.field(field.name, field.type, nullable=field.nullable) for field in table.schema]
    return pa.table(table.columns, schema=pa.schema(fields))


class _Form:
    """A schema that came, and the interface's own that it can be made into."""

    def __init__(self, given: pa.Schema, wanted: pa.Schema) -> None:
        self.given, self.wanted = given, wanted


def _own_form(path: Path, interface: Interface) -> _Form | None:
    """None where the columns are the interface's as they are, or cannot be made so."""
    try:
        with path.open("rb") as file, pa.ipc.open_stream(file) as reader:
            given = reader.schema
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, UnicodeDecodeError, OSError):
        return None  # told by whoever reads it
    if interface.accepts(given) or len(set(given.names)) < len(given.names):
        return None
    for wanted in interface.prediction_schemas():
        if set(wanted.names) == set(given.names) and all(
            _loses_nothing(given.field(one.name).type, one.type) for one in wanted
        ):
            return _Form(given, wanted)
    return None


def _loses_nothing(given: pa.DataType, wanted: pa.DataType) -> bool:
    """Whether all values of one type have their equal in another; the cast itself looks at whole numbers.

    Views are none of these: a small file of them unfolds to any size.
    """
    if given.equals(wanted):
        return True
    if pa.types.is_string(wanted):
        return bool(pa.types.is_large_string(given))
    if pa.types.is_floating(wanted):
        is_narrower = pa.types.is_floating(given) and given.bit_width <= wanted.bit_width
        return bool(is_narrower or pa.types.is_integer(given))
    if pa.types.is_integer(wanted):
        return bool(pa.types.is_integer(given))
    if pa.types.is_struct(wanted):
        return (
            pa.types.is_struct(given)
            and [f.name for f in given] == [f.name for f in wanted]
            and all(_loses_nothing(a.type, b.type) for a, b in zip(given, wanted, strict=True))
        )
    is_list = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    if any(one(wanted) for one in is_list) and any(one(given) for one in is_list):
        return _loses_nothing(given.value_type, wanted.value_type)
    return False
