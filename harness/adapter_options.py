"""The options that a manifest may give each adapter: names, defaults and meanings, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from .text import Text

__all__ = ["OPTIONS", "OptionFact"]


class OptionFact(NamedTuple):
    """An option of the manifest.

    Attributes:
        name: Under ``options`` of ``submission.yaml``.
        default: As YAML writes it; None: it must be given.
        meaning: With the unit.
        interfaces: That it belongs to; empty: all that the adapter serves.
    """

    name: str
    default: str | None
    meaning: Text
    interfaces: tuple[str, ...] = ()


_THRESHOLD = OptionFact(
    "threshold",
    "null",
    Text(
        "probability from which a class is decided for, one number or one per head; null leaves it to the task",
        "判定为某类所需的概率，一个数或每个输出头一个；null 表示由任务决定",
    ),
    ("classification",),
)

OPTIONS: Mapping[str, tuple[OptionFact, ...]] = {
    "transformers-encoder": (
        OptionFact(
            "window",
            "null",
            Text(
                "tokens of a window, question and special tokens counted; null: what the model reads, at most 512",
                "窗口的 token 数，含问题与特殊 token；null 表示模型可读长度，至多 512",
            ),
        ),
        OptionFact(
            "stride",
            "null",
            Text(
                "tokens from one window's begin to the next; null: half the window",
                "相邻窗口起点的间隔 token 数；null 表示窗口的一半",
            ),
        ),
        OptionFact(
            "answer_tokens",
            "null",
            Text("tokens of a span at most; null: any number", "片段的最大 token 数；null 表示不限"),
            ("extraction",),
        ),
        OptionFact(
            "reads",
            "context",
            Text("`context` alone, or `pair`: context and question", "`context` 仅文本，`pair` 为文本加问题"),
            ("choice",),
        ),
        OptionFact(
            "labels",
            "null",
            Text(
                "label to the option that it stands for; null: the label is the option",
                "标签到选项的映射；null 表示标签即选项",
            ),
            ("choice",),
        ),
        OptionFact(
            "neutral",
            "null",
            Text("the label that says nothing; null: none", "表示“无结论”的标签；null 表示无"),
            ("choice",),
        ),
        OptionFact(
            "relevant",
            "null",
            Text(
                "the label whose log odds are the score; null: the only one, the second of two",
                "以其对数几率为得分的标签；null 表示唯一标签或两者中的第二个",
            ),
            ("ranking",),
        ),
    ),
    "transformers-causal": (
        OptionFact(
            "normalisation",
            "sum",
            Text(
                "of an option's log-likelihood: `sum`, or per `token` or `byte`",
                "选项对数似然的归一化：`sum`、按 `token` 或按 `byte`",
            ),
            ("choice",),
        ),
        OptionFact(
            "begin_token",
            "true",
            Text(
                "whether the begin token stands before texts where the tokenizer puts one there",
                "分词器会添加起始 token 时是否保留",
            ),
            ("choice",),
        ),
        OptionFact(
            "answer",
            "likelihood",
            Text(
                "`likelihood` of each option, or `generate`: in words",
                "`likelihood` 按似然，或 `generate` 以文字作答",
            ),
            ("choice",),
        ),
        OptionFact(
            "max_tokens",
            "1024",
            Text("tokens that may be written per question, reasoning included", "每个问题可写的 token 数，含推理"),
            ("choice", "extraction"),
        ),
    ),
    "transformers-series": (_THRESHOLD,),
    "onnx": (_THRESHOLD,),
    "skops": (
        OptionFact("file", "model.skops", Text("name of the skops file", "skops 文件名")),
        OptionFact(
            "features",
            "null",
            Text(
                "how rows become numbers, such as {step: series-summary, revision: 1}; null: a model of text",
                "行转为数值的方式，如 {step: series-summary, revision: 1}；null 表示文本模型",
            ),
            ("regression", "classification", "detection", "forecasting", "ranking"),
        ),
        OptionFact(
            "text",
            "context",
            Text("the column that a model of text reads", "文本模型读取的列"),
            ("choice", "extraction"),
        ),
        _THRESHOLD,
        OptionFact(
            "questions",
            "null",
            Text("questions that the model's outputs answer, in their order", "模型各输出依次回答的问题"),
            ("choice", "ranking"),
        ),
    ),
    "endpoint": (
        OptionFact(
            "url",
            None,
            Text(
                "base address, https:// or http://localhost; a host that is not public needs "
                "`run --allow-host HOST:PORT`",
                "服务基地址，https:// 或 http://localhost；非公网主机需要 `run --allow-host HOST:PORT`",
            ),
        ),
        OptionFact("model", None, Text("the server's name of the model", "服务器上的模型名称")),
        OptionFact("api", "chat", Text("`chat`, `completions` or `arrow`", "`chat`、`completions` 或 `arrow`")),
        OptionFact(
            "key_env",
            "null",
            Text(
                "variable that holds host and key (`models.example.com KEY`), its name begins with SECTORBENCH_KEY; "
                "null: none is sent",
                "存放主机与密钥的环境变量（`models.example.com KEY`），名称以 SECTORBENCH_KEY 开头；null 表示不发送",
            ),
        ),
        OptionFact("concurrency", "4", Text("requests under way at a time", "并发请求数")),
        OptionFact("timeout_s", "120", Text("seconds a request may take", "单次请求的秒数上限")),
        OptionFact("retries", "6", Text("how often a request that failed is sent again", "失败请求的重试次数")),
        OptionFact(
            "max_tokens",
            "1024",
            Text("per question of choice or extraction; texts alone", "每个问题的 token 上限；仅文本 API"),
        ),
        OptionFact("temperature", "0", Text("0 is greedy; texts alone", "0 为贪心；仅文本 API")),
        OptionFact(
            "system", "null", Text("put before every conversation; texts alone", "置于每个对话之前；仅文本 API")
        ),
        OptionFact(
            "price",
            "null",
            Text(
                "{currency, input, output} per million tokens; texts alone",
                "每百万 token 的 {currency, input, output}；仅文本 API",
            ),
        ),
        OptionFact("rows", "16", Text("rows of a request; `api: arrow` alone", "每次请求的行数；仅 `api: arrow`")),
    ),
    "dispatch-policy": (),
}
"""Of every adapter that takes submissions; none that is not here is taken."""
