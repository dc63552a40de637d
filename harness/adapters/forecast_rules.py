"""Builtin forecasts that learn nothing: the mean of the history, and the same step one season before.

Letters: n = rows, t = steps of the history, h = steps ahead, y = targets, s = steps of a season.
"""

from __future__ import annotations

from typing import Self

import numpy as np
import pyarrow as pa

from ..errors import InterfaceError
from ..interfaces import table_info
from .base import Adapter, LoadContext
from .forecast_answers import filled, forecast_answers, histories, mean_of

__all__ = ["HistoryMean", "SeasonalNaive"]


class HistoryMean(Adapter):
    """Answers every step ahead with the mean of the target's history: it knows the level and no shape."""

    revision = 1
    serves = frozenset({"forecasting"})

    def __init__(self, schema: pa.Schema) -> None:
        self._schema, self._horizon = schema, table_info(schema)["horizon"]

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Needs nothing but the inputs' schema."""
        return cls(context.inputs_schema)

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Returns ``value`` of shape ``(n, h, y)``; 0 where a history holds no reading."""
        history = histories(rows, self._schema)  # (n, t, y)
        return forecast_answers(rows.column("id"), np.repeat(mean_of(history)[:, None], self._horizon, axis=1))


class SeasonalNaive(Adapter):
    """Answers each step ahead with the reading a whole number of seasons before, the last one that was read.

    The option ``season_s`` is the length of a season in seconds. Where the history holds no such reading, the mean of
    its readings stands in.
    """

    revision = 1
    serves = frozenset({"forecasting"})

    def __init__(self, schema: pa.Schema, season: int) -> None:
        self._schema, self._season, self._horizon = schema, season, table_info(schema)["horizon"]

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Makes sure that a season is in the history.

        Raises:
            InterfaceError: The inputs' history is shorter, or their step does not divide the season.
        """
        info, season_s = table_info(context.inputs_schema), context.options["season_s"]
        steps = season_s / info["step_s"]
        if steps != int(steps) or steps > info["history_max"]:
            raise InterfaceError(
                f"a season of {season_s:g} s is {steps:g} steps; these inputs have {info['history_max']} of "
                f"{info['step_s']:g} s"
            )
        return cls(context.inputs_schema, int(steps))

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Returns ``value`` of shape ``(n, h, y)``."""
        last = filled(histories(rows, self._schema), self._season)[:, -self._season :]  # (n, s, y)
        return forecast_answers(rows.column("id"), last[:, np.arange(self._horizon) % self._season])
