"""How scikit-learn models rank: by numbers of each pair, or by the candidate's text with one output per known query.

The score is the share of a classifier's last class (of ``False``/``True`` or grades, the greatest), or what a regressor
predicts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..errors import SubmissionError
from .pair_features import PAIR_COLUMNS, CorpusReader, PairOverlap
from .ranking_rows import ranking_answers, ranking_rows
from .skops_text import output_numbers

__all__ = ["SkopsRanking"]

FloatArray = npt.NDArray[np.float64]


class SkopsRanking:
    """A fitted estimator that scores candidates.

    Args:
        model: The estimator.
        file: Its name, for messages.
        features: The step of its features; None for a model of the candidates' text.
        questions: Of a model of text: the queries that its outputs answer.

    Raises:
        SubmissionError: The model does not score candidates; the message says how to fit one that does.
    """

    def __init__(self, model: Any, file: str, features: object, questions: Sequence[str] | None) -> None:
        self._model, self._file, self._questions = model, file, questions
        self._step = features if isinstance(features, PairOverlap) else None
        self._reader = CorpusReader()
        self._corpus: pa.Array | None = None
        self._said: FloatArray = np.zeros((0, 0))
        if self._step is None:
            self._check_text(features)
        else:
            self._check_pairs()

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """The prediction batch.

        Raises:
            InterfaceError: A query is none of those that the model answers.
        """
        asked = ranking_rows(rows)
        if self._step is not None:
            return ranking_answers(rows, asked.sizes, _last(self._model, self._step.matrix(rows, self._reader)))
        if self._corpus is None or not self._corpus.equals(asked.corpus):
            self._corpus, self._said = asked.corpus, self._per_text(asked.corpus)
        output = output_numbers(rows.column("query"), self._questions)  # (rows,)
        return ranking_answers(rows, asked.sizes, self._said[output[asked.row], asked.text])

    def _per_text(self, corpus: pa.Array) -> FloatArray:
        """Scores of every text for every known query, shape ``(queries, texts)``."""
        said = self._model.predict_proba(corpus.to_pylist())
        return np.stack([np.asarray(one, np.float64)[:, -1] for one in said])

    def _check_text(self, features: object) -> None:
        if features is not None or self._questions is None:
            raise SubmissionError(
                "SB103 submission.yaml, field 'options': a ranking model needs features {step: pair-overlap, revision: "
                "1}, or questions, the queries that its outputs answer on the candidate's text"
            )
        named = getattr(self._model, "classes_", None)
        if not hasattr(self._model, "predict_proba") or not isinstance(named, list):
            raise SubmissionError(
                f"SB107 {self._file}: {type(self._model).__name__} has no output per query; fit a "
                "MultiOutputClassifier on one column per query"
            )
        if len(named) != len(self._questions):
            raise SubmissionError(
                f"SB107 {self._file}: {len(named)} outputs for {len(self._questions)} questions in options.questions"
            )
        if odd := [at for at, classes in enumerate(named) if len(classes) != 2]:
            raise SubmissionError(
                f"SB107 {self._file}: output {odd[0]} has {len(named[odd[0]])} classes, expected two: no and yes"
            )

    def _check_pairs(self) -> None:
        if not hasattr(self._model, "predict"):
            raise SubmissionError(f"SB107 {self._file}: {type(self._model).__name__} has no predict; save a fitted one")
        trained = getattr(self._model, "n_features_in_", len(PAIR_COLUMNS))
        if trained != len(PAIR_COLUMNS):
            raise SubmissionError(
                f"SB107 {self._file}: trained on {trained} features, pair-overlap has {len(PAIR_COLUMNS)}: "
                f"{', '.join(PAIR_COLUMNS)}"
            )


def _last(model: Any, matrix: FloatArray) -> FloatArray:
    if not len(matrix):
        return np.zeros(0)
    if hasattr(model, "predict_proba"):
        return np.asarray(model.predict_proba(matrix), np.float64)[:, -1]
    return np.asarray(model.predict(matrix), np.float64).reshape(len(matrix))
