"""TF-IDF and a linear SVM on the clauses of LEDGAR, after the baseline of the published table."""

from __future__ import annotations

from pathlib import Path

from ...harness.data import DataFiles
from ..baseline_folder import MODEL_FILE, own_manifest, write_skops_folder
from .contract_clauses_ledgar import TASK
from .ledgar import TRAINED_ON, read_provisions
from .tfidf import train_plain_tfidf

__all__ = ["build_tfidf_ledgar"]

_FEATURES = 40_000  # a weight for each and for every kind: of all words and pairs there would be a gigabyte


def build_tfidf_ledgar(files: DataFiles, folder: Path) -> Path:
    """Trains on the training part of LEDGAR and writes a submission folder; minutes on one core.

    Words and word pairs that occur twice, the most frequent of them, sublinear counts, C = 1: nothing is tuned, unlike
    the published baseline, whose size and C were searched for. Nothing tells which contract a clause is from, so no
    fold could keep contracts whole: probabilities are not calibrated, the adapter takes the softmax of the SVM's
    decision values.

    Args:
        files: Where the data is found.
        folder: The submission folder to write; replaced if it is there.

    Returns:
        The folder.

    Raises:
        DataNotAvailableError: The archive is in no known place.
        UsageError: The folder holds something that no baseline wrote.
    """
    clauses = read_provisions(files, "train")
    texts, kinds = [one.text for one in clauses], [one.kind for one in clauses]
    model = train_plain_tfidf(texts, kinds, ngram_range=(1, 2), min_df=2, max_features=_FEATURES)
    manifest = own_manifest(
        "tfidf-svm-ledgar",
        description=f"TF-IDF of the {_FEATURES:,} most frequent words and word pairs, linear SVM",
        adapter="skops",
        interface="choice",
        tasks=[TASK.card.id],
        trained_on=[TRAINED_ON],
        options={"file": MODEL_FILE, "features": None, "text": "context"},
    )
    write_skops_folder(folder, manifest, model)
    return folder
