"""Asks a question about a stranger's files in a process of its own, which is limited and ended with its whole group.

What touches transformers, tokenizers, onnx, skops or a template of the vendor's own happens there: a file that makes a
library loop, grow or fall takes the child down and nothing else.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Literal, NamedTuple

from ..sandbox import worker_environment

__all__ = ["LIMITS", "Answer", "Limits", "Subject", "ask"]

Subject = Literal["adapter", "tokenizer", "template", "weights"]

_PACKAGE = Path(__file__).resolve().parents[2]
_PACKAGE_NAME = __name__.split(".", maxsplit=1)[0]
_ANSWER_BYTES = 1 << 20


class Limits(NamedTuple):
    """What a child may take.

    Attributes:
        cpu_s: Seconds of processor time.
        wall_s: Seconds by the clock, before its process group is ended.
        memory_gib: Of data of its own; libraries that it maps do not count.
    """

    cpu_s: int
    wall_s: float
    memory_gib: float


LIMITS: dict[Subject, Limits] = {
    "adapter": Limits(cpu_s=60, wall_s=300, memory_gib=8),
    "tokenizer": Limits(cpu_s=30, wall_s=120, memory_gib=4),
    "template": Limits(cpu_s=3, wall_s=120, memory_gib=1.5),
    "weights": Limits(cpu_s=90, wall_s=600, memory_gib=8),
}
"""By what is asked. Processor time is what ends a loop; the clock is for a machine that others use as well."""


class Answer(NamedTuple):
    """How a child ended.

    Attributes:
        problems: Code, place and what was found; None where the child did not come to an answer.
        ended: Why not, in a few words.
    """

    problems: list[tuple[str, str, str]] | None
    ended: str = ""


def ask(subject: Subject, folder: Path, limits: Limits | None = None, **about: Any) -> Answer:
    """Asks a child about a folder; whatever happens to it becomes an answer.

    Args:
        subject: What is asked; see ``examiner``.
        folder: The submission.
        limits: What the child may take; None: those of the subject.
        about: What else it must know, as JSON.
    """
    given = limits or LIMITS[subject]
    question = {"subject": subject, "folder": str(folder.resolve()), "cpu_s": given.cpu_s, "about": about}
    question["memory_bytes"] = int(given.memory_gib * 2**30)
    environment = worker_environment() | {"HOME": "/nonexistent", "OMP_NUM_THREADS": "1"}
    if _PACKAGE.name == _PACKAGE_NAME:
        environment["PYTHONPATH"] = str(_PACKAGE.parent)
    command = [sys.executable, "-s", "-P", "-m", f"{__name__.rpartition('.')[0]}.examiner"]
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as words:
        child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=said, stderr=words, env=environment, cwd="/", start_new_session=True
        )
        try:
            child.communicate(json.dumps(question, default=str).encode(), timeout=given.wall_s)
            code: int | None = child.returncode
        except subprocess.TimeoutExpired:
            code = None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        return _read(said, words, code, given)


def _read(said: Any, words: Any, code: int | None, limits: Limits) -> Answer:
    if code is None:
        return Answer(None, f"took more than {limits.wall_s:g} s")
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return Answer(None, f"took more than {limits.cpu_s} s of processor time")
    said.seek(0)
    raw = said.read(_ANSWER_BYTES)
    try:
        found = json.loads(raw)
        problems = [(str(code), str(where), str(what)) for code, where, what in found["problems"]]
        return Answer(problems, str(found.get("ended", ""))) if not found.get("ended") else Answer(None, found["ended"])
    except (ValueError, KeyError, TypeError):
        words.seek(0)
        last = words.read(_ANSWER_BYTES).decode("utf-8", "replace").strip().splitlines()
        return Answer(None, f"made its process end with {code}" + (f": {last[-1][:200]}" if last else ""))
