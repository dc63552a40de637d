"""How a language model is asked: bare texts, or conversations with what the track puts around them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os.path import commonprefix
from typing import Any, NamedTuple

from ..prompting import Prompting

__all__ = ["Asked", "Messages", "asked_texts", "plain_conversation", "question_messages", "tokens_to_write"]

Messages = Sequence[Mapping[str, str]]

_ANSWER_TOKENS = 64  # of an answer itself, behind its reasoning


class Asked(NamedTuple):
    """A row of ``choice`` as texts.

    Attributes:
        start: What all of its contexts begin with.
        contexts: What stands before the options, per question.
        lead: What stands before every option.
    """

    start: str
    contexts: list[str]
    lead: str


def plain_conversation(messages: Messages) -> str:
    """A conversation for a model without a chat template: ``role: content`` per message, then ``assistant:``."""
    blocks = [f"{message['role']}: {message['content']}\n\n" for message in messages]
    return "".join([*blocks, "assistant:"])


def question_messages(text: str, prompting: Prompting) -> list[dict[str, str]]:
    """The conversation that asks a text."""
    system = [{"role": "system", "content": prompting.system}] if prompting.system else []
    return [*system, {"role": "user", "content": text}]


def tokens_to_write(prompting: Prompting, own: int) -> int:
    """Tokens that an answer to a choice may have: as the track says, or else as the submission does."""
    return own if prompting.reasoning_tokens is None else prompting.reasoning_tokens + _ANSWER_TOKENS


def asked_texts(
    row: Mapping[str, Any], prompting: Prompting, template: Callable[[Messages], str] | None = None
) -> Asked:
    """A row of ``choice`` as a model of likelihoods reads it.

    Bare, it is the system prompt with an empty line behind it, ``prompt.context + context``, and per question
    ``prompt.question + question``; ``prompt.option`` leads every option. With a chat template a question is the user's
    turn, and options follow what opens the model's own without a lead.

    Args:
        row: Of ``choice``.
        prompting: Of the track.
        template: Renders a conversation up to where the model goes on; None: the model has no chat template.
    """
    prompt = row["prompt"]
    start = prompt["context"] + row["context"]
    texts = [start + prompt["question"] + question for question in row["questions"]]
    if not prompting.chat_template:
        before = f"{prompting.system}\n\n" if prompting.system else ""
        return Asked(before + start, [before + text for text in texts], prompt["option"])
    contexts = [(template or plain_conversation)(question_messages(text, prompting)) for text in texts]
    start = commonprefix(contexts)  # noqa: RUF071 (of texts, not of paths)
    return Asked(start, contexts, prompt["option"] if template is None else "")
