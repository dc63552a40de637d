"""Labels of scatters, curves and courses, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from ..harness.text import Text

__all__ = ["PLOT_TEXTS"]

PLOT_TEXTS: Mapping[str, Text] = {
    "plot_axis": Text("{name} ({unit})", "{name}（{unit}）"),
    "plot_cap": Text("cap {cap}", "上限 {cap}"),
    "plot_late": Text("late: fails before expected", "偏晚：先于预期失效"),
    "plot_held": Text(
        "The interval is meant to hold the true life, or the cap where that is less, in 80 % of all cases and does in "
        "{share} %.",
        "区间应在 80 % 的情形下包含真实寿命（超过上限时为上限），实际为 {share} %。",
    ),
    # Scatters
    "scatter_desc": Text(
        "Scatter: {n} dots, one per machine, true remaining life to the right and predicted remaining life upwards. "
        "{facts}",
        "散点图：共 {n} 个点，每点为一台机器，横轴为真实剩余寿命，纵轴为预测剩余寿命。{facts}",
    ),
    "scatter_key": Text(
        "A dot is a machine. On the line its prediction is right. Above it, shaded, it is late (filled dot): the "
        "machine fails before it is expected to. Below it the machine lasts longer than predicted.",
        "每个点为一台机器。落在线上表示预测准确；线上方阴影为偏晚（实心点）：机器先于预期失效；线下方表示机器比预测更耐用。",
    ),
    "scatter_key_cap": Text(
        "Labels and predictions end at {cap} {unit}: right of the cap {cap} is the right answer.",
        "标签与预测以 {cap} {unit}为上限：上限右侧的正确回答即为 {cap}。",
    ),
    "scatter_key_interval": Text(
        "An upright stroke reaches from the 10 % to the 90 % quantile of the prediction.",
        "竖线为预测的 10 % 至 90 % 分位数。",
    ),
    "scatter_true": Text("True remaining life", "真实剩余寿命"),
    "scatter_predicted": Text("Predicted remaining life", "预测剩余寿命"),
    "scatter_early": Text("early: lasts longer", "偏早：比预测更耐用"),
    "scatter_late_count": Text("{late} of {n} predictions are late.", "{n} 个预测中有 {late} 个偏晚。"),
    "scatter_median": Text(
        "Half of all are at most {error} {unit} off.", "半数预测的误差不超过 {error}（单位：{unit}）。"
    ),
    "scatter_latest": Text(
        "The latest by {late} {unit}: {id}, predicted {predicted}, true {true}.",
        "偏晚最多的是 {id}：预测 {predicted}，真实 {true}，晚 {late}（单位：{unit}）。",
    ),
    "scatter_missing": Text(
        "{n} have no usable answer and no dot; their scores are the worst there are, and they count as late.",
        "{n} 个没有可用的回答，因此没有点；其得分按最差计，并计为偏晚。",
    ),
    "scatter_hint": Text("{}: true {}, predicted {}", "{}：真实 {}，预测 {}"),
    "scatter_table": Text("Table of these machines ({n})", "机器列表（{n}）"),
    "scatter_range": Text("{low} – {high}", "{low} – {high}"),
    "scatter_ranges": Text("Table by ranges of true life", "按真实寿命区间的统计表"),
    # Curves
    "curve_desc": Text(
        "Curve of precision over recall, both from 0 to 1. {facts}", "精确率对召回率的曲线，两轴均为 0 至 1。{facts}"
    ),
    "curve_key": Text(
        "To the right: the share of all positives that is found as the threshold falls. Upwards: the share of what is "
        "found that is positive. The area below the curve is the average precision; the dashed line is what ranking by "
        "chance comes to.",
        "横轴：阈值下降时检出的正例占全部正例的比例；纵轴：检出者中正例的比例。曲线下面积即平均精确率；虚线为随机排序的水平。",
    ),
    "curve_key_decided": Text("The diamond is the model's own decisions.", "菱形为模型自身的判定。"),
    "curve_point.decided": Text(
        "its own decisions: precision {precision} at recall {recall}", "自身判定：精确率 {precision}，召回率 {recall}"
    ),
    "curve_point.asked": Text(
        "precision where recall {recall} is reached: {precision}", "召回率达到 {recall} 时的精确率：{precision}"
    ),
    "curve_chance": Text("chance {share}", "随机 {share}"),
    "curve_area": Text("Average precision {value}.", "平均精确率 {value}。"),
    "curve_positives": Text(
        "By chance {share}: {positives} of {rows} {unit} are positive.",
        "随机排序为 {share}：{rows} {unit}中有 {positives} {unit}为正例。",
    ),
    "curve_rows": Text("rows", "行"),
    "curve_decided": Text(
        "Its own decisions have precision {precision} at recall {recall}.",
        "其自身判定的精确率为 {precision}，召回率为 {recall}。",
    ),
    "curve_found_key": Text(
        "To the right: the share of all marked passages that is found as the threshold falls. Upwards: the share of "
        "what is found that matches one, at this recall or a greater one. The area below the curve is the first figure "
        "of the task; where the curve ends, nothing more is found.",
        "横轴：阈值下降时检出的标注片段占全部标注片段的比例；纵轴：在该召回率或更高召回率下，检出片段中匹配者的比例。"
        "曲线下面积即该任务的主要指标；曲线终止处之后不再有新的检出。",
    ),
    "curve_found_area": Text("Area {value}, up to recall {recall}.", "面积 {value}，至召回率 {recall} 为止。"),
    "curve_found_positives": Text("{positives} passages are marked.", "共有 {positives} 个标注片段。"),
    "curve_asked": Text(
        "Where recall {recall} is reached, the precision is {precision}.",
        "召回率达到 {recall} 时，精确率为 {precision}。",
    ),
    "curve_not_asked": Text("Recall {recall} is not reached.", "未达到召回率 {recall}。"),
    "curve_key_asked": Text("The diamond stands where that recall is first reached.", "菱形位于首次达到该召回率之处。"),
    "curve_unusable": Text(
        "{n} rows without a usable answer are ranked behind all others where positive, before them where not.",
        "{n} 行没有可用的回答：正例排在最后，负例排在最前。",
    ),
    "curve_hint": Text("recall {}, precision {}", "召回率 {}，精确率 {}"),
    "curve_table": Text("Table of the curve's steps ({n})", "曲线各段列表（{n}）"),
    "col_recall": Text("Recall", "召回率"),
    "col_precision": Text("Precision", "精确率"),
    "col_recall_to": Text("Up to recall", "至召回率"),
    # Courses of a remaining life
    "course_life_desc": Text(
        "Predicted and true remaining life of one machine over its age. {facts} The table below holds the same values.",
        "一台机器随运行变化的预测与真实剩余寿命。{facts}下表列有相同数值。",
    ),
    "course_life_key": Text(
        "The straight line is the true remaining life, down to where the machine fails; dots are what was predicted. "
        "Above the line, shaded, a prediction is late (filled dot): the machine fails before it is expected to.",
        "直线为真实剩余寿命，终点为机器失效；点为预测值。线上方阴影内的预测偏晚（实心点）：机器先于预期失效。",
    ),
    "course_life_key_cap": Text(
        "The dashed line is the cap, the longest life that labels tell.", "虚线为上限，即标签所示的最长寿命。"
    ),
    "course_key_interval": Text(
        "The band reaches from the 10 % to the 90 % quantile of the prediction.", "色带为预测的 10 % 至 90 % 分位数。"
    ),
    "course_life": Text("Remaining life", "剩余寿命"),
    "course_late_count": Text("{late} of {n} predictions are late.", "{n} 个预测中有 {late} 个偏晚。"),
    "course_ends": Text("fails at {at}", "于 {at} 失效"),
    "course_planned": Text("replaced at {at}", "于 {at} 更换"),
    "course_replaced": Text(
        "Planned by these predictions it is replaced at {at}, {left} {unit} before it would fail.",
        "据此预测，计划于 {at} 更换，比失效早 {left}（单位：{unit}）。",
    ),
    "course_failed": Text(
        "Planned by these predictions it runs until it fails at {at} {unit}.",
        "据此预测不作更换，运行至 {at} 失效（单位：{unit}）。",
    ),
    "course_life_hint": Text("at {}: true {}, predicted {}", "于 {}：真实 {}，预测 {}"),
    "course_table": Text("Table of these predictions ({n})", "预测列表（{n}）"),
    # Courses of anomaly scores
    "course_score_desc": Text(
        "Anomaly score over one run, with the threshold, the alarms and {n} stretches that are labelled anomalous. "
        "{facts}",
        "一次运行的异常分数，含阈值、告警及 {n} 段标注为异常的区间。{facts}",
    ),
    "course_score_key": Text(
        "The rows above the picture: the normal part, which is not scored (grey); the stretches labelled anomalous "
        "(also shaded); the alarms, where the score lies above the threshold: the 99 % quantile of the scores on the "
        "normal part.",
        "图上方各行依次为：不计分的正常段（灰色）、标注为异常的区间（图中亦加阴影）、告警（分数高于阈值之处）。"
        "阈值为正常段分数的 99 % 分位数。",
    ),
    "course_time": Text("Time", "时间"),
    "course_score": Text("Anomaly score (no unit)", "异常分数（无单位）"),
    "course_lane_normal": Text("normal", "正常段"),
    "course_lane_labelled": Text("labelled", "标注"),
    "course_lane_alarm": Text("alarm", "告警"),
    "course_threshold": Text("threshold {value}", "阈值 {value}"),
    "course_peak": Text("highest score {value}", "最高分 {value}"),
    "course_score_hint": Text("at {}: score {}", "于 {}：分数 {}"),
    "course_average_precision": Text("Average precision of this run {value}.", "本次运行的平均精确率 {value}。"),
    "course_found": Text(
        "Alarms in {found} of {events} labelled stretches.", "{events} 段异常区间中有 {found} 段出现告警。"
    ),
    "course_false": Text("Alarms that begin on a normal step: {n}.", "始于正常步的告警：{n} 次。"),
    "course_beyond": Text(
        "The highest score, {value}, lies above the picture's edge.", "最高分 {value} 超出图的上边缘。"
    ),
    "course_stretches": Text("Table of the labelled stretches ({n})", "异常区间列表（{n}）"),
    # Columns
    "col_true": Text("True", "真实"),
    "col_predicted": Text("Predicted", "预测"),
    "col_low": Text("10 % quantile", "10 % 分位数"),
    "col_high": Text("90 % quantile", "90 % 分位数"),
    "col_machines": Text("Machines", "机器数"),
    "col_late": Text("Late", "偏晚"),
    "col_median_error": Text("Median error", "误差中位数"),
    "col_age": Text("Age", "已运行时间"),
    "col_first_alarm": Text("First alarm", "首次告警"),
    "col_highest_score": Text("Highest score", "最高分数"),
}
