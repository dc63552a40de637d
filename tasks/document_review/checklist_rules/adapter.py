"""The builtin ``checklist-rules``: answers every rule of a checklist by patterns."""

from __future__ import annotations

from typing import Self

import pyarrow as pa

from ....harness.adapters.base import Adapter, LoadContext
from ....harness.errors import InterfaceError
from ....harness.interfaces import get_interface, table_info
from .patterns import PATTERNS
from .reader import breaks

__all__ = ["ChecklistRules"]


class ChecklistRules(Adapter):
    """Certain of the first option (the rule is kept) or of the second (it is broken)."""

    revision = 1
    serves = frozenset({"choice"})

    def __init__(self, language: str) -> None:
        self._language = language

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Takes the language from the input table.

        Raises:
            InterfaceError: There are no patterns for it.
        """
        language = table_info(context.inputs_schema)["language"]
        if language not in PATTERNS:
            raise InterfaceError(f"checklist-rules reads {', '.join(PATTERNS)}, not {language!r}")
        return cls(language)

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Returns ``probability`` of 0 and 1 for both options of every rule."""
        answers = [
            [[0.0, 1.0] if breaks(row["context"], rule, self._language) else [1.0, 0.0] for rule in row["questions"]]
            for row in rows.select(["context", "questions"]).to_pylist()
        ]
        schema = get_interface("choice").answer
        return pa.RecordBatch.from_arrays([rows.column("id"), pa.array(answers, schema.field(1).type)], schema=schema)
