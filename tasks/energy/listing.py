"""What energy brings to the catalog; nothing is imported to list it."""

from __future__ import annotations

from ...harness.catalog import Catalog

__all__ = ["LISTING"]

_HERE = __name__.rpartition(".")[0]
_STATIONS = ("h1", "h2", "m1", "m2")

LISTING = Catalog(
    built_in={
        "energy/city-day-ahead": f"{_HERE}.city_day_ahead:TASK",
        "energy/grid-day-ahead": f"{_HERE}.grid_day_ahead:TASK",
        "energy/plant-quarter-hour": f"{_HERE}.plant_quarter_hour:TASK",
    }
    | {f"energy/transformer-load-{name}": f"{_HERE}.transformer_load:{name.upper()}" for name in _STATIONS},
    builtins={},
)
