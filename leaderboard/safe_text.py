"""Text of strangers (names, messages) made safe to stand in a line: nothing invisible, nothing that turns the line."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["broken", "clipped", "columns", "shown"]

# Controls, line and paragraph separators, and the marks that reorder text beyond the name they stand in
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def shown(text: str) -> str:
    """The text with every control and direction character replaced by U+FFFD, so that tampering is seen.

    Escaping for HTML is the templates' work.
    """
    return _UNSEEN.sub("\ufffd", text)


def columns(text: str) -> int:
    """The width of a text in columns, where wide characters take two."""
    return sum(map(_width, text))


def _width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def clipped(text: str, width: int) -> str:
    """The text cut to a width in columns; a cut shows as an ellipsis.

    >>> clipped("abcdef", 4), clipped("发动机", 4), clipped("abc", 4)
    ('abc…', '发…', 'abc')
    """
    if columns(text) <= width:
        return text
    used, kept = 1, ""
    for character in text:
        used += _width(character)
        if used > width:
            break
        kept += character
    return f"{kept}…"


def broken(text: str, width: int) -> list[str]:
    """The text in lines of a width in columns: behind a space or a mark where there is one, else anywhere.

    >>> broken("gradient-boosting-fd001", 12), broken("abcdefgh", 5)
    (['gradient-', 'boosting-', 'fd001'], ['abcde', 'fgh'])
    """
    lines = [""]
    for word in re.findall(r"[^\s._-]*[\s._-]?", text):
        for piece in [word] if columns(word) <= width else word:
            if columns((lines[-1] + piece).rstrip()) > width:
                lines.append("")
            lines[-1] += piece
    return [line.strip() for line in lines if line.strip()] or [""]
