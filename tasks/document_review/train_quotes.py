"""Trains the small causal language model of ``contract-extraction-text`` and writes it as a submission folder.

``python -m sectorbench.tasks.document_review.train_quotes --to DIR`` repeats it on one CPU thread. It is of no use: it
finds no passage in a whole contract. It shows how a model that reads whole contracts and quotes from them is submitted;
nothing was chosen on the test contracts.

It first learns to copy, from tokens drawn at random that come a second time. Then it reads pieces of training
contracts, each with one question, and learns to write the marked passages that stand in the piece, or that there is
none. Pieces are a line or two at first and grow to some pages. Their tokens have the positions that they have in the
whole contract, roughly, so a model that never read one knows how far apart a contract and the question behind it are.

Letters: n = pieces of a batch, t = tokens.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

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

__all__ = ["Piece", "Pieces", "QuotesRecipe", "build_llama_quotes", "main", "train_quotes"]

_NOT_LEARNED = -100  # label of a token whose loss does not count


@dataclass(frozen=True)
class QuotesRecipe:
    """How the checkpoint is made.

    Attributes:
        seed: Of weights and batches.
        steps: Batches seen, those of copies included.
        copy_steps: Batches of copies.
        copied: Tokens that come a second time at most.
        leap: Positions between the first and the second time at most.
        batch_tokens: Of a batch, at most, where it has more than one piece.
        shortest: Characters of a piece at least.
        longest: Characters of a piece at most, from two thirds of the steps on.
        passage_share: Share of the pieces that are drawn around a marked passage; of all questions 0.32 have one.
        peak_rate: Of AdamW, see ``training_loop``.
        weight_decay: Of AdamW.
        vocabulary: Tokens of a byte-level byte-pair encoding.
        width: Numbers per token.
        layers: Of the decoder.
        positions: Tokens that the adapter lets it read.
        spread: Of the first weights: copying is learned from small ones, and not from those of ``small_llama``.
        theta: Of the rotary positions; the greater, the less what is far away looks otherwise than what is near.
    """

    seed: int = 0
    steps: int = 1_800
    copy_steps: int = 500
    copied: int = 48
    leap: int = 16_384
    batch_tokens: int = 3_000
    shortest: int = 80
    longest: int = 8_000
    passage_share: float = 0.5
    peak_rate: float = 3e-3
    weight_decay: float = 0.01
    vocabulary: int = 4_000
    width: int = 64
    layers: int = 2
    positions: int = 131_072
    spread: float = 0.02
    theta: float = 1e6


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


class Piece(NamedTuple):
    """A piece of a contract with a question, as the adapter puts it, and what is to be written behind it.

    Attributes:
        ids: Tokens, the begin token and the end token included.
        positions: Of each, about where it stands where the whole contract is read, same length.
        answer: How many of the last tokens are to be written.
    """

    ids: list[int]
    positions: list[int]
    answer: int


class Pieces:
    """Draws pieces of contracts with and without passages that answer a question."""

    def __init__(self, contracts: Sequence[QuestionedContract], tokenizer: Any) -> None:
        """Takes the contracts and the tokenizer of the model."""
        self._contracts, self._tokenizer = contracts, tokenizer
        self._marked = [
            (number, at) for number, one in enumerate(contracts) for at, passages in enumerate(one.passages) if passages
        ]

    def draw(self, rng: np.random.Generator, *, size: int, marked: bool) -> Piece:
        """A piece of at least ``size`` characters, or a shorter contract, around a passage or anywhere."""
        contracts = self._contracts
        if marked:
            number, at = self._marked[int(rng.integers(len(self._marked)))]
            passages = contracts[number].passages[at]
            passage = passages[int(rng.integers(len(passages)))]
            spare = max(0, size - len(passage.text))
            start = max(0, passage.start - int(rng.integers(spare + 1)))
            stop = max(start + size, passage.start + len(passage.text))
        else:
            number, at = int(rng.integers(len(contracts))), int(rng.integers(len(contracts[0].questions)))
            start = int(rng.integers(max(1, len(contracts[number].text) - size)))
            stop = start + size
        return self.piece(number, at, start, stop)

    def piece(self, number: int, at: int, start: int, stop: int) -> Piece:
        """The piece of a contract from one character to another with one of its questions."""
        one = self._contracts[number]
        read = one.text[start:stop]
        within = [p.text for p in one.passages[at] if start <= p.start and p.start + len(p.text) <= stop]
        said = "".join(f"\n- {' '.join(text.split())}" for text in within) or f" {NO_CLAUSE}"
        told = plain_conversation(question_messages(extraction_prompt(read, one.questions[at]), BARE))
        place = told.index(read, told.index("-----"))
        parts = [token_ids(self._tokenizer, text) for text in (told[:place], read, told[place + len(read) :], said)]
        parts[0] = [self._tokenizer.bos_token_id, *parts[0]]
        parts[3] = [*parts[3], self._tokenizer.eos_token_id]
        per_token = len(read) / max(1, len(parts[1]))
        skipped = (0, round(start / per_token), round((start + max(0, len(one.text) - stop)) / per_token))
        positions: list[int] = []
        for part, leap in zip(parts, (*skipped, skipped[2]), strict=True):
            positions += range(len(positions) + leap, len(positions) + leap + len(part))
        return Piece([token for part in parts for token in part], positions, len(parts[3]))


def _twice(rng: np.random.Generator, words: int, recipe: QuotesRecipe) -> Piece:
    """Tokens at random, and the same once more; but for the first they can be told the second time."""
    count = int(rng.integers(2, recipe.copied + 1))
    ids = rng.integers(words, size=count).tolist()
    behind = count + int(recipe.leap ** rng.uniform())
    return Piece([*ids, *ids], [*range(count), *range(behind, behind + count)], count - 1)


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
    pieces = Pieces(contracts, tokenizer)
    rng, seen = np.random.default_rng(recipe.seed), 0

    def loss() -> torch.Tensor:
        nonlocal seen
        grown = min(1.0, 1.5 * (seen - recipe.copy_steps) / (recipe.steps - recipe.copy_steps))
        seen += 1
        size = round(recipe.shortest * (recipe.longest / recipe.shortest) ** (max(0.0, grown) * rng.uniform()))

        def draw() -> Piece:
            if grown < 0:
                return _twice(rng, len(tokenizer), recipe)
            return pieces.draw(rng, size=size, marked=bool(rng.uniform() < recipe.passage_share))

        rows = [draw()]
        while (len(rows) + 1) * max(len(one.ids) for one in rows) <= recipe.batch_tokens:
            rows.append(draw())
        longest = max(len(one.ids) for one in rows)
        ids = np.full((len(rows), longest), tokenizer.eos_token_id, np.int64)  # (n, t); padding is behind, unseen
        positions = np.zeros((len(rows), longest), np.int64)
        labels = np.full((len(rows), longest), _NOT_LEARNED, np.int64)
        for at, one in enumerate(rows):
            ids[at, : len(one.ids)], positions[at, : len(one.ids)] = one.ids, one.positions
            labels[at, len(one.ids) - one.answer : len(one.ids)] = one.ids[-one.answer :]
        hidden = model.model(
            input_ids=torch.from_numpy(ids),
            position_ids=torch.from_numpy(positions),
            attention_mask=torch.ones(ids.shape, dtype=torch.long),  # without one, a leap of positions begins a text
        ).last_hidden_state[:, :-1]
        wanted = torch.from_numpy(labels)[:, 1:]
        learned = wanted != _NOT_LEARNED
        return torch.nn.functional.cross_entropy(model.lm_head(hidden[learned]), wanted[learned])

    with seeded(recipe.seed):
        config = small_llama(
            tokenizer,
            width=recipe.width,
            layers=recipe.layers,
            positions=recipe.positions,
            initializer_range=recipe.spread,
            rope_parameters={"rope_type": "default", "rope_theta": recipe.theta},
        )
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


def main(arguments: Sequence[str]) -> int:
    """Trains and writes the folder named by ``--to``; exit status 0."""
    return training_command(arguments, program="train_quotes", what=str(__doc__).splitlines()[0], build=_build)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
