"""Schedules of job shops with powers, a tariff and a power limit, as an adapter: rules, and CP-SAT."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, Literal, Self, get_args

import numpy as np
import pyarrow as pa

from ....harness.adapters.base import Adapter, LoadContext
from .answers import schedule_batch
from .energy_cp_sat import cheapest_schedule, cp_sat_schedule
from .energy_schedules import list_schedule, moved_right
from .powered_shop import PoweredShop, read_powered_shops
from .rule_options import rule_option

__all__ = ["ENERGY_RULES", "EnergyRule", "EnergyRuleName"]

EnergyRuleName = Literal["mwkr", "mwkr-shifted", "mopnr-shifted", "cheapest", "cp-sat"]
ENERGY_RULES: tuple[EnergyRuleName, ...] = get_args(EnergyRuleName)

_CP_SAT_LIMIT = 0.4  # deterministic seconds per shop, a fifth of what the references have; about 1.5 s of a core


def _cp_sat(shop: PoweredShop) -> list[int]:
    return cp_sat_schedule(shop, cheapest_schedule(shop), limit=_CP_SAT_LIMIT)


_MADE_BY: Mapping[EnergyRuleName, Callable[[PoweredShop], list[int]]] = {
    "mwkr": list_schedule,
    "mwkr-shifted": lambda shop: moved_right(shop, list_schedule(shop)),
    "mopnr-shifted": lambda shop: moved_right(shop, list_schedule(shop, "mopnr")),
    "cheapest": cheapest_schedule,
    "cp-sat": _cp_sat,
}


class EnergyRule(Adapter):
    """Makes one schedule per shop; option ``rule`` is one of ``ENERGY_RULES``.

    ``mwkr`` is the list schedule by most work remaining; ``mwkr-shifted`` moves its operations right to cheaper hours,
    ``mopnr-shifted`` those of the list schedule by most operations remaining; ``cheapest`` goes on from the first and
    puts each operation where it costs least; ``cp-sat`` goes on from there with CP-SAT, one worker and a deterministic
    limit. All keep the power limit. Where the tariff is too short for its list schedule, a rule answers with that, and
    ends behind it.
    """

    revision: ClassVar[int] = 1
    serves: ClassVar[frozenset[str]] = frozenset({"scheduling"})
    batch_rows: ClassVar[int] = 10  # CP-SAT takes a second or two for each
    needs: ClassVar[tuple[str, ...]] = ("tasks/scheduling/simulator",)

    def __init__(self, rule: EnergyRuleName) -> None:
        self.rule = rule

    @classmethod
    def load(cls, context: LoadContext) -> Self:
        """Makes the rule named in the options ready.

        Raises:
            SubmissionError: The options name no rule, an unknown one, or something besides it.
            InterfaceError: The inputs are not those of ``scheduling``.
        """
        return cls(rule_option(context, ENERGY_RULES))

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Start (time steps) and mode (always 0) of every activity.

        Raises:
            InterfaceError: A row is not a job shop with powers and a tariff; the message names it.
        """
        starts = [np.array(self._schedule(shop), np.int64) for shop in read_powered_shops(rows)]
        return schedule_batch(rows.column("id"), starts)

    def _schedule(self, shop: PoweredShop) -> list[int]:
        start = list_schedule(shop, "mopnr" if self.rule == "mopnr-shifted" else "mwkr")
        if max(map(int.__add__, start, shop.duration), default=0) > shop.horizon:
            return start  # nothing to move within a tariff that has ended
        return _MADE_BY[self.rule](shop)
