"""Runs time-series checkpoints of transformers (PatchTST, PatchTSMixer, TimeSeriesTransformer, TimesFM) on series.

A folder holds ``config.json`` and ``model.safetensors`` as ``save_pretrained`` writes them, and
``preprocessor_config.json``, which says as data how a row becomes the model's input::

    {"schema": "series/1", "channels": ["flow", ...], "static": ["rated_power", ...],
     "mean": [...], "scale": [...], "target_mean": 62.7, "target_scale": 39.2, "padding": "left"}

``channels`` and ``static`` are names from the inputs' schema, in the order in which the model takes them; the model has
one input channel per name, a static feature being a channel that holds its value at every step. ``mean`` and ``scale``
have one number per name, channels first. The last ``context_length`` steps are read; readings become
``(x - mean) / scale``, missing ones 0 with an observed mask of 0; a shorter series is padded on the left with the
same. (PatchTSMixer's regression and classification take no mask: they see the zeros alone.) The context's length is the
architecture's: rows are padded to it, never to each other.

An optional ``units`` has the unit of each name, channels first: a task that gives a reading in another unit is refused.
An optional ``step_s`` is how many seconds readings are apart: a task of another step is refused. An optional
``regimes`` normalises readings by the operating regime of their step before ``mean`` and ``scale`` do; see ``regimes``
beside this module.

What is answered follows from the one name in ``architectures``:

- ``PatchTSTForRegression``, ``PatchTSMixerForRegression``: ``regression``. The answer is
  ``output * target_scale + target_mean``, not clipped.
- ``PatchTSTForClassification``, ``PatchTSMixerForTimeSeriesClassification``: ``classification``. ``num_targets`` is the
  number of classes of all heads; the logits are cut in the order of the task's heads and their classes. An exclusive
  head's become shares of 1 (softmax), an independent head's each a probability of its own (sigmoid). The option
  ``threshold`` is that of ``class_answers``.
- ``PatchTSTForPrediction``, ``PatchTSMixerForPrediction``: what is asked decides.
  ``detection`` (loss mse): each step of a run is forecast one step ahead from the ``context_length`` steps before it,
  padded as above where the run has just begun; the score is the forecast's error in that of the run's own normal part
  (``forecast_errors``), from which the task takes the threshold too. Nothing behind a step moves its score.
  ``forecasting`` (loss mse, or nll with ``distribution_output`` student_t or normal, whose quantiles are told).
- ``TimeSeriesTransformerForPrediction``: ``forecasting`` by draws, keyed by the run's seed and the row's id
  (``sampled_forecast``). ``calendar`` and ``known`` of the preprocessing are its time features and dynamic real
  features, in this order, ``items`` its one static category (``ahead_fields``, ``forecast_clock``).
- ``TimesFmModelForPrediction``, ``TimesFm2_5ModelForPrediction``: ``forecasting``, one series at a time.

For ``forecasting`` every target of the task is among ``channels``, and an answer is ``output * scale + mean`` of its
channel. A model of one channel is asked about each target by itself; its ``channels`` may be ``["*"]``, every target of
the task by one mean and scale. Steps are read as far back as the model says (``context_length``, and the longest lag of
a TimeSeriesTransformer): a task that gives fewer is refused, a task that asks further ahead than the model forecasts
too; of a longer forecast the first steps are taken. ``series_forecast`` says what becomes of missing readings. A file
``residual_quantiles.json`` turns the points of a head of loss mse into quantiles.

``target_mean`` and ``target_scale`` are 0 and 1 but for ``regression``.

Letters: n = rows, t = steps of the context, c = input channels of the model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..errors import InterfaceError, SubmissionError
from ..interfaces import get_interface, table_info
from .at_once import AtOnce
from .base import Adapter, LoadContext
from .checkpoint_files import load_checkpoint, read_json, refuse_options, refuse_packed
from .class_answers import Threshold, class_answers, parse_threshold, probabilities_of_logits
from .forecast_errors import contexts_before, error_scores
from .forecast_frame import ForecastFrame, refuse_history, refuse_horizon
from .residual_quantiles import RESIDUALS_NAME, ResidualQuantiles
from .sampled_forecast import SampleForecaster
from .series_config import ARCHITECTURES, CONFIG_NAME, check_config, check_config_for, history_steps, tells_quantiles
from .series_forecast import PatchForecaster, SeriesForecaster, TimesFmForecaster
from .series_preprocessing import Preprocessing
from .step_answers import step_answers

__all__ = ["TransformersSeries"]

_NAME = "transformers-series"
_ROWS_AT_ONCE = 64  # exactly so many, padded: a row's number does not depend on how batches were cut
_FORECASTERS: Mapping[str, type[SeriesForecaster]] = {
    "patches": PatchForecaster,
    "samples": SampleForecaster,
    "deciles": TimesFmForecaster,
}

FloatArray = npt.NDArray[np.float32]


class TransformersSeries(Adapter):
    """A series checkpoint; see the module for the files and what each architecture answers."""

    revision = 1
    serves = frozenset(interface for one in ARCHITECTURES.values() for interface in one.interfaces)
    batch_rows = 512
    dtypes = frozenset({"float32", "float16", "bfloat16"})

    def __init__(self, model: Any, preprocessing: Preprocessing, context: LoadContext) -> None:
        import torch

        self._model, self._preprocessing, self._schema = model, preprocessing, context.inputs_schema
        self._device, self._dtype = torch.device(context.device), getattr(torch, context.dtype)
        self._length = int(model.config.context_length)
        self._architecture = ARCHITECTURES[type(model).__name__]
        self._heads = table_info(context.inputs_schema).get("heads") or []
        self._threshold: Threshold = parse_threshold(context.options)
        self._at_once = AtOnce(_ROWS_AT_ONCE, "rows", context.device)
        answers: dict[str, Callable[[pa.RecordBatch], pa.RecordBatch]] = {
            "regression": self._regression,
            "classification": self._classification,
            "detection": self._detection,
        }
        if context.interface == "forecasting":
            forecaster = _FORECASTERS[self._architecture.family](model, preprocessing, context)
            answers["forecasting"], self._at_once = forecaster.answer, forecaster.at_once
        self._answer = answers[context.interface]

    @classmethod
    def examine(cls, folder: Path, options: Mapping[str, Any]) -> None:
        """Checks the options, the preprocessing and what of the config the adapter relies on.

        Raises:
            SubmissionError: One of them is wrong; the message begins with the code.
        """
        _read(folder, options)

    @classmethod
    def examine_for(cls, interface: str, folder: Path, options: Mapping[str, Any]) -> None:
        """Checks what one of the interfaces that an architecture serves asks for beyond the others.

        Raises:
            SubmissionError: The config does not hold it; the message begins with the code.
        """
        name, config, preprocessing = _read(folder, options)
        _check_for(interface, name, config, preprocessing, folder)

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Loads config, weights and preprocessing, and makes sure that every weight found its place.

        Raises:
            SubmissionError: A file is missing or wrong, or weights are missing, unexpected or of another shape; the
                message begins with the code and names them.
            InterfaceError: The architecture answers something else, the inputs lack a channel or static feature that
                the model reads, have another step, a shorter history or a longer horizon than it was made for, or the
                model has another number of classes than the task.
        """
        if context.folder is None:
            raise SubmissionError("SB101 transformers-series reads its model from a submission folder; there is none")
        name, config, preprocessing = _read(context.folder, context.options)
        preprocessing.places(context.inputs_schema)
        _check_fit(name, config, preprocessing, context)
        _check_for(context.interface, name, config, preprocessing, context.folder)
        import transformers

        # Eager: the same arithmetic on every device, and no kernel named by a config.
        model = load_checkpoint(getattr(transformers, name), context.folder, dtype=context.dtype, attention="eager")
        return cls(model.to(context.device).eval(), preprocessing, context)

    def ways(self) -> Mapping[str, str]:
        """How many rows memory held at once, where it did not hold all that are asked together."""
        return self._at_once.told()

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Returns ``value``, ``probability`` or ``score``; a row's does not depend on the rows beside it."""
        return self._answer(rows)

    def _regression(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        output = self._of_rows(rows, width=1)[:, 0]
        value = output * self._preprocessing.target_scale + self._preprocessing.target_mean
        return pa.record_batch(
            [rows.column("id"), pa.array(value, pa.float64())], schema=get_interface("regression").answer
        )

    def _classification(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        logits = self._of_rows(rows, width=sum(len(head["classes"]) for head in self._heads))
        return class_answers(rows, self._heads, probabilities_of_logits(logits, self._heads), self._threshold)

    def _detection(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        scaled = self._preprocessing.scaled(rows, self._schema)
        ends, normal = np.cumsum(scaled.lengths), rows.column("normal_steps").to_pylist()
        scores = []
        for end, steps, normal_steps in zip(ends, scaled.lengths, normal, strict=True):
            run = scaled.own[end - steps : end]  # (steps, c)
            forecast = self._one_step_ahead(run)
            score = error_scores(run.astype(np.float64), forecast, normal_steps=normal_steps, context=self._length)
            scores.append(score)
        return step_answers(rows, scores)

    def _one_step_ahead(self, run: FloatArray) -> npt.NDArray[np.float64]:
        """What the steps before each step promise of it, shape ``(steps, c)``."""
        contexts = contexts_before(run, self._length)  # (steps, t, c)
        return self._forward_all(lambda part: _masked(contexts[part]), len(run), width=run.shape[1])

    def _of_rows(self, rows: pa.RecordBatch, *, width: int) -> npt.NDArray[np.float64]:
        """What the model says of each row, shape ``(n, width)``."""
        values, observed = self._preprocessing.apply(rows, self._schema, context_length=self._length)  # (n, t, c) each
        return self._forward_all(lambda part: (values[part], observed[part]), len(values), width=width)

    def _forward_all(
        self, given: Callable[[slice], tuple[FloatArray, FloatArray]], n: int, *, width: int
    ) -> npt.NDArray[np.float64]:
        """What the model says, shape ``(n, width)``; ``given`` makes values and observed mask of some of the n."""
        outputs: list[npt.NDArray[np.float64]] = []
        first = 0
        while first < n:
            part = slice(first, min(first + self._at_once.size, n))
            try:
                outputs.append(self._forward(*given(part)))
            except Exception as err:  # raised again where it is not of memory
                self._at_once.less(err)
                continue
            first = part.stop
        return np.concatenate(outputs) if outputs else np.empty((0, width))

    def _forward(self, values: FloatArray, observed: FloatArray) -> npt.NDArray[np.float64]:
        import torch

        missing = ((0, self._at_once.size - len(values)), (0, 0), (0, 0))
        given = {"past_values": np.pad(values, missing)}
        if self._architecture.mask is not None:
            given[self._architecture.mask] = np.pad(observed, missing)
        tensors = {name: torch.from_numpy(array).to(self._device, self._dtype) for name, array in given.items()}
        with torch.inference_mode():
            output = getattr(self._model(**tensors), self._architecture.output)[: len(values)]
        if "detection" in self._architecture.interfaces:
            output = output[:, 0]  # the step ahead, (n, c)
        result: npt.NDArray[np.float64] = output.to("cpu", torch.float64).numpy()
        return result


def _masked(contexts: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Values, 0 where nothing was read, and observed mask."""
    observed = np.isfinite(contexts)
    return np.where(observed, contexts, np.float32(0.0)), observed.astype(np.float32)


def _read(folder: Path, options: Mapping[str, Any]) -> tuple[str, dict[str, Any], Preprocessing]:
    """Architecture, config and preprocessing, after they and the options were checked."""
    preprocessing = Preprocessing.read(folder)
    config = read_json(folder, CONFIG_NAME, adapter=_NAME)
    refuse_packed(folder, config)
    name = check_config(config, preprocessing)
    if "classification" in ARCHITECTURES[name].interfaces:
        refuse_options(set(options) - {"threshold"}, known=["threshold"])
        parse_threshold(options)
    else:
        refuse_options(options)
    return name, config, preprocessing


def _check_for(
    interface: str, name: str, config: Mapping[str, Any], preprocessing: Preprocessing, folder: Path
) -> None:
    check_config_for(interface, name, config, preprocessing)
    if interface == "forecasting" and ResidualQuantiles.read(folder, adapter=_NAME) and tells_quantiles(name, config):
        raise SubmissionError(
            f"SB107 {RESIDUALS_NAME}: {name} with this {CONFIG_NAME} tells quantiles itself; leave the file out"
        )


def _check_fit(name: str, config: Mapping[str, Any], preprocessing: Preprocessing, context: LoadContext) -> None:
    architecture, asked = ARCHITECTURES[name], context.interface
    if asked not in architecture.interfaces:
        fitting = [one for one, other in ARCHITECTURES.items() if asked in other.interfaces]
        raise InterfaceError(
            f"{CONFIG_NAME}: architectures is {name}, which answers {' and '.join(architecture.interfaces)}; "
            f"{asked} is answered by {' or '.join(fitting)}"
        )
    schema = context.inputs_schema
    if asked == "forecasting":
        ForecastFrame.of(preprocessing, schema)
        steps = history_steps(config, architecture)
        lags = "context_length and the longest lag" if steps != config["context_length"] else "context_length"
        refuse_history(steps, schema, told=f"{CONFIG_NAME}: {lags}")
        field = architecture.ahead_field
        refuse_horizon(config[field], schema, told=f"{CONFIG_NAME}: {field}")
    if asked == "classification":
        heads = table_info(schema)["heads"]
        classes = sum(len(head["classes"]) for head in heads)
        if config["num_targets"] != classes:
            each = ", ".join(f"{head['name']} {len(head['classes'])}" for head in heads)
            raise InterfaceError(
                f"{CONFIG_NAME}: num_targets is {config['num_targets']}, the heads of the task have {classes} classes: "
                f"{each}"
            )
