"""The one table of exit codes, for all commands."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["ExitCode"]


class ExitCode(IntEnum):
    """How a command ended; CONTRIBUTING shows the same table."""

    DONE = 0
    """Everything that was asked for was done."""
    PROBLEM = 1
    """Done, but a problem was found: a failed cell, missing data, a submission that does not pass."""
    USAGE = 2
    """The command line or the configuration asks for something that does not exist; nothing was done."""
    INCONCLUSIVE = 3
    """``compare --strict``: neither better than the margin nor worse than the base could be shown."""
    UNSTABLE = 4
    """``compare``: two runs of the base differ by more than the margin, so no difference means anything."""
    INTERRUPTED = 130
    """Stopped by the user; the same command goes on where it stopped."""
