"""Trains the small networks of ``contract-clauses-ledgar`` from scratch and writes them as submission folders.

``python -m sectorbench.tasks.document_review.train_ledgar --model bert --to DIR`` trains a BERT on the beginnings of
clauses, ``--model gpt`` a GPT-2 that writes the kind behind a clause. Neither was ever trained on LEDGAR, of
which no copy was at hand, and no recipe was tuned: they show how such models are submitted.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...harness.data import DataFiles
from ..training_loop import Told, silent
from .contract_clauses import PROMPT, QUESTION
from .contract_clauses_ledgar import TASK
from .ledgar import KINDS, TRAINED_ON, read_provisions
from .text_folders import training_command, write_text_folder
from .train_clauses import ClauseRecipe, train_clauses
from .written_answers import LanguageRecipe, train_written_answers

__all__ = ["build_bert_ledgar", "build_gpt_ledgar", "main"]

BERT = replace(ClauseRecipe(), epochs=2)
GPT = LanguageRecipe(epochs=1, dropout=0.0, vocabulary=2_000, width=64, positions=256)


def build_bert_ledgar(files: DataFiles, folder: Path) -> Path:
    """Trains the encoder; an entry of the table of baselines.

    Raises:
        DataNotAvailableError: The archive is in no known place.
        UsageError: The folder holds something that no baseline wrote.
    """
    return _build_bert(files, folder, silent)


def build_gpt_ledgar(files: DataFiles, folder: Path) -> Path:
    """Trains the causal language model; an entry of the table of baselines.

    Raises:
        DataNotAvailableError: The archive is in no known place.
        UsageError: The folder holds something that no baseline wrote.
    """
    return _build_gpt(files, folder, silent)


def _build_bert(files: DataFiles, folder: Path, told: Told) -> Path:
    clauses = read_provisions(files, "train")
    texts, kinds = [one.text for one in clauses], [one.kind for one in clauses]
    trained = train_clauses(texts, kinds, BERT, classes=KINDS, told=told)
    options = {"window": BERT.tokens, "stride": BERT.tokens // 2}
    return _written(folder, trained, name="bert-tiny-ledgar", adapter="transformers-encoder", options=options)


def _build_gpt(files: DataFiles, folder: Path, told: Told) -> Path:
    clauses = read_provisions(files, "train")
    asked = [f"{PROMPT['context']}{one.text}{PROMPT['question']}{QUESTION}" for one in clauses]
    trained = train_written_answers(asked, [f"{PROMPT['option']}{one.kind}" for one in clauses], GPT, told=told)
    return _written(folder, trained, name="gpt-tiny-ledgar", adapter="transformers-causal", options={})


def _written(folder: Path, trained: tuple[Any, Any], *, name: str, adapter: str, options: dict[str, Any]) -> Path:
    model, tokenizer = trained
    return write_text_folder(
        folder,
        model,
        tokenizer,
        name=name,
        task=TASK.card.id,
        adapter=adapter,
        interface="choice",
        trained_on=[TRAINED_ON],
        options=options,
    )


def main(arguments: Sequence[str]) -> int:
    """Trains the network named by ``--model`` and writes the folder named by ``--to``; exit status 0."""
    builds = {"bert": _build_bert, "gpt": _build_gpt}
    what = str(__doc__).splitlines()[0]
    return training_command(arguments, program="train_ledgar", what=what, build=builds, chosen_by="model")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
