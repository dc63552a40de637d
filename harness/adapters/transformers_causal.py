"""Runs causal language models of transformers on rows of ``generation``, ``choice`` and ``extraction``.

A folder holds ``config.json`` and safetensors as ``save_pretrained`` writes them and ``tokenizer.json``; beside them
may stand ``tokenizer_config.json``, ``chat_template.jinja`` and, for the end tokens alone, ``generation_config.json``.
The tokenizer is what ``tokenizer.json`` says; no code of a checkpoint is run.

Of a choice every option is weighed by its likelihood (see ``causal_choice``). Options of the manifest say how:
``normalisation`` (``sum``, ``token`` or ``byte``; default ``sum``) and ``begin_token``, whether the begin token stands
before every text where the tokenizer puts one there (default true). With ``answer: generate`` (default ``likelihood``)
options are told in words instead, the model writes at most ``max_tokens`` (default 1024), its reasoning included, and
the answer is read out of the text (see ``option_prompts`` and ``answer_text``). Passages of an ``extraction`` are
written as quotes, in at most ``max_tokens`` per question (see ``span_prompts`` and ``quotes``). A text that does not
fit into the window beside its question and ``max_tokens`` of answer (or a quarter of the window, where that is less) is
read in pieces that do, each from the middle of the one before.

Text is generated greedily: the likeliest token, step by step (see ``continuous_generation``). Messages become text by
the chat template; one that leaves out what a user says is refused (see ``chat_template``). A model that has none reads
``role: content`` per message with an empty line behind each, then ``assistant:``, with the special tokens that its
tokenizer puts around a text.

An answer ends at an end token, before a stop string, at ``max_tokens``, or where the model's window is full; the latter
two are told as ``truncated``. A prompt that leaves no room in the window is not asked and never cut: of ``generation``
its answer has no tokens and is ``truncated``, which breaks SB323, else it is unread (SB322); the record counts such
prompts. A prompt behind which the model's logits are not finite is an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self, TypedDict

import pyarrow as pa

from ..errors import InterfaceError, SubmissionError, WorkerError, no_such_option
from ..interfaces import get_interface, table_info
from ..prompting import prompting_of
from .base import Adapter, LoadContext
from .causal_choice import NORMALISATIONS, Normalisation, choice_batch
from .chat_template import ChatTemplate, check_template, template_fault
from .checkpoint_files import load_checkpoint
from .context_pieces import Piece, answer_room, pieces
from .continuous_generation import Answer, ContinuousGenerator
from .conversations import Asked, Messages, asked_texts, plain_conversation, question_messages, tokens_to_write
from .likelihood_engine import Budget, Engine
from .option_prompts import option_questions, read_answers, told_way
from .read_tally import ReadTally
from .span_prompts import Cuts, Quoting, portions
from .text_checkpoint import (
    TextModelKind,
    check_text_folder,
    check_vocabulary,
    load_tokenizer,
    lost_by_tokenizer,
    text_architecture,
)
from .text_tokens import PrefixTokenizer

__all__ = ["TransformersCausal"]

_NAME = "transformers-causal"
_KIND = TextModelKind("causal language model", ("ForCausalLM", "LMHeadModel"), "MODEL_FOR_CAUSAL_LM_MAPPING_NAMES")
_PROBE = "Which fees are due?"
_MAX_TOKENS, _MOST_TOKENS = 1024, 1 << 17  # of a written answer to a question of choice or extraction
_MARGIN_TOKENS = 8  # at the borders of a part, which may be other tokens there than in the whole


class TransformersCausal(Adapter):
    """A causal language model with its tokenizer; see the module for the files and for how messages are read."""

    revision = 3
    serves = frozenset({"generation", "choice", "extraction"})
    batch_rows = 64
    dtypes = frozenset({"float32", "float16", "bfloat16"})

    def __init__(self, model: Any, tokenizer: Any, ends: frozenset[int], context: LoadContext) -> None:
        self._model, self._tokenizer, self._ends = model, tokenizer, ends
        self._device, self._dtype = context.device, context.dtype
        window = getattr(model.config.get_text_config(), "max_position_embeddings", None)
        self._window: int | None = window if isinstance(window, int) and window > 0 else None
        pad = next((i for i in (tokenizer.pad_token_id, *sorted(ends)) if i is not None), 0)
        self._generator = ContinuousGenerator(model, self._ended, pad=pad, window=self._window, device=context.device)
        self._asked_choices, self._options = context.interface == "choice", _read_options(context.options)
        self._quoting = Quoting(context.inputs_schema) if context.interface == "extraction" else None
        self._language = str(table_info(context.inputs_schema).get("language", "en"))
        self._prompting = prompting_of(context.inputs_schema)
        self._tally = ReadTally(tokenizer)
        self._template = None if tokenizer.chat_template is None else ChatTemplate(tokenizer)
        if self._by_likelihood:
            templated = self._prompting.chat_template and self._template is not None  # which brings its own begin token
            self._texts = PrefixTokenizer(tokenizer, begin=self._options["begin_token"] and not templated)
            self._engine = Engine(model, context.device, context.dtype, Budget.of(context.device), greedy=False)

    @classmethod
    def examine(cls, folder: Path, options: Mapping[str, Any]) -> None:
        """Checks the options and what of config and tokenizer the adapter relies on; loads nothing.

        Raises:
            SubmissionError: One of them is wrong; the message begins with the code.
        """
        _read_options(options)
        check_text_folder(folder, [_KIND], adapter=_NAME)
        check_template(folder, adapter=_NAME)

    @classmethod
    def choices(cls, folder: Path | None, options: Mapping[str, Any]) -> Mapping[str, str]:
        """The options that the manifest names."""
        return {name: str(value) for name, value in options.items()}

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Loads config, weights and tokenizer, and tries the chat template on one message.

        Raises:
            SubmissionError: A file is missing or wrong, weights have no place, or the tokenizer is not the model's; the
                message begins with the code.
        """
        if context.folder is None:
            raise SubmissionError(f"SB101 {_NAME} reads its model from a submission folder; there is none")
        _read_options(context.options)
        name, kind = check_text_folder(context.folder, [_KIND], adapter=_NAME)
        check_template(context.folder, adapter=_NAME)
        architecture, tokenizer = text_architecture(name, kind), load_tokenizer(context.folder)
        attention = "sdpa" if getattr(architecture, "_supports_sdpa", False) else "eager"
        model = load_checkpoint(architecture, context.folder, dtype=context.dtype, attention=attention)
        check_vocabulary(tokenizer, model)
        ends = _end_tokens(model, tokenizer)
        model.generation_config = type(model.generation_config)()  # sampling and penalties of the vendor's choice: none
        loaded = cls(model.to(context.device).eval(), tokenizer, ends, context)
        if loaded._by_likelihood and not loaded._prompting.chat_template:  # no conversation is held
            return loaded
        try:
            loaded._prompt(question_messages(_PROBE, loaded._prompting))
        except Exception as err:  # a template is a small program and may fail in any way
            raise SubmissionError(f"SB107 chat template: fails on one user message: {template_fault(err)}") from err
        return loaded

    def begins(self, cell: str) -> None:
        """Counts from nothing again."""
        self._tally.begins()
        if self._template is not None:
            self._template.begins()
        if self._quoting is not None:
            self._quoting.begins()

    def ways(self) -> Mapping[str, str]:
        """How likelihoods were computed, or how answers were read, and what the tokenizer does to texts."""
        known = self._tally.unknown_told() | self._tally.over_told(self._window)
        known |= {} if self._template is None else self._template.told()
        if self._by_likelihood:
            said = f"{self._engine.way}; {self._options['normalisation']} of log-likelihoods"
            return known | ({} if self._engine.way is None else {"likelihoods": said}) | self._engine.held_told()
        known |= self._generator.at_once.told()
        known |= lost_by_tokenizer(self._tokenizer, self._language)
        if self._quoting is not None:
            return known | self._quoting.ways()
        return known | ({"choice by": told_way(self._language)} if self._asked_choices else {})

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Returns ``text``, ``tokens`` (generated ones, an end token included) and ``truncated``; or, of ``choice``,
        ``probability`` with ``log_likelihood``, ``tokens``, ``bytes`` and ``cut``, or ``unread`` and ``truncated``; or,
        of ``extraction``, ``spans`` with ``unread`` and ``truncated``.

        Raises:
            InterfaceError: The chat template takes no such messages, or a prompt has no tokens; the message names the
                row.
            WorkerError: Logits are not finite (SB306); the message names the row.
        """
        if self._by_likelihood:
            normalisation = self._options["normalisation"]
            return choice_batch(
                rows,
                self._texts,
                self._engine,
                self._asked,
                self._tally,
                window=self._window,
                normalisation=normalisation,
            )
        if self._asked_choices:
            return self._written_choices(rows)
        if self._quoting is not None:
            return self._quoted_spans(rows, self._quoting)
        conversations = self._conversations(rows.to_pylist())
        schema = get_interface("generation").prediction_schemas()[1]
        columns = [
            [self._text(row) for row in conversations],
            [len(row.new) for row in conversations],
            [row.truncated for row in conversations],
        ]
        arrays = [pa.array(values, f.type) for values, f in zip(columns, list(schema)[1:], strict=True)]
        return pa.record_batch([rows.column("id"), *arrays], schema=schema)

    @property
    def _by_likelihood(self) -> bool:
        weighed = self._options["answer"] == "likelihood" and self._prompting.reasoning_tokens is None
        return self._asked_choices and weighed

    def _asked(self, row: Mapping[str, Any]) -> Asked:
        try:
            return asked_texts(row, self._prompting, None if self._template is None else self._template.render)
        except Exception as err:  # a template is a small program and may fail in any way
            raise InterfaceError(f"input {row['id']!r}: the chat template fails: {template_fault(err)}") from err

    def _written_choices(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        asked = [option_questions(row, self._language) for row in rows.to_pylist()]
        written = self._written([(one.name, one.text) for questions in asked for one in questions])
        return read_answers(rows, asked, [self._text(one) for one in written], [_cut_off(one) for one in written])

    def _quoted_spans(self, rows: pa.RecordBatch, quoting: Quoting) -> pa.RecordBatch:
        asked = rows.to_pylist()
        cuts = None if self._window is None else self._cuts(asked, quoting, self._window)
        written = self._written(quoting.questions(asked, cuts))
        texts, truncated = [self._text(one) for one in written], [_cut_off(one) for one in written]
        return quoting.answers(rows, asked, texts, truncated, cuts)

    def _cuts(self, asked: Sequence[Mapping[str, Any]], quoting: Quoting, window: int) -> Cuts:
        """The pieces of texts that fit into the window beside a question and room for its answer."""
        limit = tokens_to_write(self._prompting, self._options["max_tokens"])
        room = window - answer_room(window, limit) - _MARGIN_TOKENS
        frames: dict[str, int] = {}  # tokens around a text, per question
        cuts: list[list[list[Piece]]] = []
        for row in asked:
            text, questions = row["context"], row["questions"] if row["context"].strip() else []
            for number, question in enumerate(questions):
                if question not in frames:
                    messages = question_messages(quoting.question("", question), self._prompting)
                    frames[question] = len(self._prompt_of(f"{row['id']}/{number}", messages))
            size = self._count(text) if questions else 0
            found = [pieces(text, size, room - frames[one], self._count) for one in questions]
            over = sum(not one for one in found)
            self._tally.prompts += over
            self._tally.over += over
            cuts.append(found or [[] for _ in row["questions"]])
        return cuts

    def _count(self, text: str) -> int:
        """The tokens of a text by itself."""
        return len(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def _written(self, questions: Iterable[tuple[str, str]]) -> list[Answer]:
        """Answers to questions, each a name and what is told to the model."""
        more = {"stop": [], "max_tokens": tokens_to_write(self._prompting, self._options["max_tokens"])}
        written: list[Answer] = []
        for part in portions(questions):
            asked = [{"id": name, "messages": question_messages(text, self._prompting)} | more for name, text in part]
            written += self._conversations(asked)
            for one in written[-len(part) :]:
                one.ids = []  # a whole text of each question
        return written

    def _conversations(self, asked: Sequence[Mapping[str, Any]]) -> list[Answer]:
        """Goes on with rows as ``generation`` has them."""
        conversations = [self._row(one) for one in asked]
        self._generator.write(conversations)
        for row, one in zip(asked, conversations, strict=True):
            if one.broken:
                said = f"the model's logits are not finite behind {len(one.new):,} tokens of its answer"
                raise WorkerError("SB306", f"input {row['id']!r}: {said} ({self._dtype})")
        return conversations

    def _row(self, asked: Mapping[str, Any]) -> Answer:
        ids = self._prompt_of(asked["id"], asked["messages"])
        if not ids:
            raise InterfaceError(f"input {asked['id']!r}: the prompt has no tokens; there must be some to go on from")
        room = asked["max_tokens"] if self._window is None else self._window - len(ids)
        self._tally.prompts += 1
        if room < 1 <= asked["max_tokens"]:
            self._tally.over += 1
            return Answer([], asked["stop"], 0)
        self._tally.note(ids)
        return Answer(ids, asked["stop"], min(asked["max_tokens"], room))

    def _prompt_of(self, name: str, messages: Messages) -> list[int]:
        """The tokens of an input's conversation."""
        try:
            return self._prompt(messages)
        except Exception as err:  # a template is a small program and may fail in any way
            roles = ", ".join(message["role"] for message in messages)
            said = f"the chat template fails on messages of {roles}: {template_fault(err)}"
            raise InterfaceError(f"input {name!r}: {said}") from err

    def _prompt(self, messages: Messages) -> list[int]:
        """The tokens of a conversation, up to where the model goes on."""
        if self._template is not None:
            encoded = self._tokenizer(self._template.render(messages), add_special_tokens=False)
        else:
            encoded = self._tokenizer(plain_conversation(messages))
        ids: list[int] = encoded["input_ids"]
        return ids

    def _ended(self, row: Answer) -> bool:
        return row.new[-1] in self._ends or self._stopped(row)

    def _stopped(self, row: Answer) -> bool:
        if not row.stop:
            return False
        longest = max(len(stop.encode()) for stop in row.stop)  # a token is at least a byte
        recent = self._decode(row.new[-longest - _MARGIN_TOKENS :])
        return any(stop in recent for stop in row.stop)

    def _text(self, row: Answer) -> str:
        """What was written, up to the end token or the first stop string."""
        ended = bool(row.new) and row.new[-1] in self._ends
        text = self._decode(row.new[:-1] if ended else row.new)
        return text[: min((at for stop in row.stop if (at := text.find(stop)) >= 0), default=len(text))]

    def _decode(self, tokens: Sequence[int]) -> str:
        text: str = self._tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return text


class _Options(TypedDict):
    """The manifest's options."""

    normalisation: Normalisation
    begin_token: bool
    answer: Literal["likelihood", "generate"]
    max_tokens: int


def _read_options(options: Mapping[str, Any]) -> _Options:
    """The options with their defaults.

    Raises:
        SubmissionError: There is no such option, or it has another value; the message names all that is wrong.
    """
    known = _Options.__annotations__
    unknown = set(options) - set(known)
    wrong = [no_such_option(unknown, known)] if unknown else []
    normalisation, begin = options.get("normalisation", "sum"), options.get("begin_token", True)
    if normalisation not in NORMALISATIONS:
        wrong.append(f"normalisation is {normalisation!r}, expected one of {', '.join(NORMALISATIONS)}")
    if not isinstance(begin, bool):
        wrong.append(f"begin_token is {begin!r}, expected true or false")
    answer, limit = options.get("answer", "likelihood"), options.get("max_tokens", _MAX_TOKENS)
    if answer not in ("likelihood", "generate"):
        wrong.append(f"answer is {answer!r}, expected likelihood or generate")
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= _MOST_TOKENS:
        wrong.append(f"max_tokens is {limit!r}, expected a whole number of tokens, 1 to {_MOST_TOKENS:,}")
    if wrong:
        raise SubmissionError(f"SB103 submission.yaml, field 'options': {'; '.join(wrong)}")
    return _Options(normalisation=normalisation, begin_token=begin, answer=answer, max_tokens=limit)


def _cut_off(answer: Answer) -> bool:
    """Whether an answer was begun and ended by a limit; one that was not asked has no tokens."""
    return answer.truncated and bool(answer.new)


def _end_tokens(model: Any, tokenizer: Any) -> frozenset[int]:
    """The tokens that end an answer: those of ``generation_config.json`` (or the config), and the tokenizer's."""
    named = model.generation_config.eos_token_id
    ids = named if isinstance(named, list) else [named]
    return frozenset(i for i in (*ids, tokenizer.eos_token_id) if i is not None)
