"""The builtins ``checklist-rules`` and ``checklist-places``: answer every rule of a checklist by patterns."""

from __future__ import annotations

from typing import Self

import pyarrow as pa

from ....harness.adapters.base import Adapter, LoadContext
from ....harness.adapters.span_answers import Span, span_answers
from ....harness.errors import InterfaceError
from ....harness.interfaces import get_interface, table_info
from .patterns import PATTERNS
from .reader import violations

__all__ = ["ChecklistRules"]


class ChecklistRules(Adapter):
    """Of ``choice`` certain of the first option (kept) or the second (broken), of ``extraction`` of where it breaks."""

    revision = 1
    serves = frozenset({"choice", "extraction"})

    def __init__(self, language: str, interface: str) -> None:
        self._language, self._interface = language, interface

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Takes the language from the input table.

        Raises:
            InterfaceError: There are no patterns for it.
        """
        language = table_info(context.inputs_schema)["language"]
        if language not in PATTERNS:
            raise InterfaceError(f"checklist-rules reads {', '.join(PATTERNS)}, not {language!r}")
        return cls(language, context.interface)

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Returns ``probability`` of 0 and 1 for both options of every rule, or ``spans`` of probability 1."""
        found = [
            [violations(row["context"], rule, self._language) for rule in row["questions"]]
            for row in rows.select(["context", "questions"]).to_pylist()
        ]
        if self._interface == "extraction":
            spans = [[[Span(*at, 1.0) for at in places or []] for places in row] for row in found]
            return span_answers(rows.column("id"), spans)
        answers = [[[1.0, 0.0] if places is None else [0.0, 1.0] for places in row] for row in found]
        schema = get_interface("choice").answer
        return pa.RecordBatch.from_arrays([rows.column("id"), pa.array(answers, schema.field(1).type)], schema=schema)
