"""fleet-rul: golden draws, no future in a row, no age in its length, and scores that a hand can check."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.arrow_files import content_digest
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import UsageError
from sectorbench.harness.interfaces import get_interface, table_info
from sectorbench.harness.task import Draw
from sectorbench.harness.units import statistics_matrix
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.predictive_maintenance.fleet_rul import HISTORY_MAX_CYCLES, TASK, TRAIN_MEAN_CYCLES
from sectorbench.tasks.predictive_maintenance.fleet_simulator import simulate_fleet

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


def score(inputs, references, values):
    columns = [inputs.column("id"), pa.array(values, pa.float64())]
    answers = validate_predictions(pa.table(columns, schema=get_interface("regression").answer), inputs)
    units = TASK.score(answers, references)
    return {m.name: m.value(statistics_matrix(units, m)) for m in TASK.card.metrics}


def test_the_practice_set_is_the_same_on_every_machine(inputs, references, train):
    """Golden digests: raw Philox integers and exactly rounded arithmetic, whatever the processor or numpy."""
    assert content_digest(inputs) == "d22ce855f71527c8604d594223dcdd398a157286c47bafef11b31036f8af4d33"
    assert content_digest(references) == "a6461049463873df947179412f3156fc7330d21ee62eeb47cd79933cad9af326"
    assert content_digest(train.inputs) == "bce0dcec83c6649feb21c345ff5383c92b48cfb0d64b105183cfd243be092a9d"


def test_another_secret_draws_other_questions_from_the_same_training_set(files, inputs, train):
    sealed = Draw("default", "a sealed secret of a round")
    assert content_digest(TASK.inputs(files, sealed)) != content_digest(inputs)
    assert content_digest(TASK.examples(files, "train", sealed).inputs) == content_digest(train.inputs)


def test_sizes_are_those_of_the_card(inputs, references, train):
    sizes = {s.name: s.rows for s in TASK.card.splits}
    assert inputs.num_rows == references.num_rows == sizes["practice"]
    assert train.inputs.num_rows == train.targets.num_rows == sizes["train"]
    assert inputs.column("id").to_pylist() == references.column("id").to_pylist()


def test_the_constant_on_the_card_is_the_mean_of_the_training_labels(train, inputs):
    assert train.targets.column("value").to_numpy().mean() == pytest.approx(TRAIN_MEAN_CYCLES, abs=1e-6)
    assert table_info(inputs.schema)["train_mean"] == TRAIN_MEAN_CYCLES


def test_a_row_ends_where_it_is_asked_and_holds_no_later_reading(inputs, references):
    words = (str(TASK.card.practice_secret), TASK.card.at_version, "test")
    machines = dict(enumerate(simulate_fleet(*words, machines=TASK.card.test.units)))
    for row in (0, 1, 700, 1499):
        machine = machines[row]
        left = int(references.column("rul")[row].as_py())
        end = machine.life - left
        shown = np.array(inputs.column("series")[row].as_py(), np.float32)
        assert 1 <= left < machine.life
        assert np.array_equal(shown, machine.series[end - len(shown) : end], equal_nan=True)


def test_neither_length_nor_id_gives_the_remaining_life_away(inputs, references):
    left = references.column("rul").to_numpy()
    given = lengths(inputs)
    assert given.max() == HISTORY_MAX_CYCLES
    assert 0.75 < (given == HISTORY_MAX_CYCLES).mean() < 0.85
    # With 1,500 rows an independent quantity correlates by less than 0.075 in 99.6 of 100 draws.
    assert abs(np.corrcoef(given, left)[0, 1]) < 0.075
    assert abs(np.corrcoef(np.arange(len(left)), left)[0, 1]) < 0.075


def test_the_constant_and_the_perfect_answer_score_what_they_must(inputs, references):
    left = references.column("rul").to_numpy()
    perfect = score(inputs, references, left)
    assert perfect["rmse_raw_cycles"] > perfect["rmse_capped_cycles"] == 0.0  # answers are cut at 125 before scoring
    constant = score(inputs, references, np.full(len(left), TRAIN_MEAN_CYCLES))
    expected = np.sqrt(((np.minimum(left, 125) - TRAIN_MEAN_CYCLES) ** 2).mean())
    assert constant["rmse_capped_cycles"] == pytest.approx(expected)


def test_an_answer_that_is_no_number_costs_the_worst_error(inputs, references):
    left = references.column("rul").to_numpy()
    values = left.copy()
    values[:15] = np.nan
    assert score(inputs, references, values)["rmse_capped_cycles"] == pytest.approx(np.sqrt(15 * 125**2 / len(left)))


def test_units_are_machines_sliced_by_site(inputs, references):
    left = references.column("rul").to_numpy()
    columns = [inputs.column("id"), pa.array(left)]
    answers = validate_predictions(pa.table(columns, schema=get_interface("regression").answer), inputs)
    units = TASK.score(answers, references)
    assert units.num_rows == TASK.card.test.units
    assert len(set(units.column("slice:site").to_pylist())) == 6


def test_an_unknown_split_or_track_is_a_usage_error(files):
    with pytest.raises(UsageError, match="train, practice"):
        TASK.examples(files, "test", PRACTICE)
    with pytest.raises(UsageError, match="default"):
        TASK.inputs(files, Draw("fast"))
