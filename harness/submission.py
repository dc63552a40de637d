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
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from .adapters import ADAPTERS, Adapter, import_adapter
from .codes import CODES, Problem
from .errors import SubmissionError, UsageError, nearest_names
from .interfaces import INTERFACES

__all__ = [
    "MANIFEST_NAME",
    "Builtin",
    "Inspection",
    "Manifest",
    "Submission",
    "builtin_submission",
    "copy_model",
    "inspect",
    "no_such_folder",
    "open_submission",
]

MANIFEST_NAME = "submission.yaml"
_MANIFEST_BYTES = 1 << 20
_REFUSED = {".py", ".pyc", ".so", ".pkl", ".pickle", ".joblib", ".bin", ".pt", ".pth", ".ckpt", ".npy", ".sh"}
_HASH_BLOCK = 1 << 20

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
_Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
_TaskPattern = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+/[a-z0-9.-]+(#[a-z0-9-]+)?$")]


class Manifest(BaseModel):
    """``submission.yaml``: what the model is, who stands behind it, and how it is run."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    schema_version: Literal["submission/1"] = Field(description="version of this file's form: submission/1")
    name: _Name = Field(description="name on the board: small letters, digits, '.', '_' and '-', at most 64")
    vendor: _Line = Field(description="who submits it, as the board shows it")
    version: _Line = Field(description='the vendor\'s own version of the model, quoted: "1.0"')
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = Field(
        default=None, description="country of the vendor, ISO 3166-1 alpha-2"
    )
    licence: _Line | None = Field(
        default=None, description="licence of the weights, an SPDX identifier where it has one"
    )
    contact: _Line | None = Field(
        default=None, description="mail address or page for questions; never shown on the board"
    )
    description: _Line | None = Field(default=None, description="one line for people")
    adapter: str = Field(description=f"how the files are run: builtin, {', '.join(ADAPTERS)}")
    interfaces: tuple[str, ...] = Field(min_length=1, description="interfaces the model serves, such as [regression]")
    tasks: tuple[_TaskPattern, ...] | None = Field(
        default=None,
        description="tasks it was made for, as area/task or area/task#track; left out: any of its interfaces",
    )
    precision: Literal["float32", "float16", "bfloat16"] = Field(
        default="float32", description="type the weights are meant to be run in"
    )
    trained_on: tuple[_Line, ...] = Field(description="data sets it was trained on, [] if none; shown on the board")
    options: dict[str, Any] = Field(
        default_factory=dict, description="the adapter's own options, described with the adapter"
    )

    def serves(self, interface: str, task: str, track: str) -> bool:
        """Whether the model was made for this task and track."""
        if interface not in self.interfaces:
            return False
        return self.tasks is None or task in self.tasks or f"{task}#{track}" in self.tasks


@dataclass(frozen=True)
class Builtin:
    """One of the suite's own baselines: the class behind its name.

    Attributes:
        path: Dotted path ``module:class`` of its adapter.
        options: What the adapter is loaded with.
        interface: What it serves.
        summary: One line for people.
    """

    path: str
    options: Mapping[str, Any]
    interface: str
    summary: str


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
        submission_sha256: Over every file.
        given_as: How the command line named it: ``--model NAME`` or ``--submission PATH``.
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

    @property
    def adapter(self) -> type[Adapter]:
        """The adapter's class; importing it is cheap, loading the model is not."""
        return import_adapter(self.adapter_path)


@dataclass(frozen=True)
class Inspection:
    """What ``check`` found: the submission if nothing is wrong, else every problem."""

    submission: Submission | None
    problems: tuple[Problem, ...]


def inspect(folder: Path, builtins: Mapping[str, Builtin]) -> Inspection:
    """Looks at a submission folder without loading the model; finds all problems at once."""
    if not folder.is_dir():
        what = "a file, not a folder" if folder.exists() else "there is no such folder"
        return Inspection(None, (Problem("SB101", str(folder), what),))
    problems: list[Problem] = []
    files = _list_files(folder, problems)
    manifest = _read_manifest(folder / MANIFEST_NAME, problems)
    if manifest is not None:
        problems += _adapter_problems(manifest, folder, files, builtins)
    if problems or manifest is None:
        return Inspection(None, tuple(problems))
    digests = {name: _file_sha256(folder / name) for name in files}
    return Inspection(_submission(manifest, folder, digests, builtins), ())


def open_submission(folder: Path, builtins: Mapping[str, Builtin], *, named: str | None = None) -> Submission:
    """A submission folder that passed inspection; ``named`` is how ``--model`` calls it, where it does.

    Raises:
        SubmissionError: It did not; the message lists all problems.
    """
    inspection = inspect(folder, builtins)
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
        trained_on=(),
        options={"name": name},
    )
    return _submission(manifest, None, {}, builtins)


def copy_model(submission: Submission, to: Path) -> None:
    """Copies the model's files by reading them, and makes sure that they are still those that were inspected.

    Raises:
        SubmissionError: A file changed between the inspection and the copy.
    """
    to.mkdir(parents=True, exist_ok=True)
    if submission.folder is None:
        return
    digests = {}
    for name in submission.files:
        target = to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha256()
        with (submission.folder / name).open("rb") as source, target.open("wb") as sink:
            while block := source.read(_HASH_BLOCK):
                digest.update(block)
                sink.write(block)
        digests[name] = digest.hexdigest()
    if _submission_sha256(digests) != submission.submission_sha256:
        raise SubmissionError(f"{submission.folder}: a file changed while it was being copied; run the command again")


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


def _read_manifest(path: Path, problems: list[Problem]) -> Manifest | None:
    if not path.is_file():
        problems.append(Problem("SB102", MANIFEST_NAME, "not found in the folder"))
        return None
    if path.stat().st_size > _MANIFEST_BYTES:
        problems.append(Problem("SB102", MANIFEST_NAME, f"{path.stat().st_size:,} bytes; at most {_MANIFEST_BYTES:,}"))
        return None
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as err:
        problems.append(Problem("SB102", MANIFEST_NAME, f"not YAML in UTF-8: {' '.join(str(err).split())[:200]}"))
        return None
    if not isinstance(raw, dict):
        problems.append(
            Problem("SB102", MANIFEST_NAME, f"holds a {type(raw).__name__}, expected fields such as 'name: my-model'")
        )
        return None
    try:
        return Manifest.model_validate(raw)
    except ValidationError as err:
        problems += [_field_problem(e, raw) for e in err.errors(include_url=False)]
        return None


def _field_problem(error: Any, raw: Mapping[Any, Any]) -> Problem:
    name = ".".join(map(str, error["loc"]))
    where = f"{MANIFEST_NAME}, field {name!r}"
    if error["type"] == "missing":
        return Problem("SB103", where, f"missing: {Manifest.model_fields[name].description}")
    if error["type"] == "extra_forbidden":
        near = nearest_names(name, Manifest.model_fields)
        return Problem("SB103", where, "no such field" + (f"; did you mean {near[0]!r}?" if near else ""))
    field = Manifest.model_fields.get(str(error["loc"][0]))
    rule = field.description if field is not None else ""
    return Problem("SB103", where, f"{str(error['input'])[:80]!r}: {error['msg']}. It holds: {rule}")


def _adapter_problems(
    manifest: Manifest, folder: Path, files: tuple[str, ...], builtins: Mapping[str, Builtin]
) -> list[Problem]:
    problems: list[Problem] = []
    if manifest.name in builtins and (manifest.adapter, manifest.options.get("name")) != ("builtin", manifest.name):
        said = f"{manifest.name!r} is the name of a builtin; choose another"
        problems.append(Problem("SB103", f"{MANIFEST_NAME}, field 'name'", said))
    known = {"builtin", *ADAPTERS}
    where = f"{MANIFEST_NAME}, field 'adapter'"
    if manifest.adapter not in known:
        near = nearest_names(manifest.adapter, known)
        said = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(known))}"
        return [*problems, Problem("SB103", where, f"{manifest.adapter!r} is no adapter; {said}")]
    for name in manifest.interfaces:
        if name not in INTERFACES:
            said = f"{name!r} is no interface; known: {', '.join(INTERFACES)}"
            problems.append(Problem("SB103", f"{MANIFEST_NAME}, field 'interfaces'", said))
    if manifest.adapter == "builtin":
        name = str(manifest.options.get("name"))
        if name not in builtins:
            said = f"{name!r} is no builtin; known: {', '.join(sorted(builtins))}"
            problems.append(Problem("SB103", f"{MANIFEST_NAME}, field 'options.name'", said))
        return problems
    entry = ADAPTERS[manifest.adapter]
    wanted = [*entry.files]
    if manifest.adapter == "skops":
        wanted.append(str(manifest.options.get("file", "model.skops")))
    for pattern in wanted:
        if not any(fnmatch.fnmatch(name, pattern) for name in files):
            problems.append(Problem("SB104", pattern, f"not found; adapter {manifest.adapter!r} reads it"))
    adapter = import_adapter(entry.path)
    if not problems:
        try:
            adapter.examine(folder, manifest.options)
        except SubmissionError as err:
            problems.append(_coded(str(err)))
    served = adapter.serves
    for name in manifest.interfaces:
        if name in INTERFACES and name not in served:
            said = f"adapter {manifest.adapter!r} does not serve {name!r}; it serves {', '.join(sorted(served))}"
            problems.append(Problem("SB103", f"{MANIFEST_NAME}, field 'interfaces'", said))
    return problems


def _coded(message: str) -> Problem:
    """``SB103 where: what`` as a problem."""
    code, _, rest = message.partition(" ")
    where, separator, found = rest.partition(": ")
    return Problem(code, where, found) if code in CODES and separator else Problem("SB103", MANIFEST_NAME, message)


def _submission(
    manifest: Manifest, folder: Path | None, digests: Mapping[str, str], builtins: Mapping[str, Builtin]
) -> Submission:
    if manifest.adapter == "builtin":
        builtin = builtins[str(manifest.options["name"])]
        path, options, accelerated = builtin.path, dict(builtin.options), False
    else:
        entry = ADAPTERS[manifest.adapter]
        path, options, accelerated = entry.path, manifest.options, entry.accelerated
    moving = {
        "adapter": manifest.adapter,
        "class": re.sub(r"^.*:", "", path),
        "options": options,
        "precision": manifest.precision,
        "files": {name: digest for name, digest in digests.items() if name != MANIFEST_NAME},
    }
    return Submission(
        manifest=manifest,
        folder=folder,
        files=tuple(digests),
        adapter_path=path,
        options=options,
        accelerated=accelerated,
        model_sha256=_sha256(json.dumps(moving, sort_keys=True, ensure_ascii=False, default=str)),
        submission_sha256=_submission_sha256(digests) if digests else _sha256(manifest.model_dump_json()),
        given_as=f"--model {manifest.name}" if folder is None else f"--submission {folder.name}",
    )


def _submission_sha256(digests: Mapping[str, str]) -> str:
    return _sha256("".join(f"{digest} {name}\n" for name, digest in sorted(digests.items())))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
