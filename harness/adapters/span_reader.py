"""Reads spans with a checkpoint for question answering: from logits of starts and ends to ranked spans of characters.

In each window the probability of a span is that of its start times that of its end, each a softmax over the window's
tokens of the text and the null place, which is the [CLS] token (the first token where there is none). Of a span that
several windows see the greatest counts. White space at the ends of a span is left out. Where logits of any window are
not finite, the question's only span has no number as its probability: the row breaks SB306.

Letters: n = windows of a batch, t = tokens, k = starts and ends that are combined.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .span_answers import Span, broken_span
from .text_windows import Batch, WindowRequest, WindowTokenizer, read_in_batches, tokens_at_once, windows

__all__ = ["BEST", "ReadSpans", "SpanReader"]

BEST = 20
"""Starts and ends that are combined per window, and spans kept of it: the most that anybody asks for."""

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class ReadSpans(NamedTuple):
    """Spans of one window: first and last token in the text, and probability, each of shape ``(spans,)``."""

    first: IntArray
    last: IntArray
    probability: FloatArray


class SpanReader:
    """A model with its tokenizer, and how texts are cut for it.

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
        answer_tokens: int | None,
    ) -> None:
        """Takes what was loaded.

        Args:
            model: Of a class for question answering.
            tokenizer: A ``PreTrainedTokenizerFast``.
            device: Where the model is.
            window: Tokens of a window, question counted.
            stride: Tokens from one window's begin to the next.
            answer_tokens: Of a span at most; None: any number.
        """
        self._model, self._texts, self._device = model, WindowTokenizer(tokenizer), device
        self._window, self._stride, self._answer_tokens = window, stride, answer_tokens
        self._null, self._pad = tokenizer.cls_token_id, tokenizer.pad_token_id or 0
        self.tally, self.at_once = self._texts.tally, tokens_at_once(device)

    def spans(self, text: str, questions: Sequence[str], most: int) -> list[list[Span]]:
        """The ``most`` probable spans per question, best first; none of a text without tokens.

        Raises:
            InterfaceError: A question leaves no room in the window.
        """
        tokenised = self._texts.encode(text)
        requests: list[WindowRequest] = []
        question_of: list[int] = []
        for number, question in enumerate(questions):
            frame = self._texts.frame(question, text_first=False)
            own = windows(tokenised, frame, window=self._window, stride=self._stride)
            requests += own
            question_of += [number] * len(own)
        found: list[list[ReadSpans]] = [[] for _ in questions]

        def read(batch: Batch) -> list[ReadSpans]:
            return self._read(batch, requests)

        for places, said in read_in_batches(requests, read, pad=self._pad, at_once=self.at_once):
            for place, spans in zip(places, said, strict=True):
                found[question_of[place]].append(spans)
        self.tally.windows += len(requests)
        return [_merged(one, text, tokenised.offsets, most) for one in found]

    def _read(self, batch: Batch, requests: Sequence[WindowRequest]) -> list[ReadSpans]:
        import torch

        with torch.inference_mode():
            start, end = self._logits(batch)  # (n, t) each
            width = start.shape[1]
            place = torch.arange(width, device=start.device)
            asked = [requests[at] for at in batch.places]
            marks = [(len(r.frame.before), r.size - len(r.frame.behind), self._null_place(r), r.first) for r in asked]
            first, behind, null, skipped = torch.tensor(marks, device=start.device).T[:, :, None]  # (n, 1) each
            own = (place >= first) & (place < behind)  # (n, t): tokens of the text
            counted = own | (place == null)
            broken = (~(start.isfinite() & end.isfinite()) & counted).any(dim=1, keepdim=True)  # (n, 1)
            start, end = (
                one.float().masked_fill(~counted, -torch.inf).log_softmax(dim=1).masked_fill(~own, -torch.inf)
                for one in (start, end)
            )
            k = min(BEST, width)
            (start, starts), (end, ends) = start.topk(k, dim=1), end.topk(k, dim=1)  # (n, k) each
            length = ends[:, None, :] - starts[:, :, None] + 1  # (n, k, k)
            fits = length >= 1
            if self._answer_tokens is not None:
                fits &= length <= self._answer_tokens
            both = (start[:, :, None] + end[:, None, :]).masked_fill(~fits, -torch.inf).flatten(1)
            best, at = both.topk(min(BEST, both.shape[1]), dim=1)  # (n, spans)
            best = best.masked_fill(broken, torch.nan)
            chosen_start, chosen_end = starts.gather(1, at // k), ends.gather(1, at % k)
            places = (one - first + skipped for one in (chosen_start, chosen_end))  # in the whole text
            arrays = [one.cpu().numpy() for one in (*places, best.exp().double())]
        rows = zip(*arrays, strict=True)
        return [ReadSpans(a[~(p <= 0)], b[~(p <= 0)], p[~(p <= 0)]) for a, b, p in rows]  # what is no number stays

    def _logits(self, batch: Batch) -> tuple[Any, Any]:
        said = self._model(**model_inputs(self._model, batch, self._device))
        return said.start_logits, said.end_logits

    def _null_place(self, request: WindowRequest) -> int:
        """Where the [CLS] token stands among all that is read."""
        before, behind = request.frame.before, request.frame.behind
        if self._null in before:
            return before.index(self._null)
        return request.size - len(behind) + behind.index(self._null) if self._null in behind else 0


def model_inputs(model: Any, batch: Batch, device: str) -> dict[str, Any]:
    """What a model's ``forward`` takes of a batch: token types only where it knows several."""
    import torch

    given = {"input_ids": batch.ids, "attention_mask": batch.mask}
    if (getattr(model.config, "type_vocab_size", 0) or 0) > 1:
        given["token_type_ids"] = batch.types
    return {name: torch.from_numpy(array).to(device) for name, array in given.items()}


def _merged(found: Sequence[ReadSpans], text: str, offsets: IntArray, most: int) -> list[Span]:
    """The most probable spans of all windows; of equal ones the first in the text."""
    if not found:
        return []
    first, last, probability = (np.concatenate(part) for part in zip(*found, strict=True))
    if np.isnan(probability).any():
        return [broken_span(text)]
    best: dict[tuple[int, int], float] = {}
    for at in np.argsort(-probability, kind="stable"):
        start, end = _bare(text, int(offsets[first[at], 0]), int(offsets[last[at], 1]))
        if start < end:
            best.setdefault((start, end), float(probability[at]))
        if len(best) >= most:
            break
    ranked = sorted(best.items(), key=lambda item: (-item[1], item[0]))
    return [Span(start, end, min(p, 1.0)) for (start, end), p in ranked]


def _bare(text: str, start: int, end: int) -> tuple[int, int]:
    """A span without white space at its ends."""
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
