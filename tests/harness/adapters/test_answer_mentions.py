"""Options that an answer asks about, supposes behind its answer, explains or names as part of a name: no answers."""

from __future__ import annotations

import pytest
from sectorbench.harness.adapters.answer_text import read_choice

FOUR = ["A", "B", "C", "D"]
NLI = ["Entailment", "Contradiction", "NotMentioned"]


@pytest.mark.parametrize(
    "text",
    [
        "答案：B\n如果题目问的是错误项，则答案为A",
        "Answer: B\nIf the question asks for the wrong one, the answer is A.",
        "The answer is A. But if we apply Article 5, the answer is B.",
        "Answer: A\nWait: if a condition was met, the notice counts. Answer: B",
        "答案：A\n不对。如果合同有效，故选B",
        "Could it be A? It is B.",
        "Is it A or C? Neither; the answer is B.",
        "选A还是选C？应选B。",
        "Answer: B?",
        "B?",
        "B is the answer, since why would the seller pay twice?",
        "The patient lacks Vitamin C, so the answer is B.",
        "B requires a signature and fits.",
    ],
)
def test_the_letter_beside_a_question_a_condition_or_a_name_is_read(text):
    assert read_choice(text, FOUR).option == 1


@pytest.mark.parametrize(
    "text",
    [
        "选A还是选B？",
        "选A，还是选B？",
        "Is it A?",
        "Is the answer B?",
        "Is A correct?",
        "The answer is A or B?",
        "Vitamin C",
        "Hepatitis B is viral.",
        "Tenant A owes Lender B.",
        "Plan B applies.",
    ],
)
def test_a_letter_that_is_asked_about_or_part_of_a_name_is_no_answer(text):
    assert read_choice(text, FOUR).option is None
    assert read_choice(text, FOUR, lettered=True).option is None


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("It is a contradiction? No, it is entailment.", "Entailment"),
        ("Entailment requires more. Contradiction.", "Contradiction"),
        ("Entailment would require consent, so NotMentioned.", "NotMentioned"),
        ("The answer is Entailment? No, Contradiction.", "Contradiction"),
        ("Entailment requires more", None),
        ("Is it entailment?", None),
        ("Contradiction是指两者矛盾", None),
    ],
)
def test_a_word_that_is_asked_about_or_explained_is_no_answer(text, option):
    assert read_choice(text, NLI).option == (None if option is None else NLI.index(option))
