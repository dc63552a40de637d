"""Dispatching rules that read a prompt and write JSON: what a language model has to beat."""

from __future__ import annotations

import json
from typing import ClassVar, Literal, Self, get_args

import pyarrow as pa

from ....harness.adapters.base import Adapter, LoadContext
from ....harness.interfaces import get_interface
from ..policies import RuleName, non_delay_starts
from ..policies.rule_options import rule_option
from ..simulator import JobShop
from .reading import read_prompt

__all__ = ["TEXT_RULES", "TextRule"]

_Rule = Literal["spt", "mwkr", "mopnr", "fdd-mwkr", "random", "job-order"]
TEXT_RULES: tuple[_Rule, ...] = get_args(_Rule)


class TextRule(Adapter):
    """Answers with the machine orders of one rule's non-delay schedule.

    ``job-order`` takes the jobs as they are numbered on every machine: it knows the format and nothing else. A rule
    knows the prompt and the id alone; the id keys the draws of ``random``.
    """

    revision: ClassVar[int] = 1
    serves: ClassVar[frozenset[str]] = frozenset({"generation"})
    needs: ClassVar[tuple[str, ...]] = ("tasks/scheduling/policies", "tasks/scheduling/simulator")

    def __init__(self, rule: _Rule, *, seed: int) -> None:
        self.rule = rule
        self.seed = seed

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Makes the rule named in the options ready.

        Raises:
            SubmissionError: The options name no rule, an unknown one, or something besides it.
            InterfaceError: The inputs are not those of ``generation``.
        """
        return cls(rule_option(context, TEXT_RULES, interface="generation"), seed=context.seed)

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Returns ``text``: one JSON object with the jobs of each machine in their order.

        Raises:
            InterfaceError: A prompt holds no table of jobs; the message names its row.
        """
        shops = [
            read_prompt(name, "\n".join(message["content"] for message in messages))
            for name, messages in zip(rows.column("id").to_pylist(), rows.column("messages").to_pylist(), strict=True)
        ]
        texts = [json.dumps({"machine_order": orders}) for orders in self._orders(shops)]
        return pa.record_batch(
            [rows.column("id"), pa.array(texts, pa.string())], schema=get_interface("generation").answer
        )

    def _orders(self, shops: list[JobShop]) -> list[list[list[int]]]:
        if self.rule == "job-order":
            return [_machine_orders(shop, [[job] * len(row) for job, row in enumerate(shop.machine)]) for shop in shops]
        dispatching: RuleName = self.rule
        starts = non_delay_starts(shops, dispatching, seed=self.seed)
        return [_machine_orders(shop, start.tolist()) for shop, start in zip(shops, starts, strict=True)]


def _machine_orders(shop: JobShop, rank: list[list[int]]) -> list[list[int]]:
    """Per machine its jobs by the rank of their operations there, the lower job first where two are equal."""
    queues: list[list[tuple[int, int]]] = [[] for _ in range(1 + int(shop.machine.max()))]
    for job, route in enumerate(shop.machine.tolist()):
        for number, machine in enumerate(route):
            queues[machine].append((rank[job][number], job))
    return [[job for _, job in sorted(queue)] for queue in queues]
