"""Writes a template: model files, a commented ``submission.yaml``, a README in two languages; whole or not at all."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from ...harness.adapter_document import file_lines, interface_lines, option_lines, shape_line
from ...harness.adapter_options import OPTIONS
from ...harness.adapters.endpoint_options import idle_options
from ...harness.console import typed
from ...harness.folders import check_new, new_folder
from ...harness.manifest import MANIFEST_NAME, Manifest, plain_name
from ...harness.template_marks import MARK, TEMPLATE_VALUES, template_description
from ...harness.text import LANGUAGES, Language, Text
from .endpoints import PORT
from .kinds import SEED, Made, Template, template_of
from .training import training_text

__all__ = ["board_name", "breaks_rules", "run_words", "write_template"]

_ENDPOINT, _CAUSAL = "endpoint", "transformers-causal"
_WIDTH = 118
_REPLACED = {*TEMPLATE_VALUES, "description"}  # the others follow from the folder, the adapter and the task

_HEAD = """\
# A template for SectorBench: adapter {adapter}, interface {interface}. Nothing in it was trained ({weights}):
# it passes `sectorbench check` and runs, and its scores say nothing. Put your files in place of these, fill in the
# fields marked REPLACE, and see README.md.
# 本文件夹为模板，模型未经训练，得分没有意义；请替换文件，并填写标有 REPLACE 的字段。
"""
_WEIGHTS = f"random numbers, seed {SEED}"
_SERVER = "whatever answers at the URL does"

_TITLE = Text("# A template: `{adapter}`, `{interface}`", "# 模板：`{adapter}`，`{interface}`")
_UNTRAINED = Text(
    "**Nothing here was trained.** Weights are random or fitted on random numbers (seed {seed}): the folder passes "
    "`sectorbench check` and runs, and its scores say nothing.",
    "**本文件夹中的模型未经训练。** 权重为随机数，或在随机数上拟合（种子 {seed}）：可通过 `sectorbench check` 并运行，"
    "但得分没有意义。",
)
_SERVED = Text(
    "**No model is in here.** `submission.yaml` names a server; start yours at its `url` before you run.",
    "**本文件夹不含模型。** `submission.yaml` 指定服务器；运行前请在其 `url` 处启动您的服务。",
)
_STEPS = Text("## Replace, check, run", "## 替换、检查、运行")
_REPLACE = Text(
    "Put your own files in place of these under the same names, then fill in the fields of `submission.yaml` that are "
    "marked REPLACE; `interfaces` may name every interface that your model serves.",
    "用您自己的同名文件替换下列文件，并填写 `submission.yaml` 中标有 REPLACE 的字段；"
    "`interfaces` 可列出模型支持的全部接口。",
)
_START = Text(
    "Put the address of your server and its name of the model into `submission.yaml`, and fill in the fields that are "
    "marked REPLACE; `interfaces` may name every interface that it answers.",
    "在 `submission.yaml` 中填写服务器地址与模型名称，以及标有 REPLACE 的字段；`interfaces` 可列出其支持的全部接口。",
)
_LIMITED = Text(
    "`--limit {limit}` asks the first rows alone; leave it out for a whole record.",
    "`--limit {limit}` 仅提问前几行；去掉后得到完整记录。",
)
_BREAKS = Text(
    "What an untrained language model writes breaks rules (SB322, SB411): the run says so and ends with 1.",
    "未经训练的语言模型写出的内容会违反规则（SB322、SB411）：运行会予以说明，并以状态 1 结束。",
)
_ALLOWED = Text(
    "Without `--allow-host` a run talks to public hosts alone: the flag lets it reach the server on this machine. A "
    "server at a public address needs none.",
    "默认情况下运行只连接公网主机；`--allow-host` 允许连接本机的服务器。公网地址的服务器无需此选项。",
)
_TABLES = Text("## Inputs and outputs", "## 输入与输出")
_MODEL = Text("The model itself: {shape}.", "模型自身：{shape}。")
_OPTIONS = Text("## Options", "## 选项")


def write_template(
    folder: Path, adapter: str, interface: str | None = None, *, make: str | None = None, name: str | None = None
) -> str:
    """Writes a submission folder that passes ``check`` and runs.

    Args:
        folder: Must not be there, or be empty.
        adapter: Name of the adapter.
        interface: That the model serves; None: the first that the adapter has a template for.
        make: What makes the files in place of the template's own.
        name: Of the model on the board; None: the folder's, as far as a manifest takes it.

    Returns:
        The interface.

    Raises:
        UsageError: There is no such template, or the folder holds something.
    """
    interface, template = template_of(adapter, interface)
    check_new(folder, otherwise="is there already and not an empty folder; name another one")
    template = template if make is None else template._replace(make=make)
    name = board_name(folder) if name is None else name
    with new_folder(folder) as part:
        made = _made(template)
        for file, content in made.files.items():
            (part / file).write_bytes(content)
        (part / MANIFEST_NAME).write_text(_manifest_text(name, adapter, interface, template, made), encoding="utf-8")
        (part / "README.md").write_text(_readme(folder, adapter, interface, template), encoding="utf-8")
    return interface


def board_name(folder: Path) -> str:
    """The name that a template in this folder gives its model."""
    return plain_name(folder.resolve().name) or "my-model"


def breaks_rules(adapter: str, interface: str) -> bool:
    """Whether what an untrained model answers breaks rules, so that its run ends with 1."""
    return adapter == _CAUSAL and interface != "choice"


def run_words(folder: Path, template: Template) -> str:
    """What to type to try a template on its task."""
    limit = "" if template.limit is None else f" --limit {template.limit}"
    here = f" --allow-host localhost:{PORT}" if _is_served(template) else ""
    return f"sectorbench run --task {template.task} --submission {typed(folder)}{limit}{here}"


def _is_served(template: Template) -> bool:
    """Whether it names a server in place of holding a model."""
    return template.make.startswith("endpoints:")


def _made(template: Template) -> Made:
    module, _, function = template.make.partition(":")
    made: Made = getattr(importlib.import_module(f".{module}", __package__), function)()
    return made


def _manifest_text(name: str, adapter: str, interface: str, template: Template, made: Made) -> str:
    told = {
        "schema_version": "submission/1",
        "name": name,
        "description": template_description(adapter),
        "adapter": adapter,
        "interfaces": [interface],
        "tasks": [template.task],
        "precision": "float32",
        **TEMPLATE_VALUES,
    }
    fields: dict[str, Any] = {field: told[field] for field in Manifest.model_fields if field in told}
    lines = [_HEAD.format(adapter=adapter, interface=interface, weights=_WEIGHTS if made.files else _SERVER)]
    for field, value in fields.items():
        mark = f"{MARK}: " if field in _REPLACED else ""
        lines += _comment(f"{mark}{Manifest.model_fields[field].description}")
        lines.append(_yaml({field: value}))
    lines += _comment("options of this adapter; those that are commented out stand at their defaults")
    lines.append(_yaml({"options": dict(made.options)}).rstrip())
    idle = idle_options(made.options["api"]) if adapter == _ENDPOINT else ()
    others = [one for one in OPTIONS[adapter] if one.name not in {*made.options, *idle}]
    lines += [line for one in others for line in _option(one, interface)]
    return "\n".join(lines) + "\n"


def _option(one: Any, interface: str) -> Iterator[str]:
    if not one.interfaces or interface in one.interfaces:
        yield f"  # {one.name}: {one.default}"
        yield from (f"  #   {line}" for line in _wrapped(one.meaning.en, _WIDTH - 6))


def _yaml(value: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(value), sort_keys=False, allow_unicode=True, default_flow_style=False, width=_WIDTH)


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in _wrapped(text, _WIDTH - 2)]


def _wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _readme(folder: Path, adapter: str, interface: str, template: Template) -> str:
    parts = ["\n".join(_readme_lines(folder, adapter, interface, template, language)) for language in LANGUAGES]
    return "\n\n---\n\n".join(parts) + "\n"


def _readme_lines(folder: Path, adapter: str, interface: str, template: Template, language: Language) -> Iterator[str]:
    what, do = (_SERVED, _START) if adapter == _ENDPOINT else (_UNTRAINED, _REPLACE)
    yield from (_TITLE.of(language).format(adapter=adapter, interface=interface), "")
    yield from (what.of(language).format(seed=SEED), "", _STEPS.of(language), "", do.of(language), "")
    if (trained := training_text(adapter)) is not None:
        yield from (trained.of(language), "")
    yield from (*file_lines(adapter, language), "", "```console")
    yield from (f"$ sectorbench check {typed(folder)}", f"$ {run_words(folder, template)}", "```", "")
    if template.limit is not None:
        yield from (_LIMITED.of(language).format(limit=template.limit), "")
    if _is_served(template):
        yield from (_ALLOWED.of(language), "")
    if breaks_rules(adapter, interface):
        yield from (_BREAKS.of(language), "")
    yield from (_TABLES.of(language), "", *interface_lines(interface, language), "")
    yield from (_MODEL.of(language).format(shape=shape_line(adapter, interface, language)), "")
    yield from (_OPTIONS.of(language), "", *option_lines(adapter, language))
