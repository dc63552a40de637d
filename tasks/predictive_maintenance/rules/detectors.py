"""Detectors that learn at most from the normal part of the run itself: the practice and the degenerate rows of a board.

Letters: t = steps, c = channels.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ....harness.adapters.base import Adapter, LoadContext
from ....harness.adapters.row_arrays import runs
from ....harness.adapters.step_answers import step_answers
from ....harness.errors import InterfaceError, SubmissionError
from ....harness.interfaces import table_info
from ....harness.randomness import Stream

__all__ = ["AlwaysAlarm", "HotellingT2", "MovingLevel", "RandomScores", "RunClock"]

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class _RunDetector(Adapter):
    """Scores runs one by one."""

    revision: ClassVar[int] = 1
    serves: ClassVar[frozenset[str]] = frozenset({"detection"})
    batch_rows: ClassVar[int] = 16

    def __init__(self, channels: int, seed: int) -> None:
        self._channels, self._seed = channels, seed

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Notes how many channels there are.

        Raises:
            InterfaceError: The inputs are not those of ``detection``.
            SubmissionError: The options are not empty.
        """
        info = table_info(context.inputs_schema)
        if info["interface"] != "detection":
            raise InterfaceError(f"a detector scores runs of 'detection', these inputs are of {info['interface']!r}")
        if context.options:
            raise SubmissionError(f"SB103 field 'options': is {dict(context.options)}, this detector takes none")
        return cls(len(info["channels"]), context.seed)

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Returns ``score`` per step of each run."""
        ids, normal, parents = (rows.column(name).to_pylist() for name in ("id", "normal_steps", "prefix_of"))
        names = [parent or one for one, parent in zip(ids, parents, strict=True)]
        asked = zip(runs(rows, self._channels), normal, names, strict=True)
        return step_answers(rows, [self.scores(*one) for one in asked])

    @abstractmethod
    def scores(self, run: FloatArray, normal_steps: int, name: str) -> FloatArray:
        """Scores of shape ``(t,)`` of a run ``(t, c)``; greater means more anomalous."""


class HotellingT2(_RunDetector):
    """Squared Mahalanobis distance of each step from the normal part: Hotelling's T squared of single observations.

    Missing readings count as the normal mean. Directions without spread in the normal part are left out.

    Source: H. Hotelling, Multivariate Quality Control, 1947.
    """

    def scores(self, run: FloatArray, normal_steps: int, name: str) -> FloatArray:
        """See the class."""
        normal = run[:normal_steps]
        mean = np.nanmean(normal, axis=0)  # (c,)
        centred = np.where(np.isnan(run), 0.0, run - mean)
        scale = centred[:normal_steps].std(axis=0)
        centred /= np.where(scale > 0, scale, 1.0)  # so that the inverse is cut off at one size in all directions
        inverse = np.linalg.pinv(np.cov(centred[:normal_steps], rowvar=False).reshape(run.shape[1], -1), rcond=1e-10)
        # One step at a time in one order of sums: a prefix of the run scores the same bits.
        return np.asarray(np.einsum("tc,cd,td->t", centred, inverse, centred), np.float64)


class MovingLevel(_RunDetector):
    """Greatest distance of a channel's mean over the last 30 steps from its normal mean, in normal deviations."""

    window: ClassVar[int] = 30

    def scores(self, run: FloatArray, normal_steps: int, name: str) -> FloatArray:
        """See the class."""
        mean, spread = np.nanmean(run[:normal_steps], axis=0), np.nanstd(run[:normal_steps], axis=0)
        scaled = np.where(np.isnan(run), 0.0, (run - mean) / np.where(spread > 0, spread, 1.0))
        padded = np.concatenate([np.zeros((self.window - 1, run.shape[1])), scaled])
        level = np.lib.stride_tricks.sliding_window_view(padded, self.window, axis=0).mean(axis=2)  # (t, c)
        return np.asarray(np.abs(level).max(axis=1), np.float64)


class AlwaysAlarm(_RunDetector):
    """Alarms at every step behind the normal part: what finding everything costs."""

    def scores(self, run: FloatArray, normal_steps: int, name: str) -> FloatArray:
        """0 in the normal part, 1 behind it."""
        return np.where(np.arange(len(run)) >= normal_steps, 1.0, 0.0)


class RandomScores(_RunDetector):
    """A random number per step, from the seed and the run's name."""

    def scores(self, run: FloatArray, normal_steps: int, name: str) -> FloatArray:
        """Uniform in [0, 1)."""
        return Stream("random-scores", self._seed, name).uniform(len(run))


class RunClock(_RunDetector):
    """Looks at no sensor: scores by the time since the run began, highest around the 775th step.

    A rig whose faults are always switched on after the same time is found out by a clock.
    """

    def scores(self, run: FloatArray, normal_steps: int, name: str) -> FloatArray:
        """Falls on both sides of step 775."""
        return np.asarray(-np.abs(np.arange(len(run)) - 775.0), np.float64)
