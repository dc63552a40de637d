"""What scikit-learn models of text answer: shares of options behind a context, one output per known question.

A model with one output answers every question alike. One fitted on a column of labels per question (such as
``MultiOutputClassifier``) answers the questions that the manifest's ``questions`` names, in their order. A model
without ``predict_proba``, such as ``LinearSVC``, answers ``choice`` by the softmax of its decision values: the option
that it names is the most probable one, the shares are not calibrated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..errors import InterfaceError, SubmissionError
from ..interfaces import get_interface

__all__ = ["check_text_classifier", "choice_shares", "output_numbers", "parse_questions"]

FloatArray = npt.NDArray[np.float64]
_SHOWN = 3  # options or classes in one message


def parse_questions(options: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The texts in the manifest's option ``questions``; None where it has none.

    Raises:
        SubmissionError: It is no list of different texts.
    """
    given = options.get("questions")
    if given is None:
        return None
    good = isinstance(given, list) and given and all(isinstance(one, str) for one in given)
    if not good or len(set(given)) != len(given):
        raise SubmissionError(
            f"SB103 submission.yaml, field 'options.questions' is {str(given)[:80]!r}, expected a list of different "
            "texts: the questions that the model's outputs answer, in their order"
        )
    return tuple(given)


def check_text_classifier(model: Any, file: str, questions: Sequence[str] | None, *, by_decision: bool = False) -> None:
    """Makes sure that a model says shares of named classes, once or per question.

    Args:
        model: As it was loaded.
        file: Where from.
        questions: That its outputs answer; None: it has one output.
        by_decision: Whether decision values do where there is no ``predict_proba``.

    Raises:
        SubmissionError: It does not; the message says how to fit one that does.
    """
    says = hasattr(model, "predict_proba") or (by_decision and hasattr(model, "decision_function"))
    if not says or not hasattr(model, "classes_"):
        raise SubmissionError(
            f"SB107 {file}: {type(model).__name__} has no predict_proba; wrap it in CalibratedClassifierCV and fit it"
        )
    names = _classes(model, file, questions)
    odd = [name for one in names for name in one if not isinstance(name, str)]
    if odd:
        raise SubmissionError(
            f"SB107 {file}: class {odd[0]!r} is no text; fit on the texts of options (choice) or questions (extraction)"
        )


def _classes(model: Any, file: str, questions: Sequence[str] | None) -> list[Any]:
    several = isinstance(model.classes_, list)
    if several != (questions is not None):
        said = "several outputs, and options.questions names" if several else "one output, and options.questions names"
        raise SubmissionError(
            f"SB107 {file}: the model has {said} {'no question' if questions is None else len(questions)}; name one "
            "question per output"
        )
    if questions is None:
        return [model.classes_]
    if len(model.classes_) != len(questions):
        raise SubmissionError(
            f"SB107 {file}: {len(model.classes_)} outputs for {len(questions)} questions in options.questions"
        )
    return list(model.classes_)


def output_numbers(asked: pa.Array, questions: Sequence[str] | None) -> npt.NDArray[np.int64]:
    """Which output answers each text, shape ``(n,)``; all the first where the model does not tell questions apart.

    Raises:
        InterfaceError: A text is none of those that the model answers.
    """
    if questions is None:
        return np.zeros(len(asked), np.int64)
    known = {text: at for at, text in enumerate(questions)}
    texts = asked.dictionary_encode()
    named = texts.dictionary.to_pylist()
    if unknown := [text for text in named if text not in known]:
        raise InterfaceError(
            f"the model does not answer {unknown[0]!r}; it answers the {len(known)} questions that options.questions "
            "names: name the tasks it was made for under 'tasks' in submission.yaml"
        )
    numbers = np.array([known[text] for text in named], np.int64)
    return numbers[texts.indices.to_numpy(zero_copy_only=False)] if len(named) else np.zeros(0, np.int64)


def choice_shares(model: Any, rows: pa.RecordBatch, questions: Sequence[str] | None) -> pa.Array:
    """The column ``probability`` of ``choice``: options get their class's share of the row's context, made to sum to 1.

    An option that is no class gets 0, and where all are 0 each gets the same. Where shares of a context are not finite,
    its probabilities are no numbers: the row breaks SB306.

    Raises:
        InterfaceError: A question is none of those that the model answers, or none of its options is a class; the
            message of the latter names the row, the options and the classes.
    """
    said, names, own = _shares(model, rows.column("context").to_pylist(), several=questions is not None)
    column_options = rows.column("options")
    options = column_options.flatten()  # one list per question of all rows
    texts = options.flatten().dictionary_encode()
    class_of = {name: at for at, name in enumerate(names)}
    known = np.array([class_of.get(text, -1) for text in texts.dictionary.to_pylist()], np.int64)
    column = known[texts.indices.to_numpy(zero_copy_only=False)] if len(known) else np.zeros(0, np.int64)
    per_row, per_question = _lengths(column_options), _lengths(options)
    output = output_numbers(rows.column("questions").flatten(), questions)  # (questions of all rows,)
    question = np.repeat(np.arange(len(per_question)), per_question)  # (options of all questions,)
    row = np.repeat(np.arange(rows.num_rows), per_row)[question]
    known_option = (column >= 0) & own[output[question], column]
    strange = (np.bincount(question, weights=known_option, minlength=len(per_question)) == 0) & (per_question > 0)
    if strange.any():
        first = int(strange.argmax())
        named = rows.column("id")[int(np.repeat(np.arange(rows.num_rows), per_row)[first])].as_py()
        classes = [name for name, is_own in zip(names, own[output[first]], strict=True) if is_own]
        raise InterfaceError(
            f"input {named!r}: none of the options {_listed(options[first].as_py())} is a class of the model, whose "
            f"classes are {_listed(classes)}; fit it on the texts of the options"
        )
    share = np.where(known_option, said[output[question], row, column], 0.0)
    share[~np.isfinite(said.sum(axis=2))[output[question], row]] = np.nan
    total = np.bincount(question, weights=share, minlength=len(per_question))[question]
    nothing = total <= 0  # a total that is no number is passed on
    probability = np.where(nothing, 1.0 / per_question[question], share / np.where(nothing, 1.0, total))
    kind = get_interface("choice").answer.field("probability").type
    inner = pa.ListArray.from_arrays(_offsets(per_question), pa.array(probability), type=kind.value_type)
    return pa.ListArray.from_arrays(_offsets(per_row), inner, type=kind)


def _shares(model: Any, texts: Sequence[str], *, several: bool) -> tuple[FloatArray, list[str], npt.NDArray[np.bool_]]:
    """Shares ``(outputs, n, classes)``, names of all outputs' classes, and which are whose, ``(outputs, classes)``."""
    said = model.predict_proba(texts) if hasattr(model, "predict_proba") else _softmax(model.decision_function(texts))
    named = model.classes_
    if not several:
        said, named = [said], [named]
    names = sorted({str(name) for one in named for name in one})
    shares = np.zeros((len(named), len(texts), len(names)))
    own = np.zeros((len(named), len(names)), bool)
    for output, (one, classes) in enumerate(zip(said, named, strict=True)):
        places = [names.index(str(name)) for name in classes]
        shares[output][:, places] = one
        own[output, places] = True
    return shares, names, own


def _softmax(decisions: FloatArray) -> FloatArray:
    """Shares of shape ``(n, classes)`` from decision values, ``(n,)`` of the second class where there are two."""
    values = np.stack([np.zeros_like(decisions), decisions], axis=1) if decisions.ndim == 1 else decisions
    with np.errstate(invalid="ignore"):  # infinities become no numbers, and are told
        powers = np.exp(values - values.max(axis=1, keepdims=True))
    shares: FloatArray = powers / powers.sum(axis=1, keepdims=True)
    return shares


def _listed(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return ", ".join(f"{text!r:.60}" for text in texts[:_SHOWN]) + more


def _lengths(lists: pa.Array) -> npt.NDArray[np.int64]:
    lengths: npt.NDArray[np.int64] = lists.value_lengths().to_numpy(zero_copy_only=False).astype(np.int64)
    return lengths


def _offsets(lengths: npt.NDArray[np.int64]) -> pa.Array:
    return pa.array(np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32))
