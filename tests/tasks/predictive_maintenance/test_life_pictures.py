"""Exhibits of remaining life: what is held of every answer, what of an unusable one, and of real tasks."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.codes import Problem
from sectorbench.harness.data import DataFiles
from sectorbench.harness.exhibits import LARGEST_BYTES, Exhibits
from sectorbench.harness.interfaces import QUANTILE_LEVELS, get_interface
from sectorbench.harness.task import Draw
from sectorbench.harness.text import Text
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.exhibit_choice import Choice
from sectorbench.tasks.predictive_maintenance import turbofan_cost, turbofan_rul
from sectorbench.tasks.predictive_maintenance.life_pictures import life_course, life_scatter

WHY = Choice("common", Text("because", "因为"))
NAN = Problem("SB306", "row 1", "nan")


@pytest.fixture(scope="module")
def files(mirror):
    return DataFiles(mirror=mirror, cache=mirror / "no cache", download=False)


def answered(inputs, value, quantiles=None):
    given = {"id": inputs.column("id"), "value": pa.array(np.asarray(value, float))}
    interface = get_interface("regression")
    if quantiles is None:
        return validate_predictions(pa.table(given, schema=interface.answer), inputs)
    schema = interface.prediction_schemas()[1]
    given["quantiles"] = pa.array(np.asarray(quantiles).tolist(), schema.field("quantiles").type)
    return validate_predictions(pa.table(given, schema=schema), inputs)


def around(values):
    """Nine quantiles from 40 below to 40 above."""
    return np.asarray(values, float)[:, None] + (np.array(QUANTILE_LEVELS) - 0.5) * 100


def column(exhibit, name):
    return exhibit.tables[0].column(name)


def test_predictions_are_held_as_they_are_scored_and_true_lives_as_they_are():
    made = life_scatter(["a", "b"], np.array([10.0, 180.0]), np.array([-5.0, 200.0]), problems={})
    assert column(made, "true") == (10.0, 180.0)
    assert column(made, "predicted") == (0.0, 125.0)
    assert (made.value("cap"), made.unit_of("cap"), made.role) == (125.0, "cycles", "common")


def test_an_unusable_answer_is_a_machine_without_a_prediction():
    made = life_scatter(
        ["a", "b"],
        np.array([10.0, 20.0]),
        np.array([12.3456, np.nan]),
        problems={1: NAN},
        quantiles=np.array([[2.0, 30.0], [np.nan, np.nan]]),
    )
    assert column(made, "predicted") == (12.35, None)
    assert (column(made, "low"), column(made, "high")) == ((2.0, None), (30.0, None))


def test_where_no_answer_is_usable_the_first_reason_stands_in_place_of_the_dots():
    made = life_scatter(["a", "b"], np.ones(2), np.full(2, np.nan), problems={1: NAN, 0: Problem("SB305", "row 0", "")})
    assert (made.broken.code, made.tables) == ("SB305", ())


def test_a_course_holds_truth_plan_and_quantiles():
    made = life_course(
        "m",
        np.array([30.0, 40.0]),
        np.array([80.0, 5.0]),
        life=50.0,
        choice=WHY,
        quantiles=np.array([[70.0, 90.0], [0.0, 10.0]]),
        planned_at=40.0,
    )
    assert column(made, "truth") == (20.0, 10.0)
    assert column(made, "high") == (90.0, 10.0)
    assert (made.value("ends_at"), made.value("planned_at")) == (50.0, 40.0)
    never = life_course("m", np.array([30.0]), np.array([80.0]), life=50.0, choice=WHY)
    assert never.value("planned_at") is None


def test_a_prediction_of_any_size_can_be_held():
    made = life_course("m", np.array([30.0]), np.array([1.7e308]), life=50.0, choice=WHY)
    assert column(made, "value") == (1e12,)


def test_a_course_with_an_unusable_answer_is_not_drawn():
    made = life_course("m", np.array([30.0]), np.array([np.nan]), life=50.0, choice=WHY, problem=NAN)
    assert (made.broken.code, made.quantities) == ("SB306", ())


@pytest.mark.parametrize("subset", turbofan_rul.TASKS)
def test_every_engine_of_a_subset_is_a_dot_and_all_fit_into_a_cell(files, subset):
    task, draw = turbofan_rul.TASKS[subset], Draw("no-counter")
    inputs, references = task.inputs(files, draw), task.references(files, draw)
    value = np.minimum(references.column("rul").to_numpy(), 125.0)
    value[3] = np.nan
    answers = answered(inputs, value, around(np.nan_to_num(value)))
    (made,) = task.exhibits(answers, references, task.score(answers, references))
    assert column(made, "id") == tuple(inputs.column("id").to_pylist())
    assert column(made, "true") == tuple(references.column("rul").to_pylist())
    assert [at for at, one in enumerate(column(made, "predicted")) if one is None] == [3]
    assert len(Exhibits.of([made]).content) < LARGEST_BYTES / 4


@pytest.fixture(scope="module")
def meetings(files):
    """Inputs and references of the cost task."""
    draw = Draw("no-counter")
    return turbofan_cost.TASK.inputs(files, draw), turbofan_cost.TASK.references(files, draw)


def truth(references):
    return np.array([row["life"] - row["age"] for row in references.to_pylist()])


def test_all_models_show_the_engine_of_middle_life_and_each_the_dearest_of_its_own(meetings):
    inputs, references = meetings
    late = truth(references)
    late[np.array(references.column("engine").to_pylist()) == "FD001-train-010"] = 125.0
    units = {}
    for name, value in (("truth", truth(references)), ("late", late)):
        answers = answered(inputs, value, around(value))
        scored = turbofan_cost.TASK.score(answers, references)
        units[name] = turbofan_cost.TASK.exhibits(answers, references, scored)
    assert {one[0].unit for one in units.values()} == {"FD001-train-050"}  # the 25th of 50 lives: 198 cycles
    common, worst = units["late"]
    assert (common.role, worst.role, worst.unit) == ("common", "worst", "FD001-train-010")
    assert worst.value("planned_at") is None  # it fails
    assert worst.value("ends_at") == 222.0
    ages = column(common, "at")
    assert ages[:2] == (30.0, 40.0)
    assert column(common, "truth") == tuple(198.0 - age for age in ages) == column(common, "value")
    assert column(common, "high")[0] - column(common, "value")[0] == 40.0
    assert common.value("planned_at") == max(age for age in ages if age < 198.0)


def test_an_engine_with_an_unusable_answer_is_told_and_not_drawn(meetings):
    inputs, references = meetings
    value = truth(references)
    value[references.column("engine").to_pylist().index("FD001-train-050")] = np.inf
    answers = answered(inputs, value)
    common, *_ = turbofan_cost.TASK.exhibits(answers, references, turbofan_cost.TASK.score(answers, references))
    assert (common.unit, common.broken.code) == ("FD001-train-050", "SB306")
