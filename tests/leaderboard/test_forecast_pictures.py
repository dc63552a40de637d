"""Fans and maps of hours on a page: places, facts and shades by hand, and what a stranger wrote into them."""

from __future__ import annotations

import pytest
from plot_records import fan, hours, peaks
from sectorbench.leaderboard.fan import fan_view
from sectorbench.leaderboard.heat import heat_view
from sectorbench.leaderboard.plots import draw_plot


def seen(exhibit, among=None):
    return fan_view(exhibit, anchor="a", model="m", among=among or [exhibit])


def mapped(exhibit, among=None):
    return heat_view(exhibit, anchor="a", model="m", among=among or [exhibit])


# Fans


def test_a_fan_says_how_far_off_it_is_and_what_its_band_holds():
    # Off by 2 at each of the six measured values, of mean 50 / 3.
    assert [fact.en for fact in seen(fan()).facts] == [
        "Off by 2.00 MW on average (12.0 %).",
        "The band holds 100 % of the measured values.",
    ]
    assert len(seen(fan(band=False)).facts) == 1


def test_measured_lines_end_where_nothing_was_measured_and_forecasts_where_the_next_begins():
    view = seen(fan())
    kinds = [line.kind for line in view.lines]
    assert kinds == ["right", "right", "right", "value forecast", "value forecast"]
    assert [len(line.places) for line in view.lines] == [2, 3, 1, 4, 4]
    assert [len(area.corners) for area in view.areas] == [8, 8]


def test_a_fan_of_days_has_their_dates_below_and_one_of_a_single_origin_hours():
    assert [label for label, _ in seen(fan()).x_ticks] == ["01-01", "01-02"]
    one = seen(fan(days=1))
    assert one.x_ticks[0][0] == "0"
    assert one.x_axis.en == "Hours from 2018-01-01 00:00"


def test_models_beside_each_other_share_both_axes():
    short = fan(band=False)
    alone, beside = seen(short), seen(short, [short, fan()])
    assert alone.y_ticks != beside.y_ticks
    assert seen(fan(), [short, fan()]).y_ticks == beside.y_ticks


def test_the_table_says_when_each_day_peaked_and_was_said_to():
    table = seen(fan()).table
    assert table.rows[1] == ("2018-01-02 00:00", "20", "06:00", "22", "06:00", "2.00")
    steps = seen(fan(days=1, band=False)).table
    assert steps.rows[2] == ("12", "", "16")


def test_a_value_that_goes_through_nought_has_no_share():
    steps = {"at": (0.0, 1.0), "actual": (-1.0, 1.0), "value": (0.0, 0.0)}
    exhibit = fan()
    tables = list(exhibit.tables)
    columns = tuple(c.model_copy(update={"values": steps[c.name]}) for c in tables[0].columns if c.name in steps)
    crossed = exhibit.model_copy(update={"tables": (tables[0].model_copy(update={"columns": columns}), tables[1])})
    assert [fact.en for fact in seen(crossed).facts] == ["Off by 1.00 MW on average."]


def test_an_origin_that_is_no_time_is_shown_and_not_obeyed():
    exhibit = fan()
    origins = exhibit.table("origins")
    named = origins.columns[1].model_copy(update={"values": ("\u202e<b>x</b>", "?")})
    odd = origins.model_copy(update={"columns": (origins.columns[0], named)})
    view = seen(exhibit.model_copy(update={"tables": (exhibit.tables[0], odd)}))
    assert view.table.rows[0][2] == "6"
    assert "<b>" not in draw_plot(view, "en")


def test_a_fan_without_any_measured_value_has_no_facts():
    exhibit = fan(band=False)
    steps = exhibit.table("steps")
    empty = tuple(
        c.model_copy(update={"values": (None,) * steps.rows}) if c.name == "actual" else c for c in steps.columns
    )
    view = seen(exhibit.model_copy(update={"tables": (steps.model_copy(update={"columns": empty}), exhibit.tables[1])}))
    assert view.facts == ()
    assert view.table.rows[0][1] == ""


# Maps of peaks


def test_a_map_counts_days_frames_hits_and_says_how_many():
    view = mapped(peaks())
    assert [row.name.en for row in view.rows] == ["7", "18"]
    assert [row.total for row in view.rows] == ["60", "40"]
    late = view.rows[1].cells
    assert (late[17].text, late[17].kind[0]) == ("30", "w")
    assert (late[18].text, late[18].kind[0]) == ("9", "r")
    assert late[0] is None
    assert [fact.en for fact in view.facts] == [
        "Hour hit on 69 of 100 days (69.0 %).",
        "At most one hour off on 99.0 %.",
        "Days without a usable answer: 1.",
    ]


def test_days_without_an_answer_have_a_column_of_their_own():
    assert mapped(peaks()).columns[-1].en == "no answer"
    assert mapped(peaks()).rows[1].cells[-1].text == "1"
    assert len(mapped(peaks([(7, 7, 1)])).columns) == 24


@pytest.mark.parametrize(("count", "shade"), [(5, "w1"), (6, "w2"), (18, "w3"), (36, "w4")])
def test_shades_are_parts_of_the_greatest_count(count, shade):
    assert mapped(peaks([(0, 0, 60), (0, 1, count)])).rows[0].cells[1].kind == shade


def test_maps_beside_each_other_have_one_scale_of_shades():
    few, many = peaks([(0, 1, 6)]), peaks()
    assert mapped(few).rows[0].cells[1].kind == "w3"
    assert mapped(few, [few, many]).rows[0].cells[1].kind == "w2"
    assert mapped(few, [few, many]).shades == mapped(many, [few, many]).shades


def test_a_map_of_single_days_has_one_shade():
    assert [shade for shade, _ in mapped(peaks([(0, 0, 1), (1, 2, 1)])).shades] == ["1"]


# Errors by hour


def test_errors_by_hour_stand_with_their_mean_and_their_shade():
    view = mapped(hours())
    north, south = view.rows
    assert (north.name.en, north.name.zh) == ("NORTH <b>", "北")
    assert (north.cells[0].text, north.cells[0].kind) == ("0.25", "w1")
    assert (north.cells[23].text, north.cells[23].kind) == ("1.00", "w3")
    assert north.total == "0.81"  # (0.25 * 10 + 1 * 30) / 40
    assert (south.cells[5].text, south.cells[5].kind) == ("1.76", "w4")
    assert view.facts[0].en == "Greatest at 5:00 in SOUTH, 1.76; least at 0:00 in NORTH <b>, 0.25."


def test_an_error_that_is_far_off_is_no_row_of_digits():
    assert mapped(hours([(0, 0, 1.23456e40, 1)])).rows[0].cells[0].text == "1.23×10⁴⁰"
