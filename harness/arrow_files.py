"""Arrow IPC streams that survive a kill, and digests over their content.

A stream is a schema message and batch messages one behind the other, uncompressed. Cut anywhere, all whole batches
before the cut can still be read; an IPC *file* without its footer cannot.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .errors import InterfaceError
from .foreign_files import read_regular

__all__ = [
    "StreamAppender",
    "atomic_writer",
    "content_digest",
    "read_foreign_stream",
    "read_stream",
    "recover_stream",
    "why_packed",
    "write_json",
    "write_stream",
]


_SYNC_S = 1.0  # a sync costs milliseconds, as much as many a small batch


@contextmanager
def atomic_writer(path: Path) -> Iterator[IO[bytes]]:
    """A binary file that appears under ``path`` only when the block ended well: temporary file, fsync, rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException as err:
        Path(name).unlink(missing_ok=True)
        if isinstance(err, OSError) and err.errno is not None and err.filename is None:  # a full disk names no file
            raise OSError(err.errno, err.strerror, str(path)) from err
        raise


def write_json(path: Path, value: object) -> None:
    """Writes JSON that reads well and is the same bytes for the same value, atomically."""
    with atomic_writer(path) as file:
        file.write((json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode())


def write_stream(path: Path, table: pa.Table, *, batch_rows: int = 1024) -> None:
    """Writes a table as one IPC stream, atomically."""
    with atomic_writer(path) as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table, max_chunksize=batch_rows)


def read_stream(path: Path) -> pa.Table:
    """Reads a whole IPC stream.

    Raises:
        InterfaceError: The file is no stream, ends inside a batch, or holds lengths that point outside of it.
    """
    try:
        # Not mapped: a file that is cut or changed while it is used would change the table, or end the process.
        with pa.OSFile(str(path)) as source, pa.ipc.open_stream(source) as reader:
            table = reader.read_all()
        table.validate(full=True)
        return table
    except (pa.ArrowException, OSError) as err:
        raise InterfaceError(f"{path}: not a whole Arrow IPC stream ({' '.join(str(err).split())})") from err


def read_foreign_stream(path: Path, *, most_bytes: int, refuse: Callable[[pa.Schema], None]) -> pa.Table:
    """Reads a whole IPC stream that a stranger may have written: a regular file whose content is as large as it.

    Args:
        path: Of the file.
        most_bytes: How large it may be.
        refuse: Raises ``InterfaceError`` for columns that are not wanted, before a value of them is read.

    Raises:
        InterfaceError: The file is no such stream, larger, or holds packed or dictionary messages.
    """
    try:
        messages = pa.ipc.MessageReader.open_stream(pa.py_buffer(read_regular(path, most_bytes=most_bytes)))
        schema = pa.ipc.read_schema(messages.read_next_message())
        refuse(schema)
        batches = []
        for message in messages:
            if reason := why_packed(message):
                raise InterfaceError(f"{path}: {reason}")
            batches.append(pa.ipc.read_record_batch(message, schema))
        table = pa.Table.from_batches(batches, schema)
        table.validate(full=True)
        return table
    except OSError as err:  # of Arrow's too; a message of ours is its second argument
        raise InterfaceError(f"{path}: {err.strerror or ' '.join(str(err).split())}") from err
    except (pa.ArrowException, StopIteration, UnicodeDecodeError) as err:
        raise InterfaceError(f"{path}: not a whole Arrow IPC stream ({' '.join(str(err).split())})") from err


class StreamAppender:
    """Appends batches to a stream file, each one whole before the next.

    A killed process loses none of them; after a power cut, those of the last second may be missing. A stream tells what
    all of its batches tell: columns that one of them lacks are taken out of the others, those that stand there already
    included.
    """

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        """Opens the stream, whose columns are those it has already, or else those of ``schema``."""
        self._path = path
        self._file = path.open("ab")
        self._schema = schema
        self._synced = time.monotonic()
        if self._file.tell():
            with pa.OSFile(str(path)) as source, pa.ipc.open_stream(source) as reader:
                self._schema = reader.schema
        if self._file.tell() == 0:
            try:
                self._file.write(schema.serialize())
                self._file.flush()
            except OSError:
                with contextlib.suppress(OSError):  # closing tries to write again
                    self._file.close()
                raise

    def append(self, batch: pa.RecordBatch) -> None:
        """Writes one batch behind the last one.

        Raises:
            InterfaceError: The batch has other columns than the stream, not only fewer or more.
        """
        batch = self._of_one_form(batch)
        if not batch.schema.equals(self._schema, check_metadata=False):
            raise InterfaceError(f"the batch has columns {batch.schema}, the stream {self._schema}")
        self._file.write(batch.serialize())
        self._file.flush()
        if time.monotonic() - self._synced > _SYNC_S:
            self._sync()

    def _of_one_form(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch with the stream's columns, or the stream made one with the batch's."""
        own, given = self._schema.names, batch.schema.names
        if set(own) < set(given):
            return batch.select(own)
        if set(given) < set(own):
            whole = read_stream(self._path).select(given)
            if whole.schema.equals(batch.schema, check_metadata=False):
                self._file.close()
                write_stream(self._path, whole)
                recover_stream(self._path, [whole.schema])  # without the mark of its end
                self._file, self._schema = self._path.open("ab"), whole.schema
        return batch

    def close(self) -> None:
        """Ends the file; more can be appended later."""
        if self._file.closed:
            return
        try:
            self._sync()
        finally:
            self._file.close()

    def _sync(self) -> None:
        os.fsync(self._file.fileno())
        self._synced = time.monotonic()


def recover_stream(path: Path, schemas: Iterable[pa.Schema]) -> int:
    """Cuts a stream behind its last whole batch and says how many rows are left.

    A file that is missing, is no stream, has none of ``schemas``, or holds packed batches is removed and counts 0 rows.
    """
    if not path.exists():
        return 0
    rows, good = 0, 0
    try:
        with path.open("rb") as file:
            source = pa.PythonFile(file, mode="r")
            messages = pa.ipc.MessageReader.open_stream(source)
            schema = pa.ipc.read_schema(messages.read_next_message())
            usable = any(schema.equals(s, check_metadata=False) for s in schemas)
            good = file.tell()
            while usable:
                try:
                    message = messages.read_next_message()
                except StopIteration:
                    break
                if why_packed(message):
                    usable = False  # a worker of ours writes none: what stands before it is not to be trusted either
                    break
                batch = pa.ipc.read_record_batch(message, schema)
                batch.validate(full=True)
                rows, good = rows + batch.num_rows, file.tell()
    except (pa.ArrowInvalid, OSError, StopIteration):  # the last: not even a schema
        usable = good > 0
    if not usable or rows == 0:
        path.unlink()
        return 0
    with path.open("r+b") as file:
        file.truncate(good)
        os.fsync(file.fileno())
    return rows


def why_packed(message: pa.ipc.Message) -> str:
    """Why the content of a message behind the schema may be larger than the message; empty for a plain batch.

    Looked at before anything is unpacked: a small file may hold a large compressed body.
    """
    if message.type != "record batch":
        return f"a message of the kind {message.type!r} is not allowed"
    metadata = message.metadata.to_pybytes()
    if not _is_plain_message(metadata):
        return "batches of an old form of Arrow, or with words of their own, are not allowed"  # either can hide a codec
    return "compressed batches are not allowed" if _declares_compression(metadata) else ""


# Field numbers in Arrow's Message.fbs, and its version of today, V5.
_MESSAGE_VERSION, _MESSAGE_HEADER, _MESSAGE_CUSTOM, _BATCH_COMPRESSION = 0, 2, 4, 3
_VERSION_5 = 4


def _is_plain_message(metadata: bytes) -> bool:
    """Whether a message is of the present version and carries no metadata of its own.

    Arrow still unpacks bodies of version 4 that name their codec in such metadata, with no ``compression`` field set.
    """
    message = _u32(metadata, 0)
    version = _flatbuffer_field(metadata, message, _MESSAGE_VERSION)
    if version is None or int.from_bytes(metadata[version : version + 2], "little") != _VERSION_5:
        return False
    return _flatbuffer_field(metadata, message, _MESSAGE_CUSTOM) is None


def _declares_compression(metadata: bytes) -> bool:
    """Whether the flatbuffer of a record batch message has its ``compression`` field set."""
    message = _u32(metadata, 0)
    header = _flatbuffer_field(metadata, message, _MESSAGE_HEADER)
    if header is None:
        return False
    return _flatbuffer_field(metadata, header + _u32(metadata, header), _BATCH_COMPRESSION) is not None


def _flatbuffer_field(data: bytes, table: int, number: int) -> int | None:
    """Where a field of a flatbuffer table lies, None where it is not set (flatbuffers: internals, vtables)."""
    vtable = table - int.from_bytes(data[table : table + 4], "little", signed=True)
    size = int.from_bytes(data[vtable : vtable + 2], "little")
    at = 4 + 2 * number
    offset = int.from_bytes(data[vtable + at : vtable + at + 2], "little") if at < size else 0
    return table + offset if offset else None


def _u32(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")


def content_digest(table: pa.Table) -> str:
    """sha256 over the content of a table: columns in schema order, rows sorted by their first column.

    Never over file bytes, which depend on how batches were cut. Every value is encoded canonically: lists as lengths
    followed by their values, strings as UTF-8, numbers little-endian, nulls as zero under a mask, all NaNs as one; of a
    dictionary the numbers, then all its values in their order. Column names, types and the table's metadata are part of
    the content.

    Raises:
        InterfaceError: The first column does not name every row, or a type has no canonical encoding.
    """
    digest = hashlib.sha256()
    for field in table.schema:
        digest.update(f"{field.name}:{field.type}:{_sorted_metadata(field.metadata)}\n".encode())
    digest.update(_sorted_metadata(table.schema.metadata).encode())
    digest.update(str(table.num_rows).encode())
    if table.num_columns:
        if table.column(0).null_count:
            raise InterfaceError(f"column {table.column_names[0]!r} names the rows, but holds nulls")
        order = np.argsort(np.array(table.column(0).to_pylist(), dtype=object), kind="stable")
        if (order != np.arange(len(order))).any():
            table = table.take(pa.array(order))
        for column in table.columns:
            _update(digest, column.chunks or [pa.array([], column.type)])
    return digest.hexdigest()


def _sorted_metadata(metadata: dict[bytes, bytes] | None) -> str:
    return json.dumps({k.decode(): v.decode() for k, v in sorted((metadata or {}).items())}, sort_keys=True)


def _update(digest: hashlib._Hash, chunks: list[pa.Array]) -> None:
    """Adds the content of an array that lies in pieces, of one type; how it is cut is no part of it."""
    _update_validity(digest, chunks)
    kind = chunks[0].type
    if pa.types.is_struct(kind):
        for children in zip(*(chunk.flatten() for chunk in chunks), strict=True):
            _update(digest, list(children))
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        for chunk in chunks:
            if pa.types.is_fixed_size_list(kind) and not chunk.null_count:
                _update_repeated(digest, np.int64(kind.list_size).astype("<i8").tobytes(), len(chunk))
            else:
                lengths = chunk.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
                digest.update(lengths.astype("<i8").tobytes())
        _update(digest, [chunk.flatten() for chunk in chunks])
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
        for chunk in chunks:
            lengths = pc.binary_length(chunk).fill_null(0).to_numpy(zero_copy_only=False)
            digest.update(lengths.astype("<i8").tobytes())
        for chunk in chunks:
            digest.update(_text_bytes(chunk.fill_null("")))
    elif pa.types.is_dictionary(kind):
        whole = pa.concat_arrays(chunks)
        _update(digest, [whole.indices])
        _update(digest, [whole.dictionary])
    elif pa.types.is_boolean(kind):
        bits = pa.concat_arrays(chunks).fill_null(False).to_numpy(zero_copy_only=False)
        digest.update(np.packbits(bits).tobytes())
    elif pa.types.is_floating(kind) or pa.types.is_integer(kind):
        for chunk in chunks:
            _update_numbers(digest, chunk)
    else:
        raise InterfaceError(f"no canonical encoding for the Arrow type {kind}; use numbers, text, lists and structs")


def _update_numbers(digest: hashlib._Hash, array: pa.Array) -> None:
    values = (array.fill_null(0) if array.null_count else array).to_numpy(zero_copy_only=False)
    for first in range(0, len(values), _VALUES_AT_ONCE):
        some = values[first : first + _VALUES_AT_ONCE]
        if some.dtype.kind == "f" and (none := np.isnan(some)).any():
            some = np.where(none, np.array(np.nan, some.dtype), some)
        digest.update(np.ascontiguousarray(some, some.dtype.newbyteorder("<")).data)


_VALUES_AT_ONCE = 1 << 16  # what a processor's cache holds; a series of all windows is hundreds of MB


def _update_validity(digest: hashlib._Hash, chunks: list[pa.Array]) -> None:
    """One bit per value, 1 where there is one, the first value in the highest bit of the first byte."""
    if any(chunk.null_count for chunk in chunks):
        valid = np.concatenate([chunk.is_valid().to_numpy(zero_copy_only=False) for chunk in chunks])
        digest.update(np.packbits(valid).tobytes())
        return
    whole, rest = divmod(sum(map(len, chunks)), 8)
    _update_repeated(digest, b"\xff", whole)
    if rest:
        digest.update(bytes([256 - (1 << (8 - rest))]))


def _update_repeated(digest: hashlib._Hash, value: bytes, times: int) -> None:
    many = value * min(times, _VALUES_AT_ONCE)
    for _ in range(times // _VALUES_AT_ONCE):
        digest.update(many)
    digest.update(many[: times % _VALUES_AT_ONCE * len(value)])


def _text_bytes(array: pa.Array) -> memoryview:
    """The UTF-8 bytes of all values one behind the other; the array has no nulls."""
    _, offsets, data = array.buffers()
    if not len(array) or data is None:
        return memoryview(b"")
    kind = np.int64 if pa.types.is_large_string(array.type) else np.int32
    bounds = np.frombuffer(offsets, kind)[array.offset : array.offset + len(array) + 1]
    return memoryview(data)[bounds[0] : bounds[-1]]
