"""Trains scikit-learn regressors on the declared feature step and writes them as ordinary submission folders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...harness.adapters.series_features import SeriesSummary
from ...harness.data import DataFiles
from ...harness.task import Draw, Examples, Task
from ..baseline_folder import MODEL_FILE, own_manifest, write_skops_folder

__all__ = ["SEED", "TREES", "boosted_trees", "ridge", "train_on_features"]

TREES, SEED = 150, 0


def boosted_trees(trees: int = TREES, seed: int = SEED) -> Any:
    """Gradient boosting as in the reference run: no early stopping, whose random rows would come from known engines."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(max_iter=trees, early_stopping=False, random_state=seed)


def ridge() -> Any:
    """A linear model with a penalty, on standardised features."""
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    return Pipeline([("scale", StandardScaler()), ("ridge", Ridge(alpha=1.0, solver="cholesky"))])


def train_on_features(
    task: Task,
    files: DataFiles,
    draw: Draw,
    folder: Path,
    *,
    name: str,
    what: str,
    model: Any,
    features: Callable[[Examples], SeriesSummary],
    trained_on: list[str],
    split: str = "train",
    chosen: Callable[[Examples], Examples] | None = None,
) -> Path:
    """Fits a regressor on an exported split of any ``regression`` task and writes a submission folder.

    The folder appears whole or not at all; the same data, recipe and packages make the same bytes.

    Args:
        task: Its ``examples`` give inputs and targets; the target column is ``value``.
        files: Where the data is found.
        draw: Which inputs: the track is the one that the model is declared for.
        folder: The submission folder to write; replaced if it is there.
        name: Name on the board.
        what: What the model is, for its description.
        model: A scikit-learn regressor that is not fitted yet.
        features: Makes the declared feature step from the training examples.
        trained_on: Data sets named in the manifest.
        split: Exported split to train on.
        chosen: Leaves out examples that cannot be learnt from; None: all are.

    Returns:
        The folder.

    Raises:
        UsageError: The task exports no such split, or the folder holds something else than a baseline.
        DataNotAvailableError: A data file is in no known place.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped, unused-ignore]

    examples = task.examples(files, split, draw)
    examples = examples if chosen is None else chosen(examples)
    step = features(examples)
    matrix = step.matrix(examples.inputs, examples.inputs.schema)  # (n, f)
    with threadpool_limits(limits=1):  # the number of threads is written into the model, and would change its digest
        model.fit(matrix, examples.targets.column("value").to_numpy())
    one_track = len(task.card.tracks) == 1
    by_regime = "" if step.regimes is None else f", normalised in {len(step.regimes.centroids)} operating regimes"
    manifest = own_manifest(
        name,
        description=f"{what} on {matrix.shape[1]} features of the last {step.windows[-1]} steps{by_regime}",
        adapter="skops",
        interface="regression",
        tasks=[task.card.id if one_track else f"{task.card.id}#{draw.track}"],
        trained_on=trained_on,
        options={"file": MODEL_FILE, "features": step.as_options()},
    )
    write_skops_folder(folder, manifest, model)
    return folder
