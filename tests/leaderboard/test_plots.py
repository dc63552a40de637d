"""Scatters, curves and courses: places computed by hand, what is said beside them, drawings that are well-formed."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from plot_records import curve, life, scatter, score
from sectorbench.leaderboard.course import course_view
from sectorbench.leaderboard.curve import curve_view
from sectorbench.leaderboard.plots import draw_keys, draw_plot, draw_rows, horizontal, vertical
from sectorbench.leaderboard.scatter import scatter_view
from site_records import HOSTILE

LEFT, WIDTH, PAD = 1.2, 97.6, 7.0  # per cent beside the plot; pixels above and below it
VIEWS = {"scatter": scatter_view, "curve": curve_view, "course": course_view}


def view(exhibit, *others, model="model"):
    return VIEWS[exhibit.kind](exhibit, anchor="a", model=model, among=[exhibit, *others])


def at(value, low, high):
    return pytest.approx(LEFT + WIDTH * (value - low) / (high - low), abs=0.006)


def up(value, low, high, height):
    return pytest.approx(height - PAD - (height - 2 * PAD) * (value - low) / (high - low), abs=0.006)


def said(made):
    return [fact.en for fact in made.facts]


def line(made, kind):
    return next(one.places for one in made.lines if one.kind == kind)


def test_an_axis_keeps_what_lies_beyond_it_at_its_end_and_has_room_where_all_is_one():
    axis = horizontal(0.0, 10.0)
    assert (axis.place(-5.0), axis.place(1e300)) == (LEFT, LEFT + WIDTH)
    assert [label for label, _ in axis.ticks()] == ["0", "2", "4", "6", "8", "10"]
    assert vertical(3.0, 3.0, 100.0).place(3.0) == 50.0


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (-1e300, 1e300),
        (0.0, 5e-324),
        (0.0, 1e-280),
        (1.0, 1.0 + 2e-16),
        (1e300, 1e300),
        (1e12, 1e12 + 1),
        (-3e-7, 2e-7),
    ],
)
def test_an_axis_of_any_size_has_few_and_short_ticks(low, high):
    ticks = horizontal(low, high).ticks()
    assert 1 <= len(ticks) <= 7
    assert max(len(label) for label, _ in ticks) < 20
    assert all(LEFT <= place <= LEFT + WIDTH for _, place in ticks)


# Scatters


def test_a_dot_stands_at_its_true_and_its_predicted_life_late_ones_filled():
    made = view(scatter())
    dots = {dot.hint[0]: dot for dot in made.dots}
    assert set(dots) == {"late <b>", "early", "long"}  # "none" has no answer
    assert (dots["late <b>"].kind, dots["early"].kind, dots["long"].kind) == ("late", "early", "early")
    assert dots["early"].at == at(80, 0, 150)
    assert dots["early"].y == up(40, 0, 100, 300)


def test_the_late_side_lies_above_the_line_and_ends_at_the_cap():
    made = view(scatter())
    corner = (at(100, 0, 150), up(100, 0, 100, 300))
    assert line(made, "right") == ((at(0, 0, 150), up(0, 0, 100, 300)), corner, (at(150, 0, 150), corner[1]))
    (late,) = made.areas
    assert late.corners[:3] == line(made, "right")
    assert late.corners[3:] == ((LEFT + WIDTH, PAD), (LEFT, PAD))
    assert [(one.kind, one.at, one.label.en) for one in made.uprights] == [("cap", at(100, 0, 150), "cap 100")]


def test_without_a_cap_the_line_goes_as_far_as_both_axes_reach():
    made = view(scatter([("a", 10.0, 40.0), ("b", 20.0, 5.0)], cap=None))
    assert line(made, "right")[1] == (at(20, 0, 20), up(20, 0, 40, 300))
    assert made.uprights == ()
    assert len(made.keys) == 1


def test_a_prediction_above_the_cap_that_a_stranger_wrote_is_drawn_on_the_late_side():
    made = view(scatter([("a", 150.0, 200.0)]))
    assert made.dots[0].kind == "late"
    assert made.dots[0].y == up(200, 0, 200, 300)


def test_the_facts_of_a_scatter_are_those_that_a_hand_computes():
    assert said(view(scatter())) == [
        "1 of 3 predictions are late.",
        "Half of all are at most 40 cycles off.",  # 40 late, 40 early, and 0: 150 counts as 100
        "The latest by 40 cycles: late <b>, predicted 60, true 20.",
        "1 have no usable answer and no dot; their scores are the worst there are, and they count as late.",
    ]


def test_an_interval_is_a_stroke_and_the_share_that_it_holds_is_told():
    made = view(scatter([("a", 20.0, 30.0, 10.0, 40.0), ("b", 90.0, 30.0, 20.0, 40.0)]))
    assert line(made, "whisker") == ((at(20, 0, 100), up(10, 0, 100, 300)), (at(20, 0, 100), up(40, 0, 100, 300)))
    assert said(made)[-1].endswith("and does in 50 %.")
    assert "10 % to the 90 % quantile" in made.keys[-1].en
    assert [c.en for c in made.table.columns] == ["Machine", "True", "Predicted", "10 % quantile", "90 % quantile"]


def test_scatters_of_a_group_stand_on_one_scale():
    short, long = scatter([("a", 10.0, 10.0)], cap=20.0), scatter([("a", 90.0, 10.0)], cap=20.0)
    assert view(short, long).x_ticks == view(long, short).x_ticks != view(short).x_ticks


def test_of_thousands_of_dots_the_table_tells_ranges_and_no_dot_has_words():
    many = scatter([(str(i), float(i % 100), 50.0) for i in range(1_500)])
    made = view(many)
    assert [row[0] for row in made.table.rows] == ["0 – 20", "20 – 40", "40 – 60", "60 – 80", "80 – 100"]
    assert made.table.rows[0] == ("0 – 20", "300", "300", "40.5")  # 0 to 19 are 50 to 31 late
    assert made.table.rows[2][1:3] == ("300", "150")  # 40 to 49 are late
    assert {dot.hint for dot in made.dots} == {()}
    assert len(draw_plot(made, "en")) < 120_000


# Curves


def test_a_curve_goes_level_over_each_step_and_then_falls():
    made = view(curve())
    half, whole = at(0.5, 0, 1), at(1, 0, 1)
    high, low = up(1, 0, 1, 280), up(0.5, 0, 1, 280)
    assert line(made, "value") == ((LEFT, high), (half, high), (half, low), (whole, low))
    assert line(made, "chance") == ((LEFT, up(0.25, 0, 1, 280)), (LEFT + WIDTH, up(0.25, 0, 1, 280)))
    assert [(dot.kind, dot.at, dot.y) for dot in made.dots] == [("decided", half, high)]
    assert [(key.line, key.text.en) for key in made.named] == [
        ("chance", "chance 0.250"),
        (None, "its own decisions: precision 1.000 at recall 0.500"),
    ]


def test_the_facts_of_a_curve_name_area_chance_and_decisions():
    assert said(view(curve(changes={"unusable": 3}))) == [
        "Average precision 0.750.",
        "By chance 0.250: 2 of 8 rows are positive.",
        "Its own decisions have precision 1.000 at recall 0.500.",
        "3 rows without a usable answer are ranked behind all others where positive, before them where not.",
    ]


def test_a_model_that_decides_for_nothing_has_no_diamond():
    made = view(curve(changes={"decided_recall": None, "decided_precision": None}))
    assert made.dots == ()
    assert not any("diamond" in key.en for key in made.keys)


FOUND = {
    "positive_share": None,
    "rows": None,
    "decided_recall": None,
    "decided_precision": None,
    "asked_recall": 0.8,
    "asked_precision": 0.5,
}


def test_a_curve_of_found_passages_has_no_chance_and_marks_the_asked_recall():
    made = view(curve(changes=FOUND))
    assert [one.kind for one in made.lines] == ["value"]
    assert [one.text.en for one in made.named] == ["precision where recall 0.800 is reached: 0.500"]
    assert [(dot.at, dot.y) for dot in made.dots] == [(at(0.8, 0, 1), up(0.5, 0, 1, 280))]
    assert said(made) == [
        "Area 0.750, up to recall 1.000.",
        "2 passages are marked.",
        "Where recall 0.800 is reached, the precision is 0.500.",
    ]
    assert "marked passages" in made.keys[0].en and "diamond" in made.keys[1].en


def test_the_diamond_stands_at_the_recall_that_is_reached_first():
    made = view(curve(changes=FOUND | {"reached_recall": 0.9}))
    assert [(dot.at, dot.y) for dot in made.dots] == [(at(0.9, 0, 1), up(0.5, 0, 1, 280))]
    assert [one.text.zh for one in made.named] == ["召回率达到 0.800 时的精确率：0.500"]


def test_a_recall_that_is_not_reached_has_no_diamond():
    made = view(curve(changes=FOUND | {"asked_precision": None}))
    assert made.dots == made.named == () and len(made.keys) == 1
    assert said(made)[-1] == "Recall 0.800 is not reached."


# Courses of a life


def test_the_true_life_falls_to_zero_where_the_machine_fails_and_above_it_is_late():
    made = view(life())
    right = line(made, "right")
    assert right[0] == (at(20, 0, 100), up(80, 0, 80, 250))
    assert right[-1] == (at(100, 0, 100), up(0, 0, 80, 250))
    assert made.areas[0].corners[: len(right)] == right
    assert [dot.kind for dot in made.dots] == ["early", "late", "early"]
    assert {(u.kind, u.label.en): u.at for u in made.uprights} == {
        ("ends", "fails at 100"): at(100, 0, 100), ("planned", "replaced at 90"): at(90, 0, 100),
    }  # fmt: skip
    assert said(made) == [
        "Planned by these predictions it is replaced at 90, 10 cycles before it would fail.",
        "1 of 3 predictions are late.",
    ]
    assert made.table.rows[1] == ("60", "50", "40")


def test_a_machine_that_is_never_replaced_is_said_to_fail():
    assert said(view(life(changes={"planned_at": None})))[0].endswith("runs until it fails at 100 cycles.")


def test_quantiles_are_a_band_and_what_lies_beyond_the_scale_stands_at_its_edge():
    made = view(life({"low": (40.0, 30.0, 0.0), "high": (1e12, 60.0, 8.0)}))
    band = made.areas[1]
    assert band.kind == "interval"
    assert band.corners[0] == (at(20, 0, 100), PAD)
    assert band.corners[-1] == (at(20, 0, 100), up(40, 0, 80, 250))
    assert said(made)[-1].endswith("and does in 67 %.")  # 80 in 40..1e12, 40 in 30..60, 10 not in 0..8
    assert made.table.rows[0][-1] == "1×10¹²"


# Courses of scores


def test_alarms_and_labelled_stretches_stand_in_rows_above_the_scores():
    made = view(score())
    lanes = {lane.kind: lane.bars for lane in made.lanes}
    assert lanes["normal"] == ((LEFT, pytest.approx(WIDTH * 2 / 5, abs=0.02)),)
    assert lanes["labelled"] == ((at(3, 0, 5), pytest.approx(WIDTH / 5, abs=0.02)),)
    assert lanes["alarm"] == ((at(2, 0, 5), 0.0), (at(4, 0, 5), pytest.approx(WIDTH / 5, abs=0.02)))
    assert line(made, "threshold")[0] == (LEFT, up(2, 1, 7, 250))
    assert {area.kind for area in made.areas} == {"normal", "labelled"}
    assert said(made) == [
        "Average precision of this run 0.700.",
        "Alarms in 1 of 1 labelled stretches.",
        "Alarms that begin on a normal step: 1.",
    ]
    assert made.table.rows == (("3", "4", "4", "6"),)


def test_an_alarm_of_a_single_step_is_seen():
    drawn = draw_plot(view(score()), "en")
    assert drawn.count('<rect class="alarm"') == 2
    assert not re.search(r'width="0(\.0)?%"', drawn)


def test_a_peak_fifty_times_as_far_above_the_threshold_as_the_rest_below_it_is_drawn_whole():
    made = view(score({"value": (1.0, 2.0, 5.0, 1.0, 52.0, 7.0)}))  # threshold 2, lowest 1
    assert line(made, "value thin")[4] == (at(4, 0, 5), up(52, 1, 52, 250))
    assert line(made, "threshold")[0][1] == up(2, 1, 52, 250)
    assert [key.text.en for key in made.named] == ["threshold 2"]
    assert made.dots == ()


def test_one_peak_far_above_the_threshold_does_not_hide_the_rest_and_is_marked_with_its_value():
    made = view(score({"value": (1.0, 2.0, 5.0, 1.0, 1e6, 7.0)}))
    assert line(made, "value thin")[4][1] == PAD
    assert line(made, "threshold")[0][1] < 250 - PAD - 8  # 1 of 26 parts of 236 pixels
    assert said(made)[-1] == "The highest score, 1,000,000, lies above the picture's edge."
    assert (made.named[-1].dot, made.named[-1].text.en) == ("beyond", "highest score 1,000,000")
    assert [(dot.kind, dot.at, dot.y) for dot in made.dots] == [("beyond", at(4, 0, 5), PAD)]
    assert "<title>at 4: score 1,000,000</title>" in draw_plot(made, "en")


def test_scores_have_a_scale_of_their_own_and_time_does_not():
    large = score({"value": (100.0, 200.0, 500.0, 100.0, 600.0, 700.0)}, {"threshold": 200.0})
    small = score()
    assert view(small, large).y_ticks == view(small).y_ticks != view(large).y_ticks
    longer = score({"at": (0.0, 1.0, 2.0, 3.0, 4.0, 50.0)})
    assert view(small, longer).x_ticks == view(longer).x_ticks


@pytest.mark.parametrize(
    "value", [(0.0,) * 6, (1e300, -1e300, 0.0, 1.0, 2.0, 3.0), (-5.0, -4.0, -3.0, -2.0, -1.0, 0.0)]
)
def test_scores_of_any_size_are_drawn(value):
    drawn = draw_plot(view(score({"value": value})), "en")
    assert not re.search("nan|inf", drawn)
    assert max(map(len, re.findall(r">([^<]*)</text>", drawn))) < 40


def test_a_stretch_in_which_nothing_was_drawn_has_empty_cells():
    made = view(score(stretches=((1.2, 3.0), (1.4, 3.0))))
    assert made.table.rows == (("1.2", "1.4", "", ""), ("3", "3", "", "1"))
    assert draw_rows(made.table, "en").count("<td>none</td>") == 3


@pytest.mark.parametrize(
    ("exhibit", "named"),
    [
        (scatter(), [("late", None, "late"), (None, None, "early")]),
        (curve(), [(None, "chance", None), (None, None, "decided")]),
        (life(), [("late", None, "late"), (None, "cap", None)]),
        (score(), [(None, "threshold", None)]),
    ],
)
def test_names_stand_above_the_plot_behind_a_sample_and_never_on_dots_or_lines(exhibit, named):
    made = view(exhibit)
    assert [(key.area, key.line, key.dot) for key in made.named] == named
    samples = ET.fromstring(f"<p>{draw_keys(made.named, 'zh')}</p>")
    assert [span[0].tail for span in samples] == [key.text.zh for key in made.named]
    assert all(span[0].get("aria-hidden") == "true" for span in samples)
    _, plot = ET.fromstring(f"<div>{draw_plot(made, 'zh')}</div>")
    ground = next(one for one in plot.findall("rect") if one.get("class") == "ground")
    top, bottom = float(ground.get("y")), float(ground.get("y")) + float(ground.get("height"))
    assert not [one.text for one in plot.iter("text") if top < float(one.get("y")) <= bottom]


def test_names_of_upright_lines_are_cut_by_no_other():
    """``fails at 100`` ends at 100 %, ``replaced at 90`` at 90 %: the former reaches over the latter's line."""
    _, plot = ET.fromstring(f"<div>{draw_plot(view(life()), 'en')}</div>")
    heights = {
        one.get("class").split()[2]: float(one.get("y")) for one in plot.iter("text") if "above" in one.get("class")
    }
    starts = {one.get("class"): float(one.get("y1")) for one in plot.findall("line") if one.get("class") != "grid"}
    assert starts["planned"] > heights["ends"]


ALL = [scatter(), curve(), life(), life({"low": (1.0, 1.0, 1.0), "high": (9.0, 9.0, 9.0)}), score()]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("exhibit", ALL, ids=["scatter", "curve", "life", "life-interval", "score"])
def test_a_drawing_is_well_formed_escaped_and_described(exhibit, language):
    made = view(exhibit, model=HOSTILE)
    names, plot = ET.fromstring(f"<div>{draw_plot(made, language)}</div>")
    title, description = plot.find("title"), plot.find("desc")
    assert (names.get("aria-hidden"), plot.get("role")) == ("true", "img")
    assert plot.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert HOSTILE in title.text
    assert all(fact.of(language) in description.text for fact in made.facts)
    assert all(inner.get("aria-hidden") == "true" for inner in plot.iter("svg") if inner is not plot)
    assert made.x_axis.of(language) in [t.text for t in plot.findall("text")]
    places = [float(p) for p in re.findall(r' (?:c?x\d?)="(-?[\d.]+)%"', draw_plot(made, language))]
    assert 0 <= min(places) <= max(places) <= 100


def test_the_pointer_is_told_what_a_dot_is():
    assert "<title>late &lt;b&gt;: true 20, predicted 60</title>" in draw_plot(view(scatter()), "en")
    assert "<title>于 60：真实 40，预测 50</title>" in draw_plot(view(life()), "zh")
