"""The suite's PatchTST networks: what their configs have in common, and a trained one as files."""

from __future__ import annotations

from typing import Any

from ..harness.adapters.series_config import CONFIG_NAME

__all__ = ["WEIGHTS_NAME", "architecture_of", "patchtst_config", "transformers_files"]

WEIGHTS_NAME = "model.safetensors"


def patchtst_config(
    *,
    channels: int,
    steps: int,
    patch: int,
    width: int,
    layers: int,
    dropout: float,
    heads: int = 4,
    stride: int | None = None,
    **more: Any,
) -> Any:
    """What the suite's PatchTST networks have in common, as a config of transformers.

    Args:
        channels: Of the input.
        steps: Of the context.
        patch: Steps per patch.
        width: Numbers per token.
        layers: Of the encoder.
        dropout: In the feed-forward part and before the head.
        heads: Of attention.
        stride: Steps from patch to patch; None: patches do not overlap.
        more: What a network has of its own.
    """
    import transformers

    return transformers.PatchTSTConfig(
        num_input_channels=channels,
        context_length=steps,
        patch_length=patch,
        patch_stride=patch if stride is None else stride,
        d_model=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        ffn_dim=2 * width,
        ff_dropout=dropout,
        head_dropout=dropout,
        positional_encoding_type="sincos",
        norm_type="batchnorm",
        do_mask_input=False,
        loss="mse",
        **more,
    )


def architecture_of(model: Any) -> str:
    """Such as ``PatchTST``, without what it was trained for."""
    return type(model).__name__.partition("For")[0]


def transformers_files(model: Any) -> dict[str, bytes]:
    """What ``save_pretrained`` would write."""
    from safetensors.torch import save

    model.config.architectures = [type(model).__name__]
    weights = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    return {CONFIG_NAME: model.config.to_json_string().encode(), WEIGHTS_NAME: save(weights, {"format": "pt"})}
