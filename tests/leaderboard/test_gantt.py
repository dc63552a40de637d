"""Gantt charts: places, lanes, colours that stand apart, and drawings that assistive technology can read."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from sectorbench.leaderboard.gantt import COLOURS, draw_gantt, gantt_horizon, gantt_view, lanes_of
from sectorbench.leaderboard.rendering import ASSETS
from site_records import HOSTILE, gantt

LEFT, WIDTH = 0.3, 99.2  # per cent: the margins of the drawing


def view(exhibit=None, horizon=None, model="model"):
    exhibit = exhibit or gantt()
    return gantt_view(exhibit, anchor="a", model=model, horizon=horizon or gantt_horizon([exhibit]))


def at(time, horizon):
    return pytest.approx(LEFT + WIDTH * time / horizon, abs=0.006)


def test_bars_stand_from_start_to_end_on_a_scale_that_holds_every_line():
    made = view()
    assert gantt_horizon([gantt()]) == 10  # of 9, the end, 8, the best known, and 10, the reference
    bars = {bar.hint[:2]: bar for bar in made.bars}
    assert bars["1", "0"].at == at(0, 10)
    assert bars["1", "0"].width == pytest.approx(WIDTH * 5 / 10, abs=0.011)
    assert bars["0", "1"].at == at(5, 10)
    assert bars["0", "1"].top == bars["1", "0"].top > bars["0", "0"].top == bars["1", "1"].top
    assert {line.kind: line.at for line in made.lines} == {
        "makespan": at(9, 10), "best_known": at(8, 10), "reference_makespan": at(10, 10),
    }  # fmt: skip
    assert [label for label, _ in made.ticks] == ["0", "2", "4", "6", "8", "10"]


def test_two_schedules_on_one_scale_are_as_long_as_they_last():
    short, long = (
        gantt(times={"reference_makespan": None}),
        gantt([(0, 0, 0, 0, 18)], times={"reference_makespan": None}),
    )
    horizon = gantt_horizon([short, long])
    assert horizon == 18
    ends = [max(bar.at + bar.width for bar in view(one, horizon).bars) for one in (short, long)]
    assert ends == [at(9, 18), at(18, 18)]


def test_the_facts_are_those_that_a_hand_computes():
    said = [fact.en for fact in view().facts]
    # 3 + 5 + 4 + 1 = 13 of 2 machines x 9 steps; 9 / 8 = 1.125
    assert said == [
        "The last operation ends at 9 time steps.",
        "That is 12.5 % above the best known 8.",
        "Until then the machines are busy 72.2 % of the time.",
    ]


@pytest.mark.parametrize(("best", "said"), [(9, "the best known makespan"), (10, "below the best known 10, to be")])
def test_a_best_known_that_is_reached_or_beaten_is_said(best, said):
    assert said in view(gantt(times={"best_known": best})).facts[1].en


def test_of_a_part_no_share_of_busy_time_is_claimed_and_lines_behind_its_end_are_not_drawn():
    part = gantt(part=gantt().title, times={"window_end": 6, "makespan": 90, "best_known": 80})
    made = view(part)
    assert gantt_horizon([part]) == 6
    assert made.lines == ()
    assert len(made.facts) == 2
    assert max(bar.at + bar.width for bar in made.bars) == at(6, 6)  # a bar that goes on is cut at the end


def test_a_lower_bound_is_drawn_where_no_best_known_is():
    with_best = view(gantt(times={"lower_bound": 7}))
    without = view(gantt(times={"lower_bound": 7, "best_known": None}))
    assert "lower_bound" not in [line.kind for line in with_best.lines]
    assert "lower_bound" in [line.kind for line in without.lines]


def test_operations_that_hold_units_stand_in_lanes_of_their_own():
    # start, end, amount on a resource of 4 units
    pieces = list(lanes_of([(0, 4, 2), (0, 2, 1), (2, 5, 2), (4, 6, 2)], 4))
    assert pieces == [(0, 0, 2), (1, 2, 1), (2, 2, 2), (3, 0, 2)]


def test_units_that_do_not_lie_side_by_side_are_drawn_in_pieces():
    # at time 2 lanes 0 and 2 are free, lane 1 is held
    pieces = list(lanes_of([(0, 2, 1), (0, 9, 1), (2, 4, 2)], 3))
    assert pieces == [(0, 0, 1), (1, 1, 1), (2, 0, 1), (2, 2, 1)]


def test_more_than_a_resource_has_is_drawn_and_does_not_end_the_site():
    assert list(lanes_of([(0, 2, 1), (0, 2, 3)], 2)) == [(0, 0, 1), (1, 1, 1), (1, 0, 2)]
    assert list(lanes_of([(0, 2, 1)], 0)) == [(0, 0, 1)]


def test_a_resource_of_many_units_is_a_higher_row_with_the_units_in_its_name_and_in_the_table():
    made = view(gantt([(0, 0, 0, 0, 3, 4), (1, 0, 1, 0, 5, 1)], capacities=(12, 1)))
    assert [row.label.en for row in made.rows] == ["0 ×12", "1"]
    assert made.rows[0].height == 64 > made.rows[1].height == 16
    assert "“×”" in made.keys[1].en
    assert next(b.height for b in made.bars if b.hint[0] == "0") == pytest.approx(64 * 4 / 12, abs=0.01)
    assert made.columns == ("col_job", "col_operation", "col_start", "col_end", "col_amount")
    assert made.tables[0].rows == (("0", "0", "0", "3", "4"),)


def test_the_table_lists_each_machine_in_the_order_of_starts_and_one_without_operations():
    made = view(gantt(capacities=(1, 1, 1)))
    assert [(t.machine.en, t.rows) for t in made.tables] == [
        ("0", (("0", "0", "0", "3"), ("1", "1", "5", "6"))),
        ("1", (("1", "0", "0", "5"), ("0", "1", "5", "9"))),
        ("2", ()),
    ]


def test_a_number_stands_in_a_bar_where_it_fits():
    made = view(gantt([(0, 0, 0, 0, 500), (1, 0, 0, 500, 501), (112, 0, 0, 501, 521)], times={"best_known": 1000}))
    labels = {bar.hint[0]: (bar.label, bar.on_paper) for bar in made.bars}
    assert labels["0"] == ("0", True)
    assert labels["1"][0] is None
    assert labels["112"][0] is None


def test_a_project_of_one_job_numbers_and_colours_its_operations():
    one = gantt([(0, 3, 0, 0, 5), (0, 4, 0, 5, 9)])
    quantities = tuple(q.model_copy(update={"value": 1}) if q.name == "jobs" else q for q in one.quantities)
    made = view(one.model_copy(update={"quantities": quantities}))
    assert made.keys[-1].en.startswith("Where everything belongs to one job")
    assert [(bar.label, bar.colour) for bar in made.bars] == [("3", 3), ("4", 4)]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_drawing_is_well_formed_and_described(language):
    names, plot = ET.fromstring(f"<div>{draw_gantt(view(model=HOSTILE), language)}</div>")
    title, description = (plot.find(tag) for tag in ("title", "desc"))
    assert (names.get("aria-hidden"), plot.get("role")) == ("true", "img")
    assert plot.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert HOSTILE in title.text
    assert "9" in description.text
    assert len(plot.findall("g/rect")) == 4
    hint = {"en": "job 1, operation 0: 0 to 5", "zh": "作业 1，工序 0：0 至 5"}[language]
    assert hint in [t.text for t in plot.findall("g/rect/title")]
    assert names.get("height") == plot.get("height")


def test_every_place_lies_on_the_drawing():
    drawn = draw_gantt(view(), "en")
    places = [float(p) for p in re.findall(r'x\d?="(-?[\d.]+)%"', drawn)]
    assert min(places) >= 0
    assert max(places) <= 100


def test_a_schedule_in_which_nothing_takes_time_is_drawn():
    empty = gantt([(0, 0, 0, 0, 0)], times={"best_known": 0, "reference_makespan": None})
    assert "<rect" in draw_gantt(view(empty), "en")


def _luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def test_numbers_stand_out_from_every_colour_and_the_style_sheet_has_them_all():
    css = (ASSETS / "site.css").read_text()
    fills = dict(re.findall(r"\.gantt \.j(\d) rect \{ fill: (#\w{6}); \}", css))
    assert sorted(fills) == [str(i) for i in range(COLOURS)]
    assert len(set(fills.values())) == COLOURS
    white = set(re.findall(r"\.gantt \.j(\d) text", css))
    assert ".gantt g text { fill: #000000;" in css
    for number, fill in fills.items():
        light, dark = sorted((_luminance(fill), _luminance("#ffffff" if number in white else "#000000")), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, number
