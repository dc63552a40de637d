"""Tests of the skops adapter on estimators that are trained here, and on files that somebody tampered with."""

import io
import json
import zipfile

import numpy as np
import pyarrow as pa
import pytest
import skops.io
from sectorbench.harness.adapters import LoadContext
from sectorbench.harness.adapters.series_features import SeriesSummary
from sectorbench.harness.adapters.skops_model import SkopsModel, parse_options, refused_types
from sectorbench.harness.adapters.step_features import StepLevels
from sectorbench.harness.errors import InterfaceError, SubmissionError
from sectorbench.harness.interfaces import Quantity, regression_inputs
from sectorbench.harness.numeric_inputs import detection_inputs
from sectorbench.harness.text_inputs import choice_inputs
from sectorbench.harness.validation import validate_predictions
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingRegressor, IsolationForest, RandomForestRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import LinearSVC

STEP = SeriesSummary(windows=(4,), static="none")
OPTIONS = {"features": STEP.as_options()}
TEXTS = ["pay the rent", "rent is due", "law of Delaware", "governing law"] * 4
LABELS = ["rent", "rent", "law", "law"] * 4


@pytest.fixture(scope="module")
def questions():
    schema = regression_inputs(
        channels=[Quantity("a", "1")],
        static=[Quantity("age", "1")],
        target=Quantity("life", "cycles"),
        step_unit="cycle",
        history_max=4,
        train_mean=1.0,
        target_range=(0.0, None),
    )
    rng = np.random.default_rng(0)
    columns = [
        pa.array([f"r{i}" for i in range(60)]),
        pa.array(rng.random((60, 4, 1)).tolist(), schema.field("series").type),
        pa.array([[1.0]] * 60, schema.field("static").type),
        pa.array(["score"] * 60),
    ]
    return pa.Table.from_arrays(columns, schema=schema)


@pytest.fixture(scope="module")
def contexts():
    schema = choice_inputs(language="en", train_share={})
    rows = [
        ("c0", "rent to pay", ["which?"], [["rent", "law"]]),
        ("c1", "Delaware law", ["which?", "and?"], [["law", "rent", "none"], ["tax", "none", "law"]]),
        ("c2", "Delaware law", [], []),
        ("c3", "Delaware law", ["which?"], [["law", "tax"]]),
    ]
    ids, context, asked, options = zip(*rows, strict=True)
    prompt = [{"context": "", "question": "", "option": ""}] * len(rows)
    columns = [
        pa.array(v, schema.field(i).type)
        for i, v in enumerate([list(ids), list(context), list(asked), list(options), prompt])
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def load(folder, model, inputs, options=OPTIONS, interface="regression"):
    if model is not None:
        skops.io.dump(model, folder / "model.skops")
    return SkopsModel.load(LoadContext(folder, options, interface, inputs.schema))


def fitted(model, questions):
    matrix = STEP.matrix(questions, questions.schema)
    return model.fit(matrix, matrix[:, 0]), matrix


def predict(adapter, inputs):
    batches = [adapter.predict(batch) for batch in inputs.combine_chunks().to_batches()]
    answers = validate_predictions(pa.Table.from_batches(batches), inputs)
    assert not answers.problems
    return answers.predictions


@pytest.mark.parametrize(
    "model",
    [
        HistGradientBoostingRegressor(max_iter=3, min_samples_leaf=5),
        RandomForestRegressor(3, random_state=0, n_jobs=2),
        LinearRegression(),
    ],
    ids=lambda m: type(m).__name__,
)
def test_regressor_answers_what_it_answers_outside(tmp_path, questions, model):
    model, matrix = fitted(model, questions)
    found = predict(load(tmp_path, model, questions), questions)
    np.testing.assert_allclose(found.column("value").to_numpy(), model.predict(matrix), rtol=1e-12)


def test_rows_are_answered_alike_in_any_batch(tmp_path, questions):
    adapter = load(
        tmp_path, fitted(HistGradientBoostingRegressor(max_iter=3, min_samples_leaf=5), questions)[0], questions
    )
    whole = adapter.predict(questions.to_batches()[0])
    parts = pa.Table.from_batches([adapter.predict(questions.slice(i, 7).to_batches()[0]) for i in range(0, 60, 7)])
    assert parts.equals(pa.Table.from_batches([whole]))


def test_member_threads_are_switched_off(tmp_path, questions):
    adapter = load(tmp_path, fitted(RandomForestRegressor(3, n_jobs=2), questions)[0], questions)
    assert adapter._model.n_jobs == 1


def test_classifier_gives_each_option_its_class_scaled_to_one(tmp_path, contexts):
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(TEXTS, LABELS)
    found = predict(load(tmp_path, model, contexts, {}, "choice"), contexts).column("probability").to_pylist()
    law, rent = model.predict_proba(["Delaware law"])[0]
    assert found[0][0] == pytest.approx(model.predict_proba(["rent to pay"])[0][::-1])
    assert found[1][0] == pytest.approx([law, rent, 0.0])
    assert found[1][1] == [0.0, 0.0, 1.0]
    assert found[2] == []
    assert found[3] == [[1.0, 0.0]]  # the class that is not asked for is left out


def test_choice_answers_slices_of_a_table(tmp_path, contexts):
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(TEXTS, LABELS)
    adapter = load(tmp_path, model, contexts, {}, "choice")
    whole = pa.Table.from_batches([adapter.predict(contexts.to_batches()[0])])
    assert pa.Table.from_batches([adapter.predict(contexts.slice(i, 1).to_batches()[0]) for i in range(4)]).equals(
        whole
    )


def test_calibrated_svm_is_taken(tmp_path, contexts):
    svm = CalibratedClassifierCV(LinearSVC(), cv=2)
    model = make_pipeline(TfidfVectorizer(), svm).fit(TEXTS, LABELS)
    found = predict(load(tmp_path, model, contexts, {}, "choice"), contexts)
    assert found.column("probability")[3].as_py() == [[1.0, 0.0]]


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (make_pipeline(TfidfVectorizer(), Ridge()), "no predict_proba"),
        (make_pipeline(TfidfVectorizer(), LogisticRegression()), "class .*0.* is no text"),
    ],
    ids=["no-probabilities", "numbers-as-classes"],
)
def test_classifier_that_cannot_answer_options_is_refused(tmp_path, contexts, model, said):
    labels = [int(one == "law") for one in LABELS]
    with pytest.raises(SubmissionError, match=said):
        load(tmp_path, model.fit(TEXTS, labels), contexts, {}, "choice")


@pytest.mark.parametrize("labels", [LABELS, ["law" if one == "law" else "no" for one in LABELS]], ids=["many", "two"])
def test_a_classifier_without_probabilities_answers_by_its_decision_values(tmp_path, contexts, labels):
    model = make_pipeline(TfidfVectorizer(), LinearSVC(random_state=0)).fit(TEXTS, labels)
    adapter = load(tmp_path, model, contexts, {}, "choice")
    found = predict(adapter, contexts).column("probability").to_pylist()
    rows = contexts.select(["context", "options"]).to_pylist()
    for row, answer in zip(rows, found, strict=True):
        for offered, shares in zip(row["options"], answer, strict=True):
            assert sum(shares) == pytest.approx(1.0)
            if (named := model.predict([row["context"]])[0]) in offered:
                assert offered[int(np.argmax(shares))] == named


QUESTIONS = ["which?", "and?"]
PER_QUESTION = [[label, "none" if label == "law" else "tax"] for label in LABELS]


def per_question():
    return make_pipeline(TfidfVectorizer(), MultiOutputClassifier(LogisticRegression())).fit(TEXTS, PER_QUESTION)


def test_a_model_with_an_output_per_question_answers_each_by_its_own(tmp_path, contexts):
    model = per_question()
    adapter = load(tmp_path, model, contexts, {"questions": QUESTIONS}, "choice")
    found = predict(adapter, contexts).column("probability").to_pylist()
    which, other = (one[0] for one in model.predict_proba(["Delaware law"]))  # classes law, rent and none, tax
    assert found[1][0] == pytest.approx([which[0], which[1], 0.0])
    assert found[1][1] == pytest.approx([other[1], other[0], 0.0])  # law is a class of the other output alone


def test_a_question_that_no_output_answers_is_told(tmp_path, contexts):
    adapter = load(tmp_path, per_question(), contexts, {"questions": ["which?", "other?"]}, "choice")
    with pytest.raises(InterfaceError, match="does not answer 'and.'"):
        predict(adapter, contexts)


@pytest.mark.parametrize(
    ("several", "questions", "said"),
    [
        (True, None, "several outputs, and options.questions names no question"),
        (False, QUESTIONS, "one output, and options.questions names 2"),
        (True, ["a", "b", "c"], "2 outputs for 3 questions"),
        (True, ["a", "a"], "expected a list of different texts"),
        (True, "a", "expected a list of different texts"),
    ],
)
def test_outputs_and_questions_must_agree(several, questions, said, tmp_path, contexts):
    model = per_question() if several else make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(TEXTS, LABELS)
    options = {} if questions is None else {"questions": questions}
    with pytest.raises(SubmissionError, match=said):
        load(tmp_path, model, contexts, options, "choice")


def test_type_that_is_not_on_the_list_is_refused_by_name(tmp_path, questions):
    model = make_pipeline(FunctionTransformer(json.dumps), LinearRegression())
    with pytest.raises(SubmissionError, match=r"^SB106 model\.skops: holds json\.dumps$"):
        load(tmp_path, model, questions)
    assert refused_types(tmp_path / "model.skops") == ["json.dumps"]


def test_missing_file_is_said_to_be_missing(tmp_path, questions):
    with pytest.raises(SubmissionError, match=r"^SB104 model\.skops"):
        load(tmp_path, None, questions)


@pytest.mark.parametrize("raw", [b"", b"PK no zip", b'{"schema": 1}'], ids=["empty", "half", "json"])
def test_file_that_is_no_skops_file_is_refused(tmp_path, questions, raw):
    (tmp_path / "model.skops").write_bytes(raw)
    with pytest.raises(SubmissionError, match=r"^SB107 model\.skops"):
        load(tmp_path, None, questions)


@pytest.mark.parametrize("schema", ["[]", "{}", "[" * 5_000, '{"protocol": 2, "__loader__": "ObjectNode"}'])
def test_crafted_schema_is_refused(tmp_path, questions, schema):
    with zipfile.ZipFile(tmp_path / "model.skops", "w") as archive:
        archive.writestr("schema.json", schema)
    with pytest.raises(SubmissionError, match=r"^SB107 model\.skops"):
        load(tmp_path, None, questions)


def test_file_that_unpacks_to_far_more_is_refused_before_it_is_unpacked(tmp_path, questions):
    with zipfile.ZipFile(tmp_path / "model.skops", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("schema.json", bytes(80 << 20))
    with pytest.raises(SubmissionError, match="unpacks to 83,886,080 bytes"):
        load(tmp_path, None, questions)


def test_saved_object_that_is_no_estimator_is_refused(tmp_path, questions):
    with pytest.raises(SubmissionError, match="expected a fitted estimator"):
        load(tmp_path, {"a": 1}, questions)


def changed(model, old, new):
    """A skops file in which a text of the schema was replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(model))) as source, zipfile.ZipFile(out, "w") as sink:
        for entry in source.infolist():
            raw = source.read(entry)
            sink.writestr(entry.filename, raw.replace(old, new) if entry.filename == "schema.json" else raw)
    return out.getvalue()


def test_model_of_another_scikit_learn_says_both_versions(tmp_path, questions):
    import sklearn

    model, _ = fitted(LinearRegression(), questions)
    (tmp_path / "model.skops").write_bytes(changed(model, sklearn.__version__.encode(), b"0.9.0"))
    with pytest.raises(SubmissionError, match=r"saved with scikit-learn 0\.9\.0, this is " + sklearn.__version__):
        load(tmp_path, None, questions)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("left", 4_000_000_000, "left child"),
        ("right", 0, "right child"),  # a loop: prediction would never end
        ("feature_idx", 5_000_000, "feature outside"),
        ("feature_idx", -7, "feature outside"),
        ("is_categorical", 1, "categories"),
    ],
)
def test_boosted_tree_that_points_outside_its_arrays_is_refused(tmp_path, questions, field, value, said):
    model, _ = fitted(HistGradientBoostingRegressor(max_iter=2, min_samples_leaf=5), questions)
    model._predictors[1][0].nodes[field][0] = value
    with pytest.raises(SubmissionError, match=f"SB107 .*{said}"):
        load(tmp_path, model, questions)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [("left_child", 999, "left child"), ("right_child", 0, "right child"), ("feature", 77, "feature outside")],
)
def test_forest_tree_that_points_outside_its_arrays_is_refused(tmp_path, questions, field, value, said):
    model, _ = fitted(RandomForestRegressor(2, random_state=0), questions)
    tree = model.estimators_[1].tree_
    state = tree.__getstate__()
    state["nodes"] = state["nodes"].copy()
    state["nodes"][field][0] = value
    tree.__setstate__(state)
    with pytest.raises(SubmissionError, match=f"SB107 .*{said}"):
        load(tmp_path, model, questions)


def test_forest_that_hands_narrower_rows_to_its_trees_is_refused(tmp_path, questions):
    model, _ = fitted(RandomForestRegressor(2, random_state=0, max_depth=2), questions)
    used = max(int(f) for tree in model.estimators_ for f in tree.tree_.feature)
    model.n_features_in_ = used  # the trees still say that they were trained on more
    with pytest.raises(SubmissionError, match="feature outside"):
        load(tmp_path, model, questions)


def test_model_of_other_features_does_not_fit_these_inputs(tmp_path, questions):
    model = LinearRegression().fit(np.eye(7), np.arange(7.0))
    with pytest.raises(InterfaceError, match="trained on 7 features, these inputs give 4"):
        load(tmp_path, model, questions)


def test_regressor_of_two_targets_is_refused(tmp_path, questions):
    matrix = STEP.matrix(questions, questions.schema)
    model = MultiOutputRegressor(LinearRegression()).fit(matrix, matrix[:, :2])
    with pytest.raises(InterfaceError, match="2 numbers per row"):
        load(tmp_path, model, questions).predict(questions.to_batches()[0])


def test_regressor_without_declared_features_is_refused(tmp_path, questions):
    model, _ = fitted(LinearRegression(), questions)
    with pytest.raises(SubmissionError, match=r"options\.features': missing"):
        load(tmp_path, model, questions, {})


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"path": "x"}, "no such option 'path'; known: file, features, text"),
        ({"file": "../model.skops"}, "field 'options.file' is '../model.skops'"),
        ({"file": "/model.skops"}, "field 'options.file'"),
        ({"file": ""}, "field 'options.file'"),
        ({"file": 3}, "field 'options.file'"),
        ({"text": "question"}, "field 'options.text'"),
        ({"features": {"step": "none"}}, "field 'options.features'"),
    ],
)
def test_wrong_option_is_named(options, said):
    with pytest.raises(SubmissionError, match=said) as err:
        parse_options(options)
    assert str(err.value).startswith("SB103")


def test_adapter_needs_a_folder(questions):
    with pytest.raises(SubmissionError, match="SB101"):
        SkopsModel.load(LoadContext(None, OPTIONS, "regression", questions.schema))


def runs(n=3, steps=50):
    schema = detection_inputs(channels=[Quantity("a", "1"), Quantity("b", "1")], step_s=1.0, causal=False)
    rng = np.random.default_rng(0)
    columns = [
        pa.array([f"r{i}" for i in range(n)]),
        pa.array(rng.normal(size=(n, steps, 2)).tolist(), schema.field("series").type),
        pa.array([20] * n, pa.int32()),
        pa.array([""] * n),
    ]
    return pa.Table.from_arrays(columns, schema=schema)


LEVELS = StepLevels(windows=(5,))


def test_a_detector_scores_every_step_and_calls_the_odd_one_odd(tmp_path):
    table = runs()
    normal = np.random.default_rng(1).normal(size=(200, 2))
    model = IsolationForest(n_estimators=20, random_state=0).fit(LEVELS.matrix(normal, 200))
    adapter = load(tmp_path, model, table, {"features": LEVELS.as_options()}, "detection")
    series = np.array(table.column("series").to_pylist())
    series[1, 40] = 30.0
    changed = pa.array(series.tolist(), table.schema.field("series").type)
    table = table.set_column(1, table.schema.field("series"), [changed])
    found = validate_predictions(pa.Table.from_batches([adapter.predict(table.to_batches()[0])]), table)
    scores = np.array(found.predictions.column("score").to_pylist())
    assert found.problems == {}
    assert scores.shape == (3, 50)
    assert scores[1].argmax() == 40
    np.testing.assert_allclose(scores[0], -model.score_samples(LEVELS.matrix(series[0], 20)))


@pytest.mark.parametrize(
    ("model", "features", "match"),
    [
        (LinearRegression(), LEVELS.as_options(), "score_samples"),
        (IsolationForest(n_estimators=2), STEP.as_options(), "step-levels"),
        (IsolationForest(n_estimators=2), StepLevels().as_options(), "trained on 4 features, these inputs give 2"),
        (IsolationForest(n_estimators=2), {"step": "step-levels", "revision": 1, "windows": [1]}, "rising"),
    ],
)
def test_a_detector_that_does_not_fit_is_told_what_would(tmp_path, model, features, match):
    matrix = LEVELS.matrix(np.random.default_rng(1).normal(size=(30, 2)), 30)
    model.fit(matrix, matrix[:, 0])
    with pytest.raises((SubmissionError, InterfaceError), match=match):
        load(tmp_path, model, runs(), {"features": features}, "detection")


def test_step_levels_of_a_prefix_are_those_of_the_run():
    run = np.random.default_rng(2).normal(size=(60, 3))
    run[7, 1] = np.nan
    whole = StepLevels(windows=(2, 9)).matrix(run, 20)
    assert whole.shape == (60, 9)
    np.testing.assert_array_equal(StepLevels(windows=(2, 9)).matrix(run[:33], 20), whole[:33])
    np.testing.assert_allclose(whole[40, 3:6], whole[39:41, :3].mean(axis=0))
