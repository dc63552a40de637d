"""Trains the small causal language model of ``work-order-failure`` from scratch and writes it as a submission folder.

``python -m sectorbench.tasks.document_review.train_work_orders --to DIR`` repeats it on one CPU thread.
The recipe was chosen on the development split, never on the test set.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...harness.data import DataFiles
from ..training_loop import Told, silent
from .text_folders import training_command, write_text_folder
from .work_order_failure import PROMPT, QUESTION, TASK
from .work_orders import WorkOrder, read_work_orders
from .written_answers import LanguageRecipe, train_written_answers

__all__ = ["build_gpt_work_orders", "main", "train_work_orders"]


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

    Args:
        orders: To train on.
        recipe: How.
        told: Gets a line now and then.
    """
    asked = [f"{PROMPT['context']}{one.observation}{PROMPT['question']}{QUESTION}" for one in orders]
    return train_written_answers(asked, [f"{PROMPT['option']}{one.code}" for one in orders], recipe, told=told)


def main(arguments: Sequence[str]) -> int:
    """Trains and writes the folder named by ``--to``; exit status 0."""
    return training_command(arguments, program="train_work_orders", what=str(__doc__).splitlines()[0], build=_build)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
