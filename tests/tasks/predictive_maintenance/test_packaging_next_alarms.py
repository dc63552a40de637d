"""Alarms of packaging machines: counts, the split by machine, the reference's figures, scores against scikit-learn."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.adapters import LoadContext
from sectorbench.harness.adapters.constant import ClassShares
from sectorbench.harness.adapters.skops_model import SkopsModel
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import DataError, InterfaceError, ScoringError, UsageError
from sectorbench.harness.interfaces import Head, classification_inputs, get_interface, table_info
from sectorbench.harness.submission import open_submission
from sectorbench.harness.task import Draw
from sectorbench.harness.units import statistics_matrix
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.predictive_maintenance.alarm_models import best_threshold, build_ridge_recent_alarms
from sectorbench.tasks.predictive_maintenance.alpi import ALPI, HEAD, read_windows
from sectorbench.tasks.predictive_maintenance.packaging_next_alarms import (
    TASK,
    TEST_SERIALS,
    VALIDATION_SERIALS,
    class_matrix,
)
from sectorbench.tasks.predictive_maintenance.rules.alarms import RepeatAlarms
from sklearn.metrics import f1_score, label_ranking_average_precision_score

DRAW = Draw("default")
ONE_ARRAY = (
    b"\x93NUMPY\x01\x00v\x00{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }".ljust(127) + b"\n" + bytes(8)
)


@pytest.fixture(scope="module")
def files(mirror):
    return DataFiles(mirror=mirror, cache=mirror / "no cache", download=False)


@pytest.fixture(scope="module")
def asked(files):
    return TASK.inputs(files, DRAW), TASK.references(files, DRAW)


@pytest.fixture(scope="module")
def train(files):
    return TASK.examples(files, "train", DRAW)


def right_of(references):
    return class_matrix(references.column("next_codes").combine_chunks())


def answer(ids, probability, decided=None):
    def lists(values, kind):
        inner = pa.FixedSizeListArray.from_arrays(pa.array(values.ravel(), kind), values.shape[1])
        inner = inner.cast(pa.list_(kind))
        return pa.ListArray.from_arrays(pa.array(np.arange(len(values) + 1, dtype=np.int32)), inner)

    columns = [ids.combine_chunks(), lists(probability, pa.float64())]
    if decided is not None:
        columns.append(lists(decided, pa.bool_()))
    schema = get_interface("classification").prediction_schemas()[int(decided is not None)]
    return pa.Table.from_arrays([c.cast(f.type) for c, f in zip(columns, schema, strict=True)], schema=schema)


def scored(asked, probability, decided=None, rows=None):
    inputs, references = asked
    inputs = inputs if rows is None else inputs.slice(0, rows)
    units = TASK.score(validate_predictions(answer(inputs.column("id"), probability, decided), inputs), references)
    return units, {m.name: m.value(statistics_matrix(units, m)) for m in TASK.card.metrics}


def served(asked, adapter):
    inputs, references = asked
    batches = inputs.combine_chunks().to_batches(max_chunksize=4096)
    said = pa.Table.from_batches([adapter.predict(one) for one in batches])
    units = TASK.score(validate_predictions(said, inputs), references)
    return {m.name: m.value(statistics_matrix(units, m)) for m in TASK.card.metrics}


def test_five_machines_are_the_test_set_and_no_other_part_holds_them(asked, train):
    inputs, references = asked
    assert inputs.num_rows == 13691
    assert set(references.column("serial").to_pylist()) == set(TEST_SERIALS)
    serials = set(train.targets.column("serial").to_pylist())
    assert serials == set(range(20)) - set(TEST_SERIALS)
    assert set(VALIDATION_SERIALS) < serials
    assert train.inputs.num_rows == 45309


def test_inputs_hold_codes_alone_without_padding(asked, files):
    inputs, references = asked
    assert inputs.column_names == ["id", "codes"]
    codes = inputs.column("codes").combine_chunks()
    assert codes.flatten().to_numpy().min() == 1
    assert codes.value_lengths().to_numpy().min() >= 1
    windows = read_windows(files)
    assert len(codes.flatten()) == (windows.codes[np.isin(windows.serial, TEST_SERIALS)] > 0).sum()
    assert "serial" in references.column_names


def test_test_windows_do_not_stand_beside_those_that_overlap_them(asked):
    serials = asked[1].column("serial").to_numpy()
    assert (serials[1:] == serials[:-1]).mean() < 0.3  # 0.24 by chance, 1.0 in the order of the file


def test_the_train_share_is_that_of_the_training_windows(asked, train):
    shares = table_info(asked[0].schema)["train_share"][0]
    assert shares == right_of(train.targets).mean(axis=0).tolist()


def test_every_window_has_a_right_class(asked):
    assert right_of(asked[1]).any(axis=1).all()


def test_repeating_the_alarms_reaches_the_references_figure(asked):
    """Micro-F1 .617; the reference's macro-F1 of .171 is a mean over other classes than those that occur."""
    found = served(asked, RepeatAlarms.load(LoadContext(None, {}, "classification", asked[0].schema)))
    assert found["micro_f1"] == pytest.approx(0.617, abs=5e-4)
    assert found["macro_f1"] == pytest.approx(0.243, abs=5e-4)


def test_training_shares_from_one_half_reach_the_references_figure(asked):
    found = served(asked, ClassShares.load(LoadContext(None, {}, "classification", asked[0].schema)))
    assert found["micro_f1"] == pytest.approx(0.474, abs=5e-4)


def test_scores_are_those_of_scikit_learn(asked):
    rng = np.random.default_rng(1)
    right = right_of(asked[1])
    probability = np.round(rng.random(right.shape), 1)  # many ties
    probability[right] = np.clip(probability[right] + 0.2, 0, 1)
    _, found = scored(asked, probability)
    said, occur = probability >= 0.5, np.flatnonzero(right.any(axis=0))
    assert found["micro_f1"] == pytest.approx(f1_score(right, said, average="micro"))
    assert found["macro_f1"] == pytest.approx(f1_score(right, said, average="macro", labels=occur, zero_division=0))
    assert found["lrap"] == pytest.approx(label_ranking_average_precision_score(right, probability))


def test_the_submissions_own_threshold_counts_where_it_gives_one(asked):
    right = right_of(asked[1])
    _, found = scored(asked, np.where(right, 0.2, 0.1), decided=right)
    assert found == {"micro_f1": 1.0, "macro_f1": 1.0, "lrap": 1.0}


def test_units_are_the_machines_and_small(asked):
    units, _ = scored(asked, np.zeros((13691, len(HEAD.classes))))
    assert units.column("unit").to_pylist() == [f"machine {serial:02d}" for serial in TEST_SERIALS]
    assert units.column("rows").to_pylist() == [1874, 2339, 2657, 5422, 1399]
    assert units.nbytes < 100_000


def test_an_unusable_answer_is_worse_than_any_other(asked):
    right = right_of(asked[1])
    perfect = right.astype(float)
    broken = perfect.copy()
    broken[3, 0] = np.nan
    units, found = scored(asked, broken)
    assert sum(units.column("invalid").to_pylist()) == 1
    assert "SB306" in units.column("code").to_pylist()
    turned = perfect.copy()
    turned[3] = 1 - turned[3]
    _, other = scored(asked, turned)
    assert found["micro_f1"] == other["micro_f1"]
    assert all(found[name] <= other[name] for name in found)


def test_part_of_the_inputs_is_scored_alone(asked):
    units, found = scored(asked, right_of(asked[1])[:50].astype(float), rows=50)
    assert sum(units.column("rows").to_pylist()) == 50
    assert found["lrap"] == 1.0


def test_references_of_other_inputs_are_refused(asked):
    inputs, references = asked
    table = answer(inputs.column("id"), np.zeros((13691, len(HEAD.classes))))
    with pytest.raises(ScoringError, match="no reference"):
        TASK.score(validate_predictions(table, inputs), references.slice(3))


def test_repeating_needs_the_codes_of_the_classes():
    schema = classification_inputs(heads=[Head("x", ("a", "b"), "independent")], train_share=[(0.1, 0.1)], codes=9)
    with pytest.raises(InterfaceError, match="alarm CODE"):
        RepeatAlarms.load(LoadContext(None, {}, "classification", schema))


def test_the_best_threshold_is_found_by_hand():
    score, right = np.array([[0.3, 0.1], [0.2, 0.6]]), np.array([[True, False], [False, True]])
    assert best_threshold(score, right) == 0.21


def test_ridge_reaches_its_figure_with_a_threshold_of_its_own(files, asked, tmp_path):
    submission = open_submission(build_ridge_recent_alarms(files, tmp_path / "ridge"), {})
    assert submission.options["threshold"] == pytest.approx(0.27, abs=0.03)
    context = LoadContext(submission.folder, submission.options, "classification", asked[0].schema)
    found = served(asked, SkopsModel.load(context))
    assert found["micro_f1"] == pytest.approx(0.625, abs=0.005)
    assert found["macro_f1"] == pytest.approx(0.107, abs=0.01)


def _with(array, value):
    array = array.copy()
    array.flat[0] = value
    return array


@pytest.mark.parametrize(
    ("name", "change", "named"),
    [
        ("x_test", lambda a: a[:-1], r"x_test: int32 of shape \(17954, 109\), expected .* \(17955, 109\)"),
        ("y_train", lambda a: a[:, :500], r"y_train: .*\(41045, 500\)"),
        ("x_train", lambda a: _with(a, 154), "x_train: holds 0 to 154, expected 0 to 153"),
        ("x_train", lambda a: a.astype(float), "float64"),
        ("stratify_test", lambda a: _with(a, -1), "stratify_test: holds -1"),
        ("y_test", lambda a: np.vstack([np.zeros_like(a[:1]), a[1:]]), "window 41045 holds no next alarm"),
        ("x_train", lambda a: np.vstack([np.zeros_like(a[:1]), a[1:]]), "window 0 holds no alarm"),
    ],
)
def test_a_changed_file_is_told_with_its_numbers(files, monkeypatch, name, change, named):
    with np.load(io.BytesIO(files.read(ALPI.files[0]))) as arrays:
        found = {key: arrays[key] for key in arrays}
    found[name] = change(found[name])
    raw = io.BytesIO()
    np.savez(raw, **found)
    monkeypatch.setattr(DataFiles, "read", lambda self, file: raw.getvalue())
    with pytest.raises(DataError, match=named):
        read_windows(files)


@pytest.mark.parametrize(
    "raw", [b"", b"PK\x03\x04 cut", b"x,y\n1,2\n", ONE_ARRAY], ids=["empty", "cut", "text", "one array"]
)
def test_a_file_that_is_no_archive_of_arrays_is_told(files, monkeypatch, raw):
    monkeypatch.setattr(DataFiles, "read", lambda self, file: raw)
    with pytest.raises(DataError, match="not the arrays"):
        read_windows(files)


def test_an_archive_without_an_array_is_told(files, monkeypatch):
    raw = io.BytesIO()
    np.savez(raw, x_train=np.zeros(3))
    monkeypatch.setattr(DataFiles, "read", lambda self, file: raw.getvalue())
    with pytest.raises(DataError, match="y_train"):
        read_windows(files)


def test_a_split_of_another_size_is_told_with_both_counts(files, monkeypatch):
    from sectorbench.tasks.predictive_maintenance import packaging_next_alarms

    monkeypatch.setattr(packaging_next_alarms, "TEST_SERIALS", (1, 5))
    with pytest.raises(DataError, match=r"test: 4,213 windows, the card says 13,691"):
        TASK.inputs(files, DRAW)


def test_an_unknown_track_is_refused(files):
    with pytest.raises(UsageError, match="no track"):
        TASK.inputs(files, Draw("other"))
