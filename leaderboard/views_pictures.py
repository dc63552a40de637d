"""What pictures show, as plain frozen data: interval charts, and exhibits of single answers such as Gantt charts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..harness.text import Text

__all__ = [
    "ChartPoint",
    "ChartReference",
    "ChartView",
    "ExhibitGroup",
    "ExhibitView",
    "GanttBar",
    "GanttLine",
    "GanttRow",
    "GanttTable",
    "GanttView",
    "NotDrawn",
    "ReferenceKind",
]

ReferenceKind = Literal["perfect", "floor", "published", "yardstick"]


@dataclass(frozen=True)
class ChartPoint:
    """One row of a chart: places in per cent of the drawing's width."""

    label: str
    value: str
    at: float
    low: float | None
    high: float | None
    hollow: bool


@dataclass(frozen=True)
class ChartReference:
    """A vertical line with its name."""

    label: Text
    at: float
    kind: ReferenceKind


@dataclass(frozen=True)
class ChartView:
    """An interval chart, ready to be drawn."""

    anchor: str
    title: Text
    description: Text
    points: tuple[ChartPoint, ...]
    references: tuple[ChartReference, ...]
    ticks: tuple[tuple[str, float], ...]
    axis: Text


@dataclass(frozen=True)
class GanttRow:
    """One machine: its name, and where its lanes lie, in pixels from the top."""

    label: Text
    top: float
    height: float


@dataclass(frozen=True)
class GanttBar:
    """One operation, or a part of it where it holds units that do not lie side by side.

    Attributes:
        at: Left end, in per cent of the drawing's width.
        width: Also in per cent.
        top: In pixels.
        height: In pixels.
        colour: Number of the colour, from the job.
        label: What stands in the bar; None where it does not fit.
        on_paper: Whether the label fits on paper too, where the chart is narrower.
        hint: Job, operation, start, end: what the pointer shows.
    """

    at: float
    width: float
    top: float
    height: float
    colour: int
    label: str | None
    on_paper: bool
    hint: tuple[str, ...]


@dataclass(frozen=True)
class GanttLine:
    """A vertical line with its name; ``kind`` is the name of its value in the exhibit."""

    label: Text
    at: float
    kind: str


@dataclass(frozen=True)
class GanttTable:
    """The operations of one machine in order; cells in the order of the view's columns."""

    machine: Text
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class GanttView:
    """A schedule, ready to be drawn.

    Attributes:
        anchor: Unique on its page.
        title: For assistive technology.
        description: The same.
        facts: What a reader should see beside the picture.
        rows: Machines, from the top.
        bars: Sorted by colour.
        lines: From the outside to the middle.
        ticks: Label and place, in per cent.
        axis: Name of the time axis.
        height: Of the machines together, in pixels.
        operations: How many there are in the table.
        caption: Of the table.
        columns: Keys of the table's column heads behind the machine.
        tables: The same operations as numbers.
        several_units: Whether a resource has several units, so that lanes must be explained.
        one_job: Whether all is one job (a project), so that colours and numbers are those of operations.
    """

    anchor: str
    title: Text
    description: Text
    facts: tuple[Text, ...]
    rows: tuple[GanttRow, ...]
    bars: tuple[GanttBar, ...]
    lines: tuple[GanttLine, ...]
    ticks: tuple[tuple[str, float], ...]
    axis: Text
    height: float
    operations: str
    caption: Text
    columns: tuple[str, ...]
    tables: tuple[GanttTable, ...]
    several_units: bool
    one_job: bool


@dataclass(frozen=True)
class NotDrawn:
    """Why an answer is not drawn: the rule it breaks. ``found`` is what the run said, in English."""

    code: str
    meaning: Text
    found: str


@dataclass(frozen=True)
class ExhibitView:
    """One answer of one model as a picture, or the reason why there is none.

    Attributes:
        model: Name, safe to show in any script.
        slug: File name of the model's page.
        target: Of the cell on the model's page.
        key: Of the record, whose exhibits lie beside it.
        marks: Of ``floor``, ``incumbent``.
        variant: Phrases that tell it from other results of the model on this board.
        title: What is seen.
        chosen: Why this unit.
        part: What part of it, None for all.
        not_drawn: None where there is a picture.
        gantt: The picture.
    """

    model: str
    slug: str
    target: str
    key: str
    marks: tuple[str, ...]
    variant: tuple[Text, ...]
    title: Text
    chosen: Text
    part: Text | None
    not_drawn: NotDrawn | None
    gantt: GanttView | None


@dataclass(frozen=True)
class ExhibitGroup:
    """The same unit by several models, on one scale."""

    title: Text
    chosen: Text
    part: Text | None
    exhibits: tuple[ExhibitView, ...]
