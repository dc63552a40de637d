"""Trains scikit-learn detectors for the anomaly cards and writes them as ordinary submission folders."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...harness.adapters.row_arrays import runs
from ...harness.adapters.step_features import StepLevels
from ...harness.data import DataFiles
from ...harness.interfaces import table_info
from ...harness.task import Draw
from ..baseline_folder import MODEL_FILE, own_manifest, write_skops_folder
from .pump_anomaly import TASK as PUMP

__all__ = ["build_pump_forest"]

_LEVELS = StepLevels(windows=(30,))


def build_pump_forest(files: DataFiles, folder: Path) -> Path:
    """An isolation forest on the run without anomalies: levels of every step and their means over 30 seconds.

    Args:
        files: Where the data is found.
        folder: The submission folder to write; replaced if it is there.

    Returns:
        The folder.

    Raises:
        UsageError: The folder holds something else than a baseline.
        DataNotAvailableError: A data file is in no known place.
    """
    from sklearn.ensemble import IsolationForest

    inputs = PUMP.examples(files, "train", Draw("default")).inputs
    channels = len(table_info(inputs.schema)["channels"])
    (run,) = runs(inputs, channels)
    # Every 400 steps by themselves, as a test run's normal part is: the rig drifts over hours.
    parts = np.array_split(run, len(run) // 400)
    matrix = np.concatenate([_LEVELS.matrix(part, len(part)) for part in parts])  # (t, f)
    model = IsolationForest(n_estimators=200, random_state=0, n_jobs=1).fit(matrix)
    manifest = own_manifest(
        "isolation-forest-pump",
        description="isolation forest of 200 trees on the run without anomalies",
        adapter="skops",
        interface="detection",
        tasks=[PUMP.card.id],
        trained_on=["SKAB, run without anomalies"],
        options={"file": MODEL_FILE, "features": _LEVELS.as_options()},
    )
    write_skops_folder(folder, manifest, model)
    return folder
