"""Plans likelihoods: which tokens a model reads once for all requests that begin with them.

Requests, sorted by their tokens, are a trie: each adds what it does not share with the one before it. A *pack* is a
part of the trie that is read in one row, every distinct prefix once: a token sees itself and the tokens before it in
its own requests and nothing else, and its position is its depth. What is scored of a request are the last tokens; the
model says them one token earlier.

Letters: t = tokens of a pack, h = tokens of a pack that something is predicted behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from .text_tokens import TokenRequest

__all__ = ["Pack", "batches_of", "packs_of", "plain_packs", "shared_length"]

_NEARLY = 0.9  # rows shorter than that share of a batch's width begin a new batch,
_WORTH_A_PASS = 0.1  # if this one holds so much of what it may

IntArray = npt.NDArray[np.int64]

_SHARED_SHARE = 0.25  # a request whose beginning is shared by less than that share begins a pack of its own


@dataclass
class Pack:
    """Tokens of one row, and what is asked behind them.

    Attributes:
        tokens: That the model reads, in the order of the trie.
        depths: Place of each in its requests: its position.
        parts: ``(first, end, path)`` per request: its own tokens are ``first`` to ``end``, behind those at ``path``.
        heads: Places that something is predicted behind, each once, with their number among them.
        asked: ``(request, heads, targets)``: numbers among ``heads`` and the tokens that should follow, per request.
    """

    tokens: list[int] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)
    parts: list[tuple[int, int, IntArray]] = field(default_factory=list)
    heads: dict[int, int] = field(default_factory=dict)
    asked: list[tuple[int, list[int], tuple[int, ...]]] = field(default_factory=list)
    _path: IntArray = field(default_factory=lambda: np.empty(0, np.int64))

    def add(self, number: int, request: TokenRequest, shared: int) -> None:
        """Adds a request whose first ``shared`` tokens are those of the one before it."""
        read = request.tokens[shared:-1]  # the last token is predicted and never read
        first, end = len(self.tokens), len(self.tokens) + len(read)
        path = self._path[:shared]
        self.tokens += read
        self.depths += range(shared, shared + len(read))
        if read:
            self.parts.append((first, end, path))
        self._path = np.concatenate([path, np.arange(first, end)])
        places = self._path[len(request.tokens) - 1 - request.scored :].tolist()
        heads = [self.heads.setdefault(place, len(self.heads)) for place in places]
        self.asked.append((number, heads, request.tokens[-request.scored :]))

    @property
    def depth(self) -> int:
        """Tokens that the longest request has read."""
        return max(self.depths) + 1

    @property
    def chain(self) -> bool:
        """Whether it is one plain text: every token sees all before it."""
        return self.depth == len(self.tokens)

    @property
    def plain(self) -> int:
        """Tokens at the beginning that are one plain text."""
        return next((first for first, _, path in self.parts if len(path) < first), len(self.tokens))

    def visible(self, width: int) -> npt.NDArray[np.bool_]:
        """Which tokens each sees, shape ``(width, width)``; those behind the pack see themselves alone."""
        seen = np.eye(width, dtype=np.bool_)
        for first, end, path in self.parts:
            seen[first:end, path] = True
            seen[first:end, first:end] = np.tri(end - first, dtype=np.bool_)
        return seen


def shared_length(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two texts begin with in common.

    >>> shared_length((1, 2, 3), (1, 2, 4, 5))
    2
    """
    size = min(len(one), len(other))
    if one[:size] == other[:size]:
        return size
    low, high = 0, size  # equal up to low, not equal up to high
    while high - low > 1:
        middle = (low + high) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle
    return low


def packs_of(requests: Sequence[TokenRequest], *, tokens: int, heads: int) -> list[Pack]:
    """Packs that hold every request, every distinct prefix of a pack once.

    Args:
        requests: In any order.
        tokens: A pack of several requests holds no more.
        heads: The same of predicted places.
    """
    order = sorted(range(len(requests)), key=lambda number: requests[number].tokens)
    packs: list[Pack] = []
    before: TokenRequest | None = None
    for number in order:
        request = requests[number]
        # What a request shares may be all that it reads; its last token is never read.
        read = len(request.tokens) - 1
        shared = 0 if before is None else min(shared_length(before.tokens[:-1], request.tokens[:-1]), read)
        fits = (
            packs
            and shared >= _SHARED_SHARE * read
            and len(packs[-1].tokens) + read - shared <= tokens
            and len(packs[-1].heads) + request.scored <= heads
        )
        if not fits:
            packs.append(Pack())
            shared = 0
        packs[-1].add(number, request, shared)
        before = request
    return packs


def plain_packs(requests: Sequence[TokenRequest]) -> list[Pack]:
    """One pack for each distinct text that is read: a plain row, as any model reads it."""
    packs: list[Pack] = []
    before: tuple[int, ...] | None = None
    for number in sorted(range(len(requests)), key=lambda number: requests[number].tokens):
        request = requests[number]
        read = request.tokens[:-1]
        if read != before:
            packs.append(Pack())
        packs[-1].add(number, request, len(read) if read == before else 0)
        before = read
    return packs


def batches_of(packs: Sequence[Pack], *, tokens: int, heads: int, pairs: int) -> Iterator[list[Pack]]:
    """Packs of nearly equal length together, the longest first, so that what does not fit shows at once.

    Args:
        packs: In any order.
        tokens: A batch of several packs holds no more, padding included.
        heads: Nor more predicted places.
        pairs: Nor more pairs of tokens that see each other or not: what the mask takes.
    """
    batch: list[Pack] = []
    for pack in sorted(packs, key=lambda one: -len(one.tokens)):
        width = len(batch[0].tokens) if batch else len(pack.tokens)
        rows = len(batch) + 1
        asked = sum(len(one.heads) for one in batch) + len(pack.heads)
        padded = len(pack.tokens) < _NEARLY * width and rows * width > _WORTH_A_PASS * tokens
        if batch and (padded or rows * width > tokens or rows * width * width > pairs or asked > heads):
            yield batch
            batch = []
        batch.append(pack)
    if batch:
        yield batch
