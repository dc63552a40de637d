"""The base of the job-shop tasks: from instances and bounds to inputs and references."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pyarrow as pa

from ...harness.data import DataFiles
from ...harness.exhibits import Exhibit
from ...harness.task import Draw, Task, TaskCard, Track
from ...harness.text import Text
from ...harness.validation import Answers
from .bounds import Bounds
from .gantt import schedule_exhibits
from .instances import JobShopInstance, Objective, job_shop_table
from .policies import IntArray, JobShop, RuleName, non_delay_starts, read_job_shops
from .shop_scoring import score_makespans, shop_size
from .validator import serial_makespan

__all__ = ["CONVENTIONS_DIFFER", "JOB_SHOP_TRACKS", "JobShopTask", "reference_starts"]

JOB_SHOP_TRACKS = (
    Track("default", Text("One schedule", "单个排程")),
    Track("sampled", Text("Best of 128 sampled schedules", "128 个采样排程中的最优"), samples=128, control="random"),
)
"""A model answers with one schedule, or with the best of 128 that it draws; beside those stand 128 random ones."""

CONVENTIONS_DIFFER = Text(
    "How a chosen operation gets its start moves a score as much as the choice does. Rules and the random control "
    "build non-delay schedules; a policy says in its files which convention it uses (non-delay, active or insertion), "
    "and its page tells. Compare methods within a convention.",
    "所选工序如何确定开始时刻（排程约定）对得分的影响不亚于选择本身。规则与随机对照生成非延迟排程；"
    "策略在其文件中声明所用约定（非延迟、主动或插入），并显示在其页面上。请在同一约定内比较方法。",
)
"""A caveat of every card of job shops that policies answer."""


class JobShopTask(Task):
    """A task names its shops and what is known about them; the rest is the same for all."""

    card: ClassVar[TaskCard]
    objective: ClassVar[Objective] = "makespan"

    @abstractmethod
    def shops(self, files: DataFiles, draw: Draw) -> list[JobShopInstance]:
        """The test instances in the order of the rows.

        Raises:
            DataNotAvailableError: A data file is in no known place.
            DataError: An instance is not the known one.
        """

    @abstractmethod
    def bounds(self, shops: Sequence[JobShopInstance], files: DataFiles, draw: Draw) -> list[Bounds]:
        """What is known about each of the shops."""

    def slices_of(self, shop: Mapping[str, Any]) -> Mapping[str, str]:
        """An input row's value on each of the card's axes."""
        return {"size": shop_size(shop)}

    def more_references(self, shops: Sequence[JobShopInstance]) -> Mapping[str, Sequence[int]]:
        """Columns of the references besides those of all job shops."""
        return {}

    def inputs(self, files: DataFiles, draw: Draw) -> pa.Table:
        """One row per shop.

        Raises:
            DataNotAvailableError: A data file is in no known place.
            DataError: An instance is not the known one.
            UsageError: ``draw`` names a track or a secret that the task does not have.
        """
        track = self.card.check_draw(draw)
        return job_shop_table(self.shops(files, draw), self.objective, samples=track.samples)

    def references(self, files: DataFiles, draw: Draw) -> pa.Table:
        """Time steps per shop: bounds, reference makespan, and ``serial_makespan``, which no counted makespan exceeds.

        Raises:
            DataNotAvailableError: A data file is in no known place.
            DataError: An instance is not the known one.
            UsageError: ``draw`` names a track or a secret that the task does not have.
        """
        self.card.check_draw(draw)
        shops = self.shops(files, draw)
        bounds = self.bounds(shops, files, draw)
        columns: dict[str, Sequence[int]] = {
            "lower_bound": [b.lower_bound for b in bounds],
            "upper_bound": [b.upper_bound for b in bounds],
            "reference_makespan": [b.reference_makespan for b in bounds],
            "serial_makespan": [serial_makespan(row) for row in job_shop_table(shops).to_pylist()],
        }
        columns |= self.more_references(shops)
        return pa.table(
            {"id": pa.array([shop.name for shop in shops], pa.string())}
            | {name: pa.array(values, pa.int64()) for name, values in columns.items()}
        )

    def score(self, answers: Answers, references: pa.Table) -> pa.Table:
        """One unit per shop with the columns of ``score_makespans``.

        Raises:
            ScoringError: An input has no reference.
        """
        return score_makespans(
            answers, references, slices=self.slices_of, simple_bound="simple_bound" in references.column_names
        )

    def exhibits(self, answers: Answers, references: pa.Table, units: pa.Table) -> tuple[Exhibit, ...]:
        """Gantt charts: the first shop of the middle size, and the one where this model scored lowest."""
        return schedule_exhibits(answers, references, units)


def reference_starts(shops: Sequence[JobShopInstance], rule: RuleName = "mwkr") -> list[tuple[JobShop, IntArray]]:
    """Each shop as arrays, with the starts (shape ``(n, k)``) of a rule's non-delay schedule."""
    batches = job_shop_table(shops).combine_chunks().to_batches()
    read = [shop for batch in batches for shop in read_job_shops(batch)]
    return list(zip(read, non_delay_starts(read, rule), strict=True))
