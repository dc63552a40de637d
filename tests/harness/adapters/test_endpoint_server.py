"""The adapter of endpoints against a server that others wrote: ``transformers serve`` with a tiny random model."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pyarrow as pa
import pytest

pytest.importorskip("torch")
pytest.importorskip("fastapi", reason="needs transformers[serving]")
pytest.importorskip("uvicorn", reason="needs transformers[serving]")

import toy_text_tasks
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.adapters.transformers_causal import TransformersCausal
from sectorbench.harness.arrow_files import read_stream
from sectorbench.harness.catalog import Catalog
from sectorbench.harness.data import DataFiles
from sectorbench.harness.planning import Entry, make_plan
from sectorbench.harness.run import Watcher, execute
from sectorbench.harness.settings import Settings
from sectorbench.harness.store import Store
from sectorbench.harness.submission import Builtin, open_submission
from toy_language_models import write

CHAT = (
    "{% for m in messages %}{{ '<u>' + m['content'] }}{% endfor %}{% if add_generation_prompt %}{{ '<a>' }}{% endif %}"
)
BUILTINS = {
    "first-option": Builtin("toy_text_models:First", {}, "choice", "toy"),
    "silent": Builtin("toy_text_models:Silent", {}, "generation", "toy"),
}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return write(tmp_path_factory.mktemp("served"), chat=CHAT, window=512, seed=3)


@pytest.fixture(scope="module")
def server(checkpoint, tmp_path_factory):
    """Its base address; it is offline, on the processor, with one thread."""
    program = Path(sys.executable).with_name("transformers")
    if not program.exists():
        program = Path(shutil.which("transformers") or pytest.skip("the command `transformers` is not there"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [program, "serve", checkpoint, "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    offline = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    log = tmp_path_factory.mktemp("log") / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(words, env=os.environ | offline, stdout=file, stderr=file)
    try:
        for _ in range(600):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                    break
            except OSError:
                assert process.poll() is None, log.read_text()[-2_000:]
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def run(server, checkpoint, write_submission, tmp_path):
    def go(task, **options):
        chosen = {"url": server, "model": str(checkpoint), "max_tokens": 8, "concurrency": 2} | options
        fields = {"name": "served", "adapter": "endpoint", "interfaces": ["choice", "generation"]}
        model = open_submission(write_submission("served", options=chosen, **fields), BUILTINS)
        store, catalog = Store(tmp_path / "results"), Catalog(built_in={}, builtins=BUILTINS)
        settings = Settings(results=store.folder, suite="toy@1", allow_hosts=("127.0.0.1",))
        plan = make_plan(
            [Entry(task, "default")],
            [model],
            floor=catalog.model,
            files=DataFiles(mirror=None, cache=tmp_path / "cache"),
            store=store,
            settings=settings,
            told=lambda text: None,
        )
        outcome = execute(plan, store=store, settings=settings, watcher=Watcher())
        record = next(r for r in outcome.records.values() if r.cell.model.name == "served")
        assert record.status == "ok", record.message
        return plan.cells[0].prepared.inputs(), record, read_stream(store.predictions(record.predict_key))

    return go


def test_texts_of_the_server_are_those_of_the_same_checkpoint_run_here(run, checkpoint):
    inputs, record, found = run(toy_text_tasks.WRITING)
    here = TransformersCausal.load(LoadContext(checkpoint, {}, "generation", inputs.schema))
    ours = here.predict(inputs.combine_chunks().to_batches()[0])
    assert found["text"].to_pylist() == ours["text"].to_pylist()
    assert len(set(found["text"].to_pylist())) > 3  # no constant would do
    assert found["tokens"].to_pylist() == pytest.approx(ours["tokens"].to_pylist(), abs=1)  # of the end token
    spent = record.cost.endpoint
    assert (spent.requests, spent.retries) == (13, 0)
    assert spent.completion_tokens >= sum(found["tokens"].to_pylist())
    assert spent.prompt_tokens > 12 * len("Is 0 even? yes or no")  # of one byte each


@pytest.mark.parametrize("api", ["chat", "completions"])
def test_a_choice_is_asked_in_words_of_a_server_without_log_probabilities(run, api):
    """A random model names no option: every answer is unread, wrong, and counted apart."""
    inputs, record, found = run(toy_text_tasks.CHOICE, api=api)
    assert record.protocol.choices["choice by"].startswith("generation, answer read from the text")
    unread = [one for row in found["unread"].to_pylist() for one in row]
    assert record.counts.unread == sum(unread) == record.counts.codes.get("SB322", 0)
    assert pa.compute.all(pa.array([len(row) == 1 for row in found["probability"].to_pylist()])).as_py()
    assert len(unread) == inputs.num_rows


def test_a_model_that_the_server_does_not_know_fails_with_its_words(server, write_submission, tmp_path):
    fields = {"name": "unknown", "adapter": "endpoint", "interfaces": ["choice"]}
    options = {"url": server, "model": "no/such-model", "retries": 0, "timeout_s": 30}
    model = open_submission(write_submission("unknown", options=options, **fields), BUILTINS)
    store, catalog = Store(tmp_path / "results"), Catalog(built_in={}, builtins=BUILTINS)
    settings = Settings(results=store.folder, suite="toy@1", allow_hosts=("127.0.0.1",))
    plan = make_plan(
        [Entry(toy_text_tasks.CHOICE, "default")],
        [model],
        floor=catalog.model,
        files=DataFiles(mirror=None, cache=tmp_path / "cache"),
        store=store,
        settings=settings,
        told=lambda text: None,
    )
    outcome = execute(plan, store=store, settings=settings, watcher=Watcher())
    record = next(r for r in outcome.records.values() if r.cell.model.name == "unknown")
    assert (record.status, record.code in ("SB211", "SB213")) == ("failed", True)
    assert "status" in record.message
