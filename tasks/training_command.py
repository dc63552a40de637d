"""What the scripts that train a network have in common: their options, and what is done with them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from ..harness.errors import SectorBenchError

__all__ = ["Trained", "ended", "finished", "told_on_stderr", "training_parser"]


class Trained(Protocol):
    """What every recipe says."""

    @property
    def seed(self) -> int:
        """Of weights and batches."""
        ...

    @property
    def steps(self) -> int:
        """Batches seen."""
        ...


def training_parser(program: str, what: str, shipped: Trained | None) -> argparse.ArgumentParser:
    """The options of a training command: ``--to`` or ``--validate``, seed, steps; None: there are several recipes."""
    parser = argparse.ArgumentParser(prog=program, description=what)
    aim = parser.add_mutually_exclusive_group(required=True)
    aim.add_argument("--to", type=Path, metavar="DIR", help="submission folder to write; replaced if it is there")
    aim.add_argument("--validate", action="store_true", help="write nothing; score the recipe on what it holds out")
    seed, steps = (shipped.seed, shipped.steps) if shipped else (0, None)
    parser.add_argument("--seed", type=int, default=seed, help="seed (default: %(default)s)")
    said = "those of the recipe" if steps is None else steps
    parser.add_argument("--steps", type=int, default=steps, help=f"batches (default: {said})")
    return parser


def finished(
    given: argparse.Namespace, *, validate: Callable[[], float], said: str, train: Callable[[Path], Path]
) -> int:
    """What every training command does with its options: validates the recipe, or trains and writes.

    Args:
        given: From ``training_parser``.
        validate: What the recipe comes to on what is held out.
        said: The words for it, with a place for the number.
        train: Writes the folder.

    Returns:
        The exit status.
    """
    return ended(lambda: said.format(validate()) if given.validate else f"written: {train(given.to)}")


def ended(work: Callable[[], str]) -> int:
    """Tells what the work says of itself, or in one line what a user can mend; returns the exit status."""
    try:
        told_on_stderr(work())
    except SectorBenchError as err:
        told_on_stderr(str(err))
        return int(err.exit_code)
    return 0


def told_on_stderr(line: str) -> None:
    """Progress for people."""
    sys.stderr.write(line + "\n")
