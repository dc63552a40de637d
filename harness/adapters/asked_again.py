"""Rows that a model is asked a second time beside others: a row's answer must follow from the row alone.

Which rows is drawn anew in every run: a model that knew them could behave there and read its neighbours elsewhere.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["Moved", "beyond_rounding", "drawn_again"]

FloatArray = npt.NDArray[np.float64]
_ASKED_AGAIN = 256  # rows of a batch: of a model that reads neighbours for one row in fifty, 99 of 100 batches show it
_MOVED_MAX, _ROUNDED = 1e-4, 1e-5  # of the spread of answers, of an answer: a row's place moves the rounding a little


class Moved(NamedTuple):
    """The answer that moved most.

    Attributes:
        at: Which of those that were asked again.
        by: How far, in the unit of the answer; infinite where it is a number once and none the other time.
    """

    at: int
    by: float


def drawn_again(rows: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Places of rows to ask again, at random and in a random order; none where no row has a neighbour."""
    return rng.permutation(rows)[:_ASKED_AGAIN] if rows > 1 else np.zeros(0, np.int64)


def beyond_rounding(first: FloatArray, second: FloatArray, whole: FloatArray) -> Moved | None:
    """What moved between two answers by more than rounding does; None where nothing did.

    Args:
        first: Answers, shape ``(k, ...)``.
        second: The same rows' answers beside others.
        whole: All answers of the batch, whose spread says what rounding may do.
    """
    same = (first == second) | (np.isnan(first) & np.isnan(second))
    with np.errstate(invalid="ignore"):
        moved = np.where(same, 0.0, np.abs(first - second))
    moved[np.isnan(moved)] = np.inf  # a number here and none there
    usual = whole[np.isfinite(whole)]
    spread = np.subtract(*np.quantile(usual, [0.75, 0.25])) if usual.size else 0.0  # one far away is no width
    beyond = moved - _MOVED_MAX * spread - _ROUNDED * np.nan_to_num(np.abs(first), posinf=0.0)
    if not beyond.size or beyond.max() <= 0:
        return None
    at = int(beyond.reshape(len(first), -1).max(axis=1).argmax())
    return Moved(at, float(moved[at].max()))
