"""One connection to an endpoint's host: a request and its answer by a moment, and in no more than so many bytes."""

from __future__ import annotations

import contextlib
import functools
import http.client
import io
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import SplitResult

from .endpoint_hosts import default_port, open_socket, port_of

__all__ = ["Answer", "Connection", "Room", "TooLargeError"]

_READ_BYTES = 1 << 16
_HEAD_BYTES = 1 << 18  # of status and headers, and of what frames a body
_WORDS_BYTES = 1 << 16  # that are read of an answer which only says what is wrong


class TooLargeError(Exception):
    """An answer of more bytes than one can have; the message says how many."""


class Room:
    """The memory of all answers that are under way at a time."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = self._left_bytes = most_bytes
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def share(self) -> Iterator[Callable[[int], None]]:
        """What takes bytes for one answer; they are given back when the block ends.

        Raises:
            TooLargeError: There is no room for them.
        """
        taken = 0

        def take(size: int) -> None:
            nonlocal taken
            with self._lock:
                taken += size
                self._left_bytes -= size
                full = self._left_bytes < 0
            if full:
                raise TooLargeError(f"answers of over {self._most_bytes:,} bytes at a time; lower 'concurrency'")

        try:
            yield take
        finally:
            with self._lock:
                self._left_bytes += taken


class Answer(NamedTuple):
    """What came back.

    Attributes:
        status: Of HTTP.
        headers: By their names in lower case.
        content: The body; of another status than 200 its beginning.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes


class _Bounds:
    """What a request and its answer may still take."""

    def __init__(
        self, until_s: float, most_bytes: int, stopped: threading.Event, take: Callable[[int], None] = lambda size: None
    ) -> None:
        self._until_s, self._stopped, self._take = until_s, stopped, take
        self._most_bytes = most_bytes
        self._left_bytes = most_bytes + _HEAD_BYTES

    def count(self, size: int) -> None:
        """Counts bytes that came.

        Raises:
            TooLargeError: More came than may.
        """
        self._take(size)
        self._left_bytes -= size
        if self._left_bytes < 0:
            raise self.too_large()

    def too_large(self) -> TooLargeError:
        """What is raised where an answer has more bytes than it may."""
        return TooLargeError(f"an answer of over {self._most_bytes:,} bytes")

    def left_s(self) -> float:
        """Seconds that are left.

        Raises:
            TimeoutError: None are, or all was stopped.
        """
        left_s = self._until_s - time.monotonic()
        if left_s <= 0 or self._stopped.is_set():
            raise TimeoutError("the answer did not end in time")
        return left_s


class _Bounded(io.RawIOBase):
    """What comes over a socket within bounds, however slowly it drips and however it is framed."""

    def __init__(self, sock: socket.socket, bounds: _Bounds) -> None:
        self._socket, self._bounds = sock, bounds
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Reads what is there, and waits no longer than what is left.

        Raises:
            TimeoutError: No time is left.
            TooLargeError: More came than may.
        """
        self._socket.settimeout(self._bounds.left_s())
        size = self._raw.readinto(buffer)
        self._bounds.count(size or 0)
        return size

    def close(self) -> None:
        """Closes the file, not the socket."""
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    """An answer, head and body, within bounds."""

    def __init__(self, sock: socket.socket, *args: Any, bounds: _Bounds, **more: Any) -> None:
        super().__init__(sock, *args, **more)
        self.fp.close()
        self.fp = io.BufferedReader(_Bounded(sock, bounds))


class Connection(http.client.HTTPConnection):
    """A connection to the one host, at an address that was judged; of one thread, and of one request at a time.

    Attributes:
        public: Whether its far end is an address that everybody can reach; False until it is known.
    """

    def __init__(self, address: SplitResult, allowed: Collection[str], stopped: threading.Event) -> None:
        assert address.hostname is not None
        self.default_port = default_port(address.scheme)
        # The port in so many words: without one, "::1" would be taken apart at its last colon.
        super().__init__(address.hostname, port_of(address))
        self._address, self._allowed, self._stopped = address, allowed, stopped
        self._context = ssl.create_default_context() if address.scheme == "https" else None
        self._bounds = _Bounds(0.0, 0, stopped)
        self.public = False

    def ask(
        self,
        path: str,
        payload: bytes,
        headers: Mapping[str, str],
        *,
        until_s: float,
        most_bytes: int,
        take: Callable[[int], None],
    ) -> tuple[Answer, bool]:
        """The answer to a request, and whether the connection can take another one.

        Args:
            path: From the root of the host on.
            payload: Of the request.
            headers: Likewise.
            until_s: Moment of ``time.monotonic`` by which all has come.
            most_bytes: Of the body.
            take: See ``Room.share``.

        Raises:
            TooLargeError: The answer has more bytes.
            WorkerError: The host may not be talked to.
            OSError: The host is not there, or took too long.
            http.client.HTTPException: The answer is not HTTP, or broke off.
        """
        self._bounds = _Bounds(until_s, most_bytes, self._stopped, take)
        self.response_class = functools.partial(_Response, bounds=self._bounds)  # type: ignore[assignment]
        self.request("POST", path, payload, dict(headers))
        with self.getresponse() as response:
            most = most_bytes if response.status == 200 else _WORDS_BYTES
            parts, size = [], 0
            while size <= most and (part := response.read(_READ_BYTES)):
                parts.append(part)
                size += len(part)
            whole = size <= most
            if response.status == 200 and not whole:
                raise self._bounds.too_large()
            if whole and response.length:
                raise http.client.IncompleteRead(b"", response.length)
            again = whole and not response.will_close
        told = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, told, b"".join(parts)), again

    def connect(self) -> None:
        """Connects, with TLS where the address says so; the certificate must be of the host that the address names."""
        sock, self.public = open_socket(self._address, self._allowed, left_s=self._bounds.left_s)
        self.sock = sock
        if self._context is not None:
            sock.settimeout(self._bounds.left_s())
            tls = self._context.wrap_socket(sock, server_hostname=self._address.hostname, do_handshake_on_connect=False)
            self.sock = tls
            tls.settimeout(self._bounds.left_s())
            tls.do_handshake()

    def send(self, data: Any) -> None:
        """Sends bytes, to a host that takes them slowly no longer than what is left."""
        if self.sock is None:
            self.connect()
        sock, left = self.sock, memoryview(data)
        while left:
            if sock is None:
                raise ConnectionResetError("closed")
            sock.settimeout(self._bounds.left_s())
            left = left[sock.send(left) :]
