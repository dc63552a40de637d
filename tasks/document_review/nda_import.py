"""Makes ContractNLI's files from its public archive: development and test as they are, and the training extract.

The training file used here is the first 50 documents of the official one, written with an indent of four. That the
known extract is written in this way was checked; cutting it from the official ``train.json`` is UNVERIFIED until it has
met the real archive. What is made is compared with the known sha256 before anything is kept.
"""

from __future__ import annotations

import json
from pathlib import Path

from ...harness.archives import UnpackError, read_member, unpack
from ...harness.data import DataFile
from ...harness.errors import DataError
from .nda import DEV_FILE, TEST_FILE, TRAIN_DOCUMENTS, TRAIN_FILE

__all__ = ["import_agreements", "training_extract"]

_WHOLE_TRAINING, _JSON_BYTES = "train.json", 256 << 20
_SUFFIXES = ("", ".xz", ".gz")


def import_agreements(originals: Path) -> dict[str, bytes]:
    """The bytes of the three files.

    Args:
        originals: ``contract-nli.zip`` as it is, or a folder that holds ``test.json``, ``dev.json`` and ``train.json``,
            or ``train_truncated.json`` in its place (as is, ``.xz`` or ``.gz``, at any depth).

    Raises:
        DataError: A file is missing or cannot be read.
    """
    made = {file.path: _original(originals, Path(file.path).name) for file in (DEV_FILE, TEST_FILE)}
    made[TRAIN_FILE.path] = _training(originals, TRAIN_FILE)
    return made


def training_extract(raw: bytes) -> bytes:
    """The first documents of the official training file, as the known extract holds them.

    Raises:
        DataError: The bytes are not such a file.
    """
    try:
        data = json.loads(raw)
        data["documents"] = data["documents"][:TRAIN_DOCUMENTS]
    except (ValueError, KeyError, TypeError) as err:
        raise DataError(f"{_WHOLE_TRAINING}: not a file of ContractNLI ({err!r}); download the archive again") from err
    return json.dumps(data, indent=4).encode()


def _training(originals: Path, extract: DataFile) -> bytes:
    try:
        return _original(originals, Path(extract.path).name)
    except DataError:  # as in the official archive, which holds the whole training set
        return training_extract(_original(originals, _WHOLE_TRAINING))


def _original(originals: Path, name: str) -> bytes:
    try:
        if not originals.is_dir():
            return read_member(originals, (name,), limit_bytes=_JSON_BYTES)
        for suffix in _SUFFIXES:
            for path in sorted(originals.rglob(f"{name}{suffix}")):
                return unpack(path.read_bytes(), suffix, limit_bytes=_JSON_BYTES)
    except (UnpackError, OSError) as err:
        raise DataError(f"{originals}: {name}: {err}; download it again") from err
    raise DataError(f"{originals}: holds no {name}; give contract-nli.zip or the folder it unpacks to")
