"""Amounts in words are read back by the reader of ``checklist_rules``, which shares no code with what writes them."""

from __future__ import annotations

import calendar
import datetime

import pytest
from sectorbench.tasks.document_review.checklist_rules.words import chinese_capitals, english_words
from sectorbench.tasks.document_review.compliance.numerals import Day, capitals, date_text, days_in_month, spelled

AMOUNTS = [*range(1, 2_000), *range(9_900, 10_120), 100_005, 100_050, 305_000, 1_000_000, 10_010_010, 20_300_400]
AMOUNTS += [7**k for k in range(3, 10)]


def test_english_words_are_read_back():
    assert [english_words(spelled(n)) for n in AMOUNTS] == AMOUNTS


def test_chinese_capitals_are_read_back():
    assert [chinese_capitals(capitals(n).removesuffix("元整")) for n in AMOUNTS] == AMOUNTS


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (10, "壹拾元整"),
        (1_001, "壹仟零壹元整"),
        (1_010, "壹仟零壹拾元整"),
        (10_010, "壹万零壹拾元整"),
        (107_000, "壹拾万柒仟元整"),
        (6_000_500, "陆佰万零伍佰元整"),
        (16_409, "壹万陆仟肆佰零玖元整"),
    ],
)
def test_chinese_capitals_are_those_of_bills(amount, text):
    assert capitals(amount) == text


def test_english_words_by_hand():
    assert spelled(0) == "zero"
    assert spelled(21) == "twenty-one"
    assert spelled(700_019) == "seven hundred thousand nineteen"


@pytest.mark.parametrize("amount", [-1, 10**9])
def test_words_end_somewhere(amount):
    with pytest.raises(ValueError, match="is not in"):
        spelled(amount)
    with pytest.raises(ValueError, match="is not in"):
        capitals(amount)


def test_months_are_those_of_the_calendar():
    for year in (1900, 2000, 2026, 2028):
        for month in range(1, 13):
            assert days_in_month(year, month) == calendar.monthrange(year, month)[1]


def test_later_days_stay_in_their_month():
    assert Day(2026, 1, 31).later(1) == Day(2026, 2, 28)
    assert Day(2026, 1, 1).later(-1) == Day(2025, 12, 1)
    assert Day(2027, 11, 1).later(17).month_end() == Day(2029, 4, 30)


def test_dates_are_written_as_contracts_write_them():
    day = datetime.date(2028, 2, 9)
    assert date_text(Day(2028, 2, 9), "en") == f"{day.day} {day:%B} {day.year}"
    assert date_text(Day(2028, 2, 9), "zh") == "2028年2月9日"
