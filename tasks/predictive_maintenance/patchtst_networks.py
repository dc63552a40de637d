"""What the area's PatchTST networks have in common."""

from __future__ import annotations

from typing import Any

__all__ = ["patchtst_config"]


def patchtst_config(
    *, channels: int, steps: int, patch: int, width: int, layers: int, dropout: float, heads: int = 4, **more: Any
) -> Any:
    """What the area's PatchTST networks have in common, as a config of transformers.

    Args:
        channels: Of the input.
        steps: Of the context.
        patch: Steps per patch, without overlap.
        width: Numbers per token.
        layers: Of the encoder.
        dropout: In the feed-forward part and before the head.
        heads: Of attention.
        more: What a network has of its own.
    """
    import transformers

    return transformers.PatchTSTConfig(
        num_input_channels=channels,
        context_length=steps,
        patch_length=patch,
        patch_stride=patch,
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
