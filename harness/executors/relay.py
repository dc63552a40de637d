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
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ..adapters.endpoint_options import EndpointOptions, read_endpoint_options
from ..errors import UsageError, WorkerError
from ..formatting import printable
from .endpoint_client import EndpointClient, Reply
from .endpoint_wire import ARROW_PATH

__all__ = ["Relay", "Spent", "key_of"]

_HOST_SHOWN = 100  # characters
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


def key_of(options: EndpointOptions) -> str | None:
    """The operator's key for an endpoint; None where it needs none.

    The variable holds the host beside the key, since a manifest names both variable and host: whoever writes one could
    else have another vendor's key sent to a server of its own.

    Raises:
        UsageError: The variable that the manifest names is not set, or holds a key of another host.
    """
    if options.key_env is None:
        return None
    host = urlsplit(options.url).netloc
    owner, _, key = os.environ.get(options.key_env, "").strip().partition(" ")
    key = key.strip()
    if not owner:
        raise UsageError(
            f"{options.url} wants a key in the environment variable {options.key_env}, which is not set; set it in "
            f"this shell, with the host before it (export {options.key_env}='{host} KEY'), never in a file of the "
            "submission"
        )
    if not key or owner.lower() != host.lower():
        said = "names no host" if not key else f"is for {printable(owner)[:_HOST_SHOWN]}"
        raise UsageError(
            f"{options.key_env} {said}, and {options.url} asks for it; if its key is meant for that host, say so: "
            f"export {options.key_env}='{host} KEY'"
        )
    if not (key.isascii() and key.isprintable()):
        raise UsageError(f"{options.key_env} holds characters that no key has; set it again")
    return key


class _Answered(NamedTuple):
    """One line of the journal."""

    key: str
    cell: str
    said: dict[str, Any]
    retries: int


class _Journal:
    """Answers by the digest of their request, in a file that grows by a line for each."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._known = {one.key: one for one in _lines(path)}
        self._file = path.open("a", encoding="utf-8")
        if path.stat().st_size and not path.read_bytes().endswith(b"\n"):
            self._file.write("\n")  # a line that broke off is left behind

    def get(self, key: str) -> dict[str, Any] | None:
        """The answer to a request; None where there is none yet."""
        with self._lock:
            found = self._known.get(key)
        return None if found is None else found.said

    def add(self, answered: _Answered) -> None:
        """Keeps an answer."""
        line = json.dumps(answered._asdict(), ensure_ascii=False) + "\n"
        with self._lock:
            self._file.write(line)
            self._file.flush()
            self._known[answered.key] = answered

    def of(self, cell: str) -> list[_Answered]:
        """All answers that a cell asked for."""
        with self._lock:
            return [one for one in self._known.values() if one.cell == cell]

    def close(self) -> None:
        """Ends the file."""
        with self._lock:
            self._file.close()


def _lines(path: Path) -> Iterator[_Answered]:
    if not path.is_file():
        return
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            with contextlib.suppress(ValueError, TypeError):  # a line that broke off: its request is sent again
                yield _Answered(**json.loads(line))


class Relay:
    """Serves the workers of one job, one after the other."""

    def __init__(self, options: Mapping[str, Any], folder: Path, *, seed: int, first_cell: str) -> None:
        chosen = read_endpoint_options(options)
        self._client = EndpointClient(chosen, key_of(chosen), seed=seed)
        self._model = chosen.model
        self._journal = _Journal(folder / _JOURNAL)
        self._first_cell = first_cell  # what is asked before any row counts with it
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
        read = _sum([one.said.get("prompt_tokens") for one in answered])
        written = _sum([one.said.get("completion_tokens") for one in answered])
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
        lock = threading.Lock()
        with ours, ours.makefile("rb") as lines, contextlib.suppress(ConnectionError):  # it was ended while it read
            for line in lines:
                with contextlib.suppress(RuntimeError):  # the pool was shut down: the worker is being ended
                    self._pool.submit(self._serve, line, ours, lock)

    def _serve(self, line: bytes, ours: socket.socket, lock: threading.Lock) -> None:
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
        self._journal.add(_Answered(key, str(asked["cell"] or self._first_cell), reply.said, reply.retries))
        return reply.said


def _sum(counts: list[int | None]) -> int | None:
    told = [one for one in counts if one is not None]
    return sum(told) if told and len(told) == len(counts) else None
