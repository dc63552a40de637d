"""What an ONNX graph that forecasts is given beside the series, and what must fit before it is asked.

Letters: n = rows, t = steps of the series, h = steps ahead, y = targets, k = known quantities, q = quantile levels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..errors import InterfaceError
from ..interfaces import QUANTILE_LEVELS, table_info
from .forecast_answers import forecast_answers
from .forecast_clock import CLOCK, clock_of
from .forecast_frame import ForecastFrame, refuse_history, refuse_horizon
from .onnx_file import MODEL_NAME, GraphFace
from .residual_quantiles import RESIDUALS_NAME, ResidualQuantiles
from .series_preprocessing import PREPROCESSOR_NAME, Preprocessing

__all__ = ["OnnxForecast"]

FloatArray = npt.NDArray[np.float64]
Arrays = dict[str, npt.NDArray[Any]]


class OnnxForecast:
    """A graph that fits a forecasting task, and what turns its numbers into answers."""

    def __init__(
        self, face: GraphFace, preprocessing: Preprocessing, residuals: ResidualQuantiles | None, schema: pa.Schema
    ) -> None:
        """Makes sure that it fits.

        Raises:
            InterfaceError: It reads more steps than there are, forecasts fewer than are asked for, or its inputs or
                outputs have other widths than the task and the preprocessing.
        """
        self._face, self._schema, self._residuals = face, schema, residuals
        self.frame = ForecastFrame.of(preprocessing, schema)
        self.outputs: list[str] = [name for name in ("value", "quantiles") if name in face.outputs]
        steps = face.inputs["series"][1]
        if steps is not None:
            refuse_history(steps, schema, told=f"{MODEL_NAME}: input 'series'")
        ahead = face.outputs["value"][1] if len(face.outputs["value"]) > 1 else None
        if ahead is not None:
            refuse_horizon(ahead, schema, told=f"{MODEL_NAME}: output 'value', steps ahead")
        if wrong := list(_wrong(face, preprocessing, table_info(schema))):
            raise InterfaceError(f"{MODEL_NAME} does not fit these inputs: {'; '.join(wrong)}")
        if residuals is not None:
            if "quantiles" in self.outputs:
                raise InterfaceError(f"{RESIDUALS_NAME}: {MODEL_NAME} tells quantiles itself; leave the file out")
            residuals.check(schema)

    def beside(self, rows: pa.RecordBatch, *, before: int) -> Arrays:
        """The inputs ``known`` and ``clock`` that the graph has, each of shape ``(n, before + h, ...)``."""
        found: Arrays = {}
        if "known" in self._face.inputs:
            found["known"] = self.frame.known_numbers(rows, before=before)
        if "clock" in self._face.inputs:
            found["clock"] = np.stack(clock_of(rows, self._schema, before=before), axis=-1).astype(np.float32)
        return found

    def answers(self, rows: pa.RecordBatch, said: Sequence[FloatArray]) -> pa.RecordBatch:
        """The prediction table from the outputs, in the order of ``outputs``.

        Raises:
            InterfaceError: One of them has another shape.
        """
        n, horizon, targets = rows.num_rows, self.frame.horizon, len(self.frame.targets)
        numbers = []
        for name, one in zip(self.outputs, said, strict=True):
            tail = (targets,) if name == "value" else (targets, len(QUANTILE_LEVELS))
            if one.ndim != 2 + len(tail) or one.shape[1] < horizon or one.shape[2:] != tail:
                raise InterfaceError(f"output {name!r} has shape {one.shape}, expected {(n, horizon, *tail)}")
            numbers.append(self.frame.in_units(one[:, :horizon]))
        quantiles = numbers[1] if len(numbers) > 1 else None
        if self._residuals is not None:
            quantiles = self._residuals.around(numbers[0], rows, self._schema)
        return forecast_answers(rows.column("id"), numbers[0], quantiles)


def _wrong(face: GraphFace, preprocessing: Preprocessing, info: dict[str, Any]) -> Iterator[str]:
    steps, horizon, targets = face.inputs["series"][1], info["horizon"], info["targets"]
    known = len(preprocessing.ahead.known)
    if bool(known) != ("known" in face.inputs):
        yield f"{PREPROCESSOR_NAME} names {known} known quantities, input 'known' is{'' if not known else ' not'} there"
    if preprocessing.ahead.calendar or preprocessing.ahead.items:
        yield f"{PREPROCESSOR_NAME} has calendar or items, which no input takes; the input 'clock' tells the time"
    for name, width, what in (("known", known, "quantities"), ("clock", len(CLOCK), ", ".join(CLOCK))):
        if name not in face.inputs:
            continue
        long, wide = face.inputs[name][1:]
        if wide not in (None, width):
            yield f"input {name!r} has {wide} numbers per step, expected {width}: {what}"
        if long is not None and long != (steps or 0) + horizon:
            series = f"{steps} of the series" if steps else "a free number of the series (leave this axis free too)"
            yield f"input {name!r} has {long} steps, expected {series} and {horizon} ahead"
    for name, tail in (("value", (targets,)), ("quantiles", (targets, len(QUANTILE_LEVELS)))):
        shape = face.outputs.get(name)
        if shape is None:
            continue
        if len(shape) != 2 + len(tail) or any(
            got not in (None, want) for got, want in zip(shape[2:], tail, strict=True)
        ):
            yield f"output {name!r} has shape {list(shape)}, expected {['n', horizon, *tail]}"
