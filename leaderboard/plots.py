"""Scatters, curves and courses: their axes, and the inline SVG that draws a view of them.

Places are in per cent of the width and in pixels of the height, so that letters keep their size on a phone, a screen
and paper. What runs from place to place (areas, lines) is drawn in a plane that is stretched with the width.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

from ..harness.text import Language, Text
from .catalogue import TEXTS, phrase
from .charts import nice_step, stacked
from .figures import tick_label
from .safe_text import clipped, columns, shown
from .views_pictures import PlotDot, PlotKey, PlotTable, PlotView
from .vocabulary import unit_title

__all__ = [
    "Axis",
    "draw_keys",
    "draw_plot",
    "draw_rows",
    "horizontal",
    "joined",
    "plot_title",
    "unit_words",
    "vertical",
    "with_unit",
]

_NAMES, _AXIS_NAME, _LINE, _LANE = 58, 20, 17, 15  # width of the numbers beside a plot; heights in pixels
_BELOW = 44  # of the numbers and the name below a plot
_EDGE, _PAD = 1.2, 7.0  # no dot is cut in half: per cent at the sides, pixels above and below
_LEAST = 0.3  # per cent of the width
_MANY = 400  # more dots than these are smaller
_TITLE_COLUMNS = 80
_SAMPLE = (22, 12)  # width and height of a sample in pixels
_COLUMN_PX, _PHONE_PX = 6.6, 300.0  # width of a column of words, and of a plot on a phone
_PEAK = "M0-6 6 4-6 4Z"
_PATHS = {"decided": "M0-7 7 0 0 7-7 0Z", "beyond": _PEAK}
_SMALL_PATHS = {"decided": "M0-6 5-1 0 4-5-1Z", "beyond": _PEAK}  # in a sample


class Axis(NamedTuple):
    """Values from ``low`` to ``high`` at places from ``start`` to ``end``, in per cent or in pixels."""

    low: float
    high: float
    start: float
    end: float

    def place(self, value: float) -> float:
        """Where a value stands; one beyond the axis stands at its end."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.start + (self.end - self.start) * share, 2)

    def ticks(self) -> tuple[tuple[str, float], ...]:
        """Label and place of the ticks, at most seven."""
        step = nice_step(self.low, self.high)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return tuple((tick_label(i, step), self.place(i * step)) for i in range(first, last + 1))


def horizontal(low: float, high: float) -> Axis:
    """The axis below a plot, in per cent of its width; where there is but one value, it lies in the middle."""
    return Axis(*_spread(low, high), _EDGE, 100 - _EDGE)


def vertical(low: float, high: float, height: float) -> Axis:
    """The axis beside a plot of a height in pixels, counted from its top."""
    return Axis(*_spread(low, high), height - _PAD, _PAD)


def _spread(low: float, high: float) -> tuple[float, float]:
    """Both ends, moved apart where they are so near to each other that no tick could tell them apart."""
    size = max(abs(low), abs(high))
    room = max(1.0, size * 0.1)
    return (low, high) if high - low > max(size * 1e-9, 1e-290) else (low - room, high + room)


def unit_words(unit: str | None) -> Text | None:
    """The unit that an exhibit names, for people; None where it has none."""
    return unit_title(shown(unit or "1"))


def with_unit(name: Text, unit: Text | None) -> Text:
    """The name of an axis, a column or a table with the unit of its values."""
    return name if unit is None else phrase("plot_axis", name=name, unit=unit)


def joined(texts: Sequence[Text]) -> Text:
    """Sentences one behind the other."""
    return Text(" ".join(t.en for t in texts), "".join(t.zh for t in texts))


def plot_title(title: Text, model: str) -> Text:
    """What is seen and of whom, for assistive technology and tables."""
    safe = Text(shown(title.en), shown(title.zh))
    return phrase("exhibit_title", title=safe, model=clipped(model, _TITLE_COLUMNS))


def draw_rows(table: PlotTable, language: Language) -> Markup:
    """The rows of the table below a plot; an empty cell says that there is no value."""
    nothing = str(escape(phrase("none").of(language)))
    rows = []
    for first, *others in table.rows:
        cells = "".join(f"<td>{escape(one) if one else nothing}</td>" for one in others)
        rows.append(f'<tr><th scope="row">{escape(first)}</th>{cells}</tr>')
    return Markup("\n".join(rows))


def draw_keys(named: Sequence[PlotKey], language: Language) -> Markup:
    """The names of areas, lines and dots, each behind a sample that is drawn like them; a line of words that wraps."""
    return Markup(" ".join(f"<span>{_draw_sample(one)}{escape(one.text.of(language))}</span>" for one in named))


def _draw_sample(key: PlotKey) -> str:
    width, height = _SAMPLE
    parts = [f'<rect class="ground" width="{width}" height="{height}"/>']
    if key.area:
        parts.append(f'<polygon class="{key.area}" points="0,0 {width},0 {width},{height} 0,{height}"/>')
    if key.line:
        parts.append(f'<polyline class="{key.line}" points="0,{height / 2:g} {width},{height / 2:g}"/>')
    if key.dot in _PATHS:
        parts.append(f'<path class="{key.dot}" transform="translate({width / 2:g} 7)" d="{_SMALL_PATHS[key.dot]}"/>')
    elif key.dot:
        parts.append(f'<circle class="{key.dot}" cx="{width / 2:g}" cy="{height / 2:g}" r="3.5"/>')
    size = f'width="{width}" height="{height}"'
    return f'<svg class="plot sample" {size} aria-hidden="true">{"".join(parts)}</svg>'


def draw_plot(view: PlotView, language: Language) -> Markup:
    """The plot behind its numbers as inline SVG; an image for assistive technology, with title and words."""
    lanes = _AXIS_NAME + _LINE * len(view.uprights)
    top = lanes + _LANE * len(view.lanes) + (6 if view.lanes else 0)
    bottom = top + view.height
    name = escape(f"plot-{view.anchor}")
    size = f'height="{bottom + _BELOW:g}"'
    parts = [f'<svg class="plot names" width="{_NAMES}" {size} aria-hidden="true">']
    for i, lane in enumerate(view.lanes):
        parts.append(_text("name", f'x="{_NAMES - 8}" y="{lanes + _LANE * i + 11}"', lane.name.of(language)))
    for label, y in view.y_ticks:
        parts.append(_text("tick", f'x="{_NAMES - 8}" y="{top + y + 4:g}"', label))
    parts += [
        "</svg>",
        f'<svg class="plot plane {escape(view.kind)}" width="100%" {size} role="img" '
        f'aria-labelledby="{name}-t {name}-d">',
        f'<title id="{name}-t">{escape(view.title.of(language))}</title>',
        f'<desc id="{name}-d">{escape(view.description.of(language))}</desc>',
        f'<rect class="ground" x="0" y="{top}" width="100%" height="{view.height:g}"/>',
        *_draw_plane(view, top, areas=True),
    ]
    for label, at in view.x_ticks:
        parts.append(f'<line class="grid" x1="{at}%" x2="{at}%" y1="{top}" y2="{bottom:g}"/>')
        parts.append(_text("tick middle", f'x="{at}%" y="{bottom + 16:g}"', label))
    for _, y in view.y_ticks:
        parts.append(f'<line class="grid" x1="0%" x2="100%" y1="{top + y:g}" y2="{top + y:g}"/>')
    for i, lane in enumerate(view.lanes):
        y = lanes + _LANE * i + 2
        parts.append(f'<rect class="lane" x="0" y="{y}" width="100%" height="{_LANE - 4}"/>')
        for at, width in lane.bars:
            seen = max(width, _LEAST)  # one step is narrower than a pixel, and a bar without width is not drawn
            parts.append(f'<rect class="{lane.kind}" x="{at}%" y="{y}" width="{seen}%" height="{_LANE - 4}"/>')
    parts += _draw_plane(view, top, areas=False)
    words = [(line.at, _COLUMN_PX * columns(line.label.of(language))) for line in view.uprights]
    uprights = [view.uprights[i] for i in stacked(words, _PHONE_PX)]
    for i, line in enumerate(uprights):
        y = _AXIS_NAME + _LINE * i + 13
        parts.append(f'<line class="{line.kind}" x1="{line.at}%" x2="{line.at}%" y1="{y + 3}" y2="{bottom:g}"/>')
    hint = str(escape(TEXTS[view.hint].of(language)))
    radius = 3.5 if len(view.dots) <= _MANY else 2.2
    parts += [_draw_dot(dot, top, hint, radius) for dot in view.dots]
    for i, line in enumerate(uprights):
        side, shift = ("start", 5) if line.at < 50 else ("end", -5)
        where = f'x="{line.at}%" dx="{shift}" y="{_AXIS_NAME + _LINE * i + 13}"'
        parts.append(_text(f"label above {line.kind} {side}", where, line.label.of(language)))
    parts.append(_text("axis start", 'x="0%" y="12"', view.y_axis.of(language)))
    parts.append(_text("axis middle", f'x="50%" y="{bottom + 36:g}"', view.x_axis.of(language)))
    return Markup("\n".join([*parts, "</svg>"]))  # every text above went through escape


def _draw_plane(view: PlotView, top: float, *, areas: bool) -> Iterator[str]:
    """Areas, or lines, in a drawing of their own that is stretched to the width; per cent and pixels are its units."""
    drawn = view.areas if areas else view.lines
    if not drawn:
        return
    yield (
        f'<svg aria-hidden="true" x="0" y="{top}" width="100%" height="{view.height:g}" '
        f'viewBox="0 0 100 {view.height:g}" preserveAspectRatio="none">'
    )
    for area in view.areas if areas else ():
        yield f'<polygon class="{area.kind}" points="{_points(area.corners)}"/>'
    for line in () if areas else view.lines:
        yield f'<polyline class="{line.kind}" points="{_points(line.places)}"/>'
    yield "</svg>"


def _points(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{at:g},{y:g}" for at, y in places)


def _draw_dot(dot: PlotDot, top: float, hint: str, radius: float) -> str:
    said = f"<title>{hint.format(*map(escape, dot.hint))}</title>" if dot.hint else ""
    if dot.kind in _PATHS:  # a path knows no per cent, so it has a drawing of its own at the place
        place = f'x="{dot.at}%" y="{top + dot.y:g}" width="1" height="1" overflow="visible"'
        return f'<svg aria-hidden="true" {place}><path class="{dot.kind}" d="{_PATHS[dot.kind]}">{said}</path></svg>'
    return f'<circle class="{dot.kind}" cx="{dot.at}%" cy="{top + dot.y:g}" r="{radius:g}">{said}</circle>'


def _text(kind: str, where: str, text: str) -> str:
    return f'<text class="{kind}" {where}>{escape(text)}</text>'
