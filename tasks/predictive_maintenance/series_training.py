"""Trains small PatchTST, PatchTSMixer and GRU networks on rows of ``regression``.

``train_patchtst`` (fleet) and ``train_turbofan`` (C-MAPSS) share it; ``training_loop`` says what is promised.

Letters: n = rows, t = steps of the context, c = input channels of the model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...harness.adapters.one_thread import one_thread
from ...harness.adapters.regimes import Regimes
from ...harness.adapters.row_arrays import flat_series, flat_static, list_lengths, whole_column
from ...harness.adapters.series_preprocessing import Preprocessing
from ...harness.interfaces import QUANTILE_LEVELS, table_info
from ...harness.task import Examples
from ..patchtst_networks import patchtst_config
from ..training_loop import Told, run_steps, seeded, silent
from .checkpoint_folders import write_checkpoint_folder
from .merged_networks import merged
from .rul_metrics import RUL_CAP_CYCLES, root_mean_squared_error

if TYPE_CHECKING:
    import torch

__all__ = [
    "Architecture",
    "Preprocessing",
    "Recipe",
    "Told",
    "fit_preprocessing",
    "held_out_rmse",
    "new_network",
    "predicted_lives",
    "silent",
    "train_checkpoint",
    "write_checkpoint_folder",
]

Architecture = Literal["PatchTST", "PatchTSMixer", "GRU"]


@dataclass(frozen=True)
class Recipe:
    """How a checkpoint is made.

    Attributes:
        architecture: Which regression model of transformers, or a GRU.
        seed: Of weights, batches and augmentation.
        steps: Batches seen.
        batch_rows: Rows per batch.
        peak_rate: Learning rate of AdamW after warm-up over a tenth of the steps; then it falls to 0 as a cosine.
        weight_decay: Of AdamW.
        patch: Steps per patch, without overlap, where there are patches.
        width: Numbers per token, or of a GRU's state.
        layers: Of the encoder, or GRUs on top of each other.
        heads: Of attention, where there is any.
        across_channels: Whether layers look across channels as well as across patches; the head always does.
        dropout: In the feed-forward part and before the head.
        earlier_max: A row is also asked up to so many steps earlier: its last steps are cut off, its label rises.
        gain_jitter: Spread of a constant added to each channel of a row, in its standard deviations: more machines.
        life_max: Rows with more cycles left are not trained on: far above the cap, all of them say the same.
        quantiles: Whether a GRU tells the quantiles of ``QUANTILE_LEVELS`` as well.
        members: PatchTST networks of consecutive seeds that become one, which answers their mean; see
            ``merged_networks``.
    """

    architecture: Architecture = "PatchTST"
    seed: int = 0
    steps: int = 2_500
    batch_rows: int = 128
    peak_rate: float = 4e-3
    weight_decay: float = 0.02
    patch: int = 6
    width: int = 32
    layers: int = 2
    heads: int = 4
    across_channels: bool = True
    dropout: float = 0.05
    earlier_max: int = 12
    gain_jitter: float = 0.08
    life_max: float | None = None
    quantiles: bool = False
    members: int = 1


def fit_preprocessing(
    examples: Examples,
    *,
    channels: Sequence[str] | None = None,
    static: Sequence[str] | None = None,
    regimes: Regimes | None = None,
) -> Preprocessing:
    """Names, means and standard deviations of channels and static features over the rows, NaN left out.

    Args:
        examples: What is trained on; a target in a unit is the column ``value``.
        channels: Names of the channels to be read; None: all.
        static: Names of the static features to be read; None: all.
        regimes: Readings are normalised by them first.
    """
    info = table_info(examples.inputs.schema)
    offered, offered_static = ([q["name"] for q in info.get(what, [])] for what in ("channels", "static"))
    readings, _ = flat_series(examples.inputs, len(offered), np.float32)
    features = flat_static(examples.inputs, len(offered_static), np.float32)
    if regimes is not None:
        readings = regimes.normalise(readings, offered)
    chosen = (tuple(offered if channels is None else channels), tuple(offered_static if static is None else static))
    mean, scale = [], []
    for values, names, wanted in ((readings, offered, chosen[0]), (features, offered_static, chosen[1])):
        table = values[:, [names.index(one) for one in wanted]].astype(np.float64)
        mean += [six_digits(one) for one in np.nanmean(table, axis=0)]
        scale += [six_digits(one) for one in np.nanstd(table, axis=0)]
    of_unit = "value" in examples.targets.column_names
    target = examples.targets.column("value").to_numpy() if of_unit else np.array([-1.0, 1.0])  # mean 0, spread 1
    return Preprocessing(
        channels=chosen[0],
        static=chosen[1],
        mean=tuple(mean),
        scale=tuple(scale),
        target_mean=six_digits(target.mean()),
        target_scale=six_digits(target.std()),
        regimes=regimes,
        units=tuple(
            {q["name"]: q["unit"] for q in info.get(what, [])}[name]
            for what, names in zip(("channels", "static"), chosen, strict=True)
            for name in names
        ),
    )


def six_digits(value: float) -> float:
    """The number as a file gives it."""
    return float(f"{value:.6g}")


def train_checkpoint(
    examples: Examples, preprocessing: Preprocessing, recipe: Recipe, *, context_length: int, told: Told = silent
) -> Any:
    """The model after all steps, in evaluation mode; global random state is left as it was.

    Args:
        examples: What is trained on; the target column is ``rul``, in cycles, capped here.
        preprocessing: How rows become numbers.
        recipe: How.
        context_length: Steps that the model reads.
        told: Gets a line now and then.
    """
    import torch

    values, own = _network_input(examples.inputs, preprocessing, context_length)
    lives = examples.targets.column("rul").to_numpy().astype(np.float32)
    kept = lives <= (np.inf if recipe.life_max is None else recipe.life_max)
    past, steps = torch.from_numpy(values[kept]), torch.from_numpy(own[kept])  # (n, t, c), (n,)
    life = torch.from_numpy(lives[kept])  # (n,), cycles

    def loss() -> torch.Tensor:
        rows = torch.randint(len(past), (recipe.batch_rows,))
        batch = _augmented(past[rows], steps[rows], life[rows], sensors=len(preprocessing.channels), recipe=recipe)
        target = (batch.life.clamp(max=RUL_CAP_CYCLES) - preprocessing.target_mean) / preprocessing.target_scale
        if not recipe.quantiles:
            return torch.nn.functional.mse_loss(_output(model, batch.past, batch.steps), target)
        value, quantiles = model.answers(batch.past, batch.steps)
        return torch.nn.functional.mse_loss(value, target) + _pinball_loss(quantiles, target)

    members = []
    for seed in range(recipe.seed, recipe.seed + recipe.members):
        with seeded(seed):
            model = new_network(preprocessing, recipe, context_length)
            run_steps(
                model,
                loss,
                steps=recipe.steps,
                peak_rate=recipe.peak_rate,
                weight_decay=recipe.weight_decay,
                said=lambda seen: (
                    f"loss {seen:.4f}"
                    if recipe.quantiles
                    else f"RMSE {seen**0.5 * preprocessing.target_scale:.2f} cycles"
                ),
                told=told,
            )
        members.append(model)
    return members[0] if len(members) == 1 else merged(members)


def _network_input(
    inputs: pa.Table, preprocessing: Preprocessing, context_length: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """What a network reads, shape ``(n, t, c)``, and how many of the last steps are the row's own, shape ``(n,)``."""
    values, _ = preprocessing.apply(inputs, inputs.schema, context_length=context_length)
    return values, np.minimum(list_lengths(whole_column(inputs, "series")), context_length)


def _output(model: Any, past: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
    """The network's answers in the scaled target's unit, shape ``(n,)``; those of transformers read padding as well."""
    from .gru_network import GruRegressor

    found: torch.Tensor = (
        model(past, steps) if isinstance(model, GruRegressor) else model(past_values=past).regression_outputs[:, 0]
    )
    return found


def new_network(preprocessing: Preprocessing, recipe: Recipe, context_length: int) -> Any:
    """The network before any training, its weights drawn from torch's random state."""
    # A little beyond 0..125, where a sigmoid still moves.
    ends = ((end - preprocessing.target_mean) / preprocessing.target_scale for end in (-8.0, RUL_CAP_CYCLES + 8.0))
    low, high = map(six_digits, ends)
    if recipe.architecture == "GRU":
        from .gru_network import GruRegressor

        return GruRegressor(
            len(preprocessing.mean),
            width=recipe.width,
            layers=recipe.layers,
            dropout=recipe.dropout,
            low=low,
            high=high,
            quantiles=len(QUANTILE_LEVELS) if recipe.quantiles else 0,
        )
    import transformers

    both: dict[str, Any] = {
        "scaling": None,  # scaling each row by itself would take away the level, which is what tells wear
        "output_range": [low, high],
        "num_targets": 1,
    }
    if recipe.architecture == "PatchTSMixer":
        mixer = transformers.PatchTSMixerConfig(
            **both,
            num_input_channels=len(preprocessing.mean),
            context_length=context_length,
            patch_length=recipe.patch,
            patch_stride=recipe.patch,
            d_model=recipe.width,
            head_dropout=recipe.dropout,
            loss="mse",
            num_layers=recipe.layers,
            expansion_factor=2,
            dropout=recipe.dropout,
            mode="mix_channel" if recipe.across_channels else "common_channel",
        )
        return transformers.PatchTSMixerForRegression(mixer)
    config = patchtst_config(
        channels=len(preprocessing.mean),
        steps=context_length,
        patch=recipe.patch,
        width=recipe.width,
        layers=recipe.layers,
        dropout=recipe.dropout,
        heads=recipe.heads,
        channel_attention=recipe.across_channels,
        share_embedding=False,
        **both,
    )
    return transformers.PatchTSTForRegression(config)


def _pinball_loss(quantiles: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean over rows and levels, from shapes ``(n, q)`` and ``(n,)``; of the levels that the interface names.

    Source: R. Koenker, G. Bassett, Regression Quantiles, Econometrica 46(1), 1978.
    """
    import torch

    levels = torch.tensor(QUANTILE_LEVELS)
    under = target[:, None] - quantiles  # (n, q)
    return torch.maximum(levels * under, (levels - 1) * under).mean()


class _Batch(NamedTuple):
    past: torch.Tensor  # (n, t, c)
    steps: torch.Tensor  # (n,)
    life: torch.Tensor  # (n,), cycles


def _augmented(past: torch.Tensor, steps: torch.Tensor, life: torch.Tensor, *, sensors: int, recipe: Recipe) -> _Batch:
    """Rows asked some steps earlier, with a constant added to each channel."""
    import torch

    n, t, _ = past.shape
    earlier = torch.randint(recipe.earlier_max + 1, (n, 1)) * (torch.rand(n, 1) < 0.5)  # (n, 1)
    step = torch.arange(t) - earlier  # (n, t)
    moved = past[torch.arange(n)[:, None], step.clamp(min=0), :sensors] * (step >= 0)[..., None]
    there = moved != 0  # lost readings and padding are exact zeros and stay so
    moved = moved + there * recipe.gain_jitter * torch.randn(n, 1, sensors)
    left = (steps - earlier[:, 0]).clamp(min=1)
    return _Batch(torch.cat([moved, past[:, :, sensors:]], dim=2), left, life + earlier[:, 0])


def predicted_lives(
    model: Any, preprocessing: Preprocessing, inputs: pa.Table, *, context_length: int
) -> npt.NDArray[np.float64]:
    """Predicted remaining life in cycles, not clipped, shape ``(n,)``."""
    import torch

    given = map(torch.from_numpy, _network_input(inputs, preprocessing, context_length))
    with torch.inference_mode(), one_thread():
        parts = [_output(model, *part) for part in zip(*(torch.split(one, 512) for one in given), strict=True)]
    output: npt.NDArray[np.float64] = torch.cat(parts).double().numpy()
    return output * preprocessing.target_scale + preprocessing.target_mean


def held_out_rmse(
    examples: Examples,
    held: npt.NDArray[np.bool_],
    recipe: Recipe,
    *,
    fit: Callable[[Examples], Preprocessing],
    context_length: int,
    told: Told = silent,
) -> float:
    """RMSE in cycles, labels and answers in 0..125, on rows that are held out after training on the others.

    Args:
        examples: Inputs and targets.
        held: Rows that are held out, whole machines of them, shape ``(n,)``.
        recipe: How.
        fit: Makes the preprocessing from what is trained on.
        context_length: Steps that the model reads.
        told: Gets a line now and then.
    """
    kept, asked = (
        Examples(*(table.take(pa.array(np.flatnonzero(mask))) for table in examples)) for mask in (~held, held)
    )
    preprocessing = fit(kept)
    model = train_checkpoint(kept, preprocessing, recipe, context_length=context_length, told=told)
    lives = predicted_lives(model, preprocessing, asked.inputs, context_length=context_length)
    return root_mean_squared_error(asked.targets.column("value").to_numpy(), np.clip(lives, 0.0, RUL_CAP_CYCLES))
