"""The builtins ``quote-nothing``, ``quote-random`` and ``quote-overlap``: answers to prompts of contract extraction."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import Self

import pyarrow as pa

from ....harness.adapters.base import Adapter, LoadContext
from ....harness.adapters.text_passages import find_passages
from ....harness.errors import InterfaceError
from ....harness.interfaces import get_interface
from ....harness.randomness import Stream

__all__ = ["QuoteRule"]

_PROMPT = re.compile(
    r"^-----\n(?P<contract>.*)\n-----\nQuestion: (?P<question>.*)\nCopy every passage", re.DOTALL | re.M
)
_WORD = re.compile(r"[a-z]{3,}")
_NONE = "No related clause."


class QuoteRule(Adapter):
    """Quotes one sentence of the contract, or none.

    ``overlap`` quotes the sentence that shares the most words with the question, each weighed by how few sentences of
    the contract hold it, over the root of the sentence's own number of words.
    """

    revision = 1
    serves = frozenset({"generation"})

    def __init__(self, rule: str, seed: int) -> None:
        self._rule, self._seed = rule, seed

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Takes the option ``rule``: ``nothing``, ``random`` or ``overlap``."""
        return cls(str(context.options["rule"]), context.seed)

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Returns ``text``: a line with a quote, or ``No related clause.``.

        Raises:
            InterfaceError: A prompt does not hold a contract and a question; the message names its row.
        """
        asked = zip(rows.column("id").to_pylist(), rows.column("messages").to_pylist(), strict=True)
        texts = [self._answer(name, "\n".join(one["content"] for one in messages)) for name, messages in asked]
        return pa.record_batch([rows.column("id"), pa.array(texts, pa.string())], get_interface("generation").answer)

    def _answer(self, name: str, prompt: str) -> str:
        read = _PROMPT.search(prompt)
        if read is None:
            raise InterfaceError(f"input {name!r}: the prompt holds no contract with a question behind it")
        contract = read["contract"]
        sentences = [" ".join(contract[start:end].split()) for start, end in find_passages(contract)]
        if self._rule == "nothing" or not sentences:
            return _NONE
        if self._rule == "random":
            at = int(Stream("quote-random", self._seed, name).integers(0, len(sentences), 1)[0])
        else:
            at = _most_alike(sentences, read["question"])
        return f"- {sentences[at]}"


def _most_alike(sentences: list[str], question: str) -> int:
    """Number of the sentence, the first of equals."""
    words = [set(_WORD.findall(one.lower())) for one in sentences]
    held = Counter(word for one in words for word in one)
    asked = {word: math.log(len(sentences) / held[word]) for word in set(_WORD.findall(question.lower())) & held.keys()}
    scores = [sum(asked[word] for word in one & asked.keys()) / math.sqrt(1 + len(one)) for one in words]
    return max(range(len(sentences)), key=lambda at: (scores[at], -at))
