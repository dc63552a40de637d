"""Failure modes of work orders: the official split's counts, scores by hand, and the figures of the README."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import DataError, UsageError
from sectorbench.harness.interfaces import get_interface, table_info
from sectorbench.harness.prompting import prompting_of
from sectorbench.harness.task import Draw
from sectorbench.harness.text_inputs import choice_inputs
from sectorbench.harness.units import statistics_matrix
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.document_review import work_orders
from sectorbench.tasks.document_review.class_titles import CHINESE_FAILURES
from sectorbench.tasks.document_review.work_order_failure import PROMPT, QUESTION, TASK
from sectorbench.tasks.document_review.work_orders import CODES, TRAIN_COUNTS
from sklearn.metrics import f1_score

DRAW = Draw("default")


def scored(truth, guesses, broken=()):
    """Units of observations with these failure modes, answered with those; rows in ``broken`` with no probability."""
    return TASK.score(*answered(truth, guesses, broken))


def answered(truth, guesses, broken=()):
    """Answers and references of the same."""
    n = len(truth)
    rows = [
        {"id": f"q{i}", "context": "leaks", "questions": [QUESTION], "options": [list(CODES)], "prompt": PROMPT}
        for i in range(n)
    ]
    inputs = pa.Table.from_pylist(rows, schema=choice_inputs(language="en", train_share={}))
    answer = get_interface("choice").answer
    given = [[[float("nan") if i in broken else float(code == g) for code in CODES]] for i, g in enumerate(guesses)]
    predictions = pa.table([inputs["id"], pa.array(given, answer.field(1).type)], schema=answer)
    references = pa.table({"id": inputs["id"], "code": truth})
    return validate_predictions(predictions, inputs), references


def value(units, name="macro_f1"):
    metric = next(m for m in TASK.card.metrics if m.name == name)
    return metric.value(statistics_matrix(units, metric))


def test_scores_are_scikit_learns_over_the_failure_modes_that_occur():
    draw = np.random.default_rng(5)
    truth = [CODES[i] for i in draw.integers(0, 9, 40)]
    guesses = [t if draw.random() < 0.6 else CODES[draw.integers(0, 22)] for t in truth]
    units = scored(truth, guesses)
    wanted = f1_score(truth, guesses, labels=sorted(set(truth)), average="macro", zero_division=0)
    assert value(units) == pytest.approx(wanted, abs=1e-12)
    assert value(units, "micro_f1") == pytest.approx(np.mean([t == g for t, g in zip(truth, guesses, strict=True)]))


def test_an_unusable_answer_is_missed_and_nobodys_false_positive():
    units = scored(["Leaking", "Noise"], ["Leaking", "Leaking"], broken=(1,))
    assert units["invalid"].to_pylist() == [0, 1] and units["code"].to_pylist()[0] == ""
    assert units["code"].to_pylist()[1].startswith("SB3")
    assert value(units) == pytest.approx(0.5)
    assert np.sum(units["fp"].to_pylist()) == 0.0
    assert units["slice:code_frequency"].to_pylist() == ["common", "rare"]


def test_the_official_split_is_whole(real_files):
    inputs, references = TASK.inputs(real_files, DRAW), TASK.references(real_files, DRAW)
    assert inputs.num_rows == references.num_rows == 62
    assert len(set(references["code"].to_pylist())) == 18
    info = table_info(inputs.schema)
    assert info["train_share"]["Minor in-service problems"] == pytest.approx(109 / 502)
    train, dev = (TASK.examples(real_files, part, DRAW) for part in ("train", "dev"))
    assert (train.inputs.num_rows, dev.inputs.num_rows) == (502, 62)
    seen = set(train.inputs["context"].to_pylist()) | set(dev.inputs["context"].to_pylist())
    assert not seen & set(inputs["context"].to_pylist())
    assert sum(TRAIN_COUNTS.values()) == 502


def test_five_answered_training_observations_stand_before_each_where_the_track_says_so(real_files):
    bare, told = (TASK.inputs(real_files, Draw(track)) for track in ("default", "five-shot"))
    assert prompting_of(told.schema).few_shot == 5
    (start,) = {one["context"] for one in told["prompt"].to_pylist()}
    *examples, last = start.split("\n\n")
    assert (len(examples), last) == (5, PROMPT["context"])
    train = TASK.examples(real_files, "train", DRAW)
    texts, codes = train.inputs["context"].to_pylist(), train.targets["code"].to_pylist()
    known = {f"Observation: {text}\nFailure mode: {code}" for text, code in zip(texts, codes, strict=True)}
    assert set(examples) <= known
    assert told.drop_columns("prompt").to_pylist() == bare.drop_columns("prompt").to_pylist()
    assert TASK.references(real_files, Draw("five-shot")) == TASK.references(real_files, DRAW)


def test_the_caveats_figures(real_files):
    codes = TASK.references(real_files, DRAW)["code"].to_pylist()
    counts = [codes.count(code) for code in set(codes)]
    assert sum(n <= 2 for n in counts) == 10
    assert 1 / len(counts) == pytest.approx(0.056, abs=0.001)


@pytest.mark.parametrize(
    ("name", "macro", "micro"),
    [("tfidf-characters-work-orders", 0.511, 0.710), ("tfidf-words-work-orders", 0.485, 0.645)],
)
def test_baselines_reach_the_reference(built_baseline, scored_model, name, macro, micro):
    """The reference run: .710 and .645 micro; .484 and .485 macro over the labels seen, ours over those that occur."""
    _, found = scored_model(TASK, built_baseline(name))
    assert found["macro_f1"] == pytest.approx(macro, abs=0.002)
    assert found["micro_f1"] == pytest.approx(micro, abs=0.002)


def test_wrong_requests_and_wrong_files_are_named(tmp_path, monkeypatch):
    files = DataFiles(mirror=None, cache=tmp_path)
    with pytest.raises(UsageError, match="has no track"):
        TASK.inputs(files, Draw("other"))
    with pytest.raises(UsageError, match="has no secret"):
        TASK.inputs(files, Draw("default", "s"))
    with pytest.raises(UsageError, match="exports no split"):
        TASK.examples(files, "test", DRAW)
    monkeypatch.setattr(DataFiles, "read", lambda self, file: b"leaks,Leaking\nhums,Humming\n")
    with pytest.raises(DataError, match="2 observations with 2 failure modes are not the published counts"):
        work_orders.read_work_orders(files, "test")


def test_the_picture_counts_which_failure_mode_is_taken_for_which():
    answers, references = answered(["Leaking", "Noise", "Noise"], ["Leaking", "Leaking", "Noise"])
    (confusion,) = TASK.exhibits(answers, references, TASK.score(answers, references))
    assert confusion.table("classes").column("class")[:2] == ("Noise", "Leaking")
    assert confusion.table("classes").column("class_zh")[:2] == ("异响", "泄漏")
    pairs = confusion.table("pairs")
    assert [pairs.column(name) for name in ("true", "taken_for", "count")] == [(0, 0, 1), (0, 1, 1), (1, 1, 1)]


def test_every_failure_mode_has_a_chinese_name_of_its_own():
    assert tuple(CHINESE_FAILURES) == CODES
    assert len(set(CHINESE_FAILURES.values())) == 22
