"""Trains the small encoder of ``contract-nli`` from scratch and writes it as an ordinary submission folder.

``python -m sectorbench.tasks.document_review.train_nli --to DIR`` repeats it on one CPU thread. The recipe was not
tuned. It shows how a reader of text and hypothesis is submitted.

A training window holds a stretch of an agreement and behind it a hypothesis. In a share of them the stretch holds a
passage that is evidence, and the label is what the agreement does to the hypothesis; in the others it says nothing,
unless the drawn stretch happens to hold evidence. Stretches that hold a part of a passage are not learned from.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...harness.data import DataFiles
from ..training_loop import Told, silent
from .contract_nli import TASK
from .cuad_contracts import Passage, QuestionedContract
from .nda import ANSWERS, HYPOTHESES, Agreement, read_agreements
from .pair_training import LabelledWindow, PairRecipe, train_pairs
from .text_folders import train_wordpiece, training_command, write_text_folder
from .train_reader import TrainingWindows

__all__ = ["RECIPE", "build_bert_nli", "main", "train_nli"]

RECIPE = PairRecipe(steps=1_500, marked_share=0.3, window=96, stride=48, batch_rows=32)
_SAYS_NOTHING = "NotMentioned"


def build_bert_nli(files: DataFiles, folder: Path) -> Path:
    """Trains the checkpoint with the shipped recipe; an entry of the table of baselines.

    Raises:
        DataNotAvailableError: A file is in no known place.
        UsageError: The folder holds something that no baseline wrote.
    """
    return _build(files, folder, silent)


def _build(files: DataFiles, folder: Path, told: Told) -> Path:
    parts = [read_agreements(files, "train"), read_agreements(files, "dev")]
    agreements = [one for part in parts for one in part.agreements]
    model, tokenizer = train_nli(agreements, parts[0].hypotheses, RECIPE, told=told)
    return write_text_folder(
        folder,
        model,
        tokenizer,
        name="bert-tiny-nli",
        task=TASK.card.id,
        adapter="transformers-encoder",
        interface="choice",
        trained_on=[f"ContractNLI, {len(agreements)} agreements of train and dev"],
        options={"window": RECIPE.window, "stride": RECIPE.stride, "reads": "pair", "neutral": _SAYS_NOTHING},
    )


def train_nli(
    agreements: Sequence[Agreement], hypotheses: Sequence[str], recipe: PairRecipe, *, told: Told = silent
) -> tuple[Any, Any]:
    """The model after all steps, and its tokenizer; its labels are ``ANSWERS``.

    Args:
        agreements: To train on.
        hypotheses: Their texts.
        recipe: How.
        told: Gets a line now and then.
    """
    tokenizer = train_wordpiece([*(one.text for one in agreements), *hypotheses], size=recipe.vocabulary)
    contracts = [_marked(one, number, hypotheses) for number, one in enumerate(agreements)]
    drawn_from = TrainingWindows(contracts, tokenizer, recipe.window, text_first=True)

    def draw(rng: np.random.Generator) -> LabelledWindow:
        marked = bool(rng.uniform() < recipe.marked_share)
        while (drawn := drawn_from.draw(rng, marked=marked)).cut:
            pass
        said = _SAYS_NOTHING if drawn.answer is None else agreements[drawn.contract].answers[drawn.question]
        return LabelledWindow(drawn.request, ANSWERS.index(said))

    return train_pairs(tokenizer, draw, ANSWERS, recipe, told=told), tokenizer


def _marked(agreement: Agreement, number: int, hypotheses: Sequence[str]) -> QuestionedContract:
    """The agreement with its evidence as marked passages of the hypotheses."""
    spans = [Passage(start, agreement.text[start:end]) for start, end in agreement.spans]
    passages = tuple(tuple(spans[at] for at in own) for own in agreement.evidence)
    return QuestionedContract(str(number), agreement.text, HYPOTHESES, tuple(hypotheses), passages)


def main(arguments: Sequence[str]) -> int:
    """Trains and writes the folder named by ``--to``; exit status 0."""
    return training_command(arguments, program="train_nli", what=str(__doc__).splitlines()[0], build=_build)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
