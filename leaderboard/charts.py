"""Interval charts: where dots, bars and reference lines go, and the inline SVG that draws them.

Places are in per cent of the width and heights in pixels, so that a chart is as wide as its page while its letters keep
their size: the same drawing serves a phone, a screen and paper.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from markupsafe import Markup, escape

from ..harness.text import Language, Text
from .catalogue import phrase
from .collection import Board, Result
from .figures import fixed, plain
from .safe_text import clipped, shown
from .view_results import by_value
from .views_pictures import ChartPoint, ChartReference, ChartView
from .vocabulary import unit_title

__all__ = ["chart_view", "draw_chart", "nice_step"]

_ROW, _REFERENCE, _AXIS = 42, 19, 46  # heights in pixels
_MARGIN = 1.5  # per cent of the width on either side, so that no dot is cut in half
_LABEL_COLUMNS, _REFERENCE_COLUMNS = 28, 40
_TICKS = 6


def chart_view(board: Board) -> ChartView | None:
    """The primary metric of all results of a board; None where none has a value."""
    values = [(r, r.record.metrics[0]) for r in by_value(board)]
    if not values:
        return None
    metric, lines = board.card.primary, _references(board)
    drawn = [line.at for line in lines]
    for _, one in values:
        drawn += [one.value] if one.interval is None else [one.value, one.interval.low, one.interval.high]
    step = nice_step(min(drawn), max(drawn))
    first = math.floor(min(drawn) / step + 1e-9)
    last = max(first + 1, math.ceil(max(drawn) / step - 1e-9))

    def place(value: float) -> float:
        share = (value / step - first) / (last - first)
        return round(_MARGIN + (100 - 2 * _MARGIN) * share, 2) + 0.0  # never a negative zero

    points = tuple(
        ChartPoint(
            label=_label(r),
            value=_value_text(m.value, (m.interval.low, m.interval.high) if m.interval else None, metric.digits),
            at=place(m.value),
            low=place(m.interval.low) if m.interval else None,
            high=place(m.interval.high) if m.interval else None,
            hollow=r.is_floor,
        )
        for r, m in values
    )
    references = tuple(replace(line, at=place(line.at)) for line in lines)
    unit = unit_title(metric.unit)
    direction = phrase("direction.higher" if metric.higher_is_better else "direction.lower")
    return ChartView(
        anchor=board.anchor,
        title=phrase("chart_title", metric=metric.title, n=fixed(len(points), 0)),
        description=phrase("chart_desc", direction=direction, references=_listed([r.label for r in references])),
        points=points,
        references=references,
        ticks=tuple((_tick(i, step), place(i * step)) for i in range(first, last + 1)),
        axis=phrase(
            "chart_axis" if unit else "chart_axis_no_unit", metric=metric.title, unit=unit, direction=direction
        ),
    )


def nice_step(low: float, high: float) -> float:
    """The distance of ticks: 1, 2 or 5 times a power of ten, at most six steps from ``low`` to ``high``.

    >>> nice_step(0.0, 42.0), nice_step(0.0, 1.0), nice_step(3.0, 3.0)
    (10.0, 0.2, 1.0)
    """
    span = high - low
    if span <= 0:
        return 1.0
    power = math.floor(math.log10(span / _TICKS))
    for factor in (1, 2, 5, 10):
        step = float(f"{factor}e{power}")
        if span / step <= _TICKS:
            return step
    return float(f"1e{power + 2}")


def _label(result: Result) -> str:
    """The model's name; where a board has several results of it, also the values that tell them apart."""
    name, values = shown(result.record.cell.model.name), ", ".join(shown(value) for _, value in result.variant)
    if not values:
        return clipped(name, _LABEL_COLUMNS)
    return clipped(f"{clipped(name, _LABEL_COLUMNS // 2)} · {values}", _LABEL_COLUMNS + 4)


def _references(board: Board) -> list[ChartReference]:
    """Perfect value, floor and published scores of the primary metric, still in the metric's unit."""
    card = board.card

    def line(name: Text, value: float, shown_as: str, kind: Literal["perfect", "floor", "published"]) -> ChartReference:
        return ChartReference(phrase("chart_reference", name=name, value=shown_as), value, kind)

    lines = [line(phrase("line_perfect"), card.perfect, plain(card.perfect), "perfect")]
    if board.floor is not None:
        value = board.floor.record.metrics[0].value
        name = phrase("line_floor", model=shown(card.floor))
        lines.append(line(name, value, fixed(value, card.primary.digits), "floor"))
    published = [p for p in card.published if p.metric == card.primary.name]
    for score in sorted(published, key=lambda p: (p.value, p.name)):
        name = phrase("line_published", name=clipped(shown(score.name), _REFERENCE_COLUMNS))
        lines.append(line(name, score.value, plain(score.value), "published"))
    return lines


def _listed(texts: Sequence[Text]) -> Text:
    glue = phrase("and_list")
    return Text(glue.en.join(t.en for t in texts), glue.zh.join(t.zh for t in texts))


def _value_text(value: float, interval: tuple[float, float] | None, digits: int) -> str:
    if interval is None:
        return fixed(value, digits)
    return f"{fixed(value, digits)} [{fixed(interval[0], digits)}, {fixed(interval[1], digits)}]"


def _tick(number: int, step: float) -> str:
    return fixed(number * step, max(0, -math.floor(math.log10(step) + 1e-9)))


def draw_chart(chart: ChartView, language: Language) -> Markup:
    """The chart as inline SVG: an image for assistive technology, with title and description."""
    top = _REFERENCE * len(chart.references) + 10
    bottom = top + _ROW * len(chart.points) + 4
    name = f"chart-{chart.anchor}"
    parts = [
        f'<svg class="chart" width="100%" height="{bottom + _AXIS}" role="img" '
        f'aria-labelledby="{escape(name)}-t {escape(name)}-d">',
        f'<title id="{escape(name)}-t">{escape(chart.title.of(language))}</title>',
        f'<desc id="{escape(name)}-d">{escape(chart.description.of(language))}</desc>',
    ]
    for label, at in chart.ticks:
        parts.append(f'<line class="grid" x1="{at}%" x2="{at}%" y1="{top}" y2="{bottom}"/>')
        parts.append(_text("tick", at, bottom + 17, label))
    lines = sorted(chart.references, key=lambda r: (r.at < 50, -r.at if r.at >= 50 else r.at))
    for i, line in enumerate(lines):
        y = _REFERENCE * i + 14
        parts.append(f'<line class="ref {line.kind}" x1="{line.at}%" x2="{line.at}%" y1="{y + 4}" y2="{bottom}"/>')
    for i, line in enumerate(lines):
        parts.append(_text(f"reflabel {line.kind}", line.at, _REFERENCE * i + 14, line.label.of(language)))
    for i, point in enumerate(chart.points):
        parts += _draw_point(point, top + _ROW * i)
    parts.append(
        f'<text class="axis" x="50%" y="{bottom + 38}" text-anchor="middle">{escape(chart.axis.of(language))}</text>'
    )
    return Markup("\n".join([*parts, "</svg>"]))  # every text above went through escape


def _draw_point(point: ChartPoint, top: float) -> list[str]:
    middle = top + 30
    kind = "point hollow" if point.hollow else "point"
    parts = [
        f'<rect class="band" x="0" width="100%" y="{top}" height="22"/>',  # no line runs through the words
        f'<text class="name" x="0" y="{top + 16}">{escape(point.label)}</text>',
        f'<text class="value" x="100%" y="{top + 16}" text-anchor="end">{escape(point.value)}</text>',
    ]
    if point.low is not None and point.high is not None:
        parts.append(f'<line class="bar" x1="{point.low}%" x2="{point.high}%" y1="{middle}" y2="{middle}"/>')
    return [*parts, f'<circle class="{kind}" cx="{point.at}%" cy="{middle}" r="5"/>']


def _text(kind: str, at: float, y: float, text: str) -> str:
    """A text at a place: a tick under it, a name beside it, towards the middle of the drawing.

    Lines are drawn from the outside to the middle, so that a name runs over lines that begin below it.
    """
    anchor = "start" if at < 50 else "end"
    shift = 4 if at < 50 else -4
    if kind == "tick":
        anchor, shift = ("start" if at < 5 else "end" if at > 95 else "middle"), 0
    return f'<text class="{kind}" x="{at}%" dx="{shift}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'
