"""fleet-rul: golden draws, no future in a row, no age in its length, bounds of withdrawn machines, costs by hand."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from sectorbench.harness.arrow_files import content_digest
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import UsageError
from sectorbench.harness.evaluation import score_answers
from sectorbench.harness.interfaces import get_interface, table_info
from sectorbench.harness.task import Draw
from sectorbench.harness.units import statistics_matrix, units_among
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.predictive_maintenance import fleet_rul
from sectorbench.tasks.predictive_maintenance.fleet_rul import (
    HISTORY_MAX_CYCLES,
    MEETING_EVERY,
    PLANNED_MACHINES,
    TASK,
    TEST_MACHINES,
    TRAIN_MACHINES,
    TRAIN_MEAN_CYCLES,
    labelled,
)
from sectorbench.tasks.predictive_maintenance.fleet_simulator import simulate_fleet
from sectorbench.tasks.predictive_maintenance.maintenance_costs import load_costs
from sectorbench.tasks.predictive_maintenance.maintenance_policy import ages_of_least_cost
from sectorbench.tasks.predictive_maintenance.rul_metrics import asymmetric_rul_sum, root_mean_squared_error

PRACTICE = Draw("default")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return DataFiles(mirror=None, cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def inputs(files):
    return TASK.inputs(files, PRACTICE)


@pytest.fixture(scope="module")
def references(files):
    return TASK.references(files, PRACTICE)


@pytest.fixture(scope="module")
def train(files):
    return TASK.examples(files, "train", PRACTICE)


def lengths(table):
    return table.column("series").combine_chunks().value_lengths().to_numpy()


def answered(inputs, values):
    columns = [inputs.column("id"), pa.array(values, pa.float64())]
    return validate_predictions(pa.table(columns, schema=get_interface("regression").answer), inputs)


def score(inputs, references, values):
    units = TASK.score(answered(inputs, values), references)
    return {m.name: m.value(statistics_matrix(units_among(units, m), m)) for m in TASK.card.metrics}


def test_the_practice_set_is_the_same_on_every_machine(inputs, references, train):
    """Golden digests: raw Philox integers and exactly rounded arithmetic, whatever the processor or numpy."""
    assert content_digest(inputs) == "64f632ba715b767cfdbd5ec3c895dd03ba88aa2a8a3fa218d997716b592abb1d"
    assert content_digest(references) == "0a8ea859993274bd450a36123d6c15a015b34bf196417d5e921b8458e2eac966"
    assert content_digest(train.inputs) == "8b7d27cf192509dce6abd2f83e4ff49940af08ef4777fae38a81b6865f883555"
    assert content_digest(train.targets) == "60bec7b811302d3c34881454945ded519d612a54a92e536778666a9196922d9f"


def test_another_secret_draws_other_questions_from_the_same_training_set(files, inputs, train):
    sealed = Draw("default", "a sealed secret of a round")
    assert content_digest(TASK.inputs(files, sealed)) != content_digest(inputs)
    assert content_digest(TASK.examples(files, "train", sealed).inputs) == content_digest(train.inputs)


def test_sizes_are_those_of_the_card(inputs, references, train):
    sizes = {s.name: s.rows for s in TASK.card.splits}
    assert inputs.num_rows == references.num_rows == sizes["practice"]
    assert train.inputs.num_rows == train.targets.num_rows == sizes["train"]
    assert inputs.column("id").to_pylist() == references.column("id").to_pylist()


def test_the_constant_on_the_card_is_the_mean_of_the_training_labels_that_are_known(train, inputs):
    known = train.targets.column("value").drop_null().to_numpy()
    assert known.mean() == pytest.approx(TRAIN_MEAN_CYCLES, abs=1e-6)
    assert table_info(inputs.schema)["train_mean"] == TRAIN_MEAN_CYCLES


def test_a_row_ends_where_it_is_asked_and_holds_no_later_reading(inputs, references):
    words = (str(TASK.card.practice_secret), TASK.card.at_version)
    scored = dict(enumerate(simulate_fleet(*words, "test", machines=TEST_MACHINES)))
    planned = dict(enumerate(simulate_fleet(*words, "planned", machines=PLANNED_MACHINES)))
    for row in (0, 1, 700, 1499, 1500, 3000, 5540):
        own = references.slice(row, 1).to_pylist()[0]
        machine = scored[row] if row < TEST_MACHINES else planned[int(own["machine"][-3:])]
        end = machine.life - int(own["rul"])
        shown = np.array(inputs.column("series")[row].as_py(), np.float32)
        assert 1 <= own["rul"] < machine.life
        assert (own["age"], own["life"], own["failed"]) == (end, machine.life, machine.failed)
        assert np.array_equal(shown, machine.series[end - len(shown) : end], equal_nan=True)


def test_neither_length_nor_id_gives_the_remaining_life_away(inputs, references):
    purpose = np.array(inputs.column("purpose").to_pylist())
    for rows in np.flatnonzero(purpose == "score"), np.flatnonzero(purpose == "policy"):
        left = references.column("rul").to_numpy()[rows]
        # An independent quantity correlates by less than 2.9 / sqrt(n) in 99.6 of 100 draws.
        assert abs(np.corrcoef(np.arange(len(left)), left)[0, 1]) < 2.9 / np.sqrt(len(left))
    given = lengths(inputs)
    assert set(given[purpose == "policy"]) == {HISTORY_MAX_CYCLES}
    scored = given[purpose == "score"]
    assert scored.max() == HISTORY_MAX_CYCLES
    assert 0.75 < (scored == HISTORY_MAX_CYCLES).mean() < 0.85
    assert abs(np.corrcoef(scored, references.column("rul").to_numpy()[: len(scored)])[0, 1]) < 0.075


def test_a_planned_machine_is_asked_about_every_ten_cycles_until_it_fails(references):
    own = references.filter(pc.equal(references.column("purpose"), "policy")).to_pylist()
    ages = {}
    for row in own:
        ages.setdefault((row["machine"], row["life"]), []).append(row["age"])
    assert len(ages) == PLANNED_MACHINES
    for (_, life), asked in ages.items():
        assert sorted(asked) == list(range(HISTORY_MAX_CYCLES, int(life), MEETING_EVERY))


def test_withdrawn_machines_leave_a_bound_that_their_life_keeps(train):
    words = ("public training fleet", TASK.card.at_version, "train")
    life = {m.number: m for m in simulate_fleet(*words, machines=TRAIN_MACHINES)}
    rows = train.targets.to_pylist()
    withdrawn = {row["id"][:16] for row in rows if row["censored"]}
    assert 0.27 < len(withdrawn) / TRAIN_MACHINES < 0.33
    for row, series in zip(rows[::37], train.inputs.column("series").to_pylist()[::37], strict=True):
        machine = life[int(row["id"].split("-")[2])]
        last = np.array(series[-1], np.float32)
        end = next(t for t in range(len(machine.series)) if np.array_equal(machine.series[t], last, equal_nan=True)) + 1
        true = machine.life - end
        if row["censored"]:
            assert (row["rul"], row["at_least"] < true) == (None, True)
            assert row["value"] == (125 if row["at_least"] >= 125 else None)
        else:
            assert (row["rul"], row["at_least"], row["value"]) == (true, true, min(true, 125))


def test_a_model_that_learns_from_labels_gets_those_that_are_known(train):
    kept = labelled(train)
    value, rul = (kept.targets.column(name).to_numpy() for name in ("value", "rul"))
    assert kept.inputs.num_rows == len(value) == 12_000 - train.targets.column("value").null_count
    assert np.array_equal(np.minimum(rul, 125), value)
    assert kept.inputs.column("id").to_pylist() == kept.targets.column("id").to_pylist()


def test_the_oracle_of_capped_labels_is_computed_from_the_references(references):
    life = references.column("rul").to_numpy()[:TEST_MACHINES]
    stated = TASK.card.yardsticks[0].values
    assert root_mean_squared_error(life, np.minimum(life, 125)) == pytest.approx(stated["rmse_raw_cycles"])
    assert asymmetric_rul_sum(life, np.minimum(life, 125)) == pytest.approx(stated["phm08_sum_raw"])


def test_withdrawal_tells_nothing_of_life():
    """Whoever leaves at a set age does so whatever its life: the product-limit estimate finds the true survival."""
    words = ("public training fleet", TASK.card.at_version, "train")
    rows = {row.machine.number: row for row in fleet_rul._train_rows(PRACTICE)}
    lives = np.array([m.life for m in simulate_fleet(*words, machines=TRAIN_MACHINES)], float)
    left = np.array([rows[number].withdrawn or np.inf for number in range(TRAIN_MACHINES)])
    seen, failed = np.minimum(lives, left), lives <= left
    alive = 1.0
    for age in np.unique(seen[failed & (seen <= 200)]):
        alive *= 1 - (failed & (seen == age)).sum() / (seen >= age).sum()
    assert alive == pytest.approx((lives > 200).mean(), abs=0.02)


def test_the_ages_of_replacement_are_those_of_the_whole_lives_in_training():
    words = ("public training fleet", TASK.card.at_version, "train")
    lives = np.array([m.life for m in simulate_fleet(*words, machines=TRAIN_MACHINES)], float)
    assert ages_of_least_cost(lives, load_costs()) == fleet_rul._REPLACE_AT


def test_the_constant_and_the_perfect_answer_score_what_they_must(inputs, references):
    left = references.column("rul").to_numpy()
    perfect = score(inputs, references, left)
    assert perfect["rmse_raw_cycles"] > perfect["rmse_capped_cycles"] == 0.0  # answers are cut at 125 before scoring
    assert perfect["maintenance_regret"] == pytest.approx(0, abs=1e-9)
    assert perfect["failures_prevented"] == 1
    constant = score(inputs, references, np.full(len(left), TRAIN_MEAN_CYCLES))
    scored = np.minimum(left[:TEST_MACHINES], 125)
    assert constant["rmse_capped_cycles"] == pytest.approx(np.sqrt(((scored - TRAIN_MEAN_CYCLES) ** 2).mean()))
    # Told nothing, a planner lets machines fail or replaces them at their first meeting.
    assert constant["maintenance_regret"] > 200
    assert constant["saving_over_age_replacement"] < 0


def test_an_answer_that_is_no_number_costs_the_worst_error(inputs, references):
    left = references.column("rul").to_numpy()
    values = left.copy()
    values[:15] = np.nan
    assert score(inputs, references, values)["rmse_capped_cycles"] == pytest.approx(
        np.sqrt(15 * 125**2 / TEST_MACHINES)
    )


def test_an_answer_of_a_meeting_that_is_no_number_costs_its_machine_a_failure_at_the_first(inputs, references):
    values = references.column("rul").to_numpy().copy()
    values[2_000] = np.inf
    units = {row["unit"]: row for row in TASK.score(answered(inputs, values), references).to_pylist()}
    unit = units[references.column("machine")[2_000].as_py()]
    assert (unit["invalid"], unit["code"], unit["prevented"]) == (1, "SB306", 0)
    assert (unit["cost_base"], unit["time_base"]) == (load_costs().prices().failed, HISTORY_MAX_CYCLES)
    assert sum(row["machines"] - row["prevented"] for row in units.values()) == 1


def test_part_of_the_inputs_gives_errors_without_costs(inputs, references):
    part = inputs.slice(0, 1_600)  # no planned machine is whole in it
    found = score_answers(
        TASK, answered(part, np.full(1_600, 60.0)), references, track="default", inputs_sha256="0" * 64, partial=True
    )
    names = [one.name for one in found.metrics]
    assert found.units.num_rows == TEST_MACHINES
    assert "rmse_capped_cycles" in names
    assert "maintenance_regret" not in names


def test_pictures_show_the_scored_machines_as_dots_and_planned_ones_over_their_age(inputs, references):
    values = references.column("rul").to_numpy() + 7
    answers = answered(inputs, values)
    scatter, *courses = TASK.exhibits(answers, references, TASK.score(answers, references))
    points = scatter.table("points")
    assert points.rows == TEST_MACHINES
    assert points.column("true") == tuple(references.column("rul").to_pylist()[:TEST_MACHINES])
    assert [one.role for one in courses] == ["common", "worst"]
    course = courses[0]
    ages, told, truth = (np.array(course.table("steps").column(name)) for name in ("at", "value", "truth"))
    assert ages[0] == HISTORY_MAX_CYCLES
    assert (told - truth == 7).all()
    assert (ages + truth == course.value("ends_at")).all()


def test_part_of_the_inputs_shows_no_plan(inputs, references):
    part = inputs.slice(0, 20)
    answers = answered(part, np.full(20, 60.0))
    (scatter,) = TASK.exhibits(answers, references, TASK.score(answers, references))
    assert scatter.table("points").rows == 20


def test_units_are_machines_sliced_by_site_and_by_what_failed(inputs, references):
    units = TASK.score(answered(inputs, references.column("rul").to_numpy()), references)
    assert units.num_rows == TASK.card.test.units == TEST_MACHINES + PLANNED_MACHINES
    assert len(set(units.column("slice:site").to_pylist())) == 6
    assert set(units.column("slice:failed").to_pylist()) == {"bearings", "impeller"}
    assert (sum(units.column("scored").to_pylist()), sum(units.column("machines").to_pylist())) == (1_500, 300)


def test_an_unknown_split_or_track_is_a_usage_error(files):
    with pytest.raises(UsageError, match="train, practice"):
        TASK.examples(files, "test", PRACTICE)
    with pytest.raises(UsageError, match="default"):
        TASK.inputs(files, Draw("fast"))
