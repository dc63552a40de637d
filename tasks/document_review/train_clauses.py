"""Trains the small BERT of ``contract-clauses`` from scratch and writes it as an ordinary submission folder.

``python -m sectorbench.tasks.document_review.train_clauses --to DIR`` repeats it on one CPU thread. The recipe was not
tuned on the test set. It does not reach TF-IDF: it shows how an encoder is submitted.

Letters: n = clauses of a batch, t = tokens.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...harness.data import DataFiles
from ..training_loop import Told, run_steps, seeded, silent
from .contract_clauses import TASK
from .cuad import LABELS, read_clauses
from .text_folders import small_bert, train_wordpiece, training_command, write_text_folder

if TYPE_CHECKING:
    import torch

__all__ = ["ClauseRecipe", "build_bert_clauses", "main", "train_clauses"]


@dataclass(frozen=True)
class ClauseRecipe:
    """How the checkpoint is made.

    Attributes:
        seed: Of weights and batches.
        epochs: How often every clause is seen.
        batch_rows: Clauses per batch.
        peak_rate: Of AdamW, see ``training_loop``.
        weight_decay: Of AdamW.
        vocabulary: WordPiece tokens.
        tokens: Of a clause that are read in training, special ones counted.
        width: Numbers per token.
        layers: Of the encoder.
    """

    seed: int = 0
    epochs: int = 10
    batch_rows: int = 32
    peak_rate: float = 1e-3
    weight_decay: float = 0.01
    vocabulary: int = 8_000
    tokens: int = 64
    width: int = 128
    layers: int = 2


def build_bert_clauses(files: DataFiles, folder: Path) -> Path:
    """Trains the checkpoint with the shipped recipe; an entry of the table of baselines.

    Raises:
        DataNotAvailableError: The training file is in no known place.
        UsageError: The folder holds something that no baseline wrote.
    """
    return _build(files, folder, silent)


def _build(files: DataFiles, folder: Path, told: Told) -> Path:
    recipe, clauses = ClauseRecipe(), read_clauses(files, "train")
    texts, labels = [clause.text for clause in clauses], [clause.label for clause in clauses]
    model, tokenizer = train_clauses(texts, labels, recipe, classes=LABELS, told=told)
    return write_text_folder(
        folder,
        model,
        tokenizer,
        name="bert-tiny-clauses",
        task=TASK.card.id,
        adapter="transformers-encoder",
        interface="choice",
        trained_on=["CUAD v1 clauses, training contracts of document_review/contract-clauses"],
        options={"window": recipe.tokens, "stride": recipe.tokens // 2},
    )


def train_clauses(
    texts: Sequence[str], labels: Sequence[str], recipe: ClauseRecipe, *, classes: Sequence[str], told: Told = silent
) -> tuple[Any, Any]:
    """The model after all steps, and its tokenizer; a longer clause is seen by its beginning.

    Args:
        texts: Clauses to train on, length n.
        labels: The class of each, length n.
        recipe: How.
        classes: All there are, in the order of the model's outputs.
        told: Gets a line now and then.
    """
    import torch
    import transformers

    tokenizer = train_wordpiece(texts, size=recipe.vocabulary)
    read = tokenizer(list(texts), truncation=True, max_length=recipe.tokens, padding="max_length", return_tensors="pt")
    tokenizer.backend_tokenizer.no_truncation()  # the file must not bring it along
    tokenizer.backend_tokenizer.no_padding()
    ids, mask = read["input_ids"], read["attention_mask"]  # (clauses, t)
    truth = torch.tensor([classes.index(label) for label in labels])
    names = dict(enumerate(classes))
    rng = np.random.default_rng(recipe.seed)
    order: list[int] = []

    def loss() -> torch.Tensor:
        while len(order) < recipe.batch_rows:
            order.extend(rng.permutation(len(texts)).tolist())
        chosen = torch.tensor([order.pop() for _ in range(recipe.batch_rows)])
        longest = int(mask[chosen].sum(dim=1).max())
        found: torch.Tensor = model(
            input_ids=ids[chosen, :longest], attention_mask=mask[chosen, :longest], labels=truth[chosen]
        ).loss
        return found

    with seeded(recipe.seed):
        config = small_bert(
            tokenizer,
            width=recipe.width,
            layers=recipe.layers,
            positions=recipe.tokens,
            id2label=names,
            label2id={label: at for at, label in names.items()},
        )
        model = transformers.BertForSequenceClassification(config)
        trained = run_steps(
            model,
            loss,
            steps=recipe.epochs * len(texts) // recipe.batch_rows,
            peak_rate=recipe.peak_rate,
            weight_decay=recipe.weight_decay,
            said=lambda mean: f"loss {mean:.2f}",
            told=told,
        )
    return trained, tokenizer


def main(arguments: Sequence[str]) -> int:
    """Trains and writes the folder named by ``--to``; exit status 0."""
    return training_command(arguments, program="train_clauses", what=str(__doc__).splitlines()[0], build=_build)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
