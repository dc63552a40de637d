"""Trains linear models for the alarm card, with a threshold chosen on machines that they were not trained on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from ...harness.adapters.plain_features import CodeCounts
from ...harness.data import DataFiles
from ...harness.metrics import FloatArray
from ...harness.task import Draw
from .classifiers import write_classifier
from .packaging_next_alarms import TASK, VALIDATION_SERIALS, class_matrix

__all__ = ["best_threshold", "build_ridge_alarms", "build_ridge_recent_alarms"]

BoolArray = npt.NDArray[np.bool_]
_ALPHA = 300.0  # the best of 10, 100, 300, 1,000 and 3,000 on the validation machines
_THRESHOLDS = np.arange(5, 96) / 100


def build_ridge_alarms(files: DataFiles, folder: Path) -> Path:
    """Ridge regression per alarm on which alarms were raised."""
    return _build(
        files, folder, CodeCounts(presence=True), name="ridge-alarms", what="ridge regression on the alarms raised"
    )


def build_ridge_recent_alarms(files: DataFiles, folder: Path) -> Path:
    """Ridge regression per alarm on which alarms were raised, and which of them lately."""
    return _build(
        files,
        folder,
        CodeCounts(last=(5, 20), presence=True),
        name="ridge-recent-alarms",
        what="ridge regression on the alarms raised, and on those among the last 5 and 20",
    )


def best_threshold(score: FloatArray, right: BoolArray) -> float:
    """The threshold, in hundredths, with the greatest micro-F1; the least of equals.

    Args:
        score: Shape ``(n, c)``.
        right: Shape ``(n, c)``.
    """
    decided = [score >= threshold for threshold in _THRESHOLDS]
    f1 = [2 * (one & right).sum() / (one.sum() + right.sum()) for one in decided]
    return float(_THRESHOLDS[int(np.argmax(f1))])


def _build(files: DataFiles, folder: Path, features: CodeCounts, *, name: str, what: str) -> Path:
    from sklearn.linear_model import Ridge
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped, unused-ignore]

    examples = TASK.examples(files, "train", Draw(TASK.card.tracks[0].name))
    matrix = features.matrix(examples.inputs, examples.inputs.schema)  # (n, f)
    right = class_matrix(examples.targets.column("next_codes").combine_chunks())  # (n, c)
    kept_out = np.isin(examples.targets.column("serial").to_numpy(), VALIDATION_SERIALS)
    with threadpool_limits(limits=1):  # sums of matrix products depend on how many threads share them
        trial = Ridge(alpha=_ALPHA).fit(matrix[~kept_out], right[~kept_out])
        threshold = best_threshold(trial.predict(matrix[kept_out]), right[kept_out])
        model = Ridge(alpha=_ALPHA).fit(matrix, right)
    return write_classifier(TASK, folder, model, features, name=name, what=what, threshold=threshold)
