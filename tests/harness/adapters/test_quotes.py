"""Quotes: where they stand in a text, by which rule, and what is no place for them."""

from __future__ import annotations

import random
import re
import time

import numpy as np
import pytest
from sectorbench.harness.adapters.quotes import (
    ALIKE_FROM,
    ALIKE_OF_ANSWER,
    ALIKE_TO,
    LEAST_LIKENESS,
    QuotedText,
    read_quotes,
)

CLAUSE = (
    "7.2 Fees. The Customer shall pay all undisputed fees within thirty (30) days\n"
    "of the invoice date. “Late fees” accrue at 1.5% per month – the Supplier's standard rate.\n"
    "7.3 Taxes. The Customer shall pay all taxes."
)
CHINESE = "第五条 付款：甲方应于验收后３０日内，\n一次性支付合同总价款的９５％（即人民币１２０万元）。其余作为质保金。"


def found(text, quote):
    place = QuotedText(text).find(quote)
    return None if place is None else (text[place.start : place.end], place.kind)


@pytest.mark.parametrize(
    ("text", "quote", "passage", "kind"),
    [
        (CLAUSE, "The Customer shall pay all taxes.", "The Customer shall pay all taxes.", "exact"),
        (CLAUSE, "  7.3 Taxes. ", "7.3 Taxes.", "exact"),
        (CLAUSE, "thirty (30) days of the invoice date", "thirty (30) days\nof the invoice date", "plain"),
        (CLAUSE, '"late fees" accrue', "“Late fees” accrue", "plain"),
        (CLAUSE, "per month - the Supplier’s STANDARD rate", "per month – the Supplier's standard rate", "plain"),
        (CHINESE, "验收后30日内,一次性支付合同总价款的95%(即人民币120万元)", None, "plain"),
        (CHINESE, "质保金", "质保金", "exact"),
        ("Straße 5, Köln", "STRASSE 5", "Straße 5", "plain"),  # one character that becomes two
        ("a\u200bb\u00adc d", "abc", "a\u200bb\u00adc", "plain"),  # what is not seen
        ("\U0001f600 甲方 \U0002070e", "甲方\U0002070e", "甲方 \U0002070e", "plain"),
    ],
)
def test_a_quote_stands_where_the_same_characters_stand(text, quote, passage, kind):
    if passage is None:
        passage = "验收后３０日内，\n一次性支付合同总价款的９５％（即人民币１２０万元）"
    assert found(text, quote) in ((passage, kind), (passage.strip("“”"), kind))


def test_a_quote_with_a_few_other_characters_stands_at_the_nearest_place():
    place = QuotedText(CLAUSE).find("The Client shall pay all undisputed fee within thirty days of the invoice date.")
    assert place is not None and place.kind == "alike" and LEAST_LIKENESS <= place.likeness < 1
    assert CLAUSE[place.start : place.end].startswith("The C")
    assert CLAUSE[place.start : place.end].endswith("invoice date.")


def test_of_a_quote_of_twenty_characters_four_may_be_other_ones_and_five_not():
    text = "xxxx" + "abcdefghijklmnopqrst" + "xxxx"
    place = QuotedText(text).find("1bcdef2hijkl3nopqr4t")
    assert place == (4, 24, 0.8, "alike")
    assert QuotedText(text).find("1bcdef2hijkl3nop5r4t") is None


def test_a_short_quote_stands_nowhere_if_a_character_differs():
    """Else one date would be found for another."""
    assert found("due on 2026-05-01, late on 2026-06-01", "2026-07-01") is None
    assert found("first year", "third year") is None


@pytest.mark.parametrize("quote", ["", "  \n", "“”", "a passage that somebody made up altogether", "無"])
def test_what_is_not_there_stands_nowhere(quote):
    assert QuotedText(CLAUSE).find(quote) is None
    assert QuotedText("").find(quote) is None


def test_of_a_repeated_passage_the_first_one_counts():
    text = "Notices: in writing. Term: one year. Notices: in writing."
    assert QuotedText(text).find("Notices: in writing.")[:2] == (0, 20)
    assert QuotedText(text).find("notices: in  writing.")[:2] == (0, 20)


def test_a_short_quote_is_not_taken_from_within_a_word_or_a_number():
    assert found("1300 days, then 30 days", "30") == ("30", "exact")
    assert QuotedText("1300 days, then 30 days").find("30").start == 16
    assert QuotedText("1300 days").find("30") is None
    assert QuotedText("PARTISAN").find("art") is None
    assert found("甲方应付款", "方应") == ("方应", "exact")  # Chinese has no borders of words


def test_a_long_quote_that_was_cut_off_within_a_word_stands_where_it_begins():
    assert found(CLAUSE, "The Customer shall pay all undispu") == ("The Customer shall pay all undispu", "exact")


def plain_distance(one, other):
    """Edits from one text to another, cell by cell."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, row = row, [i]
        for j, b in enumerate(other, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (a != b)))
    return row[-1]


@pytest.mark.parametrize("seed", range(6))
def test_the_nearest_place_is_the_nearest_of_all(seed):
    """Beside the edits to every part of the text, counted cell by cell."""
    draw = random.Random(seed)
    text = "".join(draw.choice("abc") for _ in range(60))
    quote = list(text[20:40])
    for at in draw.sample(range(20), 2):
        quote[at] = draw.choice(["d", "", "ad"])
    quote = "".join(quote)
    place = QuotedText(text).find(quote)
    least = min(plain_distance(quote, text[a:b]) for a in range(60) for b in range(a, min(61, a + 26)))
    assert place is not None and place.likeness == pytest.approx(1 - least / len(quote))
    assert plain_distance(quote, text[place.start : place.end]) == least


def test_every_place_lies_in_the_text_whatever_is_quoted():
    draw = random.Random(0)
    letters = "ab \n“”’－１ßﬁ甲。\u200b"
    for _ in range(400):
        text = "".join(draw.choice(letters) for _ in range(draw.randrange(60)))
        quote = "".join(draw.choice(letters) for _ in range(draw.randrange(1, 30)))
        place = QuotedText(text).find(quote)
        assert place is None or (0 <= place.start < place.end <= len(text) and 0.8 <= place.likeness <= 1)


def test_a_long_contract_is_searched_in_less_than_a_few_seconds():
    draw = np.random.default_rng(0)
    words = ["".join(draw.choice(list("abcdefgh"), 6)) for _ in range(400)]
    text = " ".join(draw.choice(words, 7_500))  # 52,000 characters
    began = time.process_time()
    context = QuotedText(text)
    quote = text[30_000:30_400]
    place = context.find(quote.replace("a", "z", 20))
    assert (place.start, place.end) == (30_000, 30_000 + len(quote.rstrip())) and place.kind == "alike"
    assert context.find("z" * ALIKE_FROM) is None
    assert time.process_time() - began < 5


def test_chinese_lists_need_no_blank_behind_their_marks():
    none = re.compile("无")
    answer = "摘录如下：\n-甲方应付款。\n1、乙方应交货。\n（2）质保期一年。\n－“逾期违约”\n1.5倍罚款"
    quotes = read_quotes(answer, none, language="zh").quotes
    assert quotes == ("甲方应付款。", "乙方应交货。", "质保期一年。", "逾期违约")
    assert read_quotes(answer, none).quotes == ("甲方应付款。",)  # a blank is needed but behind a dash


def test_a_quote_longer_than_any_clause_stands_where_the_same_characters_stand_or_nowhere():
    """Alike, 100,000 characters would take minutes in a text of 200,000."""
    draw = np.random.default_rng(0)
    text = "".join(draw.choice(list("abcdefgh \n"), 200_000))
    context, began = QuotedText(text), time.process_time()
    assert context.find(text[50_000:150_000].strip()).kind == "exact"
    assert context.find(text[50_000:150_000].strip().upper()).kind == "plain"
    assert context.find(text[50_000:150_000].replace("a", "z", 9)) is None
    assert time.process_time() - began < 2


def test_what_is_alike_is_looked_for_up_to_a_number_of_characters_of_an_answer(monkeypatch):
    monkeypatch.setattr("sectorbench.harness.adapters.quotes.ALIKE_OF_ANSWER", 50)
    context = QuotedText("Fees are due every month. Late fees are nine percent.")
    other = "Fees are due each month. Late"  # 24 characters without blanks
    short = "Late fees were nine percent."
    kinds = [place and place.kind for place in context.find_all([other, short, other, "Late fees", other.upper()])]
    assert kinds == ["alike", "alike", None, "exact", None]
    assert ALIKE_FROM < ALIKE_TO < ALIKE_OF_ANSWER


@pytest.mark.parametrize(
    ("answer", "language", "quotes"),
    [
        (
            "-Fees are due.\n—Late fees.\n– Taxes.\n— Notices.",
            "en",
            ("Fees are due.", "Late fees.", "Taxes.", "Notices."),
        ),
        ("-“Fees are due.”", "en", ("Fees are due.",)),
        ("-5 % of it\n--- \n-----\nwell-known", "en", ()),
        ("-----\n- 甲方应付款。\n-----", "zh", ("甲方应付款。",)),
        ("- Fees are due.\n- None", "en", ("Fees are due.",)),
        ("- None of the parties shall assign.", "en", ("None of the parties shall assign.",)),
        ("- 无需另行通知。", "zh", ("无需另行通知。",)),
    ],
)
def test_a_dash_needs_no_blank_before_a_word(answer, language, quotes):
    assert read_quotes(answer, re.compile("no passage"), language=language).quotes == quotes


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "answer",
    [
        *("- None", "- None.", "* N/A", "- n.a.", "1. Not applicable", "None", "**None found.**", "-None", "- (none)"),
        *("- Not mentioned in this contract.", "- 无", "- 无。", "- 不适用", "无"),
    ],
)
def test_a_line_that_says_that_there_is_nothing_is_no_quote(answer, language):
    said = read_quotes(answer, re.compile("no passage"), language=language)
    assert (said.quotes, said.none) == ((), True)


@pytest.mark.parametrize("answer", ["", "Nonetheless", "not", "It is none of these.", "-----"])
def test_what_says_neither_is_unread(answer):
    assert not read_quotes(answer, re.compile("no passage")).readable


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_answer_of_blank_lines_is_read_in_no_time(language):
    began = time.process_time()
    for answer in ("\n" * 100_000, "- \n" * 50_000, " " * 200_000, "-" * 200_000):
        read_quotes(answer, re.compile("no passage"), language=language)
    assert time.process_time() - began < 2
