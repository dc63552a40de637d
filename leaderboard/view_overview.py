"""The first page: one table of models and tasks per application area, and the list of all records."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

from ..harness.task import TaskCard, Track
from .catalogue import phrase
from .collection import Board, Collection, Model
from .figures import fixed
from .region_names import area_anchor, region_address
from .safe_text import shown
from .view_results import metric_view, result_view
from .view_task import task_path
from .views import AreaTable, CellState, Column, IgnoredRow, ModelRow, OverviewCell, OverviewPage, RecordRow, Unmeasured
from .vocabulary import area_title

__all__ = ["ignored_rows", "overview_page", "record_rows"]


def overview_page(collection: Collection, *, practice: bool) -> OverviewPage:
    """All areas that have a card, in the order of their ids."""
    anchors = sorted({area_anchor(card) for card in collection.cards})
    measured = {b.card.id for b in collection.boards}
    counts = (
        ("count_areas", len({b.card.area for b in collection.boards})),
        ("count_tasks", len(measured)),
        ("count_models", len(collection.models)),
        ("count_records", len(collection.loaded)),
    )
    return OverviewPage(
        areas=tuple(_area(collection, anchor, practice=practice) for anchor in anchors),
        counts=tuple((label, fixed(n, 0)) for label, n in counts),
    )


def _area(collection: Collection, anchor: str, *, practice: bool) -> AreaTable:
    """The table of an area, or of its simulated regions.

    No row may hold a simulated region beside a real one, not even in a mean over all of them.
    """
    cards = [card for card in collection.cards if area_anchor(card) == anchor]
    boards = [b for b in collection.boards if area_anchor(b.card) == anchor]
    ranked = ((m, [r for r in m.results if r.record.trust != "own"]) for m in collection.models)
    here = [m for m, results in ranked if any(area_anchor(r.card) == anchor for r in results)]
    done = {(b.card.id, b.track.name) for b in boards}
    area = cards[0].area
    return AreaTable(
        anchor=anchor,
        title=area_title(area) if anchor == area else phrase("area_simulated", area=area_title(area)),
        columns=tuple(_column(b) for b in boards),
        rows=tuple(_row(m, boards, practice=practice) for m in here),
        unmeasured=tuple(_unmeasured(c, t) for c in cards for t in c.tracks if (c.id, t.name) not in done),
        regions=region_address(boards),
    )


def _column(board: Board) -> Column:
    return Column(
        task=board.card.title,
        track=board.track.title if len(board.card.tracks) > 1 else None,
        test_set=board.test_set,
        href=f"{task_path(board.card)}#{board.anchor}",
        metric=metric_view(board.card.primary, primary=True),
    )


def _unmeasured(card: TaskCard, track: Track) -> Unmeasured:
    return Unmeasured(card.title, track.title if len(card.tracks) > 1 else None, task_path(card))


def _row(model: Model, boards: Sequence[Board], *, practice: bool) -> ModelRow:
    cells = tuple(_cell(model, board, practice=practice) for board in boards)
    marks = [set(r.marks) for cell in cells for r in cell.results]
    return ModelRow(
        model=shown(model.identity.name),
        vendor=shown(model.identity.vendor),
        version=shown(model.identity.version),
        digest=model.identity.model_sha256[:8] if model.namesake else None,
        slug=model.slug,
        marks=tuple(sorted(set.intersection(*marks))) if marks else (),
        cells=cells,
    )


def _cell(model: Model, board: Board, *, practice: bool) -> OverviewCell:
    results = tuple(result_view(r, practice=practice) for r in board.results if r.slug == model.slug)
    if results:
        return OverviewCell("ok", results)
    answered = {r.record.protocol.interface for r in model.results}
    state: CellState = "not_run" if board.card.interface in answered else "not_applicable"
    return OverviewCell(state, ())


def record_rows(collection: Collection) -> tuple[RecordRow, ...]:
    """All records shown, by task, track, model and key."""
    rows = []
    for model in collection.models:
        for result in model.results:
            record = result.record
            rows.append(
                RecordRow(
                    key=record.key,
                    task=result.card.at_version,
                    track=record.cell.track,
                    model=shown(model.identity.name),
                    slug=model.slug,
                    failure=shown(record.code) if record.code else None,
                    date=record.started_at.astimezone(UTC).strftime("%Y-%m-%d"),
                )
            )
    return tuple(sorted(rows, key=lambda r: (r.task, r.track, r.model, r.key)))


def ignored_rows(collection: Collection) -> tuple[IgnoredRow, ...]:
    """The records that were found but are not shown."""
    return tuple(
        IgnoredRow(one.key, shown(one.task), shown(one.model), phrase(f"ignored.{one.reason}", found=shown(one.found)))
        for one in collection.ignored
    )
