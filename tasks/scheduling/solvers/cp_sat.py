"""OR-Tools CP-SAT on a whole job shop until the time is up, each better schedule emitted as it is found."""

from __future__ import annotations

import time
from typing import Any, ClassVar, Self

import pyarrow as pa

from ....harness.adapters.base import LoadContext
from ....harness.adapters.solver import Emit, Solver
from ....harness.errors import SubmissionError
from ..policies.answers import by_activity
from ..policies.non_delay import non_delay_starts
from ..simulator import read_job_shops

__all__ = ["CpSatSolver"]


class CpSatSolver(Solver):
    """The textbook model: an interval per operation, no overlap on a machine, order within a job, least makespan.

    Option ``workers`` is how many search threads CP-SAT has; with option ``hint`` it is given the schedule by most work
    remaining to start from, which is emitted first.
    """

    revision: ClassVar[int] = 1
    serves: ClassVar[frozenset[str]] = frozenset({"solver_trace"})
    needs: ClassVar[tuple[str, ...]] = ("tasks/scheduling/simulator", "tasks/scheduling/policies")

    def __init__(self, workers: int, *, hint: bool, seed: int) -> None:
        self.workers, self.hint, self.seed = workers, hint, seed

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Imports OR-Tools.

        Raises:
            SubmissionError: The options are not ``workers`` (1 to 64) and ``hint``.
        """
        from ortools.sat.python import cp_model  # noqa: F401

        workers, hint = context.options.get("workers"), context.options.get("hint", False)
        if not isinstance(workers, int) or not 1 <= workers <= 64 or not isinstance(hint, bool):
            raise SubmissionError(f"options: {dict(context.options)}; expected workers from 1 to 64 and hint, a bool")
        return cls(workers, hint=hint, seed=context.seed)

    def solve(self, shop: pa.RecordBatch, budget_s: float, emit: Emit) -> None:
        """Emits improving schedules until the optimum is proven or the time is up.

        Raises:
            InterfaceError: The row is no job shop.
        """
        from ortools.sat.python import cp_model

        until = time.monotonic() + budget_s
        shops = read_job_shops(shop)
        (read,) = shops
        model = cp_model.CpModel()
        horizon = int(read.duration.sum())
        machines: dict[int, list[Any]] = {}
        starts: dict[int, Any] = {}
        ends = []
        for job in range(len(read.operations)):
            before: Any = 0
            for place in range(int(read.operations[job])):
                duration = int(read.duration[job, place])
                start = model.new_int_var(0, horizon - duration, "")
                span = model.new_fixed_size_interval_var(start, duration, "")
                machines.setdefault(int(read.machine[job, place]), []).append(span)
                model.add(start >= before)
                before = start + duration
                starts[int(read.activity[job, place])] = start
            ends.append(before)
        for spans in machines.values():
            model.add_no_overlap(spans)
        makespan = model.new_int_var(0, horizon, "")
        for end in ends:
            model.add(makespan >= end)
        model.minimize(makespan)
        ordered = [starts[at] for at in range(len(starts))]
        if self.hint:
            (first,) = non_delay_starts(shops, "mwkr")
            known = by_activity(read, first).tolist()
            emit(known)
            for variable, value in zip(ordered, known, strict=True):
                model.add_hint(variable, value)
            model.add_hint(makespan, int((first + read.duration).max()))

        class Improved(cp_model.CpSolverSolutionCallback):
            def on_solution_callback(self) -> None:
                emit([self.value(variable) for variable in ordered])

        solver = cp_model.CpSolver()
        solver.parameters.catch_sigint_signal = False  # its handler leaves SIGINT deadly, and cuts solves short
        solver.parameters.num_workers = self.workers
        solver.parameters.random_seed = self.seed
        solver.parameters.max_time_in_seconds = max(0.01, until - time.monotonic())
        solver.solve(model, Improved())
