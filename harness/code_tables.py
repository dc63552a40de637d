"""The table of all codes as a page in either language; ``CODES.md`` and ``CODES.zh-CN.md`` are kept by it."""

from __future__ import annotations

from .codes import CODES
from .text import Language, Text

__all__ = ["FAMILIES", "codes_table"]

FAMILIES = {
    "SB1": Text("The submission's folder", "提交文件夹"),
    "SB2": Text("The data and the run", "数据与运行"),
    "SB3": Text("The predictions", "预测结果"),
    "SB4": Text("What a task finds wrong in an answer", "任务在回答中发现的问题"),
}
_TITLE = Text("Codes", "代码表")
_INTRODUCTION = Text(
    "What a check, a prediction or a run can end with. A code never changes its meaning; a new case gets a new code. "
    "The command `sectorbench check --codes` prints this page.",
    "检查、预测或运行可能返回的全部代码。代码的含义不会改变；新情况使用新代码。"
    "命令 `sectorbench check --codes --lang zh` 可输出本页。",
)
_COLUMNS = Text("| code | what it means | what to do |", "| 代码 | 含义 | 处理办法 |")


def codes_table(language: Language) -> str:
    """The page as Markdown: one table per family, codes in their order."""
    lines = [f"# {_TITLE.of(language)}", "", _INTRODUCTION.of(language)]
    for family, title in FAMILIES.items():
        lines += ["", f"## {family}xx: {title.of(language)}", "", _COLUMNS.of(language), "|---|---|---|"]
        for name in sorted(one for one in CODES if one.startswith(family)):
            meaning, remedy = (_cell(text.of(language)) for text in CODES[name])
            lines.append(f"| {name} | {meaning} | {remedy} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
