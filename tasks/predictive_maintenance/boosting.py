"""Gradient boosting on series features: the baselines for remaining life, written as ordinary submission folders.

The recipe was fixed beforehand and never tuned on a test set: 150 trees over all rows of the official training split,
one seed, no early stopping (its random validation rows would come from the engines that it trains on).
"""

from __future__ import annotations

from pathlib import Path

from ...harness.adapters.series_features import SeriesSummary
from ...harness.data import DataFiles
from ...harness.errors import UsageError
from ...harness.task import Draw, Task
from ..baseline_folder import MODEL_FILE, write_skops_folder
from .fleet_rul import TASK as FLEET
from .turbofan_rul import TASK as TURBOFAN

__all__ = [
    "SEED",
    "TREES",
    "TURBOFAN_NAMES",
    "build_fleet",
    "build_turbofan",
    "build_turbofan_counter",
    "train_boosting",
]

TREES, SEED = 150, 0
TURBOFAN_NAMES = {"no-counter": "gradient-boosting-fd001", "counter": "gradient-boosting-fd001-counter"}
"""Track of ``turbofan-rul-fd001`` to the name of the baseline that was trained for it."""

# As in the reference run: an engine's state as new enters as the difference from it, not as a level of its own.
_FEATURES = SeriesSummary(windows=(30,), short_steps=5, static="no-baselines")


def build_turbofan(files: DataFiles, folder: Path, *, track: str = "no-counter") -> Path:
    """Trains the baseline of one track of ``turbofan-rul-fd001``.

    Args:
        files: Where the data is found.
        folder: The submission folder to write; replaced if it is there.
        track: ``no-counter`` or ``counter``.

    Returns:
        The folder.

    Raises:
        UsageError: There is no such track.
        DataNotAvailableError: The training file is in no known place.
    """
    if track not in TURBOFAN_NAMES:
        raise UsageError(f"{TURBOFAN.card.id} has no track {track!r}; tracks: {', '.join(TURBOFAN_NAMES)}")
    return train_boosting(
        TURBOFAN, files, Draw(track), folder, name=TURBOFAN_NAMES[track], trained_on=["C-MAPSS FD001, training split"]
    )


def build_turbofan_counter(files: DataFiles, folder: Path) -> Path:
    """``build_turbofan`` for the track ``counter``."""
    return build_turbofan(files, folder, track="counter")


def build_fleet(files: DataFiles, folder: Path) -> Path:
    """Trains the baseline of ``fleet-rul`` on the training split of its practice draw.

    Args:
        files: Passed on to the task; the fleet needs no data.
        folder: The submission folder to write; replaced if it is there.

    Returns:
        The folder.
    """
    draw = Draw(FLEET.card.tracks[0].name)
    return train_boosting(
        FLEET, files, draw, folder, name="gradient-boosting-fleet", trained_on=["fleet-rul, training split"]
    )


def train_boosting(
    task: Task,
    files: DataFiles,
    draw: Draw,
    folder: Path,
    *,
    name: str,
    trained_on: list[str],
    features: SeriesSummary = _FEATURES,
    split: str = "train",
    trees: int = TREES,
    seed: int = SEED,
) -> Path:
    """Trains gradient boosting on an exported split of any ``regression`` task and writes a submission folder.

    The folder appears whole or not at all; the same data, recipe and packages make the same bytes.

    Args:
        task: Its ``examples`` give inputs and targets; the target column is ``value``.
        files: Where the data is found.
        draw: Which inputs: the track is the one that the model is declared for.
        folder: The submission folder to write; replaced if it is there.
        name: Name on the board.
        trained_on: Data sets named in the manifest.
        features: The declared feature step.
        split: Exported split to train on.
        trees: Boosting rounds.
        seed: Seed of the estimator.

    Returns:
        The folder.

    Raises:
        UsageError: The task exports no such split, or the folder holds something else than a baseline.
        DataNotAvailableError: A data file is in no known place.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped, unused-ignore]

    examples = task.examples(files, split, draw)
    matrix = features.matrix(examples.inputs, examples.inputs.schema)  # (n, f)
    target = examples.targets.column("value").to_numpy()  # (n,)
    model = HistGradientBoostingRegressor(max_iter=trees, early_stopping=False, random_state=seed)
    with threadpool_limits(limits=1):  # the number of threads is written into the model, and would change its digest
        model.fit(matrix, target)
    one_track = len(task.card.tracks) == 1
    manifest = {
        "schema_version": "submission/1",
        "name": name,
        "vendor": "SectorBench",
        "version": "1",
        "country": None,
        "licence": "Apache-2.0",
        "contact": None,
        "description": f"{trees} boosted trees on {matrix.shape[1]} features of the last {features.windows[-1]} steps",
        "adapter": "skops",
        "interfaces": ["regression"],
        "tasks": [task.card.id if one_track else f"{task.card.id}#{draw.track}"],
        "precision": "float32",
        "trained_on": trained_on,
        "options": {"file": MODEL_FILE, "features": features.as_options()},
    }
    write_skops_folder(folder, manifest, model)
    return folder
