"""Forecasts by time-series checkpoints of transformers: rows of ``forecasting`` in, points and quantiles out.

``transformers_series`` says what the files hold. A model of several channels is asked once per row, one of a single
channel once per target. What is read ends at the origin: the last steps of the row's series, and of a shorter one the
missing steps before it. A reading that is missing goes in as 0 under a mask of 0; an architecture without a mask
(TimesFM) gets the last reading before it, and a series that begins with its first reading.

Letters: n = rows, t = steps of the context, h = steps ahead, c = channels of the model, y = targets, q = levels.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import nullcontext
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..interfaces import QUANTILE_LEVELS
from .at_once import AtOnce
from .base import LoadContext
from .distribution_quantiles import PARAMETERS, HeadKind, head_quantiles
from .forecast_answers import forecast_answers
from .forecast_frame import ForecastFrame
from .one_thread import one_thread
from .residual_quantiles import ResidualQuantiles
from .series_config import ARCHITECTURES, history_steps
from .series_preprocessing import Preprocessing

__all__ = ["Forecast", "PatchForecaster", "SeriesForecaster", "TimesFmForecaster", "Windows"]

FloatArray = npt.NDArray[np.float64]
Readings = npt.NDArray[np.float32]

_MIDDLE = QUANTILE_LEVELS.index(0.5)
_WINDOWS_AT_ONCE = 64
_FEW_WEIGHTS = 2_000_000  # of which one processor is kept busy: more of them take three times as long, in waiting
_DAY_S, _QUARTER_S = 86_400, 80 * 86_400


class Windows(NamedTuple):
    """What a model is asked about: rows, or the targets of rows one by one.

    Attributes:
        values: Scaled readings, 0 where none is, shape ``(m, t, c)``.
        observed: 1 where there is one, the same shape.
        row: Of the batch, the row of each, shape ``(m,)``.
    """

    values: Readings
    observed: Readings
    row: npt.NDArray[np.int64]


class Forecast(NamedTuple):
    """What a model says, in its own numbers.

    Attributes:
        value: Shape ``(m, h, c)``.
        quantiles: Shape ``(m, h, c, q)``; None: points alone.
    """

    value: FloatArray
    quantiles: FloatArray | None


class SeriesForecaster(ABC):
    """A loaded checkpoint that forecasts.

    Attributes:
        at_once: Windows; exactly so many, padded: a row's number does not depend on how batches were cut.
    """

    def __init__(self, model: Any, preprocessing: Preprocessing, context: LoadContext) -> None:
        import torch

        self._model, self._preprocessing, self._schema = model, preprocessing, context.inputs_schema
        self._device, self._dtype = torch.device(context.device), getattr(torch, context.dtype)
        self.at_once = AtOnce(_WINDOWS_AT_ONCE, "windows", context.device)
        self._architecture = ARCHITECTURES[type(model).__name__]
        self._frame = ForecastFrame.of(preprocessing, context.inputs_schema)
        self._steps = history_steps(model.config.to_dict(), self._architecture)
        field = self._architecture.width_field
        small = sum(one.numel() for one in model.parameters()) < _FEW_WEIGHTS
        self._threads = one_thread if small else nullcontext
        self._alone = field is None or getattr(model.config, field) == 1
        assert context.folder is not None  # a checkpoint has one
        self._residuals = ResidualQuantiles.read(context.folder, adapter="transformers-series")
        if self._residuals is not None:
            self._residuals.check(context.inputs_schema)

    def answer(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Returns ``value`` of shape ``(n, h, y)`` and, where the model tells them, ``quantiles``."""
        n, targets = rows.num_rows, len(self._frame.targets)
        windows = self._windows(rows)
        with self._threads():
            said = self._asked(rows, windows)
        value = said.value[:, : self._frame.horizon]
        quantiles = None if said.quantiles is None else said.quantiles[:, : self._frame.horizon]
        if self._alone:  # (n * y, h, 1) to (n, h, y)
            value = value.reshape(n, targets, -1).swapaxes(1, 2)
            if quantiles is not None:
                quantiles = quantiles.reshape(n, targets, -1, quantiles.shape[-1]).swapaxes(1, 2)
        elif self._frame.targets != list(range(value.shape[2])):
            value = value[:, :, self._frame.targets]
            quantiles = None if quantiles is None else quantiles[:, :, self._frame.targets]
        value = self._frame.in_units(value)
        if self._residuals is not None:
            quantiles = self._residuals.around(value, rows, self._schema)
        elif quantiles is not None:
            quantiles = self._frame.in_units(quantiles)
        return forecast_answers(rows.column("id"), value, quantiles)

    def _asked(self, rows: pa.RecordBatch, windows: Windows) -> Forecast:
        """What the model says; all of it again with fewer windows at once where memory runs out."""
        while True:
            try:
                return self._ask(rows, windows)
            except Exception as err:  # raised again where it is not of memory
                self.at_once.less(err)

    def _windows(self, rows: pa.RecordBatch) -> Windows:
        values, observed = self._preprocessing.apply(rows, self._schema, context_length=self._steps)  # (n, t, c) each
        row = np.arange(rows.num_rows)
        if not self._alone:
            return Windows(values, observed, row)
        places = self._frame.targets
        one_by_one = [np.moveaxis(one[..., places], 2, 1).reshape(-1, self._steps, 1) for one in (values, observed)]
        return Windows(one_by_one[0], one_by_one[1], np.repeat(row, len(places)))

    def _blocks(self, count: int) -> list[tuple[slice, npt.NDArray[np.int64] | slice]]:
        """Which of ``count`` windows are asked together, and the same filled up with the last one."""
        size = self.at_once.size
        parts = [slice(at, min(at + size, count)) for at in range(0, count, size)]
        filled = [np.minimum(np.arange(one.start, one.start + size), count - 1) for one in parts[-1:]]
        return list(zip(parts, [*parts[:-1], *filled], strict=True))

    def _tensor(self, values: Readings) -> Any:
        import torch

        return torch.from_numpy(values).to(self._device, self._dtype)

    @abstractmethod
    def _ask(self, rows: pa.RecordBatch, windows: Windows) -> Forecast:
        """What the model says of all windows of a batch."""


class PatchForecaster(SeriesForecaster):
    """PatchTST and PatchTSMixer: points from a head of loss mse; of a head of loss nll the quantiles, in closed form.

    The point is then the middle quantile, which is the distribution's mean too.
    """

    def _ask(self, rows: pa.RecordBatch, windows: Windows) -> Forecast:
        import torch

        said = []
        for part, filled in self._blocks(len(windows.values)):
            given = {"past_values": self._tensor(windows.values[filled])}
            if self._architecture.mask is not None:
                given[self._architecture.mask] = self._tensor(windows.observed[filled])
            with torch.inference_mode():
                output = self._model(**given)
            said.append(self._read(output, part.stop - part.start))
        if not said:
            return Forecast(np.empty((0, self._frame.horizon, 1)), None)
        value = np.concatenate([one.value for one in said])
        quantiles = [one.quantiles for one in said if one.quantiles is not None]
        return Forecast(value, np.concatenate(quantiles) if quantiles else None)

    def _read(self, output: Any, count: int) -> Forecast:
        """The first so many of what the model returned."""
        found = output.prediction_outputs
        if not isinstance(found, tuple):
            return Forecast(_numbers(found[:count]), None)
        kind: HeadKind = self._model.config.distribution_output
        parameters = [_numbers(one[:count, : self._frame.horizon]) for one in found]  # (n, h, c) each
        assert len(parameters) == PARAMETERS[kind]
        loc, scale = _numbers(output.loc[:count]), _numbers(output.scale[:count])  # (n, 1, c)
        place, spread = parameters[-2] * scale + loc, parameters[-1] * scale
        quantiles = head_quantiles(kind, (*parameters[:-2], place, spread))
        return Forecast(place, quantiles)


class TimesFmForecaster(SeriesForecaster):
    """TimesFM, 1 and 2 and 2.5: its point, and its deciles, put into order where they cross."""

    def _ask(self, rows: pa.RecordBatch, windows: Windows) -> Forecast:
        import torch

        series = [
            _filled(one[:, 0], there[:, 0] > 0) for one, there in zip(windows.values, windows.observed, strict=True)
        ]
        more: dict[str, Any] = {"truncate_negative": False}  # transformers decides on it for the whole batch at once
        if hasattr(self._model.config, "freq_size"):
            more["freq"] = [self._frequency()] * self.at_once.size
        positive = bool(getattr(self._model.config, "infer_is_positive", False))
        value, quantiles = [], []
        for part, filled in self._blocks(len(series)):
            with torch.inference_mode():
                output = self._model(
                    past_values=[self._tensor(series[at]) for at in np.arange(len(series))[filled]], **more
                )
            count = part.stop - part.start
            mean, whole = _numbers(output.mean_predictions[:count]), _numbers(output.full_predictions[:count])
            if positive:
                floor = np.array([0.0 if one.min() >= 0 else -np.inf for one in series[part]])
                mean, whole = np.maximum(mean, floor[:, None]), np.maximum(whole, floor[:, None, None])
            value.append(mean[:, :, None])
            quantiles.append(np.sort(whole[:, :, None, 1:], axis=-1))
        if not value:
            return Forecast(np.empty((0, self._frame.horizon, 1)), np.empty((0, self._frame.horizon, 1, 9)))
        return Forecast(np.concatenate(value), np.concatenate(quantiles))

    def _frequency(self) -> int:
        """Which of the model's frequencies the step is: up to a day, up to a month, or longer."""
        return 0 if self._frame.step_s <= _DAY_S else 1 if self._frame.step_s < _QUARTER_S else 2


def _filled(values: Readings, there: npt.NDArray[np.bool_]) -> Readings:
    """A series from its first reading on, a missing one as the last before it; without any reading, one 0.

    Args:
        values: Shape ``(t,)``.
        there: Where a reading is, the same shape.
    """
    if not there.any():
        return np.zeros(1, np.float32)
    last = np.maximum.accumulate(np.where(there, np.arange(len(there)), -1))
    return np.ascontiguousarray(values[last[int(there.argmax()) :]])


def _numbers(tensor: Any) -> FloatArray:
    import torch

    found: FloatArray = tensor.to("cpu", torch.float64).numpy()
    return found
