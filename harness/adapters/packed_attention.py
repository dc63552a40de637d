"""Reading of packs: who can, their masks, the half that nobody sees, what nobody asks for, activations in one kernel.

A pack begins with a plain text, in which every token sees all before it, and goes on with parts that see some of what
stands before them. Read under one mask, the plain text is attended to as if its tokens could see each other and all
that follows. Here its tokens are asked for by themselves, as the causal text that they are, and the others under the
mask: for a text of 770 tokens and 110 behind it that is half of the work. Sums are the same up to rounding.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

__all__ = ["CLOSE_NATS", "fuse_activations", "last_by_itself", "mask_of", "split_attention", "why_not_packed"]

CLOSE_NATS: Mapping[str, float] = {"float32": 1e-3, "float16": 0.1, "bfloat16": 0.5}
"""By type of the weights, how far what a model says of a text in a pack and of the same by itself may differ."""

_POSITIONS_FROM_MASK = frozenset({"bloom", "mpt", "opt", "xglm", "biogpt"})

_FEED_FORWARD = ("mlp", "feed_forward")
_WORTH_SPLITTING = 128  # tokens of a plain beginning
_SDPA = "sdpa"


@contextmanager
def split_attention(plain: int) -> Iterator[None]:
    """While it lasts, scaled dot-product attention of transformers reads the first ``plain`` tokens as causal text.

    Models that do not look their attention up by its name are left as they are.

    Args:
        plain: Tokens of each row that see all before them and nothing else.
    """
    if plain < _WORTH_SPLITTING:
        yield
        return
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

    whole = ALL_ATTENTION_FUNCTIONS[_SDPA]

    def split(module: Any, query: Any, key: Any, value: Any, attention_mask: Any, **more: Any) -> tuple[Any, None]:
        import torch

        size = query.shape[2]
        masked = attention_mask is not None and attention_mask.shape[-2:] == (size, size) and key.shape[2] == size
        if not masked or more.get("position_bias") is not None or plain >= size:
            said: tuple[Any, None] = whole(module, query, key, value, attention_mask, **more)
            return said
        more.pop("is_causal", None)
        first, behind = slice(None, plain), slice(plain, None)
        parts = [
            whole(module, query[:, :, first], key[:, :, first], value[:, :, first], None, is_causal=True, **more)[0],
            whole(module, query[:, :, behind], key, value, attention_mask[:, :, behind], is_causal=False, **more)[0],
        ]
        return torch.cat(parts, dim=1), None

    ALL_ATTENTION_FUNCTIONS[_SDPA] = split
    try:
        yield
    finally:
        if ALL_ATTENTION_FUNCTIONS[_SDPA] is split:
            ALL_ATTENTION_FUNCTIONS.pop(_SDPA)


def fuse_activations(model: Any) -> None:
    """Gives GELUs that are written out term by term (GPT-2, GPT-J, Phi) torch's own kernel for the same formula."""
    from torch import nn
    from transformers.activations import NewGELUActivation

    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if type(child) is NewGELUActivation:
                setattr(module, name, nn.GELU(approximate="tanh"))


@contextmanager
def last_by_itself(model: Any, asked: torch.Tensor) -> Iterator[None]:
    """While it lasts, the last layer's feed-forward part, which sees each token by itself, reads the asked ones alone.

    What it says of the others is 0, and nobody reads it. Models whose last layer has no such part by one of its usual
    names, or gives it more than the hidden states, are left as they are.

    Args:
        model: Of transformers.
        asked: Places in the flattened batch that logits are made of, shape ``(h,)``.
    """
    part = _last_feed_forward(model)
    shapes: list[torch.Size] = []

    def before(_: Any, given: tuple[Any, ...], named: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
        if len(given) != 1 or named:
            return None
        shapes.append(given[0].shape)
        return (given[0].reshape(-1, given[0].shape[-1])[asked][None],), named

    def after(_: Any, given: tuple[Any, ...], said: Any) -> Any:
        if not shapes:
            return None
        hidden = said[0] if isinstance(said, tuple) else said
        whole = hidden.new_zeros(shapes.pop())
        whole.view(-1, whole.shape[-1])[asked] = hidden[0]
        return (whole, *said[1:]) if isinstance(said, tuple) else whole

    handles = (
        []
        if part is None
        else [part.register_forward_pre_hook(before, with_kwargs=True), part.register_forward_hook(after)]
    )
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _last_feed_forward(model: Any) -> Any | None:
    layers = int(getattr(model.config.get_text_config(), "num_hidden_layers", 0))
    stacks = [part for part in model.modules() if type(part).__name__ == "ModuleList" and len(part) == layers]
    if len(stacks) != 1:
        return None
    return next((part for name in _FEED_FORWARD if (part := getattr(stacks[0][-1], name, None)) is not None), None)


def why_not_packed(model: Any) -> str | None:
    """Why a causal language model is known to need plain rows; None: it is not known."""
    config = model.config.get_text_config()
    kinds = set(getattr(config, "layer_types", None) or ())
    if getattr(model, "_is_stateful", False) or any("linear" in kind or "mamba" in kind for kind in kinds):
        return "the model carries a state from token to token"
    if getattr(config, "alibi", False) or config.model_type in _POSITIONS_FROM_MASK:
        return "the model makes its positions from the mask"
    if "position_ids" not in inspect.signature(model.forward).parameters:
        return "the model takes no positions"
    return None


def mask_of(seen: torch.Tensor, model: Any, kind: torch.dtype) -> torch.Tensor:
    """Who sees whom as a model takes it: as it is or, where its attention adds it to scores, 0 and the least number.

    Args:
        seen: Whether a token sees another, shape ``(n, 1, tokens, tokens)``.
        model: Of transformers.
        kind: Of its weights.
    """
    import torch

    if model.config.get_text_config()._attn_implementation != "eager":
        return seen
    return torch.zeros(seen.shape, dtype=kind).masked_fill_(~seen, torch.finfo(kind).min)
