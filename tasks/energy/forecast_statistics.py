"""Forecasts compared with what came: per forecast the sums that every metric of the area follows from.

A point forecast is a distribution on one number: all its quantiles are that number. Its scaled quantile loss is then
its scaled error, and its 80 % band holds what it hits exactly.

Letters: n = forecasts, h = steps ahead, y = targets, q = quantile levels, d = whole days of the horizon, p = steps of a
day.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...harness.adapters.row_arrays import whole_column
from ...harness.interfaces import QUANTILE_LEVELS
from .forecast_costs import ForecastCosts, imbalance_cost, ordered

__all__ = [
    "WORST_SCALED_ERROR",
    "Compared",
    "PeakHours",
    "ScoreRules",
    "compared_parts",
    "compared_rows",
    "forecast_statistics",
    "peak_hours",
    "predicted_arrays",
]

FloatArray = npt.NDArray[np.float64]

WORST_SCALED_ERROR = 10.0
"""A forecast that breaks a rule counts as one that is ten times the scale too high at every step."""

_BAND = (0, len(QUANTILE_LEVELS) - 1)  # places of 10 % and 90 %
_ROWS_AT_ONCE = 128  # nine quantiles of 96 steps of 7 targets are 48 KiB a row, a processor's cache holds a few MiB


class ScoreRules(NamedTuple):
    """What of a task's forecasts is looked at besides the error.

    Attributes:
        day: Steps of a day, where forecasts begin at midnight and peaks of days are compared; None: they are not.
        mwh: MWh that one unit of load is in one step; None: nothing is billed.
        kw: kW that one unit of load is.
        literature: Errors on standardised targets and of the last target alone are told too.
        loads: Of the targets how many, the first ones, are loads.
        demand: A plant's nominated maximum is billed, not its energy.
    """

    day: int | None
    mwh: float | None
    kw: float = 1.0
    literature: bool = False
    loads: int = 1
    demand: bool = False


class Compared(NamedTuple):
    """Forecasts beside what came.

    Attributes:
        value: Point forecasts, shape ``(n, h, y)``.
        quantiles: Shape ``(n, h, y, q)``.
        actual: Shape ``(n, h, y)``; NaN where nothing was measured.
        scale: Shape ``(n, y)``.
        deviation: Shape ``(n, y)``.
        top: Shape ``(n,)``.
        invalid: Forecasts that break a rule, shape ``(n,)``.
    """

    value: FloatArray
    quantiles: FloatArray
    actual: FloatArray
    scale: FloatArray
    deviation: FloatArray
    top: FloatArray
    invalid: npt.NDArray[np.bool_]


class PeakHours(NamedTuple):
    """Peaks of days, each of shape ``(n, d)``.

    Attributes:
        whole: Whether every step was measured, or all but the one hour that spring takes; elsewhere nothing is said.
        peak: Greatest load.
        peak_said: Greatest load of the forecast.
        hour: Clock hour of the peak, the first of equals.
        hour_said: That of the forecast's.
    """

    whole: npt.NDArray[np.bool_]
    peak: FloatArray
    peak_said: FloatArray
    hour: npt.NDArray[np.int64]
    hour_said: npt.NDArray[np.int64]


def predicted_arrays(predictions: pa.Table, horizon: int, targets: int) -> tuple[FloatArray, FloatArray]:
    """Points ``(n, h, y)`` and quantiles ``(n, h, y, q)`` of valid predictions."""
    n = predictions.num_rows
    value = whole_column(predictions, "value").flatten().flatten().to_numpy(zero_copy_only=False)
    value = value.astype(np.float64).reshape(n, horizon, targets)
    if "quantiles" not in predictions.column_names:
        return value, _as_quantiles(value)
    flat = whole_column(predictions, "quantiles").flatten().flatten().flatten().to_numpy(zero_copy_only=False)
    return value, flat.astype(np.float64).reshape(n, horizon, targets, len(QUANTILE_LEVELS))


def _as_quantiles(value: FloatArray) -> FloatArray:
    """Points ``(n, h, y)`` as quantiles that are all that point: a view of shape ``(n, h, y, q)``."""
    return np.broadcast_to(value[..., None], (*value.shape, len(QUANTILE_LEVELS)))


def compared_rows(
    predictions: pa.Table, references: pa.Table, invalid: npt.NDArray[np.bool_], *, horizon: int, targets: int
) -> Compared:
    """Predictions beside their references, in one order; one that breaks a rule is replaced by the worst.

    Args:
        predictions: Of ``forecasting``; rows that are ``invalid`` may hold anything.
        references: As ``forecast_references`` makes them.
        invalid: Shape ``(n,)``.
        horizon: Steps ahead.
        targets: Numbers per step.
    """
    n = references.num_rows
    numbers = {name: _flat(whole_column(references, name)).reshape(n, targets) for name in ("scale", "deviation")}
    actual = _flat(whole_column(references, "actual").flatten()).reshape(n, horizon, targets)
    if invalid.any():
        value = np.nan_to_num(actual) + WORST_SCALED_ERROR * numbers["scale"][:, None]
        quantiles = _as_quantiles(value).copy()
        good = np.flatnonzero(~invalid)
        if len(good):
            value[good], quantiles[good] = predicted_arrays(predictions.take(pa.array(good)), horizon, targets)
    else:
        value, quantiles = predicted_arrays(predictions, horizon, targets)
    top = references.column("top").to_numpy()
    return Compared(value, quantiles, actual, numbers["scale"], numbers["deviation"], top, invalid)


def compared_parts(
    predictions: pa.Table, references: pa.Table, invalid: npt.NDArray[np.bool_], *, horizon: int, targets: int
) -> Iterator[Compared]:
    """What ``compared_rows`` gives, some hundred rows at a time: all quantiles of a large test set are too many."""
    for first in range(0, references.num_rows, _ROWS_AT_ONCE):
        yield compared_rows(
            predictions.slice(first, _ROWS_AT_ONCE),
            references.slice(first, _ROWS_AT_ONCE),
            invalid[first : first + _ROWS_AT_ONCE],
            horizon=horizon,
            targets=targets,
        )


def forecast_statistics(
    predictions: pa.Table,
    references: pa.Table,
    invalid: npt.NDArray[np.bool_],
    *,
    horizon: int,
    targets: int,
    rules: ScoreRules,
    costs: ForecastCosts,
) -> dict[str, FloatArray]:
    """The statistics of every forecast, each of shape ``(n,)``.

    ``steps``: numbers that were measured. ``scaled_error``: sum of ``|y - f| / scale``. ``scaled_quantile_loss`` and
    ``quantile_loss``: sums over steps of twice the pinball loss, averaged over the levels, divided by the scale or not.
    ``absolute_error``, ``load``: sums of ``|y - f|`` and ``|y|``. ``inside``: numbers within the 80 % band. See the
    functions below for the others.

    Args:
        predictions: Of ``forecasting``, in the order of the references.
        references: As ``forecast_references`` makes them.
        invalid: Rows that break a rule, shape ``(n,)``.
        horizon: Steps ahead.
        targets: Numbers per step.
        rules: What else is looked at.
        costs: Prices of what is billed.
    """
    parts: list[dict[str, FloatArray]] = []
    for given in compared_parts(predictions, references, invalid, horizon=horizon, targets=targets):
        found = _errors(given)
        if rules.literature:
            found |= _literature(given, rules)
        if rules.day is not None:
            found |= _peaks(given, rules.day)
        if rules.demand:
            assert rules.day is not None
            found |= _demand(given, rules.day, rules.kw, costs)
        elif rules.mwh is not None:
            found |= _imbalance(given, rules.mwh, costs)
        parts.append(found)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _errors(given: Compared) -> dict[str, FloatArray]:
    there = np.isfinite(given.actual)
    error = np.where(there, np.abs(given.actual - given.value), 0.0)  # (n, h, y)
    scale = given.scale[:, None]  # (n, 1, y)
    loss = _pinball_twice(given, there)
    inside = (given.actual >= given.quantiles[..., _BAND[0]]) & (given.actual <= given.quantiles[..., _BAND[1]])
    by_row = (1, 2)
    return {
        "steps": there.sum(axis=by_row).astype(np.float64),
        "scaled_error": (error / scale).sum(axis=by_row),
        "scaled_quantile_loss": (loss / scale).sum(axis=by_row),
        "quantile_loss": loss.sum(axis=by_row),
        "absolute_error": error.sum(axis=by_row),
        "load": np.where(there, np.abs(given.actual), 0.0).sum(axis=by_row),
        "inside": (inside & there & ~given.invalid[:, None, None]).sum(axis=by_row).astype(np.float64),
    }


def _pinball_twice(given: Compared, there: npt.NDArray[np.bool_]) -> FloatArray:
    """Twice the pinball loss, mean over the levels, shape ``(n, h, y)``: of a point forecast the absolute error."""
    total = np.zeros(given.actual.shape)
    for at, level in enumerate(QUANTILE_LEVELS):
        missing = given.actual - given.quantiles[..., at]
        above = level * missing
        missing *= level - 1
        total += np.maximum(above, missing, out=above)
    return np.where(there, 2 * total / len(QUANTILE_LEVELS), 0.0)


def _literature(given: Compared, rules: ScoreRules) -> dict[str, FloatArray]:
    """``squared_z``, ``absolute_z``: errors of standardised targets; ``last_error``, ``last_steps``: of the last one.

    ``peak_scaled``: mean over the loads of the error of the horizon's greatest load, in scales.
    """
    error = (given.actual - given.value) / given.deviation[:, None]
    loads = slice(0, rules.loads)
    peak = np.abs(given.actual[..., loads].max(axis=1) - given.value[..., loads].max(axis=1)) / given.scale[:, loads]
    return {
        "squared_z": (error**2).sum(axis=(1, 2)),
        "absolute_z": np.abs(error).sum(axis=(1, 2)),
        "last_error": np.abs(given.actual[..., -1] - given.value[..., -1]).sum(axis=1),
        "last_steps": np.full(len(error), float(error.shape[1])),
        "peak_scaled": peak.mean(axis=1),
    }


def peak_hours(given: Compared, day: int) -> PeakHours:
    """The peaks of the days of the first target.

    Args:
        given: Forecasts of whole days from midnight.
        day: Steps of a day.
    """
    actual, value = _by_day(given, day)
    there = np.isfinite(actual)
    whole = there.sum(axis=2) >= day - day // 24
    shown, said = np.where(there, actual, -np.inf), np.where(there, value, -np.inf)
    peak, peak_said = (np.where(whole, x.max(axis=2), 1.0) for x in (shown, said))
    hour, hour_said = (x.argmax(axis=2) // (day // 24) for x in (shown, said))
    return PeakHours(whole, peak, peak_said, hour, hour_said)


def _by_day(given: Compared, day: int) -> tuple[FloatArray, FloatArray]:
    """What came and what was forecast of the first target, each of shape ``(n, d, p)``."""
    actual, value = (x[..., 0].reshape(len(x), -1, day) for x in (given.actual, given.value))
    return actual, value


def _peaks(given: Compared, day: int) -> dict[str, FloatArray]:
    """Of the days of the first target: how wrong their peak was in size and hour; and the error where load is highest.

    ``peaks``: days whose every step was measured, or all but the one hour that spring takes. ``peak_share``: sum of
    ``|max f - max y| / max y``, 0 where nothing ran all day; ``peak_error``, ``peak_load``: sums of ``|max f - max y|``
    and ``max y``.
    ``peak_hits``: days whose peaks fall into one clock hour, the first of equals; ``peak_hours``: sum of the hours
    between them. ``top_error``, ``top_load``: sums of ``|y - f|`` and ``y`` over the item's steps of highest load.
    """
    actual, value = _by_day(given, day)
    whole, peak, peak_said, hour, hour_said = peak_hours(given, day)
    miss = np.where(whole, np.abs(peak_said - peak), 0.0)
    good = whole & ~given.invalid[:, None]
    high = np.isfinite(actual) & (actual >= given.top[:, None, None])
    apart = np.where(given.invalid[:, None], 23, np.abs(hour - hour_said))
    return {
        "peaks": whole.sum(axis=1).astype(np.float64),
        "peak_share": np.divide(miss, np.abs(peak), out=np.zeros_like(miss), where=peak != 0).sum(axis=1),
        "peak_error": miss.sum(axis=1),
        "peak_load": np.where(whole, peak, 0.0).sum(axis=1),
        "peak_hits": (good & (hour == hour_said)).sum(axis=1).astype(np.float64),
        "peak_hours": np.where(whole, apart, 0).sum(axis=1).astype(np.float64),
        "top_error": np.where(high, np.abs(actual - value), 0.0).sum(axis=(1, 2)),
        "top_load": np.where(high, actual, 0.0).sum(axis=(1, 2)),
    }


def _imbalance(given: Compared, mwh: float, costs: ForecastCosts) -> dict[str, FloatArray]:
    """``imbalance_1`` to ``_3``: what ordering the quantile that prices ask for costs, per factor; ``energy``: MWh."""
    actual = given.actual[..., 0] * mwh  # (n, h)
    there = np.isfinite(actual)
    found = {"energy": np.where(there, actual, 0.0).sum(axis=1)}
    for number, factor in enumerate(costs.short_factors, start=1):
        order = ordered(given.quantiles[..., 0, :], costs.level(factor)) * mwh
        cost = np.where(there, imbalance_cost(order, actual, costs, factor), 0.0)
        found[f"imbalance_{number}"] = cost.sum(axis=1)
    return found


def _demand(given: Compared, day: int, kw: float, costs: ForecastCosts) -> dict[str, FloatArray]:
    """``demand_1`` to ``_3``: what nominating the day's maximum costs beyond the charge on the true one, per factor.

    ``days``: those that are billed, as many as have a peak.
    """
    n, (whole, peak, *_) = len(given.actual), peak_hours(given, day)
    actual = peak * kw  # (n, d)
    charge = costs.demand_per_kw_month / costs.days_per_month
    found = {"days": whole.sum(axis=1).astype(np.float64)}
    for number, factor in enumerate(costs.excess_factors, start=1):
        curve = ordered(given.quantiles[..., 0, :], costs.nominated_level(factor))  # (n, h)
        nominated = curve.reshape(n, -1, day).max(axis=2) * kw
        cost = charge * (np.maximum(nominated - actual, 0) + factor * np.maximum(actual - nominated, 0))
        found[f"demand_{number}"] = np.where(whole, cost, 0.0).sum(axis=1)
    return found


def _flat(lists: pa.Array) -> FloatArray:
    numbers: FloatArray = lists.flatten().to_numpy(zero_copy_only=False)
    return numbers
