"""Solvers without a search: one rule's schedule at once, or random ones until the time is up."""

from __future__ import annotations

import time
from typing import ClassVar, Self

import pyarrow as pa

from ....harness.adapters.base import LoadContext
from ....harness.adapters.solver import Emit, Solver
from ..policies.answers import by_activity
from ..policies.non_delay import non_delay_starts
from ..policies.rule_options import rule_option
from ..simulator import RuleName, read_job_shops

__all__ = ["RandomRestarts", "RuleSolver"]

_RULES: tuple[RuleName, ...] = ("mwkr", "fdd-mwkr", "mopnr", "spt")  # those that draw nothing


class RuleSolver(Solver):
    """Emits the non-delay schedule of option ``rule`` and ends."""

    revision: ClassVar[int] = 1
    serves: ClassVar[frozenset[str]] = frozenset({"solver_trace"})
    needs: ClassVar[tuple[str, ...]] = ("tasks/scheduling/simulator", "tasks/scheduling/policies")

    def __init__(self, rule: RuleName) -> None:
        self.rule = rule

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Makes the rule ready.

        Raises:
            SubmissionError: The options name no rule that draws nothing, or something besides it.
            InterfaceError: The inputs are not those of ``solver_trace``.
        """
        return cls(rule_option(context, _RULES, interface="solver_trace"))

    def solve(self, shop: pa.RecordBatch, budget_s: float, emit: Emit) -> None:
        """One schedule.

        Raises:
            InterfaceError: The row is no job shop.
        """
        shops = read_job_shops(shop)
        (start,) = non_delay_starts(shops, self.rule)
        emit(by_activity(shops[0], start).tolist())


class RandomRestarts(Solver):
    """Draws random non-delay schedules until the time is up and emits each that is shorter than all before.

    It searches nothing: what a method finds in the same time says something only above this.
    """

    revision: ClassVar[int] = 1
    serves: ClassVar[frozenset[str]] = frozenset({"solver_trace"})
    needs: ClassVar[tuple[str, ...]] = ("tasks/scheduling/simulator", "tasks/scheduling/policies")

    def __init__(self, seed: int) -> None:
        self.seed = seed

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Compiles the simulator, so that its first use costs no time of a shop."""
        from ..simulator.rules_numba import warm_up_random

        warm_up_random()
        return cls(context.seed)

    def solve(self, shop: pa.RecordBatch, budget_s: float, emit: Emit) -> None:
        """Draws 32 schedules at a time, each block with a seed of its own; the clock decides how many blocks.

        Raises:
            InterfaceError: The row is no job shop.
        """
        from ..simulator.rules_numba import roll_out_random

        until = time.monotonic() + budget_s
        shops = read_job_shops(shop)
        least, block = None, 0
        while time.monotonic() < until:
            drawn = roll_out_random(shops, samples=32, seed=self.seed + 1_000_003 * block)
            shortest = int(drawn.makespan[0].min())
            if least is None or shortest < least:
                least = shortest
                emit(by_activity(shops[0], drawn.start[0]).tolist())
            block += 1
