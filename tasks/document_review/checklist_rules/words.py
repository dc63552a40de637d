"""Numbers and dates out of English and Chinese contract text."""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Patterns", "chinese_capitals", "english_words"]

_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_UNIT = {word: n for n, word in enumerate(_SMALL)}
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_TEN = {word: 10 * n for n, word in enumerate(_TENS, 2)}
_CAPITAL = {sign: n for n, sign in enumerate("零壹贰叁肆伍陆柒捌玖")}
_PLACE = {"拾": 10, "佰": 100, "仟": 1000}


class Patterns(NamedTuple):
    """How a language writes what the rules are about; a pattern's first group is the number or name to compare.

    Attributes:
        payment_rule: In a rule, the days allowed.
        clause_rule: The topic asked for.
        law_rule: The country asked for.
        liability_rule: The least share of the total price, in percent.
        figures: An amount in figures.
        words: An amount in words.
        payment: The days in the document.
        party: A party's name where it is introduced.
        name: Anything that looks like a company's name.
        not_a_party: A line in which other companies may be named.
        heading: A numbered heading.
        law: The country whose law is named.
        percent_cap: A cap on liability in percent.
        amount_cap: A cap on liability as an amount.
        total: The total price in the price annex.
        date: Year, month and day by name.
        months: The length of the term.
        ordered: Item and quantity in the price annex.
        delivered: Item and quantity in the delivery schedule.
    """

    payment_rule: re.Pattern[str]
    clause_rule: re.Pattern[str]
    law_rule: re.Pattern[str]
    liability_rule: re.Pattern[str]
    figures: re.Pattern[str]
    words: re.Pattern[str]
    payment: re.Pattern[str]
    party: re.Pattern[str]
    name: re.Pattern[str]
    not_a_party: str
    heading: re.Pattern[str]
    law: re.Pattern[str]
    percent_cap: re.Pattern[str]
    amount_cap: re.Pattern[str]
    total: re.Pattern[str]
    date: re.Pattern[str]
    months: re.Pattern[str]
    ordered: re.Pattern[str]
    delivered: re.Pattern[str]


def english_words(text: str) -> int | None:
    """The number that English words spell; None where a word is no number.

    >>> english_words("one million two hundred four thousand five hundred seventeen")
    1204517
    """
    total, part = 0, 0
    for word in text.replace("-", " ").split():
        if word in _UNIT:
            part += _UNIT[word]
        elif word in _TEN:
            part += _TEN[word]
        elif word == "hundred":
            part *= 100
        elif word in ("thousand", "million"):
            total, part = total + part * (1000 if word == "thousand" else 10**6), 0
        else:
            return None
    return total + part


def chinese_capitals(text: str) -> int:
    """The number that Chinese capital numerals write, without its unit.

    >>> chinese_capitals("壹佰贰拾万零伍拾")
    1200050
    """
    total, part, digit = 0, 0, 0
    for sign in text:
        if sign in _CAPITAL:
            digit = _CAPITAL[sign]
        elif sign in _PLACE:
            part, digit = part + digit * _PLACE[sign], 0
        else:  # 万
            total, part, digit = (part + digit) * 10_000, 0, 0
    return total + part + digit
