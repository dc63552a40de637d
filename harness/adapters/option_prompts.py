"""Questions of ``choice`` as they are told to a model that writes its answer; hashed into the record."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from ..interfaces import get_interface
from .answer_text import LETTERS, read_choice

__all__ = ["OptionQuestion", "option_questions", "read_answers", "told_way"]

_HASH = 16  # digits of a digest that are shown
_SHORT = 60  # characters of an option that is named in a line
_TEMPLATES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "short": '{text}\n\nAnswer with one of: {options}. End with a line "Answer: " followed by it.',
        "long": '{text}\n\n{options}\n\nAnswer with one of: {letters}. End with a line "Answer: " followed by it.',
        "between": ", ",
    },
    "zh": {
        "short": "{text}\n\n请从下列选项中选择一项作答：{options}。最后一行写“答案：”及所选项。",
        "long": "{text}\n\n{options}\n\n请从下列选项中选择一项作答：{letters}。最后一行写“答案：”及所选项。",
        "between": "、",
    },
}


class OptionQuestion(NamedTuple):
    """A question with its options in words.

    Attributes:
        name: The row's id and the question's number.
        text: What is told to the model.
        options: As they were asked.
        lettered: Whether they are listed by letters.
    """

    name: str
    text: str
    options: tuple[str, ...]
    lettered: bool


def told_way(language: str) -> str:
    """How a choice is answered, for the record: with the digest of the words around a question, in its language."""
    digest = hashlib.sha256(json.dumps(_template(language), sort_keys=True).encode()).hexdigest()
    return f"generation, answer read from the text; prompt template sha256 {digest[:_HASH]}"


def option_questions(row: Mapping[str, Any], language: str) -> list[OptionQuestion]:
    """What a row of ``choice`` asks, per question; options that are long are listed by letters."""
    prompt, words = row["prompt"], _template(language)
    asked = []
    for number, (question, options) in enumerate(zip(row["questions"], row["options"], strict=True)):
        text = prompt["context"] + row["context"] + prompt["question"] + question
        lettered = len(options) <= len(LETTERS) and any(len(one) > _SHORT or "\n" in one for one in options)
        if lettered:
            listed = "\n".join(f"{letter}. {one}" for letter, one in zip(LETTERS, options, strict=False))
            letters = words["between"].join(LETTERS[: len(options)])
            whole = words["long"].format(text=text, options=listed, letters=letters)
        else:
            whole = words["short"].format(text=text, options=words["between"].join(options))
        asked.append(OptionQuestion(f"{row['id']}/{number}", whole, tuple(options), lettered))
    return asked


def read_answers(
    rows: pa.RecordBatch, asked: Sequence[Sequence[OptionQuestion]], texts: Sequence[str], cut: Sequence[bool]
) -> pa.RecordBatch:
    """Answers of ``choice`` out of what a model wrote: all on one option, or on none and ``unread``; and ``truncated``.

    Args:
        rows: What was asked.
        asked: The same in words, per row and question.
        texts: What was written to each question, in order.
        cut: Whether it ended at the limit of tokens, likewise.
    """
    schema = get_interface("choice").prediction_schemas()[2]
    written, ended = iter(texts), iter(cut)
    probability, unread, truncated = [], [], []
    for questions in asked:
        chosen = [read_choice(next(written), one.options, lettered=one.lettered).option for one in questions]
        probability.append([_shares(at, len(one.options)) for at, one in zip(chosen, questions, strict=True)])
        unread.append([at is None for at in chosen])
        truncated.append([next(ended) for _ in questions])
    told = (probability, unread, truncated)
    columns = [
        rows.column("id"),
        *(pa.array(one, field.type) for one, field in zip(told, list(schema)[1:], strict=True)),
    ]
    return pa.record_batch(columns, schema=schema)


def _shares(chosen: int | None, options: int) -> list[float]:
    if chosen is None:
        return [1 / options] * options
    return [float(at == chosen) for at in range(options)]


def _template(language: str) -> Mapping[str, str]:
    return _TEMPLATES.get(language, _TEMPLATES["en"])
