"""The energy task: its references are schedules that can be checked, its scores follow by hand, what breaks counts."""

import json
from importlib.metadata import version
from pathlib import Path
from statistics import mean

import pyarrow as pa
import pytest
from sectorbench.harness.adapters import import_adapter
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import UsageError
from sectorbench.harness.exhibits import Exhibit
from sectorbench.harness.statistics.power import detectable_skill_points
from sectorbench.harness.task import Draw
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.registry import CATALOG
from sectorbench.tasks.scheduling import energy_references, energy_shops, jobshop_energy
from sectorbench.tasks.scheduling.energy import energy_of
from sectorbench.tasks.scheduling.energy_references import (
    LIMIT,
    PRACTICE_SECRET,
    compute_schedules,
    main,
    practice_schedules,
)
from sectorbench.tasks.scheduling.jobshop_energy import CARD, TASK, saving_score
from sectorbench.tasks.scheduling.validator import validate_schedule

FILES = DataFiles(mirror=None, cache=Path("no-such-folder"))
PRACTICE = Draw("default")
FROZEN = json.loads(Path(energy_references.__file__).with_name("energy_references.json").read_text(encoding="utf-8"))
QUICK = ("energy-mwkr", "energy-mwkr-shifted", "energy-mopnr-shifted", "energy-cheapest")


def answers(name, inputs):
    builtin = CATALOG.builtins[name]
    adapter = import_adapter(builtin.path).load(LoadContext(None, dict(builtin.options), "scheduling", inputs.schema))
    return pa.Table.from_batches([adapter.predict(batch) for batch in inputs.combine_chunks().to_batches()])


@pytest.fixture(scope="module")
def shops():
    return TASK.shops(PRACTICE)


@pytest.fixture(scope="module")
def inputs():
    return TASK.inputs(FILES, PRACTICE)


@pytest.fixture(scope="module")
def references():
    return TASK.references(FILES, PRACTICE)


@pytest.fixture(scope="module")
def units(inputs, references):
    return {n: TASK.score(validate_predictions(answers(n, inputs), inputs), references) for n in QUICK}


def test_frozen_schedules_are_of_these_shops_and_name_what_made_them(shops):
    assert FROZEN["secret"] == PRACTICE_SECRET == CARD.practice_secret
    assert FROZEN["deterministic_limit_s"] == LIMIT
    assert FROZEN["ortools"].startswith("9.")
    assert FROZEN["tariff"] == "industry-illustrative 2026.1"
    assert {n: one["sha256"] for n, one in FROZEN["instances"].items()} == {s.job_shop.name: s.sha256 for s in shops}


def test_every_frozen_schedule_is_valid_and_its_cost_the_reference(shops, inputs, references):
    for shop, row, known in zip(shops, inputs.to_pylist(), references.to_pylist(), strict=True):
        start = practice_schedules()[shop.sha256]
        assert validate_schedule(row, start, [0] * len(start), lower_bound=known["lower_bound"]).problem is None
        assert energy_of(row, start, [0] * len(start), steps_per_hour=60).cost == known["known_cost"]


def test_costs_are_in_the_right_order(references):
    for row in references.to_pylist():
        assert row["cheapest_cost"] <= row["known_cost"] < row["reference_cost"] < row["dearest_cost"]
        assert row["lower_bound"] < row["reference_makespan"]


def test_known_bills_are_as_far_over_the_bound_as_is_said(references):
    gap = mean(100 * (row["known_cost"] / row["cheapest_cost"] - 1) for row in references.to_pylist())
    assert round(gap) == 49
    assert round(mean(100 * (1 - row["known_cost"] / row["reference_cost"]) for row in references.to_pylist())) == 17


@pytest.mark.parametrize("name", QUICK)
def test_no_simple_rule_is_cheaper_than_the_reference_or_breaks_a_rule(name, units):
    assert units[name].column("new_best").to_pylist() == [0.0] * 50
    assert units[name].column("code").to_pylist() == [""] * 50
    assert max(units[name].column("peak_percent").to_pylist()) <= 100


def test_floor_is_nought_and_each_rule_adds_to_the_one_before(units, metrics_of):
    figures = {name: metrics_of(CARD, units[name]) for name in QUICK}
    assert figures["energy-mwkr"]["score"] == 0
    assert 0.3 < figures["energy-mwkr-shifted"]["score"] < figures["energy-cheapest"]["score"] < 1
    costs = [figures[name]["energy_cost_cny"] for name in QUICK]
    assert costs == sorted(costs, reverse=True)
    assert figures["energy-mopnr-shifted"]["feasible_share"] == 1


def test_detectable_effect_on_the_card_is_that_of_two_near_rules(units):
    one, other, floor = (units[n] for n in ("energy-mopnr-shifted", "energy-mwkr-shifted", "energy-mwkr"))
    assert round(detectable_skill_points(one, other, floor, CARD.primary, CARD.perfect), 1) == CARD.detectable_effect


def test_score_by_hand():
    assert saving_score(100.0, reference_cost=100.0, known_cost=80.0) == 0
    assert saving_score(79.0, reference_cost=100.0, known_cost=80.0) == 1
    assert saving_score(105.0, reference_cost=100.0, known_cost=80.0) == -0.25
    assert saving_score(500.0, reference_cost=100.0, known_cost=80.0) == -1
    assert saving_score(80.0, reference_cost=80.0, known_cost=80.0) == 1
    assert saving_score(81.0, reference_cost=80.0, known_cost=80.0) == -1


def test_schedules_that_break_a_rule_count_as_the_worst_and_are_never_repaired(inputs, references):
    part, known = inputs.slice(0, 3), references.slice(0, 3).to_pylist()
    rows, given = part.to_pylist(), answers("energy-mwkr", part).to_pylist()
    last = max(range(50), key=given[0]["start"].__getitem__)
    given[0]["start"][last] = len(rows[0]["tariff"])  # behind the tariff
    given[1]["start"] = [start // 2 for start in given[1]["start"]]  # broken jobs
    made = pa.Table.from_pylist(given, schema=answers("energy-mwkr", part).schema)
    scored = TASK.score(validate_predictions(made, part), references.slice(0, 3)).to_pylist()
    assert [one["code"] for one in scored] == ["SB409", "SB402", ""]
    for one, row, reference in zip(scored[:2], rows, known, strict=False):
        assert (one["score"], one["feasible"], one["new_best"]) == (-1, 0, 0)
        assert one["energy_cost"] == reference["dearest_cost"]
        assert (one["peak_percent"], one["makespan"]) == (100, len(row["tariff"]))
    assert (scored[2]["score"], scored[2]["feasible"]) == (0, 1)


def test_schedule_made_without_the_limit_is_infeasible_for_its_peak(inputs, references):
    part = inputs.slice(0, 10)
    rows = part.to_pylist()
    free = pa.Table.from_pylist([row | {"limit_kw": None} for row in rows], schema=part.schema)
    scored = TASK.score(validate_predictions(answers("energy-mwkr", free), part), references)
    assert scored.column("code").to_pylist() == ["SB408"] * 10
    assert scored.column("score").to_pylist() == [-1.0] * 10


def test_exhibits_show_a_schedule_of_the_middle_size_and_name_a_broken_one(inputs, references, units):
    checked = validate_predictions(answers("energy-mwkr-shifted", inputs), inputs)
    shown = TASK.exhibits(checked, references, units["energy-mwkr-shifted"])
    assert all(isinstance(one, Exhibit) for one in shown)
    assert shown[0].unit == "energy-15x10-00" and shown[0].broken is None
    assert {q.unit for q in shown[0].quantities if q.name == "makespan"} == {"minutes"}


def test_practice_examples_are_the_test_set_with_its_references(inputs, references):
    examples = TASK.examples(FILES, "practice", Draw("default", "sealed"))
    assert examples.inputs.equals(inputs) and examples.targets.equals(references)
    with pytest.raises(UsageError, match="exported: practice"):
        TASK.examples(FILES, "train", PRACTICE)


def test_unknown_track_is_refused():
    with pytest.raises(UsageError, match="no track 'sampled'"):
        TASK.inputs(FILES, Draw("sampled"))


def test_a_frozen_schedule_comes_out_again_where_the_solver_is_the_same(shops, tmp_path):
    if version("ortools") != FROZEN["ortools"]:
        pytest.skip(f"the references were made by OR-Tools {FROZEN['ortools']}, here is {version('ortools')}")
    assert tuple(compute_schedules(shops[:1], tmp_path / "kept")[0]) == practice_schedules()[shops[0].sha256]


@pytest.fixture
def quick_solver(monkeypatch, quick_cp_sat):
    """A hundredth of the work, on two shops of a size; counts how often it is asked."""
    monkeypatch.setattr(energy_shops, "SHOPS_PER_SIZE", 2)
    monkeypatch.setattr(energy_shops, "ENERGY_SIZES", ((6, 4), (8, 5)))
    return quick_cp_sat(energy_references, lambda shop: shop.id)


def test_references_of_a_secret_are_computed_once_and_told(quick_solver, tmp_path, capsys):
    files, draw = DataFiles(mirror=None, cache=tmp_path), Draw("default", "sealed")
    first = TASK.references(files, draw)
    assert quick_solver == ["energy-6x4-00", "energy-6x4-01", "energy-8x5-00", "energy-8x5-01"]
    assert "reference schedules by CP-SAT, 4 of 4" in capsys.readouterr().err
    assert TASK.references(files, draw).equals(first)
    assert len(quick_solver) == 4
    assert not [path for path in tmp_path.rglob("*") if "sealed" in path.name]


def test_computation_that_was_cut_off_goes_on(quick_solver, tmp_path, monkeypatch):
    shops, kept = TASK.shops(Draw("default", "sealed")), tmp_path / "kept.jsonl"
    compute_schedules(shops[:2], kept)
    kept.write_text(kept.read_text() + '{"by": "ortools 9')  # killed while it wrote
    whole = compute_schedules(shops, kept)
    assert compute_schedules(shops, kept) == whole
    assert len(quick_solver) == 4
    monkeypatch.setattr(energy_references, "cp_sat_version", lambda: "99.0")
    compute_schedules(shops[:1], kept)
    assert len(quick_solver) == 5


def test_the_table_is_written_as_it_is_frozen(quick_solver, tmp_path):
    main(["--to", str(tmp_path / "table.json")])
    table = json.loads((tmp_path / "table.json").read_text())
    assert table.keys() == FROZEN.keys()
    assert {tuple(sorted(one)) for one in table["instances"].values()} == {("sha256", "start")}
    assert len(table["instances"]) == 4


def test_practice_needs_no_solver(monkeypatch, tmp_path):
    monkeypatch.setattr(jobshop_energy, "compute_schedules", None)
    assert TASK.references(DataFiles(mirror=None, cache=tmp_path), PRACTICE).num_rows == 50
    assert not list(tmp_path.iterdir())
