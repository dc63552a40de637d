"""Maintenance cost of turbofans: engines kept apart, ids that tell nothing, figures against a loop of its own."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.adapters import LoadContext
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import InterfaceError, ScoringError
from sectorbench.harness.interfaces import get_interface, table_info
from sectorbench.harness.task import Draw
from sectorbench.harness.units import statistics_matrix
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.predictive_maintenance.cmapss import SUBSETS, read_runs
from sectorbench.tasks.predictive_maintenance.rules.ages import FixedAge
from sectorbench.tasks.predictive_maintenance.turbofan_cost import TASK, TRAIN_MEAN_LIFE_CYCLES
from sectorbench.tasks.registry import CATALOG

DRAW = Draw("counter")


@pytest.fixture(scope="module")
def files(mirror):
    return DataFiles(mirror=mirror, cache=mirror / "no cache", download=False)


def answered(files, value):
    inputs = TASK.inputs(files, DRAW)
    table = pa.table(
        [inputs.column("id"), pa.array(np.asarray(value, float))], schema=get_interface("regression").answer
    )
    return validate_predictions(table, inputs)


def values(units):
    return {m.name: m.value(statistics_matrix(units, m)) for m in TASK.card.metrics}


def test_no_engine_is_trained_on_and_planned_for(files):
    trained = {one[:15] for one in TASK.examples(files, "train", DRAW).inputs.column("id").to_pylist()}
    planned = set(TASK.references(files, DRAW).column("engine").to_pylist())
    assert (len(trained), len(planned), trained & planned) == (50, 50, set())


def test_the_cards_figures_are_those_of_the_data(files):
    examples, inputs = TASK.examples(files, "train", DRAW), TASK.inputs(files, DRAW)
    assert (examples.inputs.num_rows, inputs.num_rows) == tuple(split.rows for split in TASK.card.splits)
    assert table_info(inputs.schema)["train_mean"] == round(
        float(examples.targets.column("value").to_numpy().mean()), 6
    )
    lives = read_runs(files, SUBSETS["FD001"], "train").lengths[0::2]
    assert round(float(lives.mean()), 1) == TRAIN_MEAN_LIFE_CYCLES == CATALOG.builtins["fixed-age"].options["life"]


def test_a_row_ends_at_its_meeting_and_its_id_tells_no_engine(files):
    inputs, references = TASK.inputs(files, DRAW), TASK.references(files, DRAW)
    assert set(inputs.column("purpose").to_pylist()) == {"policy"}
    assert all(one.startswith("meeting-") for one in inputs.column("id").to_pylist())
    runs = read_runs(files, SUBSETS["FD001"], "train")
    for row in (0, 500, 912):
        engine, age = int(references.column("engine")[row].as_py()[-3:]), int(references.column("age")[row].as_py())
        last = np.array(inputs.column("series")[row].as_py()[-1], np.float32)
        np.testing.assert_array_equal(last, runs.readings[runs.first[engine - 1] + age - 1])
    engines = references.column("engine").to_pylist()
    neighbours = sum(a == b for a, b in itertools.pairwise(engines))
    assert neighbours < 40  # 913 rows of 50 engines in a random order: 18 are expected


def test_the_cost_rate_is_that_of_a_loop_over_engines(files):
    """Told the truth; the margin of each half by a plain search on the other half."""
    references = TASK.references(files, DRAW).to_pylist()
    found = values(
        TASK.score(answered(files, [r["life"] - r["age"] for r in references]), TASK.references(files, DRAW))
    )
    engines = sorted({r["engine"] for r in references})

    def total(group, margin):
        cost = time = 0.0
        for engine in group:
            rows = sorted((r["age"], r["life"]) for r in references if r["engine"] == engine)
            due = [age for age, life in rows if life - age <= margin]
            cost += 24_000 if due else 90_000
            time += due[0] if due else rows[0][1]
        return cost, time

    cost = time = 0.0
    for this, other in ((engines[0::2], engines[1::2]), (engines[1::2], engines[0::2])):
        rates = {margin: np.divide(*total(other, margin)) for margin in range(0, 126, 5)}
        part = total(this, min(rates, key=rates.get))
        cost, time = cost + part[0], time + part[1]
    assert found["maintenance_cost_rate"] == pytest.approx(cost / time)
    assert found["failures_prevented"] == 1


def test_replacement_at_a_fixed_age_beats_failure_and_needs_the_age(files):
    inputs = TASK.inputs(files, DRAW)
    adapter = FixedAge.load(LoadContext(None, {"life": 204.3}, "regression", inputs.schema))
    said = pa.Table.from_batches([adapter.predict(one) for one in inputs.combine_chunks().to_batches()])
    found = values(TASK.score(validate_predictions(said, inputs), TASK.references(files, DRAW)))
    assert 40 < found["maintenance_regret"] < 80
    assert found["saving_over_run_to_failure"] > 50
    with pytest.raises(InterfaceError, match="cycles_run"):
        FixedAge.load(LoadContext(None, {"life": 204.3}, "regression", TASK.inputs(files, Draw("no-counter")).schema))


def test_an_answer_that_is_not_finite_costs_its_engine_a_failure(files):
    references = TASK.references(files, DRAW)
    truth = [r["life"] - r["age"] for r in references.to_pylist()]
    truth[7] = float("nan")
    units = TASK.score(answered(files, truth), references)
    engine = references.column("engine")[7].as_py()
    row = units.column("unit").to_pylist().index(engine)
    assert (units.column("invalid")[row].as_py(), units.column("code")[row].as_py()) == (1, "SB306")
    assert (units.column("cost_base")[row].as_py(), units.column("time_base")[row].as_py()) == (90_000, 30)


def test_a_machine_counts_only_where_all_its_meetings_were_asked(files):
    """Also where the references were cut with the inputs, as a limit cuts them."""
    inputs, references = TASK.inputs(files, DRAW), TASK.references(files, DRAW)
    truth = references.column("life").to_numpy() - references.column("age").to_numpy()
    table = pa.table([inputs.column("id"), pa.array(truth)], schema=get_interface("regression").answer)
    part = inputs.slice(0, 900)
    found = TASK.score(validate_predictions(table.slice(0, 900), part), references.slice(0, 900))
    last = set(references.column("engine").to_pylist()[900:])
    assert set(found.column("unit").to_pylist()) == set(references.column("engine").to_pylist()) - last
    with pytest.raises(ScoringError, match="at least two"):
        TASK.score(validate_predictions(table.slice(0, 20), inputs.slice(0, 20)), references.slice(0, 20))


def test_part_of_the_meetings_is_refused_where_no_two_engines_are_whole(files):
    inputs, references = TASK.inputs(files, DRAW).slice(0, 20), TASK.references(files, DRAW)
    table = pa.table([inputs.column("id"), pa.array(np.zeros(20))], schema=get_interface("regression").answer)
    with pytest.raises(ScoringError, match="at least two"):
        TASK.score(validate_predictions(table, inputs), references)
