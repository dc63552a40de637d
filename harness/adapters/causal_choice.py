"""Rows of ``choice`` for a causal language model: the likelihood of each option behind its context and question.

A row reads as ``prompt.context + context + prompt.question + question``, and behind it every option as
``prompt.option + option``, unless the track says otherwise (see ``asked_texts``). Options are weighed by their
log-likelihood as it is (``sum``) or by that per token or per byte of the option's text; a softmax over the options of a
question makes probabilities of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import pyarrow as pa

from ..errors import InterfaceError
from ..interfaces import get_interface
from .conversations import Asked
from .likelihood_engine import Engine
from .read_tally import ReadTally
from .text_tokens import PrefixTokenizer, TokenRequest, border, requests_of, within_window

__all__ = ["NORMALISATIONS", "Normalisation", "choice_batch", "choice_requests", "shares"]

Normalisation = Literal["sum", "token", "byte"]
NORMALISATIONS: tuple[Normalisation, ...] = ("sum", "token", "byte")


class _Option(NamedTuple):
    """An option as it is asked."""

    text: str
    request: TokenRequest


def choice_requests(
    tokenizer: PrefixTokenizer, row: Mapping[str, Any], asked: Asked, tally: ReadTally, window: int | None
) -> list[list[_Option]]:
    """What a row asks, per question and option; what its contexts begin with is tokenised once.

    Args:
        tokenizer: Of the model.
        row: Of ``choice``.
        asked: The same as texts.
        tally: Counts the tokens of what the contexts begin with.
        window: Tokens that the model reads at most; None: any number.

    Raises:
        InterfaceError: An option has no tokens, or does not fit into the window; the message names the row.
    """
    start = asked.start
    whole = tokenizer.encode(start)
    tally.note(whole.ids)
    requested = []
    for text, options in zip(asked.contexts, row["options"], strict=True):
        bare, blanks = border(text)
        context = tokenizer.extend(whole, bare[len(start) :]) if len(bare) >= len(start) else tokenizer.encode(bare)
        texts = [asked.lead + option for option in options]
        try:
            requests = requests_of(tokenizer, context, [blanks + text for text in texts])
            found = [_Option(text, within_window(one, window)) for text, one in zip(texts, requests, strict=True)]
        except InterfaceError as err:
            raise InterfaceError(f"input {row['id']!r}: {err}") from err
        requested.append(found)
    return requested


def choice_batch(
    rows: pa.RecordBatch,
    tokenizer: PrefixTokenizer,
    engine: Engine,
    texts: Callable[[Mapping[str, Any]], Asked],
    tally: ReadTally,
    *,
    window: int | None,
    normalisation: Normalisation,
) -> pa.RecordBatch:
    """Answers of ``choice`` with log-likelihoods, in nats, and with tokens and bytes of every option.

    Args:
        rows: What is asked.
        tokenizer: Of the model.
        engine: Of the model.
        texts: Makes texts of a row.
        tally: Counts the tokens of what contexts begin with.
        window: Tokens that the model reads at most; None: any number.
        normalisation: What of the log-likelihoods is compared.

    Raises:
        InterfaceError: A row cannot be asked; the message names it.
    """
    asked = [choice_requests(tokenizer, row, texts(row), tally, window) for row in rows.to_pylist()]
    said = iter(engine.score([option.request for row in asked for options in row for option in options]))
    schema = get_interface("choice").prediction_schemas()[1]
    columns: dict[str, list[Any]] = {field.name: [] for field in schema if field.name != "id"}
    for row in asked:
        nats = [[next(said).nats for _ in options] for options in row]
        tokens = [[option.request.scored for option in options] for options in row]
        sizes = [[len(option.text.encode()) for option in options] for options in row]
        per = {"sum": None, "token": tokens, "byte": sizes}[normalisation]
        columns["log_likelihood"].append(nats)
        columns["probability"].append([shares(one, per[at] if per else None) for at, one in enumerate(nats)])
        columns["tokens"].append(tokens)
        columns["bytes"].append(sizes)
        columns["cut"].append([[option.request.cut for option in options] for options in row])
    arrays = [pa.array(columns[field.name], field.type) for field in schema if field.name != "id"]
    return pa.record_batch([rows.column("id"), *arrays], schema=schema)


def shares(nats: Sequence[float], per: Sequence[int] | None = None) -> list[float]:
    """The softmax of log-likelihoods, each divided by its size where there are sizes."""
    weights = np.array(nats, np.float64) / (1 if per is None else np.maximum(1, per))  # (options,)
    shifted = np.exp(weights - weights.max())
    share: list[float] = (shifted / shifted.sum()).tolist()
    return share
