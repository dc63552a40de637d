"""Runs time-series checkpoints of transformers (PatchTST, PatchTSMixer) on rows of ``regression``.

A folder holds ``config.json`` and ``model.safetensors`` as ``save_pretrained`` writes them, and
``preprocessor_config.json``, which says as data how a row becomes the model's input::

    {"schema": "series/1", "channels": ["flow", ...], "static": ["rated_power", ...],
     "mean": [...], "scale": [...], "target_mean": 62.7, "target_scale": 39.2, "padding": "left"}

``channels`` and ``static`` are names from the inputs' schema, in the order in which the model takes them; the model has
one input channel per name, a static feature being a channel that holds its value at every step. ``mean`` and ``scale``
have one number per name, channels first. The last ``context_length`` steps are read; readings become
``(x - mean) / scale``, missing ones 0 with ``past_observed_mask`` 0; a shorter series is padded on the left with the
same. (PatchTSMixer's regression takes no mask: it sees the zeros alone.) The answer is
``output * target_scale + target_mean``, not clipped.

An optional ``regimes`` normalises readings by the operating regime of their step before ``mean`` and ``scale`` do; see
``regimes`` beside this module.

Letters: n = rows, t = steps of the context, c = input channels of the model.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..errors import InterfaceError, SubmissionError, nearest_names
from ..interfaces import get_interface, table_info
from .base import Adapter, LoadContext
from .checkpoint_files import load_checkpoint, read_json, refuse_options
from .regimes import Regimes, parse_regimes
from .row_arrays import flat_series, flat_static

__all__ = ["ARCHITECTURES", "CONFIG_NAME", "PREPROCESSOR_NAME", "Preprocessing", "TransformersSeries"]

ARCHITECTURES = ("PatchTSTForRegression", "PatchTSMixerForRegression")
CONFIG_NAME, PREPROCESSOR_NAME = "config.json", "preprocessor_config.json"
_NAME = "transformers-series"
_SCHEMA = "series/1"
_TAKES_MASK = frozenset({"PatchTSTForRegression"})
_ROWS_AT_ONCE = 64  # always exactly so many, padded: a row's number does not depend on how batches were cut

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Preprocessing:
    """``preprocessor_config.json``: how rows become a model's input, and its output the target.

    Attributes:
        channels: Names of the series' channels that the model reads, in its order.
        static: Names of the static features that follow them.
        mean: Subtracted from each, channels first.
        scale: What each is divided by, > 0.
        target_mean: Added to the output, in the target's unit.
        target_scale: What the output is multiplied with before, > 0, in the target's unit.
        regimes: Normalise readings by the regime of their step, before ``mean`` and ``scale``; None: there are none.
    """

    channels: tuple[str, ...]
    static: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    target_mean: float
    target_scale: float
    regimes: Regimes | None = None

    def as_json(self) -> dict[str, Any]:
        """What ``preprocessor_config.json`` holds."""
        optional = {} if self.regimes is None else {"regimes": self.regimes.as_json()}
        return {
            "schema": _SCHEMA,
            "channels": list(self.channels),
            "static": list(self.static),
            "mean": list(self.mean),
            "scale": list(self.scale),
            "target_mean": self.target_mean,
            "target_scale": self.target_scale,
            "padding": "left",
        } | optional

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Reads and checks the file in a submission folder.

        Raises:
            SubmissionError: It is missing, no JSON, or holds wrong fields; the message lists all of them.
        """
        raw = read_json(folder, PREPROCESSOR_NAME, adapter=_NAME)
        wrong: list[str] = []
        known = ("schema", "channels", "static", "mean", "scale", "target_mean", "target_scale", "padding")
        wrong += [f"no such field {name!r}" for name in sorted(set(raw) - {*known, "regimes"})]
        for name, only in (("schema", _SCHEMA), ("padding", "left")):
            if raw.get(name) != only:
                wrong.append(f"{name} is {raw.get(name)!r}, expected {only!r}")
        names = {}
        for field in ("channels", "static"):
            given = raw.get(field)
            if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
                wrong.append(f"{field} is {given!r:.80}, expected a list of names")
            elif len(set(given)) != len(given):
                wrong.append(f"{field} names something twice: {given}")
            else:
                names[field] = tuple(given)
        width = sum(map(len, names.values()))
        if len(names) == 2 and not names["channels"]:
            wrong.append("channels is empty, expected at least one name")
        for field in ("mean", "scale"):
            given = raw.get(field)
            if not isinstance(given, list) or not all(_is_number(one) for one in given):
                wrong.append(f"{field} is {given!r:.80}, expected a list of finite numbers")
            elif len(names) == 2 and len(given) != width:
                wrong.append(f"{field} has {len(given)} numbers, expected {width}: one per channel, then per static")
            elif field == "scale" and any(one <= 0 for one in given):
                wrong.append("scale holds a number that is not above 0")
        for field in ("target_mean", "target_scale"):
            if not _is_number(raw.get(field)):
                wrong.append(f"{field} is {raw.get(field)!r}, expected a finite number")
        if _is_number(raw.get("target_scale")) and raw["target_scale"] <= 0:
            wrong.append(f"target_scale is {raw['target_scale']}, expected a number above 0")
        regimes, wrong_regimes = (None, []) if raw.get("regimes") is None else parse_regimes(raw["regimes"])
        wrong += wrong_regimes
        if wrong:
            raise SubmissionError(f"SB107 {PREPROCESSOR_NAME}: {'; '.join(wrong)}")
        return cls(
            channels=names["channels"],
            static=names["static"],
            mean=tuple(map(float, raw["mean"])),
            scale=tuple(map(float, raw["scale"])),
            target_mean=float(raw["target_mean"]),
            target_scale=float(raw["target_scale"]),
            regimes=regimes,
        )

    def places(self, schema: pa.Schema) -> tuple[list[int], list[int]]:
        """Where the named channels and static features stand in inputs of this schema.

        Raises:
            InterfaceError: A name is not among them; the message gives near matches and what there is.
        """
        info = table_info(schema)
        wrong: list[str] = []
        found: list[list[int]] = []
        for what, wanted in (("channels", self.channels), ("static", self.static)):
            offered = [q["name"] for q in info.get(what, [])]
            of_regimes = self.regimes.missing(offered) if self.regimes and what == "channels" else []
            for name in dict.fromkeys([*(one for one in wanted if one not in offered), *of_regimes]):
                near = nearest_names(name, offered)
                hint = f"did you mean {', '.join(near)}? " if near else ""
                wrong.append(f"{what} {name!r}: {hint}the task offers {', '.join(offered) or 'none'}")
            found.append([offered.index(name) for name in wanted if name in offered])
        if wrong:
            raise InterfaceError(f"{PREPROCESSOR_NAME} names what these inputs lack: {'; '.join(wrong)}")
        return found[0], found[1]

    def apply(
        self, rows: pa.RecordBatch | pa.Table, schema: pa.Schema, *, context_length: int
    ) -> tuple[FloatArray, FloatArray]:
        """Values and observed mask of rows, each of shape ``(n, t, c)``.

        Args:
            rows: Columns ``series`` and ``static`` of the interface ``regression``.
            schema: Schema of the input table, with its metadata.
            context_length: Steps that the model reads.

        Raises:
            InterfaceError: A named channel or feature is missing.
        """
        channels, static = self.places(schema)
        info = table_info(schema)
        series, lengths = flat_series(rows, len(info["channels"]), np.float32)  # (steps, channels), (n,)
        if self.regimes is not None:
            series = self.regimes.normalise(series, [q["name"] for q in info["channels"]])
        features = flat_static(rows, len(info.get("static") or ()), np.float32)  # (n, static)
        back = np.arange(-context_length, 0)  # (t,)
        there = back >= -lengths[:, None]  # (n, t)
        step = np.where(there, np.cumsum(lengths)[:, None] + back, 0)
        readings = np.full((*step.shape, len(channels)), np.nan, np.float32)
        readings[there] = series[step[there]][:, channels]
        constant = np.repeat(features[:, None, static], context_length, axis=1)  # (n, t, static)
        values = np.concatenate([readings, constant], axis=2)  # (n, t, c)
        values = (values - np.array(self.mean, np.float32)) / np.array(self.scale, np.float32)
        observed = np.isfinite(values)
        return np.where(observed, values, np.float32(0.0)), observed.astype(np.float32)


class TransformersSeries(Adapter):
    """A PatchTST or PatchTSMixer regression checkpoint; see the module for the files and the preprocessing."""

    revision = 1
    serves = frozenset({"regression"})
    batch_rows = 512
    dtypes = frozenset({"float32", "float16", "bfloat16"})

    def __init__(self, model: Any, preprocessing: Preprocessing, context: LoadContext) -> None:
        import torch

        self._model, self._preprocessing, self._schema = model, preprocessing, context.inputs_schema
        self._device, self._dtype = torch.device(context.device), getattr(torch, context.dtype)
        self._length = int(model.config.context_length)
        self._takes_mask = type(model).__name__ in _TAKES_MASK

    @classmethod
    def examine(cls, folder: Path, options: Mapping[str, Any]) -> None:
        """Checks the options, the preprocessing and what of the config the adapter relies on.

        Raises:
            SubmissionError: One of them is wrong; the message begins with the code.
        """
        refuse_options(options)
        _check_config(read_json(folder, CONFIG_NAME, adapter=_NAME), Preprocessing.read(folder))

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Loads config, weights and preprocessing, and makes sure that every weight found its place.

        Raises:
            SubmissionError: A file is missing or wrong, or weights are missing, unexpected or of another shape; the
                message begins with the code and names them.
            InterfaceError: The inputs lack a channel or static feature that the model reads.
        """
        if context.folder is None:
            raise SubmissionError("SB101 transformers-series reads its model from a submission folder; there is none")
        refuse_options(context.options)
        preprocessing = Preprocessing.read(context.folder)
        architecture = _check_config(read_json(context.folder, CONFIG_NAME, adapter=_NAME), preprocessing)
        preprocessing.places(context.inputs_schema)
        import transformers

        # Eager: the same arithmetic on every device, and no kernel named by a config.
        architecture_class = getattr(transformers, architecture)
        model = load_checkpoint(architecture_class, context.folder, dtype=context.dtype, attention="eager")
        return cls(model.to(context.device).eval(), preprocessing, context)

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Returns ``value``, shape ``(n,)``, in the target's unit; a row's does not depend on the rows beside it."""
        prepare = self._preprocessing.apply
        values, observed = prepare(rows, self._schema, context_length=self._length)  # (n, t, c) each
        outputs = [
            self._forward(values[first : first + _ROWS_AT_ONCE], observed[first : first + _ROWS_AT_ONCE])
            for first in range(0, len(values), _ROWS_AT_ONCE)
        ]
        output = np.concatenate(outputs) if outputs else np.empty(0)
        value = output * self._preprocessing.target_scale + self._preprocessing.target_mean
        return pa.record_batch(
            [rows.column("id"), pa.array(value, pa.float64())], schema=get_interface("regression").answer
        )

    def _forward(self, values: FloatArray, observed: FloatArray) -> npt.NDArray[np.float64]:
        import torch

        missing = ((0, _ROWS_AT_ONCE - len(values)), (0, 0), (0, 0))
        given = {"past_values": np.pad(values, missing)}
        if self._takes_mask:
            given["past_observed_mask"] = np.pad(observed, missing)
        tensors = {name: torch.from_numpy(array).to(self._device, self._dtype) for name, array in given.items()}
        with torch.inference_mode():
            output = self._model(**tensors).regression_outputs[: len(values), 0]  # (n,)
        result: npt.NDArray[np.float64] = output.to("cpu", torch.float64).numpy()
        return result


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _check_config(config: Mapping[str, Any], preprocessing: Preprocessing) -> str:
    """The architecture's class name, after what the adapter relies on was looked at."""
    wrong: list[str] = []
    named = config.get("architectures")
    if not isinstance(named, list) or len(named) != 1 or named[0] not in ARCHITECTURES:
        wrong.append(f"architectures is {named!r}, expected one of {', '.join(ARCHITECTURES)} in a list")
    width = len(preprocessing.channels) + len(preprocessing.static)
    if config.get("num_input_channels") != width:
        wrong.append(
            f"num_input_channels is {config.get('num_input_channels')!r}, but {PREPROCESSOR_NAME} names "
            f"{len(preprocessing.channels)} channels and {len(preprocessing.static)} static features"
        )
    if config.get("num_targets") != 1:
        wrong.append(f"num_targets is {config.get('num_targets')!r}, expected 1")
    if config.get("loss", "mse") != "mse":
        wrong.append(f"loss is {config.get('loss')!r}, expected 'mse': heads that give a distribution are not served")
    if not isinstance(config.get("context_length"), int):
        wrong.append(f"context_length is {config.get('context_length')!r}, expected a number of steps")
    if "quantization_config" in config:
        wrong.append("quantization_config is not served; save the weights as floats")
    if wrong:
        raise SubmissionError(f"SB107 {CONFIG_NAME}: {'; '.join(wrong)}")
    return str(config["architectures"][0])
