"""Builtins that answer at random: what a score of nothing looks like on a board."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pyarrow as pa

from ..interfaces import get_interface, table_info
from ..randomness import Stream
from .base import Adapter, LoadContext
from .class_answers import class_answers

__all__ = ["RandomClasses", "RandomOptions", "RandomValues", "SeededAdapter"]


class RandomClasses(Adapter):
    """Draws a number per class from the seed and the row's id; those of an exclusive head are made to sum to 1."""

    revision = 1
    serves = frozenset({"classification"})

    def __init__(self, heads: list[dict[str, Any]], seed: int) -> None:
        self._heads, self._seed = heads, seed

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Takes the heads from the input table."""
        return cls(table_info(context.inputs_schema)["heads"], context.seed)

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Returns ``probability`` per head and class."""
        widths = [len(head["classes"]) for head in self._heads]
        ids = rows.column("id").to_pylist()
        drawn = np.array([Stream("random-classes", self._seed, one).uniform(sum(widths)) for one in ids])
        drawn = drawn.reshape(len(ids), sum(widths))
        parts = np.split(drawn, np.cumsum(widths)[:-1], axis=1)
        per_head = [
            part if head["kind"] == "independent" else (part + 1e-9) / (part + 1e-9).sum(axis=1, keepdims=True)
            for head, part in zip(self._heads, parts, strict=True)
        ]
        return class_answers(rows, self._heads, per_head, None)


class RandomValues(Adapter):
    """Draws a number from the seed and the row's id, evenly over the target's range.

    A range without an end is taken to reach as far above the mean of the training split as its beginning lies below.
    """

    revision = 1
    serves = frozenset({"regression"})

    def __init__(self, low: float, high: float, seed: int) -> None:
        self._low, self._high, self._seed = low, high, seed

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Takes the range from the input table."""
        info = table_info(context.inputs_schema)
        low, high = info["target_range"]
        return cls(low, 2 * info["train_mean"] - low if high is None else high, context.seed)

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Returns ``value``, shape ``(n,)``, in the target's unit."""
        ids = rows.column("id")
        drawn = np.array([Stream("random-values", self._seed, one).uniform(1)[0] for one in ids.to_pylist()])
        value = self._low + (self._high - self._low) * drawn
        return pa.record_batch([ids, pa.array(value, pa.float64())], schema=get_interface("regression").answer)


class SeededAdapter(Adapter):
    """What draws its answers from the seed and the rows alone."""

    revision = 1

    def __init__(self, seed: int) -> None:
        self._seed = seed

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Takes the seed."""
        return cls(context.seed)


class RandomOptions(SeededAdapter):
    """Draws a number per option from the seed and the row's id; those of a question are made to sum to 1."""

    serves = frozenset({"choice"})

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Returns ``probability`` per question and option."""
        answers = []
        for name, questions in zip(rows.column("id").to_pylist(), rows.column("options").to_pylist(), strict=True):
            stream = Stream("random-options", self._seed, name)
            drawn = [stream.uniform(len(options)) + 1e-9 for options in questions]
            answers.append([(one / one.sum()).tolist() for one in drawn])
        schema = get_interface("choice").answer
        return pa.record_batch([rows.column("id"), pa.array(answers, schema.field(1).type)], schema=schema)
