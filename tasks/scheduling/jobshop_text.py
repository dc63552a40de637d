"""The task ``scheduling/jobshop-text``: job shops told in words and answered in words, by language models.

A model reads a table and writes the order of the jobs on each machine; it computes no times. The driver reads the
orders (``text_answers``), starts every operation as early as they allow (``machine_orders``), and the validator of all
scheduling tasks judges these starts. Only fresh shops are asked: language models know the published ones by heart.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

import pyarrow as pa

from ...harness.codes import Problem
from ...harness.data import DataFiles
from ...harness.errors import ScoringError
from ...harness.exhibits import Exhibit
from ...harness.interfaces import get_interface
from ...harness.metrics import share_metric
from ...harness.task import Draw, Split, Task, TaskCard, Track
from ...harness.text import Language, Text
from ...harness.validation import Answers
from .gantt import schedule_exhibits
from .instances import JobShopInstance, job_shop_table
from .kept_references import known_references
from .lower_bounds import makespan_bound
from .machine_orders import timed_orders
from .shop_scoring import (
    INSTANCE,
    WORST_OF_MAKESPAN,
    WORST_SCORE,
    makespan_metrics,
    score_makespans,
    shop_size,
    simple_bound_gap,
)
from .text_answers import read_machine_orders
from .text_prompts import job_shop_prompts
from .text_references import compute_text_references, practice_text_references
from .text_shops import PRACTICE_SECRET, SHOPS_PER_SIZE, SIZES, TextShop, text_job_shops
from .validator import serial_makespan

__all__ = ["CARD", "TASK", "JobShopText"]

_SHOPS = len(SIZES) * SHOPS_PER_SIZE
_METRICS = makespan_metrics(known=Text("CP-SAT", "CP-SAT 参考值"), detail=" with a deterministic limit, see cp_sat.py")
_BOUND_GAP = simple_bound_gap("bound_gap_percent", Text("Gap to a simple lower bound", "与简单下界的差距"))
_TRUNCATED = dataclasses.replace(
    share_metric(
        "truncated_share",
        Text("Answers cut off by the token limit", "因 token 上限被截断的回答占比"),
        statistic="truncated",
        higher_is_better=False,
        formula="answers that ended at max_tokens or at the model's window / instances; of models that tell it",
    ),
    optional=True,
)
_LANGUAGES: Mapping[str, Language] = {"en": "en", "zh": "zh"}

CARD = TaskCard(
    id="scheduling/jobshop-text",
    version=1,
    title=Text("Job shop in words, for language models", "文字描述的作业车间调度（语言模型）"),
    summary=Text(
        "Read a job shop from a table in an English or Chinese prompt and answer with the order of the jobs on each "
        "machine, as JSON; start times follow from the orders. 224 fresh shops, 32 of each size from 3x3 to 15x15, "
        "drawn from a secret. An answer that cannot be read, leaves a job out or contradicts itself is infeasible and "
        "never mended. Score 0 is the rule 'most work remaining first', 1 the schedule that CP-SAT finds with a "
        "deterministic limit (in the practice set proven best up to 10x10). Shops in which no swap of neighbours "
        "improves on the rule are drawn again.",
        "从中文或英文提示的表格中读取作业车间，并以 JSON 给出每台机器的作业加工顺序；开始时刻由顺序推出。"
        "共 224 个由密钥新抽取的车间，3x3 至 15x15 七种规模各 32 个。"
        "无法读取、遗漏作业或自相矛盾的回答均不可行，且绝不代为修正。"
        "0 分为“剩余工作量最大优先”规则，1 分为 CP-SAT 在确定性限额内找到的排程（练习集中 10x10 及以下均已证明最优）。"
        "若任何一次相邻交换都无法改进该规则，则重新抽取车间。",
    ),
    realism="synthetic",
    industry=None,  # random shops: a method test
    region=None,
    interface="generation",
    data=None,
    practice_secret=PRACTICE_SECRET,
    splits=(Split("practice", units=_SHOPS, rows=_SHOPS, exported=True, drawn=False),),
    unit="instance",
    unit_title=INSTANCE,
    block=None,
    tracks=(
        Track("en", Text("Prompt in English", "英文提示")),
        Track("zh", Text("Prompt in Chinese", "中文提示")),
    ),
    slices=("size",),
    primary=_METRICS.score,
    secondary=(_METRICS.feasible, _METRICS.gap, _BOUND_GAP, _TRUNCATED),
    floor="text-mwkr",
    incumbent="text-mwkr",
    perfect=1.0,
    worst_value=WORST_SCORE,
    worst_value_of=WORST_OF_MAKESPAN,
    on_invalid="worst",
    standings=True,
    detectable_effect=9.2,  # of FDD/MWKR and MWKR: tests/performance/detectable_effect.py
    citation="SectorBench, tasks/scheduling/jobshop_text.py; distribution: E. Taillard, Benchmarks for basic "
    "scheduling problems, European Journal of Operational Research 64(2), 1993, 278-285",
)


class JobShopText(Task):
    """Draws 224 shops, writes them as prompts and scores the orders that a model answers with."""

    card: ClassVar[TaskCard] = CARD

    def shops(self, draw: Draw) -> tuple[TextShop, ...]:
        """The shops of each size, drawn from ``draw.secret`` (None: practice); both tracks ask the same."""
        return text_job_shops(draw.secret if draw.secret is not None else PRACTICE_SECRET)

    def inputs(self, files: DataFiles, draw: Draw) -> pa.Table:
        """One prompt per shop, in the language of the track.

        Raises:
            UsageError: ``draw`` names a track that the task does not have.
        """
        self.card.check_draw(draw)
        return job_shop_prompts([one.shop for one in self.shops(draw)], _LANGUAGES[draw.track])

    def references(self, files: DataFiles, draw: Draw) -> pa.Table:
        """Per shop the shop itself, and in time steps what is known of it, as in the other job-shop tasks.

        For a secret CP-SAT takes about 4 minutes on one core; what is done is kept in the cache.

        Raises:
            UsageError: ``draw`` names a track that the task does not have.
        """
        self.card.check_draw(draw)
        drawn = self.shops(draw)
        shops = [one.shop for one in drawn]
        known = known_references(
            [shop.sha256 for shop in shops],
            practice_text_references(),
            lambda kept, told: compute_text_references(drawn, kept, told=told),
            files,
            draw.secret,
            task=CARD.id,
            every=SHOPS_PER_SIZE,
            seconds=1,
        )
        steps = {
            "lower_bound": [one.lower_bound for one in known],
            "upper_bound": [one.makespan for one in known],
            "reference_makespan": [one.reference_makespan for one in drawn],
            "serial_makespan": [serial_makespan(row) for row in job_shop_table(shops).to_pylist()],
            "simple_bound": [makespan_bound(shop) for shop in shops],
        }
        per_job = pa.list_(pa.list_(pa.int32()))
        return pa.table(
            {"id": pa.array([shop.name for shop in shops], pa.string())}
            | {name: pa.array(values, pa.int64()) for name, values in steps.items()}
            | {
                "duration": pa.array([shop.duration for shop in shops], per_job),
                "machine": pa.array([shop.machine for shop in shops], per_job),
            }
        )

    def score(self, answers: Answers, references: pa.Table) -> pa.Table:
        """One unit per shop with the columns of ``score_makespans``; ``truncated`` where the model told it.

        Raises:
            ScoringError: An input has no reference.
        """
        more = {}
        if "truncated" in answers.predictions.column_names:
            cut = answers.predictions.column("truncated").to_pylist()
            more["truncated"] = [float(row not in answers.problems and bool(one)) for row, one in enumerate(cut)]
        return score_makespans(
            _as_schedules(answers, references),
            references,
            slices=lambda shop: {"size": shop_size(shop)},
            simple_bound=True,
            more=more,
        )

    def exhibits(self, answers: Answers, references: pa.Table, units: pa.Table) -> tuple[Exhibit, ...]:
        """Gantt charts of the derived starts: the first shop of the middle size, and the one of the lowest score."""
        return schedule_exhibits(_as_schedules(answers, references), references, units)


def _as_schedules(answers: Answers, references: pa.Table) -> Answers:
    """The same answers as rows of ``scheduling``: orders that can be followed as start times, others as problems."""
    known: dict[str, dict[str, Any]] = {row["id"]: row for row in references.to_pylist()}
    shops, starts = [], []
    problems: dict[int, Problem] = dict(answers.problems)
    names, texts = answers.inputs.column("id").to_pylist(), answers.predictions.column("text").to_pylist()
    for row, (name, text) in enumerate(zip(names, texts, strict=True)):
        if name not in known:
            raise ScoringError(f"no reference for {name!r}; these inputs belong to other references")
        shop = JobShopInstance(name, known[name]["duration"], known[name]["machine"])
        start = None
        if row not in problems:
            problem, start = _start_times(shop, text)
            if problem is not None:
                problems[row] = problem
        shops.append(shop)
        starts.append([0] * sum(map(len, shop.duration)) if start is None else [s for job in start for s in job])
    schema = get_interface("scheduling").answer
    columns: list[list[Any]] = [names, starts, [[0] * len(start) for start in starts]]
    predictions = pa.table(
        [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)], schema=schema
    )
    return Answers(inputs=job_shop_table(shops), predictions=predictions, problems=problems)


def _start_times(shop: JobShopInstance, text: str) -> tuple[Problem | None, list[list[int]] | None]:
    problem, orders = read_machine_orders(text, name=shop.name)
    return (problem, None) if orders is None else timed_orders(shop, orders)


TASK = JobShopText()
