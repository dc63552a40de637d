"""Trains the small cross-encoder of ``contract-evidence`` from scratch and writes it as an ordinary submission folder.

``python -m sectorbench.tasks.document_review.train_evidence --to DIR`` repeats it on one CPU thread. The recipe is
hardly tuned: shares were tried twice on the development agreements, and training ends while its loss still falls. It
shows how a cross-encoder is submitted.

A training pair is a hypothesis and a span. In a share of them the span is evidence; half of the others are spans
that are evidence for another hypothesis, since these look most alike, and the rest any spans. A span longer than the
window is seen by one of its windows.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...harness.adapters.text_windows import TokenisedText, WindowTokenizer, whole_windows
from ...harness.data import DataFiles
from ..training_loop import Told, silent
from .contract_evidence import TASK
from .nda import Agreement, read_agreements
from .pair_training import LabelledWindow, PairRecipe, train_pairs
from .text_folders import train_wordpiece, training_command, write_text_folder

__all__ = ["RECIPE", "SpanPairs", "build_bert_evidence", "main", "train_evidence"]

RECIPE = PairRecipe(steps=1_500, marked_share=0.3, window=96, stride=32)
_LABELS = ("other", "evidence")
_ALIKE_SHARE = 0.5  # of pairs that are no evidence: with a span that is evidence for another hypothesis


def build_bert_evidence(files: DataFiles, folder: Path) -> Path:
    """Trains the checkpoint with the shipped recipe; an entry of the table of baselines.

    Raises:
        DataNotAvailableError: A file is in no known place.
        UsageError: The folder holds something that no baseline wrote.
    """
    return _build(files, folder, silent)


def _build(files: DataFiles, folder: Path, told: Told) -> Path:
    parts = [read_agreements(files, "train"), read_agreements(files, "dev")]
    agreements = [one for part in parts for one in part.agreements]
    model, tokenizer = train_evidence(agreements, parts[0].hypotheses, RECIPE, told=told)
    return write_text_folder(
        folder,
        model,
        tokenizer,
        name="bert-tiny-evidence",
        task=TASK.card.id,
        adapter="transformers-encoder",
        interface="ranking",
        trained_on=[f"ContractNLI, {len(agreements)} agreements of train and dev"],
        options={"window": RECIPE.window, "stride": RECIPE.stride, "relevant": _LABELS[1]},
    )


class SpanPairs:
    """Pairs of hypothesis and span, drawn as evidence or not.

    Attributes:
        shown: Span and hypothesis of all evidence, shape ``(evidence, 2)``; spans count through all agreements.
    """

    def __init__(
        self, agreements: Sequence[Agreement], hypotheses: Sequence[str], tokenizer: Any, recipe: PairRecipe
    ) -> None:
        """Tokenises the spans."""
        texts, shown = WindowTokenizer(tokenizer), []
        self._spans: list[TokenisedText] = []
        for agreement in agreements:
            first = len(self._spans)
            self._spans += [texts.encode(text) for text in agreement.span_texts()]
            shown += [(first + span, asked) for asked, own in enumerate(agreement.evidence) for span in own]
        self._frames = [texts.frame(one, text_first=False) for one in hypotheses]
        self._recipe = recipe
        self.shown = np.array(shown, np.int64).reshape(-1, 2)
        self._is_shown = np.zeros((len(self._spans), len(hypotheses)), np.bool_)
        self._is_shown[tuple(self.shown.T)] = True

    def draw(self, rng: np.random.Generator) -> LabelledWindow:
        """A pair, as the module says."""
        marked = rng.uniform() < self._recipe.marked_share
        span, asked = (int(x) for x in self.shown[rng.integers(len(self.shown))])
        if not marked:
            if rng.uniform() >= _ALIKE_SHARE:
                span = int(rng.integers(len(self._spans)))
            other = np.flatnonzero(~self._is_shown[span])
            asked = int(rng.choice(other)) if len(other) else asked
        recipe = self._recipe
        seen = whole_windows(self._spans[span], self._frames[asked], window=recipe.window, stride=recipe.stride)
        return LabelledWindow(seen[int(rng.integers(len(seen)))], int(self._is_shown[span, asked]))


def train_evidence(
    agreements: Sequence[Agreement], hypotheses: Sequence[str], recipe: PairRecipe, *, told: Told = silent
) -> tuple[Any, Any]:
    """The model after all steps, and its tokenizer.

    Args:
        agreements: To train on.
        hypotheses: Their texts.
        recipe: How.
        told: Gets a line now and then.
    """
    tokenizer = train_wordpiece([*(one.text for one in agreements), *hypotheses], size=recipe.vocabulary)
    pairs = SpanPairs(agreements, hypotheses, tokenizer, recipe)
    return train_pairs(tokenizer, pairs.draw, _LABELS, recipe, told=told), tokenizer


def main(arguments: Sequence[str]) -> int:
    """Trains and writes the folder named by ``--to``; exit status 0."""
    return training_command(arguments, program="train_evidence", what=str(__doc__).splitlines()[0], build=_build)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
