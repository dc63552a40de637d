"""What became of texts that a model read: into how many windows they were cut, and what its tokenizer does not know."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = ["ReadTally"]


class ReadTally:
    """Counts of a cell.

    Attributes:
        windows: That were read.
        tokens: Of texts, without the special ones around them.
        unknown: Of these, how many stand for a text that the tokenizer does not know: the model never saw it.
        prompts: That a model was to go on with.
        over: Of these, how many leave no room for an answer in its window: they were not asked.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._unknown_id = getattr(tokenizer, "unk_token_id", None)
        self.begins()

    def begins(self) -> None:
        """Counts from nothing again."""
        self.windows = self.tokens = self.unknown = self.prompts = self.over = 0

    def note(self, ids: Iterable[int]) -> None:
        """Counts the tokens of a text."""
        for token in ids:
            self.tokens += 1
            self.unknown += int(token == self._unknown_id)

    def unknown_told(self) -> dict[str, str]:
        """How many tokens are unknown, for the record; nothing where none is."""
        if not self.unknown:
            return {}
        return {
            "unknown tokens": f"{self.unknown:,} of {self.tokens:,} ({self.unknown / self.tokens:.1%}) of the texts"
        }

    def over_told(self, window: int | None) -> dict[str, str]:
        """How many prompts were not asked, for the record; nothing where all were.

        Args:
            window: Tokens that the model reads at most.
        """
        if not self.over:
            return {}
        said = f"no room for an answer in the model's window of {window or 0:,} tokens"
        return {"not asked": f"{self.over:,} of {self.prompts:,} prompts, which leave {said}"}
