"""Rows of choice as models of likelihoods read them, and how much they may write."""

from __future__ import annotations

import pytest
from sectorbench.harness.adapters.conversations import (
    asked_texts,
    plain_conversation,
    question_messages,
    tokens_to_write,
)
from sectorbench.harness.prompting import BARE, Prompting

ROW = {
    "context": "Fee: 5.",
    "questions": ["due?", "paid?"],
    "prompt": {"context": "Text: ", "question": " Q: ", "option": " A: "},
}


def template(messages):
    return "".join(f"<{m['role']}>{m['content']}" for m in messages) + "<assistant>"


def test_a_bare_row_is_its_parts():
    asked = asked_texts(ROW, BARE, template)
    assert asked == ("Text: Fee: 5.", ["Text: Fee: 5. Q: due?", "Text: Fee: 5. Q: paid?"], " A: ")


def test_a_system_prompt_stands_before_the_text_where_no_conversation_is_held():
    asked = asked_texts(ROW, Prompting(system="Be brief."), template)
    assert asked.start == "Be brief.\n\nText: Fee: 5."
    assert asked.contexts[0] == "Be brief.\n\nText: Fee: 5. Q: due?"


def test_in_a_chat_template_the_question_is_the_users_turn_and_options_have_no_lead():
    asked = asked_texts(ROW, Prompting(system="Be brief.", chat_template=True), template)
    assert asked.contexts[1] == "<system>Be brief.<user>Text: Fee: 5. Q: paid?<assistant>"
    assert (asked.start, asked.lead) == ("<system>Be brief.<user>Text: Fee: 5. Q: ", "")


def test_a_model_without_a_template_reads_roles_and_keeps_the_lead():
    asked = asked_texts(ROW, Prompting(chat_template=True))
    assert (
        asked.contexts[0]
        == "user: Text: Fee: 5. Q: due?\n\nassistant:"
        == plain_conversation(question_messages("Text: Fee: 5. Q: due?", BARE))
    )
    assert asked.lead == " A: "


@pytest.mark.parametrize(("budget", "tokens"), [(None, 1024), (0, 64), (2048, 2112)])
def test_a_tracks_budget_goes_before_the_submissions_own(budget, tokens):
    assert tokens_to_write(Prompting(reasoning_tokens=budget), 1024) == tokens
