"""Digests of a submission's files: of all of them in OpenSSF model-signing's form, and what shows that one was touched.

The form: sha256 over the raw sha256 digests of all files, in the order of their paths. It is the digest of the subject
that `model_signing sign` writes into a signature, so the vendor's signature and our record name the same thing.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

__all__ = ["SIGNATURE_NAME", "FileStamp", "file_sha256", "is_signed", "stamps_of", "submission_digest"]

SIGNATURE_NAME = "model.sig"
"""A signature that lies in the folder it is about; it is no part of the submission."""

_UNSIGNED = frozenset({".git", ".gitattributes", ".github", ".gitignore", SIGNATURE_NAME})  # as model-signing has it


class FileStamp(NamedTuple):
    """What the system says of a file; whoever writes to it, swaps it or swaps it back changes the last entry."""

    device: int
    inode: int
    size: int
    modified_ns: int
    changed_ns: int

    @classmethod
    def of(cls, found: os.stat_result) -> FileStamp:
        """The stamp in what ``stat`` returned."""
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def stamps_of(folder: Path, names: Iterable[str]) -> dict[str, FileStamp]:
    """The stamps of files below a folder, links not followed; to be taken before the files are looked at."""
    return {name: FileStamp.of((folder / name).lstat()) for name in names}


def file_sha256(path: Path) -> str:
    """sha256 of a file's bytes, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_signed(name: str) -> bool:
    """Whether a file is covered by the submission's digest: all are but git's own and the signature."""
    return PurePosixPath(name).parts[0] not in _UNSIGNED


def submission_digest(digests: Mapping[str, str]) -> str:
    """The digest of a submission, in the form of model-signing 1.x with files and sha256.

    Args:
        digests: sha256 of each file, in hexadecimal digits, by its path below the folder.

    >>> submission_digest({"b": "00" * 32, "a": "ff" * 32}) == hashlib.sha256(b"\\xff" * 32 + bytes(32)).hexdigest()
    True
    """
    signed = sorted((name for name in digests if is_signed(name)), key=lambda name: PurePosixPath(name).parts)
    return hashlib.sha256(b"".join(bytes.fromhex(digests[name]) for name in signed)).hexdigest()
