"""Courses: a predicted life over the age of one machine, or anomaly scores over one run with its alarms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from ..harness.exhibits import Exhibit
from ..harness.text import Text
from .catalogue import phrase
from .figures import brief, fixed
from .plots import Axis, horizontal, joined, plot_title, unit_words, vertical, with_unit
from .views_pictures import PlotArea, PlotDot, PlotKey, PlotLane, PlotLine, PlotTable, PlotUpright, PlotView

__all__ = ["course_view"]

_HEIGHT = 250.0
_MOST_DOTS = 150
_FAR = 25.0  # a picture reaches so many times above the threshold as the lowest scores lie below it,
_CUT = 2.4  # where scores lie that much further away, and the threshold would be within 4 pixels of the lower edge


def course_view(exhibit: Exhibit, *, anchor: str, model: str, among: Sequence[Exhibit]) -> PlotView:
    """A course on a time scale for all ``among`` which it is drawn; values with a unit share their scale too."""
    draw = _life_view if exhibit.value("threshold") is None else _score_view
    return draw(exhibit, anchor, model, horizontal(*_span(among)), among)


def _span(among: Sequence[Exhibit]) -> tuple[float, float]:
    """From 0, or the first time, to the last."""
    times = [float(at) for one in among for at in one.table("steps").column("at")]
    times += [float(one.value("ends_at") or 0.0) for one in among]
    return min(0.0, *times), max(times)


def _unit(exhibit: Exhibit, column: str) -> Text | None:
    return unit_words(next(c.unit for c in exhibit.table("steps").columns if c.name == column))


# Predicted remaining life


def _life_view(exhibit: Exhibit, anchor: str, model: str, x: Axis, among: Sequence[Exhibit]) -> PlotView:
    steps, cap = exhibit.table("steps"), exhibit.value("cap")
    at, value, truth = (steps.column(name) for name in ("at", "value", "truth"))
    low, high = steps.column("low"), steps.column("high")
    reached = [0.0, *(float(v) for one in among for v in (*one.table("steps").column("truth"), one.value("cap") or 0))]
    y = vertical(min(reached), max(reached), _HEIGHT)
    unit, time_unit = _unit(exhibit, "value"), _unit(exhibit, "at")
    ends, planned = exhibit.value("ends_at"), exhibit.value("planned_at")
    true_line = [(x.place(a), y.place(t)) for a, t in zip(at, truth, strict=True)]
    if ends is not None:
        true_line.append((x.place(ends), y.place(0.0)))
    areas = [PlotArea("late", (*true_line, (true_line[-1][0], y.end), (true_line[0][0], y.end)))]
    if low:
        there, back = zip(at, high, strict=True), reversed(list(zip(at, low, strict=True)))
        areas.append(PlotArea("interval", tuple((x.place(a), y.place(v)) for a, v in (*there, *back))))
    dots = zip(at, value, truth, strict=True) if steps.rows <= _MOST_DOTS else ()
    facts = _life_facts(exhibit, unit)
    uprights = [] if ends is None else [PlotUpright("ends", phrase("course_ends", at=brief(ends)), x.place(ends))]
    if planned is not None:
        uprights.append(PlotUpright("planned", phrase("course_planned", at=brief(planned)), x.place(planned)))
    level = y.place(cap or 0.0)
    return PlotView(
        anchor=anchor,
        kind="course",
        title=plot_title(exhibit.title, model),
        description=phrase("course_life_desc", facts=joined(facts)),
        facts=facts,
        keys=(
            phrase("course_life_key"),
            *([phrase("course_life_key_cap")] if cap is not None else []),
            *([phrase("course_key_interval")] if low else []),
        ),
        height=_HEIGHT,
        x_axis=with_unit(phrase("col_age"), time_unit),
        y_axis=with_unit(phrase("course_life"), unit),
        x_ticks=x.ticks(),
        y_ticks=y.ticks(),
        areas=tuple(areas),
        lines=(
            *([PlotLine("cap", ((x.start, level), (x.end, level)))] if cap is not None else []),
            PlotLine("right", tuple(true_line)),
            PlotLine("value", tuple((x.place(a), y.place(v)) for a, v in zip(at, value, strict=True))),
        ),
        dots=tuple(
            PlotDot("late" if v > t else "early", x.place(a), y.place(v), (brief(a), brief(t), brief(v)))
            for a, v, t in dots
        ),
        named=(
            PlotKey(phrase("plot_late"), area="late", dot="late" if steps.rows <= _MOST_DOTS else None),
            *([PlotKey(phrase("plot_cap", cap=brief(cap)), line="cap")] if cap is not None else []),
        ),
        uprights=tuple(uprights),
        lanes=(),
        hint="course_life_hint",
        table=_life_table(exhibit, model, unit),
    )


def _life_facts(exhibit: Exhibit, unit: Text | None) -> tuple[Text, ...]:
    steps, ends, planned = exhibit.table("steps"), exhibit.value("ends_at"), exhibit.value("planned_at")
    value, truth = steps.column("value"), steps.column("truth")
    late = sum(v > t for v, t in zip(value, truth, strict=True))
    facts = [phrase("course_late_count", late=fixed(late, 0), n=fixed(steps.rows, 0))]
    if ends is not None and planned is not None:
        left = brief(round(ends - planned, 2))
        facts.insert(0, phrase("course_replaced", at=brief(planned), left=left, unit=unit or ""))
    elif ends is not None:
        facts.insert(0, phrase("course_failed", at=brief(ends), unit=unit or ""))
    if low := steps.column("low"):
        cap = exhibit.value("cap")
        labels = truth if cap is None else [min(t, cap) for t in truth]
        held = sum(a <= t <= b for a, b, t in zip(low, steps.column("high"), labels, strict=True))
        facts.append(phrase("plot_held", share=fixed(100 * held / steps.rows, 0)))
    return tuple(facts)


def _life_table(exhibit: Exhibit, model: str, unit: Text | None) -> PlotTable | None:
    steps = exhibit.table("steps")
    if steps.rows > _MOST_DOTS:
        return None
    heads = {"at": "col_age", "value": "col_predicted", "truth": "col_true", "low": "col_low", "high": "col_high"}
    return PlotTable(
        summary=phrase("course_table", n=fixed(steps.rows, 0)),
        caption=with_unit(plot_title(exhibit.title, model), unit),
        columns=tuple(phrase(heads[c.name]) for c in steps.columns),
        rows=tuple(tuple(map(brief, row)) for row in zip(*(c.values for c in steps.columns), strict=True)),
    )


# Anomaly scores


def _score_view(exhibit: Exhibit, anchor: str, model: str, x: Axis, among: Sequence[Exhibit]) -> PlotView:
    steps, stretches = exhibit.table("steps"), exhibit.table("stretches")
    at, value = steps.column("at"), steps.column("value")
    threshold, normal = float(exhibit.value("threshold") or 0.0), exhibit.value("normal_until")
    low, high = _score_range(value, threshold)
    y = vertical(low, high, _HEIGHT)
    level = y.place(threshold)
    labelled = [(x.place(a), x.place(b)) for a, b in _stretches(exhibit)]
    areas = [PlotArea("labelled", _box(first, last)) for first, last in labelled]
    named = [PlotKey(phrase("course_threshold", value=_three(threshold)), line="threshold")]
    lanes = [
        PlotLane("labelled", phrase("course_lane_labelled"), tuple((a, _width(a, b)) for a, b in labelled)),
        PlotLane("alarm", phrase("course_lane_alarm"), tuple(_alarm_bars(exhibit, x))),
    ]
    if normal is not None:
        first, last = x.place(at[0]), x.place(normal)
        areas.insert(0, PlotArea("normal", _box(first, last)))
        lanes.insert(0, PlotLane("normal", phrase("course_lane_normal"), ((first, _width(first, last)),)))
    highest = max(value)
    if highest > high:
        named.append(PlotKey(phrase("course_peak", value=_three(highest)), dot="beyond"))
    peaks = [(a, v) for a, v in zip(at, value, strict=True) if v == highest > high][:1]
    facts = _score_facts(exhibit, beyond=highest if highest > high else None)
    return PlotView(
        anchor=anchor,
        kind="course",
        title=plot_title(exhibit.title, model),
        description=phrase("course_score_desc", n=fixed(stretches.rows, 0), facts=joined(facts)),
        facts=facts,
        keys=(phrase("course_score_key"),),
        height=_HEIGHT,
        x_axis=with_unit(phrase("course_time"), _unit(exhibit, "at")),
        y_axis=phrase("course_score"),
        x_ticks=x.ticks(),
        y_ticks=y.ticks(),
        areas=tuple(areas),
        lines=(
            PlotLine("value thin", tuple((x.place(a), y.place(v)) for a, v in zip(at, value, strict=True))),
            PlotLine("threshold", ((x.start, level), (x.end, level))),
        ),
        dots=tuple(PlotDot("beyond", x.place(a), y.place(v), (brief(a), _three(v))) for a, v in peaks),
        named=tuple(named),
        uprights=(),
        lanes=tuple(lanes),
        hint="course_score_hint",
        table=_score_table(exhibit, model),
    )


def _score_range(values: Sequence[float], threshold: float) -> tuple[float, float]:
    """What the picture holds: all scores, but none so far from the threshold that nothing else could be seen."""
    lowest, highest = min(*values, threshold), max(*values, threshold)
    usual = sorted(values)[len(values) // 100]
    far = _FAR * (threshold - usual)
    if far > 0 and highest - threshold > _CUT * far:
        highest = threshold + far
    lowest = max(lowest, usual - _FAR * (highest - usual)) if highest > usual else lowest
    return lowest, highest


def _box(first: float, last: float) -> tuple[tuple[float, float], ...]:
    return (first, 0.0), (last, 0.0), (last, _HEIGHT), (first, _HEIGHT)


def _width(first: float, last: float) -> float:
    return round(max(last - first, 0.0), 2)


def _stretches(exhibit: Exhibit) -> list[tuple[float, float]]:
    table = exhibit.table("stretches")
    return list(zip(table.column("first"), table.column("last"), strict=True))


def _alarm_bars(exhibit: Exhibit, x: Axis) -> Iterator[tuple[float, float]]:
    """Left end and width of each unbroken row of steps with an alarm."""
    steps = exhibit.table("steps")
    both = zip(steps.column("at"), steps.column("alarm"), strict=True)
    for alarm, run in groupby(both, key=lambda step: step[1]):
        if alarm:
            times = [at for at, _ in run]
            first, last = x.place(times[0]), x.place(times[-1])
            yield first, _width(first, last)


def _three(value: float) -> str:
    """A score to three digits: nothing but its place in the picture matters."""
    return brief(float(f"{value:.3g}"))


def _score_facts(exhibit: Exhibit, *, beyond: float | None) -> tuple[Text, ...]:
    facts = []
    if (value := exhibit.value("average_precision")) is not None:
        facts.append(phrase("course_average_precision", value=fixed(value, 3)))
    found, events = exhibit.value("events_found"), exhibit.value("events")
    if found is not None and events is not None:
        facts.append(phrase("course_found", found=fixed(found, 0), events=fixed(events, 0)))
    if (false := exhibit.value("false_alarms")) is not None:
        facts.append(phrase("course_false", n=fixed(false, 0)))
    if beyond is not None:
        facts.append(phrase("course_beyond", value=_three(beyond)))
    return tuple(facts)


def _score_table(exhibit: Exhibit, model: str) -> PlotTable | None:
    """Of each labelled stretch its first alarm and its highest score: the steps themselves are thousands."""
    steps = exhibit.table("steps")
    columns = (steps.column(name) for name in ("at", "value", "alarm"))
    every = list(zip(*columns, strict=True))
    rows = []
    for first, last in _stretches(exhibit):
        within = [step for step in every if first <= step[0] <= last]
        alarm = next((brief(at) for at, _, alarm in within if alarm), "")
        highest = _three(max(value for _, value, _ in within)) if within else ""
        rows.append((brief(first), brief(last), alarm, highest))
    if not rows:
        return None
    return PlotTable(
        summary=phrase("course_stretches", n=fixed(len(rows), 0)),
        caption=with_unit(plot_title(exhibit.title, model), _unit(exhibit, "at")),
        columns=tuple(phrase(key) for key in ("col_start", "col_end", "col_first_alarm", "col_highest_score")),
        rows=tuple(rows),
    )
