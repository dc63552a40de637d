"""Curves of precision over recall, with the share of positives as the line of chance."""

from __future__ import annotations

from collections.abc import Sequence

from ..harness.exhibits import Exhibit
from ..harness.text import Text
from .catalogue import phrase
from .figures import fixed
from .plots import horizontal, joined, plot_title, vertical
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
    chance = _share(exhibit, "positive_share")
    decided = exhibit.value("decided_recall"), exhibit.value("decided_precision")
    facts = _facts(exhibit)
    level = y.place(chance)
    return PlotView(
        anchor=anchor,
        kind="curve",
        title=plot_title(exhibit.title, model),
        description=phrase("curve_desc", facts=joined(facts)),
        facts=facts,
        keys=(phrase("curve_key"), *([phrase("curve_key_decided")] if decided[0] is not None else [])),
        height=_HEIGHT,
        x_axis=phrase("col_recall"),
        y_axis=phrase("col_precision"),
        x_ticks=x.ticks(),
        y_ticks=y.ticks(),
        areas=(),
        lines=(PlotLine("chance", ((x.start, level), (x.end, level))), PlotLine("value", tuple(corners))),
        dots=()
        if decided[0] is None or decided[1] is None
        else (
            PlotDot(
                "decided",
                x.place(decided[0]),
                y.place(decided[1]),
                (fixed(decided[0], _DIGITS), fixed(decided[1], _DIGITS)),
            ),
        ),
        named=(PlotKey(phrase("curve_chance", share=fixed(chance, _DIGITS)), line="chance"),),
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


def _facts(exhibit: Exhibit) -> tuple[Text, ...]:
    facts = [
        phrase("curve_area", value=fixed(_share(exhibit, "average_precision"), _DIGITS)),
        phrase(
            "curve_positives",
            share=fixed(_share(exhibit, "positive_share"), _DIGITS),
            positives=fixed(_share(exhibit, "positives"), 0),
            rows=fixed(_share(exhibit, "rows"), 0),
        ),
    ]
    if exhibit.value("decided_recall") is not None:
        told = {name: fixed(_share(exhibit, f"decided_{name}"), _DIGITS) for name in ("precision", "recall")}
        facts.append(phrase("curve_decided", **told))
    if missing := exhibit.value("unusable"):
        facts.append(phrase("curve_unusable", n=fixed(missing, 0)))
    return tuple(facts)
