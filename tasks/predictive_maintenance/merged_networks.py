"""Several PatchTST networks of one config as a single one that answers their mean: an ordinary checkpoint.

The networks stand beside each other: tokens as wide as all of theirs together, weights of the layers block by block on
the diagonal and 0 elsewhere, so that none sees another; only the head looks at all of them. It works because attention
heads, normalisation by batch and feed-forward parts treat their numbers apart. What is averaged are outputs before the
sigmoid of ``output_range``.

Letters: d = numbers per token, k = networks, c = input channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

__all__ = ["merged"]

_HEAD = "head.projection."


def merged(networks: Sequence[Any]) -> Any:
    """One ``PatchTSTForRegression`` in evaluation mode whose output is the mean of the networks' outputs.

    Args:
        networks: At least one, all of one config, with ``norm_type`` batchnorm and mean pooling.
    """
    import copy

    import transformers

    k, first = len(networks), networks[0].config
    config = copy.deepcopy(first)
    config.d_model, config.ffn_dim = k * first.d_model, k * first.ffn_dim
    config.num_attention_heads = k * first.num_attention_heads
    one: Any = transformers.PatchTSTForRegression(config)
    parts = [network.state_dict() for network in networks]
    one.load_state_dict({name: _joined(name, [part[name] for part in parts], first) for name in parts[0]})
    return one.eval()


def _joined(name: str, tensors: Sequence[torch.Tensor], config: Any) -> torch.Tensor:
    """The tensor of a name in the merged network."""
    import torch

    k = len(tensors)
    if name == f"{_HEAD}weight":  # (targets, c * d) each, channel by channel
        by_channel = [one.reshape(len(one), config.num_input_channels, config.d_model) for one in tensors]
        return torch.cat(by_channel, dim=2).flatten(1) / k
    if name == f"{_HEAD}bias":
        return torch.stack(list(tensors)).mean(dim=0)
    if tensors[0].ndim == 0:  # how many batches were seen
        return tensors[0]
    if name.endswith("position_enc"):  # (patches, d) each
        return torch.cat(list(tensors), dim=1)
    if tensors[0].ndim == 2 and ".layers." in name:
        blocks: torch.Tensor = torch.block_diag(*tensors)  # type: ignore[no-untyped-call]
        return blocks
    return torch.cat(list(tensors))
