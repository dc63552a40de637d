"""Talks to the one host that an endpoint's manifest declares: no redirects, no proxies, again after what may pass."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from ..adapters.endpoint_options import EndpointOptions
from ..errors import WorkerError
from ..formatting import printable
from .endpoint_connection import Answer, Connection, Room, TooLargeError
from .endpoint_key import Veil
from .endpoint_wire import BrokenAnswerError, Wire, WrongAnswerError, wire_of

__all__ = ["EndpointClient", "Reply", "backoff_s"]

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 60.0
_LONGEST_ASKED_S = 600.0  # a server that asks for more is waited for by a later run
_ROOM_BYTES = 512 << 20  # of all answers under way
_SHOWN = 200  # characters of a server's words
_NOT_QUOTED = "its words are not kept, since its host is not public; see that server's own log"
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

    def __init__(self, what: str, code: str = "SB211", after_s: float = 0.0) -> None:
        super().__init__(what)
        self.code, self.after_s = code, after_s


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


class EndpointClient:
    """Sends requests of several threads, each over its own connection; all wait where the server asks one to."""

    def __init__(
        self, options: EndpointOptions, key: str | None, *, seed: int, allowed: Collection[str] = frozenset()
    ) -> None:
        """Opens nothing yet; see ``endpoint_hosts.allowed_hosts`` for ``allowed``."""
        self._options, self._key, self._seed, self._allowed = options, key, seed, allowed
        self._veil = Veil(key)
        self._stopped = threading.Event()
        self._own = threading.local()
        self._lock = threading.Lock()
        self._room = Room(_ROOM_BYTES)
        self._reading = threading.Lock()  # what is read takes many times its bytes: one answer at a time
        self._open: set[Connection] = set()
        self._not_before_s = 0.0  # time.monotonic

    def close(self) -> None:
        """Ends all that is under way."""
        self._stopped.set()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    if (sock := connection.sock) is not None:
                        sock.shutdown(socket.SHUT_RDWR)
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
                request or answers something else, SB214 where its host is not public and was not allowed.
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
                    raise self._error(err.code, name, f"{err}, after {attempt + 1} attempts") from err
                if err.after_s:
                    self._not_before_s = max(self._not_before_s, time.monotonic() + err.after_s)
                self._wait(max(err.after_s, backoff_s(self._seed, name, attempt)))
        raise AssertionError("a loop of at least one attempt")

    def _error(self, code: str, name: str, what: str) -> WorkerError:
        return WorkerError(code, f"the endpoint, asked {name!r}: {printable(self._veil.text(what))}")

    def _wait(self, seconds: float) -> None:
        if self._stopped.wait(seconds):
            raise WorkerError("SB211", "stopped")

    def _once(self, name: str, path: str, wire: Wire) -> dict[str, Any]:
        with self._room.share() as take:
            return self._answer(name, path, wire, take)

    def _answer(self, name: str, path: str, wire: Wire, take: Callable[[int], None]) -> dict[str, Any]:
        try:
            answer, public = self._exchange(path, wire, take)
        except TooLargeError as err:
            self._forget()
            raise self._error("SB213", name, str(err)) from err
        except WorkerError:
            self._forget()  # the host may not be talked to
            raise
        except (OSError, http.client.HTTPException) as err:
            # What is no HTTP is quoted by such an error: the banner of whatever listens there.
            public = isinstance(err, OSError) or self._is_public()
            self._forget()
            what = f"{type(err).__name__}: {self._veil.text(str(err))}"[:_SHOWN] if public else type(err).__name__
            raise _PassingError(what) from err
        if 300 <= answer.status < 400:
            place = self._veil.text(str(answer.headers.get("location")))[:_SHOWN] if public else "another place"
            raise self._error("SB213", name, f"status {answer.status} points to {place}; redirects are not followed")
        if answer.status != 200:
            words = self._veil.text(_words(answer.content))[:_SHOWN] if public else _NOT_QUOTED
            what = f"status {answer.status}: {words}"
            if answer.status in _PASSING:
                after_s = _asked_s(answer.headers.get("retry-after")) if answer.status in _SAYS_WHEN else 0.0
                raise _PassingError(what, after_s=after_s)
            raise self._error("SB213", name, what)
        try:
            with self._reading:
                said = wire.read(self._veil.content(answer.content))
        except BrokenAnswerError as err:
            raise _PassingError(err.told(quoted=public), "SB213") from err
        except WrongAnswerError as err:
            raise self._error("SB213", name, err.told(quoted=public)) from err
        kept: dict[str, Any] = self._veil.said(said)
        return kept

    def _exchange(self, path: str, wire: Wire, take: Callable[[int], None]) -> tuple[Answer, bool]:
        """One request on this thread's connection, and whether its far end is public; a new one where the server
        closed the old in the meantime.
        """
        old: Connection | None = getattr(self._own, "connection", None)
        until_s = time.monotonic() + self._options.timeout_s
        if old is not None:
            try:
                return self._ask(old, path, wire, until_s, take)
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                self._forget()
                if self._stopped.is_set():
                    raise
                self._own.reconnected += 1
        return self._ask(self._connection(), path, wire, until_s, take)

    def _ask(
        self, connection: Connection, path: str, wire: Wire, until_s: float, take: Callable[[int], None]
    ) -> tuple[Answer, bool]:
        headers = dict(wire.headers)
        if self._key is not None:
            headers["Authorization"] = f"Bearer {self._key}"
        below = f"{self._options.address.path}/{path}"
        answer, again = connection.ask(
            below, wire.payload, headers, until_s=until_s, most_bytes=wire.most_bytes, take=take
        )
        if not again:
            self._forget()
        return answer, connection.public

    def _connection(self) -> Connection:
        connection = Connection(self._options.address, self._allowed, self._stopped)
        with self._lock:
            if self._stopped.is_set():
                raise WorkerError("SB211", "stopped")
            self._open.add(connection)
        self._own.connection = connection
        return connection

    def _is_public(self) -> bool:
        connection: Connection | None = getattr(self._own, "connection", None)
        return connection is not None and connection.public

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
        return max(0.0, (until.astimezone(UTC) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError, OverflowError):  # of the year 9999
        return 0.0


def _words(content: bytes) -> str:
    """What a server says is wrong, in one line, as long as it is."""
    try:
        told: Any = json.loads(content)
        while isinstance(told, Mapping) and (inner := told.get("error") or told.get("message") or told.get("detail")):
            told = inner
    except (ValueError, RecursionError):
        told = content.decode(errors="replace")
    return " ".join(str(told).split()) or "no words"
