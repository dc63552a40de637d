"""The page of one task: its card as facts, then the results of each track."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ..harness.records import MetricResult
from ..harness.task import TaskCard
from ..harness.text import Text
from .catalogue import phrase
from .charts import chart_views
from .collection import Board, Collection, Result
from .figures import fixed, plain
from .region_names import area_anchor, region_address, region_lines
from .view_doubts import board_doubts
from .view_exhibits import exhibit_groups
from .view_prompting import track_lines
from .view_results import by_value, figures_of, metric_views, result_view, same
from .views import BoardView, Fact, Figure, PublishedRow, ResultView, SliceTable, SplitRow, TaskPage, YardstickRow
from .vocabulary import (
    AXES,
    BLOCKS,
    INTERFACE_TITLES,
    SPLITS,
    area_title,
    industry_lines,
    named,
    slice_title,
    unit_title,
)

__all__ = ["slice_order", "task_page", "task_path"]


def task_path(card: TaskCard) -> str:
    """Where a task's page lies below the folder of a language."""
    return f"tasks/{card.area}/{card.name}.html"


def task_page(collection: Collection, card: TaskCard, *, practice: bool) -> TaskPage:
    """Everything on the page of a task, whether or not it was measured."""
    metrics = {m.name: m for m in card.metrics}
    boards = [b for b in collection.boards if b.card is card]
    return TaskPage(
        path=task_path(card),
        at_version=card.at_version,
        area=area_title(card.area),
        area_anchor=area_anchor(card),
        title=card.title,
        summary=card.summary,
        caveats=card.caveats,
        facts=_facts(card),
        splits=tuple(
            SplitRow(named(SPLITS, s.name), fixed(s.units, 0), fixed(s.rows, 0), s.exported) for s in card.splits
        ),
        metrics=metric_views(card.metrics),
        published=tuple(
            PublishedRow(
                name=p.name,
                metric=metrics[p.metric].title if p.metric in metrics else same(p.metric),
                value=plain(p.value),
                unit=unit_title(metrics[p.metric].unit) if p.metric in metrics else None,
                protocol=p.protocol,
                source=p.source,
            )
            for p in sorted(card.published, key=lambda p: (p.metric, p.name, p.value))
        ),
        yardsticks=_yardsticks(card),
        several_tracks=len(card.tracks) > 1 or len(boards) > 1,
        boards=tuple(_board(b, practice=practice) for b in boards),
    )


def _yardsticks(card: TaskCard) -> tuple[YardstickRow, ...]:
    def values(given: Mapping[str, float]) -> tuple[str | None, ...]:
        return tuple(fixed(given[m.name], m.digits) if m.name in given else None for m in card.metrics)

    return tuple(YardstickRow(one.name, one.why, values(one.values)) for one in card.yardsticks)


def _facts(card: TaskCard) -> tuple[Fact, ...]:
    summary = named(INTERFACE_TITLES, card.interface)
    worst = phrase("card_worst_value", value=plain(card.worst_value), what=card.worst_value_of)
    facts = [
        Fact("card_id", (same(card.at_version),), code=True),
        Fact("card_realism", (phrase(f"realism.{card.realism}"),)),
        Fact("card_industry", industry_lines(card.industry) if card.industry else (phrase("card_no_industry"),)),
        *_region_facts(card),
        Fact("card_interface", (phrase("card_interface_value", name=card.interface, summary=summary),)),
        *_data_facts(card),
        Fact("card_unit", _unit(card)),
        Fact("card_tracks", track_lines(card)),
        Fact("card_floor", (same(card.floor),), code=True),
        Fact("card_incumbent", (same(card.incumbent) if card.incumbent else phrase("card_no_incumbent"),)),
        Fact("card_perfect", (same(plain(card.perfect)),)),
        Fact("card_worst", (worst,)),
        Fact("card_on_invalid", (phrase(f"on_invalid.{card.on_invalid}"),)),
        Fact("card_effect", (_effect(card),)),
        Fact("card_standings", (phrase("card_standings_yes" if card.standings else "card_standings_no"),)),
        Fact("card_citation", (same(card.citation),)),
    ]
    return tuple(facts)


def _data_facts(card: TaskCard) -> list[Fact]:
    source = card.data
    since = source.public_since if source else card.public_since
    practice = [phrase("card_practice")] if card.practice_secret is not None else []
    facts = []
    if source is None:
        facts.append(Fact("card_source", (phrase("card_generated"), *practice)))
    else:
        facts.append(Fact("card_source", (same(source.title),), href=source.homepage or None))
        facts.append(Fact("card_licence", (same(source.licence),), note=source.licence_note or None))
        facts.append(Fact("card_access", (phrase(f"access.{source.access}"),)))
    if since:
        facts.append(Fact("card_public_since", (same(since), phrase("card_public_since_note"))))
    return facts


def _unit(card: TaskCard) -> tuple[Text, ...]:
    return (
        (card.unit_title, phrase("card_block", block=named(BLOCKS, card.block))) if card.block else (card.unit_title,)
    )


def _effect(card: TaskCard) -> Text:
    if card.detectable_effect is None:
        return phrase("card_effect_unknown")
    return phrase("card_effect_value", value=plain(card.detectable_effect))


def _region_facts(card: TaskCard) -> list[Fact]:
    """Where the data comes from: one subdivision, the regions that are told apart, both, or none."""
    one = [phrase("card_region_value", code=card.region)] if card.region else []
    if not one and not card.regions:
        one = [phrase("card_no_region")]
    facts = [Fact("card_region", tuple(one))] if one else []
    return [*facts, *([Fact("card_regions", region_lines(card))] if card.regions else [])]


def _board(board: Board, *, practice: bool) -> BoardView:
    results = [(r, result_view(r, practice=practice)) for r in by_value(board)]
    failed = tuple(result_view(r, practice=practice) for r in board.results if r.record.status == "failed")
    return BoardView(
        anchor=board.anchor,
        track=board.track.title,
        test_set=board.test_set,
        sealed=board.sealed,
        results=tuple(view for _, view in results),
        doubts=board_doubts(board),
        failed=failed,
        invalid=tuple(view for _, view in results if view.invalid_rows is not None),
        repeats=tuple(result_view(r, practice=practice) for r in board.repeats),
        own=tuple(result_view(r, practice=practice) for r in board.own),
        energy_reasons=_energy_reasons([*(view for _, view in results), *failed]),
        charts=chart_views(board),
        slices=_slices(board, results),
        regions=region_address([board]),
        exhibits=exhibit_groups(board),
    )


def _energy_reasons(results: Sequence[ResultView]) -> tuple[Text, ...]:
    """Why rows of a board have no energy figure, each reason once."""
    reasons = [r.cost.energy_reason for r in results if r.cost.energy is None and r.cost.energy_reason is not None]
    return tuple(sorted(set(reasons)))


def _slices(board: Board, results: Sequence[tuple[Result, ResultView]]) -> tuple[SliceTable, ...]:
    """One table per axis; axes in the card's order, values in their natural order."""
    metric = board.card.primary
    tables = []
    for axis in board.card.slices:
        found = [{s.value: s.metrics for s in r.record.slices if s.axis == axis} for r, _ in results]
        values = sorted({v for one in found for v in one}, key=slice_order)
        title = named(AXES, axis)
        rows = tuple(
            (view, tuple(_slice_figure(board, one.get(value)) for value in values))
            for (_, view), one in zip(results, found, strict=True)
        )
        caption = phrase("slices_caption", metric=metric.title, axis=title)
        if values:
            tables.append(SliceTable(caption, title, tuple(map(slice_title, values)), rows))
    return tuple(tables)


def slice_order(value: str) -> tuple[object, ...]:
    """Sorts 15x15 before 100x20, and <=50 before 51-125 before >125."""
    parts = re.split(r"(\d+)", value)
    words, numbers = parts[::2], parts[1::2]
    place = {"<": 0, ">": 2}.get(value[:1], 1)
    return (place, *(x for pair in zip(words, [*map(int, numbers), 0], strict=True) for x in pair))


def _slice_figure(board: Board, metrics: Sequence[MetricResult] | None) -> Figure | None:
    return figures_of([board.card.primary], metrics or ())[0]
