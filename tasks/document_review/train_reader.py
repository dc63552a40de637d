"""Trains the small readers of contract extraction from scratch and writes them as ordinary submission folders.

``python -m sectorbench.tasks.document_review.train_reader --to DIR`` repeats that of ``contract-extraction`` on one CPU
thread, ``--split official`` that of ``contract-extraction-official``: the same recipe on the other training contracts.
They are of no use: useful readers start from a model that has read much. They show how one is submitted and what one
costs to run.

A training window holds a question and a stretch of a contract. In a share of them the stretch holds a marked passage,
at any place, and start and end are its first and last token; in the others the answer is the null place, unless the
drawn stretch happens to hold a passage.

Letters: n = windows of a batch, t = tokens.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from ...harness.adapters.text_windows import Frame, TokenisedText, WindowRequest, WindowTokenizer, batches
from ...harness.data import DataFiles
from ..training_loop import Told, run_steps, seeded, silent
from .contract_extraction import TASK
from .contract_extraction_official import TASK as OFFICIAL
from .cuad_contracts import QuestionedContract, read_contracts
from .cuad_official import read_official
from .text_folders import small_bert, train_wordpiece, training_command, write_text_folder

if TYPE_CHECKING:
    import torch

__all__ = [
    "DrawnWindow",
    "ReaderRecipe",
    "TrainingWindows",
    "build_bert_reader",
    "build_official_reader",
    "main",
    "train_on_windows",
    "train_reader",
]


@dataclass(frozen=True)
class ReaderRecipe:
    """How the checkpoint is made.

    Attributes:
        seed: Of weights and windows.
        steps: Batches seen.
        batch_rows: Windows per batch.
        marked_share: Share of windows that are drawn around a marked passage.
        peak_rate: Of AdamW, see ``training_loop``.
        weight_decay: Of AdamW.
        vocabulary: WordPiece tokens.
        window: Tokens of a window, question counted.
        stride: Tokens from one window's begin to the next when it is run.
        width: Numbers per token.
        layers: Of the encoder.
    """

    seed: int = 0
    steps: int = 600
    batch_rows: int = 32
    marked_share: float = 0.6
    peak_rate: float = 2e-3
    weight_decay: float = 0.01
    vocabulary: int = 8_000
    window: int = 256
    stride: int = 160
    width: int = 64
    layers: int = 2


def build_bert_reader(files: DataFiles, folder: Path) -> Path:
    """Trains the checkpoint with the shipped recipe; an entry of the table of baselines.

    Raises:
        DataNotAvailableError: The training file is in no known place.
        UsageError: The folder holds something that no baseline wrote.
    """
    return _build(files, folder, silent, split="local")


def build_official_reader(files: DataFiles, folder: Path) -> Path:
    """The same recipe on the official training contracts, for ``contract-extraction-official``.

    Raises:
        DataNotAvailableError: A file is in no known place.
        UsageError: The folder holds something that no baseline wrote.
    """
    return _build(files, folder, silent, split="official")


def _build(files: DataFiles, folder: Path, told: Told, *, split: Literal["local", "official"]) -> Path:
    read, name, card = {
        "local": (read_contracts, "bert-tiny-reader", TASK.card),
        "official": (read_official, "bert-tiny-reader-official", OFFICIAL.card),
    }[split]
    recipe = ReaderRecipe()
    model, tokenizer = train_reader(read(files, "train"), recipe, told=told)
    return write_text_folder(
        folder,
        model,
        tokenizer,
        name=name,
        task=card.id,
        adapter="transformers-encoder",
        interface="extraction",
        trained_on=[f"CUAD v1 contracts, training contracts of {card.id}"],
        options={"window": recipe.window, "stride": recipe.stride},
    )


class DrawnWindow(NamedTuple):
    """A window of a contract with a question, and what it holds.

    Attributes:
        request: The window.
        answer: First and last token of the passage in the text, None for the null place.
        contract: Number of the contract.
        question: Number of the question.
        cut: Whether a passage that answers it lies in the window in part and none as a whole.
    """

    request: WindowRequest
    answer: tuple[int, int] | None
    contract: int
    question: int
    cut: bool


class TrainingWindows:
    """Windows of contracts, drawn with or without a marked passage.

    Attributes:
        passages: Contract, question, first and last token of every marked passage, shape ``(passages, 4)``.
    """

    def __init__(
        self, contracts: Sequence[QuestionedContract], tokenizer: Any, window: int, *, text_first: bool = False
    ) -> None:
        """Tokenises the contracts and finds the passages' tokens; those without any are left out.

        Args:
            contracts: All with the same questions.
            tokenizer: A fast tokenizer of transformers.
            window: Tokens of a window, question counted.
            text_first: Whether the contract stands before the question.
        """
        texts = WindowTokenizer(tokenizer)
        self._window = window
        self._texts: list[TokenisedText] = [texts.encode(contract.text) for contract in contracts]
        self._frames: list[Frame] = [texts.frame(q, text_first=text_first) for q in contracts[0].questions]
        found = []
        for number, contract in enumerate(contracts):
            starts, ends = self._texts[number].offsets.T
            for question, marked in enumerate(contract.passages):
                for start, text in marked:
                    first = int(np.searchsorted(ends, start, side="right"))
                    last = int(np.searchsorted(starts, start + len(text), side="left")) - 1
                    if first <= last:
                        found.append((number, question, first, last))
        self.passages: npt.NDArray[np.int64] = np.array(found, np.int64).reshape(-1, 4)
        self._of = {key: self.passages[rows] for key, rows in _groups(self.passages[:, :2]).items()}

    def draw(self, rng: np.random.Generator, *, marked: bool) -> DrawnWindow:
        """A window around a passage, or anywhere for any question."""
        if marked:
            number, question, first, last = (int(x) for x in self.passages[rng.integers(len(self.passages))])
        else:
            number, question = int(rng.integers(len(self._texts))), int(rng.integers(len(self._frames)))
        text, frame = self._texts[number], self._frames[question]
        room, size = frame.room(self._window), len(text.ids)
        if marked:
            low, high = max(0, last + 1 - room), min(first, max(0, size - room))
            begin = int(rng.integers(min(low, high), high + 1)) if last + 1 - first <= room else first
        else:
            begin = int(rng.integers(max(1, size - room + 1)))
        end = min(begin + room, size)
        touched = []
        if not marked:
            touched = [(a, b) for _, _, a, b in self._of.get((number, question), []) if a < end and begin <= b]
            inside = [(a, b) for a, b in touched if begin <= a and b < end]
            first, last = (int(x) for x in inside[0]) if inside else (-1, -1)
        answer = None if first < 0 else (first, min(last, end - 1))
        cut = answer is None and bool(touched)
        return DrawnWindow(WindowRequest(text, frame, begin, end), answer, number, question, cut)


def _groups(keys: npt.NDArray[np.int64]) -> dict[tuple[int, int], list[int]]:
    found: dict[tuple[int, int], list[int]] = {}
    for row, (number, question) in enumerate(keys.tolist()):
        found.setdefault((number, question), []).append(row)
    return found


def train_reader(
    contracts: Sequence[QuestionedContract], recipe: ReaderRecipe, *, told: Told = silent
) -> tuple[Any, Any]:
    """The model after all steps, and its tokenizer.

    Args:
        contracts: To train on.
        recipe: How.
        told: Gets a line now and then.
    """
    questions = contracts[0].questions
    tokenizer = train_wordpiece([*(c.text for c in contracts), *questions], size=recipe.vocabulary)
    drawn_from = TrainingWindows(contracts, tokenizer, recipe.window)

    def draw(rng: np.random.Generator) -> DrawnWindow:
        return drawn_from.draw(rng, marked=bool(rng.uniform() < recipe.marked_share))

    return train_on_windows(tokenizer, draw, recipe, told=told), tokenizer


def train_on_windows(
    tokenizer: Any, draw: Callable[[np.random.Generator], DrawnWindow], recipe: ReaderRecipe, *, told: Told = silent
) -> Any:
    """The reader after all steps, in evaluation mode.

    Args:
        tokenizer: Whose tokens the windows hold.
        draw: A window to learn from.
        recipe: How.
        told: Gets a line now and then.
    """
    import torch
    import transformers

    rng = np.random.default_rng(recipe.seed)

    def loss() -> torch.Tensor:
        drawn = [draw(rng) for _ in range(recipe.batch_rows)]
        total = torch.zeros(())
        for batch in batches([one.request for one in drawn], pad=tokenizer.pad_token_id, device="cpu"):
            said = model(
                input_ids=torch.from_numpy(batch.ids),
                attention_mask=torch.from_numpy(batch.mask),
                token_type_ids=torch.from_numpy(batch.types),
            )
            own = [drawn[at] for at in batch.places]
            counted = torch.zeros(batch.ids.shape, dtype=torch.bool)
            counted[:, 0] = True  # the null place
            places = torch.zeros((2, len(own)), dtype=torch.long)
            for row, (request, answer, *_) in enumerate(own):
                lead = len(request.frame.before)
                counted[row, lead : lead + request.last - request.first] = True
                if answer is not None:
                    places[:, row] = torch.tensor(answer) - request.first + lead
            for logits, place in zip((said.start_logits, said.end_logits), places, strict=True):
                shares = logits.masked_fill(~counted, -1e9).log_softmax(dim=1)
                total = total - shares.gather(1, place[:, None]).sum()
        return total / (2 * len(drawn))

    with seeded(recipe.seed):
        config = small_bert(tokenizer, width=recipe.width, layers=recipe.layers, positions=recipe.window)
        model = transformers.BertForQuestionAnswering(config)
        return run_steps(
            model,
            loss,
            steps=recipe.steps,
            peak_rate=recipe.peak_rate,
            weight_decay=recipe.weight_decay,
            said=lambda mean: f"{mean:.2f} nats per end of a passage",
            told=told,
        )


def main(arguments: Sequence[str]) -> int:
    """Trains and writes the folder named by ``--to``; exit status 0."""
    builds = {"local": partial(_build, split="local"), "official": partial(_build, split="official")}
    return training_command(
        arguments, program="train_reader", what=str(__doc__).splitlines()[0], build=builds, chosen_by="split"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
