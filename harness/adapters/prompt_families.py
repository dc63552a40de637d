"""Prompts that begin alike: which answers may go on behind one beginning that is read once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from .likelihood_plan import shared_length

if TYPE_CHECKING:
    from .continuous_generation import Answer

__all__ = ["Family", "families_of", "unfinished"]

_WORTH_SHARING = 32  # tokens of a beginning that is read by itself
_ALONE: list[int] = []  # the beginning of all that share none


class Family(NamedTuple):
    """Answers whose prompts begin alike.

    Attributes:
        shared: Tokens of the beginning; each prompt has more. None where nothing is worth sharing.
        rows: The answers.
    """

    shared: list[int]
    rows: list[Answer]


def families_of(asked: Sequence[Answer]) -> list[Family]:
    """Answers by what their prompts begin with, the longest prompts first."""
    order = sorted(asked, key=lambda one: one.ids)
    families: list[list[Answer]] = []
    common: list[int] = []  # tokens that a family has in common
    for row in order:
        shared = shared_length(families[-1][-1].ids, row.ids) if families else 0
        if families and shared >= max(_WORTH_SHARING, len(row.ids) / 2):
            families[-1].append(row)
            common[-1] = min(common[-1], shared, len(row.ids) - 1)
        else:
            families.append([row])
            common.append(len(row.ids) - 1)
    found = []
    for rows, size in sorted(zip(families, common, strict=True), key=lambda one: -len(one[0][-1].ids)):
        shared_ids = rows[0].ids[:size] if len(rows) > 1 and size >= _WORTH_SHARING else _ALONE
        found.append(Family(shared_ids, rows))
    return found


def unfinished(families: Sequence[Family]) -> list[Family]:
    """The same without answers that have ended. Where some have begun, each goes on by itself."""
    left = [one._replace(rows=[row for row in one.rows if not row.done]) for one in families]
    return [one._replace(shared=_ALONE) if any(row.new for row in one.rows) else one for one in left if one.rows]
