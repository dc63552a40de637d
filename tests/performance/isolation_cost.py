"""Isolation: what each level costs at the start of a worker, and what share of the speed outside is left inside.

All levels in turn, round after round, and of each the best round: what else the machine does only makes a round slower.
The start is a whole run of ten rows, in wall seconds; the speed is by the processor seconds that the worker counts
itself. Outside is the same adapter in an interpreter of its own.

python tests/performance/isolation_cost.py [--repeats 5] [--rows 4000]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

from harness_overhead import MODELS, Overhead, whole_run
from sectorbench.harness.adapters.base import LoadContext
from sectorbench.harness.console import output_console
from sectorbench.harness.isolation import LEVELS, why_not
from sectorbench.harness.submission import builtin_submission
from sectorbench.harness.tables import Column, print_table

FEW = 10  # rows of the run whose seconds are those of the start


def outside_s(rows: int) -> float:
    """Processor seconds of the busy model's answers in this process, beyond those of the first few rows."""
    adapter_class = builtin_submission("computes", MODELS).adapter
    spent = []
    for number in (FEW, rows):
        inputs = Overhead(number).inputs(None, None)
        adapter = adapter_class.load(LoadContext(None, {}, "regression", inputs.schema))
        began = time.process_time()
        for batch in inputs.to_batches(max_chunksize=adapter_class.batch_rows):
            adapter.predict(batch)
        spent.append(time.process_time() - began)
    return spent[1] - spent[0]


def fresh_outside_s(rows: int) -> float:
    """The same in an interpreter of its own, which is as new as a worker's."""
    command = [sys.executable, __file__, "--rows", str(rows), "--outside"]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def run_s(rows: int, level: str) -> tuple[float, float]:
    """Wall seconds of a run of the busy model, and the processor seconds of its worker."""
    wall_s, record = whole_run(Overhead(rows), "computes", level)
    return wall_s, float(record.protocol.choices["cpu_s"])


def main() -> None:
    """Measures and prints one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5, help="rounds (default: 5)")
    parser.add_argument("--rows", type=int, default=4_000, help="rows of the busy model (default: 4000)")
    parser.add_argument("--outside", action="store_true", help="print the seconds outside and stop")
    args = parser.parse_args()
    if args.outside:
        print(outside_s(args.rows))
        return
    levels = [level for level in LEVELS if why_not(level) is None]
    whole_run(Overhead(FEW), "computes", levels[0])  # finds out what the machine can do, once
    outside: list[float] = []
    short: dict[str, list[tuple[float, float]]] = {level: [] for level in levels}
    long: dict[str, list[tuple[float, float]]] = {level: [] for level in levels}
    for _ in range(args.repeats):
        outside.append(fresh_outside_s(args.rows))
        for level in levels:
            short[level].append(run_s(FEW, level))
            long[level].append(run_s(args.rows, level))
    starts = {level: min(wall_s for wall_s, _ in short[level]) for level in levels}
    bare = min(outside)
    rows = [["outside", "-", "-", f"{args.rows / bare:,.0f}", "1.000"]]
    for level, start in starts.items():
        answers = min(cpu_s for _, cpu_s in long[level]) - min(cpu_s for _, cpu_s in short[level])
        rate = f"{args.rows / answers:,.0f}"
        rows.append([level, f"{start:.3f}", f"{1000 * (start - starts['none']):+.0f}", rate, f"{bare / answers:.3f}"])
    columns = [
        Column("level"),
        Column("start, s", right=True),
        Column("against none, ms", right=True),
        Column("rows per cpu s", right=True),
        Column("of outside", right=True),
    ]
    print_table(output_console(), columns, rows, together=len(columns))


if __name__ == "__main__":
    main()
