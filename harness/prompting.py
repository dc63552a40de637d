"""What a track puts around its inputs for language models, so that all of them are asked alike.

It is part of the inputs, hence of their digest, and stands in every record of the track. What a vendor puts before
conversations of its own (an endpoint's ``system``) is the submission's, and told beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from .interface_parts import InterfaceName, table_info

__all__ = ["BARE", "PROMPTED", "Prompting", "prompting_info", "prompting_of", "with_examples"]

PROMPTED: frozenset[InterfaceName] = frozenset({"choice", "extraction", "generation"})
"""Interfaces that a language model answers behind a prompt."""

_KEY = "prompting"


@dataclass(frozen=True)
class Prompting:
    """How a language model is asked; the defaults are the bare input.

    Attributes:
        system: What stands before every conversation; empty: nothing.
        few_shot: Answered examples of the training split before every input.
        chat_template: Whether options are weighed behind the model's own chat template, the input as the user's turn.
            What a model writes always stands behind it, where the model has one.
        reasoning_tokens: Tokens that a model may write before its answer; a choice is then answered in words, whatever
            the submission says. None: the submission decides.
    """

    system: str = ""
    few_shot: int = 0
    chat_template: bool = False
    reasoning_tokens: int | None = None


BARE = Prompting()
"""The input alone."""


def prompting_info(prompting: Prompting) -> dict[str, Any]:
    """The part of an input table's metadata that says so; empty for the bare input, whose digest has none."""
    return {} if prompting == BARE else {_KEY: asdict(prompting)}


def prompting_of(schema: pa.Schema) -> Prompting:
    """How the inputs of a schema are asked.

    Raises:
        InterfaceError: The schema was not made by a builder of inputs.
    """
    return Prompting(**table_info(schema).get(_KEY, {}))


def with_examples(prompt: Mapping[str, str], examples: Sequence[tuple[str, str, str]]) -> dict[str, str]:
    """The prompt parts of ``choice`` with answered examples before the context, an empty line behind each.

    Args:
        prompt: Parts ``context``, ``question`` and ``option``.
        examples: Context, question and the right option of each.

    >>> with_examples({"context": "Text: ", "question": " ", "option": " "}, [("rain", "Wet?", "yes")])["context"]
    'Text: rain Wet? yes\\n\\nText: '
    """
    told = "".join(
        f"{prompt['context']}{context}{prompt['question']}{question}{prompt['option']}{option}\n\n"
        for context, question, option in examples
    )
    return {**prompt, "context": told + prompt["context"]}
