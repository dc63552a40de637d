"""Answers of extraction: ranked whatever their order was, and the builtins that find nothing or anything."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from sectorbench.harness.adapters import LoadContext
from sectorbench.harness.adapters.span_answers import NothingFound, RandomSpans, Span, span_answers
from sectorbench.harness.text_inputs import extraction_inputs
from sectorbench.harness.validation import validate_predictions


def asked(contexts, questions=("who?", "when?")):
    schema = extraction_inputs(language="en", spans_max=20)
    rows = {
        "id": [f"row-{i}" for i in range(len(contexts))],
        "context": list(contexts),
        "questions": [list(questions)] * len(contexts),
    }
    arrays = [pa.array(values, schema.field(name).type) for name, values in rows.items()]
    return pa.record_batch(arrays, schema=schema)


def answers(adapter, batch, seed=0):
    given = adapter.load(LoadContext(None, {}, "extraction", batch.schema, seed=seed)).predict(batch)
    found = validate_predictions(pa.table(given), pa.table(batch))
    assert found.problems == {}
    return found.predictions.column("spans").to_pylist()


def test_spans_are_put_by_falling_probability_and_equal_ones_stay_in_order():
    given = span_answers(pa.array(["a"]), [[[Span(0, 1, 0.2), Span(1, 2, 0.7), Span(5, 6, 0.2)], []]])
    spans = given.column("spans").to_pylist()[0]
    assert [(s["start"], s["probability"]) for s in spans[0]] == [(1, 0.7), (0, 0.2), (5, 0.2)]
    assert spans[1] == []


def test_nothing_found_gives_every_question_an_empty_list():
    assert answers(NothingFound, asked(["text", ""])) == [[[], []], [[], []]]


def test_random_spans_lie_anywhere_in_the_text_and_an_empty_text_has_none():
    found = answers(RandomSpans, asked(["x" * 1_000] * 500 + [""]))
    assert found[-1] == [[], []]
    starts = np.array([[q[0]["start"] for q in row] for row in found[:-1]])
    assert (
        np.quantile(starts, [0.25, 0.5, 0.75]).tolist()
        == np.clip(np.quantile(starts, [0.25, 0.5, 0.75]), [200, 450, 700], [300, 550, 800]).tolist()
    )
    assert {len(q) for row in found[:-1] for q in row} == {1}


def test_a_random_span_depends_on_the_row_and_the_seed_alone():
    batch = asked(["x" * 50] * 9)
    assert answers(RandomSpans, batch)[3:7] == answers(RandomSpans, batch.slice(3, 4))
    assert answers(RandomSpans, batch, seed=1) != answers(RandomSpans, batch)
