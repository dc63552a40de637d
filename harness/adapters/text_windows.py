"""Long texts as windows of tokens: what a model with a limited window reads, piece after piece, nothing left out.

A text is tokenised once. Each window holds a stretch of its tokens between the same other ones: the special tokens, and
those of a question where the model reads a pair. Where these stand is what the tokenizer itself makes of such a pair.

Letters: n = requests, t = tokens of the longest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from ..errors import InterfaceError, SubmissionError
from .at_once import AtOnce
from .read_tally import ReadTally

__all__ = [
    "Batch",
    "Frame",
    "TokenisedText",
    "WindowRequest",
    "WindowTokenizer",
    "batches",
    "model_window",
    "read_in_batches",
    "tokens_at_once",
    "whole_windows",
    "windows",
]

_TOKENS_AT_ONCE = {"cpu": 8_192, "cuda": 131_072}  # of a batch, padding counted
_Said = TypeVar("_Said")
_USUAL_WINDOW = 512  # of a model whose config tells none
_PROBE = "Fees: 1.5 % (net),\n\tthen  甲方付款。é😀 end"


class TokenisedText(NamedTuple):
    """A text's tokens, without special ones.

    Attributes:
        ids: Shape ``(tokens,)``.
        offsets: Start and end of each in the text, in characters, shape ``(tokens, 2)``.
    """

    ids: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Frame:
    """What stands around every window of a text.

    Attributes:
        before: Tokens before it.
        behind: Tokens behind it.
        types: Token types of these, and of the window's own tokens between them.
    """

    before: tuple[int, ...]
    behind: tuple[int, ...]
    types: tuple[tuple[int, ...], int, tuple[int, ...]]

    def room(self, window: int) -> int:
        """Tokens of the text that fit between them."""
        return window - len(self.before) - len(self.behind)


class WindowRequest(NamedTuple):
    """One window that a model reads: which text, in which frame, and from which token to which."""

    text: TokenisedText
    frame: Frame
    first: int
    last: int

    @property
    def size(self) -> int:
        """Tokens that are read."""
        return len(self.frame.before) + self.last - self.first + len(self.frame.behind)


class Batch(NamedTuple):
    """Requests of nearly equal length as arrays, padded on the right.

    Attributes:
        places: Their numbers among all requests.
        ids: Shape ``(n, t)``.
        mask: 1 where there is a token, shape ``(n, t)``.
        types: Token types, shape ``(n, t)``.
    """

    places: list[int]
    ids: npt.NDArray[np.int64]
    mask: npt.NDArray[np.int64]
    types: npt.NDArray[np.int64]


class WindowTokenizer:
    """A fast tokenizer whose own truncation and padding are off.

    Attributes:
        tally: Counts what was read.
    """

    def __init__(self, tokenizer: Any) -> None:
        """Takes a ``PreTrainedTokenizerFast``.

        Raises:
            SubmissionError: Its offsets do not lead back into the text.
        """
        self._backend = tokenizer.backend_tokenizer
        self._backend.no_truncation()  # a tokenizer.json may bring it along, and cut without a word
        self._backend.no_padding()
        self.tally = ReadTally(tokenizer)
        self._check_offsets()
        self.tally.begins()

    def encode(self, text: str) -> TokenisedText:
        """The tokens of a text."""
        found = self._backend.encode(text, add_special_tokens=False)
        self.tally.note(found.ids)
        offsets = np.array(found.offsets, np.int64).reshape(-1, 2)
        return TokenisedText(np.array(found.ids, np.int64), offsets)

    def frame(self, question: str | None, *, text_first: bool) -> Frame:
        """What the tokenizer puts around a text that it reads alone, or in a pair with a question.

        Args:
            question: The other text of the pair; None: the text is read alone.
            text_first: Whether the text is the first of the pair.

        Raises:
            SubmissionError: The tokenizer mixes the two.
        """
        text = self._backend.encode("a", add_special_tokens=False)
        other = None if question is None else self._backend.encode(question, add_special_tokens=False)
        others = 0 if other is None else len(other.ids)
        pair = (text, other) if text_first or other is None else (other, text)
        whole = self._backend.post_process(*pair, add_special_tokens=True)
        own = [at for at, special in enumerate(whole.special_tokens_mask) if not special]
        place = own[: len(text.ids)] if pair[0] is text else own[others:]
        if len(own) != len(text.ids) + others or not place or place[-1] - place[0] != len(place) - 1:
            raise SubmissionError("SB107 tokenizer.json: its post_processor does not put two texts behind each other")
        first, last = place[0], place[-1] + 1
        types = whole.type_ids
        return Frame(
            tuple(whole.ids[:first]),
            tuple(whole.ids[last:]),
            (tuple(types[:first]), types[first], tuple(types[last:])),
        )

    def _check_offsets(self) -> None:
        """Every character that is no white space belongs to a token, and tokens follow each other."""
        offsets = self.encode(_PROBE).offsets
        covered = np.zeros(len(_PROBE), np.bool_)
        for start, end in offsets:
            covered[start:end] = True
        lost = [sign for sign, seen in zip(_PROBE, covered, strict=True) if not seen and not sign.isspace()]
        if (np.diff(offsets, axis=0) < 0).any() or lost:
            raise SubmissionError(
                f"SB107 tokenizer.json: its offsets do not lead back into the text (lost: {''.join(lost)!r}); use a "
                "tokenizer that keeps track of them"
            )


def windows(text: TokenisedText, frame: Frame, *, window: int, stride: int) -> list[WindowRequest]:
    """The windows of a text, from its beginning to its end; none of a text without tokens.

    Args:
        text: Whole.
        frame: What stands around each window.
        window: Tokens that the model reads at most, the frame counted.
        stride: Tokens from one window's begin to the next; never more than fit in, so that no token is left out.

    Raises:
        InterfaceError: The frame leaves no room.
    """
    room = frame.room(window)
    if room < 1:
        raise InterfaceError(
            f"a question of {len(frame.before) + len(frame.behind)} tokens, special ones counted, leaves no room for "
            f"the text in a window of {window}"
        )
    found, first = [], 0
    while first < len(text.ids):
        last = min(first + room, len(text.ids))
        found.append(WindowRequest(text, frame, first, last))
        if last == len(text.ids):
            break
        first += min(stride, room)
    return found


def whole_windows(text: TokenisedText, frame: Frame, *, window: int, stride: int) -> list[WindowRequest]:
    """``windows``, where a text without tokens is read too: as what stands around it.

    Raises:
        InterfaceError: The frame leaves no room.
    """
    return windows(text, frame, window=window, stride=stride) or [WindowRequest(text, frame, 0, 0)]


def tokens_at_once(device: str) -> AtOnce:
    """How many tokens a batch may have on a device, padding counted."""
    return AtOnce(_TOKENS_AT_ONCE["cpu" if device == "cpu" else "cuda"], "tokens", device)


def batches(requests: Sequence[WindowRequest], *, pad: int, device: str) -> Iterator[Batch]:
    """Requests in batches of nearly equal length, longest first; a batch holds a limited number of tokens."""
    for _, batch in read_in_batches(requests, lambda batch: batch, pad=pad, at_once=tokens_at_once(device)):
        yield batch


def read_in_batches(
    requests: Sequence[WindowRequest], read: Callable[[Batch], _Said], *, pad: int, at_once: AtOnce
) -> Iterator[tuple[list[int], _Said]]:
    """What a model says of requests, read in batches of nearly equal length, longest first.

    Args:
        requests: All.
        read: Asks the model about a batch.
        pad: The token of padding.
        at_once: Tokens of a batch; fewer from where memory runs out.

    Yields:
        Numbers of a batch's requests, and what was said of them.

    Raises:
        WorkerError: SB204: memory does not hold a single window.
    """
    order = sorted(range(len(requests)), key=lambda at: (-requests[at].size, at))
    first = 0
    while first < len(order):
        width = requests[order[first]].size
        places = order[first : first + max(1, at_once.size // width)]
        batch = _batch(requests, places, width, pad)
        try:
            said = read(batch)
        except Exception as err:  # raised again where it is not of memory
            at_once.less(err, asked=len(places) * width, alone=len(places) == 1)
            continue
        first += len(places)
        yield places, said


def _batch(requests: Sequence[WindowRequest], places: list[int], width: int, pad: int) -> Batch:
    ids, mask, types = (np.full((len(places), width), value, np.int64) for value in (pad, 0, 0))
    for row, at in enumerate(places):
        one = requests[at]
        (before, own, behind), size = one.frame.types, one.size
        start, end = len(before), size - len(behind)
        ids[row, :start], ids[row, end:size] = one.frame.before, one.frame.behind
        ids[row, start:end] = one.text.ids[one.first : one.last]
        types[row, :start], types[row, start:end], types[row, end:size] = before, own, behind
        mask[row, :size] = 1
    return Batch(places, ids, mask, types)


def model_window(model: Any) -> int:
    """Tokens that a model reads at most: its positions, less those that RoBERTa's kin keep for padding; 512 where the
    config tells none.
    """
    positions = getattr(model.config, "max_position_embeddings", None)
    if not isinstance(positions, int) or positions < 1:
        return _USUAL_WINDOW
    embeddings = getattr(getattr(model.base_model, "embeddings", None), "position_embeddings", None)
    padding = getattr(embeddings, "padding_idx", None)
    return positions if padding is None else positions - int(padding) - 1
