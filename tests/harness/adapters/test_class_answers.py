"""Answers of interface ``classification``: shapes, thresholds, and what builtins and scikit-learn models say."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import skops.io
from sectorbench.harness.adapters import LoadContext
from sectorbench.harness.adapters.class_answers import class_answers, parse_threshold, probabilities_of_logits
from sectorbench.harness.adapters.constant import ClassShares, FrequentClass
from sectorbench.harness.adapters.plain_features import CodeCounts, StaticFeatures
from sectorbench.harness.adapters.random_answers import RandomClasses
from sectorbench.harness.adapters.skops_model import SkopsModel
from sectorbench.harness.errors import InterfaceError, SubmissionError
from sectorbench.harness.interfaces import Head, Quantity, classification_inputs, table_info
from sectorbench.harness.validation import validate_predictions
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.multiclass import OneVsRestClassifier

FAILS = Head("fails", ("no", "yes"), "exclusive")
WEAR = Head("wear", ("low", "mid", "high"), "exclusive")
ALARMS = Head("alarms", ("a", "b", "c"), "independent")
SHARES = {FAILS: (0.9, 0.1), WEAR: (0.5, 0.3, 0.2), ALARMS: (0.3, 0.2, 0.1)}


def asked(*heads, n=40, codes=None):
    rng = np.random.default_rng(0)
    static = () if codes else (Quantity("x", "1"), Quantity("y", "1"))
    schema = classification_inputs(heads=heads, train_share=[SHARES[h] for h in heads], static=static, codes=codes)
    columns = {"id": [f"r{i}" for i in range(n)]}
    if codes:
        columns["codes"] = [rng.integers(0, codes, rng.integers(1, 9)).tolist() for _ in range(n)]
    else:
        columns["static"] = rng.normal(size=(n, 2)).tolist()
    return pa.table({name: pa.array(v, schema.field(name).type) for name, v in columns.items()}, schema=schema)


def batch(table):
    return table.combine_chunks().to_batches()[0]


def answered(adapter_class, table, **options):
    adapter = adapter_class.load(LoadContext(None, options, "classification", table.schema))
    found = validate_predictions(pa.Table.from_batches([adapter.predict(batch(table))]), table)
    assert found.problems == {}
    return found.predictions


def served(model, table, features, folder, **options):
    skops.io.dump(model, folder / "model.skops")
    options |= {"features": features.as_options()}
    return answered_by_folder(folder, table, options)


def answered_by_folder(folder, table, options):
    adapter = SkopsModel.load(LoadContext(folder, options, "classification", table.schema))
    found = validate_predictions(pa.Table.from_batches([adapter.predict(batch(table))]), table)
    assert found.problems == {}
    return found.predictions


def test_class_shares_answers_every_row_with_the_training_shares():
    table = answered(ClassShares, asked(WEAR, ALARMS, n=3))
    assert table.column("probability").to_pylist() == [[[0.5, 0.3, 0.2], [0.3, 0.2, 0.1]]] * 3


def test_the_most_frequent_class_is_certain_and_independent_ones_follow_their_half():
    table = answered(FrequentClass, asked(WEAR, ALARMS, n=2))
    assert table.column("probability").to_pylist() == [[[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]] * 2


def test_random_classes_do_not_depend_on_the_batch():
    table = asked(WEAR, ALARMS)
    whole = answered(RandomClasses, table).column("probability").to_pylist()
    assert answered(RandomClasses, table.slice(7, 5)).column("probability").to_pylist() == whole[7:12]
    assert len({str(one) for one in whole}) == 40


def test_a_threshold_decides_for_the_second_of_two_classes():
    table = asked(FAILS, n=3)
    given = [np.array([[0.8, 0.2], [0.7, 0.3], [0.1, 0.9]])]
    found = class_answers(batch(table), table_info(table.schema)["heads"], given, 0.3)
    assert found.column("decided").to_pylist() == [[[True, False]], [[False, True]], [[False, True]]]


def test_one_threshold_per_independent_class_is_used():
    table = asked(ALARMS, n=1)
    found = class_answers(
        batch(table), table_info(table.schema)["heads"], [np.array([[0.5, 0.5, 0.5]])], (0.4, 0.5, 0.6)
    )
    assert found.column("decided").to_pylist() == [[[True, True, False]]]


@pytest.mark.parametrize(("heads", "threshold"), [((WEAR,), 0.5), ((ALARMS,), (0.1, 0.2))])
def test_a_threshold_that_does_not_fit_the_heads_is_refused(heads, threshold):
    table = asked(*heads, n=1)
    given = [np.full((1, 3), 1 / 3)]
    with pytest.raises(InterfaceError, match="threshold"):
        class_answers(batch(table), table_info(table.schema)["heads"], given, threshold)


@pytest.mark.parametrize("odd", ["high", True, 1.5, [], [0.1, "x"], {"a": 1}])
def test_a_threshold_that_is_no_probability_is_refused(odd):
    with pytest.raises(SubmissionError, match=r"SB103.*threshold"):
        parse_threshold({"threshold": odd})


def test_a_classifier_answers_in_the_order_of_the_head_and_gives_unknown_classes_nothing(tmp_path):
    table, step = asked(WEAR), StaticFeatures()
    matrix = step.matrix(table, table.schema)
    model = LogisticRegression().fit(matrix, np.where(matrix[:, 0] > 0, "mid", "low"))  # never "high"
    found = np.array(served(model, table, step, tmp_path).column("probability").to_pylist())[:, 0]
    np.testing.assert_allclose(found[:, [0, 1]], model.predict_proba(matrix))
    assert (found[:, 2] == 0).all()


def test_a_classifier_of_several_columns_answers_several_heads(tmp_path):
    table, step = asked(WEAR, FAILS), StaticFeatures(products=(("x", "y"),))
    matrix = step.matrix(table, table.schema)
    assert matrix.shape == (40, 3)
    labels = np.column_stack([np.resize(["low", "mid", "high"], 40), np.resize(["no", "yes"], 40)])
    model = ExtraTreesClassifier(5, random_state=0).fit(matrix, labels)
    found = served(model, table, step, tmp_path).column("probability").to_pylist()
    said = model.predict_proba(matrix)
    for row in range(40):
        np.testing.assert_allclose(found[row][1], said[1][row])
        np.testing.assert_allclose(found[row][0], said[0][row][[1, 2, 0]])  # high, low, mid as scikit-learn sorts them


@pytest.mark.parametrize(
    "model", [OneVsRestClassifier(LogisticRegression()), ExtraTreesClassifier(5, random_state=0), Ridge()], ids=str
)
def test_models_of_three_kinds_answer_independent_classes(tmp_path, model):
    table, step = asked(ALARMS, codes=6), CodeCounts(last=(2,), presence=True)
    matrix = step.matrix(table, table.schema)
    right = np.column_stack([matrix[:, 0], matrix[:, 1], matrix[:, 6 + 2]]).astype(int)
    table_found = served(model.fit(matrix, right), table, step, tmp_path, threshold=0.5)
    decided = np.array(table_found.column("decided").to_pylist())[:, 0]
    assert (decided == right).mean() > 0.9


@pytest.mark.parametrize(("value", "broken"), [(np.inf, True), (-np.inf, True), (np.nan, True), (1e9, False)])
def test_scores_that_are_not_finite_are_no_certain_answer(tmp_path, value, broken):
    table, step = asked(ALARMS, codes=6), CodeCounts(last=(2,), presence=True)
    matrix = step.matrix(table, table.schema)
    model = Ridge().fit(matrix, np.column_stack([matrix[:, 0], matrix[:, 1], matrix[:, 6 + 2]]))
    model.intercept_[1] = value
    skops.io.dump(model, tmp_path / "model.skops")
    context = LoadContext(tmp_path, {"features": step.as_options()}, "classification", table.schema)
    answer = SkopsModel.load(context).predict(batch(table))
    found = validate_predictions(pa.Table.from_batches([answer]), table)
    assert [one.code for one in found.problems.values()] == ["SB306"] * (table.num_rows * broken)


@pytest.mark.parametrize(
    ("fit", "match"),
    [(lambda m: LogisticRegression().fit(m, np.arange(40) % 2), "class"), (lambda m: Ridge().fit(m, m[:, 0]), "proba")],
)
def test_a_model_that_does_not_fit_the_head_is_told_what_would(tmp_path, fit, match):
    table, step = asked(FAILS), StaticFeatures()
    with pytest.raises(InterfaceError, match=match):
        served(fit(step.matrix(table, table.schema)), table, step, tmp_path)


def test_code_counts_count_over_the_row_and_over_its_last_codes():
    table = asked(ALARMS, n=2, codes=4)
    table = table.set_column(1, table.schema.field("codes"), [pa.array([[1, 1, 3], []], pa.list_(pa.int32()))])
    found = CodeCounts(last=(1,)).matrix(table, table.schema)
    np.testing.assert_array_equal(found, [[0, 2, 0, 1, 0, 0, 0, 1], [0] * 8])
    np.testing.assert_array_equal(CodeCounts(presence=True).matrix(table, table.schema), [[0, 1, 0, 1], [0] * 4])


def test_codes_outside_the_vocabulary_are_refused():
    table = asked(ALARMS, n=1, codes=4)
    table = table.set_column(1, table.schema.field("codes"), [pa.array([[4]], pa.list_(pa.int32()))])
    with pytest.raises(InterfaceError, match=r"0\.\.3"):
        CodeCounts().matrix(table, table.schema)


@pytest.mark.parametrize(
    ("features", "match"),
    [
        ({"step": "static-features", "revision": 1, "products": ["xy"]}, "pairs"),
        ({"step": "static-features", "revision": 2}, "revision"),
        ({"step": "code-counts", "revision": 1, "last": [3, 2]}, "rising"),
        ({"step": "code-counts", "revision": 1, "presence": 1}, "true or false"),
        ({"step": "code-counts", "revision": 1, "window": 3}, "no such option"),
        ({"step": "fourier"}, r"expected one of \{step: code-counts\}"),
        ("static-features", "expected one of"),
    ],
)
def test_a_wrong_feature_step_is_refused(features, match):
    from sectorbench.harness.adapters.skops_model import parse_options

    with pytest.raises(SubmissionError, match=match):
        parse_options({"features": features})


def test_a_pair_of_unknown_features_is_told_what_there_is():
    table = asked(FAILS)
    with pytest.raises(InterfaceError, match=r"names z; the task offers x, y"):
        StaticFeatures(products=(("x", "z"),)).matrix(table, table.schema)


def test_logits_become_shares_of_exclusive_heads_and_probabilities_of_independent_ones():
    heads = [
        {"name": "valve", "classes": ["a", "b", "c"], "kind": "exclusive"},
        {"name": "alarms", "classes": ["x", "y"], "kind": "independent"},
    ]
    logits = np.array([[0.0, np.log(2.0), np.log(5.0), 0.0, np.log(3.0)], [1_000.0, 0.0, 0.0, -1_000.0, 1_000.0]])
    valve, alarms = probabilities_of_logits(logits, heads)
    np.testing.assert_allclose(valve, [[1 / 8, 2 / 8, 5 / 8], [1.0, 0.0, 0.0]])
    np.testing.assert_allclose(alarms, [[0.5, 0.75], [0.0, 1.0]])
