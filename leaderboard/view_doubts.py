"""What a board's table does not say by itself: values too good to be true, finds to be looked at, orders that turn."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from ..harness.task import TaskCard
from ..harness.text import Text
from .catalogue import phrase
from .collection import Board, Result
from .safe_text import shown

__all__ = ["board_doubts"]

_SHOWN = 4  # pairs in one sentence


def board_doubts(board: Board) -> tuple[Text, ...]:
    """Sentences below the table of a board: alarms of its card, units flagged for review, what a cost band turns."""
    good = [r for r in board.results if r.record.status == "ok"]
    reviews = [
        phrase("review_note", model=shown(r.record.cell.model.name), units=shown("; ".join(r.record.reviews[:_SHOWN])))
        for r in good
        if r.record.reviews
    ]
    return (*_alarms(board.card, good), *reviews, *_band(board.card, good))


def _values(result: Result) -> Mapping[str, float]:
    return {metric.name: metric.value for metric in result.record.metrics}


def _alarms(card: TaskCard, results: list[Result]) -> list[Text]:
    metrics = {metric.name: metric for metric in card.metrics}
    found = []
    for alarm in card.alarms:
        names = [r.record.cell.model.name for r in results if alarm in card.raised(_values(r))]
        if names:
            metric = metrics[alarm.metric]
            limit = f"{alarm.beyond:.{metric.digits}f}"
            found.append(
                phrase("alarm_note", models=shown(", ".join(names)), metric=metric.title, limit=limit, why=alarm.why)
            )
    return found


def _band(card: TaskCard, results: list[Result]) -> list[Text]:
    if not card.band or len(results) < 2:
        return []
    turned = []
    for one, other in itertools.combinations(results, 2):
        a, b = _values(one), _values(other)
        if not set(card.band) <= set(a) & set(b):
            continue
        signs = {(a[name] > b[name]) - (a[name] < b[name]) for name in card.band} - {0}
        if len(signs) > 1:
            turned.append(f"{one.record.cell.model.name} / {other.record.cell.model.name}")
    if not turned:
        return [phrase("band_holds")]
    more = f" (+ {len(turned) - _SHOWN})" if len(turned) > _SHOWN else ""
    return [phrase("band_turns", pairs=shown(", ".join(turned[:_SHOWN]) + more))]
