"""How busy this machine is while a solver runs: processor time of a process and its children, and of all others."""

from __future__ import annotations

import os
import time
from pathlib import Path

__all__ = ["BusyCores", "cpu_seconds_below"]

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


class BusyCores:
    """Counts from when it is made; where the system does not tell (no ``/proc``), the load average stands in."""

    def __init__(self) -> None:
        self._began, self._before = time.monotonic(), _busy_s()

    def mean(self) -> float:
        """Processor seconds that all work took per wall second since then, in cores."""
        if self._before is None or (now := _busy_s()) is None:
            return os.getloadavg()[0]
        return max(0.0, now - self._before) / max(time.monotonic() - self._began, 1e-3)


def _busy_s() -> float | None:
    try:
        words = (_PROC / "stat").read_text().split("\n", 1)[0].split()
    except OSError:
        return None
    user, nice, system, _, _, irq, softirq = map(int, words[1:8])
    return (user + nice + system + irq + softirq) / _TICKS_PER_S


def cpu_seconds_below(process: int) -> float:
    """Processor seconds of a process and all below it, those included that have ended; 0 where it cannot be seen."""
    parents: dict[int, int] = {}
    spent: dict[int, float] = {}
    for folder in _PROC.glob("[0-9]*"):
        try:
            words = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended
        parents[int(folder.name)] = int(words[1])
        spent[int(folder.name)] = sum(map(int, words[11:15])) / _TICKS_PER_S
    below, found = {process}, True
    while found:
        found = False
        for one, parent in parents.items():
            if parent in below and one not in below:
                below.add(one)
                found = True
    return sum(spent.get(one, 0.0) for one in below)
