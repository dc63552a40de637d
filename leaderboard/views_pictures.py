"""What pictures show, as plain frozen data: interval charts, and exhibits such as Gantt charts, scatters and curves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..harness.text import Text
from .answer import AnswerView
from .confusion import ConfusionView
from .document import DocumentView
from .heat import HeatView

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
    "PlotArea",
    "PlotDot",
    "PlotKey",
    "PlotLane",
    "PlotLine",
    "PlotTable",
    "PlotUpright",
    "PlotView",
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
        keys: How it is read, sentence by sentence.
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
    keys: tuple[Text, ...]


@dataclass(frozen=True)
class PlotArea:
    """A shaded area; corners as places (per cent of the width, pixels from the plot's top)."""

    kind: str
    corners: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class PlotLine:
    """A line through places (per cent of the width, pixels from the plot's top)."""

    kind: str
    places: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class PlotDot:
    """A dot, and what the pointer shows: words for the places of the plot's ``hint``."""

    kind: str
    at: float
    y: float
    hint: tuple[str, ...]


@dataclass(frozen=True)
class PlotKey:
    """Words above a plot, behind a sample of what they name: the kinds of its area, line and dot."""

    text: Text
    area: str | None = None
    line: str | None = None
    dot: str | None = None


@dataclass(frozen=True)
class PlotUpright:
    """A vertical line through the whole plot, with its name above it."""

    kind: str
    label: Text
    at: float


@dataclass(frozen=True)
class PlotLane:
    """A named row above a plot that is filled where something holds: (left end, width), in per cent."""

    kind: str
    name: Text
    bars: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class PlotTable:
    """The numbers of a plot, or what they come to; the first cell of a row names it."""

    summary: Text
    caption: Text
    columns: tuple[Text, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class PlotView:
    """A scatter, curve, course or fan, ready to be drawn.

    Attributes:
        anchor: Unique on its page.
        kind: Of the exhibit.
        title: For assistive technology.
        description: The same.
        facts: What a reader should see beside the picture.
        keys: How it is read, sentence by sentence.
        height: Of the plot without its axis, in pixels.
        x_axis: Name of the axis, with its unit.
        y_axis: The same.
        x_ticks: Label and place, in per cent.
        y_ticks: Label and place, in pixels from the plot's top.
        areas: Drawn first.
        lines: Drawn over the areas.
        dots: Drawn over the lines.
        named: Areas, lines and dots with their names: above the plot, where words cover no dot and no line cuts them.
        uprights: With their names above the plot.
        lanes: From the top.
        hint: Key of the text for the dots.
        table: None where there are thousands of rows.
    """

    anchor: str
    kind: str
    title: Text
    description: Text
    facts: tuple[Text, ...]
    keys: tuple[Text, ...]
    height: float
    x_axis: Text
    y_axis: Text
    x_ticks: tuple[tuple[str, float], ...]
    y_ticks: tuple[tuple[str, float], ...]
    areas: tuple[PlotArea, ...]
    lines: tuple[PlotLine, ...]
    dots: tuple[PlotDot, ...]
    named: tuple[PlotKey, ...]
    uprights: tuple[PlotUpright, ...]
    lanes: tuple[PlotLane, ...]
    hint: str
    table: PlotTable | None


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
        marks: Of ``floor``, ``incumbent``, ``control``.
        variant: Phrases that tell it from other results of the model on this board.
        title: What is seen.
        chosen: Why this unit.
        part: What part of it, None for all.
        keys: How the picture is read, as far as no picture above it on the page said so.
        not_drawn: None where there is a picture.
        gantt: The picture, where it is a schedule.
        plot: The picture, where it is a plot.
        document: The picture, where it is a checked document.
        confusion: The picture, where it is a confusion of classes.
        answer: The picture, where it is one question with its answer.
        heat: The picture, where it is a map of clock hours.
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
    keys: tuple[Text, ...]
    not_drawn: NotDrawn | None
    gantt: GanttView | None
    plot: PlotView | None
    document: DocumentView | None
    confusion: ConfusionView | None
    answer: AnswerView | None
    heat: HeatView | None

    @property
    def facts(self) -> tuple[Text, ...]:
        """What a reader should see beside the picture."""
        drawn = self.gantt or self.plot or self.document or self.confusion or self.answer or self.heat
        return drawn.facts if drawn else ()


@dataclass(frozen=True)
class ExhibitGroup:
    """The same unit by several models, on one scale.

    Attributes:
        title: What is seen.
        chosen: Why this unit.
        part: What part of it, None for all.
        scale: What the pictures share; None where there is no picture.
        keys: How the pictures are read.
        exhibits: Best model first.
    """

    title: Text
    chosen: Text
    part: Text | None
    scale: Text | None
    keys: tuple[Text, ...]
    exhibits: tuple[ExhibitView, ...]
