"""What a comparison found, as data that every output is made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["AreaOutcome", "ChangedUnit", "Comparison", "Efficiency", "MarginFrom", "TaskOutcome", "Verdict"]

Verdict = Literal["ok", "regression", "inconclusive", "unstable"]
MarginFrom = Literal["policy", "cards", "units"]


@dataclass(frozen=True)
class TaskOutcome:
    """One task and track of both sides; differences are in skill points, negative where the candidate is worse.

    Attributes:
        name: Task and track.
        area: Application area.
        share: In the area's mean.
        metric: Name of the primary metric.
        unit: Its unit.
        base: Its value of the base.
        cand: Of the candidate; None where it failed.
        difference: Candidate less base; None where the candidate failed.
        low: Lower end of the 95 % interval; None under 10 clusters.
        high: Upper end.
        p: One-sided probability of a loss as great by chance.
        p_adjusted: Holm's, among the tasks of an area that got worse; None elsewhere.
        test: How ``p`` was computed.
        detectable: Loss that would be seen in 80 of 100 cases; None under 10 clusters.
        clusters: Units or blocks.
        broken: Why a contract is broken; None where none is.
    """

    name: str
    area: str
    share: float
    metric: str
    unit: str
    base: float
    cand: float | None
    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    p_adjusted: float | None
    test: str | None
    detectable: float | None
    clusters: int
    broken: str | None


@dataclass(frozen=True)
class AreaOutcome:
    """The mean of an area's tasks.

    Attributes:
        area: Application area.
        verdict: What is said of it.
        why: The rule that decided, in a sentence.
        difference: Candidate less base in skill points; None where a task failed.
        error: Standard error, what runs differ by included; None under 10 clusters in a task.
        spread: Standard deviation of runs of one checkpoint; None where there is one run alone.
        lower: The candidate is above this with probability 1 - alpha.
        upper: It is below this with probability 1 - alpha over the number of areas.
        low: Lower end of the 95 % interval.
        high: Upper end.
        p: One-sided probability of a loss as great by chance.
        margin: Points that the area may lose.
        margin_from: ``policy``, ``cards`` or ``units``: what it follows from.
        detectable: Loss that would be seen in 80 of 100 cases.
        instability: The greatest difference between two runs of the base; None where there is one alone.
        tasks: Sorted by name.
    """

    area: str
    verdict: Verdict
    why: str
    difference: float | None
    error: float | None
    spread: float | None
    lower: float | None
    upper: float | None
    low: float | None
    high: float | None
    p: float | None
    margin: float | None
    margin_from: MarginFrom
    detectable: float | None
    instability: float | None
    tasks: tuple[TaskOutcome, ...]


@dataclass(frozen=True)
class ChangedUnit:
    """A unit or block that moved a task's skill much.

    Attributes:
        task: Task and track.
        unit: Its id.
        points: What it adds to the task's difference, in skill points (linearised).
    """

    task: str
    unit: str
    points: float


@dataclass(frozen=True)
class Efficiency:
    """A cost of both sides over their runs.

    Attributes:
        task: Task and track.
        measure: ``seconds_per_example``, ``peak_memory_gib`` or ``energy_kwh``.
        base: Median of the base.
        cand: Median of the candidate.
        ratio: Candidate over base; over 1 is worse.
        runs: Of the base and of the candidate.
        p: One-sided, Mann and Whitney; None where there are too few runs.
        worse: None where it cannot be judged.
        why: What decided, or why nothing did.
    """

    task: str
    measure: str
    base: float
    cand: float
    ratio: float
    runs: tuple[int, int]
    p: float | None
    worse: bool | None
    why: str


@dataclass(frozen=True)
class Comparison:
    """Everything that was found.

    Attributes:
        base: Name and version of the base.
        cand: Of the candidate.
        verdict: The gravest of all areas.
        areas: Sorted by name.
        changed: Units that changed most, the worst first.
        efficiency: One per task and measure.
        only_cand: Cells that only the candidate has, which nothing is said of.
        alpha: Chance of any false regression.
    """

    base: str
    cand: str
    verdict: Verdict
    areas: tuple[AreaOutcome, ...]
    changed: tuple[ChangedUnit, ...]
    efficiency: tuple[Efficiency, ...]
    only_cand: tuple[str, ...]
    alpha: float
