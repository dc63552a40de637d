"""Curves of precision over recall, with the share of positives as the line of chance where rows are ranked."""

from __future__ import annotations

from collections.abc import Sequence

from ..harness.exhibits import Exhibit
from ..harness.text import Text
from .catalogue import phrase
from .figures import fixed
from .plots import horizontal, joined, plot_title, unit_words, vertical
from .views_pictures import PlotDot, PlotKey, PlotLine, PlotTable, PlotView

__all__ = ["curve_view"]

_HEIGHT = 280.0
_DIGITS = 3


def curve_view(exhibit: Exhibit, *, anchor: str, model: str, among: Sequence[Exhibit]) -> PlotView:
    """A curve; both axes are shares from 0 to 1, whatever it is drawn ``among``."""
    del among
    x, y = horizontal(0.0, 1.0), vertical(0.0, 1.0, _HEIGHT)
    steps = exhibit.table("steps")
    recall, precision = steps.column("recall"), steps.column("precision")
    corners = [
        (x.place(at), y.place(value))
        for first, last, value in zip((0.0, *recall), recall, precision, strict=False)
        for at in (first, last)
    ]
    chance = exhibit.value("positive_share")
    level = None if chance is None else y.place(float(chance))
    mark, place = _mark(exhibit)
    facts = _facts(exhibit)
    return PlotView(
        anchor=anchor,
        kind="curve",
        title=plot_title(exhibit.title, model),
        description=phrase("curve_desc", facts=joined(facts)),
        facts=facts,
        keys=(
            phrase("curve_found_key" if level is None else "curve_key"),
            *([phrase("curve_key_decided" if mark == "decided" else "curve_key_asked")] if place is not None else []),
        ),
        height=_HEIGHT,
        x_axis=phrase("col_recall"),
        y_axis=phrase("col_precision"),
        x_ticks=x.ticks(),
        y_ticks=y.ticks(),
        areas=(),
        lines=(
            *([] if level is None else [PlotLine("chance", ((x.start, level), (x.end, level)))]),
            PlotLine("value", tuple(corners)),
        ),
        dots=()
        if place is None
        else (PlotDot("decided", x.place(place[0]), y.place(place[1]), (_fixed(place[0]), _fixed(place[1]))),),
        named=(
            *([] if level is None else [PlotKey(phrase("curve_chance", share=_fixed(chance)), line="chance")]),
            *([] if place is None else [_point_key(mark, float(exhibit.value(f"{mark}_recall") or 0.0), place[1])]),
        ),
        uprights=(),
        lanes=(),
        hint="curve_hint",
        table=PlotTable(
            summary=phrase("curve_table", n=fixed(steps.rows, 0)),
            caption=plot_title(exhibit.title, model),
            columns=(phrase("col_recall_to"), phrase("col_precision")),
            rows=tuple((fixed(r, _DIGITS), fixed(p, _DIGITS)) for r, p in zip(recall, precision, strict=True)),
        ),
    )


def _share(exhibit: Exhibit, name: str) -> float:
    return float(exhibit.value(name) or 0.0)


def _fixed(share: float | None) -> str:
    return fixed(float(share or 0.0), _DIGITS)


def _mark(exhibit: Exhibit) -> tuple[str, tuple[float, float] | None]:
    """What the diamond is, and its recall and precision; None where there is none."""
    for mark in ("decided", "asked"):
        recall, precision = exhibit.value(f"{mark}_recall"), exhibit.value(f"{mark}_precision")
        if recall is not None and precision is not None:
            reached = exhibit.value("reached_recall") if mark == "asked" else None
            return mark, (float(recall if reached is None else reached), float(precision))
    return "", None


def _point_key(mark: str, recall: float, precision: float) -> PlotKey:
    words = phrase(f"curve_point.{mark}", recall=_fixed(recall), precision=_fixed(precision))
    return PlotKey(words, dot="decided")


def _facts(exhibit: Exhibit) -> tuple[Text, ...]:
    area, positives = _fixed(exhibit.value("average_precision")), fixed(_share(exhibit, "positives"), 0)
    if exhibit.value("positive_share") is None:
        reached = _fixed(exhibit.table("steps").column("recall")[-1])
        facts = [
            phrase("curve_found_area", value=area, recall=reached),
            phrase("curve_found_positives", positives=positives),
        ]
    else:
        share, rows = _fixed(exhibit.value("positive_share")), fixed(_share(exhibit, "rows"), 0)
        unit = unit_words(exhibit.unit_of("rows")) or phrase("curve_rows")
        facts = [
            phrase("curve_area", value=area),
            phrase("curve_positives", share=share, positives=positives, rows=rows, unit=unit),
        ]
    if exhibit.value("decided_recall") is not None:
        told = {name: _fixed(exhibit.value(f"decided_{name}")) for name in ("precision", "recall")}
        facts.append(phrase("curve_decided", **told))
    if (asked := exhibit.value("asked_recall")) is not None:
        precision = exhibit.value("asked_precision")
        said = "curve_not_asked" if precision is None else "curve_asked"
        more = {} if precision is None else {"precision": _fixed(precision)}
        facts.append(phrase(said, recall=_fixed(asked), **more))
    if missing := exhibit.value("unusable"):
        facts.append(phrase("curve_unusable", n=fixed(missing, 0)))
    return tuple(facts)
