"""The hydraulic rig: counts, the split by combination, scores against scikit-learn, and what a random split leaks."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.adapters import LoadContext
from sectorbench.harness.adapters.constant import FrequentClass
from sectorbench.harness.adapters.segment_features import SeriesSegments
from sectorbench.harness.adapters.skops_model import SkopsModel
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import DataError, ScoringError, UsageError
from sectorbench.harness.interfaces import get_interface, table_info
from sectorbench.harness.submission import open_submission
from sectorbench.harness.task import Draw
from sectorbench.harness.units import statistics_matrix
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.predictive_maintenance.classifiers import build_hydraulic_trees
from sectorbench.tasks.predictive_maintenance.frozen_splits import SPLITS_FOLDER, read_split
from sectorbench.tasks.predictive_maintenance.hydraulic import CHANNELS, HEADS, ZEMA_HYDRAULIC, read_cycles
from sectorbench.tasks.predictive_maintenance.hydraulic_condition import SPLIT, TASK, TRAIN_COUNTS, drawn_split
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.metrics import f1_score

DRAW = Draw("default")
NAMES = [head.name for head in HEADS]


@pytest.fixture(scope="module")
def files(mirror):
    return DataFiles(mirror=mirror, cache=mirror / "no cache", download=False)


@pytest.fixture(scope="module")
def cycles(files):
    return read_cycles(files)


@pytest.fixture(scope="module")
def asked(files):
    return TASK.inputs(files, DRAW), TASK.references(files, DRAW)


def truth_of(references):
    columns = [references.column(head.name).to_pylist() for head in HEADS]
    return np.array([[h.classes.index(one) for one in c] for h, c in zip(HEADS, columns, strict=True)]).T  # (n, heads)


def one_hot(guess):
    """Probabilities of a model that is certain: a list per row and head."""
    return [[np.eye(len(h.classes))[at].tolist() for h, at in zip(HEADS, row, strict=True)] for row in guess]


def scored(asked, probability, **columns):
    inputs, references = asked
    given = {"id": inputs.column("id").to_pylist(), "probability": probability} | columns
    schema = get_interface("classification").prediction_schemas()[int("decided" in columns)]
    table = pa.table({n: pa.array(v, schema.field(n).type) for n, v in given.items()}, schema=schema)
    units = TASK.score(validate_predictions(table, inputs), references)
    return units, {m.name: m.value(statistics_matrix(units, m)) for m in TASK.card.metrics}


def served(asked, adapter):
    inputs, references = asked
    batches = inputs.combine_chunks().to_batches(max_chunksize=200)
    said = pa.Table.from_batches([adapter.predict(one) for one in batches])
    units = TASK.score(validate_predictions(said, inputs), references)
    return {m.name: m.value(statistics_matrix(units, m)) for m in TASK.card.metrics}


def test_the_files_and_channels_stand_in_one_order():
    named = [file.path.rpartition("/")[2].removesuffix(".txt") for file in ZEMA_HYDRAULIC.files]
    assert named == [*(channel.name for channel in CHANNELS), "profile"]


def test_there_are_2205_cycles_of_144_combinations(cycles):
    assert (len(cycles), len({one.combination for one in cycles})) == (2205, 144)
    assert cycles[0].series.shape == (60, 10)


def test_readings_at_10_hz_are_averaged_over_each_second_and_those_at_1_hz_kept(cycles, files):
    flow, vibration = (
        np.array(files.read(file).split(b"\n", 1)[0].split(), float)
        for file in ZEMA_HYDRAULIC.files
        if file.path.endswith(("/FS1.txt", "/VS1.txt"))
    )
    assert cycles[0].series[7, 2] == np.float32(flow[70:80].mean())
    np.testing.assert_array_equal(cycles[0].series[:, 9], vibration.astype(np.float32))


def test_the_frozen_split_is_the_drawn_one_and_shares_no_combination(files, cycles):
    assert (SPLITS_FOLDER / f"{SPLIT}.json").read_text(encoding="utf-8") == drawn_split(files)
    test = read_split(SPLIT)
    assert len(test) == 62
    count = Counter(one.combination for one in cycles)
    assert max(count[name] for name in test) == 21  # the three long ones are all in training
    train = TASK.examples(files, "train", DRAW).targets.column("combination").to_pylist()
    assert set(train).isdisjoint(test)
    assert set(train) | test == set(count)


def test_every_class_of_every_head_is_in_both_parts(files, asked):
    train = truth_of(TASK.examples(files, "train", DRAW).targets)
    test = truth_of(asked[1])
    for at, (head, counts) in enumerate(zip(HEADS, TRAIN_COUNTS, strict=True)):
        assert tuple(np.bincount(train[:, at])) == counts
        assert np.bincount(test[:, at], minlength=len(head.classes)).min() >= 150


def test_the_train_share_is_that_of_the_data(asked):
    shares = table_info(asked[0].schema)["train_share"]
    assert shares == [[n / 1541 for n in counts] for counts in TRAIN_COUNTS]


def test_test_cycles_tell_neither_their_combination_nor_their_place(asked, cycles):
    inputs, references = asked
    assert inputs.column_names == ["id", "series"]
    combinations = references.column("combination").to_pylist()
    neighbours = sum(a == b for a, b in itertools.pairwise(combinations))
    assert neighbours < 25  # 664 cycles of 62 combinations: about 11 by chance, 602 in the order of the file


def test_scores_are_those_of_scikit_learn(asked):
    truth = truth_of(asked[1])
    rng = np.random.default_rng(1)
    widths = [len(head.classes) for head in HEADS]
    drawn = [rng.dirichlet(np.ones(width), len(truth)) for width in widths]
    guess = np.stack([one.argmax(axis=1) for one in drawn], axis=1)
    guess[::2] = truth[::2]
    _, found = scored(asked, one_hot(guess))
    wanted = [f1_score(truth[:, at], guess[:, at], average="macro") for at in range(4)]
    assert [found[f"macro_f1_{name}"] for name in NAMES] == pytest.approx(wanted)
    assert found["mean_macro_f1"] == pytest.approx(np.mean(wanted))
    assert found["all_right"] == pytest.approx((truth == guess).all(axis=1).mean())


def test_units_are_cycles_and_blocks_are_combinations(asked):
    units, found = scored(asked, one_hot(truth_of(asked[1])))
    assert found["mean_macro_f1"] == 1.0
    assert units.num_rows == len(set(units.column("unit").to_pylist())) == 664
    assert set(units.column("block").to_pylist()) == read_split(SPLIT)


def test_the_submissions_own_decision_counts_where_it_gives_one(asked):
    truth = truth_of(asked[1])
    wrong = (truth + 1) % [len(head.classes) for head in HEADS]
    decided = [[[bool(p) for p in head] for head in row] for row in one_hot(truth)]
    assert scored(asked, one_hot(wrong), decided=decided)[1]["mean_macro_f1"] == 1.0


def test_an_unusable_answer_is_worse_than_any_wrong_one(asked):
    truth = truth_of(asked[1])
    broken = one_hot(truth)
    broken[5] = [[float("nan")] * len(head.classes) for head in HEADS]
    units, found = scored(asked, broken)
    assert sum(units.column("invalid").to_pylist()) == 1
    for shift in (1, 2, 3):
        guess = truth.copy()
        guess[5] = (guess[5] + shift) % [len(head.classes) for head in HEADS]
        other = scored(asked, one_hot(guess))[1]
        assert all(found[name] <= other[name] for name in found)


def test_references_of_other_inputs_are_refused(asked):
    inputs, references = asked
    table = pa.table(
        {"id": inputs.column("id"), "probability": one_hot(truth_of(references))},
        schema=get_interface("classification").answer,
    )
    with pytest.raises(ScoringError, match="no reference"):
        TASK.score(validate_predictions(table, inputs), references.slice(3))


def test_the_floor_is_certain_of_the_most_frequent_class_of_training(asked):
    found = served(asked, FrequentClass.load(LoadContext(None, {}, "classification", asked[0].schema)))
    truth = truth_of(asked[1])
    majority = [int(np.argmax(counts)) for counts in TRAIN_COUNTS]
    wanted = [f1_score(truth[:, at], np.full(664, majority[at]), average="macro", zero_division=0) for at in range(4)]
    assert found["mean_macro_f1"] == pytest.approx(np.mean(wanted))


def test_trees_leave_room_on_unseen_combinations(files, asked, tmp_path):
    """The reference, another grouped split and other features: .983 / .510 / .978 / .789, mean .815."""
    submission = open_submission(build_hydraulic_trees(files, tmp_path / "trees"), {})
    schema = asked[0].schema
    model = SkopsModel.load(LoadContext(submission.folder, submission.options, "classification", schema))
    found = served(asked, model)
    assert 0.80 < found["mean_macro_f1"] < 0.92
    assert found["macro_f1_valve"] < 0.75
    assert found["macro_f1_cooler"] > 0.97


@pytest.mark.parametrize(("head", "at_random", "by_combination"), [("valve", 0.90, 0.30), ("accumulator", 0.98, 0.70)])
def test_a_random_split_leaks_the_condition(files, asked, head, at_random, by_combination):
    """A yardstick and no score: the same trees on the same features, cycles at random against cycles by combination."""
    step, train = SeriesSegments(60), TASK.examples(files, "train", DRAW)
    table = pa.concat_tables([train.inputs, asked[0]])
    matrix = step.matrix(table, table.schema)
    right = np.concatenate([part.column(head).to_numpy() for part in (train.targets, asked[1])])
    grouped = np.arange(2205) >= 1541

    def macro_f1(test):
        model = ExtraTreesClassifier(40, random_state=0).fit(matrix[~test], right[~test])
        return f1_score(right[test], model.predict(matrix[test]), average="macro")

    assert macro_f1(np.random.default_rng(0).permutation(grouped)) == pytest.approx(at_random, abs=0.02)
    assert macro_f1(grouped) == pytest.approx(by_combination, abs=0.03)


def with_bytes(files, monkeypatch, name, change):
    original = DataFiles.read

    def read(self, file):
        raw = original(self, file)
        return change(raw.decode()).encode() if file.path.endswith(f"/{name}") else raw

    monkeypatch.setattr(DataFiles, "read", read)


@pytest.mark.parametrize(
    ("name", "change", "named"),
    [
        ("profile.txt", lambda t: t.replace("3\t100\t0\t130\t1", "4\t100\t0\t130\t1", 1), "column 1: holds 4"),
        ("profile.txt", lambda t: t.replace("3\t100\t0\t130\t1", "20\t100\t0\t130\t1", 1), "counts"),
        ("profile.txt", lambda t: t.replace("3\t100\t0\t130\t1", "3\t100\t0\t130\t0", 1), "755 not settled"),
        ("TS3.txt", lambda t: t.split("\n", 1)[1], "2,204 cycles of 60"),
        ("FS2.txt", lambda t: "\n".join(row.rpartition("\t")[0] for row in t.splitlines()), "599 numbers.* of 600"),
        ("VS1.txt", lambda t: "nan" + t[t.index("\t") :], "finite"),
        ("CE.txt", lambda t: t.replace("\t", ";", 1), "not a table"),
    ],
)
def test_a_changed_file_is_told_with_its_numbers(files, monkeypatch, name, change, named):
    with_bytes(files, monkeypatch, name, change)
    with pytest.raises(DataError, match=named) as told:
        read_cycles(files)
    assert name in str(told.value)


def test_a_split_of_another_size_is_told_with_both_counts(files, monkeypatch):
    from sectorbench.tasks.predictive_maintenance import hydraulic_condition

    monkeypatch.setattr(hydraulic_condition, "read_split", lambda name: read_split(name) - {"3/73/1/130"})
    with pytest.raises(DataError, match=r"test: 6\d\d cycles, the card says 664"):
        TASK.inputs(files, DRAW)


def test_an_unknown_track_is_refused(files):
    with pytest.raises(UsageError, match="no track"):
        TASK.inputs(files, Draw("other"))


def test_the_pictures_count_which_condition_of_each_component_is_taken_for_which(asked):
    inputs, references = asked
    truth = truth_of(references)
    guess = truth.copy()
    guess[0, 1] = (truth[0, 1] + 1) % 4
    schema = get_interface("classification").prediction_schemas()[0]
    columns = [inputs.column("id"), pa.array(one_hot(guess), schema.field("probability").type)]
    answers = validate_predictions(pa.table(columns, schema=schema), inputs)
    made = TASK.exhibits(answers, references, TASK.score(answers, references))
    assert [one.unit for one in made] == NAMES
    for at, (one, head) in enumerate(zip(made, HEADS, strict=True)):
        assert one.table("classes").column("class") == head.classes
        assert len(set(one.table("classes").column("class_zh"))) == len(head.classes)
        pairs = one.table("pairs")
        true, taken, count = (pairs.column(name) for name in ("true", "taken_for", "count"))
        assert sum(count) == 664
        wrong = [(t, g, n) for t, g, n in zip(true, taken, count, strict=True) if t != g]
        assert wrong == ([(int(truth[0, 1]), int(guess[0, 1]), 1)] if at == 1 else [])
