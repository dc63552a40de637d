"""Interval charts: where dots, bars and reference lines go, and the inline SVG that draws them.

Places are in per cent of the width and heights in pixels, so that a chart is as wide as its page while its letters keep
their size: the same drawing serves a phone, a screen and paper.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from markupsafe import Markup, escape

from ..harness.metrics import Metric
from ..harness.text import Language, Text
from .catalogue import phrase
from .collection import Board, Result
from .figures import fixed, plain, tick_label
from .safe_text import broken, clipped, columns, shown
from .view_results import by_value
from .views_pictures import ChartPoint, ChartReference, ChartView, ReferenceKind
from .vocabulary import unit_title

__all__ = ["chart_view", "chart_views", "draw_chart", "nice_step", "result_label", "stacked"]

_LINE, _DOT, _REFERENCE, _AXIS = 22, 20, 19, 46  # heights in pixels: of a line of words, of the dot below them
_MARGIN = 1.5  # per cent of the width on either side, so that no dot is cut in half
_EDGE = 4.0  # a reference line nearer to an edge than so many per cent keeps its place, and words keep off it
_SHORT_COLUMNS, _PHONE_COLUMNS = 38, 42  # of a line of a name; of name and value in one line of a phone
_LABEL_COLUMNS, _REFERENCE_COLUMNS = 152, 40
_TICKS = 6
_COLUMN_PX, _BESIDE_PX, _PHONE_PX = 6.6, 8.0, 350.0  # width of a column of a name, room beside it; of a phone's chart


def chart_views(board: Board) -> tuple[ChartView, ...]:
    """The chart of the primary metric, then one of each other metric that published scores are given in."""
    given = {p.metric for p in board.card.published}
    metrics = [board.card.primary, *(m for m in board.card.secondary if m.name in given)]
    return tuple(chart for metric in metrics if (chart := chart_view(board, metric)) is not None)


def chart_view(board: Board, metric: Metric) -> ChartView | None:
    """One metric of all results of a board, best by the primary one first; None where none has a value."""
    values = [(r, one) for r in by_value(board) for one in r.record.metrics if one.name == metric.name]
    if not values:
        return None
    lines = _references(board, metric)
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
            label=result_label(r),
            value=_value_text(m.value, (m.interval.low, m.interval.high) if m.interval else None, metric.digits),
            at=place(m.value),
            low=place(m.interval.low) if m.interval else None,
            high=place(m.interval.high) if m.interval else None,
            hollow=r.is_floor or r.is_control,
        )
        for r, m in values
    )
    references = tuple(replace(line, at=place(line.at)) for line in lines)
    unit = unit_title(metric.unit)
    direction = phrase(f"direction.{metric.direction}")
    return ChartView(
        anchor=board.anchor if metric is board.card.primary else f"{board.anchor}-{metric.name}",
        title=phrase("chart_title", metric=metric.title, n=fixed(len(points), 0)),
        description=phrase("chart_desc", direction=direction, references=_listed([r.label for r in references])),
        points=points,
        references=references,
        ticks=tuple((tick_label(i, step), place(i * step)) for i in range(first, last + 1)),
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


def stacked(names: Sequence[tuple[float, float]], width: float) -> list[int]:
    """The order, from the top, of the names of vertical lines: a line begins below every name that it would cut.

    A name stands beside its line, towards the middle. Where two would cut each other, one has to.

    Args:
        names: Place of each line in per cent of the width, and width of its name in pixels.
        width: Of the narrowest drawing, in pixels; in a wider one a name reaches over fewer lines.

    Returns:
        The places of the names in the given order, each once.

    >>> stacked([(90.0, 50.0), (10.0, 250.0), (40.0, 50.0)], 300.0)  # the second reaches from 10 % to 93 %
    [1, 0, 2]
    """

    def cuts(one: int, other: int) -> bool:
        """Whether the name of one stands in the way of the other's line."""
        (at, long), beside = names[one], names[other][0]
        reach = 100 * (long + _BESIDE_PX) / width
        return one != other and (at <= beside <= at + reach if at < 50 else at - reach <= beside <= at)

    def outwards(i: int) -> tuple[bool, float]:
        at = names[i][0]
        return at < 50, -at if at >= 50 else at

    rest, order = sorted(range(len(names)), key=outwards), list[int]()
    while rest:
        free = (i for i in rest if not any(cuts(other, i) for other in rest))
        order.append(next(free, rest[0]))
        rest.remove(order[-1])
    return order


def result_label(result: Result) -> str:
    """The model's name; where a board has several results of it, also the values that tell them apart."""
    name, values = shown(result.record.cell.model.name), ", ".join(shown(value) for _, value in result.variant)
    return clipped(f"{name} · {values}" if values else name, _LABEL_COLUMNS)


def _references(board: Board, metric: Metric) -> list[ChartReference]:
    """Perfect value, floor, published scores and yardsticks of a metric, still in its unit."""
    card = board.card

    def line(name: Text, value: float, shown_as: str, kind: ReferenceKind) -> ChartReference:
        return ChartReference(phrase("chart_reference", name=name, value=shown_as), value, kind)

    lines, perfect = [], card.perfect if metric is card.primary else None
    if perfect is not None:
        lines.append(line(phrase("line_perfect"), perfect, plain(perfect), "perfect"))
    for one in board.floor.record.metrics if board.floor is not None else ():
        if one.name == metric.name:
            name = phrase("line_floor", model=shown(card.floor))
            lines.append(line(name, one.value, fixed(one.value, metric.digits), "floor"))
    published = [p for p in card.published if p.metric == metric.name]
    for score in sorted(published, key=lambda p: (p.value, p.name)):
        name = phrase("line_published", name=clipped(shown(score.name), _REFERENCE_COLUMNS))
        lines.append(line(name, score.value, plain(score.value), "published"))
    for yardstick in () if board.sealed else card.yardsticks:  # computed for the test set that everybody knows
        value = yardstick.values.get(metric.name)
        if value is not None and value != perfect:  # the perfect value has its line already
            name = phrase("line_yardstick", name=yardstick.name)
            lines.append(line(name, value, fixed(value, metric.digits), "yardstick"))
    return lines


def _listed(texts: Sequence[Text]) -> Text:
    glue = phrase("and_list")
    return Text(glue.en.join(t.en for t in texts), glue.zh.join(t.zh for t in texts))


def _value_text(value: float, interval: tuple[float, float] | None, digits: int) -> str:
    if interval is None:
        return fixed(value, digits)
    return f"{fixed(value, digits)} [{fixed(interval[0], digits)}, {fixed(interval[1], digits)}]"


def draw_chart(chart: ChartView, language: Language) -> Markup:
    """The chart as inline SVG: an image for assistive technology, with title and description."""
    top = _REFERENCE * len(chart.references) + 10
    rows = [_words(point) for point in chart.points]
    bottom = top + sum(_LINE * len(words) + _DOT for words in rows) + 4
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
    labels = [_fitting(r.label.of(language), r.at) for r in chart.references]
    named = [(r.at, _COLUMN_PX * columns(label)) for r, label in zip(chart.references, labels, strict=True)]
    order = stacked(named, _PHONE_PX)
    lines = [chart.references[i] for i in order]
    for i, line in enumerate(lines):
        y = _REFERENCE * i + 14
        parts.append(f'<line class="ref {line.kind}" x1="{line.at}%" x2="{line.at}%" y1="{y + 4}" y2="{bottom}"/>')
    for i, line in enumerate(lines):
        parts.append(_text(f"reflabel {line.kind}", line.at, _REFERENCE * i + 14, labels[order[i]]))
    sides = _Sides(
        left=any(line.at < _EDGE for line in chart.references),
        right=any(line.at > 100 - _EDGE for line in chart.references),
    )
    for point, words in zip(chart.points, rows, strict=True):
        parts += _draw_point(point, words, top, sides)
        top += _LINE * len(words) + _DOT
    parts.append(
        f'<text class="axis" x="50%" y="{bottom + 38}" text-anchor="middle">{escape(chart.axis.of(language))}</text>'
    )
    return Markup("\n".join([*parts, "</svg>"]))  # every text above went through escape


def _fitting(label: str, at: float) -> str:
    """The name of a line, cut before its value where a phone has no room for both."""
    room = int((max(at, 100 - at) / 100 * _PHONE_PX - _BESIDE_PX) / _COLUMN_PX)
    name, _, value = label.rpartition(" ")
    return label if columns(label) <= room else f"{clipped(name, room - columns(value) - 1)} {value}"


class _Sides(NamedTuple):
    """On which sides a reference line stands so near to the edge that words would stand on it."""

    left: bool
    right: bool


def _words(point: ChartPoint) -> list[tuple[str, str]]:
    """Lines of a row as (name, value): one if a phone has room for both, else the value behind the name's last line."""
    lines = broken(point.label, _SHORT_COLUMNS)
    if columns(lines[-1]) + columns(point.value) <= _PHONE_COLUMNS:
        return [*((line, "") for line in lines[:-1]), (lines[-1], point.value)]
    return [*((line, "") for line in lines), ("", point.value)]


def _draw_point(point: ChartPoint, words: Sequence[tuple[str, str]], top: float, sides: _Sides) -> list[str]:
    height = _LINE * len(words)
    middle = top + height + 8
    kind = "point hollow" if point.hollow else "point"
    first, last = (_EDGE / 2 if sides.left else 0.0), 100 - (_EDGE / 2 if sides.right else 0.0)
    parts = [  # no line runs through the words, but those at the edges run beside them
        f'<rect class="band" x="{first}%" width="{last - first}%" y="{top}" height="{height}"/>'
    ]
    for i, (name, value) in enumerate(words):
        y = top + _LINE * i + 16
        if name:
            parts.append(f'<text class="name" x="{first}%" dx="{4 * sides.left}" y="{y}">{escape(name)}</text>')
        if value:
            shift = -4 * sides.right
            parts.append(
                f'<text class="value" x="{last}%" dx="{shift}" y="{y}" text-anchor="end">{escape(value)}</text>'
            )
    if point.low is not None and point.high is not None:
        parts.append(f'<line class="bar" x1="{point.low}%" x2="{point.high}%" y1="{middle}" y2="{middle}"/>')
    return [*parts, f'<circle class="{kind}" cx="{point.at}%" cy="{middle}" r="5"/>']


def _text(kind: str, at: float, y: float, text: str) -> str:
    """A text at a place: a tick under it, a name beside it, towards the middle of the drawing."""
    anchor = "start" if at < 50 else "end"
    shift = 4 if at < 50 else -4
    if kind == "tick":
        anchor, shift = ("start" if at < 5 else "end" if at > 95 else "middle"), 0
    return f'<text class="{kind}" x="{at}%" dx="{shift}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'
