"""What a word of ``run`` that is no override was probably meant as: a task, a model, a suite or a folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..harness.catalog import Catalog
from ..harness.console import typed
from ..harness.errors import UsageError, nearest_names
from .configuration import suite_names

__all__ = ["check_words"]


def check_words(overrides: list[str], catalog: Catalog, *, verb: str) -> None:
    """Makes sure that every word is of the form ``key=value``.

    Args:
        overrides: As typed.
        catalog: Names that a word may be meant as.
        verb: The command, for the message.

    Raises:
        UsageError: One is not; the message says how what it resembles most is named.
    """
    for word in overrides:
        if "=" not in word:
            said = _meant(word, catalog, verb)
            raise UsageError(
                f"{word!r} is not an override of the form key=value; {said}. See: sectorbench {verb} --help"
            )


def _meant(word: str, catalog: Catalog, verb: str) -> str:
    if Path(word).is_dir():
        return f"for a folder write: sectorbench {verb} --submission {typed(word)}"
    kinds: list[tuple[str, Callable[[], list[str]]]] = [
        ("a task", catalog.task_ids),
        ("a model", catalog.model_names),
        ("a suite", suite_names),
    ]
    name, _, track = word.partition("#")
    for exact in (True, False):  # a task that is spelt right comes before a model that is nearly so
        for kind, names in kinds:
            near = _tail_of(name, names()) if exact else nearest_names(name, names(), limit=1)
            if near:
                given = near[0] + (f"#{track}" if track else "")
                option = {"a task": "--task ", "a model": "--model ", "a suite": "benchmarks="}[kind]
                return f"for {kind} write: sectorbench {verb} {option}{given}"
    return "a task goes with --task ID, a model with --model NAME, a folder with --submission PATH"


def _tail_of(name: str, names: list[str]) -> list[str]:
    return [one for one in names if name in (one, one.rpartition("/")[2])]
