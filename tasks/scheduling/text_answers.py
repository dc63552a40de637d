"""Machine orders out of what a language model wrote. Nothing is mended: what cannot be read as it stands is refused.

Reasoning between ``<think>`` and ``</think>`` is left out; of what remains, the last JSON object with the key
``machine_order`` counts, wherever it stands: in prose, in a code fence, alone. One that cannot be read is not passed
over for an earlier draft; only a mention of the key in prose is.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple, TypeGuard

from ...harness.adapters.answer_text import without_reasoning
from ...harness.codes import Problem
from ...harness.formatting import printable

__all__ = ["KEY", "ReadOrders", "read_machine_orders"]

KEY = "machine_order"
_OBJECT_CHARACTERS = 1 << 16  # an answer for 15 x 15 has 900; longer objects are not read
_KEYS_TRIED = 16  # mentions of the key, from the last one on
_BRACES_TRIED, _CHARACTERS_READ = 2048, 16 * _OBJECT_CHARACTERS  # in all
_DIGITS = 9
_SHOWN = 40  # characters of an answer that are repeated in a message


class ReadOrders(NamedTuple):
    """What was read.

    Attributes:
        problem: Why nothing could be (SB411); None: ``orders`` was.
        orders: Per machine the numbers that were listed, unchecked against any shop.
    """

    problem: Problem | None
    orders: list[list[int]] | None


def read_machine_orders(text: str, *, name: str) -> ReadOrders:
    """The machine orders that an answer ends with.

    Args:
        text: All that the model wrote.
        name: The row's id, for the message.
    """
    answer = without_reasoning(text)
    where = f"id {name!r}"
    if not answer.strip():
        found = "nothing but reasoning" if text.strip() else "an empty text"
        return ReadOrders(Problem("SB411", where, found), None)
    pairs = _last_object(answer)
    if pairs is None:
        named = f'"{KEY}"'
        said = f"no JSON object around the last {named}" if named in answer else f"nothing names {named}"
        return ReadOrders(
            Problem("SB411", where, f"{said}; the text ends with {_told(answer.rstrip()[-_SHOWN:])}"), None
        )
    values = [value for key, value in pairs if key == KEY]
    wrong = f"{KEY!r} stands {len(values)} times in one object" if len(values) > 1 else _wrong_kind(values[0])
    return ReadOrders(Problem("SB411", where, wrong), None) if wrong else ReadOrders(None, values[0])


class _Pairs(list[tuple[str, Any]]):
    """A JSON object as it was written, a key that stands twice included."""


class _NoWholeNumber(str):
    """A number that is no job's, as it was written."""


def _whole(digits: str) -> int | _NoWholeNumber:
    return int(digits) if len(digits) <= _DIGITS else _NoWholeNumber(digits[:_SHOWN])


_DECODER = json.JSONDecoder(
    object_pairs_hook=_Pairs,
    parse_int=_whole,
    parse_float=lambda text: _NoWholeNumber(text[:_SHOWN]),
    parse_constant=_NoWholeNumber,
)


def _last_object(text: str) -> _Pairs | None:
    """The last JSON object that has the key, the innermost where objects hold each other; None: there is none.

    Braces are tried from the key backwards. What is read in vain is counted, so that no text takes long.
    """
    key_at, tries, left = len(text), _BRACES_TRIED, _CHARACTERS_READ
    for _ in range(_KEYS_TRIED):
        key_at = text.rfind(f'"{KEY}"', 0, key_at)
        if key_at < 0:
            return None
        brace_at = key_at
        while tries > 0 and left > 0:
            brace_at = text.rfind("{", max(0, key_at - _OBJECT_CHARACTERS), brace_at)
            if brace_at < 0:
                break
            tries -= 1
            try:
                found, length = _DECODER.raw_decode(text[brace_at : brace_at + _OBJECT_CHARACTERS])
            except json.JSONDecodeError as err:
                left -= err.pos
                continue
            except RecursionError:
                left -= _OBJECT_CHARACTERS
                continue
            left -= length
            if brace_at + length > key_at and any(key == KEY for key, _ in found):
                return found  # type: ignore[no-any-return]
        if text[key_at + len(KEY) + 2 :].lstrip().startswith(":"):
            return None  # an answer was begun here and broke off: an earlier draft does not stand in for it
    return None


def _wrong_kind(orders: object) -> str | None:
    """What keeps a value from being lists of whole numbers; None where nothing does."""
    if not _is_list(orders):
        return f"{KEY!r} is {_told(orders)}, expected a list with one list of jobs per machine"
    for machine, order in enumerate(orders):
        if not _is_list(order):
            return f"machine {machine}: {_told(order)}, expected a list of job numbers"
        for place, job in enumerate(order):
            if type(job) is not int:  # True is an int to isinstance
                return f"machine {machine}: place {place} holds {_told(job)}, expected the number of a job"
    return None


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list) and not isinstance(value, _Pairs)


def _told(value: object) -> str:
    """A value as JSON writes it, cut; a large one by its kind alone."""
    if isinstance(value, _Pairs):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, _NoWholeNumber):
        return f"the number {value}" if value not in ("NaN", "Infinity", "-Infinity") else str(value)
    text = printable(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= _SHOWN + 2 else f"{text[:_SHOWN]}..."
