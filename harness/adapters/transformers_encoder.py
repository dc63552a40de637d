"""Runs encoder checkpoints: readers on rows of ``extraction``, classifiers on rows of ``choice`` or ``ranking``.

A folder holds ``config.json`` and safetensors as ``save_pretrained`` writes them, and the ``tokenizer.json`` of a fast
tokenizer, whose offsets lead back into the text. No code of a checkpoint is run. What is answered follows from the one
name in ``architectures`` and, of a classifier, from the manifest's interfaces:

- ``...ForQuestionAnswering``: ``extraction``, see ``span_reader``. The question stands before the text.
- ``...ForSequenceClassification``: ``choice``, see ``window_choice``. The labels of ``id2label`` are the options.
  Or ``ranking``, see ``pair_ranker``: it reads query and candidate, and its logits are the score.

A text longer than the model's window is read in windows that overlap, never cut. Options of the manifest:

- ``window``: tokens of a window, question and special tokens counted (default: what the model reads, at most 512);
- ``stride``: tokens from one window's begin to the next (default: half the window);
- ``answer_tokens``: of a span at most (extraction; default: any number);
- ``reads``: ``context`` or ``pair`` (choice; default ``context``);
- ``labels``: label to the option that it stands for (choice; default: the label is the option);
- ``neutral``: the label that says nothing (choice; default: none);
- ``relevant``: the label whose log odds are the score (ranking; default: the only one, the second of two).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pyarrow as pa

from ..errors import InterfaceError, SubmissionError, no_such_option
from ..interfaces import table_info
from .base import Adapter, LoadContext
from .checkpoint_files import load_checkpoint, read_json
from .pair_ranker import PairRanker
from .span_answers import span_answers
from .span_reader import SpanReader
from .text_checkpoint import TextModelKind, check_text_folder, check_vocabulary, load_tokenizer, text_architecture
from .text_windows import model_window
from .window_choice import Reads, WindowClassifier

__all__ = ["TransformersEncoder"]

_NAME = "transformers-encoder"
_READER = TextModelKind(
    "model for question answering", ("ForQuestionAnswering",), "MODEL_FOR_QUESTION_ANSWERING_MAPPING_NAMES"
)
_CLASSIFIER = TextModelKind(
    "model for sequence classification",
    ("ForSequenceClassification",),
    "MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES",
)
_ANSWERS = {"extraction": _READER, "choice": _CLASSIFIER, "ranking": _CLASSIFIER}
_KINDS = (_READER, _CLASSIFIER)
_LARGEST_WINDOW = 512  # unless the manifest asks for more: what is usual, and fits on small machines
_LEAST_WINDOW = 8


@dataclass(frozen=True)
class _Options:
    """The manifest's options; see the module."""

    window: int | None = None
    stride: int | None = None
    answer_tokens: int | None = None
    reads: Reads = "context"
    labels: Mapping[str, str] | None = None
    neutral: str | None = None
    relevant: str | None = None


class TransformersEncoder(Adapter):
    """A reader, a classifier or a ranker with its tokenizer; see the module for the files and options."""

    revision = 1
    serves = frozenset(_ANSWERS)
    batch_rows = 8  # a contract with many questions is thousands of windows
    dtypes = frozenset({"float32", "float16", "bfloat16"})

    def __init__(self, model: SpanReader | WindowClassifier | PairRanker, told: str, context: LoadContext) -> None:
        self._model, self._told, self._schema = model, told, context.inputs_schema

    @classmethod
    def examine(cls, folder: Path, options: Mapping[str, Any]) -> None:
        """Checks the options and what of config and tokenizer the adapter relies on; loads nothing.

        Raises:
            SubmissionError: One of them is wrong; the message begins with the code.
        """
        read = _read_options(options)
        check_text_folder(folder, _KINDS, adapter=_NAME)
        _check_window(read_json(folder, "config.json", adapter=_NAME), read)

    @classmethod
    def examine_for(cls, interface: str, folder: Path, options: Mapping[str, Any]) -> None:
        """Checks that the architecture and its labels can answer the interface; loads nothing.

        Raises:
            SubmissionError: They cannot; the message begins with the code.
        """
        name, kind = check_text_folder(folder, _KINDS, adapter=_NAME)
        if kind is not _ANSWERS[interface]:
            raise SubmissionError(
                f"SB103 submission.yaml, field 'interfaces': {name} is a {kind.title}; {interface} asks for a "
                f"{_ANSWERS[interface].title}"
            )
        config, read = read_json(folder, "config.json", adapter=_NAME), _read_options(options)
        if interface == "choice":
            _options_of_labels(config, read)
        elif interface == "ranking":
            _relevant_label(config, read)

    @classmethod
    def choices(cls, folder: Path | None, options: Mapping[str, Any]) -> Mapping[str, str]:
        """The options that the manifest names; of the labels, how many."""
        return {
            name: f"{len(value)} labels named" if isinstance(value, Mapping) else str(value)
            for name, value in options.items()
        }

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Loads config, weights and tokenizer.

        Raises:
            SubmissionError: A file or an option is missing or wrong, weights have no place, or the tokenizer is not the
                model's or loses its way in a text; the message begins with the code.
        """
        if context.folder is None:
            raise SubmissionError(f"SB101 {_NAME} reads its model from a submission folder; there is none")
        cls.examine(context.folder, context.options)
        cls.examine_for(context.interface, context.folder, context.options)
        options = _read_options(context.options)
        name, kind = check_text_folder(context.folder, _KINDS, adapter=_NAME)
        architecture, tokenizer = text_architecture(name, kind), load_tokenizer(context.folder)
        attention = "sdpa" if getattr(architecture, "_supports_sdpa", False) else "eager"
        model = load_checkpoint(architecture, context.folder, dtype=context.dtype, attention=attention)
        check_vocabulary(tokenizer, model)
        window = options.window or min(_LARGEST_WINDOW, model_window(model))
        if window > model_window(model):
            raise SubmissionError(_said(f"window is {window}, the model reads at most {model_window(model)} tokens"))
        stride = options.stride or max(1, window // 2)
        shape: dict[str, Any] = {"device": context.device, "window": window, "stride": stride}
        model = model.to(context.device).eval()
        told = f"windows of at most {window} tokens, every {stride}"
        if kind is _READER:
            reader = SpanReader(model, tokenizer, answer_tokens=options.answer_tokens, **shape)
            return cls(reader, f"{told}; a span's greatest probability of any window", context)
        config = read_json(context.folder, "config.json", adapter=_NAME)
        if context.interface == "ranking":
            ranker = PairRanker(model, tokenizer, relevant=_relevant_label(config, options), **shape)
            return cls(ranker, f"{told}; a candidate's greatest score of any window", context)
        labels = _options_of_labels(config, options)
        neutral = None if options.neutral is None else list(labels).index(options.neutral)
        classifier = WindowClassifier(
            model, tokenizer, reads=options.reads, options=list(labels.values()), neutral=neutral, **shape
        )
        pooling = "mean over windows" if neutral is None else f"greatest over windows, of {options.neutral} the least"
        return cls(classifier, f"{told}; {pooling}", context)

    def begins(self, cell: str) -> None:
        """Counts from nothing again."""
        self._model.tally.begins()

    def ways(self) -> Mapping[str, str]:
        """How texts were cut and put together again, what of them is unknown, and what memory held."""
        tally = self._model.tally
        cut = {"windows": f"{tally.windows:,} {self._told}"} if tally.windows else {}
        return cut | tally.unknown_told() | self._model.at_once.told()

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Returns ``spans``, ``probability`` or ``score``, as the interface asks.

        Raises:
            InterfaceError: A row cannot be read; the message names it.
        """
        if isinstance(self._model, WindowClassifier | PairRanker):
            return self._model.predict(rows)
        most, found = int(table_info(self._schema)["spans_max"]), []
        for row in rows.to_pylist():
            try:
                found.append(self._model.spans(row["context"], row["questions"], most))
            except InterfaceError as err:
                raise InterfaceError(f"input {row['id']!r}: {err}") from err
        return span_answers(rows.column("id"), found)


def _said(what: str) -> str:
    return f"SB103 submission.yaml, field 'options': {what}"


def _read_options(options: Mapping[str, Any]) -> _Options:
    """The options with their defaults.

    Raises:
        SubmissionError: There is no such option, or it has another value; the message names all that is wrong.
    """
    known = _Options.__dataclass_fields__
    unknown = set(options) - set(known)
    wrong = [no_such_option(unknown, known)] if unknown else []
    for name, least in (("window", _LEAST_WINDOW), ("stride", 1), ("answer_tokens", 1)):
        value = options.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < least):
            wrong.append(f"{name} is {value!r:.80}, expected a whole number of tokens, at least {least}")
    if options.get("reads", "context") not in ("context", "pair"):
        wrong.append(f"reads is {options['reads']!r:.80}, expected context or pair")
    labels = options.get("labels")
    if labels is not None and not (
        isinstance(labels, Mapping) and labels and all(isinstance(x, str) for pair in labels.items() for x in pair)
    ):
        wrong.append(f"labels is {labels!r:.80}, expected label: option, both texts")
    for name in ("neutral", "relevant"):
        if options.get(name) is not None and not isinstance(options[name], str):
            wrong.append(f"{name} is {options[name]!r:.80}, expected a label")
    if wrong:
        raise SubmissionError(_said("; ".join(wrong)))
    return _Options(**options)


def _labels(config: Mapping[str, Any], *, least: int, asked: Sequence[str]) -> list[str]:
    """The labels in the order of the logits.

    Args:
        config: Of the checkpoint.
        least: How many there must be.
        asked: Those that options name.

    Raises:
        SubmissionError: The config names fewer, or not those.
    """
    named = config.get("id2label")
    if not isinstance(named, Mapping) or len(named) < least or set(named) != {str(at) for at in range(len(named))}:
        expected = "no labels" if least == 1 else "no two labels or more"
        raise SubmissionError(f"SB107 config.json: id2label names {expected}, numbered from 0")
    labels = [str(named[str(at)]) for at in range(len(named))]
    kind = config.get("problem_type")
    if len(labels) > 1 and kind not in (None, "single_label_classification"):
        raise SubmissionError(f"SB107 config.json: problem_type {kind!r} is not served: one is right")
    if unknown := [label for label in asked if label not in labels]:
        raise SubmissionError(_said(f"no label {', '.join(map(repr, unknown[:5]))} in config.json"))
    return labels


def _options_of_labels(config: Mapping[str, Any], options: _Options) -> dict[str, str]:
    """Label to the option that it stands for, in the order of the logits.

    Raises:
        SubmissionError: The config has no labels that can be options, or an option names another one.
    """
    asked = [*(options.labels or {}), *([] if options.neutral is None else [options.neutral])]
    labels = _labels(config, least=2, asked=asked)
    found = {label: (options.labels or {}).get(label, label) for label in labels}
    if len(found) != len(labels) or len(set(found.values())) != len(labels):
        raise SubmissionError("SB107 config.json: two labels are of one name, or stand for one option")
    return found


def _relevant_label(config: Mapping[str, Any], options: _Options) -> int:
    """Number of the label whose log odds are the score.

    Raises:
        SubmissionError: The config has no labels, or it is not said which of several means relevant.
    """
    usual = {"id2label": {"0": "LABEL_0", "1": "LABEL_1"}}  # what transformers takes where a config names none
    relevant = options.relevant
    labels = _labels(usual | dict(config), least=1, asked=[] if relevant is None else [relevant])
    if relevant is None and len(labels) > 2:
        raise SubmissionError(_said(f"relevant is not named, and the model has {len(labels)} labels: name one of them"))
    if relevant is None:
        return len(labels) - 1
    if labels.count(relevant) > 1:
        raise SubmissionError(f"SB107 config.json: two labels are {relevant!r}")
    return labels.index(relevant)


def _check_window(config: Mapping[str, Any], options: _Options) -> None:
    positions = config.get("max_position_embeddings")
    if options.window is not None and isinstance(positions, int) and 0 < positions < options.window:
        raise SubmissionError(_said(f"window is {options.window}, the model has {positions} positions"))
