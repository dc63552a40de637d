"""Models that rank clauses by what query and clause have in common, trained on the judged training queries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...harness.adapters.pair_features import PairOverlap
from ...harness.data import DataFiles
from ...harness.task import Draw
from ..baseline_folder import MODEL_FILE, own_manifest, write_skops_folder
from .clause_retrieval import STARS, TASK

__all__ = ["build_pair_ranking", "pair_model"]

_WHAT = {"logistic": "logistic regression", "boosting": "gradient boosting"}


def build_pair_ranking(files: DataFiles, folder: Path, *, model: str) -> Path:
    """Trains on the 51 training queries and writes a submission folder; about ten seconds on one core.

    The folder appears whole or not at all; the same data and packages make the same bytes.

    Args:
        files: Where the data is found.
        folder: The submission folder to write; replaced if it is there.
        model: ``logistic`` or ``boosting``.

    Returns:
        The folder.

    Raises:
        DataNotAvailableError: A file is in no known place.
        UsageError: The folder holds something that no baseline wrote.
    """
    inputs, targets = TASK.examples(files, "train", Draw("default"))
    step = PairOverlap()
    matrix = step.matrix(inputs.combine_chunks().to_batches()[0])  # (p, f)
    grade = np.concatenate([np.asarray(one, np.float64) for one in targets.column("grades").to_pylist()])  # (p,)
    manifest = own_manifest(
        f"pair-{model}-clauses",
        description=f"{_WHAT[model]} on word overlap of query and clause",
        adapter="skops",
        interface="ranking",
        tasks=[TASK.card.id],
        trained_on=["ACORD, 51 training queries"],
        options={"file": MODEL_FILE, "features": step.as_options()},
    )
    write_skops_folder(folder, manifest, pair_model(model, matrix, grade))
    return folder


def pair_model(model: str, matrix: npt.NDArray[np.float64], grade: npt.NDArray[np.float64]) -> Any:
    """A fitted estimator: of three stars and more (``logistic``), or of the grade (``boosting``).

    Args:
        model: ``logistic`` or ``boosting``.
        matrix: Pair features, shape ``(p, f)``.
        grade: 0 to 4, shape ``(p,)``.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    if model == "boosting":
        trees = HistGradientBoostingRegressor(max_iter=100, learning_rate=0.05, max_leaf_nodes=15, random_state=0)
        return trees.fit(matrix, grade)
    pipeline = Pipeline([("scale", StandardScaler()), ("regression", LogisticRegression(max_iter=1_000))])
    return pipeline.fit(matrix, grade >= STARS[0] - 1)
