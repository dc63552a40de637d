"""Trains the PatchTST, PatchTSMixer and GRU baselines of C-MAPSS and writes them as ordinary submission folders.

``python -m sectorbench.tasks.predictive_maintenance.train_turbofan --subset FD001 --to DIR`` repeats one on one CPU
thread. The recipe was chosen on training engines, each held out once in five folds (``--validate``), never on a test
set; of those engines rows with more than 150 cycles left do not count, since test sets have few of them.
"""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...harness.data import DataFiles
from ...harness.task import Draw, Examples
from ..training_command import finished, told_on_stderr, training_parser
from .cmapss import SUBSETS
from .series_training import (
    Architecture,
    Preprocessing,
    Recipe,
    Told,
    fit_preprocessing,
    held_out_rmse,
    silent,
    train_checkpoint,
    write_checkpoint_folder,
)
from .turbofan_cards import HISTORY_MAX_CYCLES
from .turbofan_cost import TASK as COST
from .turbofan_features import SENSORS, fit_regimes
from .turbofan_rul import TASKS, TurbofanRul

__all__ = [
    "RECIPES",
    "build_checkpoint",
    "build_cost_checkpoint",
    "checkpoint_name",
    "main",
    "recipe_of",
    "train_turbofan",
    "validate_recipe",
]

_SHARED = Recipe(
    steps=3_000, batch_rows=64, patch=10, heads=2, dropout=0.1, earlier_max=0, gain_jitter=0.3, life_max=175.0
)

RECIPES: dict[Architecture, Recipe] = {
    "PatchTST": _SHARED,
    "PatchTSMixer": replace(_SHARED, architecture="PatchTSMixer"),
    "GRU": replace(
        _SHARED, architecture="GRU", steps=2_000, peak_rate=3e-3, weight_decay=0.2, layers=1, gain_jitter=0.4
    ),
}
"""One recipe per architecture, where a subset has none of its own. Every cycle is a row: none is asked earlier."""

_PATCHTST = {"FD001": replace(_SHARED, layers=1, members=4), "FD003": replace(_SHARED, members=4)}
"""Of PatchTST where engines run in one regime: seeds differ by more than recipes do, and the mean of a few networks
errs by less than each. On FD001 one layer is enough, on FD003 two err by less."""

_TRACK = "no-counter"
_VALIDATED_LIFE_MAX_CYCLES = 150
_FOLDS = 5


def recipe_of(architecture: Architecture, subset: str) -> Recipe:
    """The recipe of a shipped checkpoint."""
    own = _PATCHTST if architecture == "PatchTST" else {}
    return own.get(subset, RECIPES[architecture])


def checkpoint_name(architecture: Architecture, subset: str) -> str:
    """What a checkpoint is called on the board, such as ``patchtst-fd001``."""
    return f"{architecture.lower()}-{subset.lower()}"


def build_checkpoint(files: DataFiles, folder: Path, *, architecture: Architecture, subset: str) -> Path:
    """Trains a checkpoint with its shipped recipe; an entry of the table of baselines.

    Args:
        files: Where the data is found.
        folder: The submission folder to write; replaced if it is there.
        architecture: ``PatchTST``, ``PatchTSMixer`` or ``GRU``.
        subset: ``FD001`` to ``FD004``.

    Returns:
        The folder.

    Raises:
        DataNotAvailableError: The training file is in no known place.
    """
    return train_turbofan(files, folder, subset, recipe_of(architecture, subset))


def train_turbofan(files: DataFiles, folder: Path, subset: str, recipe: Recipe, *, told: Told = silent) -> Path:
    """Trains on a subset's training split and writes a submission folder, whole or not at all.

    Args:
        files: Where the data is found.
        folder: The submission folder to write; replaced if it is there.
        subset: ``FD001`` to ``FD004``.
        recipe: How.
        told: Gets a line now and then.

    Returns:
        The folder.

    Raises:
        DataNotAvailableError: The training file is in no known place.
        UsageError: The folder holds something that no baseline wrote.
    """
    name, trained_on = checkpoint_name(recipe.architecture, subset), [f"C-MAPSS {subset}, training split"]
    return _train(TASKS[subset], files, folder, recipe, name=name, trained_on=trained_on, told=told)


def build_cost_checkpoint(files: DataFiles, folder: Path, *, architecture: Architecture) -> Path:
    """Trains a checkpoint of ``turbofan-cost`` on its own training engines, with quantiles.

    Args:
        files: Where the data is found.
        folder: The submission folder to write; replaced if it is there.
        architecture: ``GRU``: the others tell no quantiles.

    Returns:
        The folder.

    Raises:
        DataNotAvailableError: The training file is in no known place.
    """
    recipe = replace(RECIPES[architecture], quantiles=True)
    trained_on = ["C-MAPSS FD001, training engines of odd numbers"]
    name = checkpoint_name(architecture, "cost")
    return _train(COST, files, folder, recipe, name=name, trained_on=trained_on, told=silent)


def _train(
    task: TurbofanRul,
    files: DataFiles,
    folder: Path,
    recipe: Recipe,
    *,
    name: str,
    trained_on: list[str],
    told: Told,
) -> Path:
    examples = task.examples(files, "train", Draw(_TRACK))
    preprocessing = _preprocessing(examples, task.subset.name)
    model = train_checkpoint(examples, preprocessing, recipe, context_length=HISTORY_MAX_CYCLES, told=told)
    asked = f"{task.card.id}#{_TRACK}"
    return write_checkpoint_folder(folder, model, preprocessing, name=name, task=asked, trained_on=trained_on)


def validate_recipe(files: DataFiles, subset: str, recipe: Recipe, *, told: Told = silent) -> float:
    """RMSE in cycles, labels and answers in 0..125, on all training engines, each asked of a model trained without it.

    Engines are held out in five folds by their number; the error is that of all rows of the folds together.

    Args:
        files: Where the data is found.
        subset: ``FD001`` to ``FD004``.
        recipe: How.
        told: Gets a line now and then, and the RMSE of each fold.
    """
    examples = TASKS[subset].examples(files, "train", Draw(_TRACK))
    engine = np.array([int(one.split("-")[2]) for one in examples.inputs.column("id").to_pylist()])  # (n,)
    counts = examples.targets.column("rul").to_numpy() <= _VALIDATED_LIFE_MAX_CYCLES  # (n,)
    squares, rows = 0.0, 0
    for fold in range(_FOLDS):
        held = engine % _FOLDS == fold
        asked = ~held | counts
        found = held_out_rmse(
            Examples(*(table.filter(asked) for table in examples)),
            held[asked],
            recipe,
            fit=lambda kept: _preprocessing(kept, subset),
            context_length=HISTORY_MAX_CYCLES,
            told=told,
        )
        told(f"fold {fold + 1} of {_FOLDS}: RMSE {found:.2f} cycles")
        own = int((held & counts).sum())
        squares, rows = squares + own * found**2, rows + own
    return math.sqrt(squares / rows)


def _preprocessing(examples: Examples, subset: str) -> Preprocessing:
    """The moving sensors, normalised by regime where there are several.

    An engine's first cycles are not read: a network knows the training engines by them (tried on held-out engines).
    """
    return fit_preprocessing(examples, channels=SENSORS, static=(), regimes=fit_regimes(examples, SUBSETS[subset]))


def main(arguments: list[str] | None = None) -> int:
    """The command: trains and writes, or validates the recipe; progress goes to standard error."""
    parser = training_parser("train_turbofan", "train a small checkpoint for C-MAPSS", None)
    parser.add_argument("--subset", choices=SUBSETS, default="FD001", help="of C-MAPSS (default: %(default)s)")
    parser.add_argument("--architecture", choices=RECIPES, default="PatchTST", help="(default: %(default)s)")
    given = parser.parse_args(arguments)
    files = DataFiles.from_environment(download=True)
    shipped = recipe_of(given.architecture, given.subset)
    recipe = replace(shipped, seed=given.seed, steps=given.steps or shipped.steps)
    return finished(
        given,
        validate=lambda: validate_recipe(files, given.subset, recipe, told=told_on_stderr),
        said="RMSE {:.2f} cycles on training engines, each held out once in five folds",
        train=lambda folder: train_turbofan(files, folder, given.subset, recipe, told=told_on_stderr),
    )


if __name__ == "__main__":
    sys.exit(main())
