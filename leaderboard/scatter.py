"""Scatters: predicted against true remaining life, one dot per machine, the late side shaded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from ..harness.exhibits import Exhibit
from ..harness.text import Text
from .catalogue import phrase
from .charts import nice_step
from .figures import brief, fixed, tick_label
from .plots import Axis, horizontal, joined, plot_title, unit_words, vertical, with_unit
from .safe_text import shown
from .views_pictures import PlotArea, PlotDot, PlotKey, PlotLine, PlotTable, PlotUpright, PlotView

__all__ = ["scatter_view"]

_HEIGHT = 300.0
_MOST_HINTS = 400  # of more dots none has words of its own, and the table tells ranges
_MOST_WHISKERS = 150  # intervals of more dots than these cover each other


class _Point(NamedTuple):
    """A machine with a usable answer; ``label`` is its true life as labels tell it, at most the cap."""

    id: str
    true: float
    label: float
    predicted: float
    interval: tuple[float, float] | None

    @property
    def late_by(self) -> float:
        """Predicted minus true; above 0 it fails before it is expected to."""
        return self.predicted - self.label


def _points(exhibit: Exhibit) -> list[_Point]:
    table, cap = exhibit.table("points"), exhibit.value("cap")
    low, high = table.column("low"), table.column("high")
    found = []
    columns = (table.column(name) for name in ("id", "true", "predicted"))
    for row, (one, true, predicted) in enumerate(zip(*columns, strict=True)):
        if predicted is not None:
            label = true if cap is None else min(true, cap)
            found.append(_Point(shown(one), true, label, predicted, (low[row], high[row]) if low else None))
    return found


def _reach(among: Sequence[Exhibit]) -> tuple[float, float, float, float]:
    """Lowest and highest of the true, then of the predicted lives of all; 0 and the cap are always among them."""
    caps = [float(one.value("cap") or 0.0) for one in among]
    points = [point for one in among for point in _points(one)]
    true = [0.0, *caps, *(float(v) for one in among for v in one.table("points").column("true"))]
    told = [0.0, *caps, *(p.predicted for p in points), *(end for p in points for end in p.interval or ())]
    return min(true), max(true), min(told), max(told)


def scatter_view(exhibit: Exhibit, *, anchor: str, model: str, among: Sequence[Exhibit]) -> PlotView:
    """A scatter on axes that hold all scatters ``among`` which it is drawn."""
    points, cap = _points(exhibit), exhibit.value("cap")
    lowest, highest, least, most = _reach(among)
    x, y = horizontal(lowest, highest), vertical(least, most, _HEIGHT)
    unit = unit_words(next(c.unit for c in exhibit.table("points").columns if c.name == "predicted"))
    with_hints = exhibit.table("points").rows <= _MOST_HINTS
    facts = _facts(exhibit, points, unit)
    right, at_cap = _right_line(x, y, cap), x.end if cap is None else x.place(cap)
    return PlotView(
        anchor=anchor,
        kind="scatter",
        title=plot_title(exhibit.title, model),
        description=phrase("scatter_desc", n=fixed(len(points), 0), facts=joined(facts)),
        facts=facts,
        keys=(
            phrase("scatter_key"),
            *([phrase("scatter_key_cap", cap=brief(cap), unit=unit or "")] if cap is not None else []),
            *([phrase("scatter_key_interval")] if points[0].interval and len(points) <= _MOST_WHISKERS else []),
        ),
        height=_HEIGHT,
        x_axis=with_unit(phrase("scatter_true"), unit),
        y_axis=with_unit(phrase("scatter_predicted"), unit),
        x_ticks=x.ticks(),
        y_ticks=y.ticks(),
        areas=(PlotArea("late", (*right, (x.end, y.end), (right[0][0], y.end))),),
        lines=(PlotLine("right", right), *_whiskers(points, x, y)),
        dots=tuple(
            PlotDot(
                "late" if p.late_by > 0 else "early",
                x.place(p.true),
                y.place(p.predicted),
                (p.id, brief(p.true), brief(p.predicted)) if with_hints else (),
            )
            for p in sorted(points, key=lambda p: p.late_by > 0)
        ),
        named=(
            PlotKey(phrase("plot_late"), area="late", dot="late"),
            PlotKey(phrase("scatter_early"), dot="early"),
        ),
        uprights=() if cap is None else (PlotUpright("cap", phrase("plot_cap", cap=brief(cap)), at_cap),),
        lanes=(),
        hint="scatter_hint",
        table=_table(exhibit, model, unit) if with_hints else _ranges_table(exhibit, points, model, unit),
    )


def _right_line(x: Axis, y: Axis, cap: float | None) -> tuple[tuple[float, float], ...]:
    """Where predictions are right: the diagonal as far as both axes reach, then level at the cap."""
    first, last = max(x.low, y.low), min(x.high, y.high) if cap is None else cap
    line = ((x.place(first), y.place(first)), (x.place(last), y.place(last)))
    return line if cap is None else (*line, (x.end, y.place(cap)))


def _whiskers(points: Sequence[_Point], x: Axis, y: Axis) -> tuple[PlotLine, ...]:
    if len(points) > _MOST_WHISKERS:
        return ()
    return tuple(
        PlotLine("whisker", ((x.place(p.true), y.place(p.interval[0])), (x.place(p.true), y.place(p.interval[1]))))
        for p in points
        if p.interval is not None
    )


def _facts(exhibit: Exhibit, points: Sequence[_Point], unit: Text | None) -> tuple[Text, ...]:
    late = [p for p in points if p.late_by > 0]
    worst = max(points, key=lambda p: p.late_by)
    words = unit or ""
    facts = [
        phrase("scatter_late_count", late=fixed(len(late), 0), n=fixed(len(points), 0)),
        phrase("scatter_median", error=brief(round(median(abs(p.late_by) for p in points), 1)), unit=words),
    ]
    if late:
        told = {"predicted": brief(worst.predicted), "true": brief(worst.label)}
        facts.append(phrase("scatter_latest", id=worst.id, late=brief(round(worst.late_by, 2)), unit=words, **told))
    if points[0].interval is not None:
        held = sum(p.interval[0] <= p.label <= p.interval[1] for p in points if p.interval)
        facts.append(phrase("plot_held", share=fixed(100 * held / len(points), 0)))
    if missing := exhibit.table("points").rows - len(points):
        facts.append(phrase("scatter_missing", n=fixed(missing, 0)))
    return tuple(facts)


def _table(exhibit: Exhibit, model: str, unit: Text | None) -> PlotTable:
    table = exhibit.table("points")
    names = [c.name for c in table.columns[1:]]
    heads = {"true": "col_true", "predicted": "col_predicted", "low": "col_low", "high": "col_high"}
    rows = zip(*(table.column(name) for name in ("id", *names)), strict=True)
    return PlotTable(
        summary=phrase("scatter_table", n=fixed(table.rows, 0)),
        caption=with_unit(plot_title(exhibit.title, model), unit),
        columns=(phrase("col_machine"), *(phrase(heads[name]) for name in names)),
        rows=tuple((shown(one), *("" if v is None else brief(v) for v in values)) for one, *values in rows),
    )


def _ranges_table(exhibit: Exhibit, points: Sequence[_Point], model: str, unit: Text | None) -> PlotTable:
    """What the dots come to in ranges of true life, where there are too many to list them."""
    lowest, highest = min(p.label for p in points), max(p.label for p in points)
    step = nice_step(lowest, highest)
    found: dict[int, list[float]] = {}
    for point in points:
        found.setdefault(math.floor(point.label / step), []).append(point.late_by)
    rows = []
    for place, late_by in sorted(found.items()):
        late = sum(one > 0 for one in late_by)
        reach = phrase("scatter_range", low=tick_label(place, step), high=tick_label(place + 1, step)).en
        rows.append((reach, fixed(len(late_by), 0), fixed(late, 0), brief(round(median(map(abs, late_by)), 1))))
    return PlotTable(
        summary=phrase("scatter_ranges"),
        caption=with_unit(plot_title(exhibit.title, model), unit),
        columns=tuple(phrase(key) for key in ("col_true", "col_machines", "col_late", "col_median_error")),
        rows=tuple(rows),
    )
