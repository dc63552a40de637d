"""What the cards of forecasts of whole days share."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from ...harness.interfaces import Quantity
from ...harness.text import Text
from .forecast_costs import load_costs
from .forecast_metrics import day_ahead_metrics
from .load_series import ForecastPlan

__all__ = [
    "COST_CAVEAT",
    "DAY_AHEAD_METRICS",
    "GIVEN_DAYS",
    "WORST",
    "day_kinds",
    "midnight_plan",
    "zones_and_day_kinds",
]

GIVEN_DAYS = 28
"""Days before midnight that a model is given."""

_COSTS = load_costs()
DAY_AHEAD_METRICS = day_ahead_metrics(_COSTS)

WORST = Text(
    "error in scales at every step, all of them too high; the hour of the peak counts as missed",
    "每一步的标度误差，均视为偏高；峰值时段按未命中计",
)

COST_CAVEAT = Text(
    f"Costs are illustrative ({_COSTS.name} {_COSTS.version}, {_COSTS.currency}): nobody's market. The band shows how "
    "the figure moves with the price of what lacks; where models change places within it, neither is better.",
    f"费用为示意值（{_COSTS.name} {_COSTS.version}，{_COSTS.currency}），不代表任何市场。"
    "区间显示缺额单价变化时数值的变动；若模型名次在区间内互换，则不分优劣。",
)


def day_kinds(origins: pa.ChunkedArray | pa.Array) -> list[str]:
    """``monday to friday`` or ``weekend``; holidays are not told apart."""
    weekday = pc.day_of_week(pc.cast(origins, pa.timestamp("s"))).to_pylist()  # 0: Monday
    return ["weekend" if one >= 5 else "monday to friday" for one in weekday]


def zones_and_day_kinds(references: pa.Table) -> Mapping[str, list[str]]:
    """The zone of each forecast, and whether its day is one of the working week."""
    return {"region": references.column("item").to_pylist(), "day_kind": day_kinds(references.column("origin"))}


def midnight_plan(*, step_s: int, channels: tuple[Quantity, ...], known: tuple[Quantity, ...] = ()) -> ForecastPlan:
    """Four weeks in, the day from midnight out, of the first channel; load repeats by the day and by the week."""
    day = 86_400 // step_s
    return ForecastPlan(
        channels=channels,
        targets=1,
        known=known,
        step_s=step_s,
        horizon=day,
        history=GIVEN_DAYS * day,
        seasons=(day, 7 * day),
        stride=day,
    )
