"""What the method page is made of."""

from __future__ import annotations

from typing import Literal, NamedTuple

from ..harness.text import Text

__all__ = ["Block", "Section", "formula", "paragraph", "point"]


class Block(NamedTuple):
    """A paragraph, a formula or a point of a list. Words between backticks are set as code."""

    kind: Literal["paragraph", "formula", "point"]
    text: Text


class Section(NamedTuple):
    """A heading with its blocks."""

    anchor: str
    title: Text
    blocks: tuple[Block, ...]


def paragraph(en: str, zh: str) -> Block:
    """A paragraph in both languages."""
    return Block("paragraph", Text(en, zh))


def point(en: str, zh: str) -> Block:
    """A point of a list in both languages."""
    return Block("point", Text(en, zh))


def formula(text: str) -> Block:
    """A formula, which needs no translation."""
    return Block("formula", Text(text, text))
