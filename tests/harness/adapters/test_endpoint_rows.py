"""Endpoints of Arrow batches: rows go out in bounded requests, whole answers come back, bad servers are told apart."""

from __future__ import annotations

import json
import random

import numpy as np
import pyarrow as pa
import pytest
from bad_server import Bad, serving
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.adapters.endpoint import Endpoint
from sectorbench.harness.adapters.endpoint_options import read_endpoint_options
from sectorbench.harness.errors import InterfaceError, SubmissionError, WorkerError
from sectorbench.harness.executors import endpoint_client, endpoint_wire
from sectorbench.harness.executors.endpoint_wire import BrokenAnswerError, WrongAnswerError, wire_of
from sectorbench.harness.executors.relay import Relay
from sectorbench.harness.interface_parts import input_table
from sectorbench.harness.interfaces import Quantity, get_interface, regression_inputs
from sectorbench.harness.validation import validate_predictions

SCHEMA = regression_inputs(
    channels=[Quantity("flow", "l/s")],
    static=[Quantity("power", "kW")],
    target=Quantity("life", "h"),
    step_unit="h",
    history_max=4,
    train_mean=5.0,
    target_range=(0.0, None),
)
N = 10
TABLE = input_table(
    SCHEMA,
    {
        "id": [f"r{i}" for i in range(N)],
        "series": [[[float(i)]] * (1 + i % 4) for i in range(N)],
        "static": [[float(i)] for i in range(N)],
        "purpose": ["score"] * N,
    },
)
ANSWER = get_interface("regression").answer


class Direct:
    """A relay without a worker."""

    def __init__(self, relay):
        self.relay, self.asked = relay, []

    def ask(self, requests, cell):
        self.asked += requests
        return [self.relay._answer(json.loads(json.dumps(one._asdict() | {"cell": cell}))) for one in requests]


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    monkeypatch.setattr(endpoint_client, "_FIRST_WAIT_S", 0.01)


@pytest.fixture
def ask(tmp_path):
    """Asks a server about the table; gives the validated answers."""
    relays = []

    def go(url, table=TABLE, interface="regression", **options):
        chosen = {"url": url, "model": "模型", "api": "arrow", "rows": 4, "retries": 2, "timeout_s": 5} | options
        relays.append(Relay(chosen, tmp_path, seed=0, first_cell="cell", allowed={"127.0.0.1"}))
        line = Direct(relays[-1])
        model = Endpoint(LoadContext(None, chosen, interface, table.schema), line)
        batch = model.predict(table.combine_chunks().to_batches()[0])
        return validate_predictions(pa.Table.from_batches([batch]), table), line

    yield go
    for one in relays:
        one.close()


def stream(table, **options):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def rows_of(body):
    return pa.ipc.open_stream(body).read_all()


def good(body, change=lambda table: table):
    """A server that answers twice the static feature, after a change."""
    rows = rows_of(body)
    value = 2 * np.array(rows["static"].to_pylist(), np.float64)[:, 0]
    return {"status": 200, "content": stream(change(pa.table([rows["id"], pa.array(value)], schema=ANSWER)))}


def test_rows_go_out_in_bounded_batches_and_come_back_in_their_order(ask):
    bad = Bad(lambda body: good(body, lambda table: table.take(pa.array(range(table.num_rows))[::-1])))
    with serving(bad) as url:
        answers, line = ask(url)
    assert answers.problems == {}
    assert answers.predictions["value"].to_pylist() == [2.0 * i for i in range(N)]
    assert [len(one.body["ids"]) for one in line.asked] == [4, 4, 2]
    _, path, headers, body = bad.asked[0]
    assert path == "/v1/predictions"
    assert headers["Content-Type"] == "application/vnd.apache.arrow.stream"
    assert (headers["SectorBench-Interface"], json.loads(headers["SectorBench-Model"])) == ("regression", "模型")
    assert rows_of(body).schema.equals(SCHEMA, check_metadata=True)


def test_what_was_answered_is_not_asked_again(ask):
    bad = Bad(good)
    with serving(bad) as url:
        ask(url)
        ask(url)
    assert len(bad.asked) == 3


def half(body):
    whole = good(body)["content"]
    return {"status": 200, "content": whole[: len(whole) // 2]}


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429, "headers": {"Retry-After": "0"}, "body": {}},
        {"status": 503, "body": {}},
        "reset",
        lambda body: good(body) | {"only": 40},
        half,
        {"status": 200, "content": b"<html>not Arrow</html>"},
        {"status": 200, "content": b"\xff" * 64},
    ],
    ids=["429", "503", "reset", "broken off", "half a stream", "html", "noise"],
)
def test_a_fault_that_may_pass_is_asked_again(ask, fault):
    bad = Bad(fault, good)
    with serving(bad) as url:
        answers, _ = ask(url)
    assert answers.predictions["value"].to_pylist() == [2.0 * i for i in range(N)]
    assert len(bad.asked) == 4


def renamed(table):
    return table.rename_columns(["id", "worth"])


def nullable(table):
    return pa.table({"id": table["id"], "value": table["value"]})


def doubled(table):
    return pa.concat_tables([table.slice(0, 1), table.slice(0, table.num_rows - 1)])


def encoded(table):
    return pa.table({"id": table["id"].combine_chunks().dictionary_encode(), "value": table["value"]})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (renamed, "column 'value' is missing; column 'worth' is not part of interface regression"),
        (nullable, "is nullable, expected not null"),
        (encoded, "dictionary"),
        (lambda table: table.slice(1), "3 rows in answer to 4"),
        (doubled, "other ids than those of the request, such as 'r3'"),
        (lambda table: table.set_column(0, ANSWER[0], [["x", *table["id"].to_pylist()[1:]]]), "such as 'x'"),
    ],
)
def test_an_answer_of_another_form_fails_at_once_with_what_is_wrong(ask, change, said):
    bad = Bad(lambda body: good(body, change))
    with serving(bad) as url, pytest.raises(WorkerError) as info:
        ask(url)
    assert info.value.code == "SB213"
    assert said in str(info.value)
    assert len(bad.asked) <= 3  # once each, never again


def test_a_compressed_answer_is_refused_before_it_is_unpacked(ask):
    def squeezed(body):
        rows = rows_of(body)
        table = pa.table([rows["id"], pa.array([0.0] * rows.num_rows)], schema=ANSWER)
        return {"status": 200, "content": stream(table, compression="zstd")}

    with serving(Bad(squeezed)) as url, pytest.raises(WorkerError, match="compressed batches are not allowed"):
        ask(url)


def test_no_damage_to_an_answer_is_taken_for_anything_but_a_bad_answer():
    draw = random.Random(1)
    whole = stream(pa.Table.from_pydict({"id": ["a", "b"], "value": [1.0, 2.0]}, schema=ANSWER))
    read = wire_of("predictions", {"arrow": "", "ids": ["a", "b"], "interface": "regression", "model": "m"}, None).read
    assert read(whole)
    refused = 0
    for _ in range(1_000):
        damaged = bytearray(whole)
        for _ in range(draw.choice([1, 2, 16])):
            damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        try:
            read(bytes(damaged[: draw.randrange(len(damaged))] if draw.random() < 0.2 else damaged))
        except (BrokenAnswerError, WrongAnswerError):
            refused += 1
    assert refused > 500


def test_an_answer_without_end_and_one_that_drips_are_given_up(ask, monkeypatch):
    monkeypatch.setattr(endpoint_wire, "_ANSWER_BYTES", 1 << 16)
    with serving(Bad({"status": 200, "content": bytes(1 << 17)})) as url, pytest.raises(WorkerError) as info:
        ask(url, retries=0)
    assert (info.value.code, "over 65,536 bytes" in str(info.value)) == ("SB213", True)
    with serving(Bad({"drip_s": 0.05, "from": 60})) as url, pytest.raises(WorkerError) as info:
        ask(url, retries=0, timeout_s=0.3)
    assert info.value.code == "SB211"


def test_a_redirect_is_not_followed(ask):
    away = {"status": 307, "headers": {"Location": "http://localhost:1/"}, "body": {}}
    with serving(Bad(away)) as url, pytest.raises(WorkerError, match="redirects are not followed"):
        ask(url)


def test_what_is_wrong_with_a_row_breaks_that_row_as_of_any_model(ask):
    def broken(table):
        return table.set_column(1, ANSWER[1], pa.array([float("nan"), *table["value"].to_pylist()[1:]]))

    with serving(Bad(lambda body: good(body, broken))) as url:
        answers, _ = ask(url)
    assert {row: one.code for row, one in answers.problems.items()} == {0: "SB306", 4: "SB306", 8: "SB306"}


def test_optional_columns_that_one_answer_lacks_are_left_out(ask):
    def sometimes(body):
        if "r4" in (rows := rows_of(body))["id"].to_pylist():
            return good(body)
        schema = get_interface("regression").prediction_schemas()[1]
        columns = {
            "id": rows["id"].to_pylist(),
            "value": [1.0] * rows.num_rows,
            "quantiles": [[1.0] * 9] * rows.num_rows,
        }
        return {"status": 200, "content": stream(pa.Table.from_pydict(columns, schema=schema))}

    with serving(Bad(sometimes)) as url:
        answers, _ = ask(url)
    assert answers.predictions.column_names == ["id", "value"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"api": "arrow", "system": "x"}, "system: of no use with api 'arrow'; they belong to chat and completions"),
        ({"api": "arrow", "max_tokens": 5}, "max_tokens: of no use with api 'arrow'"),
        ({"rows": 5}, "rows: of no use with api 'chat'; they belong to arrow"),
        ({"api": "arrow", "rows": 0}, "rows is '0', expected a whole number of rows, 1 to 1024"),
    ],
)
def test_options_of_another_api_are_refused(options, said):
    with pytest.raises(SubmissionError, match="SB103") as info:
        read_endpoint_options({"url": "http://localhost:1/v1", "model": "toy"} | options)
    assert said in str(info.value)


def test_a_server_of_texts_is_not_asked_about_numbers(tmp_path):
    context = LoadContext(None, {"url": "http://localhost:1/v1", "model": "toy"}, "regression", SCHEMA)
    with pytest.raises(InterfaceError, match="answered by a server of api: arrow"):
        Endpoint(context, None)


def test_a_wrong_answer_is_not_kept(ask):
    """The server is mended in between: the same command goes on from there."""
    bad = Bad(lambda body: good(body, renamed))
    with serving(bad) as url:
        with pytest.raises(WorkerError):
            ask(url)
        bad.answers = [good]
        answers, _ = ask(url)
    assert answers.problems == {}
