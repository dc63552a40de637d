"""Rows of any interface for a server that answers Arrow batches: cut into requests, and put together again.

A request is ``POST URL/predictions``: one Arrow IPC stream with one batch of input rows, in the interface's own schema
and with its metadata. Headers name the interface and, as JSON, the model. The answer is 200 and a stream of the
interface's prediction columns, uncompressed, with the same ids in any order. The relay looks at it as at any prediction
(``executors/endpoint_wire.py``).
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from ..interfaces import get_interface
from .endpoint_channel import Request

__all__ = ["joined_answers", "row_requests"]

_PATH = "predictions"
_REQUEST_BYTES = 16 << 20  # of one stream; a row that is larger goes alone


def row_requests(rows: pa.RecordBatch, interface: str, *, size: int) -> list[Request]:
    """The rows as requests of at most ``size`` rows and, where that takes more than one row, 16 MiB each."""
    requests = []
    for part in _parts(rows, size):
        ids, stream = part.column("id").to_pylist(), base64.b64encode(_stream(part)).decode()
        body = {"arrow": stream, "ids": ids, "interface": interface}
        requests.append(Request(f"{ids[0]}+{len(ids) - 1}", _PATH, body))
    return requests


def _parts(rows: pa.RecordBatch, size: int) -> Iterator[pa.RecordBatch]:
    for first in range(0, rows.num_rows, size):
        part = rows.slice(first, size)
        if part.num_rows > 1 and part.get_total_buffer_size() > _REQUEST_BYTES and len(_stream(part)) > _REQUEST_BYTES:
            yield from _parts(part, part.num_rows // 2)
        else:
            yield part


def _stream(rows: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_batch(rows)
    return bytes(sink.getvalue())


def joined_answers(rows: pa.RecordBatch, interface: str, said: Sequence[Mapping[str, Any]]) -> pa.RecordBatch:
    """The prediction batch of all answers, in the order of the rows.

    Each has the ids of its request, as the relay made sure. Optional columns that one lacks are left out of all.
    """
    tables = [pa.ipc.open_stream(base64.b64decode(one["arrow"])).read_all() for one in said]
    described = get_interface(interface)
    shared = set(tables[0].schema.names).intersection(*(one.schema.names for one in tables))
    schema = next((s for s in described.prediction_schemas()[1:] if set(s.names) <= shared), described.answer)
    whole = pa.concat_tables([one.select(schema.names).cast(schema) for one in tables])
    place = {name: at for at, name in enumerate(whole.column("id").to_pylist())}
    ordered = whole.take(pa.array([place[name] for name in rows.column("id").to_pylist()], pa.int64()))
    return ordered.combine_chunks().to_batches()[0]
