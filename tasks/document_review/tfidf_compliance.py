"""TF-IDF and a logistic regression per question on generated contracts: of whole documents, and of their sentences.

These models know the questions by heart, since their texts are few: 3 limits, 6 topics, 7 countries and so on. They
weigh words and do not count, so they tell what a rule's wording gives away and no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...harness.adapters.text_passages import find_passages
from ...harness.data import DataFiles
from ..baseline_folder import MODEL_FILE, own_manifest, write_skops_folder
from .compliance.numerals import Language
from .compliance.wording import load_wording
from .compliance_examples import OPEN_SEED, RuledDocument, ruled_documents
from .passage_models import LabelledPassages, train_passages

__all__ = [
    "build_tfidf_compliance",
    "build_tfidf_compliance_places",
    "label_places",
    "train_documents",
]

SEED, C = 0, 10.0
_DOCUMENTS = 1_500
_LEAST = 5  # documents or passages that a feature occurs in


def build_tfidf_compliance(files: DataFiles, folder: Path, *, language: Language) -> Path:
    """Trains on whole documents of the open seed and writes a submission folder; a minute on one core.

    C was taken from the area's other regressions. The folder appears whole or not at all; the same packages make the
    same bytes.

    Args:
        files: Not needed: the documents are drawn.
        folder: The submission folder to write; replaced if it is there.
        language: Of the documents.

    Returns:
        The folder.

    Raises:
        UsageError: The folder holds something that no baseline wrote.
    """
    documents = ruled_documents(language, _DOCUMENTS)
    options = load_wording(language).tree["options"]
    model, questions = train_documents(documents, (options["yes"], options["no"]), **_features(language))
    return _write(
        folder,
        model,
        name=f"tfidf-logistic-checklist-{language}",
        description="TF-IDF of the whole document, a logistic regression per question",
        interface="choice",
        task=f"document_review/contract-compliance-{language}",
        documents=len(documents),
        options={"questions": questions},
    )


def build_tfidf_compliance_places(files: DataFiles, folder: Path, *, language: Language) -> Path:
    """Trains on the sentences and lines of documents of the open seed and writes a submission folder.

    Args:
        files: Not needed: the documents are drawn.
        folder: The submission folder to write; replaced if it is there.
        language: Of the documents.

    Returns:
        The folder.

    Raises:
        UsageError: The folder holds something that no baseline wrote.
    """
    documents = ruled_documents(language, _DOCUMENTS)
    passages, questions = label_places(documents)
    model = train_passages(passages, questions, least=_LEAST, **_features(language))
    return _write(
        folder,
        model,
        name=f"tfidf-passages-checklist-{language}",
        description="TF-IDF of every sentence or line, a logistic regression per question",
        interface="extraction",
        task=f"document_review/contract-compliance-{language}-spans",
        documents=len(documents),
        options={},
    )


def _write(
    folder: Path,
    model: Any,
    *,
    name: str,
    description: str,
    interface: str,
    task: str,
    documents: int,
    options: dict[str, Any],
) -> Path:
    manifest = own_manifest(
        name,
        description=description,
        adapter="skops",
        interface=interface,
        tasks=[task],
        trained_on=[f"{documents:,} {OPEN_SEED.format(language='zh' if '-zh' in task else 'en')}"],
        options={"file": MODEL_FILE, "features": None, "text": "context"} | options,
    )
    write_skops_folder(folder, manifest, model)
    return folder


def _features(language: Language) -> dict[str, Any]:
    """How a text becomes features: words and word pairs, or where there are no blanks two to four characters."""
    return {"analyzer": "char", "ngram_range": (2, 4)} if language == "zh" else {"ngram_range": (1, 2)}


def train_documents(
    documents: Sequence[RuledDocument], labels: Sequence[str], **features: Any
) -> tuple[Any, list[str]]:
    """A fitted pipeline with one output per question, and the questions; each learns from the documents that ask it.

    Args:
        documents: To train on; every question is kept in one and broken in another.
        labels: The options, that a rule is kept and that it is broken.
        features: Of ``TfidfVectorizer``.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.multioutput import MultiOutputClassifier
    from sklearn.pipeline import Pipeline

    words = TfidfVectorizer(min_df=_LEAST, sublinear_tf=True, dtype=np.float32, **features)
    matrix = words.fit_transform([one.text for one in documents])  # (documents, features)
    asked: dict[str, list[tuple[int, str]]] = {}
    for row, one in enumerate(documents):
        for question, broken in zip(one.questions, one.broken, strict=True):
            asked.setdefault(question, []).append((row, labels[broken]))
    questions = sorted(asked)
    several = MultiOutputClassifier(LogisticRegression(C=C, solver="liblinear", random_state=SEED))
    several.estimators_ = []
    for question in questions:
        rows, said = zip(*asked[question], strict=True)
        one = LogisticRegression(C=C, solver="liblinear", random_state=SEED).fit(matrix[list(rows)], list(said))
        one.coef_ = one.coef_.astype(np.float32)  # half the file
        several.estimators_.append(one)
    several.classes_ = [one.classes_ for one in several.estimators_]
    vars(words).pop("_stop_words_id", None)  # a memory address: the file would differ from process to process
    return Pipeline([("words", words), ("several", several)]), questions


def label_places(documents: Sequence[RuledDocument]) -> tuple[LabelledPassages, list[str]]:
    """The passages of documents and the questions; a passage answers one where it holds a place of the violation."""
    questions = sorted({question for one in documents for question in one.asked_places if question})
    column = {question: at for at, question in enumerate(questions)}
    texts: list[str] = []
    answers, asked = [], []
    for one in documents:
        places = find_passages(one.text)
        texts += [one.text[start:end] for start, end in places]
        right, own = (np.zeros((len(places), len(questions)), np.bool_) for _ in range(2))
        for question, marked in zip(one.asked_places, one.places, strict=True):
            if question:
                own[:, column[question]] = True
                right[:, column[question]] = _holds(places, marked)
        answers.append(right)
        asked.append(own)
    return LabelledPassages(texts, np.concatenate(answers), np.concatenate(asked)), questions


def _holds(passages: Sequence[tuple[int, int]], places: Sequence[tuple[int, int]]) -> npt.NDArray[np.bool_]:
    """Of every passage whether it overlaps a place."""
    found: list[bool] = [any(a < end and start < b for a, b in places) for start, end in passages]
    return np.array(found, np.bool_)
