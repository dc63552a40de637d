"""Trains the small causal language models of ``contract-compliance-en`` and ``-zh`` and writes them as submissions.

``python -m sectorbench.tasks.document_review.train_compliance_language --to DIR`` repeats the English one on one CPU
thread, ``--language zh`` the Chinese one. They are of no use: twice as many steps left the English one at chance on
documents that it was not trained on. They show how a model that reads whole documents is submitted.

A model reads a document and behind it a question, and learns to write the option. A training text is read once for
several questions, none of which sees another. It is a document of which lines were left out: at first most of those
that the asked rules do not need, at the end none. Positions are rotary, so a model reads texts longer than most that it
was trained on.

Letters: n = texts of a batch, t = tokens of the longest.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ...harness.data import DataFiles
from ..training_loop import Told, run_steps, seeded, silent
from .compliance.clauses import CHECKS
from .compliance.numerals import Language
from .compliance.wording import load_wording
from .compliance_examples import OPEN_SEED, SHOWN, RuledDocument, read_lines, ruled_documents
from .compliance_task import LANGUAGES
from .contract_compliance import PROMPT
from .text_folders import token_ids, train_byte_pairs, training_command, write_text_folder

if TYPE_CHECKING:
    import torch

__all__ = [
    "LEGAL_RECIPE",
    "RuleTexts",
    "RulesRecipe",
    "build_llama_compliance",
    "build_llama_legal",
    "main",
    "packed",
    "train_compliance_language",
]

_PARTIES = 4  # lines from the title on that name the parties


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

    documents: int = 1_000
    steps: int = 300
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


LEGAL_RECIPE = RulesRecipe(documents=300, steps=120, short_share=0.0, text_weight=1.0)


def build_llama_compliance(files: DataFiles, folder: Path, *, language: Language) -> Path:
    """Trains the checkpoint with the shipped recipe; an entry of the table of baselines.

    Raises:
        UsageError: The folder holds something that no baseline wrote.
    """
    return _build(files, folder, silent, language=language)


def build_llama_legal(files: DataFiles, folder: Path) -> Path:
    """Trains a model of Chinese contract language for ``legal-contract-choice-zh``, which has nothing to train on.

    It weighs options by how likely they are behind the question; of law it has read none.

    Raises:
        UsageError: The folder holds something that no baseline wrote.
    """
    return _build(files, folder, silent, language="zh", legal=True)


def _build(files: DataFiles, folder: Path, told: Told, *, language: Language, legal: bool = False) -> Path:
    recipe = LEGAL_RECIPE if legal else RulesRecipe()
    documents = ruled_documents(language, recipe.documents)
    model, tokenizer = train_compliance_language(documents, language, recipe, told=told)
    task = "legal-contract-choice-zh" if legal else f"contract-compliance-{language}"
    return write_text_folder(
        folder,
        model,
        tokenizer,
        name="llama-tiny-legal-zh" if legal else f"llama-tiny-checklist-{language}",
        task=f"document_review/{task}",
        adapter="transformers-causal",
        interface="choice",
        trained_on=[f"{recipe.documents:,} {OPEN_SEED.format(language=language)}"],
        options={"normalisation": "byte"} if legal else {},
    )


class RuleText(NamedTuple):
    """A text with its questions, each with the right option behind it.

    Attributes:
        ids: Of the begin token and the document, and of every question with its answer, one behind the other.
        positions: Of each token: a question goes on where the document ends.
        part: Number of the question that a token belongs to, -1 for the document.
        learned: Whether a token is a part of an answer.
    """

    ids: npt.NDArray[np.int64]
    positions: npt.NDArray[np.int64]
    part: npt.NDArray[np.int64]
    learned: npt.NDArray[np.bool_]


class RuleTexts:
    """Draws texts, line by line tokenised before."""

    def __init__(self, documents: Sequence[RuledDocument], language: Language, tokenizer: Any) -> None:
        prompt, options = PROMPT[language], load_wording(language).tree["options"]
        self._documents, self._begin = documents, tokenizer.bos_token_id
        answers = [token_ids(tokenizer, prompt["option"] + options[said]) for said in ("yes", "no")]
        known: dict[str, list[int]] = {}
        self._lines: list[list[tuple[int, int]]] = []
        self._ids: list[list[list[int]]] = []
        self._asked: list[list[tuple[list[int], list[int]]]] = []
        for one in documents:
            own = read_lines(one.text)
            borders = [0, *(start for start, _ in own[1:]), len(one.text)]
            for piece in {one.text[a:b] for a, b in pairwise(borders)} - known.keys():
                known[piece] = token_ids(tokenizer, piece)
            for question in set(one.questions) - known.keys():
                known[question] = token_ids(tokenizer, prompt["question"] + question)
            self._lines.append(own)
            self._ids.append([known[one.text[a:b]] for a, b in pairwise(borders)])
            asked = zip(one.questions, one.broken, strict=True)
            self._asked.append([(known[question], answers[broken]) for question, broken in asked])

        self._with = {
            (rule, broken): [at for at, one in enumerate(documents) if one.broken[rule] is broken]
            for rule in SHOWN
            for broken in (False, True)
        }

    def draw(self, rng: np.random.Generator, *, others: float | None = None) -> RuleText:
        """A document with all its rules, or lines of one with one rule, broken as often as kept.

        Args:
            rng: To draw by.
            others: Greatest share of the lines that the rule does not need; None: the whole document.
        """
        if others is None:
            number, rules = int(rng.integers(len(self._documents))), list(range(len(CHECKS)))
            kept = np.ones(len(self._lines[number]), np.bool_)
        else:
            rule, broken = int(rng.choice(SHOWN)), bool(rng.uniform() < 0.5)
            number, rules = int(rng.choice(self._with[rule, broken])), [rule]
            document, lines = self._documents[number], self._lines[number]
            needed = set(document.lines[rule])
            if CHECKS[rule] == "liability" and document.level > 1:
                needed |= set(document.lines[CHECKS.index("amounts")])  # the total price
            kept = rng.uniform(size=len(lines)) < rng.uniform(0.0, others)
            kept |= np.array([line in needed for line in lines])
            if CHECKS[rule] == "names" or (CHECKS[rule] == "law" and document.level > 2):
                kept[:_PARTIES] = True
        context = [self._begin, *(x for own, keep in zip(self._ids[number], kept, strict=True) if keep for x in own)]
        ids, part, learned = [context], [-1] * len(context), [False] * len(context)
        positions = list(range(len(context)))
        for at in rules:
            question, answer = self._asked[number][at]
            ids.append(question + answer)
            positions += range(len(context), len(context) + len(question) + len(answer))
            part += [at] * (len(question) + len(answer))
            learned += [False] * len(question) + [True] * len(answer)
        return RuleText(
            np.array([x for own in ids for x in own], np.int64),
            np.array(positions, np.int64),
            np.array(part, np.int64),
            np.array(learned, np.bool_),
        )


def train_compliance_language(
    documents: Sequence[RuledDocument], language: Language, recipe: RulesRecipe, *, told: Told = silent
) -> tuple[Any, Any]:
    """The model after all steps, and its tokenizer.

    Args:
        documents: To train on.
        language: Of the documents.
        recipe: How.
        told: Gets a line now and then.
    """
    import torch
    import transformers

    read = [text for one in documents for text in (one.text, *one.questions)]
    tokenizer = train_byte_pairs(read, size=recipe.vocabulary)
    texts = RuleTexts(documents, language, tokenizer)
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
        config = transformers.LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=recipe.width,
            intermediate_size=4 * recipe.width,
            num_hidden_layers=recipe.layers,
            num_attention_heads=max(2, recipe.width // 32),
            max_position_embeddings=recipe.positions,
            initializer_range=recipe.width**-0.5,
            tie_word_embeddings=True,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
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


class Packed(NamedTuple):
    """Texts as arrays, padded on the right.

    Attributes:
        ids: Tokens, shape ``(n, t)``.
        positions: Shape ``(n, t)``.
        mask: What is added to attention, shape ``(n, 1, t, t)``: a token sees those before it of the document and of
            its own question.
        answers: Whether a token is a part of an answer, shape ``(n, t)``.
        text: Whether it is one of the document, behind the begin token, shape ``(n, t)``.
    """

    ids: npt.NDArray[np.int64]
    positions: npt.NDArray[np.int64]
    mask: npt.NDArray[np.float32]
    answers: npt.NDArray[np.bool_]
    text: npt.NDArray[np.bool_]


def packed(texts: Sequence[RuleText]) -> Packed:
    """Texts as a batch."""
    longest = max(len(one.ids) for one in texts)
    ids, positions = np.zeros((2, len(texts), longest), np.int64)
    answers, own_text = np.zeros((2, len(texts), longest), np.bool_)
    mask = np.full((len(texts), 1, longest, longest), np.finfo(np.float32).min, np.float32)
    before = np.tri(longest, dtype=np.bool_)
    for row, one in enumerate(texts):
        size = len(one.ids)
        ids[row, :size], positions[row, :size], answers[row, :size] = one.ids, one.positions, one.learned
        own_text[row, 1:size] = one.part[1:] == -1
        sees = (one.part[None, :] == -1) | (one.part[None, :] == one.part[:, None])
        mask[row, 0, :size, :size][sees & before[:size, :size]] = 0.0
        mask[row, 0, np.arange(size, longest), np.arange(size, longest)] = 0.0  # padding sees itself
    return Packed(ids, positions, mask, answers, own_text)


def main(arguments: Sequence[str]) -> int:
    """Trains and writes the folder named by ``--to``; exit status 0."""
    builds = {language: partial(_build, language=language) for language in LANGUAGES}
    return training_command(
        arguments, program="train_compliance_language", what=str(__doc__).splitlines()[0], build=builds
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
