"""Passages that a language model quotes, as answers of extraction: asked, read, put to their places, counted."""

from __future__ import annotations

import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.adapters.endpoint import Endpoint
from sectorbench.harness.adapters.span_prompts import Quoting
from sectorbench.harness.text_inputs import extraction_inputs
from sectorbench.harness.validation import validate_predictions

TEXT = "Fees are due monthly.\nLate fees apply. Governing law: Delaware. Fees are due monthly."


def asked(*contexts, language="en", questions=("fees?", "law?"), spans_max=3):
    schema = extraction_inputs(language=language, spans_max=spans_max)
    rows = [{"id": f"r{n}", "context": one, "questions": list(questions)} for n, one in enumerate(contexts)]
    return pa.Table.from_pylist(rows, schema=schema)


def answered(inputs, texts, truncated=None):
    """Spans per row and question, problems, ways."""
    quoting, (batch,) = Quoting(inputs.schema), inputs.to_batches()
    rows = batch.to_pylist()
    assert len(quoting.questions(rows)) == len(texts)
    found = quoting.answers(batch, rows, texts, truncated or [False] * len(texts))
    checked = validate_predictions(pa.Table.from_batches([found]), inputs)
    return found, {row: one.code for row, one in checked.problems.items()}, quoting.ways()


def passages(found, contexts):
    return [
        [[text[one["start"] : one["end"]] for one in spans] for spans in row]
        for text, row in zip(contexts, found["spans"].to_pylist(), strict=True)
    ]


def test_quotes_become_spans_exact_ones_first():
    texts = ["I found:\n- Late  fees apply.\n- Fees are due weekly or monthly.", "- governing law: delaware"]
    found, problems, ways = answered(asked(TEXT), texts)
    assert problems == {} and found["unread"].to_pylist() == [[False, False]]
    assert passages(found, [TEXT]) == [[["Late fees apply."], ["Governing law: Delaware"]]]
    assert ways["quotes"] == "0 exact, 2 but for white space, case and the like, 0 alike (80% or more), 1 stand nowhere"


def test_a_repeated_passage_is_one_span_and_a_quote_that_is_alike_stands_behind_the_exact_ones():
    found, _, _ = answered(
        asked(TEXT),
        ["- Late fees will apply. Governing\n- Fees are due monthly.\n- FEES ARE DUE MONTHLY.", "No related passage."],
    )
    first, second = found["spans"].to_pylist()[0]
    assert (first[0]["start"], first[0]["end"]) == (0, 21) and len(first) == 2
    assert first[0]["probability"] == 1 > first[1]["probability"] >= 0.8
    assert second == []


def test_no_more_spans_are_told_than_the_task_takes():
    quotes = "\n".join(f"- {word}" for word in ("Fees", "are", "due", "monthly", "Late"))
    found, problems, _ = answered(asked(TEXT), [quotes, "No such passage"])
    assert [len(one) for one in found["spans"].to_pylist()[0]] == [3, 0] and problems == {}


def test_an_answer_that_neither_quotes_nor_says_that_there_is_none_is_unread():
    found, problems, _ = answered(asked(TEXT, TEXT), ["Fees are due.", "- Delaware", "well", "<think>- Delaware"])
    assert found["unread"].to_pylist() == [[True, False], [True, True]]
    assert problems == {1: "SB322"}


def test_an_answer_that_was_cut_off_counts_as_far_as_it_stands_in_the_text():
    found, _, ways = answered(
        asked(TEXT), ["- Late fees apply.\n- Governing law: Dela", "- Fees are due monthly."], [True, False]
    )
    assert passages(found, [TEXT])[0][0] == ["Late fees apply.", "Governing law: Dela"]
    assert ways["answers cut off"] == "1 of 2"


def test_an_empty_text_is_not_asked_about():
    found, problems, _ = answered(asked("", TEXT, " \n"), ["- Delaware", "No related passage"])
    assert problems == {} and found["unread"].to_pylist() == [[False, False]] * 3
    assert passages(found, ["", TEXT, ""]) == [[[], []], [["Delaware"], []], [[], []]]


def test_a_chinese_task_is_asked_and_answered_in_chinese():
    text = "第三条　甲方应于３０日内付款，\n逾期须付违约金。"
    inputs = asked(text, language="zh", questions=["付款期限？", "质保期？"])
    told = [one.text for one in Quoting(inputs.schema).questions(inputs.to_pylist())]
    assert text in told[0] and told[0].endswith("请写：无相关原文。") and "问题：质保期？" in told[1]
    for none in ("无相关原文。", "- 没有相关条款", "文本中没有任何相关内容。", "No related passage."):
        found, problems, _ = answered(inputs, ["－甲方应于30日内付款,逾期须付违约金", none])
        assert passages(found, [text]) == [[["甲方应于３０日内付款，\n逾期须付违约金"], []]]
        assert problems == {} and found["unread"].to_pylist() == [[False, False]]


def test_counts_begin_anew_with_a_cell():
    quoting, inputs = Quoting(asked(TEXT).schema), asked(TEXT)
    before = quoting.ways()
    quoting.answers(inputs.to_batches()[0], inputs.to_pylist(), ["- Fees", "- Delaware"], [True, True])
    assert quoting.ways() != before
    quoting.begins()
    assert quoting.ways() == before


class Line:
    """A server that answers what it was told to."""

    def __init__(self, texts):
        self.texts, self.asked = texts, []

    def ask(self, requests, cell):
        self.asked += requests
        said = {"completion_tokens": 3, "model": "toy", "finish": "stop"}
        return [said | {"text": "yes" if one.name.startswith("load") else self.texts[one.name]} for one in requests]


def test_an_endpoint_is_asked_question_by_question():
    inputs = asked(TEXT)
    line = Line({"r0/0": "- Late fees apply.", "r0/1": "No related passage."})
    options = {"url": "https://models.example.com/v1", "model": "toy", "max_tokens": 77}
    model = Endpoint(LoadContext(None, options, "extraction", inputs.schema), line)
    found = model.predict(inputs.to_batches()[0])
    assert passages(found, [TEXT]) == [[["Late fees apply."], []]]
    assert [one.body["max_tokens"] for one in line.asked if not one.name.startswith("load")] == [77, 77]
    assert model.ways()["quotes"].startswith("1 exact")
    model.begins("next")
    assert model.ways()["quotes"].startswith("0 exact")


@pytest.fixture(scope="module")
def learnt(tmp_path_factory):
    """A tiny model that learnt by heart what to write to two questions."""
    pytest.importorskip("torch")
    from toy_language_models import write_learnt

    inputs = asked("Fees: 5.", questions=["fee?", "law?"])
    pairs = [one.text for one in Quoting(inputs.schema).questions(inputs.to_pylist())]
    answers = ["- fees:  5", "- never said"]
    return write_learnt(tmp_path_factory.mktemp("learnt"), list(zip(pairs, answers, strict=True)), window=512), inputs


def test_a_causal_language_model_quotes(learnt):
    from sectorbench.harness.adapters.transformers_causal import TransformersCausal

    folder, inputs = learnt
    model = TransformersCausal.load(LoadContext(folder, {"max_tokens": 20}, "extraction", inputs.schema))
    found = model.predict(inputs.to_batches()[0])
    assert validate_predictions(pa.Table.from_batches([found]), inputs).problems == {}
    assert passages(found, ["Fees: 5."]) == [[["Fees: 5"], []]]
    assert "1 but for white space" in model.ways()["quotes"] and "1 stand nowhere" in model.ways()["quotes"]
    model.begins("next")
    assert model.ways()["answers cut off"] == "0 of 0"
