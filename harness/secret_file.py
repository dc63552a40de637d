"""The secret that a generated test set is drawn from, as the user names it: a file, never words on a command line."""

from __future__ import annotations

from pathlib import Path

from .errors import UsageError

__all__ = ["read_secret"]

_LEAST_CHARACTERS = 16


def read_secret(path: Path | None) -> str | None:
    """What the file holds, without blanks around it; None where none is named.

    Raises:
        UsageError: It cannot be read, or is too short to be a secret.
    """
    if path is None:
        return None
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as err:
        raise UsageError(f"--secret-file {path}: cannot be read as text ({err})") from err
    if len(secret) < _LEAST_CHARACTERS:
        raise UsageError(
            f"--secret-file {path}: {len(secret)} characters; a secret has at least {_LEAST_CHARACTERS}, such as 64 "
            "hexadecimal digits"
        )
    return secret
