"""Quotes in a generator's answer: what is one, what it matches, and what an answer adds to its contract."""

from __future__ import annotations

import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.adapters.quotes import QUOTES_MAX, QuotedAnswer
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import InterfaceError, ScoringError, UsageError
from sectorbench.harness.interfaces import get_interface
from sectorbench.harness.task import Draw
from sectorbench.harness.text_inputs import generation_inputs
from sectorbench.harness.units import statistics_matrix
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.document_review import contract_extraction_text
from sectorbench.tasks.document_review.contract_extraction_text import ASKED, TASK, f_beta_metric
from sectorbench.tasks.document_review.quote_rules import QuoteRule
from sectorbench.tasks.document_review.quoted_passages import (
    NO_CLAUSE,
    count_quotes,
    extraction_prompt,
    is_verbatim,
    read_quotes,
)
from sklearn.metrics import fbeta_score

DRAW = Draw("default")


@pytest.mark.parametrize(
    ("answer", "quotes", "none"),
    [
        ("- Fees are due.\n- Late fees apply.", ("Fees are due.", "Late fees apply."), False),
        (
            "1. Fees are due.\n2) Late fees apply.\n* And more.",
            ("Fees are due.", "Late fees apply.", "And more."),
            False,
        ),
        ("• “Fees are due.”", ("Fees are due.",), False),
        ("No related clause.", (), True),
        ("- No related clause", (), True),
        ("There is no relevant clause in this contract.", (), True),
        ("<think>- Fees are due.</think>No related clause.", (), True),
        ("<think>- Fees are due.", (), False),  # it never came to an answer
        ("- Fees are due.\nNo related clause.", ("Fees are due.",), False),  # what is quoted counts
        ("- Fees are due.\n- Fees are due.", ("Fees are due.",), False),
        ("Fees are due.", (), False),
        ("", (), False),
    ],
)
def test_what_an_answer_quotes(answer, quotes, none):
    assert read_quotes(answer) == QuotedAnswer(quotes, none)
    assert read_quotes(answer).readable is bool(quotes or none)


def test_a_passage_that_speaks_of_related_clauses_can_be_quoted():
    long = "If no related clause of the Master Agreement applies, the fees fall due within thirty days of the invoice."
    assert read_quotes(f"- {long}").quotes == (long,)


def test_there_are_no_more_quotes_than_are_read():
    assert len(read_quotes("\n".join(f"- passage {n}" for n in range(90))).quotes) == QUOTES_MAX


@pytest.mark.parametrize(
    ("category", "marked", "quotes", "counts"),
    [
        ("Insurance", ["a b c d"], ["a b c"], (1, 0, 0)),  # 3 of 4 words
        ("Insurance", ["a b c d"], ["a b"], (1, 0, 0)),  # exactly a half
        ("Insurance", ["a b c d"], ["a"], (0, 1, 1)),
        ("Insurance", ["a\nb"], ["A  b"], (1, 0, 0)),  # white space and case
        ("Insurance", ["a b", "a b c"], ["a b"], (2, 0, 0)),  # one quote finds both
        ("Insurance", ["a b"], ["a b", "b a"], (1, 0, 0)),  # both match: none is false
        ("Insurance", [], ["a", "b"], (0, 0, 2)),
        ("Insurance", ["a"], [], (0, 1, 0)),
        ("Parties", ["Acme"], ["between Acme and the other one"], (1, 0, 0)),
        ("Insurance", ["Acme"], ["between Acme and the other one"], (0, 1, 1)),
    ],
)
def test_what_quotes_find(category, marked, quotes, counts):
    assert count_quotes(category, marked, quotes) == counts


def test_a_quote_is_verbatim_whatever_the_white_space():
    assert is_verbatim("fees are\ndue", "The Fees  are due today.")
    assert not is_verbatim("fees were due", "The fees are due.")


@pytest.mark.parametrize("beta", [1.0, 2.0])
def test_the_f_measure_is_scikit_learns_and_its_gradient_the_slope(beta):
    metric = f_beta_metric("f", TASK.card.title, beta=beta, formula="f")
    found, false, missed = 7, 4, 5
    truth = [1] * (found + missed) + [0] * false
    said = [1] * found + [0] * missed + [1] * false
    total = pa.array([found, false, missed]).to_numpy().astype(float)
    assert metric.of.value(total) == pytest.approx(fbeta_score(truth, said, beta=beta))
    for at in range(3):
        step = total * 0
        step[at] = 1e-4
        slope = (metric.of.value(total + step) - metric.of.value(total - step)) / 2e-4
        assert metric.of.gradient(total)[at] == pytest.approx(slope, abs=1e-8)
    assert metric.of.value(total * 0) == 0.0 and not metric.of.gradient(total * 0).any()


def asked(*texts):
    schema = generation_inputs(language="en")
    rows = [
        {"id": f"q{i}", "messages": [{"role": "user", "content": text}], "stop": [], "max_tokens": 9}
        for i, text in enumerate(texts)
    ]
    return pa.Table.from_pylist(rows, schema=schema)


def scored(*answers, truncated=None):
    """Units of answers about one contract of two passages, a question each."""
    passages = [["Fees are due."], [], ["The cap is ten."]]
    inputs = asked(*("x" for _ in passages))
    schema = get_interface("generation").prediction_schemas()[0 if truncated is None else 1]
    columns = [inputs["id"], pa.array(answers, pa.string())]
    if truncated is not None:
        columns += [pa.array([1] * 3, pa.int32()), pa.array(truncated)]
    references = pa.table(
        {
            "id": inputs["id"],
            "contract": ["one", "one", "two"],
            "category": ["Insurance"] * 3,
            "passages": passages,
            "text": ["Fees are due. No more."] * 2 + ["The cap is ten."],
        }
    )
    return TASK.score(validate_predictions(pa.table(columns, schema=schema), inputs), references), references, inputs


def value(units, name):
    metric = next(m for m in TASK.card.metrics if m.name == name)
    return metric.value(statistics_matrix(units, metric))


def test_scores_by_hand():
    units, _, _ = scored("- Fees are due.\n- invented words here", NO_CLAUSE, "I do not know")
    assert units["unit"].to_pylist() == ["one", "two"]
    assert [units[name].to_pylist() for name in ("found", "false", "missed")] == [[1, 0], [1, 1], [0, 1]]
    assert value(units, "f2") == pytest.approx(5 / (5 + 4 + 2))
    assert value(units, "f1") == pytest.approx(2 / (2 + 1 + 2))
    assert value(units, "false_none_share") == 0.0
    assert value(units, "right_none_share") == 1.0
    assert value(units, "unreadable_share") == pytest.approx(1 / 3)
    assert value(units, "verbatim_share") == 0.5


def test_saying_none_of_everything_is_told():
    units, _, _ = scored(NO_CLAUSE, NO_CLAUSE, NO_CLAUSE, truncated=[False, True, False])
    assert value(units, "false_none_share") == 1.0 and value(units, "f2") == 0.0
    assert value(units, "truncated_share") == pytest.approx(1 / 3)


def test_references_of_other_inputs_are_refused():
    _, references, inputs = scored(NO_CLAUSE, NO_CLAUSE, NO_CLAUSE)
    predictions = pa.table([inputs["id"], pa.array([NO_CLAUSE] * 3)], schema=get_interface("generation").answer)
    with pytest.raises(ScoringError, match="belong to other references"):
        TASK.score(validate_predictions(predictions, inputs), references.slice(1))


CONTRACT = "The supplier delivers pumps.\nThe cap on liability is ten euros. Fees are due in March."


def said(rule, *prompts, seed=0):
    inputs = asked(*prompts)
    adapter = QuoteRule.load(LoadContext(None, {"rule": rule}, "generation", inputs.schema, seed=seed))
    (batch,) = inputs.to_batches()
    return adapter.predict(batch).column("text").to_pylist()


def test_the_rules_read_the_prompt_that_models_get():
    prompt = extraction_prompt(CONTRACT, "Is there a cap on liability?")
    assert said("nothing", prompt) == [NO_CLAUSE]
    assert said("overlap", prompt) == ["- The cap on liability is ten euros."]
    drawn = {said("random", prompt, seed=seed)[0] for seed in range(20)}
    assert drawn == {f"- {line}" for line in CONTRACT.replace("\n", " ").replace(". ", ".|").split("|")}
    assert said("overlap", extraction_prompt("", "Anything?")) == [NO_CLAUSE]
    with pytest.raises(InterfaceError, match="input 'q0': the prompt holds no contract"):
        said("overlap", "What is a cap?")


def test_the_test_set_asks_twenty_questions_of_every_contract(real_files):
    references = TASK.references(real_files, DRAW)
    assert references.num_rows == 94 * ASKED == TASK.card.test.rows
    titles = references["contract"].to_pylist()
    assert len(set(titles)) == 94 and {titles.count(one) for one in titles} == {ASKED}
    assert 0.25 < sum(map(bool, references["passages"].to_pylist())) / references.num_rows < 0.4
    again = contract_extraction_text._drawn_questions(titles[0])
    assert again == contract_extraction_text._drawn_questions(titles[0]) == sorted(set(again))


def test_wrong_requests_are_named(tmp_path):
    files = DataFiles(mirror=None, cache=tmp_path)
    with pytest.raises(UsageError, match="has no track"):
        TASK.inputs(files, Draw("other"))
    with pytest.raises(UsageError, match="has no secret"):
        TASK.inputs(files, Draw("default", "s"))
