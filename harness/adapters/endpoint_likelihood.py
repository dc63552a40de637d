"""The likelihood of texts from the log-probabilities of an echoed prompt, as a server of ``completions`` tells them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..errors import WorkerError
from .endpoint_channel import Request

__all__ = ["UntoldError", "likelihood_requests", "likelihoods"]

_MOST_NATS = 1e-6  # above 0 by rounding
_LEAST_NATS = -9999.0  # what servers write for a token of which they tell nothing


class UntoldError(Exception):
    """A server does not tell the log-probabilities of a text; the message says what it tells."""


def likelihood_requests(name: str, pairs: Sequence[tuple[str, str]]) -> list[Request]:
    """One request for each context and text.

    Blanks at the end of a context belong to what follows, as in ``text_tokens``.
    """
    body = {"max_tokens": 1, "temperature": 0, "echo": True, "logprobs": 1}
    return [
        Request(f"{name}/{number}", "completions", body | {"prompt": context + text}, len(context.rstrip()))
        for number, (context, text) in enumerate(pairs)
    ]


def likelihoods(
    said: Iterable[Mapping[str, Any]], requests: Sequence[Request], pairs: Sequence[tuple[str, str]]
) -> list[tuple[float, int]]:
    """Log-likelihood, in nats, and tokens of each text behind its context.

    Raises:
        UntoldError: The server does not tell one of them.
        WorkerError: SB213: a log-probability is above 0.
    """
    answers = list(said)
    for one, request in zip(answers, requests, strict=True):
        high = [nats for _, nats, _ in one.get("tail") or () if nats is not None and nats > _MOST_NATS]
        if high:
            raise WorkerError("SB213", f"request {request.name!r}: a log-probability is {high[0]:g}, which is above 0")
    found = []
    for one, request, (context, text) in zip(answers, requests, pairs, strict=True):
        fault, own = _own(one.get("tail"), context + text, text)
        if fault is not None:
            raise UntoldError(f"request {request.name!r}: {fault}")
        found.append((math.fsum(own), len(own)))
    return found


def _own(tail: Sequence[tuple[str, float | None, int]] | None, whole: str, text: str) -> tuple[str | None, list[float]]:
    """What is wrong with the tokens of a text at the end of a prompt, None if nothing is, and their nats."""
    own = [one for one in tail or () if one[2] < len(whole)]  # the generated token stands behind
    if not own:
        return "the server gave no log-probabilities of the prompt", []
    if any(whole[at : at + len(token)] != token for token, _, at in own):
        return "the places of tokens (text_offset) do not fit the prompt", []
    if text.strip() not in "".join(token for token, _, _ in own):
        return "the tokens are not the text that was sent", []
    told = [nats for _, nats, _ in own if nats is not None]
    if len(told) < len(own):
        return "a token has no log-probability", []
    if not all(map(math.isfinite, told)):
        return "a log-probability is not finite", []
    if min(told) <= _LEAST_NATS:
        return f"a log-probability is {min(told):g}, which stands for one that is not told", []
    return None, told
