"""Asks a question about a stranger's files in a process of its own, which is shut in as a worker is, and ended with all
that it started.

What touches transformers, tokenizers, onnx, skops or a template of the vendor's own happens there: a file that makes a
library loop, grow or fall takes the child down and nothing else, and one that takes it over finds neither network nor
files beside a copy of its own.
"""

from __future__ import annotations

import json
import signal
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Any, Literal, NamedTuple

from .. import limits as confinement
from ..adapters import ADAPTERS
from ..arrow_files import write_json
from ..executors.confined import Confined
from ..isolation import available_level
from ..sandbox import Launch, launch

__all__ = ["LIMITS", "Answer", "Limits", "Subject", "ask"]

Subject = Literal["adapter", "tokenizer", "template", "weights"]

_ANSWER_BYTES = 1 << 20
_WRITTEN_GIB, _PRINTED_MIB = 0.05, 4.0
_FOR_TIME = (signal.SIGXCPU, signal.SIGKILL)
_ENDED_FOR_TIME = {*(-one for one in _FOR_TIME), *(128 + one for one in _FOR_TIME)}  # as whoever shut it in passes on
_SHOWN = (
    "answer_codes",
    "code_entry",
    "codes",
    "submission_codes",
    "text",
    "inspection/__init__",
    "inspection/examiner",
)
"""Modules of the harness that a child imports and a worker does not."""


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
    "adapter": Limits(cpu_s=20, wall_s=300, memory_gib=8),
    "tokenizer": Limits(cpu_s=15, wall_s=120, memory_gib=4),
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
        folder: A private copy of the files that it needs.
        limits: What the child may take; None: those of the subject.
        about: What else it must know, as JSON.
    """
    given, level = limits or LIMITS[subject], available_level()
    seen = "/job/model" if level == "bubblewrap" else str(folder.resolve())
    question = {"subject": subject, "folder": seen, "cpu_s": given.cpu_s, "about": about}
    question["memory_bytes"] = int(given.memory_gib * 2**30)
    bounds = confinement.Limits(
        memory_gib=given.memory_gib, written_gib=_WRITTEN_GIB, printed_mib=_PRINTED_MIB, cpu_s=given.cpu_s
    )
    with tempfile.TemporaryDirectory(prefix="sectorbench-look-") as place:
        job = Path(place)
        for name in ("model", "out"):
            (job / name).mkdir()
        write_json(job / "question.json", question)

        def how(box: Path) -> Launch:
            return launch(
                level,
                job,
                box=box,
                adapter_path=ADAPTERS["onnx"].path,
                device="cpu",
                limits=bounds,
                module="inspection.examiner",
                model={"": folder.resolve()},
                also=_SHOWN,
            )

        with Confined(how, bounds, stdin=subprocess.DEVNULL) as child:
            late = threading.Event()
            clock = threading.Timer(given.wall_s, _expire, [child, late])
            clock.start()
            said = _hear(child)
            clock.cancel()
        return _read(said, child, given, late=late.is_set())


def _expire(child: Confined, late: threading.Event) -> None:
    late.set()
    child.end()


def _hear(child: Confined) -> bytes:
    """What it says, as far as an answer may be long."""
    said = b""
    for line in child.lines():
        said += line
        if len(said) > _ANSWER_BYTES:
            child.end()
    return said[:_ANSWER_BYTES]


def _read(said: bytes, child: Confined, limits: Limits, *, late: bool) -> Answer:
    if late:
        return Answer(None, f"took more than {limits.wall_s:g} s")
    if child.stopped is not None:
        return Answer(None, child.stopped.message)
    code = child.process.returncode
    if code in _ENDED_FOR_TIME:
        return Answer(None, f"took more than {limits.cpu_s} s of processor time")
    try:
        found = json.loads(said)
        problems = [(str(code), str(where), str(what)) for code, where, what in found["problems"]]
        return Answer(problems, str(found.get("ended", ""))) if not found.get("ended") else Answer(None, found["ended"])
    except (ValueError, KeyError, TypeError):
        last = child.tail[-200:]
        return Answer(None, f"made its process end with {code}" + (f": {last}" if last else ""))
