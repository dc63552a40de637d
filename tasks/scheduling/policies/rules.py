"""Dispatching rules as an adapter: the suite's own practice for job shops."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import pyarrow as pa

from ....harness.adapters.base import Adapter, LoadContext
from ....harness.interfaces import table_info
from ..simulator import RULES, RuleName, read_job_shops
from .answers import by_activity, schedule_batch
from .non_delay import non_delay_starts
from .rule_options import rule_option

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
    def choices(cls, folder: Path | None, options: Mapping[str, Any]) -> Mapping[str, str]:
        """Rules of ours build non-delay schedules."""
        return {"convention": "non-delay"}

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Makes the rule named in the options ready.

        Raises:
            SubmissionError: The options name no rule, an unknown one, or something besides it.
            InterfaceError: The inputs are not those of ``scheduling``.
        """
        samples = int(table_info(context.inputs_schema).get("samples", 1))
        return cls(rule_option(context, RULES), seed=context.seed, samples=samples)

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Start (time steps) and mode (always 0) of every activity; of the rule ``random`` on a track with k samples,
        the shortest of k schedules and the makespan of each.

        Raises:
            InterfaceError: A row is not a job shop; the message names it.
        """
        shops = read_job_shops(rows)
        if self.rule != "random" or self.samples == 1:
            starts = non_delay_starts(shops, self.rule, seed=self.seed)
            return schedule_batch(rows.column("id"), [by_activity(*one) for one in zip(shops, starts, strict=True)])
        from ..simulator.rules_numba import roll_out_random

        # One shop at a time: the shortest schedule of each is kept, the makespans of all.
        drawn = [roll_out_random([shop], samples=self.samples, seed=self.seed) for shop in shops]
        best = [by_activity(shop, one.start[0]) for shop, one in zip(shops, drawn, strict=True)]
        return schedule_batch(rows.column("id"), best, objectives=[one.makespan[0] for one in drawn])
