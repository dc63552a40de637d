"""The page of regions: differences by hand, verdicts, refusals that are seen, and simulated regions by themselves."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

import numpy as np
import pytest
from region_records import GRID, MADE_UP, REGION_CARDS, TOWN, write_regions
from sectorbench.harness.errors import RecordError, RegistryError
from sectorbench.harness.records import MetricResult
from sectorbench.harness.statistics.weights import WeightDraws
from sectorbench.harness.text import Text
from sectorbench.leaderboard.collection import Board, collect, is_sealed
from sectorbench.leaderboard.comparable import baseline_of, refusals
from sectorbench.leaderboard.loading import load_records
from sectorbench.leaderboard.region_chart import Words, draw_region_chart, region_chart
from sectorbench.leaderboard.region_differences import differences_of, folders_of
from sectorbench.leaderboard.region_names import region_address
from sectorbench.leaderboard.view_regions import regions_page
from site_records import CHINESE, HOSTILE, make_record, sha

FEW = "FEW <b>"


def made(root):
    return collect(load_records([root]), REGION_CARDS)


@pytest.fixture(scope="module")
def page(regional):
    return regions_page(made(regional), practice=True)


@pytest.fixture(scope="module")
def grid(page):
    """The board on which models are told apart."""
    return page.sets[0].boards[0]


def column(board, model):
    """Region to difference of one model."""
    at = next(i for i, one in enumerate(board.models) if one.model == model)
    return {row.name.value: row.differences[at] for row in board.rows}


def test_regions_stand_in_the_order_of_the_card_with_their_place(grid):
    assert [(r.name.value, r.name.code, r.name.title.zh) for r in grid.rows] == [
        ("NORTH", "CN-TJ", "天津"),
        ("SOUTH", "CN", "两个省"),
        (FEW, "CN", "某镇的九天"),
    ]
    assert [one.model for one in grid.models] == ["patchtst-tiny", HOSTILE, "last-day", "mean-life"] or len(
        grid.models
    ) == 4


def test_every_value_stands_with_its_interval_and_n_or_why_there_is_none(grid):
    north, _, few = (row.figures[0] for row in grid.rows)
    assert (north.n, few.n) == ("12", "9")
    assert north.low is not None
    assert few.no_interval == "too_few_units"


def test_the_first_of_the_other_metrics_stands_by_region_too(grid):
    """Of loads the error of the daily peak."""
    assert grid.second.name == "peak_error_percent"
    assert "日峰值误差" in grid.second_caption.zh
    assert [[one.value for one in row.second] for row in grid.rows] == [
        [one.value for one in row.figures] for row in grid.rows
    ]


def test_a_difference_is_that_of_the_means_over_the_same_days_and_its_sign_is_said_in_words(grid):
    # Errors are 0.8 and 1 times the same swing of mean 1.45; odd days also swing by the length of the model's name.
    day = 1 + 0.3 * (np.arange(12) % 4)

    def mean(scale, name):
        return (scale * day * np.where(np.arange(12) % 2, 1 + 0.02 * (len(name) % 5), 1)).mean()

    found = column(grid, "patchtst-tiny")
    expected = mean(0.8, "patchtst-tiny") - mean(1.0, "last-day")
    assert found["NORTH"].figure.value == f"−{abs(expected):.3f}"
    assert found["NORTH"].figure.n == "12"
    assert (found["NORTH"].verdict, found["SOUTH"].verdict) == ("better", "worse")
    assert found["SOUTH"].figure.value.startswith("+")


def test_what_cannot_be_compared_has_its_reason_and_no_number(grid):
    ours, hostile, baseline = (column(grid, name) for name in ("patchtst-tiny", HOSTILE, "last-day"))
    assert (ours[FEW].figure, ours[FEW].refused) == (None, "too_few_units")
    assert {one.refused for one in hostile.values()} == {"other_references"}
    assert {one.refused for one in baseline.values()} == {"is_baseline"}
    assert grid.baseline == "last-day"


def test_the_baseline_is_the_incumbent_else_the_floor(tmp_path):
    write_regions(tmp_path, TOWN, {"EAST": 2.0})
    (board,) = made(tmp_path).boards
    assert baseline_of(board).is_floor
    write_regions(tmp_path, TOWN, {"EAST": 1.0}, name="last-day")
    (board,) = made(tmp_path).boards
    assert baseline_of(board).is_incumbent
    assert baseline_of(replace(board, results=())) is None


def test_without_a_baseline_the_page_says_so(tmp_path):
    write_regions(tmp_path, TOWN, {"EAST": 1.4}, name="alone", adapter="skops")
    (board,) = regions_page(made(tmp_path), practice=True).sets[0].boards
    assert board.baseline is None
    assert "no record of a baseline" in board.differences_caption.en
    assert len(board.charts) == 1


def test_a_record_over_other_units_is_not_compared(tmp_path):
    write_regions(tmp_path, GRID, {"NORTH": 1.0, "SOUTH": 1.0, FEW: 1.0}, name="last-day")
    write_regions(tmp_path, GRID, {"SOUTH": 0.5, FEW: 0.5}, name="half", adapter="skops")
    (board,) = regions_page(made(tmp_path), practice=True).sets[0].boards
    found = column(board, "half")
    assert (found["NORTH"].refused, found["SOUTH"].verdict) == ("other_units", "better")
    north = board.rows[0].figures[[one.model for one in board.models].index("half")]
    assert north is None


def test_units_that_stayed_with_their_owner_are_not_compared(tmp_path):
    write_regions(tmp_path, TOWN, {"EAST": 1.0}, name="last-day")
    (board,) = made(tmp_path).boards
    record = board.results[0].record
    far = record.model_copy(update={"units_sha256": None, "access": "on-site", "key": sha("far")})
    both = replace(board, results=(board.results[0], replace(board.results[0], record=far)))

    found = differences_of(both, folders_of(made(tmp_path)), WeightDraws())
    assert found[far.key, "EAST"].refused == "no_units"


def test_models_without_a_column_are_named_with_the_reason(page):
    default, weather, town = page.sets[0].boards
    said = [one.en for one in default.absent]
    assert said == [f"{CHINESE} (failed, SB206)"]
    assert "last-day (not run on this test set)" in [one.en for one in weather.absent]
    assert "patchtst-tiny (not run on this test set)" in [one.en for one in town.absent]
    assert not page.sets[1].boards[0].absent  # models of real regions alone are not missed among simulated ones


def test_the_matrix_gives_the_reason_for_every_pair(page):
    names = [(n.task.en, n.detail.en if n.detail else None) for n in page.matrix.names]
    assert names == [
        (GRID.title.en, "no weather"),
        (GRID.title.en, "weather known"),
        (TOWN.title.en, None),
        (MADE_UP.title.en, None),
    ]
    rows = page.matrix.rows
    assert all(rows[i][i] == () for i in range(4))
    assert rows[0][1] == ("track",)
    assert rows[0][2] == ("data", "task")
    assert rows[0][3] == ("simulated", "data", "task")
    assert [[rows[j][i] for j in range(4)] for i in range(4)] == [list(row) for row in rows]


def test_another_test_set_and_another_metric_are_reasons(tmp_path):
    for digest in ("a", "b"):
        write_regions(tmp_path, TOWN, {"EAST": 1.0}, inputs_sha256=sha(digest))
    one, other = made(tmp_path).boards
    assert refusals(one, other) == ("test_set",)
    metric = replace(TOWN.primary, formula="another")
    assert "metric" in refusals(one, replace(one, card=replace(TOWN, id="energy/x", primary=metric)))


def test_a_task_that_nobody_ran_stands_in_the_matrix_and_among_the_unmeasured(tmp_path):
    write_regions(tmp_path, TOWN, {"EAST": 1.0})
    view = regions_page(made(tmp_path), practice=True)
    assert [task.en for task, _ in view.sets[0].unmeasured] == [GRID.title.en]
    assert [task.en for task, _ in view.sets[1].unmeasured] == [MADE_UP.title.en]
    assert len(view.matrix.names) == 4


def test_records_of_another_version_are_listed_with_the_reason(page):
    (line,) = page.left_out
    assert "old-forecast" in line.en and "7 / 1" in line.en


def test_a_region_that_the_card_does_not_know_ends_the_build(tmp_path):
    write_regions(tmp_path, TOWN, {"EAST": 1.0, "WEST": 1.0})
    with pytest.raises(RecordError, match="region 'WEST'; the card of energy/town-load@1 knows EAST"):
        made(tmp_path)


@pytest.mark.parametrize("card", [GRID, MADE_UP], ids=lambda c: c.id)
def test_a_card_that_mixes_real_and_simulated_regions_cannot_be_made(card):
    other = MADE_UP.regions[0] if card is GRID else GRID.regions[0]
    with pytest.raises(RegistryError, match="never stand in one table"):
        replace(card, regions=(*card.regions, other))


_PARTS = re.compile(r"<(table|svg|figure)\b.*?</\1>", re.DOTALL)


def test_no_table_and_no_picture_of_the_site_holds_real_and_simulated_regions(built):
    real = re.compile(r"\b(NORTH|SOUTH|EAST)\b|FEW &lt;b&gt;|\bCN-TJ\b")
    seen = {"real": 0, "simulated": 0}
    for path in built[0].rglob("*.html"):
        for part in _PARTS.finditer(path.read_text(encoding="utf-8")):
            simulated = re.search(r"\bR0[12]\b", part[0])
            assert not (simulated and real.search(part[0])), path
            seen["simulated" if simulated else "real"] += bool(simulated or real.search(part[0]))
    assert seen["real"] > 20 and seen["simulated"] >= 10


def test_no_row_of_the_start_page_holds_a_mean_of_simulated_regions_beside_a_real_one(built):
    for language in ("en", "zh"):
        text = (built[0] / language / "index.html").read_text(encoding="utf-8")
        tables = [part[0] for part in _PARTS.finditer(text)]
        (own,) = [table for table in tables if MADE_UP.title.of(language) in table]
        assert GRID.title.of(language) not in own and TOWN.title.of(language) not in own
        section = text.split('<section id="energy-simulated">')[1].split("</section>")[0]
        assert own in section and ("simulated regions" in section or "模拟地区" in section.split("</h2>")[0])


def test_simulated_regions_stand_under_a_title_that_says_so(built):
    for language, title in (("en", "Simulated regions: made up by a program"), ("zh", "模拟地区：由程序生成")):
        text = (built[0] / language / "regions.html").read_text(encoding="utf-8")
        real, simulated = text.split('<section id="simulated">')
        assert "R01" not in real
        assert title in simulated.split("</h2>")[0]
        assert "NORTH" not in simulated.split('<section id="comparable">')[0]


def test_a_refusal_is_seen_where_the_number_would_stand(built):
    text = (built[0] / "en" / "regions.html").read_text(encoding="utf-8")
    matrix = text.split('<section id="comparable">')[1]
    assert "one is simulated, the other real; other data" in matrix
    assert "not compared: under 10 units or blocks" in text
    assert "not compared: scored against other references" in text


def test_start_page_and_task_page_lead_to_the_page_of_regions(built):
    for language in ("en", "zh"):
        folder = built[0] / language
        assert 'href="regions.html#energy-grid-load-track-default"' in (folder / "index.html").read_text()
        task = (folder / "tasks" / "energy" / "grid-load.html").read_text()
        assert 'href="../../regions.html#energy-grid-load-track-weather"' in task
        assert "regions.html#" not in (folder / "tasks" / "predictive_maintenance" / "pump-life.html").read_text()


def test_a_board_of_a_card_without_regions_is_not_on_the_page(page):
    assert {board.anchor.split("-track-")[0] for one in page.sets for board in one.boards} == {
        "energy-grid-load",
        "energy-town-load",
        "energy-made-up-load",
    }


# Charts


def result(value, low=None, high=None):
    interval = (
        None if low is None else {"low": low, "high": high, "method": "percentile", "resamples": 9, "clusters": 9}
    )
    return MetricResult(
        name="m", unit="1", value=value, interval=interval, no_interval=None, standard_error=None, n_units=9
    )


def test_the_charts_show_the_best_the_baseline_and_the_floor_and_then_differences_of_the_others(grid):
    values, differences = grid.charts
    assert values.models == (HOSTILE, "last-day", "mean-life")
    assert values.zero is None
    assert "last-day" not in differences.models and "mean-life" not in differences.models
    assert [lane.name for lane in differences.lanes] == ["NORTH", "SOUTH", FEW]
    assert differences.lanes[2].marks == (None,) * len(differences.models)


def test_a_chart_of_differences_holds_nought_and_all_intervals():

    words = Words(Text("t", "题"), Text("d", "述"), Text("a", "轴"), Text("zero", "零"))
    chart = region_chart(words, anchor="x", models=["m"], regions=["A", "B"], values=[[result(2.0, 1.0, 3.0)], [None]])
    (mark,), (missing,) = (lane.marks for lane in chart.lanes)
    assert 0 < chart.zero < mark.low < mark.at < mark.high < 100
    assert mark.at - mark.low == pytest.approx(mark.high - mark.at, abs=0.02)
    assert missing is None
    drawn = draw_region_chart(chart, "zh")
    assert drawn.count("<circle") == 1 and "零" in drawn
    assert region_chart(words, anchor="x", models=["m"], regions=["A"], values=[[None]]) is None


def test_a_board_without_results_has_no_chart_and_no_rows_to_compare():

    assert region_address([Board(GRID, GRID.tracks[0], None, (), ())]) == "regions.html#energy-grid-load-track-default"
    assert region_address([]) is None


def test_a_test_set_of_another_secret_is_sealed_and_no_yardstick_of_practice_is_about_it():
    record = make_record(MADE_UP)
    drawn = [
        record.model_copy(update={"protocol": record.protocol.model_copy(update={"secret_sha256": one})})
        for one in (None, hashlib.sha256(b"open").hexdigest(), sha("other"))
    ]
    assert [is_sealed(one, MADE_UP) for one in drawn] == [False, False, True]
