"""Labels that all pictures of answers share, and those of Gantt charts, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ..harness.text import Text

__all__ = ["EXHIBIT_TEXTS", "LineKind", "Scale", "Verdict"]

Scale = Literal[
    "gantt", "scatter", "curve", "life", "score", "document", "confusion", "answer", "fan", "peaks", "hours"
]
"""What models beside each other share: the axes of a kind of exhibit; a course is of a life or of a score."""

LineKind = Literal["makespan", "best_known", "frozen_makespan", "lower_bound", "reference_makespan"]
"""Quantities of a ``gantt`` that are drawn as vertical lines."""

Verdict = Literal["found", "elsewhere", "missed", "false_alarm", "passed"]
"""What came of a rule of a checked document."""

EXHIBIT_TEXTS: Mapping[str, Text] = {
    "exhibits_compared": Text(
        "Up to three models: the best with a picture, the floor method and one more. The page of each model has its "
        "own.",
        "至多三个模型：有图的最佳者、底线方法及另一个。各模型页另有其自身的图。",
    ),
    "exhibits_scale.gantt": Text(
        "All on one time scale. Where an instance is small, the model's page also shows the one on which it did worst.",
        "均使用同一时间轴。若实例较小，模型页还附其表现最差的实例。",
    ),
    "exhibits_scale.scatter": Text("All on the same axes.", "均使用相同的坐标轴。"),
    "exhibits_scale.curve": Text("All on the same axes.", "均使用相同的坐标轴。"),
    "exhibits_scale.life": Text(
        "All on the same axes. The model's page also shows the machine on which it did worst.",
        "均使用相同的坐标轴。模型页还附其表现最差的一台机器。",
    ),
    "exhibits_scale.score": Text(
        "All on one time scale; a score has no unit, so each model has a scale of its own for it. Where there are "
        "several runs, the model's page also shows the one on which it did worst.",
        "均使用同一时间轴；分数无单位，因此各模型使用自身的刻度。若有多次运行，模型页还附其表现最差的一次。",
    ),
    "exhibits_scale.document": Text(
        "All read the same document. The model's page also shows the document on which it did worst.",
        "均审阅同一份文件。模型页还附其表现最差的一份文件。",
    ),
    "exhibits_own": Text("Answers seen", "答案图示"),
    "exhibit_data": Text("Data of this picture", "本图数据"),
    "exhibit_not_drawn": Text("Not drawn, for this answer breaks a rule:", "未绘制，因为该回答违反规则："),
    "exhibit_title": Text("{title}, {model}", "{title}，{model}"),
    # Checked documents
    "document_right": Text("{right} of {n} rules judged rightly", "{n} 条规则中判对 {right} 条"),
    "document_key": Text(
        "Below the verdicts stand the lines with marks. What breaks a rule is underlined and followed by the rule's "
        "number.",
        "判定结果下方为含标记的各行。违反规则之处加下划线，其后为规则编号。",
    ),
    "document_key_marks": Text("What the model marked stands in a frame.", "模型所标之处加框。"),
    "document_text": Text("Whole text of the document ({n} lines)", "文件全文（{n} 行）"),
    "document_rules": Text("{title}: rules and verdicts", "{title}：规则与判定"),
    "col_rule": Text("Rule", "规则"),
    "col_verdict": Text("What came of it", "判定结果"),
    "document_verdict.found": Text("broken, found", "违反，已检出"),
    "document_verdict.elsewhere": Text("broken, marked at another place", "违反，但标在别处"),
    "document_verdict.missed": Text("broken, missed", "违反，漏检"),
    "document_verdict.false_alarm": Text("kept, but called broken", "符合，但误报"),
    "document_verdict.passed": Text("kept, passed", "符合，判对"),
    # Gantt charts
    "gantt_desc": Text(
        "Gantt chart: each row is one of {machines} machines, each bar one of {bars} operations from its start to its "
        "end, its number and colour the job. {facts} The table below holds the same operations.",
        "甘特图：每行为一台机器，共 {machines} 台；每个横条为一道工序，由开始至结束，共 {bars} 个，数字与颜色表示作业。"
        "{facts}下表列有相同工序。",
    ),
    "gantt_ends": Text(
        "The last operation ends at {makespan} {unit}.", "最后一道工序于时刻 {makespan} 完工（单位：{unit}）。"
    ),
    "gantt_gap": Text("That is {gap} % above the best known {best_known}.", "比最优已知值 {best_known} 高 {gap} %。"),
    "gantt_gap_none": Text("That is the best known makespan.", "与最优已知值相同。"),
    "gantt_gap_below": Text(
        "That is below the best known {best_known}, to be looked at.", "低于最优已知值 {best_known}，有待核查。"
    ),
    "gantt_gap_frozen": Text(
        "The frozen schedule of CP-SAT ends at {frozen}: the gap is {gap} %.",
        "冻结的 CP-SAT 排程于 {frozen} 完工：差距为 {gap} %。",
    ),
    "gantt_busy": Text("Until then the machines are busy {busy} % of the time.", "在此之前，机器忙碌时间占 {busy} %。"),
    "gantt_key": Text(
        "A row is a machine, a bar an operation; the number in it is the job. Jobs, operations and machines count from "
        "0. There are {colours} colours: jobs that are {colours} apart share one.",
        "每行为一台机器，每个横条为一道工序，其中数字为作业编号。作业、工序、机器均从 0 起编号。"
        "共 {colours} 种颜色：编号相差 {colours} 的作业同色。",
    ),
    "gantt_key_one_job": Text(
        "Where everything belongs to one job, number and colour are those of the operation.",
        "若全部工序属于同一作业，则数字与颜色表示工序。",
    ),
    "gantt_key_capacity": Text(
        "A row of several lanes is a resource of several units (“×”); the height of a bar is the units it holds.",
        "多行并列的为多单位资源（“×”后为单位数）；横条高度为其占用的单位数。",
    ),
    "gantt_scroll": Text("{title}: Gantt chart, scrolls sideways", "{title}：甘特图，可左右滚动"),
    "gantt_machines": Text("machine", "机器"),
    "gantt_machine": Text("{number}", "{number}"),
    "gantt_resource": Text("{number} ×{capacity}", "{number} ×{capacity}"),
    "gantt_axis": Text("Time ({unit})", "时间（{unit}）"),
    "gantt_hint": Text(
        "job {job}, operation {operation}: {start} to {end}", "作业 {job}，工序 {operation}：{start} 至 {end}"
    ),
    "gantt_line": Text("{name} {value}", "{name} {value}"),
    "gantt_line.makespan": Text("end", "完工"),
    "gantt_line.best_known": Text("best known", "最优已知"),
    "gantt_line.frozen_makespan": Text("CP-SAT", "CP-SAT"),
    "gantt_line.lower_bound": Text("lower bound", "下界"),
    "gantt_line.reference_makespan": Text("reference", "参照"),
    "gantt_table": Text("Table of these operations ({n})", "工序表（{n}）"),
    "gantt_table_caption": Text(
        "{title}, {model}: the operations of each machine in order; times in {unit}",
        "{title}，{model}：各机器的工序按先后排列；时间单位为{unit}",
    ),
    "col_machine": Text("Machine", "机器"),
    "col_job": Text("Job", "作业"),
    "col_operation": Text("Operation", "工序"),
    "col_start": Text("Start", "开始"),
    "col_end": Text("End", "结束"),
    "col_amount": Text("Units held", "占用单位"),
}
