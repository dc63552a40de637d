"""The declared feature step ``step-levels``: every step of a run of ``detection`` as a row for scikit-learn.

Like ``series_features``: a submission names the step, its revision and its options under ``options.features``, and the
same function makes the matrix when a vendor trains and when the harness asks. Every number looks backwards.

Letters: t = steps, c = channels, f = columns of the matrix.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from ..errors import SubmissionError

__all__ = ["StepLevels"]

FloatArray = npt.NDArray[np.float64]
_WHERE = "SB103 submission.yaml, field 'options.features'"
_STEPS_MAX = 4_096


@dataclass(frozen=True)
class StepLevels:
    """Options of the step: channels in deviations of the run's own normal part, and their means over trailing windows.

    Columns: every channel minus its mean over the normal part, divided by its standard deviation there (by 1 where it
    has none); then, per window, the mean of these over so many last steps, or as many as there are. A missing reading
    counts as the normal mean.

    Attributes:
        windows: Lengths of the trailing windows in steps, rising; may be empty.
    """

    name: ClassVar[str] = "step-levels"
    revision: ClassVar[int] = 1
    windows: tuple[int, ...] = ()

    @classmethod
    def parse(cls, options: Mapping[str, Any]) -> StepLevels:
        """The step from its options, which ``feature_steps`` has checked for unknown names.

        Raises:
            SubmissionError: ``windows`` is no rising list of lengths.
        """
        windows = options.get("windows", [])
        whole = isinstance(windows, list | tuple) and all(
            isinstance(one, int) and not isinstance(one, bool) and 2 <= one <= _STEPS_MAX for one in windows
        )
        if not whole or sorted(set(windows)) != list(windows):
            raise SubmissionError(f"{_WHERE}: windows is {windows!r:.80}, expected rising lengths of 2 to {_STEPS_MAX}")
        return cls(tuple(windows))

    def as_options(self) -> dict[str, Any]:
        """What goes under ``options.features`` of a manifest."""
        return {"step": self.name, "revision": self.revision, "windows": list(self.windows)}

    def width(self, channels: int) -> int:
        """How many columns runs of so many channels have."""
        return channels * (1 + len(self.windows))

    def matrix(self, run: FloatArray, normal_steps: int) -> FloatArray:
        """The features of a run ``(t, c)``, shape ``(t, f)``; a prefix of the run has the same first rows."""
        mean, spread = np.nanmean(run[:normal_steps], axis=0), np.nanstd(run[:normal_steps], axis=0)
        level = np.where(np.isnan(run), 0.0, (run - mean) / np.where(spread > 0, spread, 1.0))  # (t, c)
        total = np.concatenate([np.zeros((1, run.shape[1])), np.cumsum(level, axis=0)])
        end = np.arange(1, len(run) + 1)
        begins = [np.maximum(end - window, 0) for window in self.windows]
        return np.concatenate(
            [level, *((total[end] - total[begin]) / (end - begin)[:, None] for begin in begins)], axis=1
        )
