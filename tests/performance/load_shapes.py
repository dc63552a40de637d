"""Shapes of load: the simulated regions beside measured zones, and what nobody can know of the former.

Prints one row per region of the practice set of ``energy/simulated-day-ahead`` and, where the data of
``energy/grid-day-ahead`` is in reach, one per zone, over the last four years of each:

    python tests/performance/load_shapes.py

load factor: mean over greatest load; swing: greatest minus least load of a day over its mean, mean over days; 24 h,
168 h: correlation with the load so much later; day to day: mean absolute difference to the day before, of the mean
load; last week: the same to a week before, in differences to the day before; peak: by how much the daily peak differs
from the day before's; same hour: share of days with the peak hour of the day before; hours: the commonest peak hours.
noise: MASE, in the tested year, of the load without noise and faults as the answer.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from rich.table import Table
from sectorbench.harness.console import output_console
from sectorbench.harness.data import DataFiles
from sectorbench.harness.errors import DataError
from sectorbench.harness.task import Draw
from sectorbench.tasks.energy.load_simulator import HISTORY_DAYS, simulate_regions
from sectorbench.tasks.energy.simulated_day_ahead import TASK
from sectorbench.tasks.registry import CATALOG

DAYS = 4 * 365
COLUMNS = ("", "mean MW", "load factor", "swing", "24 h", "168 h", "day to day", "last week", "peak", "same hour")


def shape(load_mw: np.ndarray) -> list[str]:
    """The figures of one series, all columns but the first; hours that lack a reading are bridged."""
    there = np.isfinite(load_mw)
    load = np.interp(np.arange(len(load_mw)), np.flatnonzero(there), load_mw[there])
    days = load.reshape(-1, 24)
    mean, peak, hour = days.mean(axis=1), days.max(axis=1), days.argmax(axis=1)
    step = np.abs(np.diff(days, axis=0)).mean()
    hours = np.bincount(hour, minlength=24)
    return [
        f"{load.mean():,.0f}",
        f"{load.mean() / load.max():.2f}",
        f"{np.mean((peak - days.min(axis=1)) / mean):.2f}",
        f"{np.corrcoef(load[:-24], load[24:])[0, 1]:.2f}",
        f"{np.corrcoef(load[:-168], load[168:])[0, 1]:.2f}",
        f"{100 * step / load.mean():.1f} %",
        f"{np.abs(days[7:] - days[:-7]).mean() / step:.2f}",
        f"{100 * np.mean(np.abs(np.diff(peak)) / peak[1:]):.1f} %",
        f"{100 * np.mean(hour[1:] == hour[:-1]):.0f} %",
        " ".join(str(one) for one in np.argsort(-hours, kind="stable")[:3]),
    ]


def main() -> int:
    """Prints a table of the simulated regions, and one of the measured zones."""
    files = DataFiles(mirror=None, cache=Path("unused"))
    years = simulate_regions(str(TASK.card.practice_secret), TASK.card.at_version)
    table = Table(*COLUMNS, "hours", "noise")
    for row, (name, item) in enumerate(TASK.items(files, Draw("no-weather")).items()):
        days = item.values[:, 0].reshape(-1, 24)
        scale = np.abs(np.diff(days[:HISTORY_DAYS], axis=0)).mean()
        noise = np.abs(years.load_mw[row] - years.expected_mw[row])[24 * HISTORY_DAYS :].mean() / scale
        table.add_row(name, *shape(item.values[:, 0]), f"{noise:.2f}")
    output_console().print(table)
    measured = Table(*COLUMNS, "hours")
    try:
        zones = CATALOG.task("energy/grid-day-ahead").items(DataFiles.from_environment(download=False), Draw("default"))
        for name, item in zones.items():
            measured.add_row(name, *shape(item.values[-24 * DAYS :, 0]))
        output_console().print(measured)
    except DataError as err:
        print(f"measured zones are left out: {err}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
