"""Answers behind one beginning that they share: it is read once and kept once, and a step attends to it once for all.

All stand in one row of the cache: the beginning, and behind it the tokens of every answer, as they came. A mask tells a
token whom it sees: the beginning, and what is of its own answer up to itself; its position is its depth. Rows of a
batch would each hold a copy of it: behind a contract of 17,000 tokens, a step of 16 answers reads a sixteenth of what
such rows take.

Letters: q = tokens read at once, w = columns of the cache, v = words of the model.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .growing_cache import growing_cache

if TYPE_CHECKING:
    import torch

    from .continuous_generation import Answer

__all__ = ["Part", "ReadOn", "SharedBeginning", "reads_packed", "write_behind"]

ReadOn = Callable[[Any, Any, Any, Any, Any], "torch.Tensor"]
"""Takes tokens and positions of shape ``(1, q)``, who sees whom of shape ``(1, 1, q, w)`` or None for a plain text, the
cache, and the places among ``q`` to say what comes behind: logits of shape ``(places, v)``."""

_PLACES = 32  # answers on their way at once: one more takes little
_FREE = 8  # of them, from which on they are filled anew
_MASK_PLACES = 1 << 24  # of a mask, unless a single answer takes more
_LEAST_DEAD = 256  # columns of what has ended that are left where they are
_TRIED = (24, 6)  # tokens of a beginning and of an answer
_TRIED_WORDS = 8  # likeliest ones that are compared


class Part(NamedTuple):
    """Tokens that an answer goes on with.

    Attributes:
        number: Of the answer.
        tokens: At least one.
        position: Of the first.
    """

    number: int
    tokens: Sequence[int]
    position: int


class SharedBeginning:
    """A beginning that is read once, and what was read of the answers behind it."""

    def __init__(self, ids: Sequence[int], read_on: ReadOn) -> None:
        """Reads the beginning.

        Args:
            ids: Its tokens, at least one.
            read_on: A pass of the model.
        """
        import torch

        self._read_on, self._size = read_on, len(ids)
        self._cache = growing_cache()
        self._owner = torch.empty(0, dtype=torch.long)  # (w - beginning,): number of the answer that a column is of
        own = torch.arange(len(ids))
        read_on(torch.tensor([ids]), own[None], None, self._cache, own[-1:])

    @property
    def width(self) -> int:
        """Columns of the cache."""
        return self._size + len(self._owner)

    def read(self, parts: Sequence[Part]) -> torch.Tensor:
        """Reads on with some answers: logits behind the last token of each, shape ``(parts, v)``."""
        import torch

        size = torch.tensor([len(part.tokens) for part in parts])
        asking = torch.tensor([part.number for part in parts]).repeat_interleave(size)  # (q,)
        ids = torch.tensor([[token for part in parts for token in part.tokens]])
        position = torch.cat([torch.arange(part.position, part.position + len(part.tokens)) for part in parts])
        self._owner = torch.cat([self._owner, asking])
        order = torch.arange(len(self._owner))
        seen = (self._owner == asking[:, None]) & (order <= order[-len(asking) :, None])
        seen = torch.cat([torch.ones(len(asking), self._size, dtype=torch.bool), seen], dim=1)  # (q, w)
        return self._read_on(ids, position[None], seen[None, None], self._cache, size.cumsum(0) - 1)

    def forget(self, left: Sequence[int]) -> None:
        """Drops the columns of all answers but these, once they are many."""
        import torch

        live = torch.isin(self._owner, torch.tensor(left, dtype=torch.long))
        dead = len(live) - int(live.sum())
        if dead < _LEAST_DEAD or 2 * dead < len(live):
            return
        columns = live.nonzero()[:, 0]
        for layer in self._cache.layers:
            if layer.keys is not None:  # layers may share the keys and values of others
                layer.keep(self._size, columns.to(layer.keys.device))
        self._owner = self._owner[columns]


def write_behind(
    ids: Sequence[int], rows: Sequence[Answer], read_on: ReadOn, note: Callable[[Sequence[Answer], torch.Tensor], None]
) -> None:
    """Goes on with answers to their ends, or until logits are not finite.

    What is no number in one answer spreads to all that are read with it, since a share of 0 of it is none, too. So the
    answers are left as they were before that pass; who goes on with each by itself sees which of them it is.

    Args:
        ids: What all prompts begin with; none has no more tokens than these.
        rows: Answers that have not begun.
        read_on: A pass of the model.
        note: Takes what comes next, logits of shape ``(rows, v)``.
    """
    beginning, size = SharedBeginning(ids, read_on), len(ids)
    waiting, under_way = deque(enumerate(rows)), dict[int, "Answer"]()
    while waiting or under_way:
        if waiting and len(under_way) <= _PLACES - _FREE:
            parts: list[Part] = []
            read = 0
            while waiting and len(under_way) + len(parts) < _PLACES:
                own = waiting[0][1].ids[size:]
                if parts and (read + len(own)) * (beginning.width + read + len(own)) > _MASK_PLACES:
                    break
                read += len(own)
                parts.append(Part(waiting.popleft()[0], own, size))
        else:
            parts = [Part(number, row.new[-1:], len(row.ids) + len(row.new) - 1) for number, row in under_way.items()]
        logits = beginning.read(parts)
        if not bool(logits.amax(dim=-1).isfinite().all()):
            return
        asked = [rows[part.number] for part in parts]
        note(asked, logits)
        under_way |= {part.number: row for part, row in zip(parts, asked, strict=True)}
        under_way = {number: row for number, row in under_way.items() if not row.done}
        beginning.forget(list(under_way))


def reads_packed(ids: Sequence[int], read_on: ReadOn, *, close_nats: float) -> bool:
    """Whether a model says the same of two answers behind one beginning as of each by itself; tried with few tokens.

    Args:
        ids: Some text of the model's.
        read_on: A pass of the model.
        close_nats: By how much log-likelihoods of the likeliest words may differ.
    """
    import torch

    first, own = _TRIED
    begin, one, other = list(ids[:first]), list(ids[-own - 1 :]), list(ids[-own:])[::-1]
    try:
        beginning = SharedBeginning(begin, read_on)
        said = [*beginning.read([Part(0, one[:-1], len(begin)), Part(1, other, len(begin))])]
        said += [*beginning.read([Part(0, one[-1:], len(begin) + len(one) - 1)])]
    except (RuntimeError, TypeError, ValueError, IndexError):  # what a model says to a mask of another shape
        return False
    for logits, behind in zip(said, (one[:-1], other, one), strict=True):
        whole = torch.tensor([[*begin, *behind]])
        place = torch.arange(whole.shape[1])
        alone = read_on(whole, place[None], None, growing_cache(), place[-1:])[0].float().log_softmax(dim=-1)
        best = alone.topk(min(_TRIED_WORDS, len(alone))).indices
        if not bool((logits.float().log_softmax(dim=-1) - alone)[best].abs().max() <= close_nats):
            return False
    return True
