"""Trains the PatchTST baseline of ``pump-anomaly``, a forecaster, and writes it as an ordinary submission folder.

``python -m sectorbench.tasks.predictive_maintenance.train_pump --to DIR`` repeats it on one CPU thread. It sees the run
without anomalies alone; the recipe was chosen by the forecast's error on that run's last fifth (``--validate``), never
by an anomaly.

Letters: n = windows, l = steps of a context, c = channels.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ...harness.adapters.forecast_errors import contexts_before
from ...harness.data import DataFiles
from ...harness.task import Draw
from ..patchtst_networks import patchtst_config
from ..training_command import finished, told_on_stderr, training_parser
from ..training_loop import Told, run_steps, seeded, silent
from .checkpoint_folders import write_checkpoint_folder
from .pump_anomaly import TASK
from .series_training import fit_preprocessing

if TYPE_CHECKING:
    import torch

__all__ = ["Recipe", "build_pump", "main", "train_forecaster", "train_pump", "validate_recipe"]

_HELD_SHARE = 0.2
_LEAST_SCALE: dict[str, Any] = {"minimum_scale": 0.1}
"""Least variance that a context is scaled by: a padded 0 lies so many deviations off as the context's mean is large."""
Readings = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Recipe:
    """How the checkpoint is made.

    Attributes:
        seed: Of weights and batches.
        steps: Batches seen.
        batch_rows: Windows per batch.
        peak_rate: Of AdamW, see ``training_loop``.
        weight_decay: Of AdamW.
        context: Steps that a forecast is made from.
        patch: Steps per patch, without overlap.
        width: Numbers per token.
        layers: Encoder layers.
        dropout: In the feed-forward part and before the head.
        short_share: Share of windows that begin within their context, as those of a run's first steps do.
    """

    seed: int = 0
    steps: int = 2_000
    batch_rows: int = 64
    peak_rate: float = 3e-3
    weight_decay: float = 0.05
    context: int = 32
    patch: int = 4
    width: int = 32
    layers: int = 2
    dropout: float = 0.1
    short_share: float = 0.1


def build_pump(files: DataFiles, folder: Path) -> Path:
    """Trains the checkpoint with the shipped recipe; an entry of the table of baselines.

    Args:
        files: Where the data is found.
        folder: The submission folder to write; replaced if it is there.

    Returns:
        The folder.

    Raises:
        DataNotAvailableError: A data file is in no known place.
    """
    return train_pump(files, folder, Recipe())


def train_pump(files: DataFiles, folder: Path, recipe: Recipe, *, told: Told = silent) -> Path:
    """Trains on the run without anomalies and writes a submission folder, whole or not at all.

    Args:
        files: Where the data is found.
        folder: The submission folder to write; replaced if it is there.
        recipe: How.
        told: Gets a line now and then.

    Returns:
        The folder.

    Raises:
        DataNotAvailableError: A data file is in no known place.
        UsageError: The folder holds something that no baseline wrote.
    """
    inputs = TASK.examples(files, "train", Draw("default"))
    preprocessing = fit_preprocessing(inputs)
    run = preprocessing.scaled(inputs.inputs, inputs.inputs.schema).own  # (steps, c)
    model = train_forecaster(run, recipe, told=told)
    return write_checkpoint_folder(
        folder,
        model,
        preprocessing,
        name="patchtst-pump",
        task=TASK.card.id,
        trained_on=[f"{TASK.card.name}, run without anomalies"],
        interface="detection",
    )


def train_forecaster(run: Readings, recipe: Recipe, *, told: Told = silent) -> Any:
    """The model after all steps: one step ahead, each channel's error counted in the spread of its single steps.

    Args:
        run: Scaled readings without gaps, shape ``(steps, c)``.
        recipe: How.
        told: Gets a line now and then.
    """
    import torch

    contexts = contexts_before(run, recipe.context)  # (n, l, c)
    usual = torch.from_numpy(np.diff(run, axis=0).std(axis=0))  # (c,)

    def loss() -> torch.Tensor:
        step = torch.randint(recipe.context, len(run), (recipe.batch_rows,))
        short = torch.rand(recipe.batch_rows) < recipe.short_share
        left = torch.where(short, torch.randint(recipe.context, (recipe.batch_rows,)), recipe.context)  # steps given
        there = torch.arange(recipe.context) >= recipe.context - left[:, None]  # (n, l)
        past = torch.from_numpy(contexts[step.numpy()].copy()) * there[:, :, None]
        mask = there[:, :, None].float().expand_as(past)
        said = model(past_values=past, past_observed_mask=mask).prediction_outputs[:, 0]  # (n, c)
        whole = left == recipe.context
        # A short context's error is another's size: it may not drown the others', and counts as its logarithm.
        error = (((said - torch.from_numpy(run[step.numpy()])) / usual) ** 2).mean(dim=1)  # (n,)
        return torch.where(whole, error, torch.log1p(error)).mean()

    with seeded(recipe.seed):
        model = _new_model(run.shape[1], recipe)
        return run_steps(
            model,
            loss,
            steps=recipe.steps,
            peak_rate=recipe.peak_rate,
            weight_decay=recipe.weight_decay,
            said=lambda value: f"error {value**0.5:.3f} single steps",
            told=told,
        )


def validate_recipe(files: DataFiles, recipe: Recipe, *, told: Told = silent) -> float:
    """Root mean square error on the run's last fifth after training on the rest, in that of the last reading.

    Args:
        files: Where the data is found.
        recipe: How.
        told: Gets a line now and then.
    """
    inputs = TASK.examples(files, "train", Draw("default"))
    run = fit_preprocessing(inputs).scaled(inputs.inputs, inputs.inputs.schema).own
    cut = int((1 - _HELD_SHARE) * len(run))
    model = train_forecaster(run[:cut], recipe, told=told)
    held = run[cut - recipe.context :]
    contexts = contexts_before(held, recipe.context)[recipe.context :]
    truth, last = held[recipe.context :], held[recipe.context - 1 : -1]
    usual = np.diff(run[:cut], axis=0).std(axis=0)
    error, of_last = (float((((one - truth) / usual) ** 2).mean()) for one in (_said(model, contexts), last))
    return float(np.sqrt(error / of_last))


def _said(model: Any, contexts: Readings) -> Readings:
    import torch

    given = torch.split(torch.from_numpy(contexts.copy()), 512)
    with torch.inference_mode():
        parts = [model(past_values=one).prediction_outputs[:, 0] for one in given]
    found: Readings = torch.cat(parts).numpy()
    return found


def _new_model(channels: int, recipe: Recipe) -> Any:
    import transformers

    config = patchtst_config(
        channels=channels,
        steps=recipe.context,
        patch=recipe.patch,
        width=recipe.width,
        layers=recipe.layers,
        dropout=recipe.dropout,
        prediction_length=1,
        channel_attention=False,
        share_embedding=True,
        scaling="std",  # by its context: the runs stand at other levels than the one that is trained on
        **_LEAST_SCALE,
    )
    return transformers.PatchTSTForPrediction(config)


def main(arguments: list[str] | None = None) -> int:
    """The command: trains and writes, or validates the recipe; progress goes to standard error."""
    shipped = Recipe()
    parser = training_parser("train_pump", "train the PatchTST of pump-anomaly", shipped)
    given = parser.parse_args(arguments)
    files = DataFiles.from_environment(download=True)
    recipe = replace(shipped, seed=given.seed, steps=given.steps)
    return finished(
        given,
        validate=lambda: validate_recipe(files, recipe, told=told_on_stderr),
        said="error {:.3f} of the last reading's on the last fifth of the run without anomalies",
        train=lambda folder: train_pump(files, folder, recipe, told=told_on_stderr),
    )


if __name__ == "__main__":
    sys.exit(main())
