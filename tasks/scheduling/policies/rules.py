"""Dispatching rules as an adapter: the suite's own practice for job shops."""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
import pyarrow as pa

from ....harness.adapters.base import Adapter, LoadContext
from ....harness.errors import InterfaceError, SubmissionError, nearest_names
from ....harness.interfaces import INTERFACES
from .job_shop import IntArray, read_job_shops
from .non_delay import RULES, RuleName, non_delay_starts

__all__ = ["DispatchingRule"]


class DispatchingRule(Adapter):
    """Builds the non-delay schedule of one dispatching rule; option ``rule`` is one of ``RULES``."""

    revision: ClassVar[int] = 1
    serves: ClassVar[frozenset[str]] = frozenset({"scheduling"})

    def __init__(self, rule: RuleName, *, seed: int) -> None:
        self.rule = rule
        self.seed = seed

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
                return cls(rule, seed=context.seed)
        near = nearest_names(str(wanted), RULES)
        said = f"did you mean {', '.join(near)}?" if near else "give one of them"
        raise SubmissionError(f"options.rule: {wanted!r} is none of {', '.join(RULES)}; {said}")

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Start (time steps) and mode (always 0) of every activity.

        Raises:
            InterfaceError: A row is not a job shop; the message names it.
        """
        shops = read_job_shops(rows)
        flat: list[IntArray] = []
        for shop, start in zip(shops, non_delay_starts(shops, self.rule, seed=self.seed), strict=True):
            there = shop.activity >= 0
            ordered = np.empty(int(shop.operations.sum()), np.int64)
            ordered[shop.activity[there]] = start[there]
            flat.append(ordered)
        offsets = pa.array(np.cumsum([0, *map(len, flat)]), pa.int32())
        values = np.concatenate([np.empty(0, np.int64), *flat])
        return pa.record_batch(
            [
                rows.column("id"),
                pa.ListArray.from_arrays(offsets, pa.array(values)),
                pa.ListArray.from_arrays(offsets, pa.array(np.zeros(len(values), np.int32))),
            ],
            schema=INTERFACES["scheduling"].answer,
        )
