"""Exhibits on pages: which models are shown beside each other, and each answer as a picture or why there is none."""

from __future__ import annotations

from collections.abc import Sequence

from ..harness.codes import CODES
from ..harness.exhibits import Exhibit
from ..harness.text import Text
from .catalogue import phrase
from .collection import Board, Result
from .gantt import gantt_horizon, gantt_view
from .safe_text import shown
from .view_results import by_value, same
from .views_pictures import ExhibitGroup, ExhibitView, NotDrawn

__all__ = ["exhibit_group", "exhibit_views"]

_COMPARED = 3  # models under each other: more is a wall, fewer compares nothing


def exhibit_group(board: Board) -> ExhibitGroup | None:
    """The unit that all models show, by the best model with a picture, the floor and one more; None without any."""
    found = [(result, one) for result in by_value(board) for one in result.exhibits if one.role == "common"]
    if not found:
        return None
    # Records of another release may show another unit: those that fit to the floor are compared.
    lead = next((one for result, one in found if result.is_floor), found[0][1])
    fitting = [(result, one) for result, one in found if (one.kind, one.unit) == (lead.kind, lead.unit)]
    chosen = _compared(fitting)
    horizon = _horizon([one for _, one in chosen])
    return ExhibitGroup(
        title=_safe(lead.title),
        chosen=_safe(lead.chosen),
        part=next((_safe(one.part) for _, one in chosen if one.part is not None), None),
        exhibits=tuple(_view(result, one, f"{board.anchor}-", horizon) for result, one in chosen),
    )


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
    return tuple(_view(result, one, f"{one.role}-{i}-", _horizon([one])) for i, one in enumerate(result.exhibits))


def _horizon(exhibits: Sequence[Exhibit]) -> float:
    return gantt_horizon([one for one in exhibits if one.broken is None])


def _view(result: Result, exhibit: Exhibit, prefix: str, horizon: float) -> ExhibitView:
    record = result.record
    marks = [("floor", result.is_floor), ("incumbent", result.is_incumbent)]
    name, key = shown(record.cell.model.name), record.key[:12]
    picture = exhibit.broken is None and exhibit.kind == "gantt"
    return ExhibitView(
        model=name,
        slug=result.slug,
        target=f"#r-{key}",
        key=record.key,
        marks=tuple(mark for mark, on in marks if on),
        variant=tuple(phrase(f"variant.{field}", value=shown(value)) for field, value in result.variant),
        title=_safe(exhibit.title),
        chosen=_safe(exhibit.chosen),
        part=None if exhibit.part is None else _safe(exhibit.part),
        not_drawn=_not_drawn(exhibit),
        gantt=gantt_view(exhibit, anchor=f"{prefix}{key}", model=name, horizon=horizon) if picture else None,
    )


def _not_drawn(exhibit: Exhibit) -> NotDrawn | None:
    broken = exhibit.broken
    if broken is None:
        return None
    meaning = CODES[broken.code].meaning if broken.code in CODES else same(broken.code)
    return NotDrawn(broken.code, meaning, shown(broken.found))


def _safe(text: Text) -> Text:
    return Text(shown(text.en), shown(text.zh))
