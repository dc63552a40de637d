"""An anomaly score from a forecaster: how far each step is from what the steps before it promised.

Letters: t = steps of a run, l = steps of a context, c = channels.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["contexts_before", "error_scores"]

FloatArray = npt.NDArray[np.float64]
Readings = npt.NDArray[np.float32]


def contexts_before(run: Readings, length: int) -> Readings:
    """The steps before each step, shape ``(t, l, c)``: a view; NaN before the run begins.

    Args:
        run: Readings, shape ``(t, c)``, NaN where one is missing.
        length: Steps of a context, l.
    """
    before = np.concatenate([np.full((length, run.shape[1]), np.nan, run.dtype), run[:-1]])  # (l + t - 1, c)
    windows: Readings = np.lib.stride_tricks.sliding_window_view(before, length, axis=0).swapaxes(1, 2)
    return windows


def error_scores(run: FloatArray, forecast: FloatArray, *, normal_steps: int, context: int) -> FloatArray:
    """The error of each step's forecast in the normal part's errors, shape ``(t,)``; 1 is as usual there.

    Per channel an error is divided by the root mean square of the normal part's, of its steps with a whole context
    where there are any; the score is the root mean square over the channels that were read, 0 where none was.

    Args:
        run: Readings, shape ``(t, c)``, NaN where one is missing.
        forecast: From earlier steps alone, the same shape.
        normal_steps: First steps, which are normal.
        context: Steps that a forecast is made from.

    >>> run, forecast = np.array([[9.0], [1.0], [-1.0], [3.0]]), np.zeros((4, 1))
    >>> error_scores(run, forecast, normal_steps=3, context=1).tolist()  # the first step has nothing before it
    [9.0, 1.0, 1.0, 3.0]
    """
    squared = (run - forecast) ** 2  # (t, c)
    usual = squared[context if context < normal_steps else 0 : normal_steps]
    read = np.isfinite(usual)
    mean = np.where(read, usual, 0.0).sum(axis=0) / np.maximum(read.sum(axis=0), 1)  # (c,)
    share = squared / np.where(mean > 0, mean, 1.0)
    there = np.isfinite(share)
    total: FloatArray = np.where(there, share, 0.0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    return np.sqrt(total)
