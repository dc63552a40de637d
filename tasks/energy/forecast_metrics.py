"""The metrics of load forecasts, built from the sums of ``forecast_statistics``."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...harness.metrics import FloatArray, Metric, OfTotals, mean_metric, share_metric
from ...harness.text import Text
from .forecast_costs import ForecastCosts

__all__ = ["DayAheadMetrics", "day_ahead_metrics", "demand_metrics", "literature_metrics", "mase_metric"]

_INF = np.inf


def mase_metric() -> Metric:
    """Mean absolute scaled error: 1 is the error of "the same step one season before" in the training part."""
    return _mean_error(
        "mase",
        Text("Mean absolute scaled error", "平均绝对标度误差（MASE）"),
        statistic="scaled_error",
        count="steps",
        formula="mean |y - f| / s, s = mean |y[t] - y[t - season]| over the training part (Hyndman, Koehler 2006)",
    )


def _mean_error(
    name: str, title: Text, *, statistic: str, count: str, formula: str, unit: str = "1", digits: int = 3
) -> Metric:
    """A mean of what is never below 0; 0 is best."""
    return mean_metric(
        name,
        title,
        unit=unit,
        statistic=statistic,
        count=count,
        best=0.0,
        higher_is_better=False,
        formula=formula,
        limits=(0.0, _INF),
        digits=digits,
    )


def _scaled_quantile_loss() -> Metric:
    return _mean_error(
        "scaled_quantile_loss",
        Text("Scaled quantile loss", "标度分位数损失"),
        statistic="scaled_quantile_loss",
        count="steps",
        formula="mean over steps and the levels 0.1 ... 0.9 of 2 pinball / s; of a point forecast it is the MASE",
    )


def _coverage() -> tuple[Metric, Metric]:
    title = Text("Share within the 80 % band", "落入 80% 区间的比例")
    whole = mean_metric(
        "band_coverage",
        title,
        unit="1",
        statistic="inside",
        count="steps",
        best=0.8,
        higher_is_better=True,
        formula="share of steps with q0.1 <= y <= q0.9; 0.8 is right, more is too wide, a point forecast has about 0",
        limits=(0.0, 1.0),
        digits=3,
    )

    def value(total: FloatArray) -> FloatArray:
        return np.asarray(100 * np.abs(total[..., 0] / total[..., 1] - 0.8))

    def gradient(total: FloatArray) -> FloatArray:
        side = 100 * np.sign(total[..., 0] / total[..., 1] - 0.8)
        return np.stack([side / total[..., 1], -side * total[..., 0] / total[..., 1] ** 2], axis=-1)

    gap = Metric(
        "band_gap_points",
        Text("Distance of that share from 80 %", "该比例与 80% 的差距"),
        "percentage points",
        0.0,
        False,
        "100 |share within the 80 % band - 0.8|",
        ("inside", "steps"),
        OfTotals(value, gradient),
        (0.0, 80.0),
        1,
    )
    return replace(whole, both_sides=True), gap


def _percent(name: str, title: Text, *, statistic: str, count: str, formula: str) -> Metric:
    """A ratio of totals in percent; 0 is best."""

    def value(total: FloatArray) -> FloatArray:
        return np.asarray(100 * total[..., 0] / total[..., 1])

    def gradient(total: FloatArray) -> FloatArray:
        return 100 * np.stack([1 / total[..., 1], -total[..., 0] / total[..., 1] ** 2], axis=-1)

    of = OfTotals(value, gradient)
    return Metric(name, title, "%", 0.0, False, formula, (statistic, count), of, (0.0, _INF), 2)


def _peak_hits() -> tuple[Metric, Metric]:
    return (
        share_metric(
            "peak_hour_hit",
            Text("Peak hour hit", "峰值时段命中率"),
            statistic="peak_hits",
            count="peaks",
            higher_is_better=True,
            formula="share of days whose greatest forecast falls into the clock hour of the greatest load",
        ),
        mean_metric(
            "peak_hours_off",
            Text("Hours between predicted and true peak", "预测峰值与实际峰值相差小时数"),
            unit="h",
            statistic="peak_hours",
            count="peaks",
            best=0.0,
            higher_is_better=False,
            formula="mean over days of |clock hour of max f - clock hour of max y|",
            limits=(0.0, 23.0),
            digits=2,
        ),
    )


class DayAheadMetrics:
    """What is told of forecasts of whole days.

    Attributes:
        primary: Stands for the task.
        secondary: Beside it.
        band: Names of those that say the same under three prices.
    """

    def __init__(self, peak: Metric, billed: tuple[Metric, Metric, Metric]) -> None:
        """Takes how wrong the size of a peak is, and what the forecast costs under three prices."""
        low, stated, high = billed
        self.primary = mase_metric()
        quantiles = (_scaled_quantile_loss(), _weighted_loss(), *_coverage())
        self.secondary = (peak, *_peak_hits(), _top_hours(), _load_share(), *quantiles, stated, low, high)
        self.band = (low.name, stated.name, high.name)


def day_ahead_metrics(costs: ForecastCosts) -> DayAheadMetrics:
    """Metrics of zones, cities and regions; the bill is that of energy ordered a day ahead."""
    relative = _percent(
        "peak_error_percent",
        Text("Error of the daily peak", "日峰值误差"),
        statistic="peak_share",
        count="peaks",
        formula="mean over days of 100 |max f - max y| / max y",
    )
    return DayAheadMetrics(
        relative,
        _billed(
            "imbalance_cost",
            Text("Cost of imbalance", "不平衡费用"),
            unit=f"{costs.currency}/MWh",
            count="energy",
            factors=costs.short_factors,
            statistic="imbalance",
            formula="(sum of short MWh x {short:g} + long MWh x {long:g}) / MWh of load; ordered is the quantile "
            "short / (short + long)",
            numbers=[{"short": f * costs.short_per_mwh, "long": costs.long_per_mwh} for f in costs.short_factors],
            what=Text("a missing MWh costs", "缺额电量单价"),
        ),
    )


def demand_metrics(costs: ForecastCosts) -> DayAheadMetrics:
    """Metrics of a plant; the bill is that of the quarter-hour maximum it nominates every day."""
    relative = _percent(
        "peak_error_percent",
        Text("Error of the daily peak", "日峰值误差"),
        statistic="peak_error",
        count="peak_load",
        formula="100 sum over days of |max f - max y| / sum of max y; not a mean of ratios, for days without work",
    )
    charge = costs.demand_per_kw_month / costs.days_per_month
    return DayAheadMetrics(
        relative,
        _billed(
            "demand_cost",
            Text("Cost of the nominated maximum", "申报最大需量偏差费用"),
            unit=f"{costs.currency}/day",
            count="days",
            factors=costs.excess_factors,
            statistic="demand",
            formula=f"mean over days of {charge:.4g} x (kW nominated too many + {{factor:g}} x kW above what was "
            "nominated); nominated is the day's maximum of the quantile {level:.3g}",
            numbers=[{"factor": f, "level": costs.nominated_level(f)} for f in costs.excess_factors],
            what=Text("a kW above the nominated maximum costs", "超出申报需量的单价"),
        ),
    )


def literature_metrics(last: str) -> tuple[Metric, ...]:
    """Metrics of the ETT stations: errors on standardised columns as papers have them, and those that mean something.

    Args:
        last: The last target: what it is, in English, with its unit in degrees Celsius.
    """
    squared = _mean_error(
        "mse_standardised",
        Text("MSE of standardised columns", "标准化列的均方误差"),
        statistic="squared_z",
        count="steps",
        formula="mean ((y - f) / std of the training part)^2 over windows, steps and columns; for the literature only",
    )
    absolute = _mean_error(
        "mae_standardised",
        Text("MAE of standardised columns", "标准化列的平均绝对误差"),
        statistic="absolute_z",
        count="steps",
        formula="mean |y - f| / std of the training part over windows, steps and columns; for the literature only",
    )
    oil = _mean_error(
        "oil_mae_celsius",
        Text("Error of the oil temperature", "油温误差"),
        unit="degC",
        statistic="last_error",
        count="last_steps",
        formula=f"mean |y - f| of {last}",
        digits=2,
    )
    peak = _mean_error(
        "peak_scaled",
        Text("Scaled error of the peak", "峰值标度误差"),
        statistic="peak_scaled",
        count="rows",
        formula="mean over windows and the six loads of |max f - max y| / s over the horizon",
    )
    return (peak, oil, _scaled_quantile_loss(), *_coverage(), squared, absolute)


def _top_hours() -> Metric:
    return _percent(
        "top_hours_error_percent",
        Text("Error where load is highest", "最高负荷时段误差"),
        statistic="top_error",
        count="top_load",
        formula="100 sum |y - f| / sum y over the twentieth of the tested steps of a zone with the highest load",
    )


def _load_share() -> Metric:
    return _percent(
        "error_share_percent",
        Text("Error as a share of load", "误差占负荷比例"),
        statistic="absolute_error",
        count="load",
        formula="100 sum |y - f| / sum |y|; no mean of ratios, which explodes where load is near 0",
    )


def _weighted_loss() -> Metric:
    return _mean_error(
        "weighted_quantile_loss",
        Text("Weighted quantile loss", "加权分位数损失"),
        statistic="quantile_loss",
        count="load",
        formula="mean over the levels 0.1 ... 0.9 of 2 sum of pinball / sum |y|: the CRPS on nine levels",
        digits=4,
    )


def _billed(
    name: str,
    title: Text,
    *,
    unit: str,
    count: str,
    factors: tuple[float, float, float],
    statistic: str,
    formula: str,
    numbers: list[dict[str, float]],
    what: Text,
) -> tuple[Metric, Metric, Metric]:
    """The same bill under a lower, the stated and a higher price of what lacks."""
    found = []
    for number, (suffix, factor) in enumerate(zip(("_low", "", "_high"), factors, strict=True), start=1):
        relative = factor / factors[1]
        more = Text(
            f"{title.en}, {what.en} {relative:.3g} times as much", f"{title.zh}（{what.zh}为 {relative:.3g} 倍）"
        )
        found.append(
            mean_metric(
                f"{name}{suffix}",
                title if not suffix else more,
                unit=unit,
                statistic=f"{statistic}_{number}",
                count=count,
                best=0.0,
                higher_is_better=False,
                formula=formula.format(**numbers[number - 1]),
                limits=(0.0, _INF),
                digits=2,
            )
        )
    return found[0], found[1], found[2]
