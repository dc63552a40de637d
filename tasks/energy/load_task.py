"""What all tasks of the area share: inputs that end at the origin, references behind it, and units of the metrics."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

import numpy as np
import pyarrow as pa

from ...harness.data import DataFiles
from ...harness.errors import UsageError
from ...harness.exhibits import Exhibit
from ...harness.references import references_in_order
from ...harness.task import Draw, Examples, Task
from ...harness.units import problem_columns, units_table
from ...harness.validation import Answers
from .forecast_costs import load_costs
from .forecast_pictures import forecast_exhibits
from .forecast_statistics import ScoreRules, forecast_statistics
from .load_series import ForecastPlan, IntArray, ItemSeries, forecast_inputs, forecast_references, origins_of

__all__ = ["LoadForecast"]


class LoadForecast(Task):
    """Forecasts of one or several items, all by one plan; one unit per forecast, blocks of calendar weeks.

    A week's forecasts of all items are resampled together: windows overlap, and one weather is over all zones.
    """

    rules: ClassVar[ScoreRules]
    train_stride: ClassVar[int]
    """Steps from origin to origin of the training examples."""

    @abstractmethod
    def plan(self, draw: Draw) -> ForecastPlan:
        """How series become forecasts on the draw's track."""

    @abstractmethod
    def items(self, files: DataFiles, draw: Draw) -> Mapping[str, ItemSeries]:
        """The series of the task, whole; inputs and references are cut from them."""

    def slices(self, references: pa.Table) -> Mapping[str, list[str]]:
        """Per axis of the card the value of each forecast."""
        return {}

    def inputs(self, files: DataFiles, draw: Draw) -> pa.Table:
        """One row per tested forecast, items behind each other; its series ends where the forecast begins."""
        self.card.check_draw(draw)
        items, plan = self.items(files, draw), self.plan(draw)
        return forecast_inputs(items, plan, {name: origins_of(item, plan) for name, item in items.items()})

    def references(self, files: DataFiles, draw: Draw) -> pa.Table:
        """See ``forecast_references``."""
        items, plan = self.items(files, draw), self.plan(draw)
        return forecast_references(items, plan, {name: origins_of(item, plan) for name, item in items.items()})

    def score(self, answers: Answers, references: pa.Table) -> pa.Table:
        """One unit per forecast with the statistics of ``forecast_statistics``."""
        known = references_in_order(answers, references)
        plan = self.plan(Draw(self.card.tracks[0].name))
        invalid = np.isin(np.arange(known.num_rows), list(answers.problems))
        statistics = forecast_statistics(
            answers.predictions,
            known,
            invalid,
            horizon=plan.horizon,
            targets=plan.targets,
            rules=self.rules,
            costs=load_costs(),
        )
        return units_table(
            unit=known.column("id").to_pylist(),
            block=weeks_of(known.column("origin")),
            slices=self.slices(known),
            statistics=statistics,
            rows=[1] * known.num_rows,
            **problem_columns([answers.problems.get(row) for row in range(known.num_rows)]),
        )

    def exhibits(self, answers: Answers, references: pa.Table, units: pa.Table) -> tuple[Exhibit, ...]:
        """Forecasts beside what came, the hours of peaks, and errors by clock hour; see ``forecast_pictures``."""
        plan = self.plan(Draw(self.card.tracks[0].name))
        return forecast_exhibits(answers, references_in_order(answers, references), units, plan, self.rules)

    def examples(self, files: DataFiles, split: str, draw: Draw) -> Examples:
        """Forecasts of the training part: rows as in ``inputs``, targets ``value`` of shape ``(horizon, targets)``.

        Raises:
            UsageError: The card exports no such split.
        """
        if split != "train" or not any(one.name == "train" and one.exported for one in self.card.splits):
            return super().examples(files, split, draw)
        return self.training_rows(files, draw, stride=self.train_stride)

    def training_rows(self, files: DataFiles, draw: Draw, *, stride: int) -> Examples:
        """The same for our own training, of sources too whose rows may not be handed out.

        Args:
            files: Where data is found.
            draw: Track, and secret of a drawn training part.
            stride: Steps from origin to origin.
        """
        items, plan = self.items(files, draw), self.plan(draw)
        asked = {name: training_origins(item, plan, stride) for name, item in items.items()}
        if empty := [name for name, origins in asked.items() if not len(origins)]:
            raise UsageError(
                f"{self.card.id}: the training part of {empty[0]} holds no forecast of {plan.history} steps"
            )
        rows = forecast_references(items, plan, asked)
        targets = pa.table({"id": rows.column("id"), "value": rows.column("actual")})
        return Examples(forecast_inputs(items, plan, asked), targets)


def training_origins(item: ItemSeries, plan: ForecastPlan, stride: int) -> IntArray:
    """Steps that forecasts of the training part begin with, on the grid of the tested ones; all of them end in it."""
    last = item.train_steps - plan.horizon
    phase = item.first_origin % stride
    first = plan.history + (phase - plan.history) % stride
    return np.arange(first, last + 1, stride)


def weeks_of(origins: pa.ChunkedArray | pa.Array) -> list[str]:
    """The calendar week (ISO 8601) of each origin: ``2017-W31``."""
    found: dict[str, str] = {}
    for one in origins.unique().to_pylist():
        year, week, _ = datetime.fromisoformat(one).isocalendar()
        found[one] = f"{year}-W{week:02d}"
    return [found[one] for one in origins.to_pylist()]
