"""A confusion of classes: counted by hand, in an order that no model can move."""

from __future__ import annotations

import numpy as np
import pytest
from sectorbench.harness.codes import Problem
from sectorbench.harness.text import Text
from sectorbench.tasks.confusion_pictures import NOTHING, confusion_exhibit

CLASSES = (Text("a", "甲"), Text("b", "乙"), Text("c", "丙"))
PROBLEM = Problem("SB308", "row 0", "sums to 1.5")


def made(true, taken_for, problems=None, **options):
    return confusion_exhibit(
        np.array(true), np.array(taken_for), classes=CLASSES, title=Text("Clauses", "条款"),
        asked=Text("cases", "个案例"), problems=problems or {},
        **options,
    )  # fmt: skip


def pairs(exhibit):
    table = exhibit.table("pairs")
    return list(zip(*(table.column(name) for name in ("true", "taken_for", "count")), strict=True))


def test_pairs_are_counted_and_the_most_frequent_class_stands_first():
    exhibit = made([0, 1, 1, 1, 0], [0, 1, 0, 0, 2])  # b three times, a twice, c never
    assert exhibit.table("classes").column("class") == ("b", "a", "c")
    assert exhibit.table("classes").column("class_zh") == ("乙", "甲", "丙")
    assert pairs(exhibit) == [(0, 0, 1), (0, 1, 2), (1, 1, 1), (1, 2, 1)]


def test_equally_frequent_classes_keep_their_order_and_all_do_where_it_is_theirs():
    assert made([2, 1], [0, 0]).table("classes").column("class") == ("b", "c", "a")
    own = made([2, 2, 1], [0, 2, 0], by_count=False)
    assert own.table("classes").column("class") == ("a", "b", "c")
    assert pairs(own) == [(1, 0, 1), (2, 0, 1), (2, 2, 1)]


def test_the_order_does_not_depend_on_the_answers():
    true = [0, 1, 1, 2]
    assert made(true, [2, 2, 2, 2]).table("classes") == made(true, true).table("classes")


def test_no_usable_answer_is_no_class_and_where_there_is_none_at_all_the_rule_is_told():
    exhibit = made([0, 1], [NOTHING, 1], {0: PROBLEM})
    assert pairs(exhibit) == [(0, None, 1), (1, 1, 1)]
    broken = made([0, 1], [NOTHING, NOTHING], {0: PROBLEM, 1: PROBLEM})
    assert (broken.broken.code, broken.tables) == ("SB308", ())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_was_asked_is_named(language):
    exhibit = made([0], [0])
    assert exhibit.title == Text("Clauses", "条款")
    assert Text("All 1 cases", "全部 1 个案例").of(language) in exhibit.chosen.of(language)
