"""The text of a server in torch that answers Arrow batches of one interface, with an untrained model to replace."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from ...harness.interfaces import get_interface
from ...harness.task import Draw
from ..energy.simulated_day_ahead import TASK as LOAD
from ..predictive_maintenance.ai4i import FEATURES
from ..predictive_maintenance.fleet_simulator import CHANNELS as FLEET_CHANNELS
from ..predictive_maintenance.milling_failure import HEAD
from ..predictive_maintenance.skab import CHANNELS as PUMP_CHANNELS
from .endpoints import PORT
from .kinds import SEED

__all__ = ["server_text"]

_BYTES = """\
model = torch.nn.EmbeddingBag(256, 16)  # the mean of what is learnt of each byte


def vector(text):
    return model(torch.tensor([list(text.encode()) or [0]]))[0].double()


"""
_ANSWERS: Mapping[str, str] = {
    "regression": """\
model = torch.nn.Linear({channels}, 1)  # channels of the task


def answer(rows, info):
    means = [torch.tensor(one).nan_to_num().mean(dim=0) for one in rows["series"].to_pylist()]  # (c,) each
    return {"value": model(torch.stack(means))[:, 0].tolist()}
""",
    "classification": """\
model = torch.nn.Linear({features}, {classes})  # static features, classes of the head


def answer(rows, info):
    share = model(torch.tensor(rows["static"].to_pylist())).double().softmax(dim=1)  # (n, classes)
    return {"probability": share[:, None].tolist()}  # per row, per head, per class
""",
    "detection": """\
model = torch.nn.Linear({sensors}, 1)  # channels of the task


def answer(rows, info):
    runs = [torch.tensor(one).nan_to_num() for one in rows["series"].to_pylist()]  # (t, c) each
    return {"score": [model(one)[:, 0].abs().tolist() for one in runs]}  # each step from itself alone
""",
    "forecasting": """\
model = torch.nn.Linear({history}, {horizon})  # steps that are read, steps ahead


def answer(rows, info):
    series = torch.tensor(rows["series"].to_pylist()).nan_to_num()  # (n, t, c), oldest step first
    targets = series[:, -{history}:, : info["targets"]].mT  # (n, y, history)
    return {"value": model(targets).mT.tolist()}  # (n, h, y)
""",
    "choice": _BYTES
    + """\
def answer(rows, info):
    found = []
    for row in rows.to_pylist():
        asked = [vector(row["context"] + question) for question in row["questions"]]
        options = [torch.stack([vector(option) for option in one]) for one in row["options"]]
        found.append([(some @ one).softmax(dim=0).tolist() for some, one in zip(options, asked, strict=True)])
    return {"probability": found}
""",
    "extraction": _BYTES
    + """\
def answer(rows, info):
    found = []
    for row in rows.to_pylist():
        places = [one.span() for one in re.finditer(r"\\\\S[^\\\\n]*", row["context"])] or [(0, len(row["context"]))]
        lines = torch.stack([vector(row["context"][start:end]) for start, end in places])
        scores = [(lines @ vector(question)).sigmoid() for question in row["questions"]]
        best = [(*places[int(one.argmax())], float(one.max())) for one in scores]
        found.append([[dict(zip(("start", "end", "probability"), one, strict=True))] for one in best])
    return {"spans": found}
""",
    "ranking": _BYTES
    + """\
def answer(rows, info):
    asked = [(vector(row["query"]), row["candidates"]) for row in rows.to_pylist()]
    return {"score": [[float(vector(text) @ query) for text in texts] for query, texts in asked]}
""",
    "generation": _BYTES
    + """\
def answer(rows, info):
    said = [vector(row["messages"][-1]["content"]).argsort().tolist() for row in rows.to_pylist()]
    return {"text": [" ".join(map(str, one)) for one in said]}
""",
    "scheduling": """\
model = torch.nn.Linear(1, 1)  # from a job's work to when its turn is


def answer(rows, info):
    starts = []
    for shop in rows.to_pylist():  # one job behind the other
        jobs, start, time = {}, [0] * len(shop["activities"]), 0
        for number, activity in enumerate(shop["activities"]):
            jobs.setdefault(activity["job"], []).append((number, activity["modes"][0]["duration"]))
        work = torch.tensor([[float(sum(duration for _, duration in one))] for one in jobs.values()])
        for at in model(work)[:, 0].argsort().tolist():
            for number, duration in list(jobs.values())[at]:
                start[number], time = time, time + duration
        starts.append(start)
    return {"start": starts, "mode": [[0] * len(one) for one in starts]}
""",
}

_SERVER = '''\
"""Answers SectorBench's Arrow batches, interface {interface}. Untrained: put your model and its answers in place."""

import json
{more}import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pyarrow as pa
import torch

torch.manual_seed({seed})
ANSWER = pa.schema(
    [
{fields}
    ]
)
{answer}

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections stay open

    def log_message(self, *words):
        """No line per request."""

    def do_POST(self):
        rows = pa.ipc.open_stream(self.rfile.read(int(self.headers["Content-Length"]))).read_all()
        info = json.loads(rows.schema.metadata[b"sectorbench"])  # what belongs to all rows: channels, classes, units
        with torch.inference_mode():
            columns = {"id": rows["id"].to_pylist(), **answer(rows, info)}
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, ANSWER) as writer:
            writer.write_table(pa.Table.from_pydict(columns, schema=ANSWER))
        content = sink.getvalue().to_pybytes()
        self.send_response(200)
        self.send_header("Content-Type", "application/vnd.apache.arrow.stream")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else {port}), Handler)
    print(f"listening at http://localhost:{server.server_port}/v1", flush=True)
    server.serve_forever()
'''


def server_text(interface: str) -> str:
    """A file that ``python`` runs; it needs torch and pyarrow alone."""
    plan = LOAD.plan(Draw(LOAD.card.tracks[0].name))
    numbers = {
        "{channels}": len(FLEET_CHANNELS),
        "{features}": len(FEATURES),
        "{classes}": len(HEAD.classes),
        "{sensors}": len(PUMP_CHANNELS),
        "{history}": plan.seasons[-1],
        "{horizon}": plan.horizon,
    }
    body = _ANSWERS[interface].replace("\\\\", "\\")
    for mark, number in numbers.items():
        body = body.replace(mark, str(number))
    fields = [
        f'        pa.field("{one.name}", {_code(one.type)}, nullable=False),' for one in get_interface(interface).answer
    ]
    parts = {
        "{interface}": interface,
        "{more}": "import re\n" if "re." in body else "",
        "{seed}": str(SEED),
        "{fields}": "\n".join(fields),
        "{answer}": body,
        "{port}": str(PORT),
    }
    text = _SERVER
    for mark, part in parts.items():
        text = text.replace(mark, part)
    return text


def _code(kind: pa.DataType) -> str:
    """An Arrow type as Python writes it."""
    if pa.types.is_fixed_size_list(kind):
        return f"pa.list_({_code(kind.value_type)}, {kind.list_size})"
    if pa.types.is_list(kind):
        return f"pa.list_({_code(kind.value_type)})"
    if pa.types.is_struct(kind):
        told = ", ".join(f'"{one.name}": {_code(one.type)}' for one in kind)
        return f"pa.struct({{{told}}})"
    names = {"float": "float32", "double": "float64", "bool": "bool_"}
    return f"pa.{names.get(str(kind), str(kind))}()"
