"""What interfaces are made of: the columns of inputs and answers, with their units, and what belongs to all rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import pyarrow as pa

from .errors import InterfaceError

__all__ = ["Head", "Interface", "InterfaceName", "Quantity", "input_field", "input_schema", "input_table", "table_info"]

InterfaceName = Literal[
    "regression",
    "classification",
    "detection",
    "forecasting",
    "choice",
    "extraction",
    "ranking",
    "scheduling",
    "solver_trace",
    "generation",
]
_METADATA_KEY = b"sectorbench"


class Quantity(NamedTuple):
    """A named, measured thing: a sensor channel, a static feature, a target."""

    name: str
    unit: str


class Head(NamedTuple):
    """One thing that is classified: a component's condition, whether a machine fails, which alarms follow.

    Attributes:
        name: Of the head, as tables spell it.
        classes: Names of its classes, in the order of the probabilities.
        kind: ``exclusive``: one class is right; ``independent``: each may be right or not.
    """

    name: str
    classes: tuple[str, ...]
    kind: Literal["exclusive", "independent"]


@dataclass(frozen=True)
class Interface:
    """One way of asking and answering.

    Attributes:
        name: What cards and manifests call it.
        answer: The columns every prediction table has, in this order.
        optional: Columns a prediction table may have behind them, all or none of one group.
        summary: One sentence for people.
        row_bytes: What an answer may take beyond what the size of its input allows.
    """

    name: InterfaceName
    answer: pa.Schema
    optional: tuple[pa.Schema, ...]
    summary: str
    row_bytes: int = 0

    def accepts(self, schema: pa.Schema) -> bool:
        """Whether a prediction table has exactly the answer's columns, with or without whole optional groups."""
        return any(schema.equals(s, check_metadata=False) for s in self.prediction_schemas())

    def prediction_schemas(self) -> list[pa.Schema]:
        """Every allowed prediction schema: the answer alone, then with each optional group."""
        return [self.answer, *(pa.schema([*self.answer, *group]) for group in self.optional)]


def input_field(name: str, kind: pa.DataType, unit: str, *, nullable: bool = False, **more: Any) -> pa.Field:
    """A column with its unit, and what else is said about it, in the field's metadata."""
    metadata = {"unit": unit} | {k: json.dumps(v, ensure_ascii=False) for k, v in more.items()}
    return pa.field(name, kind, nullable=nullable, metadata=metadata)


def input_schema(fields: Sequence[pa.Field], info: Mapping[str, Any]) -> pa.Schema:
    """Columns with what belongs to all rows, as ``table_info`` reads it."""
    return pa.schema(fields, metadata={_METADATA_KEY: json.dumps(info, ensure_ascii=False, sort_keys=True)})


def input_table(schema: pa.Schema, columns: Mapping[str, Any]) -> pa.Table:
    """An input table from Python values, one sequence per column of the schema."""
    return pa.table([pa.array(columns[field.name], field.type) for field in schema], schema=schema)


def table_info(schema: pa.Schema) -> dict[str, Any]:
    """What belongs to all rows of an input table; see the schema builders for the keys.

    Raises:
        InterfaceError: The schema was not made by a builder of this module.
    """
    raw = (schema.metadata or {}).get(_METADATA_KEY)
    if raw is None:
        raise InterfaceError(
            "this table has no 'sectorbench' entry in its schema metadata; make it with interfaces.*_inputs"
        )
    info: dict[str, Any] = json.loads(raw)
    return info
