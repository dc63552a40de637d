"""Trains the small encoders of ``contract-compliance-en`` and ``-zh`` from scratch and writes them as submissions.

``python -m sectorbench.tasks.document_review.train_compliance --to DIR`` repeats the English one on one CPU thread,
``--language zh`` the Chinese one. They are of no use: longer training, windows that grow and labels in balance were
tried on documents that none was trained on, and none came off chance. They show how a reader of rules is submitted.

A training window holds a stretch of a document and behind it the question for one of its rules. It is labelled as
breaking the rule where it holds all that shows the violation, and as keeping it where it holds nothing of that; windows
that hold a part are not learned from. What shows in no single window, a missing clause first of all, is not found.
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
from .compliance.numerals import Language
from .compliance.wording import load_wording
from .compliance_examples import OPEN_SEED, RuledDocument, RuleWindows, ruled_documents
from .compliance_task import LANGUAGES
from .pair_training import LabelledWindow, PairRecipe, train_pairs
from .text_folders import Build, train_wordpiece, training_command, write_text_folder

__all__ = ["DOCUMENTS", "RECIPE", "build_bert_compliance", "main", "train_compliance"]

DOCUMENTS = 1_000
RECIPE = PairRecipe(steps=400, marked_share=0.6, window=128, stride=40, hidden_share=0.0, vocabulary=2_000)


def build_bert_compliance(files: DataFiles, folder: Path, *, language: Language) -> Path:
    """Trains the checkpoint with the shipped recipe; an entry of the table of baselines.

    Raises:
        UsageError: The folder holds something that no baseline wrote.
    """
    return _build(files, folder, silent, language=language)


def _build(files: DataFiles, folder: Path, told: Told, *, language: Language) -> Path:
    options = load_wording(language).tree["options"]
    documents = ruled_documents(language, DOCUMENTS)
    model, tokenizer = train_compliance(documents, (options["yes"], options["no"]), RECIPE, told=told)
    return write_text_folder(
        folder,
        model,
        tokenizer,
        name=f"bert-tiny-checklist-{language}",
        task=f"document_review/contract-compliance-{language}",
        adapter="transformers-encoder",
        interface="choice",
        trained_on=[f"{DOCUMENTS:,} {OPEN_SEED.format(language=language)}"],
        options={"window": RECIPE.window, "stride": RECIPE.stride, "reads": "pair", "neutral": options["yes"]},
    )


def train_compliance(
    documents: Sequence[RuledDocument], labels: Sequence[str], recipe: PairRecipe, *, told: Told = silent
) -> tuple[Any, Any]:
    """The model after all steps, and its tokenizer.

    Args:
        documents: To train on.
        labels: The options, that a rule is kept and that it is broken.
        recipe: How; ``marked_share`` is that of windows about a line of the rule, kept or broken.
        told: Gets a line now and then.
    """
    texts = [text for one in documents for text in (one.text, *one.questions)]
    tokenizer = train_wordpiece(texts, size=recipe.vocabulary)
    drawn_from = RuleWindows(
        documents, tokenizer, recipe.window, near_share=recipe.marked_share, text_first=True, places=False
    )

    def draw(rng: np.random.Generator) -> LabelledWindow:
        drawn = drawn_from.draw_uncut(rng)
        return LabelledWindow(drawn.request, int(drawn.answer is not None))

    return train_pairs(tokenizer, draw, labels, recipe, told=told), tokenizer


def main(arguments: Sequence[str]) -> int:
    """Trains and writes the folder named by ``--to``; exit status 0."""
    builds: dict[str, Build] = {language: partial(_build, language=language) for language in LANGUAGES}
    return training_command(arguments, program="train_compliance", what=str(__doc__).splitlines()[0], build=builds)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
