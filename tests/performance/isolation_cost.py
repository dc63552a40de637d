"""Isolation: what each level costs at the start of a worker, and what share of the speed outside is left inside.

All levels of this machine in turn, round after round, and of each the best round: what else the machine does only
makes a round slower. Outside is the same adapter in an interpreter of its own, without a worker.

python tests/performance/isolation_cost.py [--repeats 7] [--rows 4000]
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

FEW = 100  # rows of the run whose seconds are those of the start


def outside_seconds(rows: int) -> float:
    """Seconds of the busy model's answers in this process."""
    inputs = Overhead(rows).inputs(None, None)
    adapter_class = builtin_submission("computes", MODELS).adapter
    adapter = adapter_class.load(LoadContext(None, {}, "regression", inputs.schema))
    began = time.perf_counter()
    for batch in inputs.to_batches(max_chunksize=adapter_class.batch_rows):
        adapter.predict(batch)
    return time.perf_counter() - began


def fresh_outside_seconds(rows: int) -> float:
    """The same in an interpreter of its own, which is as new as a worker's."""
    command = [sys.executable, __file__, "--rows", str(rows), "--outside"]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    """Measures and prints one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=7, help="rounds (default: 7)")
    parser.add_argument("--rows", type=int, default=4_000, help="rows of the busy model (default: 4000)")
    parser.add_argument("--outside", action="store_true", help="print the seconds outside and stop")
    args = parser.parse_args()
    if args.outside:
        print(outside_seconds(args.rows))
        return
    levels = [level for level in LEVELS if why_not(level) is None]
    few, many = Overhead(FEW), Overhead(args.rows)
    outside: list[float] = []
    starts: dict[str, list[float]] = {level: [] for level in levels}
    answers: dict[str, list[float]] = {level: [] for level in levels}
    for _ in range(args.repeats):
        outside.append(fresh_outside_seconds(args.rows))
        for level in levels:
            starts[level].append(whole_run(few, "constant", level)[0])
            answers[level].append(whole_run(many, "computes", level)[1])
    bare, none = min(outside), min(starts["none"])
    rows = [["outside", "-", "-", f"{args.rows / bare:,.0f}", "1.000"]]
    for level in levels:
        start, answer = min(starts[level]), min(answers[level])
        rate = f"{args.rows / answer:,.0f}"
        rows.append([level, f"{start:.3f}", f"{1000 * (start - none):+.0f}", rate, f"{bare / answer:.3f}"])
    columns = [
        Column("level"),
        Column("whole run s", right=True),
        Column("against none ms", right=True),
        Column("rows/s", right=True),
        Column("of outside", right=True),
    ]
    print_table(output_console(), columns, rows, together=len(columns))


if __name__ == "__main__":
    main()
