"""TF-IDF and a linear SVM, with calibrated probabilities or without: what every clause classifier must beat."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ...harness.data import DataFiles
from ...harness.task import Draw
from ..baseline_folder import MODEL_FILE, own_manifest, write_skops_folder
from .contract_clauses import TASK

__all__ = ["FOLDS", "SEED", "build_tfidf_clauses", "train_plain_tfidf", "train_tfidf"]

SEED, FOLDS = 0, 5


def build_tfidf_clauses(files: DataFiles, folder: Path) -> Path:
    """Trains on the training split of ``contract-clauses`` and writes a submission folder; seconds on one core.

    The recipe (words and word pairs that occur twice, sublinear counts, C = 1) is the one of the reference run and was
    not tuned on the test set. The folder appears whole or not at all; the same data and packages make the same bytes.

    Args:
        files: Where the data is found.
        folder: The submission folder to write; replaced if it is there.

    Returns:
        The folder.

    Raises:
        DataNotAvailableError: The training file is in no known place.
        UsageError: The folder holds something that no baseline wrote.
    """
    examples = TASK.examples(files, "train", Draw(TASK.card.tracks[0].name))
    labels, contracts = (examples.targets.column(name).to_pylist() for name in ("label", "contract"))
    model = train_tfidf(examples.inputs.column("context").to_pylist(), labels, contracts)
    manifest = own_manifest(
        "tfidf-svm-clauses",
        description="TF-IDF of words and word pairs, linear SVM with calibrated probabilities",
        adapter="skops",
        interface="choice",
        tasks=[TASK.card.id],
        trained_on=["CUAD v1 clauses, training contracts of document_review/contract-clauses"],
        options={"file": MODEL_FILE, "features": None, "text": "context"},
    )
    write_skops_folder(folder, manifest, model)
    return folder


def train_tfidf(texts: list[str], labels: list[str], contracts: list[str]) -> Any:
    """A fitted pipeline with ``predict_proba`` on texts, classes being the labels.

    Probabilities are Platt's: a sigmoid per class, fitted on decision values of folds that keep contracts whole and
    share out the rare classes; the SVM itself is then fitted on everything.

    Args:
        texts: Clauses, length n.
        labels: Their categories, length n; each in at least ``FOLDS`` clauses.
        contracts: What must not be torn apart by a fold, length n.
    """
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.model_selection import StratifiedGroupKFold
    from sklearn.pipeline import Pipeline
    from sklearn.svm import LinearSVC

    truth = np.array(labels)  # (n,)
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    matrix = words.fit_transform(texts)  # (n, features)
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=SEED).split(matrix, truth, contracts)
    svm = CalibratedClassifierCV(LinearSVC(C=1.0, random_state=SEED), method="sigmoid", cv=list(folds), ensemble=False)
    svm.fit(matrix, truth)
    svm.set_params(cv=None)  # row numbers of the training set, which have no place in the file
    vars(words).pop("_stop_words_id", None)  # a memory address: the file would differ from process to process
    return Pipeline([("words", words), ("svm", svm)])


def train_plain_tfidf(texts: list[str], labels: list[str], **features: Any) -> Any:
    """A fitted pipeline with ``decision_function`` on texts, classes being the labels; nothing is calibrated.

    Args:
        texts: Length n.
        labels: Their classes, length n.
        features: What a text is taken apart into, as ``TfidfVectorizer`` names it; counts are sublinear.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import Pipeline
    from sklearn.svm import LinearSVC

    made = TfidfVectorizer(sublinear_tf=True, **features)
    model = Pipeline([("features", made), ("svm", LinearSVC(C=1.0, random_state=SEED))]).fit(texts, np.array(labels))
    vars(made).pop("_stop_words_id", None)  # a memory address: the file would differ from process to process
    return model
