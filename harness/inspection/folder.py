"""Looks at a submission folder from the outside in: files, manifest, JSON, weights, and what only a library can say.

Nothing of the model is loaded. What needs transformers, tokenizers, onnx, skops or a template's own code runs in a
child that is shut in as a worker is; a run leaves most of that to the worker, which looks again before it loads.
Adapters and children are given a private copy of what was read, never the stranger's folder.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ..adapters import ADAPTERS, Adapter, import_adapter
from ..codes import Problem
from ..errors import SubmissionError
from ..foreign_files import FileStamp, ForeignFileError, blocks_of, open_below, read_below
from ..formatting import size_text
from ..manifest import MANIFEST_BYTES, MANIFEST_NAME, Manifest, read_manifest
from .checkpoint import special_tokens, static_problems, templates, tensor_shapes, vocabulary_problems
from .children import Answer, Subject, ask
from .config_keys import ADAPTER_FILES, reaching_keys
from .file_list import MOST_BYTES, FileList, foreign_problem, list_files
from .json_files import JsonError, most_bytes_of, parse_strict
from .labels import ClassesOf, label_problems
from .manifest_fields import WrongTask, field_problems, missing_files, served_problems, skops_name
from .shards import INDEX_NAME
from .skops_file import skops_problems
from .weight_files import Header, HeaderError, read_header, tensors_not_finite

if TYPE_CHECKING:
    from ..submission import Builtin

__all__ = ["Look", "Terms", "look_at"]

_TEXT_ADAPTERS = ("transformers-causal", "transformers-encoder")
_CHECKPOINTS = (*_TEXT_ADAPTERS, "transformers-series")
_KEPT = ("config.json", "tokenizer.json", "tokenizer_config.json", INDEX_NAME)  # others are looked at one by one
_JSON_BYTES, _MOST_TENSORS = 256 << 20, 200_000  # of all files together: what is held is bounded
_SHOWN = 5
_DIED: Mapping[Subject, str] = {"adapter": "SB124", "tokenizer": "SB119", "template": "SB121", "weights": "SB124"}


@dataclass(frozen=True)
class Terms:
    """How closely a folder is looked at, and beside what.

    Attributes:
        builtins: What ``adapter: builtin`` can name.
        wrong_task: Says whether a task of the manifest is one; None: not asked.
        classes_of: Tells a task's classes; None: labels are not compared with them.
        thorough: Whether libraries look too, each in a limited child: seconds, for ``check``.
        most_bytes: Of all files together.
        told: Is told how many bytes of weights were read, and of how many.
    """

    builtins: Mapping[str, Builtin]
    wrong_task: WrongTask | None = None
    classes_of: ClassesOf | None = None
    thorough: bool = False
    most_bytes: int = MOST_BYTES
    told: Callable[[int, int], None] = lambda done, total: None


@dataclass(frozen=True)
class Look:
    """What was found.

    Attributes:
        manifest: The whole manifest; None where a field is wrong.
        readable: What of it can be read all the same; None where nothing can.
        files: Names of the files, sorted.
        problems: All that is wrong; empty for a sound submission.
        stamps: What the system said of each file before it was looked at.
    """

    manifest: Manifest | None
    readable: Manifest | None
    files: tuple[str, ...]
    problems: tuple[Problem, ...]
    stamps: Mapping[str, FileStamp] = field(default_factory=dict)


def look_at(folder: Path, terms: Terms) -> Look:
    """Looks at a submission folder without loading the model; finds all problems at once."""
    if not folder.is_dir():
        what = "a file, not a folder" if folder.exists() else "there is no such folder"
        return Look(None, None, (), (Problem("SB101", str(folder), what),))
    problems: list[Problem] = []
    files = list_files(folder, problems, most_bytes=terms.most_bytes)
    manifest = readable = None
    absent = files.whole and not any(one.where == MANIFEST_NAME for one in problems)
    with tempfile.TemporaryDirectory(prefix="sectorbench-look-") as private:
        try:
            if MANIFEST_NAME in files.stamps:
                with open_below(folder, MANIFEST_NAME, files.stamps[MANIFEST_NAME]) as file:
                    manifest, readable = read_manifest(file.read(MANIFEST_BYTES + 1), problems)
            elif absent:  # it is not what was refused
                read_manifest(None, problems)
            if files.whole:
                seen = _Folder(folder, terms, files, problems, Path(private))
                seen.read()
                if readable is not None:
                    problems += field_problems(readable, terms.builtins, terms.wrong_task)
                    seen.look_as(readable)
        except ForeignFileError as err:  # of a folder that somebody writes to, no more can be said
            problems.append(foreign_problem(err))
    return Look(manifest, readable, tuple(files.stamps), tuple(dict.fromkeys(problems)), files.stamps)


@dataclass
class _Folder:
    """A folder whose files are listed; what is read of them is kept for the looks that need several.

    Attributes:
        path: The stranger's folder.
        terms: How closely it is looked at.
        files: As they were listed.
        problems: Gets what is found.
        private: Gets small files as they were read; for adapters and children, who open by path.
        jsons: What the sound JSON files hold that several looks need.
        headers: Of the sound weight files.
    """

    path: Path
    terms: Terms
    files: FileList
    problems: list[Problem]
    private: Path
    jsons: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, Header] = field(default_factory=dict)

    def read(self) -> None:
        """Reads JSON files and headers of weights, and looks at every weight."""
        left = _JSON_BYTES
        for name in self.files.ending(".json"):
            left -= self.files.sizes[name]
            if left < 0:
                self._say("SB109", name, f"with it the JSON files have more than {size_text(_JSON_BYTES)} in all")
                break
            if (size := self.files.sizes[name]) > (most := most_bytes_of(name)):
                self._say("SB110", name, f"{size:,} bytes, at most {most:,}")
                continue
            try:
                found = parse_strict(self._read(name))
            except JsonError as err:
                self._say("SB110", name, str(err))
                continue
            self.problems += reaching_keys(found, name)
            if name in _KEPT:
                self.jsons[name] = found
        for name in (one for one in ADAPTER_FILES if one in self.files.sizes):
            self._say("SB117", name, "weights beside another model are not served; merge them and save the whole")
        tensors = 0
        for name in self.files.ending(".safetensors"):
            try:
                with self._open(name) as file:
                    self.headers[name] = read_header(file)
            except HeaderError as err:
                self._say(err.code, name, str(err))
                continue
            tensors += len(self.headers[name].tensors)
            if tensors > _MOST_TENSORS:
                self._say("SB112", name, f"with it the weight files have more than {_MOST_TENSORS:,} tensors in all")
                break
        self._look_at_numbers()

    def _look_at_numbers(self) -> None:
        total, done = sum(self.files.sizes[name] for name in self.headers), 0

        def read(got: int) -> None:
            nonlocal done
            done += got
            self.terms.told(done, total)

        for name, header in self.headers.items():
            try:
                with self._open(name) as file:
                    found = list(tensors_not_finite(file, header, read))
            except HeaderError as err:
                found = []
                self._say(err.code, name, str(err))
            for said in found[:_SHOWN]:
                self._say("SB115", name, said)
            if len(found) > _SHOWN:
                self._say("SB115", name, f"and {len(found) - _SHOWN:,} more tensors")

    def look_as(self, manifest: Manifest) -> None:
        """What the adapter that the manifest names relies on."""
        if manifest.adapter not in ADAPTERS:
            return
        refused = [one.where for one in self.problems]  # there, if not taken
        absent = missing_files(manifest, [*self.files.sizes, *refused])
        self.problems += absent
        missing = bool(missing_files(manifest, self.files.sizes))
        adapter = import_adapter(ADAPTERS[manifest.adapter].path)
        if manifest.adapter in _CHECKPOINTS:
            self.problems += static_problems(self.jsons, self.headers, self.files.ending(".safetensors"))
        found: list[tuple[str, str]] = []
        if manifest.adapter in _TEXT_ADAPTERS:
            self.problems += vocabulary_problems(self.jsons, self.headers)
            found, wrong = templates(self.jsons, self.files.sizes, self._read)
            self.problems += wrong
        if adapter.examined_apart:
            if self._examine_options(adapter, manifest) and manifest.adapter == "skops" and not missing:
                with self._open(skops_name(manifest)) as file:
                    self.problems += skops_problems(file, skops_name(manifest))
        elif not missing and self._is_sound:
            self._examine(adapter, manifest)
        if manifest.adapter in _CHECKPOINTS:  # after the adapter's turn: a wrong label leaves the files sound
            self.problems += label_problems(manifest, self.jsons.get("config.json"), self.terms.classes_of)
        self.problems += served_problems(manifest)
        if found:  # in a run too: a template without an end would hold its worker until the time limit
            special = special_tokens(self.jsons)
            self._take("template", found[0][0], ask("template", self.private, templates=found, special=special))
        if self.terms.thorough and not missing:
            self._ask_libraries(adapter, manifest)

    @property
    def _is_sound(self) -> bool:
        """Whether no file has a problem; what stands in a manifest beside them is another matter."""
        return all(one.where.startswith(MANIFEST_NAME) for one in self.problems)

    def _examine_options(self, adapter: type[Adapter], manifest: Manifest) -> bool:
        """Whether the adapter takes the options."""
        try:
            adapter.examine_options(manifest.options)
        except SubmissionError as err:
            self.problems.append(Problem.parsed(str(err)))
            return False
        return True

    def _examine(self, adapter: type[Adapter], manifest: Manifest) -> None:
        self._copy_named(manifest)
        try:
            adapter.examine(self.private, manifest.options)
            for name in sorted(adapter.serves.intersection(manifest.interfaces)):
                adapter.examine_for(name, self.private, manifest.options)
        except SubmissionError as err:
            self.problems.append(Problem.parsed(str(err)))
        except (TypeError, ValueError, AttributeError, LookupError, ArithmeticError, RecursionError) as err:
            said = f"holds something unexpected: {type(err).__name__}: {str(err)[:200]}"  # a crafted config
            self._say("SB107", "config.json", said)

    def _ask_libraries(self, adapter: type[Adapter], manifest: Manifest) -> None:
        """What only a library can say of files that look sound, each asked in a child of its own."""
        if manifest.adapter in _TEXT_ADAPTERS and "tokenizer.json" in self.jsons:
            self._take("tokenizer", "tokenizer.json", ask("tokenizer", self.private))
        if not self._is_sound:
            return
        if adapter.examined_apart:
            about = manifest.model_dump(include={"adapter", "options", "interfaces"})
            self._copy_named(manifest)
            self._take("adapter", _file_of(manifest), ask("adapter", self.private, **about))
        elif manifest.adapter in _CHECKPOINTS:
            architecture = self.jsons["config.json"]["architectures"][0]  # the adapter looked at it
            tensors = tensor_shapes(self.headers)
            answer = ask("weights", self.private, architecture=architecture, tensors=tensors)
            self._take("weights", "config.json", answer)

    def _take(self, subject: Subject, where: str, answer: Answer) -> None:
        if answer.problems is None:
            self._say(_DIED[subject], where, answer.ended)
        else:
            self.problems += [Problem(*one) for one in answer.problems]

    def _open(self, name: str) -> IO[bytes]:
        return open_below(self.path, name, self.files.stamps[name])

    def _read(self, name: str) -> bytes:
        """A small file, of which the private folder gets what was read."""
        raw = read_below(self.path, name, self.files.stamps[name])
        self._target(name).write_bytes(raw)
        return raw

    def _copy_named(self, manifest: Manifest) -> None:
        """Has those files in the private folder that the adapter reads by one fixed name each, however large."""
        for name in (*ADAPTERS[manifest.adapter].files, _file_of(manifest)):
            if name in self.files.stamps and not (target := self._target(name)).exists():
                with self._open(name) as file, target.open("wb") as copy:
                    copy.writelines(blocks_of(file, name, self.files.stamps[name]))

    def _target(self, name: str) -> Path:
        target = self.private / name
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def _say(self, code: str, where: str, found: str) -> None:
        self.problems.append(Problem(code, where, found))


def _file_of(manifest: Manifest) -> str:
    """What the adapter looks at first; the empty name for one that reads no file."""
    return skops_name(manifest) if manifest.adapter == "skops" else next(iter(ADAPTERS[manifest.adapter].files), "")
