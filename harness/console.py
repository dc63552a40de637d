"""Where people's output goes: tables as wide as the terminal, and wide enough to read in a file."""

from __future__ import annotations

import sys

from rich.console import Console

__all__ = ["output_console"]

_PLAIN_WIDTH = 160  # columns where standard output is a file or a pipe


def output_console() -> Console:
    """A console on standard output that neither colours numbers nor breaks tables in a pipe."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _PLAIN_WIDTH)
