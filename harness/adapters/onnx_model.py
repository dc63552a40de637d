"""Runs ONNX models on rows of the numeric interfaces, by fixed names of inputs and outputs.

A folder holds ``model.onnx`` and, where the model reads a series, ``preprocessor_config.json`` as for
``transformers-series``: it says which channels and static features the model takes, and how they are scaled.

Inputs that a model may have, all with a free first axis n:

=========== ======================= ===================================================================================
series      float32 ``[n, t, c]``   the last t steps, scaled and padded on the left as the preprocessing says
observed    float32 ``[n, t, c]``   1 where a reading is there, else 0
static      float32 ``[n, s]``      all static features as they are
codes       int64 ``[n, k]``        codes, padded on the left with 0
lengths     int64 ``[n]``           how many codes there are, or steps of the series before padding
known       float32 ``[n, t+h, k]`` what is known in advance of each step and of h ahead, as ``ahead_fields`` says
clock       float32 ``[n, t+h, 3]`` their local time: ``CLOCK`` of ``forecast_clock``
=========== ======================= ===================================================================================

Where t (or k) is a number, every row is cut and padded to it. Where it is free, rows of one length are asked together,
at most the task's ``history_max`` steps of each: nothing is padded, and but for rounding a row's answer does not depend
on the rows beside it. (No codes are one code 0 of ``lengths`` 0.)

Outputs: ``value`` ``[n]`` or ``[n, 1]`` for regression and, if the model has it, ``quantiles`` ``[n, 9]``, of the
levels 0.1 to 0.9 (both times ``target_scale`` plus ``target_mean``, where there is a preprocessing); ``probability``
``[n, classes]`` for classification, the heads behind each other; ``score`` ``[n, t]`` for detection, where runs are
asked about one by one and whole, with a free second axis; for forecasting ``value`` ``[n, h, y]`` of the task's targets
in their order and, if the model has it, ``quantiles`` ``[n, h, y, 9]``, both times ``scale`` plus ``mean`` of the
target's channel (every target is among ``channels``; ``["*"]`` is all of them). A series of fixed length may not be
longer than the task's ``history_max``; of more steps ahead than are asked for the first are taken. A file
``residual_quantiles.json`` turns points into quantiles.

Letters: n = rows, t = steps, c = channels the model takes, s = static features, k = codes, or known quantities,
h = steps ahead, y = targets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..errors import InterfaceError, SubmissionError
from ..interfaces import QUANTILE_LEVELS, get_interface, table_info
from .asked_again import beyond_rounding, drawn_again
from .at_once import AtOnce, is_of_memory
from .base import Adapter, LoadContext
from .checkpoint_files import first_line, refuse_options
from .class_answers import Threshold, class_answers, parse_threshold
from .onnx_file import MODEL_NAME, GraphFace, read_face
from .onnx_forecast import OnnxForecast
from .residual_quantiles import ResidualQuantiles
from .row_arrays import flat_static, list_lengths
from .series_preprocessing import PREPROCESSOR_NAME, Preprocessing, ScaledRows
from .step_answers import step_answers

__all__ = ["OnnxModel"]

_KNOWN = {"series": 3, "observed": 3, "static": 2, "codes": 2, "lengths": 1, "known": 3, "clock": 3}
_ANSWERS = {"regression": "value", "classification": "probability", "detection": "score", "forecasting": "value"}
_AHEAD = ("known", "clock")
_ROWS_AT_ONCE = 64  # always exactly so many, padded: a row's number does not depend on how batches were cut
_ROWS_OF_ONE_LENGTH = 16  # the same where rows are asked by their length: few of a batch have one length

Arrays = dict[str, npt.NDArray[Any]]


class OnnxModel(Adapter):
    """An ONNX model on one processor thread; see the module for the names of inputs and outputs."""

    revision = 2
    serves = frozenset(_ANSWERS)
    batch_rows = 2_048  # of 30 lengths each still fills some blocks
    examined_apart = True

    def __init__(
        self,
        session: Any,
        face: GraphFace,
        preprocessing: Preprocessing | None,
        forecast: OnnxForecast | None,
        context: LoadContext,
    ) -> None:
        self._session, self._face, self._preprocessing, self._forecast = session, face, preprocessing, forecast
        self._schema, self._info = context.inputs_schema, table_info(context.inputs_schema)
        self._threshold: Threshold = parse_threshold(context.options)
        answers: dict[str, Callable[[pa.RecordBatch], pa.RecordBatch]] = {
            "regression": self._regression,
            "classification": self._classification,
            "detection": self._detection,
            "forecasting": self._forecasting,
        }
        self._answer = answers[context.interface]
        block = _ROWS_OF_ONE_LENGTH if self._free() else _ROWS_AT_ONCE
        if forecast is not None:  # a later row holds what an earlier one is asked for: none stands beside another
            block = 1
        self._at_once = AtOnce(block, "rows", "this machine")
        self._rng = np.random.default_rng()  # of no seed: no graph may know which rows are asked again

    @classmethod
    def examine_options(cls, options: Mapping[str, Any]) -> None:
        """Checks the options.

        Raises:
            SubmissionError: One is wrong; the message begins with the code.
        """
        _parse_options(options)

    @classmethod
    def examine(cls, folder: Path, options: Mapping[str, Any]) -> None:
        """Checks the options, the file and the names of its inputs; runs nothing.

        Raises:
            SubmissionError: One of them is wrong; the message begins with the code.
        """
        _parse_options(options)
        face = read_face(folder / MODEL_NAME)
        _check_inputs(face)
        if "series" in face.inputs:
            Preprocessing.read(folder)

    @classmethod
    def examine_by_loading(cls, folder: Path) -> None:
        """Has the runtime load the graph: constants that it computes then can be larger than any memory.

        Raises:
            SubmissionError: It does not load.
        """
        _session(folder / MODEL_NAME)

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Loads the model and makes sure that it fits the inputs.

        Raises:
            SubmissionError: A file or option is wrong; the message begins with the code.
            InterfaceError: The model wants inputs that the task does not have, or answers something else.
        """
        if context.folder is None:
            raise SubmissionError("SB101 adapter onnx reads its model from a submission folder, and there is none")
        _parse_options(context.options)
        face = read_face(context.folder / MODEL_NAME)
        _check_inputs(face)
        answer = _ANSWERS[context.interface]
        if answer not in face.outputs:
            raise InterfaceError(
                f"{MODEL_NAME} has the outputs {', '.join(face.outputs)}; {context.interface} asks for {answer!r}"
            )
        preprocessing = None
        if "series" in face.inputs:
            preprocessing = Preprocessing.read(context.folder)
            width, wanted = sum(map(len, preprocessing.places(context.inputs_schema))), face.inputs["series"][2]
            if wanted is not None and wanted != width:
                raise SubmissionError(
                    f"SB107 {MODEL_NAME}: input 'series' has {wanted} channels, {PREPROCESSOR_NAME} names {width}, "
                    "static features counted, which stand behind the channels"
                )
        forecasts, info = context.interface == "forecasting", table_info(context.inputs_schema)
        given = {"static": info.get("static"), "codes": info.get("codes"), "clock": forecasts, "known": forecasts}
        if missing := [name for name, there in given.items() if name in face.inputs and not there]:
            raise InterfaceError(f"{MODEL_NAME} has the input {missing[0]!r}, and this task gives none")
        forecast = None
        if forecasts:
            if preprocessing is None:
                raise InterfaceError(f"{MODEL_NAME} has no input 'series', which forecasting asks about")
            residuals = ResidualQuantiles.read(context.folder, adapter="onnx")
            forecast = OnnxForecast(face, preprocessing, residuals, context.inputs_schema)
        return cls(_session(context.folder / MODEL_NAME), face, preprocessing, forecast, context)

    def ways(self) -> Mapping[str, str]:
        """How many rows memory held at once, where it did not hold all that are asked together."""
        return self._at_once.told()

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Returns ``value``, ``probability`` or ``score``, as the interface asks."""
        return self._answer(rows)

    def _regression(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        with_quantiles = "quantiles" in self._face.outputs
        value, *more = self._by_parts(rows, ["value", "quantiles"] if with_quantiles else ["value"])
        for name, numbers, wanted in (("value", value, 1), *(("quantiles", one, len(QUANTILE_LEVELS)) for one in more)):
            if numbers.size != rows.num_rows * wanted:
                said = f"{numbers.size // max(1, rows.num_rows)} numbers per row, regression asks for {wanted}"
                raise InterfaceError(f"output {name!r} has {said}")
        schema = get_interface("regression").prediction_schemas()[int(with_quantiles)]
        columns = [pa.array(self._in_its_unit(one).ravel()) for one in (value, *more)]
        if more:
            columns[1] = pa.FixedSizeListArray.from_arrays(columns[1], type=schema.field("quantiles").type)
        return pa.record_batch([rows.column("id"), *columns], schema=schema)

    def _in_its_unit(self, scaled: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        if self._preprocessing is None:
            return scaled
        return scaled * self._preprocessing.target_scale + self._preprocessing.target_mean

    def _classification(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        heads = self._info["heads"]
        widths = [len(head["classes"]) for head in heads]
        (said,) = self._by_parts(rows, ["probability"])
        if said.shape != (rows.num_rows, sum(widths)):
            raise InterfaceError(
                f"output 'probability' has shape {said.shape}, expected {(rows.num_rows, sum(widths))}: "
                f"the classes of {', '.join(head['name'] for head in heads)} behind each other"
            )
        return class_answers(rows, heads, np.split(said, np.cumsum(widths)[:-1], axis=1), self._threshold)

    def _detection(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        assert self._preprocessing is not None  # load made sure: a detector reads a series
        scaled = self._preprocessing.scaled(rows, self._schema)
        scores = []
        for row, steps in enumerate(scaled.lengths.tolist()):
            score = self._run(self._series(scaled, np.array([row]), steps), ["score"])[0].reshape(-1)
            if len(score) != steps:
                raise InterfaceError(f"output 'score' has {len(score)} numbers for {steps} steps")
            scores.append(score)
        return step_answers(rows, scores)

    def _forecasting(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        assert self._forecast is not None  # load made it
        return self._forecast.answers(rows, self._by_parts(rows, self._forecast.outputs))

    def _by_parts(self, rows: pa.RecordBatch, outputs: list[str]) -> list[npt.NDArray[np.float64]]:
        """Each output for all rows, in their order.

        Raises:
            InterfaceError: Rows that are asked again beside others get another answer: the graph looks at its
                neighbours, and what stands there may tell what nobody should know.
        """
        found = self._each(rows, outputs)
        if self._forecast is not None:
            return found  # each was asked alone
        again = drawn_again(rows.num_rows, self._rng)
        if not len(again):
            return found
        beside_others = self._each(rows.take(pa.array(again)), outputs)
        for output, whole, second in zip(outputs, found, beside_others, strict=True):
            if (moved := beyond_rounding(whole[again], second, whole)) is not None:
                raise InterfaceError(
                    f"output {output!r} of row {rows.column('id')[int(again[moved.at])].as_py()!r} moves by "
                    f"{moved.by:.3g} where other rows stand beside it; a row's answer must follow from the row alone"
                )
        return found

    def _each(self, rows: pa.RecordBatch, outputs: list[str]) -> list[npt.NDArray[np.float64]]:
        found: dict[str, npt.NDArray[np.float64]] = {}
        for places, given in self._asked_together(rows):
            first = 0
            while first < len(places):
                block = self._at_once.size
                n = min(block, len(places) - first)
                part = np.minimum(np.arange(first, first + block), len(places) - 1)  # the last row again and again
                try:
                    answers = self._run({name: array[part] for name, array in given.items()}, outputs)
                except MemoryError as err:
                    self._at_once.less(err)
                    continue
                for output, said in zip(outputs, answers, strict=True):
                    if said.ndim == 0 or len(said) != block:
                        raise InterfaceError(f"output {output!r} has shape {said.shape} for {block} rows")
                    whole = found.setdefault(output, np.empty((rows.num_rows, *said.shape[1:])))
                    if said.shape[1:] != whole.shape[1:]:
                        shapes = f"{(block, *whole.shape[1:])} and {said.shape}"
                        raise InterfaceError(f"output {output!r} has shapes {shapes}")
                    whole[places[part[:n]]] = said[:n]
                first += n
        return [found.get(output, np.empty((0, 1))) for output in outputs]

    def _free(self) -> list[str]:
        """Which of the inputs ``series`` and ``codes`` take any number of steps."""
        return [name for name in ("series", "codes") if name in self._face.inputs and not self._face.inputs[name][1]]

    def _asked_together(self, rows: pa.RecordBatch) -> Iterator[tuple[npt.NDArray[np.int64], Arrays]]:
        """Places of rows whose inputs have the same shape, and these inputs."""
        names = self._face.inputs
        scaled = self._preprocessing.scaled(rows, self._schema) if self._preprocessing is not None else None
        static = flat_static(rows, len(self._info["static"]), np.float32) if "static" in names else None
        width = {"series": names["series"][1] or int(self._info["history_max"])} if "series" in names else {}
        ahead = self._forecast.beside(rows, before=width["series"]) if self._forecast is not None else {}
        codes = self._codes(rows, names["codes"][1]) if "codes" in names else {}
        width |= {"codes": codes["codes"].shape[1]} if codes else {}
        for places, steps in _of_one_length(rows, width, self._free()):
            given: Arrays = {}
            if scaled is not None:
                given |= self._series(scaled, places, steps["series"])
            if self._forecast is not None:
                last = -(steps["series"] + self._forecast.frame.horizon)
                given |= {name: array[places, last:] for name, array in ahead.items()}
            if static is not None:
                given["static"] = static[places]
            if codes:
                given |= {"codes": codes["codes"][places, -steps["codes"] :], "lengths": codes["lengths"][places]}
            yield places, {name: array for name, array in given.items() if name in names}

    def _series(self, scaled: ScaledRows, places: npt.NDArray[np.int64], steps: int) -> Arrays:
        values, observed = scaled.last(places, steps)
        wanted = {"series": values, "observed": observed, "lengths": np.minimum(scaled.lengths[places], steps)}
        return {name: array for name, array in wanted.items() if name in self._face.inputs}

    def _codes(self, rows: pa.RecordBatch, width: int | None) -> Arrays:
        lists = rows.column("codes")
        lengths = list_lengths(lists)
        wide = width or int(max(1, lengths.max(initial=0)))
        codes = np.zeros((rows.num_rows, wide), np.int64)
        for row, one in enumerate(lists.to_pylist()):
            if kept := one[-wide:]:
                codes[row, -len(kept) :] = kept
        return {"codes": codes, "lengths": np.minimum(lengths, wide)}

    def _run(self, given: Arrays, outputs: list[str]) -> list[npt.NDArray[np.float64]]:
        try:
            said = self._session.run(outputs, given)
        except Exception as err:  # the model's own graph can fail in any way
            if is_of_memory(err):
                raise MemoryError(first_line(err)) from err
            shapes = ", ".join(f"{name} {array.shape}" for name, array in given.items())
            raise InterfaceError(f"{MODEL_NAME} does not run on {shapes}: {first_line(err)}") from err
        return [np.asarray(one, np.float64) for one in said]


def _of_one_length(
    rows: pa.RecordBatch, width: Mapping[str, int], free: list[str]
) -> Iterator[tuple[npt.NDArray[np.int64], dict[str, int]]]:
    """Places of rows that have one length in every free column, and the steps of each column that they are asked with.

    Args:
        rows: What is asked.
        width: Columns with their steps; of a free one the most that a row is asked with.
        free: Columns whose rows are not padded.
    """
    if not free:
        yield np.arange(rows.num_rows), dict(width)
        return
    widths = np.stack([np.clip(list_lengths(rows.column(name)), 1, width[name]) for name in free], axis=1)  # (n, free)
    kinds, kind = np.unique(widths, axis=0, return_inverse=True)
    for number, steps in enumerate(kinds.tolist()):
        yield np.flatnonzero(kind.ravel() == number), dict(width) | dict(zip(free, steps, strict=True))


def _parse_options(options: Mapping[str, Any]) -> None:
    refuse_options(set(options) - {"threshold"}, known=["threshold"])
    parse_threshold(options)


def _check_inputs(face: GraphFace) -> None:
    wrong = []
    for name, shape in face.inputs.items():
        if name not in _KNOWN:
            wrong.append(f"input {name[:40]!r} is not one of {', '.join(_KNOWN)}")
        elif len(shape) != _KNOWN[name] or shape[0] is not None:
            wrong.append(f"input {name!r} has shape {list(shape)}, expected {_KNOWN[name]} axes, the first one free")
    if not {"series", "static", "codes"} & set(face.inputs):
        wrong.append("none of the inputs series, static and codes is there")
    for name in ("observed", *_AHEAD):
        if name in face.inputs and "series" not in face.inputs:
            wrong.append(f"input {name!r} without 'series'")
    if wrong:
        raise SubmissionError(f"SB107 {MODEL_NAME}: {'; '.join(wrong)}")


def _session(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # sums depend on how many threads share them
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except MemoryError:
        raise
    except Exception as err:  # a crafted file can make the runtime fail in any way
        raise SubmissionError(f"SB107 {MODEL_NAME}: does not load: {first_line(err)}") from err
