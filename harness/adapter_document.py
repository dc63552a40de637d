"""Inputs and outputs of every adapter and interface as Markdown, out of the tables that the code itself uses.

``python -m sectorbench.harness.adapter_document`` writes ``harness/adapters/README.md`` and its Chinese twin again; a
test compares them with what it would write.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from .adapter_facts import FACTS
from .adapter_options import OPTIONS
from .adapters import ADAPTERS, import_adapter
from .adapters.feature_steps import STEPS
from .adapters.series_features import STEP_REVISION
from .interface_facts import COLUMNS, ENTRIES, LETTERS, OPTIONAL_INPUTS, UNITS, input_example
from .interfaces import INTERFACES, table_info
from .text import LANGUAGES, Language, Text

__all__ = ["DOCUMENTS", "adapter_document", "file_lines", "interface_lines", "option_lines", "shape_line"]

DOCUMENTS: Mapping[Language, str] = {"en": "README.md", "zh": "README.zh-CN.md"}
"""Names of the document in ``harness/adapters``."""

_TITLE = Text("# Adapters: what a model is given, and what it must answer", "# 适配器：模型的输入与输出")
_OTHER = Text("[中文](README.zh-CN.md)", "[English](README.md)")
_INTRO = Text(
    "A submission is a folder of one adapter's files and `submission.yaml`. `sectorbench template ADAPTER DIR` writes "
    "a whole one with untrained weights, `sectorbench check DIR` looks at it without loading it, `sectorbench run` "
    "runs it. Nothing in a folder is executed as code. Input and answer are Arrow tables joined by `id`; an adapter "
    "turns the former into what the library's model takes. This page is written from the code: "
    "`python -m sectorbench.harness.adapter_document`.",
    "提交内容是一个文件夹，包含某个适配器所需的文件和 `submission.yaml`。`sectorbench template ADAPTER DIR` "
    "写出一份完整的、权重未经训练的示例，`sectorbench check DIR` 在不载入模型的情况下检查，`sectorbench run` 运行。"
    "文件夹中的任何内容都不会作为代码执行。输入与预测均为以 `id` 关联的 Arrow 表；适配器把输入转换为模型所需的形式。"
    "本页由代码生成：`python -m sectorbench.harness.adapter_document`。",
)
_RUN_TITLE = Text("## How they are run", "## 运行方式")
_RUN = Text(
    "`device=cpu`, `cuda` or `cuda:1` (default `auto`: an accelerator where there is one and the adapter uses it), "
    "`precision=float32`, `bfloat16` or `float16` (default `auto`: what the manifest's `precision` says; "
    "float32 where the adapter does not have that type) and `batch_rows=N` are options of `sectorbench run`. What "
    "a run took is in its record.",
    "`device=cpu`、`cuda` 或 `cuda:1`（默认 `auto`：有加速器且适配器可用时使用）、`precision=float32`、`bfloat16` 或 "
    "`float16`（默认 `auto`：采用清单中的 `precision`，适配器不支持时为 float32）以及 `batch_rows=N` "
    "是 `sectorbench run` 的选项。实际使用的设置写入记录。",
)
_RUN_HEAD = (
    Text("adapter", "适配器"),
    Text("interfaces", "接口"),
    Text("`precision`", "`precision`"),
    Text("`device`", "`device`"),
    Text("`batch_rows`", "`batch_rows`"),
)
_DEVICES = {True: Text("cpu, cuda", "cpu、cuda"), False: Text("cpu", "cpu")}
_SERVER = Text("the server's", "由服务器决定")
_INTERFACES_TITLE = Text("## Interfaces", "## 接口")
_LETTERS_SAID = Text("Shapes are those of one row: {letters}.", "形状均为单行的形状：{letters}。")
_INPUT = Text("input column", "输入列")
_ANSWER = Text("answer column", "预测列")
_COLUMN_HEAD = (Text("shape", "形状"), Text("type", "类型"), Text("unit", "单位"), Text("holds", "含义"))
_NOT_ALWAYS = Text("; not in every task", "；并非每个任务都有")
_GROUP = Text("; optional, with {names}", "；可选，与 {names} 一起给出")
_ALONE = Text("; optional", "；可选")
_TELLS = Text(
    "The schema's metadata (`sectorbench`, JSON) tells of the whole table: {told}.",
    "模式元数据（`sectorbench`，JSON）说明整张表：{told}。",
)
_FILES = Text("Files, beside `submission.yaml`:", "除 `submission.yaml` 外的文件：")
_NO_FILES = Text("No files beside `submission.yaml`.", "除 `submission.yaml` 外无其他文件。")
_OPTIONAL_FILE = Text(" (optional)", "（可选）")
_SHAPES_TITLE = Text("What the model itself is given and answers:", "模型自身的输入与输出：")
_EVERY = Text("every interface", "所有接口")
_OPTION_HEAD = (Text("option", "选项"), Text("default", "默认值"), Text("for", "适用接口"), Text("meaning", "含义"))
_NO_OPTIONS = Text("No options.", "无选项。")
_MUST = Text("must be given", "必填")
_ALL = Text("all", "全部")
_STEPS_TITLE = Text(
    "Feature steps under `features`, options with their defaults (`...`: must be given); the docstring of each says "
    "what it computes:",
    "`features` 可用的特征步骤，选项及默认值（`...` 表示必填）；各步骤的计算方式见其文档字符串：",
)
_AT_ONCE = Text("At once: {memory}.", "一次处理量：{memory}。")
_TYPES = {"float": "float32", "double": "float64"}  # as other libraries call them
_FACTS_TITLE = Text("## Files, shapes and options of each adapter", "## 各适配器的文件、形状与选项")


def adapter_document(language: Language) -> str:
    """The whole page in one language."""
    return "\n".join(_lines(language)).strip() + "\n"


def _lines(language: Language) -> Iterator[str]:
    def said(text: Text, **values: str) -> str:
        return text.of(language).format(**values) if values else text.of(language)

    yield from (said(_TITLE), "", said(_OTHER), "", said(_INTRO), "", said(_RUN_TITLE), "", said(_RUN), "")
    yield from _table([said(one) for one in _RUN_HEAD], _run_rows(language))
    yield from ("", said(_INTERFACES_TITLE), "", said(_LETTERS_SAID, letters=said(LETTERS)), "")
    for name in COLUMNS:
        yield from (f"### {name}", "", *interface_lines(name, language), "")
    yield from (said(_FACTS_TITLE), "")
    for adapter in FACTS:
        yield from (f"### {adapter}", "", *file_lines(adapter, language), "")
        yield from (*_shape_lines(adapter, language), "", *option_lines(adapter, language), "")
        if adapter == "skops":
            yield from (said(_STEPS_TITLE), "", *_step_lines(), "")
        yield from (said(_AT_ONCE, memory=said(FACTS[adapter].memory)), "")


def _run_rows(language: Language) -> Iterator[list[str]]:
    for name, entry in ADAPTERS.items():
        one = import_adapter(entry.path)
        types = ", ".join(kind for kind in ("float32", "bfloat16", "float16") if kind in one.dtypes)
        device = _SERVER if one.remote else _DEVICES[entry.accelerated]
        serves = ", ".join(sorted(one.serves))
        yield [f"`{name}`", serves, types or _SERVER.of(language), device.of(language), str(one.batch_rows)]


def interface_lines(interface: str, language: Language) -> Iterator[str]:
    """Tables of the columns that a model is asked with and answers with, and what is told of all rows."""
    facts, schema = COLUMNS[interface], input_example(interface)
    head = [one.of(language) for one in _COLUMN_HEAD]
    optional = OPTIONAL_INPUTS.get(interface, frozenset())
    rows = []
    for field in schema:
        note = _NOT_ALWAYS.of(language) if field.name in optional else ""
        rows.append(_row(field, facts[field.name].shape, facts[field.name].meaning.of(language) + note, language))
    yield from _table([_INPUT.of(language), *head], rows)
    yield ""
    described, rows = INTERFACES[interface], []  # type: ignore[index]
    groups = [(described.answer, ""), *((group, _ALONE.of(language)) for group in described.optional)]
    for group, note in groups:
        for field in group:
            others = [f"`{name}`" for name in group.names if name != field.name]
            told = _GROUP.of(language).format(names=", ".join(others)) if note and others else note
            rows.append(_row(field, facts[field.name].shape, facts[field.name].meaning.of(language) + told, language))
    yield from _table([_ANSWER.of(language), *head], rows)
    entries = [f"`{name}`: {ENTRIES[name].of(language)}" for name in table_info(schema)]
    yield from ("", _TELLS.of(language).format(told="; ".join(entries) if language == "en" else "；".join(entries)))


def _row(field: pa.Field, shape: str, meaning: str, language: Language) -> list[str]:
    unit = field.metadata[b"unit"].decode()
    said = UNITS[unit] if language == "zh" else "" if unit == "none" else unit
    return [f"`{field.name}`", shape, _innermost(field.type), said, meaning]


def _innermost(kind: pa.DataType) -> str:
    """The type of single values: what lists and dictionaries are around it, the shape says."""
    while pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind):
        kind = kind.value_type
    if pa.types.is_dictionary(kind):
        return f"{kind.index_type}, {kind.value_type}"
    return "struct" if pa.types.is_struct(kind) else _TYPES.get(str(kind), str(kind))


def file_lines(adapter: str, language: Language) -> Iterator[str]:
    """The files of a folder as a list."""
    files = FACTS[adapter].files
    yield (_FILES if files else _NO_FILES).of(language)
    if files:
        yield ""
    for one in files:
        mark = _OPTIONAL_FILE.of(language) if one.optional else ""
        yield f"- `{one.name}`{mark}: {one.meaning.of(language)}"


def _step_lines() -> Iterator[str]:
    """The feature steps with their options and defaults."""
    for name, step in STEPS.items():
        told, revision = [], getattr(step, "revision", STEP_REVISION)
        for one in dataclasses.fields(step):
            given = one.default is not dataclasses.MISSING
            value = list(one.default) if isinstance(one.default, tuple) else one.default
            told.append(f"{one.name}: {json.dumps(value) if given else '...'}")
        yield f"- `{{{', '.join([f'step: {name}', f'revision: {revision}', *told])}}}`"


def _shape_lines(adapter: str, language: Language) -> Iterator[str]:
    yield from (_SHAPES_TITLE.of(language), "")
    for interface, text in FACTS[adapter].shapes.items():
        yield f"- {_EVERY.of(language) if interface == '*' else interface}: {text.of(language)}"


def shape_line(adapter: str, interface: str, language: Language) -> str:
    """What a model that an adapter runs is given and answers, of one interface."""
    shapes = FACTS[adapter].shapes
    told = [shapes[name].of(language) for name in (interface, "*") if name in shapes]
    return "; ".join(told) if language == "en" else "；".join(told)


def option_lines(adapter: str, language: Language) -> Iterator[str]:
    """A table of the options of ``submission.yaml``."""
    if not OPTIONS[adapter]:
        yield _NO_OPTIONS.of(language)
        return
    rows = [
        [
            f"`{one.name}`",
            _MUST.of(language) if one.default is None else one.default,
            ", ".join(one.interfaces) or _ALL.of(language),
            one.meaning.of(language),
        ]
        for one in OPTIONS[adapter]
    ]
    yield from _table([one.of(language) for one in _OPTION_HEAD], rows)


def _table(head: Sequence[str], rows: Iterator[list[str]] | Sequence[list[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


def main() -> int:
    """Writes the page in both languages."""
    for language in LANGUAGES:
        path = Path(__file__).parent / "adapters" / DOCUMENTS[language]
        path.write_text(adapter_document(language), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
