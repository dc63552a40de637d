"""Taking files out of archives and compressed files, never more bytes than were announced."""

from __future__ import annotations

import gzip
import io
import lzma
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from .errors import nearest_names

__all__ = ["ARCHIVE_SUFFIXES", "UnpackError", "read_member", "unpack"]

ARCHIVE_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2")
_INNER_ARCHIVE_BYTES = 4 << 30  # an archive inside an archive is unpacked to disk, up to this size
_CHUNK_BYTES = 1 << 20
_BROKEN = (zipfile.BadZipFile, tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, gzip.BadGzipFile)
_UNREADABLE = (*_BROKEN, NotImplementedError, RuntimeError)  # unknown compression, encrypted


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class UnpackError(Exception):
    """A compressed file or an archive is broken, holds more than it may, or lacks a member."""


def unpack(raw: bytes, compression: str, *, limit_bytes: int) -> bytes:
    """Bytes with ``.xz`` or ``.gz`` taken off; with an empty ``compression`` as they are.

    Raises:
        UnpackError: The stream is broken, cut off, or holds more than ``limit_bytes``.
    """
    if compression == "":
        return raw
    try:
        with (
            lzma.LZMAFile(io.BytesIO(raw)) if compression == ".xz" else gzip.GzipFile(fileobj=io.BytesIO(raw)) as opened
        ):
            return _at_most(opened, limit_bytes)
    except _BROKEN as err:
        raise UnpackError(f"broken or cut off {compression} ({err})") from err


def read_member(archive: Path, members: Sequence[str], *, limit_bytes: int) -> bytes:
    """The bytes of a member, through archives inside archives where several names are given, outermost first.

    A last member whose name ends on ``.xz`` or ``.gz`` is unpacked. A name may leave out leading folders where only one
    member ends on it. Inner archives lie in a temporary folder beside ``archive`` while they are read.

    Raises:
        UnpackError: Not an archive, broken, a member is missing, or larger than ``limit_bytes``.
    """
    first, rest = members[0], members[1:]
    try:
        if not rest:
            with _member(archive, first, limit_bytes) as stream:
                raw = _at_most(stream, limit_bytes)
            compression = Path(first).suffix
            return unpack(raw, compression, limit_bytes=limit_bytes) if compression in (".xz", ".gz") else raw
        with tempfile.TemporaryDirectory(dir=archive.parent, prefix=".inner-") as folder:
            inner = Path(folder) / "inner"
            with _member(archive, first, _INNER_ARCHIVE_BYTES) as stream, inner.open("wb") as out:
                _copy_at_most(stream, out, _INNER_ARCHIVE_BYTES)
            return read_member(inner, rest, limit_bytes=limit_bytes)
    except _UNREADABLE as err:
        raise UnpackError(f"member {first!r} cannot be read: {err}") from err


@contextmanager
def _member(path: Path, name: str, limit_bytes: int) -> Iterator[IO[bytes]]:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as zipped:
            info = zipped.getinfo(_chosen(name, [i.filename for i in zipped.infolist() if not i.is_dir()]))
            _refuse_larger(name, info.file_size, limit_bytes)
            with zipped.open(info) as stream:
                yield stream
    elif tarfile.is_tarfile(path):
        with tarfile.open(path) as tarred:
            infos = {i.name: i for i in tarred if i.isfile()}
            one = infos[_chosen(name, list(infos))]
            _refuse_larger(name, one.size, limit_bytes)
            extracted = tarred.extractfile(one)
            assert extracted is not None, "a regular file has a stream"
            with extracted:
                yield extracted
    else:
        raise UnpackError("not a zip or tar archive")


def _chosen(name: str, names: list[str]) -> str:
    if name in names:
        return name
    tails = [n for n in names if n.endswith(f"/{name}")]
    if len(tails) == 1:
        return tails[0]
    near = ", ".join(nearest_names(name, names)) or f"{len(names)} others"
    raise UnpackError(f"no member {name!r} in the archive; it holds {near}")


def _refuse_larger(name: str, size_bytes: int, limit_bytes: int) -> None:
    if size_bytes > limit_bytes:
        raise UnpackError(f"member {name!r} has {size_bytes:,} bytes, at most {limit_bytes:,} were expected")


def _at_most(stream: _Readable, limit_bytes: int) -> bytes:
    out = io.BytesIO()
    _copy_at_most(stream, out, limit_bytes)
    return out.getvalue()


def _copy_at_most(stream: _Readable, out: IO[bytes], limit_bytes: int) -> None:
    # The size in a header can lie, and a small file can hold endless zeros: what counts is what comes out.
    left = limit_bytes
    while chunk := stream.read(min(_CHUNK_BYTES, left + 1)):
        left -= len(chunk)
        if left < 0:
            raise UnpackError(f"holds more than the expected {limit_bytes:,} bytes")
        out.write(chunk)
