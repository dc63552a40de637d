"""From records to rows: figures, metrics, failures, costs and how a cell was run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

from ..harness.codes import CODES
from ..harness.metrics import Metric
from ..harness.records import Cost, MetricResult, Record
from ..harness.text import Text
from .catalogue import phrase
from .collection import Board, Mark, Result
from .figures import fixed, plain, significant
from .safe_text import shown
from .views import CodeCount, CostView, Failure, Figure, MetricView, ResultView, RunView
from .vocabulary import ENERGY_REASONS, named, unit_title

__all__ = ["by_value", "figures_of", "metric_view", "metric_views", "result_view", "same"]


def same(text: str) -> Text:
    """A text that is the same in both languages: a name, a digest, a number."""
    return Text(text, text)


def metric_views(metrics: Sequence[Metric]) -> tuple[MetricView, ...]:
    """The metrics of a card, the primary one first."""
    return tuple(metric_view(m, primary=i == 0) for i, m in enumerate(metrics))


def metric_view(metric: Metric, *, primary: bool) -> MetricView:
    """A metric with its best value and range in its own count of decimals."""
    return MetricView(
        name=metric.name,
        title=metric.title,
        unit=unit_title(metric.unit),
        direction=metric.direction,
        best=plain(metric.best),
        low=plain(metric.limits[0]),
        high=plain(metric.limits[1]),
        formula=metric.formula,
        primary=primary,
    )


def figures_of(metrics: Sequence[Metric], results: Sequence[MetricResult]) -> tuple[Figure | None, ...]:
    """One figure per metric of the card, None where the record has none."""
    by_name = {r.name: r for r in results}
    return tuple(_figure(m, by_name[m.name]) if m.name in by_name else None for m in metrics)


def _figure(metric: Metric, result: MetricResult) -> Figure:
    interval = result.interval
    return Figure(
        value=fixed(result.value, metric.digits),
        low=None if interval is None else fixed(interval.low, metric.digits),
        high=None if interval is None else fixed(interval.high, metric.digits),
        no_interval=result.no_interval,
        error=None if result.standard_error is None else significant(result.standard_error, 2),
        n=fixed(result.n_units, 0),
        percentile=interval is not None and interval.method == "percentile",
    )


def by_value(board: Board) -> list[Result]:
    """The results with a value, best first; equal values stay in the order of names."""
    good = [r for r in board.results if r.record.status == "ok"]
    sign = -1.0 if board.card.primary.higher_is_better else 1.0
    return sorted(good, key=lambda r: sign * r.record.metrics[0].value)


def result_view(result: Result, *, practice: bool) -> ResultView:
    """A result as a row. ``practice``: all records of the site are self-scored, so that no row needs the mark."""
    record, model = result.record, result.record.cell.model
    counts = record.counts
    own: tuple[Mark, ...] = ("self",) if record.scored_by == "self" and not practice else ()
    bad = counts is not None and counts.invalid_rows > 0
    return ResultView(
        model=shown(model.name),
        vendor=shown(model.vendor),
        version=shown(model.version),
        slug=result.slug,
        anchor=f"r-{record.key[:12]}",
        key=record.key,
        marks=(*result.marks, *own),
        variant=(*(phrase(f"variant.{name}", value=shown(value)) for name, value in result.variant), *_earlier(record)),
        repeat=record.cell.repeat,
        figures=figures_of(result.card.metrics, record.metrics) if record.status == "ok" else (),
        failure=_failure(record),
        cost=_cost(record.cost, record.protocol.device_class),
        run=_run(record),
        invalid_rows=_part(counts.invalid_rows, counts.rows) if counts and bad else None,
        invalid_units=_part(counts.invalid_units, counts.units) if counts and bad else None,
        codes=tuple(CodeCount(c, _meaning(c), fixed(n, 0)) for c, n in sorted(counts.codes.items())) if counts else (),
    )


def _earlier(record: Record) -> list[Text]:
    """How many returns of its vendor had a score before this one; a vendor learns of the references by each."""
    before = None if record.exchange is None else record.exchange.scored_before
    return [] if before is None or not before.vendor else [phrase("scored_after", n=fixed(before.vendor, 0))]


def _part(part: int, whole: int) -> Text:
    return phrase("of_total", part=fixed(part, 0), whole=fixed(whole, 0))


def _meaning(code: str) -> Text:
    return CODES[code].meaning if code in CODES else same(shown(code))


def _failure(record: Record) -> Failure | None:
    if record.code is None:
        return None
    remedy = CODES[record.code].remedy if record.code in CODES else phrase("none")
    found = None if record.message is None else shown(record.message)
    return Failure(shown(record.code), _meaning(record.code), remedy, found)


def _cost(cost: Cost, device_class: str) -> CostView:
    def sig(value: float | None) -> str | None:
        return None if value is None else significant(value)

    return CostView(
        wall=sig(cost.wall_s),
        load=sig(cost.load_s),
        speed=sig(cost.examples_per_s),
        memory=sig(cost.peak_memory_gib),
        device_memory=sig(cost.peak_device_memory_gib),
        on_accelerator=device_class != "cpu",
        energy=sig(cost.energy_kwh),
        energy_reason=None if cost.energy_reason is None else named(ENERGY_REASONS, shown(cost.energy_reason)),
        resumed=fixed(cost.resumed_rows, 0) if cost.resumed_rows else None,
    )


def _run(record: Record) -> RunView:
    return RunView(
        sandbox=record.environment.sandbox,
        device=None if record.environment.device_name is None else shown(record.environment.device_name),
        dtype=record.protocol.dtype,
        predicted_by=record.predicted_by,
        scored_by=record.scored_by,
        date=record.started_at.astimezone(UTC).strftime("%Y-%m-%d"),
    )
