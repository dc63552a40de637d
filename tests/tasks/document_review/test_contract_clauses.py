from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import DataError, ScoringError, UsageError
from sectorbench.harness.interfaces import get_interface, table_info
from sectorbench.harness.metrics import macro_f1_metric
from sectorbench.harness.task import Draw
from sectorbench.harness.text import Text
from sectorbench.harness.text_inputs import choice_inputs
from sectorbench.harness.units import statistics_matrix
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.document_review import contract_clauses
from sectorbench.tasks.document_review.class_titles import CHINESE_CATEGORIES
from sectorbench.tasks.document_review.contract_clauses import (
    ABSENT_IN_TEST,
    PROMPT,
    QUESTION,
    TASK,
)
from sectorbench.tasks.document_review.cuad import LABELS, TRAIN_COUNTS, Clause, read_clauses

DRAW = Draw("default")
PRESENT = [label for label in LABELS if label not in ABSENT_IN_TEST]


def questions(texts):
    schema = choice_inputs(language="en", train_share={})
    rows = [
        {"id": f"q{i}", "context": text, "questions": [QUESTION], "options": [list(LABELS)], "prompt": PROMPT}
        for i, text in enumerate(texts)
    ]
    return pa.Table.from_pylist(rows, schema=schema)


def references(labels, contracts):
    return pa.table({"id": [f"q{i}" for i in range(len(labels))], "label": labels, "contract": contracts})


def predictions(probabilities, ids=None):
    schema = get_interface("choice").answer
    n = len(probabilities)
    return pa.table(
        [
            pa.array(ids or [f"q{i}" for i in range(n)]),
            pa.array([[list(map(float, p))] for p in probabilities], schema.field("probability").type),
        ],
        schema=schema,
    )


def certain(label):
    return [float(label == one) for one in LABELS]


def units_of(answers, truth, contracts, texts=None):
    inputs = questions(texts or ["text"] * len(truth))
    return TASK.score(validate_predictions(predictions(answers), inputs), references(truth, contracts))


def value(units, metric):
    return metric.value(statistics_matrix(units, metric))


MICRO = TASK.card.secondary[0]


def test_counts_are_summed_per_contract():
    units = units_of(
        [certain("Insurance"), certain("Insurance"), certain("Governing Law")],
        ["Insurance", "Audit Rights", "Governing Law"],
        ["b", "b", "a"],
    )
    assert units.column("unit").to_pylist() == ["a", "b"]
    assert units.column("rows").to_pylist() == [1, 2]
    tp, fp, fn = (np.array(units.column(name).to_pylist()) for name in ("tp", "fp", "fn"))
    at = LABELS.index
    assert (tp[0, at("Governing Law")], tp[1, at("Insurance")], tp.sum()) == (1, 1, 2)
    assert (fp[1, at("Insurance")], fp.sum()) == (1, 1)
    assert (fn[1, at("Audit Rights")], fn.sum()) == (1, 1)


def test_clauses_that_were_not_read_whole_are_counted_where_a_model_tells_it():
    labels, contracts = [LABELS[0], LABELS[1], LABELS[0]], ["a", "a", "b"]
    asked = questions(["text"] * 3)
    plain = predictions([certain(label) for label in labels])
    schema = get_interface("choice").prediction_schemas()[1]
    told = {
        "log_likelihood": [[[-1.0] * 38]] * 3,
        "tokens": [[[2] * 38]] * 3,
        "bytes": [[[4] * 38]] * 3,
        "cut": [[[0] * 37 + [9]], [[0] * 38], [[0] * 38]],
    }
    columns = [*plain.columns, *(pa.array(values, schema.field(name).type) for name, values in told.items())]
    answers = validate_predictions(pa.table(columns, schema=schema), asked)
    assert answers.problems == {}
    units = TASK.score(answers, references(labels, contracts))
    assert units.column("cut").to_pylist() == [1, 0]
    assert "cut" not in TASK.score(validate_predictions(plain, asked), references(labels, contracts)).column_names


def test_the_first_of_equally_probable_options_is_the_answer():
    units = units_of([[1 / 38] * 38], [LABELS[0]], ["a"])
    assert value(units, MICRO) == 1.0


def test_a_clause_without_a_usable_answer_is_missed_and_nobodys_false_alarm():
    broken = [np.nan, *certain("Insurance")[1:]]
    units = units_of([broken, certain("Insurance")], ["Insurance", "Insurance"], ["a", "a"])
    assert [float(np.sum(units.column(n).to_pylist())) for n in ("tp", "fp", "fn")] == [1.0, 0.0, 1.0]
    assert units.column("invalid").to_pylist() == [1]
    assert units.column("code").to_pylist() == ["SB306"]


def test_perfect_answers_score_1_though_not_every_option_occurs():
    truth = ["Insurance", "Audit Rights", "Governing Law"]
    units = units_of([certain(t) for t in truth], truth, ["a", "b", "c"])
    assert value(units, TASK.card.primary) == 1.0
    assert value(units, MICRO) == 1.0


def test_answering_an_absent_category_costs_the_recall_of_the_true_one():
    units = units_of([certain("Insurance"), certain("Price Restrictions")], ["Insurance"] * 2, ["a", "b"])
    assert value(units, TASK.card.primary) == pytest.approx(2 / 3)  # tp 1, fn 1: 2 / (2 + 1)
    assert value(units, MICRO) == pytest.approx(1 / 2)


def test_metrics_equal_those_of_scikit_learn():
    from sklearn.metrics import f1_score

    draw = np.random.default_rng(5)
    truth = draw.choice(PRESENT, 400)
    guess = np.where(draw.uniform(size=400) < 0.6, truth, draw.choice(LABELS, 400))
    units = units_of([certain(g) for g in guess], truth.tolist(), [f"c{i % 20}" for i in range(400)])
    seen = sorted(set(truth))
    assert value(units, TASK.card.primary) == pytest.approx(
        f1_score(truth, guess, labels=seen, average="macro", zero_division=0), abs=1e-12
    )
    assert value(units, MICRO) == pytest.approx(np.mean(truth == guess), abs=1e-12)


def test_the_gradient_of_macro_f1_is_the_slope_of_its_value():
    metric = macro_f1_metric("f", Text("F", "F"), formula="")
    total = np.array([5.0, 3.0, 0.0, 2.0, 1.0, 4.0, 1.0, 6.0, 0.0])  # three classes, the last one absent
    assert metric.of.gradient is not None
    slopes = []
    for k in range(9):
        step = np.zeros(9)
        step[k] = 1e-6
        if k in (2, 8):  # tp and fn of the absent class make it present: no slope there
            slopes.append(np.nan)
        else:
            slopes.append(float(metric.of.value(total + step) - metric.of.value(total - step)) / 2e-6)
    known = ~np.isnan(slopes)
    np.testing.assert_allclose(metric.of.gradient(total)[known], np.array(slopes)[known], atol=1e-8)


def test_the_slice_is_the_median_length_of_a_contracts_clauses():
    texts = ["x" * 199, "x" * 200, "x" * 300, "x" * 301, "x" * 10, "x" * 100, "x" * 900]
    contracts = ["a", "b", "c", "d", "e", "e", "e"]
    units = units_of([certain("Insurance")] * 7, ["Insurance"] * 7, contracts, texts)
    under, middle, over = "under 200 characters", "200 to 300 characters", "over 300 characters"
    assert units.column("slice:clause_length").to_pylist() == [under, middle, middle, over, under]


def test_a_part_of_the_test_set_can_be_scored():
    inputs = questions(["text"])
    units = TASK.score(
        validate_predictions(predictions([certain("Insurance")]), inputs),
        references(["Insurance", "Audit Rights"], ["a", "b"]),
    )
    assert units.column("unit").to_pylist() == ["a"]


def test_inputs_of_other_references_are_refused():
    answers = validate_predictions(predictions([certain("Insurance")]), questions(["text"]))
    with pytest.raises(ScoringError, match="no reference for"):
        TASK.score(answers, references([], []).cast(pa.schema([(n, pa.string()) for n in ("id", "label", "contract")])))


def test_a_language_model_reads_the_prompt_of_the_reference():
    shown = PROMPT["context"] + "The text." + PROMPT["question"] + QUESTION + PROMPT["option"] + "Insurance"
    assert shown == "Clause: The text.\nCategory: Insurance"


@pytest.mark.parametrize("draw", [Draw("other"), Draw("default", "a secret")])
def test_a_track_or_secret_that_is_not_there_is_a_usage_error(draw, tmp_path):
    with pytest.raises(UsageError):
        TASK.inputs(DataFiles(mirror=None, cache=tmp_path), draw)


def test_test_targets_are_not_handed_out(tmp_path):
    with pytest.raises(UsageError, match="exports no split 'test'"):
        TASK.examples(DataFiles(mirror=None, cache=tmp_path), "test", DRAW)


def test_clauses_with_other_counts_than_the_cards_are_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(contract_clauses, "read_clauses", lambda files, part: [Clause("text", "Insurance", "a")])
    with pytest.raises(DataError, match="37 categories"):
        TASK.inputs(DataFiles(mirror=None, cache=tmp_path), DRAW)


@pytest.fixture(scope="module")
def files(mirror, tmp_path_factory):
    return DataFiles(mirror=mirror, cache=tmp_path_factory.mktemp("cache"))


def test_the_frozen_shares_are_those_of_the_training_split(files):
    clauses = read_clauses(files, "train")
    assert Counter(c.label for c in clauses) == Counter(TRAIN_COUNTS)
    share = table_info(TASK.inputs(files, DRAW).schema)["train_share"]
    assert share == {label: n / len(clauses) for label, n in TRAIN_COUNTS.items()}
    assert max(share, key=share.get) == "Anti-Assignment"


def test_the_real_test_set_has_the_counts_of_the_card(files):
    inputs, known = TASK.inputs(files, DRAW), TASK.references(files, DRAW)
    test = next(s for s in TASK.card.splits if s.name == "test")
    assert inputs.num_rows == known.num_rows == test.rows
    assert inputs.column("id").equals(known.column("id"))
    assert len(set(known.column("contract").to_pylist())) == test.units
    assert set(LABELS) - set(known.column("label").to_pylist()) == ABSENT_IN_TEST


def test_training_and_test_share_no_contract_and_no_text(files):
    train, test = read_clauses(files, "train"), read_clauses(files, "test")
    assert not {c.contract for c in train} & {c.contract for c in test}
    assert not {c.text.lower() for c in train} & {c.text.lower() for c in test}


def test_perfect_answers_on_the_real_test_set_score_1(files):
    inputs, known = TASK.inputs(files, DRAW), TASK.references(files, DRAW)
    answers = predictions(
        [certain(label) for label in known.column("label").to_pylist()], inputs.column("id").to_pylist()
    )
    units = TASK.score(validate_predictions(answers, inputs), known)
    assert [value(units, m) for m in TASK.card.metrics[:2]] == [1.0, 1.0]
    assert units.num_rows == 86


def test_the_majority_scores_what_the_reference_says(files):
    inputs, known = TASK.inputs(files, DRAW), TASK.references(files, DRAW)
    answers = predictions([certain("Anti-Assignment")] * inputs.num_rows, inputs.column("id").to_pylist())
    units = TASK.score(validate_predictions(answers, inputs), known)
    assert [round(value(units, m), 4) for m in TASK.card.metrics[:2]] == [0.0035, 0.0699]


def test_the_training_examples_join_and_have_the_counts_of_the_card(files):
    inputs, targets = TASK.examples(files, "train", DRAW)
    train = next(s for s in TASK.card.splits if s.name == "train")
    assert inputs.num_rows == train.rows
    assert inputs.column("id").equals(targets.column("id"))
    assert len(set(targets.column("contract").to_pylist())) == train.units


def test_two_near_models_differ_by_the_detectable_effect_of_the_card(files):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    train, targets = TASK.examples(files, "train", DRAW)
    inputs, known = TASK.inputs(files, DRAW), TASK.references(files, DRAW)
    metric = TASK.card.primary
    assert metric.of.gradient is not None
    influence = []
    for pairs in (1, 2):
        words = TfidfVectorizer(ngram_range=(1, pairs), min_df=2, sublinear_tf=True)
        matrix = words.fit_transform(train.column("context").to_pylist())
        model = LinearSVC(random_state=0).fit(matrix, targets.column("label").to_pylist())
        named = model.predict(words.transform(inputs.column("context").to_pylist()))
        answers = predictions([certain(label) for label in named], inputs.column("id").to_pylist())
        statistics = statistics_matrix(TASK.score(validate_predictions(answers, inputs), known), metric)
        influence.append(statistics @ metric.of.gradient(statistics.sum(axis=0)))  # (contracts,)
    difference = influence[0] - influence[1]
    difference -= difference.mean()
    n = len(difference)
    standard_error = np.sqrt((difference**2).sum() * n / (n - 1))
    # 2.80 standard errors: two-sided 5 % and 80 % power; in points of 100
    assert 280 * standard_error == pytest.approx(TASK.card.detectable_effect, abs=0.1)


def test_the_picture_counts_which_category_is_taken_for_which():
    truth = ["Insurance", "Insurance", "Audit Rights", "Insurance"]
    given = [certain("Insurance"), certain("Audit Rights"), certain("Audit Rights"), [float("nan")] * len(LABELS)]
    inputs = questions(["text"] * 4)
    answers, known = validate_predictions(predictions(given), inputs), references(truth, ["a"] * 4)
    (confusion,) = TASK.exhibits(answers, known, TASK.score(answers, known))
    classes, pairs = confusion.table("classes"), confusion.table("pairs")
    assert classes.rows == 38 and classes.column("class")[:2] == ("Insurance", "Audit Rights")
    assert classes.column("class_zh")[:2] == ("保险", "审计权")
    assert [pairs.column(name) for name in ("true", "taken_for", "count")] == [
        (0, 0, 0, 1), (0, 1, None, 1), (1, 1, 1, 1),
    ]  # fmt: skip


def test_every_category_has_a_chinese_name_of_its_own():
    assert tuple(CHINESE_CATEGORIES) == LABELS
    assert len(set(CHINESE_CATEGORIES.values())) == 38
