"""What keeps a scikit-learn model from answering a row by what other rows hold: it is frozen, watched and asked again.

A forecast's inputs hold the answers of forecasts before it, and a life's those of the same machine when it was younger.
An estimator reaches other rows in two ways. It may compute with its whole batch, such as a Gaussian process without
training rows, whose kernel then compares the batch with itself. Or it may write down what it is asked, into an array
that another part reads. So forecasts are asked one by one, other rows a second time beside others; arrays of a model
cannot be written to, and a model that is not the same after a batch as before it has no answers.

Letters: n = rows or texts, f = features.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Mapping
from functools import partial
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ..errors import InterfaceError, SubmissionError
from .asked_again import beyond_rounding, drawn_again

__all__ = ["Watched", "by_rows", "freeze", "lone_rows", "wrong_reach"]

_ASKED = frozenset({"predict", "predict_proba", "decision_function", "score_samples"})
_TOGETHER = 16  # rows asked again at once: few enough that none meets the neighbour that it had
_KEEPS = frozenset({"out", "where"})  # of a ufunc: where it writes, and where it leaves memory as it was


def wrong_reach(part: Any) -> str | None:
    """By what a part of a model could reach rows that it is not asked about; None where by nothing known."""
    from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
    from sklearn.gaussian_process._gpc import _BinaryGaussianProcessClassifierLaplace
    from sklearn.preprocessing import FunctionTransformer

    name = type(part).__name__
    if isinstance(part, FunctionTransformer):
        if given := [one for one in ("kw_args", "inv_kw_args") if getattr(part, one, None)]:
            return f"{name} has {given[0]}, which can name an array to write to; leave it empty"
    elif isinstance(part, GaussianProcessRegressor | _BinaryGaussianProcessClassifierLaplace):
        if getattr(part, "X_train_", None) is None:
            return f"{name} has no X_train_, so it would compare the rows of a batch with each other; fit it"
    elif isinstance(part, GaussianProcessClassifier):
        if getattr(part, "base_estimator_", None) is None:
            return f"{name} is not fitted; fit it"
    elif isinstance(part, Mapping):
        # A vocabulary may hold these words, with their numbers.
        named = sorted(key for key in _KEEPS if not isinstance(part.get(key), int | np.integer | None))
        if named:
            return f"arguments of a function name {named[0]!r}; leave it out"
    return None


def freeze(part: Any) -> None:
    """Makes an array of a model read-only. Arrays of objects stay: gradient boosting hands them to compiled code.

    A vectorizer notes where in this process its stop words lie when it is first asked; it notes that here.
    """
    if isinstance(part, np.ndarray) and part.dtype != object:
        part.setflags(write=False)
    elif hasattr(part, "stop_words") and hasattr(part, "__dict__"):
        part._stop_words_id = id(part.stop_words)


class _Hash(Protocol):
    def update(self, data: Any, /) -> None: ...


class _Digesting:
    """A file that keeps nothing but the digest of what is written to it."""

    def __init__(self, digest: _Hash) -> None:
        self._digest = digest

    def write(self, data: Any) -> int:
        raw = (
            data.raw() if isinstance(data, pickle.PickleBuffer) else memoryview(data)
        )  # large arrays come as the former
        self._digest.update(raw)
        return raw.nbytes


class Watched:
    """Knows a model as it was loaded.

    Args:
        model: An estimator.
        file: Its name, for messages.

    Raises:
        SubmissionError: SB107: what it is made of cannot be written down.
    """

    def __init__(self, model: Any, file: str) -> None:
        self._model, self._file = model, file
        try:
            self._before = _state(model)
        except MemoryError:
            raise
        except Exception as err:  # a crafted file can make any part fail
            raise SubmissionError(f"SB107 {file}: cannot be written down to be compared later: {err}") from err

    def check(self) -> None:
        """Makes sure that answering left the model as it was.

        Raises:
            InterfaceError: It did not.
        """
        if _state(self._model) != self._before:
            raise InterfaceError(
                f"{self._file}: {type(self._model).__name__} changed while it answered, so an answer may follow from "
                "rows asked before; save an estimator that only reads what it learned"
            )


def _state(model: Any) -> bytes:
    digest = hashlib.blake2b()
    pickle.Pickler(_Digesting(digest), protocol=5).dump(model)
    return digest.digest()


def by_rows(model: Any, matrix: npt.NDArray[np.float64], rows: int) -> npt.NDArray[np.float64]:
    """What ``predict`` says, asked for each row's share of a matrix by itself.

    Args:
        model: An estimator.
        matrix: Shape ``(rows * k, f)``, the k of one row behind each other.
        rows: How many.

    Raises:
        InterfaceError: It answers another number than it is asked.
    """
    if not rows:
        return np.zeros(0)
    found = []
    for part in np.split(matrix, rows):
        said = np.asarray(model.predict(part), np.float64)
        _check_length(model, said, len(part))
        found.append(said)
    if len(shapes := {one.shape for one in found}) > 1:
        raise InterfaceError(f"{type(model).__name__} answers {' and '.join(map(str, sorted(shapes)))} for one row")
    return np.concatenate(found)


def lone_rows(model: Any, rng: np.random.Generator) -> Any:
    """The model, whose answers are asked a second time beside other rows.

    Args:
        model: An estimator.
        rng: Draws the rows, so that no model knows them.

    Returns:
        What has all that the estimator has. An answer raises ``InterfaceError`` where it moves with its neighbours.
    """
    # Messages name the type of what they were given: it has the estimator's name.
    return type(type(model).__name__, (_LoneRows,), {})(model, rng)


class _LoneRows:
    def __init__(self, model: Any, rng: np.random.Generator) -> None:
        self._of, self._rng = model, rng

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._of, name)
        return partial(self._asked, found) if name in _ASKED else found

    def _asked(self, ask: Any, rows: Any) -> Any:
        said = ask(rows)
        whole = self._outputs(said, len(rows))
        again = drawn_again(len(rows), self._rng)
        together = max(1, min(_TOGETHER, len(rows) // 4))
        for places in (again[at : at + together] for at in range(0, len(again), together)):
            second = self._outputs(self._beside_others(ask, _taken(rows, places)), len(places))
            if [one.shape[1:] for one in second] != [one.shape[1:] for one in whole]:
                raise InterfaceError(f"{type(self._of).__name__} answers other shapes for other numbers of rows")
            for one, other in zip(whole, second, strict=True):
                if (moved := beyond_rounding(one[places], other, one)) is not None:
                    raise InterfaceError(
                        f"the answer of {type(self._of).__name__} to row {places[moved.at] + 1:,} of {len(rows):,} "
                        f"moves by {moved.by:.3g} where other rows stand beside it; a row's answer must follow from "
                        "the row alone"
                    )
        return said

    def _beside_others(self, ask: Any, rows: Any) -> Any:
        try:
            return ask(rows)
        except MemoryError:
            raise
        except Exception as err:  # what was answered once can fail in any way
            raise InterfaceError(
                f"{type(self._of).__name__} answers rows that it fails on where other rows stand beside them; a row's "
                f"answer must follow from the row alone: {type(err).__name__}: {str(err)[:200]}"
            ) from err

    def _outputs(self, said: Any, rows: int) -> list[npt.NDArray[np.float64]]:
        found = [np.asarray(one, np.float64) for one in (said if isinstance(said, list) else [said])]
        for one in found:
            _check_length(self._of, one, rows)
        return found


def _taken(rows: Any, places: npt.NDArray[np.int64]) -> Any:
    return rows[places] if isinstance(rows, np.ndarray) else [rows[at] for at in places]


def _check_length(model: Any, said: npt.NDArray[np.float64], rows: int) -> None:
    if said.ndim == 0 or len(said) != rows:
        raise InterfaceError(f"{type(model).__name__} answers an array of shape {said.shape} for {rows} rows")
