"""Rows of ``choice`` for a checkpoint of sequence classification, whose labels are the options.

Two ways of reading (option ``reads``): ``context``, the context alone, all questions of it being answered alike; or
``pair``, the context and behind it the question, as premise and hypothesis. A window's answer is a softmax over the
labels. Over the windows of a long context it is their mean; or, where a label is named ``neutral``, every other label
has its greatest probability of any window and the neutral one its least, scaled to sum to 1: one passage that decides a
question is enough, and a hundred that say nothing do not outvote it.

An option gets the probability of its label, scaled over the question's options; one that no label stands for gets 0.
Logits that are not finite are told as probabilities that are no numbers: the row breaks SB306.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..errors import InterfaceError
from ..interfaces import get_interface
from .span_reader import model_inputs
from .text_windows import (
    Batch,
    Frame,
    TokenisedText,
    WindowRequest,
    WindowTokenizer,
    read_in_batches,
    tokens_at_once,
    whole_windows,
)

__all__ = ["Reads", "WindowClassifier", "pooled"]

Reads = Literal["context", "pair"]
FloatArray = npt.NDArray[np.float64]


class WindowClassifier:
    """A model with its tokenizer, how texts are cut for it, and which option each of its labels is.

    Attributes:
        tally: Counts what was read.
        at_once: Tokens that are read at once.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        device: str,
        window: int,
        stride: int,
        reads: Reads,
        options: Sequence[str],
        neutral: int | None,
    ) -> None:
        """Takes what was loaded.

        Args:
            model: Of a class for sequence classification.
            tokenizer: A ``PreTrainedTokenizerFast``.
            device: Where the model is.
            window: Tokens of a window, question counted.
            stride: Tokens from one window's begin to the next.
            reads: The context alone, or context and question.
            options: The option that each label stands for, in the order of the logits.
            neutral: Number of the label that says nothing; None: there is none.
        """
        self._model, self._texts, self._device = model, WindowTokenizer(tokenizer), device
        self._window, self._stride, self._pad = window, stride, tokenizer.pad_token_id or 0
        self._pairs, self._column, self._neutral = reads == "pair", {o: i for i, o in enumerate(options)}, neutral
        self.tally, self.at_once = self._texts.tally, tokens_at_once(device)

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Answers of ``choice``.

        Raises:
            InterfaceError: A question leaves no room in the window, or none of its options is a label; the message
                names the row.
        """
        asked = rows.to_pylist()
        requests: list[WindowRequest] = []
        groups: list[list[slice]] = []  # per row and question the windows that answer it
        frames: dict[str, Frame] = {}
        for row in asked:
            try:
                text = self._texts.encode(row["context"])
                parts = row["questions"] if self._pairs else [None]
                own = [self._windows(text, question, frames) for question in parts]
            except InterfaceError as err:
                raise InterfaceError(f"input {row['id']!r}: {err}") from err
            slices = []
            for some in own:
                slices.append(slice(len(requests), len(requests) + len(some)))
                requests += some
            groups.append(slices if self._pairs else slices * len(row["questions"]))
        said = self._probabilities(requests)  # (windows, labels)
        self.tally.windows += len(requests)
        answers = [
            [self._shares(row, options, said[one]) for options, one in zip(row["options"], group, strict=True)]
            for row, group in zip(asked, groups, strict=True)
        ]
        schema = get_interface("choice").answer
        return pa.record_batch([rows.column("id"), pa.array(answers, schema.field("probability").type)], schema=schema)

    def _windows(self, text: TokenisedText, question: str | None, frames: dict[str, Frame]) -> list[WindowRequest]:
        key = "" if question is None else f"?{question}"
        if key not in frames:
            frames[key] = self._texts.frame(question, text_first=True)
        return whole_windows(text, frames[key], window=self._window, stride=self._stride)

    def _probabilities(self, requests: Sequence[WindowRequest]) -> FloatArray:
        import torch

        found = np.zeros((len(requests), len(self._column)))

        def read(batch: Batch) -> FloatArray:
            with torch.inference_mode():
                logits = self._model(**model_inputs(self._model, batch, self._device)).logits.double()
                broken = ~logits.isfinite().all(dim=1, keepdim=True)  # (n, 1)
                said: FloatArray = logits.softmax(dim=1).masked_fill(broken, torch.nan).cpu().numpy()
            return said

        for places, said in read_in_batches(requests, read, pad=self._pad, at_once=self.at_once):
            found[places] = said
        return found

    def _shares(self, row: Mapping[str, Any], options: Sequence[str], said: FloatArray) -> list[float]:
        """Probabilities of a question's options from those of the windows that were read for it."""
        columns = [self._column.get(option) for option in options]
        if all(column is None for column in columns):
            raise InterfaceError(
                f"input {row['id']!r}: none of the options {', '.join(map(repr, options[:3]))} is a label of the model;"
                " name the option that each label stands for under options.labels in submission.yaml"
            )
        whole = pooled(said, self._neutral)
        share = np.array([0.0 if column is None else whole[column] for column in columns])
        total = share.sum()
        nothing = total <= 0  # a total that is no number is passed on
        scaled: list[float] = (np.full(len(share), 1 / len(share)) if nothing else share / total).tolist()
        return scaled


def pooled(said: FloatArray, neutral: int | None) -> FloatArray:
    """One answer from those of all windows, shape ``(labels,)``, summing to 1.

    Args:
        said: Shape ``(windows, labels)``, at least one window.
        neutral: Number of the label that says nothing; None: the mean over windows is taken.
    """
    whole: FloatArray = said.mean(axis=0) if neutral is None else said.max(axis=0)
    if neutral is not None:
        whole[neutral] = said[:, neutral].min()
        whole /= whole.sum()
    return whole
