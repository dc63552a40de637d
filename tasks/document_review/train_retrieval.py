"""Trains the small cross-encoder of ``clause-retrieval`` from scratch and writes it as an ordinary submission folder.

``python -m sectorbench.tasks.document_review.train_retrieval --to DIR`` repeats it on one CPU thread. The recipe is
near that of ``train_evidence`` and was not tuned: 51 training queries teach little about other queries.

A training pair is a query and a clause that lawyers judged for it. In a share of them the clause has three stars or
more. A clause longer than the window is seen by one of its windows.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...harness.adapters.text_windows import WindowTokenizer, whole_windows
from ...harness.data import DataFiles
from ..training_loop import Told, silent
from .acord import Judged, read_judged
from .clause_retrieval import STARS, TASK
from .pair_training import LabelledWindow, PairRecipe, train_pairs
from .text_folders import train_wordpiece, training_command, write_text_folder

__all__ = ["RECIPE", "build_bert_retrieval", "main", "train_retrieval"]

RECIPE = PairRecipe(steps=200, marked_share=0.3, window=128, stride=96, batch_rows=32)
_LABELS = ("other", "relevant")


def build_bert_retrieval(files: DataFiles, folder: Path) -> Path:
    """Trains the checkpoint with the shipped recipe; an entry of the table of baselines.

    Raises:
        DataNotAvailableError: A file is in no known place.
        UsageError: The folder holds something that no baseline wrote.
    """
    return _build(files, folder, silent)


def _build(files: DataFiles, folder: Path, told: Told) -> Path:
    model, tokenizer = train_retrieval(read_judged(files, "train"), RECIPE, told=told)
    return write_text_folder(
        folder,
        model,
        tokenizer,
        name="bert-tiny-retrieval",
        task=TASK.card.id,
        adapter="transformers-encoder",
        interface="ranking",
        trained_on=["ACORD, 51 training queries"],
        options={"window": RECIPE.window, "stride": RECIPE.stride, "relevant": _LABELS[1]},
    )


def train_retrieval(judged: Judged, recipe: PairRecipe, *, told: Told = silent) -> tuple[Any, Any]:
    """The model after all steps, and its tokenizer.

    Args:
        judged: To train on; every query has a clause of three stars or more, and one of fewer.
        recipe: How.
        told: Gets a line now and then.
    """
    used = sorted({clause for query in judged.queries for clause in query.clauses})
    read = [judged.corpus[clause] for clause in used] + [query.text for query in judged.queries]
    tokenizer = train_wordpiece(read, size=recipe.vocabulary)
    texts = WindowTokenizer(tokenizer)
    clauses = {clause: texts.encode(judged.corpus[clause]) for clause in used}
    frames = [texts.frame(query.text, text_first=False) for query in judged.queries]
    good = [np.array(query.grades) >= STARS[0] - 1 for query in judged.queries]

    def draw(rng: np.random.Generator) -> LabelledWindow:
        asked, label = int(rng.integers(len(frames))), bool(rng.uniform() < recipe.marked_share)
        clause = judged.queries[asked].clauses[int(rng.choice(np.flatnonzero(good[asked] == label)))]
        seen = whole_windows(clauses[clause], frames[asked], window=recipe.window, stride=recipe.stride)
        return LabelledWindow(seen[int(rng.integers(len(seen)))], int(label))

    return train_pairs(tokenizer, draw, _LABELS, recipe, told=told), tokenizer


def main(arguments: Sequence[str]) -> int:
    """Trains and writes the folder named by ``--to``; exit status 0."""
    return training_command(arguments, program="train_retrieval", what=str(__doc__).splitlines()[0], build=_build)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
