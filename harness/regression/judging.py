"""Judges a candidate against a base: skill per application area, paired over units, with a margin and a verdict.

Order of the rules, per area: a broken contract is a regression; a lower bound above the margin is ok; an upper bound
below 0 is a regression; everything else is inconclusive, never ok.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..metrics import Metric
from ..records import Record
from ..statistics.bootstrap import MIN_CLUSTERS, Clusters, clusters_of
from ..statistics.joint import Contest, Difference, Mean, differences, skill_of
from ..statistics.power import influences, power_factor
from ..statistics.significance import FlipTest, Pair, holm, mcnemar, sign_flip
from ..statistics.weights import WeightKey
from ..units import units_among
from .bounds import Bounds, bounds_of, decide
from .efficiency import efficiency_of
from .outcome import AreaOutcome, ChangedUnit, Comparison, MarginFrom, TaskOutcome, Verdict
from .pairing import Done, Paired, Pairs, Side
from .policy import Policy

__all__ = ["LEAST_MARGIN", "compare"]

LEAST_MARGIN = 1.0
"""Skill points: no margin that follows from cards or units is narrower."""

_LEVEL = 0.05  # of a task by itself
_GRAVITY: Mapping[Verdict, int] = {"ok": 0, "inconclusive": 1, "unstable": 2, "regression": 3}


@dataclass(frozen=True)
class _Measured:
    """A task of both sides, as the statistics take it.

    Attributes:
        paired: The records.
        contest: Base and candidate by run, ``base 0``, ``base 1``, ``cand 0``; without a failed candidate's.
        room: Perfect value less the floor's.
        broken: Why a contract is broken.
    """

    paired: Paired
    contest: Contest
    room: float
    broken: str | None

    @property
    def has_both(self) -> bool:
        return "cand 0" in self.contest.models

    @property
    def clusters(self) -> int:
        return self.contest.floor.n


def compare(base: Side, cand: Side, pairs: Pairs, policy: Policy) -> Comparison:
    """Compares all pairs, area by area.

    Args:
        base: What is compared with.
        cand: What is judged.
        pairs: Their cells.
        policy: Margins, weights and floors.

    Raises:
        ValueError: A task's metric has no derivative, or its floor is perfect.
    """
    measured = [_measure(paired, policy) for paired in pairs.paired]
    names = sorted({one.paired.card.area for one in measured})
    areas = tuple(
        _area(name, [one for one in measured if one.paired.card.area == name], policy, len(names)) for name in names
    )
    verdict = max((area.verdict for area in areas), key=_GRAVITY.__getitem__)
    efficiency = tuple(found for one in measured for found in efficiency_of(one.paired, policy.efficiency))
    if policy.efficiency.gates and any(one.worse for one in efficiency):
        verdict = "regression"
    changed = sorted((unit for one in measured if one.has_both for unit in _changed(one)), key=lambda u: u.points)
    return Comparison(
        base=f"{base.model} {base.version}",
        cand=f"{cand.model} {cand.version}",
        verdict=verdict,
        areas=areas,
        changed=tuple(changed[: policy.top]),
        efficiency=efficiency,
        only_cand=pairs.only_cand,
        alpha=policy.alpha,
    )


def _measure(paired: Paired, policy: Policy) -> _Measured:
    card, metric = paired.card, paired.card.primary
    first = paired.base[0].record
    floor = _clusters(paired.floor, metric)
    models = {f"base {i}": _clusters(done, metric) for i, done in enumerate(paired.base) if done.record.status == "ok"}
    models |= {f"cand {i}": _clusters(done, metric) for i, done in enumerate(paired.cand) if done.record.status == "ok"}
    key = WeightKey(card.at_version, first.cell.track, first.protocol.inputs_sha256 or "")
    room = card.perfect - metric.value(floor.statistics)
    return _Measured(paired, Contest(key, metric, card.perfect, floor, models), room, _broken(paired, policy))


def _clusters(done: Done, metric: Metric) -> Clusters:
    return clusters_of(units_among(done.units(), metric), metric)


def _broken(paired: Paired, policy: Policy) -> str | None:
    """Why a contract is broken: the cell failed, answers break rules more often, or a hard floor is not held."""
    base, cand = paired.base[0].record, paired.cand[0].record
    if cand.status != "ok":
        return f"{paired.name} failed with {cand.code}: {cand.message}"
    more = _invalid_share(cand) - _invalid_share(base)
    if more > policy.invalid_share:
        return f"{paired.name}: a further {100 * more:.1f} % of units break a rule ({', '.join(_codes(cand))})"
    floor = policy.at_least.get(paired.name)
    value, metric = cand.metrics[0].value, paired.card.primary
    if floor is not None and (value < floor if metric.higher_is_better else value > floor):
        return f"{paired.name}: {metric.name} is {value:.{metric.digits}f}, the policy asks for {floor:g}"
    return None


def _invalid_share(record: Record) -> float:
    counts = record.counts
    return counts.invalid_units / counts.units if counts is not None and counts.units else 0.0


def _codes(record: Record) -> list[str]:
    return sorted(record.counts.codes) if record.counts is not None else []


def _area(name: str, tasks: Sequence[_Measured], policy: Policy, areas: int) -> AreaOutcome:
    shares = _shares(tasks, policy)
    both = all(one.has_both for one in tasks)
    contests = [one.contest for one in tasks]
    here = dict(enumerate(shares))
    found: Difference | None = None
    single: list[Difference | None] = [None] * len(tasks)
    whole = both and any(len(one.contest.models) > 2 for one in tasks)
    if both:
        pair = ("cand 0", "base 0")
        found, *each = differences(
            [_only(contest, pair) for contest in contests],
            [Mean(here, pair), *(Mean({at: 1.0}, pair) for at in range(len(tasks)))],
        )
        single = list(each)
    runs = _run_differences(contests, here) if whole else []
    spread = _spread(runs)
    instability = max((abs(value) for side, value in runs if side == "base"), default=None)
    p = sign_flip(_pairs(tasks, shares), ("area", name), alternative="less").p if both else None
    bounds = None if found is None else bounds_of(found, spread=spread, alpha=policy.alpha, areas=areas)
    margin, margin_from = _margin(name, tasks, shares, policy, bounds)
    broken = "; ".join(one.broken for one in tasks if one.broken)
    verdict, why = _verdict(broken, bounds, margin, instability, tasks)
    outcomes = [_task(one, share, difference) for one, share, difference in zip(tasks, shares, single, strict=True)]
    if verdict == "regression":
        outcomes = _with_holm(outcomes)
    return AreaOutcome(
        area=name,
        verdict=verdict,
        why=why,
        difference=None if found is None else 100 * found.value,
        error=None if bounds is None else bounds.error,
        spread=spread,
        lower=None if bounds is None else bounds.lower,
        upper=None if bounds is None else bounds.upper,
        low=None if bounds is None else bounds.low,
        high=None if bounds is None else bounds.high,
        p=p,
        margin=margin,
        margin_from=margin_from,
        detectable=None if bounds is None else bounds.detectable,
        instability=instability,
        tasks=tuple(outcomes),
    )


def _shares(tasks: Sequence[_Measured], policy: Policy) -> list[float]:
    """Shares of an area's mean: the policy's weights, else each task the same and its tracks equal parts of it."""
    tracks: dict[str, int] = {}
    for one in tasks:
        tracks[one.paired.card.id] = tracks.get(one.paired.card.id, 0) + 1
    weights = [policy.weights.get(one.paired.name, 1 / tracks[one.paired.card.id]) for one in tasks]
    return [weight / sum(weights) for weight in weights]


def _only(contest: Contest, names: Sequence[str]) -> Contest:
    return contest._replace(models={name: contest.models[name] for name in names})


def _run_differences(contests: Sequence[Contest], shares: Mapping[int, float]) -> list[tuple[str, float]]:
    """Differences of an area's skill between the first and each further run of a side, in points."""
    found = []
    for side in ("base", "cand"):
        held = [{name for name in contest.models if name.startswith(side)} for contest in contests]
        for name in sorted(set.intersection(*held) - {f"{side} 0"}):
            value = sum(
                share * (_skill(contests[at], name) - _skill(contests[at], f"{side} 0")) for at, share in shares.items()
            )
            found.append((side, 100 * value))
    return found


def _skill(contest: Contest, name: str) -> float:
    metric = contest.metric
    value, floor = (metric.value(one.statistics) for one in (contest.models[name], contest.floor))
    return float(skill_of(value, floor, contest.perfect))


def _spread(runs: Sequence[tuple[str, float]]) -> float | None:
    """Standard deviation of the difference of two single runs that their sides' further runs show; None without any.

    The variance of one run is pooled over both sides; a difference of two runs has twice that.
    """
    squares, freedom = 0.0, 0
    for side in ("base", "cand"):
        values = [0.0, *(value for of, value in runs if of == side)]
        if len(values) > 1:
            squares += float(np.var(values)) * len(values)
            freedom += len(values) - 1
    return math.sqrt(2 * squares / freedom) if freedom else None


def _pairs(tasks: Sequence[_Measured], shares: Sequence[float]) -> list[Pair]:
    return [
        Pair(one.contest.models["cand 0"], one.contest.models["base 0"], one.contest.metric, share / one.room)
        for one, share in zip(tasks, shares, strict=True)
    ]


def _margin(
    name: str, tasks: Sequence[_Measured], shares: Sequence[float], policy: Policy, bounds: Bounds | None
) -> tuple[float | None, MarginFrom]:
    """The margin in points: the policy's; else what the cards say that near models must differ by; else what is seen.

    The figures of cards were measured before, so neither side's score has moved them.
    """
    stated = policy.margin_of(name)
    if stated is not None:
        return stated, "policy"
    effects = [one.paired.card.detectable_effect for one in tasks]
    if all(effects):
        joint = math.sqrt(sum((share * (effect or 0.0)) ** 2 for share, effect in zip(shares, effects, strict=True)))
        return max(LEAST_MARGIN, math.ceil(10 * joint) / 10), "cards"
    if bounds is None:
        return None, "units"
    return max(LEAST_MARGIN, math.ceil(10 * bounds.detectable) / 10), "units"


def _verdict(
    broken: str, bounds: Bounds | None, margin: float | None, instability: float | None, tasks: Sequence[_Measured]
) -> tuple[Verdict, str]:
    if broken:
        return "regression", broken
    if bounds is None or margin is None:
        few = min(tasks, key=lambda one: one.clusters)
        return "inconclusive", f"{few.paired.name} has {few.clusters} units or blocks, an interval takes {MIN_CLUSTERS}"
    if instability is not None and instability > margin:
        return "unstable", f"two runs of the base differ by {instability:.2f} points, the margin is {margin:g}"
    return decide(bounds, margin)


def _task(one: _Measured, share: float, difference: Difference | None) -> TaskOutcome:
    card, metric = one.paired.card, one.contest.metric
    base, cand = one.paired.base[0].record, one.paired.cand[0].record
    test, method = (None, None) if difference is None else _test(one)
    error = None if difference is None else difference.error
    bounds = [None if difference is None else difference.bound(level) for level in (0.025, 0.975)]
    low, high = (None if bound is None else 100 * bound for bound in bounds)
    return TaskOutcome(
        name=one.paired.name,
        area=card.area,
        share=share,
        metric=metric.name,
        unit=metric.unit,
        base=base.metrics[0].value,
        cand=cand.metrics[0].value if cand.status == "ok" else None,
        difference=None if difference is None else 100 * difference.value,
        low=low,
        high=high,
        p=None if test is None else test.p,
        p_adjusted=None,
        test=method,
        detectable=None if error is None else 100 * power_factor(_LEVEL) * error,
        clusters=one.clusters,
        broken=one.broken,
    )


def _test(one: _Measured) -> tuple[FlipTest, str]:
    """One-sided: exact McNemar where units are right or wrong, else flips."""
    metric = one.contest.metric
    cand, base = (one.contest.models[name].statistics for name in ("cand 0", "base 0"))
    if metric.is_share and all(bool(np.isin(s[:, 0], (0.0, 1.0)).all() and (s[:, 1] == 1).all()) for s in (cand, base)):
        only_cand, only_base = int((cand[:, 0] > base[:, 0]).sum()), int((cand[:, 0] < base[:, 0]).sum())
        better, worse = (only_cand, only_base) if metric.higher_is_better else (only_base, only_cand)
        return FlipTest(mcnemar(better, worse, alternative="less"), True, better + worse), "McNemar, exact"
    found = sign_flip(_pairs([one], [1.0]), ("task", one.paired.name), alternative="less")
    return found, "sign flips, exact" if found.exact else f"sign flips, {found.flips:,} drawn"


def _with_holm(tasks: Sequence[TaskOutcome]) -> list[TaskOutcome]:
    """Names the guilty: Holm among the tasks of an area that got worse."""
    known = [task for task in tasks if task.p is not None]
    adjusted = dict(zip([t.name for t in known], holm([t.p for t in known if t.p is not None]), strict=True))
    return [replace(task, p_adjusted=adjusted.get(task.name)) for task in tasks]


def _changed(one: _Measured) -> list[ChangedUnit]:
    """What each unit or block adds to the task's difference, by the derivative of the metric; they sum to it."""
    metric = one.contest.metric
    cand, base = (units_among(done.units(), metric) for done in (one.paired.cand[0], one.paired.base[0]))
    (value, moved), (other, moved_other) = influences(cand, metric), influences(base, metric)
    points = 100 * (moved - moved_other + (value - other) / len(moved)) / one.room
    names = sorted(set(base.column("block").to_pylist()))
    return [ChangedUnit(one.paired.name, name, float(x)) for name, x in zip(names, points, strict=True) if x]
