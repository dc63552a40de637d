"""Input schemas of the interfaces that ask about text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from .interface_parts import input_field, input_schema
from .prompting import BARE, Prompting, prompting_info

__all__ = ["candidate_lists", "choice_inputs", "extraction_inputs", "generation_inputs", "ranking_inputs"]

_PROMPT = pa.struct(
    [pa.field("context", pa.string()), pa.field("question", pa.string()), pa.field("option", pa.string())]
)


def choice_inputs(
    *,
    language: str,
    train_share: Mapping[str, float],
    question_share: Mapping[str, Mapping[str, float]] | None = None,
    prompting: Prompting = BARE,
) -> pa.Schema:
    """Schema of the inputs of ``choice``.

    One row is one context with all its questions: ``options`` holds one list of option texts per question. A language
    model reads ``prompt.context + context``, then per question ``prompt.question + question``, then per option
    ``prompt.option + option``. ``train_share`` maps an option to its share of the public training answers (empty where
    there is no training split); ``question_share`` says the same per question, where the same questions are asked of
    every context. ``prompting`` is that of the track; answered examples stand in ``prompt.context``.
    """
    info: dict[str, Any] = {"interface": "choice", "language": language, "train_share": dict(train_share)}
    info |= prompting_info(prompting)
    if question_share is not None:
        info["question_share"] = {question: dict(share) for question, share in question_share.items()}
    fields = [
        input_field("id", pa.string(), "none"),
        input_field("context", pa.string(), "text"),
        input_field("questions", pa.list_(pa.string()), "text"),
        input_field("options", pa.list_(pa.list_(pa.string())), "text"),
        input_field("prompt", _PROMPT, "text"),
    ]
    return input_schema(fields, info)


def extraction_inputs(*, language: str, spans_max: int) -> pa.Schema:
    """Schema of the inputs of ``extraction``.

    One row is one ``context`` in ``language`` with all its ``questions``: which passages of the context answer each of
    them? The answer holds at most ``spans_max`` spans per question, none where nothing answers it.
    """
    fields = [
        input_field("id", pa.string(), "none"),
        input_field("context", pa.string(), "text"),
        input_field("questions", pa.list_(pa.string()), "text"),
    ]
    return input_schema(fields, {"interface": "extraction", "language": language, "spans_max": spans_max})


_MESSAGE = pa.struct([pa.field("role", pa.string()), pa.field("content", pa.string())])


def generation_inputs(*, language: str) -> pa.Schema:
    """Schema of the inputs of ``generation``.

    One row is one conversation to go on with: ``messages``, oldest first, each of a ``role`` (``system``, ``user`` or
    ``assistant``), in ``language``. The answer ends before the first of the ``stop`` strings, or after ``max_tokens``
    of the model's own tokens.
    """
    fields = [
        input_field("id", pa.string(), "none"),
        input_field("messages", pa.list_(_MESSAGE), "text"),
        input_field("stop", pa.list_(pa.string()), "text"),
        input_field("max_tokens", pa.int32(), "tokens"),
    ]
    return input_schema(fields, {"interface": "generation", "language": language})


_CANDIDATES = pa.list_(pa.dictionary(pa.int32(), pa.string()))


def ranking_inputs(*, language: str) -> pa.Schema:
    """Schema of the inputs of ``ranking``.

    One row is one ``query`` with its ``candidates``, texts to be ordered by how well they answer it. The candidates are
    dictionary-encoded: the dictionary is the corpus, a table of texts that travels once beside all rows, and a row
    holds row numbers into it. Every batch carries the whole corpus, texts that are nobody's candidate too.
    """
    fields = [
        input_field("id", pa.string(), "none"),
        input_field("query", pa.string(), "text"),
        input_field("candidates", _CANDIDATES, "row number in the corpus"),
    ]
    return input_schema(fields, {"interface": "ranking", "language": language})


def candidate_lists(corpus: Sequence[str], numbers: Sequence[Sequence[int]]) -> pa.ListArray:
    """The column ``candidates`` from a corpus and, per query, row numbers into it."""
    offsets = np.concatenate([[0], np.cumsum([len(one) for one in numbers])]).astype(np.int32)
    flat = np.concatenate([np.zeros(0, np.int32), *(np.asarray(one, np.int32) for one in numbers)])
    texts = pa.DictionaryArray.from_arrays(pa.array(flat), pa.array(corpus, pa.string()))
    return pa.ListArray.from_arrays(pa.array(offsets), texts, type=_CANDIDATES)
