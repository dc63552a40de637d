"""Labels of the page of regions, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from ..harness.text import Text

__all__ = ["REGION_TEXTS"]

REGION_TEXTS: Mapping[str, Text] = {
    "nav_regions": Text("Regions", "地区"),
    "regions_title": Text("Results by region", "分地区结果"),
    "regions_lead": Text(
        "How well models do in one region and in another, on tasks whose units belong to regions. Where a comparison "
        "is not legitimate, its reason stands in place of a number.",
        "在单元归属地区的任务上，各模型在不同地区的表现。比较不成立之处，以原因代替数字。",
    ),
    "regions_reading": Text("What may be read here, and what may not", "可以与不可以作出的解读"),
    "regions_may_models": Text(
        "Models in one region: yes, by the second table of a task. The difference to the baseline is taken over the "
        "same units, so what makes a day hard for both cancels; its sign is told in words only where the interval does "
        "not hold 0.",
        "同一地区的不同模型：可以，见各任务第二张表。与参照方法之差在相同单元上计算，对二者同样困难的因素相互抵消；仅当"
        "区间不含 0 时才判定优劣。",
    ),
    "regions_may_regions": Text(
        "Regions of one task under one model: yes, as a description of where that model does well. It is no ranking of "
        "regions: the load of one is easier to tell in advance than that of another, whoever does it.",
        "同一任务、同一模型的不同地区：可以，用以描述该模型在何处表现较好；但并非地区排名：有的地区负荷本来就更容易预测"
        "。",
    ),
    "regions_may_not": Text(
        "Regions of two tasks, of two tracks, or a simulated one with a real one: no. The matrix at the end of the "
        "page gives the reason for every pair.",
        "两个任务或两条赛道的地区之间、模拟地区与真实地区之间：不可以。页末矩阵逐对说明原因。",
    ),
    "regions_method": Text("How the difference is computed", "差值如何计算"),
    "regions_real": Text("Real regions", "真实地区"),
    "regions_real_lead": Text(
        "Measured where people live. A code is given only where a region lies in one subdivision alone.",
        "数据来自真实地区。仅当地区完全位于单一行政区划内时才给出代码。",
    ),
    "regions_simulated": Text(
        "Simulated regions: made up by a program, on no map", "模拟地区：由程序生成，不对应地图上的任何地方"
    ),
    "regions_simulated_lead": Text(
        "These regions do not exist. They test methods, and they stand apart so that nobody takes them for a place: no "
        "table and no picture holds a simulated region beside a real one.",
        "这些地区并不存在，仅用于检验方法。它们单独列出，以免被误认为真实地点：任何表格与图形都不会将模拟地区与真实地区"
        "并列。",
    ),
    "regions_none": Text("No task here has such regions.", "尚无含此类地区的任务。"),
    "regions_unmeasured": Text("Not measured in these records:", "本批记录未测："),
    "regions_of_task": Text("{n} regions. Unit: {unit}.", "{n} 个地区。单元：{unit}。"),
    "regions_of_task_blocks": Text(
        "{n} regions. Unit: {unit}; resampled together: {block}.", "{n} 个地区。单元：{unit}；合并重抽样：{block}。"
    ),
    "regions_values": Text(
        "{metric} of each model in each region, with 95 % interval and number of units n.",
        "各模型在各地区的{metric}，附 95 % 区间与单元数 n。",
    ),
    "regions_scaled_note": Text(
        "Errors are divided by the region's own scale, so rows can be read beside each other; they rank no region.",
        "误差已除以各地区自身的标度，因此各行可并列阅读，但并非地区排名。",
    ),
    "regions_unit_note": Text(
        "Values are in {unit} and grow with the region: read along a row, not from row to row.",
        "数值单位为 {unit}，随地区规模增大：请横向阅读，勿逐行比较。",
    ),
    "regions_differences": Text(
        "{metric} of each model less that of {baseline}, over the same units; {sign} is better. With 95 % interval and "
        "n.",
        "各模型的{metric}减去 {baseline} 的{metric}，在相同单元上计算；{sign} 为优。附 95 % 区间与单元数 n。",
    ),
    "regions_no_differences": Text("No difference to a baseline: {why}.", "无与参照方法之差：{why}。"),
    "regions_negative": Text("below 0", "小于 0"),
    "regions_positive": Text("above 0", "大于 0"),
    "regions_chance": Text(
        "{n} comparisons stand in this table. Of models that are in truth equal, about one in twenty is told apart by "
        "chance: a single verdict weighs less than the same verdict in most regions.",
        "本表共有 {n} 项比较。即使两个模型实际相同，约每二十项中也会有一项因偶然被判为有别：单个地区的判定不如多数地区"
        "一致"
        "的判定有分量。",
    ),
    "regions_chart_values": Text("{metric} by region, {models}", "分地区{metric}，{models}"),
    "regions_chart_differences": Text(
        "{metric} by region, difference to {baseline}", "分地区{metric}，与 {baseline} 之差"
    ),
    "regions_chart_desc": Text(
        "One row per region, in it one mark with its 95 % interval per model: {models}. The tables below hold the same "
        "numbers.",
        "每个地区一行，行内每个模型一个标记及其 95 % 区间：{models}。下方表格列有相同数字。",
    ),
    "regions_chart_key": Text(
        "A bar is the 95 % interval. Drawn are the best model, the baseline and the floor, or the next best.",
        "横条为 95 % 区间。图中为最佳模型、参照方法与底线，或次佳模型。",
    ),
    "regions_chart_key_difference": Text(
        "A bar that crosses the dashed line does not tell the model from the baseline.",
        "横条跨过虚线表示无法区分该模型与参照方法。",
    ),
    "regions_chart_zero": Text("as {baseline}", "与 {baseline} 相同"),
    "regions_difference_axis": Text("Difference of {metric}", "{metric}之差"),
    "regions_absent": Text("Without a column:", "未列出："),
    "regions_absent_not_run": Text("{model} (not run on this test set)", "{model}（未在此测试集上运行）"),
    "regions_absent_failed": Text("{model} (failed, {code})", "{model}（失败，{code}）"),
    "area_simulated": Text("{area}: simulated regions", "{area}：模拟地区"),
    "regions_back": Text("Results by region of this area", "本领域的分地区结果"),
    "regions_of_board": Text("The same by region, with differences to the baseline", "分地区结果及与参照方法之差"),
    "card_regions": Text("Regions", "地区"),
    "card_region_line": Text("{value}: {title}", "{value}：{title}"),
    "card_region_coded": Text("{value}: {title} ({code})", "{value}：{title}（{code}）"),
    "col_region": Text("Region", "地区"),
    "verdict.better": Text("better", "更优"),
    "verdict.worse": Text("worse", "更差"),
    "verdict.not_told_apart": Text("not told apart", "无法区分"),
    "unpaired.is_baseline": Text("the baseline", "参照方法"),
    "unpaired.no_baseline": Text("not compared: no record of a baseline", "未比较：没有参照方法的记录"),
    "unpaired.no_units": Text(
        "not compared: its units stayed with the owner of the data", "未比较：单元数据未离开数据所有者"
    ),
    "unpaired.other_references": Text("not compared: scored against other references", "未比较：评分所用参考答案不同"),
    "unpaired.other_units": Text("not compared: not over the same units", "未比较：单元不同"),
    "unpaired.too_few_units": Text("not compared: under 10 units or blocks", "未比较：单元或区块不足 10 个"),
    "regions_matrix": Text("Which regions may be compared with which", "哪些地区之间可以比较"),
    "regions_matrix_lead": Text(
        "Between regions of two tasks there is no number on this site. A difference would be one of data, hours and "
        "rules of testing, and nobody could tell it from one of regions or models.",
        "本站不给出两个任务的地区之间的任何数字：其差异源于数据、时段与测试规程，无法与地区或模型的差异区分。",
    ),
    "regions_matrix_caption": Text(
        "Regions of the task in the row with regions of the task in the column", "行任务的地区与列任务的地区"
    ),
    "regions_comparable": Text("may be compared", "可以比较"),
    "regions_comparable_how": Text(
        "models in a region; one model over regions, as a description", "同一地区的各模型；同一模型的各地区（仅作描述）"
    ),
    "reasons_apart": Text("; ", "；"),
    "regions_refused": Text("not compared", "不作比较"),
    "regions_matrix_none": Text("No task has regions.", "没有含地区的任务。"),
    "regions_left_out": Text("Records that stand in no table here", "未列入表中的记录"),
    "regions_left_out_line": Text("{task}, {model}: {why}", "{task}，{model}：{why}"),
    "refused.simulated": Text("one is simulated, the other real", "一为模拟，一为真实"),
    "refused.data": Text("other data", "数据不同"),
    "refused.task": Text(
        "another task: other hours and years, other rules of testing", "任务不同：时段与年份不同，测试规程不同"
    ),
    "refused.metric": Text("another metric", "指标不同"),
    "refused.track": Text("another track: models are told other things", "赛道不同：提供给模型的信息不同"),
    "refused.test_set": Text("another test set, by the digest of its inputs", "测试集不同（据输入摘要）"),
}
