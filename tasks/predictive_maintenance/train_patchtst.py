"""Trains the tiny PatchTST that ships for ``fleet-rul`` and writes it as an ordinary submission folder.

``python -m sectorbench.tasks.predictive_maintenance.train_patchtst --to DIR`` repeats it on one CPU thread. The recipe
was chosen on every fifth training machine held out (``--validate``), never on a test set.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...harness.data import DataFiles
from ...harness.task import Draw
from ..training_command import finished, told_on_stderr, training_parser
from .fleet_rul import HISTORY_MAX_CYCLES, TASK, labelled
from .series_training import (
    Recipe,
    Told,
    fit_preprocessing,
    held_out_rmse,
    silent,
    train_checkpoint,
    write_checkpoint_folder,
)

__all__ = ["Recipe", "build_patchtst_fleet", "main", "train_patchtst", "validate_recipe"]


def build_patchtst_fleet(files: DataFiles, folder: Path) -> Path:
    """Trains the checkpoint with the shipped recipe; an entry of the table of baselines.

    Args:
        files: Passed on to the task; the fleet needs no data.
        folder: The submission folder to write; replaced if it is there.

    Returns:
        The folder.
    """
    return train_patchtst(files, folder, Recipe())


def train_patchtst(files: DataFiles, folder: Path, recipe: Recipe, *, told: Told = silent) -> Path:
    """Trains on the task's training split and writes a submission folder, whole or not at all.

    Args:
        files: Passed on to the task.
        folder: The submission folder to write; replaced if it is there.
        recipe: How.
        told: Gets a line now and then.

    Returns:
        The folder.
    """
    examples = labelled(TASK.examples(files, "train", Draw(TASK.card.tracks[0].name)))
    preprocessing = fit_preprocessing(examples)
    model = train_checkpoint(examples, preprocessing, recipe, context_length=HISTORY_MAX_CYCLES, told=told)
    return write_checkpoint_folder(
        folder,
        model,
        preprocessing,
        name="patchtst-fleet",
        task=TASK.card.id,
        trained_on=["fleet-rul, training split"],
    )


def validate_recipe(files: DataFiles, recipe: Recipe, *, told: Told = silent) -> float:
    """RMSE in cycles, labels and answers in 0..125, on every fifth training machine after training on the others.

    Args:
        files: Passed on to the task.
        recipe: How.
        told: Gets a line now and then.
    """
    examples = labelled(TASK.examples(files, "train", Draw(TASK.card.tracks[0].name)))
    machine = np.array([int(one.split("-")[2]) for one in examples.inputs.column("id").to_pylist()])
    return held_out_rmse(
        examples, machine % 5 == 0, recipe, fit=fit_preprocessing, context_length=HISTORY_MAX_CYCLES, told=told
    )


def main(arguments: list[str] | None = None) -> int:
    """The command: trains and writes, or validates the recipe; progress goes to standard error."""
    shipped = Recipe()
    given = training_parser("train_patchtst", "train the tiny PatchTST for fleet-rul", shipped).parse_args(arguments)
    files = DataFiles(mirror=None, cache=Path(tempfile.gettempdir()))
    recipe = replace(shipped, seed=given.seed, steps=given.steps)
    return finished(
        given,
        validate=lambda: validate_recipe(files, recipe, told=told_on_stderr),
        said="RMSE {:.2f} cycles on held-out training machines",
        train=lambda folder: train_patchtst(files, folder, recipe, told=told_on_stderr),
    )


if __name__ == "__main__":
    sys.exit(main())
