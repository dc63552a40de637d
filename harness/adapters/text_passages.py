"""Passages of a text: its sentences and lines, the candidates that a classifier of passages is asked about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .span_answers import Span

__all__ = ["find_passages", "ranked_passages"]

_BORDER = re.compile(
    r"\s*\n\s*"  # a line ends
    r"|(?<=[.;:!?])[\"”’)\]]*\s+(?=[\"“(\[]?[A-Z0-9(])"  # a sentence or an item of a list, and another begins
    r"|(?<=[。！？；])\s*"  # a Chinese sentence needs no blank behind it
)


def find_passages(text: str) -> list[tuple[int, int]]:
    """Start and end of every passage, in characters, without white space around it; none of them is empty.

    >>> text = "Fees are due. Late fees: (a) 2 %; (b) none\\n甲方付款。乙方交货。"
    >>> [text[a:b] for a, b in find_passages(text)]
    ['Fees are due.', 'Late fees:', '(a) 2 %;', '(b) none', '甲方付款。', '乙方交货。']
    """
    edges = [0]
    for border in _BORDER.finditer(text):
        edges += [border.start() + len(border.group().rstrip()), border.end()]
    edges.append(len(text))
    found = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        piece = text[start:end]
        if bare := piece.strip():
            first = start + len(piece) - len(piece.lstrip())
            found.append((first, first + len(bare)))
    return found


def ranked_passages(passages: Sequence[tuple[int, int]], probability: npt.NDArray[np.float64], most: int) -> list[Span]:
    """The ``most`` probable passages, the first of equals first; none of probability 0.

    Args:
        passages: Start and end of each.
        probability: That it answers the question, shape ``(passages,)``.
        most: How many at most.
    """
    order: Any = np.argsort(-probability, kind="stable")[:most]
    return [
        Span(start, end, float(probability[at]))
        for at in order
        if probability[at] > 0
        for start, end in (passages[at],)
    ]
