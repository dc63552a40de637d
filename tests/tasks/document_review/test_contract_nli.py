import hashlib
import json

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import ScoringError, UsageError
from sectorbench.harness.interfaces import get_interface, table_info
from sectorbench.harness.task import Draw
from sectorbench.harness.text_inputs import choice_inputs
from sectorbench.harness.units import statistics_matrix
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.document_review.contract_nli import TASK, WORDING
from sectorbench.tasks.document_review.nda import ANSWERS, read_agreements
from sectorbench.tasks.document_review.tfidf_nda import build_tfidf_nda

DRAW = Draw("default")
HYPOTHESES = [f"hypothesis {number}" for number in range(17)]


def asked(texts):
    rows = [
        {
            "id": f"a{number}",
            "context": text,
            "questions": HYPOTHESES,
            "options": [list(ANSWERS)] * 17,
            "prompt": WORDING.prompt,
        }
        for number, text in enumerate(texts)
    ]
    return pa.Table.from_pylist(rows, schema=choice_inputs(language="en", train_share={}))


def answered(probability, ids):
    schema = get_interface("choice").answer
    return pa.table([pa.array(ids), pa.array(probability.tolist(), schema.field("probability").type)], schema=schema)


def known(truth, source="SEC filing, HTML"):
    columns = {
        "id": [f"a{number}" for number in range(len(truth))],
        "answers": [[ANSWERS[one] for one in row] for row in truth],
        "source": [source] * len(truth),
    }
    return pa.table(columns)


def test_a_unit_is_an_agreement_with_its_source_and_its_length():
    truth = np.zeros((3, 17), int)
    inputs = asked(["x" * 7_499, "x" * 7_500, "x" * 12_501])
    units = TASK.score(validate_predictions(answered(np.eye(3)[truth], ["a0", "a1", "a2"]), inputs), known(truth))
    assert units.column("unit").to_pylist() == ["a0", "a1", "a2"]
    assert units.column("slice:agreement_source").to_pylist() == ["SEC filing, HTML"] * 3
    assert units.column("slice:agreement_length").to_pylist() == [
        "under 7,500 characters",
        "7,500 to 12,500 characters",
        "over 12,500 characters",
    ]


def test_an_unusable_answer_names_its_code_and_gets_nothing():
    truth = np.zeros((2, 17), int)
    probability = np.eye(3)[truth]
    probability[1, 4] = [0.5, 0.5, 0.5]
    answers = validate_predictions(answered(probability, ["a0", "a1"]), asked(["x", "x"]))
    units = TASK.score(answers, known(truth))
    assert units.column("code").to_pylist() == ["", "SB308"]
    assert units.column("right").to_pylist() == [17, 0]


def test_inputs_of_other_references_are_refused():
    truth = np.zeros((1, 17), int)
    answers = validate_predictions(answered(np.eye(3)[truth], ["a0"]), asked(["x"]))
    with pytest.raises(ScoringError, match="no reference for"):
        TASK.score(answers, known(truth).slice(0, 0))


@pytest.mark.parametrize("draw", [Draw("other"), Draw("default", "a secret")])
def test_a_track_or_secret_that_is_not_there_is_a_usage_error(draw, tmp_path):
    for make in (TASK.inputs, TASK.references):
        with pytest.raises(UsageError):
            make(DataFiles(mirror=None, cache=tmp_path), draw)


def test_test_targets_are_not_handed_out(tmp_path):
    with pytest.raises(UsageError, match="exports no split 'test'"):
        TASK.examples(DataFiles(mirror=None, cache=tmp_path), "test", DRAW)


def test_the_real_test_set_has_the_counts_of_the_card(real_files):
    inputs, references = TASK.inputs(real_files, DRAW), TASK.references(real_files, DRAW)
    assert inputs.num_rows == references.num_rows == TASK.card.test.rows == 123
    assert inputs.column("id").equals(references.column("id"))
    assert set(map(len, inputs.column("questions").to_pylist())) == {17}
    said = json.dumps(table_info(inputs.schema))
    assert set(table_info(inputs.schema)["question_share"]) == set(inputs.column("questions")[0].as_py())
    assert "nda-" not in said


def test_perfect_answers_score_1(real_files):
    inputs, references = TASK.inputs(real_files, DRAW), TASK.references(real_files, DRAW)
    truth = np.array([[ANSWERS.index(one) for one in row] for row in references.column("answers").to_pylist()])
    answers = validate_predictions(answered(np.eye(3)[truth], inputs.column("id").to_pylist()), inputs)
    units = TASK.score(answers, references)
    assert [m.value(statistics_matrix(units, m)) for m in TASK.card.metrics[:4]] == [1.0] * 4


def test_the_majority_of_each_hypothesis_scores_what_the_paper_says(scored_model):
    """The paper's row is .674, .083, .428."""
    _, values = scored_model(TASK, "majority-class")
    found = [round(values[name], 4) for name in ("accuracy", "f1_contradiction", "f1_entailment")]
    assert found == [0.6738, 0.0834, 0.4285]


@pytest.mark.parametrize(
    ("part", "figures"),
    [("train", [0.6595, 0.1226, 0.4285]), ("dev", [0.6738, 0.0834, 0.4285]), ("test", [0.6738, 0.0834, 0.4285])],
)
def test_other_majorities_than_that_of_all_handed_out_agreements(part, figures, real_files):
    inputs, references = TASK.inputs(real_files, DRAW), TASK.references(real_files, DRAW)
    given = np.array([one.answers for one in read_agreements(real_files, part).agreements])
    most = [max(ANSWERS, key=lambda answer: (given[:, at] == answer).sum()) for at in range(17)]
    certain = np.tile(np.eye(3)[[ANSWERS.index(one) for one in most]], (123, 1, 1))
    answers = validate_predictions(answered(certain, inputs.column("id").to_pylist()), inputs)
    units = TASK.score(answers, references)
    found = [m.value(statistics_matrix(units, m)) for m in TASK.card.metrics[:3]]
    assert found == pytest.approx(figures, abs=5e-5)


@pytest.mark.parametrize(
    ("name", "figures"),
    [("tfidf-svm-nli", [0.6829, 0.2119, 0.4993]), ("tfidf-svm-nli-dev", [0.7403, 0.1854, 0.6238])],
)
def test_the_baselines_reach_the_reference(name, figures, built_baseline, scored_model):
    submission = built_baseline(name)
    assert submission.manifest.name == name
    _, values = scored_model(TASK, submission)
    found = [values[one] for one in ("accuracy", "f1_contradiction", "f1_entailment")]
    assert found == pytest.approx(figures, abs=5e-5)


def test_building_again_gives_the_same_bytes(built_baseline, real_files, tmp_path):
    first = built_baseline("tfidf-svm-nli").folder
    second = build_tfidf_nda(real_files, tmp_path / "again", task="contract-nli", parts="train")
    for path in first.iterdir():
        assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256((second / path.name).read_bytes()).digest()


@pytest.mark.parametrize(("split", "rows"), [("train", 50), ("dev", 61)])
def test_examples_join_and_name_options(split, rows, real_files):
    inputs, targets = TASK.examples(real_files, split, DRAW)
    assert inputs.num_rows == rows == next(s for s in TASK.card.splits if s.name == split).rows
    assert inputs.column("id").equals(targets.column("id"))
    assert {label for row in targets.column("label").to_pylist() for label in row} == set(ANSWERS)


def test_an_answer_that_could_not_be_read_is_wrong_for_its_hypothesis_alone():
    truth = np.zeros((1, 17), int)
    schema = get_interface("choice").prediction_schemas()[2]
    unread = pa.array([[number < 5 for number in range(17)]])
    columns = [pa.array(["a0"]), pa.array(np.eye(3)[truth].tolist(), schema.field("probability").type), unread, unread]
    answers = validate_predictions(pa.table(columns, schema=schema), asked(["x"]))
    units = TASK.score(answers, known(truth))
    assert (units["right"].to_pylist(), units["asked"].to_pylist()) == ([12.0], [17.0])
    assert units["fp_contradiction"].to_pylist() == [[0.0] * 17]
    assert units["fn_entailment"].to_pylist() == [[1.0] * 5 + [0.0] * 12]


def test_the_picture_counts_which_answer_is_taken_for_which_and_none_where_nothing_was_read():
    truth = np.array([[0] * 10 + [1] * 4 + [2] * 3])
    guess = truth.copy()
    guess[0, :3] = 2
    schema = get_interface("choice").prediction_schemas()[2]
    unread = pa.array([[number == 16 for number in range(17)]])
    columns = [pa.array(["a0"]), pa.array(np.eye(3)[guess].tolist(), schema.field("probability").type), unread, unread]
    answers = validate_predictions(pa.table(columns, schema=schema), asked(["x"]))
    (confusion,) = TASK.exhibits(answers, known(truth), TASK.score(answers, known(truth)))
    assert confusion.table("classes").column("class") == ANSWERS
    assert confusion.table("classes").column("class_zh") == ("蕴含", "矛盾", "未提及")
    pairs = confusion.table("pairs")
    assert list(zip(*(pairs.column(name) for name in ("true", "taken_for", "count")), strict=True)) == [
        (0, 0, 7), (0, 2, 3), (1, 1, 4), (2, 2, 2), (2, None, 1),
    ]  # fmt: skip
