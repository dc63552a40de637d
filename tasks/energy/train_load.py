"""Trains the PatchTST forecasters of the area and writes them as ordinary submission folders.

``python -m sectorbench.tasks.energy.train_load --name patchtst-load-h1 --to DIR`` repeats one on one CPU thread.
Columns and zones are read one by one by one set of weights. The quantiles that go with a checkpoint are those of the
residuals on the last fifth of the training part, forecast by a model of the same recipe that was trained on the rest.

Letters: n = forecasts, t = steps of the context, h = steps ahead, y = targets.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ...harness.adapters.forecast_answers import filled, histories, spread_of
from ...harness.adapters.residual_quantiles import RESIDUALS_NAME, ResidualQuantiles
from ...harness.adapters.series_config import CONFIG_NAME
from ...harness.adapters.series_preprocessing import PREPROCESSOR_NAME, Preprocessing
from ...harness.data import DataFiles
from ...harness.interfaces import table_info
from ...harness.task import Draw
from ..baseline_folder import own_manifest, write_baseline_folder
from ..patchtst_networks import WEIGHTS_NAME, patchtst_config, transformers_files
from ..training_command import ended, told_on_stderr
from ..training_loop import Told, run_steps, seeded, silent
from .city_day_ahead import TASK as CITY
from .grid_day_ahead import TASK as GRID
from .load_models import held_out, target_values
from .load_series import season_scale
from .load_task import LoadForecast
from .plant_quarter_hour import TASK as PLANT
from .simulated_day_ahead import TASK as SIMULATED
from .transformer_load import TASKS as STATIONS

if TYPE_CHECKING:
    import torch

__all__ = ["NETWORKS", "LoadNetwork", "build_network", "main", "train_network"]

FloatArray = npt.NDArray[np.float64]
_ROWS_AT_ONCE = 256


@dataclass(frozen=True)
class LoadNetwork:
    """How one checkpoint is made.

    Attributes:
        task: That it is made for.
        context: Steps that it reads.
        patch: Steps per patch.
        stride: Steps from patch to patch.
        every: Steps from origin to origin of the training forecasts.
        steps: Batches seen.
        batch_rows: Forecasts per batch.
        width: Numbers per token.
        layers: Encoder layers.
        dropout: In the feed-forward part.
        head_dropout: Before the head.
        peak_rate: Of AdamW, see ``training_loop``.
        seed: Of weights and batches.
        absolute: The loss is the scaled absolute error; else the squared one of standardised numbers.
    """

    task: LoadForecast
    context: int
    patch: int
    stride: int
    every: int
    steps: int = 600
    batch_rows: int = 32
    width: int = 16
    layers: int = 2
    dropout: float = 0.1
    head_dropout: float = 0.2
    peak_rate: float = 3e-3
    seed: int = 0
    absolute: bool = True


def _station(name: str) -> LoadNetwork:
    quarter = name[0] == "m"
    return LoadNetwork(STATIONS[name], 336, 24, 12, every=4 if quarter else 1, absolute=False)


NETWORKS: Mapping[str, LoadNetwork] = {
    "patchtst-load-grid": LoadNetwork(GRID, 672, 24, 24, every=24, batch_rows=128, width=32, steps=1_500),
    "patchtst-load-city": LoadNetwork(CITY, 1_008, 36, 36, every=36, batch_rows=64),
    "patchtst-load-plant": LoadNetwork(PLANT, 1_344, 96, 96, every=24, batch_rows=64, steps=400),
    "patchtst-load-simulated": LoadNetwork(SIMULATED, 672, 24, 24, every=24, batch_rows=128, width=32, steps=1_000),
} | {f"patchtst-load-{name}": _station(name) for name in STATIONS}
"""Name of a checkpoint to its recipe."""


def build_network(files: DataFiles, folder: Path, *, name: str, told: Told = silent) -> Path:
    """Trains one checkpoint with its recipe; an entry of the table of baselines.

    Args:
        files: Where the data is found.
        folder: The submission folder to write; replaced if it is there.
        name: One of ``NETWORKS``.
        told: Gets a line now and then.

    Returns:
        The folder.

    Raises:
        DataNotAvailableError: A data file is in no known place.
        UsageError: The folder holds something that no baseline wrote.
    """
    return train_network(files, folder, name, NETWORKS[name], told=told)


def train_network(files: DataFiles, folder: Path, name: str, recipe: LoadNetwork, *, told: Told = silent) -> Path:
    """The same with a recipe of one's own; see ``build_network``."""
    card = recipe.task.card
    draw = Draw(next((t.name for t in card.tracks if t.name == "no-weather"), card.tracks[0].name))

    def contents() -> Mapping[str, bytes]:
        data = _windows(recipe, files, draw)
        model, residuals = _trained(recipe, data, told)
        return transformers_files(model) | {
            PREPROCESSOR_NAME: (json.dumps(data.preprocessing.as_json(), indent=1) + "\n").encode(),
            RESIDUALS_NAME: json.dumps(residuals.as_json(), separators=(",", ":")).encode(),
        }

    manifest = own_manifest(
        name,
        description=f"PatchTST on the last {recipe.context} steps, {recipe.steps:,} batches on one CPU thread; "
        "quantiles from residuals",
        adapter="transformers-series",
        interface="forecasting",
        tasks=[card.id],
        trained_on=[f"{card.name}, training part"],
    )
    names = (CONFIG_NAME, WEIGHTS_NAME, PREPROCESSOR_NAME, RESIDUALS_NAME)
    write_baseline_folder(folder, manifest, contents, names=names)
    return folder


class _Windows(NamedTuple):
    """Training forecasts as a network's numbers.

    Attributes:
        past: Scaled, without gaps, shape ``(n, t, y)``.
        future: Scaled, NaN where nothing was measured, shape ``(n, h, y)``.
        weight: What an error is divided by, in scaled numbers, shape ``(n, y)``.
        spread: Of the week before the origin, in scaled numbers, shape ``(n, y)``.
        held: Forecasts that residuals are measured on, shape ``(n,)``.
        preprocessing: That scaled them.
    """

    past: npt.NDArray[np.float32]
    future: npt.NDArray[np.float32]
    weight: npt.NDArray[np.float32]
    spread: FloatArray
    held: npt.NDArray[np.bool_]
    preprocessing: Preprocessing


def _windows(recipe: LoadNetwork, files: DataFiles, draw: Draw) -> _Windows:
    """All training forecasts of a task."""
    task, plan = recipe.task, recipe.task.plan(draw)
    examples = task.training_rows(files, draw, stride=recipe.every)
    schema, n = examples.inputs.schema, examples.inputs.num_rows
    names = [q["name"] for q in table_info(schema)["channels"]][: plan.targets]
    train = {name: item.values[: item.train_steps, : plan.targets] for name, item in task.items(files, draw).items()}
    known = np.concatenate(list(train.values()))
    mean, deviation = np.nanmean(known, axis=0), np.nanstd(known, axis=0)
    past = filled(histories(examples.inputs, schema), plan.day)
    future = target_values(examples.targets, plan)
    weight = np.ones((n, plan.targets))
    if recipe.absolute:
        scale = {name: season_scale(values, plan.seasons[0]) / deviation for name, values in train.items()}
        weight = np.stack([scale[name] for name in examples.inputs.column("item").to_pylist()])
    return _Windows(
        past=((past[:, -recipe.context :] - mean) / deviation).astype(np.float32),
        future=((future - mean) / deviation).astype(np.float32),
        weight=weight.astype(np.float32),
        spread=spread_of(past[:, -min(7 * plan.day, plan.history) :]) / deviation,
        held=held_out(examples.inputs),
        preprocessing=Preprocessing(tuple(names), (), tuple(mean.tolist()), tuple(deviation.tolist()), 0.0, 1.0),
    )


def _trained(recipe: LoadNetwork, data: _Windows, told: Told) -> tuple[Any, ResidualQuantiles]:
    """The network, trained on everything, and the residuals of its like that was trained without the held part."""
    told("without the last fifth, for residuals")
    like = _network(recipe, data, np.flatnonzero(~data.held), told)
    held = np.flatnonzero(data.held)
    residuals = data.future[held].astype(np.float64) - _predicted(like, data.past[held])
    plan = recipe.task.plan(Draw(recipe.task.card.tracks[0].name))
    if recipe.absolute:
        quantiles = ResidualQuantiles.of_residuals(residuals, data.spread[held], min(7 * plan.day, plan.history))
    else:
        quantiles = ResidualQuantiles.of_residuals(residuals * np.array(data.preprocessing.scale), None, None)
    told("on the whole training part")
    return _network(recipe, data, np.arange(len(data.held)), told), quantiles


def _network(recipe: LoadNetwork, data: _Windows, rows: npt.NDArray[np.int64], told: Told) -> Any:
    """A network after all steps on batches of some forecasts."""
    import torch
    import transformers

    with seeded(recipe.seed):
        config = patchtst_config(
            channels=data.past.shape[2],
            steps=recipe.context,
            patch=recipe.patch,
            stride=recipe.stride,
            width=recipe.width,
            layers=recipe.layers,
            dropout=recipe.dropout,
            head_dropout=recipe.head_dropout,
            prediction_length=data.future.shape[1],
            scaling="std",
            pooling_type=None,  # the head sees every patch in its place
        )
        model = transformers.PatchTSTForPrediction(config)
        told(f"{sum(one.numel() for one in model.parameters()):,} weights, {len(rows):,} forecasts")

        def loss() -> torch.Tensor:
            chosen = rows[torch.randint(len(rows), (recipe.batch_rows,)).numpy()]
            said = model(past_values=torch.from_numpy(data.past[chosen])).prediction_outputs  # (n, h, y)
            wanted = torch.from_numpy(data.future[chosen])
            there = torch.isfinite(wanted)
            error = torch.where(there, torch.nan_to_num(wanted) - said, 0.0)
            error = error / torch.from_numpy(data.weight[chosen])[:, None]
            each = error.abs() if recipe.absolute else error**2
            return each.sum() / there.sum()

        return run_steps(
            model,
            loss,
            steps=recipe.steps,
            peak_rate=recipe.peak_rate,
            weight_decay=0.01,
            said=lambda seen: f"loss {seen:.4f}",
            told=told,
        )


def _predicted(model: Any, past: npt.NDArray[np.float32]) -> FloatArray:
    """Forecasts in scaled numbers, shape ``(n, h, y)``."""
    import torch

    with torch.inference_mode():
        parts = [
            model(past_values=torch.from_numpy(past[first : first + _ROWS_AT_ONCE])).prediction_outputs
            for first in range(0, len(past), _ROWS_AT_ONCE)
        ]
    said: FloatArray = torch.cat(parts).to(torch.float64).numpy()
    return said


def main(arguments: Sequence[str]) -> int:
    """Trains one checkpoint and writes it; ``--help`` lists the names."""
    parser = argparse.ArgumentParser(prog="train_load", description="train a PatchTST forecaster of the energy area")
    parser.add_argument("--name", choices=sorted(NETWORKS), required=True, help="checkpoint to train")
    parser.add_argument("--to", type=Path, required=True, metavar="DIR", help="submission folder to write; replaced")
    parser.add_argument("--steps", type=int, help="batches (default: those of the recipe)")
    given = parser.parse_args(arguments)
    recipe = NETWORKS[given.name]
    recipe = recipe if given.steps is None else replace(recipe, steps=given.steps)
    files = DataFiles.from_environment(download=True)
    return ended(lambda: f"written: {train_network(files, given.to, given.name, recipe, told=told_on_stderr)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
