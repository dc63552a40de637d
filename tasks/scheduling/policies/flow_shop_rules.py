"""Job orders for permutation flow shops as an adapter: trivial orders, Palmer's index and NEH."""

from __future__ import annotations

from typing import ClassVar, Literal, Self, get_args

import numpy as np
import pyarrow as pa

from ....harness.adapters.base import Adapter, LoadContext
from ....harness.errors import InterfaceError
from ....harness.randomness import Stream
from ..simulator import IntArray, JobShop, read_job_shops
from .answers import by_activity, schedule_batch
from .rule_options import rule_option

__all__ = ["FLOW_RULES", "FlowRuleName", "FlowShopRule"]

FlowRuleName = Literal["index", "lpt", "palmer", "neh", "random"]
FLOW_RULES: tuple[FlowRuleName, ...] = get_args(FlowRuleName)


class FlowShopRule(Adapter):
    """Sends the jobs through all machines in one order, each as early as it can be; option ``rule`` gives the order.

    ``index``: as the jobs are numbered; ``lpt``: longest total duration first; ``palmer``: greatest slope index first;
    ``neh``: insertion where the makespan is least; ``random``: a permutation drawn from the seed and the shop's id.
    Ties go to the lower job.

    Source: Palmer, Operational Research Quarterly 16 (1965) 101-107, for the slope index; NEH see the simulator.
    """

    revision: ClassVar[int] = 1
    serves: ClassVar[frozenset[str]] = frozenset({"scheduling"})
    needs: ClassVar[tuple[str, ...]] = ("tasks/scheduling/simulator",)

    def __init__(self, rule: FlowRuleName, *, seed: int) -> None:
        self.rule = rule
        self.seed = seed

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Makes the order named in the options ready.

        Raises:
            SubmissionError: The options name no order, an unknown one, or something besides it.
            InterfaceError: The inputs are not those of ``scheduling``.
        """
        return cls(rule_option(context, FLOW_RULES), seed=context.seed)

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Start (time steps) and mode (always 0) of every activity.

        Raises:
            InterfaceError: A row is not a flow shop; the message names it.
        """
        from ..simulator.flow_shop import order_starts

        starts = []
        for shop in _read_flow_shops(rows):
            start = order_starts(shop.duration, self._order(shop)[None])[0]  # (n, m)
            starts.append(by_activity(shop, start))
        return schedule_batch(rows.column("id"), starts)

    def _order(self, shop: JobShop) -> IntArray:
        """Job numbers, first job first, shape ``(n,)``."""
        duration = shop.duration  # (n, m)
        n, m = duration.shape
        if self.rule == "neh":
            from ..simulator.flow_shop import neh_order

            return neh_order(duration)
        if self.rule == "random":
            return np.argsort(Stream("flow-shop/random", self.seed, shop.id).raw(n), kind="stable")
        priority: IntArray = np.zeros(n, np.int64)  # least first
        if self.rule == "lpt":
            priority = -duration.sum(axis=1)
        elif self.rule == "palmer":
            priority = -(duration * (2 * np.arange(1, m + 1) - m - 1)).sum(axis=1)
        return np.argsort(priority, kind="stable")


def _read_flow_shops(rows: pa.RecordBatch) -> list[JobShop]:
    """Job shops whose jobs all visit the same machines in the same order, each machine once."""
    at = rows.schema.get_field_index("permutation")
    free = pa.array(np.zeros(rows.num_rows, bool))  # a permutation schedule is also one of the shop without that rule
    shops = read_job_shops(rows.set_column(at, rows.schema.field(at), free))
    for shop in shops:
        machines = shop.machine.shape[1]
        same = bool((shop.machine == shop.machine[:1]).all())
        if not same or (machines and len(np.unique(shop.machine[0])) < machines):
            raise InterfaceError(
                f"input row {shop.id!r} is not a flow shop: its jobs do not all visit each machine once and in one "
                "order. Job orders answer flow shops only; use another model here"
            )
    return shops
