"""What a solver is: an adapter of ``solver_trace`` that finds better and better schedules of one shop."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import pyarrow as pa

from ..errors import InterfaceError
from .base import Adapter

__all__ = ["Emit", "Solver"]


class Emit(Protocol):
    """Takes a schedule; when it arrived is stamped by the supervisor, who knows nothing of what the solver measured."""

    def __call__(self, start: Sequence[int], mode: Sequence[int] | None = None) -> None:
        """Hands over starts (time steps) and modes (None: mode 0) of all activities, in the order of the shop's."""


class Solver(Adapter):
    """Answers one shop at a time, in a process of its own that is started anew for each.

    ``load`` is outside the budget: what is imported, compiled or warmed up there costs no time of the first shop.
    """

    batch_rows = 1

    @abstractmethod
    def solve(self, shop: pa.RecordBatch, budget_s: float, emit: Emit) -> None:
        """Emits schedules until the budget is used up or nothing can get better, and returns.

        Args:
            shop: One row of ``solver_trace`` inputs.
            budget_s: Wall seconds from now; what is emitted later does not count, and soon after the process is ended.
            emit: Called with each schedule that is better than the one before.

        Raises:
            InterfaceError: The row is no shop of a kind that the solver knows.
        """

    def predict(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Never: a solver's schedules are stamped by the supervisor, who asks for one shop at a time."""
        raise InterfaceError(f"{type(self).__name__} answers 'solver_trace' alone: one shop at a time, by the clock")

    @staticmethod
    def shop_row(shop: Mapping[str, Any], schema: pa.Schema) -> pa.RecordBatch:
        """The row that the supervisor sent as JSON, as a batch again."""
        return pa.RecordBatch.from_pylist([dict(shop)], schema=schema)
