"""Servers that would fill memory or disk, never end, or spread a key: each ends with a code, in time and in bounds."""

from __future__ import annotations

import base64
import gzip
import json
import time

import pyarrow as pa
import pytest
from bad_server import Bad, said, serving
from raw_server import drip, flood, raw
from sectorbench.harness.adapters.endpoint_options import read_endpoint_options
from sectorbench.harness.errors import WorkerError
from sectorbench.harness.executors import endpoint_client, endpoint_connection, endpoint_hosts, endpoint_key
from sectorbench.harness.executors.endpoint_client import EndpointClient
from sectorbench.harness.executors.endpoint_key import Veil
from sectorbench.harness.executors.endpoint_wire import wire_of
from sectorbench.harness.executors.relay import Relay
from sectorbench.harness.interfaces import get_interface

KEY = "sesame-open/123"
HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
BODY = {"messages": [], "max_tokens": 16}
MOST = (64 << 10) + 16 * 128  # bytes of an answer to it
ANSWER = get_interface("regression").answer


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    monkeypatch.setattr(endpoint_client, "_FIRST_WAIT_S", 0.01)


@pytest.fixture
def public_here(monkeypatch):
    monkeypatch.setattr(endpoint_hosts, "why_not_public", lambda address: None)
    monkeypatch.setattr(endpoint_hosts, "_is_this_machine", lambda sock: False)


def ask(url, *, key=None, body=BODY, path="chat/completions", **options):
    chosen = {"url": url, "model": "toy", "retries": 0, "timeout_s": 2} | options
    client = EndpointClient(read_endpoint_options(chosen), key, seed=0, allowed={"127.0.0.1"})
    try:
        return client.post("row-1", path, body, None).said
    finally:
        client.close()


@pytest.mark.parametrize(
    ("head", "part"),
    [
        (HEAD, b"X-Header: " + b"x" * 60_000 + b"\r\n"),
        (HEAD + b"X-Header: ", b"x" * 60_000),
        (b"", b"HTTP/1.1 100 Continue\r\nX: " + b"x" * 60_000 + b"\r\n\r\n"),
        (HEAD + b"Content-Length: 100000000000\r\n\r\n", b"x" * 60_000),
        (HEAD + b"\r\n", b"x" * 60_000),
        (CHUNKED, b"1\r\nx\r\n" * 10_000),
        (CHUNKED + b"ffffffffff\r\n", b"x" * 60_000),
        (CHUNKED + b"-1\r\n", b"x" * 60_000),
        (CHUNKED + b"0\r\n", b"X-Trailer: x\r\n" * 4_000),
    ],
    ids=["headers", "a header", "continue", "length", "no length", "chunks", "a chunk", "chunk of -1", "trailers"],
)
def test_an_answer_without_end_is_cut_off_after_a_few_bytes_more_than_it_may_have(head, part):
    sent = []
    began = time.monotonic()
    with raw(flood(head, part, sent)) as url, pytest.raises(WorkerError) as info:
        ask(url, timeout_s=20)
    assert info.value.code in ("SB211", "SB213")
    assert time.monotonic() - began < 10
    assert sum(sent) < 20 << 20  # what the system's buffers of a socket take is much of it


@pytest.mark.parametrize(
    ("head", "part"),
    [
        (b"", b"H"),
        (HEAD + b"X-Header: ", b"x"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (CHUNKED, b"1\r\nx\r\n"),
        (CHUNKED + b"0\r\n", b"X: x\r\n"),
    ],
    ids=["status", "header", "continue", "chunks", "trailers"],
)
def test_an_answer_that_drips_ends_with_its_time(head, part):
    began = time.monotonic()
    with raw(drip(head, part)) as url, pytest.raises(WorkerError, match="TimeoutError") as info:
        ask(url, timeout_s=0.3)
    assert info.value.code == "SB211"
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("first", [b"", b"\x16\x03\x03\x3f\xff"], ids=["nothing", "a record that drips"])
def test_a_handshake_that_does_not_end_ends_with_its_time(first):
    began = time.monotonic()
    with raw(drip(first, b"\x02" if first else b"")) as url, pytest.raises(WorkerError, match="Timeout") as info:
        ask(url.replace("http://", "https://"), timeout_s=0.3)
    assert info.value.code == "SB211"
    assert time.monotonic() - began < 3


def test_answers_that_are_under_way_together_have_a_room_that_one_gives_back(monkeypatch):
    monkeypatch.setattr(endpoint_client, "_ROOM_BYTES", 100_000)
    with serving(Bad(said("x" * 60_000))) as url:
        options = read_endpoint_options({"url": url, "model": "toy", "retries": 0})
        client = EndpointClient(options, None, seed=0, allowed={"127.0.0.1"})
        for _ in range(3):
            client.post("row-1", "chat/completions", BODY, None)
        with client._room.share() as take, pytest.raises(WorkerError, match="lower 'concurrency'") as info:
            take(60_000)  # another answer's
            client.post("row-1", "chat/completions", BODY, None)
        client.close()
    assert info.value.code == "SB213"


def test_a_server_that_takes_nothing_in_ends_with_its_time():
    began = time.monotonic()
    long = BODY | {"messages": ["x" * (32 << 20)]}
    with (
        raw(lambda one, stopped: stopped.wait(10), reads=False) as url,
        pytest.raises(WorkerError, match="TimeoutError"),
    ):
        ask(url, body=long, timeout_s=0.3)
    assert time.monotonic() - began < 3


def test_what_is_no_http_is_not_quoted_where_the_host_is_not_public(monkeypatch):
    def banner(one, stopped):
        one.sendall(b"SSH-2.0-OpenSSH_9.9 of the house\r\n")

    with raw(banner) as url:
        with pytest.raises(WorkerError) as info:
            ask(url)
        assert str(info.value) == "the endpoint, asked 'row-1': BadStatusLine, after 1 attempts"
        monkeypatch.setattr(endpoint_hosts, "why_not_public", lambda address: None)
        monkeypatch.setattr(endpoint_hosts, "_is_this_machine", lambda sock: False)
        with pytest.raises(WorkerError, match="OpenSSH"):
            ask(url)


def test_a_packed_answer_is_never_unpacked():
    bomb = gzip.compress(bytes(32 << 20))
    bad = Bad({"status": 200, "headers": {"Content-Encoding": "gzip"}, "content": bomb})
    with serving(bad) as url, pytest.raises(WorkerError, match=f"{len(bomb):,} bytes that are no JSON") as info:
        ask(url)
    assert info.value.code == "SB213"
    assert bad.asked[0][2]["Accept-Encoding"] == "identity"


def test_a_text_is_as_long_as_its_tokens_allow_and_a_longer_one_is_not_asked_for_again():
    fits, too_long = said("x" * (MOST - 400)), said("x" * (MOST + 1))
    with serving(Bad(fits)) as url:
        assert len(ask(url)["text"]) == MOST - 400
    bad = Bad(too_long)
    with serving(bad) as url, pytest.raises(WorkerError, match=f"an answer of over {MOST:,} bytes") as info:
        ask(url, retries=3)
    assert (info.value.code, len(bad.asked)) == ("SB213", 1)


def test_a_page_of_errors_is_read_in_its_beginning_alone(public_here):
    bad = Bad({"status": 400, "content": b"no such model " + b"x" * (8 << 20)})
    with serving(bad) as url, pytest.raises(WorkerError, match="status 400: no such model x+") as info:
        ask(url)
    assert len(str(info.value)) < 300


@pytest.mark.parametrize("after", ["nan", "-5", "Fri, 31 Dec 9999 23:59:59 -2359", "Mon, 99 Jan 1 1:1:1 GMT", "\xff"])
def test_a_time_to_wait_that_is_none_is_not_waited(after):
    bad = Bad({"status": 429, "headers": {"Retry-After": after}, "body": {}}, said("yes"))
    began = time.monotonic()
    with serving(bad) as url:
        assert ask(url, retries=1)["text"] == "yes"
    assert time.monotonic() - began < 2


def rows(*ids):
    return pa.table({"id": list(ids), "value": [float(n) for n in range(len(ids))]}, schema=ANSWER)


def stream(table, schema=None):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema or table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize(
    "content",
    [
        stream(rows("a", "b")) + bytes(3 << 20),
        stream(rows("a", "b"), ANSWER.with_metadata({"junk": "x" * (3 << 20)})),
        stream(pa.concat_tables([rows("a"), *[rows("a").slice(1)] * 10, rows("b")])),
    ],
    ids=["behind the stream", "in its metadata", "in parts"],
)
def test_of_a_stream_the_values_alone_are_kept(tmp_path, content):
    asked = {"arrow": "", "ids": ["a", "b"], "interface": "regression"}
    with serving(Bad({"status": 200, "content": content})) as url:
        options = {"url": url, "model": "m", "api": "arrow", "retries": 0, "timeout_s": 5}
        relay = Relay(options, tmp_path, seed=0, first_cell="cell", allowed={"127.0.0.1"})
        try:
            kept = relay._answer({"name": "a+1", "path": "predictions", "since": None, "cell": "cell", "body": asked})
        finally:
            relay.close()
    assert (tmp_path / "endpoint.jsonl").stat().st_size < 2_000
    table = pa.ipc.open_stream(base64.b64decode(kept["arrow"])).read_all()
    assert table["id"].to_pylist() == ["a", "b"]


def test_rows_may_be_answered_with_what_their_number_and_size_allow():
    asked = {"arrow": base64.b64encode(bytes(1000)).decode(), "ids": ["a"], "interface": "regression", "model": "m"}
    assert wire_of("predictions", asked, None).most_bytes == (4 << 20) + 64 * 1000


def test_the_journal_ends_where_the_operator_s_limit_does_and_goes_on_with_a_higher_one(tmp_path):
    bad = Bad(lambda body: said("x" * 1_000))

    def go(written_bytes):
        options = {"url": url, "model": "m", "retries": 0}
        relay = Relay(options, tmp_path, seed=0, first_cell="cell", allowed={"127.0.0.1"}, written_bytes=written_bytes)
        asked = {"path": "chat/completions", "since": None, "cell": "cell", "body": BODY}
        try:
            for n in range(9):
                relay._answer(asked | {"name": f"row-{n}"})
        finally:
            relay.close()
        return relay.spent("cell")

    with serving(bad) as url:
        with pytest.raises(WorkerError, match="raise sandbox.written_gib") as info:
            go(5_000)
        assert info.value.code == "SB221"
        assert (tmp_path / "endpoint.jsonl").stat().st_size <= 5_000
        kept, asked = len((tmp_path / "endpoint.jsonl").read_text().splitlines()), len(bad.asked)
        spent = go(100_000)
    assert (kept, spent.requests, spent.from_journal) == (4, 9, 4)
    assert len(bad.asked) - asked == 9 - kept


@pytest.mark.parametrize(
    "answer",
    [
        said(f"the key is {KEY}."),
        said("yes", model=KEY),
        said("yes", choices=[{"message": {"content": "yes"}, "finish_reason": f"Bearer {KEY}"}]),
        {
            "status": 200,
            "content": json.dumps(said(KEY)["body"])
            .replace("sesame", "\\u0073\\u0065same")
            .replace("/", "\\/")
            .encode(),
        },
        {"status": 401, "body": {"error": {"message": "x" * 190 + KEY}}},
        {"status": 401, "content": f"no: {KEY}".encode()},
        {"status": 500, "content": b"no: " + base64.b64encode(f"Bearer {KEY}".encode())},
        {"status": 302, "headers": {"Location": "https://other.example/?key=sesame-open%2F123"}, "body": {}},
    ],
    ids=["text", "model", "finish", "escaped", "cut", "words", "base64", "percent"],
)
@pytest.mark.usefixtures("public_here")
def test_a_key_that_is_repeated_is_in_no_answer_and_no_message(answer):
    bad = Bad(answer)
    with serving(bad) as url:
        try:
            found = json.dumps(ask(url, key=KEY))
        except WorkerError as err:
            found = str(err)
    assert bad.asked[0][2]["Authorization"] == f"Bearer {KEY}"
    assert "sesame" not in found
    assert base64.b64encode(b"Bearer ses").decode()[:12] not in found


def test_a_key_in_a_column_of_rows_is_veiled_in_its_place():
    schema = get_interface("generation").answer
    content = stream(pa.table({"id": ["a"], "text": [f"key {KEY}, no more"]}, schema=schema))
    asked = {"arrow": "", "ids": ["a"], "interface": "generation", "model": "m"}
    with serving(Bad({"status": 200, "content": content})) as url:
        kept = ask(url, key=KEY, body=asked, path="predictions", api="arrow")
    table = pa.ipc.open_stream(base64.b64decode(kept["arrow"])).read_all()
    assert table["text"].to_pylist() == [f"key {'*' * len(KEY)}, no more"]


def test_a_veil_without_a_key_changes_nothing():
    assert (Veil(None).text("a key"), Veil(None).content(b"a key")) == ("a key", b"a key")


@pytest.mark.parametrize("kept", ["127.0.0.1:1 short", "127.0.0.1:1 schlüssel-schlüssel"])
def test_a_key_that_could_stand_in_any_text_is_none(monkeypatch, kept):
    monkeypatch.setenv("SECTORBENCH_KEY", kept)
    options = {"url": "http://127.0.0.1:1/v1", "model": "m", "key_env": "SECTORBENCH_KEY"}
    with pytest.raises(WorkerError, match="at least 8 characters") as info:
        endpoint_key.key_of(read_endpoint_options(options))
    assert info.value.code == "SB215"


def test_the_port_of_an_address_of_version_6_is_its_own(monkeypatch):
    options = read_endpoint_options({"url": "https://[2606:4700::1111]/v1", "model": "m"})
    connection = endpoint_connection.Connection(options.address, (), None)
    assert (connection.host, connection.port, connection.default_port) == ("2606:4700::1111", 443, 443)
