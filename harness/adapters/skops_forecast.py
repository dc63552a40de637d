"""Forecasts of scikit-learn models on the feature steps for forecasts, with quantiles where the folder holds residuals.

A model of ``forecast-window`` answers all steps ahead of a target at once, one of ``forecast-steps`` one number per
step; their answers are in spreads of the target's history around its centre, see ``forecast_features``. A file
``residual_quantiles.json`` in the folder turns points into quantiles, see ``residual_quantiles``.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from ..errors import SubmissionError
from ..interfaces import table_info
from .base import LoadContext
from .forecast_answers import forecast_answers
from .forecast_features import ForecastSteps, ForecastWindow
from .residual_quantiles import ResidualQuantiles
from .skops_lone import by_rows

__all__ = ["SkopsForecast", "check_forecast_step"]


def check_forecast_step(step: object, interface: str) -> None:
    """Makes sure that forecasts, and they alone, are made of one of their two steps.

    Raises:
        SubmissionError: The step is another, or one of forecasts on another interface.
    """
    where = "SB103 submission.yaml, field 'options.features'"
    if isinstance(step, ForecastWindow | ForecastSteps):
        if interface != "forecasting":
            raise SubmissionError(
                f"{where}: {step.name} makes features of forecasts, interface {interface} needs those of rows, such as "
                "{step: series-summary, revision: 1}"
            )
    elif interface == "forecasting":
        raise SubmissionError(
            f"{where}: a model that forecasts needs {{step: forecast-window, revision: 1, ...}} or "
            "{step: forecast-steps, revision: 1, ...}"
        )


class SkopsForecast:
    """Answers rows of ``forecasting`` with a model and the step it was trained on."""

    def __init__(self, model: Any, step: object, context: LoadContext) -> None:
        assert isinstance(step, ForecastWindow | ForecastSteps)  # load made sure
        self._model, self._step, self._schema = model, step, context.inputs_schema
        info = table_info(context.inputs_schema)
        self._horizon, self._targets = info["horizon"], info["targets"]
        assert context.folder is not None  # a skops submission has one
        self._residuals = ResidualQuantiles.read(context.folder, adapter="skops")
        if self._residuals is not None:
            self._residuals.check(context.inputs_schema)

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Returns ``value``, and ``quantiles`` where there are residuals."""
        asked = self._step.asked(rows, self._schema)
        said = by_rows(self._model, asked.matrix, rows.num_rows)  # a later row holds what an earlier one is asked for
        value = asked.in_units(
            self._step.answers(said, rows=rows.num_rows, horizon=self._horizon, targets=self._targets)
        )
        quantiles = None if self._residuals is None else self._residuals.around(value, rows, self._schema)
        return forecast_answers(rows.column("id"), value, quantiles)
