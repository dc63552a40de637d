"""Submissions: a folder with ``submission.yaml`` and the files of one adapter, or a builtin by its name."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .adapters import ADAPTERS, Adapter, import_adapter
from .codes import Problem
from .digests import SIGNATURE_NAME, foreign_sha256, submission_digest
from .errors import SubmissionError, UsageError, nearest_names
from .foreign_files import FileStamp, ForeignFileError
from .formatting import printable
from .inspection.file_list import foreign_problem
from .inspection.folder import Look, Terms, look_at
from .inspection.manifest_fields import WrongTask
from .manifest import MANIFEST_NAME, Manifest
from .records import Signature, Trust

__all__ = [
    "MANIFEST_NAME",
    "Builtin",
    "Inspection",
    "Manifest",
    "Submission",
    "builtin_submission",
    "inspect",
    "inspect_closely",
    "make_submission",
    "no_such_folder",
    "open_submission",
    "told_problems",
]

_WHO = tuple(f"{MANIFEST_NAME}, field '{name}" for name in ("name", "adapter", "interfaces", "options.name"))


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
    """A submission that passed inspection, ready to be run; or one that did not, for its records.

    Attributes:
        manifest: The checked ``submission.yaml``.
        folder: Where its files are; None for a builtin that is asked for by name.
        files: Names of the model's files below the folder.
        adapter_path: Dotted path of the class that runs it.
        options: What that class is loaded with.
        accelerated: Whether it uses an accelerator.
        model_sha256: Over the files and manifest fields that can move a prediction.
        submission_sha256: Over every file, as OpenSSF model-signing has it; see ``digests``.
        problems: What it was refused for; it is not run, and its records say so. Its digests are then those of its
            manifest and its problems: a folder that is refused is not read whole.
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
    problems: tuple[Problem, ...] = ()
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
    """What ``check`` found.

    Attributes:
        submission: If nothing is wrong.
        problems: Every problem, if something is.
        refused: Then what stands for it in records of a run; None where its manifest does not say what it is.
    """

    submission: Submission | None
    problems: tuple[Problem, ...]
    refused: Submission | None = None


def inspect(folder: Path, builtins: Mapping[str, Builtin], wrong_task: WrongTask | None = None) -> Inspection:
    """Looks at a submission folder as a run does, without loading the model; finds all problems at once.

    Args:
        folder: The submission.
        builtins: What ``adapter: builtin`` can name.
        wrong_task: Says whether a task of the manifest is one; None: not asked.
    """
    return inspect_closely(folder, Terms(builtins, wrong_task))


def inspect_closely(folder: Path, terms: Terms) -> Inspection:
    """The same on terms of one's own: beside the classes of tasks, by the libraries too, with progress."""
    look = look_at(folder, terms)
    if not look.problems and look.manifest is not None:
        try:
            digests = {name: foreign_sha256(folder, name, look.stamps[name]) for name in look.files}
            return Inspection(make_submission(look.manifest, folder, digests, terms.builtins, look.stamps), ())
        except ForeignFileError as err:
            look = dataclasses.replace(look, problems=(foreign_problem(err),))
    return Inspection(None, look.problems, _refused(look, folder, terms.builtins))


def _refused(look: Look, folder: Path, builtins: Mapping[str, Builtin]) -> Submission | None:
    """A refused submission as a run's records name it."""
    manifest = look.manifest
    if manifest is None or any(one.where.startswith(_WHO) for one in look.problems):
        return None
    digest = _sha256("\n".join([manifest.model_dump_json(), *map(str, look.problems)]))
    found = make_submission(manifest, folder, {}, builtins)
    return dataclasses.replace(found, model_sha256=digest, submission_sha256=digest, problems=look.problems)


def open_submission(
    folder: Path, builtins: Mapping[str, Builtin], *, named: str | None = None, wrong_task: WrongTask | None = None
) -> Submission:
    """A submission folder that passed inspection; ``named`` is how ``--model`` calls it, where it does.

    Raises:
        SubmissionError: It did not; the message lists all problems.
    """
    inspection = inspect(folder, builtins, wrong_task)
    if inspection.submission is None:
        raise SubmissionError(told_problems(folder, inspection.problems))
    if named is not None:
        return dataclasses.replace(inspection.submission, given_as=f"--model {named}")
    return inspection.submission


def told_problems(folder: Path, problems: Sequence[Problem]) -> str:
    """All problems of a folder, a line for each, and where to read what to do."""
    listed = "\n".join(f"  {printable(str(one))}" for one in problems)
    return f"{folder}: {len(problems)} problem(s)\n{listed}\nSee: sectorbench check {shlex.quote(str(folder))}"


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
