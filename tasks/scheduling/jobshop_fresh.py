"""The task ``scheduling/jobshop-fresh``: job shops of Taillard's distribution that nobody has seen, from a secret.

No best schedule is known of a fresh shop. The reference is CP-SAT with a deterministic limit (``cp_sat``): frozen for
the practice secret, computed once for any other and kept in the cache; the gap to a simple bound is shown beside it.

The shops are not selected. Those of ta01 to ta80 are harder than the average draw of their law, as if chosen: MWKR is
17 % over the simple bound there at 50x15 and 8 % at 100x20, on draws, ours or numpy's, 10 % and 6 %.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from ...harness.data import DataFiles
from ...harness.task import Draw, Split, TaskCard
from ...harness.text import Text
from .bounds import Bounds
from .fresh_references import (
    PRACTICE_SECRET,
    SHOPS_PER_SIZE,
    compute_references,
    fresh_job_shops,
    practice_references,
)
from .instances import JobShopInstance
from .job_shop_task import CONVENTIONS_DIFFER, JOB_SHOP_TRACKS, JobShopTask, reference_starts
from .kept_references import known_references
from .lower_bounds import makespan_bound
from .shop_scoring import INSTANCE, WORST_OF_MAKESPAN, WORST_SCORE, makespan_metrics, simple_bound_gap
from .taillard import SIZES

__all__ = ["CARD", "TASK", "JobShopFresh"]

_SHOPS = len(SIZES) * SHOPS_PER_SIZE
_METRICS = makespan_metrics(known=Text("CP-SAT", "CP-SAT 参考值"), detail=" with a deterministic limit, see cp_sat.py")
_BOUND_GAP = simple_bound_gap("bound_gap_percent", Text("Gap to a simple lower bound", "与简单下界的差距"))

CARD = TaskCard(
    id="scheduling/jobshop-fresh",
    version=1,
    title=Text("Job shop, fresh shops from a seed", "作业车间调度：由种子新生成的车间"),
    summary=Text(
        "Schedule 160 job shops of Taillard's distribution, 20 of each of his eight sizes, drawn from a secret and not "
        "selected: nobody has seen them or their best schedules before. Score 0 is the rule 'most work remaining "
        "first', 1 the schedule that CP-SAT finds with one worker in about nine seconds of a core. "
        "The machines have no powers, so schedules have no energy cost.",
        "为由密钥抽取、未经挑选的 160 个 Taillard 分布的作业车间排程（八种规模各 20 个）："
        "此前无人见过这些实例及其最优排程。"
        "0 分为“剩余工作量最大优先”规则，1 分为 CP-SAT 单线程约九秒（单核）找到的排程。"
        "机器没有功率数据，因此不计排程的电费。",
    ),
    realism="synthetic",
    industry=None,  # random shops: a method test
    region=None,
    interface="scheduling",
    data=None,
    practice_secret=PRACTICE_SECRET,
    splits=(Split("practice", units=_SHOPS, rows=_SHOPS, exported=True, drawn=False),),
    unit="instance",
    unit_title=INSTANCE,
    block=None,
    tracks=JOB_SHOP_TRACKS,
    slices=("size",),
    primary=_METRICS.score,
    secondary=(_METRICS.gap, _METRICS.ratio, _BOUND_GAP, _METRICS.feasible),
    floor="mwkr",
    incumbent="mwkr",
    perfect=1.0,
    worst_value=WORST_SCORE,
    worst_value_of=WORST_OF_MAKESPAN,
    on_invalid="worst",
    standings=True,
    detectable_effect=7.7,  # of FDD/MWKR and MWKR: tests/performance/detectable_effect.py
    caveats=(CONVENTIONS_DIFFER,),
    citation="SectorBench, tasks/scheduling/jobshop_fresh.py; distribution: E. Taillard, Benchmarks for basic "
    "scheduling problems, European Journal of Operational Research 64(2), 1993, 278-285",
)


class JobShopFresh(JobShopTask):
    """Draws 160 shops and scores schedules against CP-SAT."""

    card: ClassVar[TaskCard] = CARD

    def shops(self, files: DataFiles, draw: Draw) -> list[JobShopInstance]:
        """Twenty shops of each size, drawn from ``draw.secret`` (None: practice)."""
        return fresh_job_shops(draw.secret if draw.secret is not None else PRACTICE_SECRET)

    def bounds(self, shops: Sequence[JobShopInstance], files: DataFiles, draw: Draw) -> list[Bounds]:
        """CP-SAT's makespan as upper bound, what it or a machine's load proves as lower bound.

        For a secret this takes about 25 minutes on one core; what is done is kept in the cache.
        """
        known = known_references(
            [shop.sha256 for shop in shops],
            practice_references(),
            lambda kept, told: compute_references(shops, kept, told=told),
            files,
            draw.secret,
            task=CARD.id,
            every=SHOPS_PER_SIZE,
            seconds=9,
        )
        rule = [int((start + read.duration).max()) for read, start in reference_starts(shops)]
        return [Bounds(one.lower_bound, one.makespan, makespan) for one, makespan in zip(known, rule, strict=True)]

    def more_references(self, shops: Sequence[JobShopInstance]) -> Mapping[str, Sequence[int]]:
        """The simple lower bound of the makespan, in time steps."""
        return {"simple_bound": [makespan_bound(shop) for shop in shops]}


TASK = JobShopFresh()
