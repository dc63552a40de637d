"""Trains small encoders that read a pair of texts and say one of some labels: a recipe, and the steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...harness.adapters.text_windows import WindowRequest, batches
from ..training_loop import Told, run_steps, seeded, silent
from .text_folders import small_bert

if TYPE_CHECKING:
    import torch

__all__ = ["LabelledWindow", "PairRecipe", "train_pairs"]


@dataclass(frozen=True)
class PairRecipe:
    """How a checkpoint is made.

    Attributes:
        steps: Batches seen.
        marked_share: Share of windows that hold what is looked for.
        window: Tokens of a window, both texts and special ones counted.
        stride: Tokens from one window's begin to the next when it is run.
        hidden_share: Share of tokens that are put as unknown in training, so that no passage is learned by heart.
        seed: Of weights and windows.
        batch_rows: Windows per batch.
        peak_rate: Of AdamW, see ``training_loop``.
        weight_decay: Of AdamW.
        vocabulary: WordPiece tokens.
        width: Numbers per token.
        layers: Of the encoder.
    """

    steps: int
    marked_share: float
    window: int
    stride: int
    hidden_share: float = 0.2
    seed: int = 0
    batch_rows: int = 64
    peak_rate: float = 2e-3
    weight_decay: float = 0.01
    vocabulary: int = 4_000
    width: int = 64
    layers: int = 2


class LabelledWindow(NamedTuple):
    """A window of a pair, and the number of the label that is right."""

    request: WindowRequest
    label: int


def train_pairs(
    tokenizer: Any,
    draw: Callable[[np.random.Generator], LabelledWindow],
    labels: Sequence[str],
    recipe: PairRecipe,
    *,
    told: Told = silent,
) -> Any:
    """The classifier after all steps, in evaluation mode.

    Args:
        tokenizer: Whose tokens the windows hold.
        draw: A window to learn from.
        labels: Names of the labels, in the order of the logits.
        recipe: How.
        told: Gets a line now and then.
    """
    import torch
    import transformers

    rng = np.random.default_rng(recipe.seed)
    special = tokenizer.all_special_ids

    def loss() -> torch.Tensor:
        drawn = [draw(rng) for _ in range(recipe.batch_rows)]
        total = torch.zeros(())
        for batch in batches([one.request for one in drawn], pad=tokenizer.pad_token_id, device="cpu"):
            hidden = (rng.uniform(size=batch.ids.shape) < recipe.hidden_share) & ~np.isin(batch.ids, special)
            said = model(
                input_ids=torch.from_numpy(np.where(hidden, tokenizer.unk_token_id, batch.ids)),
                attention_mask=torch.from_numpy(batch.mask),
                token_type_ids=torch.from_numpy(batch.types),
            )
            right = torch.tensor([drawn[at].label for at in batch.places])
            total = total + torch.nn.functional.cross_entropy(said.logits, right, reduction="sum")
        return total / len(drawn)

    with seeded(recipe.seed):
        config = small_bert(
            tokenizer,
            width=recipe.width,
            layers=recipe.layers,
            positions=recipe.window,
            initializer_range=recipe.width**-0.5,  # BERT's 0.02 is for 768: narrower, attention stays flat for long
            id2label=dict(enumerate(labels)),
            label2id={label: at for at, label in enumerate(labels)},
        )
        model = transformers.BertForSequenceClassification(config)
        return run_steps(
            model,
            loss,
            steps=recipe.steps,
            peak_rate=recipe.peak_rate,
            weight_decay=recipe.weight_decay,
            said=lambda mean: f"{mean:.3f} nats per pair",
            told=told,
        )
