"""Every label of the site in both languages, by key; templates and page builders name keys and hold no prose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from ..harness.record_checks import Unchecked
from ..harness.record_fields import CHECKS
from ..harness.records import IsolationMeans, NoInterval, Record, SandboxLevel, VendorCopy
from ..harness.statistics.comparison import Verdict as PairVerdict
from ..harness.task import Realism
from ..harness.text import Text
from .catalogue_answers import ANSWER_TEXTS
from .catalogue_exhibit import EXHIBIT_TEXTS, LineKind, Scale, Verdict
from .catalogue_forecasts import FORECAST_TEXTS
from .catalogue_plots import PLOT_TEXTS
from .catalogue_receipt import RECEIPT_TEXTS
from .catalogue_regions import REGION_TEXTS
from .catalogue_task import TASK_TEXTS
from .collection import IgnoredReason
from .comparable import PairRefusal, Refusal

__all__ = ["FAMILIES", "TEXTS", "phrase"]


def _values(model: type, field: str) -> tuple[str, ...]:
    return get_args(model.model_fields[field].annotation)  # type: ignore[attr-defined]


FAMILIES: Mapping[str, tuple[str, ...]] = {
    "access": _values(Record, "access"),
    "answer_chosen": ("0", "1"),
    "answer_key": ("ranked", "chosen", "quoted"),
    **{f"answer_{way}_said": ("11", "10", "01", "00") for way in ("ranked", "chosen", "quoted")},
    "checked": CHECKS,
    "unchecked": get_args(Unchecked),
    "cell": ("not_run", "not_applicable", "failed"),
    "confusion_shade": ("1", "2", "3", "4"),
    "curve_point": ("decided", "asked"),
    "direction": ("higher", "lower", "nearest"),
    "exhibits_scale": get_args(Scale),
    "document_verdict": get_args(Verdict),
    "gantt_line": get_args(LineKind),
    "hours_shade": ("1", "2", "3", "4"),
    "ignored": get_args(IgnoredReason),
    "isolation": get_args(IsolationMeans),
    "no_interval": get_args(NoInterval),
    "on_invalid": ("worst", "fail_cell"),
    "predicted_by": _values(Record, "predicted_by"),
    "realism": get_args(Realism),
    "refused": get_args(Refusal),
    "sandbox": get_args(SandboxLevel),
    "scored_by": _values(Record, "scored_by"),
    "signed_with": ("key", "certificate"),
    "unpaired": get_args(PairRefusal),
    "verdict": get_args(PairVerdict),
    "variant": ("settings", "seed", "device", "dtype", "adapter"),
    "vendor_copy": _values(VendorCopy, "where"),
}
"""Keys of the form ``family.value``, chosen by a value of a record or card: each value of the closed set has a text."""

_TEXTS: Mapping[str, Text] = {
    # The frame of every page
    "site_name": Text("SectorBench", "SectorBench"),
    "skip": Text("Skip to content", "跳到正文"),
    "nav": Text("Main", "主导航"),
    "nav_overview": Text("Overview", "总览"),
    "nav_method": Text("How to read this", "阅读说明"),
    "nav_records": Text("Records", "记录"),
    "breadcrumbs": Text("You are here", "当前位置"),
    "other_language": Text("中文", "English"),
    "other_language_hint": Text("用中文阅读本页", "Read this page in English"),
    "footer_same": Text(
        "Same records and same package version: same bytes.", "记录相同、软件包版本相同，则网站逐字节相同。"
    ),
    "footer_suite": Text("Suite", "评测套件"),
    "footer_package": Text("Package version", "软件包版本"),
    "footer_records": Text("Records shown", "所示记录"),
    "footer_ignored": Text("Records left out", "未采用记录"),
    "footer_digest": Text("Digest of all records", "全部记录的摘要"),
    "practice_notice": Text(
        "Practice edition: every record was predicted and scored by whoever ran it; no second party has checked it.",
        "练习版：全部记录的预测与评分均由运行者本人完成，未经第二方核验。",
    ),
    "none": Text("none", "无"),
    "and_list": Text(", ", "、"),
    "page_title": Text("{title} · SectorBench", "{title} · SectorBench"),
    # Doubt, marks and states
    "interval": Text("[{low}, {high}]", "[{low}, {high}]"),
    "n": Text("n = {n}", "n = {n}"),
    "standard_error": Text("SE {error}", "标准误 {error}"),
    "percentile": Text("percentile interval", "百分位区间"),
    "direction.lower": Text("lower is better", "越低越好"),
    "direction.higher": Text("higher is better", "越高越好"),
    "direction.nearest": Text("nearest to the best value is better", "越接近最佳值越好"),
    "no_interval.too_few_units": Text("no interval: too few units", "无区间：单元过少"),
    "no_interval.no_spread": Text("no interval: all units equal", "无区间：各单元相同"),
    "no_interval.partial": Text("no interval: partial run", "无区间：仅部分运行"),
    "mark_floor": Text("floor", "底线"),
    "mark_floor_hint": Text("The trivial method that every model must beat.", "任何模型都必须超过的简单方法。"),
    "mark_incumbent": Text("incumbent", "现行做法"),
    "mark_incumbent_hint": Text(
        "The practice that a model must beat to count as ready.", "模型须超过的现行做法，超过才算可用。"
    ),
    "mark_control": Text("control", "对照"),
    "mark_control_hint": Text(
        "Looks at nothing that could tell: random, constant or a clock. It shows what the task gives for nothing.",
        "不看任何有用信息：随机、常数或仅看时间，用以显示无需模型即可达到的水平。",
    ),
    "mark_returned": Text("predicted by its vendor", "由供应商预测"),
    "mark_returned_hint": Text(
        "The vendor answered at its own place and sent the answers; a laboratory scored them. Which model answered, "
        "how it was shut in and what it cost are the vendor's words.",
        "供应商在自己的场所作答并寄回答案，由实验室评分。由哪个模型作答、如何隔离、代价如何，均为供应商自述。",
    ),
    "mark_unpinned": Text("unpinned", "未固定"),
    "mark_unpinned_hint": Text(
        "A server answered, on one day: the same name may be another model tomorrow, and nobody can repeat the result.",
        "由外部服务器在某一天作答：同一名称明天可能已是另一模型，结果无法复现。",
    ),
    "mark_own": Text("own", "自有"),
    "mark_own_hint": Text(
        "A checkpoint of whoever ran it, read where it was and not inspected: shown apart, in no order.",
        "由运行者自有的检查点，就地读取且未经检查：单独列出，不参与排序。",
    ),
    "mark_self": Text("self-scored", "自评"),
    "mark_self_hint": Text(
        "Predicted and scored by one party; not checked by a second one.", "预测与评分由同一方完成，未经第二方核验。"
    ),
    "cell.failed": Text("failed", "失败"),
    "cell.not_run": Text("not run", "未运行"),
    "cell.not_applicable": Text("not applicable", "不适用"),
    "variant.settings": Text("settings {value}", "设置 {value}"),
    "variant.seed": Text("seed {value}", "种子 {value}"),
    "variant.device": Text("device {value}", "设备 {value}"),
    "variant.dtype": Text("precision {value}", "精度 {value}"),
    "variant.adapter": Text("adapter {value}", "适配器 {value}"),
    # Overview
    "overview_title": Text("What was measured, and how sure that is", "测得的结果，及其可信程度"),
    "overview_lead": Text(
        "SectorBench measures how well a model does the work of an industry, one area of application at a time. "
        "Every figure below comes from one record that says which model, which data, which machine and how much doubt; "
        "open it to check.",
        "SectorBench 按应用领域逐一衡量模型完成行业工作的水平。下列每个数字都出自一份记录，记录写明所用模型、数据、机"
        "器与不确定程度，可随时打开核对。",
    ),
    "count_areas": Text("areas", "应用领域"),
    "count_tasks": Text("tasks", "任务"),
    "count_models": Text("models", "模型"),
    "count_records": Text("records", "记录"),
    "overview_caption": Text(
        "{area}: primary metric of every model on every task, with 95 % interval and number of units n.",
        "{area}：各模型在各任务上的主指标，附 95 % 区间与单元数 n。",
    ),
    "overview_order": Text(
        "Models stand in alphabetical order; this table ranks nobody. Columns have different units: read down, not "
        "across.",
        "模型按名称排序，本表不作排名。各列单位不同：请纵向比较，勿横向比较。",
    ),
    "overview_states": Text(
        "“{not_run}”: no record of this model on this task was given to the site. “{not_applicable}”: all records of "
        "this model answer another interface. “{failed}”: the cell was run and ended with the code shown.",
        "“{not_run}”：本站未收到该模型在此任务上的记录。“{not_applicable}”：该模型的全部记录均回答其他接口。"
        "“{failed}”：已运行但以所示代码结束。",
    ),
    "area_unmeasured": Text("Not measured in these records", "本批记录未测"),
    "area_unmeasured_note": Text(
        "The task exists and has a page; no record of it was given to the site.",
        "任务已有并有页面，但本站未收到其记录。",
    ),
    "col_model": Text("Model", "模型"),
    # Model page
    "crumb_model": Text("Model", "模型"),
    "model_identity": Text("Identity", "身份"),
    "model_results": Text("Results", "结果"),
    "model_results_caption": Text(
        "Primary metric of each cell of {model}, with 95 % interval and number of units n.",
        "{model} 各项结果的主指标，附 95 % 区间与单元数 n。",
    ),
    "model_cells": Text("Every cell in full", "各项结果详情"),
    "model_cell_caption": Text("All metrics of this cell", "该项全部指标"),
    "model_vendor": Text("Vendor", "供应商"),
    "model_version": Text("Version", "版本"),
    "model_country": Text("Country of the vendor", "供应商所在国"),
    "model_country_value": Text("{code} (ISO 3166-1, as declared)", "{code}（ISO 3166-1，自行申报）"),
    "model_licence": Text("Licence", "许可证"),
    "model_trained_on": Text("Trained on, as declared", "训练数据（自行申报）"),
    "model_digest": Text("Digest of the model", "模型摘要"),
    "model_submissions": Text("Digest of the submission", "提交摘要"),
    "not_declared": Text("not declared", "未申报"),
    "col_task": Text("Task", "任务"),
    "col_track": Text("Track", "赛道"),
    "col_metric": Text("Metric", "指标"),
    "col_value": Text("Value", "数值"),
    "col_interval": Text("95 % interval", "95 % 区间"),
    "col_error": Text("Standard error", "标准误"),
    "col_n": Text("n", "n"),
    "col_record": Text("Record", "记录"),
    "cell_how": Text("How it was run", "运行方式"),
    "cell_cost": Text("What it cost", "代价"),
    "cell_repeat": Text("To repeat it", "如何重现"),
    "repeat_number": Text("repeat {repeat}", "第 {repeat} 次重复"),
    "env_packages": Text("Packages", "软件包"),
    "env_machine": Text("Machine", "机器"),
    "env_machine_value": Text(
        "{processor}, {cores} cores, {memory} GiB; {system}", "{processor}，{cores} 核，{memory} GiB；{system}"
    ),
    "env_device": Text("Device", "设备"),
    "env_endpoint": Text("Server", "服务器"),
    "env_endpoint_value": Text(
        "{requests} requests answered, {retries} of them sent again; {read} tokens read, {written} written",
        "应答请求 {requests} 次，重发 {retries} 次；读取 {read} 个 token，生成 {written} 个",
    ),
    "env_endpoint_price": Text("{price} {currency} at the declared price", "按申报价格计 {price} {currency}"),
    "env_device_value": Text("{name} ({device}, {dtype})", "{name}（{device}，{dtype}）"),
    "env_driver_value": Text("driver {driver}", "驱动 {driver}"),
    "env_suite": Text("Suite and package", "套件与软件包"),
    "env_suite_value": Text("{suite}; package {version}", "{suite}；软件包 {version}"),
    "env_commit_value": Text("commit {commit}", "提交号 {commit}"),
    "env_settings": Text("Settings", "设置"),
    "env_settings_value": Text("{settings}; seed {seed}", "{settings}；种子 {seed}"),
    "env_prompting": Text("Put around every input", "每个输入附加的内容"),
    "env_written": Text("Written answers", "文字作答"),
    "prompt_system": Text("system prompt: {system}", "系统提示词：{system}"),
    "prompt_examples": Text(
        "answered training examples before every input: {n}", "每个输入之前附已标注训练样例 {n} 条"
    ),
    "prompt_template": Text(
        "options weighed behind the model's own chat template, where it has one",
        "在模型自带的对话模板之后比较各选项（如有）",
    ),
    "prompt_reasoning": Text(
        "answered in words, after at most {n} tokens of reasoning", "以文字作答，推理至多 {n} 个 token"
    ),
    "written_unread": Text("{n} could not be read and count as wrong", "{n} 个无法识别，计为错误"),
    "written_truncated": Text("{n} ended at the limit of tokens", "{n} 个因达到 token 上限而中断"),
    "env_adapter": Text("Adapter", "适配器"),
    "env_adapter_value": Text("{adapter}, revision {revision}", "{adapter}，修订 {revision}"),
    "env_inputs": Text("Digest of the inputs", "输入摘要"),
    "env_predictions": Text("Digest of the predictions", "预测摘要"),
    "env_started": Text("Started (UTC)", "开始时间（UTC）"),
    # Records page
    "records_title": Text("Records", "记录"),
    "records_lead": Text(
        "The site is made of these files and of nothing else. Each holds one result in full; its name is the key of "
        "what made it.",
        "本站仅由下列文件生成。每个文件完整记载一项结果，文件名即该结果来源的键。",
    ),
    "records_caption": Text("All records shown on this site", "本站所示全部记录"),
    "col_key": Text("Key", "键"),
    "col_status": Text("Status", "状态"),
    "col_date": Text("Date (UTC)", "日期（UTC）"),
    "status_ok": Text("ok", "成功"),
    "ignored_title": Text("Left out", "未采用"),
    "ignored_caption": Text("Records that were found but are not shown, with the reason", "已找到但未显示的记录及原因"),
    "ignored_none": Text("No record was left out.", "没有记录被排除。"),
    "col_reason": Text("Reason", "原因"),
    "ignored.partial": Text(
        "only part of the test set of {found} rows was run; partial records are never published",
        "测试集共 {found} 行，仅运行了一部分；部分运行的记录不予公布",
    ),
    "ignored.no_card": Text("no card of this task is known here", "此处没有该任务的任务卡"),
    "ignored.other_version": Text(
        "version of the task in the record / on the card: {found}", "记录中的任务版本 / 任务卡版本：{found}"
    ),
    "ignored.no_track": Text("the card has no track “{found}”", "任务卡没有赛道“{found}”"),
    "ignored.superseded": Text(
        "a later record of the same model (version {found}) corrects what its manifest says",
        "同一模型（版本 {found}）有更新的记录，更正了其清单内容",
    ),
    # Method page
    "method_title": Text("How to read this", "阅读说明"),
    "method_lead": Text(
        "What a figure on this site is, where it comes from, how sure it is, and what it does not say.",
        "本站的数字是什么、从何而来、有多可靠，以及它不能说明什么。",
    ),
    "contents": Text("Contents", "目录"),
    "glossary_title": Text("Glossary", "术语表"),
    "glossary_caption": Text("Terms used on this site, in both languages", "本站所用术语（中英对照）"),
    "glossary_english": Text("English", "英文"),
    "glossary_chinese": Text("Chinese", "中文"),
    "glossary_meaning": Text("Meaning", "含义"),
    # The door
    "door_lead": Text(
        "How well a model does the work of an industry, with the doubt beside every figure.",
        "模型完成行业工作的水平如何，每个数字都附有不确定程度。",
    ),
    "door_enter": Text("Read in English", "阅读中文版"),
}

TEXTS: Mapping[str, Text] = {
    **_TEXTS,
    **TASK_TEXTS,
    **EXHIBIT_TEXTS,
    **ANSWER_TEXTS,
    **PLOT_TEXTS,
    **FORECAST_TEXTS,
    **REGION_TEXTS,
    **RECEIPT_TEXTS,
}


def phrase(key: str, **values: object) -> Text:
    """A text of the catalogue with its places filled in; a value that is a text itself is taken in either language.

    Raises:
        KeyError: There is no such key, or a place has no value: a mistake of ours, never of the user.
    """
    en = {name: value.en if isinstance(value, Text) else value for name, value in values.items()}
    zh = {name: value.zh if isinstance(value, Text) else value for name, value in values.items()}
    return Text(TEXTS[key].en.format(**en), TEXTS[key].zh.format(**zh))
