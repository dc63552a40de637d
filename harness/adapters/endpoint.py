"""Asks a server: an OpenAI-compatible one about texts, one that answers Arrow batches about rows of any interface.

A folder holds ``submission.yaml`` alone; its options are those of ``endpoint_options``. The worker has no network: it
hands requests to a relay in the parent process, which talks to the declared host alone (``endpoint_channel``).

With ``api: arrow`` rows go as they are, see ``endpoint_rows``. The rest is about texts: ``generation``, ``choice`` and
``extraction``.

A ``choice`` is answered by the likelihood of each option behind its context and question where the API is
``completions`` and the server gives log-probabilities of a prompt (``echo`` and ``logprobs``; asked once, when the
model is loaded; ``endpoint_likelihood``). Otherwise options are told in words and the answer is read out of the text
(``option_prompts`` and ``answer_text``); one that cannot be read is wrong and counted apart. Which way it was stands in
the record. Passages of an ``extraction`` are quoted (``span_prompts``).

Messages go to ``chat`` as they are. ``completions`` reads ``role: content`` per message with an empty line behind each,
then ``assistant:``. The server's own chat template, tokenizer and limits are what they are: an endpoint has no
fingerprint, and its results are those of a day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import pyarrow as pa

from ..errors import InterfaceError, SubmissionError, WorkerError
from ..interfaces import INTERFACES, get_interface, table_info
from ..prompting import prompting_of
from .base import Adapter, LoadContext
from .causal_choice import shares
from .conversations import asked_texts, plain_conversation, question_messages, tokens_to_write
from .endpoint_channel import Channel, Line, Request
from .endpoint_likelihood import UntoldError, likelihood_requests, likelihoods
from .endpoint_options import EndpointOptions, read_endpoint_options
from .endpoint_rows import joined_answers, row_requests
from .option_prompts import option_questions, read_answers, told_way
from .span_prompts import Quoting, portions

__all__ = ["Endpoint"]

_TEXTS = frozenset({"generation", "choice", "extraction"})
_ARROW = "arrow"
_STOPS = 4  # most that APIs take; the text is cut at all of them here
_PROBE = "The capital of France is"
_PROBED = " Paris"
_MODELS = 3  # names of models that a server gave, as the record tells them


class Endpoint(Adapter):
    """A model behind a URL; see the module."""

    revision = 3
    serves = frozenset(INTERFACES) - {"solver_trace"}  # whose clock is the supervisor's
    batch_rows = 64
    dtypes = frozenset({"unknown"})
    remote: ClassVar[bool] = True
    moves_nothing: ClassVar[frozenset[str]] = frozenset(
        {"key_env", "concurrency", "timeout_s", "retries", "price", "rows"}
    )

    def __init__(self, context: LoadContext, line: Line) -> None:
        self._options = read_endpoint_options(context.options)
        self._line = line
        self._interface = context.interface
        self._language = str(table_info(context.inputs_schema).get("language", "en"))
        self._prompting = prompting_of(context.inputs_schema)
        if wrong := _unserved(self._options, context.interface):
            raise InterfaceError(wrong)
        self._of_rows = self._options.api == _ARROW
        quotes = context.interface == "extraction" and not self._of_rows
        self._quoting = Quoting(context.inputs_schema) if quotes else None
        self._cell: str | None = None
        self._models: set[str] = set()
        self._by_likelihood = False
        self._tells_tokens = False
        if not self._of_rows:
            self._probe()

    @classmethod
    def examine(cls, folder: Path, options: Mapping[str, Any]) -> None:
        """Checks the options; asks nothing of the server.

        Raises:
            SubmissionError: One of them is wrong; the message begins with the code.
        """
        read_endpoint_options(options)

    @classmethod
    def examine_for(cls, interface: str, folder: Path, options: Mapping[str, Any]) -> None:
        """Checks that the API is one that can answer the interface.

        Raises:
            SubmissionError: It is not; the message begins with the code.
        """
        if wrong := _unserved(read_endpoint_options(options), interface):
            raise SubmissionError(f"SB103 submission.yaml, field 'interfaces': {wrong}")

    @classmethod
    def choices(cls, folder: Path | None, options: Mapping[str, Any]) -> Mapping[str, str]:
        """What is asked of the server, beside the rows themselves."""
        chosen = read_endpoint_options(options)
        if chosen.api == _ARROW:
            return {"endpoint": f"model {chosen.model}, Arrow batches"}
        return {
            "endpoint": f"model {chosen.model}, {chosen.api} API, temperature {chosen.temperature:g}",
            "system prompt of the submission": chosen.system or "none",
        }

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Takes up the line to the relay and asks the server once what it can do.

        Raises:
            InterfaceError: There is no such line.
            WorkerError: The server does not answer, or not in the form of the API.
        """
        return cls(context, Channel())

    def begins(self, cell: str) -> None:
        """Names the cell that requests are counted with."""
        self._cell = cell
        if self._quoting is not None:
            self._quoting.begins()

    def ways(self) -> Mapping[str, str]:
        """How a choice or an extraction was answered, and what the server calls its model; of rows nothing."""
        if self._of_rows:
            return {}
        told = {"models named by the server": ", ".join(sorted(self._models)[:_MODELS]) or "none"}
        if self._quoting is not None:
            return told | self._quoting.ways()
        if self._interface != "choice":
            return told
        if self._by_likelihood:
            return told | {"choice by": "log-likelihood of each option's text, sum; logprobs of the echoed prompt"}
        return told | {"choice by": told_way(self._language)}

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Returns ``text``, with ``tokens`` and ``truncated`` as long as the server counts tokens; or, of ``choice``,
        ``probability`` with ``log_likelihood``, ``tokens``, ``bytes`` and ``cut``, or ``unread`` and ``truncated``; or,
        of ``extraction``, ``spans`` with ``unread`` and ``truncated``. With ``api: arrow`` what the server returns.

        Raises:
            WorkerError: A request has no answer.
        """
        if self._of_rows:
            requests = row_requests(rows, self._interface, size=self._options.rows)
            return joined_answers(rows, self._interface, self._ask(requests))
        if self._interface == "generation":
            return self._generated(rows)
        if self._quoting is not None:
            return self._quoted(rows, self._quoting)
        return self._likelihoods(rows) if self._by_likelihood else self._chosen(rows)

    def _probe(self) -> None:
        """Asks whether tokens are counted and, for a choice, whether a prompt's log-probabilities are to be had."""
        weighed = self._interface == "choice" and self._prompting.reasoning_tokens is None
        if weighed and self._options.api == "completions":
            self._by_likelihood = self._tells_likelihoods()
            if self._by_likelihood:
                return
        (said,) = self._ask(
            [self._request("load/text", [{"role": "user", "content": "Answer with one word: yes"}], 16)]
        )
        self._tells_tokens = said["completion_tokens"] is not None

    def _tells_likelihoods(self) -> bool:
        pairs = [(_PROBE, _PROBED)]
        requests = likelihood_requests("load/likelihood", pairs)
        try:
            said = self._ask(requests)
        except WorkerError as err:
            if err.code != "SB213":  # a server that refuses the request offers none
                raise
            return False
        try:
            likelihoods(said, requests, pairs)
        except UntoldError:
            return False
        return True

    def _ask(self, requests: Sequence[Request]) -> list[dict[str, Any]]:
        said = self._line.ask(requests, self._cell)
        self._models |= {str(one["model"]) for one in said if one["model"]}
        return said

    def _request(
        self, name: str, messages: Sequence[Mapping[str, str]], max_tokens: int, stop: Sequence[str] = ()
    ) -> Request:
        body: dict[str, Any] = {"max_tokens": max_tokens, "temperature": self._options.temperature}
        if stop:
            body["stop"] = list(stop[:_STOPS])
        messages = _with_system(messages, self._options.system)
        if self._options.api == "chat":
            return Request(name, "chat/completions", body | {"messages": messages})
        return Request(name, "completions", body | {"prompt": plain_conversation(messages)})

    def _generated(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        asked = rows.to_pylist()
        said = self._ask([self._request(r["id"], r["messages"], r["max_tokens"], r["stop"]) for r in asked])
        texts = [_until(one["text"], row["stop"]) for one, row in zip(said, asked, strict=True)]
        schemas = get_interface("generation").prediction_schemas()
        tokens = [one["completion_tokens"] for one in said]
        self._tells_tokens = self._tells_tokens and None not in tokens
        if not self._tells_tokens:
            return pa.record_batch([rows.column("id"), pa.array(texts, pa.string())], schema=schemas[0])
        truncated = [one["finish"] == "length" for one in said]
        columns = [pa.array(texts, pa.string()), pa.array(tokens, pa.int32()), pa.array(truncated)]
        return pa.record_batch([rows.column("id"), *columns], schema=schemas[1])

    def _chosen(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        asked = [option_questions(row, self._language) for row in rows.to_pylist()]
        said = self._written([(one.name, one.text) for questions in asked for one in questions])
        return read_answers(rows, asked, [one["text"] for one in said], [one["finish"] == "length" for one in said])

    def _quoted(self, rows: pa.RecordBatch, quoting: Quoting) -> pa.RecordBatch:
        asked = rows.to_pylist()
        said = self._written(quoting.questions(asked))
        truncated = [one["finish"] == "length" for one in said]
        return quoting.answers(rows, asked, [one["text"] for one in said], truncated)

    def _written(self, questions: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
        """Answers to questions, each a name and what is told to the model."""
        limit = tokens_to_write(self._prompting, self._options.max_tokens)
        said: list[dict[str, Any]] = []
        for part in portions(questions):
            asked = [self._request(name, question_messages(text, self._prompting), limit) for name, text in part]
            said += self._ask(asked)
        return said

    def _likelihoods(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        asked = []
        for row in rows.to_pylist():
            texts = asked_texts(row, self._prompting)
            options = [[texts.lead + option for option in one] for one in row["options"]]
            asked.append(list(zip(texts.contexts, options, strict=True)))
        pairs = [(context, text) for row in asked for context, texts in row for text in texts]
        requests = likelihood_requests(str(rows.column("id")[0].as_py()), pairs)
        try:
            said = iter(likelihoods(self._ask(requests), requests, pairs))
        except UntoldError as err:
            raise WorkerError("SB213", f"{err}; of the first prompt, it told all") from err
        schema = get_interface("choice").prediction_schemas()[1]
        columns: dict[str, list[Any]] = {field.name: [] for field in schema if field.name != "id"}
        for row in asked:
            scores = [[next(said) for _ in texts] for _, texts in row]
            columns["log_likelihood"].append([[nats for nats, _ in one] for one in scores])
            columns["probability"].append([shares([nats for nats, _ in one]) for one in scores])
            columns["tokens"].append([[tokens for _, tokens in one] for one in scores])
            columns["bytes"].append([[len(text.encode()) for text in texts] for _, texts in row])
            columns["cut"].append([[0] * len(texts) for _, texts in row])
        arrays = [pa.array(columns[field.name], field.type) for field in schema if field.name != "id"]
        return pa.record_batch([rows.column("id"), *arrays], schema=schema)


def _unserved(options: EndpointOptions, interface: str) -> str | None:
    """Why a server of this API cannot answer an interface; None where it can."""
    if options.api == _ARROW or interface in _TEXTS:
        return None
    return f"api {options.api!r} answers {', '.join(sorted(_TEXTS))}; {interface} is answered by a server of api: arrow"


def _with_system(messages: Sequence[Mapping[str, str]], system: str | None) -> list[Mapping[str, str]]:
    """A conversation with the system prompt before it, in the system message that is there or in a new one."""
    if system is None:
        return list(messages)
    if messages and messages[0]["role"] == "system":
        return [{"role": "system", "content": f"{system}\n\n{messages[0]['content']}"}, *messages[1:]]
    return [{"role": "system", "content": system}, *messages]


def _until(text: str, stop: Sequence[str]) -> str:
    """A text up to the first of the stop strings."""
    return text[: min((at for one in stop if (at := text.find(one)) >= 0), default=len(text))]
