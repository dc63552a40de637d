"""Checks a contract against a rule by patterns, as a careful clerk with a search function would.

It looks where a fact is plainly said. What has to be worked out (weeks, extensions, amendments, the lower of two caps,
a law by reference, a start by the day of signature, a lot in a clause of its own) is beyond it: it then goes by what it
sees first, and where it sees nothing it passes the rule.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from .patterns import MONTHS, PATTERNS
from .words import Patterns, chinese_capitals, english_words

__all__ = ["breaks"]

_Month = tuple[int, int]


def breaks(text: str, rule: str, language: str) -> bool:
    """Whether the document seems to break the rule.

    Args:
        text: Of the document.
        rule: As the question words it.
        language: ``en`` or ``zh``.
    """
    patterns = PATTERNS[language]
    for wanted, check in (
        (patterns.payment_rule, _payment),
        (patterns.clause_rule, _clause),
        (patterns.liability_rule, _liability),
        (patterns.law_rule, _law),
    ):
        if found := wanted.search(rule):
            return check(text, found[1], patterns)
    return next((check(text, patterns) for words, check in _BARE if any(word in rule for word in words)), False)


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def _payment(text: str, limit: str, patterns: Patterns) -> bool:
    found = patterns.payment.search(text)
    return found is not None and int(found[1]) > int(limit)


def _clause(text: str, topic: str, patterns: Patterns) -> bool:
    return topic.lower() not in [heading.lower() for heading in patterns.heading.findall(text)]


def _liability(text: str, limit: str, patterns: Patterns) -> bool:
    total, amount = patterns.total.search(text), patterns.amount_cap.search(text)
    if percent := patterns.percent_cap.search(text):
        return int(percent[1]) < int(limit)
    if total is None or amount is None:
        return False
    return 100 * _number(amount[1]) < int(limit) * _number(total[1])


def _law(text: str, country: str, patterns: Patterns) -> bool:
    found = patterns.law.search(text)
    return found is not None and found[1] != country


def _amounts(text: str, patterns: Patterns) -> bool:
    figures = {_number(one) for one in patterns.figures.findall(text)}
    said = [_said(one) for one in patterns.words.findall(text)]
    return any(number is not None and number not in figures for number in said)


def _said(words: str) -> int | None:
    """The number at the end of some words; what stands before it is no number."""
    if not words.isascii():
        return chinese_capitals(words)
    parts = words.split()
    return next((n for at in range(len(parts)) if (n := english_words(" ".join(parts[at:]))) is not None), None)


def _names(text: str, patterns: Patterns) -> bool:
    parties = set(patterns.party.findall(text))
    lines = [line for line in text.split("\n") if patterns.not_a_party not in line]
    return any(name not in parties for line in lines for name in patterns.name.findall(line))


def _dates(text: str, patterns: Patterns) -> bool:
    """By year and month: the first and the last date in the numbered sections, the first in the line of the length."""
    body = _body(text, patterns)
    months, dates = patterns.months.search(body), [_month(one) for one in patterns.date.finditer(body)]
    if months is None or not patterns.date.search(_line_of(body, months.start())):
        return False
    (first, _), (last, month) = dates
    return (last - first) * 12 + month - dates[0][1] != int(months[1]) - 1


def _month(found: re.Match[str]) -> _Month:
    month = found["month"]
    return int(found["year"]), MONTHS.index(month) + 1 if month in MONTHS else int(month)


def _line_of(text: str, at: int) -> str:
    return text[text.rfind("\n", 0, at) + 1 :].split("\n", 1)[0]


def _body(text: str, patterns: Patterns) -> str:
    """The text up to the end of the last numbered section: without signatures and annexes."""
    last = list(patterns.heading.finditer(text))[-1]
    end = text.find("\n\n", last.end())
    return text[:end]


def _quantities(text: str, patterns: Patterns) -> bool:
    ordered = {item: int(n) for item, n in patterns.ordered.findall(text)}
    delivered: Counter[str] = Counter()
    for item, n in patterns.delivered.findall(text):
        delivered[item] += int(n)
    return any(delivered[item] != n for item, n in ordered.items())


_BARE: tuple[tuple[tuple[str, ...], Callable[[str, Patterns], bool]], ...] = (
    (("figures and in words", "大写"), _amounts),
    (("full name", "全称"), _names),
    (("start, the length", "起始日"), _dates),
    (("deliveries add up", "交付数量"), _quantities),
)
