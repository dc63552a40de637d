"""Trains scikit-learn classifiers for the classification cards and writes them as ordinary submission folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ...harness.adapters.feature_steps import FeatureStep
from ...harness.adapters.plain_features import StaticFeatures
from ...harness.adapters.segment_features import SeriesSegments
from ...harness.data import DataFiles
from ...harness.interfaces import table_info
from ...harness.task import Draw, Task
from ..baseline_folder import MODEL_FILE, own_manifest, write_skops_folder
from .hydraulic_condition import TASK as HYDRAULIC
from .milling_failure import TASK as MILLING

__all__ = [
    "build_hydraulic_logistic",
    "build_hydraulic_trees",
    "build_milling_boosting",
    "build_milling_forest",
    "build_milling_logistic",
    "train_classifier",
    "write_classifier",
]

# What the data sheet's rules are made of: temperature difference, power and strain.
_PHYSICS = StaticFeatures(
    differences=(("process_temperature", "air_temperature"),),
    products=(("rotational_speed", "torque"), ("tool_wear", "torque")),
)
_RAW = StaticFeatures()
_SIXTHS = SeriesSegments(length=10)  # of a load cycle of 60 s, in which a second means the same in every cycle


def build_milling_logistic(files: DataFiles, folder: Path) -> Path:
    """Logistic regression on the standardised raw columns: what a first look would try."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000))
    return train_classifier(
        MILLING, files, folder, model, _RAW, name="logistic-milling", what="logistic regression on raw columns"
    )


def build_milling_boosting(files: DataFiles, folder: Path) -> Path:
    """Gradient boosting on raw columns, their differences and products."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(max_iter=150, learning_rate=0.06, early_stopping=False, random_state=0)
    return train_classifier(
        MILLING,
        files,
        folder,
        model,
        _PHYSICS,
        name="gradient-boosting-milling",
        what="150 boosted trees on raw columns, temperature difference, power and strain",
    )


def build_milling_forest(files: DataFiles, folder: Path) -> Path:
    """A random forest on raw columns, their differences and products."""
    from sklearn.ensemble import RandomForestClassifier

    model = RandomForestClassifier(200, min_samples_leaf=2, random_state=0, n_jobs=1)
    return train_classifier(
        MILLING,
        files,
        folder,
        model,
        _PHYSICS,
        name="random-forest-milling",
        what="200 trees on raw columns, temperature difference, power and strain",
    )


def build_hydraulic_logistic(files: DataFiles, folder: Path) -> Path:
    """One logistic regression per component, classes weighted alike."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.multioutput import MultiOutputClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    each = MultiOutputClassifier(LogisticRegression(max_iter=2_000, class_weight="balanced"))
    return train_classifier(
        HYDRAULIC,
        files,
        folder,
        make_pipeline(StandardScaler(), each),
        _SIXTHS,
        name="logistic-hydraulic",
        what="a logistic regression per component on mean and spread of every ten seconds",
    )


def build_hydraulic_trees(files: DataFiles, folder: Path) -> Path:
    """Extremely randomised trees per component, classes weighted alike."""
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.multioutput import MultiOutputClassifier

    # A forest of its own per component: one for all four splits by the cooler, the plainest, and little else.
    trees = ExtraTreesClassifier(150, max_features=0.3, class_weight="balanced", random_state=0, n_jobs=1)
    return train_classifier(
        HYDRAULIC,
        files,
        folder,
        MultiOutputClassifier(trees),
        _SIXTHS,
        name="extra-trees-hydraulic",
        what="150 extremely randomised trees per component on mean and spread of every ten seconds",
    )


def train_classifier(
    task: Task,
    files: DataFiles,
    folder: Path,
    model: Any,
    features: FeatureStep,
    *,
    name: str,
    what: str,
) -> Path:
    """Fits a classifier on the first track's training split and writes it as a submission folder.

    Args:
        task: Of the interface ``classification``, with exclusive heads. The targets of several are the columns of their
            names, those of a single one the column ``class``.
        files: Where the data is found.
        folder: The submission folder to write; replaced if it is there.
        model: An estimator.
        features: The declared feature step.
        name: Of the submission.
        what: One sentence for people.

    Returns:
        The folder.

    Raises:
        UsageError: The folder holds something else than a baseline.
        DataNotAvailableError: A data file is in no known place.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped, unused-ignore]

    examples = task.examples(files, "train", Draw(task.card.tracks[0].name))
    matrix = features.matrix(examples.inputs, examples.inputs.schema)  # (n, f)
    heads = [head["name"] for head in table_info(examples.inputs.schema)["heads"]]
    targets = [examples.targets.column(name).to_numpy() for name in (heads if len(heads) > 1 else ["class"])]
    with threadpool_limits(limits=1):  # the number of threads is written into the model, and would change its digest
        model.fit(matrix, np.column_stack(targets) if len(heads) > 1 else targets[0])
    return write_classifier(task, folder, model, features, name=name, what=what)


def write_classifier(
    task: Task,
    folder: Path,
    model: Any,
    features: FeatureStep,
    *,
    name: str,
    what: str,
    threshold: float | None = None,
) -> Path:
    """Writes a fitted classifier as a submission folder, with the threshold that it decides by, if it has one.

    Raises:
        UsageError: The folder holds something else than a baseline.
    """
    options: dict[str, Any] = {"file": MODEL_FILE, "features": features.as_options()}
    manifest = own_manifest(
        name,
        description=what,
        adapter="skops",
        interface="classification",
        tasks=[task.card.id],
        trained_on=[f"{task.card.name}, training split"],
        options=options if threshold is None else options | {"threshold": threshold},
    )
    write_skops_folder(folder, manifest, model)
    return folder
