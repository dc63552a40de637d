"""The operator's key of an endpoint: where it is found, whose it is, and how it is kept out of all that is written."""

from __future__ import annotations

import base64
import os
from typing import Any
from urllib.parse import quote, urlsplit

from ..adapters.endpoint_options import EndpointOptions
from ..errors import WorkerError

__all__ = ["Veil", "key_of"]

_VEILED = "***"
_LEAST_CHARACTERS = 8  # of a key: less could be guessed, and stands in any text by chance


def key_of(options: EndpointOptions) -> str | None:
    """The operator's key for an endpoint; None where it needs none.

    The variable holds the host beside the key, since a manifest names both variable and host: whoever writes one could
    else have another vendor's key sent to a server of its own.

    Raises:
        WorkerError: SB215: the variable that the manifest names is not set, or holds a key of another host, which is
            not named: a manifest could else ask whose keys there are.
    """
    if options.key_env is None:
        return None
    host = urlsplit(options.url).netloc
    owner, _, key = os.environ.get(options.key_env, "").strip().partition(" ")
    key = key.strip()
    mend = f"export {options.key_env}='{host} KEY'"
    if not owner:
        raise WorkerError(
            "SB215",
            f"{options.url} wants a key in the environment variable {options.key_env}, which is not set; set it in "
            f"this shell, with the host before it ({mend}), never in a file of the submission",
        )
    if not key or owner.lower() != host.lower():
        said = "names no host" if not key else "is the key of another host"
        raise WorkerError(
            "SB215",
            f"{options.key_env} {said}, and {options.url} asks for it; if its key is for that host, say so: {mend}",
        )
    if not (key.isascii() and key.isprintable()) or len(key) < _LEAST_CHARACTERS:
        raise WorkerError(
            "SB215",
            f"{options.key_env} holds no key: at least {_LEAST_CHARACTERS} characters of ASCII; set it again: {mend}",
        )
    return key


class Veil:
    """Takes a key out of what a server said: one that repeats what it was sent must not have it in a record."""

    def __init__(self, key: str | None) -> None:
        self._forms: list[str] = []
        if key is not None:
            coded = [base64.b64encode(one.encode()).decode().rstrip("=") for one in (key, f"Bearer {key}")]
            self._forms = list(dict.fromkeys([key, quote(key, safe=""), *coded]))

    def text(self, said: str) -> str:
        """A text without the key, neither plain nor in percent signs nor in base64."""
        for one in self._forms:
            said = said.replace(one, _VEILED)
        return said

    def content(self, content: bytes) -> bytes:
        """Bytes without the key, as many as they were: the places in an Arrow stream stay."""
        for one in self._forms:
            content = content.replace(one.encode(), b"*" * len(one))
        return content

    def said(self, said: Any) -> Any:
        """What is kept of an answer, every text in it without the key."""
        if isinstance(said, str):
            return self.text(said)
        if isinstance(said, dict):
            return {name: self.said(one) for name, one in said.items()}
        return [self.said(one) for one in said] if isinstance(said, list) else said
