"""GPU check: is the accelerator really used, does it give the processor's answers, does the sandbox let it through?

Runs the shipped torch checkpoint on its task on the processor and on the accelerator, in float32 and bfloat16, each
through a real worker, and prints one table. Under ten minutes; exit code 1 where a check fails or there is no
accelerator. Run:

    make gpu-check
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.table import Table
from sectorbench.harness.arrow_files import read_stream
from sectorbench.harness.console import output_console
from sectorbench.harness.device import device_info, resolve_device
from sectorbench.harness.isolation import why_not
from sectorbench.harness.store import Store

MODEL, TASK = "patchtst-fleet", "predictive_maintenance/fleet-rul"
PARITY = 1e-3  # largest difference of float32 answers, in the target's unit: sums in another order, not another model


class Run(NamedTuple):
    """One way of running the checkpoint and what came of it."""

    name: str
    record: dict[str, Any]
    values: np.ndarray


def run(name: str, folder: Path, *words: str) -> Run:
    """Runs the checkpoint with overrides and options and reads its record and its answers."""
    results = folder / name.replace(" ", "-")
    command = [sys.executable, "-m", "sectorbench", "run", "--task", TASK, "--model", MODEL, "--results", str(results)]
    done = subprocess.run([*command, "--json", "--quiet", *words], stdout=subprocess.PIPE, text=True, check=False)
    cells = [cell["record"] for cell in json.loads(done.stdout)["cells"]]
    record = next(r for r in cells if r["cell"]["model"]["name"] == MODEL)
    if record["status"] != "ok":
        raise SystemExit(f"{name}: failed {record['code']}: {record['message']}")
    answers = read_stream(Store(results).predictions(record["predict_key"]))
    return Run(name, record, answers.column("value").to_numpy())


def main() -> int:
    """Runs all checks; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="auto", help="auto, cuda or cpu; cpu checks the check (default: auto)")
    parser.add_argument("--rows", type=int, help="only so many inputs (default: all)")
    args = parser.parse_args()
    device = resolve_device(args.device, accelerated=True)
    if device == "cpu" and args.device != "cpu":
        print("gpu-check: there is no accelerator here that torch can use; nothing was checked", file=sys.stderr)
        return 1
    info = device_info(device)
    print(f"device {info.device}: {info.name}, driver {info.driver}")
    with tempfile.TemporaryDirectory() as folder:
        kinds = {
            "processor float32": ("device=cpu", "precision=float32"),
            f"{device} float32": (f"device={device}", "precision=float32"),
            f"{device} float32 again": (f"device={device}", "precision=float32"),
            f"{device} bfloat16": (f"device={device}", "precision=bfloat16"),
        } | {
            f"{device} float32 {level}": (f"device={device}", "precision=float32", f"sandbox={level}")
            for level in ("landlock", "limits")
            if why_not(level) is None
        }
        part = () if args.rows is None else ("--limit", str(args.rows))
        runs = [run(name, Path(folder), *overrides, *part) for name, overrides in kinds.items()]
    output_console().print(_table(runs))
    failures = _failures(runs, device)
    for failure in failures:
        print(f"FAILED: {failure}")
    print("all checks passed" if not failures else f"{len(failures)} check(s) failed")
    return 1 if failures else 0


def _table(runs: list[Run]) -> Table:
    table = Table("run", "device", "isolation", "rmse", "largest difference", "rows/s", "load s", "device GiB")
    for one in runs:
        cost, environment = one.record["cost"], one.record["environment"]
        peak = cost["peak_device_memory_gib"]
        table.add_row(
            one.name,
            environment["device_name"],
            environment["sandbox"],
            f"{one.record['metrics'][0]['value']:.4f}",
            f"{np.abs(one.values - runs[0].values).max():.2e}",
            f"{cost['examples_per_s']:,.0f}",
            f"{cost['load_s']:.1f}",
            "-" if peak is None else f"{peak:.3f}",
        )
    return table


def _failures(runs: list[Run], device: str) -> list[str]:
    found = []
    cpu, gpu, again, *_ = runs
    for one in runs[1:]:
        if one.record["environment"]["device"] != device:
            found.append(f"{one.name}: the worker ran on {one.record['environment']['device']}")
        if device != "cpu" and not one.record["cost"]["peak_device_memory_gib"]:
            found.append(f"{one.name}: no tensor was ever on the device")
    if np.abs(gpu.values - cpu.values).max() > PARITY:
        found.append(f"float32 answers differ by more than {PARITY} between processor and device")
    if not np.array_equal(gpu.values, again.values):
        found.append("two float32 runs on the device differ")
    return found


if __name__ == "__main__":
    sys.exit(main())
