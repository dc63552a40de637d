"""The relay between a worker without network and the one host that its endpoint's manifest declares.

The worker's standard input is one end of a pair of sockets. It writes a request per line and reads an answer per line,
in any order. The relay sends requests on with the operator's key, which the worker never sees, and keeps every answer
in a journal in the job's folder the moment it comes: a run that was cut off asks nothing twice.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
import threading
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from ..adapters.endpoint_options import read_endpoint_options
from ..errors import WorkerError
from ..limits import Limits
from .endpoint_client import EndpointClient, Reply
from .endpoint_key import key_of
from .endpoint_wire import ARROW_PATH

__all__ = ["Relay", "Spent"]

_JOURNAL = "endpoint.jsonl"
_PATHS = ("chat/completions", "completions", ARROW_PATH)


class Spent(NamedTuple):
    """What the answers to a cell took.

    Attributes:
        requests: Requests that were answered.
        retries: How often they were sent before, in vain.
        prompt_tokens: Tokens read, as the server counts them; None where it does not tell for every request.
        completion_tokens: Tokens written, likewise.
        from_journal: Requests for rows that were answered without asking: an earlier worker had the answer.
    """

    requests: int
    retries: int
    prompt_tokens: int | None
    completion_tokens: int | None
    from_journal: int


class _Kept(NamedTuple):
    """What is remembered of one line of the journal; the answer itself stays in the file."""

    cell: str
    retries: int
    prompt_tokens: int | None
    completion_tokens: int | None
    at: int
    size: int


class _Journal:
    """Answers by the digest of their request, in a file that grows by a line for each, up to a size."""

    def __init__(self, path: Path, most_bytes: int) -> None:
        self._lock = threading.Lock()
        self._most_bytes = most_bytes
        self._known: dict[str, _Kept] = {}
        self._file = path.open("a+b")
        self._file.seek(0)
        self._size, line = 0, b"\n"
        for line in self._file:
            with contextlib.suppress(ValueError, TypeError, LookupError, AttributeError):  # a line that broke off
                self._remember(json.loads(line), self._size, len(line))
            self._size += len(line)
        if not line.endswith(b"\n"):
            self._append(b"\n")  # what broke off is left behind: its request is sent again

    def get(self, key: str) -> dict[str, Any] | None:
        """The answer to a request; None where there is none yet."""
        with self._lock:
            found = self._known.get(key)
            if found is None:
                return None
            said: dict[str, Any] = json.loads(os.pread(self._file.fileno(), found.size, found.at))["said"]
            return said

    def add(self, key: str, cell: str, reply: Reply) -> None:
        """Keeps an answer.

        Raises:
            WorkerError: SB221: there is no room for it.
        """
        told = {"key": key, "cell": cell, "said": reply.said, "retries": reply.retries}
        line = json.dumps(told, ensure_ascii=False).encode() + b"\n"
        with self._lock:
            if self._size + len(line) > self._most_bytes:
                raise WorkerError(
                    "SB221",
                    f"the endpoint's answers take more than {self._most_bytes:,} bytes; where that is right, raise "
                    "sandbox.written_gib",
                )
            at = self._size
            self._append(line)
            self._remember(told, at, len(line))

    def of(self, cell: str) -> list[_Kept]:
        """All answers that a cell asked for."""
        with self._lock:
            return [one for one in self._known.values() if one.cell == cell]

    def close(self) -> None:
        """Ends the file."""
        with self._lock:
            self._file.close()

    def _append(self, line: bytes) -> None:
        self._size += len(line)
        self._file.write(line)
        self._file.flush()

    def _remember(self, told: Mapping[str, Any], at: int, size: int) -> None:
        read, written = (told["said"].get(name) for name in ("prompt_tokens", "completion_tokens"))
        self._known[str(told["key"])] = _Kept(str(told["cell"]), int(told["retries"]), read, written, at, size)


class Relay:
    """Serves the workers of one job, one after the other."""

    def __init__(
        self,
        options: Mapping[str, Any],
        folder: Path,
        *,
        seed: int,
        first_cell: str,
        allowed: Collection[str] = (),
        written_bytes: int = Limits().written_bytes,
    ) -> None:
        """Opens the journal; nothing is asked yet.

        Args:
            options: Of the manifest.
            folder: Of the job, where the journal lies.
            seed: For the waits between attempts.
            first_cell: What is asked before any row counts with it.
            allowed: Hosts that may be talked to though they are not public; see ``endpoint_hosts.allowed_hosts``.
            written_bytes: That the journal may have.

        Raises:
            WorkerError: SB215: the key that the manifest asks for is not set, or is another host's.
        """
        chosen = read_endpoint_options(options)
        self._client = EndpointClient(chosen, key_of(chosen), seed=seed, allowed=allowed)
        self._model = chosen.model
        self._journal = _Journal(folder / _JOURNAL, written_bytes)
        self._first_cell = first_cell
        self._from_journal: list[str] = []  # cells, one for each request
        self._pool = ThreadPoolExecutor(max_workers=chosen.concurrency, thread_name_prefix="endpoint")
        self._readers: list[threading.Thread] = []

    @contextlib.contextmanager
    def line(self) -> Iterator[int]:
        """A worker's end of a new line, as a file number; it is the worker's alone when the block ends."""
        ours, theirs = socket.socketpair()
        reader = threading.Thread(target=self._read, args=[ours], name="endpoint-reader", daemon=True)
        reader.start()
        self._readers.append(reader)
        with theirs:
            yield theirs.fileno()

    def spent(self, cell: str) -> Spent:
        """What a cell's answers took so far, those of earlier runs included."""
        answered = self._journal.of(cell)
        read = _sum([one.prompt_tokens for one in answered])
        written = _sum([one.completion_tokens for one in answered])
        retries = sum(one.retries for one in answered)
        return Spent(len(answered), retries, read, written, self._from_journal.count(cell))

    def close(self) -> None:
        """Ends all requests under way."""
        self._client.close()
        self._pool.shutdown(cancel_futures=True)
        for reader in self._readers:
            reader.join()
        self._journal.close()

    def _read(self, ours: socket.socket) -> None:
        """Takes a worker's requests until it ends."""
        lock, gone = threading.Lock(), threading.Event()
        try:
            with ours, ours.makefile("rb") as lines, contextlib.suppress(ConnectionError):  # it was ended while it read
                for line in lines:
                    with contextlib.suppress(RuntimeError):  # the pool was shut down: the worker is being ended
                        self._pool.submit(self._serve, line, ours, lock, gone)
        finally:
            gone.set()

    def _serve(self, line: bytes, ours: socket.socket, lock: threading.Lock, gone: threading.Event) -> None:
        if gone.is_set():
            return  # what a worker that has ended still wanted is not asked: nobody would read it
        number = None
        try:
            asked = json.loads(line)
            number = asked["number"]
            told: dict[str, Any] = {"said": self._answer(asked)}
        except WorkerError as err:
            told = {"code": err.code, "message": str(err)}
        except OSError as err:
            told = {"code": "SB210", "message": f"{_JOURNAL}: {err.strerror}"}
        except Exception as err:  # whatever it is: a worker that is not answered waits for ever
            told = {
                "code": "SB213",
                "message": f"the relay could not take the request or its answer: {type(err).__name__}",
            }
        with lock, contextlib.suppress(OSError):  # a worker that has ended needs no answer
            ours.sendall(json.dumps({"number": number} | told).encode() + b"\n")

    def _answer(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a request: from the journal, else from the server.

        Raises:
            WorkerError: There is none; the code says whose fault that is.
        """
        name, path, since = str(asked["name"]), asked["path"], asked["since"]
        body = dict(asked["body"]) | {"model": self._model}
        if path not in _PATHS:
            raise WorkerError("SB213", f"{path!r} is none of {', '.join(_PATHS)}")
        whole = json.dumps([name, path, body, since], sort_keys=True, ensure_ascii=False)
        key = hashlib.sha256(whole.encode()).hexdigest()
        if (known := self._journal.get(key)) is not None:
            if asked["cell"]:
                self._from_journal.append(str(asked["cell"]))
            return known
        reply: Reply = self._client.post(name, path, body, since)
        self._journal.add(key, str(asked["cell"] or self._first_cell), reply)
        return reply.said


def _sum(counts: list[int | None]) -> int | None:
    told = [one for one in counts if one is not None]
    return sum(told) if told and len(told) == len(counts) else None
