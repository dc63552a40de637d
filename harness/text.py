"""Text that a visitor reads, in both languages of the site."""

from __future__ import annotations

import json
import re
from typing import Any, Literal, NamedTuple

__all__ = ["LANGUAGES", "Language", "Text", "printable", "printable_json", "printable_lines"]

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")


class Text(NamedTuple):
    """One text in English and Chinese; both must be given, so none can fall back in silence."""

    en: str
    zh: str

    def of(self, language: Language) -> str:
        """The text in one language."""
        return self.en if language == "en" else self.zh


def printable(text: str) -> str:
    """Foreign text with all that a file cannot hold or a terminal obeys written out.

    >>> printable("no licence\\x1b[31m \\ud800 许可证")
    'no licence\\\\x1b[31m \\\\ud800 许可证'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


_COMMAND = re.compile(r"^(\s*):(?=:)")  # of a runner of GitHub, which obeys lines of a job's output


def printable_lines(text: str) -> str:
    """Foreign text with its line breaks: every line as ``printable``, none that a CI job's runner obeys.

    >>> printable_lines("sides differ:\\n::error::\\x1b[31mred")
    'sides differ:\\n\\\\x3a:error::\\\\x1b[31mred'
    """
    return "\n".join(_COMMAND.sub(r"\1\\x3a", printable(one)) for one in text.split("\n")).replace("##[", r"\x23#[")


def printable_json(value: Any, *, indent: int = 2, sort_keys: bool = False) -> str:
    """JSON for machines that a terminal can show: letters as they are, what is not shown as JSON's escapes."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, sort_keys=sort_keys, default=str)
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)
