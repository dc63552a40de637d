"""Pieces of a long text for a model that writes: what a prompt has room for, piece after piece, nothing left out.

A text is cut by its characters and measured in tokens, so that nothing depends on how a tokenizer tells places.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

__all__ = ["Piece", "answer_room", "pieces", "whole"]

_ANSWER_SHARE = 4  # of a window, one part of so many is kept free for the answer
_CLOSER = 0.98  # of the characters that should fit: a piece is not as dense as the text


class Piece(NamedTuple):
    """A part of a text: its first character, and the one behind its last."""

    start: int
    end: int


def answer_room(window: int, limit: int) -> int:
    """Tokens of a window that are kept free for an answer: its limit, at most a quarter of the window."""
    return max(1, min(limit, window // _ANSWER_SHARE))


def whole(text: str) -> list[Piece]:
    """A text in one piece; none of a text without characters that are seen."""
    return [Piece(0, len(text))] if text.strip() else []


def pieces(text: str, size: int, room: int, count: Callable[[str], int]) -> list[Piece]:
    """A text whole where it fits, else in pieces that overlap by half; none where not one character fits.

    Args:
        text: Whole, with characters that are seen.
        size: Its tokens.
        room: Tokens that a piece may have.
        count: Tells the tokens of a text.

    >>> pieces("abcdef", 6, 4, len)
    [Piece(start=0, end=4), Piece(start=2, end=6)]
    """
    if size <= room:
        return whole(text)
    if room < 1:
        return []
    found: list[Piece] = []
    start = 0
    while not found or found[-1].end < len(text):
        length = min(max(1, room * len(text) // size), len(text) - start)
        while (tokens := count(text[start : start + length])) > room:
            if length == 1:
                return []
            length = max(1, min(length - 1, int(length * room / tokens * _CLOSER)))
        found.append(Piece(start, start + length))
        start += max(1, length // 2)
    return found
