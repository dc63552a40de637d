"""Labels of a checkpoint beside the classes of the tasks that its manifest names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ..codes import Problem
from ..manifest import Manifest
from .foreign_text import wrong_text

__all__ = ["ClassesOf", "label_problems"]

ClassesOf = Callable[[str], Sequence[Sequence[str]] | None]
"""Classes of each head of a task ``area/task``, or the options of its questions; None where rows differ in them."""

_FIELD = "config.json, field 'id2label'"
_SHOWN, _LONGEST = 5, 500  # labels in a message; characters of a label
_CONFIGS = ("transformers-encoder", "transformers-series")


def label_problems(manifest: Manifest, config: Any, classes_of: ClassesOf | None) -> list[Problem]:
    """What is wrong with the labels of ``config.json`` as text, and for the tasks that the manifest names.

    Args:
        manifest: Of the submission.
        config: What ``config.json`` holds.
        classes_of: Tells a task's classes; None: they are not compared.
    """
    if config is None:  # told as missing, or as what is wrong with it
        return []
    named = config.get("id2label") if isinstance(config, dict) else None
    if not isinstance(named, Mapping):
        named = {}
    told = ((str(at), wrong_text(str(label), most=_LONGEST)) for at, label in named.items())
    problems = [Problem("SB123", f"{_FIELD}, {at[:20]!r}", said) for at, said in told if said is not None]
    if classes_of is None or manifest.adapter not in _CONFIGS:
        return problems
    labels = [str(label) for label in named.values()]
    for task in dict.fromkeys(name.partition("#")[0] for name in manifest.tasks or ()):
        if (heads := classes_of(task)) is not None:
            compare = _of_encoder if manifest.adapter == "transformers-encoder" else _of_series
            problems += [Problem("SB122", *said) for said in compare(task, heads, labels, manifest, config)]
    return problems


def _of_encoder(
    task: str, heads: Sequence[Sequence[str]], labels: list[str], manifest: Manifest, config: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """An encoder's labels are found by their texts, in any order."""
    if "choice" not in manifest.interfaces:
        return
    renamed = manifest.options.get("labels")
    stands_for = {
        label: (renamed or {}).get(label, label) if isinstance(renamed, Mapping) else label for label in labels
    }
    options = [one for head in heads for one in head]
    missing = [one for one in options if one not in stands_for.values()]
    if missing:
        shown = ", ".join(map(repr, missing[:_SHOWN]))
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        yield _FIELD, f"{len(labels)} labels, of which none stands for {shown}{more}: options of {task}"


def _of_series(
    task: str, heads: Sequence[Sequence[str]], labels: list[str], manifest: Manifest, config: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """A series checkpoint's outputs are the classes of all heads in their order."""
    if "classification" not in manifest.interfaces:
        return
    classes = [one for head in heads for one in head]
    if config.get("num_targets") != len(classes):
        said = f"is {config.get('num_targets')!r:.40}, {task} has {len(classes)} classes in {len(heads)} heads"
        yield "config.json, field 'num_targets'", said
    elif len(labels) == len(classes) and sorted(labels) == sorted(classes) and labels != classes:
        first = next(at for at, label in enumerate(labels) if label != classes[at])
        yield (
            _FIELD,
            f"names {labels[first]!r} at {first}, where {task} has {classes[first]!r}: outputs go by their order",
        )
