"""One question with its answer: which candidates, options and quotes are shown, each counted by hand."""

from __future__ import annotations

import numpy as np
from sectorbench.harness.codes import Problem
from sectorbench.harness.text import Text
from sectorbench.tasks.document_review.answer_pictures import choice_exhibit, quote_exhibit, ranking_exhibit
from sectorbench.tasks.exhibit_choice import Choice

CHOICE = Choice("common", Text("why", "因"))
SOURCE = Text("Text: a source.", "文本：某来源。")
PROBLEM = Problem("SB321", "id 'q'", "nan")


def ranking(score, grade, texts=None, **options):
    given = {"right_from": 2, "lowest": 1, "grades": 5, "choice": CHOICE, "source": SOURCE} | options
    return ranking_exhibit(
        "q", "a cap", texts or [f"t{i}" for i in range(len(score))],
        score=np.array(score, float), grade=np.array(grade), **given,
    )  # fmt: skip


def columns(exhibit, *names):
    table = exhibit.table("items")
    return list(zip(*(table.column(name) for name in names), strict=True))


def test_the_head_is_shown_and_behind_it_the_right_ones():
    exhibit = ranking([9, 8, 7, 6, 5, 4, 3], [0, 4, 0, 0, 0, 0, 2])
    assert columns(exhibit, "text", "right", "given", "first", "last", "grade") == [
        ("t0", 0, 1, 1, 1, 1), ("t1", 1, 1, 2, 2, 5), ("t2", 0, 1, 3, 3, 1), ("t3", 0, 1, 4, 4, 1),
        ("t4", 0, 1, 5, 5, 1), ("t6", 1, 0, 7, 7, 3),
    ]  # fmt: skip
    assert [exhibit.value(name) for name in ("items", "right", "grades")] == [7, 2, 5]


def test_equal_scores_share_their_places_and_right_and_wrong_have_no_grade():
    exhibit = ranking([0.5, 0.5, 0.1], [0, 1, 0], right_from=1, lowest=0, grades=None)
    assert columns(exhibit, "first", "last", "right") == [(1, 2, 0), (1, 2, 1), (3, 3, 0)]
    assert exhibit.table("items").column("grade") == () and exhibit.value("grades") is None


def test_right_ones_that_are_not_shown_are_counted_and_long_texts_are_cut():
    exhibit = ranking(list(range(20, 0, -1)), [4] * 20, ["x " * 400] * 20)
    assert exhibit.table("items").rows == 15
    assert "5 more right ones" in exhibit.part.en and "5" in exhibit.part.zh and SOURCE.en in exhibit.part.en
    assert {len(text) for text in exhibit.table("items").column("text")} == {400}
    assert "more right ones" not in ranking([1, 0], [4, 0]).part.en


def test_an_option_is_right_and_another_one_chosen():
    exhibit = choice_exhibit(
        "q", "Which?\nA. x\nB. y", ["A", "B"], probability=[0.25, 0.75], right=0, choice=CHOICE, source=SOURCE
    )
    assert columns(exhibit, "text", "right", "given", "probability") == [("A", 1, 0, 0.25), ("B", 0, 1, 0.75)]
    assert exhibit.table("asked").column("text") == ("Which?\nA. x\nB. y",)


def test_a_long_question_is_kept_in_pieces():
    exhibit = choice_exhibit("q", "题" * 900, ["A"], probability=[1.0], right=0, choice=CHOICE, source=SOURCE)
    assert [len(piece) for piece in exhibit.table("asked").column("text")] == [400, 400, 100]


def quoted(marked, quotes, match, readable=True):
    return quote_exhibit(
        "q", "Which law?", marked, quotes, match=np.array(match, bool).reshape(len(marked), len(quotes)),
        readable=readable, choice=CHOICE, source=SOURCE,
    )  # fmt: skip


def test_marked_passages_come_first_and_quotes_that_match_none_behind_them():
    exhibit = quoted(["m1", "m2"], ["q1", "q2"], [[True, False], [False, False]])
    assert columns(exhibit, "text", "right", "given") == [("m1", 1, 1), ("m2", 1, 0), ("q2", 0, 1)]
    assert exhibit.value("unread") is None


def test_an_answer_that_says_nothing_is_told_apart_from_one_that_says_none():
    assert quoted(["m"], [], [[]]).value("unread") is None
    assert quoted(["m"], [], [[]], readable=False).value("unread") == 1


def test_an_answer_that_breaks_a_rule_is_not_drawn():
    common = {"choice": CHOICE, "source": SOURCE, "problem": PROBLEM}
    for exhibit in (
        ranking([0], [1], problem=PROBLEM),
        choice_exhibit("q", "?", ["A"], probability=[], right=0, **common),
        quote_exhibit("q", "?", ["m"], [], match=np.zeros((1, 0), bool), readable=False, **common),
    ):
        assert (exhibit.broken.code, exhibit.tables) == ("SB321", ())
