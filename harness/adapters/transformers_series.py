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

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..errors import SubmissionError
from ..interfaces import get_interface
from .base import Adapter, LoadContext
from .checkpoint_files import load_checkpoint, read_json, refuse_options
from .series_preprocessing import PREPROCESSOR_NAME, Preprocessing

__all__ = ["ARCHITECTURES", "CONFIG_NAME", "TransformersSeries"]

ARCHITECTURES = ("PatchTSTForRegression", "PatchTSMixerForRegression")
CONFIG_NAME = "config.json"
_NAME = "transformers-series"
_TAKES_MASK = frozenset({"PatchTSTForRegression"})
_ROWS_AT_ONCE = 64  # always exactly so many, padded: a row's number does not depend on how batches were cut

FloatArray = npt.NDArray[np.float32]


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
