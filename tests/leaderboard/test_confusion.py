"""A confusion of classes on a page: shares, shades, the most frequent pairs and what came of each class, by hand."""

from __future__ import annotations

import pytest
from plot_records import confusion, exhibit
from sectorbench.harness.text import Text
from sectorbench.leaderboard.confusion import confusion_view


def view(*args, **fields):
    return confusion_view(confusion(*args, **fields), anchor="a", model="m")


def large(pairs):
    """Seven classes, c0 to c6: more than the matrix has room to count."""
    names = tuple(f"c{i}" for i in range(7))
    true, taken, count = zip(*pairs, strict=True)
    tables = {"classes": {"class": names}, "pairs": {"true": true, "taken_for": taken, "count": count}}
    return confusion_view(exhibit("confusion", tables, {}), anchor="a", model="m")


def test_a_row_adds_up_and_cells_have_their_share_and_shade():
    made = view()
    first, second = made.rows
    assert [(row.number, row.name.zh, row.total) for row in made.rows] == [(1, "甲 <b>", "20"), (2, "乙", "4")]
    assert [(cell.kind, cell.share, cell.counts) for cell in first.cells if cell] == [
        ("r4", "90.0", "18 / 20"),
        ("w1", "5.0", "1 / 20"),
        ("w1", "5.0", "1 / 20"),  # no usable answer
    ]
    assert [cell and (cell.kind, cell.share) for cell in second.cells] == [("w3", "25.0"), ("r4", "75.0"), None]
    assert made.unanswered and made.few
    assert made.facts == (Text("21 of 24 named rightly (87.5 %)", "24 个中判对 21 个（87.5 %）"),)


def test_few_classes_need_no_table_beside_the_matrix():
    assert (view().pairs, view().classes) == ((), ())


def test_the_ten_most_frequent_confusions_come_with_the_greatest_count_first():
    made = large([(0, 0, 50), (0, 1, 4), (1, 0, 6), (1, 1, 6), (2, 3, 4), (2, None, 9), (3, 3, 200), (3, 4, 1)])
    assert [(p.true.en, p.taken_for.en, p.counts.en, p.share) for p in made.pairs] == [
        ("c1", "c0", "6 of 12", "50"),
        ("c2", "c3", "4 of 13", "31"),  # of equals the one of the smaller class
        ("c0", "c1", "4 of 54", "7"),
        ("c3", "c4", "1 of 201", "<1"),
    ]
    assert not made.few and all(not cell.counts for row in made.rows for cell in row.cells if cell)
    many = large([(i, j, 1) for i in range(7) for j in range(7) if i != j])
    assert len(many.pairs) == 10


def test_what_came_of_each_class():
    made = large([(0, 0, 3), (0, 1, 1), (1, 0, 2), (2, None, 5)])
    told = [(c.total, c.found, c.right, [(name.en, n) for name, n in c.confused]) for c in made.classes[:4]]
    assert told == [
        ("4", "75", "60", [("c1", "1")]),
        ("2", "0", "0", [("c0", "2")]),
        ("5", "0", "", []),  # never named, and nothing usable was said of it
        ("0", "", "", []),
    ]


@pytest.mark.parametrize(("count", "kind"), [(9, "w1"), (10, "w2"), (24, "w2"), (25, "w3"), (49, "w3"), (50, "w4")])
def test_shades_change_at_the_shares_that_the_key_tells(count, kind):
    made = large([(0, 0, 100 - count), (0, 1, count)])
    assert made.rows[0].cells[1].kind == kind


def test_without_chinese_names_the_given_ones_stand_in_both_languages():
    assert large([(0, 0, 1)]).rows[0].name == Text("c0", "c0")


def test_controls_in_a_strangers_class_are_seen():
    assert "\u202e" not in view(names=("a\u202eb", "c")).rows[0].name.en
