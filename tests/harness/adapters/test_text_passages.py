"""Passages of a text, their ranks, and the scikit-learn classifier that is asked about them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import yaml
from sectorbench.harness.adapters import LoadContext
from sectorbench.harness.adapters.skops_model import SkopsModel
from sectorbench.harness.adapters.text_passages import find_passages, ranked_passages
from sectorbench.harness.submission import inspect
from sectorbench.harness.text_inputs import extraction_inputs
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.baseline_folder import own_manifest, write_skops_folder

QUESTIONS = ("Who pays?", "Which law?")
CONTRACT = "Acme pays the fee.\n\nOhio law governs. Acme pays late fees."


@pytest.mark.parametrize(
    ("text", "passages"),
    [
        ("", []),
        (" \n\t ", []),
        ("one", ["one"]),
        ("  one two \n\n  three ", ["one two", "three"]),
        ("One ends. Two begins", ["One ends.", "Two begins"]),
        ("Acme, Inc. shall pay 1.5 % in sec. 3", ["Acme, Inc. shall pay 1.5 % in sec.", "3"]),
        ('He said "no." Then (a) this; (b) that', ['He said "no."', "Then (a) this;", "(b) that"]),
        ("甲方付款。乙方交货；完", ["甲方付款。", "乙方交货；", "完"]),
    ],
)
def test_passages_are_sentences_and_lines_without_white_space_around(text, passages):
    assert [text[start:end] for start, end in find_passages(text)] == passages


def test_the_most_probable_passages_come_first_and_the_improbable_ones_not_at_all():
    places = [(0, 3), (4, 6), (7, 9), (9, 12)]
    found = ranked_passages(places, np.array([0.2, 0.0, 0.7, 0.2]), 2)
    assert [tuple(span) for span in found] == [(7, 9, 0.7), (0, 3, 0.2)]
    assert len(ranked_passages(places, np.array([0.2, 0.0, 0.7, 0.2]), 9)) == 3


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """A classifier of passages that knows who pays and which law governs."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import Pipeline

    texts = ["Acme pays", "Ohio law", "the weather", "fee pays", "law of Texas", "a day"]
    several = OneVsRestClassifier(LogisticRegression(C=100.0))
    words = CountVectorizer()
    several.fit(words.fit_transform(texts), np.array([[1, 0], [0, 1], [0, 0], [1, 0], [0, 1], [0, 0]]))
    several.classes_ = np.array(QUESTIONS)
    folder = tmp_path_factory.mktemp("models") / "reader"
    manifest = own_manifest(
        "reader",
        description="knows two words",
        adapter="skops",
        interface="extraction",
        tasks=[],
        trained_on=[],
        options={"file": "model.skops"},
    )
    del manifest["tasks"]
    write_skops_folder(folder, manifest, Pipeline([("words", words), ("several", several)]))
    return folder


def answer(folder, contexts, questions, spans_max=20):
    schema = extraction_inputs(language="en", spans_max=spans_max)
    rows = [{"id": f"c{i}", "context": text, "questions": list(questions)} for i, text in enumerate(contexts)]
    asked = pa.Table.from_pylist(rows, schema=schema)
    options = yaml.safe_load((folder / "submission.yaml").read_text())["options"]
    model = SkopsModel.load(LoadContext(folder, options, "extraction", schema))
    answers = validate_predictions(pa.table(model.predict(asked.to_batches()[0])), asked)
    assert answers.problems == {}
    return [
        [[(text[s["start"] : s["end"]], s["probability"]) for s in spans] for spans in row]
        for text, row in zip(contexts, answers.predictions.column("spans").to_pylist(), strict=True)
    ]


def test_a_classifier_of_passages_passes_the_check_and_ranks_them_per_question(reader):
    assert inspect(reader, {}).problems == ()
    ((pays, law),) = answer(reader, [CONTRACT], QUESTIONS)
    assert {text for text, _ in pays[:2]} == {"Acme pays the fee.", "Acme pays late fees."}
    assert law[0][0] == "Ohio law governs."
    assert law[0][1] > 0.5 > law[1][1]


def test_questions_are_found_by_their_text_and_an_unknown_one_has_no_answer(reader):
    ((law, other),) = answer(reader, [CONTRACT], ("Which law?", "How much?"))
    assert law[0][0] == "Ohio law governs."
    assert other == []


def test_no_more_spans_than_may_be_and_none_of_an_empty_text(reader):
    (some, none) = answer(reader, [CONTRACT, ""], QUESTIONS, spans_max=1)
    assert [len(spans) for spans in some] == [1, 1]
    assert none == [[], []]
