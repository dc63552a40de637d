"""Text of strangers (names, messages) made safe to stand in a line: nothing invisible, nothing that turns the line."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["clipped", "shown"]

# Controls, line and paragraph separators, and the marks that reorder text beyond the name they stand in
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def shown(text: str) -> str:
    """The text with every control and direction character replaced by U+FFFD, so that tampering is seen.

    Escaping for HTML is the templates' work.
    """
    return _UNSEEN.sub("\ufffd", text)


def clipped(text: str, columns: int) -> str:
    """The text cut to a width in columns, where wide characters take two; a cut shows as an ellipsis.

    >>> clipped("abcdef", 4), clipped("发动机", 4), clipped("abc", 4)
    ('abc…', '发…', 'abc')
    """
    widths = [0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text]
    if sum(widths) <= columns:
        return text
    used, kept = 1, ""
    for character, width in zip(text, widths, strict=True):
        used += width
        if used > columns:
            break
        kept += character
    return f"{kept}…"
