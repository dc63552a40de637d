"""Dispatching rules for flexible job shops as an adapter."""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
import pyarrow as pa

from ....harness.adapters.base import Adapter, LoadContext
from ..simulator import IntArray
from ..simulator.flexible import FLEXIBLE_RULES, FlexibleRuleName, flexible_schedules
from .answers import schedule_batch
from .flexible_shop import read_flexible_shops
from .rule_options import rule_option

__all__ = ["FlexibleRule"]


class FlexibleRule(Adapter):
    """Builds the non-delay schedule of one rule, shortest mode first; option ``rule`` is one of ``FLEXIBLE_RULES``."""

    revision: ClassVar[int] = 1
    serves: ClassVar[frozenset[str]] = frozenset({"scheduling"})
    needs: ClassVar[tuple[str, ...]] = ("tasks/scheduling/simulator",)

    def __init__(self, rule: FlexibleRuleName, *, seed: int) -> None:
        self.rule = rule
        self.seed = seed

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Makes the rule named in the options ready.

        Raises:
            SubmissionError: The options name no rule, an unknown one, or something besides it.
            InterfaceError: The inputs are not those of ``scheduling``.
        """
        return cls(rule_option(context, FLEXIBLE_RULES), seed=context.seed)

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Start (time steps) and mode of every activity.

        Raises:
            InterfaceError: A row is not a flexible job shop; the message names it.
        """
        shops = read_flexible_shops(rows)
        starts: list[IntArray] = []
        modes: list[IntArray] = []
        for shop, done in zip(shops, flexible_schedules(shops, self.rule, seed=self.seed), strict=True):
            there = shop.activity >= 0  # (n, k)
            for flat, values in ((starts, done.start[0]), (modes, done.mode[0])):
                ordered = np.empty(int(there.sum()), np.int64)
                ordered[shop.activity[there]] = values[there]
                flat.append(ordered)
        return schedule_batch(rows.column("id"), starts, modes)
