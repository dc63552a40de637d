"""The page of a task: what stands in which order."""

from __future__ import annotations

from sectorbench.leaderboard.collection import collect
from sectorbench.leaderboard.loading import load_records
from sectorbench.leaderboard.view_task import slice_order, task_page
from site_records import CARDS, PUMPS, UNMEASURED, write_cell


def test_slices_stand_in_the_order_that_a_person_expects():
    assert sorted(["100x20", "15x15", "20x15", "15x2"], key=slice_order) == ["15x2", "15x15", "20x15", "100x20"]
    assert sorted([">125", "51-125", "<=50"], key=slice_order) == ["<=50", "51-125", ">125"]


def test_results_stand_best_first_and_failures_apart(tmp_path):
    for name, error in (("a", 3.0), ("b", 1.0), ("c", 2.0)):
        write_cell(tmp_path, PUMPS, [error] * 12, name=name)
    page = task_page(collect(load_records([tmp_path]), CARDS), PUMPS, practice=True)
    assert [r.model for r in page.boards[0].results] == ["b", "c", "a"]
    assert [r.figures[0].value for r in page.boards[0].results] == ["1.0", "2.0", "3.0"]


def test_yardsticks_stand_beside_the_results_with_a_value_where_they_have_one(tmp_path):
    write_cell(tmp_path, PUMPS, [1.0] * 12)
    page = task_page(collect(load_records([tmp_path]), CARDS), PUMPS, practice=True)
    (row,) = page.yardsticks
    assert (row.name.en, row.values) == ("oracle <b>", (None, "4.00"))
    assert len(row.values) == len(page.metrics)


def test_a_task_without_records_has_its_card_and_no_board(tmp_path):
    write_cell(tmp_path, PUMPS, [1.0] * 12)
    page = task_page(collect(load_records([tmp_path]), CARDS), UNMEASURED, practice=True)
    assert page.boards == ()
    assert page.metrics[0].primary
    assert len(page.facts) > 10
