"""An operator's command as a solver: what ``--command NAME=PROGRAM ARGUMENTS`` names, and what of it is shown."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

from ..errors import UsageError
from ..manifest import Manifest
from ..sandbox import python_prefixes
from ..submission import Submission

__all__ = ["check_command", "command_files", "command_submission"]

_ADAPTER = f"{__name__.rpartition('.')[0].rpartition('.')[0]}.adapters.command:OperatorCommand"
_SYSTEM = ("/usr", "/bin", "/lib", "/lib64", "/etc", "/dev", "/proc", "/sys")
_OWN = frozenset({".git", "tests", "results", "site", "baselines", ".venv"})  # besides the package's own folders
_HASHED_BYTES = 1 << 30
_EXAMPLE = "--command 'my-solver=/opt/solver/run --threads 2'"


def command_submission(asked: str, taken: Collection[str]) -> Submission:
    """The model that ``NAME=PROGRAM ARGUMENTS`` stands for; its key covers the words and the files they name.

    Args:
        asked: As typed; ``python`` and ``python3`` are the Python that SectorBench runs with.
        taken: Names of the suite's own models, which no command may bear.

    Raises:
        UsageError: The form is wrong, the name is taken, or the program is not there.
    """
    name, separator, rest = asked.partition("=")
    try:
        words = shlex.split(rest)
    except ValueError as err:
        raise UsageError(f"--command {asked!r}: {err}; write it as {_EXAMPLE}") from err
    if not separator or not words:
        raise UsageError(f"--command {asked!r}: expected NAME=PROGRAM ARGUMENTS, such as {_EXAMPLE}")
    if name in taken:
        raise UsageError(f"--command {name}: that is the name of one of the suite's own models; choose another")
    # A version manager's python is a script that needs the home folder: meant is the Python that this runs with.
    program = sys.executable if words[0] in ("python", "python3") else shutil.which(words[0])
    if program is None:
        raise UsageError(f"--command {name}: there is no program {words[0]!r} that can be run")
    words = [_absolute(program), *(_whole(word) for word in words[1:])]
    try:
        manifest = Manifest(
            schema_version="submission/1",
            name=name,
            vendor="operator",
            version="1",
            description="a command that the operator named",
            adapter="command",
            interfaces=("solver_trace",),
            trained_on=(),
        )
    except ValueError as err:
        raise UsageError(f"--command {name!r}: a name has small letters, digits, '.', '_' and '-', at most 64") from err
    digest = _digest(name, words)
    return Submission(
        manifest=manifest,
        folder=None,
        files=(),
        adapter_path=_ADAPTER,
        options={"words": words},
        accelerated=False,
        model_sha256=digest,
        submission_sha256=digest,
        given_as=f"--command {name}",
    )


def _whole(word: str) -> str:
    """A word that names a file or folder, by its whole path: the command does not run where it was typed."""
    option, equals, path = _named(word)
    return f"{option}{equals}{_absolute(path)}" if path else word


def _absolute(path: str) -> str:
    return os.path.normpath(Path(path).absolute())


def _named(word: str) -> tuple[str, str, str]:
    """What a word names: the whole word or what stands behind ``=`` in it, with what stands before; empty: nothing."""
    for option, equals, path in (("", "", word), word.partition("=")):
        try:
            if path and Path(path).exists():
                return option, equals, path
        except (OSError, ValueError):  # too long for a name, or with a zero byte: no file
            continue
    return word, "", ""


def command_files(words: Sequence[str]) -> list[Path]:
    """Files and folders that the words name outside of the system: all that a command is shown."""
    system = (*_SYSTEM, *python_prefixes())
    named = (Path(path) for *_, path in map(_named, words) if path.startswith("/"))
    return [p for p in dict.fromkeys(named) if not any(p.is_relative_to(s) for s in system)]


def check_command(submission: Submission, hidden: Sequence[Path]) -> None:
    """Makes sure that a command names nothing that would show it references, records or our own files.

    Raises:
        UsageError: It does; the message names both folders.
    """
    ours = Path(__file__).resolve().parents[2]
    for shown in command_files(list(submission.options["words"])):
        real = shown.resolve()
        for folder in (*hidden, *_own_folders(ours)):
            kept = folder.resolve()
            if real.is_relative_to(kept) or kept.is_relative_to(real):
                raise UsageError(
                    f"--command {submission.manifest.name}: {shown} would show the solver {folder}, "
                    "where results or references lie; put the solver into a folder of its own"
                )


def _own_folders(package: Path) -> list[Path]:
    """What of a checkout or an installed copy is the suite's own; a solver's folder may lie beside it."""
    inside = [one for one in package.iterdir() if one.name in _OWN or (one / "__init__.py").is_file()]
    return inside or [package]


def _digest(name: str, words: Sequence[str]) -> str:
    """sha256 over the words, the program, wherever it lies, and the content of all files that the words name.

    Raises:
        UsageError: A folder holds more than can be meant, or a file cannot be read.
    """
    digest = hashlib.sha256(json.dumps(list(words)).encode())
    read = 0
    for path in dict.fromkeys([Path(words[0]), *command_files(words)]):
        if any(Path(place).is_relative_to(path) for place in (*_SYSTEM, Path.home())):
            raise UsageError(f"--command {name}: {path} is more than a solver; name the solver's own folder")
        try:
            for file in sorted(p for p in ([path] if path.is_file() else path.rglob("*")) if p.is_file()):
                read += file.stat().st_size
                if read > _HASHED_BYTES:
                    raise UsageError(f"--command {name}: {path} holds over 1 GiB; name the solver's own folder")
                digest.update(f"{file}\n{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
        except OSError as err:
            raise UsageError(f"--command {name}: {err.filename or path}: {err.strerror}") from err
    return digest.hexdigest()
