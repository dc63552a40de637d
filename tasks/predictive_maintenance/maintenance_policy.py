"""From predictions of remaining life to decisions and their cost: replace now, or wait until the next meeting.

At fixed ages (meetings) a planner is told a prediction. The machine is replaced at the first meeting whose prediction
is at most a margin, for the price of a planned replacement; if it fails before that, for the price of a failure. A
fleet renews its machines for ever, so what counts is the long-run cost rate: mean cost of a renewal over mean time
between renewals.

The margin is not the model's to know: for each half of the machines it is the one of ``MARGINS`` with the least rate on
the other half, so that a model which is always 20 cycles late is planned with as such, and no machine decides about
itself.

Letters: u = machines, d = meetings of one machine, m = margins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...harness.codes import Problem
from ...harness.errors import ScoringError
from ...harness.metrics import FloatArray, Metric, OfTotals, mean_metric, share_metric
from ...harness.text import Text
from ...harness.validation import Answers
from .maintenance_costs import MaintenanceCosts, Prices

__all__ = [
    "MARGINS",
    "AskedMachine",
    "MachineLife",
    "age_of_least_cost",
    "ages_of_least_cost",
    "asked_machines",
    "maintenance_metrics",
    "policy_statistics",
    "renewals",
]

MARGINS = np.arange(0.0, 126.0, 5.0)
"""Cycles of predicted life, at or under which a machine is replaced."""

_BAND = ("low", "base", "high")


class MachineLife(NamedTuple):
    """One machine that ran until it failed.

    Attributes:
        life: Age at which it fails, in cycles.
        meetings: Ages at which somebody decides, rising, all below ``life``, shape ``(d,)``.
        predicted: Remaining life told at each meeting, in cycles, shape ``(d,)``; NaN where no usable answer was given.
    """

    life: float
    meetings: FloatArray
    predicted: FloatArray


class AskedMachine(NamedTuple):
    """A machine all of whose meetings stand in the inputs.

    Attributes:
        name: Of the unit.
        life: With what was predicted.
        rows: Of its meetings among the inputs, in the order of their ages.
        problems: Of its answers that break a rule, in the order of the inputs.
    """

    name: str
    life: MachineLife
    rows: tuple[int, ...]
    problems: tuple[Problem, ...]


def asked_machines(answers: Answers, meetings: pa.Table, *, machine: str) -> list[AskedMachine]:
    """Puts the answers of each machine's meetings together; machines with a meeting that was not asked are left out.

    Args:
        answers: To inputs that hold meetings, perhaps among others.
        meetings: Columns ``id`` of the input, ``age`` at the meeting and ``life``, in cycles, ``meetings``, how many
            the machine has, and its name.
        machine: Name of that column.

    Returns:
        Machines by name.
    """
    row_of = {one: row for row, one in enumerate(answers.inputs.column("id").to_pylist())}
    values = answers.predictions.column("value").to_numpy()
    of: dict[str, list[dict[str, Any]]] = {}
    for meeting in meetings.select(["id", "age", "life", "meetings", machine]).to_pylist():
        of.setdefault(meeting[machine], []).append(meeting)
    found = []
    for name, own in sorted(of.items()):
        own.sort(key=lambda meeting: meeting["age"])
        rows = [row_of[meeting["id"]] for meeting in own if meeting["id"] in row_of]
        if len(rows) < own[0]["meetings"]:
            continue
        told = np.array([np.nan if row in answers.problems else values[row] for row in rows])
        life = MachineLife(own[0]["life"], np.array([meeting["age"] for meeting in own]), told)
        problems = tuple(answers.problems[row] for row in sorted(rows) if row in answers.problems)
        found.append(AskedMachine(name, life, tuple(rows), problems))
    return found


def renewals(machine: MachineLife, prices: Prices, margins: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Cost and age of the machine's renewal for each margin, both of shape ``(m,)``.

    A machine with a meeting without a usable answer counts as failed at its first meeting: no answer could cost more.

    >>> one = MachineLife(100.0, np.array([50.0, 75.0]), np.array([60.0, 20.0]))
    >>> [a.tolist() for a in renewals(one, Prices(1.0, 5.0), np.array([0.0, 20.0, 60.0]))]
    [[5.0, 1.0, 1.0], [100.0, 75.0, 50.0]]
    """
    if np.isnan(machine.predicted).any():
        return np.full(len(margins), prices.failed), np.full(len(margins), machine.meetings[0])
    replaced = machine.predicted[None, :] <= margins[:, None]  # (m, d)
    planned = replaced.any(axis=1)
    age = np.where(planned, machine.meetings[replaced.argmax(axis=1)], machine.life)
    return np.where(planned, prices.planned, prices.failed), age


def age_of_least_cost(lives: FloatArray, prices: Prices) -> float:
    """The age of replacement with the least long-run cost rate for machines of these lives; inf: never replace.

    With S the share that lives beyond an age: (planned S + failed (1 - S)) / E[min(life, age)].

    Source: R. Barlow, L. Hunter, Optimum Preventive Maintenance Policies, Operations Research 8(1), 1960.

    >>> age_of_least_cost(np.array([90.0, 100.0, 110.0]), Prices(1.0, 10.0))
    89.0
    """
    ages = np.append(np.arange(1.0, np.max(lives)), np.inf)  # (a,)
    alive = (lives[None, :] > ages[:, None]).mean(axis=1)
    rate = (prices.planned * alive + prices.failed * (1 - alive)) / np.minimum(lives[None, :], ages[:, None]).mean(
        axis=1
    )
    return float(ages[np.argmin(rate)])


def ages_of_least_cost(lives: FloatArray, costs: MaintenanceCosts) -> tuple[float, float, float]:
    """The age of least cost at each end of the sensitivity band and at its middle; see ``age_of_least_cost``."""
    low, base, high = (age_of_least_cost(lives, costs.prices(factor)) for factor in costs.failure_factors)
    return low, base, high


def policy_statistics(
    machines: Sequence[MachineLife], costs: MaintenanceCosts, *, ages: tuple[float, float, float]
) -> dict[str, FloatArray]:
    """What ``units_table`` takes as ``statistics``: cost and time of one renewal of each machine under each policy.

    Args:
        machines: At least two; those of even and odd place set the margin for each other.
        costs: With the sensitivity band.
        ages: The fixed ages of replacement to compare with, in cycles, from ``ages_of_least_cost``.

    Returns:
        Per end of the band (``low``, ``base``, ``high``): ``cost_<end>`` and ``time_<end>`` of the policy on the model;
        ``ideal_cost_<end>`` of a planner who replaces at the last meeting before the failure, ``age_cost_<end>`` and
        ``age_time_<end>`` of replacement at a fixed age, ``failure_cost_<end>`` of running until the failure; and
        ``ideal_time``, ``life``, ``prevented`` (1 where the model's policy at base cost came before the failure) and
        ``machines`` (1). Costs in the currency, times in cycles, all of shape ``(u,)``.

    Raises:
        ScoringError: There are fewer than two machines, or one has no meeting before its failure.
    """
    if len(machines) < 2:
        raise ScoringError(
            f"{len(machines)} machines have all their meetings among the inputs, and a margin needs at least two: one "
            "sets it for the other. Where --limit cut the inputs, give a greater one"
        )
    for place, one in enumerate(machines):
        if not len(one.meetings) or one.meetings[-1] >= one.life or len(one.meetings) != len(one.predicted):
            raise ScoringError(f"machine {place}: meetings {one.meetings[-3:].tolist()}, life {one.life}")
    life = np.array([one.life for one in machines])
    found = {"life": life, "ideal_time": np.array([one.meetings[-1] for one in machines])}
    for end, factor, age in zip(_BAND, costs.failure_factors, ages, strict=True):
        prices = costs.prices(factor)
        cost, time = _with_margins_of_the_other_half(machines, prices)
        found |= {
            f"cost_{end}": cost,
            f"time_{end}": time,
            f"ideal_cost_{end}": np.full(len(machines), prices.planned),
            f"age_cost_{end}": np.where(life > age, prices.planned, prices.failed),
            f"age_time_{end}": np.minimum(life, age),
            f"failure_cost_{end}": np.full(len(machines), prices.failed),
        }
        if factor == 1:
            found |= {"prevented": (cost == prices.planned).astype(np.float64), "machines": np.ones(len(machines))}
    return found


def _with_margins_of_the_other_half(machines: Sequence[MachineLife], prices: Prices) -> tuple[FloatArray, FloatArray]:
    """Cost and time of each machine's renewal, both of shape ``(u,)``."""
    every = [renewals(one, prices, MARGINS) for one in machines]
    cost, time = (np.array([one[at] for one in every]) for at in (0, 1))  # (u, m)
    half = np.arange(len(machines)) % 2
    chosen = np.empty(len(machines), np.int64)
    for this in (0, 1):
        rate = cost[half != this].sum(axis=0) / time[half != this].sum(axis=0)  # (m,)
        chosen[half == this] = int(rate.argmin())
    row: npt.NDArray[np.int64] = np.arange(len(machines))
    return cost[row, chosen], time[row, chosen]


class MaintenanceMetrics(NamedTuple):
    """The metrics over the columns of ``policy_statistics``."""

    regret: Metric
    regret_low: Metric
    regret_high: Metric
    cost_rate: Metric
    saving_over_age: Metric
    saving_over_failure: Metric
    prevented: Metric

    @property
    def secondary(self) -> tuple[Metric, ...]:
        """All but the primary one, in the order in which they are shown."""
        return tuple(self[1:])

    @property
    def band(self) -> tuple[Metric, Metric, Metric]:
        """The same figure at the low end, the base and the high end of what a failure costs."""
        return self.regret_low, self.regret, self.regret_high


def maintenance_metrics(costs: MaintenanceCosts, *, among: str | None = None) -> MaintenanceMetrics:
    """The metrics of a maintenance card with these costs.

    Args:
        costs: With the sensitivity band; currency and factors stand in the titles.
        among: Statistic that is 0 on the units that are no planned machines; None: all are.
    """
    every = _maintenance_metrics(costs)
    return MaintenanceMetrics(*(replace(one, among=among, of_bounded_units=True) for one in every))


def _maintenance_metrics(costs: MaintenanceCosts) -> MaintenanceMetrics:
    low, _, high = costs.failure_factors
    return MaintenanceMetrics(
        regret=_regret("base", "maintenance_regret", Text("", "")),
        regret_low=_regret("low", "maintenance_regret_low", Text(f", failure cost x {low:g}", f"，故障代价 x {low:g}")),
        regret_high=_regret(
            "high", "maintenance_regret_high", Text(f", failure cost x {high:g}", f"，故障代价 x {high:g}")
        ),
        cost_rate=mean_metric(
            "maintenance_cost_rate",
            Text("Maintenance cost per machine and cycle", "每台每循环维护费用"),
            unit=costs.currency,
            statistic="cost_base",
            count="time_base",
            best=0.0,
            higher_is_better=False,
            formula="R = sum of renewal costs / sum of cycles between renewals",
            limits=(0.0, np.inf),
            digits=1,
        ),
        saving_over_age=_saving(
            "saving_over_age_replacement",
            Text("Saving over replacement at a fixed age", "相对定龄更换的节省"),
            ("age_cost_base", "age_time_base"),
            "1 - R / R of replacement at the age of least cost in training",
        ),
        saving_over_failure=_saving(
            "saving_over_run_to_failure",
            Text("Saving over running until failure", "相对故障后维修的节省"),
            ("failure_cost_base", "life"),
            "1 - R / R of running every machine until it fails",
        ),
        prevented=share_metric(
            "failures_prevented",
            Text("Failures prevented", "避免的故障比例"),
            statistic="prevented",
            count="machines",
            higher_is_better=True,
            formula="machines replaced before they fail / machines",
        ),
    )


def _rates_metric(
    name: str, title: Text, statistics: tuple[str, str, str, str], formula: str, *, saving: bool
) -> Metric:
    """From the rates R (cost, time) and R0 (cost, time): 100 (R - R0) / R0, or 100 (1 - R / R0) as a saving."""
    sign = -100.0 if saving else 100.0

    def ratio(total: FloatArray) -> FloatArray:
        cost, time, other_cost, other_time = np.moveaxis(total, -1, 0)
        return np.asarray(cost / time * other_time / other_cost, np.float64)

    def value(total: FloatArray) -> FloatArray:
        return sign * (ratio(total) - 1) + 0.0  # no negative zero

    def gradient(total: FloatArray) -> FloatArray:
        return np.asarray(sign * ratio(total)[..., None] * np.array([1, -1, -1, 1]) / total, np.float64)

    return Metric(
        name,
        title,
        "%",
        100.0 if saving else 0.0,
        saving,
        formula,
        statistics,
        OfTotals(value, gradient),
        (-np.inf, 100.0) if saving else (-100.0, np.inf),
        1,
    )


def _regret(end: str, name: str, behind: Text) -> Metric:
    return _rates_metric(
        name,
        Text(f"Cost above perfect foresight{behind.en}", f"高于完全预知的费用{behind.zh}"),
        (f"cost_{end}", f"time_{end}", f"ideal_cost_{end}", "ideal_time"),
        "M = 100 (R - R*) / R*; R* replaces each machine at the last meeting before it fails",
        saving=False,
    )


def _saving(name: str, title: Text, other: tuple[str, str], formula: str) -> Metric:
    return _rates_metric(name, title, ("cost_base", "time_base", *other), formula, saving=True)
