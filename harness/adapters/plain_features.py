"""Declared feature steps for rows without a series: static features as they are, and codes as counts.

Like ``series_features``: a submission names the step, its revision and its options under ``options.features``, and the
same function makes the matrix when a vendor trains and when the harness asks.

Letters: n = rows, s = static features, k = codes there are, f = columns of the matrix.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..errors import InterfaceError, SubmissionError
from ..interfaces import table_info
from .row_arrays import flat_static, list_lengths, whole_column

__all__ = ["CodeCounts", "StaticFeatures"]

FloatArray = npt.NDArray[np.float64]
_WHERE = "SB103 submission.yaml, field 'options.features'"
_CODES_MAX = 1 << 16


@dataclass(frozen=True)
class StaticFeatures:
    """Options of the step ``static-features``: the static features in their order, then what is made of pairs of them.

    Attributes:
        differences: Pairs of names; the first minus the second.
        products: Pairs of names; the one times the other.
    """

    name: ClassVar[str] = "static-features"
    revision: ClassVar[int] = 1
    differences: tuple[tuple[str, str], ...] = ()
    products: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, options: Mapping[str, Any]) -> StaticFeatures:
        """The step from its options, which ``feature_steps`` has checked for unknown names.

        Raises:
            SubmissionError: An option is no list of pairs of names.
        """
        given = {}
        for field in ("differences", "products"):
            pairs = options.get(field, [])
            if not isinstance(pairs, list | tuple) or not all(_is_pair(one) for one in pairs):
                raise SubmissionError(f"{_WHERE}: {field} is {pairs!r:.80}, expected a list of pairs of feature names")
            given[field] = tuple((one[0], one[1]) for one in pairs)
        return cls(**given)

    def as_options(self) -> dict[str, Any]:
        """What goes under ``options.features`` of a manifest."""
        pairs = {field: [list(pair) for pair in value] for field, value in asdict(self).items()}
        return {"step": self.name, "revision": self.revision} | pairs

    def names(self, schema: pa.Schema) -> list[str]:
        """Names of the columns for inputs of this schema, ``f`` of them.

        Raises:
            InterfaceError: The inputs have no static features, or lack one that a pair names.
        """
        offered = [q["name"] for q in table_info(schema).get("static", [])]
        if not offered:
            raise InterfaceError(f"{self.name} needs static features, and these inputs have none")
        if missing := sorted({one for pair in (*self.differences, *self.products) for one in pair} - set(offered)):
            raise InterfaceError(f"{self.name} names {', '.join(missing)}; the task offers {', '.join(offered)}")
        return [*offered, *(f"{a}-{b}" for a, b in self.differences), *(f"{a}*{b}" for a, b in self.products)]

    def matrix(self, rows: pa.RecordBatch | pa.Table, schema: pa.Schema) -> FloatArray:
        """The features of rows, shape ``(n, f)``."""
        names = self.names(schema)
        offered = {q["name"]: at for at, q in enumerate(table_info(schema)["static"])}
        static = flat_static(rows, len(offered), np.float64)  # (n, s)
        differences = [static[:, offered[a]] - static[:, offered[b]] for a, b in self.differences]
        products = [static[:, offered[a]] * static[:, offered[b]] for a, b in self.products]
        return np.column_stack([static, *differences, *products]).reshape(len(static), len(names))


@dataclass(frozen=True)
class CodeCounts:
    """Options of the step ``code-counts``: how often each code stands in a row, and in the last codes of it.

    Attributes:
        last: Lengths, rising; each adds one column per code, counted over so many last codes of the row.
        presence: Columns hold 1 or 0 for whether the code is there, not how often.
    """

    name: ClassVar[str] = "code-counts"
    revision: ClassVar[int] = 1
    last: tuple[int, ...] = ()
    presence: bool = False

    @classmethod
    def parse(cls, options: Mapping[str, Any]) -> CodeCounts:
        """The step from its options, which ``feature_steps`` has checked for unknown names.

        Raises:
            SubmissionError: An option has a value that makes no sense.
        """
        last, presence = options.get("last", []), options.get("presence", False)
        whole = isinstance(last, list | tuple) and all(
            isinstance(one, int) and not isinstance(one, bool) and 1 <= one <= _CODES_MAX for one in last
        )
        if not whole or sorted(set(last)) != list(last):
            raise SubmissionError(f"{_WHERE}: last is {last!r:.80}, expected rising lengths of 1 to {_CODES_MAX}")
        if not isinstance(presence, bool):
            raise SubmissionError(f"{_WHERE}: presence is {presence!r:.80}, expected true or false")
        return cls(tuple(last), presence)

    def as_options(self) -> dict[str, Any]:
        """What goes under ``options.features`` of a manifest."""
        return {"step": self.name, "revision": self.revision, "last": list(self.last), "presence": self.presence}

    def names(self, schema: pa.Schema) -> list[str]:
        """Names of the columns for inputs of this schema, ``f`` of them.

        Raises:
            InterfaceError: The inputs have no codes.
        """
        codes = table_info(schema).get("codes")
        if not codes:
            raise InterfaceError(f"{self.name} needs codes, and these inputs have none")
        return [f"{part}:{code}" for part in ("all", *(f"last{one}" for one in self.last)) for code in range(codes)]

    def matrix(self, rows: pa.RecordBatch | pa.Table, schema: pa.Schema) -> FloatArray:
        """The features of rows, shape ``(n, f)``.

        Raises:
            InterfaceError: A code is not one of those there are.
        """
        width, n = len(self.names(schema)), rows.num_rows
        codes = int(table_info(schema)["codes"])
        lists = whole_column(rows, "codes")
        lengths = list_lengths(lists)  # (n,)
        flat = lists.flatten().to_numpy(zero_copy_only=False).astype(np.int64)
        if len(flat) and (flat.min() < 0 or flat.max() >= codes):
            raise InterfaceError(f"column 'codes' holds {flat.min()}..{flat.max()}, expected 0..{codes - 1}")
        row = np.repeat(np.arange(n), lengths)
        behind = np.repeat(np.cumsum(lengths), lengths) - np.arange(len(flat))  # 1 for the last code of a row
        parts = []
        for reach in (None, *self.last):
            taken = np.ones(len(flat), bool) if reach is None else behind <= reach
            counts = np.bincount(row[taken] * codes + flat[taken], minlength=n * codes).reshape(n, codes)
            parts.append(np.minimum(counts, 1) if self.presence else counts)
        return np.concatenate(parts, axis=1).astype(np.float64).reshape(n, width)


def _is_pair(value: object) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2 and all(isinstance(one, str) for one in value)
