"""A checkpoint of transformers, looked at without transformers: config, weights, tokenizer and templates together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..adapters.chat_template import TEMPLATE_BYTES
from ..codes import Problem
from .config_keys import size_problems
from .shards import INDEX_NAME, shard_problems
from .weight_files import Header

__all__ = ["special_tokens", "static_problems", "templates", "tensor_shapes", "vocabulary_problems"]

_EMBEDDINGS = ("embed_tokens.weight", "word_embeddings.weight", "wte.weight", "tok_embeddings.weight", "shared.weight")


def static_problems(jsons: Mapping[str, Any], headers: Mapping[str, Header], present: list[str]) -> list[Problem]:
    """What config, index and weight files say against each other.

    Args:
        jsons: What the sound JSON files hold, by name.
        headers: Of the weight files that are sound.
        present: Names of all weight files.
    """
    problems = shard_problems(jsons.get(INDEX_NAME), headers, present) if present else []
    if len(headers) == len(present) and headers:
        tensors = [one for header in headers.values() for one in header.tensors.values()]
        elements = sum(one.elements for one in tensors)
        problems += size_problems(jsons.get("config.json"), tensors=len(tensors), elements=elements)
    return problems


def vocabulary_problems(jsons: Mapping[str, Any], headers: Mapping[str, Header]) -> list[Problem]:
    """Whether there is an embedding for every token of ``tokenizer.json``."""
    tokenizer, config = jsons.get("tokenizer.json"), jsons.get("config.json")
    if not isinstance(tokenizer, dict) or not isinstance(config, dict):
        return []
    ids = [*_token_ids(tokenizer)]
    rows = [
        tensor.shape[0]
        for header in headers.values()
        for name, tensor in header.tensors.items()
        if name.endswith(_EMBEDDINGS) and len(tensor.shape) == 2
    ]
    known = max(rows, default=config.get("vocab_size"))
    if not ids or not isinstance(known, int) or max(ids) < known:
        return []
    return [Problem("SB120", "tokenizer.json", f"has a token of number {max(ids):,}, the model embeds {known:,}")]


def _token_ids(tokenizer: Mapping[str, Any]) -> Iterator[int]:
    model = tokenizer.get("model")
    vocabulary = model.get("vocab") if isinstance(model, dict) else None
    if isinstance(vocabulary, dict):
        yield from (one for one in vocabulary.values() if isinstance(one, int))
    elif isinstance(vocabulary, list):
        yield len(vocabulary) - 1
    added = tokenizer.get("added_tokens")
    if isinstance(added, list):
        yield from (one["id"] for one in added if isinstance(one, dict) and isinstance(one.get("id"), int))


def templates(
    jsons: Mapping[str, Any], files: Mapping[str, int], read: Callable[[str], bytes]
) -> tuple[list[tuple[str, str]], list[Problem]]:
    """Chat templates by the file that holds them, and those that are too large to be read.

    Args:
        jsons: What the sound JSON files hold, by name.
        files: Names and sizes of all files.
        read: Reads a file by its name.
    """
    found: list[tuple[str, str]] = []
    problems: list[Problem] = []
    for name in (one for one in files if one.endswith(".jinja")):
        if files[name] > TEMPLATE_BYTES:
            problems.append(_too_large(name, files[name]))
            continue
        try:
            found.append((name, read(name).decode("utf-8")))
        except UnicodeDecodeError as err:
            problems.append(Problem("SB121", name, f"not UTF-8: byte {err.start:,}"))
    config = jsons.get("tokenizer_config.json")
    held = config.get("chat_template") if isinstance(config, dict) else None
    for one in held if isinstance(held, list) else [held]:
        text = one.get("template") if isinstance(one, dict) else one
        if isinstance(text, str):
            size = len(text.encode("utf-8", "replace"))
            if size > TEMPLATE_BYTES:
                problems.append(_too_large("tokenizer_config.json", size))
            else:
                found.append(("tokenizer_config.json", text))
    return found, problems


def _too_large(name: str, size: int) -> Problem:
    return Problem("SB121", name, f"a chat template of {size:,} bytes, at most {TEMPLATE_BYTES:,}; save a shorter one")


def special_tokens(jsons: Mapping[str, Any]) -> dict[str, str]:
    """What a template can call by name, such as ``eos_token``."""
    config = jsons.get("tokenizer_config.json")
    found = {}
    for name, value in (config if isinstance(config, dict) else {}).items():
        text = value.get("content") if isinstance(value, dict) else value
        if name.endswith("_token") and isinstance(text, str):
            found[name] = text
    return found


def tensor_shapes(headers: Mapping[str, Header]) -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor of all weight files."""
    return {name: tensor.shape for header in headers.values() for name, tensor in header.tensors.items()}
