"""Fresh shops: the same from the same secret, others from another, and references that fit what rules reach."""

import hashlib
import json
from collections import Counter
from importlib.metadata import version
from pathlib import Path

import pytest
from sectorbench.harness.arrow_files import content_digest
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import UsageError
from sectorbench.harness.statistics.power import detectable_skill_points
from sectorbench.harness.task import Draw
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.scheduling import fresh_references, jobshop_fresh
from sectorbench.tasks.scheduling.cp_sat import LIMIT
from sectorbench.tasks.scheduling.fresh_references import (
    PRACTICE_SECRET,
    compute_references,
    fresh_job_shops,
    main,
    practice_references,
)
from sectorbench.tasks.scheduling.jobshop_fresh import CARD, TASK
from sectorbench.tasks.scheduling.lower_bounds import makespan_bound
from sectorbench.tasks.scheduling.taillard import SIZES, published_seeds

FILES = DataFiles(mirror=None, cache=Path("no-such-folder"))
PRACTICE = Draw("default")
FROZEN = json.loads(Path(fresh_references.__file__).with_name("fresh_references.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def shops():
    return fresh_job_shops(PRACTICE_SECRET)


@pytest.fixture(scope="module")
def inputs():
    return TASK.inputs(FILES, PRACTICE)


@pytest.fixture(scope="module")
def references():
    return TASK.references(FILES, PRACTICE)


def test_practice_shops_are_the_same_on_every_machine(shops, inputs):
    identities = "".join(shop.sha256 for shop in shops)
    assert (
        hashlib.sha256(identities.encode()).hexdigest()
        == "8040469450d6e16a9f42803e69ab91604aca39f67bbc860be5d2d0286ee19643"
    )
    assert content_digest(inputs) == "630722da7706bb6a008b350f7b9e8afd8823caa5cac9d2fc266adea0b018e9f6"


def test_there_are_20_shops_of_each_of_the_published_sizes(shops, inputs):
    assert Counter(shop.size for shop in shops) == {f"{jobs}x{machines}": 20 for jobs, machines in SIZES}
    assert inputs.num_rows == CARD.test.rows == CARD.test.units == 160
    assert all(sorted(route) == list(range(len(route))) for shop in shops for route in shop.machine)
    assert {d for shop in shops for row in shop.duration for d in row} == set(range(1, 100))


def test_no_shop_is_a_published_one_or_stands_twice(shops):
    assert len({shop.sha256 for shop in shops} | {seed.sha256 for seed in published_seeds()}) == 160 + 80


def test_a_sealed_secret_gives_other_shops_of_the_same_names_and_sizes(shops):
    sealed = TASK.shops(FILES, Draw("default", "sealed"))
    assert [(s.name, s.size) for s in sealed] == [(s.name, s.size) for s in shops]
    assert not {s.sha256 for s in sealed} & {s.sha256 for s in shops}
    assert sealed == fresh_job_shops("sealed")


def test_frozen_references_are_of_these_shops_and_name_what_made_them(shops):
    assert FROZEN["secret"] == PRACTICE_SECRET == CARD.practice_secret
    assert FROZEN["deterministic_limit_s"] == LIMIT
    assert FROZEN["ortools"].startswith("9.")
    assert {name: one["sha256"] for name, one in FROZEN["instances"].items()} == {s.name: s.sha256 for s in shops}


def test_bounds_and_references_are_in_the_right_order(shops, references):
    for shop, row in zip(shops, references.to_pylist(), strict=True):
        assert row["id"] == shop.name
        assert row["simple_bound"] == makespan_bound(shop)
        assert row["simple_bound"] <= row["lower_bound"] <= row["upper_bound"]
        assert row["upper_bound"] < row["reference_makespan"] < row["serial_makespan"]


RULES = ("spt", "mwkr", "mopnr", "fifo", "fdd-mwkr")


@pytest.mark.parametrize("rule", RULES)
def test_no_rule_is_better_than_the_reference(rule, inputs, references, scored):
    units = scored(TASK, rule, inputs, references)
    assert units.column("new_best").to_pylist() == [0.0] * 160
    assert min(units.column("gap_percent").to_pylist()) >= 0
    assert units.column("code").to_pylist() == [""] * 160


def test_figures_of_the_floor_are_nought_and_its_gaps_add_up(inputs, references, scored, metrics_of):
    units = scored(TASK, "mwkr", inputs, references)
    figures = metrics_of(CARD, units)
    assert figures["score"] == 0
    rows = references.to_pylist()
    by_hand = [100 * (row["reference_makespan"] / row["upper_bound"] - 1) for row in rows]
    assert figures["gap_percent"] == pytest.approx(sum(by_hand) / 160)
    by_hand = [100 * (row["reference_makespan"] / row["simple_bound"] - 1) for row in rows]
    assert figures["bound_gap_percent"] == pytest.approx(sum(by_hand) / 160)


def test_detectable_effect_on_the_card_is_that_of_two_near_rules(inputs, references, scored):
    one, floor = (scored(TASK, rule, inputs, references) for rule in ("fdd-mwkr", "mwkr"))
    assert round(detectable_skill_points(one, floor, floor, CARD.primary, CARD.perfect), 1) == CARD.detectable_effect


def test_schedule_under_the_reference_scores_one_and_is_flagged(inputs, references, answers_of):
    part = inputs.slice(0, 1)
    rows = references.slice(0, 1).to_pylist()
    rows[0] |= {"upper_bound": rows[0]["reference_makespan"] + 10, "reference_makespan": 2_000}
    eased = type(references).from_pylist(rows, schema=references.schema)
    unit = TASK.score(validate_predictions(answers_of("mwkr", part), part), eased).to_pylist()[0]
    assert (unit["score"], unit["new_best"], unit["feasible"]) == (1, 1, 1)
    assert unit["gap_percent"] < 0


def test_practice_examples_are_the_test_set_with_its_references(inputs, references):
    examples = TASK.examples(FILES, "practice", Draw("default", "sealed"))
    assert examples.inputs.equals(inputs) and examples.targets.equals(references)
    with pytest.raises(UsageError, match="exported: practice"):
        TASK.examples(FILES, "train", PRACTICE)


def test_a_frozen_reference_comes_out_again_where_the_solver_is_the_same(shops, tmp_path):
    if version("ortools") != FROZEN["ortools"]:
        pytest.skip(f"the references were made by OR-Tools {FROZEN['ortools']}, here is {version('ortools')}")
    quick = next(s for s in shops if len(set(practice_references()[s.sha256])) == 1)  # closed: the search ends early
    assert compute_references([quick], tmp_path / "kept") == [practice_references()[quick.sha256]]


@pytest.fixture
def quick_solver(monkeypatch, quick_cp_sat):
    """A hundredth of the work, on two shops of a size; counts how often it is asked."""
    monkeypatch.setattr(fresh_references, "SHOPS_PER_SIZE", 2)
    monkeypatch.setattr(fresh_references, "SIZES", ((6, 4), (8, 5)))
    return quick_cp_sat(fresh_references, lambda shop: shop.name)


def test_references_of_a_secret_are_computed_once_and_told(quick_solver, tmp_path, capsys):
    files, draw = DataFiles(mirror=None, cache=tmp_path), Draw("default", "sealed")
    first = TASK.references(files, draw)
    assert quick_solver == ["fresh-6x4-00", "fresh-6x4-01", "fresh-8x5-00", "fresh-8x5-01"]
    assert "reference schedules by CP-SAT, 4 of 4" in capsys.readouterr().err
    assert TASK.references(files, draw).equals(first)
    assert len(quick_solver) == 4
    assert not [path for path in tmp_path.rglob("*") if "sealed" in path.name]
    for row in first.to_pylist():
        assert row["simple_bound"] <= row["lower_bound"] <= row["upper_bound"] <= row["reference_makespan"]


def test_computation_that_was_cut_off_goes_on(quick_solver, tmp_path):
    shops, kept = fresh_references.fresh_job_shops("sealed"), tmp_path / "kept.jsonl"
    compute_references(shops[:2], kept)
    kept.write_text(kept.read_text() + '{"by": "ortools 9')  # killed while it wrote
    whole = compute_references(shops, kept)
    assert compute_references(shops, kept) == whole
    assert len(quick_solver) == 4
    assert compute_references(shops, tmp_path / "other.jsonl") == whole


def test_another_solver_computes_anew(quick_solver, tmp_path, monkeypatch):
    shops, kept = fresh_references.fresh_job_shops("sealed")[:1], tmp_path / "kept.jsonl"
    compute_references(shops, kept)
    monkeypatch.setattr(fresh_references, "cp_sat_version", lambda: "99.0")
    compute_references(shops, kept)
    assert len(quick_solver) == 2


def test_the_table_is_written_as_it_is_frozen(quick_solver, tmp_path):
    main(["--to", str(tmp_path / "table.json")])
    table = json.loads((tmp_path / "table.json").read_text())
    assert table.keys() == FROZEN.keys()
    assert {tuple(sorted(one)) for one in table["instances"].values()} == {("lower_bound", "makespan", "sha256")}
    assert len(table["instances"]) == 4


def test_practice_needs_no_solver(monkeypatch, tmp_path):
    monkeypatch.setattr(jobshop_fresh, "compute_references", None)
    assert TASK.references(DataFiles(mirror=None, cache=tmp_path), PRACTICE).num_rows == 160
    assert not list(tmp_path.iterdir())
