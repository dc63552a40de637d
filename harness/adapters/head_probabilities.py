"""What scikit-learn estimators of many shapes say about the heads of a classification task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InterfaceError

__all__ = ["head_probabilities"]

FloatArray = npt.NDArray[np.float64]
_FITTING = (
    "an exclusive head needs a classifier fitted on its class names, several heads one fitted on a column of names "
    "each, an independent head one column per class"
)


def head_probabilities(model: Any, matrix: FloatArray, heads: Sequence[Mapping[str, Any]]) -> list[FloatArray]:
    """Probabilities of shape ``(n, classes)`` per head, classes in the heads' order.

    Scores of an estimator without ``predict_proba`` count as 0 or 1 where they lie beyond; one that is not finite is no
    number, and its row breaks SB306.

    Args:
        model: A fitted estimator.
        matrix: Features, shape ``(n, f)``.
        heads: As ``table_info`` of the inputs gives them.

    Raises:
        InterfaceError: What the estimator says does not fit the heads.
    """
    if len(heads) == 1 and heads[0]["kind"] == "independent":
        return [_independent(model, matrix, heads[0])]
    if any(head["kind"] == "independent" for head in heads):
        raise InterfaceError("scikit-learn models serve one independent head, or exclusive ones; this task mixes them")
    if not hasattr(model, "predict_proba") or not hasattr(model, "classes_"):
        raise InterfaceError(f"{type(model).__name__} has no predict_proba; {_FITTING}")
    said, named = model.predict_proba(matrix), model.classes_
    if len(heads) == 1:
        said, named = [said], [named]
    if not isinstance(said, list) or len(said) != len(heads) or len(named) != len(heads):
        raise InterfaceError(f"{type(model).__name__} does not answer {len(heads)} heads; {_FITTING}")
    return [_exclusive(head, *one) for head, *one in zip(heads, said, named, strict=True)]


def _exclusive(head: Mapping[str, Any], said: FloatArray, named: Sequence[Any]) -> FloatArray:
    place = {name: at for at, name in enumerate(head["classes"])}
    if odd := [name for name in named if str(name) not in place]:
        raise InterfaceError(
            f"the model knows the class {odd[0]!r}, head {head['name']!r} has {', '.join(head['classes'])}; {_FITTING}"
        )
    out = np.zeros((len(said), len(place)))
    out[:, [place[str(name)] for name in named]] = said
    return out


def _independent(model: Any, matrix: FloatArray, head: Mapping[str, Any]) -> FloatArray:
    if hasattr(model, "predict_proba"):
        said = model.predict_proba(matrix)
        if isinstance(said, list):  # one array (n, 2) per class; a class that training had always or never has one
            known = [list(classes) for classes in model.classes_]
            said = np.column_stack([_of_right(one, classes) for one, classes in zip(said, known, strict=True)])
    else:
        told = np.asarray(model.predict(matrix), np.float64)
        said = np.where(np.isfinite(told), np.clip(told, 0.0, 1.0), np.nan)  # an infinite score is a broken one
    out = np.asarray(said, np.float64)
    if out.shape != (len(matrix), len(head["classes"])):
        raise InterfaceError(
            f"{type(model).__name__} answers {out.shape[1:]} numbers per row, head {head['name']!r} has "
            f"{len(head['classes'])} classes; {_FITTING}"
        )
    return out


def _of_right(said: FloatArray, classes: Sequence[Any]) -> FloatArray:
    """The column of class 1; zeros where training never had it."""
    return said[:, classes.index(1)] if 1 in classes else np.zeros(len(said))
