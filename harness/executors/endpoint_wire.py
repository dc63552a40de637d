"""What goes to an endpoint and how its answer is read: JSON of an OpenAI-compatible API, or Arrow batches of rows."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pyarrow as pa

from ..formatting import printable
from ..interfaces import Interface, get_interface
from ..validation import InvalidPredictionsError, answer_bytes, plain_table

__all__ = ["ARROW_PATH", "BrokenAnswerError", "Wire", "WrongAnswerError", "wire_of"]

ARROW_PATH = "predictions"
_ARROW = "application/vnd.apache.arrow.stream"
_JSON = "application/json"
_WRONG_SHOWN = 400  # characters of what is wrong with an answer
_ANSWER_BYTES = 64 << 20  # of one answer at most, whatever was asked
_FRAME_BYTES = 1 << 16  # of JSON around a text
_TOKEN_BYTES = 128  # of JSON for a token: a character of Chinese is 6 where it is escaped, few tokens hold 16
_ECHO_BYTES = 256  # of JSON for a byte of a prompt whose log-probabilities are told: each may be a token
_ROWS_BYTES = 4 << 20  # that may be answered to the fewest rows
_SHOWN = 200  # characters of a server's words
_MOST_TOKENS = 2**31 - 1  # of one answer
_HALVES = re.compile("[\ud800-\udfff]")  # of UTF-16: what no file and no table holds


class _AnswerError(Exception):
    """An answer that is none: ``what`` in our words, and ``words`` that may be the server's."""

    def __init__(self, what: str, words: str = "") -> None:
        super().__init__(what, words)
        self._what, self._words = what, words

    def told(self, *, quoted: bool) -> str:
        """What is wrong, with the server's words or without."""
        return f"{self._what}: {self._words}"[:_WRONG_SHOWN] if quoted and self._words else self._what


class BrokenAnswerError(_AnswerError):
    """An answer that cannot be read; another one may be whole."""


class WrongAnswerError(_AnswerError):
    """An answer that can be read and is not what was asked for; it would be the same again."""


class Wire(NamedTuple):
    """One request as bytes.

    Attributes:
        payload: What is sent.
        headers: What it is, and what is asked for.
        most_bytes: That its answer can have.
        read: From the bytes of an answer to what of it is kept; raises the two errors of this module.
    """

    payload: bytes
    headers: Mapping[str, str]
    most_bytes: int
    read: Callable[[bytes], dict[str, Any]]


def wire_of(path: str, body: Mapping[str, Any], since: int | None) -> Wire:
    """A request of the relay.

    Args:
        path: Below the base address; ``ARROW_PATH`` for rows.
        body: JSON of the API; of rows ``arrow`` (an IPC stream in base64), ``ids``, ``interface`` and ``model``.
        since: Place in the text behind which log-probabilities are wanted; None: none are.
    """
    if path != ARROW_PATH:
        payload = json.dumps(body, ensure_ascii=False).encode()
        most = _FRAME_BYTES + _TOKEN_BYTES * int(body.get("max_tokens", 0))
        most += 0 if since is None else _ECHO_BYTES * len(payload)
        headers = {"Content-Type": _JSON, "Accept": _JSON}
        return Wire(payload, headers, min(most, _ANSWER_BYTES), lambda content: _said(content, since))
    # A header holds Latin-1 alone, a model's name may be in any script.
    named = {"SectorBench-Model": json.dumps(body["model"]), "SectorBench-Interface": str(body["interface"])}
    headers = {"Content-Type": _ARROW, "Accept": _ARROW} | named
    payload, interface = base64.b64decode(body["arrow"]), get_interface(body["interface"])
    most = answer_bytes(interface, len(payload), len(body["ids"]), least=_ROWS_BYTES)
    return Wire(payload, headers, min(most, _ANSWER_BYTES), lambda content: _rows(content, body))


def _rows(content: bytes, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to rows, in base64, after the same looks at it as at a worker's file of predictions.

    What is kept is written anew, value by value: what else the bytes hold, behind the stream, between its parts or in
    its metadata, is nobody's answer.
    """
    interface = get_interface(asked["interface"])
    try:
        table = plain_table(lambda: io.BytesIO(content), "the answer", interface)
    except InvalidPredictionsError as err:
        what = f"{len(content):,} bytes that are no Arrow stream of predictions"
        if err.problems[0].code == "SB311":
            raise BrokenAnswerError(what, str(err)) from err
        raise WrongAnswerError(f"{what}: {err}"[:_WRONG_SHOWN]) from err
    wanted = asked["ids"]
    if table.num_rows != len(wanted):
        raise WrongAnswerError(f"{table.num_rows:,} rows in answer to {len(wanted):,}")
    given = table.column("id").to_pylist()
    if sorted(given, key=str) != sorted(wanted):
        odd = [one for one in given if one not in wanted] or [one for one in wanted if one not in given]
        raise WrongAnswerError(f"other ids than those of the request, such as {str(odd[0])[:80]!r}")
    told = {"finish": None, "model": None, "prompt_tokens": None, "completion_tokens": None}
    return {"arrow": base64.b64encode(_written(table, interface)).decode()} | told


def _written(table: pa.Table, interface: Interface) -> bytes:
    """A stream of the values of a table alone."""
    schema = next(one for one in interface.prediction_schemas() if one.names == table.schema.names)
    whole = table.take(pa.array(range(table.num_rows), pa.int64())).combine_chunks()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_table(pa.Table.from_arrays(whole.columns, schema=schema))  # no cast: a null is the row's fault
    return bytes(sink.getvalue())


def _said(content: bytes, since: int | None) -> dict[str, Any]:
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError) as err:
        raise BrokenAnswerError(f"{len(content):,} bytes that are no JSON") from err
    return _reduced(answer, since)


def _reduced(answer: Any, since: int | None) -> dict[str, Any]:
    """What is kept of an answer.

    Raises:
        BrokenAnswerError: It has not the form of the API.
    """
    try:
        first = answer["choices"][0]
        message = first.get("message")
        text = message["content"] if message is not None else first["text"]
        usage = answer.get("usage")
        usage = usage if isinstance(usage, Mapping) else {}
        said: dict[str, Any] = {
            "text": "" if text is None else _text(text),
            "finish": _name(first.get("finish_reason")),
            "model": _name(answer.get("model")),
            "prompt_tokens": _count(usage.get("prompt_tokens")),
            "completion_tokens": _count(usage.get("completion_tokens")),
        }
        if since is not None:
            said["tail"] = _tail(first.get("logprobs"), since)
    except (LookupError, TypeError, AttributeError, ValueError, OverflowError) as err:
        raise BrokenAnswerError(f"JSON that is no answer of this API ({type(err).__name__}: {err})"[:_SHOWN]) from err
    return said


def _tail(told: Any, since: int) -> list[list[Any]] | None:
    """Token, log-probability and place of all that ends behind ``since``; None where the server tells none."""
    if not told or not told.get("token_logprobs"):
        return None
    rows = zip(told["tokens"], told["token_logprobs"], told["text_offset"], strict=True)
    read = [(_text(token), _nats(nats), _place(at)) for token, nats, at in rows]
    return [[token, nats, at] for token, nats, at in read if at + len(token) > since]


def _nats(value: Any) -> float | None:
    """A log-probability, which may be none that can be; None: not told."""
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"a {type(value).__name__} where a log-probability belongs")
    return float(value)


def _place(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError(f"a {type(value).__name__} where a place in the text belongs")
    return value


def _text(value: Any) -> str:
    """A text of an answer, as long as it came, U+FFFD for each lone surrogate."""
    if not isinstance(value, str):
        raise TypeError(f"a {type(value).__name__} where a str belongs")
    return _HALVES.sub("\ufffd", value)


def _name(value: Any) -> str | None:
    """A name in an answer, no longer than it is shown; None where there is none."""
    return printable(_text(value[:_SHOWN]))[:_SHOWN] if isinstance(value, str) else None


def _count(value: Any) -> int | None:
    """A count of tokens; None where what is told is no count that one answer can have."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_TOKENS else None
