"""One question with its answer on a page: what is said of each item, in both languages, counted by hand."""

from __future__ import annotations

import pytest
from plot_records import answer
from sectorbench.harness.text import Text
from sectorbench.leaderboard.answer import answer_view


def view(way, **fields):
    return answer_view(answer(way, **fields), anchor="a", model="m")


def test_the_head_of_a_ranking_stands_apart_from_the_right_ones_further_down():
    made = view("ranked")
    assert [(one.said.en, one.verdict, [cell.en for cell in one.cells]) for one in made.items] == [
        ("right", "found", ["1", "5 of 5"]),
        ("wrong", "missed", ["2 to 3", "1 of 5"]),
    ]
    (further,) = made.further
    assert (further.said.zh, [cell.zh for cell in further.cells]) == ("正确，但靠后", ["9", "4 分 / 5 分"])
    assert made.columns == ("col_place", "col_grade")
    assert made.facts[0].en == "1 of the first 2 right."
    assert made.facts[1] == Text(
        "2 of all 40 are right; places of those shown: 1, 9.", "全部 40 条中有 2 条正确；所示正确条目的名次：1、9。"
    )


def test_options_have_their_probability_and_one_is_chosen():
    made = view("chosen")
    assert [(one.said.en, one.verdict, one.cells[0].en) for one in made.items] == [
        ("right, not chosen", "missed", "0.25"),
        ("wrong, chosen", "missed", "0.75"),
        ("wrong, not chosen", "", "0.00"),
    ]
    assert (made.columns, made.further) == (("col_probability",), ())
    assert made.facts[0] == Text("answered wrongly", "回答错误")


@pytest.mark.parametrize("unread", [0, 1])
def test_quotes_are_found_missed_or_false(unread):
    made = view("quoted", unread=unread)
    assert [(one.said.en, one.text) for one in made.items] == [
        ("marked, found", "a <b>"), ("marked, missed", "b"), ("quoted, not marked", "c"),
    ]  # fmt: skip
    assert made.facts[0].en == "1 of 2 marked passages found, false quotes: 1."
    assert len(made.facts) == 1 + unread


def test_the_question_keeps_its_lines_and_tells_its_language():
    assert view("chosen").asked == ("Which <i>law</i>?", "A. x")
    assert (view("chosen").tag, view("quoted", asked=("哪部", "法律？")).tag) == ("en", "zh-Hans")
    assert view("quoted", asked=("哪部", "法律？")).asked == ("哪部法律？",)


def test_controls_in_a_strangers_text_are_seen():
    assert view("chosen", asked=("a\u202eb",)).asked == ("a\ufffdb",)
