"""Forecasts by TimeSeriesTransformer: draws of what comes, whose quantiles are told.

``generate`` of transformers draws from one stream for a whole batch. Here each row has its own, named by the run's
seed, the row's id and, where targets are asked one by one, the target's name: what is drawn for a row does not depend
on the rows beside it.

Letters: n = rows, s = samples, h = steps ahead, c = channels of the model.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..errors import InterfaceError
from ..interfaces import QUANTILE_LEVELS, table_info
from ..randomness import Stream
from .at_once import AtOnce
from .base import LoadContext
from .distribution_quantiles import head_draws
from .forecast_clock import time_features
from .series_forecast import Forecast, SeriesForecaster, Windows
from .series_preprocessing import PREPROCESSOR_NAME, Preprocessing

__all__ = ["SampleForecaster"]

FloatArray = npt.NDArray[np.float64]

_SEQUENCES_AT_ONCE = 1_024


class SampleForecaster(SeriesForecaster):
    """A TimeSeriesTransformer: ``num_parallel_samples`` draws of every row; the point is their median.

    Where a channel was never read within the context, the scaler ``mean`` scales it by 1 and not, as transformers does,
    by the other rows of the batch.
    """

    def __init__(self, model: Any, preprocessing: Preprocessing, context: LoadContext) -> None:
        super().__init__(model, preprocessing, context)
        self._seed, ahead = context.seed, preprocessing.ahead
        info = table_info(context.inputs_schema)
        if ahead.items and (unknown := [one for one in info["items"] if one not in ahead.items]):
            raise InterfaceError(
                f"{PREPROCESSOR_NAME}: items does not name {', '.join(map(repr, unknown[:5]))}, which this task asks "
                f"about; it names {', '.join(ahead.items[:8])}"
            )
        self._names = [q["name"] for q in info["channels"][: info["targets"]]]
        self._samples = int(model.config.num_parallel_samples)
        self.at_once = AtOnce(max(1, _SEQUENCES_AT_ONCE // self._samples), "rows", context.device)
        model.config.prediction_length = self._frame.horizon  # drawn step by step: what follows is not needed
        scaler = model.model.scaler
        if getattr(scaler, "default_scale", 0) is None:
            scaler.default_scale = 1.0
        self._draws = KeyedDraws(model)

    def _ask(self, rows: pa.RecordBatch, windows: Windows) -> Forecast:
        import torch

        horizon, ahead = self._frame.horizon, self._preprocessing.ahead
        calendar = time_features(rows, self._schema, ahead.calendar, before=self._steps)
        known = self._frame.known_numbers(rows, before=self._steps)
        features = np.concatenate([calendar, known], axis=2)  # (n, t + h, f)
        code = {name: at for at, name in enumerate(ahead.items)}
        items = np.array([[code.get(one, 0)] for one in rows.column("item").to_pylist()])  # (n, 1)
        keys = self._keys(rows)
        found = []
        for part, filled in self._blocks(len(windows.values)):
            row = windows.row[filled]
            values, observed = windows.values[filled], windows.observed[filled]
            if self._alone:
                values, observed = values[:, :, 0], observed[:, :, 0]
            self._draws.begin(self._uniform([keys[at] for at in np.arange(len(keys))[filled]], windows.values.shape[2]))
            given = {
                "past_values": self._tensor(values),
                "past_observed_mask": self._tensor(observed),
                "past_time_features": self._tensor(features[row, : self._steps]),
                "future_time_features": self._tensor(features[row, self._steps :]),
            }
            if ahead.items:
                given["static_categorical_features"] = torch.from_numpy(items[row]).to(self._device)
            with torch.inference_mode():
                drawn = self._model.generate(**given).sequences[: part.stop - part.start]  # (n, s, h) or (n, s, h, c)
            drawn = drawn.to("cpu", torch.float64).numpy().reshape(len(drawn), self._samples, horizon, -1)
            found.append(np.moveaxis(np.quantile(drawn, QUANTILE_LEVELS, axis=1), 0, -1))  # (n, h, c, q)
        if not found:
            return Forecast(np.empty((0, horizon, 1)), np.empty((0, horizon, 1, len(QUANTILE_LEVELS))))
        quantiles = np.concatenate(found)
        return Forecast(quantiles[..., QUANTILE_LEVELS.index(0.5)], quantiles)

    def _keys(self, rows: pa.RecordBatch) -> list[tuple[str, ...]]:
        ids = rows.column("id").to_pylist()
        return [(one, name) for one in ids for name in self._names] if self._alone else [(one,) for one in ids]

    def _uniform(self, keys: list[tuple[str, ...]], channels: int) -> FloatArray:
        """Numbers in 0 <= u < 1 to draw with, shape ``(h, rows * s, c, 2)``."""
        shape = (self._frame.horizon, self._samples, channels, 2)
        each = [Stream("forecast", self._seed, *key).uniform(int(np.prod(shape))).reshape(shape) for key in keys]
        return np.stack(each, axis=1).reshape(shape[0], -1, channels, 2)


class KeyedDraws:
    """Stands in for a model's ``output_distribution``, so that ``generate`` draws what it is given."""

    def __init__(self, model: Any) -> None:
        self._kind = model.config.distribution_output
        self._uniform: FloatArray = np.empty((0, 0, 0, 2))
        self._step = 0
        self._parameters: tuple[Any, ...] = ()
        self._place: tuple[Any, Any] = (None, None)
        model.output_distribution = self

    def begin(self, uniform: FloatArray) -> None:
        """The numbers for the next call of ``generate``, shape ``(h, rows * s, c, 2)``."""
        self._uniform, self._step = uniform, 0

    def __call__(self, parameters: Any, *, loc: Any, scale: Any) -> KeyedDraws:
        """Takes the distribution of the next step."""
        self._parameters, self._place = parameters, (loc, scale)
        return self

    def sample(self) -> Any:
        """A draw per sequence, of the shape and type of the model's own."""
        import torch

        first = self._parameters[0]
        numbers = tuple(one.to("cpu", torch.float64).numpy() for one in self._parameters)
        drawn = head_draws(self._kind, numbers, self._uniform[self._step].reshape(*first.shape, 2))
        self._step += 1
        loc, scale = self._place
        return torch.from_numpy(drawn).to(first.device, first.dtype) * scale + loc
