"""Precision-recall curves and scores over a run: areas that thinning keeps, peaks that it does not lose, real tasks."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.codes import Problem
from sectorbench.harness.data import DataFiles
from sectorbench.harness.exhibits import LARGEST_BYTES, Exhibits
from sectorbench.harness.interfaces import get_interface
from sectorbench.harness.task import Draw
from sectorbench.harness.text import Text
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.exhibit_choice import Choice
from sectorbench.tasks.predictive_maintenance import machine_temperature, milling_failure, pump_anomaly
from sectorbench.tasks.predictive_maintenance.alarm_pictures import (
    MOST_CURVE_STEPS,
    MOST_RUN_STEPS,
    ScoredRun,
    precision_recall_exhibit,
    precision_recall_steps,
    run_course,
    thinned_steps,
)
from sklearn.metrics import average_precision_score, precision_recall_curve

DRAW = Draw("default")
WHY = Choice("common", Text("because", "因为"))
NAN = Problem("SB306", "row 0", "nan")
FAILURES = Text("failures", "故障")
COUNTS = {"average_precision": 0.5, "events": 1.0, "found": 1.0, "false_onsets": 0.0}


@pytest.fixture(scope="module")
def files(mirror):
    return DataFiles(mirror=mirror, cache=mirror / "no cache", download=False)


def area(recall, precision):
    return float(np.sum(np.diff(recall, prepend=0.0) * precision))


def test_a_short_curve_is_that_of_scikit_learn():
    rng = np.random.default_rng(5)
    score, positive = rng.integers(0, 9, 60).astype(float), rng.random(60) < 0.4
    recall, precision = precision_recall_steps(score, positive)
    theirs, found, _ = precision_recall_curve(positive, score)
    steps = {round(r, 9): p for r, p in zip(found, theirs, strict=True)}  # of equal recall the last: most precise
    for one, value in zip(recall, precision, strict=True):
        assert value == pytest.approx(steps[round(one, 9)])
    assert area(recall, precision) == pytest.approx(average_precision_score(positive, score))


@pytest.mark.parametrize("seed", range(5))
def test_a_thinned_curve_keeps_its_area(seed):
    rng = np.random.default_rng(seed)
    positive = rng.random(20_000) < 0.3
    score = rng.normal(size=20_000) + positive * rng.uniform(0, 2)
    recall, precision = precision_recall_steps(score, positive)
    assert len(recall) <= MOST_CURVE_STEPS
    assert (np.diff(recall) > 0).all()
    assert recall[-1] == pytest.approx(1.0)
    assert area(recall, precision) == pytest.approx(average_precision_score(positive, score), abs=1e-12)


def test_a_constant_score_is_one_step_at_the_share_of_positives():
    recall, precision = precision_recall_steps(np.zeros(4), np.array([True, False, False, False]))
    assert (recall.tolist(), precision.tolist()) == ([1.0], [0.25])


def test_the_exhibit_of_a_curve_holds_decisions_and_counts():
    positive = np.array([True, True, False, False])
    made = precision_recall_exhibit(
        np.array([4.0, 2.0, 3.0, 1.0]), positive, np.array([True, False, True, False]), problems={}, positives=FAILURES
    )
    assert made.tables[0].column("recall") == (0.5, 1.0)
    assert {q.name: q.value for q in made.quantities} == {
        "average_precision": 0.833333, "positive_share": 0.5, "decided_recall": 0.5, "decided_precision": 0.5,
        "positives": 2, "rows": 4,
    }  # fmt: skip
    silent = precision_recall_exhibit(np.zeros(4), positive, np.zeros(4, bool), problems={1: NAN}, positives=FAILURES)
    assert (silent.value("decided_recall"), silent.value("unusable")) == (None, 1)


def test_a_curve_that_was_thinned_says_how():
    score = np.arange(2_000.0)
    thinned = precision_recall_exhibit(score, score > 999, score > 999, problems={}, positives=FAILURES)
    whole = precision_recall_exhibit(score, score > 1_900, score > 999, problems={}, positives=FAILURES)
    assert "the area stays the same" in thinned.part.en
    assert thinned.tables[0].rows == MOST_CURVE_STEPS
    assert (whole.part, whole.tables[0].rows) == (None, 99)


def test_a_curve_without_a_usable_answer_is_told():
    problems = dict.fromkeys(range(2), NAN)
    made = precision_recall_exhibit(
        np.array([-1.0, 2.0]), np.array([True, False]), np.zeros(2, bool), problems=problems, positives=FAILURES
    )
    assert (made.broken.code, made.tables) == ("SB306", ())


@pytest.mark.parametrize(("length", "normal"), [(1_200, 400), (5_000, 1_234), (22_695, 2_000)])
def test_thinning_loses_no_peak_and_no_alarm(length, normal):
    score = np.random.default_rng(length).normal(size=length)
    steps = thinned_steps(score, normal)
    assert len(steps) <= MOST_RUN_STEPS + 2
    assert (np.diff(steps) > 0).all()
    assert score[steps].max() == score.max()
    threshold = np.quantile(score, 0.999)
    size = -(-length // MOST_RUN_STEPS)
    wanted = {(at - normal) // size for at in np.flatnonzero(score > threshold) if at >= normal}
    drawn = {(at - normal) // size for at in steps if at >= normal and score[at] > threshold}
    assert drawn == wanted


def a_run(score, anomalous, **changes):
    facts = {"name": "r", "threshold": 1.0, "normal_steps": 2, "step_s": 1.0} | changes
    return ScoredRun(score=score, anomalous=np.array(anomalous, bool), **facts)


def test_alarms_are_scores_above_the_threshold_behind_the_normal_part():
    made = run_course(a_run(np.array([5.0, 0.0, 1.0, 2.0, 0.5]), [0, 0, 0, 1, 1]), COUNTS, choice=WHY, problem=None)
    assert made.tables[0].column("alarm") == (0, 0, 0, 1, 0)
    assert [made.tables[1].column(name) for name in ("first", "last")] == [(3.0,), (4.0,)]
    assert (made.value("normal_until"), made.value("threshold"), made.part) == (2.0, 1.0, None)


def test_a_run_of_days_is_told_in_days_and_what_was_thinned_is_said():
    score = np.zeros(2_400)
    made = run_course(a_run(score, score > 1, step_s=3_600.0), COUNTS, choice=WHY, problem=None)
    assert made.unit_of("normal_until") == "days"
    assert made.value("normal_until") == pytest.approx(2 / 24, abs=1e-5)
    assert "Of every 2 of the 2,400 steps" in made.part.en


def test_scores_of_any_size_are_held_and_alarms_stay_right():
    score = np.array([0.0, 1.0, 1.7e308, -1.7e308, 3.0])
    made = run_course(a_run(score, [0] * 5, threshold=1.6e308), COUNTS, choice=WHY, problem=None)
    assert made.tables[0].column("value")[2:4] == (1e300, -1e300)
    assert made.tables[0].column("alarm") == (0, 0, 1, 0, 0)


def test_a_run_without_a_usable_answer_is_told():
    made = run_course(a_run(None, [0, 0, 0, 1]), COUNTS, choice=WHY, problem=NAN)
    assert (made.broken.code, made.unit, made.tables) == ("SB306", "r", ())


# Real tasks


def detected(task, files, scores_of, spoiled=()):
    inputs, references = task.inputs(files, DRAW), task.references(files, DRAW)
    series = inputs.column("series").combine_chunks()
    lists = [np.asarray(scores_of(steps), float) for steps in series.value_lengths().to_pylist()]
    for row in spoiled:
        lists[row] = np.full(len(lists[row]), np.nan)
    schema = get_interface("detection").answer
    table = pa.table({"id": inputs.column("id"), "score": pa.array(lists, schema.field("score").type)}, schema=schema)
    answers = validate_predictions(table, inputs)
    return task.exhibits(answers, references, task.score(answers, references)), inputs


def test_the_pump_shows_the_run_of_middle_length_whole_and_its_worst_one(files):
    (common, worst), _ = detected(pump_anomaly.TASK, files, np.arange)
    assert (common.unit, common.role, worst.role, common.part) == ("valve1/12", "common", "worst", None)
    assert common.tables[0].rows == 1_140
    assert common.value("threshold") == pytest.approx(np.quantile(np.arange(400), 0.99), abs=0.01)
    assert sum(common.tables[0].column("alarm")) == 740
    assert common.tables[1].rows == common.value("events") == 1
    assert len(Exhibits.of([common, worst]).content) < LARGEST_BYTES / 2


def test_a_prefix_with_an_unusable_answer_is_told_in_the_place_of_its_run(files):
    inputs = pump_anomaly.TASK.inputs(files, DRAW)
    row = inputs.column("id").to_pylist().index("valve1/12/prefix-3")
    (common, *_), _ = detected(pump_anomaly.TASK, files, np.arange, [row])
    assert (common.unit, common.broken.code) == ("valve1/12", "SB306")


def test_eleven_weeks_of_temperature_are_thinned_and_stay_small(files):
    (common,), _ = detected(machine_temperature.TASK, files, lambda steps: np.sin(np.arange(steps)))
    assert (common.unit, common.tables[1].rows) == ("machine", 4)
    assert common.tables[0].rows <= MOST_RUN_STEPS
    assert common.tables[0].column("at")[-1] == pytest.approx(22_695 * 300 / 86_400, abs=0.1)
    assert len(Exhibits.of([common]).content) < LARGEST_BYTES / 4


def test_the_milling_curve_has_the_area_of_the_tasks_own_metric(files):
    task = milling_failure.TASK
    inputs, references = task.inputs(files, DRAW), task.references(files, DRAW)
    failed = np.array(references.column("class").to_pylist()) == "failure"
    chance = np.clip(np.random.default_rng(3).normal(0.3, 0.1, 4_000) + 0.2 * failed, 0, 1)
    chance[7] = 3.0  # breaks a rule
    schema = get_interface("classification").answer
    given = pa.array([[[1 - one, one]] for one in chance], schema.field("probability").type)
    answers = validate_predictions(pa.table({"id": inputs.column("id"), "probability": given}, schema=schema), inputs)
    units = task.score(answers, references)
    (made,) = task.exhibits(answers, references, units)
    wanted = average_precision_score(units.column("positive").to_numpy(), units.column("score").to_numpy())
    assert made.value("average_precision") == pytest.approx(wanted, abs=1e-6)
    assert (made.value("rows"), made.value("positives"), made.value("unusable")) == (4_000, 135, 1)
    assert made.tables[0].rows <= 135
