"""What can go wrong in a way that a user can mend, and how near a misspelt name came."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "DataError",
    "DataNotAvailableError",
    "ExchangeError",
    "InterfaceError",
    "RecordError",
    "RegistryError",
    "ScoringError",
    "SectorBenchError",
    "SubmissionError",
    "UsageError",
    "WorkerError",
    "first_line",
    "nearest_names",
    "no_such_option",
    "unknown_name",
]


class SectorBenchError(Exception):
    """Base of all errors shown to a user without a traceback; ``exit_code`` ends the command."""

    exit_code = 1


class UsageError(SectorBenchError):
    """The command line or the configuration asks for something that does not exist."""

    exit_code = 2


class RegistryError(SectorBenchError):
    """Two things claim one name, or a registered thing does not load."""


class InterfaceError(SectorBenchError):
    """A table does not have the columns that its interface asks for."""


class DataError(SectorBenchError):
    """A data file is there, but it is not the file that its task names."""


class DataNotAvailableError(DataError):
    """A data file is in no place that was looked at; the message says how to get it."""


class ExchangeError(SectorBenchError):
    """Inputs, predictions or a secret that passed between a laboratory and a vendor do not fit each other."""


class SubmissionError(SectorBenchError):
    """A submission folder has problems; the message lists all of them."""


class ScoringError(SectorBenchError):
    """A metric was given arrays that it cannot be computed from."""


class RecordError(SectorBenchError):
    """A record or its units cannot be read, or were changed after they were written."""


class WorkerError(SectorBenchError):
    """The worker process ended without an answer; ``code`` says which kind of end it was."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def first_line(err: BaseException) -> str:
    """An error's kind and the first line of what it says, cut."""
    first = str(err).strip().splitlines()
    return f"{type(err).__name__}: {first[0][:200] if first else 'no message'}"


_BEGINNING = 4  # letters in common at the beginning of names that are otherwise unlike
_ALL_NAMED = 16  # names that a message can list and still be read


def nearest_names(name: str, known: Iterable[str], *, limit: int = 3) -> list[str]:
    """The known names most like ``name``, best first: by spelling, holding it as a part, else by how they begin."""
    pool = sorted(known)
    tails = {k.rsplit("/", 1)[-1]: k for k in pool}
    by_tail = [tails[t] for t in difflib.get_close_matches(name.rsplit("/", 1)[-1], tails, n=limit, cutoff=0.55)]
    by_name = difflib.get_close_matches(name, pool, n=limit, cutoff=0.55)
    by_part = [k for k in pool if len(name) > 2 and name.lower() in k.lower()]
    near = list(dict.fromkeys([*by_name, *by_tail, *by_part]))
    beginning = name[:_BEGINNING].lower()
    by_beginning = [k for k in pool if len(beginning) == _BEGINNING and k.lower().startswith(beginning)]
    return (near or by_beginning)[:limit]


def unknown_name(kind: str, name: str, known: Iterable[str], *, hint: str) -> UsageError:
    """The error for a name that is not registered: the near matches, or all names, and what to type next."""
    pool = sorted(known)
    near = nearest_names(name, pool)
    more = f" and {len(pool) - _ALL_NAMED} more" if len(pool) > _ALL_NAMED else ""
    said = f"Did you mean {', '.join(near)}?" if near else f"Known: {', '.join(pool[:_ALL_NAMED]) or 'none'}{more}."
    return UsageError(f"unknown {kind} {name!r}. {said} {hint}")


def no_such_option(asked: Iterable[object], known: Iterable[str]) -> str:
    """What is said of a manifest's options that there are not, each with the nearest that there is.

    >>> no_such_option(["max_token", "speed"], ["answer", "max_tokens"])
    "no such option 'max_token' (did you mean 'max_tokens'?), 'speed'; known: answer, max_tokens"
    """
    pool = list(known)
    told = []
    for name in sorted(map(str, asked)):
        near = nearest_names(name, pool, limit=1)
        told.append(f"{name!r:.80}" + (f" (did you mean {near[0]!r}?)" if near else ""))
    return f"no such option {', '.join(told)}; known: {', '.join(pool) or 'none'}"
