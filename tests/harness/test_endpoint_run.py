"""Whole runs against an endpoint: worker without network, relay, journal, record; the server is the test's own."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import socket
import threading
import time
from datetime import date
from urllib.parse import urlsplit

import pytest
import toy_text_tasks
from bad_server import Bad, said, serving
from sectorbench.harness.adapters import ADAPTERS
from sectorbench.harness.adapters import endpoint as endpoint_adapter
from sectorbench.harness.arrow_files import read_stream
from sectorbench.harness.catalog import Catalog
from sectorbench.harness.data import DataFiles
from sectorbench.harness.executors import endpoint_client, endpoint_hosts, relay
from sectorbench.harness.limits import Limits
from sectorbench.harness.planning import Entry, make_plan
from sectorbench.harness.prompting import BARE
from sectorbench.harness.run import Watcher, execute
from sectorbench.harness.sandbox import available_level
from sectorbench.harness.settings import Settings
from sectorbench.harness.store import Store
from sectorbench.harness.submission import Builtin, open_submission
from sectorbench.tasks.document_review.lexeval import LEXEVAL

TODAY = date(2026, 11, 26)
BUILTINS = {
    "first-option": Builtin("toy_text_models:First", {}, "choice", "toy"),
    "silent": Builtin("toy_text_models:Silent", {}, "generation", "toy"),
    "caller": Builtin("toy_text_models:Caller", {}, "generation", "toy"),
}
needs_bubblewrap = pytest.mark.skipif(available_level() != "bubblewrap", reason="needs bubblewrap")


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    monkeypatch.setattr(endpoint_client, "_FIRST_WAIT_S", 0.01)


@pytest.fixture
def endpoint(write_submission):
    """A submission folder that names a server."""

    def write(url, folder="endpoint", /, *, interfaces=("choice", "generation"), **options):
        fields = {"name": "endpoint", "adapter": "endpoint", "interfaces": list(interfaces)}
        chosen = {"url": url, "model": "toy", "retries": 1, "timeout_s": 10} | options
        return open_submission(write_submission(folder, options=chosen, **fields), BUILTINS)

    return write


@pytest.fixture
def run(tmp_path):
    """Runs submissions on a toy task; gives the plan, the first one's record and the store."""

    def go(*models, task=toy_text_tasks.CHOICE, watcher=None, **settings):
        store = Store(tmp_path / "results")
        usual = {"results": store.folder, "suite": "toy@1", "today": TODAY, "allow_hosts": ("127.0.0.1",)}
        chosen = Settings(**(usual | settings))
        catalog = Catalog(built_in={}, builtins=BUILTINS)
        plan = make_plan(
            [Entry(task, "default")],
            [catalog.model(one) if isinstance(one, str) else one for one in models],
            floor=catalog.model,
            files=DataFiles(mirror=None, cache=tmp_path / "cache"),
            store=store,
            settings=chosen,
            told=lambda text: None,
        )
        names = {one if isinstance(one, str) else one.manifest.name for one in models}
        cells = tuple(one for one in plan.cells if one.submission.manifest.name in names)  # a floor takes a second
        plan = dataclasses.replace(plan, cells=cells)
        outcome = execute(plan, store=store, settings=chosen, watcher=watcher or Watcher())
        name = models[0] if isinstance(models[0], str) else models[0].manifest.name
        return plan, next((r for r in outcome.records.values() if r.cell.model.name == name), None), store

    return go


def evens(body):
    """Answers a question about a number rightly, in words."""
    text = body["messages"][-1]["content"]
    digits = "".join(c for c in text.split("even")[0] if c.isdigit())
    return said(f"<think>hm, 7?</think>Answer: {'no' if digits and int(digits) % 2 else 'yes'}")


def value(record):
    return record.metrics[0].value


def test_a_choice_is_answered_from_what_the_server_writes_and_the_record_says_so(run, endpoint):
    bad = Bad(evens)
    with serving(bad) as url:
        price = {"currency": "CNY", "input": 4, "output": 16}
        _, record, _ = run(endpoint(url, price=price, system="Be brief.", concurrency=3))
    assert (record.status, value(record), record.counts.unread) == ("ok", 1.0, 0)
    assert record.environment.sandbox == available_level()
    assert record.protocol.unpinned
    assert (record.protocol.dtype, record.cell.settings) == ("unknown", {"day": "2026-11-26"})
    choices = record.protocol.choices
    assert choices["choice by"].startswith("generation, answer read from the text; prompt template sha256 ")
    assert choices["system prompt of the submission"] == "Be brief."
    assert record.protocol.prompting.model_dump() == dataclasses.asdict(BARE)
    assert choices["models named by the server"] == "toy"
    cost = record.cost
    assert (cost.energy_kwh, cost.energy_reason, cost.peak_memory_gib) == (None, "endpoint", None)
    assert cost.examples_per_s == pytest.approx(12 / cost.wall_s)
    # 12 questions and one request that tries the server, each of 10 tokens read and 2 written
    assert cost.endpoint.model_dump() == {
        "requests": 13,
        "retries": 0,
        "prompt_tokens": 130,
        "completion_tokens": 26,
        "price": pytest.approx((130 * 4 + 26 * 16) / 1e6),
        "currency": "CNY",
    }
    messages = bad.asked[1][3]["messages"]
    assert messages[0] == {"role": "system", "content": "Be brief."}
    assert "Is it even?\n\nAnswer with one of: yes, no." in messages[1]["content"]


def test_answers_that_cannot_be_read_are_wrong_and_counted_apart(run, endpoint):
    def often_unsure(body):
        return said("I cannot tell.") if "Number 1" in body["messages"][-1]["content"] else evens(body)

    with serving(Bad(often_unsure)) as url:
        _, record, _ = run(endpoint(url))
    assert record.counts.unread == 3  # of the numbers 1, 10 and 11
    assert record.counts.codes == {"SB322": 3}
    assert value(record) == pytest.approx(9 / 12)


def test_a_track_sets_the_system_prompt_and_the_tokens_to_write_and_the_record_says_so(run, endpoint):
    cut = said("no, since", choices=[{"message": {"content": "no, since"}, "finish_reason": "length"}])

    def cut_at_seven(body):
        return cut if "Number 7" in body["messages"][-1]["content"] else evens(body)

    bad = Bad(cut_at_seven)
    with serving(bad) as url:
        _, record, _ = run(endpoint(url, system="Be brief.", max_tokens=5), task=toy_text_tasks.ARGUED)
    assert record.protocol.prompting.model_dump() == dataclasses.asdict(toy_text_tasks.ARGUED.card.tracks[0].prompting)
    asked = bad.asked[1][3]
    assert asked["messages"][0] == {"role": "system", "content": "Be brief.\n\nYou count."}
    assert asked["max_tokens"] == 100 + 64
    assert record.counts.truncated == 1


def test_texts_are_cut_at_stop_strings_and_faults_in_between_are_tried_again(run, endpoint):
    def written(body):
        return said("yes\nbecause", choices=[{"message": {"content": "yes\nbecause"}, "finish_reason": "length"}])

    busy = {"status": 429, "headers": {"Retry-After": "0"}, "body": {}}
    bad = Bad(written, busy, "reset", written)
    with serving(bad) as url:
        _, record, _ = run(endpoint(url, retries=3, concurrency=1), task=toy_text_tasks.WRITING)
    assert (record.status, value(record)) == ("ok", 0.5)
    assert record.cost.endpoint.retries == 2
    assert bad.asked[-1][3]["stop"] == ["\n"]
    assert bad.asked[-1][3]["max_tokens"] == 8


def test_lone_surrogates_in_an_answer_and_an_endless_name_are_read_past(run, endpoint):
    with serving(Bad(said("\ud800 Answer: yes", model="t\ud800y" + "x" * 30_000))) as url:
        _, record, _ = run(endpoint(url))
    assert (record.status, value(record), record.counts.unread) == ("ok", 0.5, 0)
    assert record.protocol.choices["models named by the server"] == "t\ufffdy" + "x" * 197


@pytest.mark.parametrize("fault", [UnicodeEncodeError("utf-8", "x", 0, 1, "?"), KeyError("x"), MemoryError()])
def test_a_fault_of_the_relay_itself_fails_the_cell_and_leaves_no_worker_waiting(run, endpoint, monkeypatch, fault):
    def add(*_):
        raise fault

    monkeypatch.setattr(relay._Journal, "add", add)
    with serving(Bad(evens)) as url:
        _, record, _ = run(endpoint(url))
    assert (record.status, record.code) == ("failed", "SB213")
    assert type(fault).__name__ in record.message


def test_a_line_that_is_no_request_is_answered_too(tmp_path):
    held = relay.Relay({"url": "http://localhost:1/v1", "model": "toy"}, tmp_path, seed=0, first_cell="cell")
    with held.line() as number:
        worker = socket.socket(fileno=os.dup(number))
    with worker, worker.makefile("rwb") as line:
        worker.settimeout(10)
        worker.sendall(b"[" * 100_000 + b"\n")
        told = json.loads(line.readline())
    held.close()
    assert (told["number"], told["code"], "RecursionError" in told["message"]) == (None, "SB213", True)


def test_tokens_that_the_server_does_not_count_are_missing_not_zero(run, endpoint):
    body = {"choices": [{"message": {"content": "yes"}}], "usage": {"prompt_tokens": None}}
    with serving(Bad({"status": 200, "body": body})) as url:
        price = {"currency": "CNY", "input": 4, "output": 16}
        _, record, _ = run(endpoint(url, price=price), task=toy_text_tasks.WRITING)
    assert (record.status, value(record)) == ("ok", 0.5)
    told = record.cost.endpoint
    assert (told.prompt_tokens, told.completion_tokens, told.price) == (None, None, None)


def test_tokens_that_the_server_stops_to_count_fail_nothing(run, endpoint, monkeypatch):
    """The first batch tells them, which is in the stream by then; a later one does not."""
    monkeypatch.setattr(endpoint_adapter.Endpoint, "batch_rows", 2)
    body = {"choices": [{"message": {"content": "yes"}, "finish_reason": "stop"}]}
    counted = {"status": 200, "body": body | {"usage": {"prompt_tokens": 1, "completion_tokens": 1}}}
    with serving(Bad(*[counted] * 5, {"status": 200, "body": body})) as url:
        _, record, _ = run(endpoint(url, concurrency=1), task=toy_text_tasks.WRITING)
    assert (record.status, value(record), record.counts.truncated) == ("ok", 0.5, None)


def test_a_day_later_everything_is_asked_again_and_the_same_day_nothing(run, endpoint):
    bad = Bad(evens)
    with serving(bad) as url:
        model = endpoint(url)
        _, first, store = run(model)
        asked = len(bad.asked)
        _, again, _ = run(model)
        assert (again, len(bad.asked)) == (first, asked)
        _, later, _ = run(model, today=date(2026, 11, 27))
    assert later.key != first.key
    assert later.predict_key != first.predict_key
    assert len(bad.asked) == 2 * asked
    assert len(list(store.records.rglob("endpoint-*/record.json"))) == 2


def test_what_was_answered_before_a_fault_is_not_asked_again(run, endpoint):
    """The server dies after seven answers; the next run asks the other six of thirteen."""
    bad = Bad(*[evens] * 7, {"status": 500, "body": {}})
    with serving(bad) as url:
        model = endpoint(url, concurrency=1, retries=0)
        _, broken, store = run(model)
        assert (broken.status, broken.code) == ("failed", "SB211")
        (journal,) = store.folder.glob("work/jobs/*/endpoint.jsonl")
        assert len(journal.read_text().splitlines()) == 7
        with journal.open("a") as file:
            file.write('{"key": "half a li')  # as a killed process leaves it
        asked = len(bad.asked)
        bad.answers = [evens]
        _, whole, _ = run(model)
    assert (whole.status, value(whole)) == ("ok", 1.0)
    assert len(bad.asked) - asked == 6
    assert whole.cost.endpoint.requests == 13
    assert (whole.cost.wall_s, whole.cost.examples_per_s) == (None, None)  # of the last six alone they would mislead
    assert not list(store.folder.glob("work/jobs/*"))


def test_a_gentler_pace_and_another_price_ask_nothing_again(run, endpoint):
    bad = Bad(*[evens] * 7, {"status": 500, "body": {}})
    with serving(bad) as url:
        run(endpoint(url, concurrency=1, retries=0))
        bad.answers, asked = [evens], len(bad.asked)
        _, slow, _ = run(endpoint(url, "a/endpoint", concurrency=2, retries=5))
        assert len(bad.asked) - asked == 6
        asked = len(bad.asked)
        price = {"currency": "EUR", "input": 1, "output": 10}
        _, priced, _ = run(endpoint(url, "b/endpoint", price=price))
        assert len(bad.asked) == asked
    assert priced.predict_key == slow.predict_key
    assert priced.protocol.choices == slow.protocol.choices
    assert priced.cost.endpoint == slow.cost.endpoint.model_copy(
        update={"price": pytest.approx((130 + 260) / 1e6), "currency": "EUR"}
    )


@pytest.fixture
def interruptible():
    """Python's own handler, also where the tests were started in the background, which ignores SIGINT."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupted_run_ends_at_once_and_goes_on_from_there(run, endpoint):
    bad = Bad(*[evens] * 5, "silent")
    with serving(bad) as url:
        model = endpoint(url, concurrency=1, timeout_s=60)
        stop = threading.Event()

        def interrupt():
            while len(bad.asked) < 6 and not stop.wait(0.02):
                pass
            if not stop.is_set():
                signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

        threading.Thread(target=interrupt, daemon=True).start()
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            run(model)
        stop.set()
        assert time.monotonic() - began < 20
        asked = len(bad.asked)
        bad.silence.set()
        bad.answers = [evens]
        _, whole, _ = run(model)
    assert (value(whole), whole.cost.examples_per_s) == (1.0, None)
    assert len(bad.asked) - asked == 13 - 5


@pytest.mark.parametrize("public", [True, False])
def test_a_refused_request_fails_the_cell_with_the_words_of_a_public_server_alone(run, endpoint, monkeypatch, public):
    if public:
        monkeypatch.setattr(endpoint_hosts, "why_not_public", lambda address: None)
        monkeypatch.setattr(endpoint_hosts, "_is_this_machine", lambda sock: False)
    with serving(Bad({"status": 404, "body": {"error": {"message": "no model 'toy'"}}})) as url:
        _, record, _ = run(endpoint(url))
    assert (record.status, record.code) == ("failed", "SB213")
    assert "status 404" in record.message
    assert ("no model 'toy'" in record.message) == public


def test_a_redirect_to_another_host_fails_the_cell_and_reaches_no_one(run, endpoint):
    other = Bad(evens)
    with serving(other) as elsewhere:
        away = {"status": 307, "headers": {"Location": f"{elsewhere}/chat/completions"}, "body": {}}
        with serving(Bad(away)) as url:
            _, record, _ = run(endpoint(url))
    assert record.code == "SB213"
    assert other.asked == []


def sealed():
    return toy_text_tasks.ToyText(toy_text_tasks.SEALED)


def test_inputs_drawn_from_a_secret_are_sent_only_where_the_operator_says_so(run, endpoint):
    bad = Bad(evens)
    with serving(bad) as url:
        model = endpoint(url)
        plan, record, _ = run(model, task=sealed(), secret="another secret 0123")
        assert record is None
        assert [(one.code, "--allow-send" in one.message) for one in plan.missing] == [("SB212", True)]
        assert bad.asked == []
        plan, record, _ = run(model, task=sealed(), secret="another secret 0123", allow_send=True)
        assert (plan.missing, record.status) == ((), "ok")


@pytest.mark.parametrize("access", ["gated", "on-site"])
def test_data_that_are_not_public_are_sent_only_where_the_operator_says_so(run, endpoint, access):
    data = dataclasses.replace(LEXEVAL, access=access)
    task = toy_text_tasks.ToyText(dataclasses.replace(toy_text_tasks.CHOICE.card, data=data, practice_secret=None))
    bad = Bad(evens)
    with serving(bad) as url:
        model = endpoint(url)
        plan, record, _ = run(model, task=task)
        assert (record, bad.asked) == (None, [])
        assert f"its data are {access}" in plan.missing[0].message
        _, record, _ = run(model, task=task, allow_send=True)
    assert (record.status, record.access) == ("ok", access)


def test_the_open_practice_set_is_sent(run, endpoint):
    with serving(Bad(evens)) as url:
        _, record, _ = run(endpoint(url), task=sealed(), secret="toy practice")
    assert value(record) == 1.0


def test_models_that_run_here_are_asked_sealed_inputs_as_before(run, endpoint):
    with serving(Bad(evens)) as url:
        plan, record, _ = run("first-option", endpoint(url), task=sealed(), secret="another secret 0123")
    assert record.status == "ok"
    assert [one.code for one in plan.missing] == ["SB212"]


def test_a_key_that_is_not_set_fails_the_cell_before_anything_is_asked(run, endpoint, monkeypatch):
    monkeypatch.delenv("SECTORBENCH_KEY_TOY", raising=False)
    bad = Bad(evens)
    with serving(bad) as url:
        _, record, _ = run(endpoint(url, key_env="SECTORBENCH_KEY_TOY"))
    assert (record.status, record.code, bad.asked) == ("failed", "SB215", [])
    assert "SECTORBENCH_KEY_TOY, which is not set" in record.message


def test_a_key_that_is_not_set_leaves_the_other_submissions_alone(run, endpoint, monkeypatch):
    monkeypatch.delenv("SECTORBENCH_KEY_TOY", raising=False)
    ended = []
    with serving(Bad(evens)) as url:
        watcher = Watcher(finished=lambda cell, record, new: ended.append((record.cell.model.name, record.code)))
        run(endpoint(url, key_env="SECTORBENCH_KEY_TOY"), "first-option", watcher=watcher)
    assert ended == [("endpoint", "SB215"), ("first-option", None)]


def test_a_server_inside_a_network_is_asked_nothing_by_a_run(run, endpoint):
    bad = Bad(evens)
    with serving(bad) as url:
        _, record, _ = run(endpoint(url), allow_hosts=())
    assert (record.status, record.code, bad.asked) == ("failed", "SB214", [])
    assert f"--allow-host {urlsplit(url).netloc}" in record.message


def test_answers_on_disk_end_at_the_limit_of_what_is_written(run, endpoint):
    with serving(Bad(said("x" * 30_000))) as url:
        _, record, store = run(endpoint(url), limits=Limits(written_gib=100_000 / 2**30))
    assert (record.status, record.code) == ("failed", "SB221")
    assert sum(one.stat().st_size for one in store.folder.rglob("endpoint.jsonl")) <= 100_000


def test_the_key_goes_to_the_server_and_nowhere_else(run, endpoint, monkeypatch):
    bad = Bad(*[evens] * 3, {"status": 500, "body": {}})
    with serving(bad) as url:
        monkeypatch.setenv("SECTORBENCH_KEY_TOY", f"{urlsplit(url).netloc} sesame-open-123")
        _, record, store = run(endpoint(url, key_env="SECTORBENCH_KEY_TOY", concurrency=1, retries=0))
    assert record.code == "SB211"
    assert {headers["Authorization"] for _, _, headers, _ in bad.asked} == {"Bearer sesame-open-123"}
    files = [path for path in store.folder.rglob("*") if path.is_file()]
    assert [path for path in files if b"sesame" in path.read_bytes()] == []


@pytest.mark.parametrize(
    ("kept", "told"),
    [("sesame-open-123", "names no host"), ("api.rival.example sesame-open-123", "is the key of another host")],
)
def test_a_manifest_does_not_choose_whose_key_it_gets(run, endpoint, monkeypatch, kept, told):
    monkeypatch.setenv("SECTORBENCH_KEY_RIVAL", kept)
    bad = Bad(evens)
    with serving(bad) as url:
        _, record, _ = run(endpoint(url, key_env="SECTORBENCH_KEY_RIVAL"))
    assert (record.code, bad.asked) == ("SB215", [])
    assert f"SECTORBENCH_KEY_RIVAL {told}" in record.message
    assert "sesame" not in record.message
    assert "api.rival" not in record.message


@needs_bubblewrap
def test_a_worker_in_the_sandbox_reaches_no_network_by_itself(run, monkeypatch):
    """The model connects to the port in its options; outside the sandbox (the control) it gets through."""
    with serving(Bad(evens)) as url:
        port = int(url.rpartition(":")[2].partition("/")[0])
        monkeypatch.setitem(BUILTINS, "caller", Builtin("toy_text_models:Caller", {"port": port}, "generation", "toy"))
        _, inside, store = run("caller", task=toy_text_tasks.WRITING)
        _, outside, _ = run("caller", task=toy_text_tasks.WRITING, sandbox="none", seed=1)
    assert inside.environment.sandbox == "bubblewrap"
    texts = [read_stream(store.predictions(one.predict_key))["text"].to_pylist() for one in (inside, outside)]
    assert texts == [["no way"] * 12, ["yes"] * 12]


def test_every_remote_adapter_has_no_files_and_is_listed():
    assert ADAPTERS["endpoint"].files == ()
    assert json.dumps(list(ADAPTERS)).count("endpoint") == 1
