"""What energy brings to the catalog; nothing is imported to list it."""

from __future__ import annotations

from ...harness.catalog import Catalog

__all__ = ["LISTING"]

_HERE = __name__.rpartition(".")[0]

LISTING = Catalog(
    built_in={
        "energy/grid-day-ahead": f"{_HERE}.grid_day_ahead:TASK",
        "energy/simulated-day-ahead": f"{_HERE}.simulated_day_ahead:TASK",
    },
    builtins={},
)
