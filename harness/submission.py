"""Submissions: a folder with ``submission.yaml`` and the files of one adapter, or a builtin by its name."""

from __future__ import annotations

import dataclasses
import fnmatch
import hashlib
import json
import os
import re
import shlex
import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .adapters import ADAPTERS, Adapter, import_adapter
from .codes import CODES, Problem
from .digests import SIGNATURE_NAME, FileStamp, file_sha256, stamps_of, submission_digest
from .errors import SubmissionError, UsageError, nearest_names
from .interfaces import INTERFACES
from .manifest import MANIFEST_NAME, Manifest, read_manifest
from .records import Signature, Trust
from .safetensors_file import safetensors_problem

__all__ = [
    "MANIFEST_NAME",
    "Builtin",
    "Inspection",
    "Manifest",
    "Submission",
    "builtin_submission",
    "inspect",
    "make_submission",
    "no_such_folder",
    "open_submission",
]

_INTERFACES_FIELD = f"{MANIFEST_NAME}, field 'interfaces'"
_REFUSED = {".py", ".pyc", ".so", ".pkl", ".pickle", ".joblib", ".bin", ".pt", ".pth", ".ckpt", ".npy", ".sh"}


@dataclass(frozen=True)
class Builtin:
    """One of the suite's own baselines: the class behind its name.

    Attributes:
        path: Dotted path ``module:class`` of its adapter.
        options: What the adapter is loaded with.
        interface: What it serves.
        summary: One line for people.
        tasks: The tasks that it was made for, where those are not all of the interface.
        control: Whether it looks at nothing that could tell: random, constant or a clock. Boards mark it, for it is no
            model to be beaten or bought, but what the task gives for nothing.
    """

    path: str
    options: Mapping[str, Any]
    interface: str
    summary: str
    tasks: tuple[str, ...] | None = None
    control: bool = False


@dataclass(frozen=True)
class Submission:
    """A submission that passed inspection, ready to be run.

    Attributes:
        manifest: The checked ``submission.yaml``.
        folder: Where its files are; None for a builtin that is asked for by name.
        files: Names of the model's files below the folder.
        adapter_path: Dotted path of the class that runs it.
        options: What that class is loaded with.
        accelerated: Whether it uses an accelerator.
        model_sha256: Over the files and manifest fields that can move a prediction.
        submission_sha256: Over every file, as OpenSSF model-signing has it; see ``digests``.
        given_as: How the command line named it: ``--model NAME`` or ``--submission PATH``.
        digests: sha256 of each file as it was inspected.
        stamps: What the system said of each file before it was looked at; none for one that is not copied.
        signature: Of the vendor, where the folder has one or the operator named one.
        trust: ``own``: the operator's own checkpoint, read where it is and never ranked.
    """

    manifest: Manifest
    folder: Path | None
    files: tuple[str, ...]
    adapter_path: str
    options: Mapping[str, Any]
    accelerated: bool
    model_sha256: str
    submission_sha256: str
    given_as: str
    digests: Mapping[str, str] = field(default_factory=dict)
    stamps: Mapping[str, FileStamp] = field(default_factory=dict)
    signature: Signature | None = None
    trust: Trust = "checked"

    @property
    def is_command(self) -> bool:
        """Whether it is a program that the operator named, not something that was submitted."""
        return self.manifest.adapter == "command"

    @property
    def adapter(self) -> type[Adapter]:
        """The adapter's class; importing it is cheap, loading the model is not."""
        return import_adapter(self.adapter_path)


@dataclass(frozen=True)
class Inspection:
    """What ``check`` found: the submission if nothing is wrong, else every problem."""

    submission: Submission | None
    problems: tuple[Problem, ...]


WrongTask = Callable[[str], str | None]
"""Says what is wrong with ``area/task`` or ``area/task#track``, None if nothing is; see ``Catalog.wrong_task``."""


def inspect(folder: Path, builtins: Mapping[str, Builtin], wrong_task: WrongTask | None = None) -> Inspection:
    """Looks at a submission folder without loading the model; finds all problems at once.

    Args:
        folder: The submission.
        builtins: What ``adapter: builtin`` can name.
        wrong_task: Says whether a task of the manifest is one; None: not asked.
    """
    if not folder.is_dir():
        what = "a file, not a folder" if folder.exists() else "there is no such folder"
        return Inspection(None, (Problem("SB101", str(folder), what),))
    problems: list[Problem] = []
    files = _list_files(folder, problems)
    stamps = stamps_of(folder, files)
    manifest, readable = read_manifest(folder / MANIFEST_NAME, problems)
    if readable is not None:
        problems += _adapter_problems(readable, folder, files, builtins)
        problems += _task_problems(readable, wrong_task)
    weights = ((name, safetensors_problem(folder / name)) for name in files if name.endswith(".safetensors"))
    problems += [Problem("SB107", name, said) for name, said in weights if said is not None]
    if problems or manifest is None:
        return Inspection(None, tuple(problems))
    digests = {name: file_sha256(folder / name) for name in files}
    return Inspection(make_submission(manifest, folder, digests, builtins, stamps), ())


def open_submission(
    folder: Path, builtins: Mapping[str, Builtin], *, named: str | None = None, wrong_task: WrongTask | None = None
) -> Submission:
    """A submission folder that passed inspection; ``named`` is how ``--model`` calls it, where it does.

    Raises:
        SubmissionError: It did not; the message lists all problems.
    """
    inspection = inspect(folder, builtins, wrong_task)
    if inspection.submission is None:
        listed = "\n".join(f"  {p}" for p in inspection.problems)
        see = f"See: sectorbench check {shlex.quote(str(folder))}"
        raise SubmissionError(f"{folder}: {len(inspection.problems)} problem(s)\n{listed}\n{see}")
    if named is not None:
        return dataclasses.replace(inspection.submission, given_as=f"--model {named}")
    return inspection.submission


def no_such_folder(path: Path) -> UsageError:
    """The error for a submission that is not there, with the names most like it beside it."""
    near = nearest_names(path.name, [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else [])
    said = f" Did you mean {', '.join(str(path.parent / name) for name in near)}?" if near else ""
    said += " `sectorbench baselines build` makes it." if path.name == "baselines" else ""
    return UsageError(f"{path}: there is no such folder.{said} A submission is a folder with {MANIFEST_NAME}")


def builtin_submission(name: str, builtins: Mapping[str, Builtin]) -> Submission:
    """The submission that a builtin's name stands for."""
    manifest = Manifest(
        schema_version="submission/1",
        name=name,
        vendor="SectorBench",
        version="1",
        licence="Apache-2.0",
        description=builtins[name].summary,
        adapter="builtin",
        interfaces=(builtins[name].interface,),
        tasks=builtins[name].tasks,
        trained_on=(),
        options={"name": name},
    )
    return make_submission(manifest, None, {}, builtins)


def _list_files(folder: Path, problems: list[Problem]) -> tuple[str, ...]:
    names = []
    for root, directories, files in os.walk(folder):
        for name in sorted(directories + files):
            path = Path(root, name)
            shown = path.relative_to(folder).as_posix()
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode) or not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                problems.append(Problem("SB105", shown, "a link or special file; only regular files are taken"))
            elif stat.S_ISREG(mode) and path.suffix.lower() in _REFUSED:
                problems.append(Problem("SB105", shown, f"files ending in {path.suffix} can run code or hide it"))
            elif stat.S_ISREG(mode):
                names.append(shown)
    return tuple(sorted(names))


def _adapter_problems(
    manifest: Manifest, folder: Path, files: tuple[str, ...], builtins: Mapping[str, Builtin]
) -> list[Problem]:
    problems: list[Problem] = []
    if manifest.name in builtins:  # skill is measured from builtins: no folder may stand in for one, not even a copy
        said = f"{manifest.name!r} is the name of a builtin; choose another, or run the builtin with --model"
        problems.append(Problem("SB103", f"{MANIFEST_NAME}, field 'name'", said))
    for name in manifest.interfaces:
        if name not in INTERFACES:
            problems.append(Problem("SB103", _INTERFACES_FIELD, f"{name!r} is no interface; {_near(name, INTERFACES)}"))
    if not manifest.adapter:
        return problems
    known = {"builtin", *ADAPTERS}
    if manifest.adapter not in known:
        said = f"{manifest.adapter!r} is no adapter; {_near(manifest.adapter, known)}"
        return [*problems, Problem("SB103", f"{MANIFEST_NAME}, field 'adapter'", said)]
    if manifest.adapter == "builtin":
        return problems + _builtin_problems(manifest, builtins)
    entry = ADAPTERS[manifest.adapter]
    wanted = [*entry.files]
    if manifest.adapter == "skops":
        wanted.append(str(manifest.options.get("file", "model.skops")))
    missing = [pattern for pattern in wanted if not any(fnmatch.fnmatch(name, pattern) for name in files)]
    for pattern in missing:
        problems.append(Problem("SB104", pattern, f"not found; adapter {manifest.adapter!r} reads it"))
    adapter = import_adapter(entry.path)
    if not missing:
        try:
            adapter.examine(folder, manifest.options)
            for name in sorted(adapter.serves.intersection(manifest.interfaces)):
                adapter.examine_for(name, folder, manifest.options)
        except SubmissionError as err:
            problems.append(_coded(str(err)))
    served = adapter.serves
    for name in manifest.interfaces:
        if name in INTERFACES and name not in served:
            said = f"adapter {manifest.adapter!r} does not serve {name!r}; it serves {', '.join(sorted(served))}"
            problems.append(Problem("SB103", _INTERFACES_FIELD, said))
    return problems


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


def _task_problems(manifest: Manifest, wrong_task: WrongTask | None) -> list[Problem]:
    if wrong_task is None or manifest.tasks is None:
        return []
    told = (wrong_task(name) for name in manifest.tasks)
    return [Problem("SB103", f"{MANIFEST_NAME}, field 'tasks'", said) for said in told if said is not None]


def _near(name: str, known: Iterable[str]) -> str:
    near = nearest_names(name, known)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(known))}"


def _coded(message: str) -> Problem:
    """``SB103 where: what`` as a problem."""
    code, _, rest = message.partition(" ")
    where, separator, found = rest.partition(": ")
    return Problem(code, where, found) if code in CODES and separator else Problem("SB103", MANIFEST_NAME, message)


def make_submission(
    manifest: Manifest,
    folder: Path | None,
    digests: Mapping[str, str],
    builtins: Mapping[str, Builtin],
    stamps: Mapping[str, FileStamp] | None = None,
) -> Submission:
    """The submission of a sound manifest, with its two digests.

    Args:
        manifest: What it says of itself.
        folder: Where its files are; None for a builtin.
        digests: sha256 of each of its files, by their paths below the folder.
        builtins: What ``adapter: builtin`` can name.
        stamps: Of the files, taken before they were looked at.
    """
    if manifest.adapter == "builtin":
        builtin = builtins[str(manifest.options["name"])]
        path, options, accelerated, still = builtin.path, dict(builtin.options), False, frozenset[str]()
    else:
        entry = ADAPTERS[manifest.adapter]
        path, options, accelerated = entry.path, manifest.options, entry.accelerated
        still = import_adapter(path).moves_nothing
    mine = {name: digest for name, digest in digests.items() if name != SIGNATURE_NAME}
    moving = {
        "adapter": manifest.adapter,
        "class": re.sub(r"^.*:", "", path),
        "options": {name: value for name, value in options.items() if name not in still},
        "precision": manifest.precision,
        "files": {name: digest for name, digest in mine.items() if name != MANIFEST_NAME},
    }
    unverified = digests.get(SIGNATURE_NAME)
    return Submission(
        manifest=manifest,
        folder=folder,
        files=tuple(mine),
        adapter_path=path,
        options=options,
        accelerated=accelerated,
        model_sha256=_sha256(json.dumps(moving, sort_keys=True, ensure_ascii=False, default=str)),
        submission_sha256=submission_digest(mine) if mine else _sha256(manifest.model_dump_json()),
        given_as=f"--model {manifest.name}" if folder is None else f"--submission {folder.name}",
        digests=mine,
        stamps={name: stamp for name, stamp in (stamps or {}).items() if name in mine},
        signature=None if unverified is None else Signature(sha256=unverified),
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
