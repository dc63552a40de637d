"""Reads a transformers checkpoint out of a submission folder: JSON files and weights, and no code."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import SubmissionError, first_line, no_such_option
from ..foreign_files import open_regular

__all__ = [
    "first_line",
    "load_checkpoint",
    "read_json",
    "refuse_options",
    "refuse_packed",
    "silent_transformers",
    "wrong_weights",
]

_SHOWN = 5  # names in one message


def read_json(folder: Path, name: str, *, adapter: str) -> dict[str, Any]:
    """A JSON object in a file of the folder.

    Raises:
        SubmissionError: There is no such file, or it holds something else; the message begins with the code.
    """
    try:
        with open_regular(folder / name) as file:
            raw = json.loads(file.read().decode("utf-8"))
    except FileNotFoundError as err:
        raise SubmissionError(f"SB104 {name}: not found in the folder; adapter {adapter!r} reads it") from err
    except (ValueError, RecursionError, OSError) as err:
        raise SubmissionError(f"SB107 {name}: not JSON in UTF-8: {err}") from err
    if not isinstance(raw, dict):
        raise SubmissionError(f"SB107 {name}: holds a {type(raw).__name__}, expected an object with named fields")
    return raw


def refuse_options(options: Iterable[object], *, known: Sequence[str] = ()) -> None:
    """For adapters that have none, or none of these.

    Args:
        options: Those that are not known.
        known: Those that there are, for the message.

    Raises:
        SubmissionError: There is one; the message names it.
    """
    if asked := list(options):
        raise SubmissionError(f"SB103 submission.yaml, field 'options': {no_such_option(asked, known)}")


_PEFT = ("adapter_config.json", "adapter_model.safetensors")


def refuse_packed(folder: Path, config: Mapping[str, Any]) -> None:
    """For checkpoints whose weights are not those of a whole model in floats: quantised ones, and adapters (PEFT).

    Args:
        folder: The submission.
        config: What its ``config.json`` holds.

    Raises:
        SubmissionError: SB117: it is one; the message says how to make a whole one of it.
    """
    for name in _PEFT:
        if (folder / name).exists():
            raise SubmissionError(
                f"SB117 {name}: an adapter (PEFT) is weights beside another model, which is not fetched; merge them "
                "with model.merge_and_unload() and save the whole with save_pretrained"
            )
    if "quantization_config" in config:
        told = config["quantization_config"]
        method = told.get("quant_method") if isinstance(told, Mapping) else None
        said = f" ({method!r:.40})" if method is not None else ""
        raise SubmissionError(
            f"SB117 config.json, field 'quantization_config': quantised weights{said} are not served; save the weights "
            "as floats, with model.dequantize() or from before they were quantised"
        )


def load_checkpoint(architecture: Any, folder: Path, *, dtype: str, attention: str) -> Any:
    """The model with config and weights of the folder, in float as ``dtype`` says, every weight in its place.

    Args:
        architecture: The class of transformers.
        folder: Holds ``config.json`` and safetensors.
        dtype: ``float32``, ``float16`` or ``bfloat16``.
        attention: Which implementation of attention; never one that a config names.

    Raises:
        SubmissionError: It does not load, or weights are missing, unexpected or of another shape.
    """
    import torch

    name = architecture.__name__
    with silent_transformers():
        try:
            model, info = architecture.from_pretrained(
                folder,
                dtype=getattr(torch, dtype),
                use_safetensors=True,
                local_files_only=True,
                ignore_mismatched_sizes=True,  # they are named below, all at once
                output_loading_info=True,
                attn_implementation=attention,
            )
        except MemoryError:
            raise
        except Exception as err:  # a config or a crafted file can make the library fail in any way
            raise SubmissionError(f"SB107 {name} does not load: {first_line(err)}") from err
    if wrong := wrong_weights(info):
        raise SubmissionError(f"SB107 the weights are not those of {name} with this config.json: {'; '.join(wrong)}")
    return model


def wrong_weights(info: Mapping[str, Any]) -> list[str]:
    """What transformers' loading information says is wrong: how many weights in which way, the first by name."""
    return [
        f"{len(keys)} weights {what}: {', '.join(sorted(_key(k) for k in keys)[:_SHOWN])}"
        for what in ("missing", "unexpected", "mismatched")
        if (keys := info[f"{what}_keys"])
    ]


def _key(found: object) -> str:
    """A key as it is, or as ``name (shape in file, shape in config)`` where transformers gives these."""
    if not isinstance(found, tuple):
        return str(found)
    return f"{found[0]} ({', '.join(str(tuple(shape)) for shape in found[1:])})"


@contextmanager
def silent_transformers() -> Iterator[None]:
    """No log lines and no progress bars while a checkpoint loads; what was set before is set again."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity(50)  # critical
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]
