"""The option that names an adapter's rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from ....harness.adapters.base import LoadContext
from ....harness.errors import InterfaceError, SubmissionError, nearest_names

__all__ = ["rule_option"]

_Rule = TypeVar("_Rule", bound=str)


def rule_option(context: LoadContext, rules: Sequence[_Rule], *, interface: str = "scheduling") -> _Rule:
    """The rule that the options name.

    Args:
        context: What the adapter is loaded with.
        rules: Those it knows.
        interface: The one it answers.

    Raises:
        SubmissionError: The options name no rule, an unknown one, or something besides it.
        InterfaceError: The inputs are not those of ``interface``.
    """
    if context.interface != interface:
        raise InterfaceError(f"this rule answers {interface!r} inputs, not {context.interface!r}")
    if extra := sorted(set(context.options) - {"rule"}):
        raise SubmissionError(f"options: unknown {', '.join(map(repr, extra))}; a scheduling rule has 'rule' only")
    wanted = context.options.get("rule")
    for rule in rules:
        if rule == wanted:
            return rule
    near = nearest_names(str(wanted), rules)
    said = f"did you mean {', '.join(near)}?" if near else "give one of them"
    raise SubmissionError(f"options.rule: {wanted!r} is none of {', '.join(rules)}; {said}")
