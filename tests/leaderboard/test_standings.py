"""Standings: means by hand, who is ranked, typed gaps, and the command."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from region_records import MADE_UP
from sectorbench.__main__ import main
from sectorbench.leaderboard.collection import collect
from sectorbench.leaderboard.loading import load_records
from sectorbench.leaderboard.standings import Line, _unranked, standings_of
from site_records import CARDS, CLAUSES, CONTROLS, GEARS, PUMPS, RETURNED, make_record, write_cell, write_record

PUMP, COUNTER, CLAUSE = (
    Line(PUMPS.id, "no-counter", 1.0),
    Line(PUMPS.id, "counter", 3.0),
    Line(CLAUSES.id, "default", 1.0),
)


def errors(size, seed=0, n=24):
    return np.abs(np.random.default_rng(seed).normal(size, size / 5, n))


@pytest.fixture
def folder(tmp_path):
    """Floors of all, two models that have everything, one that has a single task, a failed one, a vendor's own."""
    root = tmp_path / "records"
    floor = {"name": "mean-life", "adapter": "builtin"}
    for track in ("no-counter", "counter"):
        write_cell(root, PUMPS, errors(40, 1), track=track, **floor)
        write_cell(root, PUMPS, errors(10, 2), track=track, name="good")
        write_cell(root, PUMPS, errors(20, 3), track=track, name="poor")
    write_cell(root, PUMPS, errors(15, 4), track="no-counter", name="half")
    write_cell(root, PUMPS, errors(5, 5), track="no-counter", name="far", exchange=RETURNED, predicted_by="vendor",
               scored_by="lab")  # fmt: skip
    write_record(root, make_record(PUMPS, "no-counter", name="broken", status="failed", code="SB204"))
    write_cell(root, GEARS, errors(5, 6), **floor)
    return root


def found(folder, *lines):
    return standings_of(collect(load_records([folder]), CARDS, CONTROLS), "suite@1", lines)


def rows_of(table):
    return {row.model: row for row in table.rows}


def test_a_mean_is_that_of_skills_with_the_suites_weights(folder):
    (area, industry) = found(folder, PUMP, COUNTER).tables
    assert (area.kind, area.name, dict(area.shares)) == ("area", "predictive_maintenance", {
        f"{PUMPS.id}#no-counter": 0.25, f"{PUMPS.id}#counter": 0.75})  # fmt: skip
    assert (industry.kind, industry.name) == ("industry", "E36")
    rmse = lambda size, seed: np.sqrt((errors(size, seed) ** 2).mean())  # noqa: E731
    good = rows_of(area)["good"]
    assert good.standing.value == pytest.approx(1 - rmse(10, 2) / rmse(40, 1))
    assert sum(area.shares[name] * cell.skill.value for name, cell in good.cells.items()) == pytest.approx(
        good.standing.value
    )


def test_ranks_hold_those_that_have_everything_and_the_others_say_why_not(folder):
    area = found(folder, PUMP, COUNTER).tables[0]
    rows = rows_of(area)
    assert [row.model for row in area.rows][:2] == ["good", "poor"]
    assert [(rows[m].standing.place.rank, rows[m].standing.place.tier) for m in ("good", "poor")] == [(1, 1), (2, 2)]
    assert {m: rows[m].unranked for m in ("half", "far", "broken", "mean-life")} == {
        "half": "partial",
        "far": "vendor_predicted",
        "broken": "partial",
        "mean-life": "reference",
    }
    assert all(rows[m].standing is None for m in ("half", "far", "broken", "mean-life"))
    assert rows["half"].complete == (1, 2)
    gap = rows["half"].cells[f"{PUMPS.id}#counter"]
    assert (gap.missing, gap.skill, gap.value) == ("not_run", None, None)
    broken = rows["broken"].cells[f"{PUMPS.id}#no-counter"]
    assert (broken.missing, broken.code) == ("oom", "SB204")
    assert area.robust == (1.0,)


def test_a_group_is_a_mean_of_its_own(folder):
    lines = [line._replace(group="pumps") for line in (PUMP, COUNTER)]
    area, group, _ = found(folder, *lines).tables
    assert (group.kind, group.name) == ("group", "predictive_maintenance: pumps")
    assert rows_of(group)["good"].standing == rows_of(area)["good"].standing


def test_what_one_party_ran_and_scored_is_ranked_in_practice_alone(folder):
    """No command writes a record of a laboratory that ran a model; the site will have some."""
    collection = collect(load_records([folder]), CARDS, CONTROLS)
    result = next(r for b in collection.boards for r in b.results if r.record.cell.model.name == "good")
    assert (_unranked(result, practice=True), _unranked(result, practice=False)) == (None, "self_scored")
    assert standings_of(collection, "suite@1", [PUMP]).practice


def test_a_rival_moves_nobodys_value_or_interval(folder):
    before = rows_of(found(folder, PUMP, COUNTER).tables[0])["good"].standing
    for track in ("no-counter", "counter"):
        write_cell(folder, PUMPS, errors(30, 9), track=track, name="decoy")
    after = rows_of(found(folder, PUMP, COUNTER).tables[0])["good"].standing
    assert (after.value, after.low, after.high) == pytest.approx((before.value, before.low, before.high))


def test_areas_count_the_same_over_all_whatever_their_weights(folder):
    write_cell(folder, CLAUSES, errors(0.5, 7), name="majority-class", adapter="builtin")
    write_cell(folder, CLAUSES, errors(0.2, 8), name="good")
    overall = found(folder, PUMP, COUNTER, CLAUSE).tables[-1]
    assert overall.kind == "overall"
    assert overall.shares == {
        f"{PUMPS.id}#no-counter": 0.125,
        f"{PUMPS.id}#counter": 0.375,
        f"{CLAUSES.id}#default": 0.5,
    }
    rows = rows_of(overall)
    assert rows["good"].unranked is None and rows["poor"].unranked == "partial"
    assert rows["poor"].cells[f"{CLAUSES.id}#default"].missing == "not_applicable"


def test_what_cannot_count_is_named_with_its_reason(folder):
    area = found(folder, PUMP, Line(GEARS.id, "default", 1.0), CLAUSE).tables[0]
    assert dict(area.left_out) == {f"{GEARS.id}#default": "not_standing"}
    assert found(folder, CLAUSE).tables == ()


def test_simulated_regions_are_in_no_mean_with_real_ones(folder):
    card = dataclasses.replace(MADE_UP, primary=PUMPS.primary, secondary=PUMPS.secondary, slices=())
    line = Line(card.id, card.tracks[0].name, 1.0)
    cards = {**CARDS, card.id: card}
    write_cell(folder, card, errors(40, 1), name=card.floor, adapter="builtin")
    write_cell(folder, CLAUSES, errors(0.5, 7), name="majority-class", adapter="builtin")
    collection = collect(load_records([folder]), cards, CONTROLS)
    tables = standings_of(collection, "suite@1", [PUMP, CLAUSE, line]).tables
    assert [table.name for table in tables if line.name in table.shares] == ["energy-simulated"]
    assert tables[-1].left_out[line.name] == "simulated"


def test_the_command_prints_ranks_and_json(tmp_path, capsys):
    results = tmp_path / "r"
    run = ["run", "--task", "scheduling/jobshop-taillard", "--model", "spt", "--model", "fdd-mwkr", "--results"]
    assert main([*run, str(results)]) == 0
    capsys.readouterr()
    words = ["standings", "--records", str(results / "records")]
    assert main(words) == 0
    out = capsys.readouterr().out
    assert "area scheduling: scheduling/jobshop-taillard#default 100 %" in out
    assert "fdd-mwkr before spt under 100 % of 1,000 other weightings" in out
    assert main([*words, "--json"]) == 0
    (area,) = json.loads(capsys.readouterr().out)["tables"]
    assert [row["model"] for row in area["rows"]] == ["fdd-mwkr", "spt", "mwkr"]
    assert area["rows"][0]["standing"]["place"]["rank"] == 1
    assert main([*words, "--suite", "nope"]) == 2
