"""Small causal language models from scratch that write a short answer behind a prompt, such as the name of a class.

Letters: n = texts, b = texts of a batch, t = tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..training_loop import Told, run_steps, seeded, silent
from .text_folders import token_ids, train_byte_pairs

if TYPE_CHECKING:
    import torch

__all__ = ["LanguageRecipe", "train_written_answers"]

_NOT_LEARNED = -100  # label of a token whose loss does not count


@dataclass(frozen=True)
class LanguageRecipe:
    """How the checkpoint is made.

    Attributes:
        seed: Of weights and batches.
        epochs: How often every text is seen.
        batch_rows: Texts per batch.
        peak_rate: Of AdamW, see ``training_loop``.
        weight_decay: Of AdamW.
        dropout: In all places that GPT-2 has.
        vocabulary: Tokens of a byte-level byte-pair encoding.
        width: Numbers per token.
        layers: Of the decoder.
        positions: Tokens that it reads at most; of a longer text with its answer it sees the last ones.
    """

    seed: int = 0
    epochs: int = 80
    batch_rows: int = 32
    peak_rate: float = 2e-3
    weight_decay: float = 0.1
    dropout: float = 0.1
    vocabulary: int = 500
    width: int = 128
    layers: int = 2
    positions: int = 64


def train_written_answers(
    asked: Sequence[str], said: Sequence[str], recipe: LanguageRecipe, *, told: Told = silent
) -> tuple[Any, Any]:
    """The model after all steps, and its tokenizer; only what stands behind a prompt is learned.

    Prompt and answer are tokenised apart, and a prompt too long is cut at its beginning, as the adapter does.

    Args:
        asked: Prompts, length n.
        said: What is to be written behind each, length n.
        recipe: How.
        told: Gets a line now and then.
    """
    import torch
    import transformers

    tokenizer = train_byte_pairs([a + s for a, s in zip(asked, said, strict=True)], size=recipe.vocabulary)
    begin, end = tokenizer.bos_token_id, tokenizer.eos_token_id
    rows = [
        ([begin, *token_ids(tokenizer, a)], [*token_ids(tokenizer, s), end]) for a, s in zip(asked, said, strict=True)
    ]
    longest = min(recipe.positions, max(len(prompt) + len(answer) for prompt, answer in rows))
    ids = np.full((len(rows), longest), end, np.int64)  # (n, t)
    labels = np.full((len(rows), longest), _NOT_LEARNED, np.int64)
    for row, (prompt, answer) in enumerate(rows):
        kept = (prompt + answer)[-longest:]
        ids[row, : len(kept)] = kept
        labels[row, len(kept) - len(answer) : len(kept)] = answer
    inputs, targets = torch.from_numpy(ids), torch.from_numpy(labels)
    rng = np.random.default_rng(recipe.seed)
    order: list[int] = []

    def loss() -> torch.Tensor:
        while len(order) < recipe.batch_rows:
            order.extend(rng.permutation(len(rows)).tolist())
        chosen = torch.tensor([order.pop() for _ in range(recipe.batch_rows)])
        logits = model(input_ids=inputs[chosen]).logits[:, :-1]  # (b, t - 1, vocabulary); padding is behind
        wanted = targets[chosen][:, 1:]
        return torch.nn.functional.cross_entropy(logits.flatten(0, 1), wanted.flatten(), ignore_index=_NOT_LEARNED)

    with seeded(recipe.seed):
        config = transformers.GPT2Config(
            vocab_size=len(tokenizer),
            n_positions=recipe.positions,
            n_embd=recipe.width,
            n_layer=recipe.layers,
            n_head=max(2, recipe.width // 32),
            resid_pdrop=recipe.dropout,
            embd_pdrop=recipe.dropout,
            attn_pdrop=recipe.dropout,
            bos_token_id=begin,
            eos_token_id=end,
        )
        model = transformers.GPT2LMHeadModel(config)
        trained = run_steps(
            model,
            loss,
            steps=recipe.epochs * len(rows) // recipe.batch_rows,
            peak_rate=recipe.peak_rate,
            weight_decay=recipe.weight_decay,
            said=lambda mean: f"loss {mean:.2f}",
            told=told,
        )
    return trained, tokenizer
