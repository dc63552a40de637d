"""What pages show, as plain frozen data: numbers already formatted, texts in both languages, no logic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..harness.text import Text
from .views_pictures import ChartView, ExhibitGroup, ExhibitView

__all__ = [
    "AreaTable",
    "BoardView",
    "CellState",
    "CodeCount",
    "Column",
    "CostView",
    "Fact",
    "Failure",
    "Figure",
    "IgnoredRow",
    "MetricView",
    "ModelCell",
    "ModelPage",
    "ModelRow",
    "OverviewCell",
    "OverviewPage",
    "PublishedRow",
    "RecordRow",
    "ResultView",
    "RunView",
    "SiteFacts",
    "SliceTable",
    "SplitRow",
    "TaskPage",
    "Unmeasured",
    "YardstickRow",
]

CellState = Literal["ok", "failed", "not_run", "not_applicable"]


@dataclass(frozen=True)
class SiteFacts:
    """What stands in the footer of every page.

    Attributes:
        suites: ``suite@version`` of all records.
        package_version: Of the package that built the site.
        records: How many are shown.
        ignored: How many were found and are not.
        digest: Over all records shown.
        practice: Every record was predicted and scored by whoever ran it.
    """

    suites: tuple[str, ...]
    package_version: str
    records: str
    ignored: str
    digest: str
    practice: bool


@dataclass(frozen=True)
class Figure:
    """A value with its doubt. ``low`` and ``high`` are None where ``no_interval`` says why."""

    value: str
    low: str | None
    high: str | None
    no_interval: str | None
    error: str | None
    n: str
    percentile: bool


@dataclass(frozen=True)
class MetricView:
    """A metric as the column of a table or the row of the metrics table."""

    name: str
    title: Text
    unit: Text | None
    direction: str
    best: str
    low: str
    high: str
    formula: str
    primary: bool


@dataclass(frozen=True)
class Failure:
    """Why a cell failed. ``found`` is what the run said, in English."""

    code: str
    meaning: Text
    remedy: Text
    found: str | None


@dataclass(frozen=True)
class CostView:
    """What a cell cost; None is shown as not measured."""

    wall: str | None
    load: str | None
    speed: str | None
    memory: str | None
    device_memory: str | None
    on_accelerator: bool
    energy: str | None
    energy_reason: Text | None
    resumed: str | None


@dataclass(frozen=True)
class RunView:
    """How a cell was isolated, where it ran, who predicted and who scored; None is not known."""

    sandbox: str | None
    device: str | None
    dtype: str
    predicted_by: str
    scored_by: str
    date: str


@dataclass(frozen=True)
class ResultView:
    """One result as a row of its board.

    Attributes:
        model: Name, safe to show in any script.
        vendor: The same.
        version: The same.
        slug: File name of the model's page.
        anchor: Of the cell on the model's page, and of the row on the task's page.
        key: Names the record's file.
        marks: Of ``floor``, ``incumbent``, ``control``, ``unpinned``, ``own``, ``returned``, ``self``.
        variant: Phrases that tell it from other results of the model on this board.
        repeat: Number of the repeat.
        figures: One per metric of the card, None where the record has none; empty for a failed cell.
        failure: None for a cell that ended well.
        cost: What it cost.
        run: How it was run.
        invalid_rows: Rows without a usable answer, None where there are none.
        invalid_units: Units with such a row.
        codes: Codes of the broken rules.
    """

    model: str
    vendor: str
    version: str
    slug: str
    anchor: str
    key: str
    marks: tuple[str, ...]
    variant: tuple[Text, ...]
    repeat: int
    figures: tuple[Figure | None, ...]
    failure: Failure | None
    cost: CostView
    run: RunView
    invalid_rows: Text | None
    invalid_units: Text | None
    codes: tuple[CodeCount, ...]


@dataclass(frozen=True)
class CodeCount:
    """How many units broke a rule first."""

    code: str
    meaning: Text
    units: str


@dataclass(frozen=True)
class SliceTable:
    """The primary metric by the values of one axis: rows hold one figure per value."""

    caption: Text
    axis: Text
    values: tuple[Text, ...]
    rows: tuple[tuple[ResultView, tuple[Figure | None, ...]], ...]


@dataclass(frozen=True)
class BoardView:
    """All results of one track.

    ``sealed``: the test set is not that of practice, so no yardstick is about it. ``regions``: where they stand by
    region; None for a task without regions.
    """

    anchor: str
    track: Text
    test_set: str | None
    sealed: bool
    results: tuple[ResultView, ...]
    doubts: tuple[Text, ...]
    failed: tuple[ResultView, ...]
    invalid: tuple[ResultView, ...]
    repeats: tuple[ResultView, ...]
    own: tuple[ResultView, ...]
    energy_reasons: tuple[Text, ...]
    charts: tuple[ChartView, ...]
    slices: tuple[SliceTable, ...]
    regions: str | None
    exhibits: tuple[ExhibitGroup, ...]

    @property
    def all(self) -> tuple[ResultView, ...]:
        """Results with a value, then those that failed."""
        return (*self.results, *self.failed)


@dataclass(frozen=True)
class Fact:
    """A line of a list of facts.

    Attributes:
        label: Key of its label.
        values: What stands behind it.
        href: Address of the first value, if it has one.
        code: Whether the values are identifiers.
        note: What is known in English alone, and is marked as such; None where there is none.
    """

    label: str
    values: tuple[Text, ...]
    href: str | None = None
    code: bool = False
    note: str | None = None


@dataclass(frozen=True)
class SplitRow:
    """A part of the data."""

    name: Text
    units: str
    rows: str
    exported: bool


@dataclass(frozen=True)
class PublishedRow:
    """A figure from the literature."""

    name: str
    metric: Text
    value: str
    unit: Text | None
    protocol: Text
    source: str


@dataclass(frozen=True)
class YardstickRow:
    """A row that is no model: one value per metric of the card, None where it has none."""

    name: Text
    why: Text
    values: tuple[str | None, ...]


@dataclass(frozen=True)
class TaskPage:
    """Everything on the page of one task."""

    path: str
    at_version: str
    area: Text
    area_anchor: str
    title: Text
    summary: Text
    caveats: tuple[Text, ...]
    facts: tuple[Fact, ...]
    splits: tuple[SplitRow, ...]
    metrics: tuple[MetricView, ...]
    published: tuple[PublishedRow, ...]
    yardsticks: tuple[YardstickRow, ...]
    several_tracks: bool
    boards: tuple[BoardView, ...]


@dataclass(frozen=True)
class Column:
    """A column of an overview table: one board."""

    task: Text
    track: Text | None
    test_set: str | None
    href: str
    metric: MetricView


@dataclass(frozen=True)
class OverviewCell:
    """What one model did on one board: results where it was run (several with differing settings), else why not."""

    state: CellState
    results: tuple[ResultView, ...]


@dataclass(frozen=True)
class ModelRow:
    """A row of an overview table."""

    model: str
    vendor: str
    version: str
    digest: str | None
    slug: str
    marks: tuple[str, ...]
    cells: tuple[OverviewCell, ...]


@dataclass(frozen=True)
class Unmeasured:
    """A task, or one of its tracks, without any record."""

    task: Text
    track: Text | None
    href: str


@dataclass(frozen=True)
class AreaTable:
    """One application area, or its simulated regions.

    ``regions``: where its results by region stand; None where no task of it has any.
    """

    anchor: str
    title: Text
    columns: tuple[Column, ...]
    rows: tuple[ModelRow, ...]
    unmeasured: tuple[Unmeasured, ...]
    regions: str | None


@dataclass(frozen=True)
class OverviewPage:
    """The first page of a language."""

    areas: tuple[AreaTable, ...]
    counts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ModelCell:
    """One cell of a model in full."""

    task: Text
    track: Text
    test_set: str | None
    href: str
    metrics: tuple[MetricView, ...]
    result: ResultView
    facts: tuple[Fact, ...]
    exhibits: tuple[ExhibitView, ...]
    command: str


@dataclass(frozen=True)
class ModelPage:
    """Everything on the page of one model."""

    path: str
    name: str
    facts: tuple[Fact, ...]
    cells: tuple[ModelCell, ...]


@dataclass(frozen=True)
class RecordRow:
    """A record in the list of all records."""

    key: str
    task: str
    track: str
    model: str
    slug: str
    failure: str | None
    date: str


@dataclass(frozen=True)
class IgnoredRow:
    """A record that is not shown."""

    key: str
    task: str
    model: str
    reason: Text
