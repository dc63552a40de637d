"""The task ``scheduling/jobshop-taillard``: Taillard's 80 job shops, makespan against the best known schedules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import pyarrow as pa

from ...harness.data import DataFiles
from ...harness.task import Draw, Examples, PublishedScore, Split, TaskCard
from ...harness.text import Text
from .bounds import Bounds, published_bounds
from .instances import JobShopInstance, job_shop_table
from .job_shop_task import CONVENTIONS_DIFFER, JOB_SHOP_TRACKS, JobShopTask, reference_starts
from .shop_scoring import BEST_KNOWN, INSTANCE, WORST_OF_MAKESPAN, WORST_SCORE
from .taillard import SIZES, drawn_job_shop, published_job_shops

__all__ = ["CARD", "TASK", "JobShopTaillard"]

_TEST_SHOPS, _TRAIN_SHOPS = 80, 200

_L2D = (
    "Zhang, Song, Cao, Zhang, Tan and Xu, Learning to Dispatch for Job Shop Scheduling via Deep Reinforcement "
    "Learning, NeurIPS 2020, table 3"
)
_SLIM = (
    "Corsini, Porrello, Calderara and Dell'Amico, Self-Labeling the Job Shop Scheduling Problem, NeurIPS 2024, "
    "Results.xlsx of SelfLabelingJobShop @2168f854"
)
_SOLVERS = "ScheduleOpt/benchmarks @79f0edc (2026-08-19), jobshop/solutions"
_UNCLEAR = Text(
    "as published: schedule generation unclear, none of append, insertion and non-delay gives these figures; "
    "mean over sizes of rounded gaps",
    "按原文引用：排程生成方式不明，追加、插入与非延迟均无法复现；各规模取整差距的均值",
)
_INSERTION = Text(
    "greedy, left-shift insertion, batch normalisation in training mode; mean over sizes of rounded gaps",
    "贪心，左移插入，批归一化处于训练模式；各规模取整差距的均值",
)
_NON_DELAY = Text("non-delay; 15x15 on altered instances", "非延迟；15x15 所用实例有改动")


def _sampled(k: str, k_zh: str) -> Text:
    return Text(f"pointer network, {k}; 15x15 on altered instances", f"指针网络，{k_zh}；15x15 所用实例有改动")


_FOUR_CORES = Text("600 s on 4 cores of a laptop, all 80 instances", "笔记本电脑 4 核，600 秒，全部 80 个实例")

_PUBLISHED = (
    PublishedScore("SPT (L2D paper)", "gap_percent", 58.0, _L2D, _UNCLEAR),
    PublishedScore("MWKR (L2D paper)", "gap_percent", 52.2, _L2D, _UNCLEAR),
    PublishedScore("L2D, greedy", "gap_percent", 27.1, _L2D, _INSERTION),
    PublishedScore("SPT (SLIM)", "gap_percent", 27.4, _SLIM, _NON_DELAY),
    PublishedScore("MWR (SLIM)", "gap_percent", 19.5, _SLIM, _NON_DELAY),
    PublishedScore("SLIM, greedy", "gap_percent", 13.4, _SLIM, _sampled("greedy", "贪心")),
    PublishedScore("SLIM, k=128", "gap_percent", 8.4, _SLIM, _sampled("best of 128 samples", "128 次采样取最优")),
    PublishedScore("SLIM, k=512", "gap_percent", 7.8, _SLIM, _sampled("best of 512 samples", "512 次采样取最优")),
    PublishedScore("CP-SAT 9.15", "gap_percent", 1.54, _SOLVERS, _FOUR_CORES),
    PublishedScore("CP Optimizer", "gap_percent", 1.06, _SOLVERS, _FOUR_CORES),
    PublishedScore("OptalCP 2026.4", "gap_percent", 0.46, _SOLVERS, _FOUR_CORES),
)

CARD = TaskCard(
    id="scheduling/jobshop-taillard",
    version=1,
    title=Text("Job shop, Taillard ta01–ta80", "作业车间调度（Taillard ta01–ta80）"),
    summary=Text(
        "Schedule 80 random job shops of 15 to 100 jobs on 15 or 20 machines so that the last job ends early. "
        "Score 0 is the rule 'most work remaining first', 1 the best schedules known. "
        "The machines' powers are not published, so schedules have no energy cost.",
        "为 80 个随机作业车间（15 至 100 个作业，15 或 20 台机器）排程，使最后一个作业尽早完工。"
        "0 分为“剩余工作量最大优先”规则，1 分为已知最优排程。"
        "机器功率未公布，因此不计排程的电费。",
    ),
    realism="synthetic",
    industry=None,  # random shops: a method test
    region=None,
    interface="scheduling",
    data=None,  # made again from published seeds
    practice_secret=None,  # nothing is secret: seeds and best schedules are public since 1993
    splits=(
        Split("test", units=_TEST_SHOPS, rows=_TEST_SHOPS, exported=False),
        Split("train", units=_TRAIN_SHOPS, rows=_TRAIN_SHOPS, exported=True),
    ),
    unit="instance",
    unit_title=INSTANCE,
    block=None,
    tracks=JOB_SHOP_TRACKS,
    slices=("size",),
    primary=BEST_KNOWN.score,
    secondary=(BEST_KNOWN.gap, BEST_KNOWN.ratio, BEST_KNOWN.feasible),
    floor="mwkr",
    incumbent="mwkr",
    perfect=1.0,
    worst_value=WORST_SCORE,
    worst_value_of=WORST_OF_MAKESPAN,
    on_invalid="worst",
    standings=True,
    detectable_effect=5.6,  # 2.80 standard errors of the mean score difference of FDD/MWKR and MWKR over the 80 shops
    published=_PUBLISHED,
    caveats=(CONVENTIONS_DIFFER,),
    citation="E. Taillard, Benchmarks for basic scheduling problems, European Journal of Operational Research 64(2), "
    "1993, 278-285; bounds: ScheduleOpt/benchmarks (CC BY-SA 4.0)",
    public_since="1993",
)


class JobShopTaillard(JobShopTask):
    """Makes ta01 to ta80 from their seeds and scores schedules by their recomputed makespans."""

    card: ClassVar[TaskCard] = CARD

    def shops(self, files: DataFiles, draw: Draw) -> list[JobShopInstance]:
        """ta01 to ta80; no file is read.

        Raises:
            DataError: An instance is not the published one.
        """
        return published_job_shops()

    def bounds(self, shops: Sequence[JobShopInstance], files: DataFiles, draw: Draw) -> list[Bounds]:
        """The published bounds of the edition on the card."""
        return published_bounds(shops)

    def examples(self, files: DataFiles, split: str, draw: Draw) -> Examples:
        """Fresh shops of Taillard's distribution, all sizes by turns, with the schedule that is score 0.

        The targets hold ``reference_makespan`` and ``reference_start`` (time step per activity) of non-delay MWKR, not
        optima. Another ``draw.secret`` gives other shops.

        Raises:
            UsageError: The split is not ``train``.
        """
        if split != "train":
            return super().examples(files, split, draw)
        shops = [_train_shop(number, draw.secret or "open") for number in range(_TRAIN_SHOPS)]
        made = reference_starts(shops)  # activities stand job by job, so (n, k) ravels to their order
        targets = pa.table(
            {
                "id": pa.array([shop.name for shop in shops], pa.string()),
                "reference_makespan": pa.array(
                    [int((start + shop.duration).max()) for shop, start in made], pa.int64()
                ),
                "reference_start": pa.array([start.ravel() for _, start in made], pa.list_(pa.int64())),
            }
        )
        return Examples(inputs=job_shop_table(shops), targets=targets)


def _train_shop(number: int, key: str) -> JobShopInstance:
    jobs, machines = SIZES[number % len(SIZES)]
    return drawn_job_shop(f"train-{number:03d}", CARD.id, "train", key, number, jobs=jobs, machines=machines)


TASK = JobShopTaillard()
