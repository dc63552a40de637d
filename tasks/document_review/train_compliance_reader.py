"""Trains the small readers of ``contract-compliance-en-spans`` and ``-zh-spans`` and writes them as submissions.

``python -m sectorbench.tasks.document_review.train_compliance_reader --to DIR`` repeats the English one on one CPU
thread, ``--language zh`` the Chinese one. The recipe was not tuned.

A training window holds a question and a stretch of a document. Where the stretch holds all that shows the violation,
the answer is one of its places; where it holds nothing of that, the null place. What shows in no single window is not
learned from.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from ...harness.data import DataFiles
from ..training_loop import Told, silent
from .compliance.numerals import Language
from .compliance_examples import OPEN_SEED, RuledDocument, RuleWindows, ruled_documents
from .compliance_task import LANGUAGES
from .text_folders import Build, train_wordpiece, training_command, write_text_folder
from .train_reader import ReaderRecipe, train_on_windows

__all__ = ["DOCUMENTS", "RECIPE", "build_bert_compliance_reader", "main", "train_compliance_reader"]

DOCUMENTS = 600
RECIPE = ReaderRecipe(steps=200, batch_rows=32, vocabulary=2_000, window=128, stride=40)


def build_bert_compliance_reader(files: DataFiles, folder: Path, *, language: Language) -> Path:
    """Trains the checkpoint with the shipped recipe; an entry of the table of baselines.

    Raises:
        UsageError: The folder holds something that no baseline wrote.
    """
    return _build(files, folder, silent, language=language)


def _build(files: DataFiles, folder: Path, told: Told, *, language: Language) -> Path:
    model, tokenizer = train_compliance_reader(ruled_documents(language, DOCUMENTS), RECIPE, told=told)
    return write_text_folder(
        folder,
        model,
        tokenizer,
        name=f"bert-tiny-checklist-{language}-spans",
        task=f"document_review/contract-compliance-{language}-spans",
        adapter="transformers-encoder",
        interface="extraction",
        trained_on=[f"{DOCUMENTS:,} {OPEN_SEED.format(language=language)}"],
        options={"window": RECIPE.window, "stride": RECIPE.stride},
    )


def train_compliance_reader(
    documents: Sequence[RuledDocument], recipe: ReaderRecipe, *, told: Told = silent
) -> tuple[Any, Any]:
    """The model after all steps, and its tokenizer.

    Args:
        documents: To train on.
        recipe: How; ``marked_share`` is that of windows about a line of the rule, kept or broken.
        told: Gets a line now and then.
    """
    texts = [text for one in documents for text in (one.text, *one.asked_places)]
    tokenizer = train_wordpiece(texts, size=recipe.vocabulary)
    drawn_from = RuleWindows(
        documents, tokenizer, recipe.window, near_share=recipe.marked_share, text_first=False, places=True
    )

    return train_on_windows(tokenizer, drawn_from.draw_uncut, recipe, told=told), tokenizer


def main(arguments: Sequence[str]) -> int:
    """Trains and writes the folder named by ``--to``; exit status 0."""
    builds: dict[str, Build] = {language: partial(_build, language=language) for language in LANGUAGES}
    return training_command(
        arguments, program="train_compliance_reader", what=str(__doc__).splitlines()[0], build=builds
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
