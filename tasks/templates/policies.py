"""A tiny dispatching policy with random weights."""

from __future__ import annotations

import json

from ..scheduling.policies.policy_config import CONFIG_NAME, WEIGHTS_NAME, PolicyConfig
from .kinds import SEED, Made

__all__ = ["scheduling"]

_HIDDEN = (16,)


def scheduling() -> Made:
    """A perceptron that scores the operations waiting in a job shop."""
    import torch
    from safetensors.torch import save

    from ..scheduling.policies.network import DispatchPolicy

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        policy = DispatchPolicy(PolicyConfig(_HIDDEN, "non-delay", 1.0)).eval()
    weights = {name: value.contiguous() for name, value in policy.state_dict().items()}
    config = json.dumps(policy.config.as_json(), indent=1, sort_keys=True) + "\n"
    return Made({CONFIG_NAME: config.encode(), WEIGHTS_NAME: save(weights)}, {})
