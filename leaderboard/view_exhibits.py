"""Exhibits on pages: which models are shown beside each other, and each answer as a picture or why there is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from ..harness.codes import CODES
from ..harness.exhibits import Exhibit
from ..harness.text import Text
from .answer import AnswerView, answer_view
from .catalogue import phrase
from .catalogue_exhibit import Scale
from .collection import Board, Result
from .confusion import ConfusionView, confusion_view
from .course import course_view
from .curve import curve_view
from .document import DocumentView, document_view
from .fan import fan_view
from .gantt import gantt_horizon, gantt_view
from .heat import HeatView, heat_view
from .safe_text import shown
from .scatter import scatter_view
from .view_results import by_value, same
from .views_pictures import ExhibitGroup, ExhibitView, GanttView, NotDrawn, PlotView

__all__ = ["exhibit_groups", "exhibit_views"]

_COMPARED = 3  # models under each other: more is a wall, fewer compares nothing


class _PlotMaker(Protocol):
    """Makes the view of an exhibit on a scale that holds all exhibits ``among`` which it is drawn."""

    def __call__(self, exhibit: Exhibit, *, anchor: str, model: str, among: Sequence[Exhibit]) -> PlotView: ...


_PLOTS: dict[str, _PlotMaker] = {
    "scatter": scatter_view,
    "curve": curve_view,
    "course": course_view,
    "fan": fan_view,
}


def exhibit_groups(board: Board) -> tuple[ExhibitGroup, ...]:
    """What all models show, one group per kind and unit: the best model with a picture, the floor and one more."""
    found = [(result, one) for result in by_value(board) for one in result.exhibits if one.role == "common"]
    groups = []
    for place, (kind, unit) in enumerate(_compared_units(found)):
        chosen = _compared([(result, one) for result, one in found if (one.kind, one.unit) == (kind, unit)])
        lead = next((one for result, one in chosen if result.is_floor), chosen[0][1])
        drawn = [one for _, one in chosen if one.broken is None]
        views = tuple(_view(result, one, f"{board.anchor}-{place}-", drawn) for result, one in chosen)
        groups.append(
            ExhibitGroup(
                title=_safe(lead.title),
                chosen=_safe(lead.chosen),
                part=next((_safe(one.part) for _, one in chosen if one.part is not None), None),
                scale=phrase(f"exhibits_scale.{_scale(drawn[0])}") if drawn else None,
                keys=_once(view.keys for view in views),
                exhibits=views,
            )
        )
    return tuple(groups)


def _compared_units(found: Sequence[tuple[Result, Exhibit]]) -> Iterator[tuple[str, str]]:
    """Kind and unit of each group, in the order in which the tasks gave them.

    Records of another release may show another unit: those that fit to the floor, else to the best, are compared.
    """
    for kind in dict.fromkeys(one.kind for _, one in found):
        of_kind = [(result, one) for result, one in found if one.kind == kind]
        lead = next((result for result, _ in of_kind if result.is_floor), of_kind[0][0])
        for unit in dict.fromkeys(one.unit for result, one in of_kind if result is lead):
            yield kind, unit


def _compared(found: Sequence[tuple[Result, Exhibit]]) -> list[tuple[Result, Exhibit]]:
    """Best first: the best, the floor, and the best of the others; every model once."""
    once: dict[str, tuple[Result, Exhibit]] = {}
    for result, one in found:
        once.setdefault(result.slug, (result, one))
    models = list(once.values())
    floor = [pair for pair in models if pair[0].is_floor]
    others = [pair for pair in models if not pair[0].is_floor]
    chosen = {pair[0].record.key for pair in (*floor, *others[: _COMPARED - len(floor)])}
    return [pair for pair in models if pair[0].record.key in chosen]


def exhibit_views(result: Result) -> tuple[ExhibitView, ...]:
    """All pictures of one result, each on its own scale."""
    said: set[Text] = set()
    views = []
    for place, one in enumerate(result.exhibits):
        drawn = [one] if one.broken is None else []
        views.append(_view(result, one, f"{one.role}-{place}-", drawn, said))
        said |= set(views[-1].keys)
    return tuple(views)


def _scale(exhibit: Exhibit) -> Scale:
    if exhibit.kind != "course":
        return exhibit.kind
    return "life" if exhibit.value("threshold") is None else "score"


def _once(keys: Iterable[tuple[Text, ...]]) -> tuple[Text, ...]:
    return tuple(dict.fromkeys(key for some in keys for key in some))


def _view(
    result: Result, exhibit: Exhibit, prefix: str, among: Sequence[Exhibit], said: Iterable[Text] = ()
) -> ExhibitView:
    """One answer; ``among`` are the exhibits on one scale with it, ``said`` how others above it are read."""
    record = result.record
    name, anchor = shown(record.cell.model.name), f"{prefix}{record.key[:12]}"
    gantt: GanttView | None = None
    plot: PlotView | None = None
    document: DocumentView | None = None
    confusion: ConfusionView | None = None
    answer: AnswerView | None = None
    heat: HeatView | None = None
    if exhibit.broken is None and exhibit.kind == "document":
        document = document_view(exhibit, anchor=anchor, model=name)
    elif exhibit.broken is None and exhibit.kind == "confusion":
        confusion = confusion_view(exhibit, anchor=anchor, model=name)
    elif exhibit.broken is None and exhibit.kind == "answer":
        answer = answer_view(exhibit, anchor=anchor, model=name)
    elif exhibit.broken is None and exhibit.kind in ("peaks", "hours"):
        heat = heat_view(exhibit, anchor=anchor, model=name, among=among)
    elif exhibit.broken is None and exhibit.kind == "gantt":
        gantt = gantt_view(exhibit, anchor=anchor, model=name, horizon=gantt_horizon(among))
    elif exhibit.broken is None:
        plot = _PLOTS[exhibit.kind](exhibit, anchor=anchor, model=name, among=among)
    drawn = gantt or plot or document or confusion or answer or heat
    return ExhibitView(
        model=name,
        slug=result.slug,
        target=f"#r-{record.key[:12]}",
        key=record.key,
        marks=result.marks,
        variant=tuple(phrase(f"variant.{field}", value=shown(value)) for field, value in result.variant),
        title=_safe(exhibit.title),
        chosen=_safe(exhibit.chosen),
        part=None if exhibit.part is None else _safe(exhibit.part),
        keys=tuple(key for key in drawn.keys if key not in set(said)) if drawn else (),
        not_drawn=_not_drawn(exhibit),
        gantt=gantt,
        plot=plot,
        document=document,
        confusion=confusion,
        answer=answer,
        heat=heat,
    )


def _not_drawn(exhibit: Exhibit) -> NotDrawn | None:
    broken = exhibit.broken
    if broken is None:
        return None
    meaning = CODES[broken.code].meaning if broken.code in CODES else same(broken.code)
    return NotDrawn(broken.code, meaning, shown(broken.found))


def _safe(text: Text) -> Text:
    return Text(shown(text.en), shown(text.zh))
