"""Exhibits of a checked document: its text with what is wrong in it, what a model marked, and its verdict per rule."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from ...harness.codes import Problem
from ...harness.exhibits import BrokenRule, Column, Exhibit, ExhibitTable
from ...harness.text import Text
from ..exhibit_choice import Choice

__all__ = ["CheckedRule", "document_exhibit"]

_LONGEST = 200  # characters of a piece
_RULE_LONGEST = 200

Range = tuple[int, int]


class CheckedRule(NamedTuple):
    """One rule of the checklist.

    Attributes:
        rule: As the document's reviewer words it.
        broken: Whether the document breaks it.
        called: Whether the model says so.
        planted: Where that shows, half-open ranges of characters.
        found: Where the model marks it.
        placed: Whether the mark is right; None where no marks are asked for.
    """

    rule: str
    broken: bool
    called: bool
    planted: Sequence[Range]
    found: Sequence[Range] = ()
    placed: bool | None = None


def document_exhibit(
    unit: str, text: str, rules: Sequence[CheckedRule], *, choice: Choice, problem: Problem | None = None
) -> Exhibit:
    """The text of a document in pieces, each within one line and either marked or not.

    Args:
        unit: Id of the document.
        text: All of it.
        rules: Of its checklist.
        choice: Why this document is shown.
        problem: The first rule of the interface that the answer breaks; then nothing is drawn.
    """
    title = Text(f"The checked document {unit}", f"受审文件 {unit}")
    if problem is not None:
        broken = BrokenRule.of(problem)
        return Exhibit(kind="document", unit=unit, role=choice.role, title=title, chosen=choice.why, broken=broken)
    pieces = _pieces(text.rstrip("\n"), [rule.planted for rule in rules], [rule.found for rule in rules])
    columns = {"broken": [int(r.broken) for r in rules], "called": [int(r.called) for r in rules]}
    if all(rule.placed is not None for rule in rules):
        columns["placed"] = [int(bool(r.placed)) for r in rules]
    return Exhibit(
        kind="document",
        unit=unit,
        role=choice.role,
        title=title,
        chosen=choice.why,
        tables=(
            ExhibitTable(
                name="pieces",
                columns=tuple(
                    Column(name=name, unit="none", values=tuple(values))
                    for name, values in zip(
                        ("line", "text", "planted", "found"), zip(*pieces, strict=True), strict=True
                    )
                ),
            ),
            ExhibitTable(
                name="rules",
                columns=(
                    Column(name="rule", unit="none", values=tuple(rule.rule[:_RULE_LONGEST] for rule in rules)),
                    *(Column(name=name, unit="none", values=tuple(values)) for name, values in columns.items()),
                ),
            ),
        ),
    )


def _pieces(
    text: str, planted: Sequence[Sequence[Range]], found: Sequence[Sequence[Range]]
) -> list[tuple[int, str, int, int]]:
    """Line, text, rule that the piece shows broken and rule that it is marked for, from 1; 0: none."""
    edges = {edge for ranges in (*planted, *found) for one in ranges for edge in one if edge <= len(text)}
    pieces, start = [], 0
    for line, words in enumerate(text.split("\n")):
        end = start + len(words)
        cuts = sorted({start, end, *(edge for edge in edges if start < edge < end)})
        if not words:
            pieces.append((line, "", 0, 0))
        for a, b in pairwise(cuts):
            marks = _rule_at(planted, a), _rule_at(found, a)
            pieces += [(line, text[at : min(b, at + _LONGEST)], *marks) for at in range(a, b, _LONGEST)]
        start = end + 1
    return pieces


def _rule_at(ranges: Sequence[Sequence[Range]], at: int) -> int:
    """Number of the first rule with a range that holds a character."""
    held = (number for number, some in enumerate(ranges, 1) if any(start <= at < end for start, end in some))
    return next(held, 0)
