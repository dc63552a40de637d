"""Charts by region: a row per region with a mark and an interval per model, and the inline SVG that draws it.

Places are in per cent of the width and heights in pixels, as in ``charts``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

from ..harness.records import MetricResult
from ..harness.text import Language, Text
from .charts import nice_step
from .plots import horizontal
from .safe_text import clipped
from .views_regions import RegionChart, RegionLane, RegionMark

__all__ = ["MODELS_DRAWN", "Words", "draw_region_chart", "draw_region_keys", "region_chart"]

MODELS_DRAWN = 3
"""Models in one chart: each has a mark of its own shape."""

_NAME, _MARK, _GAP, _TOP, _AXIS = 18, 15, 9, 8, 46  # heights in pixels: of a region's name, of a model's mark
_ZERO_NAME = 19
_EDGE = 4.0  # per cent of the width within which a name would stand on the line of no difference
_NAME_COLUMNS = 40
_SHAPES = ("m0", "m1", "m2")  # filled circle, hollow circle, hollow diamond


class Words(NamedTuple):
    """What stands in and around a chart."""

    title: Text
    description: Text
    axis: Text
    zero_name: Text | None = None


def region_chart(
    words: Words,
    *,
    anchor: str,
    models: Sequence[str],
    regions: Sequence[str],
    values: Sequence[Sequence[MetricResult | None]],
) -> RegionChart | None:
    """The chart of some models; None where there is nothing to draw.

    Args:
        words: With ``zero_name`` where 0 means no difference: the chart then holds 0.
        anchor: Unique on its page.
        models: Names, at most ``MODELS_DRAWN``.
        regions: Names of the rows.
        values: Per region one result per model.
    """
    every = [one for row in values for one in row if one is not None]
    if not every:
        return None
    drawn = [0.0] if words.zero_name is not None else []
    for one in every:
        drawn += [one.value] if one.interval is None else [one.value, one.interval.low, one.interval.high]
    step = nice_step(min(drawn), max(drawn))
    x = horizontal(math.floor(min(drawn) / step + 1e-9) * step, math.ceil(max(drawn) / step - 1e-9) * step)

    def mark(one: MetricResult | None) -> RegionMark | None:
        if one is None:
            return None
        ends = (None, None) if one.interval is None else (x.place(one.interval.low), x.place(one.interval.high))
        return RegionMark(x.place(one.value), *ends)

    return RegionChart(
        anchor=anchor,
        title=words.title,
        description=words.description,
        models=tuple(clipped(name, _NAME_COLUMNS) for name in models),
        lanes=tuple(
            RegionLane(clipped(name, _NAME_COLUMNS), tuple(map(mark, row)))
            for name, row in zip(regions, values, strict=True)
        ),
        ticks=x.ticks(),
        zero=None if words.zero_name is None else x.place(0.0),
        zero_name=words.zero_name,
        axis=words.axis,
    )


def draw_region_chart(chart: RegionChart, language: Language) -> Markup:
    """The chart as inline SVG: an image for assistive technology, with title and description."""
    top = _TOP + (_ZERO_NAME if chart.zero is not None else 0)
    height = _NAME + _MARK * len(chart.models) + _GAP
    bottom = top + height * len(chart.lanes)
    name = escape(f"regions-{chart.anchor}")
    parts = [
        f'<svg class="chart regions" width="100%" height="{bottom + _AXIS}" role="img" '
        f'aria-labelledby="{name}-t {name}-d">',
        f'<title id="{name}-t">{escape(chart.title.of(language))}</title>',
        f'<desc id="{name}-d">{escape(chart.description.of(language))}</desc>',
    ]
    for label, at in chart.ticks:
        anchor = "start" if at < 5 else "end" if at > 95 else "middle"
        parts.append(f'<line class="grid" x1="{at}%" x2="{at}%" y1="{top}" y2="{bottom}"/>')
        parts.append(f'<text class="tick" x="{at}%" y="{bottom + 17}" text-anchor="{anchor}">{escape(label)}</text>')
    if chart.zero is not None and chart.zero_name is not None:
        side, shift = ("start", 4) if chart.zero < 50 else ("end", -4)
        parts.append(
            f'<line class="ref" x1="{chart.zero}%" x2="{chart.zero}%" y1="4" y2="{bottom}"/>'
            f'<text class="reflabel" x="{chart.zero}%" dx="{shift}" y="14" text-anchor="{side}">'
            f"{escape(chart.zero_name.of(language))}</text>"
        )
    beside = 12 if chart.zero is not None and chart.zero < _EDGE else 0  # names keep off the line
    for i, lane in enumerate(chart.lanes):
        y = top + height * i
        if i:
            parts.append(f'<line class="between" x1="0%" x2="100%" y1="{y}" y2="{y}"/>')
        parts.append(f'<text class="name" x="0%" dx="{beside}" y="{y + 15}">{escape(lane.name)}</text>')
        for shape, mark, at in zip(_SHAPES, lane.marks, range(MODELS_DRAWN), strict=False):
            if mark is not None:
                parts += _draw_mark(mark, shape, y + _NAME + _MARK * at + _MARK // 2)
    parts.append(
        f'<text class="axis" x="50%" y="{bottom + 38}" text-anchor="middle">{escape(chart.axis.of(language))}</text>'
    )
    return Markup("\n".join([*parts, "</svg>"]))  # every text above went through escape


def draw_region_keys(chart: RegionChart) -> Markup:
    """The names of the models, each behind a sample of its mark; a line of words that wraps."""
    keys = []
    for shape, model in zip(_SHAPES, chart.models, strict=False):
        drawn = "".join(_draw_mark(RegionMark(50.0, 5.0, 95.0), shape, 7))
        keys.append(
            f'<span><svg class="chart regions sample" width="30" height="14" aria-hidden="true">{drawn}</svg>'
            f"<bdi>{escape(model)}</bdi></span>"
        )
    return Markup(" ".join(keys))


def _draw_mark(mark: RegionMark, shape: str, y: float) -> list[str]:
    parts = []
    if mark.low is not None and mark.high is not None:
        parts.append(f'<line class="bar {shape}" x1="{mark.low}%" x2="{mark.high}%" y1="{y}" y2="{y}"/>')
    if shape == "m2":  # a path knows no per cent, so it has a drawing of its own at the place
        place = f'x="{mark.at}%" y="{y}" width="1" height="1" overflow="visible"'
        return [*parts, f'<svg aria-hidden="true" {place}><path class="point m2" d="M0-6 6 0 0 6-6 0Z"/></svg>']
    return [*parts, f'<circle class="point {shape}" cx="{mark.at}%" cy="{y}" r="5"/>']
