"""``config.json`` of a time-series checkpoint: which architectures are run, what each answers, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..errors import SubmissionError
from .series_preprocessing import PREPROCESSOR_NAME, Preprocessing

__all__ = ["ARCHITECTURES", "CONFIG_NAME", "Architecture", "check_config"]

CONFIG_NAME = "config.json"


class Architecture(NamedTuple):
    """How a model class of transformers is asked.

    Attributes:
        interface: That it serves.
        output: Name of what it returns that is read.
        mask: Name of the argument that says which readings are there; None: it takes none.
    """

    interface: str
    output: str
    mask: str | None


ARCHITECTURES: Mapping[str, Architecture] = {
    "PatchTSTForRegression": Architecture("regression", "regression_outputs", "past_observed_mask"),
    "PatchTSMixerForRegression": Architecture("regression", "regression_outputs", None),
    "PatchTSTForClassification": Architecture("classification", "prediction_logits", "past_observed_mask"),
    "PatchTSMixerForTimeSeriesClassification": Architecture("classification", "prediction_outputs", None),
    "PatchTSTForPrediction": Architecture("detection", "prediction_outputs", "past_observed_mask"),
    "PatchTSMixerForPrediction": Architecture("detection", "prediction_outputs", "observed_mask"),
}


def check_config(config: Mapping[str, Any], preprocessing: Preprocessing) -> str:
    """The architecture's class name, after what the adapter relies on was looked at.

    Raises:
        SubmissionError: The message lists all that is wrong, the code first.
    """
    wrong: list[str] = []
    named = config.get("architectures")
    known = isinstance(named, list) and len(named) == 1 and isinstance(named[0], str) and named[0] in ARCHITECTURES
    if not known:
        wrong.append(f"architectures is {named!r}, expected one of {', '.join(ARCHITECTURES)} in a list")
    interface = ARCHITECTURES[named[0]].interface if known and isinstance(named, list) else None
    width = len(preprocessing.channels) + len(preprocessing.static)
    if config.get("num_input_channels") != width:
        wrong.append(
            f"num_input_channels is {config.get('num_input_channels')!r}, but {PREPROCESSOR_NAME} names "
            f"{len(preprocessing.channels)} channels and {len(preprocessing.static)} static features"
        )
    targets = config.get("num_targets")
    if interface in ("regression", None) and targets != 1:
        wrong.append(f"num_targets is {targets!r}, expected 1")
    if interface == "classification" and not _is_count(targets):
        wrong.append(f"num_targets is {targets!r}, expected the number of classes of all heads together")
    if interface == "detection":
        wrong += _wrong_forecast(config)
    if config.get("loss", "mse") != "mse":
        wrong.append(f"loss is {config.get('loss')!r}, expected 'mse': heads that give a distribution are not served")
    if not isinstance(config.get("context_length"), int):
        wrong.append(f"context_length is {config.get('context_length')!r}, expected a number of steps")
    if "quantization_config" in config:
        wrong.append("quantization_config is not served; save the weights as floats")
    if wrong:
        raise SubmissionError(f"SB107 {CONFIG_NAME}: {'; '.join(wrong)}")
    target = (preprocessing.target_mean, preprocessing.target_scale)
    if interface != "regression" and target != (0.0, 1.0):
        raise SubmissionError(
            f"SB107 {PREPROCESSOR_NAME}: target_mean and target_scale are {target[0]:g} and {target[1]:g}, expected 0 "
            f"and 1: {interface} has no target in a unit"
        )
    return str(named[0]) if isinstance(named, list) else ""


def _wrong_forecast(config: Mapping[str, Any]) -> list[str]:
    wrong = []
    if not _is_count(config.get("prediction_length")):
        wrong.append(f"prediction_length is {config.get('prediction_length')!r}, expected at least 1 step")
    if config.get("prediction_channel_indices") is not None:
        wrong.append("prediction_channel_indices is not served: every channel is forecast; leave it out")
    if config.get("scaling") == "mean" and config.get("default_scale") is None:
        wrong.append(
            "scaling is 'mean' without default_scale: a channel without readings would be scaled by the other rows of "
            "its batch; set default_scale, or scaling to 'std' or null"
        )
    return wrong


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
