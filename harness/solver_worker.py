"""The solver worker: a process that loads one solver, is sent one shop and writes its schedules, line by line.

It speaks the protocol of ``executors.solver_job``, as an operator's command does: a line that says it is ready, then
the shop comes as one line of JSON, then each schedule goes back as one line.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from .adapters.solver import Solver
from .errors import InterfaceError, SubmissionError, WorkerError
from .interfaces import solver_trace_inputs
from .worker import load_adapter

__all__ = ["main"]

_SHOWN = 500  # characters of an error that travel to the supervisor


def main(arguments: list[str]) -> int:
    """Solves the one shop that comes on standard input, with the solver of the job folder named by the argument."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever the solver prints is no schedule
    warnings.simplefilter("ignore")

    def say(**values: Any) -> None:
        channel.write(json.dumps(values, separators=(",", ":")) + "\n")
        channel.flush()

    def emit(start: Sequence[int], mode: Sequence[int] | None = None) -> None:
        say(start=[int(s) for s in start], **({} if mode is None else {"mode": [int(m) for m in mode]}))

    folder = Path(arguments[0])
    schema = solver_trace_inputs(time_unit="time steps")
    try:
        pa.array([0])  # pyarrow imports pandas at its first array, where that is installed: not by the clock
        solver = _load(folder, json.loads((folder / "job.json").read_text(encoding="utf-8")), schema)
        say(ready=True)
        line = sys.stdin.readline()
        if not line:
            return 0  # the supervisor is gone
        shop = json.loads(line)
        solver.solve(Solver.shop_row(shop, schema), float(shop["budget_s"]), emit)
    except (WorkerError, InterfaceError, SubmissionError) as err:
        say(error=str(err)[:_SHOWN])
        return 1
    return 0


def _load(folder: Path, job: dict[str, Any], schema: pa.Schema) -> Solver:
    loaded = load_adapter(folder, job, schema)
    if not isinstance(loaded, Solver):
        raise WorkerError("SB107", f"{job['adapter']} is no solver")
    return loaded


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
