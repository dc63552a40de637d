"""``--trust own``: a checkpoint of one's own, read where it is, with what its trainer left beside it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

from .adapters import ADAPTERS, import_adapter
from .adapters.checkpoint_files import read_json
from .adapters.series_config import ARCHITECTURES
from .codes import Problem
from .digests import file_sha256
from .errors import SubmissionError
from .foreign_files import FileStamp, open_regular
from .inspection.manifest_fields import WrongTask, field_problems, missing_files, served_problems
from .interfaces import INTERFACES
from .manifest import MANIFEST_BYTES, MANIFEST_NAME, Manifest, plain_name, read_manifest
from .submission import Builtin, Inspection, Submission, make_submission

__all__ = ["OwnCheckpoint", "add_trust_option", "open_own", "own_checkpoint"]

_WEIGHTS = ("model.safetensors", "model-*.safetensors", "model.safetensors.index.json")
_READS: Mapping[str, tuple[str, ...]] = {
    "builtin": (),
    "dispatch-policy": ("config.json", "model.safetensors"),
    "endpoint": (),
    "onnx": ("model.onnx", "preprocessor_config.json", "residual_quantiles.json"),
    "skops": ("*.skops",),
    "transformers-causal": (
        "config.json", "generation_config.json", *_WEIGHTS, "tokenizer.json", "tokenizer_config.json",
        "chat_template.jinja", "additional_chat_templates/*.jinja",
    ),
    "transformers-encoder": ("config.json", *_WEIGHTS, "tokenizer.json", "tokenizer_config.json"),
    "transformers-series": ("config.json", *_WEIGHTS, "preprocessor_config.json", "residual_quantiles.json"),
}  # fmt: skip
_ENDINGS = {
    "transformers-causal": ("ForCausalLM", "LMHeadModel"),
    "transformers-encoder": ("ForQuestionAnswering", "ForSequenceClassification"),
}
_PRECISIONS: tuple[Literal["float32", "float16", "bfloat16"], ...] = ("float32", "float16", "bfloat16")


class OwnCheckpoint(NamedTuple):
    """What was found: the submission or every problem, and what whoever runs it should know."""

    inspection: Inspection
    notes: tuple[str, ...]


def add_trust_option(parser: argparse.ArgumentParser) -> None:
    """Adds ``--trust``."""
    parser.add_argument(
        "--trust",
        choices=["checked", "own"],
        default="checked",
        help="own: a checkpoint of your own as its trainer left it, read where it is; its results are never ranked "
        "(default: %(default)s)",
    )


def open_own(
    folder: Path, builtins: Mapping[str, Builtin], *, wrong_task: WrongTask | None, told: Callable[[str], None]
) -> Submission:
    """One's own checkpoint, ready to be run; ``told`` is told the notes.

    Raises:
        SubmissionError: It cannot be; the message lists all problems.
    """
    found = own_checkpoint(folder, builtins, wrong_task)
    if found.inspection.submission is None:
        listed = "\n".join(f"  {p}" for p in found.inspection.problems)
        raise SubmissionError(f"{folder}: {len(found.inspection.problems)} problem(s)\n{listed}")
    for note in found.notes:
        told(f"{folder.name}: {note}")
    return found.inspection.submission


def own_checkpoint(folder: Path, builtins: Mapping[str, Builtin], wrong_task: WrongTask | None = None) -> OwnCheckpoint:
    """A checkpoint whose maker is whoever runs it: nothing is refused that the adapter does not read.

    Files may be links, as in a hub's cache. Without a ``submission.yaml`` the manifest is made from ``config.json``:
    the adapter and the interfaces from its architecture, the name from the folder.

    Args:
        folder: Holds what a trainer saved.
        builtins: Names that no model of another may bear.
        wrong_task: Says whether a task of the manifest is one; None: not asked.
    """
    if not folder.is_dir():
        return _refused(Problem("SB101", str(folder), "not a folder"))
    notes: list[str] = []
    problems: list[Problem] = []
    try:
        manifest = _manifest(folder, builtins, problems, notes)
    except SubmissionError as err:
        return _refused(Problem.parsed(str(err)))
    if manifest is None:
        return _refused(*problems)
    problems += field_problems(manifest, builtins, wrong_task)
    if manifest.adapter not in _READS:
        return _refused(*problems)
    names = _files(folder, (MANIFEST_NAME, *_READS[manifest.adapter]))
    problems += _problems(folder, manifest, names) + served_problems(manifest)
    if problems:
        return _refused(*problems)
    ignored = sorted(_shown(entry) for entry in folder.iterdir() if not any(_is_in(name, entry.name) for name in names))
    if ignored:
        notes.append(f"not read by adapter {manifest.adapter}, so ignored: {', '.join(ignored)}")
    stamps = {name: FileStamp.of((folder / name).stat()) for name in names}
    digests = {name: file_sha256(folder / name) for name in names}
    made = make_submission(manifest, folder, digests, builtins, stamps)
    return OwnCheckpoint(Inspection(replace(made, trust="own"), ()), tuple(notes))


def _refused(*problems: Problem) -> OwnCheckpoint:
    return OwnCheckpoint(Inspection(None, problems), ())


def _is_in(name: str, entry: str) -> bool:
    return name == entry or name.startswith(f"{entry}/")


def _shown(entry: Path) -> str:
    return f"{entry.name}/" if entry.is_dir() else entry.name


def _files(folder: Path, patterns: Sequence[str]) -> tuple[str, ...]:
    found = {path for pattern in patterns for path in folder.glob(pattern) if path.is_file()}
    return tuple(sorted(path.relative_to(folder).as_posix() for path in found))


def _problems(folder: Path, manifest: Manifest, names: Sequence[str]) -> list[Problem]:
    """What of the files would make a run fail before it has begun; the rest is the owner's own business."""
    if manifest.adapter == "builtin":
        return []
    problems = missing_files(manifest, names)
    if problems:
        return problems
    adapter = import_adapter(ADAPTERS[manifest.adapter].path)
    try:
        adapter.examine(folder, manifest.options)
        for interface in sorted(adapter.serves.intersection(manifest.interfaces)):
            adapter.examine_for(interface, folder, manifest.options)
    except SubmissionError as err:
        problems.append(Problem.parsed(str(err)))
    return problems


def _manifest(
    folder: Path, builtins: Mapping[str, Builtin], problems: list[Problem], notes: list[str]
) -> Manifest | None:
    """The folder's manifest, or the one that follows from its config.

    Raises:
        SubmissionError: There is neither, or none follows; the code first.
    """
    if (folder / MANIFEST_NAME).is_file():
        with open_regular(folder / MANIFEST_NAME) as file:
            return read_manifest(file.read(MANIFEST_BYTES + 1), problems)[0]
    if not (folder / "config.json").is_file():
        raise SubmissionError(f"SB155 config.json: not found, and no {MANIFEST_NAME} says how the model is run")
    config = read_json(folder, "config.json", adapter="config.json")
    adapter = _adapter(config)
    name = plain_name(folder.resolve().name) or "checkpoint"
    manifest = Manifest(
        schema_version="submission/1",
        name=f"{name}-own" if name in builtins else name,
        vendor="own checkpoint",
        version="1",
        adapter=adapter,
        interfaces=_interfaces(folder, adapter, config["architectures"]),
        precision=next((p for p in _PRECISIONS if p in (config.get("dtype"), config.get("torch_dtype"))), "float32"),
        trained_on=(),
    )
    serves = ", ".join(manifest.interfaces)
    notes.append(
        f"no {MANIFEST_NAME}; made from config.json: name {manifest.name}, adapter {adapter}, interfaces {serves}, "
        f"precision {manifest.precision}"
    )
    return manifest


def _adapter(config: Mapping[str, Any]) -> str:
    named = config.get("architectures")
    for one in named if isinstance(named, list) else []:
        if one in ARCHITECTURES:
            return "transformers-series"
        for adapter, endings in _ENDINGS.items():
            if str(one).endswith(endings):
                return adapter
    known = [f"...{end}" for endings in _ENDINGS.values() for end in endings]
    raise SubmissionError(
        f"SB155 config.json: architectures is {named!r:.80}; known are {', '.join([*known, *ARCHITECTURES])}"
    )


def _interfaces(folder: Path, adapter: str, architectures: Sequence[str]) -> tuple[str, ...]:
    """What the checkpoint can answer, by the adapter's own examination."""
    runs = import_adapter(ADAPTERS[adapter].path)
    series = [ARCHITECTURES[one].interfaces for one in architectures if one in ARCHITECTURES]
    can = set(series[0]) if series else runs.serves
    served, reasons = [], []
    for name in (one for one in INTERFACES if one in can):
        try:
            runs.examine_for(name, folder, {})
            served.append(name)
        except SubmissionError as err:
            reasons.append(str(err))
    if not served:
        raise SubmissionError(reasons[0])
    return tuple(served)
