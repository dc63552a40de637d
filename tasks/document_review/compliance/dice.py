"""Choices drawn from a counter-based stream: the same words give the same choices on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from ....harness.randomness import Stream

__all__ = ["Dice"]

_Thing = TypeVar("_Thing")
_AHEAD = 64  # raw integers that are drawn at once


class Dice:
    """A stream of choices named by words; see ``Stream``."""

    def __init__(self, *words: str | int) -> None:
        self._stream = Stream(*words)
        self._ahead: list[int] = []

    def below(self, n: int) -> int:
        """A whole number in ``0..n-1``, as ``Stream.integers`` would give it; n is at most 2**32."""
        if not self._ahead:
            self._ahead = self._stream.raw(_AHEAD).tolist()[::-1]
        return (self._ahead.pop() >> 32) * n >> 32

    def between(self, low: int, high: int) -> int:
        """A whole number in ``low..high``, both included."""
        return low + self.below(high - low + 1)

    def chance(self, k: int, of: int) -> bool:
        """True in k of ``of`` cases."""
        return self.below(of) < k

    def pick(self, things: Sequence[_Thing]) -> _Thing:
        """One of the things."""
        return things[self.below(len(things))]

    def shuffled(self, things: Sequence[_Thing]) -> list[_Thing]:
        """The things in a drawn order, every order equally likely."""
        left, drawn = list(things), []
        while left:
            drawn.append(left.pop(self.below(len(left))))
        return drawn
