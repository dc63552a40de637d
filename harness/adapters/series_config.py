"""``config.json`` of a time-series checkpoint: which architectures are run, what each answers, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from ..errors import SubmissionError
from ..interfaces import QUANTILE_LEVELS
from .distribution_quantiles import PARAMETERS
from .series_preprocessing import EVERY_TARGET, PREPROCESSOR_NAME, Preprocessing

__all__ = [
    "ARCHITECTURES",
    "CONFIG_NAME",
    "Architecture",
    "check_config",
    "check_config_for",
    "history_steps",
    "tells_quantiles",
]

CONFIG_NAME = "config.json"


class Architecture(NamedTuple):
    """How a model class of transformers is asked.

    Attributes:
        interfaces: That it serves.
        output: Name of what it returns that is read.
        mask: Name of the argument that says which readings are there; None: it takes none.
        family: ``patches``: a whole context at once; ``samples``: draws of what comes, step by step; ``deciles``: one
            series in, its mean and deciles out.
    """

    interfaces: tuple[str, ...]
    output: str
    mask: str | None
    family: Literal["patches", "samples", "deciles"] = "patches"

    @property
    def width_field(self) -> str | None:
        """Of the config, how many channels the model takes; None: always one."""
        return {"patches": "num_input_channels", "samples": "input_size", "deciles": None}[self.family]

    @property
    def ahead_field(self) -> str:
        """Of the config, how many steps the model forecasts."""
        return "horizon_length" if self.family == "deciles" else "prediction_length"


_BOTH = ("detection", "forecasting")

ARCHITECTURES: Mapping[str, Architecture] = {
    "PatchTSTForRegression": Architecture(("regression",), "regression_outputs", "past_observed_mask"),
    "PatchTSMixerForRegression": Architecture(("regression",), "regression_outputs", None),
    "PatchTSTForClassification": Architecture(("classification",), "prediction_logits", "past_observed_mask"),
    "PatchTSMixerForTimeSeriesClassification": Architecture(("classification",), "prediction_outputs", None),
    "PatchTSTForPrediction": Architecture(_BOTH, "prediction_outputs", "past_observed_mask"),
    "PatchTSMixerForPrediction": Architecture(_BOTH, "prediction_outputs", "observed_mask"),
    "TimeSeriesTransformerForPrediction": Architecture(
        ("forecasting",), "sequences", "past_observed_mask", family="samples"
    ),
    "TimesFmModelForPrediction": Architecture(("forecasting",), "full_predictions", None, family="deciles"),
    "TimesFm2_5ModelForPrediction": Architecture(("forecasting",), "full_predictions", None, family="deciles"),
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
    architecture = ARCHITECTURES[named[0]] if known and isinstance(named, list) else None
    interfaces = architecture.interfaces if architecture else ()
    wrong += _wrong_width(config, architecture, preprocessing)
    targets = config.get("num_targets")
    if (architecture is None or "regression" in interfaces) and targets != 1:
        wrong.append(f"num_targets is {targets!r}, expected 1")
    if "classification" in interfaces and not _is_count(targets):
        wrong.append(f"num_targets is {targets!r}, expected the number of classes of all heads together")
    if architecture and "forecasting" in interfaces:
        wrong += _wrong_forecast(config, architecture, str(named[0]) if isinstance(named, list) else "")
        if architecture.family == "samples":
            wrong += _wrong_features(config, preprocessing)
        elif preprocessing.ahead != ((),) * 5:
            wrong.append(f"{PREPROCESSOR_NAME} names known, calendar or items, and this architecture reads none")
    elif config.get("loss", "mse") != "mse":
        wrong.append(f"loss is {config.get('loss')!r}, expected 'mse': heads that give a distribution are not served")
    if not isinstance(config.get("context_length"), int):
        wrong.append(f"context_length is {config.get('context_length')!r}, expected a number of steps")
    if wrong:
        raise SubmissionError(f"SB107 {CONFIG_NAME}: {'; '.join(wrong)}")
    target = (preprocessing.target_mean, preprocessing.target_scale)
    if "regression" not in interfaces and target != (0.0, 1.0):
        raise SubmissionError(
            f"SB107 {PREPROCESSOR_NAME}: target_mean and target_scale are {target[0]:g} and {target[1]:g}, expected 0 "
            f"and 1: {' and '.join(interfaces)} has no target besides the channels and heads"
        )
    return str(named[0]) if isinstance(named, list) else ""


def check_config_for(interface: str, name: str, config: Mapping[str, Any], preprocessing: Preprocessing) -> None:
    """Looks at what one interface of an architecture asks for beyond the others.

    Raises:
        SubmissionError: The message lists all that is wrong, the code first.
    """
    if interface != "detection" or "detection" not in ARCHITECTURES[name].interfaces:
        return
    wrong = []
    width = len(preprocessing.channels) + len(preprocessing.static)
    if config["num_input_channels"] != width:
        wrong.append(f"num_input_channels is {config['num_input_channels']}, {PREPROCESSOR_NAME} names {width}")
    if config.get("loss", "mse") != "mse":
        wrong.append(f"loss is {config['loss']!r}, expected 'mse': heads that give a distribution are not served here")
    if wrong:
        raise SubmissionError(f"SB107 {CONFIG_NAME}: {interface}: {'; '.join(wrong)}")


def history_steps(config: Mapping[str, Any], architecture: Architecture) -> int:
    """Steps before the origin that a checked model reads: its context and, of one with lags, the longest before it."""
    lags = config.get("lags_sequence", [1, 2, 3, 4, 5, 6, 7]) if architecture.family == "samples" else [0]
    return int(config["context_length"]) + max(lags)


def tells_quantiles(name: str, config: Mapping[str, Any]) -> bool:
    """Whether a model that forecasts says more than points by itself."""
    return ARCHITECTURES[name].family != "patches" or config.get("loss", "mse") == "nll"


def _wrong_width(
    config: Mapping[str, Any], architecture: Architecture | None, preprocessing: Preprocessing
) -> list[str]:
    width = len(preprocessing.channels) + len(preprocessing.static)
    field = architecture.width_field if architecture else "num_input_channels"
    if field is None:
        return []
    got = config.get(field, 1 if field == "input_size" else None)
    alone = architecture is not None and "forecasting" in architecture.interfaces and not preprocessing.static
    if got == width or (alone and got == 1 and not isinstance(got, bool)):
        return []
    if preprocessing.channels == (EVERY_TARGET,):
        return [f"{field} is {got!r}, expected 1: {PREPROCESSOR_NAME} has each target asked by itself"]
    return [
        f"{field} is {got!r}, but {PREPROCESSOR_NAME} names {len(preprocessing.channels)} channels and "
        f"{len(preprocessing.static)} static features"
    ]


def _wrong_forecast(config: Mapping[str, Any], architecture: Architecture, name: str) -> list[str]:
    wrong = []
    steps = config.get(architecture.ahead_field)
    if not _is_count(steps):
        wrong.append(f"{architecture.ahead_field} is {steps!r}, expected at least 1 step")
    if architecture.family == "deciles":
        patch, context = config.get("patch_length", 32), config.get("context_length")
        if not _is_count(patch) or (isinstance(context, int) and context % patch):
            wrong.append(f"context_length is {context!r}, expected a multiple of patch_length {patch!r}")
        given = config.get("quantiles", QUANTILE_LEVELS)
        if not isinstance(given, Sequence) or tuple(given) != QUANTILE_LEVELS:
            wrong.append(f"quantiles is {given!r:.80}, expected {', '.join(map(str, QUANTILE_LEVELS))}")
        return wrong
    if config.get("prediction_channel_indices") is not None:
        wrong.append("prediction_channel_indices is not served: every channel is forecast; leave it out")
    means = ("mean", True) if name == "PatchTSTForPrediction" else ("mean",)
    if architecture.family == "patches" and config.get("scaling") in means and config.get("default_scale") is None:
        wrong.append(
            f"scaling is {config['scaling']!r} without default_scale: a channel without readings would be scaled by "
            "the other rows of its batch; set default_scale, or scaling to 'std' or null"
        )
    losses = ("nll",) if architecture.family == "samples" else ("mse", "nll")
    loss = config.get("loss", losses[0])
    if loss not in losses:
        wrong.append(f"loss is {loss!r}, expected {' or '.join(map(repr, losses))}")
    head = config.get("distribution_output", "student_t")
    if loss == "nll" and head not in PARAMETERS:
        wrong.append(f"distribution_output is {head!r}, expected {' or '.join(map(repr, PARAMETERS))}")
    if loss == "nll" and architecture.family == "patches" and steps == 1:
        wrong.append("prediction_length is 1, expected more: transformers' heads of a distribution fail on one step")
    return wrong


def _wrong_features(config: Mapping[str, Any], preprocessing: Preprocessing) -> list[str]:
    """What of a TimeSeriesTransformer's features is not what the preprocessing gives it."""
    ahead = preprocessing.ahead
    wrong = []
    for field, names, what in (
        ("num_time_features", ahead.calendar, "calendar"),
        ("num_dynamic_real_features", ahead.known, "known"),
    ):
        if config.get(field, 0) != len(names):
            wrong.append(f"{field} is {config.get(field, 0)!r}, but {PREPROCESSOR_NAME} has {len(names)} in {what}")
    if config.get("num_static_real_features", 0) != 0:
        wrong.append("num_static_real_features is not 0: items have none")
    categories = config.get("num_static_categorical_features", 0)
    if categories not in (0, 1) or bool(categories) != bool(ahead.items):
        wrong.append(
            f"num_static_categorical_features is {categories!r}, expected 1 where {PREPROCESSOR_NAME} names items and "
            f"0 where not; it names {len(ahead.items)}"
        )
    elif categories:
        cardinality = config.get("cardinality")
        if not isinstance(cardinality, list) or len(cardinality) != 1 or cardinality[0] < len(ahead.items):
            wrong.append(f"cardinality is {cardinality!r}, expected one number, at least {len(ahead.items)}: the items")
    lags = config.get("lags_sequence", [1])
    if not isinstance(lags, list) or not lags or not all(map(_is_count, lags)):
        wrong.append(f"lags_sequence is {lags!r:.80}, expected a list of at least one number of steps, each 1 or more")
    samples = config.get("num_parallel_samples", 100)
    if not _is_count(samples):
        wrong.append(f"num_parallel_samples is {samples!r}, expected at least 1")
    return wrong


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
