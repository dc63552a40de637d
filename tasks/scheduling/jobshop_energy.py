"""The task ``scheduling/jobshop-energy``: the electricity bill of fresh job shops under a tariff and a power limit.

Time steps are minutes. The tariff is as long as the horizon, and an operation behind its end, or more power than the
limit at any time, makes a schedule infeasible. Energy itself is the same for all schedules; only its hours are free.

Score 0 is the list schedule by most work remaining, which the generator also made as the proof that limit and tariff
can be kept; score 1 is what CP-SAT finds with a deterministic limit. How far CP-SAT is from the best schedule is not
known: on the practice shops it saves 17 % of the bill and stays 49 % over the simple bound, in which every operation
runs alone at its cheapest hours.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import pyarrow as pa

from ...harness.data import DataFiles
from ...harness.exhibits import Exhibit
from ...harness.metrics import mean_metric
from ...harness.task import Draw, Split, Task, TaskCard, Track
from ...harness.text import Text
from ...harness.units import problem_columns, units_table
from ...harness.validation import Answers
from .energy import cheapest_cost, dearest_cost, energy_of
from .energy_references import PRACTICE_SECRET, compute_schedules, practice_schedules
from .energy_shops import ENERGY_SIZES, SHOPS_PER_SIZE, EnergyShop, energy_shop_table, energy_shops
from .gantt import schedule_exhibits
from .kept_references import known_references
from .lower_bounds import makespan_bound
from .shop_scoring import FEASIBLE, INSTANCE, WORST_SCORE, Judged, judged_schedules, shop_size, simple_bound_gap
from .tariffs import MINUTES_PER_HOUR, load_tariff

__all__ = ["CARD", "TASK", "JobShopEnergy", "saving_score"]

_SHOPS = len(ENERGY_SIZES) * SHOPS_PER_SIZE
_TARIFF = load_tariff()


def saving_score(cost: float, *, reference_cost: float, known_cost: float) -> float:
    """Saving as a share of that of the known schedule, unitless; 1 is best, more is better.

    ``clip((R - C) / (R - K), -1, 1)``; where the known schedule saves nothing, 1 for costing no more, else -1.

    >>> saving_score(90.0, reference_cost=100.0, known_cost=80.0)
    0.5
    """
    if reference_cost <= known_cost:
        return 1.0 if cost <= known_cost else -1.0
    return max(-1.0, min(1.0, (reference_cost - cost) / (reference_cost - known_cost)))


_SCORE = mean_metric(
    "score",
    Text("Normalised saving", "归一化节费得分"),
    unit="1",
    statistic="score",
    best=1.0,
    higher_is_better=True,
    formula="mean over instances of clip((R - C) / (R - K), -1, 1); C: energy cost, R: of the list schedule by most "
    "work remaining within the limit, K: of CP-SAT's schedule with a deterministic limit",
    limits=(-1.0, 1.0),
    digits=3,
)
_COST = mean_metric(
    "energy_cost_cny",
    Text("Energy cost per instance", "每个实例的电费"),
    unit=_TARIFF.currency,
    statistic="energy_cost",
    best=0.0,
    higher_is_better=False,
    formula="sum over minutes of power x 1/60 h x price of the minute, mean over instances; tariff "
    f"{_TARIFF.name} {_TARIFF.version}, illustrative",
    limits=(0.0, np.inf),
    digits=1,
)
_BOUND_GAP = mean_metric(
    "cost_bound_gap_percent",
    Text("Cost gap to a simple lower bound", "电费与简单下界的差距"),
    unit="%",
    statistic="cost_bound_gap_percent",
    best=0.0,
    higher_is_better=False,
    formula="mean over instances of 100 (C / LB - 1); LB: every operation alone at the cheapest hours that its job "
    "leaves it",
    limits=(0.0, np.inf),
    digits=1,
)
_PEAK = mean_metric(
    "peak_percent_of_limit",
    Text("Peak power, share of the limit", "峰值功率占上限的比例"),
    unit="%",
    statistic="peak_percent",
    best=0.0,
    higher_is_better=False,
    formula="mean over instances of 100 (highest power / limit_kw); over 100 is infeasible and counts as 100",
    limits=(0.0, 100.0),
    digits=1,
)
_PEAK_KW = mean_metric(
    "peak_kw",
    Text("Peak power", "峰值功率"),
    unit="kW",
    statistic="peak_kw",
    best=0.0,
    higher_is_better=False,
    formula="mean over instances of the highest power; an infeasible schedule counts as limit_kw",
    limits=(0.0, np.inf),
    digits=1,
)
_GAP = simple_bound_gap(
    "makespan_gap_percent", Text("Makespan gap to a simple lower bound", "完工时间与简单下界的差距")
)

CARD = TaskCard(
    id="scheduling/jobshop-energy",
    version=1,
    title=Text("Job shop, energy cost under a tariff", "作业车间调度：分时电价下的电费"),
    summary=Text(
        "Schedule 50 fresh job shops in minutes so that their electricity is cheap: prices by the hour of the day, a "
        "limit on the site's power that no schedule may exceed, and a horizon 20 % longer than a good rule needs. "
        "Powers and prices are made up; idle machines are taken to draw nothing. Score 0 is the rule 'most work "
        "remaining first' within the limit, 1 what CP-SAT finds with one worker in about eight seconds of a core.",
        "为 50 个新生成的作业车间（以分钟计时）排程，使电费尽可能低：电价随时段变化，全厂功率不得超过上限，"
        "时间范围比规则所需长 20 %。功率与电价均为虚构；机器空闲时视为不耗电。"
        "0 分为功率上限内的“剩余工作量最大优先”规则，1 分为 CP-SAT 单线程约八秒（单核）找到的排程。",
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
    tracks=(Track("default", Text("One schedule", "单个排程")),),
    slices=("size",),
    primary=_SCORE,
    secondary=(_COST, _BOUND_GAP, _PEAK, _PEAK_KW, _GAP, FEASIBLE),
    floor="energy-mwkr",
    incumbent="energy-mwkr-shifted",
    perfect=1.0,
    worst_value=WORST_SCORE,
    worst_value_of=Text(
        "score; the cost is then that of every operation at its dearest hours, the peak the limit, the makespan the "
        "whole horizon",
        "得分；电费则按每道工序处于最贵时段计算，峰值取上限，完工时间取整个时间范围",
    ),
    on_invalid="worst",
    standings=True,
    detectable_effect=7.2,  # of MWKR and MOPNR, both shifted: tests/performance/detectable_effect.py
    citation="SectorBench, tasks/scheduling/energy_shops.py; distribution of the shops: E. Taillard, Benchmarks for "
    "basic scheduling problems, European Journal of Operational Research 64(2), 1993, 278-285",
)


class JobShopEnergy(Task):
    """Draws 50 shops and scores schedules by what their energy costs."""

    card: ClassVar[TaskCard] = CARD

    def shops(self, draw: Draw) -> list[EnergyShop]:
        """Ten shops of each size, drawn from ``draw.secret`` (None: practice)."""
        return energy_shops(draw.secret if draw.secret is not None else PRACTICE_SECRET)

    def inputs(self, files: DataFiles, draw: Draw) -> pa.Table:
        """One row per shop.

        Raises:
            UsageError: ``draw`` names a track that the task does not have.
        """
        self.card.check_draw(draw)
        return energy_shop_table(self.shops(draw))

    def references(self, files: DataFiles, draw: Draw) -> pa.Table:
        """Per shop costs in the tariff's currency and times in minutes.

        ``reference_cost`` and ``reference_makespan`` are of the list schedule, ``known_cost`` of CP-SAT's;
        ``cheapest_cost`` and ``dearest_cost`` are bounds of any schedule's, ``lower_bound`` of its makespan. For a
        secret CP-SAT takes about 7 minutes on one core; what is done is kept in the cache.

        Raises:
            UsageError: ``draw`` names a track that the task does not have.
        """
        self.card.check_draw(draw)
        shops = self.shops(draw)
        known = known_references(
            [shop.sha256 for shop in shops],
            practice_schedules(),
            lambda kept, told: compute_schedules(shops, kept, told=told),
            files,
            draw.secret,
            task=CARD.id,
            every=SHOPS_PER_SIZE,
            seconds=8,
        )
        rows = energy_shop_table(shops).to_pylist()
        certificates = [shop.certificate for shop in shops]
        columns = {
            "reference_cost": [_cost(row, start) for row, start in zip(rows, certificates, strict=True)],
            "known_cost": [_cost(row, start) for row, start in zip(rows, known, strict=True)],
            "cheapest_cost": [cheapest_cost(row, steps_per_hour=MINUTES_PER_HOUR) for row in rows],
            "dearest_cost": [dearest_cost(row, steps_per_hour=MINUTES_PER_HOUR) for row in rows],
            "lower_bound": [makespan_bound(shop.job_shop) for shop in shops],
            "reference_makespan": [
                max(s + a["modes"][0]["duration"] for s, a in zip(start, row["activities"], strict=True))
                for row, start in zip(rows, certificates, strict=True)
            ],
        }
        return pa.table({"id": [row["id"] for row in rows]} | columns)

    def score(self, answers: Answers, references: pa.Table) -> pa.Table:
        """Per shop: score, cost and its gap to a bound, peak, makespan and its gap, feasibility, ``new_best``.

        A schedule that breaks a rule counts as score -1, as the dearest hours, as a peak at the limit and as the whole
        horizon; no valid one counts as more. ``new_best`` is 1 for a schedule cheaper than CP-SAT's: its score stays 1.

        Raises:
            ScoringError: An input has no reference.
        """
        statistics: dict[str, list[float]] = {}
        units, problems, sizes = [], [], []
        for judged in judged_schedules(answers, references):
            for name, value in _statistics(judged).items():
                statistics.setdefault(name, []).append(value)
            units.append(judged.shop["id"])
            problems.append(judged.problem)
            sizes.append(shop_size(judged.shop))
        return units_table(
            unit=units,
            slices={"size": sizes},
            statistics={name: np.array(values, np.float64) for name, values in statistics.items()},
            rows=[1] * len(units),
            **problem_columns(problems),
        )

    def exhibits(self, answers: Answers, references: pa.Table, units: pa.Table) -> tuple[Exhibit, ...]:
        """Gantt charts: the first shop of the middle size, and the one where this model scored lowest."""
        return schedule_exhibits(answers, references, units)


def _cost(row: dict[str, object], start: Sequence[int]) -> float:
    return energy_of(row, start, [0] * len(start), steps_per_hour=MINUTES_PER_HOUR).cost


def _statistics(judged: Judged) -> dict[str, float]:
    shop, reference = judged.shop, judged.reference
    known, limit_kw, bound = reference["known_cost"], shop["limit_kw"], reference["lower_bound"]
    score, cost, peak_kw, makespan = WORST_SCORE, reference["dearest_cost"], limit_kw, len(shop["tariff"])
    if judged.makespan is not None:
        used = energy_of(shop, judged.start, judged.mode, steps_per_hour=MINUTES_PER_HOUR)
        cost, peak_kw, makespan = used.cost, used.peak_kw, judged.makespan
        score = saving_score(cost, reference_cost=reference["reference_cost"], known_cost=known)
    return {
        "score": score,
        "energy_cost": cost,
        "cost_bound_gap_percent": 100 * (cost / reference["cheapest_cost"] - 1),
        "peak_percent": 100 * peak_kw / limit_kw,
        "peak_kw": peak_kw,
        "makespan_gap_percent": 100 * (makespan - bound) / bound,
        "makespan": float(makespan),
        "feasible": float(judged.makespan is not None),
        "new_best": float(judged.makespan is not None and cost < known),
    }


TASK = JobShopEnergy()
"""What the catalogue names."""
