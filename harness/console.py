"""Where people's output goes: tables as wide as the terminal, and wide enough to read in a file."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from rich.console import Console

__all__ = ["DEFAULT_RESULTS", "message_console", "output_console", "results_option", "typed", "whole_number"]

DEFAULT_RESULTS = Path("results")
"""Where commands write and look where no ``--results`` is given."""

_PLAIN_WIDTH = 160  # columns where standard output is a file or a pipe


def output_console() -> Console:
    """A console on standard output that neither colours numbers nor breaks tables in a pipe."""
    return Console(highlight=False, markup=False, emoji=False, width=None if sys.stdout.isatty() else _PLAIN_WIDTH)


def message_console() -> Console:
    """A console on standard error that prints names and paths as they are: no markup, no emoji, no coloured numbers."""
    return Console(stderr=True, highlight=False, markup=False, emoji=False)


def typed(path: Path | str) -> str:
    """A path or name as it is typed in a shell, quoted where it must be."""
    return shlex.quote(str(path))


def whole_number(text: str) -> int:
    """A word of the command line as a count, at least 1; for ``type=`` of an option."""
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r}: give a whole number, at least 1")
    return int(text)


def results_option(results: Path) -> str:
    """The option that names a results folder, with a blank before it; nothing for the one that is looked in anyway."""
    return "" if results == DEFAULT_RESULTS else f" --results {typed(results)}"
