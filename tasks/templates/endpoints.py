"""The options of an endpoint: a server of texts, or one that answers Arrow batches."""

from __future__ import annotations

from .kinds import Made

__all__ = ["PORT", "URL", "arrow", "chat"]

PORT = 8_321
"""Of this machine, where ``server.py`` listens."""

URL = f"http://localhost:{PORT}/v1"
"""Its base address."""

_HERE = {"url": URL, "model": "my-model"}


def chat() -> Made:
    """A server of the chat API, such as ``transformers serve``."""
    return Made({}, _HERE | {"api": "chat", "max_tokens": 64})


def arrow() -> Made:
    """A server that answers batches of rows, such as the one that ``--server FILE`` writes."""
    return Made({}, _HERE | {"api": "arrow", "rows": 16})
