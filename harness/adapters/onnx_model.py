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
=========== ======================= ===================================================================================

Outputs: ``value`` ``[n]`` or ``[n, 1]`` for regression (times ``target_scale`` plus ``target_mean``, where there is a
preprocessing); ``probability`` ``[n, classes]`` for classification, the heads behind each other; ``score`` ``[n, t]``
for detection, where runs are asked about one by one and whole, with a free second axis.

Letters: n = rows, t = steps, c = channels the model takes, s = static features, k = codes.
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
from .base import Adapter, LoadContext
from .checkpoint_files import first_line
from .class_answers import Threshold, class_answers, parse_threshold
from .onnx_file import MODEL_NAME, GraphFace, read_face
from .row_arrays import flat_static, list_lengths
from .step_answers import step_answers
from .transformers_series import PREPROCESSOR_NAME, Preprocessing

__all__ = ["OnnxModel"]

_KNOWN = {"series": 3, "observed": 3, "static": 2, "codes": 2, "lengths": 1}
_ANSWERS = {"regression": "value", "classification": "probability", "detection": "score"}
_ROWS_AT_ONCE = 64  # always exactly so many, padded: a row's number does not depend on how batches were cut

Arrays = dict[str, npt.NDArray[Any]]


class OnnxModel(Adapter):
    """An ONNX model on one processor thread; see the module for the names of inputs and outputs."""

    revision = 1
    serves = frozenset(_ANSWERS)
    batch_rows = 512

    def __init__(
        self, session: Any, face: GraphFace, preprocessing: Preprocessing | None, context: LoadContext
    ) -> None:
        self._session, self._face, self._preprocessing = session, face, preprocessing
        self._schema, self._info = context.inputs_schema, table_info(context.inputs_schema)
        self._threshold: Threshold = parse_threshold(context.options)
        answers: dict[str, Callable[[pa.RecordBatch], pa.RecordBatch]] = {
            "regression": self._regression,
            "classification": self._classification,
            "detection": self._detection,
        }
        self._answer = answers[context.interface]

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
            preprocessing.places(context.inputs_schema)
            width, wanted = len(preprocessing.channels) + len(preprocessing.static), face.inputs["series"][2]
            if wanted is not None and wanted != width:
                raise SubmissionError(
                    f"SB107 {MODEL_NAME}: input 'series' has {wanted} channels, {PREPROCESSOR_NAME} names {width}"
                )
        if missing := [
            n for n in ("static", "codes") if n in face.inputs and not table_info(context.inputs_schema).get(n)
        ]:
            raise InterfaceError(f"{MODEL_NAME} has the input {missing[0]!r}, and this task gives none")
        return cls(_session(context.folder / MODEL_NAME), face, preprocessing, context)

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Returns ``value``, ``probability`` or ``score``, as the interface asks."""
        return self._answer(rows)

    def _regression(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        value = self._by_parts(rows, "value").reshape(rows.num_rows, -1)
        if value.shape[1:] != (1,):
            raise InterfaceError(f"output 'value' has {value.shape[1]} numbers per row, regression asks for one")
        scaled = value[:, 0]
        if self._preprocessing is not None:
            scaled = scaled * self._preprocessing.target_scale + self._preprocessing.target_mean
        return pa.record_batch([rows.column("id"), pa.array(scaled)], schema=get_interface("regression").answer)

    def _classification(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        heads = self._info["heads"]
        widths = [len(head["classes"]) for head in heads]
        said = self._by_parts(rows, "probability")
        if said.shape != (rows.num_rows, sum(widths)):
            raise InterfaceError(
                f"output 'probability' has shape {said.shape}, expected {(rows.num_rows, sum(widths))}: "
                f"the classes of {', '.join(head['name'] for head in heads)} behind each other"
            )
        return class_answers(rows, heads, np.split(said, np.cumsum(widths)[:-1], axis=1), self._threshold)

    def _detection(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        assert self._preprocessing is not None  # load made sure: a detector reads a series
        scores = []
        for row, steps in enumerate(rows.column("series").value_lengths().to_pylist()):
            one = rows.slice(row, 1)
            given = self._series(one, steps)
            score = self._run(given, "score").reshape(-1)
            if len(score) != steps:
                raise InterfaceError(f"output 'score' has {len(score)} numbers for {steps} steps")
            scores.append(score)
        return step_answers(rows, scores)

    def _by_parts(self, rows: pa.RecordBatch, output: str) -> npt.NDArray[np.float64]:
        given = self._arrays(rows)
        parts = []
        for first in range(0, rows.num_rows, _ROWS_AT_ONCE):
            part = {name: array[first : first + _ROWS_AT_ONCE] for name, array in given.items()}
            n = min(_ROWS_AT_ONCE, rows.num_rows - first)
            padded = {
                name: np.concatenate([array, np.repeat(array[-1:], _ROWS_AT_ONCE - n, axis=0)])
                for name, array in part.items()
            }
            said = self._run(padded, output)
            if said.ndim == 0 or len(said) != _ROWS_AT_ONCE:
                raise InterfaceError(f"output {output!r} has shape {said.shape} for {_ROWS_AT_ONCE} rows")
            parts.append(said[:n])
        return np.concatenate(parts) if parts else np.empty((0, 1))

    def _arrays(self, rows: pa.RecordBatch) -> Arrays:
        names = self._face.inputs
        given: Arrays = {}
        if "series" in names:
            given |= self._series(rows, names["series"][1] or int(self._info["history_max"]))
        if "static" in names:
            given["static"] = flat_static(rows, len(self._info["static"]), np.float32)
        if "codes" in names:
            given |= self._codes(rows, names["codes"][1])
        return {name: array for name, array in given.items() if name in names}

    def _series(self, rows: pa.RecordBatch, steps: int) -> Arrays:
        assert self._preprocessing is not None
        values, observed = self._preprocessing.apply(rows, self._schema, context_length=steps)
        lengths = np.minimum(list_lengths(rows.column("series")), steps)
        wanted = {"series": values, "observed": observed, "lengths": lengths}
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

    def _run(self, given: Arrays, output: str) -> npt.NDArray[np.float64]:
        try:
            (said,) = self._session.run([output], given)
        except Exception as err:  # the model's own graph can fail in any way
            shapes = ", ".join(f"{name} {array.shape}" for name, array in given.items())
            raise InterfaceError(f"{MODEL_NAME} does not run on {shapes}: {first_line(err)}") from err
        return np.asarray(said, np.float64)


def _parse_options(options: Mapping[str, Any]) -> None:
    if unknown := sorted(set(options) - {"threshold"}, key=str):
        raise SubmissionError(
            f"SB103 submission.yaml, field 'options': no such option {', '.join(map(repr, unknown))}; known: threshold"
        )
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
    if "observed" in face.inputs and "series" not in face.inputs:
        wrong.append("input 'observed' without 'series'")
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
