"""Passages that a language model quotes: how they are read out of an answer, and where they stand in a text.

An answer quotes passages on lines of their own that begin with a dash, a bullet or a number, or says that there are
none. Behind these marks stands a blank, or behind a dash a letter or what opens a quotation. A line of a list that
holds nothing but "None", "N/A", "无" or the like is no quote; that there are none is said by it, or by an answer that
is nothing else. What a model thinks between ``<think>`` tags is not part of its answer.

A quote stands where the text has the same characters; else where it has them but for white space, case, width and other
forms of a character (NFKC), kinds of dashes and quotation marks; else, for quotes of ``ALIKE_FROM`` to ``ALIKE_TO``
such characters, at the place to which the fewest edits of characters lead, if these are at most a fifth of the quote
(``LEAST_LIKENESS``). Since that takes time, it is asked for ``ALIKE_OF_ANSWER`` characters of an answer's quotes. Of
several places of one rank the first counts, and one that does not begin or end within a word or number before one that
does. A short quote is never taken from within a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from .answer_text import without_reasoning

__all__ = [
    "ALIKE_FROM",
    "ALIKE_OF_ANSWER",
    "ALIKE_TO",
    "LEAST_LIKENESS",
    "QUOTES_MAX",
    "Place",
    "QuotedAnswer",
    "QuotedText",
    "read_quotes",
]

QUOTES_MAX = 50
"""Different quotes that are read of one answer."""

LEAST_LIKENESS = 0.8
"""Of a quote that differs from what stands in the text: 1 - edits / characters of the quote."""

ALIKE_FROM = 16
"""Characters of a quote, white space and quotation marks not counted, below which nothing alike is looked for: one edit
makes another date or amount of it."""

ALIKE_TO = 4_000
"""The same, above which nothing alike is looked for: no clause is so long (of 13,823 passages of CUAD the longest has
3,884 characters), and the time grows with it."""

ALIKE_OF_ANSWER = 4 * ALIKE_TO
"""The same of all quotes of an answer that stand nowhere but perhaps alike; what comes behind them stands nowhere."""

_QUOTE = re.compile(
    r"^[^\S\n]*(?:(?:[-–—*•●·]|\d{1,2}[.)])\s+|[-–—•●·](?=[^\W\d_]|[\"'“‘(\[]))(.*\S)\s*$",
    re.MULTILINE,
)
_WIDE_QUOTE = re.compile(  # Chinese writes no blank behind these marks
    r"^[^\S\n]*(?:[*•]\s+|\d{1,2}[.)]\s+|[-－–—·●](?![-－–—])\s*|\d{1,2}[、．）]\s*|[（(]\d{1,2}[）)]\s*)(.*\S)\s*$",
    re.MULTILINE,
)
_NOTHING = re.compile(
    r"(?:(?:none|nothing|(?:(?:none|nothing|not) )(?:found|applicable|available|identified|mentioned|specified|stated))"
    r"(?: in (?:the|this) (?:text|document|contract|agreement))?|nil|null|n\.?/?a\.?"
    r"|无|没有|暂无|不适用|不存在|未(?:提及|找到|发现|约定)|文本未提及)",
    re.IGNORECASE,
)
_AROUND_NOTHING = " \t\r\n.。!！*_-\"'“”‘’「」()（）[]"
_MARKS = "\"'“”‘’「」"
_DROPPED = frozenset("\"'`´“”„‟‘’‚‛«»‹›「」『』＂＇")
_DASHES = dict.fromkeys("‐‑‒–—―−﹘﹣－", "-")
_NONE_CHARACTERS = 36  # a longer line that says "no related clause" is a quote that holds these words


class QuotedAnswer(NamedTuple):
    """What an answer says.

    Attributes:
        quotes: Different passages in their order, at most ``QUOTES_MAX``.
        none: Whether it says that nothing answers the question, and quotes nothing.
    """

    quotes: tuple[str, ...]
    none: bool

    @property
    def readable(self) -> bool:
        """Whether it says anything."""
        return self.none or bool(self.quotes)


def read_quotes(answer: str, none: re.Pattern[str], *, language: str = "en") -> QuotedAnswer:
    """The quotes of an answer; that there are none counts where nothing is quoted (see the module).

    Args:
        answer: All that the model wrote.
        none: What says that there is no such passage.
        language: ``zh``: lines may also begin with the marks of Chinese lists, without a blank behind them.

    >>> none = re.compile("nothing", re.IGNORECASE)
    >>> read_quotes('<think>- not this</think>I found:\\n- "Fees are due."\\n2. Late fees apply.', none)
    QuotedAnswer(quotes=('Fees are due.', 'Late fees apply.'), none=False)
    >>> read_quotes("- Nothing.", none)
    QuotedAnswer(quotes=(), none=True)
    """
    said = without_reasoning(answer)
    found = (_WIDE_QUOTE if language == "zh" else _QUOTE).findall(said)
    lines = [one.strip(_MARKS).strip() for one in found]
    nothing = [_is_nothing(one) or (len(one) <= _NONE_CHARACTERS and none.search(one) is not None) for one in lines]
    quotes = [one for one, empty in zip(lines, nothing, strict=True) if one and not empty]
    says_none = any(nothing) or _is_nothing(said) or none.search(said) is not None
    return QuotedAnswer(tuple(dict.fromkeys(quotes))[:QUOTES_MAX], not quotes and says_none)


def _is_nothing(text: str) -> bool:
    """Whether a text is "None" or the like, and nothing else."""
    return _NOTHING.fullmatch(text.strip(_AROUND_NOTHING)) is not None


class Place(NamedTuple):
    """Where a quote stands.

    Attributes:
        start: Its first character, counted in Unicode code points.
        end: The character behind its last one.
        likeness: 1 - edits / characters of the quote; 1 but for ``alike``.
        kind: ``exact``; ``plain``: but for white space, case, width, dashes and quotation marks; ``alike``.
    """

    start: int
    end: int
    likeness: float
    kind: Literal["exact", "plain", "alike"]


class QuotedText:
    """A text that is quoted from; it is folded once for all quotes."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._plain, self._origin = _folded(text)
        self._codes: npt.NDArray[np.uint32] | None = None

    def find(self, quote: str) -> Place | None:
        """Where a quote stands; None: nowhere.

        >>> QuotedText("Fees are “due”\\nmonthly.").find('fees are "due" monthly')
        Place(start=0, end=22, likeness=1.0, kind='plain')
        """
        return self.find_all([quote])[0]

    def find_all(self, quotes: Iterable[str]) -> list[Place | None]:
        """Where the quotes of one answer stand; the first ``ALIKE_OF_ANSWER`` characters of them may stand alike."""
        left, found = ALIKE_OF_ANSWER, []
        for quote in quotes:
            place, plain = self._same(bare) if (bare := quote.strip()) else (None, "")
            if place is None and ALIKE_FROM <= len(plain) <= min(ALIKE_TO, left):
                left -= len(plain)
                place = self._alike(plain)
            found.append(place)
        return found

    def _same(self, bare: str) -> tuple[Place | None, str]:
        """Where a quote stands as it is or folded, and what it is folded."""
        plain, _ = _folded(bare)
        if (at := self._first(self._text, bare, len(bare), whole=True)) is not None:
            return Place(at, at + len(bare), 1.0, "exact"), plain
        if plain and (at := self._first(self._plain, plain, len(plain), whole=False)) is not None:
            return Place(*self._span(at, at + len(plain)), 1.0, "plain"), plain
        return None, plain

    def _first(self, text: str, quote: str, size: int, *, whole: bool) -> int | None:
        """The first place of a quote at borders of words, else the first one if the quote is not short."""
        inside = None
        for at in _places(text, quote):
            start, end = (at, at + size) if whole else self._span(at, at + size)
            if not (_joins(self._text, start) or _joins(self._text, end)):
                return at
            inside = at if inside is None else inside
        return inside if size >= ALIKE_FROM else None

    def _span(self, first: int, end: int) -> tuple[int, int]:
        """Where characters of the folded text stand in the text itself."""
        return self._origin[first], self._origin[end - 1] + 1

    def _alike(self, quote: str) -> Place | None:
        """Where the fewest edits lead: semi-global edit distance (Sellers, 1980), its end first, then its start.

        Its time is the product of both lengths: 400 characters in 50,000 take about 0.1 s, 4,000 in 350,000 about 5 s.
        """
        if self._codes is None:
            self._codes = _codes(self._plain)
        most = int((1 - LEAST_LIKENESS) * len(quote) + 1e-9)
        pattern = _codes(quote)
        end, edits = _nearest_end(pattern, self._codes)
        if edits > most:
            return None
        before = self._codes[max(0, end - len(quote) - most) : end]
        size, _ = _nearest_end(pattern[::-1], before[::-1], fixed=True)
        return Place(*self._span(end - size, end), 1 - edits / len(quote), "alike")


def _places(text: str, quote: str) -> Iterator[int]:
    at = text.find(quote)
    while at >= 0:
        yield at
        at = text.find(quote, at + 1)


def _joins(text: str, at: int) -> bool:
    """Whether a place lies within a word or a number; Chinese characters are no words that could be torn."""
    if not 0 < at < len(text):
        return False
    return _is_of_word(text[at - 1]) and _is_of_word(text[at])


def _is_of_word(character: str) -> bool:
    return character.isalnum() and not ("\u2e80" <= character <= "\u9fff" or character >= "\U00020000")


def _folded(text: str) -> tuple[str, list[int]]:
    """The characters that tell passages apart, and for each the place in the text that it comes from."""
    forms = {character: _form(character) for character in set(text)}
    parts: list[str] = []
    origin: list[int] = []
    for at, character in enumerate(text):
        if form := forms[character]:
            parts.append(form)
            origin += [at] * len(form)
    return "".join(parts), origin


def _form(character: str) -> str:
    """A character without case and width; nothing of white space, quotation marks and what is not seen."""
    if character in _DROPPED or unicodedata.category(character) in ("Cf", "Cc"):
        return ""
    plain = unicodedata.normalize("NFKC", _DASHES.get(character, character)).casefold()
    return "".join(plain.split())


def _codes(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _nearest_end(
    pattern: npt.NDArray[np.uint32], text: npt.NDArray[np.uint32], *, fixed: bool = False
) -> tuple[int, int]:
    """Where the part of the text ends that the fewest edits make the pattern of, and these edits.

    Of several ends the first counts; of several parts that begin where the text does the longest.

    Args:
        pattern: Characters, shape ``(m,)``.
        text: The same, shape ``(n,)``.
        fixed: Whether the part begins where the text does; else anywhere.
    """
    at = np.arange(len(text) + 1, dtype=np.int32)  # (n + 1,)
    edits = at.copy() if fixed else np.zeros_like(at)  # (n + 1,): of no pattern and the text up to a place
    for row, character in enumerate(pattern, 1):
        new = np.empty_like(edits)
        new[0] = row
        np.minimum(edits[:-1] + (text != character), edits[1:] + 1, out=new[1:])
        new -= at
        np.minimum.accumulate(new, out=new)  # what the text has more
        new += at
        edits = new
    best = len(edits) - 1 - int(edits[::-1].argmin()) if fixed else int(edits.argmin())
    return best, int(edits[best])
