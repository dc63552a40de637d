"""What the documents say: one versioned file per language, read once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from .dice import Dice
from .numerals import Language, capitals, digits, spelled

__all__ = ["Name", "Wording", "load_wording"]

_HERE = Path(__file__).parent


class Name(NamedTuple):
    """A company's name by its parts: numbers into the file's lists, and which spelling of each is taken."""

    stem: int
    trade: int
    form: int
    stem_spelling: int = 0
    trade_spelling: int = 0


class Wording:
    """The texts of one language.

    Attributes:
        language: Which.
        tree: The file as it is.
    """

    def __init__(self, language: Language, tree: dict[str, Any]) -> None:
        self.language: Language = language
        self.tree = tree

    def ways(self, *keys: str) -> list[str]:
        """The ways to say one thing."""
        found: Any = self.tree
        for key in keys:
            found = found[key]
        ways: list[str] = [found] if isinstance(found, str) else found
        return ways

    def drawn_name(self, dice: Dice) -> Name:
        """A company's name in its first spelling."""
        names = self.tree["names"]
        return Name(dice.below(len(names["stems"])), dice.below(len(names["trades"])), dice.below(len(names["forms"])))

    def name(self, name: Name) -> str:
        """A company's name as it is written."""
        names = self.tree["names"]
        return str(names["join"]).format(
            stem=names["stems"][name.stem][name.stem_spelling],
            trade=names["trades"][name.trade][name.trade_spelling],
            form=names["forms"][name.form],
        )

    def affiliate(self, name: Name, dice: Dice) -> str:
        """A company of the same stem in another trade."""
        names = self.tree["names"]
        stem, trade = names["stems"][name.stem][0], dice.pick(self.tree["affiliate_trade"])
        return str(names["join"]).format(stem=stem, trade=trade, form=names["forms"][name.form])

    def figures(self, amount: int, currency: str) -> str:
        """An amount in figures, with its currency."""
        return str(self.tree["currencies"][currency]["figures"]).format(n=digits(amount))

    def in_words(self, amount: int, currency: str) -> str:
        """An amount in words, with its currency."""
        words = capitals(amount) if self.language == "zh" else spelled(amount)
        return str(self.tree["currencies"][currency]["words"]).format(n=words)


@cache
def load_wording(language: Language) -> Wording:
    """The wording of a language."""
    tree = yaml.safe_load((_HERE / f"wording-{language}.yaml").read_text(encoding="utf-8"))
    return Wording(language, tree)
