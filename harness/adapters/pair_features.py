"""The declared feature step ``pair-overlap``: what a query and a candidate of ``ranking`` have in common, as numbers.

Like ``series_features``: a submission names the step and its revision under ``options.features``, and the same function
makes the matrix when a vendor trains and when the harness asks. Words are weighed by the whole corpus of the rows.

Letters: p = pairs of a query and a candidate, f = columns of the matrix.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from .ranking_rows import RankingRows, ranking_rows

__all__ = ["PAIR_COLUMNS", "PairOverlap"]

FloatArray = npt.NDArray[np.float64]

PAIR_COLUMNS = ("word_cosine", "letter_cosine", "bm25", "words_found", "weight_found", "log_words", "log_query_words")
"""Names of the columns, see ``PairOverlap``."""

_K1, _B = 1.2, 0.75  # BM25's usual constants (Robertson and Zaragoza, 2009)


@dataclass(frozen=True)
class PairOverlap:
    """Options of the step: it has none.

    Columns: the cosine of TF-IDF vectors of words, and of four letters inside words with sublinear counts;
    BM25 with k1 = 1.2, b = 0.75; the share of the query's different words that the candidate has, and the same with
    each word weighed by its inverse document frequency; the logarithm of one plus the words of the candidate, and of
    the query.
    """

    name: ClassVar[str] = "pair-overlap"
    revision: ClassVar[int] = 1

    @classmethod
    def parse(cls, options: Mapping[str, Any]) -> PairOverlap:
        """The step from its options, which ``feature_steps`` has checked for unknown names."""
        return cls()

    def as_options(self) -> dict[str, Any]:
        """What goes under ``options.features`` of a manifest."""
        return {"step": self.name, "revision": self.revision}

    def matrix(self, rows: pa.RecordBatch, reader: CorpusReader | None = None) -> FloatArray:
        """The features of all pairs, row after row, shape ``(p, f)``.

        Args:
            rows: A batch of ``ranking``.
            reader: Keeps what was read of the corpus for the next batch; None reads it for this one.
        """
        asked = ranking_rows(rows)
        return (reader or CorpusReader()).features(asked)


class CorpusReader:
    """What all pairs of one corpus share, read when the first batch comes."""

    def __init__(self) -> None:
        self._corpus: pa.Array | None = None
        self._words: Any = None
        self._letters: Any = None
        self._counts: Any = None
        self._saturated: Any = None
        self._weighted: Any = None
        self._spelt: Any = None
        self._length: FloatArray = np.zeros(0)

    def features(self, asked: RankingRows) -> FloatArray:
        """See ``PairOverlap``; shape ``(p, f)``."""
        if self._corpus is None or not self._corpus.equals(asked.corpus):
            self._read(asked.corpus)
        queries, spelt = self._words.transform(asked.queries), self._letters.transform(asked.queries)
        named = (queries > 0).astype(np.float64)  # (rows, words)
        weight = self._words.idf_
        lengths = _word_counts(self._words, asked.queries)
        out = np.zeros((len(asked.text), len(PAIR_COLUMNS)))
        ends = np.cumsum(asked.sizes)
        for row, (end, size) in enumerate(zip(ends.tolist(), asked.sizes.tolist(), strict=True)):
            if not size:
                continue
            part = asked.text[end - size : end]
            own, weighed = named[row].T, named[row].multiply(weight).T.tocsr()
            present = self._counts[part]
            out[end - size : end] = np.column_stack(
                [
                    (self._weighted[part] @ queries[row].T).toarray()[:, 0],
                    (self._spelt[part] @ spelt[row].T).toarray()[:, 0],
                    (self._saturated[part] @ weighed).toarray()[:, 0],
                    (present @ own).toarray()[:, 0] / max(1.0, own.sum()),
                    (present @ weighed).toarray()[:, 0] / max(1.0, weighed.sum()),
                    np.log1p(self._length[part]),
                    np.full(size, np.log1p(lengths[row])),
                ]
            )
        return out

    def _read(self, corpus: pa.Array) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        texts = corpus.to_pylist()
        self._corpus = corpus
        self._words, self._letters = TfidfVectorizer(), TfidfVectorizer(analyzer="char_wb", ngram_range=(4, 4))
        self._letters.set_params(sublinear_tf=True)
        self._weighted, self._spelt = self._words.fit_transform(texts), self._letters.fit_transform(texts)
        self._length = _word_counts(self._words, texts)
        counts = _counts(self._words, texts)
        self._counts = (counts > 0).astype(np.float64)
        norm = _K1 * (1 - _B + _B * self._length / max(1e-9, float(self._length.mean())))  # (texts,)
        saturated = counts.tocoo()
        saturated.data = saturated.data * (_K1 + 1) / (saturated.data + norm[saturated.row])
        self._saturated = saturated.tocsr()


def _counts(words: Any, texts: list[str]) -> Any:
    """How often each known word stands in each text, sparse, shape ``(texts, words)``."""
    from sklearn.feature_extraction.text import CountVectorizer

    counted = CountVectorizer(vocabulary=words.vocabulary_).transform(texts)
    return counted.astype(np.float64).tocsr()


def _word_counts(words: Any, texts: list[str]) -> FloatArray:
    cut = words.build_analyzer()
    return np.array([len(cut(text)) for text in texts], np.float64)
