"""Talks to the one host that an endpoint's manifest declares: no redirects, no proxies, again after what may pass."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import http.client
import io
import json
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from ..adapters.endpoint_options import EndpointOptions
from ..errors import WorkerError
from ..formatting import printable
from .endpoint_wire import BrokenAnswerError, Wire, WrongAnswerError, wire_of

__all__ = ["EndpointClient", "Reply", "backoff_s"]

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 60.0
_LONGEST_ASKED_S = 600.0  # a server that asks for more is waited for by a later run
_ANSWER_BYTES = 64 << 20  # log-probabilities of a long text take some
_READ_BYTES = 1 << 16
_LEAST_S = 0.01  # a time of 0 would mean not to wait
_SHOWN = 200  # characters of a server's words
_PASSING = {408, 409, 425, 429, *range(500, 600)} - {501, 505}
_SAYS_WHEN = {429, 503}


class Reply(NamedTuple):
    """What of an answer is kept.

    Attributes:
        said: ``text``, ``finish``, ``model``, ``prompt_tokens`` and ``completion_tokens`` (None: not told), and
            ``tail``: token, log-probability and place of what stands behind ``since``, where that was asked; of rows
            ``arrow``: an IPC stream of predictions in base64.
        retries: How often the request was sent before, in vain.
    """

    said: dict[str, Any]
    retries: int


class _PassingError(Exception):
    """A fault that may pass; ``after_s`` is how long the server asks to be left alone."""

    def __init__(self, what: str, code: str = "SB211", after_s: float = 0.0, *, reached: bool = True) -> None:
        super().__init__(what)
        self.code, self.after_s, self.reached = code, after_s, reached
        self.ask = "" if reached else "; does the server run, is options.url in submission.yaml right?"


def backoff_s(seed: int, name: str, attempt: int) -> float:
    """Seconds before a request is sent again: doubled each time up to a minute, half of it drawn by the seed.

    >>> [round(backoff_s(0, "row-1", attempt), 2) for attempt in (0, 1, 9)] == [
    ...     round(backoff_s(0, "row-1", attempt), 2) for attempt in (0, 1, 9)
    ... ]
    True
    """
    drawn = hashlib.sha256(f"{seed} {name} {attempt}".encode()).digest()
    share = int.from_bytes(drawn[:8]) / 2**64
    return min(_FIRST_WAIT_S * 2.0**attempt, _LONGEST_WAIT_S) * (0.5 + share / 2)


class _InTime(io.RawIOBase):
    """What comes over a socket up to a moment of ``time.monotonic``, however slowly it drips."""

    def __init__(self, sock: socket.socket, until_s: float) -> None:
        self._socket, self._until_s = sock, until_s
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Reads what is there, and waits no longer than what is left.

        Raises:
            TimeoutError: Nothing is left.
        """
        left_s = self._until_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the answer did not end in time")
        self._socket.settimeout(left_s)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        """Closes the file, not the socket."""
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    """An answer, head and body, that must have come by a moment."""

    def __init__(self, sock: socket.socket, *args: Any, until_s: float, **more: Any) -> None:
        super().__init__(sock, *args, **more)
        self.fp.close()
        self.fp = io.BufferedReader(_InTime(sock, until_s))


class EndpointClient:
    """Sends requests of several threads, each over its own connection; all wait where the server asks one to."""

    def __init__(self, options: EndpointOptions, key: str | None, *, seed: int) -> None:
        self._options, self._key, self._seed = options, key, seed
        self._stopped = threading.Event()
        self._own = threading.local()
        self._lock = threading.Lock()
        self._open: set[http.client.HTTPConnection] = set()
        self._not_before_s = 0.0  # time.monotonic

    def close(self) -> None:
        """Ends all that is under way."""
        self._stopped.set()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    if connection.sock is not None:
                        connection.sock.shutdown(2)
                connection.close()

    def post(self, name: str, path: str, body: Mapping[str, Any], since: int | None) -> Reply:
        """The answer to a request, sent again as often as the options say.

        Args:
            name: Of the request, for messages.
            path: Below the base address.
            body: See ``endpoint_wire.wire_of``.
            since: Place in the text behind which log-probabilities are wanted; None: none are.

        Raises:
            WorkerError: SB211 where the server could not be reached or would not answer, SB213 where it refuses the
                request or answers something else.
        """
        wire = wire_of(path, body, since)
        self._own.reconnected = 0
        for attempt in range(self._options.retries + 1):
            try:
                self._wait(max(0.0, self._not_before_s - time.monotonic()))
                return Reply(self._once(name, path, wire), attempt + self._own.reconnected)
            except _PassingError as err:
                if err.after_s > _LONGEST_ASKED_S:
                    raise self._error(err.code, name, f"{err}; it asks to wait {err.after_s:.0f} s") from err
                if attempt == self._options.retries:
                    told = f"{err}, after {attempt + 1} attempts{err.ask}"
                    raise self._error(err.code, name if err.reached else None, told) from err
                if err.after_s:
                    self._not_before_s = max(self._not_before_s, time.monotonic() + err.after_s)
                self._wait(max(err.after_s, backoff_s(self._seed, name, attempt)))
        raise AssertionError("a loop of at least one attempt")

    def _error(self, code: str, name: str | None, what: str) -> WorkerError:
        said = f"the endpoint {self._options.url} {what}" if name is None else f"the endpoint, asked {name!r}: {what}"
        return WorkerError(code, printable(said if self._key is None else said.replace(self._key, "***")))

    def _wait(self, seconds: float) -> None:
        if self._stopped.wait(seconds):
            raise WorkerError("SB211", "stopped")

    def _once(self, name: str, path: str, wire: Wire) -> dict[str, Any]:
        try:
            status, headers, content = self._exchange(path, wire)
        except (ConnectionRefusedError, socket.gaierror) as err:
            self._forget()
            why = f"{type(err).__name__}: {err}"[:_SHOWN]
            raise _PassingError(f"cannot be reached ({why})", reached=False) from err
        except (OSError, http.client.HTTPException) as err:
            self._forget()
            raise _PassingError(f"{type(err).__name__}: {err}"[:_SHOWN]) from err
        if 300 <= status < 400:
            place = str(headers.get("location"))[:_SHOWN]
            raise self._error("SB213", name, f"status {status} points to {place}; redirects are not followed")
        if status != 200:
            what = f"status {status}: {_words(content)}"
            if status in _PASSING:
                raise _PassingError(what, after_s=_asked_s(headers.get("retry-after")) if status in _SAYS_WHEN else 0.0)
            raise self._error("SB213", name, what)
        try:
            return wire.read(content)
        except BrokenAnswerError as err:
            raise _PassingError(str(err), "SB213") from err
        except WrongAnswerError as err:
            raise self._error("SB213", name, str(err)) from err

    def _exchange(self, path: str, wire: Wire) -> tuple[int, Mapping[str, str], bytes]:
        """One request on this thread's connection; a new one where the server closed the old in the meantime."""
        old = getattr(self._own, "connection", None)
        until_s = time.monotonic() + self._options.timeout_s
        if old is not None:
            try:
                return self._ask(old, path, wire, until_s)
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                self._forget()
                if self._stopped.is_set():
                    raise
                self._own.reconnected += 1
        return self._ask(self._connect(), path, wire, until_s)

    def _ask(
        self, connection: http.client.HTTPConnection, path: str, wire: Wire, until_s: float
    ) -> tuple[int, Mapping[str, str], bytes]:
        connection.timeout = max(until_s - time.monotonic(), _LEAST_S)
        if connection.sock is not None:
            connection.sock.settimeout(connection.timeout)
        connection.response_class = functools.partial(_Response, until_s=until_s)  # type: ignore[assignment]
        headers = dict(wire.headers)
        if self._key is not None:
            headers["Authorization"] = f"Bearer {self._key}"
        connection.request("POST", f"{self._options.address.path}/{path}", wire.payload, headers)
        parts, size = [], 0
        with connection.getresponse() as response:
            while part := response.read(_READ_BYTES):
                parts.append(part)
                size += len(part)
                if size > _ANSWER_BYTES:
                    raise http.client.HTTPException(f"an answer of over {_ANSWER_BYTES:,} bytes")
            if response.length:
                raise http.client.IncompleteRead(b"", response.length)
        if response.will_close:
            self._forget()
        return response.status, {name.lower(): value for name, value in response.headers.items()}, b"".join(parts)

    def _connect(self) -> http.client.HTTPConnection:
        address, timeout_s = self._options.address, self._options.timeout_s
        assert address.hostname is not None
        connection: http.client.HTTPConnection
        if address.scheme == "https":
            context = ssl.create_default_context()
            connection = http.client.HTTPSConnection(address.hostname, address.port, timeout=timeout_s, context=context)
        else:
            connection = http.client.HTTPConnection(address.hostname, address.port, timeout=timeout_s)
        with self._lock:
            if self._stopped.is_set():
                raise WorkerError("SB211", "stopped")
            self._open.add(connection)
        self._own.connection = connection
        return connection

    def _forget(self) -> None:
        connection = getattr(self._own, "connection", None)
        self._own.connection = None
        if connection is not None:
            with self._lock:
                self._open.discard(connection)
            connection.close()


def _asked_s(header: str | None) -> float:
    """Seconds that ``Retry-After`` asks for, as a number or a date; 0 where it says neither."""
    if header is None:
        return 0.0
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return 0.0
    return max(0.0, (until.astimezone(UTC) - datetime.now(UTC)).total_seconds())


def _words(content: bytes) -> str:
    """What a server says is wrong, in one line."""
    try:
        told: Any = json.loads(content)
        while isinstance(told, Mapping) and (inner := told.get("error") or told.get("message") or told.get("detail")):
            told = inner
    except (ValueError, RecursionError):
        told = content.decode(errors="replace")
    return " ".join(str(told).split())[:_SHOWN] or "no words"
