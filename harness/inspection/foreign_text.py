"""Text of a stranger that people will read: whether it can pretend to be something else."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from ..codes import Problem
from ..formatting import printable

__all__ = ["text_problems", "wrong_text"]

_TAG = re.compile(r"<\s*[A-Za-z/!?]")
_JOINERS = "\u200c\u200d"  # within words of some scripts, and within emoji
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def wrong_text(text: str, *, most: int = 200) -> str | None:
    """What is wrong with one line of text, None if nothing is: too long, tags, or characters that nobody sees."""
    if len(text) > most:
        return f"{len(text):,} characters, at most {most}"
    if any(unicodedata.category(c) in _HIDDEN and c not in _JOINERS for c in text):
        return f"characters that are not shown or turn the direction of writing: {printable(text)[:80]!r}"
    if _TAG.search(text):
        return f"what looks like HTML: {text[:80]!r}"
    return None


def text_problems(named: Iterable[tuple[str, Any]]) -> list[Problem]:
    """Problems of texts by where they stand; what is no text is left to others."""
    told = ((where, wrong_text(text)) for where, text in named if isinstance(text, str))
    return [Problem("SB123", where, said) for where, said in told if said is not None]
