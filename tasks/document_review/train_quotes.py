"""Trains the small causal language model of ``contract-extraction-text`` and writes it as a submission folder.

``python -m sectorbench.tasks.document_review.train_quotes --to DIR`` repeats it on one CPU thread. It shows how a model
that reads whole contracts and quotes from them is submitted; nothing was chosen, on no part of the data.

It reads pieces of training contracts, each with one question, and learns to write the marked passages that stand in
the piece, or that there is none. Positions are rotary, so it takes contracts a hundred times as long as these.

Letters: n = pieces of a batch, t = tokens.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...harness.adapters.conversations import plain_conversation, question_messages
from ...harness.data import DataFiles
from ...harness.prompting import BARE
from ..training_loop import Told, run_steps, seeded, silent
from .contract_extraction_text import TASK
from .cuad_contracts import QuestionedContract, read_contracts
from .quoted_passages import NO_CLAUSE, extraction_prompt
from .text_folders import small_llama, token_ids, train_byte_pairs, training_command, write_text_folder

if TYPE_CHECKING:
    import torch

__all__ = ["QuotesRecipe", "build_llama_quotes", "main", "train_quotes"]

_NOT_LEARNED = -100  # label of a token whose loss does not count


@dataclass(frozen=True)
class QuotesRecipe:
    """How the checkpoint is made.

    Attributes:
        seed: Of weights and batches.
        steps: Batches seen.
        batch_rows: Pieces per batch.
        characters: Of a piece.
        passage_share: Share of the pieces that hold a marked passage; of all questions 0.32 have one.
        peak_rate: Of AdamW, see ``training_loop``.
        weight_decay: Of AdamW.
        vocabulary: Tokens of a byte-level byte-pair encoding.
        width: Numbers per token.
        layers: Of the decoder.
        positions: Tokens that the adapter lets it read.
    """

    seed: int = 0
    steps: int = 600
    batch_rows: int = 8
    characters: int = 1_200
    passage_share: float = 0.3
    peak_rate: float = 3e-3
    weight_decay: float = 0.01
    vocabulary: int = 4_000
    width: int = 64
    layers: int = 2
    positions: int = 131_072


def build_llama_quotes(files: DataFiles, folder: Path) -> Path:
    """Trains the checkpoint with the shipped recipe; an entry of the table of baselines.

    Raises:
        DataNotAvailableError: The training contracts are in no known place.
        UsageError: The folder holds something that no baseline wrote.
    """
    return _build(files, folder, silent)


def _build(files: DataFiles, folder: Path, told: Told) -> Path:
    model, tokenizer = train_quotes(read_contracts(files, "train"), QuotesRecipe(), told=told)
    return write_text_folder(
        folder,
        model,
        tokenizer,
        name="llama-tiny-quotes",
        task=TASK.card.id,
        adapter="transformers-causal",
        interface="generation",
        trained_on=["CUAD, training contracts of the local split"],
        options={},
    )


def train_quotes(
    contracts: Sequence[QuestionedContract], recipe: QuotesRecipe, *, told: Told = silent
) -> tuple[Any, Any]:
    """The model after all steps, and its tokenizer.

    Args:
        contracts: To train on.
        recipe: How.
        told: Gets a line now and then.
    """
    import torch
    import transformers

    tokenizer = train_byte_pairs([one.text for one in contracts], size=recipe.vocabulary)
    begin, end = tokenizer.bos_token_id, tokenizer.eos_token_id
    marked = [
        (number, at) for number, one in enumerate(contracts) for at, passages in enumerate(one.passages) if passages
    ]
    rng = np.random.default_rng(recipe.seed)

    def row() -> tuple[list[int], list[int]]:
        asked, said = _piece(contracts, marked, recipe, rng)
        return [begin, *token_ids(tokenizer, asked)], [*token_ids(tokenizer, said), end]

    def loss() -> torch.Tensor:
        rows = [row() for _ in range(recipe.batch_rows)]
        longest = max(len(prompt) + len(answer) for prompt, answer in rows)
        ids = np.full((len(rows), longest), end, np.int64)  # (n, t); padding is behind, where nobody looks
        labels = np.full((len(rows), longest), _NOT_LEARNED, np.int64)
        for at, (prompt, answer) in enumerate(rows):
            ids[at, : len(prompt) + len(answer)] = prompt + answer
            labels[at, len(prompt) : len(prompt) + len(answer)] = answer
        hidden = model.model(input_ids=torch.from_numpy(ids)).last_hidden_state[:, :-1]
        wanted = torch.from_numpy(labels)[:, 1:]
        learned = wanted != _NOT_LEARNED
        return torch.nn.functional.cross_entropy(model.lm_head(hidden[learned]), wanted[learned])

    with seeded(recipe.seed):
        config = small_llama(tokenizer, width=recipe.width, layers=recipe.layers, positions=recipe.positions)
        model = transformers.LlamaForCausalLM(config)
        trained = run_steps(
            model,
            loss,
            steps=recipe.steps,
            peak_rate=recipe.peak_rate,
            weight_decay=recipe.weight_decay,
            said=lambda mean: f"{mean:.3f} nats per token of an answer",
            told=told,
        )
    return trained, tokenizer


def _piece(
    contracts: Sequence[QuestionedContract],
    marked: Sequence[tuple[int, int]],
    recipe: QuotesRecipe,
    rng: np.random.Generator,
) -> tuple[str, str]:
    """A piece of a contract with a question, as the adapter puts it, and what is to be written behind it."""
    if rng.uniform() < recipe.passage_share:
        number, at = marked[int(rng.integers(len(marked)))]
        one = contracts[number]
        passage = one.passages[at][int(rng.integers(len(one.passages[at])))]
        spare = max(0, recipe.characters - len(passage.text))
        start = max(0, passage.start - int(rng.integers(spare + 1)))
    else:
        one = contracts[int(rng.integers(len(contracts)))]
        at = int(rng.integers(len(one.questions)))
        start = int(rng.integers(max(1, len(one.text) - recipe.characters)))
    stop = start + recipe.characters
    within = [p.text for p in one.passages[at] if start <= p.start and p.start + len(p.text) <= stop]
    said = "".join(f"\n- {' '.join(text.split())}" for text in within) or f" {NO_CLAUSE}"
    asked = extraction_prompt(one.text[start:stop], one.questions[at])
    return plain_conversation(question_messages(asked, BARE)), said


def main(arguments: Sequence[str]) -> int:
    """Trains and writes the folder named by ``--to``; exit status 0."""
    return training_command(arguments, program="train_quotes", what=str(__doc__).splitlines()[0], build=_build)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
