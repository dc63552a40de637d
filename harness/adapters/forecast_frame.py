"""What a preprocessing makes of rows of ``forecasting``, and of a model's numbers the targets in their units.

Letters: n = rows, t = steps of the history, h = steps ahead, c = channels of the model, y = targets, k = known.
"""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..errors import InterfaceError, nearest_names
from ..interfaces import table_info
from .row_arrays import list_lengths, whole_column
from .series_preprocessing import EVERY_TARGET, PREPROCESSOR_NAME, Preprocessing

__all__ = ["ForecastFrame", "refuse_history", "refuse_horizon"]

FloatArray = npt.NDArray[np.float64]
Readings = npt.NDArray[np.float32]


class ForecastFrame(NamedTuple):
    """Where targets and known quantities stand, and how numbers become targets.

    Attributes:
        targets: Places of the targets among the channels of the model, shape ``(y,)``.
        mean: Of each target, shape ``(y,)``, in its unit.
        scale: The same, > 0.
        horizon: Steps ahead, h.
        step_s: Seconds from step to step.
        known: Places of the known quantities that the model reads, and how many the inputs have.
        known_mean: Of each that is read, shape ``(k,)``.
        known_scale: The same, > 0.
    """

    targets: list[int]
    mean: FloatArray
    scale: FloatArray
    horizon: int
    step_s: float
    known: tuple[list[int], int]
    known_mean: Readings
    known_scale: Readings

    @classmethod
    def of(cls, preprocessing: Preprocessing, schema: pa.Schema) -> Self:
        """Finds all of it in the inputs' schema.

        Raises:
            InterfaceError: A target is not among the channels, a known quantity not among the inputs, readings are
                normalised by regime, which no one knows of the steps ahead, or ``places`` finds something.
        """
        preprocessing.places(schema)
        info, ahead = table_info(schema), preprocessing.ahead
        names = [q["name"] for q in info["channels"][: info["targets"]]]
        every = preprocessing.channels == (EVERY_TARGET,)
        channels = names if every else list(preprocessing.channels)
        wrong = [
            f"target {name!r} is not among its channels {', '.join(channels)}" for name in names if name not in channels
        ]
        if preprocessing.regimes is not None:
            wrong.append("regimes is there, and nobody knows the regime of the steps ahead; leave it out")
        offered = [q["name"] for q in info["known"]]
        for name in (one for one in ahead.known if one not in offered):
            near = nearest_names(name, offered)
            hint = f"did you mean {', '.join(near)}? " if near else ""
            wrong.append(f"known {name!r}: {hint}the task tells {', '.join(offered) or 'nothing'} in advance")
        if wrong:
            raise InterfaceError(f"{PREPROCESSOR_NAME} does not fit these inputs: {'; '.join(wrong)}")
        places = [channels.index(name) for name in names]
        mean, scale = (
            np.resize(np.array(one), len(channels))[places] for one in (preprocessing.mean, preprocessing.scale)
        )
        return cls(
            targets=places,
            mean=mean,
            scale=scale,
            horizon=info["horizon"],
            step_s=info["step_s"],
            known=([offered.index(name) for name in ahead.known], len(offered)),
            known_mean=np.array(ahead.mean, np.float32),
            known_scale=np.array(ahead.scale, np.float32),
        )

    def in_units(self, value: FloatArray) -> FloatArray:
        """Numbers of the targets in the targets' units; of shape ``(n, h, y)`` or, quantiles, ``(n, h, y, q)``."""
        scale, mean = (np.repeat(one, int(np.prod(value.shape[3:]))) for one in (self.scale, self.mean))
        flat = value.reshape(-1, len(scale)) * scale  # one long last axis takes half the time of nine numbers
        flat += mean
        return flat.reshape(value.shape)

    def known_numbers(self, rows: pa.RecordBatch, *, before: int) -> Readings:
        """What is known in advance, as the model reads it, shape ``(n, before + h, k)``; 0 where it is missing.

        Args:
            rows: The column ``known``, where the model reads some of it.
            before: Steps before the origin; those before a row begins are missing.
        """
        places, offered = self.known
        found = np.zeros((rows.num_rows, before + self.horizon, len(places)), np.float32)
        if not places:
            return found
        column = whole_column(rows, "known")
        flat = column.flatten().flatten().to_numpy(zero_copy_only=False).reshape(-1, offered)[:, places]
        lengths = list_lengths(column)  # t + h of each row
        step = np.arange(-before, self.horizon)  # 0 at the origin
        there = step >= self.horizon - lengths[:, None]  # (n, before + h)
        at = np.cumsum(lengths)[:, None] - self.horizon + step
        found[there] = (flat[at[there]] - self.known_mean) / self.known_scale
        return np.nan_to_num(found, copy=False, nan=0.0)


def refuse_history(steps: int, schema: pa.Schema, *, told: str) -> None:
    """Models that want more steps than there are: none are made up, before the history or behind it.

    Args:
        steps: What the model reads.
        schema: Schema of the input table, with its metadata.
        told: File and field that say so.

    Raises:
        InterfaceError: The task gives fewer.
    """
    most = table_info(schema)["history_max"]
    if steps > most:
        raise InterfaceError(
            f"{told} asks for {steps} steps of history, this task gives {most}; train one that reads less"
        )


def refuse_horizon(steps: int, schema: pa.Schema, *, told: str) -> None:
    """Models that forecast fewer steps than are asked for; of one that forecasts more, the first are taken.

    Args:
        steps: What the model forecasts.
        schema: Schema of the input table, with its metadata.
        told: File and field that say so.

    Raises:
        InterfaceError: The task asks for more.
    """
    horizon = table_info(schema)["horizon"]
    if steps < horizon:
        raise InterfaceError(
            f"{told} is {steps}, this task asks for {horizon} steps ahead; train one that forecasts them"
        )
