"""Which option a language model chose, read out of what it wrote; pure functions, nothing is guessed.

Reasoning between ``<think>`` and ``</think>`` is left out. Of what remains counts, in this order: the last answer that
says it is one ("Answer: B", "答案：B", ``\\boxed{B}``), before choices that are told behind it ("选项：A", "选A"); a
text or a last line that is an option and nothing else; a text that begins with one ("B. 因为A错误"); the only letter
that is called right ("B is correct"); the only option that is named at all. What is denied ("not A", "A is wrong"),
supposed ("若选A"), asked ("Is it A?") or called a wrong answer ("错误答案：A") is never an answer. Nor is what a
sentence with a condition says behind an answer that is marked as one ("答案：B. 如果……，则答案为A"). A letter in a name
("Party A", "A公司", "Vitamin C") is no option, one that is explained ("Entailment requires ...") is not named, and two
options in one are none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from . import answer_patterns as patterns

__all__ = ["LETTERS", "ReadChoice", "Reason", "read_choice", "without_reasoning"]

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

Reason = Literal["stated", "bare", "leading", "named", "empty", "only_reasoning", "nothing_named", "denied", "several"]
"""How an answer was read, or why none could be; the first four go with an option, the others with none."""

_OPEN, _CLOSE = "<think>", "</think>"
_CJK = r"\u4e00-\u9fff"
_READ = 1 << 16  # characters of an answer that are looked at, from its end
_LISTED = 1 << 12  # characters behind a first option in which a second one makes a list


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
        """The last answer that says it is one, a weaker head only where no other is read; None where nothing does."""
        strong: ReadChoice | None = None
        marked = False  # whether the strong one is marked as an answer: "Answer: B"
        weak: ReadChoice | None = None  # behind the last strong one
        at = -1
        heads = [head for head in patterns.HEAD.finditer(self._text) if not self._is_no_head(head)]
        ends = [*(head.start() for head in heads[1:]), len(self._text)]
        for head, end in zip(heads, ends, strict=False):
            if head.start() < at or (marked and self._is_afterthought(head)):
                continue
            read, at = self._behind(head, end)
            if read is not None and not head.group("weak"):
                strong, weak = read, None
                marked = read.option is not None and any(head.group(name) for name in ("box", "colon", "mark"))
            elif read is not None and (weak is None or read.option is not None):
                weak = read
        if strong is not None and (
            strong.reason not in ("denied", "nothing_named") or weak is None or weak.option is None
        ):
            return strong
        return weak

    def _behind(self, head: re.Match[str], end: int) -> tuple[ReadChoice | None, int]:
        """What stands behind a head, up to the next one, and where that ends; None where no answer was begun."""
        begins = _end(patterns.FILLER, self._text, head.end())
        found = self._at(begins)
        if found is not None and not self._is_denied(found):
            is_list = head.group("weak") and self._is_list(found)
            is_other = "would" in head.group().lower() and bool(patterns.ONLY_IF.match(self._text, found.end))
            marked = any(head.group(name) for name in ("box", "colon", "mark", "weak_colon", "weak_mark"))
            is_other |= not marked and self._is_asked(found)
            return (None, head.end()) if is_list or is_other else (self._alone(found), found.end)
        if self._is_run(begins):
            return ReadChoice(None, "several"), begins
        if not any(head.group(name) for name in ("colon", "mark", "weak_colon", "weak_mark")):
            return None, head.end()
        rest = self._text[head.end() : end].partition("\n")[0]
        if not rest.strip(patterns.AROUND):
            return None, head.end()
        begun = _Reader.over(self, rest)  # an earlier answer does not stand in for it
        return begun.confirmed() or begun.named(), head.end()

    def bare(self) -> ReadChoice | None:
        """An answer, or its last line, that is an option and nothing else."""
        for text in (self._text, self._text.splitlines()[-1]):
            word = text.strip(patterns.AROUND)
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
            if match.group().isupper() and patterns.CONFIRMED.match(self._text, match.end())
        ]
        found = [one for one in found if not self._is_name(one, spaced=True) and not self._is_supposed(one.begin)]
        found = [one for one in found if not self._is_asked(one)]
        right = {one.option for one in found if not self._is_denied(one)}
        if len(right) > 1:
            return ReadChoice(None, "several")
        return ReadChoice(right.pop(), "stated") if right else None

    def named(self) -> ReadChoice:
        """The only option that is named and not denied; "no" and "是" stand in any text and tell nothing."""
        if not self._telling:
            return ReadChoice(None, "nothing_named")
        taken: list[_Found] = []
        covered = bytearray(len(self._text))  # 1: part of an option
        for name in (one for one in self._told if not one.digit):
            for match in name.pattern.finditer(self._text):
                found = _Found(name.option, match.start(), match.end())
                upper = not name.single or match.group().isupper()
                free = not any(covered[found.begin : found.end])
                if upper and free and not (name.single and self._is_word(found, spaced=True)):
                    taken.append(found)
                    covered[found.begin : found.end] = b"\1" * (found.end - found.begin)
        if not taken:
            return ReadChoice(None, "nothing_named")
        meant = self._meant(sorted(taken, key=lambda one: one.begin))
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
                return None if name.single and self._is_word(found) else found
        return None

    def _led(self) -> _Found | None:
        begins = _end(patterns.QUOTES, self._text, 0)
        found = self._at(begins, self._told)
        if found is None or self._is_denied(found) or patterns.CALLED_WRONG.match(self._text, found.end):
            return None
        joined = patterns.JOINED.match(self._text, found.end)
        if joined is not None and joined.group("either") and self._at(joined.end()) is not None:  # "A、B错误"
            return None
        return found if patterns.MARKED.match(self._text, found.end) else None

    def _alone(self, found: _Found) -> ReadChoice:
        """An option as an answer, unless another one is named in the same breath."""
        text, at = self._text, found.end
        begins = _end(patterns.BETWEEN, text, at)
        other = self._at(begins) if begins > at else None
        if other is not None and other.option != found.option and not self._is_denied(other):
            return ReadChoice(None, "several")
        return ReadChoice(found.option, "stated")

    def _is_run(self, at: int) -> bool:
        """Whether several letters stand there as one word: "AB"."""
        run = re.compile(rf"[{self._run}]{{2,}}(?![A-Za-z])").match(self._text, at)
        return run is not None and len(set(run.group())) == len(run.group())

    def _is_list(self, found: _Found) -> bool:
        """Whether options are listed there: "选项：A. 有效 B. 无效"."""
        if found.option or not patterns.MARKED.match(self._text, found.end) or len(self._names) < 2:
            return False
        second = next((name for name in self._names if name.option == 1 and name.single), None)
        other = None if second is None else second.pattern.search(self._text, found.end, found.end + _LISTED)
        return other is not None and patterns.MARKED.match(self._text, other.end()) is not None

    def _is_no_head(self, head: re.Match[str]) -> bool:
        """Whether a head tells of a wrong or another option, denies it ("不选A"), or only supposes it."""
        before = self._before(head.start())
        if head.group().startswith(("故", "因此", "所以", "综上", "则")):
            return self._is_supposed(head.start())
        if patterns.NO_HEAD.search(before) or (head.group().endswith("选") and patterns.NOT_CHOSEN.search(before)):
            return True
        return not any(head.group(name) for name in ("box", "colon", "mark")) and self._is_supposed(head.start())

    def _is_afterthought(self, head: re.Match[str]) -> bool:
        """Whether a head stands in a sentence with a condition, and draws no conclusion."""
        if head.group().startswith(("故", "因此", "所以", "综上")):
            return False
        begin = max(0, head.start() - patterns.SENTENCE)
        return patterns.AFTERTHOUGHT.search(self._text[begin : head.start()]) is not None

    def _is_asked(self, found: _Found) -> bool:
        return patterns.ASKED.match(self._text, found.end) is not None

    def _is_mentioned(self, found: _Found) -> bool:
        """Whether an option in words is explained."""
        return found.end - found.begin > 1 and patterns.MENTIONED.match(self._text, found.end) is not None

    def _is_supposed(self, at: int) -> bool:
        return patterns.SUPPOSED.search(self._before(at)) is not None

    def _before(self, at: int) -> str:
        return self._text[max(0, at - patterns.NEAR) : at]

    def _meant(self, named: Sequence[_Found]) -> set[int]:
        """The options, in the order of the text, that are not denied, alone or together with their neighbours."""
        before = [patterns.DENIED_BEFORE.search(self._before(one.begin)) is not None for one in named]
        after = [
            any(one.match(self._text, found.end) for one in (patterns.DENIED_AFTER, patterns.CALLED_WRONG))
            or self._is_asked(found)
            for found in named
        ]
        # A comma joins what is denied together only where "or" or "and" stands behind: "not A, B"
        joins: list[str | None] = [None] * len(named)  # how an option is joined to the next one
        for at in reversed(range(len(named) - 1)):
            join = patterns.JOINED.fullmatch(self._text, named[at].end, named[at + 1].begin)
            joins[at] = None if join is None else join.lastgroup or joins[at + 1]
            after[at] |= after[at + 1] and joins[at] is not None
        for at in range(len(named) - 1):
            before[at + 1] |= before[at] and joins[at] == "either"
        mentioned = map(self._is_mentioned, named)
        return {one.option for one, *denied in zip(named, before, after, mentioned, strict=True) if not any(denied)}

    def _is_denied(self, found: _Found) -> bool:
        before = patterns.DENIED_BEFORE.search(self._before(found.begin))
        return before is not None or patterns.DENIED_AFTER.match(self._text, found.end) is not None

    def _is_word(self, found: _Found, *, spaced: bool = False) -> bool:
        """Whether a letter is no option but an article or a name."""
        return self._is_article(found) or self._is_name(found, spaced=spaced)

    def _is_name(self, found: _Found, *, spaced: bool = False) -> bool:
        """Whether a letter names a party or a passage: "Party A", "A公司", where ``spaced`` also "A 公司"."""
        after = patterns.NAMED_AFTER.match(self._text, found.end)
        if after is not None and (spaced or not after.group("blank")):
            return True
        return patterns.NAMED_BEFORE.search(self._before(found.begin)) is not None

    def _is_article(self, found: _Found) -> bool:
        """Whether a letter is a word of its own: "a clause", "I think"."""
        if self._text[found.begin : found.end].upper() not in ("A", "I"):
            return False
        follows = re.compile(r"[ \t]+([a-z']+)").match(self._text, found.end)
        return follows is not None and patterns.NO_NOUNS.fullmatch(follows.group(1)) is None


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
