"""Trains the small causal language model of ``work-order-failure`` from scratch and writes it as a submission folder.

``python -m sectorbench.tasks.document_review.train_work_orders --to DIR`` repeats it on one CPU thread.
The recipe was chosen on the development split, never on the test set.

Letters: n = observations of a batch, t = tokens.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...harness.data import DataFiles
from ..training_loop import Told, run_steps, seeded, silent
from .text_folders import token_ids, train_byte_pairs, training_command, write_text_folder
from .work_order_failure import PROMPT, QUESTION, TASK
from .work_orders import WorkOrder, read_work_orders

if TYPE_CHECKING:
    import torch

__all__ = ["LanguageRecipe", "build_gpt_work_orders", "main", "train_work_orders"]

_NOT_LEARNED = -100  # label of a token whose loss does not count


@dataclass(frozen=True)
class LanguageRecipe:
    """How the checkpoint is made.

    Attributes:
        seed: Of weights and batches.
        epochs: How often every observation is seen.
        batch_rows: Observations per batch.
        peak_rate: Of AdamW, see ``training_loop``.
        weight_decay: Of AdamW.
        dropout: In all places that GPT-2 has.
        vocabulary: Tokens of a byte-level byte-pair encoding.
        width: Numbers per token.
        layers: Of the decoder.
        positions: Tokens that it reads at most.
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


def build_gpt_work_orders(files: DataFiles, folder: Path) -> Path:
    """Trains the checkpoint with the shipped recipe; an entry of the table of baselines.

    Raises:
        DataNotAvailableError: The training file is in no known place.
        UsageError: The folder holds something that no baseline wrote.
    """
    return _build(files, folder, silent)


def _build(files: DataFiles, folder: Path, told: Told) -> Path:
    model, tokenizer = train_work_orders(read_work_orders(files, "train"), LanguageRecipe(), told=told)
    return write_text_folder(
        folder,
        model,
        tokenizer,
        name="gpt-tiny-work-orders",
        task=TASK.card.id,
        adapter="transformers-causal",
        interface="choice",
        trained_on=["FMC-MWO2KG, official training split"],
        options={"normalisation": "token"},
    )


def train_work_orders(orders: Sequence[WorkOrder], recipe: LanguageRecipe, *, told: Told = silent) -> tuple[Any, Any]:
    """The model after all steps, and its tokenizer; what it learns is to write the failure mode behind the prompt.

    Prompt and failure mode are tokenised apart, as the adapter does.

    Args:
        orders: To train on.
        recipe: How.
        told: Gets a line now and then.
    """
    import torch
    import transformers

    asked = [f"{PROMPT['context']}{one.observation}{PROMPT['question']}{QUESTION}" for one in orders]
    said = [f"{PROMPT['option']}{one.code}" for one in orders]
    tokenizer = train_byte_pairs([a + s for a, s in zip(asked, said, strict=True)], size=recipe.vocabulary)
    begin, end = tokenizer.bos_token_id, tokenizer.eos_token_id
    rows = [
        ([begin, *token_ids(tokenizer, a)], [*token_ids(tokenizer, s), end]) for a, s in zip(asked, said, strict=True)
    ]
    longest = max(len(prompt) + len(answer) for prompt, answer in rows)
    ids = np.full((len(rows), longest), end, np.int64)  # (orders, t)
    labels = np.full((len(rows), longest), _NOT_LEARNED, np.int64)
    for row, (prompt, answer) in enumerate(rows):
        ids[row, : len(prompt) + len(answer)] = prompt + answer
        labels[row, len(prompt) : len(prompt) + len(answer)] = answer
    inputs, targets = torch.from_numpy(ids), torch.from_numpy(labels)
    rng = np.random.default_rng(recipe.seed)
    order: list[int] = []

    def loss() -> torch.Tensor:
        while len(order) < recipe.batch_rows:
            order.extend(rng.permutation(len(rows)).tolist())
        chosen = torch.tensor([order.pop() for _ in range(recipe.batch_rows)])
        logits = model(input_ids=inputs[chosen]).logits[:, :-1]  # (n, t - 1, vocabulary); padding is behind
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


def main(arguments: Sequence[str]) -> int:
    """Trains and writes the folder named by ``--to``; exit status 0."""
    return training_command(arguments, program="train_work_orders", what=str(__doc__).splitlines()[0], build=_build)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
