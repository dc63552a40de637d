"""Text that a visitor reads, in both languages of the site."""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = ["LANGUAGES", "Language", "Text"]

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")


class Text(NamedTuple):
    """One text in English and Chinese; both must be given, so none can fall back in silence."""

    en: str
    zh: str

    def of(self, language: Language) -> str:
        """The text in one language."""
        return self.en if language == "en" else self.zh
