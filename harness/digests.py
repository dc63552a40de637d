"""Digests of a submission's files, and of all of them together in OpenSSF model-signing's form.

The form: sha256 over the raw sha256 digests of all files, in the order of their paths. It is the digest of the subject
that `model_signing sign` writes into a signature, so the vendor's signature and our record name the same thing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from .foreign_files import FileStamp, blocks_of, open_below, open_regular

__all__ = ["SIGNATURE_NAME", "file_sha256", "foreign_sha256", "is_signed", "submission_digest"]

SIGNATURE_NAME = "model.sig"
"""A signature that lies in the folder it is about; it is no part of the submission."""

_UNSIGNED = frozenset({".git", ".gitattributes", ".github", ".gitignore", SIGNATURE_NAME})  # as model-signing has it


def file_sha256(path: Path) -> str:
    """sha256 of the bytes of one's own file, in hexadecimal digits.

    Raises:
        OSError: It cannot be read, or is no regular file.
    """
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def foreign_sha256(folder: Path, name: str, stamp: FileStamp) -> str:
    """The same of a stranger's file below its folder, unchanged since it was listed.

    Raises:
        ForeignFileError: It is another one by now, or cannot be read.
    """
    digest = hashlib.sha256()
    with open_below(folder, name, stamp) as file:
        for block in blocks_of(file, name, stamp):
            digest.update(block)
    return digest.hexdigest()


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
