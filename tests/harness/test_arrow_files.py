"""Streams that survive a cut, and digests over content."""

from __future__ import annotations

import hashlib
import itertools
import math
import random
import struct

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sectorbench.harness.arrow_files import (
    StreamAppender,
    atomic_writer,
    content_digest,
    read_stream,
    recover_stream,
    write_stream,
)
from sectorbench.harness.errors import InterfaceError
from sectorbench.harness.text_inputs import candidate_lists, ranking_inputs

SCHEMA = pa.schema([pa.field("id", pa.string(), nullable=False), pa.field("value", pa.float64(), nullable=False)])


def batch(first, n):
    ids = pa.array([f"r{i}" for i in range(first, first + n)])
    return pa.RecordBatch.from_arrays([ids, pa.array(np.arange(first, first + n, dtype=float))], schema=SCHEMA)


def stream(path, batches=3, size=4):
    appender = StreamAppender(path, SCHEMA)
    for i in range(batches):
        appender.append(batch(i * size, size))
    appender.close()


def test_a_stream_cut_at_any_byte_keeps_its_whole_batches(tmp_path):
    whole = tmp_path / "whole"
    stream(whole)
    content = whole.read_bytes()
    seen = set()
    for cut in range(0, len(content) + 1, 7):
        path = tmp_path / "cut"
        path.write_bytes(content[:cut])
        rows = recover_stream(path, [SCHEMA])
        seen.add(rows)
        assert rows % 4 == 0
        if rows:
            assert read_stream(path).column("value").to_pylist() == list(range(rows))
            appender = StreamAppender(path, SCHEMA)
            for i in range(rows // 4, 3):
                appender.append(batch(i * 4, 4))
            appender.close()
            assert path.read_bytes() == content
        else:
            assert not path.exists()
    assert seen == {0, 4, 8, 12} - ({12} if len(content) % 7 else set())


def test_a_stream_of_other_columns_is_thrown_away(tmp_path):
    path = tmp_path / "other"
    write_stream(path, pa.table({"x": [1]}))
    assert recover_stream(path, [SCHEMA]) == 0
    assert not path.exists()


def test_a_stream_damaged_in_the_middle_keeps_what_is_before(tmp_path):
    path = tmp_path / "damaged"
    stream(path)
    content = bytearray(path.read_bytes())
    content[-300:] = b"\xab" * 300
    path.write_bytes(bytes(content))
    assert recover_stream(path, [SCHEMA]) in (0, 4, 8)


def test_other_columns_are_not_appended(tmp_path):
    appender = StreamAppender(tmp_path / "s", SCHEMA)
    with pytest.raises(InterfaceError):
        appender.append(pa.RecordBatch.from_pydict({"x": [1]}))
    appender.close()


@pytest.mark.parametrize("reopened", [False, True])
def test_a_stream_tells_what_all_of_its_batches_tell(tmp_path, reopened):
    path, fewer = tmp_path / "s", pa.schema([SCHEMA.field("id")])
    appender = StreamAppender(path, SCHEMA)
    appender.append(batch(0, 3))
    appender.append(batch(3, 2))
    if reopened:
        appender.close()
        appender = StreamAppender(path, fewer)
    appender.append(batch(5, 2).select(["id"]))
    if reopened:
        appender.close()
        appender = StreamAppender(path, SCHEMA)
    appender.append(batch(7, 1))
    appender.close()
    assert read_stream(path).to_pydict() == {"id": [f"r{n}" for n in range(8)]}
    assert recover_stream(path, [SCHEMA, fewer]) == 8
    assert [one.name for one in tmp_path.iterdir()] == ["s"]


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError), atomic_writer(path) as file:
        file.write(b"new")
        raise RuntimeError
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
    assert path.read_bytes() == b"old"


NESTED = pa.table(
    {
        "id": ["b", "a", "c"],
        "series": [[[1.0, 2.0]], [], [[3.0, 4.0], [5.0, float("nan")]]],
        "text": ["x", None, "文"],
        "flag": [True, False, None],
        "pair": [{"k": 1}, {"k": None}, None],
    }
)


def test_a_digest_does_not_depend_on_order_or_batches():
    shuffled = NESTED.take(pa.array([2, 0, 1]))
    cut = pa.concat_tables([NESTED.slice(0, 1), NESTED.slice(1, 2)])
    assert content_digest(NESTED) == content_digest(shuffled) == content_digest(cut)


def test_a_digest_is_the_same_tomorrow():
    # A golden value: were it to change, every key and every record in the world would.
    assert content_digest(pa.table({"id": ["a", "b"], "x": [1, 2]})) == (
        "e77fc7137d53c4f3ad85f05be1a7d436b438ac53963642aa8c85d2f4e120b8a2"
    )


@pytest.mark.parametrize(
    "other",
    [
        NESTED.set_column(0, "id", pa.array(["b", "a", "d"])),
        NESTED.set_column(2, "text", pa.array(["x", "", "文"])),
        NESTED.set_column(3, "flag", pa.array([True, False, False])),
        NESTED.set_column(1, "series", pa.array([[[1.0], [2.0]], [], [[3.0, 4.0], [5.0, float("nan")]]])),
        NESTED.rename_columns(["id", "series", "text", "flag", "other"]),
        NESTED.replace_schema_metadata({"k": "v"}),
        NESTED.slice(0, 2),
    ],
)
def test_a_digest_changes_with_any_content(other):
    assert content_digest(other) != content_digest(NESTED)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.floats(width=32)), min_size=1, max_size=8), st.randoms())
def test_a_digest_survives_writing_and_reading(values, shuffle):
    table = pa.table({"id": [str(i) for i in range(len(values))], "v": pa.array(values, pa.list_(pa.float32()))})
    order = list(range(len(values)))
    shuffle.shuffle(order)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.take(pa.array(order)), max_chunksize=3)
    assert content_digest(pa.ipc.open_stream(sink.getvalue()).read_all()) == content_digest(table)


def ranked(corpus, numbers):
    columns = [pa.array([f"r{i}" for i in range(len(numbers))]), pa.array(["q"] * len(numbers))]
    return pa.table([*columns, candidate_lists(corpus, numbers)], schema=ranking_inputs(language="en"))


def test_a_corpus_travels_once_beside_its_rows(tmp_path):
    table = ranked(["x" * 10_000, "y" * 10_000], [[0, 1]] * 3_000)
    write_stream(tmp_path / "t.arrow", table)
    assert (tmp_path / "t.arrow").stat().st_size < 100_000
    back = read_stream(tmp_path / "t.arrow")
    assert back.column("candidates").num_chunks == 3
    assert back.equals(table)
    assert content_digest(back) == content_digest(table)


def test_the_digest_of_a_table_with_a_corpus_covers_texts_that_are_nobodys_candidate():
    one = ranked(["a", "b"], [[0], [0]])
    assert content_digest(one) == content_digest(one.take(pa.array([1, 0])))
    others = [ranked(["a", "c"], [[0], [0]]), ranked(["a"], [[0], [0]]), ranked(["a", "b"], [[0], [1]])]
    assert len({content_digest(table) for table in (one, *others)}) == 4


def plain_digest(table):
    """The digest of a table whose rows are sorted, by its words and value by value, of Python's own values."""
    said = hashlib.sha256()
    for field in table.schema:
        said.update(f"{field.name}:{field.type}:{{}}\n".encode())
    said.update(f"{{}}{table.num_rows}".encode())
    for column in table.columns:
        plain_column(said, column.to_pylist(), column.type)
    return said.hexdigest()


def plain_column(said, values, kind):
    bits = "".join("0" if one is None else "1" for one in values)
    said.update(bytes(int(bits[at : at + 8].ljust(8, "0"), 2) for at in range(0, len(bits), 8)))
    if pa.types.is_struct(kind):
        for field in kind:
            plain_column(said, [None if one is None else one[field.name] for one in values], field.type)
    elif pa.types.is_nested(kind):
        fixed = kind.list_size if pa.types.is_fixed_size_list(kind) else None
        said.update(b"".join(struct.pack("<q", 0 if one is None else len(one)) for one in values))
        plain_column(said, [item for one in values if one is not None for item in one], kind.value_type)
        assert fixed is None or all(len(one) == fixed for one in values if one is not None)
    elif pa.types.is_string(kind):
        texts = [(one or "").encode() for one in values]
        said.update(b"".join(struct.pack("<q", len(one)) for one in texts) + b"".join(texts))
    else:
        code = {"float": "<f", "double": "<d", "int32": "<i", "int64": "<q"}[str(kind)]
        said.update(b"".join(struct.pack(code, 0 if one is None else one) for one in values))


@pytest.mark.parametrize("rows", [0, 1, 7, 8, 9, 30, 257])
@pytest.mark.parametrize("gaps", [False, True], ids=["whole", "with nulls and NaN"])
def test_a_digest_is_of_the_content_whatever_its_pieces(rows, gaps):
    rng = random.Random(rows)

    def some(make):
        return None if gaps and rng.random() < 0.2 else make()

    def number():
        return math.nan if gaps and rng.random() < 0.1 else rng.uniform(-9, 9)

    steps = pa.list_(pa.list_(pa.float32(), 2))
    pair = pa.struct([pa.field("a", pa.int32()), pa.field("b", pa.list_(pa.float64()))])
    columns = {
        "id": pa.array([f"{row:05d}" for row in range(rows)], pa.string()),
        "text": pa.array([some(lambda: "é" * rng.randrange(4)) for _ in range(rows)], pa.string()),
        "series": pa.array(
            [some(lambda: [[number(), number()] for _ in range(rng.randrange(4))]) for _ in range(rows)], steps
        ),
        "fixed": pa.array([[number() for _ in range(3)] for _ in range(rows)], pa.list_(pa.float64(), 3)),
        "pair": pa.array([some(lambda: {"a": 3, "b": [number()] * rng.randrange(3)}) for _ in range(rows)], pair),
        "count": pa.array([some(lambda: rng.randrange(9)) for _ in range(rows)], pa.int64()),
    }
    table = pa.table(columns)
    cuts = sorted({0, rows, *(rng.randrange(rows + 1) for _ in range(4))})
    pieces = [table.slice(first, last - first) for first, last in itertools.pairwise(cuts)]
    expected = plain_digest(table)
    assert content_digest(table) == expected
    assert not pieces or content_digest(pa.concat_tables(pieces)) == expected
    assert content_digest(pa.concat_tables([table, table.slice(rows // 2)]).slice(0, rows)) == expected
