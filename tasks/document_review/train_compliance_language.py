"""Trains the small causal language models of ``contract-compliance-en`` and ``-zh`` and writes them as submissions.

``python -m sectorbench.tasks.document_review.train_compliance_language --to DIR`` repeats the English one on one CPU
thread, ``--language zh`` the Chinese one; ``en-spans`` and ``zh-spans`` are those that quote the line that breaks a
rule. They are of no use: four times as many steps left the English one at chance on documents that it was not trained
on. They show how a model that reads whole documents is submitted.

A model reads a document and behind it a question, and learns to write the answer. A training text is read once for
several questions, none of which sees another. It is a document of which lines were left out: at first most of those
that the asked rules do not need, at the end none. Positions are rotary, so a model reads texts longer than most that it
was trained on.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ...harness.data import DataFiles
from ..training_loop import Told, run_steps, seeded, silent
from .compliance.numerals import Language
from .compliance_examples import OPEN_SEED, RuledDocument, ruled_documents
from .compliance_task import LANGUAGES
from .compliance_texts import Asks, RuleTexts, asked_places, asked_rules, packed
from .text_folders import small_llama, train_byte_pairs, training_command, write_text_folder

if TYPE_CHECKING:
    import torch

__all__ = [
    "RulesRecipe",
    "build_llama_compliance",
    "build_llama_compliance_places",
    "build_llama_legal",
    "main",
    "train_compliance_language",
]


@dataclass(frozen=True)
class RulesRecipe:
    """How a checkpoint is made.

    Attributes:
        documents: Of the open seed.
        steps: Batches seen.
        batch_tokens: Of a batch, at most.
        short_share: Share of the steps with one rule and its lines, among more and more others; then whole documents.
        text_weight: Of the loss on the document's own tokens; that on answers counts once.
        seed: Of weights and batches.
        peak_rate: Of AdamW, see ``training_loop``.
        weight_decay: Of AdamW.
        vocabulary: Tokens of a byte-level byte-pair encoding.
        width: Numbers per token.
        layers: Of the decoder.
        positions: Tokens that the adapter lets it read.
    """

    documents: int = 600
    steps: int = 150
    batch_tokens: int = 5_000
    short_share: float = 0.85
    text_weight: float = 0.0
    seed: int = 0
    peak_rate: float = 3e-3
    weight_decay: float = 0.01
    vocabulary: int = 1_500
    width: int = 64
    layers: int = 3
    positions: int = 4_096


class _Made(NamedTuple):
    """A model that this module trains.

    Attributes:
        name: On the board.
        task: That it is made for.
        asks: What it learns to answer.
        interface: That it serves.
        recipe: How it is made.
        options: Of the adapter.
    """

    name: str
    task: str
    asks: Asks
    interface: str
    recipe: RulesRecipe
    options: dict[str, Any]


def _rules(language: Language) -> _Made:
    task = f"contract-compliance-{language}"
    return _Made(f"llama-tiny-checklist-{language}", task, asked_rules, "choice", RulesRecipe(), {})


def _places(language: Language) -> _Made:
    name, task = f"llama-tiny-checklist-{language}-spans", f"contract-compliance-{language}-spans"
    return _Made(name, task, asked_places, "extraction", RulesRecipe(), {"max_tokens": 64})


def _legal() -> _Made:
    recipe = RulesRecipe(documents=300, steps=60, short_share=0.0, text_weight=1.0)
    name, options = "llama-tiny-legal-zh", {"normalisation": "byte"}
    return _Made(name, "legal-contract-choice-zh", asked_rules, "choice", recipe, options)


def build_llama_compliance(files: DataFiles, folder: Path, *, language: Language) -> Path:
    """Trains the model that says which rules are broken; an entry of the table of baselines.

    Raises:
        UsageError: The folder holds something that no baseline wrote.
    """
    return _build(files, folder, silent, made=_rules(language), language=language)


def build_llama_compliance_places(files: DataFiles, folder: Path, *, language: Language) -> Path:
    """Trains the model that quotes where rules are broken; an entry of the table of baselines.

    Raises:
        UsageError: The folder holds something that no baseline wrote.
    """
    return _build(files, folder, silent, made=_places(language), language=language)


def build_llama_legal(files: DataFiles, folder: Path) -> Path:
    """Trains a model of Chinese contract language for ``legal-contract-choice-zh``, which has nothing to train on.

    It weighs options by how likely they are behind the question; of law it has read none.

    Raises:
        UsageError: The folder holds something that no baseline wrote.
    """
    return _build(files, folder, silent, made=_legal(), language="zh")


def _build(files: DataFiles, folder: Path, told: Told, *, made: _Made, language: Language) -> Path:
    documents = ruled_documents(language, made.recipe.documents)
    model, tokenizer = train_compliance_language(documents, language, made.recipe, asks=made.asks, told=told)
    return write_text_folder(
        folder,
        model,
        tokenizer,
        name=made.name,
        task=f"document_review/{made.task}",
        adapter="transformers-causal",
        interface=made.interface,
        trained_on=[f"{made.recipe.documents:,} {OPEN_SEED.format(language=language)}"],
        options=made.options,
    )


def train_compliance_language(
    documents: Sequence[RuledDocument],
    language: Language,
    recipe: RulesRecipe,
    *,
    asks: Asks = asked_rules,
    told: Told = silent,
) -> tuple[Any, Any]:
    """The model after all steps, and its tokenizer.

    Args:
        documents: To train on.
        language: Of the documents.
        recipe: How.
        asks: What is asked of a document.
        told: Gets a line now and then.
    """
    import torch
    import transformers

    read: list[str] = []
    for one in documents:
        read += [one.text, *(part for q in asks(one, language) for part in (q.behind, q.answer))]
    tokenizer = train_byte_pairs(read, size=recipe.vocabulary)
    texts = RuleTexts(documents, language, tokenizer, asks)
    rng, seen = np.random.default_rng(recipe.seed), 0

    def loss() -> torch.Tensor:
        nonlocal seen
        gone = seen / (recipe.short_share * recipe.steps) if recipe.short_share else 1.0
        others = max(0.0, 2 * gone - 1) if gone < 1 else None
        seen += 1
        drawn = [texts.draw(rng, others=others)]
        while (len(drawn) + 1) * max(len(one.ids) for one in drawn) <= recipe.batch_tokens:
            drawn.append(texts.draw(rng, others=others))
        batch = packed(drawn)
        hidden = model.model(
            input_ids=torch.from_numpy(batch.ids),
            position_ids=torch.from_numpy(batch.positions),
            attention_mask=torch.from_numpy(batch.mask),
        ).last_hidden_state

        def missed(chosen: npt.NDArray[np.bool_]) -> torch.Tensor:
            rows, columns = np.nonzero(chosen)
            logits = model.lm_head(hidden[torch.from_numpy(rows), torch.from_numpy(columns - 1)])
            return torch.nn.functional.cross_entropy(logits, torch.from_numpy(batch.ids[rows, columns]))

        found = missed(batch.answers)
        return found + recipe.text_weight * missed(batch.text) if recipe.text_weight else found

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


def main(arguments: Sequence[str]) -> int:
    """Trains and writes the folder named by ``--to``; exit status 0."""
    builds = {
        language + suffix: partial(_build, made=made(language), language=language)
        for language in LANGUAGES
        for suffix, made in (("", _rules), ("-spans", _places))
    }
    return training_command(
        arguments, program="train_compliance_language", what=str(__doc__).splitlines()[0], build=builds
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
