"""Which option a language model chose, read out of what it wrote; pure functions, nothing is guessed.

Reasoning between ``<think>`` and ``</think>`` is left out. Of what remains counts, in this order: the last answer that
says it is one ("Answer: B", "答案：B", ``\\boxed{B}``); a text or a last line that is an option and nothing else; a
text that begins with one ("B. 因为A错误"); the only letter that is called right ("B is correct"); the only option that
is named at all. What is denied ("not A", "不选A", "A is wrong") is never an answer, and two options in one are none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

__all__ = ["LETTERS", "ReadChoice", "Reason", "read_choice", "without_reasoning"]

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

Reason = Literal["stated", "bare", "leading", "named", "empty", "only_reasoning", "nothing_named", "denied", "several"]
"""How an answer was read, or why none could be; the first four go with an option, the others with none."""

_OPEN, _CLOSE = "<think>", "</think>"
_READ = 1 << 16  # characters of an answer that are looked at, from its end
_NEAR = 24  # characters before an option in which a denial of it stands


class ReadChoice(NamedTuple):
    """What was read.

    Attributes:
        option: Number of the option; None: no answer could be read, which counts as a wrong one.
        reason: How it was read, or why nothing could be.
    """

    option: int | None
    reason: Reason


def without_reasoning(text: str) -> str:
    """The text without what stands between reasoning tags.

    A tag that is closed and was never opened ends reasoning from the beginning on (templates put the first tag into
    the prompt); one that is never closed begins reasoning to the end: such a model never came to its answer.
    """
    kept, at = [], 0
    while (begin := text.find(_OPEN, at)) >= 0 and (end := text.find(_CLOSE, begin)) >= 0:
        kept.append(text[at:begin])
        at = end + len(_CLOSE)
    rest = "".join([*kept, text[at:]])
    rest = rest[rest.rfind(_CLOSE) + len(_CLOSE) :] if _CLOSE in rest else rest
    return rest.partition(_OPEN)[0]


def read_choice(text: str, options: Sequence[str], *, lettered: bool = False) -> ReadChoice:
    """The option that an answer names.

    Args:
        text: All that the model wrote.
        options: As they were asked. An answer that says that it is one, or is nothing else, may name one by its letter,
            A for the first, unless options are letters or digits themselves.
        lettered: Whether the options were listed by letters, so that a letter anywhere in the text means one.

    >>> read_choice("According to Article 5, B", ["A", "B"])
    ReadChoice(option=1, reason='named')
    >>> read_choice("Answer: A or B", ["A", "B"])
    ReadChoice(option=None, reason='several')
    """
    answer = _plain(without_reasoning(text))
    if not answer:
        return ReadChoice(None, "only_reasoning" if text.strip() else "empty")
    reader = _Reader(answer[-_READ:], options, lettered=lettered)
    for read in (reader.stated(), reader.bare(), reader.leading(), reader.confirmed()):
        if read is not None:
            return read
    return reader.named()


def _plain(text: str) -> str:
    """Full-width characters as plain ones, without marks of emphasis; blanks at the ends cut."""
    return re.sub(r"[*`]|\$(?=\\boxed)", "", unicodedata.normalize("NFKC", text)).strip()


_CJK = r"\u4e00-\u9fff"
_QUOTES = r"[\s\"'“”‘’「『【《(\[{<]*"
_HEAD = re.compile(
    r"(?P<box>\\boxed\s*\{\s*(?:\\(?:text|textbf|mathrm|mathbf)\s*\{)?)"
    r"|\b(?:answer|choice|option|verdict|conclusion)s?\s*(?:(?:is|would be|should be|must be)\b\s*:?|(?P<colon>[:=]))"
    r"|(?:答案|选项|结论|答|选择|回答)\s*(?:(?:应该|应当|应)?(?:是|为|选)\s*:?|(?P<mark>[:=]))"
    r"|(?:故|因此|所以|应该|应当|应|本题|可|则|综上,?)?选(?!项|择)(?:择)?",
    re.IGNORECASE,
)
_FILLER = re.compile(
    rf"(?:{_QUOTES}(?:therefore|thus|hence|clearly|most likely|the|option|choice|letter|选项|选择|选)(?![A-Za-z]))*"
    rf"{_QUOTES}",
    re.IGNORECASE,
)
_DENIED_BEFORE = re.compile(
    r"(?:\bnot|\bnever|n't|\bneither|\bnor|\bexcept|\bexclud\w*|\beliminat\w*|\brul\w+ out|\brather than|\binstead of|"
    rf"排除|并非|而非|除了|[不未非别勿](?:是|选|选择|能选|应选|可选|应|能|可)?)\s*(?:the|be|option|choice|选项)?{_QUOTES}$",
    re.IGNORECASE,
)
_DENIED_AFTER = re.compile(
    r"[\"'”’」』】》)\]}>]*\s*(?:选?项)?(?:的?说法)?\s*(?:is|are|was|seems|can|would be|是|为)?"
    r"\s*(?:also|clearly|definitely|也|均|都)?\s*"
    r"(?:not\b|n't|cannot|wrong\b|incorrect\b|false\b|untrue\b|ruled out|excluded|错|不|有误|排除)",
    re.IGNORECASE,
)
_CONFIRMED = re.compile(
    r"[\"'”’)\]}>]*\s*(?:选?项)?\s*(?:(?:is|是|为)\s*(?:the\s*)?)?(?:correct|right|正确|对的)(?!\w*率)", re.IGNORECASE
)
_BETWEEN = re.compile(r"[\"'”’)\]}>]*\s*(?:,|/|;|、|&|\bor\b|\band\b|和|或者?|及|与|以及)?\s*" + _QUOTES, re.IGNORECASE)
_AROUND = " \t\r\n\"'“”‘’「」『』【】《》()[]{}<>.,:;!?。、,!~-"


class _Name(NamedTuple):
    """One way to name an option: its number, a pattern, whether that is a letter or digit alone, and a digit."""

    option: int
    pattern: re.Pattern[str]
    single: bool
    digit: bool = False


class _Found(NamedTuple):
    """An option at a place of the text."""

    option: int
    begin: int
    end: int


class _Reader:
    """An answer and the options it may name."""

    def __init__(self, text: str, options: Sequence[str], *, lettered: bool) -> None:
        self._text = text
        asked = [_plain(option) for option in options]
        told = [_Name(at, _named(one), _is_single(one), one.isdigit()) for at, one in enumerate(asked) if one]
        told.sort(key=lambda name: -len(asked[name.option]))  # the longest first: "not kept" before "kept"
        has_letters = len(asked) <= len(LETTERS) and not any(_is_single(one) for one in asked)
        letters = [_Name(at, _named(LETTERS[at]), True) for at in range(len(asked))] if has_letters else []
        self._names = [*told, *letters]
        self._told = self._names if lettered else told
        self._run = f"A-{LETTERS[max(1, min(len(asked), len(LETTERS))) - 1]}"
        self._telling = all(_is_single(one) or _is_telling(one) for one in asked)

    def stated(self) -> ReadChoice | None:
        """The last answer that says it is one; None where nothing does."""
        last: ReadChoice | None = None
        at = -1
        for head in _HEAD.finditer(self._text):
            if head.start() < at or self._denies(head.start(), head.group()):
                continue
            begins = _end(_FILLER, self._text, head.end())
            found = self._at(begins)
            if found is not None and not self._is_denied(found):
                last, at = self._alone(found), found.end
            elif self._is_run(begins):
                last, at = ReadChoice(None, "several"), begins
            elif head.group("colon") or head.group("mark"):
                rest = self._text[head.end() :].partition("\n")[0]
                if rest.strip(_AROUND):  # an answer was begun: an earlier one does not stand in for it
                    last, at = _Reader.over(self, rest).named(), head.end()
        return last

    def bare(self) -> ReadChoice | None:
        """An answer, or its last line, that is an option and nothing else."""
        for text in (self._text, self._text.splitlines()[-1]):
            word = text.strip(_AROUND)
            found = _Reader.over(self, word)._at(0)
            if found is not None and found.end == len(word):
                return ReadChoice(found.option, "bare")
        return None

    def leading(self) -> ReadChoice | None:
        """An answer that begins with an option and a mark behind it; several lines that do so are a list."""
        first = [found for line in self._text.splitlines() if (found := _Reader.over(self, line)._led()) is not None]
        found = self._led()
        if found is None:
            return None
        if len({one.option for one in first}) > 1 or self._alone(found).option is None:
            return ReadChoice(None, "several")
        return ReadChoice(found.option, "leading")

    def confirmed(self) -> ReadChoice | None:
        """The only letter that is called right."""
        found = [
            _Found(name.option, match.start(), match.end())
            for name in self._told
            if name.single and not name.digit
            for match in name.pattern.finditer(self._text)
            if match.group().isupper() and _CONFIRMED.match(self._text, match.end())
        ]
        right = {one.option for one in found if not self._is_denied(one)}
        if len(right) > 1:
            return ReadChoice(None, "several")
        return ReadChoice(right.pop(), "stated") if right else None

    def named(self) -> ReadChoice:
        """The only option that is named and not denied; "no" and "是" stand in any text and tell nothing."""
        if not self._telling:
            return ReadChoice(None, "nothing_named")
        taken: list[_Found] = []
        for name in (one for one in self._told if not one.digit):
            for match in name.pattern.finditer(self._text):
                found = _Found(name.option, match.start(), match.end())
                upper = not name.single or match.group().isupper()
                free = all(found.end <= one.begin or found.begin >= one.end for one in taken)
                if upper and free and not self._is_article(found):
                    taken.append(found)
        if not taken:
            return ReadChoice(None, "nothing_named")
        meant = {one.option for one in taken if not self._is_denied(one)}
        if len(meant) == 1:
            return ReadChoice(meant.pop(), "named")
        return ReadChoice(None, "several" if meant else "denied")

    @classmethod
    def over(cls, reader: _Reader, text: str) -> _Reader:
        """The same options over another text."""
        other = cls.__new__(cls)
        other.__dict__ = reader.__dict__ | {"_text": text}
        return other

    def _at(self, at: int, names: Sequence[_Name] | None = None) -> _Found | None:
        """The option that stands at a place, the longest of those that do."""
        for name in self._names if names is None else names:
            match = name.pattern.match(self._text, at)
            if match is not None:
                found = _Found(name.option, match.start(), match.end())
                return None if name.single and self._is_article(found) else found
        return None

    def _led(self) -> _Found | None:
        begins = _end(re.compile(_QUOTES), self._text, 0)
        found = self._at(begins, self._told)
        if found is None or self._is_denied(found):
            return None
        marked = re.compile(r"(?:的|项)?\s*[\"'”’)\]}>]*\s*(?:[.,:;!。、\n)]|$)").match(self._text, found.end)
        return found if marked else None

    def _alone(self, found: _Found) -> ReadChoice:
        """An option as an answer, unless another one is named in the same breath."""
        text, at = self._text, found.end
        begins = _end(_BETWEEN, text, at)
        other = self._at(begins) if begins > at else None
        if other is not None and other.option != found.option and not self._is_denied(other):
            return ReadChoice(None, "several")
        return ReadChoice(found.option, "stated")

    def _is_run(self, at: int) -> bool:
        """Whether several letters stand there as one word: "AB"."""
        run = re.compile(rf"[{self._run}]{{2,}}(?![A-Za-z])").match(self._text, at)
        return run is not None and len(set(run.group())) == len(run.group())

    def _denies(self, at: int, head: str) -> bool:
        """Whether a head that is a verb ("选") is denied: "不选A"."""
        before = self._text[max(0, at - _NEAR) : at]
        return head.startswith("选") and re.search(r"[不别勿未](?:应该|应当|应|能|可以|可|得)?$", before) is not None

    def _is_denied(self, found: _Found) -> bool:
        before = self._text[max(0, found.begin - _NEAR) : found.begin]
        return bool(_DENIED_BEFORE.search(before) or _DENIED_AFTER.match(self._text, found.end))

    def _is_article(self, found: _Found) -> bool:
        """Whether a letter is a word of its own: "a clause", "I think"."""
        if self._text[found.begin : found.end].upper() not in ("A", "I"):
            return False
        follows = re.compile(r"[ \t]+([a-z']+)").match(self._text, found.end)
        return follows is not None and follows.group(1) not in _NO_NOUNS


_NO_NOUNS = frozenset({"is", "because", "since", "as", "for", "or", "and", "not", "but", "isn't", "was", "seems"})


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return at if match is None else match.end()


def _is_single(option: str) -> bool:
    """Whether an option is one letter or digit of ASCII."""
    return len(option) == 1 and option.isascii() and option.isalnum()


def _is_telling(option: str) -> bool:
    """Whether a text that holds the option means it: "no" and "是" stand in any text."""
    return len(option) >= (4 if option.isascii() else 2)


def _named(option: str) -> re.Pattern[str]:
    """A pattern for an option: whole words, in any case, with or without what joins its words ("NotMentioned")."""
    words = list(_words(option)) or [option]
    begin = r"(?<![A-Za-z0-9_])" if words[0][0].isascii() and words[0][0].isalnum() else ""
    end = r"(?![A-Za-z0-9_])" if words[-1][-1].isascii() and words[-1][-1].isalnum() else ""
    if len(option) == 1 and not option.isascii():
        end = rf"(?![{_CJK}])|{re.escape(option)}(?=的(?![{_CJK}]))"
    return re.compile(begin + r"[\s_\-]*".join(map(re.escape, words)) + end, re.IGNORECASE)


def _words(option: str) -> Iterator[str]:
    for part in re.split(r"[\s_\-]+", option):
        yield from (word for word in re.split(r"(?<=[a-z])(?=[A-Z])", part) if word)
