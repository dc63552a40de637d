"""What the columns of interfaces hold, for people who write a model: shapes and meanings, in both languages.

Names, types and units are not repeated here: they stand in the schemas themselves. ``input_example`` is a schema as a
task makes it, with quantities that stand for any; a test looks that every column and every entry is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import pyarrow as pa

from .interfaces import (
    INTERFACES,
    Head,
    Quantity,
    classification_inputs,
    get_interface,
    regression_inputs,
    scheduling_inputs,
)
from .numeric_inputs import detection_inputs, forecasting_inputs
from .text import Text
from .text_inputs import choice_inputs, extraction_inputs, generation_inputs, ranking_inputs

__all__ = ["COLUMNS", "ENTRIES", "LETTERS", "OPTIONAL_INPUTS", "UNITS", "ColumnFact", "input_example"]


class ColumnFact(NamedTuple):
    """A column's shape in one row, with the letters of ``LETTERS``, and what it holds."""

    shape: str
    meaning: Text


LETTERS = Text(
    "t steps of a series, c channels, s static features, k codes or known quantities, h steps ahead, y targets, "
    "q quantile levels (0.1 to 0.9), p questions, o options of a question, a activities, r resources, m candidates",
    "t 为序列步数，c 为通道数，s 为静态特征数，k 为代码数或已知量数，h 为预测步数，y 为目标数，"
    "q 为分位水平数（0.1 至 0.9），p 为问题数，o 为某问题的选项数，a 为工序数，r 为资源数，m 为候选数",
)

_CHANNELS, _STATIC = (Quantity("load", "MW"), Quantity("temperature", "degC")), (Quantity("rated_power", "MW"),)
_EXAMPLES: Mapping[str, Callable[[], pa.Schema]] = {
    "regression": lambda: regression_inputs(
        channels=_CHANNELS,
        static=_STATIC,
        target=Quantity("remaining_life", "cycles"),
        step_unit="cycle",
        history_max=48,
        train_mean=60.0,
        target_range=(0.0, 125.0),
    ),
    "classification": lambda: classification_inputs(
        heads=[Head("failure", ("no failure", "failure"), "exclusive")],
        train_share=[[0.97, 0.03]],
        static=_STATIC,
        channels=_CHANNELS,
        step_unit="s",
        history_max=60,
        codes=154,
    ),
    "detection": lambda: detection_inputs(channels=_CHANNELS, step_s=1.0, causal=True),
    "forecasting": lambda: forecasting_inputs(
        channels=_CHANNELS,
        targets=1,
        known=[Quantity("holiday", "0 or 1")],
        items=["north"],
        step_s=3_600,
        horizon=24,
        history_max=672,
        seasons=[24, 168],
    ),
    "choice": lambda: choice_inputs(
        language="en", train_share={"yes": 0.7, "no": 0.3}, question_share={"Is it kept?": {"yes": 0.7, "no": 0.3}}
    ),
    "extraction": lambda: extraction_inputs(language="en", spans_max=20),
    "ranking": lambda: ranking_inputs(language="en"),
    "scheduling": lambda: scheduling_inputs(time_unit="the task's time unit", samples=2),
    "generation": lambda: generation_inputs(language="en"),
}

OPTIONAL_INPUTS: Mapping[str, frozenset[str]] = {
    "classification": frozenset({"series", "static", "codes"}),
    "forecasting": frozenset({"known"}),
}
"""Columns that a task of the interface may be without."""

_ID = ColumnFact("", Text("of the row; an answer repeats it", "行的标识；预测须原样返回"))
_SERIES = ColumnFact("[t, c]", Text("readings, oldest first; a missing one is NaN", "读数，由旧到新；缺失为 NaN"))
_STATIC_FACT = ColumnFact("[s]", Text("one number per static feature", "每个静态特征一个数"))
_CONTEXT = ColumnFact("", Text("the text that is asked about", "被提问的文本"))
_QUESTIONS = ColumnFact("[p]", Text("asked about the context", "针对文本的问题"))
_UNREAD = ColumnFact("[p]", Text("no answer could be read out of what was written", "无法从所写文本读出回答"))
_TRUNCATED = ColumnFact("[p]", Text("what was written ended at the limit of tokens", "所写文本在 token 上限处截断"))

COLUMNS: Mapping[str, Mapping[str, ColumnFact]] = {
    "regression": {
        "id": _ID,
        "series": _SERIES,
        "static": _STATIC_FACT,
        "purpose": ColumnFact(
            "",
            Text("`score`, or `policy`: asked for an operational cost alone", "`score`，或仅用于运营成本的 `policy`"),
        ),
        "value": ColumnFact("", Text("the target, in its unit", "目标值，采用目标的单位")),
        "quantiles": ColumnFact("[q]", Text("of the target, rising", "目标的分位数，须递增")),
    },
    "classification": {
        "id": _ID,
        "series": _SERIES,
        "static": _STATIC_FACT,
        "codes": ColumnFact("[k]", Text("whole numbers from 0, oldest first", "从 0 起的整数代码，由旧到新")),
        "probability": ColumnFact(
            "[heads, classes]",
            Text(
                "per head one per class; of an exclusive head they sum to 1",
                "每个输出头每类一个概率；互斥的输出头之和为 1",
            ),
        ),
        "decided": ColumnFact("[heads, classes]", Text("which classes the model decides for", "模型判定的类别")),
    },
    "detection": {
        "id": _ID,
        "series": _SERIES,
        "normal_steps": ColumnFact("", Text("first steps known to be normal", "开头已知为正常的步数")),
        "prefix_of": ColumnFact(
            "", Text("row that this one is the beginning of; empty: none", "本行是哪一行的开头；空表示无")
        ),
        "score": ColumnFact(
            "[t]",
            Text(
                "one per step, higher is stranger; from earlier steps alone", "每步一个，越高越异常；只能依据此前的数据"
            ),
        ),
    },
    "forecasting": {
        "id": _ID,
        "item": ColumnFact("", Text("what is forecast: a zone, a plant, a station", "预测对象：区域、工厂或变电站")),
        "origin": ColumnFact("", Text("time at which the first step ahead begins", "首个预测步开始的时间")),
        "series": _SERIES._replace(
            meaning=Text(
                "readings up to the origin, the targets' channels first; a missing one is NaN",
                "截至起报时刻的读数，目标通道在前；缺失为 NaN",
            )
        ),
        "known": ColumnFact(
            "[t + h, k]",
            Text("known in advance, of the series' steps and those ahead", "序列各步与预测各步的事先已知量"),
        ),
        "value": ColumnFact("[h, y]", Text("per step ahead and target", "每个预测步、每个目标一个值")),
        "quantiles": ColumnFact(
            "[h, y, q]", Text("per step ahead and target, rising", "每个预测步、每个目标的分位数，须递增")
        ),
    },
    "choice": {
        "id": _ID,
        "context": _CONTEXT,
        "questions": _QUESTIONS,
        "options": ColumnFact("[p, o]", Text("texts to choose from", "可选文本")),
        "prompt": ColumnFact(
            "",
            Text(
                "what a language model reads before context, question and option",
                "语言模型在文本、问题与选项之前读到的内容",
            ),
        ),
        "probability": ColumnFact(
            "[p, o]", Text("per option; of a question they sum to 1", "每个选项一个；同一问题之和为 1")
        ),
        "log_likelihood": ColumnFact(
            "[p, o]", Text("of the option's text behind its question", "选项文本在问题之后的对数似然")
        ),
        "tokens": ColumnFact("[p, o]", Text("of the option's text", "选项文本的 token 数")),
        "bytes": ColumnFact("[p, o]", Text("of the option's text in UTF-8", "选项文本的 UTF-8 字节数")),
        "cut": ColumnFact("[p, o]", Text("of the context that did not fit", "因窗口不足而舍去的上下文 token 数")),
        "unread": _UNREAD,
        "truncated": _TRUNCATED,
    },
    "extraction": {
        "id": _ID,
        "context": _CONTEXT,
        "questions": _QUESTIONS,
        "spans": ColumnFact(
            "[p, spans]",
            Text(
                "`start`, `end` (characters, end excluded), `probability`; most probable first, at most `spans_max`",
                "`start`、`end`（字符位置，不含 end）与 `probability`；按概率从高到低，至多 `spans_max` 个",
            ),
        ),
        "unread": _UNREAD,
        "truncated": _TRUNCATED,
    },
    "ranking": {
        "id": _ID,
        "query": ColumnFact("", Text("what is looked for", "查询")),
        "candidates": ColumnFact(
            "[m]",
            Text(
                "texts to order, as row numbers into the corpus (the dictionary)",
                "待排序文本，以语料（字典）中的行号表示",
            ),
        ),
        "score": ColumnFact("[m]", Text("one per candidate, higher is better", "每个候选一个，越高越好")),
    },
    "scheduling": {
        "id": _ID,
        "activities": ColumnFact(
            "[a]",
            Text(
                "`job` and `modes`, each with `duration`, `demands` (`resource`, `amount`) and `power_kw`",
                "`job` 与 `modes`；每个模式含 `duration`、`demands`（`resource`、`amount`）与 `power_kw`",
            ),
        ),
        "precedences": ColumnFact(
            "[pairs]", Text("`before` ends, then `after` starts", "`before` 结束后 `after` 才能开始")
        ),
        "capacities": ColumnFact("[r]", Text("of each resource; 1 is a machine", "各资源容量；1 表示机器")),
        "permutation": ColumnFact("", Text("all machines take the jobs in one order", "所有机器按同一作业顺序加工")),
        "objective": ColumnFact(
            "",
            Text("`makespan`, `total_completion` or `energy_cost`", "`makespan`、`total_completion` 或 `energy_cost`"),
        ),
        "tariff": ColumnFact("[time steps]", Text("empty: none", "空表示无")),
        "limit_kw": ColumnFact("", Text("the site's limit of power; null: none", "厂区功率上限；null 表示无")),
        "start": ColumnFact("[a]", Text("of each activity", "各工序的开始时间")),
        "mode": ColumnFact("[a]", Text("of each activity, from 0", "各工序的模式，从 0 起")),
        "objectives": ColumnFact("[samples]", Text("of every schedule drawn", "所抽取的每个排程的目标值")),
    },
    "generation": {
        "id": _ID,
        "messages": ColumnFact(
            "[messages]", Text("`role` and `content`, oldest first", "`role` 与 `content`，由旧到新")
        ),
        "stop": ColumnFact("[strings]", Text("the answer ends before the first of them", "回答在首个停止串之前结束")),
        "max_tokens": ColumnFact("", Text("of the model's own tokens at most", "模型自身 token 的上限")),
        "text": ColumnFact("", Text("the answer", "回答")),
        "tokens": ColumnFact("", Text("that were generated", "生成的 token 数")),
        "truncated": ColumnFact("", Text("it ended at the limit", "在上限处截断")),
    },
}
"""Of every interface that a submission can serve: its columns, those of the inputs and those of the answers."""

UNITS: Mapping[str, str] = {
    "none": "",
    "activity number": "工序号",
    "bytes": "字节",
    "characters of the context; share of 1": "文本字符位置；占 1 的比例",
    "code number": "代码号",
    "kW": "kW",
    "local time, ISO 8601": "当地时间，ISO 8601",
    "mode number": "模式号",
    "nat": "奈特",
    "per channel": "各通道单位",
    "per feature": "各特征单位",
    "per quantity": "各量单位",
    "price per kWh": "每 kWh 价格",
    "row number in the corpus": "语料行号",
    "share of 1": "占 1 的比例",
    "steps": "步",
    "text": "文本",
    "the objective's": "目标函数的单位",
    "the target's": "目标的单位",
    "the target's, per step": "目标的单位，逐步",
    "the task's time unit": "任务的时间单位",
    "time steps": "时间步",
    "tokens": "token",
    "units of the resource": "资源单位",
}
"""Units of columns, as schemas write them, in Chinese."""

_QUANTITIES = Text("names and units", "名称与单位")
_LANGUAGE = Text("of the texts: `en` or `zh`", "文本语言：`en` 或 `zh`")

ENTRIES: Mapping[str, Text] = {
    "interface": Text("the interface's name", "接口名称"),
    "target": Text("name and unit of the target", "目标的名称与单位"),
    "target_range": Text("least and greatest target; null: none", "目标的最小值与最大值；null 表示无"),
    "step_unit": Text("what one step is", "一步的含义"),
    "history_max": Text("most steps of a series", "序列的最大步数"),
    "train_mean": Text("mean target of the training split", "训练集目标均值"),
    "channels": _QUANTITIES,
    "static": _QUANTITIES,
    "known": _QUANTITIES,
    "heads": Text(
        "names, classes and kind (`exclusive`, `independent`)",
        "名称、类别与类型（`exclusive` 互斥，`independent` 独立）",
    ),
    "train_share": Text(
        "share of the training split that each class or option is right for", "训练集中各类别或选项为正确答案的比例"
    ),
    "question_share": Text("the same per question", "按问题给出的同一比例"),
    "codes": Text("how many codes there are", "代码的种数"),
    "step_s": Text("seconds from step to step", "相邻两步的秒数"),
    "causal": Text("whether rows are asked again cut off", "是否以截断的行再次提问"),
    "targets": Text("how many channels are forecast", "被预测的通道数"),
    "items": Text("all that occur", "出现的全部对象"),
    "horizon": Text("steps ahead", "预测步数"),
    "seasons": Text("steps after which the series repeats", "序列重复的周期（步）"),
    "language": _LANGUAGE,
    "spans_max": Text("most spans of a question", "每个问题的最大片段数"),
    "time_unit": Text("of durations and starts", "时长与开始时间的单位"),
    "prompting": Text(
        "what the track puts before texts for language models (missing: nothing)",
        "赛道在文本之前为语言模型添加的内容（缺省为无）",
    ),
    "samples": Text("schedules that may be drawn of each shop (missing: 1)", "每个车间可抽取的排程数（缺省为 1）"),
}
"""What the JSON under ``sectorbench`` in the schema's metadata tells of a whole table."""


def input_example(interface: str) -> pa.Schema:
    """A schema of the interface's inputs with every column that it can have.

    Raises:
        UsageError: There is no such interface.
        KeyError: No submission serves it.
    """
    get_interface(interface)
    return _EXAMPLES[interface]()


assert set(_EXAMPLES) <= set(INTERFACES)
