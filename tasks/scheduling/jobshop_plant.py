"""The task ``scheduling/jobshop-plant``: 20 re-entrant shops drawn from a plant's statistics, by mean completion time.

The makespan says nothing here: one machine is so busy that its load is the optimum, and the rule "most operations
remaining" reaches it on all 20 shops. What the plant's jobs differ in is when they are done, which is also what the
authors of the shops minimised (with weights that they did not publish with the shops; here all jobs weigh the same).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa

from ...harness.data import DataFiles
from ...harness.metrics import mean_metric
from ...harness.task import Draw, Split, TaskCard, Track
from ...harness.text import Text
from ...harness.units import problem_columns, units_table
from ...harness.validation import Answers
from .bounds import Bounds, published_bounds
from .by_the_clock import clocked_caveat
from .instances import JobShopInstance, Objective
from .job_shop_task import CONVENTIONS_DIFFER, JobShopTask, reference_starts
from .jobshop_library import PLANT, PLANT_SOURCE, read_library
from .lower_bounds import completion_bound
from .shop_scoring import BEST_KNOWN, INSTANCE, WORST_SCORE, Judged, judged_schedules, normalised_score, review_of

__all__ = ["CARD", "TASK", "JobShopPlant"]

_NAMES = tuple(f"bel{n:02d}" for n in range(20))

_SCORE = mean_metric(
    "score",
    Text("Normalised score", "归一化得分"),
    unit="1",
    statistic="score",
    best=1.0,
    higher_is_better=True,
    formula="mean over instances of clip((R - F) / (R - B), -1, 1); F: sum of the jobs' completion times, R: F of "
    "non-delay FIFO, B: a lower bound of F",
    limits=(-1.0, 1.0),
    digits=3,
)
_COMPLETION_GAP = mean_metric(
    "completion_gap_percent",
    Text("Mean completion time over its lower bound", "平均完工时间超出下界的比例"),
    unit="%",
    statistic="completion_gap_percent",
    best=0.0,
    higher_is_better=False,
    formula="mean over instances of 100 (F / B - 1); B: each job on its busiest machine, shortest remaining work first",
    limits=(0.0, np.inf),
    digits=1,
)
_MEAN_COMPLETION = mean_metric(
    "mean_completion_steps",
    Text("Mean time until a job is done", "作业平均完成时刻"),
    unit="time steps",
    statistic="completion_total",
    count="jobs",
    best=0.0,
    higher_is_better=False,
    formula="sum of all jobs' completion times / jobs, over all instances",
    limits=(0.0, np.inf),
    digits=0,
)

CARD = TaskCard(
    id="scheduling/jobshop-plant",
    version=1,
    title=Text("Job shop, re-entrant shops of a plant", "作业车间调度：某工厂的可重入车间"),
    summary=Text(
        "Schedule 20 large shops of 627 to 968 jobs on 47 to 69 machines so that jobs are done early on average. Jobs "
        "are of 1 to 15 operations and come to one machine up to 8 times; routes, durations and loads were drawn to "
        "have the statistics of one real plant. Score 0 is first come, first served; 1 is a lower bound. "
        "The machines' powers are not published, so schedules have no energy cost.",
        "为 20 个大型车间（627 至 968 个作业，47 至 69 台机器）排程，使作业平均尽早完成。每个作业有 1 至 15 道工序，"
        "可多次（至多 8 次）到达同一机器；路线、工时与负荷按一家真实工厂的统计特征生成。"
        "0 分为先到先服务，1 分为下界。"
        "机器功率未公布，因此不计排程的电费。",
    ),
    realism="synthetic",  # drawn from the statistics of a plant, not recorded in it
    industry=None,  # the authors name no industry of the plant
    region=None,
    interface="scheduling",
    data=PLANT_SOURCE,
    practice_secret=None,
    splits=(Split("test", units=len(_NAMES), rows=len(_NAMES), exported=False),),
    unit="instance",
    unit_title=INSTANCE,
    block=None,
    tracks=(Track("default", Text("Any schedule", "任意排程")),),
    slices=(),
    primary=_SCORE,
    secondary=(_COMPLETION_GAP, _MEAN_COMPLETION, BEST_KNOWN.gap, BEST_KNOWN.feasible),
    floor="fifo",
    incumbent="lwkr",
    perfect=1.0,
    worst_value=WORST_SCORE,
    worst_value_of=Text(
        "score; all jobs are then done when the operations, run one after another, have ended",
        "得分；此时所有作业的完成时刻按全部工序串行执行完毕计算",
    ),
    on_invalid="worst",
    standings=True,
    detectable_effect=2.9,  # of FDD/MWKR and MWKR: tests/performance/detectable_effect.py
    caveats=(CONVENTIONS_DIFFER, clocked_caveat("scheduling/jobshop-plant")),
    citation=f"{PLANT_SOURCE.citation}; bounds: ScheduleOpt/benchmarks (CC BY-SA 4.0)",
    public_since="2025",
)


class JobShopPlant(JobShopTask):
    """Reads bel00 to bel19 and scores schedules by the completion times of their jobs."""

    card: ClassVar[TaskCard] = CARD
    objective: ClassVar[Objective] = "total_completion"

    def shops(self, files: DataFiles, draw: Draw) -> list[JobShopInstance]:
        """The 20 instances, each proven by its sha256.

        Raises:
            DataNotAvailableError: The file is in no known place.
            DataError: The file is damaged, or an instance is not the published one.
        """
        return read_library(files, PLANT, _NAMES)

    def bounds(self, shops: Sequence[JobShopInstance], files: DataFiles, draw: Draw) -> list[Bounds]:
        """The published bounds of the makespan."""
        return published_bounds(shops)

    def more_references(self, shops: Sequence[JobShopInstance]) -> Mapping[str, Sequence[int]]:
        """Sums of completion times in time steps: the lower bound, and that of non-delay FIFO, which is score 0."""
        return {
            "completion_bound": [completion_bound(shop) for shop in shops],
            "reference_completion": [
                int((start + read.duration).max(axis=1).sum()) for read, start in reference_starts(shops, "fifo")
            ],
        }

    def score(self, answers: Answers, references: pa.Table) -> pa.Table:
        """Per shop: score, gap of the completion times, their sum and number, gap of the makespan, feasibility.

        A schedule that breaks a rule counts as score -1, and as one in which all jobs are done at the serial makespan;
        no valid one counts as more. ``new_best`` is 1 for a makespan under the frozen upper bound.

        Raises:
            ScoringError: An input has no reference.
        """
        statistics: dict[str, list[float]] = {}
        units, problems, reviews = [], [], []
        for judged in judged_schedules(answers, references):
            for name, value in _statistics(judged).items():
                statistics.setdefault(name, []).append(value)
            units.append(judged.shop["id"])
            problems.append(judged.problem)
            reviews.append(review_of(judged.makespan, judged.reference["upper_bound"]))
        return units_table(
            unit=units,
            slices={},
            statistics={name: np.array(values, np.float64) for name, values in statistics.items()},
            rows=[1] * len(units),
            **problem_columns(problems),
            review=reviews,
        )


def _statistics(judged: Judged) -> dict[str, float]:
    shop, reference, makespan = judged.shop, judged.reference, judged.makespan
    jobs = len({activity["job"] for activity in shop["activities"]})
    serial, bound = reference["serial_makespan"], reference["completion_bound"]
    worst, upper = jobs * serial, reference["upper_bound"]
    total = worst if makespan is None else min(_total_completion(judged), worst)
    score = normalised_score(total, reference_makespan=reference["reference_completion"], upper_bound=bound)
    counted = serial if makespan is None else min(makespan, serial)
    return {
        "score": WORST_SCORE if makespan is None else score,
        "completion_gap_percent": 100 * (total - bound) / bound,
        "completion_total": float(total),
        "jobs": float(jobs),
        "gap_percent": 100 * (counted - upper) / upper,
        "feasible": float(makespan is not None),
        "new_best": float(makespan is not None and makespan < upper),
        "makespan": float(counted),
    }


def _total_completion(judged: Judged) -> int:
    """Sum over jobs of the end of their last activity, in time steps."""
    done: dict[Any, int] = {}
    for activity, start, mode in zip(judged.shop["activities"], judged.start, judged.mode, strict=True):
        end = start + activity["modes"][mode]["duration"]
        done[activity["job"]] = max(end, done.get(activity["job"], 0))
    return sum(done.values())


TASK = JobShopPlant()
