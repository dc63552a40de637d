"""What the page of regions shows, as plain frozen data: per task its regions under every model, and what is refused."""

from __future__ import annotations

from dataclasses import dataclass

from ..harness.text import Text
from .views import Figure, MetricView, ResultView

__all__ = [
    "DifferenceCell",
    "RegionBoard",
    "RegionChart",
    "RegionLane",
    "RegionMark",
    "RegionName",
    "RegionRow",
    "RegionSet",
    "RegionsPage",
    "TaskMatrix",
    "TaskName",
]


@dataclass(frozen=True)
class RegionName:
    """A region as the head of a row. ``code``: ISO 3166-2, or the country alone; None for a simulated one."""

    value: str
    title: Text
    code: str | None


@dataclass(frozen=True)
class DifferenceCell:
    """A model less the baseline in one region.

    Attributes:
        figure: With its sign; None where ``refused`` says why.
        verdict: Of ``better``, ``worse``, ``not_told_apart``; None where there is no interval to judge by.
        refused: Why there is no number.
    """

    figure: Figure | None
    verdict: str | None
    refused: str | None


@dataclass(frozen=True)
class RegionRow:
    """One region: a figure, one of the second metric and a difference per model, in the order of the board's models."""

    name: RegionName
    figures: tuple[Figure | None, ...]
    second: tuple[Figure | None, ...]
    differences: tuple[DifferenceCell, ...]


@dataclass(frozen=True)
class RegionMark:
    """A value in a lane: places in per cent of the drawing's width; ``low`` and ``high`` where it has an interval."""

    at: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class RegionLane:
    """One region of a chart: its name, and per model a mark or None."""

    name: str
    marks: tuple[RegionMark | None, ...]


@dataclass(frozen=True)
class RegionChart:
    """Values, or differences, of a few models by region.

    Attributes:
        anchor: Unique on its page.
        title: For assistive technology.
        description: The same.
        models: Names, in the order of the marks of a lane.
        lanes: From the top.
        ticks: Label and place, in per cent.
        zero: Place of the line that means no difference; None in a chart of values.
        zero_name: What stands at that line.
        axis: Name of the axis.
    """

    anchor: str
    title: Text
    description: Text
    models: tuple[str, ...]
    lanes: tuple[RegionLane, ...]
    ticks: tuple[tuple[str, float], ...]
    zero: float | None
    zero_name: Text | None
    axis: Text


@dataclass(frozen=True)
class RegionBoard:
    """The regions of one task on one track.

    Attributes:
        anchor: Of its section.
        task: Title.
        href: Of the board on the task's page.
        track: None where the task has one.
        test_set: First digits of the inputs' digest where there are several.
        regions: How many, and of what.
        metric: The primary one.
        second: The first of the others, as the error of a peak; None where the card has no other.
        models: Best first over all regions.
        rows: In the order of the card.
        baseline: Name of what differences are taken from; None where no record of one is there.
        values_caption: Of the first table.
        second_caption: Of that of the second metric.
        differences_caption: Of the last.
        values_note: What may be read from row to row.
        chance_note: How many comparisons stand in the second table.
        charts: Of values, and of differences.
        absent: Models without a column, each with the reason.
    """

    anchor: str
    task: Text
    href: str
    track: Text | None
    test_set: str | None
    regions: Text
    metric: MetricView
    second: MetricView | None
    models: tuple[ResultView, ...]
    rows: tuple[RegionRow, ...]
    baseline: str | None
    values_caption: Text
    second_caption: Text | None
    differences_caption: Text
    values_note: Text
    chance_note: Text | None
    charts: tuple[RegionChart, ...]
    absent: tuple[Text, ...]


@dataclass(frozen=True)
class RegionSet:
    """Boards of real regions, or of simulated ones; never both."""

    anchor: str
    title: Text
    lead: Text
    boards: tuple[RegionBoard, ...]
    unmeasured: tuple[tuple[Text, str], ...]


@dataclass(frozen=True)
class TaskName:
    """A task and track in the matrix of comparisons, with the address of its section, or page if it has none."""

    task: Text
    detail: Text | None
    href: str


@dataclass(frozen=True)
class TaskMatrix:
    """Which boards may be compared by region: per pair the reasons against it, none where it is one board."""

    names: tuple[TaskName, ...]
    rows: tuple[tuple[tuple[str, ...], ...], ...]


@dataclass(frozen=True)
class RegionsPage:
    """Everything on the page of regions."""

    path: str
    sets: tuple[RegionSet, ...]
    matrix: TaskMatrix
    left_out: tuple[Text, ...]
