"""What tracks put around inputs: part of the inputs and of their digest, absent where nothing is put."""

from __future__ import annotations

import dataclasses

import pyarrow as pa
import pytest
from sectorbench.harness.arrow_files import content_digest
from sectorbench.harness.prompting import BARE, PROMPTED, Prompting, prompting_of, with_examples
from sectorbench.harness.text_inputs import choice_inputs

PROMPT = {"context": "Number ", "question": "? ", "option": " -> "}


def digest(prompting):
    schema = choice_inputs(language="en", train_share={}, prompting=prompting)
    return content_digest(pa.Table.from_pylist([], schema=schema))


def test_inputs_tell_what_stands_around_them():
    asked = Prompting(system="Be brief.", few_shot=2, chat_template=True, reasoning_tokens=64)
    assert prompting_of(choice_inputs(language="en", train_share={}, prompting=asked)) == asked
    assert prompting_of(choice_inputs(language="en", train_share={})) == BARE


def test_bare_inputs_keep_the_digest_they_had_before_there_was_any():
    assert choice_inputs(language="en", train_share={}).metadata == {
        b"sectorbench": b'{"interface": "choice", "language": "en", "train_share": {}}'
    }


@pytest.mark.parametrize(
    "change", [{"system": "Be brief."}, {"few_shot": 1}, {"chat_template": True}, {"reasoning_tokens": 0}]
)
def test_every_field_moves_the_digest_of_the_inputs(change):
    assert digest(dataclasses.replace(BARE, **change)) != digest(BARE)


def test_answered_examples_stand_before_the_context_in_the_prompts_own_words():
    found = with_examples(PROMPT, [("1", "even", "no"), ("2", "even", "yes")])
    assert found["context"] + "3" + found["question"] + "even" + found["option"] == (
        "Number 1? even -> no\n\nNumber 2? even -> yes\n\nNumber 3? even -> "
    )
    assert with_examples(PROMPT, []) == PROMPT


def test_interfaces_that_are_prompted_exist():
    from sectorbench.harness.interfaces import INTERFACES

    assert set(INTERFACES) >= PROMPTED
