"""Legal questions: which items are taken, what both tracks ask, and the rules that look at options alone."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import DataError, UsageError
from sectorbench.harness.interfaces import get_interface
from sectorbench.harness.prompting import BARE, prompting_of
from sectorbench.harness.task import Draw
from sectorbench.harness.text_inputs import choice_inputs
from sectorbench.harness.units import statistics_matrix
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.document_review import lexeval
from sectorbench.tasks.document_review.legal_choice import KINDS, TASK
from sectorbench.tasks.document_review.lexeval import COUNTS, Item
from sectorbench.tasks.document_review.option_rules import OptionRule

LETTERED, TEXTS = Draw("letters"), Draw("texts")


def line(question, answer, *options):
    text = "\n".join([question, *(f"{letter}: {one}" for letter, one in zip("ABCDE", options, strict=False))])
    return json.dumps({"instruction": "x", "input": text, "answer": answer}, ensure_ascii=False)


GOOD = line("关于租赁合同：", "C", "甲", "乙", "丙", "丁")
LEFT_OUT = [
    line("关于租赁合同：", "BC", "甲", "乙", "丙", "丁"),  # two right answers
    line("关于侵权：", "C", "甲", "乙", "丙", "丁"),  # no contract
    line("关于租赁合同：", "E", "甲", "乙", "丙", "丁"),  # no such option
    json.dumps({"instruction": "x", "input": "合同\nA: 甲\nC: 丙", "answer": "A"}),  # a letter is missing
    json.dumps({"instruction": "x", "input": "合同\nA: 甲\nB: 乙\n又及", "answer": "A"}),  # text behind the options
    json.dumps({"instruction": "x", "input": "招标？", "answer": "A"}),  # no options
    json.dumps({"instruction": "x", "input": "合同\nA: 甲\nB: 乙", "answer": None}),
]


def test_items_with_one_right_option_on_contracts_are_taken_and_no_others(tmp_path, monkeypatch):
    for name in COUNTS:
        monkeypatch.setitem(lexeval.COUNTS, name, 1)
    monkeypatch.setattr(DataFiles, "read", lambda self, file: "\n".join([*LEFT_OUT, GOOD]).encode())
    items = lexeval.read_items(DataFiles(mirror=None, cache=tmp_path))
    assert items[0] == Item("1_1", "关于租赁合同：", ("甲", "乙", "丙", "丁"), 2)
    assert len(items) == len(COUNTS)
    monkeypatch.setitem(lexeval.COUNTS, "1_2", 7)
    with pytest.raises(DataError, match=r"1_2\.jsonl: 1 items on contracts and tenders, expected 7"):
        lexeval.read_items(DataFiles(mirror=None, cache=tmp_path))


def test_conversations_ask_the_listed_items_with_a_system_prompt(real_files):
    letters = TASK.inputs(real_files, LETTERED)
    for name, question in (("chat", "请只回答一个选项字母。"), ("reasoning", "以上哪一项正确？")):
        told = TASK.inputs(real_files, Draw(name))
        assert told.drop_columns("questions").to_pylist() == letters.drop_columns("questions").to_pylist()
        assert told["questions"].to_pylist() == [[question]] * 1_253
        assert prompting_of(told.schema) == TASK.card.track(name).prompting
    assert prompting_of(letters.schema) == BARE


def test_both_tracks_ask_the_same_items(real_files):
    letters, texts = (TASK.inputs(real_files, draw).to_pylist() for draw in (LETTERED, TEXTS))
    references = TASK.references(real_files, LETTERED)
    assert references == TASK.references(real_files, TEXTS)
    assert len(letters) == len(texts) == references.num_rows == 1_253
    for one, other in zip(letters, texts, strict=True):
        assert one["context"].startswith(other["context"])
        assert len(one["options"][0]) == len(other["options"][0])
        assert all(f"{a}. {b}" in one["context"] for a, b in zip(one["options"][0], other["options"][0], strict=True))
    kinds = Counter(references["question_kind"].to_pylist())
    assert kinds == {KINDS[name]: n for name, n in COUNTS.items()}
    assert (COUNTS["3_1"] + COUNTS["3_2"]) * 2 > 1_253  # the caveat: causes and articles are more than half


def answered(inputs, rule):
    (batch,) = inputs.combine_chunks().to_batches()
    adapter = OptionRule.load(LoadContext(None, {"rule": rule}, "choice", inputs.schema))
    return pa.Table.from_batches([adapter.predict(batch)])


@pytest.mark.parametrize(("rule", "accuracy"), [("longest", 0.268), ("overlap", 0.438)])
def test_rules_that_look_at_options_alone(real_files, rule, accuracy):
    """The figures of the README and of the caveat, the same in both tracks."""
    for draw in (LETTERED, TEXTS):
        inputs, references = TASK.inputs(real_files, draw), TASK.references(real_files, draw)
        units = TASK.score(validate_predictions(answered(inputs, rule), inputs), references)
        primary = TASK.card.primary
        assert primary.value(statistics_matrix(units, primary)) == pytest.approx(accuracy, abs=0.0005)


def questions(*rows):
    columns = [
        {"id": f"q{i}", "context": context, "questions": ["答案："], "options": [list(options)],
         "prompt": {"context": "", "question": "", "option": ""}}
        for i, (context, *options) in enumerate(rows)
    ]  # fmt: skip
    return pa.Table.from_pylist(columns, schema=choice_inputs(language="zh", train_share={}))


@pytest.mark.parametrize(("rule", "chosen"), [("longest", [1, 2, 0]), ("overlap", [0, 2, 0])])
def test_rules_by_hand(rule, chosen):
    """Options as texts, as listed letters, and equal ones."""
    inputs = questions(
        ("租赁合同的租金", "租赁合同", "买卖合同的价款"),
        ("租赁合同\nA. 买卖\nB. 借款\nC. 租赁物", "A", "B", "C"),
        ("合同", "甲", "乙"),
    )
    found = [int(np.argmax(one[0])) for one in answered(inputs, rule)["probability"].to_pylist()]
    assert found == chosen


def test_scores_by_hand():
    inputs = questions(("一", "甲", "乙"), ("二", "甲", "乙"), ("三", "甲", "乙"))
    answer = get_interface("choice").answer
    given = [[[0.5, 0.5]], [[0.2, 0.8]], [[float("nan"), 1.0]]]
    predictions = pa.table([inputs["id"], pa.array(given, answer.field(1).type)], schema=answer)
    references = pa.table({"id": inputs["id"], "right": [0, 0, 1], "question_kind": ["rules", "rules", "causes"]})
    units = TASK.score(validate_predictions(predictions, inputs), references)
    assert units["right"].to_pylist() == [1.0, 0.0, 0.0]  # the first of equals; wrong; unusable
    assert units["invalid"].to_pylist() == [0, 0, 1]


def test_wrong_requests_are_named(tmp_path):
    files = DataFiles(mirror=None, cache=tmp_path)
    with pytest.raises(UsageError, match="has no track 'default'; tracks: letters, texts, chat, reasoning"):
        TASK.inputs(files, Draw("default"))
    with pytest.raises(UsageError, match="has no secret"):
        TASK.references(files, Draw("letters", "s"))


def test_the_pictures_show_one_question_to_all_and_the_first_wrong_one():
    inputs = questions(("一", "甲", "乙"), ("二二", "甲", "乙"), ("三三三", "甲", "乙"))
    answer = get_interface("choice").answer
    given = pa.table([inputs["id"], pa.array([[[1.0, 0.0]]] * 3, answer.field(1).type)], schema=answer)
    references = pa.table({"id": inputs["id"], "right": [0, 0, 1], "question_kind": ["rules"] * 3})
    answers = validate_predictions(given, inputs)
    common, wrong = TASK.exhibits(answers, references, TASK.score(answers, references))
    assert (common.unit, common.role, wrong.unit, wrong.role) == ("q1", "common", "q2", "worst")
    assert common.table("asked").column("text") == ("二二",)
    assert [wrong.table("items").column(name) for name in ("text", "right", "given", "probability")] == [
        ("甲", "乙"), (0, 1), (1, 0), (1.0, 0.0),
    ]  # fmt: skip
