"""Dispatching rules as an adapter: the suite's own practice for job shops."""

from __future__ import annotations

from typing import ClassVar, Self

import pyarrow as pa

from ....harness.adapters.base import Adapter, LoadContext
from ....harness.errors import InterfaceError, SubmissionError, nearest_names
from ....harness.interfaces import table_info
from ..simulator import RULES, RuleName, read_job_shops
from .answers import schedule_answers
from .non_delay import non_delay_starts

__all__ = ["DispatchingRule"]


class DispatchingRule(Adapter):
    """Builds the non-delay schedule of one dispatching rule; option ``rule`` is one of ``RULES``."""

    revision: ClassVar[int] = 1
    serves: ClassVar[frozenset[str]] = frozenset({"scheduling"})
    needs: ClassVar[tuple[str, ...]] = ("tasks/scheduling/simulator",)

    def __init__(self, rule: RuleName, *, seed: int, samples: int = 1) -> None:
        self.rule = rule
        self.seed = seed
        self.samples = samples

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Makes the rule named in the options ready.

        Raises:
            SubmissionError: The options name no rule, an unknown one, or something besides it.
            InterfaceError: The inputs are not those of ``scheduling``.
        """
        if context.interface not in cls.serves:
            raise InterfaceError(f"dispatching rules answer 'scheduling' inputs, not {context.interface!r}")
        if extra := sorted(set(context.options) - {"rule"}):
            raise SubmissionError(f"options: unknown {', '.join(map(repr, extra))}; a dispatching rule has 'rule' only")
        wanted = context.options.get("rule")
        for rule in RULES:
            if rule == wanted:
                return cls(rule, seed=context.seed, samples=int(table_info(context.inputs_schema).get("samples", 1)))
        near = nearest_names(str(wanted), RULES)
        said = f"did you mean {', '.join(near)}?" if near else "give one of them"
        raise SubmissionError(f"options.rule: {wanted!r} is none of {', '.join(RULES)}; {said}")

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Start (time steps) and mode (always 0) of every activity; of the rule ``random`` on a track with k samples,
        the shortest of k schedules and the makespan of each.

        Raises:
            InterfaceError: A row is not a job shop; the message names it.
        """
        shops = read_job_shops(rows)
        if self.rule == "random" and self.samples > 1:
            from ..simulator.rules_numba import roll_out_random

            # One shop at a time: the shortest schedule of each is kept, the makespans of all.
            drawn = [roll_out_random([shop], samples=self.samples, seed=self.seed) for shop in shops]
            makespans = [one.makespan[0] for one in drawn]
            return schedule_answers(rows.column("id"), shops, [one.start[0] for one in drawn], makespans)
        return schedule_answers(rows.column("id"), shops, non_delay_starts(shops, self.rule, seed=self.seed))
