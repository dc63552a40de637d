"""Numbers as people read them: one formatter for the command line."""

from __future__ import annotations

from .metrics import Metric
from .records import MetricResult, UnitCounts
from .text import printable

__all__ = ["invalid_text", "metric_text", "printable", "repeat_text", "seconds_text", "size_text"]

_SHORT_UNITS = {"1": "", "percent": " %", "%": " %"}


def metric_text(result: MetricResult, metric: Metric) -> str:
    """A value with unit, interval and n: ``17.0 cycles [14.9, 19.3] n=100``."""
    unit = _SHORT_UNITS.get(result.unit, f" {result.unit}")
    value = f"{result.value:.{metric.digits}f}{unit}"
    if result.interval is None:
        doubt = f"(no interval: {result.no_interval})"
    else:
        doubt = f"[{result.interval.low:.{metric.digits}f}, {result.interval.high:.{metric.digits}f}]"
    return f"{value} {doubt} n={result.n_units}"


def invalid_text(counts: UnitCounts | None) -> str:
    """How many units had an answer that broke a rule, and which: ``15 of 1,500 (SB306)``; empty where none had."""
    if counts is None or not counts.invalid_units:
        return ""
    return f"{counts.invalid_units:,} of {counts.units:,} ({', '.join(counts.codes)})"


def repeat_text(repeat: int) -> str:
    """What stands behind a model's name where its cell is done more than once; nothing for the repeat that scores."""
    return f" (repeat {repeat})" if repeat else ""


def seconds_text(seconds: float | None) -> str:
    """Seconds with as many digits as matter; a dash where they were not measured."""
    if seconds is None:
        return "-"
    if seconds < 100:
        return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min"


def size_text(size_bytes: float) -> str:
    """Bytes in the unit that leaves one to three digits before the point."""
    for unit in ("B", "KiB", "MiB"):
        if size_bytes < 1024:
            return f"{size_bytes:.0f} {unit}"
        size_bytes /= 1024
    return f"{size_bytes:.1f} GiB"
