"""The task ``scheduling/flowshop``: Taillard's 120 permutation flow shops, makespan against the best known orders."""

from __future__ import annotations

from typing import ClassVar

import pyarrow as pa

from ...harness.data import DataFiles
from ...harness.exhibits import Exhibit
from ...harness.randomness import Stream
from ...harness.task import Draw, Examples, Split, Task, TaskCard, Track
from ...harness.text import Text
from ...harness.validation import Answers
from .by_the_clock import clocked_caveat
from .frozen_bounds import bounded_references, frozen_bounds
from .gantt import schedule_exhibits
from .shop_scoring import WORST_SCORE, best_known_metrics, score_makespans
from .shop_tables import shop_table
from .taillard_flow import FlowShopInstance, flow_shop_seeds, published_flow_shops, taillard_flow_shop

__all__ = ["BOUNDS_FILE", "CARD", "TASK", "FlowShop"]

BOUNDS_FILE = "flow-shop-bounds-2026.11.json"
_TEST_SHOPS, _TRAIN_SHOPS = 120, 60
_LARGEST_SEED = 2**31 - 2  # of Taillard's generator
_SCORE, *_SECONDARY = best_known_metrics("jobs in the order of their numbers")

CARD = TaskCard(
    id="scheduling/flowshop",
    version=1,
    title=Text("Permutation flow shop, Taillard ta001–ta120", "置换流水车间调度（Taillard ta001–ta120）"),
    summary=Text(
        "Order the jobs of 120 random flow shops (20 to 500 jobs on 5 to 20 machines in line; all machines process the "
        "jobs in one order) so that the last job ends early. Score 0 is the order of the jobs' numbers, 1 the best "
        "orders known.",
        "为 120 个随机流水车间（20 至 500 个作业，依次经过 5 至 20 台机器，所有机器的加工顺序相同）排定作业顺序，"
        "使最后一个作业尽早完工。0 分为按作业编号的顺序，1 分为已知最优顺序。",
    ),
    realism="synthetic",
    industry=None,  # random shops: a method test
    region=None,
    interface="scheduling",
    data=None,  # made again from published seeds
    practice_secret=None,  # nothing is secret: seeds and good orders are public since 1993
    splits=(
        Split("test", units=_TEST_SHOPS, rows=_TEST_SHOPS, exported=False),
        Split("train", units=_TRAIN_SHOPS, rows=_TRAIN_SHOPS, exported=True),
    ),
    unit="instance",
    unit_title=Text("instance", "实例"),
    block=None,
    tracks=(Track("default", Text("Any permutation schedule", "任意置换排程")),),
    slices=("size",),
    primary=_SCORE,
    secondary=tuple(_SECONDARY),
    floor="flow-index",
    incumbent="flow-neh",
    perfect=1.0,
    worst_value=WORST_SCORE,
    worst_value_of=Text(
        "score; the gap is then that of the operations run one after another",
        "得分；差距则按所有工序依次串行执行计算",
    ),
    on_invalid="worst",
    standings=True,
    detectable_effect=4.3,  # 2.80 standard errors of the mean score difference of NEH and Palmer over the 120 shops
    caveats=(clocked_caveat("scheduling/flowshop"),),
    citation="E. Taillard, Benchmarks for basic scheduling problems, European Journal of Operational Research 64(2), "
    "1993, 278-285; sources of the bounds stand in flow-shop-bounds-2026.11.json",
    public_since="1993",
)


class FlowShop(Task):
    """Makes ta001 to ta120 from their seeds and scores schedules by their recomputed makespans."""

    card: ClassVar[TaskCard] = CARD

    def inputs(self, files: DataFiles, draw: Draw) -> pa.Table:
        """One row per shop, ta001 first, ``permutation`` true; no file is read.

        Raises:
            DataError: An instance is not the published one.
            UsageError: ``draw`` names a track or a secret that the task does not have.
        """
        self.card.check_draw(draw)
        return shop_table([instance.shop() for instance in published_flow_shops()])

    def references(self, files: DataFiles, draw: Draw) -> pa.Table:
        """Time steps per shop, see ``bounded_references``.

        Raises:
            UsageError: ``draw`` names a track or a secret that the task does not have.
        """
        return bounded_references(self.inputs(files, draw), frozen_bounds(BOUNDS_FILE))

    def score(self, answers: Answers, references: pa.Table) -> pa.Table:
        """Units as ``score_makespans`` makes them; machines with different orders break a rule (SB406)."""
        size = {seed.name: f"{seed.jobs}x{seed.machines}" for seed in flow_shop_seeds()}
        return score_makespans(answers, references, slices=lambda shop: {"size": size[shop["id"]]})

    def exhibits(self, answers: Answers, references: pa.Table, units: pa.Table) -> tuple[Exhibit, ...]:
        """Gantt charts: the first shop of the middle size, and the one where this model scored lowest."""
        return schedule_exhibits(answers, references, units)

    def examples(self, files: DataFiles, split: str, draw: Draw) -> Examples:
        """Fresh shops of Taillard's distribution, all sizes by turns, with the NEH order.

        The targets hold ``reference_order`` (job numbers, first job first) and ``reference_makespan`` of NEH, not
        optima. Another ``draw.secret`` gives other shops.

        Raises:
            UsageError: The split is not ``train``.
        """
        if split != "train":
            return super().examples(files, split, draw)
        import numpy as np

        from .simulator.flow_shop import neh_order, order_makespans

        instances = [_train_shop(number, draw.secret or "open") for number in range(_TRAIN_SHOPS)]
        durations = [np.array(instance.duration) for instance in instances]  # (n, m) each
        orders = [neh_order(duration) for duration in durations]
        makespans = [int(order_makespans(d, o[None])[0]) for d, o in zip(durations, orders, strict=True)]
        targets = pa.table(
            {
                "id": pa.array([instance.name for instance in instances], pa.string()),
                "reference_makespan": pa.array(makespans, pa.int64()),
                "reference_order": pa.array([order.tolist() for order in orders], pa.list_(pa.int64())),
            }
        )
        return Examples(inputs=shop_table([instance.shop() for instance in instances]), targets=targets)


def _train_shop(number: int, key: str) -> FlowShopInstance:
    sizes = list(dict.fromkeys((seed.jobs, seed.machines) for seed in flow_shop_seeds()))
    jobs, machines = sizes[number % len(sizes)]
    (time_seed,) = Stream(CARD.id, "train", key, number).integers(1, _LARGEST_SEED + 1, 1).tolist()
    return taillard_flow_shop(f"train-{number:03d}", jobs=jobs, machines=machines, time_seed=time_seed)


TASK = FlowShop()
