"""Tests of the turbofan tasks: on handmade engines in the shape of FD001, and figures of the reference on real ones."""

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import ScoringError, UsageError
from sectorbench.harness.interfaces import get_interface, table_info
from sectorbench.harness.task import Draw
from sectorbench.harness.units import statistics_matrix
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.predictive_maintenance.cmapss import SUBSETS, read_runs
from sectorbench.tasks.predictive_maintenance.turbofan_cards import SUBSET_FACTS
from sectorbench.tasks.predictive_maintenance.turbofan_rul import FD001 as TASK
from sectorbench.tasks.predictive_maintenance.turbofan_rul import TASKS

BARE, COUNTER = Draw("no-counter"), Draw("counter")
TRAIN_LENGTHS = [206] * 99 + [237]
TEST_LENGTHS = [12] + [130] * 98 + [344]
LIVES = [50 + engine for engine in range(100)]


class HandmadeEngines:
    """Stands for DataFiles with FD001's counts; channel i reads 1000 engine + cycle + i / 100."""

    def __init__(self):
        self.files = {
            "train_FD001.txt": self.runs(TRAIN_LENGTHS),
            "test_FD001.txt": self.runs(TEST_LENGTHS),
            "RUL_FD001.txt": "".join(f"{life} \n" for life in LIVES).encode(),
        }

    @staticmethod
    def runs(lengths):
        channels = [f"{i / 100:.2f}"[1:] for i in range(24)]
        lines = []
        for engine, length in enumerate(lengths, start=1):
            for cycle in range(1, length + 1):
                whole = 1000 * engine + cycle
                lines.append(f"{engine} {cycle} {' '.join(f'{whole}{c}' for c in channels)}\n")
        return "".join(lines).encode()

    def read(self, file):
        return self.files[Path(file.path).name]


@pytest.fixture(scope="module")
def handmade():
    return HandmadeEngines()


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    if "SECTORBENCH_DATA" not in os.environ:
        pytest.skip("needs the data mirror: set SECTORBENCH_DATA")
    return DataFiles(mirror=Path(os.environ["SECTORBENCH_DATA"]), cache=tmp_path_factory.mktemp("cache"))


def answered(inputs, value):
    table = pa.table([inputs.column("id"), pa.array(value, pa.float64())], schema=get_interface("regression").answer)
    return validate_predictions(table, inputs)


def metrics(units):
    totals = {m: statistics_matrix(units, m).sum(axis=0) for m in TASK.card.metrics}
    return {m.name: float(m.of.value(total)) for m, total in totals.items() if m.among is None or total[-1] > 0}


def test_each_test_engine_is_asked_once_about_its_last_cycles(handmade):
    inputs = TASK.inputs(handmade, BARE)
    inputs.validate(full=True)
    series = inputs.column("series")
    assert inputs.num_rows == 100
    assert len(series[1].as_py()) == 30
    assert [step[0] for step in series[1].as_py()] == [2000.0 + cycle for cycle in range(101, 131)]
    assert series[1].as_py()[0][5] == np.float32(2101.05)


def test_series_shorter_than_the_window_is_given_whole(handmade):
    series = TASK.inputs(handmade, BARE).column("series")[0].as_py()
    assert [step[0] for step in series] == [1000.0 + cycle for cycle in range(1, 13)]


def test_baseline_is_the_mean_of_the_first_five_cycles(handmade):
    inputs = TASK.inputs(handmade, BARE)
    assert [q["name"] for q in table_info(inputs.schema)["static"]][:2] == ["baseline_altitude", "baseline_mach"]
    assert inputs.column("static")[1].as_py()[0] == 2003.0
    assert len(inputs.column("static")[1].as_py()) == 24


def test_only_the_counter_track_tells_how_long_an_engine_has_run(handmade):
    bare, counter = TASK.inputs(handmade, BARE), TASK.inputs(handmade, COUNTER)
    assert table_info(counter.schema)["static"][-1] == {"name": "cycles_run", "unit": "cycles"}
    assert counter.column("static")[99].as_py()[-1] == 344.0
    assert bare.column("series").equals(counter.column("series"))
    assert [one.as_py()[:24] for one in counter.column("static")] == bare.column("static").to_pylist()


def test_no_test_id_holds_the_age_of_an_engine(handmade):
    assert TASK.inputs(handmade, COUNTER).column("id").to_pylist() == [f"FD001-test-{e:03d}" for e in range(1, 101)]


def test_unknown_track_is_an_error_that_names_the_tracks(handmade):
    with pytest.raises(UsageError, match="no-counter, counter"):
        TASK.inputs(handmade, Draw("count"))


def test_references_stand_in_the_order_of_the_inputs(handmade):
    references = TASK.references(handmade, BARE)
    assert references.column("id").equals(TASK.inputs(handmade, BARE).column("id"))
    assert references.column("rul").to_pylist() == LIVES


def test_training_rows_are_prefixes_that_hold_nothing_of_the_future(handmade):
    examples = TASK.examples(handmade, "train", BARE)
    examples.inputs.validate(full=True)
    assert examples.inputs.num_rows == sum(TRAIN_LENGTHS)
    at = examples.inputs.column("id").to_pylist().index("FD001-train-002-0003")
    row = examples.inputs.slice(at, 1).to_pylist()[0]
    assert [step[0] for step in row["series"]] == [2001.0, 2002.0, 2003.0]
    assert row["static"][0] == 2002.0  # the mean of three cycles: the fourth has not been yet
    later = examples.inputs.slice(at + 97, 1).to_pylist()[0]
    assert later["id"] == "FD001-train-002-0100"
    assert [step[0] for step in later["series"]] == [2000.0 + cycle for cycle in range(71, 101)]
    assert later["static"][0] == 2003.0


def test_training_targets_count_down_to_zero_capped_and_raw(handmade):
    targets = TASK.examples(handmade, "train", BARE).targets
    assert targets.column("rul").to_pylist()[:206] == list(range(205, -1, -1))
    assert targets.column("value").to_pylist()[:206] == [min(life, 125) for life in range(205, -1, -1)]


def test_test_targets_are_not_handed_out(handmade):
    with pytest.raises(UsageError, match="exports no split 'test'"):
        TASK.examples(handmade, "test", BARE)


def test_answer_that_is_not_finite_counts_as_the_worst_value(handmade):
    inputs, references = TASK.inputs(handmade, BARE), TASK.references(handmade, BARE)
    value = np.minimum(LIVES, 125.0)
    value[3] = np.nan
    units = TASK.score(answered(inputs, value), references)
    assert units.column("invalid").to_pylist() == [int(row == 3) for row in range(100)]
    assert units.column("code")[3].as_py() == "SB306"
    assert metrics(units)["rmse_capped_cycles"] == pytest.approx(12.5)  # sqrt(125^2 / 100)


def test_the_picture_holds_every_engine_with_its_raw_life_and_the_answer_as_it_is_scored(handmade):
    inputs, references = TASK.inputs(handmade, BARE), TASK.references(handmade, BARE)
    value = np.array(LIVES, float) + 300.0
    value[3] = np.nan
    answers = answered(inputs, value)
    (picture,) = TASK.exhibits(answers, references, TASK.score(answers, references))
    points = picture.table("points")
    assert (picture.kind, picture.role, points.column("true")) == ("scatter", "common", tuple(LIVES))
    assert points.column("predicted") == tuple(None if row == 3 else 125.0 for row in range(100))


def test_units_carry_the_band_of_the_true_life(handmade):
    inputs = TASK.inputs(handmade, BARE)
    units = TASK.score(answered(inputs, np.full(100, 80.0)), TASK.references(handmade, BARE))
    bands = dict(zip(LIVES, units.column("slice:remaining_life").to_pylist(), strict=True))
    assert [bands[life] for life in (50, 51, 125, 126)] == ["<=50", "51-125", "51-125", ">125"]


def test_part_of_the_inputs_is_scored_with_its_own_references(handmade):
    inputs, references = TASK.inputs(handmade, BARE).slice(90, 10), TASK.references(handmade, BARE)
    units = TASK.score(answered(inputs, np.minimum(LIVES[90:], 125.0)), references)
    assert units.num_rows == 10
    assert metrics(units)["rmse_capped_cycles"] == 0


def test_answers_without_references_are_refused(handmade):
    inputs, references = TASK.inputs(handmade, BARE), TASK.references(handmade, BARE)
    with pytest.raises(ScoringError, match="FD001-test-100"):
        TASK.score(answered(inputs, np.full(100, 80.0)), references.slice(0, 99))


EVERY_TASK = pytest.mark.parametrize("name", TASKS)


@EVERY_TASK
def test_card_numbers_agree_with_the_source(name):
    card, subset = TASKS[name].card, SUBSETS[name]
    assert card.tracks[0].name == "no-counter"
    assert card.perfect == card.primary.best == 0.0
    assert {s.name: (s.units, s.rows) for s in card.splits} == {
        "train": (subset.train_engines, subset.train_rows),
        "test": (subset.test_engines, subset.test_engines),
    }
    assert {p.metric for p in card.published} == {"rmse_capped_cycles", "rmse_raw_cycles"}
    assert str(subset.test_engines) in card.summary.en and str(subset.test_engines) in card.summary.zh
    assert ("six operating regimes" in card.summary.en) == (subset.regimes == 6)


@EVERY_TASK
def test_published_figures_below_the_oracle_are_never_said_to_be_on_raw_labels(name):
    card = TASKS[name].card
    floor = card.yardsticks[0].values["rmse_raw_cycles"]
    assert all(p.value > floor for p in card.published if p.metric == "rmse_raw_cycles")


@EVERY_TASK
def test_each_subset_asks_its_own_engines_by_the_same_channels(real, name):
    inputs = TASKS[name].inputs(real, BARE)
    inputs.validate(full=True)
    assert inputs.num_rows == SUBSETS[name].test_engines
    assert inputs.column("id")[0].as_py() == f"{name}-test-001"
    assert TASKS[name].references(real, BARE).column("id").equals(inputs.column("id"))
    assert table_info(inputs.schema)["channels"] == table_info(TASK.inputs(real, BARE).schema)["channels"]


@pytest.mark.parametrize("name", ["FD002", "FD004"])
def test_where_an_engine_changes_regimes_its_first_five_cycles_are_given_themselves(real, name):
    inputs, runs = TASKS[name].inputs(real, COUNTER), read_runs(real, SUBSETS[name], "test")
    names = [q["name"] for q in table_info(inputs.schema)["static"]]
    assert (names[0], names[24], names[-2:]) == (
        "baseline_1_altitude",
        "baseline_2_altitude",
        ["baseline_5_W32", "cycles_run"],
    )
    static = np.array(inputs.column("static").to_pylist(), np.float32)
    for engine in (0, 7, len(static) - 1):
        first = runs.first[engine]
        assert static[engine, :-1].reshape(5, 24).tolist() == runs.readings[first : first + 5].tolist()


def test_first_cycles_that_have_not_been_yet_are_missing_from_training_rows(real):
    inputs, runs = TASKS["FD002"].examples(real, "train", BARE).inputs, read_runs(real, SUBSETS["FD002"], "train")
    at = int(runs.first[4]) + 2  # the third cycle of the fifth engine
    assert inputs.column("id")[at].as_py() == "FD002-train-005-0003"
    early = np.array(inputs.column("static")[at].as_py(), np.float32).reshape(5, 24)
    assert early[:3].tolist() == runs.readings[at - 2 : at + 1].tolist()
    assert np.isnan(early[3:]).all()
    assert not np.isnan(np.array(inputs.column("static")[at + 2].as_py())).any()
    assert np.isfinite(np.array(TASKS["FD002"].inputs(real, BARE).column("static").to_pylist())).all()


@EVERY_TASK
def test_frozen_train_mean_is_that_of_the_real_data(real, name):
    targets = TASKS[name].examples(real, "train", BARE).targets
    assert targets.num_rows == SUBSETS[name].train_rows
    assert targets.column("value").to_numpy().mean() == pytest.approx(SUBSET_FACTS[name].train_mean, abs=5e-7)


@pytest.mark.parametrize(
    ("name", "capped", "raw", "phm08"),
    [
        ("FD001", 41.94, 43.07, 33_354),
        ("FD002", 44.93, 54.08, 115_590),
        ("FD003", 43.70, 45.07, 57_687),
        ("FD004", 45.57, 54.90, 164_681),
    ],
)
def test_constant_gives_the_figures_of_the_reference(real, name, capped, raw, phm08):
    task = TASKS[name]
    inputs = task.inputs(real, BARE)
    constant = np.full(inputs.num_rows, SUBSET_FACTS[name].train_mean)
    found = metrics(task.score(answered(inputs, constant), task.references(real, BARE)))
    assert found["rmse_capped_cycles"] == pytest.approx(capped, abs=0.005)
    assert found["rmse_raw_cycles"] == pytest.approx(raw, abs=0.005)
    assert found["phm08_sum_capped"] == pytest.approx(phm08, abs=1)


@pytest.mark.parametrize(
    ("name", "raw", "phm08"),
    [("FD001", 3.74, 15), ("FD002", 18.32, 2_010), ("FD003", 4.71, 23), ("FD004", 19.53, 2_130)],
)
def test_oracle_of_capped_labels_gives_the_figures_of_the_reference_and_of_the_card(real, name, raw, phm08):
    task = TASKS[name]
    inputs, references = task.inputs(real, BARE), task.references(real, BARE)
    oracle = np.minimum(references.column("rul").to_numpy(), 125.0)
    found = metrics(task.score(answered(inputs, oracle), references))
    assert found["rmse_raw_cycles"] == pytest.approx(raw, abs=0.005)
    assert found["phm08_sum_raw"] == pytest.approx(phm08, abs=0.5)
    (yardstick,) = task.card.yardsticks
    assert dict(yardstick.values) == pytest.approx(found, abs=5.1e-5)


@EVERY_TASK
def test_an_answer_of_at_most_125_is_never_nearer_to_raw_labels_than_the_oracle(real, name):
    task = TASKS[name]
    inputs, references = task.inputs(real, BARE), task.references(real, BARE)
    oracle = np.minimum(references.column("rul").to_numpy(), 125.0)
    best = metrics(task.score(answered(inputs, oracle), references))["rmse_raw_cycles"]
    rng = np.random.default_rng(0)
    for spread in (0.01, 1.0, 30.0):
        near = metrics(task.score(answered(inputs, oracle + rng.normal(0, spread, len(oracle))), references))
        assert near["rmse_raw_cycles"] > best


@pytest.mark.parametrize(
    ("name", "short", "shortest"), [("FD001", 0, 30), ("FD002", 6, 21), ("FD003", 0, 30), ("FD004", 11, 19)]
)
def test_real_series_shorter_than_the_window_are_asked_whole_and_told_on_the_card(real, name, short, shortest):
    inputs = TASKS[name].inputs(real, COUNTER)
    lengths = inputs.column("series").combine_chunks().value_lengths().to_numpy()
    assert ((lengths < 30).sum(), lengths.min(), lengths.max()) == (short, shortest, 30)
    age = np.array(inputs.column("static").to_pylist())[:, -1]
    assert (lengths == np.minimum(age, 30)).all()  # nothing is padded: a row that is shorter is the engine's age
    title = TASKS[name].card.tracks[0].title
    assert (f"{short} of {len(lengths)} runs" in title.en) == (f"有 {short} 台" in title.zh) == bool(short)
