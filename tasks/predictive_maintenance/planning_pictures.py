"""Exhibits of planned machines: what was predicted over the age of one, when it was replaced and when it would fail."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from ...harness.exhibits import Exhibit
from ...harness.text import Text
from ...harness.validation import Answers
from ..exhibit_choice import Choice, common_row
from .life_pictures import given_quantiles, life_course
from .maintenance_policy import AskedMachine

__all__ = ["planned_courses"]

_DEAREST = Text(
    "The machine whose renewal cost this model most per cycle, beside perfect foresight; others may show another one.",
    "与完全预知相比，该模型每循环更新费用最高的机器；其他模型所示可能不同。",
)


def planned_courses(machines: Sequence[AskedMachine], answers: Answers, units: pa.Table) -> tuple[Exhibit, ...]:
    """The machine of middle life, which all models show, and the one whose renewal was dearest per cycle.

    Args:
        machines: That were planned for; empty where there are none.
        answers: That they were asked from.
        units: With the columns of ``policy_statistics`` for each of them.
    """
    if not machines:
        return ()
    names = pa.array([one.name for one in machines])
    planned = units.take(pc.index_in(names, value_set=units.column("unit").combine_chunks()))  # (u,), as the machines
    quantiles = given_quantiles(answers)

    def course(at: int, choice: Choice) -> Exhibit:
        one, unit = machines[at], planned.slice(at, 1).to_pylist()[0]
        return life_course(
            one.name,
            one.life.meetings,
            one.life.predicted,
            life=one.life.life,
            choice=choice,
            problem=next(iter(one.problems), None),
            quantiles=None if quantiles is None else quantiles[list(one.rows)],
            planned_at=unit["time_base"] if unit["prevented"] else None,
        )

    lives = [one.life.life for one in machines]
    middle, dearest = common_row(lives), _dearest(planned)
    shown = [course(middle, Choice("common", _middle_life(lives, middle)))]
    if dearest is not None and dearest != middle:
        shown.append(course(dearest, Choice("worst", _DEAREST)))
    return tuple(shown)


def _dearest(units: pa.Table) -> int | None:
    """Place of the first unit whose cost per cycle is highest above that of perfect foresight; None: all are equal."""
    cost, time, ideal_cost, ideal_time = (
        units.column(name).to_numpy() for name in ("cost_base", "time_base", "ideal_cost_base", "ideal_time")
    )
    above = cost / time * ideal_time / ideal_cost  # (u,)
    return None if above.min() == above.max() else int(above.argmax())


def _middle_life(lives: Sequence[float], middle: int) -> Text:
    life, shortest, longest = (f"{one:,.0f}" for one in (lives[middle], min(lives), max(lives)))
    return Text(
        f"The first machine of the middle life ({life} cycles, of {shortest} to {longest}); chosen from the references "
        "alone, so that all models show the same one.",
        f"寿命居中（{life} 个循环，全部为 {shortest} 至 {longest}）的第一台机器；仅由参照决定，因此各模型所示相同。",
    )
