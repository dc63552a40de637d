"""TF-IDF and a logistic regression per question on the sentences of a contract: the baseline that readers must beat."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ...harness.adapters.text_passages import find_passages
from ...harness.data import DataFiles
from ...harness.randomness import Stream
from ..baseline_folder import MODEL_FILE, own_manifest, write_skops_folder
from .contract_extraction import TASK
from .contract_extraction_official import TASK as OFFICIAL
from .cuad_contracts import QuestionedContract, read_contracts
from .cuad_official import read_official
from .span_matching import count_official

__all__ = [
    "LabelledPassages",
    "build_official_passages",
    "build_tfidf_passages",
    "label_passages",
    "train_passages",
]

SEED, C = 0, 10.0
KEPT_SHARE = 0.3
"""Of the passages that answer nothing: all of them teach little more and take three times as long."""


class LabelledPassages(NamedTuple):
    """Sentences of contracts, and which of the questions each answers.

    Attributes:
        texts: Length n.
        answers: Whether a passage answers a question, shape ``(n, questions)``.
        asked: Whether a question is asked of the passage's text, same shape; None: every one is.
    """

    texts: list[str]
    answers: npt.NDArray[np.bool_]
    asked: npt.NDArray[np.bool_] | None = None


def build_tfidf_passages(files: DataFiles, folder: Path) -> Path:
    """Trains on the training contracts of ``contract-extraction`` and writes a submission folder; half a minute.

    C was not tuned on the test set. The folder appears whole or not at all; the same data and packages make the same
    bytes.

    Raises:
        DataNotAvailableError: The training file is in no known place.
        UsageError: The folder holds something that no baseline wrote.
    """
    return _build("tfidf-passages", TASK.card.id, read_contracts(files, "train"), folder)


def build_official_passages(files: DataFiles, folder: Path) -> Path:
    """The same recipe on the official training contracts, for ``contract-extraction-official``.

    Raises:
        DataNotAvailableError: A file is in no known place.
        UsageError: The folder holds something that no baseline wrote.
    """
    return _build("tfidf-passages-official", OFFICIAL.card.id, read_official(files, "train"), folder)


def _build(name: str, task: str, contracts: Sequence[QuestionedContract], folder: Path) -> Path:
    manifest = own_manifest(
        name,
        description="TF-IDF of words and word pairs of every sentence, a logistic regression per question",
        adapter="skops",
        interface="extraction",
        tasks=[task],
        trained_on=[f"CUAD v1 contracts, training contracts of {task}"],
        options={"file": MODEL_FILE, "features": None, "text": "context"},
    )
    write_skops_folder(folder, manifest, train_passages(label_passages(contracts), contracts[0].questions))
    return folder


def label_passages(contracts: Sequence[QuestionedContract]) -> LabelledPassages:
    """The passages of contracts; one answers a question where it overlaps a marked passage and the official rule says
    that the two match.
    """
    texts: list[str] = []
    answers = []
    for contract in contracts:
        places = find_passages(contract.text)
        own = [contract.text[start:end] for start, end in places]
        right = np.zeros((len(own), len(contract.questions)), np.bool_)
        for at, (question_id, marked) in enumerate(zip(contract.ids, contract.passages, strict=True)):
            for start, text in marked:
                for row, (first, last) in enumerate(places):
                    if first < start + len(text) and last > start:
                        right[row, at] |= bool(count_official(question_id, [text], [(own[row], 1.0)]).true[-1])
        texts += own
        answers.append(right)
    return LabelledPassages(texts, np.concatenate(answers))


def train_passages(passages: LabelledPassages, questions: Sequence[str], *, least: int = 2, **features: Any) -> Any:
    """A fitted pipeline with ``predict_proba`` on texts, classes being the questions, each column by itself.

    Of the passages that answer nothing a share is kept, drawn from the seed; intercepts are then put back, so that the
    probabilities are those of all passages.

    Args:
        passages: To train on; every question has at least one.
        questions: Texts of the columns.
        least: Passages that a feature occurs in.
        features: Of ``TfidfVectorizer``; words and pairs of words where nothing is said.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import Pipeline

    drawn = Stream("passages", SEED).uniform(len(passages.texts))
    kept = np.flatnonzero(passages.answers.any(axis=1) | (drawn < KEPT_SHARE))
    words = TfidfVectorizer(**({"ngram_range": (1, 2)} | features), min_df=least, sublinear_tf=True, dtype=np.float32)
    matrix = words.fit_transform([passages.texts[at] for at in kept])  # (kept, features)
    several = OneVsRestClassifier(_regression())
    right = passages.answers[kept].astype(np.int64)
    several.fit(matrix, right)
    if passages.asked is not None:
        columns = zip(passages.asked[kept].T, right.T, strict=True)
        several.estimators_ = [_regression().fit(matrix[own], said[own]) for own, said in columns]
    for one in several.estimators_:
        one.intercept_ += math.log(KEPT_SHARE)
        one.coef_ = one.coef_.astype(np.float32)  # half the file
    several.classes_ = np.array(questions)  # numbers before; the adapter asks by text
    vars(words).pop("_stop_words_id", None)  # a memory address: the file would differ from process to process
    return Pipeline([("words", words), ("several", several)])


def _regression() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=C, solver="liblinear", random_state=SEED)
