"""The letter that goes with exported inputs: what they are and how to answer, in English and Chinese."""

from __future__ import annotations

from ..interfaces import get_interface
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
    columns = get_interface(facts.interface).answer
    told = "\n".join(
        f"| `{one.name}` | `{one.type}` | {(one.metadata or {}).get(b'unit', b'').decode()} |" for one in columns
    )
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

With a program of your own, which writes one row per `id` as an uncompressed Arrow stream
(`pyarrow.ipc.new_stream`, not a file, not Parquet), with these columns and no null in them /
使用自己的程序：每个 `id` 一行，写出未压缩的 Arrow 流（`pyarrow.ipc.new_stream`，而非 Arrow 文件或 Parquet），
列如下，不得含空值：

| column / 列 | type / 类型 | unit / 单位 |
|---|---|---|
{told}

```console
$ sectorbench predict --inputs THIS_FOLDER --answers MY_STREAM.arrow --about MY_MODEL.yaml --to answers
```

`predict` looks at the answers and says what breaks a rule. It takes nullable columns without nulls, large strings,
narrower numbers and another order for what they hold. /
`predict` 会检查答案并指出违反规则之处；不含空值的可空列、大字符串、较窄的数值类型以及不同的列顺序均可接受。

`MY_MODEL.yaml` holds `name`, `vendor`, `version` and `trained_on`, and may hold `country`, `licence`, `model_sha256`
and `submission_sha256`. Send `{ANSWERS_NAME}` and `{PREDICTED_NAME}` back; keep `{EXCHANGE_NAME}`.

`MY_MODEL.yaml` 须包含 `name`、`vendor`、`version`、`trained_on`，
还可包含 `country`、`licence`、`model_sha256`、`submission_sha256`。
请寄回 `{ANSWERS_NAME}` 与 `{PREDICTED_NAME}`，并保留 `{EXCHANGE_NAME}`。

One return of a model is scored; the record of a further one says how many were scored before it. What comes after the
secret is out is not scored. /
每个模型只对一份答案评分；若再次评分，记录会注明此前已评过几份。密钥公布之后返回的答案不再评分。

{source}"""
