"""The worker's end of the line to the relay, which alone talks to an endpoint's host; see ``executors/relay.py``."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping, Sequence
from typing import IO, Any, NamedTuple, Protocol

from ..errors import InterfaceError, WorkerError

__all__ = ["Channel", "Line", "Request"]


class Request(NamedTuple):
    """One request to the server.

    Attributes:
        name: For messages, and to tell equal requests apart: the row's id and what of it is asked.
        path: ``chat/completions`` or ``completions``; ``predictions`` of rows.
        body: Its JSON, without the model; of rows see ``endpoint_rows``.
        since: Place in the text behind which log-probabilities are wanted; None: none are.
    """

    name: str
    path: str
    body: Mapping[str, Any]
    since: int | None = None


class Line(Protocol):
    """What answers requests."""

    def ask(self, requests: Sequence[Request], cell: str | None) -> list[dict[str, Any]]:
        """The answers, in the order of the requests; see ``endpoint_client.Reply.said``.

        Raises:
            WorkerError: One has none; the code and the message say why.
        """


class Channel:
    """The line that is this process's standard input."""

    def __init__(self) -> None:
        try:
            self._socket = socket.socket(fileno=os.dup(0))
        except OSError as err:
            raise InterfaceError("an endpoint is asked by `sectorbench run`, which keeps a line to it open") from err
        self._answers: IO[bytes] = self._socket.makefile("rb")
        self._number = 0

    def ask(self, requests: Sequence[Request], cell: str | None) -> list[dict[str, Any]]:
        """Sends all requests, then waits for all answers."""
        waited = {}
        try:
            for place, request in enumerate(requests):
                self._number += 1
                waited[self._number] = place
                line = {"number": self._number, "cell": cell} | request._asdict()
                self._socket.sendall(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            said: list[dict[str, Any]] = [{}] * len(requests)
            while waited:
                told = json.loads(self._answers.readline() or b"null")
                if told is None:
                    raise WorkerError("SB211", "the relay closed the line")
                place = waited.pop(told["number"], -1)
                if place < 0 and told["number"] is not None:  # None: the relay could not read a request
                    continue  # to a request of a cell that has failed
                if "said" not in told:
                    raise WorkerError(told["code"], told["message"])
                said[place] = told["said"]
        except OSError as err:
            raise WorkerError("SB211", f"the line to the relay broke: {err}") from err
        return said
