"""Builtins that rank without having learned: at random, and by the words that a candidate shares with its query."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pyarrow as pa

from ..randomness import Stream
from .base import Adapter, LoadContext
from .random_answers import SeededAdapter
from .ranking_rows import ranking_answers, ranking_rows

__all__ = ["RandomRanking", "TfidfCosine"]


class RandomRanking(SeededAdapter):
    """Draws a score per candidate from the seed and the row's id."""

    serves = frozenset({"ranking"})

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Returns ``score`` per candidate."""
        asked = ranking_rows(rows)
        named = zip(rows.column("id").to_pylist(), asked.sizes.tolist(), strict=True)
        drawn = [Stream("random-ranking", self._seed, one).uniform(size) for one, size in named]
        return ranking_answers(rows, asked.sizes, np.concatenate([np.zeros(0), *drawn]))


class TfidfCosine(Adapter):
    """Scores a candidate by the cosine of its TF-IDF vector and the query's, words weighed by the whole corpus.

    With the option ``words: english`` counts are sublinear and English stop words are left out.
    """

    revision = 1
    serves = frozenset({"ranking"})

    def __init__(self, **recipe: Any) -> None:
        self._recipe = recipe  # of scikit-learn's vectoriser
        self._corpus: pa.Array | None = None
        self._words: Any = None
        self._matrix: Any = None

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Imports scikit-learn; the corpus comes with the rows."""
        import sklearn.feature_extraction.text  # noqa: F401 (loading is not answering)

        english = context.options.get("words") == "english"
        return cls(**({"sublinear_tf": True, "stop_words": "english"} if english else {}))

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Returns ``score`` per candidate, 0 to 1."""
        asked = ranking_rows(rows)
        if self._corpus is None or not self._corpus.equals(asked.corpus):
            self._read(asked.corpus)
        queries = self._words.transform(asked.queries)  # (rows, words)
        parts = np.split(asked.text, np.cumsum(asked.sizes)[:-1])
        cosines = [(self._matrix[part] @ queries[at].T).toarray().ravel() for at, part in enumerate(parts)]
        return ranking_answers(rows, asked.sizes, np.concatenate([np.zeros(0), *cosines]))

    def _read(self, corpus: pa.Array) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._corpus, self._words = corpus, TfidfVectorizer(**self._recipe)
        self._matrix = self._words.fit_transform(corpus.to_pylist())  # (texts, words)
