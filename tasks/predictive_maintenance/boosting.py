"""Ridge and gradient boosting on series features: the baselines for remaining life.

The recipes were fixed beforehand and never tuned on a test set: all rows of the official training split, one seed; 150
trees, or a ridge penalty of 1.
"""

from __future__ import annotations

from pathlib import Path

from ...harness.adapters.series_features import SeriesSummary
from ...harness.data import DataFiles
from ...harness.errors import UsageError
from ...harness.task import Draw
from .cmapss import SUBSETS
from .feature_models import TREES, boosted_trees, ridge, train_on_features
from .fleet_rul import TASK as FLEET
from .fleet_rul import labelled
from .turbofan_cost import TASK as COST
from .turbofan_features import summary_features
from .turbofan_rul import TASKS as TURBOFANS

__all__ = ["build_cost", "build_fleet", "build_turbofan", "turbofan_baseline_name"]

_MODELS = {
    "gradient-boosting": (boosted_trees, f"{TREES} boosted trees"),
    "ridge": (ridge, "ridge regression"),
}


def turbofan_baseline_name(model: str, subset: str, track: str) -> str:
    """What a baseline of C-MAPSS is called, such as ``ridge-fd002-counter``; ``cost`` stands for ``turbofan-cost``."""
    return f"{model}-{subset.lower()}" + ("" if track == "no-counter" else f"-{track}")


def build_turbofan(files: DataFiles, folder: Path, *, model: str, subset: str, track: str = "no-counter") -> Path:
    """Trains one baseline of C-MAPSS.

    Args:
        files: Where the data is found.
        folder: The submission folder to write; replaced if it is there.
        model: ``ridge`` or ``gradient-boosting``.
        subset: ``FD001`` to ``FD004``.
        track: ``no-counter`` or ``counter``.

    Returns:
        The folder.

    Raises:
        UsageError: There is no such track.
        DataNotAvailableError: The training file is in no known place.
    """
    task = TURBOFANS[subset]
    if track not in (tracks := [t.name for t in task.card.tracks]):
        raise UsageError(f"{task.card.id} has no track {track!r}; tracks: {', '.join(tracks)}")
    make, what = _MODELS[model]
    return train_on_features(
        task,
        files,
        Draw(track),
        folder,
        name=turbofan_baseline_name(model, subset, track),
        what=what,
        model=make(),
        features=lambda examples: summary_features(examples, SUBSETS[subset]),
        trained_on=[f"C-MAPSS {subset}, training split"],
    )


def build_cost(files: DataFiles, folder: Path, *, model: str, track: str) -> Path:
    """Trains one baseline of ``turbofan-cost`` on its own training engines.

    Args:
        files: Where the data is found.
        folder: The submission folder to write; replaced if it is there.
        model: ``ridge`` or ``gradient-boosting``.
        track: ``no-counter`` or ``counter``.

    Returns:
        The folder.

    Raises:
        DataNotAvailableError: The training file is in no known place.
    """
    make, what = _MODELS[model]
    return train_on_features(
        COST,
        files,
        Draw(track),
        folder,
        name=turbofan_baseline_name(model, "cost", track),
        what=what,
        model=make(),
        features=lambda examples: summary_features(examples, COST.subset),
        trained_on=["C-MAPSS FD001, training engines of odd numbers"],
    )


def build_fleet(files: DataFiles, folder: Path) -> Path:
    """Trains the baseline of ``fleet-rul`` on the training split of its practice draw.

    Args:
        files: Passed on to the task; the fleet needs no data.
        folder: The submission folder to write; replaced if it is there.

    Returns:
        The folder.
    """
    make, what = _MODELS["gradient-boosting"]
    return train_on_features(
        FLEET,
        files,
        Draw(FLEET.card.tracks[0].name),
        folder,
        name="gradient-boosting-fleet",
        what=what,
        model=make(),
        features=lambda examples: SeriesSummary(windows=(30,), short_steps=5, static="no-baselines"),
        trained_on=["fleet-rul, training split"],
        chosen=labelled,
    )
