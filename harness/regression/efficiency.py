"""Time, memory and energy of both sides over their runs, as ratios."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence

from scipy.stats import mannwhitneyu

from ..records import Record
from .outcome import Efficiency
from .pairing import Paired
from .policy import EfficiencyPolicy

__all__ = ["efficiency_of"]

_LEVEL = 0.05


def efficiency_of(paired: Paired, policy: EfficiencyPolicy) -> Iterator[Efficiency]:
    """What either side's runs cost; a measure that one of them lacks is left out."""
    base, cand = ([done.record for done in side if done.record.status == "ok"] for side in (paired.base, paired.cand))
    for measure, read in _MEASURES.items():
        one, other = ([value for record in side if (value := read(record)) is not None] for side in (base, cand))
        if one and other and statistics.median(one) > 0:
            yield _efficiency(paired.name, measure, one, other, _machines(base + cand), policy)


def _seconds(record: Record) -> float | None:
    rate = record.cost.examples_per_s
    return None if not rate or record.cost.resumed_rows else 1 / rate


_MEASURES: dict[str, Callable[[Record], float | None]] = {
    "seconds_per_example": _seconds,
    "peak_memory_gib": lambda record: record.cost.peak_memory_gib,
    "peak_device_memory_gib": lambda record: record.cost.peak_device_memory_gib,
    "energy_kwh": lambda record: record.cost.energy_kwh,
}


def _machines(records: Sequence[Record]) -> int:
    facts = [(r.environment.processor, r.environment.cores, r.environment.device_name) for r in records]
    return len(set(facts))


def _efficiency(
    task: str, measure: str, base: list[float], cand: list[float], machines: int, policy: EfficiencyPolicy
) -> Efficiency:
    ratio = statistics.median(cand) / statistics.median(base)
    p = worse = None
    if machines > 1:
        why = "measured on different machines: told, not judged"
    elif min(len(base), len(cand)) < policy.repeats:
        why = (
            f"{len(base)} and {len(cand)} runs, a judgement takes {policy.repeats} each (run repeats={policy.repeats})"
        )
    else:
        p = float(mannwhitneyu(cand, base, alternative="greater").pvalue)
        worse = ratio > policy.factor and p < _LEVEL
        why = f"a ratio over {policy.factor:g} with p under {_LEVEL:g} is worse"
    return Efficiency(
        task=task,
        measure=measure,
        base=statistics.median(base),
        cand=statistics.median(cand),
        ratio=ratio,
        runs=(len(base), len(cand)),
        p=p,
        worse=worse,
        why=why,
    )
