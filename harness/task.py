"""Tasks: a frozen card that says all facts, and three small methods that make inputs, make references and score."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, NamedTuple

import pyarrow as pa

from .data import DataFiles, DataSource
from .errors import RegistryError, UsageError
from .exhibits import Exhibit
from .interfaces import InterfaceName
from .metrics import Metric
from .prompting import BARE, Prompting
from .text import Text
from .validation import Answers

__all__ = [
    "Alarm",
    "Draw",
    "Examples",
    "Industry",
    "PublishedScore",
    "Region",
    "Split",
    "Task",
    "TaskCard",
    "Track",
    "Yardstick",
]

Realism = Literal["operating_plant", "test_rig", "physics_simulation", "synthetic", "text_corpus"]


class Industry(NamedTuple):
    """Where the data really comes from: ISIC Rev. 4 section and division (``C33``), GB/T 4754 letter and two digits."""

    isic: str
    gbt4754: str


class Region(NamedTuple):
    """A region that units of a task belong to.

    Attributes:
        value: What units of it hold on the axis ``region``.
        title: For people: where it is, or that it is nowhere.
        country: ISO 3166-1 alpha-2 of a real region; None for a simulated one.
        code: ISO 3166-2, only where a real region lies in one subdivision alone.
        simulated: Whether it was made up; it then never stands beside real ones.
    """

    value: str
    title: Text
    country: str | None = None
    code: str | None = None
    simulated: bool = False


class Track(NamedTuple):
    """A named entry of a card with inputs of its own.

    Attributes:
        name: What commands and records call it.
        title: For people.
        samples: Answers a model may draw of each input; it returns its best (see ``scheduling_inputs``).
        control: Builtin that a run adds, as it adds the floor: what as many random samples come to.
        budget_s: Wall seconds a solver has for each input (see ``solver_trace_inputs``); None: no clock decides.
        prompting: What stands around an input where a language model is asked; the task builds its inputs with it.
    """

    name: str
    title: Text
    samples: int = 1
    control: str | None = None
    budget_s: float | None = None
    prompting: Prompting = BARE


class Split(NamedTuple):
    """A part of the data.

    Attributes:
        name: ``train``, ``test``, or ``practice`` for a generated task.
        units: How many units it has.
        rows: How many rows.
        exported: Whether ``data export`` hands out its targets.
        drawn: Of a generated task: whether another secret gives other rows.
    """

    name: str
    units: int
    rows: int
    exported: bool
    drawn: bool = True


class PublishedScore(NamedTuple):
    """A figure from the literature, with the protocol it must have used."""

    name: str
    metric: str
    value: float
    source: str
    protocol: Text


class Yardstick(NamedTuple):
    """What a stated answer comes to, computed from the references alone: no model, and never run.

    Attributes:
        name: For people.
        why: What is answered and what the figures tell, for people.
        values: Name of a metric to its value, in the metric's unit.
    """

    name: Text
    why: Text
    values: Mapping[str, float]


class Alarm(NamedTuple):
    """A value that no honest model should reach, so that whoever does is looked at before it is believed.

    Attributes:
        metric: Name of one of the card's metrics.
        beyond: A value better than this one raises the alarm.
        why: For people.
    """

    metric: str
    beyond: float
    why: Text


class Draw(NamedTuple):
    """Which inputs of a task: the track and, for a generated task, the secret its test set is drawn from."""

    track: str
    secret: str | None = None


class Examples(NamedTuple):
    """Inputs with their targets, joined by ``id``; what a vendor trains on."""

    inputs: pa.Table
    targets: pa.Table


@dataclass(frozen=True, kw_only=True)
class TaskCard:
    """Everything that identifies a task. Anything that moves a score raises ``version``.

    Attributes:
        id: ``area_name/task-name``; the area is the application area, not the industry.
        version: Raised by whatever moves a score.
        title: Name for people.
        summary: One or two sentences for people.
        realism: How near the data is to a plant.
        industry: Only where the data really comes from one; None for method tests.
        region: ISO 3166-2 code, only for real regions.
        interface: What is asked and answered.
        data: The source, None for a generated task.
        practice_secret: The open secret of a generated task's shipped test set; None for real data.
        splits: Parts of the data with their sizes.
        unit: What is resampled, one word (``engine``); never rows of one engine.
        unit_title: The same for people.
        block: What is resampled together where units are not independent; None where they are.
        tracks: The first is the default.
        slices: Axes on which ``units.arrow`` carries values.
        regions: The values of the axis ``region``, in the order shown; empty for a task without that axis.
        primary: The metric that stands for the task.
        secondary: Shown beside it.
        floor: Name of the trivial builtin whose record on the same inputs is skill 0; a run adds it by itself.
        incumbent: Name of the practice that a model must beat to count as ready; None: no readiness is claimed.
        perfect: Value of the primary metric that is skill 100.
        worst_value: What a unit without a usable answer counts as, in ``worst_value_of``.
        worst_value_of: The statistic that ``worst_value`` is a value of, for people.
        on_invalid: ``worst``: content that breaks a rule counts as ``worst_value``; ``fail_cell``: it fails the cell.
            Missing ids and wrong columns always fail the cell.
        standings: Whether the task may enter standings.
        detectable_effect: Skill points that two near models must differ by to be told apart (80 % power, two-sided
            5 %, paired); the command that measured it stands in ``tests/performance``.
        published: Scores from the literature.
        caveats: What one must know before comparing values of this task, for people; a test proves each figure.
        alarms: Values that are too good to be true.
        band: Names of metrics that say the same under lower, stated and higher costs; empty: there are no costs.
        yardsticks: Figures that are computed from the references and stand beside the models'.
        citation: How to cite the data or the generator.
    """

    id: str
    version: int
    title: Text
    summary: Text
    realism: Realism
    industry: Industry | None
    region: str | None
    interface: InterfaceName
    data: DataSource | None
    practice_secret: str | None
    splits: tuple[Split, ...]
    unit: str
    unit_title: Text
    block: str | None
    tracks: tuple[Track, ...]
    slices: tuple[str, ...]
    primary: Metric
    secondary: tuple[Metric, ...]
    floor: str
    incumbent: str | None
    perfect: float
    worst_value: float
    worst_value_of: Text
    on_invalid: Literal["worst", "fail_cell"]
    standings: bool
    detectable_effect: float | None
    regions: tuple[Region, ...] = ()
    published: tuple[PublishedScore, ...] = ()
    caveats: tuple[Text, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    band: tuple[str, ...] = ()
    yardsticks: tuple[Yardstick, ...] = ()
    citation: str
    public_since: str = field(default="")

    def __post_init__(self) -> None:
        wrong = [region.value for region in self.regions if region.simulated != self.simulated]
        if wrong:
            said = "made up" if self.simulated else "real"
            raise RegistryError(
                f"{self.id}: realism {self.realism!r} says that the data are {said}, region {wrong[0]!r} says the "
                "opposite; real and simulated regions never stand in one table, so give each a card of its own"
            )

    @property
    def area(self) -> str:
        """The application area: the part of the id before the slash."""
        return self.id.split("/", 1)[0]

    @property
    def name(self) -> str:
        """The part of the id behind the slash."""
        return self.id.split("/", 1)[1]

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The primary metric, then the secondary ones."""
        return (self.primary, *self.secondary)

    @property
    def test(self) -> Split:
        """The split that is scored: ``test``, or ``practice`` for a generated task (a sealed draw has its size)."""
        return next(s for s in self.splits if s.name in ("test", "practice"))

    def raised(self, values: Mapping[str, float]) -> tuple[Alarm, ...]:
        """The alarms that a model's values, by name of the metric, raise."""
        sign = {m.name: 1.0 if m.higher_is_better else -1.0 for m in self.metrics}
        return tuple(
            a for a in self.alarms if a.metric in values and sign[a.metric] * (values[a.metric] - a.beyond) > 0
        )

    @property
    def simulated(self) -> bool:
        """Whether the data were made by a program rather than by a plant, a rig or people."""
        return self.realism in ("physics_simulation", "synthetic")

    def track(self, name: str) -> Track:
        """The track of a name that was checked when it was asked for."""
        return next(track for track in self.tracks if track.name == name)

    def check_draw(self, draw: Draw) -> Track:
        """The track asked for; refuses what the task does not have.

        Raises:
            UsageError: ``draw`` names another track, or a secret where nothing is drawn.
        """
        tracks = {track.name: track for track in self.tracks}
        if draw.track not in tracks:
            raise UsageError(f"{self.id} has no track {draw.track!r}; tracks: {', '.join(tracks)}")
        if draw.secret is not None and self.practice_secret is None:
            raise UsageError(f"{self.id} has no secret: its test set is published; run it without one")
        return tracks[draw.track]

    @property
    def at_version(self) -> str:
        """``id@version``: what records and seeds name."""
        return f"{self.id}@{self.version}"


class Task(ABC):
    """A card and what makes its inputs, its references and its units. Nothing else knows the data."""

    card: ClassVar[TaskCard]
    prepared_revision: ClassVar[int] = 0
    """Raised where inputs or references are made another way though no score moves: what was prepared is made again."""

    @property
    def classes(self) -> tuple[tuple[str, ...], ...]:
        """Classes of each head, or the options of every question, in order, where all rows have the same; else empty.

        Known without the data, so that ``check`` can hold a checkpoint's labels against them.
        """
        return ()

    @abstractmethod
    def inputs(self, files: DataFiles, draw: Draw) -> pa.Table:
        """The test inputs, in the schema of the card's interface.

        Raises:
            DataNotAvailableError: A data file is in no known place.
            DataError: A data file is damaged or its counts differ from the card's.
        """

    @abstractmethod
    def references(self, files: DataFiles, draw: Draw) -> pa.Table:
        """What the predictions are compared with: column ``id`` first, one row per input, in the same order.

        Never given to the process that runs a submission.
        """

    @abstractmethod
    def score(self, answers: Answers, references: pa.Table) -> pa.Table:
        """The units of a cell, from ``units_table``, carrying every statistic that the card's metrics name.

        Rows in ``answers.problems`` count as the card's ``worst_value``, never as left out.
        """

    def exhibits(self, answers: Answers, references: pa.Table, units: pa.Table) -> tuple[Exhibit, ...]:
        """Small data for pictures of single answers; none unless a task overrides this.

        Asked once per whole cell of public data, behind ``score``. Which unit all models show (role ``common``) must
        follow from inputs and references alone.

        Args:
            answers: As given to ``score``.
            references: As given to ``score``.
            units: What ``score`` returned, to find the unit where this model did worst.
        """
        return ()

    def examples(self, files: DataFiles, split: str, draw: Draw) -> Examples:
        """Inputs and targets of an exported split; of ``draw.secret``, where the card says that the split is drawn.

        An exported split ``practice`` is the open test set with its references, unless a task overrides this.

        Raises:
            UsageError: The card exports no such split.
        """
        exported = [s.name for s in self.card.splits if s.exported]
        if split == "practice" and split in exported:
            own = Draw(draw.track)
            return Examples(self.inputs(files, own), self.references(files, own))
        raise UsageError(f"{self.card.id} exports no split {split!r}; exported: {', '.join(exported) or 'none'}")
