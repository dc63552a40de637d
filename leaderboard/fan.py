"""Fans: forecasts of a week, or of one origin, beside what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from ..harness.exhibits import Exhibit
from ..harness.text import Text
from .catalogue import phrase
from .figures import brief, fixed, significant
from .plots import Axis, horizontal, joined, plot_title, unit_words, vertical, with_unit
from .safe_text import shown
from .views_pictures import PlotArea, PlotKey, PlotLine, PlotTable, PlotView

__all__ = ["fan_view"]

_HEIGHT = 260.0
_MOST_ROWS = 200  # of the table of steps


class _Step(NamedTuple):
    """One row of the table of steps."""

    at: float
    actual: float | None
    value: float
    low: float | None
    high: float | None


def fan_view(exhibit: Exhibit, *, anchor: str, model: str, among: Sequence[Exhibit]) -> PlotView:
    """A fan on axes that hold all ``among`` which it is drawn."""
    every = [step for one in among for step in _steps(one)]
    reached = [v for step in every for v in (step.actual, step.value, step.low, step.high) if v is not None]
    x = horizontal(0.0, max(step.at for step in every))
    y = vertical(min(reached), max(reached), _HEIGHT)
    forecasts = _forecasts(exhibit)
    unit = unit_words(next(c.unit for c in exhibit.table("steps").columns if c.name == "value"))
    facts, has_band = _facts(exhibit, unit), bool(exhibit.table("steps").column("low"))
    begins = [shown(one) for one in exhibit.table("origins").column("begins")]
    several = len(forecasts) > 1
    return PlotView(
        anchor=anchor,
        kind="fan",
        title=plot_title(exhibit.title, model),
        description=phrase("fan_desc", hours=brief(max(s.at for s in every)), facts=joined(facts)),
        facts=facts,
        keys=(phrase("fan_key" if several else "fan_key_one"), *([phrase("fan_key_band")] if has_band else [])),
        height=_HEIGHT,
        x_axis=phrase("fan_days") if several else phrase("fan_hours", begins=begins[0].replace("T", " ")),
        y_axis=with_unit(phrase("fan_y"), unit),
        x_ticks=_day_ticks(exhibit, x) if several else x.ticks(),
        y_ticks=y.ticks(),
        areas=tuple(_band(steps, x, y) for steps in forecasts) if has_band else (),
        lines=(
            *(PlotLine("right", places) for places in _unbroken(_steps(exhibit), x, y)),
            *(PlotLine("value forecast", _places([(s.at, s.value) for s in steps], x, y)) for steps in forecasts),
        ),
        dots=(),
        named=(
            PlotKey(phrase("fan_actual"), line="right"),
            PlotKey(phrase("fan_value"), line="value forecast"),
            *([PlotKey(phrase("fan_band"), area="interval")] if has_band else []),
        ),
        uprights=(),
        lanes=(),
        hint="fan_hint",
        table=_day_table(exhibit, model, forecasts, begins, unit) if several else _step_table(exhibit, model, unit),
    )


def _steps(exhibit: Exhibit) -> list[_Step]:
    table = exhibit.table("steps")
    nothing = (None,) * table.rows
    columns = [table.column(name) or nothing for name in _Step._fields]
    return [_Step(*row) for row in zip(*columns, strict=True)]


def _forecasts(exhibit: Exhibit) -> list[list[_Step]]:
    """The steps of each origin; origins without a step are left out."""
    starts = [*exhibit.table("origins").column("at"), float("inf")]
    steps = _steps(exhibit)
    found = [[s for s in steps if first <= s.at < last] for first, last in pairwise(starts)]
    return [one for one in found if one]


def _places(values: Sequence[tuple[float, float]], x: Axis, y: Axis) -> tuple[tuple[float, float], ...]:
    return tuple((x.place(at), y.place(value)) for at, value in values)


def _unbroken(steps: Sequence[_Step], x: Axis, y: Axis) -> Iterator[tuple[tuple[float, float], ...]]:
    """Places of what was measured, in lines that end where nothing was."""
    line: list[tuple[float, float]] = []
    for step in steps:
        if step.actual is not None:
            line.append((x.place(step.at), y.place(step.actual)))
        elif line:
            yield tuple(line)
            line = []
    if line:
        yield tuple(line)


def _band(steps: Sequence[_Step], x: Axis, y: Axis) -> PlotArea:
    there = [(s.at, s.high or 0.0) for s in steps]
    back = [(s.at, s.low or 0.0) for s in reversed(steps)]
    return PlotArea("interval", _places([*there, *back], x, y))


def _day_ticks(exhibit: Exhibit, x: Axis) -> tuple[tuple[str, float], ...]:
    """The date of every forecast where it begins: month and day."""
    origins = exhibit.table("origins")
    return tuple(
        (shown(begins)[5:10], x.place(at))
        for at, begins in zip(origins.column("at"), origins.column("begins"), strict=True)
    )


def _facts(exhibit: Exhibit, unit: Text | None) -> tuple[Text, ...]:
    measured = [s for s in _steps(exhibit) if s.actual is not None]
    if not measured:
        return ()
    error = _mean_error(measured)
    loads = [s.actual for s in measured if s.actual is not None]
    said = _measured(significant(error), None if unit == unit_words("unknown") else unit)
    if min(loads) > 0:  # a share of what goes up and down through 0 would say nothing
        facts = [phrase("fan_error", error=said, share=fixed(100 * error * len(loads) / sum(loads), 1))]
    else:
        facts = [phrase("fan_error_plain", error=said)]
    if exhibit.table("steps").column("low"):
        held = sum((s.low or 0.0) <= (s.actual or 0.0) <= (s.high or 0.0) for s in measured)
        facts.append(phrase("fan_held", share=fixed(100 * held / len(measured), 0)))
    return tuple(facts)


def _measured(value: str, unit: Text | None) -> Text:
    return Text(value, value) if unit is None else Text(f"{value} {unit.en}", f"{value} {unit.zh}")


def _mean_error(measured: Sequence[_Step]) -> float:
    return sum(abs((s.actual or 0.0) - s.value) for s in measured) / len(measured)


def _day_table(
    exhibit: Exhibit, model: str, forecasts: Sequence[Sequence[_Step]], begins: Sequence[str], unit: Text | None
) -> PlotTable:
    """Of each forecast its highest values, when, and the mean error."""
    rows = []
    for steps, start in zip(forecasts, begins, strict=False):
        measured = [s for s in steps if s.actual is not None]
        said = max(steps, key=lambda s: s.value)
        if not measured:
            rows.append((start.replace("T", " "), "", "", brief(said.value), _clock(start, said, steps), ""))
            continue
        top = max(measured, key=lambda s: s.actual or 0.0)
        cells = (brief(top.actual or 0.0), _clock(start, top, steps), brief(said.value), _clock(start, said, steps))
        rows.append((start.replace("T", " "), *cells, significant(_mean_error(measured))))
    heads = ("col_begins", "col_highest", "col_highest_at", "col_highest_said", "col_highest_at", "col_mean_error")
    return PlotTable(
        summary=phrase("fan_table_days", n=fixed(len(rows), 0)),
        caption=with_unit(plot_title(exhibit.title, model), unit),
        columns=tuple(map(phrase, heads)),
        rows=tuple(rows),
    )


def _clock(start: str, step: _Step, steps: Sequence[_Step]) -> str:
    """Clock time of a step of the forecast that begins at ``start``; hours from there, where that is no time."""
    hours = step.at - steps[0].at
    try:
        begins = datetime.fromisoformat(start)
    except ValueError:
        return brief(hours)
    minutes = round(hours * 60) + begins.hour * 60 + begins.minute
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


def _step_table(exhibit: Exhibit, model: str, unit: Text | None) -> PlotTable | None:
    steps = exhibit.table("steps")
    if steps.rows > _MOST_ROWS:
        return None
    heads = {"at": "col_step_at", "actual": "fan_actual", "value": "fan_value", "low": "col_low", "high": "col_high"}
    return PlotTable(
        summary=phrase("fan_table_steps", n=fixed(steps.rows, 0)),
        caption=with_unit(plot_title(exhibit.title, model), unit),
        columns=tuple(phrase(heads[c.name]) for c in steps.columns),
        rows=tuple(
            tuple("" if one is None else brief(one) for one in row)
            for row in zip(*(c.values for c in steps.columns), strict=True)
        ),
    )
