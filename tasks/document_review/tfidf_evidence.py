"""TF-IDF of a span and a logistic regression per hypothesis: evidence found by its words, the hypothesis not read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...harness.data import DataFiles
from ...harness.task import Draw
from ..baseline_folder import MODEL_FILE, own_manifest, write_skops_folder
from .contract_evidence import TASK

__all__ = ["build_tfidf_evidence", "train_per_hypothesis_evidence"]


def build_tfidf_evidence(files: DataFiles, folder: Path, *, name: str, parts: str) -> Path:
    """Trains on the spans of agreements that are handed out and writes a submission folder; seconds on one core.

    Words and word pairs that occur twice, sublinear counts; C = 10 was chosen among 1, 10 and 100, with and without
    balanced classes, by training on the 50 agreements of ``train`` and looking at the 61 of ``dev``. The folder appears
    whole or not at all; the same data and packages make the same bytes.

    Args:
        files: Where the data is found.
        folder: The submission folder to write; replaced if it is there.
        name: Of the baseline on the board.
        parts: Splits to train on, with commas between.

    Returns:
        The folder.

    Raises:
        DataNotAvailableError: A file is in no known place.
        UsageError: The folder holds something that no baseline wrote.
    """
    examples = [TASK.examples(files, part, Draw("default")) for part in parts.split(",")]
    queries = list(dict.fromkeys(examples[0].inputs.column("query").to_pylist()))
    texts: list[str] = []
    shown: list[npt.NDArray[np.int64]] = []
    for inputs, targets in examples:
        evidence = targets.column("evidence").to_pylist()
        candidates = inputs.column("candidates").to_pylist()
        for first in range(0, len(candidates), len(queries)):  # the rows of one agreement have the same candidates
            texts += candidates[first]
            right = np.zeros((len(candidates[first]), len(queries)), np.int64)
            for asked in range(len(queries)):
                right[evidence[first + asked], asked] = 1
            shown.append(right)
    agreements = sum(one.inputs.num_rows for one in examples) // len(queries)
    manifest = own_manifest(
        name,
        description="TF-IDF of words and word pairs of a span, a logistic regression per hypothesis",
        adapter="skops",
        interface="ranking",
        tasks=[TASK.card.id],
        trained_on=[f"ContractNLI, {agreements} agreements of {parts.replace(',', ' and ')}"],
        options={"file": MODEL_FILE, "questions": queries},
    )
    write_skops_folder(folder, manifest, train_per_hypothesis_evidence(texts, np.concatenate(shown)))
    return folder


def train_per_hypothesis_evidence(texts: Sequence[str], shown: npt.NDArray[np.int64]) -> Any:
    """A fitted pipeline with one output per hypothesis, of the classes 0 and 1.

    Args:
        texts: Spans, length n.
        shown: 1 where the span is evidence for the hypothesis, shape ``(n, h)``, both classes in every column.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.multioutput import MultiOutputClassifier
    from sklearn.pipeline import Pipeline

    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    several = MultiOutputClassifier(LogisticRegression(C=10.0, solver="liblinear", random_state=0))
    model = Pipeline([("words", words), ("regression", several)]).fit(texts, shown)
    vars(words).pop("_stop_words_id", None)  # a memory address: the file would differ from process to process
    return model
