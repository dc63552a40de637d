"""Pieces of a document: together they are the text, and marks begin and end where they should."""

from __future__ import annotations

from sectorbench.harness.codes import Problem
from sectorbench.harness.text import Text
from sectorbench.tasks.document_review.document_pictures import CheckedRule, document_exhibit
from sectorbench.tasks.exhibit_choice import Choice

CHOICE = Choice("common", Text("why", "因"))
TEXT = "Title\n\nPay within 90 days of receipt.\nGoverned by the law of Norway.\n"


def made(*rules, text=TEXT):
    return document_exhibit("d-1", text, rules, choice=CHOICE)


def rows(exhibit):
    pieces = exhibit.table("pieces")
    return list(zip(*(pieces.column(name) for name in ("line", "text", "planted", "found")), strict=True))


def test_pieces_are_the_text_line_by_line():
    days = (TEXT.index("90"), TEXT.index("90") + 2)
    law = (TEXT.index("Norway"), TEXT.index("Norway") + 6)
    exhibit = made(
        CheckedRule("pay", True, True, [days], [(days[0] - 7, days[1] + 5)], True),
        CheckedRule("law", True, False, [law], [], False),
    )
    assert rows(exhibit) == [
        (0, "Title", 0, 0),
        (1, "", 0, 0),
        (2, "Pay ", 0, 0),
        (2, "within ", 0, 1),
        (2, "90", 1, 1),
        (2, " days", 0, 1),
        (2, " of receipt.", 0, 0),
        (3, "Governed by the law of ", 0, 0),
        (3, "Norway", 2, 0),
        (3, ".", 0, 0),
    ]
    assert exhibit.table("rules").column("placed") == (1, 0)


def test_a_mark_over_several_lines_marks_each_but_no_empty_one():
    exhibit = made(CheckedRule("all", False, True, [], [(0, len(TEXT))]))
    assert [(line, found) for line, _, _, found in rows(exhibit)] == [(0, 1), (1, 0), (2, 1), (3, 1)]
    assert exhibit.table("rules").column("placed") == ()


def test_long_lines_are_cut_into_pieces():
    exhibit = made(CheckedRule("r" * 300, False, False, []), text="x" * 450)
    assert [len(text) for _, text, _, _ in rows(exhibit)] == [200, 200, 50]
    assert len(exhibit.table("rules").column("rule")[0]) == 200


def test_an_answer_that_breaks_a_rule_of_the_interface_is_not_drawn():
    problem = Problem("SB330", "row 0", "0 to 900 in a text of 70 characters")
    exhibit = document_exhibit("d-1", TEXT, [], choice=CHOICE, problem=problem)
    assert exhibit.broken.code == "SB330" and not exhibit.tables
