"""The declared feature step ``series-segments``: what each stretch of a series is like, where every row has one clock.

Unlike ``series-summary``, which looks backwards from a row's last step, it counts from the first one: for load cycles,
strokes and batches, where second 12 means the same in every row.

Letters: n = rows, k = segments, l = steps of a segment, c = channels, f = columns of the matrix.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..errors import InterfaceError, SubmissionError
from ..interfaces import table_info
from .row_arrays import flat_series
from .series_features import mean_std

__all__ = ["SeriesSegments"]

FloatArray = npt.NDArray[np.float64]
_STEPS_MAX = 4_096  # of one series; more would not fit the padded matrix of a batch


@dataclass(frozen=True)
class SeriesSegments:
    """Options of the step: the series is cut into segments of equal length, from its first step on.

    Columns: per segment and channel the mean, then per segment and channel the population standard deviation, then both
    over the whole series. Missing readings are left out; a segment without any is NaN.

    Attributes:
        length: Steps of a segment; the last one may hold fewer.
    """

    name: ClassVar[str] = "series-segments"
    revision: ClassVar[int] = 1
    length: int = 10

    @classmethod
    def parse(cls, options: Mapping[str, Any]) -> SeriesSegments:
        """The step from its options, which ``feature_steps`` has checked for unknown names.

        Raises:
            SubmissionError: The length makes no sense.
        """
        length = options.get("length", cls.length)
        if isinstance(length, bool) or not isinstance(length, int) or not 1 <= length <= _STEPS_MAX:
            raise SubmissionError(
                f"SB103 submission.yaml, field 'options.features': length is {length!r:.80}, "
                f"expected 1 to {_STEPS_MAX} steps"
            )
        return cls(length)

    def as_options(self) -> dict[str, Any]:
        """What goes under ``options.features`` of a manifest."""
        return {"step": self.name, "revision": self.revision} | asdict(self)

    def names(self, schema: pa.Schema) -> list[str]:
        """Names of the columns for inputs of this schema, ``f`` of them.

        Raises:
            InterfaceError: The inputs have no series, or too long ones.
        """
        info = table_info(schema)
        if not info.get("channels"):
            raise InterfaceError(f"{self.name} needs a series, and these inputs have none")
        if not 1 <= info["history_max"] <= _STEPS_MAX:
            raise InterfaceError(
                f"{self.name} takes series of at most {_STEPS_MAX} steps, these may have {info['history_max']}"
            )
        channels = [q["name"] for q in info["channels"]]
        spans = [f"{first}-" for first in range(0, info["history_max"], self.length)]
        parts = [f"{what}{span}:" for what in ("mean", "std") for span in spans] + ["mean:", "std:"]
        return [part + channel for part in parts for channel in channels]

    def matrix(self, rows: pa.RecordBatch | pa.Table, schema: pa.Schema) -> FloatArray:
        """The features of rows, shape ``(n, f)``; each row's are the same whatever rows stand beside it.

        Raises:
            InterfaceError: The inputs have no series, or a row has an empty or too long one.
        """
        names, info = self.names(schema), table_info(schema)
        channels, longest = len(info["channels"]), int(info["history_max"])
        flat, lengths = flat_series(rows, channels, np.float64)  # (steps of all rows, c), (n,)
        for row in np.flatnonzero((lengths < 1) | (lengths > longest))[:1]:
            raise InterfaceError(f"row {row}: 'series' has {lengths[row]} steps, expected 1 to {longest}")
        segments = -(-longest // self.length)
        series = np.full((len(lengths), segments * self.length, channels), np.nan)
        row = np.repeat(np.arange(len(lengths)), lengths)
        step = np.arange(len(row)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        series[row, step] = flat
        cut = series.reshape(len(lengths), segments, self.length, channels)  # (n, k, l, c)
        parts = [*mean_std(cut), *mean_std(series)]
        return np.concatenate([part.reshape(len(lengths), -1) for part in parts], axis=1).reshape(-1, len(names))
