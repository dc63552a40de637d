"""TF-IDF and a linear SVM on the few words of a work order: on words, or on pieces of words, which survive typing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...harness.data import DataFiles
from ...harness.task import Draw
from ..baseline_folder import MODEL_FILE, own_manifest, write_skops_folder
from .tfidf import train_plain_tfidf
from .work_order_failure import TASK

__all__ = ["build_tfidf_work_orders"]

_PIECES: dict[str, dict[str, Any]] = {
    "words": {"ngram_range": (1, 2)},
    "characters": {"analyzer": "char_wb", "ngram_range": (2, 5)},
}


def build_tfidf_work_orders(files: DataFiles, folder: Path, *, pieces: str) -> Path:
    """Trains on the training split of ``work-order-failure`` and writes a submission folder; under a second.

    The recipes are those of the reference run and were not tuned on the test set: words and pairs of words, or pieces
    of two to five characters within words; C = 1. Four failure modes occur once in training, so no fold could hold
    them out: probabilities are not calibrated, the adapter takes the softmax of the SVM's decision values.

    Args:
        files: Where the data is found.
        folder: The submission folder to write; replaced if it is there.
        pieces: ``words`` or ``characters``.

    Returns:
        The folder.

    Raises:
        DataNotAvailableError: The training file is in no known place.
        UsageError: The folder holds something that no baseline wrote.
    """
    examples = TASK.examples(files, "train", Draw(TASK.card.tracks[0].name))
    texts, codes = examples.inputs.column("context").to_pylist(), examples.targets.column("code").to_pylist()
    manifest = own_manifest(
        f"tfidf-{pieces}-work-orders",
        description=f"TF-IDF of {pieces}, linear SVM on the training split",
        adapter="skops",
        interface="choice",
        tasks=[TASK.card.id],
        trained_on=["FMC-MWO2KG, official training split"],
        options={"file": MODEL_FILE, "features": None, "text": "context"},
    )
    write_skops_folder(folder, manifest, train_plain_tfidf(texts, codes, **_PIECES[pieces]))
    return folder
