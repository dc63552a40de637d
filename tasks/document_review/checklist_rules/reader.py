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

__all__ = ["violations"]

Range = tuple[int, int]


def violations(text: str, rule: str, language: str) -> list[Range] | None:
    """Where the document seems to break the rule; None where it seems to keep it.

    Args:
        text: Of the document.
        rule: As the question words it.
        language: ``en`` or ``zh``.

    Returns:
        Half-open ranges of characters; none of a clause that is missing.
    """
    patterns = PATTERNS[language]
    for wanted, check in (
        (patterns.payment_rule, _payment),
        (patterns.clause_rule, _clause),
        (patterns.liability_rule, _liability),
        (patterns.law_rule, _law),
    ):
        if asked := wanted.search(rule):
            return check(text, asked[1], patterns)
    return next((check(text, patterns) for words, check in _BARE if any(word in rule for word in words)), None)


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def _payment(text: str, limit: str, patterns: Patterns) -> list[Range] | None:
    found = patterns.payment.search(text)
    return [found.span(1)] if found is not None and int(found[1]) > int(limit) else None


def _clause(text: str, topic: str, patterns: Patterns) -> list[Range] | None:
    headings = [heading.lower() for heading in patterns.heading.findall(text)]
    return None if topic.lower() in headings else []


def _liability(text: str, limit: str, patterns: Patterns) -> list[Range] | None:
    total, amount = patterns.total.search(text), patterns.amount_cap.search(text)
    if percent := patterns.percent_cap.search(text):
        return [percent.span(1)] if int(percent[1]) < int(limit) else None
    if total is None or amount is None:
        return None
    return [amount.span(1)] if 100 * _number(amount[1]) < int(limit) * _number(total[1]) else None


def _law(text: str, country: str, patterns: Patterns) -> list[Range] | None:
    found = patterns.law.search(text)
    return [found.span(1)] if found is not None and found[1] != country else None


def _amounts(text: str, patterns: Patterns) -> list[Range] | None:
    figures = {_number(one[1]) for one in patterns.figures.finditer(text)}
    said = [(one.span(1), _said(one[1])) for one in patterns.words.finditer(text)]
    return [at for at, number in said if number is not None and number not in figures] or None


def _said(words: str) -> int | None:
    """The number at the end of some words; what stands before it is no number."""
    if not words.isascii():
        return chinese_capitals(words)
    parts = words.split()
    return next((n for at in range(len(parts)) if (n := english_words(" ".join(parts[at:]))) is not None), None)


def _names(text: str, patterns: Patterns) -> list[Range] | None:
    parties = set(patterns.party.findall(text))
    found = [one.span() for one in patterns.name.finditer(text) if one[0] not in parties]
    return [at for at in found if patterns.not_a_party not in _line_of(text, at[0])] or None


def _dates(text: str, patterns: Patterns) -> list[Range] | None:
    """By year and month: the first and the last date in the numbered sections, the first in the line of the length."""
    body = _body(text, patterns)
    months, dates = patterns.months.search(body), list(patterns.date.finditer(body))
    if months is None or not patterns.date.search(_line_of(body, months.start())):
        return None
    first, last = _month(dates[0]), _month(dates[-1])
    return [dates[-1].span()] if last - first != int(months[1]) - 1 else None


def _month(found: re.Match[str]) -> int:
    """Months since the year 0."""
    month = found["month"]
    return 12 * int(found["year"]) + (MONTHS.index(month) + 1 if month in MONTHS else int(month))


def _line_of(text: str, at: int) -> str:
    return text[text.rfind("\n", 0, at) + 1 :].split("\n", 1)[0]


def _body(text: str, patterns: Patterns) -> str:
    """The text up to the end of the last numbered section: without signatures and annexes."""
    last = list(patterns.heading.finditer(text))[-1]
    return text[: text.find("\n\n", last.end())]


def _quantities(text: str, patterns: Patterns) -> list[Range] | None:
    delivered: Counter[str] = Counter()
    for item, n in patterns.delivered.findall(text):
        delivered[item] += int(n)
    return [one.span(2) for one in patterns.ordered.finditer(text) if delivered[one[1]] != int(one[2])] or None


_BARE: tuple[tuple[tuple[str, ...], Callable[[str, Patterns], list[Range] | None]], ...] = (
    (("figures and in words", "大写"), _amounts),
    (("full name", "全称"), _names),
    (("start, the length", "起始日"), _dates),
    (("deliveries add up", "交付数量"), _quantities),
)
