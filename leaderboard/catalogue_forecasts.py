"""Labels of pictures of forecasts, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from ..harness.text import Text

__all__ = ["FORECAST_TEXTS"]

FORECAST_TEXTS: Mapping[str, Text] = {
    "exhibits_scale.fan": Text(
        "All on the same axes. The model's page also shows where it did worst.",
        "均使用相同的坐标轴。模型页还附其表现最差之处。",
    ),
    "exhibits_scale.peaks": Text("All count the same days in the same shades.", "均统计相同的日期，使用相同的色阶。"),
    "exhibits_scale.hours": Text("All have the same shades.", "均使用相同的色阶。"),
    # Fans
    "fan_desc": Text(
        "Two lines over {hours} hours: what was measured and what was forecast. {facts}",
        "{hours} 小时内的两条曲线：实测值与预测值。{facts}",
    ),
    "fan_key": Text(
        "The dark line is what was measured, the dashed line what was forecast. Each forecast begins where an "
        "upright "
        "line stands and knew nothing from there on; a gap is an hour that was not measured.",
        "深色线为实测值，虚线为预测值。每次预测始于一条竖线，此后的数据对模型均不可见；断开处为未测得的时段。",
    ),
    "fan_key_one": Text(
        "The dark line is what was measured, the dashed line what was forecast from the left edge on.",
        "深色线为实测值，虚线为自左端起的预测值。",
    ),
    "fan_key_band": Text(
        "The band is meant to hold four in five of the measured values.", "色带应包含五分之四的实测值。"
    ),
    "fan_actual": Text("measured", "实测"),
    "fan_value": Text("forecast", "预测"),
    "fan_band": Text("10 % to 90 %", "10 % 至 90 %"),
    "fan_error": Text("Off by {error} on average ({share} %).", "平均偏差 {error}（{share} %）。"),
    "fan_error_plain": Text("Off by {error} on average.", "平均偏差 {error}。"),
    "fan_held": Text("The band holds {share} % of the measured values.", "色带包含 {share} % 的实测值。"),
    "fan_days": Text("Local date", "当地日期"),
    "fan_hours": Text("Hours from {begins}", "自 {begins} 起的小时数"),
    "fan_y": Text("Value", "数值"),
    "fan_hint": Text("{}: measured {}, forecast {}", "{}：实测 {}，预测 {}"),
    "fan_table_days": Text("Table of these forecasts ({n})", "各次预测列表（{n}）"),
    "fan_table_steps": Text("Table of the steps ({n})", "各步列表（{n}）"),
    "col_begins": Text("Begins", "开始"),
    "col_highest": Text("Highest, measured", "实测最高"),
    "col_highest_at": Text("at hour", "时刻"),
    "col_highest_said": Text("Highest, forecast", "预测最高"),
    "col_mean_error": Text("Mean error", "平均偏差"),
    "col_step_at": Text("Hours from the origin", "距起点小时数"),
    # Maps of hours
    "heat_days": Text("days", "天数"),
    "heat_mean": Text("mean", "平均"),
    "peaks_rows": Text("peaked at (hour)", "实际峰值时段"),
    "peaks_caption": Text(
        "{title}: rows are the hour in which the day peaked, columns the hour in which it was forecast to",
        "{title}：行为实际峰值时段，列为预测峰值时段",
    ),
    "peaks_hit": Text("Hour hit on {hits} of {n} days ({share} %).", "{n} 天中有 {hits} 天命中时段（{share} %）。"),
    "peaks_near": Text("At most one hour off on {share} %.", "偏差不超过一小时的占 {share} %。"),
    "peaks_unusable": Text("Days without a usable answer: {n}.", "没有可用回答的天数：{n}。"),
    "peaks_key": Text(
        "Each cell counts days; those on the diagonal, in a frame, were forecast in the right hour (16: from 16:00 to "
        "17:00 local time). The darker, the more days; hours in which no day peaked have no row; of equal hours the "
        "first counts.",
        "每格为天数；对角线上加框者为时段预测正确（16 表示当地时间 16:00 至 17:00）。颜色越深，天数越多；"
        "没有峰值的时段不列行；并列时取最早的时段。",
    ),
    "peaks_nothing": Text("no answer", "无回答"),
    "hours_rows": Text("Region or item", "地区或对象"),
    "hours_caption": Text("{title}: columns are clock hours", "{title}：列为钟点"),
    "hours_worst": Text(
        "Greatest at {hour}:00 in {item}, {error}; least at {least_hour}:00 in {least_item}, {least}.",
        "{item} 的 {hour}:00 时段最大，为 {error}；{least_item} 的 {least_hour}:00 时段最小，为 {least}。",
    ),
    "hours_key": Text(
        "A value of 1 is the error of repeating the value of one season before (a day, where not said otherwise), on "
        "the "
        "training part. A column is a clock hour in local time (16: from 16:00 to 17:00).",
        "数值 1 相当于在训练部分重复一个周期（除非另有说明，为一天）之前取值的误差。每列为当地时间的一个钟点"
        "（16 表示 16:00 至 17:00）。",
    ),
    "hours_shade.1": Text("under 0.5", "不足 0.5"),
    "hours_shade.2": Text("from 0.5", "0.5 起"),
    "hours_shade.3": Text("from 1", "1 起"),
    "hours_shade.4": Text("from 1.5", "1.5 起"),
    "peaks_shade": Text("{n}+ days", "{n} 天起"),
}
