"""What a checkpoint's JSON files say beyond numbers: keys that reach for code, other models or other files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..codes import Problem

__all__ = ["ADAPTER_FILES", "reaching_keys", "size_problems"]

ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors")

_REFUSED: Mapping[str, str] = {
    "auto_map": "names code of the checkpoint's own, which is never run",
    "custom_pipelines": "names code of the checkpoint's own, which is never run",
    "custom_generate": "names code of the checkpoint's own, which is never run",
    "trust_remote_code": "asks for code of others to be run, which is never done",
    "quantization_config": "is not served; save the weights as floats",
    "compression_config": "is not served; save the weights as floats",
    "peft_type": "is of weights beside another model; merge them into it and save the whole",
    "base_model_name_or_path": "is of weights beside another model; merge them into it and save the whole",
    "kernel_config": "names code that is fetched",
    "use_kernels": "asks for code that is fetched",
    "pruned_heads": "is not served; save a model without them",
}
_ATTENTION = ("attn_implementation", "experts_implementation")
_ATTENTIONS = (None, "eager", "sdpa", "flash_attention_2", "flash_attention_3", "flex_attention", "grouped_mm")
_NOTHING: tuple[object, ...] = (None, False, {}, [])

_DEPTHS = ("num_hidden_layers", "num_layers", "n_layer", "n_layers", "encoder_layers", "decoder_layers")
_WIDTHS = ("hidden_size", "n_embd", "d_model", "intermediate_size", "vocab_size", "ffn_dim", "num_experts")


def reaching_keys(config: Any, name: str) -> list[Problem]:
    """Keys of a JSON file, however deep, that reach for code, other models or libraries.

    Args:
        config: What the file holds.
        name: Of the file.
    """
    found = dict(_reaching(config))
    return [Problem("SB117", f"{name}, field {field!r}", said) for field, said in found.items()]


def _reaching(config: Any) -> Iterator[tuple[str, str]]:
    todo = [config]
    while todo:
        one = todo.pop()
        if isinstance(one, list):
            todo += one
            continue
        if not isinstance(one, dict):
            continue
        for key, value in one.items():
            todo.append(value)
            if key in _REFUSED and value not in _NOTHING:
                yield key, _REFUSED[key]
            elif any(part in key for part in _ATTENTION) and not _is_known_attention(value):
                yield key, f"is {value!r:.80}, expected eager or sdpa, or no such field"


def _is_known_attention(value: Any) -> bool:
    if isinstance(value, dict):  # one for each part of a model
        return all(_is_known_attention(one) for one in value.values())
    return isinstance(value, bool) or value in _ATTENTIONS


def size_problems(config: Any, *, tensors: int, elements: int) -> list[Problem]:
    """Sizes in ``config.json`` that its weight files cannot hold, by arithmetic alone.

    Args:
        config: What it holds.
        tensors: How many there are in all weight files.
        elements: How many numbers these have together.
    """
    problems = []
    parts = [config, *(one for one in config.values() if isinstance(one, dict))] if isinstance(config, dict) else []
    for part in parts:
        for keys, held, what in ((_DEPTHS, tensors, "tensors"), (_WIDTHS, elements, "numbers")):
            for key in keys:
                value = part.get(key)
                if isinstance(value, int) and not isinstance(value, bool) and not 0 <= value <= held:
                    said = f"is {value:,}, and the weight files have {held:,} {what} in all"
                    problems.append(Problem("SB116", f"config.json, field {key!r}", said))
    return problems
