"""Causal language models that answer a choice by writing: a tiny one that learnt three answers by heart."""

from __future__ import annotations

import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.adapters.option_prompts import option_questions, told_way
from sectorbench.harness.adapters.transformers_causal import TransformersCausal
from sectorbench.harness.errors import SubmissionError
from sectorbench.harness.prompting import Prompting
from sectorbench.harness.text_inputs import choice_inputs
from sectorbench.harness.validation import validate_predictions

torch = pytest.importorskip("torch")

from toy_language_models import write, write_learnt  # noqa: E402

GENERATE = {"answer": "generate", "max_tokens": 40}
PROMPT = {"context": "", "question": " ", "option": " "}
ROWS = [
    {"id": "c0", "context": "Fee.", "questions": ["due?", "late?"], "options": [["yes", "no"]] * 2, "prompt": PROMPT},
    {"id": "c1", "context": "Term.", "questions": ["due?"], "options": [["yes", "no"]], "prompt": PROMPT},
]
WRITES = ["<think>yes?</think>Answer: no", "yes", "who knows"]  # to the three questions


@pytest.fixture(scope="module")
def inputs():
    return pa.Table.from_pylist(ROWS, schema=choice_inputs(language="en", train_share={}))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    asked = [one.text for row in ROWS for one in option_questions(row, "en")]
    return write_learnt(tmp_path_factory.mktemp("learnt"), list(zip(asked, WRITES, strict=True)), window=256)


def load(folder, inputs, **options):
    return TransformersCausal.load(LoadContext(folder, GENERATE | options, "choice", inputs.schema))


@pytest.mark.parametrize("rows", [1, 2])
def test_answers_are_read_out_of_what_the_model_writes(folder, inputs, rows):
    model = load(folder, inputs)
    batches = inputs.combine_chunks().to_batches(max_chunksize=rows)
    found = validate_predictions(pa.Table.from_batches([model.predict(one) for one in batches]), inputs)
    assert found.predictions["probability"].to_pylist() == [[[0.0, 1.0], [1.0, 0.0]], [[0.5, 0.5]]]
    assert found.unread == [[False, False], [True]]
    assert {row: problem.code for row, problem in found.problems.items()} == {1: "SB322"}
    assert model.ways() == {"choice by": told_way("en")}


def test_an_answer_that_is_cut_off_in_its_reasoning_is_unread(folder, inputs):
    model = load(folder, inputs, max_tokens=8)
    (batch,) = inputs.combine_chunks().to_batches()
    answer = model.predict(batch)
    assert answer["unread"].to_pylist() == [[True, False], [True]]
    assert answer["truncated"].to_pylist() == [[True, False], [True]]


def test_a_track_with_a_budget_is_answered_in_words_whatever_the_manifest_says(folder, inputs):
    """The budget and 64 tokens of an answer: enough for the longest answer, which manifests of 8 tokens cut."""
    schema = choice_inputs(language="en", train_share={}, prompting=Prompting(reasoning_tokens=0))
    model = TransformersCausal.load(LoadContext(folder, {"answer": "likelihood", "max_tokens": 8}, "choice", schema))
    (batch,) = inputs.combine_chunks().to_batches()
    answer = model.predict(batch)
    assert answer["unread"].to_pylist() == [[False, False], [True]]
    assert answer["truncated"].to_pylist() == [[False, False], [False]]


def test_a_prompt_over_the_window_is_unread_and_the_other_answers_stay(folder, inputs):
    long = ROWS[1] | {"id": "c2", "context": "x" * 300}
    table = pa.Table.from_pylist([*ROWS, long], schema=inputs.schema)
    model = load(folder, inputs)
    found = validate_predictions(pa.Table.from_batches([model.predict(table.to_batches()[0])]), table)
    assert found.unread == [[False, False], [True], [True]]
    assert found.truncated == 0  # it was never begun
    assert {row: one.code for row, one in found.problems.items()} == {1: "SB322", 2: "SB322"}
    assert found.predictions["probability"].to_pylist()[0] == [[0.0, 1.0], [1.0, 0.0]]
    assert model.ways()["not asked"].startswith("1 of 4 prompts")


def test_a_chat_template_that_fails_is_found_at_load_where_it_is_used(tmp_path, inputs):
    path = write(tmp_path / "m", chat="{{ raise_exception('only on Sundays') }}")
    with pytest.raises(SubmissionError, match="SB107 chat template: .*only on Sundays"):
        load(path, inputs)
    TransformersCausal.load(LoadContext(path, {}, "choice", inputs.schema))  # likelihoods need none


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"answer": "guess"}, "answer is 'guess', expected likelihood or generate"),
        ({"max_tokens": 0}, "max_tokens is 0, expected"),
        ({"max_tokens": True}, "max_tokens is True, expected"),
    ],
)
def test_a_wrong_option_is_named(tmp_path, options, said):
    with pytest.raises(SubmissionError, match=f"SB103.*{said}"):
        TransformersCausal.examine(tmp_path, options)
