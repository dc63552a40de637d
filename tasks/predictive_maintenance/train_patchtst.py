"""Trains the tiny PatchTST that ships for ``fleet-rul`` and writes it as an ordinary submission folder.

``python -m sectorbench.tasks.predictive_maintenance.train_patchtst --to DIR`` repeats it on one CPU thread. The recipe
was chosen on every fifth training machine held out (``--validate``), never on a test set. The same seed, steps and
packages give the same weights: the end is a number of steps, never a clock.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...harness.adapters.one_thread import one_thread
from ...harness.adapters.transformers_series import CONFIG_NAME, PREPROCESSOR_NAME, Preprocessing
from ...harness.data import DataFiles
from ...harness.interfaces import table_info
from ...harness.task import Draw, Examples
from ..baseline_folder import write_baseline_folder
from .fleet_rul import HISTORY_MAX_CYCLES, TASK
from .rul_metrics import RUL_CAP_CYCLES, root_mean_squared_error

if TYPE_CHECKING:
    import torch

__all__ = ["Recipe", "build_patchtst_fleet", "main", "train_patchtst", "validate_recipe"]

_FILES = (CONFIG_NAME, "model.safetensors", PREPROCESSOR_NAME)


@dataclass(frozen=True)
class Recipe:
    """How the checkpoint is made.

    Attributes:
        seed: Of weights, batches and augmentation.
        steps: Batches seen.
        batch_rows: Rows per batch.
        peak_rate: Learning rate of AdamW after warm-up over a tenth of the steps; then it falls to 0 as a cosine.
        weight_decay: Of AdamW.
        patch: Cycles per patch, without overlap.
        width: Numbers per token.
        layers: Encoder layers, with attention over patches and over channels.
        dropout: In the feed-forward part and before the head.
        earlier_max: A row is also asked up to so many cycles earlier: its last cycles are cut off, its label rises.
        gain_jitter: Spread of a constant added to each channel of a row, in its standard deviations: more machines.
    """

    seed: int = 0
    steps: int = 2_500
    batch_rows: int = 128
    peak_rate: float = 4e-3
    weight_decay: float = 0.02
    patch: int = 6
    width: int = 32
    layers: int = 2
    dropout: float = 0.05
    earlier_max: int = 12
    gain_jitter: float = 0.08


def build_patchtst_fleet(files: DataFiles, folder: Path) -> Path:
    """Trains the checkpoint with the shipped recipe; an entry of the table of baselines.

    Args:
        files: Passed on to the task; the fleet needs no data.
        folder: The submission folder to write; replaced if it is there.

    Returns:
        The folder.
    """
    return train_patchtst(files, folder, Recipe())


def train_patchtst(
    files: DataFiles, folder: Path, recipe: Recipe, *, told: Callable[[str], None] = lambda line: None
) -> Path:
    """Trains on the task's training split and writes a submission folder, whole or not at all.

    Args:
        files: Passed on to the task.
        folder: The submission folder to write; replaced if it is there.
        recipe: How.
        told: Gets a line now and then.

    Returns:
        The folder.
    """
    examples = TASK.examples(files, "train", Draw(TASK.card.tracks[0].name))
    preprocessing = _fit_preprocessing(examples)
    model = _train(examples, preprocessing, recipe, told=told)
    _write_folder(folder, model, preprocessing)
    return folder


def validate_recipe(files: DataFiles, recipe: Recipe, *, told: Callable[[str], None] = lambda line: None) -> float:
    """RMSE in cycles, labels and answers in 0..125, on every fifth training machine after training on the others.

    Args:
        files: Passed on to the task.
        recipe: How.
        told: Gets a line now and then.
    """
    examples = TASK.examples(files, "train", Draw(TASK.card.tracks[0].name))
    machine = np.array([int(one.split("-")[2]) for one in examples.inputs.column("id").to_pylist()])
    kept, held = (
        Examples(*(table.take(pa.array(np.flatnonzero(mask))) for table in examples))
        for mask in (machine % 5 != 0, machine % 5 == 0)
    )
    preprocessing = _fit_preprocessing(kept)
    model = _train(kept, preprocessing, recipe, told=told)
    predicted = np.clip(_answers(model, preprocessing, held.inputs), 0.0, RUL_CAP_CYCLES)
    return root_mean_squared_error(held.targets.column("value").to_numpy(), predicted)


def _fit_preprocessing(examples: Examples) -> Preprocessing:
    """Names, means and standard deviations of all channels and static features over the rows, NaN left out."""
    info = table_info(examples.inputs.schema)
    channels, static = ([q["name"] for q in info[what]] for what in ("channels", "static"))
    steps = examples.inputs.column("series").combine_chunks().flatten().flatten().to_numpy(zero_copy_only=False)
    features = examples.inputs.column("static").combine_chunks().flatten().to_numpy(zero_copy_only=False)
    mean, scale = [], []
    for values, names in ((steps, channels), (features, static)):
        table = values.reshape(-1, len(names)).astype(np.float64)
        mean += [_six_digits(one) for one in np.nanmean(table, axis=0)]
        scale += [_six_digits(one) for one in np.nanstd(table, axis=0)]
    target = examples.targets.column("value").to_numpy()
    return Preprocessing(
        channels=tuple(channels),
        static=tuple(static),
        mean=tuple(mean),
        scale=tuple(scale),
        target_mean=_six_digits(target.mean()),
        target_scale=_six_digits(target.std()),
    )


def _six_digits(value: float) -> float:
    return float(f"{value:.6g}")


def _new_model(preprocessing: Preprocessing, recipe: Recipe) -> Any:
    from transformers import PatchTSTConfig, PatchTSTForRegression

    low, high = ((end - preprocessing.target_mean) / preprocessing.target_scale for end in (-8.0, RUL_CAP_CYCLES + 8.0))
    config = PatchTSTConfig(
        num_input_channels=len(preprocessing.mean),
        context_length=HISTORY_MAX_CYCLES,
        patch_length=recipe.patch,
        patch_stride=recipe.patch,
        d_model=recipe.width,
        num_hidden_layers=recipe.layers,
        num_attention_heads=4,
        ffn_dim=2 * recipe.width,
        ff_dropout=recipe.dropout,
        head_dropout=recipe.dropout,
        channel_attention=True,  # a reading says something only beside speed and flow of the same cycles
        share_embedding=False,
        positional_encoding_type="sincos",
        norm_type="batchnorm",
        do_mask_input=False,
        scaling=None,  # scaling each row by itself would take away the level, which is what tells wear
        output_range=[_six_digits(low), _six_digits(high)],  # a little beyond 0..125, where a sigmoid still moves
        num_targets=1,
        loss="mse",
    )
    return PatchTSTForRegression(config)


def _train(
    examples: Examples,
    preprocessing: Preprocessing,
    recipe: Recipe,
    *,
    told: Callable[[str], None] = lambda line: None,
) -> Any:
    """The model after all steps, in evaluation mode; global random state is left as it was."""
    import torch

    inputs = examples.inputs
    values, _ = preprocessing.apply(inputs, inputs.schema, context_length=HISTORY_MAX_CYCLES)
    past = torch.from_numpy(values)  # (n, t, c)
    life = torch.from_numpy(examples.targets.column("rul").to_numpy().astype(np.float32))  # (n,), cycles
    with torch.random.fork_rng(devices=[]), one_thread():
        torch.manual_seed(recipe.seed)
        model = _new_model(preprocessing, recipe).train()
        optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.peak_rate, weight_decay=recipe.weight_decay)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, recipe.steps))
        seen = 0.0
        for step in range(recipe.steps):
            rows = torch.randint(len(past), (recipe.batch_rows,))
            batch, label = _augmented(past[rows], life[rows], sensors=len(preprocessing.channels), recipe=recipe)
            target = (label.clamp(max=RUL_CAP_CYCLES) - preprocessing.target_mean) / preprocessing.target_scale
            loss = torch.nn.functional.mse_loss(model(past_values=batch).regression_outputs[:, 0], target)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            seen = 0.99 * seen + 0.01 * loss.item()
            if (step + 1) % 250 == 0:
                spread = math.sqrt(seen / (1 - 0.99 ** (step + 1))) * preprocessing.target_scale
                told(f"step {step + 1} of {recipe.steps}: RMSE {spread:.2f} cycles on the last training batches")
    return model.eval()


def _rate(step: int, steps: int) -> float:
    """Share of the peak learning rate: up in a line over the first tenth, then down as half a cosine."""
    warm = max(1, steps // 10)
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1.0 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def _augmented(
    past: torch.Tensor, life: torch.Tensor, *, sensors: int, recipe: Recipe
) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows asked some cycles earlier, with a constant added to each channel; shapes ``(n, t, c)`` and ``(n,)``."""
    import torch

    n, t, _ = past.shape
    earlier = torch.randint(recipe.earlier_max + 1, (n, 1)) * (torch.rand(n, 1) < 0.5)  # (n, 1)
    step = torch.arange(t) - earlier  # (n, t)
    moved = past[torch.arange(n)[:, None], step.clamp(min=0), :sensors] * (step >= 0)[..., None]
    there = moved != 0  # lost readings and padding are exact zeros and stay so
    moved = moved + there * recipe.gain_jitter * torch.randn(n, 1, sensors)
    return torch.cat([moved, past[:, :, sensors:]], dim=2), life + earlier[:, 0]


def _answers(model: Any, preprocessing: Preprocessing, inputs: pa.Table) -> npt.NDArray[np.float64]:
    """Predicted remaining life in cycles, shape ``(n,)``."""
    import torch

    values, _ = preprocessing.apply(inputs, inputs.schema, context_length=HISTORY_MAX_CYCLES)
    with torch.inference_mode(), one_thread():
        parts = [
            model(past_values=part).regression_outputs[:, 0] for part in torch.split(torch.from_numpy(values), 512)
        ]
    output: npt.NDArray[np.float64] = torch.cat(parts).double().numpy()
    return output * preprocessing.target_scale + preprocessing.target_mean


def _write_folder(folder: Path, model: Any, preprocessing: Preprocessing) -> None:
    manifest = {
        "schema_version": "submission/1",
        "name": "patchtst-fleet",
        "vendor": "SectorBench",
        "version": "1",
        "country": None,
        "licence": "Apache-2.0",
        "contact": None,
        "description": f"PatchTST with {model.num_parameters():,} weights, trained on one CPU thread",
        "adapter": "transformers-series",
        "interfaces": ["regression"],
        "tasks": [TASK.card.id],
        "precision": "float32",
        "trained_on": ["fleet-rul, training split"],
    }
    write_baseline_folder(folder, manifest, lambda: _files(model, preprocessing), names=_FILES)


def _files(model: Any, preprocessing: Preprocessing) -> dict[str, bytes]:
    """What ``save_pretrained`` would write, with the preprocessing beside it."""
    from safetensors.torch import save

    model.config.architectures = [type(model).__name__]
    weights = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    contents = (
        model.config.to_json_string().encode(),
        save(weights, {"format": "pt"}),
        (json.dumps(preprocessing.as_json(), indent=1) + "\n").encode(),
    )
    return dict(zip(_FILES, contents, strict=True))


def main(arguments: list[str] | None = None) -> int:
    """The command: trains and writes, or validates the recipe; progress goes to standard error."""
    shipped = Recipe()
    parser = argparse.ArgumentParser(prog="train_patchtst", description="train the tiny PatchTST for fleet-rul")
    parser.add_argument("--to", type=Path, metavar="DIR", help="submission folder to write; replaced if it is there")
    parser.add_argument("--seed", type=int, default=shipped.seed, help="seed (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=shipped.steps, help="batches (default: %(default)s)")
    parser.add_argument("--validate", action="store_true", help="write nothing; hold out every fifth training machine")
    given = parser.parse_args(arguments)
    if given.validate == (given.to is not None):
        parser.error("give either --to DIR or --validate")
    files = DataFiles(mirror=None, cache=Path(tempfile.gettempdir()))
    recipe = Recipe(seed=given.seed, steps=given.steps)

    def told(line: str) -> None:
        sys.stderr.write(line + "\n")

    if given.validate:
        told(f"RMSE {validate_recipe(files, recipe, told=told):.2f} cycles on held-out training machines")
    else:
        told(f"written: {train_patchtst(files, given.to, recipe, told=told)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
