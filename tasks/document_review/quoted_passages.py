"""Passages that a text generator quotes from a contract: the prompt, how its answer is read, and when a quote is right.

Answers are read by ``harness.adapters.quotes``. Quotes are compared with the marked passages by the revised rule of
``span_matching``: sets of words with a Jaccard index of at least 0.5; of the category ``Parties`` a quote that holds
the marked text is right as well.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ...harness.adapters import quotes as quoting
from ...harness.adapters.quotes import QuotedAnswer
from .span_matching import PARTIES, matches, revised_words

__all__ = [
    "NO_CLAUSE",
    "QuoteCounts",
    "count_quotes",
    "extraction_prompt",
    "is_verbatim",
    "read_quotes",
]

NO_CLAUSE = "No related clause."

_PROMPT = """Read the contract between the dashed lines and answer the question behind it.
-----
{contract}
-----
Question: {question}
Copy every passage of the contract that answers the question, word for word, each on one line that begins with "- ".
If no passage answers it, write: {none}"""
_NONE = re.compile(r"\bno (?:related|relevant) clauses?\b", re.IGNORECASE)


class QuoteCounts(NamedTuple):
    """What an answer adds to the clause-level scores.

    Attributes:
        found: Marked passages that a quote matches.
        missed: Those that none does.
        false: Quotes that match no marked passage.
    """

    found: int
    missed: int
    false: int


def extraction_prompt(contract: str, question: str) -> str:
    """What a model is told."""
    return _PROMPT.format(contract=contract, question=question, none=NO_CLAUSE)


def read_quotes(answer: str) -> QuotedAnswer:
    """The quotes of an answer; ``No related clause`` counts where nothing is quoted.

    >>> read_quotes("I found:\\n- Late fees apply.\\n- No related clause.")
    QuotedAnswer(quotes=('Late fees apply.',), none=False)
    """
    return quoting.read_quotes(answer, _NONE)


def count_quotes(category: str, marked: Sequence[str], quotes: Sequence[str]) -> QuoteCounts:
    """Which marked passages are found, and which quotes are none of them.

    Args:
        category: Of the question; ``Parties`` has a rule of its own.
        marked: Texts that experts marked.
        quotes: Of an answer.
    """
    match = matches(marked, quotes, revised_words, parts_count=category == PARTIES)  # (marked, quotes)
    found = int(match.any(axis=1).sum())
    return QuoteCounts(found, len(marked) - found, int((~match.any(axis=0)).sum()))


def is_verbatim(quote: str, contract: str) -> bool:
    """Whether a quote stands in the contract, whatever the white space and the case."""
    return _plain(quote) in _plain(contract)


def _plain(text: str) -> str:
    return " ".join(text.split()).lower()
