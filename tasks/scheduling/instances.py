"""Job shops as published (durations and machines per job) and as rows of the ``scheduling`` inputs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import pyarrow as pa

from ...harness.interfaces import scheduling_inputs, solver_trace_inputs

__all__ = ["JobShopInstance", "Objective", "SiteEnergy", "job_shop_table", "timed_job_shop_table"]

Objective = Literal["makespan", "total_completion", "energy_cost"]
"""What is minimised: the end of the last activity, the sum over jobs of when they are done, or the price of energy."""


class JobShopInstance(NamedTuple):
    """A job shop as the literature writes it down.

    Attributes:
        name: What the literature calls it.
        duration: ``duration[j][o]``, time steps of operation o of job j, in the order of the job's route.
        machine: ``machine[j][o]``, where it is done, counted from 0.
    """

    name: str
    duration: list[list[int]]
    machine: list[list[int]]

    @property
    def sha256(self) -> str:
        """Identity of the instance: public copies of one name differ. Over the JSON of ``[duration, machine]``."""
        return hashlib.sha256(json.dumps([self.duration, self.machine]).encode()).hexdigest()

    @property
    def size(self) -> str:
        """Jobs by machines, as in ``15x15``."""
        return f"{len(self.duration)}x{1 + max(map(max, self.machine))}"

    def makespan(self, start: Sequence[Sequence[int]]) -> int:
        """When the last job is done, in time steps, given the starts of each job's operations."""
        return max(s[-1] + d[-1] for s, d in zip(start, self.duration, strict=True))


class SiteEnergy(NamedTuple):
    """What the operations of a job shop draw, and what the site may draw and pays.

    Attributes:
        power_kw: ``power_kw[j][o]``, of operation o of job j while it runs.
        limit_kw: Most that may be drawn at once.
        tariff: Price per kWh in each time step; its length is the horizon.
    """

    power_kw: list[list[int]]
    limit_kw: int
    tariff: list[float]


def job_shop_table(
    shops: Sequence[JobShopInstance],
    objective: Objective = "makespan",
    *,
    samples: int = 1,
    time_unit: str = "time steps",
    energy: Sequence[SiteEnergy] | None = None,
) -> pa.Table:
    """``scheduling`` inputs with one row per shop; activities stand job by job, each job in the order of its route.

    One mode per activity; one machine each of capacity 1. ``samples`` is how many schedules a model may draw of each.
    Without ``energy`` (one entry per shop) powers and limit are unknown (null) and there is no tariff.
    """
    return pa.table(_columns(shops, objective, energy), schema=scheduling_inputs(time_unit=time_unit, samples=samples))


def timed_job_shop_table(shops: Sequence[JobShopInstance], *, budget_s: float) -> pa.Table:
    """``solver_trace`` inputs with one row per shop: the makespan is minimised within ``budget_s`` wall seconds."""
    columns = _columns(shops, "makespan", None) | {"budget_s": pa.array([budget_s] * len(shops), pa.float64())}
    return pa.table(columns, schema=solver_trace_inputs(time_unit="time steps"))


def _columns(
    shops: Sequence[JobShopInstance], objective: Objective, energy: Sequence[SiteEnergy] | None
) -> dict[str, pa.Array]:
    schema = scheduling_inputs(time_unit="time steps")
    kind = {field.name: field.type for field in schema}
    job = [j for s in shops for j, d in enumerate(s.duration) for _ in d]
    duration = [d for s in shops for row in s.duration for d in row]
    machine = [m for s in shops for row in s.machine for m in row]
    activities_per_shop = [sum(map(len, s.duration)) for s in shops]
    machines_per_shop = [1 + max(map(max, s.machine)) for s in shops]
    before: list[int] = []
    pairs_per_shop: list[int] = []
    for shop in shops:
        first = 0
        pairs_per_shop.append(0)
        for row in shop.duration:
            before += range(first, first + len(row) - 1)
            pairs_per_shop[-1] += len(row) - 1
            first += len(row)

    power: list[int] | list[None] = [None] * len(job)
    if energy is not None:
        power = [p for one in energy for row in one.power_kw for p in row]
    mode_type = kind["activities"].value_type.field("modes").type
    demand_type = mode_type.value_type.field("demands").type
    one_each = [1] * len(job)
    demands = _lists(demand_type, one_each, _structs(demand_type.value_type, [machine, one_each]))
    modes = _lists(mode_type, one_each, _structs(mode_type.value_type, [duration, demands, power]))
    activities = _structs(kind["activities"].value_type, [job, modes])
    precedences = _structs(kind["precedences"].value_type, [before, [b + 1 for b in before]])
    n = len(shops)
    return {
        "id": pa.array([s.name for s in shops], kind["id"]),
        "activities": _lists(kind["activities"], activities_per_shop, activities),
        "precedences": _lists(kind["precedences"], pairs_per_shop, precedences),
        "capacities": pa.array([[1] * m for m in machines_per_shop], kind["capacities"]),
        "permutation": pa.array([False] * n, kind["permutation"]),
        "objective": pa.array([objective] * n, kind["objective"]),
        "tariff": pa.array([one.tariff for one in energy] if energy else [[] for _ in shops], kind["tariff"]),
        "limit_kw": pa.array([one.limit_kw for one in energy] if energy else [None] * n, kind["limit_kw"]),
    }


def _structs(kind: pa.StructType, children: Sequence[pa.Array | list[int] | list[None]]) -> pa.StructArray:
    fields = list(kind)
    arrays = [
        c if isinstance(c, pa.Array) else pa.array(c, field.type) for c, field in zip(children, fields, strict=True)
    ]
    return pa.StructArray.from_arrays(arrays, fields=fields)


def _lists(kind: pa.ListType, lengths: list[int], values: pa.Array) -> pa.ListArray:
    offsets = pa.array(np.cumsum([0, *lengths]), pa.int32())
    return pa.ListArray.from_arrays(offsets, values, type=kind)
