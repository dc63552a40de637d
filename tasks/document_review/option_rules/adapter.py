"""The builtins ``longest-option`` and ``overlap-option``: what options give away by themselves."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import pyarrow as pa

from ....harness.adapters.base import Adapter, LoadContext
from ....harness.interfaces import get_interface

__all__ = ["OptionRule"]

_LISTED = re.compile(r"^([A-Z])\. (.*)$", re.MULTILINE)


def _longest(context: str, options: Sequence[str]) -> int:
    return max(range(len(options)), key=lambda at: (len(options[at]), -at))


def _overlap(context: str, options: Sequence[str]) -> int:
    """The option of which the greatest share of pairs of characters stands in the context."""
    pairs = _pairs(context)
    shares = [len(own & pairs) / max(1, len(own)) for own in map(_pairs, options)]
    return max(range(len(options)), key=lambda at: (shares[at], -at))


def _pairs(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(len(text) - 1)}


_RULES: Mapping[str, Callable[[str, Sequence[str]], int]] = {
    "longest": _longest,
    "overlap": _overlap,
}


class OptionRule(Adapter):
    """Certain of one option per question, chosen by a rule; the first one of equals.

    Where options are letters, their texts are those that the context lists (lines such as ``A. text``); a context's
    list is not part of what options are compared with.
    """

    revision = 1
    serves = frozenset({"choice"})

    def __init__(self, rule: str) -> None:
        self._rule = _RULES[rule]

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Takes the option ``rule``: ``longest`` or ``overlap``."""
        return cls(str(context.options["rule"]))

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Returns ``probability``: per question one 1 and otherwise 0."""
        answers = [
            [self._one_hot(row, options) for options in row["options"]]
            for row in rows.select(["context", "options"]).to_pylist()
        ]
        schema = get_interface("choice").answer
        return pa.record_batch([rows.column("id"), pa.array(answers, schema.field(1).type)], schema=schema)

    def _one_hot(self, row: Mapping[str, Any], options: Sequence[str]) -> list[float]:
        listed = dict(_LISTED.findall(row["context"]))
        if all(option in listed for option in options):
            best = self._rule(_LISTED.sub("", row["context"]), [listed[option] for option in options])
        else:
            best = self._rule(row["context"], options)
        return [float(at == best) for at in range(len(options))]
