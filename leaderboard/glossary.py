"""The glossary: terms of the site in English and Chinese with one sentence each."""

from __future__ import annotations

from typing import NamedTuple

from ..harness.text import Text

__all__ = ["GLOSSARY", "Term"]


class Term(NamedTuple):
    """A term in both languages and what it means here."""

    term: Text
    meaning: Text


GLOSSARY: tuple[Term, ...] = (
    Term(
        Text("application area", "应用领域"),
        Text(
            "The kind of work that is measured, such as scheduling; not the industry that the data come from.",
            "所衡量工作的类别，例如生产排程；与数据所属行业不同。",
        ),
    ),
    Term(
        Text("AUPR", "AUPR（精确率-召回率曲线下面积）"),
        Text(
            "Area under precision over recall as the threshold falls: 1 where all is found and nothing else.",
            "阈值下降时精确率对召回率曲线下的面积：全部找到且无误报时为 1。",
        ),
    ),
    Term(
        Text("benchmark", "基准"),
        Text(
            "A fixed set of tasks with rules for scoring, to measure by; it is no example to follow.",
            "一组固定任务及其评分规则，用于衡量；并非供人效仿的榜样。",
        ),
    ),
    Term(
        Text("best practice", "标杆"),
        Text(
            "An exemplary user or product that others learn from. SectorBench names none.",
            "供他人学习的优秀用户或产品。SectorBench 不评选标杆。",
        ),
    ),
    Term(
        Text("card", "任务卡"),
        Text(
            "All facts that identify a task: data, licence, unit, metrics, floor, worst value.",
            "确定一个任务的全部事实：数据、许可证、单元、指标、底线、最差值。",
        ),
    ),
    Term(
        Text("cell", "项"),
        Text(
            "One model on one track of one task, with its settings; it ends in one record.",
            "一个模型以给定设置在一个任务的一条赛道上的运行；对应一份记录。",
        ),
    ),
    Term(
        Text("confusion", "混淆"),
        Text(
            "How often things of one class are taken for another: rows are what they are, columns what was answered.",
            "某一类别被判为另一类别的次数：行为真实类别，列为所答类别。",
        ),
    ),
    Term(
        Text("control", "对照"),
        Text(
            "A method that looks at nothing that could tell: random, constant, or a clock. It is there to show what a "
            "task gives for nothing.",
            "不看任何有用信息的方法：随机、常数或仅看时间，用以显示无需模型即可达到的水平。",
        ),
    ),
    Term(
        Text("digest", "摘要"),
        Text(
            "A sha256 fingerprint: it changes when a single character of the content does.",
            "sha256 指纹：内容有一个字符改变，摘要即改变。",
        ),
    ),
    Term(
        Text("floor", "底线"),
        Text(
            "A trivial method run on the same inputs; its value is skill 0.",
            "在相同输入上运行的简单方法；其数值对应技能分 0。",
        ),
    ),
    Term(
        Text("incumbent", "现行做法"),
        Text(
            "The named practice of today that a model must beat to count as ready.",
            "指定的现行做法，模型须超过它才算可用。",
        ),
    ),
    Term(
        Text("interface", "接口"),
        Text(
            "The form of question and answer that a task and a model agree on.",
            "任务与模型约定的提问与回答形式。",
        ),
    ),
    Term(
        Text("interval", "区间"),
        Text(
            "The range in which the value may well lie, given how few units were tested; 95 % here.",
            "鉴于测试单元有限，数值可能所在的范围；此处为 95 %。",
        ),
    ),
    Term(
        Text("P@80R", "P@80R（80% 召回率下的精确率）"),
        Text(
            "The share of what is proposed that is right, at the threshold where 80 % of what is there is found.",
            "阈值降至找到全部目标的 80% 时，候选结果中正确者所占的比例。",
        ),
    ),
    Term(
        Text("paired difference", "成对差"),
        Text(
            "The value of one model less that of another over the same units, with an interval of its own.",
            "两个模型在相同单元上的数值之差，并有其自身的区间。",
        ),
    ),
    Term(
        Text("primary metric", "主指标"),
        Text("The one metric that stands for a task.", "代表一个任务的那一个指标。"),
    ),
    Term(
        Text("record", "记录"),
        Text(
            "The file that holds one result in full, so that it can be argued with.",
            "完整记载一项结果的文件，可供质疑与核对。",
        ),
    ),
    Term(
        Text("region", "地区"),
        Text(
            "Where a unit's data come from. A simulated region is made up by a program and lies nowhere.",
            "单元数据的来源地。模拟地区由程序生成，并不存在于任何地方。",
        ),
    ),
    Term(
        Text("slice", "切片"),
        Text(
            "The part of a test set that shares a property, such as its size or its site.",
            "测试集中具有某一共同属性（如规模、厂区）的部分。",
        ),
    ),
    Term(
        Text("standard error", "标准误"),
        Text(
            "The typical distance of a value from what very many units would give.",
            "数值与单元极多时所得结果之间的典型距离。",
        ),
    ),
    Term(
        Text("track", "赛道"),
        Text(
            "A variant of a task with inputs of its own, such as with and without the age of the engine.",
            "任务的一种变体，有自己的输入，例如是否提供发动机已运行循环数。",
        ),
    ),
    Term(
        Text("unit", "单元"),
        Text(
            "What is drawn as a whole when doubt is computed: an engine, a contract, an instance.",
            "计算不确定程度时整体抽取的对象：一台发动机、一份合同、一个算例。",
        ),
    ),
)
