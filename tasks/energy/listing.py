"""What energy brings to the catalog; nothing is imported to list it."""

from __future__ import annotations

from ...harness.catalog import BaselineEntry, Catalog

__all__ = ["LISTING"]

_HERE = __name__.rpartition(".")[0]
_RIDGE = "ridge regression on the last 336 steps of a column, one for all columns"
_BOOSTING = "boosted trees on readings at the same time of earlier days, clock and calendar"
_STATIONS = ("h1", "h2", "m1", "m2")

LISTING = Catalog(
    built_in={
        "energy/city-day-ahead": f"{_HERE}.city_day_ahead:TASK",
        "energy/grid-day-ahead": f"{_HERE}.grid_day_ahead:TASK",
        "energy/plant-quarter-hour": f"{_HERE}.plant_quarter_hour:TASK",
        "energy/simulated-day-ahead": f"{_HERE}.simulated_day_ahead:TASK",
    }
    | {f"energy/transformer-load-{name}": f"{_HERE}.transformer_load:{name.upper()}" for name in _STATIONS},
    builtins={},
    baselines={
        name: BaselineEntry(f"{_HERE}.load_models:build_load", f"energy/{task}", summary, {"name": name})
        for name, task, summary in (
            ("ridge-load-grid", "grid-day-ahead", "ridge regression on four weeks of load"),
            ("boosting-load-grid", "grid-day-ahead", _BOOSTING),
            ("ridge-load-city", "city-day-ahead", "ridge regression on a week of load"),
            ("boosting-load-city", "city-day-ahead", _BOOSTING),
            ("boosting-load-city-weather", "city-day-ahead", f"{_BOOSTING}, and the day's weather"),
            ("ridge-load-simulated", "simulated-day-ahead", "ridge regression on two weeks of load"),
            ("boosting-load-simulated", "simulated-day-ahead", f"{_BOOSTING}, and the temperature forecast"),
            ("ridge-load-plant", "plant-quarter-hour", "ridge regression on two weeks of energy"),
            ("boosting-load-plant", "plant-quarter-hour", _BOOSTING),
            *((f"ridge-load-{name}", f"transformer-load-{name}", _RIDGE) for name in _STATIONS),
            *((f"ridge-96-load-{name}", f"transformer-load-{name}", "the same on 96 steps") for name in _STATIONS),
            *((f"boosting-load-{name}", f"transformer-load-{name}", _BOOSTING) for name in _STATIONS),
        )
    }
    | {
        f"patchtst-load-{name}": BaselineEntry(
            f"{_HERE}.train_load:build_network",
            f"energy/{task}",
            "small PatchTST on load alone, quantiles from its residuals",
            {"name": f"patchtst-load-{name}"},
        )
        for name, task in (
            ("city", "city-day-ahead"),
            ("grid", "grid-day-ahead"),
            ("plant", "plant-quarter-hour"),
            ("simulated", "simulated-day-ahead"),
            *((name, f"transformer-load-{name}") for name in _STATIONS),
        )
    },
)
