"""The worker: a process of its own that loads one checkpoint, answers the inputs of its job and never sees a reference.

Its folder holds ``job.json``, ``inputs/``, ``model/`` and the only place it may write, ``out/``. It says how far it is
as JSON lines on its standard output; whatever the model prints goes to standard error instead.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import json
import os
import resource
import sys
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from . import device as devices
from .adapters.base import Adapter, LoadContext
from .arrow_files import StreamAppender, read_stream
from .errors import InterfaceError, SubmissionError, WorkerError
from .interfaces import get_interface, table_info

__all__ = ["load_adapter", "main"]

_FORBIDDEN: Mapping[int | None, str] = {
    **dict.fromkeys((errno.EPERM, errno.EACCES, errno.EROFS, errno.ENETUNREACH), "SB223"),
    **dict.fromkeys((errno.ENOSPC, errno.EFBIG, errno.EDQUOT), "SB221"),
}
"""What a system call that fails in a model's own code tells; a model has no reason to touch anything but memory."""

_SHOWN = 500  # characters of an error that travel to the parent


class _Reporter:
    """Sends events to the parent on the real standard output, and points the model's prints to standard error."""

    def __init__(self) -> None:
        self._channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)

    def send(self, event: str, **values: Any) -> None:
        self._channel.write(json.dumps({"event": event, **values}) + "\n")
        self._channel.flush()


def main(arguments: list[str]) -> int:
    """Runs the job in the folder named by the one argument; the exit status says only whether it came to its end."""
    reporter = _Reporter()
    reporter.send("started")
    folder = Path(arguments[0])
    warnings.simplefilter("ignore")
    try:
        _run(folder, json.loads((folder / "job.json").read_text(encoding="utf-8")), reporter)
    except MemoryError as err:
        reporter.send("failed", code="SB204", message=f"MemoryError: {err}"[:_SHOWN])
        return 1
    except WorkerError as err:
        reporter.send("failed", code=err.code, message=str(err)[:_SHOWN])
        return 1
    return 0


def _run(folder: Path, job: dict[str, Any], reporter: _Reporter) -> None:
    began = time.perf_counter()
    devices.assert_device(job["device"])
    loaded: tuple[pa.Schema, Adapter] | None = None
    for cell in job["cells"]:
        inputs = read_stream(folder / "inputs" / cell["inputs"])
        try:
            # One load serves all tables of one schema: a checkpoint costs seconds to load, a table milliseconds.
            if loaded is None or not loaded[0].equals(inputs.schema, check_metadata=True):
                model = load_adapter(folder, job, inputs.schema)
                reporter.send("loaded", cell=cell["key"], load_s=time.perf_counter() - began)
                loaded = (inputs.schema, model)
            loaded[1].begins(cell["key"])
            _answer(loaded[1], inputs, folder / "out" / cell["output"], job, cell, reporter)
        except WorkerError as err:
            reporter.send("cell_failed", cell=cell["key"], code=err.code, message=str(err)[:_SHOWN])
        began = time.perf_counter()


def load_adapter(folder: Path, job: dict[str, Any], schema: pa.Schema) -> Adapter:
    """The job's model, made ready for inputs of a schema.

    Raises:
        WorkerError: It does not load, or does not fit the inputs; with the code that says so.
    """
    module, _, name = job["adapter"].partition(":")
    adapter_class: type[Adapter] = getattr(importlib.import_module(module), name)
    context = LoadContext(
        folder=folder / job["model"],
        options=job["options"],
        interface=table_info(schema)["interface"],
        inputs_schema=schema,
        device=job["device"],
        dtype=job["dtype"],
        seed=job["seed"],
    )
    try:
        return adapter_class.load(context)
    except InterfaceError as err:
        raise WorkerError("SB208", str(err)) from err
    except SubmissionError as err:
        raise WorkerError(_leading_code(str(err), "SB107"), str(err)) from err
    except (MemoryError, WorkerError):
        raise
    except Exception as err:  # a model's code may raise anything; it becomes a coded event for the parent
        raise WorkerError(_FORBIDDEN.get(getattr(err, "errno", None), "SB107"), _told(err)) from err


def _leading_code(message: str, otherwise: str) -> str:
    return message[:5] if message[:2] == "SB" and message[2:5].isdigit() else otherwise


def _answer(
    model: Adapter, inputs: pa.Table, output: Path, job: dict[str, Any], cell: dict[str, Any], reporter: _Reporter
) -> None:
    interface = get_interface(table_info(inputs.schema)["interface"])
    size, done = job["batch_rows"], cell["done_rows"]
    whole = inputs.combine_chunks()
    appender: StreamAppender | None = None
    began = time.perf_counter()
    try:
        for first in range(done, whole.num_rows, size):
            batch = whole.slice(first, size).to_batches()[0]
            answer = _predict(model, batch)
            if not interface.accepts(answer.schema):
                raise WorkerError(
                    "SB301", f"the adapter returned columns {answer.schema.names} of {answer.schema.types}"
                )
            if appender is None:
                appender = StreamAppender(output, answer.schema.remove_metadata())
            appender.append(answer)
            done = first + batch.num_rows
            reporter.send("batch", cell=cell["key"], rows=done, wall_s=time.perf_counter() - began)
        if appender is not None:
            appender.close()
    except InterfaceError as err:
        raise WorkerError("SB208", str(err)) from err
    except OSError as err:  # a model's own are caught where it is asked
        code = "SB310" if err.errno == errno.EFBIG else "SB210"
        raise WorkerError(code, f"after {done:,} rows: {err.strerror}") from err
    finally:
        if appender is not None:
            with contextlib.suppress(OSError):  # said above
                appender.close()
    reporter.send(
        "answered",
        cell=cell["key"],
        rows=done,
        wall_s=time.perf_counter() - began,
        peak_memory_gib=_peak_memory_gib(),
        peak_device_memory_gib=devices.peak_device_memory_gib(job["device"]),
        device=devices.device_info(job["device"])._asdict(),
        ways=dict(model.ways()),
    )


def _predict(model: Adapter, batch: pa.RecordBatch) -> pa.RecordBatch:
    try:
        return model.predict(batch)
    except (InterfaceError, MemoryError, WorkerError):
        raise
    except Exception as err:  # a model's code may raise anything; it becomes a coded event for the parent
        code = "SB204" if "out of memory" in str(err).lower() else _FORBIDDEN.get(getattr(err, "errno", None), "SB206")
        raise WorkerError(code, f"in the batch from id {batch.column('id')[0].as_py()!r}: {_told(err)}") from err


def _told(err: BaseException) -> str:
    first = str(err).strip().splitlines()
    return f"{type(err).__name__}: {first[0] if first else 'no message'}"


def _peak_memory_gib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
