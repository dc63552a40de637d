"""Rows of ``ranking`` for a checkpoint of sequence classification that reads query and candidate as a pair.

The query stands before the candidate's text. Of a model with one label the logit is the score; of one with several the
log odds of the label that means relevant, which with two labels is its logit less the other one's. A candidate that is
longer than the window is read in windows and has the greatest of their scores; an empty one is read as what stands
around it. A pair that comes back, in the same row or in a later batch, is read once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..errors import InterfaceError
from .ranking_rows import RankingRows, ranking_answers, ranking_rows
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

__all__ = ["PairRanker"]

FloatArray = npt.NDArray[np.float64]


class PairRanker:
    """A model with its tokenizer, how texts are cut for it, and which of its labels means relevant.

    Attributes:
        tally: Counts what was read.
        at_once: Tokens that are read at once.
    """

    def __init__(self, model: Any, tokenizer: Any, *, device: str, window: int, stride: int, relevant: int) -> None:
        """Takes what was loaded.

        Args:
            model: Of a class for sequence classification.
            tokenizer: A ``PreTrainedTokenizerFast``.
            device: Where the model is.
            window: Tokens of a window, query counted.
            stride: Tokens from one window's begin to the next.
            relevant: Number of the label that means relevant.
        """
        self._model, self._texts, self._device = model, WindowTokenizer(tokenizer), device
        self._window, self._stride, self._pad = window, stride, tokenizer.pad_token_id or 0
        self._relevant = relevant
        self._corpus: pa.Array | None = None
        self._tokens: dict[int, TokenisedText] = {}  # of the last batch's candidates: rows behind each other share them
        self._frames: dict[str, Frame] = {}
        self._known: dict[str, dict[int, float]] = {}  # query to number of a text in the corpus to score
        self.tally, self.at_once = self._texts.tally, tokens_at_once(device)

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Answers of ``ranking``.

        Raises:
            InterfaceError: A query leaves no room in the window; the message names the row.
        """
        asked = ranking_rows(rows)
        if self._corpus is None or not self._corpus.equals(asked.corpus):
            self._corpus, self._tokens, self._known = asked.corpus, {}, {}
        self._score_new_pairs(asked, rows.column("id"))
        scores = [
            self._known[asked.queries[row]][text]
            for row, text in zip(asked.row.tolist(), asked.text.tolist(), strict=True)
        ]
        return ranking_answers(rows, asked.sizes, scores)

    def _score_new_pairs(self, asked: RankingRows, ids: pa.Array) -> None:
        """Reads every pair of the batch that was not read before."""
        self._tokens = {
            number: self._tokens[number] if number in self._tokens else self._texts.encode(asked.corpus[number].as_py())
            for number in np.unique(asked.text).tolist()
        }
        new: dict[tuple[str, int], slice] = {}
        requests: list[WindowRequest] = []
        for row, text in zip(asked.row.tolist(), asked.text.tolist(), strict=True):
            query = asked.queries[row]
            if (query, text) in new or text in self._known.setdefault(query, {}):
                continue
            try:
                own = whole_windows(self._tokens[text], self._frame(query), window=self._window, stride=self._stride)
            except InterfaceError as err:
                raise InterfaceError(f"input {ids[row].as_py()!r}: {err}") from err
            new[query, text] = slice(len(requests), len(requests) + len(own))
            requests += own
        said = self._scores(requests)  # (windows,)
        self.tally.windows += len(requests)
        for (query, text), own_windows in new.items():
            self._known[query][text] = float(said[own_windows].max())

    def _frame(self, query: str) -> Frame:
        if query not in self._frames:
            self._frames[query] = self._texts.frame(query, text_first=False)
        return self._frames[query]

    def _scores(self, requests: Sequence[WindowRequest]) -> FloatArray:
        """Scores of windows, shape ``(windows,)``."""
        import torch

        found = np.zeros(len(requests))

        def read(batch: Batch) -> FloatArray:
            with torch.inference_mode():
                logits = self._model(**model_inputs(self._model, batch, self._device)).logits.double()  # (n, labels)
                others = [label for label in range(logits.shape[1]) if label != self._relevant]
                score = logits[:, self._relevant]
                if others:
                    score = score - logits[:, others].logsumexp(dim=1)
                said: FloatArray = score.cpu().numpy()
            return said

        for places, said in read_in_batches(requests, read, pad=self._pad, at_once=self.at_once):
            found[places] = said
        return found
