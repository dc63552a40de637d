"""The policy network: a small perceptron that scores one candidate operation from its features, for shops of any size.

Its folder holds ``config.json`` and ``model.safetensors``, as ``save_pretrained`` writes them::

    {"architectures": ["DispatchPolicy"], "features": "shop-features/1", "hidden": [64, 64],
     "convention": "non-delay", "temperature": 1.0}

The weights are ``mean`` and ``scale`` (of the features), and ``layers.N.weight`` and ``layers.N.bias``. A score is the
last layer's one output; ReLU stands between the layers; features are ``(x - mean) / scale``, cut to -6..6.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Self, cast

import torch
from torch import nn

from ....harness.errors import SubmissionError
from ..simulator.batch import CONVENTIONS, Convention
from ..simulator.features import FEATURE_SET, FEATURES

__all__ = ["CONFIG_NAME", "WEIGHTS_NAME", "DispatchPolicy", "PolicyConfig"]

CONFIG_NAME, WEIGHTS_NAME = "config.json", "model.safetensors"
ARCHITECTURE = "DispatchPolicy"
_CUT = 6.0
_WIDEST, _DEEPEST = 4096, 16
_CONFIG_BYTES = 1 << 20


@dataclass(frozen=True)
class PolicyConfig:
    """``config.json``: what the network is and how its scores make schedules.

    Attributes:
        hidden: Widths of the hidden layers.
        convention: How a chosen operation gets its start, one of ``CONVENTIONS``.
        temperature: What scores are divided by before candidates are drawn; greedy choices do not depend on it.
    """

    hidden: tuple[int, ...]
    convention: Convention
    temperature: float

    def as_json(self) -> dict[str, Any]:
        """What ``config.json`` holds."""
        return {"architectures": [ARCHITECTURE], "features": FEATURE_SET} | asdict(self)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Reads and checks ``config.json``.

        Raises:
            SubmissionError: It is missing, no JSON, or holds wrong fields; the message lists all of them.
        """
        path = folder / CONFIG_NAME
        try:
            if path.stat().st_size > _CONFIG_BYTES:
                raise SubmissionError(f"SB107 {CONFIG_NAME}: more than {_CONFIG_BYTES:,} bytes")
            raw = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as err:
            raise SubmissionError(f"SB107 {CONFIG_NAME}: cannot be read as JSON ({err})") from err
        wrong = _wrong_fields(raw) if isinstance(raw, dict) else [f"holds a {type(raw).__name__}, expected fields"]
        if wrong:
            raise SubmissionError(f"SB107 {CONFIG_NAME}: {'; '.join(wrong)}")
        return cls(tuple(raw["hidden"]), raw["convention"], float(raw["temperature"]))


def _wrong_fields(raw: Mapping[str, Any]) -> list[str]:
    known = ("architectures", "features", "hidden", "convention", "temperature")
    wrong = [f"no such field {name!r}" for name in sorted(set(raw) - set(known))]
    for name, only in (("architectures", [ARCHITECTURE]), ("features", FEATURE_SET)):
        if raw.get(name) != only:
            wrong.append(f"{name} is {raw.get(name)!r:.80}, expected {only!r}")
    hidden = raw.get("hidden")
    whole = isinstance(hidden, list) and all(type(width) is int and 0 < width <= _WIDEST for width in hidden)
    if not whole or not 1 <= len(hidden or []) <= _DEEPEST:
        wrong.append(f"hidden is {hidden!r:.80}, expected 1 to {_DEEPEST} widths from 1 to {_WIDEST}")
    if raw.get("convention") not in CONVENTIONS:
        wrong.append(f"convention is {raw.get('convention')!r:.80}, expected {' or '.join(CONVENTIONS)}")
    temperature = raw.get("temperature")
    number = isinstance(temperature, int | float) and not isinstance(temperature, bool)
    if not number or not math.isfinite(temperature or 0) or not 1e-3 <= float(temperature or 0) <= 1e3:
        wrong.append(f"temperature is {temperature!r:.80}, expected a number from 0.001 to 1000")
    return wrong


class DispatchPolicy(nn.Module):
    """Scores candidates: features of shape ``(..., f)`` to scores of shape ``(...)``."""

    def __init__(self, config: PolicyConfig) -> None:
        super().__init__()
        self.config = config
        widths = (len(FEATURES), *config.hidden, 1)
        self.mean = nn.Buffer(torch.zeros(len(FEATURES)))
        self.scale = nn.Buffer(torch.ones(len(FEATURES)))
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Scores, higher is better."""
        first, *others = cast("list[nn.Linear]", list(self.layers))
        x: torch.Tensor = ((features - self.mean) / self.scale).clamp(-_CUT, _CUT)
        x = first(x.to(first.weight.dtype))
        for layer in others:
            x = layer(torch.relu(x))
        return x.squeeze(-1)

    def save_pretrained(self, folder: Path) -> None:
        """Writes ``config.json`` and ``model.safetensors``."""
        from safetensors.torch import save_file

        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.config.as_json(), indent=1, sort_keys=True)
        (folder / CONFIG_NAME).write_text(text + "\n", encoding="utf-8")
        save_file({name: value.contiguous() for name, value in self.state_dict().items()}, folder / WEIGHTS_NAME)

    @classmethod
    def from_pretrained(cls, folder: Path) -> Self:
        """Reads what ``save_pretrained`` wrote; evaluation mode.

        Raises:
            SubmissionError: The files do not make this network; the message names every weight that is wrong.
        """
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        policy = cls(PolicyConfig.read(folder))
        try:
            given = load_file(folder / WEIGHTS_NAME)
        except (OSError, SafetensorError) as err:
            raise SubmissionError(f"SB107 {WEIGHTS_NAME}: cannot be read as safetensors ({err})") from err
        wanted = policy.state_dict()
        wrong = [f"{name!r} is missing" for name in sorted(set(wanted) - set(given))]
        wrong += [f"{name!r} belongs to no layer" for name in sorted(set(given) - set(wanted))]
        for name in sorted(set(wanted) & set(given)):
            value, expected = given[name], tuple(wanted[name].shape)
            if tuple(value.shape) != expected:
                wrong.append(f"{name!r} has the shape {tuple(value.shape)}, expected {expected}")
            elif not value.is_floating_point():
                wrong.append(f"{name!r} holds {value.dtype}, expected floating point")
            elif not bool(torch.isfinite(value).all()):
                wrong.append(f"{name!r} holds values that are not finite")
            elif name == "scale" and not bool((value > 0).all()):
                wrong.append("'scale' holds a number that is not above 0")
        if wrong:
            raise SubmissionError(f"SB107 {WEIGHTS_NAME}: {'; '.join(wrong)}")
        policy.load_state_dict(given)
        return policy.eval()
