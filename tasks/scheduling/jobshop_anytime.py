"""The task ``scheduling/jobshop-anytime``: solvers of 32 of Taillard's job shops against the clock.

Seconds depend on the machine: cores, their speed, what else runs. The task stands outside of standings; two solvers can
be compared where they ran on one machine, and each record says how many cores were used and how busy the others were.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import pyarrow as pa

from ...harness.data import DataFiles
from ...harness.exhibits import Exhibit
from ...harness.task import Draw, Split, Task, TaskCard, Track
from ...harness.text import Text
from ...harness.validation import Answers
from .anytime_scoring import PRIMAL_INTEGRAL, SECONDARY, judged_traces, score_traces
from .bounds import published_bounds
from .gantt import schedule_exhibits
from .instances import JobShopInstance, job_shop_table, timed_job_shop_table
from .shop_scoring import INSTANCE, shop_size
from .taillard import published_job_shops
from .validator import serial_makespan

__all__ = ["CARD", "TASK", "JobShopAnytime"]

_FIRST_OF_SIZE = 4  # of the ten shops of each of the eight sizes
NAMES = tuple(f"ta{10 * size + place:02d}" for size in range(8) for place in range(1, 1 + _FIRST_OF_SIZE))
"""ta01 to ta04, ta11 to ta14, and so on to ta71 to ta74."""

CARD = TaskCard(
    id="scheduling/jobshop-anytime",
    version=1,
    title=Text("Job shop against the clock", "限时作业车间调度"),
    summary=Text(
        "Solvers send better and better schedules of 32 of Taillard's job shops (the first four of each size: ta01–04, "
        "ta11–14, …, ta71–74); the harness stamps each when it arrives. 0 is the best known schedule from the first "
        "moment on, 1 none at all. One solver has the machine to itself; seconds mean different things on different "
        "machines, so the task ranks nobody, and cores used and other load stand beside the figures.",
        "求解器针对 Taillard 的 32 个作业车间（每种规模的前四个：ta01–04、ta11–14、……、ta71–74）"
        "不断给出更好的排程，由评测框架在收到时打上时间戳。0 表示一开始就得到最优已知排程，1 表示始终没有排程。"
        "求解时独占机器；不同机器上的秒数含义不同，因此本任务不参与排名，并同时列出占用核数与其他负载。",
    ),
    realism="synthetic",
    industry=None,  # random shops: a method test
    region=None,
    interface="solver_trace",
    data=None,  # made again from published seeds
    practice_secret=None,
    splits=(Split("test", units=len(NAMES), rows=len(NAMES), exported=False),),
    unit="instance",
    unit_title=INSTANCE,
    block=None,
    tracks=(
        Track("default", Text("10 seconds per instance", "每个实例 10 秒"), budget_s=10.0),
        Track("minute", Text("60 seconds per instance", "每个实例 60 秒"), budget_s=60.0),
    ),
    slices=("size",),
    primary=PRIMAL_INTEGRAL,
    secondary=SECONDARY,
    floor="anytime-mwkr",
    incumbent="anytime-mwkr",
    perfect=0.0,
    worst_value=1.0,
    worst_value_of=Text(
        "primal integral; the gap is then that of the operations run one after another",
        "原始积分；差距则按所有工序依次串行执行计算",
    ),
    on_invalid="worst",
    standings=False,  # a score by the clock belongs to the machine as much as to the solver
    detectable_effect=None,
    citation="E. Taillard, Benchmarks for basic scheduling problems, European Journal of Operational Research 64(2), "
    "1993, 278-285; bounds: ScheduleOpt/benchmarks (CC BY-SA 4.0)",
    public_since="1993",
)


class JobShopAnytime(Task):
    """32 shops with a budget; scores the trace of each."""

    card: ClassVar[TaskCard] = CARD

    def inputs(self, files: DataFiles, draw: Draw) -> pa.Table:
        """One row per shop, with the seconds of the track.

        Raises:
            UsageError: ``draw`` names a track or a secret that the task does not have.
        """
        track = self.card.check_draw(draw)
        assert track.budget_s is not None
        return timed_job_shop_table(_shops(), budget_s=track.budget_s)

    def references(self, files: DataFiles, draw: Draw) -> pa.Table:
        """Time steps per shop: bounds, reference makespan, and ``serial_makespan``, which no counted makespan exceeds.

        Raises:
            DataError: An instance is not the published one.
            UsageError: ``draw`` names a track or a secret that the task does not have.
        """
        self.card.check_draw(draw)
        shops = _shops()
        rows = zip(shops, published_bounds(shops), job_shop_table(shops).to_pylist(), strict=True)
        return pa.Table.from_pylist(
            [
                {"id": shop.name, **bounds._asdict(), "serial_makespan": serial_makespan(row)}
                for shop, bounds, row in rows
            ]
        )

    def score(self, answers: Answers, references: pa.Table) -> pa.Table:
        """One unit per shop with the columns of ``score_traces``.

        Raises:
            ScoringError: An input has no reference.
        """
        return score_traces(answers, references, slices=_slices_of)

    def exhibits(self, answers: Answers, references: pa.Table, units: pa.Table) -> tuple[Exhibit, ...]:
        """Gantt charts of the last schedules that counted."""
        judged = list(judged_traces(answers, references))
        found = [{"start": [], "mode": []} if j.best is None else j.answer["trace"][j.best] for j in judged]
        last = pa.table(
            {
                "id": answers.predictions.column("id"),
                "start": pa.array([one["start"] for one in found], pa.list_(pa.int64())),
                "mode": pa.array([one["mode"] for one in found], pa.list_(pa.int32())),
            }
        )
        problems = {row: one.problem for row, one in enumerate(judged) if one.problem is not None}
        return schedule_exhibits(Answers(answers.inputs, last, problems), references, units)


def _shops() -> list[JobShopInstance]:
    shops = {shop.name: shop for shop in published_job_shops()}
    return [shops[name] for name in NAMES]


def _slices_of(shop: Mapping[str, Any]) -> Mapping[str, str]:
    return {"size": shop_size(shop)}


TASK = JobShopAnytime()
