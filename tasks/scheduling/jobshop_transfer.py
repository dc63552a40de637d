"""The task ``scheduling/jobshop-transfer``: 100 job shops of other distributions than Taillard's, dmu and swv."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ...harness.data import DataFiles
from ...harness.task import Draw, Split, TaskCard
from ...harness.text import Text
from .bounds import Bounds, published_bounds
from .by_the_clock import clocked_caveat
from .instances import JobShopInstance
from .job_shop_task import CONVENTIONS_DIFFER, JOB_SHOP_TRACKS, JobShopTask
from .jobshop_library import CLASSICS, CLASSICS_SOURCE, DMU, read_library
from .shop_scoring import BEST_KNOWN, INSTANCE, WORST_OF_MAKESPAN, WORST_SCORE, shop_size

__all__ = ["CARD", "TASK", "JobShopTransfer"]

_DMU = tuple(f"dmu{n:02d}" for n in range(1, 81))
_SWV = tuple(f"swv{n:02d}" for n in range(1, 21))
_SHOPS = len(_DMU) + len(_SWV)

CARD = TaskCard(
    id="scheduling/jobshop-transfer",
    version=1,
    title=Text("Job shop, transfer to dmu and swv", "作业车间调度：迁移到 dmu 与 swv"),
    summary=Text(
        "Schedule 100 job shops whose routes and durations follow other laws than Taillard's: 80 of Demirkol, Mehta "
        "and Uzsoy with durations up to 200 and, in half of them, routes through one set of machines before the other, "
        "and 20 hard ones of Storer, Wu and Vaccari. A policy trained on random shops shows here what it carries over. "
        "The machines' powers are not published, so schedules have no energy cost.",
        "为 100 个分布不同于 Taillard 的作业车间排程：Demirkol、Mehta 与 Uzsoy 的 80 个（工时至 200，"
        "其中一半的路线先经过一组机器再经过另一组），以及 Storer、Wu 与 Vaccari 的 20 个难例。"
        "在随机车间上训练的策略在此显示其迁移能力。"
        "机器功率未公布，因此不计排程的电费。",
    ),
    realism="synthetic",
    industry=None,  # random shops: a method test
    region=None,
    interface="scheduling",
    data=CLASSICS_SOURCE,
    practice_secret=None,
    splits=(Split("test", units=_SHOPS, rows=_SHOPS, exported=False),),
    unit="instance",
    unit_title=INSTANCE,
    block=None,
    tracks=JOB_SHOP_TRACKS,
    slices=("family", "size"),
    primary=BEST_KNOWN.score,
    secondary=(BEST_KNOWN.gap, BEST_KNOWN.ratio, BEST_KNOWN.feasible),
    floor="mwkr",
    incumbent="mwkr",
    perfect=1.0,
    worst_value=WORST_SCORE,
    worst_value_of=WORST_OF_MAKESPAN,
    on_invalid="worst",
    standings=True,
    detectable_effect=7.9,  # of FDD/MWKR and MWKR: tests/performance/detectable_effect.py
    caveats=(CONVENTIONS_DIFFER, clocked_caveat("scheduling/jobshop-transfer")),
    citation=f"{CLASSICS_SOURCE.citation}; bounds: ScheduleOpt/benchmarks (CC BY-SA 4.0)",
    public_since="1992",
)


class JobShopTransfer(JobShopTask):
    """Reads dmu01 to dmu80 and swv01 to swv20, in this order."""

    card: ClassVar[TaskCard] = CARD

    def shops(self, files: DataFiles, draw: Draw) -> list[JobShopInstance]:
        """The 100 instances, each proven by its sha256.

        Raises:
            DataNotAvailableError: A file is in no known place.
            DataError: A file is damaged, or an instance is not the published one.
        """
        return read_library(files, DMU, _DMU) + read_library(files, CLASSICS, _SWV)

    def bounds(self, shops: Sequence[JobShopInstance], files: DataFiles, draw: Draw) -> list[Bounds]:
        """The published bounds of the edition on the card."""
        return published_bounds(shops)

    def slices_of(self, shop: Mapping[str, Any]) -> Mapping[str, str]:
        """Family and size."""
        return {"family": shop["id"].rstrip("0123456789"), "size": shop_size(shop)}


TASK = JobShopTransfer()
