"""Interval charts: places, reference lines, and drawings that assistive technology can read."""

from __future__ import annotations

import dataclasses
import re
import xml.etree.ElementTree as ET

import pytest
from sectorbench.harness.text import Text
from sectorbench.leaderboard.charts import chart_views, draw_chart, nice_step, stacked
from sectorbench.leaderboard.collection import collect
from sectorbench.leaderboard.loading import load_records
from site_records import CARDS, GEARS, HOSTILE, PUMPS, make_record, write_cell, write_record


def _charts(root):
    return chart_views(collect(load_records([root]), CARDS).boards[0])


def _chart(root):
    return _charts(root)[0]


@pytest.fixture
def both(tmp_path):
    """Two models and the floor: RMSE 40, 20 and 10 without spread, so that there is no interval; MAE the same."""
    write_cell(tmp_path, PUMPS, [40.0] * 12)
    write_cell(tmp_path, PUMPS, [20.0] * 12, name="middle")
    write_cell(tmp_path, PUMPS, [10.0] * 12, name="best")
    return _charts(tmp_path)


@pytest.fixture
def three(both):
    """The chart of their primary metric."""
    return both[0]


def test_models_stand_best_first_and_the_floor_is_hollow(three):
    assert [(p.label, p.value, p.hollow) for p in three.points] == [
        ("best", "10.0", False),
        ("middle", "20.0", False),
        ("mean-life", "40.0", True),
    ]


def test_a_control_is_hollow_as_the_floor_is(tmp_path):
    write_cell(tmp_path, PUMPS, [40.0] * 12)
    write_cell(tmp_path, PUMPS, [20.0] * 12, name="run-clock")
    board = collect(load_records([tmp_path]), CARDS, frozenset({"run-clock"})).boards[0]
    assert [(p.label, p.hollow) for p in chart_views(board)[0].points] == [("run-clock", True), ("mean-life", True)]


def test_places_are_linear_between_the_margins(three):
    at = {p.label: p.at for p in three.points}
    ticks = dict(three.ticks)
    assert ticks["0"] == 1.5
    assert ticks["40"] == 98.5
    assert at["middle"] == 50.0
    assert at["best"] == 25.75


def test_lines_show_perfect_floor_and_published_scores_of_the_primary_metric_alone(three):
    assert [(r.kind, r.label.en) for r in three.references] == [
        ("perfect", "perfect 0"),
        ("floor", "floor: mean-life 40.0"),
        ("published", "published: LSTM (2017) <i> 16.14"),
    ]


def test_published_scores_of_another_metric_have_a_chart_of_their_own(both):
    assert len(both) == 2
    assert both[1].title.en == "Mean absolute error of 3 models"
    assert [(p.label, p.value) for p in both[1].points] == [
        ("best", "10.00"),
        ("middle", "20.00"),
        ("mean-life", "40.00"),
    ]
    assert [(r.kind, r.label.en) for r in both[1].references] == [
        ("floor", "floor: mean-life 40.00"),
        ("published", "published: GBM (2019) 11"),
        ("yardstick", "no model: oracle <b> 4.00"),
    ]
    assert both[1].references[2].label.zh == "非模型：先知 <b> 4.00"


def test_a_yardstick_is_drawn_as_a_line_and_never_as_a_model(both):
    drawn = draw_chart(both[1], "en")
    assert 'class="ref yardstick"' in drawn
    assert drawn.count("<circle") == 3
    assert "oracle &lt;b&gt;" in drawn


def test_charts_of_one_board_have_ids_of_their_own(both):
    ids = re.findall(r'id="([^"]+)"', draw_chart(both[0], "en") + draw_chart(both[1], "en"))
    assert len(ids) == len(set(ids)) == 4


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_drawing_is_well_formed_and_described(synthetic, language):
    for board in collect(load_records([synthetic[0]]), CARDS).boards:
        drawing = ET.fromstring(draw_chart(chart_views(board)[0], language))
        name, description = (drawing.find(f"{{*}}{tag}") for tag in ("title", "desc"))
        assert drawing.get("role") == "img"
        assert drawing.get("aria-labelledby") == f"{name.get('id')} {description.get('id')}"
        assert board.card.primary.title.of(language) in name.text
        assert len(drawing.findall("{*}circle")) == sum(r.record.status == "ok" for r in board.results)


def test_names_of_lines_turn_to_the_middle_and_the_floor_begins_below_the_one_that_reaches_over_it(three):
    drawn = re.findall(
        r'class="reflabel (\w+)" x="[\d.]+%" dx="(-?\d)" y="(\d+)" text-anchor="(\w+)"', draw_chart(three, "en")
    )
    assert drawn == [
        ("perfect", "4", "14", "start"),
        ("published", "4", "33", "start"),
        ("floor", "-4", "52", "end"),
    ]


def test_a_line_begins_below_every_name_that_it_would_cut():
    """At 300 pixels: a name of 250 beside 10 % ends at 96 %, one of 50 beside 90 % begins at 71 %."""
    assert stacked([(90.0, 50.0), (10.0, 250.0)], 300.0) == [1, 0]
    assert stacked([(90.0, 50.0), (10.0, 150.0)], 300.0) == [0, 1]  # ends at 63 %: the outer one stays above
    assert stacked([(10.0, 40.0), (12.0, 40.0), (14.0, 40.0)], 300.0) == [0, 1, 2]


def test_names_of_lines_that_cut_each_other_are_all_drawn():
    assert sorted(stacked([(40.0, 200.0), (60.0, 200.0), (50.0, 0.0)], 300.0)) == [0, 1, 2]


def test_a_hostile_name_is_text_and_not_markup(synthetic):
    board = next(b for b in collect(load_records([synthetic[0]]), CARDS).boards if b.card is PUMPS)
    drawn = draw_chart(chart_views(board)[0], "en")
    assert HOSTILE not in drawn
    assert "&lt;script&gt;" in drawn


def test_every_place_lies_on_the_drawing(synthetic):
    for board in collect(load_records([synthetic[0]]), CARDS).boards:
        for chart in chart_views(board):
            places = [float(p) for p in re.findall(r'x\d?="(-?[\d.]+)%"', draw_chart(chart, "en"))]
            assert min(places) >= 0
            assert max(places) <= 100


def test_a_board_with_failures_alone_has_no_chart(tmp_path):
    write_record(tmp_path, make_record(GEARS))
    assert _charts(tmp_path) == ()


@pytest.mark.parametrize(
    ("low", "high", "step"), [(0, 6, 1), (0, 6.1, 2), (0.71, 0.83, 0.02), (-3, 3, 1), (0, 1e-9, 2e-10), (5, 5, 1)]
)
def test_ticks_are_round_numbers(low, high, step):
    assert nice_step(low, high) == pytest.approx(step)


def test_a_name_as_long_as_names_may_be_is_shown_whole(tmp_path):
    name = "a-rather-long-name-of-a-gradient-boosting-model-with-64-charac"
    write_cell(tmp_path, PUMPS, [40.0] * 12)
    write_cell(tmp_path, PUMPS, [20.0] * 12, name=name)
    chart = _chart(tmp_path)
    assert chart.points[0].label == name
    lines = re.findall(r'class="name"[^>]*>([^<]*)<', draw_chart(chart, "en"))
    assert "".join(lines[:-1]) == name
    assert max(map(len, lines)) <= 38


def test_words_keep_off_the_lines_at_the_edges(three):
    """The perfect value and the floor stand at 1.5 and 98.5 per cent; words and the bands behind them lie between."""
    drawn = draw_chart(three, "en")
    assert set(re.findall(r'class="ref \w+" x1="([\d.]+)%"', drawn)) >= {"1.5", "98.5"}
    assert all(float(x) > 1.5 for x in re.findall(r'class="name" x="([\d.]+)%"', drawn))
    assert all(float(x) < 98.5 for x in re.findall(r'class="value" x="([\d.]+)%"', drawn))
    for x, width in re.findall(r'class="band" x="([\d.]+)%" width="([\d.]+)%"', drawn):
        assert float(x) > 1.5 and float(x) + float(width) < 98.5


def test_a_long_name_of_a_line_keeps_its_value_on_a_phone(three):
    """Of 350 pixels a line at 90 % leaves 315 to its name: 46 columns of 6.6, the gap taken off."""
    long = dataclasses.replace(
        three.references[0], at=90.0, label=Text("published: " + "x" * 60 + " 0.859", "短 0.859")
    )
    drawn = draw_chart(dataclasses.replace(three, references=(long,)), "en")
    (name,) = re.findall(r'<text class="reflabel[^>]*>([^<]*)</text>', drawn)
    assert name.endswith("… 0.859") and len(name) == 46
    assert ">短 0.859</text>" in draw_chart(dataclasses.replace(three, references=(long,)), "zh")
