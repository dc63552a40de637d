"""The fields of a checked ``submission.yaml`` beside what exists here: adapters, builtins, interfaces and tasks."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from ..adapters import ADAPTERS, import_adapter
from ..codes import Problem
from ..errors import nearest_names
from ..interfaces import INTERFACES
from ..manifest import MANIFEST_NAME, Manifest
from .foreign_text import text_problems

if TYPE_CHECKING:
    from ..submission import Builtin

__all__ = ["WrongTask", "field_problems", "missing_files", "served_problems", "skops_name"]

WrongTask = Callable[[str], str | None]
"""Says what is wrong with ``area/task`` or ``area/task#track``, None if nothing is; see ``Catalog.wrong_task``."""

_INTERFACES_FIELD = f"{MANIFEST_NAME}, field 'interfaces'"
_LINES = ("vendor", "version", "licence", "contact", "description")


def field_problems(
    manifest: Manifest, builtins: Mapping[str, Builtin], wrong_task: WrongTask | None = None
) -> list[Problem]:
    """What is wrong with the fields: names that nothing has, and text that could pass for something else.

    Args:
        manifest: As it was read, the fields that were wrong empty.
        builtins: What ``adapter: builtin`` can name.
        wrong_task: Says whether a task of the manifest is one; None: not asked.
    """
    problems: list[Problem] = []
    if manifest.name in builtins:  # skill is measured from builtins: no folder may stand in for one, not even a copy
        said = f"{manifest.name!r} is the name of a builtin; choose another, or run the builtin with --model"
        problems.append(Problem("SB103", f"{MANIFEST_NAME}, field 'name'", said))
    for name in manifest.interfaces:
        if name not in INTERFACES:
            problems.append(Problem("SB103", _INTERFACES_FIELD, f"{name!r} is no interface; {_near(name, INTERFACES)}"))
    problems += _adapter_problems(manifest, builtins)
    if wrong_task is not None:
        told = (wrong_task(name) for name in getattr(manifest, "tasks", None) or ())
        problems += [Problem("SB103", f"{MANIFEST_NAME}, field 'tasks'", said) for said in told if said is not None]
    lines = [(f"{MANIFEST_NAME}, field {name!r}", getattr(manifest, name, None)) for name in _LINES]
    lines += [(f"{MANIFEST_NAME}, field 'trained_on'", one) for one in getattr(manifest, "trained_on", ())]
    return problems + text_problems(lines)


def missing_files(manifest: Manifest, files: Iterable[str]) -> list[Problem]:
    """Files that the adapter needs and the folder lacks."""
    if manifest.adapter not in ADAPTERS:
        return []
    names = list(files)
    missing = [
        pattern
        for pattern in ADAPTERS[manifest.adapter].files
        if not any(fnmatch.fnmatch(name, pattern) for name in names)
    ]
    if manifest.adapter == "skops" and skops_name(manifest) not in names:  # what a manifest names is no pattern
        missing.append(skops_name(manifest))
    return [Problem("SB104", name, f"not found; adapter {manifest.adapter!r} reads it") for name in missing]


def skops_name(manifest: Manifest) -> str:
    """The file that the adapter ``skops`` reads."""
    return str(manifest.options.get("file", "model.skops"))


def _adapter_problems(manifest: Manifest, builtins: Mapping[str, Builtin]) -> list[Problem]:
    if not manifest.adapter:
        return []
    known = {"builtin", *ADAPTERS}
    if manifest.adapter not in known:
        said = f"{manifest.adapter!r} is no adapter; {_near(manifest.adapter, known)}"
        return [Problem("SB103", f"{MANIFEST_NAME}, field 'adapter'", said)]
    return _builtin_problems(manifest, builtins) if manifest.adapter == "builtin" else []


def served_problems(manifest: Manifest) -> list[Problem]:
    """Interfaces that the manifest names and its adapter does not serve."""
    if manifest.adapter not in ADAPTERS:
        return []
    served = import_adapter(ADAPTERS[manifest.adapter].path).serves
    told = f"adapter {manifest.adapter!r} does not serve {{!r}}; it serves {', '.join(sorted(served))}"
    return [
        Problem("SB103", _INTERFACES_FIELD, told.format(name))
        for name in manifest.interfaces
        if name in INTERFACES and name not in served
    ]


def _builtin_problems(manifest: Manifest, builtins: Mapping[str, Builtin]) -> list[Problem]:
    where = f"{MANIFEST_NAME}, field 'options"
    problems = [
        Problem("SB103", f"{where}.{option}'", "no such option; a builtin takes 'name' alone and nothing else moves it")
        for option in sorted(set(manifest.options) - {"name"})
    ]
    name = str(manifest.options.get("name"))
    if name not in builtins:
        return [*problems, Problem("SB103", f"{where}.name'", f"{name!r} is no builtin; {_near(name, builtins)}")]
    served = builtins[name].interface
    for interface in manifest.interfaces:
        if interface in INTERFACES and interface != served:
            said = f"builtin {name!r} does not serve {interface!r}; it serves {served}"
            problems.append(Problem("SB103", _INTERFACES_FIELD, said))
    return problems


def _near(name: str, known: Iterable[str]) -> str:
    near = nearest_names(name, known)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(known))}"
