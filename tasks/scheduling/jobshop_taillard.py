"""The task ``scheduling/jobshop-taillard``: Taillard's 80 job shops, makespan against the best known schedules."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa

from ...harness.data import DataFiles
from ...harness.errors import UsageError
from ...harness.exhibits import Exhibit
from ...harness.metrics import FloatArray, Metric, mean_metric
from ...harness.randomness import Stream
from ...harness.task import Draw, Examples, PublishedScore, Split, Task, TaskCard, Track
from ...harness.text import Text
from ...harness.units import units_table
from ...harness.validation import Answers
from .bounds import EDITION, taillard_bounds
from .gantt import schedule_exhibits
from .instances import JobShopInstance, job_shop_table
from .policies import non_delay_starts, read_job_shops
from .taillard import SIZES, published_job_shops, taillard_job_shop
from .validator import serial_makespan, validate_schedule

__all__ = ["CARD", "TASK", "JobShopTaillard", "normalised_score"]

_TEST_SHOPS, _TRAIN_SHOPS = 80, 200
_LARGEST_SEED = 2**31 - 2  # of Taillard's generator


def normalised_score(makespan: int, *, reference_makespan: int, upper_bound: int) -> float:
    """How far a schedule is on the way from the reference to the best known one, unitless; 1 is best, more is better.

    ``clip((R - C) / (R - UB), -1, 1)``; where the reference is the best known makespan, 1 for reaching it, else -1.

    >>> normalised_score(1361, reference_makespan=1491, upper_bound=1231)
    0.5
    """
    if reference_makespan == upper_bound:
        return 1.0 if makespan <= upper_bound else -1.0
    return max(-1.0, min(1.0, (reference_makespan - makespan) / (reference_makespan - upper_bound)))


def _ratio_metric() -> Metric:
    """Geometric mean of the makespan over the best known one: the exponential of a mean logarithm."""

    def value(total: FloatArray) -> FloatArray:
        ratio: FloatArray = np.exp(total[..., 0] / total[..., 1])
        return ratio

    def gradient(total: FloatArray) -> FloatArray:
        mean = total[..., 0] / total[..., 1]
        return np.exp(mean)[..., None] * np.stack([1 / total[..., 1], -mean / total[..., 1]], axis=-1)

    return Metric(
        name="ratio_geometric_mean",
        title=Text("Makespan over best known, geometric mean", "完工时间与最优已知值之比（几何平均）"),
        unit="1",
        best=1.0,
        higher_is_better=False,
        formula="exp(mean over instances of ln(C / UB))",
        statistics=("log_ratio", "rows"),
        value=value,
        gradient=gradient,
        limits=(0.0, np.inf),
        digits=3,
    )


_SCORE = mean_metric(
    "score",
    Text("Normalised score", "归一化得分"),
    unit="1",
    statistic="score",
    best=1.0,
    higher_is_better=True,
    formula="mean over instances of clip((R - C) / (R - UB), -1, 1); R: non-delay MWKR, UB: best known",
    limits=(-1.0, 1.0),
    digits=3,
)
_GAP = mean_metric(
    "gap_percent",
    Text("Gap to best known", "与最优已知值的差距"),
    unit="%",
    statistic="gap_percent",
    best=0.0,
    higher_is_better=False,
    formula=f"mean over instances of 100 (C / UB - 1); UB: best known, bounds-{EDITION}",
    limits=(-100.0, np.inf),
    digits=1,
)
_FEASIBLE = mean_metric(
    "feasible_share",
    Text("Feasible schedules", "可行排程占比"),
    unit="1",
    statistic="feasible",
    best=1.0,
    higher_is_better=True,
    formula="instances with a valid schedule / instances",
    limits=(0.0, 1.0),
    digits=3,
)

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
        "Score 0 is the rule 'most work remaining first', 1 the best schedules known.",
        "为 80 个随机作业车间（15 至 100 个作业，15 或 20 台机器）排程，使最后一个作业尽早完工。"
        "0 分为“剩余工作量最大优先”规则，1 分为已知最优排程。",
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
    unit_title=Text("instance", "实例"),
    block=None,
    tracks=(Track("default", Text("Any schedule", "任意排程")),),
    slices=("size",),
    primary=_SCORE,
    secondary=(_GAP, _ratio_metric(), _FEASIBLE),
    floor="mwkr",
    incumbent="mwkr",
    perfect=1.0,
    worst_value=-1.0,
    worst_value_of=Text(
        "score; the gap is then that of the operations run one after another",
        "得分；差距则按所有工序依次串行执行计算",
    ),
    on_invalid="worst",
    standings=True,
    detectable_effect=5.6,  # 2.80 standard errors of the mean score difference of FDD/MWKR and MWKR over the 80 shops
    published=_PUBLISHED,
    citation="E. Taillard, Benchmarks for basic scheduling problems, European Journal of Operational Research 64(2), "
    "1993, 278-285; bounds: ScheduleOpt/benchmarks (CC BY-SA 4.0)",
    public_since="1993",
)


class JobShopTaillard(Task):
    """Makes ta01 to ta80 from their seeds and scores schedules by their recomputed makespans."""

    card: ClassVar[TaskCard] = CARD

    def inputs(self, files: DataFiles, draw: Draw) -> pa.Table:
        """One row per shop, ta01 first; no file is read.

        Raises:
            DataError: An instance is not the published one.
            UsageError: ``draw`` names a track or a secret that the task does not have.
        """
        self._check(draw)
        return job_shop_table(published_job_shops())

    def references(self, files: DataFiles, draw: Draw) -> pa.Table:
        """Time steps per shop: bounds, reference makespan, and ``serial_makespan``, which no counted makespan exceeds.

        Raises:
            UsageError: ``draw`` names a track or a secret that the task does not have.
        """
        rows = self.inputs(files, draw).to_pylist()
        bounds = [taillard_bounds()[row["id"]] for row in rows]
        columns: dict[str, list[int]] = {
            "lower_bound": [b.lower_bound for b in bounds],
            "upper_bound": [b.upper_bound for b in bounds],
            "reference_makespan": [b.reference_makespan for b in bounds],
            "serial_makespan": [serial_makespan(row) for row in rows],
        }
        return pa.table(
            {"id": pa.array([row["id"] for row in rows], pa.string())}
            | {name: pa.array(values, pa.int64()) for name, values in columns.items()}
        )

    def score(self, answers: Answers, references: pa.Table) -> pa.Table:
        """Per shop: score, gap, logarithm of the ratio to the best known makespan, feasibility, and ``new_best``.

        A schedule that breaks a rule counts as score -1 and as the serial makespan, and so does no valid one count as
        more. ``new_best`` is 1 for a valid schedule under the frozen upper bound: it is to be looked at, its score
        stays 1.
        """
        known = {row["id"]: row for row in references.to_pylist()}
        shops = answers.inputs.to_pylist()
        starts, modes = answers.predictions.column("start"), answers.predictions.column("mode")
        statistics: dict[str, list[float]] = {
            name: [] for name in ("score", "gap_percent", "log_ratio", "feasible", "new_best", "makespan")
        }
        codes: list[str] = []
        for row, shop in enumerate(shops):
            bounds = known[shop["id"]]
            problem, makespan = answers.problems.get(row), None
            if problem is None:
                problem, makespan = validate_schedule(
                    shop, starts[row].as_py(), modes[row].as_py(), lower_bound=bounds["lower_bound"]
                )
            valid = makespan is not None
            counted = min(bounds["serial_makespan"] if makespan is None else makespan, bounds["serial_makespan"])
            upper = bounds["upper_bound"]
            score = normalised_score(counted, reference_makespan=bounds["reference_makespan"], upper_bound=upper)
            statistics["score"].append(score if valid else CARD.worst_value)
            statistics["gap_percent"].append(100 * (counted - upper) / upper)
            statistics["log_ratio"].append(float(np.log(counted / upper)))
            statistics["feasible"].append(float(valid))
            statistics["new_best"].append(float(makespan is not None and makespan < upper))
            statistics["makespan"].append(float(counted))
            codes.append("" if problem is None else problem.code)
        return units_table(
            unit=[shop["id"] for shop in shops],
            slices={"size": [_size(shop["activities"], len(shop["capacities"])) for shop in shops]},
            statistics={name: np.array(values, np.float64) for name, values in statistics.items()},
            rows=[1] * len(shops),
            invalid=[int(code != "") for code in codes],
            code=codes,
        )

    def exhibits(self, answers: Answers, references: pa.Table, units: pa.Table) -> tuple[Exhibit, ...]:
        """Gantt charts: ta31, the first shop of the middle size, and the one where this model scored lowest."""
        return schedule_exhibits(answers, references, units)

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
        inputs = job_shop_table(shops)
        read = [shop for batch in inputs.to_batches() for shop in read_job_shops(batch)]
        starts = non_delay_starts(read, "mwkr")  # activities stand job by job, so (n, k) ravels to their order
        makespans = [int((start + shop.duration).max()) for shop, start in zip(read, starts, strict=True)]
        targets = pa.table(
            {
                "id": inputs.column("id"),
                "reference_makespan": pa.array(makespans, pa.int64()),
                "reference_start": pa.array([start.ravel() for start in starts], pa.list_(pa.int64())),
            }
        )
        return Examples(inputs=inputs, targets=targets)

    @staticmethod
    def _check(draw: Draw) -> None:
        if draw.track != "default":
            raise UsageError(f"{CARD.id} has no track {draw.track!r}; its only track is 'default'")
        if draw.secret is not None:
            raise UsageError(f"{CARD.id} has no secret: its test set is made from the published seeds of 1993")


def _size(activities: list[dict[str, int]], machines: int) -> str:
    return f"{len({activity['job'] for activity in activities})}x{machines}"


def _train_shop(number: int, key: str) -> JobShopInstance:
    jobs, machines = SIZES[number % len(SIZES)]
    time_seed, machine_seed = Stream(CARD.id, "train", key, number).integers(1, _LARGEST_SEED + 1, 2).tolist()
    return taillard_job_shop(
        f"train-{number:03d}", jobs=jobs, machines=machines, time_seed=time_seed, machine_seed=machine_seed
    )


TASK = JobShopTaillard()
