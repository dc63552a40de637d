"""Trains the PatchTST baseline of ``hydraulic-condition`` and writes it as an ordinary submission folder.

``python -m sectorbench.tasks.predictive_maintenance.train_hydraulic --to DIR`` repeats it on one CPU thread. The recipe
was chosen on every fifth combination of conditions in the training split (``--validate``), never on the test set.

Letters: n = cycles, t = seconds of a cycle, c = channels, k = classes of all heads.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...harness.adapters.series_preprocessing import Preprocessing
from ...harness.data import DataFiles
from ...harness.interfaces import table_info
from ...harness.task import Draw, Examples
from ..patchtst_networks import patchtst_config
from ..training_command import finished, told_on_stderr, training_parser
from ..training_loop import Told, run_steps, seeded, silent
from .checkpoint_folders import write_checkpoint_folder
from .hydraulic_condition import TASK
from .series_training import fit_preprocessing

if TYPE_CHECKING:
    import torch

__all__ = ["Recipe", "build_hydraulic", "main", "train_hydraulic", "validate_recipe"]

_HELD = 5


@dataclass(frozen=True)
class Recipe:
    """How the checkpoint is made.

    Attributes:
        seed: Of weights, batches and jitter.
        steps: Batches seen.
        batch_rows: Cycles per batch.
        peak_rate: Of AdamW, see ``training_loop``.
        weight_decay: Of AdamW.
        patch: Seconds per patch, without overlap.
        width: Numbers per token.
        layers: Encoder layers.
        across_channels: Whether layers look across channels as well as across patches; the head always does.
        dropout: In the feed-forward part and before the head.
        gain_jitter: Spread of a constant added to each channel of a cycle, in its standard deviations.
    """

    seed: int = 0
    steps: int = 2_000
    batch_rows: int = 64
    peak_rate: float = 2e-3
    weight_decay: float = 0.1
    patch: int = 5
    width: int = 32
    layers: int = 2
    across_channels: bool = False
    dropout: float = 0.1
    gain_jitter: float = 0.0


def build_hydraulic(files: DataFiles, folder: Path) -> Path:
    """Trains the checkpoint with the shipped recipe; an entry of the table of baselines.

    Args:
        files: Where the data is found.
        folder: The submission folder to write; replaced if it is there.

    Returns:
        The folder.

    Raises:
        DataNotAvailableError: A data file is in no known place.
    """
    return train_hydraulic(files, folder, Recipe())


def train_hydraulic(files: DataFiles, folder: Path, recipe: Recipe, *, told: Told = silent) -> Path:
    """Trains on the training split and writes a submission folder, whole or not at all.

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
    examples = TASK.examples(files, "train", Draw("default"))
    preprocessing = fit_preprocessing(examples)
    model = train_classifier(examples, preprocessing, recipe, told=told)
    return write_checkpoint_folder(
        folder,
        model,
        preprocessing,
        name="patchtst-hydraulic",
        task=TASK.card.id,
        trained_on=[f"{TASK.card.name}, training split"],
        interface="classification",
    )


def train_classifier(examples: Examples, preprocessing: Preprocessing, recipe: Recipe, *, told: Told = silent) -> Any:
    """The model after all steps; classes of a head count alike, however many cycles each has.

    Args:
        examples: Cycles of one length, and the class of each head under its name.
        preprocessing: How cycles become numbers.
        recipe: How.
        told: Gets a line now and then.
    """
    import torch

    heads = table_info(examples.inputs.schema)["heads"]
    past = torch.from_numpy(_cycles(examples.inputs, preprocessing))  # (n, t, c)
    right = torch.from_numpy(_classes(examples.targets, heads))  # (n, heads)
    widths = [len(head["classes"]) for head in heads]
    weights = [
        1.0 / torch.bincount(one, minlength=width).clamp(min=1) for one, width in zip(right.T, widths, strict=True)
    ]

    def loss() -> torch.Tensor:
        rows = torch.randint(len(past), (recipe.batch_rows,))
        jitter = recipe.gain_jitter * torch.randn(recipe.batch_rows, 1, past.shape[2])
        logits = torch.split(model(past_values=past[rows] + jitter).prediction_logits, widths, dim=1)
        each = [
            torch.nn.functional.cross_entropy(said, right[rows, at], weight=weights[at])
            for at, said in enumerate(logits)
        ]
        return torch.stack(each).mean()

    with seeded(recipe.seed):
        model = _new_model(past.shape[1], past.shape[2], sum(widths), recipe)
        return run_steps(
            model,
            loss,
            steps=recipe.steps,
            peak_rate=recipe.peak_rate,
            weight_decay=recipe.weight_decay,
            said=lambda value: f"cross-entropy {value:.3f} per head",
            told=told,
        )


def validate_recipe(files: DataFiles, recipe: Recipe, *, told: Told = silent) -> float:
    """Mean of the heads' macro-F1 on every fifth combination of conditions after training on the others.

    Args:
        files: Where the data is found.
        recipe: How.
        told: Gets a line now and then.
    """
    import torch
    from sklearn.metrics import f1_score

    examples = TASK.examples(files, "train", Draw("default"))
    combination = examples.targets.column("combination").to_pylist()
    numbers = {name: at for at, name in enumerate(sorted(set(combination)))}
    held = np.array([numbers[one] % _HELD == 0 for one in combination])
    kept, asked = (Examples(*(table.filter(pa.array(mask)) for table in examples)) for mask in (~held, held))
    preprocessing = fit_preprocessing(kept)
    model = train_classifier(kept, preprocessing, recipe, told=told)
    heads = table_info(examples.inputs.schema)["heads"]
    with torch.inference_mode():
        said = model(past_values=torch.from_numpy(_cycles(asked.inputs, preprocessing))).prediction_logits
    logits = torch.split(said, [len(head["classes"]) for head in heads], dim=1)
    right = _classes(asked.targets, heads)
    found = [f1_score(right[:, at], one.argmax(dim=1).numpy(), average="macro") for at, one in enumerate(logits)]
    return float(np.mean(found))


def _cycles(inputs: pa.Table, preprocessing: Preprocessing) -> npt.NDArray[np.float32]:
    """Whole cycles, shape ``(n, t, c)``."""
    values, _ = preprocessing.apply(inputs, inputs.schema, context_length=table_info(inputs.schema)["history_max"])
    return values


def _classes(targets: pa.Table, heads: list[dict[str, Any]]) -> npt.NDArray[np.int64]:
    """Number of the right class of each head, shape ``(n, heads)``."""
    columns = [[head["classes"].index(one) for one in targets.column(head["name"]).to_pylist()] for head in heads]
    return np.array(columns, np.int64).T


def _new_model(steps: int, channels: int, classes: int, recipe: Recipe) -> Any:
    import transformers

    config = patchtst_config(
        channels=channels,
        steps=steps,
        patch=recipe.patch,
        width=recipe.width,
        layers=recipe.layers,
        dropout=recipe.dropout,
        channel_attention=recipe.across_channels,
        share_embedding=False,
        scaling=None,  # a cycle's level tells the cooler's condition
        num_targets=classes,
    )
    return transformers.PatchTSTForClassification(config)


def main(arguments: list[str] | None = None) -> int:
    """The command: trains and writes, or validates the recipe; progress goes to standard error."""
    shipped = Recipe()
    given = training_parser("train_hydraulic", "train the PatchTST of hydraulic-condition", shipped).parse_args(
        arguments
    )
    files = DataFiles.from_environment(download=True)
    recipe = replace(shipped, seed=given.seed, steps=given.steps)
    return finished(
        given,
        validate=lambda: validate_recipe(files, recipe, told=told_on_stderr),
        said="mean of macro-F1 {:.3f} on held-out combinations of conditions",
        train=lambda folder: train_hydraulic(files, folder, recipe, told=told_on_stderr),
    )


if __name__ == "__main__":
    sys.exit(main())
