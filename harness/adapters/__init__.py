"""Adapters: each turns batches of input rows into batches of prediction rows for one kind of checkpoint."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import NamedTuple

from ..errors import RegistryError
from .base import Adapter, LoadContext

__all__ = ["ADAPTERS", "Adapter", "AdapterEntry", "LoadContext", "import_adapter"]


class AdapterEntry(NamedTuple):
    """Where an adapter lives and what its folder must hold.

    Attributes:
        path: Dotted path ``module:class`` of the adapter.
        files: Names (patterns) of the files that must be there.
        accelerated: Whether it uses an accelerator where there is one.
        summary: One line for people.
    """

    path: str
    files: tuple[str, ...]
    accelerated: bool
    summary: str


_HERE = __name__
_TASKS = f"{__name__.split('.', maxsplit=1)[0]}.tasks"  # an area's own adapters, named here and imported by no one

ADAPTERS: Mapping[str, AdapterEntry] = {
    "dispatch-policy": AdapterEntry(
        f"{_TASKS}.scheduling.policies.dispatch_policy:DispatchPolicyAdapter",
        ("config.json", "model.safetensors"),
        True,
        "policy network that scores the operations waiting in a job shop; greedy or sampled",
    ),
    "endpoint": AdapterEntry(
        f"{_HERE}.endpoint:Endpoint",
        (),
        False,
        "model behind an OpenAI-compatible server, or one of Arrow batches, asked through a relay; unpinned, its "
        "results are those of a day",
    ),
    "onnx": AdapterEntry(
        f"{_HERE}.onnx_model:OnnxModel",
        ("model.onnx",),
        False,
        "ONNX model on series, static features or codes, also ahead, by fixed names of inputs and outputs",
    ),
    "skops": AdapterEntry(
        f"{_HERE}.skops_model:SkopsModel",
        (),
        False,
        "scikit-learn model in a skops file, on declared series features or text",
    ),
    "transformers-causal": AdapterEntry(
        f"{_HERE}.transformers_causal:TransformersCausal",
        ("config.json", "*.safetensors", "tokenizer.json"),
        True,
        "causal language model: goes on with messages, weighs or writes choices, quotes passages",
    ),
    "transformers-encoder": AdapterEntry(
        f"{_HERE}.transformers_encoder:TransformersEncoder",
        ("config.json", "*.safetensors", "tokenizer.json"),
        True,
        "encoder that marks passages, whose labels are the options of a choice, or that ranks; long texts in windows",
    ),
    "transformers-series": AdapterEntry(
        f"{_HERE}.transformers_series:TransformersSeries",
        ("config.json", "*.safetensors", "preprocessor_config.json"),
        True,
        "series checkpoints: a number, classes, or a score per step by PatchTST and PatchTSMixer; forecasts by these, "
        "TimeSeriesTransformer and TimesFM",
    ),
}
"""Adapters for submissions; ``builtin`` is not among them, since a builtin names its own class."""


def import_adapter(path: str) -> type[Adapter]:
    """The class behind a dotted path ``module:class``.

    Raises:
        RegistryError: There is no such module or class, or it is no adapter.
    """
    module, _, name = path.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as err:
        raise RegistryError(f"adapter {path!r} does not load: {err}") from err
    if not (isinstance(found, type) and issubclass(found, Adapter)):
        raise RegistryError(f"adapter {path!r} is not a class that extends Adapter")
    return found
