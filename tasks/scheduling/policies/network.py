"""The policy network: a small perceptron that scores one candidate operation from its features, for shops of any size.

Its folder holds ``config.json`` and ``model.safetensors``, as ``save_pretrained`` writes them::

    {"architectures": ["DispatchPolicy"], "features": "shop-features/1", "hidden": [64, 64],
     "convention": "non-delay", "temperature": 1.0}

The weights are ``mean`` and ``scale`` (of the features), and ``layers.N.weight`` and ``layers.N.bias``. A score is the
last layer's one output; ReLU stands between the layers; features are ``(x - mean) / scale``, cut to -6..6.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Self, cast

import torch
from torch import nn

from ..simulator.features import FEATURES
from .policy_config import CONFIG_NAME, WEIGHTS_NAME, PolicyConfig, read_weights

__all__ = ["DispatchPolicy"]

_CUT = 6.0


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
        config = PolicyConfig.read(folder)
        policy = cls(config)
        policy.load_state_dict({name: torch.from_numpy(value) for name, value in read_weights(folder, config).items()})
        return policy.eval()
