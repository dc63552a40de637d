"""The servers that ``template endpoint --server`` writes: each is started and asked about rows of its task."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path

import pyarrow as pa
import pytest
import yaml
from sectorbench.__main__ import main
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.adapters.endpoint import Endpoint
from sectorbench.harness.executors.relay import Relay
from sectorbench.harness.manifest import MANIFEST_NAME
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.templates import TEMPLATES
from sectorbench.tasks.templates.servers import server_text
from template_inputs import TemplateInputs


@pytest.fixture(scope="module")
def inputs_of(tmp_path_factory):
    return TemplateInputs(tmp_path_factory.mktemp("cache"))


class Direct:
    def __init__(self, relay):
        self.relay = relay

    def ask(self, requests, cell):
        return [self.relay._answer(json.loads(json.dumps(one._asdict() | {"cell": cell}))) for one in requests]


@contextlib.contextmanager
def started(interface):
    """The server's own handler, on a free port of this process."""
    names = {"__name__": "server"}
    exec(compile(server_text(interface), "server.py", "exec"), names)
    server = ThreadingHTTPServer(("127.0.0.1", 0), names["Handler"])
    names["Handler"].log_message = lambda *words: None
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("interface", sorted(TEMPLATES["endpoint"]))
def test_the_server_of_every_interface_answers_rows_of_its_task(tmp_path, inputs_of, interface):
    table = inputs_of(TEMPLATES["endpoint"][interface].task)
    with started(interface) as url:
        options = {"url": url, "model": "m", "api": "arrow", "rows": 2, "retries": 0, "timeout_s": 20}
        relay = Relay(options, tmp_path, seed=0, first_cell="cell", allowed={"127.0.0.1"})
        model = Endpoint(LoadContext(None, options, interface, table.schema), Direct(relay))
        batch = model.predict(table.to_batches()[0])
        relay.close()
    assert validate_predictions(pa.Table.from_batches([batch]), table).problems == {}


def test_a_started_server_is_run_from_the_command_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["template", "endpoint", "mine", "--interface", "regression", "--server", "server.py"]
    assert main(words) == 0
    assert "start it with: python server.py" in capsys.readouterr().err
    assert len(Path("server.py").read_text().splitlines()) < 60
    command = [sys.executable, "server.py", "0"]
    with contextlib.ExitStack() as ends:
        process = ends.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL))
        ends.callback(process.kill)  # also where an assertion fails, which would else wait for it for ever
        url = re.search(r"http://\S+", process.stdout.readline().decode())[0]
        manifest = yaml.safe_load(Path("mine", MANIFEST_NAME).read_text("utf-8"))
        manifest["options"]["url"] = url
        Path("mine", MANIFEST_NAME).write_text(yaml.safe_dump(manifest))
        assert main(["check", "mine"]) == 0
        run = ["run", "--task", "predictive_maintenance/fleet-rul", "--submission", "mine", "--limit", "40", "--quiet"]
        assert main(run) == 1
        flag = re.search(r"--allow-host \S+", capsys.readouterr().err)[0]
        run += flag.split()
        assert main(run) == 0
        Path("secret").write_text("0123456789abcdef0123")
        capsys.readouterr()
        assert main([*run, "--secret-file", "secret"]) == 1
        assert "SB212 not sent to the endpoint of my-model" in capsys.readouterr().err
    (record,) = [json.loads(one.read_text()) for one in Path("results/records").rglob("my-model-*/record.json")]
    assert (record["status"], record["protocol"]["unpinned"]) == ("ok", True)
    assert record["protocol"]["choices"]["endpoint"] == "model my-model, Arrow batches"
    assert record["cost"]["endpoint"]["requests"] == 3
    assert record["cost"]["endpoint"]["completion_tokens"] is None


@pytest.mark.parametrize(
    ("server", "said"),
    [
        ("mine/server.py", "lies in the submission, which holds no code"),
        ("there.py", "there.py: is there already"),
        ("no/such/s.py", None),
    ],
)
def test_a_server_is_written_beside_the_submission_alone(tmp_path, monkeypatch, capsys, server, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.py").write_text("mine")
    code = main(["template", "endpoint", "mine", "--interface", "ranking", "--server", server])
    if said is None:
        assert (code, Path(server).is_file()) == (0, True)
    else:
        assert (code, said in capsys.readouterr().err, Path("mine").exists()) == (2, True, False)
