"""A checked document on a page: its text with what was planted and what a model marked, and a verdict per rule."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from ..harness.exhibits import Exhibit
from ..harness.text import Text
from .answer import language_tag
from .catalogue import phrase
from .catalogue_exhibit import Verdict
from .safe_text import shown

__all__ = ["DocumentPiece", "DocumentRule", "DocumentView", "document_view"]


@dataclass(frozen=True)
class DocumentPiece:
    """Text of one line; ``planted`` and ``found`` are numbers of rules, 0 for none.

    ``number`` is the rule's that stands behind the piece, 0 where the next piece of the line has the same.
    """

    text: str
    planted: int
    found: int
    number: int


@dataclass(frozen=True)
class DocumentRule:
    """A rule with what is said of it; ``verdict`` names the class it is shown in."""

    number: int
    rule: str
    verdict: Verdict
    said: Text


@dataclass(frozen=True)
class DocumentView:
    """A document, ready to be shown.

    Attributes:
        anchor: Unique on its page.
        title: What is seen, for those who do not see it.
        tag: Language of the text, as HTML names it.
        lines: Of the text, each in pieces.
        marked: Those in which something is planted or found.
        rules: Of the checklist.
        facts: What stands beside the title.
        keys: How it is read.
    """

    anchor: str
    title: Text
    tag: str
    lines: tuple[tuple[DocumentPiece, ...], ...]
    marked: tuple[tuple[DocumentPiece, ...], ...]
    rules: tuple[DocumentRule, ...]
    facts: tuple[Text, ...]
    keys: tuple[Text, ...]


def document_view(exhibit: Exhibit, *, anchor: str, model: str) -> DocumentView:
    """The view of an exhibit of kind ``document``."""
    pieces, rules = exhibit.table("pieces"), exhibit.table("rules")
    rows = zip(*(pieces.column(name) for name in ("line", "text", "planted", "found")), strict=True)
    lines = tuple(
        _line([(text, planted, found) for _, text, planted, found in some])
        for _, some in groupby(rows, key=lambda row: row[0])
    )
    placed = rules.column("placed") or (None,) * rules.rows
    judged = [
        (rule, _verdict(bool(broken), bool(called), right))
        for rule, broken, called, right in zip(
            rules.column("rule"), rules.column("broken"), rules.column("called"), placed, strict=True
        )
    ]
    right = sum(verdict in ("found", "passed") for _, verdict in judged)
    return DocumentView(
        anchor=anchor,
        title=phrase("exhibit_title", title=Text(shown(exhibit.title.en), shown(exhibit.title.zh)), model=model),
        tag=language_tag("".join(pieces.column("text"))),
        lines=lines,
        marked=tuple(line for line in lines if any(piece.planted or piece.found for piece in line)),
        rules=tuple(
            DocumentRule(number, shown(rule), verdict, phrase(f"document_verdict.{verdict}"))
            for number, (rule, verdict) in enumerate(judged, 1)
        ),
        facts=(phrase("document_right", right=right, n=len(judged)),),
        keys=(phrase("document_key"), *((phrase("document_key_marks"),) if rules.column("placed") else ())),
    )


def _line(pieces: list[tuple[str, int, int]]) -> tuple[DocumentPiece, ...]:
    numbers = [planted or found for _, planted, found in pieces]
    ends = [0 if number == behind else number for number, behind in zip(numbers, [*numbers[1:], 0], strict=True)]
    return tuple(
        DocumentPiece(shown(text), planted, found, number)
        for (text, planted, found), number in zip(pieces, ends, strict=True)
    )


def _verdict(broken: bool, called: bool, placed: int | None) -> Verdict:
    if broken and called:
        return "elsewhere" if placed == 0 else "found"
    if broken:
        return "missed"
    return "false_alarm" if called else "passed"
