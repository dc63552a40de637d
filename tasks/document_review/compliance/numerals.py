"""Amounts in words and dates, in English and Chinese."""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = ["Day", "Language", "capitals", "date_text", "days_in_month", "digits", "spelled"]

Language = Literal["en", "zh"]

_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_CAPITALS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")


class Day(NamedTuple):
    """A date."""

    year: int
    month: int
    day: int

    def later(self, months: int) -> Day:
        """The same day of a month so many months later (earlier, where negative), or that month's last day."""
        at = self.year * 12 + self.month - 1 + months
        year, month = at // 12, at % 12 + 1
        return Day(year, month, min(self.day, days_in_month(year, month)))

    def month_end(self) -> Day:
        """The last day of the month."""
        return self._replace(day=days_in_month(self.year, self.month))


def days_in_month(year: int, month: int) -> int:
    """Of the Gregorian calendar.

    >>> days_in_month(2028, 2), days_in_month(2026, 2)
    (29, 28)
    """
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def date_text(day: Day, language: Language) -> str:
    """A date as contracts write it.

    >>> date_text(Day(2026, 3, 1), "en"), date_text(Day(2026, 3, 1), "zh")
    ('1 March 2026', '2026年3月1日')
    """
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def digits(amount: int) -> str:
    """A whole amount with its thousands apart.

    >>> digits(1204500)
    '1,204,500'
    """
    return f"{amount:,}"


def spelled(amount: int) -> str:
    """A whole amount under 10**9 in English words, without ``and``.

    >>> spelled(1204517)
    'one million two hundred four thousand five hundred seventeen'
    """
    if not 0 <= amount < 10**9:
        raise ValueError(f"{amount} is not in 0..10**9-1")
    if amount == 0:
        return _SMALL[0]
    parts = [(amount // 10**6, "million"), (amount // 1000 % 1000, "thousand"), (amount % 1000, "")]
    return " ".join(f"{_below_thousand(n)} {name}".strip() for n, name in parts if n)


def _below_thousand(n: int) -> str:
    hundreds, rest = divmod(n, 100)
    words = [f"{_SMALL[hundreds]} hundred"] if hundreds else []
    if rest >= 20:
        tens, ones = divmod(rest, 10)
        words.append(_TENS[tens] + (f"-{_SMALL[ones]}" if ones else ""))
    elif rest:
        words.append(_SMALL[rest])
    return " ".join(words)


def capitals(amount: int) -> str:
    """A whole amount in 1..10**8-1 in the capital numerals of Chinese bookkeeping, closed by ``元整``.

    A zero between digits is said once; a group of four that ends in zeros says none of them (GB/T 15835 leaves these
    numerals to the rules for filling in bills of the People's Bank of China).

    >>> capitals(1204517), capitals(300000), capitals(100050)
    ('壹佰贰拾万肆仟伍佰壹拾柒元整', '叁拾万元整', '壹拾万零伍拾元整')
    """
    if not 0 < amount < 10**8:
        raise ValueError(f"{amount} is not in 1..10**8-1")
    high, low = divmod(amount, 10**4)
    text = f"{_group(high)}万" if high else ""
    if high and low and low < 1000:
        text += "零"
    return f"{text}{_group(low)}元整"


def _group(n: int) -> str:
    """A number under 10,000 without leading or trailing zeros said; empty for 0."""
    text, gap = "", False
    for place in (3, 2, 1, 0):
        digit = n // 10**place % 10
        if digit:
            text += ("零" if gap and text else "") + _CAPITALS[digit] + _PLACES[place]
            gap = False
        else:
            gap = True
    return text
