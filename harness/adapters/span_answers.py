"""Answers of interface ``extraction``: the column that every adapter returns, and the builtins that read no text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
import pyarrow as pa

from ..interfaces import get_interface
from ..randomness import Stream
from .base import Adapter, LoadContext
from .random_answers import SeededAdapter

__all__ = ["NothingFound", "RandomSpans", "Span", "broken_span", "span_answers"]

_LONGEST = 400  # characters of a random span: most clauses of a contract are shorter


class Span(NamedTuple):
    """A passage of a context.

    Attributes:
        start: Its first character, counted in Unicode code points.
        end: The character behind its last one.
        probability: That it answers the question, in 0..1.
    """

    start: int
    end: int
    probability: float


def broken_span(text: str) -> Span:
    """What stands for all spans of a text where a model computed numbers that are not finite: the row breaks SB306.

    Args:
        text: The context, at least one character.
    """
    return Span(0, len(text), math.nan)


def span_answers(ids: pa.Array, found: Sequence[Sequence[Sequence[Span]]]) -> pa.RecordBatch:
    """Prediction rows from the spans per row and question, in whatever order; they are put by falling probability.

    Spans of one probability stay in the order in which they are given.
    """
    ranked = [[sorted(spans, key=lambda span: -span.probability) for spans in questions] for questions in found]
    rows = [[[span._asdict() for span in spans] for spans in questions] for questions in ranked]
    schema = get_interface("extraction").answer
    return pa.record_batch([ids, pa.array(rows, schema.field("spans").type)], schema=schema)


class NothingFound(Adapter):
    """Finds nothing, whatever is asked: every list of spans is empty."""

    revision = 1
    serves = frozenset({"extraction"})

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Needs nothing."""
        return cls()

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Returns ``spans``: per question an empty list."""
        return span_answers(rows.column("id"), [[[]] * n for n in rows.column("questions").value_lengths().to_pylist()])


class RandomSpans(SeededAdapter):
    """Draws one span per question from the seed, the row's id and the question's number; none in an empty text.

    Its first character lies anywhere, it is 1 to 400 characters long where the text does not end before, and its
    probability is anything in 0..1.
    """

    serves = frozenset({"extraction"})

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Returns ``spans``: per question one span."""
        found = []
        for row in rows.to_pylist():
            drawn = Stream("random-spans", self._seed, row["id"]).uniform(3 * len(row["questions"])).reshape(-1, 3)
            found.append([_drawn(len(row["context"]), three) for three in drawn])
        return span_answers(rows.column("id"), found)


def _drawn(length: int, three: np.ndarray) -> list[Span]:
    """A span of a text of ``length`` characters from three numbers in [0, 1)."""
    if not length:
        return []
    start = int(three[0] * length)
    return [Span(start, min(length, start + 1 + int(three[1] * _LONGEST)), float(three[2]))]
