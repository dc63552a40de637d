"""The page of regions: per task its regions under every model, differences to the baseline, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..harness.metrics import Metric
from ..harness.records import MetricResult
from ..harness.statistics.weights import WeightDraws
from ..harness.task import Region, TaskCard
from ..harness.text import Text
from .catalogue import phrase
from .charts import result_label
from .collection import Board, Collection, Result
from .comparable import baseline_of, refusals
from .figures import fixed
from .region_chart import MODELS_DRAWN, Words, region_chart
from .region_differences import AXIS, RegionDifference, differences_of, folders_of
from .region_names import REGIONS_PATH, region_anchor, region_code
from .safe_text import shown
from .view_results import by_value, figures_of, metric_view, result_view, same
from .view_task import task_path
from .views import Figure
from .views_regions import (
    DifferenceCell,
    RegionBoard,
    RegionChart,
    RegionName,
    RegionRow,
    RegionSet,
    RegionsPage,
    TaskMatrix,
    TaskName,
)
from .vocabulary import BLOCKS, named, unit_title

__all__ = ["regions_page"]


def regions_page(collection: Collection, *, practice: bool) -> RegionsPage:
    """Everything on the page of regions: real ones first, simulated ones apart from them."""
    boards = [board for board in collection.boards if board.card.regions]
    folders, draws = folders_of(collection), WeightDraws()
    views = {
        simulated: tuple(
            _board(board, collection, folders, draws, practice=practice)
            for board in boards
            if board.card.simulated == simulated
        )
        for simulated in (False, True)
    }
    return RegionsPage(
        path=REGIONS_PATH,
        sets=tuple(
            RegionSet(
                anchor=name,
                title=phrase(title),
                lead=phrase(lead),
                boards=views[simulated],
                unmeasured=_unmeasured(collection, boards, simulated=simulated),
            )
            for name, title, lead, simulated in (
                ("real", "regions_real", "regions_real_lead", False),
                ("simulated", "regions_simulated", "regions_simulated_lead", True),
            )
        ),
        matrix=_matrix(collection, boards),
        left_out=_left_out(collection),
    )


def _unmeasured(collection: Collection, boards: Sequence[Board], *, simulated: bool) -> tuple[tuple[Text, str], ...]:
    measured = {board.card.id for board in boards}
    cards = [c for c in collection.cards if c.regions and c.simulated == simulated and c.id not in measured]
    return tuple((card.title, task_path(card)) for card in cards)


def _left_out(collection: Collection) -> tuple[Text, ...]:
    """Records of tasks with regions that no table holds, as those of another version."""
    titles = {card.id: card.title for card in collection.cards if card.regions}
    return tuple(
        phrase(
            "regions_left_out_line",
            task=titles[one.task],
            model=shown(one.model),
            why=phrase(f"ignored.{one.reason}", found=shown(one.found)),
        )
        for one in collection.ignored
        if one.task in titles
    )


def _matrix(collection: Collection, boards: Sequence[Board]) -> TaskMatrix:
    """All boards with regions, and the tracks of which no record is there: a reader may look for these too."""
    measured = {(board.card.id, board.track.name) for board in boards}
    bare = [
        Board(card, track, None, (), ())
        for card in collection.cards
        if card.regions
        for track in card.tracks
        if (card.id, track.name) not in measured
    ]
    every = sorted([*boards, *bare], key=lambda board: (board.card.simulated, board.card.id))

    def detail(board: Board) -> Text | None:
        words = [board.track.title] if len(board.card.tracks) > 1 else []
        if board.test_set:
            words.append(phrase("results_test_set", digest=board.test_set))
        return Text(" · ".join(w.en for w in words), " · ".join(w.zh for w in words)) if words else None

    def address(board: Board) -> str:
        return f"#{region_anchor(board)}" if board.results else task_path(board.card)

    names = tuple(TaskName(board.card.title, detail(board), address(board)) for board in every)
    return TaskMatrix(names, tuple(tuple(refusals(one, other) for other in every) for one in every))


def _board(
    board: Board, collection: Collection, folders: Mapping[str, Path], draws: WeightDraws, *, practice: bool
) -> RegionBoard:
    card, metric = board.card, board.card.primary
    results, baseline = by_value(board), baseline_of(board)
    values = {
        (result.record.key, part.value): part.metrics
        for result in results
        for part in result.record.slices
        if part.axis == AXIS
    }
    differences = differences_of(board, folders, draws)
    told = sum(one.verdict is not None for one in differences.values())
    name = None if baseline is None else result_label(baseline)
    second = next(iter(card.secondary), None)

    def figures(of: Metric | None, region: Region) -> tuple[Figure | None, ...]:
        if of is None:
            return ()
        return tuple(figures_of([of], values.get((r.record.key, region.value), ()))[0] for r in results)

    return RegionBoard(
        anchor=region_anchor(board),
        task=card.title,
        href=f"{task_path(card)}#{board.anchor}",
        track=board.track.title if len(card.tracks) > 1 else None,
        test_set=board.test_set,
        regions=_regions_line(card),
        metric=metric_view(metric, primary=True),
        second=None if second is None else metric_view(second, primary=False),
        models=tuple(result_view(result, practice=practice) for result in results),
        rows=tuple(
            RegionRow(
                name=RegionName(shown(region.value), region.title, region_code(region)),
                figures=figures(metric, region),
                second=figures(second, region),
                differences=tuple(_cell(differences[r.record.key, region.value], metric) for r in results),
            )
            for region in card.regions
        ),
        baseline=name,
        values_caption=phrase("regions_values", metric=metric.title),
        second_caption=None if second is None else phrase("regions_values", metric=second.title),
        differences_caption=_differences_caption(metric, name),
        values_note=_values_note(metric),
        chance_note=phrase("regions_chance", n=fixed(told, 0)) if told else None,
        charts=_charts(board, results, baseline, values, differences),
        absent=_absent(board, collection),
    )


def _regions_line(card: TaskCard) -> Text:
    facts = {"n": fixed(len(card.regions), 0), "unit": card.unit_title}
    if card.block is None:
        return phrase("regions_of_task", **facts)
    return phrase("regions_of_task_blocks", block=named(BLOCKS, card.block), **facts)


def _values_note(metric: Metric) -> Text:
    unit = unit_title(metric.unit)
    return phrase("regions_scaled_note") if unit is None else phrase("regions_unit_note", unit=unit)


def _differences_caption(metric: Metric, baseline: str | None) -> Text:
    if baseline is None:
        return phrase("regions_no_differences", why=phrase("unpaired.no_baseline"))
    sign = phrase("regions_positive" if metric.higher_is_better else "regions_negative")
    return phrase("regions_differences", metric=metric.title, baseline=baseline, sign=sign)


def _cell(found: RegionDifference, metric: Metric) -> DifferenceCell:
    return DifferenceCell(
        figure=None if found.difference is None else _signed(metric, found.difference),
        verdict=found.verdict,
        refused=found.refused,
    )


def _signed(metric: Metric, result: MetricResult) -> Figure:
    interval = result.interval
    return Figure(
        value=_with_sign(result.value, metric.digits),
        low=None if interval is None else _with_sign(interval.low, metric.digits),
        high=None if interval is None else _with_sign(interval.high, metric.digits),
        no_interval=result.no_interval,
        error=None,
        n=fixed(result.n_units, 0),
        percentile=interval is not None and interval.method == "percentile",
    )


def _with_sign(value: float, digits: int) -> str:
    """A difference with its sign; one that rounds to nought has none."""
    text = fixed(value, digits)
    return f"+{text}" if value > 0 and text.strip("0.,") else text.replace("-", "−")


def _absent(board: Board, collection: Collection) -> tuple[Text, ...]:
    """Models that stand on a board of regions of this kind and have no column here."""
    failed = [
        phrase("regions_absent_failed", model=result_label(r), code=shown(r.record.code or ""))
        for r in board.results
        if r.record.status == "failed"
    ]
    here = {result.slug for result in board.results}
    alike = {
        r.slug
        for other in collection.boards
        if other.card.regions and other.card.simulated == board.card.simulated
        for r in other.results
    }
    missing = [
        phrase("regions_absent_not_run", model=shown(model.identity.name))
        for model in collection.models
        if model.slug in alike - here
    ]
    return (*failed, *missing)


def _charts(
    board: Board,
    results: Sequence[Result],
    baseline: Result | None,
    values: Mapping[tuple[str, str], Sequence[MetricResult]],
    differences: Mapping[tuple[str, str], RegionDifference],
) -> tuple[RegionChart, ...]:
    """Values of the best, the baseline and the floor; differences of the best others to the baseline."""
    metric, regions = board.card.primary, board.card.regions
    names = [shown(region.value) for region in regions]
    marked = [r for r in results if r is baseline or r.is_floor]
    room = MODELS_DRAWN - len(marked)
    compared = [r for r in results if r in marked or r in [o for o in results if o not in marked][:room]]

    def value(result: Result, region: Region) -> MetricResult | None:
        found = values.get((result.record.key, region.value), ())
        return next((one for one in found if one.name == metric.name), None)

    labels = [result_label(r) for r in compared]
    charts = [
        region_chart(
            Words(
                phrase("regions_chart_values", metric=metric.title, models=_listed(labels)),
                phrase("regions_chart_desc", models=_listed(labels)),
                _axis(metric.title, metric),
            ),
            anchor=f"{region_anchor(board)}-values",
            models=labels,
            regions=names,
            values=[[value(r, region) for r in compared] for region in regions],
        )
    ]
    if baseline is not None:
        others = [r for r in results if r not in marked][:MODELS_DRAWN] or [r for r in results if r is not baseline]
        labels, label = [result_label(r) for r in others[:MODELS_DRAWN]], result_label(baseline)
        charts.append(
            region_chart(
                Words(
                    phrase("regions_chart_differences", metric=metric.title, baseline=label),
                    phrase("regions_chart_desc", models=_listed(labels)),
                    _axis(phrase("regions_difference_axis", metric=metric.title), metric),
                    phrase("regions_chart_zero", baseline=label),
                ),
                anchor=f"{region_anchor(board)}-differences",
                models=labels,
                regions=names,
                values=[
                    [differences[r.record.key, region.value].difference for r in others[:MODELS_DRAWN]]
                    for region in regions
                ],
            )
        )
    return tuple(chart for chart in charts if chart is not None)


def _listed(names: Sequence[str]) -> Text:
    glue = phrase("and_list")
    return Text(glue.en.join(names), glue.zh.join(names))


def _axis(title: Text, metric: Metric) -> Text:
    unit, direction = unit_title(metric.unit), phrase(f"direction.{metric.direction}")
    key = "chart_axis_no_unit" if unit is None else "chart_axis"
    return phrase(key, metric=title, unit=unit or same(""), direction=direction)
