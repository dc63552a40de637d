"""Generated contracts to learn from: the questions of both cards, where violations show, and where a rule speaks.

A rule's violation has places, but a document that keeps the rule has none: nothing says where a reader has to look. The
lines that open as lines with a violation do, digits aside, are taken for the lines of that rule, in all documents.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ...harness.adapters.text_windows import Frame, TokenisedText, WindowRequest, WindowTokenizer
from .compliance.clauses import CHECKS
from .compliance.generator import Document
from .compliance.numerals import Language
from .compliance.wording import load_wording
from .compliance_task import open_documents
from .contract_compliance_spans import PLACED
from .train_reader import DrawnWindow

__all__ = ["OPEN_SEED", "SHOWN", "RuleWindows", "RuledDocument", "read_lines", "ruled_documents"]

OPEN_SEED = "documents of the open seed of document_review/contract-compliance-{language}"
SHOWN = [at for at, check in enumerate(CHECKS) if check in PLACED]
"""Numbers of the rules whose violation has places."""

_OPENING = 10  # characters of a line, digits left out, that tell what it is about


class RuledDocument(NamedTuple):
    """A document with its rules, in the order of ``CHECKS``.

    Attributes:
        text: Of the document.
        level: How hidden facts are, 1 to 3.
        questions: Of the card on whether rules are kept.
        asked_places: The questions of the card on places; none of the rule on a missing clause, hence an empty text.
        broken: Whether the document breaks each rule.
        places: Start and end of what shows it, per rule.
        lines: Start and end of the lines of each rule, whether it is kept or broken.
    """

    text: str
    level: int
    questions: tuple[str, ...]
    asked_places: tuple[str, ...]
    broken: tuple[bool, ...]
    places: tuple[tuple[tuple[int, int], ...], ...]
    lines: tuple[tuple[tuple[int, int], ...], ...]


def ruled_documents(language: Language, n: int, *, first: int = 0) -> list[RuledDocument]:
    """Documents of the open seed with all that is to be learned from them.

    Args:
        language: Of the documents.
        n: How many.
        first: Number of the first one, to hold others out.
    """
    documents = open_documents(language, first + n)
    tree = load_wording(language).tree
    openings: dict[str, set[str]] = {check: set() for check in CHECKS}
    for one in documents:
        for place in one.places:
            openings[place.check].add(_opening(one.text[place.line_start : place.line_end]))
    return [_ruled(one, tree["question"], tree["places_question"], openings) for one in documents[first:]]


def _ruled(one: Document, question: str, places: str, openings: dict[str, set[str]]) -> RuledDocument:
    lines = [(start, end, _opening(one.text[start:end])) for start, end in read_lines(one.text)]
    return RuledDocument(
        one.text,
        one.level,
        tuple(question.format(rule=rule) for rule in one.rules),
        tuple(places.format(rule=r) if c in PLACED else "" for c, r in zip(CHECKS, one.rules, strict=True)),
        one.broken,
        tuple(tuple((at.start, at.end) for at in one.places if at.check == check) for check in CHECKS),
        tuple(tuple((start, end) for start, end, how in lines if how in openings[check]) for check in CHECKS),
    )


def read_lines(text: str) -> list[tuple[int, int]]:
    """Start and end of every line that is not empty.

    >>> read_lines("1. Term\\n\\nThree months")
    [(0, 7), (9, 21)]
    """
    return [found.span() for found in re.finditer(r"[^\n]+", text)]


def _opening(line: str) -> str:
    return re.sub(r"[\d.,\s]+", " ", line).strip()[:_OPENING]


class RuleWindows:
    """Windows of documents with one of their questions, drawn about the lines of a rule or anywhere."""

    def __init__(
        self,
        documents: Sequence[RuledDocument],
        tokenizer: object,
        window: int,
        *,
        near_share: float,
        text_first: bool,
        places: bool,
    ) -> None:
        """Tokenises the documents.

        Args:
            documents: To draw from.
            tokenizer: A fast tokenizer of transformers.
            window: Tokens of a window, question counted.
            near_share: Of windows about the lines of a rule, kept or broken.
            text_first: Whether the document stands before the question.
            places: Whether the questions are those of the card on places.
        """
        read = WindowTokenizer(tokenizer)
        self._window, self._near_share = window, near_share
        self._texts = [read.encode(one.text) for one in documents]
        frames: dict[str, Frame] = {}
        self._frames: list[list[Frame]] = []
        for one in documents:
            own = one.asked_places if places else one.questions
            for question in set(own) - set(frames):
                frames[question] = read.frame(question or None, text_first=text_first)
            self._frames.append([frames[question] for question in own])
        pairs = list(zip(documents, self._texts, strict=True))
        self._places = [[_tokens(text, own) for own in one.places] for one, text in pairs]
        self._lines = [[_tokens(text, own) for own in one.lines] for one, text in pairs]

    def draw_uncut(self, rng: np.random.Generator) -> DrawnWindow:
        """A window that holds all places of a violation, or none."""
        while (drawn := self.draw(rng)).cut:
            pass
        return drawn

    def draw(self, rng: np.random.Generator) -> DrawnWindow:
        """A window; its answer is a place of the violation, if all its places lie in the window."""
        number, question = int(rng.integers(len(self._texts))), int(rng.choice(SHOWN))
        text, frame = self._texts[number], self._frames[number][question]
        lines, room, size = self._lines[number][question], frame.room(self._window), len(text.ids)
        low, high = 0, max(0, size - room)
        if lines and rng.uniform() < self._near_share:
            first, last = lines[int(rng.integers(len(lines)))]
            low, high = max(0, last + 1 - room), min(first, high)
        begin = int(rng.integers(min(low, high), high + 1))
        end = min(begin + room, size)
        places = self._places[number][question]
        inside = [one for one in places if begin <= one[0] and one[1] < end]
        touched = any(a < end and begin <= b for a, b in places)
        whole = bool(places) and len(inside) == len(places)
        answer = inside[int(rng.integers(len(inside)))] if whole else None
        return DrawnWindow(WindowRequest(text, frame, begin, end), answer, number, question, touched and not whole)


def _tokens(text: TokenisedText, ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """First and last token of each range of characters."""
    starts, ends = text.offsets.T
    return [
        (int(np.searchsorted(ends, start, side="right")), int(np.searchsorted(starts, end, side="left")) - 1)
        for start, end in ranges
    ]
