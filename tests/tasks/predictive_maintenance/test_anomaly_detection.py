"""Anomaly tasks: counts of the data, prefixes, scores by hand, the caveats' figures, and detectors that look ahead."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.adapters import LoadContext
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import DataError
from sectorbench.harness.interfaces import get_interface
from sectorbench.harness.task import Draw
from sectorbench.harness.units import statistics_matrix
from sectorbench.harness.validation import InvalidPredictionsError, validate_predictions
from sectorbench.tasks.predictive_maintenance import machine_temperature, pump_anomaly
from sectorbench.tasks.predictive_maintenance.anomaly_detection import AnomalyDetection, Run
from sectorbench.tasks.predictive_maintenance.anomaly_metrics import events_of
from sectorbench.tasks.predictive_maintenance.nab import NORMAL_STEPS as NAB_NORMAL
from sectorbench.tasks.predictive_maintenance.nab import read_machine
from sectorbench.tasks.predictive_maintenance.rules import detectors
from sectorbench.tasks.predictive_maintenance.skab import SKAB, read_normal_run, read_test_runs
from sklearn.metrics import f1_score

DRAW = Draw("default")
PUMP = pump_anomaly.TASK


@pytest.fixture(scope="module")
def files(mirror):
    return DataFiles(mirror=mirror, cache=mirror / "no cache", download=False)


def handmade(runs):
    """The pump's task on runs of a test's own."""
    return AnomalyDetection(
        PUMP.card,
        channels=pump_anomaly.CHANNELS[:2],
        step_s=1.0,
        test_runs=lambda files: runs,
        train_runs=None,
        axis="experiment",
    )


def a_run(name="a", *, length=120, normal=60, event=(90, 100)):
    rng = np.random.default_rng(len(name))
    readings = rng.normal(size=(length, 2)).astype(np.float32)
    anomalous = np.zeros(length, bool)
    anomalous[slice(*event)] = True
    readings[anomalous] += 8
    return Run(name, "group", readings, anomalous, normal)


def answered(task, files, scores_of):
    """Answers by a function of (readings, normal steps) to scores."""
    inputs = task.inputs(files, DRAW)
    lists = [
        np.asarray(scores_of(np.array(row["series"]), row["normal_steps"]), float).tolist()
        for row in inputs.to_pylist()
    ]
    answer = get_interface("detection").answer
    table = pa.table({"id": inputs.column("id"), "score": pa.array(lists, answer.field("score").type)}, schema=answer)
    return validate_predictions(table, inputs)


def values(task, files, answers):
    units = task.score(answers, task.references(files, DRAW))
    return units, {m.name: m.value(statistics_matrix(units, m)) for m in task.card.metrics}


def level(readings, normal_steps):
    return np.abs(readings).max(axis=1)


def test_every_run_is_asked_about_whole_and_cut_off_at_five_places():
    task = handmade([a_run("a"), a_run("bb")])
    inputs = task.inputs(None, DRAW)
    assert inputs.column("id").to_pylist()[:3] == ["a", "bb", "a/prefix-1"]
    assert inputs.column("prefix_of").to_pylist() == ["", ""] + ["a"] * 5 + ["bb"] * 5
    lengths = [len(one) for one in inputs.column("series").to_pylist()]
    assert lengths[:2] == [120, 120]
    assert all(80 <= one < 120 for one in lengths[2:])
    assert inputs.equals(task.inputs(None, DRAW))


def test_scores_of_a_run_are_those_counted_by_hand():
    run = a_run(event=(90, 100))
    task = handmade([run])
    score = np.zeros(120)
    score[[70, 92, 93]] = 1.0  # one false alarm, the event found two steps late

    def given(readings, normal_steps):
        return score[: len(readings)]

    _, found = values(task, None, answered(task, None, given))
    assert found["f1"] == pytest.approx(2 * 2 / (2 * 2 + 1 + 8))
    assert found["detection_delay_s"] == 2
    assert found["events_found_share"] == 1
    assert found["false_alarm_share"] == pytest.approx(1 / 50)
    assert found["false_alarms_per_hour"] == pytest.approx(3600 / 50)
    # the three steps at 1 hold two of ten anomalous ones, all sixty steps hold the other eight
    assert found["auprc"] == pytest.approx(0.2 * 2 / 3 + 0.8 * 10 / 60)


def test_a_score_that_looks_ahead_fails_the_cell():
    task = handmade([a_run("a"), a_run("bb")])

    def centred(readings, normal_steps):
        padded = np.pad(np.abs(readings).max(axis=1), 5, mode="edge")
        return np.convolve(padded, np.ones(11) / 11, mode="valid")

    with pytest.raises(InvalidPredictionsError, match=r"SB313.*row 0.*where it ends at step"):
        answered(task, None, centred)


@pytest.mark.parametrize("hidden", ["first step", "normal part", "every step"])
def test_a_look_ahead_is_not_hidden_behind_scores_that_are_far_away(hidden):
    def centred(readings, normal_steps):
        padded = np.pad(np.abs(readings).max(axis=1), 5, mode="edge")
        score = np.convolve(padded, np.ones(11) / 11, mode="valid")
        score[
            {"first step": slice(0, 1), "normal part": slice(0, normal_steps), "every step": slice(None)}[hidden]
        ] += 1e9
        return score

    with pytest.raises(InvalidPredictionsError, match=r"SB313.*row 0"):
        answered(handmade([a_run("a"), a_run("bb")]), None, centred)


def test_rounding_to_float32_is_no_look_ahead():
    answers = answered(
        handmade([a_run("a"), a_run("bb")]),
        None,
        lambda r, n: np.float32(level(r, n)) * np.float32(1 + 1e-7 * (len(r) % 3)) + np.r_[1e3, np.zeros(len(r) - 1)],
    )
    assert answers.problems == {}


def test_a_score_scaled_by_the_whole_run_fails_the_cell():
    with pytest.raises(InvalidPredictionsError, match="SB313"):
        answered(handmade([a_run()]), None, lambda r, n: level(r, n) / np.abs(r).max() + 0.01 * len(r))


@pytest.mark.parametrize(("length", "code"), [(119, "SB307"), (121, "SB307")])
def test_scores_of_another_length_count_as_the_worst(length, code):
    task = handmade([a_run("a"), a_run("bb")])
    inputs = task.inputs(None, DRAW)
    lists = [level(np.array(row["series"]), 0).tolist() for row in inputs.to_pylist()]
    lists[0] = (lists[0] + [0.0])[:length]
    answer = get_interface("detection").answer
    table = pa.table({"id": inputs.column("id"), "score": pa.array(lists, answer.field("score").type)}, schema=answer)
    answers = validate_predictions(table, inputs)
    assert answers.problems[0].code == code
    units, found = values(task, None, answers)
    assert units.column("invalid").to_pylist() == [1, 0]
    assert units.column("average_precision").to_pylist()[0] == 0
    assert units.column("found").to_pylist() == [0, 1]
    assert found["auprc"] == pytest.approx(units.column("average_precision").to_pylist()[1] / 2)


def test_an_infinite_score_in_a_prefix_spoils_its_run():
    task = handmade([a_run("a"), a_run("bb")])
    inputs = task.inputs(None, DRAW)
    lists = [level(np.array(row["series"]), 0).tolist() for row in inputs.to_pylist()]
    lists[3][7] = float("inf")
    answer = get_interface("detection").answer
    table = pa.table({"id": inputs.column("id"), "score": pa.array(lists, answer.field("score").type)}, schema=answer)
    answers = validate_predictions(table, inputs)
    units, _ = values(task, None, answers)
    assert units.column("code").to_pylist() == ["SB306", ""]
    (picture,) = task.exhibits(answers, task.references(None, DRAW), units)  # "a" is the common run and the worst one
    assert (picture.unit, picture.broken.code) == ("a", "SB306")


def test_the_picture_has_the_alarms_that_the_score_counts():
    task = handmade([a_run("a"), a_run("bb")])
    answers = answered(task, None, level)
    units, found = values(task, None, answers)
    picture = task.exhibits(answers, task.references(None, DRAW), units)[0]
    alarm, labelled = np.array(picture.table("steps").column("alarm")), np.zeros(120)
    labelled[90:100] = 1
    row = units.to_pylist()[0]
    assert (row["tp"], row["fp"]) == ((alarm * labelled).sum(), (alarm * (1 - labelled)).sum())
    assert picture.value("average_precision") == pytest.approx(row["average_precision"], abs=1e-6)
    assert found["f1"] > 0


@pytest.mark.parametrize("name", ["AlwaysAlarm", "HotellingT2", "MovingLevel", "RandomScores", "RunClock"], ids=str)
def test_every_detector_of_ours_is_causal(name):
    task = handmade([a_run("a"), a_run("bb")])
    inputs = task.inputs(None, DRAW)
    adapter = getattr(detectors, name).load(LoadContext(None, {}, "detection", inputs.schema))
    said = pa.Table.from_batches([adapter.predict(one) for one in inputs.combine_chunks().to_batches(max_chunksize=5)])
    assert validate_predictions(said, inputs).problems == {}


def test_hotelling_finds_a_shift_that_no_channel_shows_alone():
    rng = np.random.default_rng(0)
    common = rng.normal(size=200)
    run = np.stack([common, common + 0.01 * rng.normal(size=200)], axis=1)
    run[150:160, 1] -= 0.5
    scores = detectors.HotellingT2(2, 0).scores(run, 100, "x")
    assert scores[150:160].min() > 10 * scores[100:150].max()


def test_counts_of_the_pump_data_are_those_of_its_authors(files):
    runs = read_test_runs(files)
    scored = [run.anomalous[run.normal_steps :] for run in runs]
    assert (len(runs), sum(map(len, scored))) == (34, 23_801)
    assert sum(map(sum, scored)) / 23_801 == pytest.approx(0.537, abs=5e-4)
    assert {len(events_of(one)) for one in scored} == {1}
    assert len(read_normal_run(files)[0].readings) == 9_405


def test_the_figures_of_the_pumps_caveats(files):
    """Always alarming, a random 2 % with and without point adjustment, and the anomalous steps of a normal part."""
    runs = read_test_runs(files)
    scored = [run.anomalous[400:] for run in runs]
    truth = np.concatenate(scored)
    assert f1_score(truth, np.ones(len(truth))) == pytest.approx(0.698, abs=5e-4)
    assert int(next(run for run in runs if run.name == "other/2").anomalous[:400].sum()) == 296
    alarm = np.random.default_rng(0).random(len(truth)) < 0.02
    assert f1_score(truth, alarm) == pytest.approx(0.039, abs=0.01)
    adjusted, at = alarm.copy(), 0
    for one in scored:
        for first, end in events_of(one):
            if alarm[at + first : at + end].any():
                adjusted[at + first : at + end] = True
        at += len(one)
    assert f1_score(truth, adjusted) == pytest.approx(0.99, abs=0.005)


def test_a_clock_ranks_the_steps_of_the_pump_better_than_hotelling(files):
    inputs = PUMP.inputs(files, DRAW)
    found = {}
    for name in ("RunClock", "HotellingT2"):
        adapter = getattr(detectors, name).load(LoadContext(None, {}, "detection", inputs.schema))
        said = pa.Table.from_batches([adapter.predict(one) for one in inputs.combine_chunks().to_batches()])
        found[name] = values(PUMP, files, validate_predictions(said, inputs))[1]["auprc"]
    assert found["RunClock"] > 0.9
    assert found["HotellingT2"] == pytest.approx(0.80, abs=0.02)


def test_the_machines_normal_part_ends_before_its_first_failure(files):
    (run,) = read_machine(files)
    windows = events_of(run.anomalous)
    assert len(windows) == 4
    assert windows[0][0] > NAB_NORMAL
    assert machine_temperature.TASK.inputs(files, DRAW).num_rows == 6


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda t: t.replace("Pressure", "Druck", 1), "columns"),
        (lambda t: t.replace("0.0;0.0", "0.0", 1), "not a table"),
        (lambda t: t.replace("0.0;0.0", "nan;0.0", 1), "not a table"),
        (lambda t: t.rsplit("\n", 2)[0] + "\n", r"37,3\d\d rows"),
    ],
)
def test_a_changed_file_of_the_pump_is_told(files, change, named, monkeypatch):
    texts = {file.path: files.read(file).decode() for file in SKAB.files}
    monkeypatch.setattr(DataFiles, "read", lambda self, file: change(texts[file.path]).encode())
    with pytest.raises(DataError, match=named):
        read_test_runs(files)
