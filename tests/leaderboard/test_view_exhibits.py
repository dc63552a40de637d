"""Which models stand under each other, and that what a stranger wrote into an exhibit is shown and not obeyed."""

from __future__ import annotations

import json

import pytest
from plot_records import answer, confusion, curve, document, fan, hours, life, peaks, scatter, score
from sectorbench.harness.errors import RecordError
from sectorbench.harness.exhibits import FORMS
from sectorbench.harness.text import Text
from sectorbench.leaderboard.collection import collect
from sectorbench.leaderboard.loading import load_records
from sectorbench.leaderboard.view_exhibits import exhibit_groups, exhibit_views
from site_records import CARDS, PUMPS, broken_gantt, gantt, write_cell


def board(root):
    return collect(load_records([root]), CARDS).boards[0]


def cell(root, name, error, *exhibits, **changes):
    return write_cell(root, PUMPS, [error] * 12, name=name, exhibits=exhibits, **changes)


def group(board):
    """The only group of a board."""
    (only,) = exhibit_groups(board)
    return only


def test_best_floor_and_one_more_stand_under_each_other_best_first(tmp_path):
    for name, error in {"d": 4.0, "b": 2.0, "c": 3.0, "mean-life": 9.0}.items():
        cell(tmp_path, name, error, gantt())
    compared = group(board(tmp_path))
    assert [(one.model, one.marks) for one in compared.exhibits] == [("b", ()), ("c", ()), ("mean-life", ("floor",))]


def test_a_floor_that_is_the_best_stands_first_and_without_one_three_others_do(tmp_path):
    cell(tmp_path / "a", "mean-life", 1.0, gantt())
    cell(tmp_path / "a", "b", 2.0, gantt())
    assert [one.model for one in group(board(tmp_path / "a")).exhibits] == ["mean-life", "b"]
    for name, error in {"d": 4.0, "b": 2.0, "c": 3.0, "e": 5.0}.items():
        cell(tmp_path / "b", name, error, gantt())
    assert [one.model for one in group(board(tmp_path / "b")).exhibits] == ["b", "c", "d"]


def test_all_stand_on_one_scale_in_the_group_and_on_their_own_on_their_page(tmp_path):
    long = gantt([(0, 0, 0, 0, 20)])
    cell(tmp_path, "long", 2.0, long)
    cell(tmp_path, "mean-life", 9.0, gantt())
    made = board(tmp_path)
    ticks = [one.gantt.ticks for one in group(made).exhibits]
    assert ticks[0] == ticks[1]
    (own,) = exhibit_views(next(r for r in made.results if r.is_floor))
    assert own.gantt.ticks != ticks[0]


def test_every_kind_is_compared_in_a_group_of_its_own_in_the_order_of_the_task(tmp_path):
    cell(tmp_path, "mean-life", 9.0, scatter(), life())
    cell(tmp_path, "good", 2.0, scatter([("a", 200.0, 50.0)]), life())
    cell(tmp_path, "half", 3.0, scatter())  # a record of a release that drew no course
    dots, courses = exhibit_groups(board(tmp_path))
    assert [one.model for one in dots.exhibits] == ["good", "half", "mean-life"]
    assert [one.model for one in courses.exhibits] == ["good", "mean-life"]
    assert len({one.plot.x_ticks for one in dots.exhibits}) == 1
    assert "same axes" in dots.scale.en and "on which it did worst" not in dots.scale.en


@pytest.mark.parametrize("kind", FORMS)
def test_every_kind_is_drawn(tmp_path, kind):
    every = (gantt(), scatter(), curve(), life(), document(), confusion(), answer(), fan(), peaks(), hours())
    drawn = {one.kind: one for one in every}
    cell(tmp_path, "mean-life", 9.0, drawn[kind])
    (one,) = group(board(tmp_path)).exhibits
    assert (one.gantt is None) == (kind != "gantt")
    assert one.facts


def test_two_units_of_one_kind_are_two_groups(tmp_path):
    cell(tmp_path, "mean-life", 9.0, curve(unit="leaks"), curve(unit="breaks"))
    cell(tmp_path, "good", 2.0, curve(unit="breaks"), curve(unit="leaks"))
    leaks, breaks = exhibit_groups(board(tmp_path))
    assert [len(one.exhibits) for one in (leaks, breaks)] == [2, 2]
    anchors = [one.plot.anchor for group in (leaks, breaks) for one in group.exhibits]
    assert len(set(anchors)) == 4


def test_what_is_said_of_schedules_is_said_of_no_other_picture(tmp_path):
    cell(tmp_path, "mean-life", 9.0, scatter(), curve(), life())
    cell(tmp_path, "other", 9.0, score())
    groups = exhibit_groups(board(tmp_path))
    assert len(groups) == 3  # the score is of another course than the floor's
    for one in groups:
        words = " ".join(text.en for text in (one.title, one.chosen, one.scale, *one.keys)).lower()
        assert not any(word in words for word in ("job", "operation", "schedule", "instance", "bar"))


def test_a_group_in_which_no_answer_is_drawn_says_why_and_names_no_scale(tmp_path):
    cell(tmp_path, "mean-life", 9.0, broken_gantt())
    (only,) = exhibit_groups(board(tmp_path))
    assert (only.scale, only.keys, only.exhibits[0].facts) == (None, (), ())
    assert only.exhibits[0].not_drawn


def test_on_a_models_page_how_to_read_a_kind_is_said_once(tmp_path):
    cell(tmp_path, "good", 2.0, life(), life(unit="other", role="worst"), scatter())
    first, second, third = exhibit_views(board(tmp_path).results[0])
    assert first.keys and third.keys
    assert second.keys == ()


def test_only_the_floors_unit_is_compared(tmp_path):
    cell(tmp_path, "other-release", 1.0, gantt(unit="another shop"))
    cell(tmp_path, "same", 2.0, gantt())
    cell(tmp_path, "mean-life", 9.0, gantt())
    assert [one.model for one in group(board(tmp_path)).exhibits] == ["same", "mean-life"]


def test_a_model_with_two_settings_stands_once_and_one_without_pictures_not_at_all(tmp_path):
    cell(tmp_path, "twice", 2.0, gantt(), dtype="float16")
    cell(tmp_path, "twice", 3.0, gantt())
    cell(tmp_path, "plain", 1.0)
    cell(tmp_path, "worst-alone", 1.5, gantt(role="worst"))
    assert [one.model for one in group(board(tmp_path)).exhibits] == ["twice"]


def test_a_board_without_exhibits_has_no_group(tmp_path):
    cell(tmp_path, "plain", 1.0)
    assert exhibit_groups(board(tmp_path)) == ()
    assert exhibit_views(board(tmp_path).results[0]) == ()


def test_an_answer_that_breaks_a_rule_stands_in_the_group_with_the_reason(tmp_path):
    cell(tmp_path, "bad", 2.0, broken_gantt())
    cell(tmp_path, "mean-life", 9.0, gantt(unit=broken_gantt().unit))
    bad, floor = group(board(tmp_path)).exhibits
    assert (bad.gantt, bad.not_drawn.code) == (None, "SB403")
    assert bad.not_drawn.meaning.zh
    assert floor.not_drawn is None


def test_a_code_that_nobody_knows_stands_for_itself(tmp_path):
    strange = broken_gantt().model_copy(update={"broken": broken_gantt().broken.model_copy(update={"code": "SB999"})})
    cell(tmp_path, "bad", 2.0, strange)
    (one,) = exhibit_views(board(tmp_path).results[0])
    assert one.not_drawn.meaning == Text("SB999", "SB999")


def test_marks_that_turn_the_line_are_replaced(tmp_path):
    cell(tmp_path, "x", 2.0, gantt(title=Text("\u202eevil", "\u202e恶"), part=Text("\u2028a", "\u2028b")))
    (one,) = exhibit_views(board(tmp_path).results[0])
    words = [*one.title, *one.part, one.gantt.title.en, one.gantt.caption.zh]
    assert not any(mark in text for text in words for mark in "\u202e\u2028")


def test_exhibits_that_were_changed_end_the_build_with_the_name_of_the_file(tmp_path):
    cell(tmp_path, "x", 2.0, gantt())
    (path,) = tmp_path.rglob("exhibits.json")
    value = json.loads(path.read_text())
    value["exhibits"][0]["quantities"][3]["value"] = 5
    path.write_text(json.dumps(value))
    with pytest.raises(RecordError, match=r"exhibits\.json: digest .*, the record says") as caught:
        load_records([tmp_path])
    assert str(path) in str(caught.value)


def test_exhibits_that_a_record_does_not_name_are_not_looked_at(tmp_path):
    cell(tmp_path, "x", 2.0)
    (path,) = tmp_path.rglob("record.json")
    path.with_name("exhibits.json").write_text("not even JSON")
    assert load_records([tmp_path])[0].exhibits is None


def test_a_record_that_calls_data_public_which_the_card_does_not_is_refused(tmp_path):
    import dataclasses

    cell(tmp_path, "x", 2.0, gantt())
    closed = dataclasses.replace(PUMPS, data=dataclasses.replace(PUMPS.data, access="on-site"))
    with pytest.raises(RecordError, match="are on-site, so no single answer is shown"):
        collect(load_records([tmp_path]), {PUMPS.id: closed})
