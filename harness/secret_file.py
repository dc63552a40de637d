"""The secret that a generated test set is drawn from, as the user names it: a file, never words on a command line."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from .errors import UsageError

__all__ = ["new_secret", "read_secret"]

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
        reason = err.strerror if isinstance(err, OSError) else "it is no UTF-8"
        raise UsageError(f"--secret-file {path}: cannot be read as text ({reason})") from err
    if len(secret) < _LEAST_CHARACTERS:
        raise UsageError(
            f"--secret-file {path}: {len(secret)} characters; a secret has at least {_LEAST_CHARACTERS}, such as 64 "
            "hexadecimal digits"
        )
    return secret


def new_secret(path: Path) -> str:
    """Draws 256 bits and keeps them, as 64 hexadecimal digits, in a new file that only its owner can read.

    Raises:
        UsageError: There is such a file, or it cannot be written.
    """
    secret = secrets.token_hex(32)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as err:
        raise UsageError(f"--new-secret {path}: is there already; to draw from it say --secret-file {path}") from err
    except OSError as err:
        raise UsageError(f"--new-secret {path}: cannot be written ({err.strerror})") from err
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(f"{secret}\n")
        file.flush()
        os.fsync(file.fileno())
    return secret
