"""CP-SAT by the clock on a fixed part of every task on shops: what a general solver reaches in ten seconds.

Prints per task the gap of the schedules that OR-Tools CP-SAT has found when its time is up, as the task itself scores
them, with the cores it used and what else kept the machine busy. Let nothing else run:

    python tests/performance/cp_sat_by_the_clock.py                                  # all, about 20 minutes
    python tests/performance/cp_sat_by_the_clock.py --task scheduling/flowshop --seconds 10 --workers 2

The parts are named on the cards and in ``BY_THE_CLOCK`` by the ids of their rows. The model is the textbook one, made
from the input rows alone: an interval per activity and mode, one mode per activity, capacities, precedences and, in
permutation shops, one order of the jobs. It starts from nothing. Job shops of Taillard have a task of their own,
``jobshop-anytime``.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from rich.table import Table
from sectorbench.harness.console import message_console, output_console
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import DataError
from sectorbench.harness.executors.busy import BusyCores, cpu_seconds_below
from sectorbench.harness.interfaces import get_interface
from sectorbench.harness.task import Draw
from sectorbench.harness.units import statistics_matrix
from sectorbench.harness.validation import validate_predictions
from sectorbench.tasks.registry import CATALOG
from sectorbench.tasks.scheduling.by_the_clock import BY_THE_CLOCK


class Found(NamedTuple):
    """What became of one shop."""

    start: list[int]
    mode: list[int]
    cores: float
    other: float


def solve(shop: dict[str, Any], *, seconds: float, workers: int) -> Found:
    """The best schedule within the time; empty lists where none was found."""
    from ortools.sat.python import cp_model

    model, activities = cp_model.CpModel(), shop["activities"]
    horizon = sum(max(mode["duration"] for mode in a["modes"]) for a in activities)
    held: list[list[tuple[Any, int]]] = [[] for _ in shop["capacities"]]
    starts, ends, chosen = [], [], []
    for activity in activities:
        start, end = model.new_int_var(0, horizon, ""), model.new_int_var(0, horizon, "")
        literals = [model.new_bool_var("") for _ in activity["modes"]]
        model.add_exactly_one(literals)
        for literal, mode in zip(literals, activity["modes"], strict=True):
            span = model.new_optional_interval_var(start, mode["duration"], end, literal, "")
            for demand in mode["demands"]:
                held[demand["resource"]].append((span, demand["amount"]))
        starts.append(start)
        ends.append(end)
        chosen.append(literals)
    for capacity, users in zip(shop["capacities"], held, strict=True):
        if capacity == 1:
            model.add_no_overlap([span for span, _ in users])
        else:
            model.add_cumulative([span for span, _ in users], [amount for _, amount in users], capacity)
    for pair in shop["precedences"]:
        model.add(starts[pair["after"]] >= ends[pair["before"]])
    if shop["permutation"]:
        _one_order(model, activities, starts, ends)
    last: dict[int, list[Any]] = {}
    for activity, end in zip(activities, ends, strict=True):
        last.setdefault(activity["job"], []).append(end)
    done = []
    for of_job in last.values():
        done.append(model.new_int_var(0, horizon, ""))
        model.add_max_equality(done[-1], of_job)
    if shop["objective"] == "total_completion":
        model.minimize(sum(done))
    else:
        makespan = model.new_int_var(0, horizon, "")
        model.add_max_equality(makespan, done)
        model.minimize(makespan)
    solver = cp_model.CpSolver()
    solver.parameters.catch_sigint_signal = False  # its handler leaves SIGINT deadly, and cuts solves short
    solver.parameters.num_workers, solver.parameters.random_seed = workers, 0
    solver.parameters.max_time_in_seconds = seconds
    busy, before, began = BusyCores(), cpu_seconds_below(os.getpid()), time.monotonic()
    status = solver.solve(model)
    wall_s = max(time.monotonic() - began, 1e-3)
    cores = (cpu_seconds_below(os.getpid()) - before) / wall_s
    other = max(0.0, busy.mean() - cores)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Found([], [], cores, other)
    modes = [next(m for m, one in enumerate(literals) if solver.value(one)) for literals in chosen]
    return Found([solver.value(start) for start in starts], modes, cores, other)


def _one_order(model: Any, activities: list[dict[str, Any]], starts: list[Any], ends: list[Any]) -> None:
    """All machines process the jobs in one order: a literal per pair of jobs, the same on every machine."""
    on: dict[int, dict[int, int]] = {}
    for number, activity in enumerate(activities):
        on.setdefault(activity["modes"][0]["demands"][0]["resource"], {})[activity["job"]] = number
    jobs = sorted({activity["job"] for activity in activities})
    for place, one in enumerate(jobs):
        for other in jobs[place + 1 :]:
            first = model.new_bool_var("")
            for of_machine in on.values():
                a, b = of_machine[one], of_machine[other]
                model.add(starts[b] >= ends[a]).only_enforce_if(first)
                model.add(starts[a] >= ends[b]).only_enforce_if(~first)


def measured(name: str, files: DataFiles, *, seconds: float, workers: int) -> list[str]:
    """One line of the table: task, shops, gap or score, found, cores, other load."""
    task = CATALOG.task(name)
    draw = Draw(task.card.tracks[0].name)
    inputs, references = task.inputs(files, draw), task.references(files, draw)
    ids = inputs.column("id").to_pylist()
    wanted = BY_THE_CLOCK[name].names or tuple(ids)
    if missing := [one for one in wanted if one not in ids]:
        raise SystemExit(f"{name} has no rows {missing[:3]}; its first are {ids[:3]}")
    rows = pa.array([ids.index(one) for one in wanted])
    part = inputs.take(rows)
    found = []
    for number, shop in enumerate(part.to_pylist(), 1):
        message_console().print(f"{name}: {number} of {len(wanted)}, {shop['id']}")
        found.append(solve(shop, seconds=seconds, workers=workers))
    answer = get_interface("scheduling").answer
    columns = [part.column("id"), pa.array([f.start for f in found], answer.field("start").type)]
    table = pa.table([*columns, pa.array([f.mode for f in found], answer.field("mode").type)], schema=answer)
    units = task.score(validate_predictions(table, part), references.take(rows))
    values = {m.name: m.value(statistics_matrix(units, m)) for m in task.card.metrics}
    gap = next(values[one] for one in ("completion_gap_percent", "gap_percent") if one in values)
    return [
        name,
        str(len(wanted)),
        f"{values['score']:.3f}",
        f"{gap:.1f}",
        f"{sum(bool(f.start) for f in found)}",
        f"{np.mean([f.cores for f in found]):.2f}",
        f"{np.mean([f.other for f in found]):.2f}",
    ]


def main() -> int:
    """Prints the table; ends with 1 where a task's data is not here."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", action="append", choices=BY_THE_CLOCK, help="only this task; repeatable")
    parser.add_argument("--seconds", type=float, default=10.0, help="of wall time per shop (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=2, help="search threads of CP-SAT (default: %(default)s)")
    given = parser.parse_args()
    files, status = DataFiles.from_environment(download=False), 0
    table = Table("task", "shops", "score", "gap %", "found", "cores used", "other load", title=f"{given.seconds:g} s")
    for name in given.task or BY_THE_CLOCK:
        try:
            table.add_row(*measured(name, files, seconds=given.seconds, workers=given.workers))
        except DataError as err:
            message_console().print(f"{name}: its data is not here: {err}")
            status = 1
    output_console().print(table)
    return status


if __name__ == "__main__":
    sys.exit(main())
