"""A checked document: verdicts by hand, and that text of a stranger stays text."""

from __future__ import annotations

import pytest
from plot_records import document, exhibit
from sectorbench.leaderboard.document import document_view


def view(**fields):
    return document_view(document(**fields), anchor="a", model="m")


def test_lines_keep_their_pieces_and_those_with_marks_stand_out():
    made = view()
    assert [[piece.text for piece in line] for line in made.lines] == [
        ["Invoices are payable within ", "90 <b>days</b>", " of receipt."],
        [""],
        ["The end."],
    ]
    assert made.marked == (made.lines[0], made.lines[2])
    assert [(piece.planted, piece.found) for piece in made.lines[0]] == [(0, 0), (1, 1), (0, 0)]


def test_pieces_of_one_mark_have_its_number_once():
    pieces = {"line": (0,) * 5, "text": tuple("abcde"), "planted": (1, 1, 1, 0, 0), "found": (0, 1, 0, 0, 2)}
    rules = {"rule": ("r", "s"), "broken": (1, 0), "called": (1, 1)}
    made = document_view(exhibit("document", {"pieces": pieces, "rules": rules}, {}), anchor="a", model="m")
    assert [piece.number for piece in made.lines[0]] == [0, 0, 1, 0, 2]


def test_each_rule_has_its_verdict_and_the_right_ones_are_counted():
    made = view()
    assert [(rule.number, rule.verdict) for rule in made.rules] == [(1, "found"), (2, "false_alarm")]
    assert made.facts[0].en == "1 of 2 rules judged rightly"
    assert len(made.keys) == 2 and len(view(marked=False).keys) == 1


@pytest.mark.parametrize(
    ("broken", "called", "placed", "verdict"),
    [(1, 1, None, "found"), (1, 1, 1, "found"), (1, 1, 0, "elsewhere"), (1, 0, 0, "missed"), (0, 0, 0, "passed")],
)
def test_what_comes_of_a_rule(broken, called, placed, verdict):
    rules = {"rule": ("r",), "broken": (broken,), "called": (called,)} | (
        {} if placed is None else {"placed": (placed,)}
    )
    pieces = {"line": (0,), "text": ("文",), "planted": (0,), "found": (0,)}
    made = document_view(exhibit("document", {"pieces": pieces, "rules": rules}, {}), anchor="a", model="m")
    assert made.rules[0].verdict == verdict
    assert made.tag == "zh-Hans" and view().tag == "en"


def test_controls_in_a_strangers_text_are_seen():
    pieces = {"line": (0,), "text": ("a\u202eb",), "planted": (0,), "found": (0,)}
    rules = {"rule": ("\u2066r",), "broken": (0,), "called": (0,)}
    made = document_view(exhibit("document", {"pieces": pieces, "rules": rules}, {}), anchor="a", model="m")
    assert (made.lines[0][0].text, made.rules[0].rule) == ("a\ufffdb", "\ufffdr")
