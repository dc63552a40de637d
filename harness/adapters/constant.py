"""The trivial builtins: they answer with what the input table says of the training split, whatever the row holds."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pyarrow as pa

from ..interfaces import get_interface, table_info
from .base import Adapter, LoadContext
from .class_answers import class_answers

__all__ = ["ClassShares", "FrequentClass", "MajorityOption", "MeanTarget", "RarestClass"]


class MeanTarget(Adapter):
    """Answers every row with the mean target of the training split: mean life, where the target is a life."""

    revision = 1
    serves = frozenset({"regression"})

    def __init__(self, mean: float) -> None:
        self._mean = mean

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Takes the mean from the input table's ``train_mean``."""
        return cls(float(table_info(context.inputs_schema)["train_mean"]))

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Returns ``value`` of shape ``(n,)``, all equal."""
        columns = [rows.column("id"), pa.array(np.full(rows.num_rows, self._mean))]
        return pa.RecordBatch.from_arrays(columns, schema=get_interface("regression").answer)


class ClassShares(Adapter):
    """Gives every class the share of training rows that it was right for."""

    revision = 1
    serves = frozenset({"classification"})

    def __init__(self, heads: list[dict[str, Any]], shares: list[list[float]]) -> None:
        self._heads, self._shares = heads, shares

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Takes the shares from the input table's ``train_share``."""
        info = table_info(context.inputs_schema)
        return cls(info["heads"], info["train_share"])

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Returns ``probability`` per head and class, the same in every row."""
        per_head = [np.tile(np.asarray(one, np.float64), (rows.num_rows, 1)) for one in self._shares]
        return class_answers(rows, self._heads, per_head, None)


class FrequentClass(ClassShares):
    """Is certain of the most frequent class of the training split, the first of equals.

    Of an independent head it is certain of every class that was right in at least half of the training rows.
    """

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Takes the shares from the input table's ``train_share``."""
        info = table_info(context.inputs_schema)
        certain = [
            [float(share >= 0.5) for share in shares]
            if head["kind"] == "independent"
            else [float(at == int(np.argmax(shares))) for at in range(len(shares))]
            for head, shares in zip(info["heads"], info["train_share"], strict=True)
        ]
        return cls(info["heads"], certain)


class RarestClass(ClassShares):
    """Is certain of the rarest class of the training split, the last of equals: always alarm, where failures are rare.

    Of an independent head it is certain of every class.
    """

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Takes the shares from the input table's ``train_share``."""
        info = table_info(context.inputs_schema)
        certain = [
            [1.0] * len(shares)
            if head["kind"] == "independent"
            else [float(at == len(shares) - 1 - int(np.argmin(shares[::-1]))) for at in range(len(shares))]
            for head, shares in zip(info["heads"], info["train_share"], strict=True)
        ]
        return cls(info["heads"], certain)


class MajorityOption(Adapter):
    """Gives probability 1 to the option that was most often right in training, the first one where none is known.

    Of a question whose own shares are told, to the option that was most often right there.
    """

    revision = 1
    serves = frozenset({"choice"})

    def __init__(self, share: dict[str, float], per_question: dict[str, dict[str, float]]) -> None:
        self._share, self._per_question = share, per_question

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Takes the shares from the input table's ``train_share`` and ``question_share``."""
        info = table_info(context.inputs_schema)
        share, per_question = info["train_share"], info.get("question_share", {})
        return cls(share, per_question)

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Returns ``probability``: per question one 1 and otherwise 0."""
        asked = zip(rows.column("questions").to_pylist(), rows.column("options").to_pylist(), strict=True)
        answers = [
            [self._one_hot(one, options) for one, options in zip(questions, given, strict=True)]
            for questions, given in asked
        ]
        schema = get_interface("choice").answer
        return pa.RecordBatch.from_arrays([rows.column("id"), pa.array(answers, schema.field(1).type)], schema=schema)

    def _one_hot(self, question: str, options: list[str]) -> list[float]:
        share = self._per_question.get(question, self._share)
        best = max(range(len(options)), key=lambda i: (share.get(options[i], 0.0), -i))
        return [float(i == best) for i in range(len(options))]
