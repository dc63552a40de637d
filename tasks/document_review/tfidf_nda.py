"""TF-IDF of a whole agreement and a linear SVM per hypothesis: what answers look like that read no hypothesis."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...harness.data import DataFiles
from ...harness.task import Draw
from ..baseline_folder import MODEL_FILE, own_manifest, write_skops_folder
from .compliance_zh import TASK as COMPLIANCE_ZH_TASK
from .contract_nli import TASK as CONTRACT_NLI_TASK
from .nda_questions import NdaQuestions

__all__ = ["SEED", "build_tfidf_nda", "train_per_hypothesis"]

SEED = 0
_TASKS: dict[str, NdaQuestions] = {one.card.name: one for one in (CONTRACT_NLI_TASK, COMPLIANCE_ZH_TASK)}


def build_tfidf_nda(files: DataFiles, folder: Path, *, task: str, parts: str) -> Path:
    """Trains on agreements that are handed out and writes a submission folder; two seconds on one core.

    The recipe (words and word pairs that occur twice, sublinear counts, balanced classes, C = 1) is the one of the
    reference run and was not tuned on the test set. The folder appears whole or not at all; the same data and packages
    make the same bytes.

    Args:
        files: Where the data is found.
        folder: The submission folder to write; replaced if it is there.
        task: Name of the task, the part of its id behind the slash.
        parts: Splits to train on, with commas between.

    Returns:
        The folder.

    Raises:
        DataNotAvailableError: A file is in no known place.
        UsageError: The folder holds something that no baseline wrote.
    """
    asked, draw = _TASKS[task], Draw("default")
    examples = [asked.examples(files, part, draw) for part in parts.split(",")]
    texts = [text for one in examples for text in one.inputs.column("context").to_pylist()]
    labels = [row for one in examples for row in one.targets.column("label").to_pylist()]
    model = train_per_hypothesis(texts, labels)
    questions = examples[0].inputs.column("questions")[0].as_py()
    suffix = "-dev" if "dev" in parts else ""
    manifest = own_manifest(
        f"tfidf-svm-{task.removeprefix('contract-')}{suffix}",
        description="TF-IDF of words and word pairs of the whole agreement, a linear SVM per hypothesis; its "
        "probabilities tell which answer is likeliest and no more",
        adapter="skops",
        interface="choice",
        tasks=[asked.card.id],
        trained_on=[f"ContractNLI, {len(texts)} agreements of {parts.replace(',', ' and ')}"],
        options={"file": MODEL_FILE, "features": None, "text": "context", "questions": questions},
    )
    write_skops_folder(folder, manifest, model)
    return folder


def train_per_hypothesis(texts: Sequence[str], labels: Sequence[Sequence[str]]) -> Any:
    """A fitted pipeline with one output per hypothesis, ``predict_proba`` being a list of shares of its classes.

    Shares are a softmax of the SVM's decision values at a temperature that was fitted on the same agreements: some
    classes have one example, too few to hold any out. The likeliest class is the SVM's own answer.

    Args:
        texts: Agreements, length n.
        labels: Per agreement one answer per hypothesis, shape ``(n, h)``; each hypothesis has at least two classes.
    """
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.frozen import FrozenEstimator
    from sklearn.multioutput import MultiOutputClassifier
    from sklearn.pipeline import Pipeline
    from sklearn.svm import LinearSVC

    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    matrix = words.fit_transform(texts)  # (n, features)
    several = MultiOutputClassifier(LinearSVC(C=1.0, class_weight="balanced", random_state=SEED))
    several.fit(matrix, [list(row) for row in labels])
    every = np.arange(len(texts))
    calibrated = [
        CalibratedClassifierCV(FrozenEstimator(svm), method="temperature", cv=[(every, every)], ensemble=False)
        for svm in several.estimators_
    ]
    for at, one in enumerate(calibrated):
        one.fit(matrix, [row[at] for row in labels])
        one.set_params(cv=None)  # row numbers of the training set, which have no place in the file
    several.estimators_ = calibrated
    vars(words).pop("_stop_words_id", None)  # a memory address: the file would differ from process to process
    return Pipeline([("words", words), ("svm", several)])
