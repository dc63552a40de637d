"""The letter that goes with exported inputs: what they are and how to answer, in English and Chinese."""

from __future__ import annotations

from ..task import TaskCard
from .files import ANSWERS_NAME, EXCHANGE_NAME, INPUTS_NAME, PREDICTED_NAME, Exchange

__all__ = ["letter"]


def letter(facts: Exchange, card: TaskCard) -> str:
    """``README.md`` of a folder of inputs.

    Args:
        facts: What is asked.
        card: Of the task.
    """
    source = "" if card.data is None else f"{card.data.title}, {card.data.licence}. {card.data.citation}\n"
    again = facts.sample_of is not None
    asked_en = "some of them once more, to see whether the answers come out again" if again else "all of them"
    asked_zh = "其中一部分再次提问，以核对答案能否重现" if again else "全部作答"
    return f"""# {card.title.en} · {card.title.zh}

{card.summary.en}

{card.summary.zh}

- Task {facts.task}@{facts.task_version}, track {facts.track}, interface {facts.interface}; {facts.rows:,} inputs:
  {asked_en}.
- 任务 {facts.task}@{facts.task_version}，赛道 {facts.track}，接口 {facts.interface}；
  共 {facts.rows:,} 个输入：{asked_zh}。
- Commitment / 承诺: `{facts.commitment}`
- Handed out / 发出时间: {facts.exported_at:%Y-%m-%d %H:%M} UTC

`{INPUTS_NAME}` is an Arrow stream (`pyarrow.ipc.open_stream`). It holds neither references nor the secret that they
were drawn from. The commitment is the sha256 of four lines: `sectorbench-commitment/1`, the secret, the inputs' digest
`{facts.inputs_sha256}`
and the references' digest. When the secret is revealed, anybody can compute it again and draw the same references:
`sectorbench reveal --check FILE`.

`{INPUTS_NAME}` 是 Arrow 流，不含参考答案，也不含抽取所用的密钥。
承诺为四行文本的 sha256：`sectorbench-commitment/1`、密钥、输入摘要与参考答案摘要。
密钥公布后，任何人都可以重新计算承诺并重新生成参考答案：`sectorbench reveal --check FILE`。

With a submission folder / 使用提交文件夹:

```console
$ sectorbench predict --inputs THIS_FOLDER --submission MY_MODEL --to answers
```

With a program of your own, which writes the interface's columns as an uncompressed Arrow stream /
使用自己的程序（按接口规定的列写出未压缩的 Arrow 流）:

```console
$ sectorbench predict --inputs THIS_FOLDER --answers MY_STREAM.arrow --about MY_MODEL.yaml --to answers
```

No column and no list of it may be nullable: `pa.field("value", pa.float64(), nullable=False)`; the columns of every
interface: `sectorbench list --interfaces`. / 各列及其列表元素均不得可空：`nullable=False`；各接口的列见
`sectorbench list --interfaces`。

`MY_MODEL.yaml` holds `name`, `vendor`, `version` and `trained_on`, and may hold `country`, `licence`, `model_sha256`
and `submission_sha256`. Send `{ANSWERS_NAME}` and `{PREDICTED_NAME}` back; keep `{EXCHANGE_NAME}`.

`MY_MODEL.yaml` 须包含 `name`、`vendor`、`version`、`trained_on`，
还可包含 `country`、`licence`、`model_sha256`、`submission_sha256`。
请寄回 `{ANSWERS_NAME}` 与 `{PREDICTED_NAME}`，并保留 `{EXCHANGE_NAME}`。

{source}"""
