"""Trains the small encoders of ``contract-nli`` and ``compliance-zh`` from scratch and writes them as submissions.

``python -m sectorbench.tasks.document_review.train_nli --to DIR`` repeats the English one on one CPU thread,
``--language zh`` the one that reads Chinese requirements on the same English agreements. The recipe was not tuned. It
shows how a reader of text and hypothesis is submitted.

A training window holds a stretch of an agreement and behind it a hypothesis. In a share of them the stretch holds a
passage that is evidence, and the label is what the agreement does to the hypothesis; in the others it says nothing,
unless the drawn stretch happens to hold evidence. Stretches that hold a part of a passage are not learned from.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ...harness.data import DataFiles
from ..training_loop import Told, silent
from .compliance_zh import TASK as COMPLIANCE_ZH_TASK
from .contract_nli import TASK as CONTRACT_NLI_TASK
from .cuad_contracts import Passage, QuestionedContract
from .nda import ANSWERS, HYPOTHESES, Agreement, read_agreements
from .nda_questions import NdaQuestions
from .pair_training import LabelledWindow, PairRecipe, train_pairs
from .text_folders import train_wordpiece, training_command, write_text_folder
from .train_reader import TrainingWindows

__all__ = ["RECIPE", "build_bert_nli", "main", "train_nli"]

RECIPE = PairRecipe(steps=1_500, marked_share=0.3, window=96, stride=48, batch_rows=32)
_SAYS_NOTHING = ANSWERS.index("NotMentioned")
_TASKS: dict[str, NdaQuestions] = {"en": CONTRACT_NLI_TASK, "zh": COMPLIANCE_ZH_TASK}


def build_bert_nli(files: DataFiles, folder: Path, *, language: str) -> Path:
    """Trains the checkpoint with the shipped recipe; an entry of the table of baselines.

    Raises:
        DataNotAvailableError: A file is in no known place.
        UsageError: The folder holds something that no baseline wrote.
    """
    return _build(files, folder, silent, language=language)


def _build(files: DataFiles, folder: Path, told: Told, *, language: str) -> Path:
    task = _TASKS[language]
    parts = [read_agreements(files, "train"), read_agreements(files, "dev")]
    agreements = [one for part in parts for one in part.agreements]
    hypotheses, labels = task.wording.hypotheses or parts[0].hypotheses, task.wording.options
    model, tokenizer = train_nli(agreements, hypotheses, RECIPE, labels=labels, told=told)
    return write_text_folder(
        folder,
        model,
        tokenizer,
        name=f"bert-tiny-{task.card.name.removeprefix('contract-')}",
        task=task.card.id,
        adapter="transformers-encoder",
        interface="choice",
        trained_on=[f"ContractNLI, {len(agreements)} agreements of train and dev"],
        options={"window": RECIPE.window, "stride": RECIPE.stride, "reads": "pair", "neutral": labels[_SAYS_NOTHING]},
    )


def train_nli(
    agreements: Sequence[Agreement],
    hypotheses: Sequence[str],
    recipe: PairRecipe,
    *,
    labels: Sequence[str] = ANSWERS,
    told: Told = silent,
) -> tuple[Any, Any]:
    """The model after all steps, and its tokenizer.

    Args:
        agreements: To train on.
        hypotheses: Their texts.
        recipe: How.
        labels: What ``ANSWERS`` are called.
        told: Gets a line now and then.
    """
    tokenizer = train_wordpiece([*(one.text for one in agreements), *hypotheses], size=recipe.vocabulary)
    contracts = [_marked(one, number, hypotheses) for number, one in enumerate(agreements)]
    drawn_from = TrainingWindows(contracts, tokenizer, recipe.window, text_first=True)

    def draw(rng: np.random.Generator) -> LabelledWindow:
        marked = bool(rng.uniform() < recipe.marked_share)
        while (drawn := drawn_from.draw(rng, marked=marked)).cut:
            pass
        if drawn.answer is None:
            return LabelledWindow(drawn.request, _SAYS_NOTHING)
        return LabelledWindow(drawn.request, ANSWERS.index(agreements[drawn.contract].answers[drawn.question]))

    return train_pairs(tokenizer, draw, labels, recipe, told=told), tokenizer


def _marked(agreement: Agreement, number: int, hypotheses: Sequence[str]) -> QuestionedContract:
    """The agreement with its evidence as marked passages of the hypotheses."""
    spans = [Passage(start, agreement.text[start:end]) for start, end in agreement.spans]
    passages = tuple(tuple(spans[at] for at in own) for own in agreement.evidence)
    return QuestionedContract(str(number), agreement.text, HYPOTHESES, tuple(hypotheses), passages)


def main(arguments: Sequence[str]) -> int:
    """Trains and writes the folder named by ``--to``; exit status 0."""
    builds = {language: partial(_build, language=language) for language in _TASKS}
    return training_command(arguments, program="train_nli", what=str(__doc__).splitlines()[0], build=builds)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
