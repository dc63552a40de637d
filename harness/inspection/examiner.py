"""The child of an inspection: limits itself, looks at one thing in a stranger's folder, and says what it found as JSON.

It is started by ``entry``, which shuts it in, and loads no weights: tensors of a checkpoint are stood for by one number
each. What it imports is imported where it is used, for most looks take less time than the imports of another.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..codes import Problem
from ..errors import SubmissionError, first_line

__all__ = ["examine", "main"]

Found = list[tuple[str, str, str]]  # code, place, what was found

_ADDRESSES = 8  # times the memory
_TEMPLATE_CHARACTERS = 1 << 20
_MORE_WEIGHTS = 1.01  # of those in the files that a config may ask for


def main(arguments: list[str]) -> int:
    """Reads the question in the folder named by the one argument and writes the answer to standard output."""
    question = json.loads(Path(arguments[0], "question.json").read_text(encoding="utf-8"))
    os.environ["OMP_NUM_THREADS"] = "1"
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is no answer
    _limit(question["cpu_s"], question["memory_bytes"])
    warnings.simplefilter("ignore")
    answer: dict[str, Any] = {"problems": []}
    try:
        answer["problems"] = examine(question["subject"], Path(question["folder"]), question["about"])
    except MemoryError:
        answer["ended"] = f"took more than {question['memory_bytes'] / 2**30:g} GiB of memory"
    except BaseException as err:  # pyo3's panics are no Exception
        answer["ended"] = first_line(err)
    channel.write(json.dumps(answer) + "\n")
    channel.flush()
    os._exit(0)  # no destructors of what a stranger's file made


def _limit(cpu_s: int, memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    # Its own data, not the libraries it maps: those of torch for CUDA alone take more addresses than a model may.
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESSES * memory_bytes, _ADDRESSES * memory_bytes))


def examine(subject: str, folder: Path, about: Mapping[str, Any]) -> Found:
    """Looks at one subject of a folder; what is wrong with it, and empty where nothing is.

    Args:
        subject: ``adapter``, ``tokenizer``, ``template`` or ``weights``.
        folder: The submission.
        about: ``adapter``, ``options`` and ``interfaces`` of the manifest; for ``weights`` the ``tensors``.
    """
    looks: dict[str, Callable[[Path, Mapping[str, Any]], Found]] = {
        "adapter": _look_as_adapter,
        "tokenizer": _look_at_tokenizer,
        "template": _look_at_template,
        "weights": _look_at_weights,
    }
    return looks[subject](folder, about)


def _look_as_adapter(folder: Path, about: Mapping[str, Any]) -> Found:
    """The adapter's own examination, by the library that will load the file."""
    from ..adapters import ADAPTERS, import_adapter

    adapter = import_adapter(ADAPTERS[about["adapter"]].path)
    try:
        adapter.examine(folder, about["options"])
        for name in sorted(adapter.serves.intersection(about["interfaces"])):
            adapter.examine_for(name, folder, about["options"])
        adapter.examine_by_loading(folder)
    except SubmissionError as err:
        told = Problem.parsed(str(err))
        return [(told.code, told.where, told.found)]
    return []


def _look_at_tokenizer(folder: Path, about: Mapping[str, Any]) -> Found:
    """Loads ``tokenizer.json`` and has it read texts that make careless patterns slow."""
    from tokenizers import Tokenizer

    name = "tokenizer.json"
    try:
        tokenizer = Tokenizer.from_file(str(folder / name))
    except Exception as err:  # a crafted file can make the library fail in any way
        return [("SB119", name, f"does not load: {first_line(err)}")]
    for text in (*(sign * 2_000 + "!" for sign in "a甲 1"), "Fees: 1.5 % (net),\n\tthen A-7. 付款1.5%，\n" * 40):
        try:
            tokenizer.encode(text)
        except BaseException as err:  # a pattern's panic is no Exception
            return [
                ("SB119", name, f"fails on the text {text[:12]!r}... of {len(text):,} characters: {first_line(err)}")
            ]
    return []


def _look_at_template(folder: Path, about: Mapping[str, Any]) -> Found:
    """Renders each chat template on a conversation, as transformers does it."""
    from transformers.utils.chat_template_utils import render_jinja_template

    marks = {one: about["special"].get(one, f"<{one}>") for one in ("bos_token", "eos_token", "pad_token", "unk_token")}
    messages = [
        {"role": "user", "content": "Which fees are due?"},
        {"role": "assistant", "content": "30 days net."},
        {"role": "user", "content": "甲方应于何时付款？"},
    ]
    found: Found = []
    for name, template in about["templates"]:
        try:
            made: Any = render_jinja_template(
                conversations=[messages], chat_template=template, add_generation_prompt=True, **marks
            )
        except MemoryError:
            found.append(("SB121", name, "takes more than 1.5 GiB of memory for three messages"))
            continue
        except Exception as err:  # a template is a small program and may fail in any way
            found.append(("SB121", name, f"fails on a conversation of three messages: {first_line(err)}"))
            continue
        length = len(made[0][0])  # conversations, and what of them the model wrote
        if length > _TEMPLATE_CHARACTERS:
            said = f"makes {length:,} characters of three messages, at most {_TEMPLATE_CHARACTERS:,}"
            found.append(("SB121", name, said))
    return found


def _look_at_weights(folder: Path, about: Mapping[str, Any]) -> Found:
    """Whether names and shapes of the weights are those of the architecture, by transformers' own way of loading.

    First the model is made without memory (on torch's ``meta`` device) and its parameters are counted: of a config that
    asks for more than the files hold nothing is ever filled with random numbers. Then the tensors' names and shapes go
    through ``from_pretrained``, each tensor a single number seen many times.
    """
    import torch
    import transformers

    from ..adapters.checkpoint_files import silent_transformers, wrong_weights

    name = about["architecture"]
    found = getattr(transformers, name, None)
    if not (isinstance(found, type) and issubclass(found, transformers.PreTrainedModel)):
        return [("SB107", "config.json", f"architectures: transformers {transformers.__version__} has no {name!r}")]
    architecture: Any = found
    shapes: dict[str, list[int]] = about["tensors"]
    held = sum(torch.Size(shape).numel() for shape in shapes.values())
    with silent_transformers():
        try:
            expected = architecture.config_class.model_type
            stated = transformers.PretrainedConfig.get_config_dict(folder, local_files_only=True)[0].get("model_type")
            if stated not in (None, expected):
                said = f"model_type is {stated!s:.80}, the one of {name} is {expected}"
                return [("SB107", "config.json", said)]
            config = architecture.config_class.from_pretrained(folder, local_files_only=True)
            with torch.device("meta"):
                empty = architecture._from_config(config, attn_implementation="eager")
            with contextlib.suppress(Exception):  # of a model that ties none
                empty.tie_weights()
            wanted = sum(one.numel() for one in empty.parameters())
            if wanted > _MORE_WEIGHTS * held + 1_000:
                said = f"asks for {wanted:,} parameters, and the weight files hold {held:,}"
                return [("SB116", "config.json", said)]
            tensors = {key: torch.empty(()).expand(shape) for key, shape in shapes.items()}
            _, info = architecture.from_pretrained(
                None,
                config=config,
                state_dict=tensors,
                dtype=torch.float32,
                ignore_mismatched_sizes=True,  # they are named below, all at once
                output_loading_info=True,
                attn_implementation="eager",
            )
        except (MemoryError, SubmissionError):
            raise
        except Exception as err:  # a config can make the library fail in any way
            return [("SB107", "config.json", f"{name} cannot be made of it: {first_line(err)}")]
    return [("SB107", "model.safetensors", said) for said in wrong_weights(info)]
