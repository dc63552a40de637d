"""The plainest forecast of alarms, as a model: what was raised lately is raised again."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa

from ....harness.adapters.base import Adapter, LoadContext
from ....harness.adapters.class_answers import class_answers
from ....harness.adapters.plain_features import CodeCounts
from ....harness.errors import InterfaceError
from ....harness.interfaces import table_info

__all__ = ["RepeatAlarms"]

_STEP = CodeCounts(presence=True)


class RepeatAlarms(Adapter):
    """Is certain of every alarm that stands in the row's codes, and of no other one."""

    revision: ClassVar[int] = 1
    serves: ClassVar[frozenset[str]] = frozenset({"classification"})

    def __init__(self, schema: pa.Schema, heads: list[dict[str, Any]], columns: list[int]) -> None:
        self._schema, self._heads, self._columns = schema, heads, columns

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Finds the code of each class.

        Raises:
            InterfaceError: The inputs have no codes, or classes that are no alarms of those codes.
        """
        info = table_info(context.inputs_schema)
        code = {f"alarm {number}": number for number in range(info["codes"] or 0)}
        heads = info["heads"]
        if len(heads) != 1 or not set(heads[0]["classes"]) <= set(code):
            raise InterfaceError("repeat-alarms needs one head of classes 'alarm CODE' and the codes of these alarms")
        return cls(context.inputs_schema, heads, [code[name] for name in heads[0]["classes"]])

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Returns ``probability``: 1 for an alarm that is there, else 0."""
        there = _STEP.matrix(rows, self._schema)  # (n, codes)
        return class_answers(rows, self._heads, [np.ascontiguousarray(there[:, self._columns])], None)
