"""The builtin that answers with what was most often right in training, of all questions or of each."""

import pyarrow as pa
from sectorbench.harness.adapters import LoadContext
from sectorbench.harness.adapters.constant import MajorityOption
from sectorbench.harness.text_inputs import choice_inputs


def answers(train_share, question_share=None):
    schema = choice_inputs(language="en", train_share=train_share, question_share=question_share)
    row = {
        "id": "r",
        "context": "text",
        "questions": ["p", "q"],
        "options": [["yes", "no"], ["yes", "no"]],
        "prompt": {"context": "", "question": "", "option": " "},
    }
    table = pa.Table.from_pylist([row], schema=schema)
    adapter = MajorityOption.load(LoadContext(None, {}, "choice", table.schema))
    return adapter.predict(table.to_batches()[0]).column("probability").to_pylist()[0]


def test_without_shares_per_question_the_shares_of_all_answers_decide():
    assert answers({"yes": 0.3, "no": 0.7}) == [[0, 1], [0, 1]]


def test_a_questions_own_shares_decide_where_they_are_told():
    assert answers({"no": 1.0}, {"p": {"yes": 0.9, "no": 0.1}}) == [[1, 0], [0, 1]]
    assert answers({}, {"p": {"yes": 0.9, "no": 0.1}, "q": {"no": 0.6, "yes": 0.4}}) == [[1, 0], [0, 1]]


def test_the_first_of_equals_is_taken():
    assert answers({}, {"p": {"yes": 0.5, "no": 0.5}}) == [[1, 0], [1, 0]]


def test_without_a_training_split_the_first_option_is_taken():
    assert answers({}) == [[1, 0], [1, 0]]
