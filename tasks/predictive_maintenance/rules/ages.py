"""Replacement at a fixed age, as a model: the practice that predicted remaining life must beat."""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
import pyarrow as pa

from ....harness.adapters.base import Adapter, LoadContext
from ....harness.errors import InterfaceError
from ....harness.interfaces import get_interface, table_info

__all__ = ["FixedAge"]


class FixedAge(Adapter):
    """Answers the mean life in training minus the cycles run, and looks at no sensor.

    A planner who replaces at a margin of such answers replaces at one age, and the margin sets which. Option ``life``
    is the mean life in cycles.
    """

    revision: ClassVar[int] = 1
    serves: ClassVar[frozenset[str]] = frozenset({"regression"})

    def __init__(self, life: float, column: int, width: int) -> None:
        self._life, self._column, self._width = life, column, width

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Looks for the static feature ``cycles_run``.

        Raises:
            InterfaceError: These inputs do not tell the age.
        """
        names = [q["name"] for q in table_info(context.inputs_schema)["static"]]
        if "cycles_run" not in names:
            raise InterfaceError("fixed-age needs the static feature 'cycles_run'; ask it on a track that gives it")
        return cls(float(context.options["life"]), names.index("cycles_run"), len(names))

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Returns ``value`` of shape ``(n,)``, in cycles; below 0 for a machine older than the mean."""
        static = rows.column("static").flatten().to_numpy(zero_copy_only=False).reshape(-1, self._width)
        value = self._life - static[:, self._column].astype(np.float64)
        return pa.RecordBatch.from_arrays(
            [rows.column("id"), pa.array(value)], schema=get_interface("regression").answer
        )
