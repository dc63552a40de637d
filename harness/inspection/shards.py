"""Whether the weight files of a checkpoint are those that will be read: an index, its shards, nothing beside them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from ..codes import Problem
from .weight_files import Header

__all__ = ["INDEX_NAME", "WEIGHTS_NAME", "shard_problems"]

WEIGHTS_NAME = "model.safetensors"
INDEX_NAME = "model.safetensors.index.json"
_SHOWN = 5


def shard_problems(index: Any, headers: Mapping[str, Header], present: list[str]) -> list[Problem]:
    """What does not fit together of an index and the weight files.

    Args:
        index: What ``model.safetensors.index.json`` holds; None where there is none.
        headers: Of the weight files whose headers are sound.
        present: Names of all weight files.
    """
    if index is None:
        if WEIGHTS_NAME in present:
            return _unread([name for name in present if name != WEIGHTS_NAME], f"{WEIGHTS_NAME} alone is read")
        said = f"neither {WEIGHTS_NAME} nor {INDEX_NAME} is there; save the model with save_pretrained"
        return [Problem("SB114", ", ".join(present[:_SHOWN]), said)]
    placed = index.get("weight_map") if isinstance(index, dict) else None
    if not isinstance(placed, dict) or not placed or not all(isinstance(file, str) for file in placed.values()):
        return [Problem("SB114", INDEX_NAME, "has no 'weight_map' from names of tensors to names of files")]
    shards = sorted(set(placed.values()))
    if outside := [name for name in shards if not _is_basename(name)]:
        said = f"{outside[0][:80]!r} is no name of a weight file in this folder"
        return [Problem("SB114", INDEX_NAME, said + (f", and {len(outside) - 1} more" if outside[1:] else ""))]
    problems = [
        Problem("SB114", INDEX_NAME, f"names {name!r}, which is not in the folder")
        for name in [one for one in shards if one not in present][:_SHOWN]
    ]
    problems += _unread([name for name in present if name not in shards], f"{INDEX_NAME} does not name it")
    for shard in (one for one in shards if one in headers):
        there, listed = set(headers[shard].tensors), {name for name, file in placed.items() if file == shard}
        for names, wrong in (
            (listed - there, f"are not in it, though {INDEX_NAME} places them here"),
            (there - listed, f"are in it, and {INDEX_NAME} does not place them here"),
        ):
            if names:
                problems.append(
                    Problem("SB114", shard, f"{len(names):,} tensors, such as {min(names)[:80]!r}, {wrong}")
                )
    return problems


def _unread(names: list[str], why: str) -> list[Problem]:
    return [Problem("SB114", name, f"a weight file that is not read: {why}; remove it") for name in names[:_SHOWN]]


def _is_basename(name: str) -> bool:
    return (
        name.endswith(".safetensors")
        and name == PurePosixPath(name).name
        and not name.startswith(".")
        and "\\" not in name
        and name.isprintable()
    )
