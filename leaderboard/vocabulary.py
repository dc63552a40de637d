"""Words for the short identifiers that cards and records use: areas, units, slices, splits, industries."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..harness.task import Industry
from ..harness.text import Text
from .gbt4754 import GBT_DIVISIONS, GBT_SECTIONS
from .isic import ISIC_DIVISIONS, ISIC_SECTIONS
from .safe_text import shown

__all__ = [
    "AREAS",
    "AXES",
    "BLOCKS",
    "ENERGY_REASONS",
    "INTERFACE_TITLES",
    "SLICE_VALUES",
    "SPLITS",
    "UNITS",
    "area_title",
    "industry_lines",
    "named",
    "slice_title",
    "unit_title",
]

AREAS: Mapping[str, Text] = {
    "predictive_maintenance": Text("Predictive maintenance", "预测性维护"),
    "scheduling": Text("Scheduling", "生产排程"),
    "document_review": Text("Document review", "文档审阅"),
    "energy": Text("Energy", "能源"),
}

UNITS: Mapping[str, Text] = {
    "%": Text("%", "%"),
    "CNY": Text("CNY", "元"),
    "CNY/MWh": Text("CNY/MWh", "元/兆瓦时"),
    "CNY/day": Text("CNY/day", "元/天"),
    "1/h": Text("per hour", "次/小时"),
    "cores": Text("cores", "核"),
    "cycles": Text("cycles", "循环"),
    "days": Text("days", "天"),
    "degC": Text("°C", "°C"),
    "false alarms": Text("false alarms", "次误报"),
    "h": Text("hours", "小时"),
    "kW": Text("kW", "kW"),
    "minutes": Text("minutes", "分钟"),
    "passages": Text("passages", "个片段"),
    "percentage points": Text("percentage points", "个百分点"),
    "s": Text("s", "秒"),
    "spans": Text("spans", "个片段"),
    "unknown": Text("unit not told", "单位未注明"),
    "violations": Text("violations", "处违规"),
    "time steps": Text("time steps", "时间步"),
}
"""Units of metrics and of pictures. A third party's unit that is not here is shown as its card spells it."""

AXES: Mapping[str, Text] = {
    "agreement_length": Text("Length of the agreement", "协议长度"),
    "agreement_source": Text("Where the agreement was found", "协议来源"),
    "clause_category": Text("Kind of clause", "条款类别"),
    "clause_length": Text("Length of the clause", "条款长度"),
    "code_frequency": Text("How often the failure mode was seen in training", "训练集中该故障模式的频度"),
    "contract_length": Text("Length of the contract", "合同长度"),
    "day_kind": Text("Kind of day", "日类型"),
    "document_kind": Text("Kind of document", "文件类型"),
    "experiment": Text("Experiment", "试验"),
    "failed": Text("What failed", "失效部位"),
    "family": Text("Family of instances", "实例族"),
    "level": Text("How hidden the facts are", "事实隐蔽程度"),
    "machine": Text("Machine", "机器"),
    "optimum": Text("Best known makespan", "最优已知完工时间"),
    "product_type": Text("Product type", "产品等级"),
    "question_kind": Text("What is asked for", "题型"),
    "region": Text("Region", "地区"),
    "remaining_life": Text("Remaining life", "剩余寿命"),
    "resource_strength": Text("Resource strength", "资源强度"),
    "rig_state": Text("State of the rig", "试验台状态"),
    "site": Text("Site", "厂区"),
    "size": Text("Size", "规模"),
}
"""Axes of slices, the same way."""

SLICE_VALUES: Mapping[str, Text] = {
    "PDF from the web": Text("PDF from the web", "网上的 PDF"),
    "SEC filing, HTML": Text("SEC filing, HTML", "SEC 申报文件（HTML）"),
    "SEC filing, plain text": Text("SEC filing, plain text", "SEC 申报文件（纯文本）"),
    "Indemnification": Text("Indemnification", "赔偿"),
    "Limitation of Liability": Text("Limitation of Liability", "责任限制"),
    "Saturday": Text("Saturday", "星期六"),
    "Spring Festival": Text("Spring Festival week", "春节假期"),
    "Sunday": Text("Sunday", "星期日"),
    "arguments": Text("arguments", "论辩"),
    "articles": Text("articles of law", "法条"),
    "bearings": Text("bearings", "轴承"),
    "calculation": Text("calculation", "计算"),
    "causes": Text("causes of action", "案由"),
    "common": Text("common (20 times or more)", "常见（20 次及以上）"),
    "concepts": Text("concepts", "概念"),
    "elements": Text("elements", "要素"),
    "evolution": Text("evolution of law", "法律演变"),
    "high quality (H)": Text("high quality (H)", "高质量（H）"),
    "impeller": Text("impeller", "叶轮"),
    "low quality (L)": Text("low quality (L)", "低质量（L）"),
    "make-up working day": Text("weekend day worked in return", "调休上班日"),
    "medium quality (M)": Text("medium quality (M)", "中质量（M）"),
    "monday to friday": Text("Monday to Friday", "周一至周五"),
    "not proven": Text("not proven", "未证明最优"),
    "not settled": Text("not settled", "未稳定"),
    "other": Text("other", "其他"),
    "others": Text("others", "其他"),
    "penalties": Text("penalties", "刑期"),
    "proven": Text("proven", "已证明最优"),
    "public holiday": Text("public holiday", "法定节假日"),
    "rare": Text("rare (under 20 times)", "少见（不足 20 次）"),
    "reading": Text("reading", "阅读理解"),
    "rules": Text("rules of law", "法律规则"),
    "service": Text("service agreement", "服务合同"),
    "settled": Text("settled", "已稳定"),
    "several steps": Text("several steps", "多步推理"),
    "supply": Text("supply agreement", "采购合同"),
    "tender": Text("bid", "投标文件"),
    "weekend": Text("weekend", "周末"),
    "working day": Text("working day", "工作日"),
}
"""Values of slices; numbers, sizes and proper names stand for themselves."""

_NUMBERED: Mapping[str, Text] = {
    "level": Text("level", "级别"),
    "machine": Text("machine", "机器"),
    "site": Text("site", "厂区"),
    "valve": Text("valve", "阀门"),
    "zone": Text("zone", "分区"),
}
"""Things that slices count: ``site-3`` is the third site."""

_CHARACTERS = (
    (re.compile(r"under ([\d,]+) characters"), "不足 {} 个字符"),
    (re.compile(r"([\d,]+) to ([\d,]+) characters"), "{} 至 {} 个字符"),
    (re.compile(r"over ([\d,]+) characters"), "超过 {} 个字符"),
)

BLOCKS: Mapping[str, Text] = {
    "combination of conditions": Text("combination of conditions", "状态组合"),
    "week": Text("calendar week", "日历周"),
}
"""Blocks of units, the same way."""

SPLITS: Mapping[str, Text] = {
    "dev": Text("development", "开发集"),
    "practice": Text("practice", "练习集"),
    "test": Text("test", "测试集"),
    "train": Text("train", "训练集"),
}

ENERGY_REASONS: Mapping[str, Text] = {
    "endpoint": Text("the model ran on a server elsewhere", "模型运行于外部服务器"),
    "no_meter": Text("this version has no energy meter", "此版本尚无能耗计量"),
}

INTERFACE_TITLES: Mapping[str, Text] = {
    "choice": Text(
        "a context with questions and options in, a probability per option out",
        "输入上下文、问题与选项，输出各选项的概率",
    ),
    "classification": Text(
        "features, a series or codes in, a probability per head and class out",
        "输入特征、序列或代码，输出每个输出头各类别的概率",
    ),
    "detection": Text(
        "a series with a normal part in, an anomaly score per step out",
        "输入含正常段的序列，输出每一步的异常分数",
    ),
    "extraction": Text(
        "a context with questions in, ranked passages of the context per question out",
        "输入上下文与问题，输出每个问题在上下文中的候选片段及其概率",
    ),
    "forecasting": Text(
        "a history that ends at an origin in, every step ahead of every target out",
        "输入截至预测起点的历史序列，输出各目标未来每一步的预测",
    ),
    "generation": Text("messages in, a text out", "输入对话消息，输出文本"),
    "ranking": Text(
        "a query and candidates from a corpus in, a score per candidate out",
        "输入查询与语料库中的候选文本，输出每个候选的分数",
    ),
    "regression": Text("a series and static features in, one number out", "输入序列与静态特征，输出一个数值"),
    "scheduling": Text(
        "a shop in, start and mode of every activity out", "输入一个车间，输出每道工序的开始时刻与加工模式"
    ),
    "solver_trace": Text(
        "a shop and a budget in, better and better schedules out, stamped when they arrive",
        "输入一个车间与限定时间，不断输出更好的排程，并在到达时打上时间戳",
    ),
}


def named(table: Mapping[str, Text], name: str) -> Text:
    """The word for an identifier; an identifier of a third party stands for itself, its underscores as spaces."""
    own = name.replace("_", " ")
    return table.get(name, Text(own, own))


def slice_title(value: str) -> Text:
    """A value of a slice for people; one that is no word of ours stands for itself, safe to show.

    >>> slice_title("site-3").zh, slice_title("<=50").zh
    ('厂区 3', '<=50')
    """
    numbered = re.fullmatch(r"([a-z]+)[ -]?(\d+)", value)
    if numbered and numbered[1] in _NUMBERED:
        what = _NUMBERED[numbered[1]]
        return Text(f"{what.en} {numbered[2]}", f"{what.zh} {numbered[2]}")
    for pattern, chinese in _CHARACTERS:
        if band := pattern.fullmatch(value):
            return Text(value, chinese.format(*band.groups()))
    return SLICE_VALUES.get(value, Text(shown(value), shown(value)))


def area_title(area: str) -> Text:
    """Name of an application area."""
    return named(AREAS, area)


def unit_title(unit: str) -> Text | None:
    """A metric's unit for people; None where it has none."""
    return None if unit == "1" else UNITS.get(unit, Text(unit, unit))


def industry_lines(industry: Industry) -> tuple[Text, Text]:
    """Both industry codes with their meaning: ISIC Rev. 4, then GB/T 4754-2017."""
    return (
        _coded("ISIC Rev. 4", industry.isic, {**ISIC_SECTIONS, **ISIC_DIVISIONS}),
        _coded("GB/T 4754-2017", industry.gbt4754, {**GBT_SECTIONS, **GBT_DIVISIONS}),
    )


def _coded(standard: str, code: str, names: Mapping[str, Text]) -> Text:
    if code not in names:
        return Text(f"{standard} {code}", f"{standard} {code}")
    return Text(f"{standard} {code}: {names[code].en}", f"{standard} {code}：{names[code].zh}")
