"""What no honest file of a stranger holds, however well it has its form: texts that a terminal obeys, wild numbers."""

from __future__ import annotations

import math
import unicodedata
from typing import Annotated, Any

from pydantic import StringConstraints

__all__ = ["Sha256", "unsound"]

_TEXT, _ENTRIES, _NUMBER = 10_000, 200, 1e15  # characters of a text, entries of a list, a number
_MEASURED_TEXT = 1_000  # characters of a text that names a machine or its parts
_WHOLE = 2**64  # seeds are as large

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


def unsound(
    value: Any,
    where: str = "",
    *,
    entries: int = _ENTRIES,
    number: float = _NUMBER,
    lines: tuple[str, ...] = (),
    marks: bool = False,
) -> str | None:
    """The first text or number of a foreign file that no honest one holds; None where there is none.

    Args:
        value: Of a file's fields, or a part of them.
        where: Name of the part.
        entries: How many a list or mapping may have.
        number: How large a number may be; of cost and environment, none is larger than 1e15 or less than 0.
        lines: Beginnings of the names of parts whose texts may have several lines.
        marks: Whether texts may hold marks that join letters or turn the line, which whatever shows them writes out.
    """
    inner = {}
    measured = where.startswith(("cost.", "environment."))
    most, longest = (_NUMBER, _MEASURED_TEXT) if measured else (number, _TEXT)
    entries_here = _ENTRIES if measured else entries
    match value:
        case str() if len(value) > longest or not _is_plain(
            value, "\n\t" if where.startswith(lines) else "", marks=marks
        ):
            return f"{where}: a text with control characters, or of over {longest} characters"
        case float() if not math.isfinite(value) or abs(value) > most:
            return f"{where}: {value} is no number of seconds, bytes or cores"
        case int() | float() if value < 0 and measured:
            return f"{where}: {_shown(value)}, less than nothing"
        case int() if abs(value) > min(most, _WHOLE):
            return f"{where}: a number beyond {min(most, _WHOLE):.0e}"
        case dict():
            inner = value
        case list() | tuple():
            inner = dict(enumerate(value))
    if len(inner) > entries_here:
        return f"{where}: {len(inner):,} entries; at most {entries_here}"
    for name, one in inner.items():
        inside = f"{where}.{name}".lstrip(".")
        wrong = unsound(name, f"{where}, a name in it", marks=marks) if isinstance(name, str) else None
        if wrong is None:
            wrong = unsound(one, inside, entries=entries, number=number, lines=lines, marks=marks)
        if wrong is not None:
            return wrong
    return None


def _is_plain(text: str, also: str, *, marks: bool) -> bool:
    """Whether a text has no character that is not shown; blanks of any width are, and those in ``also``."""
    kinds = {"Zs", "Cf"} if marks else {"Zs"}
    return text.isprintable() or all(c.isprintable() or c in also or unicodedata.category(c) in kinds for c in text)


def _shown(value: float) -> str:
    return "a number" if abs(value) > _NUMBER else str(value)
