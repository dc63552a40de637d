"""The prompts of ``jobshop-text``: a job shop as a table that a person can read, in English and in Chinese."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from ...harness.interface_parts import input_table
from ...harness.text import Language, Text
from ...harness.text_inputs import generation_inputs
from .instances import JobShopInstance

__all__ = ["MAX_TOKENS", "job_shop_prompt", "job_shop_prompts"]

MAX_TOKENS = 4096
"""Room for a chain of thought; the longest answer itself, of 15 machines with 15 jobs each, takes some 700 tokens."""

_PROMPT = Text(
    """Plan a job shop with {jobs} jobs and {machines} machines. Jobs and machines are numbered from 0.

Each row of the table is a job. Its operations are done from left to right, each after the one before it has ended. "M2 34" means: on machine 2, for 34 time steps. A machine works on one operation at a time and finishes it before it takes the next.

{table}

For every machine, choose the order in which it takes the jobs that visit it, so that the last job is done as early as possible. Start times follow from these orders: every operation starts as soon as its job and its machine are free.

End your answer with one JSON object on one line. "machine_order" holds {machines} lists: the first one the job numbers in the order in which machine 0 takes them, the second one those of machine 1, and so on. Each list names each of the {jobs} jobs exactly once:
{{"machine_order": [[jobs of machine 0], [jobs of machine 1], ...]}}""",  # noqa: E501
    """请为一个作业车间排程：共 {jobs} 个作业、{machines} 台机器，作业与机器均从 0 开始编号。

表中每一行是一个作业，其工序从左到右依次进行，前一道工序结束后才能开始下一道。“M2 34”表示：在机器 2 上加工 34 个时间步。每台机器同一时刻只加工一道工序，加工完毕后才能开始下一道。

{table}

请为每台机器确定其加工各作业的先后顺序，使最后一个作业尽早完成。开始时刻由这些顺序决定：每道工序在其作业与机器都空闲时立即开始。

请以单行的一个 JSON 对象结束回答。“machine_order”包含 {machines} 个列表：第一个是机器 0 依次加工的作业编号，第二个是机器 1 的，依此类推；每个列表中 {jobs} 个作业各出现恰好一次：
{{"machine_order": [[机器 0 的作业], [机器 1 的作业], ...]}}""",  # noqa: E501
)
_JOB, _OPERATION = Text("job", "作业"), Text("operation {number}", "工序 {number}")


def job_shop_prompt(shop: JobShopInstance, language: Language) -> str:
    """What a model is told of a shop whose jobs all visit every machine once."""
    jobs, machines = len(shop.duration), 1 + max(map(max, shop.machine))
    return _PROMPT.of(language).format(jobs=jobs, machines=machines, table=_table(shop, language))


def job_shop_prompts(shops: Sequence[JobShopInstance], language: Language) -> pa.Table:
    """``generation`` inputs with one row per shop: one message of the user, since not all models take another role."""
    schema = generation_inputs(language=language)
    columns = {
        "id": [shop.name for shop in shops],
        "messages": [[{"role": "user", "content": job_shop_prompt(shop, language)}] for shop in shops],
        "stop": [[] for _ in shops],
        "max_tokens": [MAX_TOKENS] * len(shops),
    }
    return input_table(schema, columns)


def _table(shop: JobShopInstance, language: Language) -> str:
    width = max(map(len, shop.duration))
    head = [_JOB.of(language), *(_OPERATION.of(language).format(number=k) for k in range(width))]
    rows = [
        [str(job), *(f"M{m} {d}" for m, d in zip(route, durations, strict=True))]
        for job, (route, durations) in enumerate(zip(shop.machine, shop.duration, strict=True))
    ]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, ["---"] * len(head), *rows])
