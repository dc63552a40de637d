"""Exhibits of load forecasts: a week of them beside what came, hours of peaks, errors by clock hour and item.

Letters: n = forecasts, h = steps ahead, y = targets, q = quantile levels, i = items, c = the 24 hours of a clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...harness.exhibits import BrokenRule, Column, Exhibit, ExhibitTable
from ...harness.metrics import FloatArray
from ...harness.text import Text
from ...harness.validation import Answers
from ..exhibit_choice import Choice
from .forecast_statistics import Compared, ScoreRules, compared_parts, compared_rows, peak_hours
from .load_series import ForecastPlan

__all__ = ["forecast_exhibits"]

IntArray = npt.NDArray[np.int64]

_TEST_SET = "test set"  # the unit of an exhibit that shows all units
_HOURS = 24
_DAYS = 7
_LARGEST = 1e12
_DIGITS = 5  # significant ones of the greatest value that is drawn

_NAMES = {"load": Text("load", "负荷"), "energy": Text("energy use", "用电量")}
"""Channels in words; another one stands for itself."""


class _Rows(NamedTuple):
    """The forecasts of a test set by item, and when each begins.

    Attributes:
        item: Of each forecast, shape ``(n,)``.
        items: Names in the order of the test set.
        origin: Local times, shape ``(n,)``.
    """

    item: list[str]
    items: list[str]
    origin: list[datetime]


def forecast_exhibits(
    answers: Answers, references: pa.Table, units: pa.Table, plan: ForecastPlan, rules: ScoreRules
) -> tuple[Exhibit, ...]:
    """What a task of forecasts shows; the hours of peaks only where whole days from midnight are forecast.

    Args:
        answers: As given to the task's ``score``.
        references: As ``forecast_references`` makes them, in the order of the answers.
        units: What ``score`` returned, one per forecast.
        plan: How series became forecasts.
        rules: What is looked at besides the error.
    """
    names = references.column("item").to_pylist()
    origins = [datetime.fromisoformat(one) for one in references.column("origin").to_pylist()]
    rows = _Rows(names, list(dict.fromkeys(names)), origins)
    runs = _runs(rows, plan)
    highest = _highest_run(references, runs, plan)
    worst = _worst_run(references, units, runs)
    fans = [_fan(answers, references, rows, highest, plan, _highest_choice(plan, len(highest)))]
    if worst is not None and worst != highest:
        fans.append(_fan(answers, references, rows, worst, plan, _worst_choice(plan, len(worst))))
    invalid = np.isin(np.arange(references.num_rows), list(answers.problems))
    if invalid.all():
        return tuple(fans)
    error, count, pairs = _totals(answers, references, invalid, rows, plan, rules)
    peaks = [] if rules.day is None else [_peaks(pairs)]
    return (fans[0], *peaks, _by_hour(rows.items, error, count), *fans[1:])


def _runs(rows: _Rows, plan: ForecastPlan) -> list[list[int]]:
    """Rows that are shown together: calendar weeks of forecasts of a day each; else each forecast by itself.

    At the ends of a test set, where a week is not whole, the first and the last seven days.
    """
    if not plan.stride == plan.horizon == plan.day:
        return [[row] for row in range(len(rows.item))]
    found = []
    for name in rows.items:
        mine = [row for row, item in enumerate(rows.item) if item == name]
        if len(mine) < _DAYS:
            found.append(mine)
            continue
        last = len(mine) - _DAYS
        mondays = [at for at, row in enumerate(mine) if rows.origin[row].weekday() == 0 and at <= last]
        starts = sorted({0, last, *mondays})
        found += [mine[at : at + _DAYS] for at in starts]
    return found


def _loads(references: pa.Table, plan: ForecastPlan) -> FloatArray:
    """What came of the first target, shape ``(n, h)``."""
    flat = references.column("actual").combine_chunks().flatten().flatten().to_numpy(zero_copy_only=False)
    first: FloatArray = flat.reshape(references.num_rows, plan.horizon, plan.targets)[..., 0]
    return first


def _highest_run(references: pa.Table, runs: Sequence[Sequence[int]], plan: ForecastPlan) -> list[int]:
    """The run that holds the highest load of all tested; of several the one in which it is nearest to the middle."""
    load = np.nan_to_num(_loads(references, plan), nan=-np.inf)  # (n, h)
    top = load.max()

    def middle(run: list[int]) -> float:
        place = int(load[run].ravel().argmax())
        return abs(place - len(run) * plan.horizon / 2)

    holding = set(np.flatnonzero(load.max(axis=1) == top).tolist())
    return min((list(run) for run in runs if holding & set(run)), key=middle)


def _worst_run(references: pa.Table, units: pa.Table, runs: Sequence[Sequence[int]]) -> list[int] | None:
    """The run with the greatest mean scaled error; None where all are equal."""
    place = {unit: at for at, unit in enumerate(units.column("unit").to_pylist())}
    order = np.array([place[one] for one in references.column("id").to_pylist()])
    error, steps = (units.column(name).to_numpy()[order] for name in ("scaled_error", "steps"))
    means = [error[list(run)].sum() / max(steps[list(run)].sum(), 1.0) for run in runs]
    return None if min(means) == max(means) else list(runs[int(np.argmax(means))])


def _highest_choice(plan: ForecastPlan, n: int) -> Choice:
    if n > 1:
        why = Text(
            f"The {n} days around the highest load of the whole test set, so that all models show the same ones. Each "
            "day was forecast at its beginning.",
            f"测试集中最高负荷所在的 {n} 天，因此各模型所示相同；每天均在当日开始时预测。",
        )
    else:
        why = Text(
            "The forecast in whose middle the highest value of the whole test set lies, so that all models show the "
            "same one.",
            "测试集最高值位于其中部的那次预测，因此各模型所示相同。",
        )
    return Choice("common", why)


def _worst_choice(plan: ForecastPlan, n: int) -> Choice:
    if n > 1:
        why = Text(f"The {n} days on which this model's error was greatest.", f"该模型误差最大的 {n} 天。")
    else:
        why = Text("The forecast with this model's greatest error.", "该模型误差最大的一次预测。")
    return Choice("worst", why)


def _fan(
    answers: Answers, references: pa.Table, rows: _Rows, run: Sequence[int], plan: ForecastPlan, choice: Choice
) -> Exhibit:
    """Forecasts of the first target of a run of rows; the first rule that one of them breaks is told instead."""
    item, begins = rows.item[run[0]], [rows.origin[row] for row in run]
    last = begins[-1] + timedelta(seconds=plan.step_s * plan.horizon - 1)
    what = _NAMES.get(plan.channels[0].name, Text(plan.channels[0].name, plan.channels[0].name))
    title = Text(
        f"Forecast and actual {what.en} of {item}, {begins[0]:%Y-%m-%d} to {last:%Y-%m-%d}",
        f"{item} 的预测与实际{what.zh}，{begins[0]:%Y-%m-%d} 至 {last:%Y-%m-%d}",
    )
    unit = f"{item} {begins[0]:%Y-%m-%dT%H:%M}"
    broken = next((answers.problems[row] for row in run if row in answers.problems), None)
    if broken is not None:
        rule = BrokenRule.of(broken)
        return Exhibit(kind="fan", unit=unit, role=choice.role, title=title, chosen=choice.why, broken=rule)
    at = pa.array(list(run))
    given = compared_rows(
        answers.predictions.take(at),
        references.take(at),
        np.zeros(len(run), np.bool_),
        horizon=plan.horizon,
        targets=plan.targets,
    )
    columns = _fan_columns(given, "quantiles" in answers.predictions.column_names)
    hours = plan.step_s / 3_600
    offsets = [(one - begins[0]) / timedelta(hours=1) for one in begins]
    steps = [round(offset + hours * step, 4) for offset in offsets for step in range(plan.horizon)]
    measured = plan.channels[0].unit
    return Exhibit(
        kind="fan",
        unit=unit,
        role=choice.role,
        title=title,
        chosen=choice.why,
        tables=(
            ExhibitTable(
                name="steps",
                columns=(
                    Column(name="at", unit="h", values=tuple(steps)),
                    *(Column(name=name, unit=measured, values=values) for name, values in columns.items()),
                ),
            ),
            ExhibitTable(
                name="origins",
                columns=(
                    Column(name="at", unit="h", values=tuple(offsets)),
                    Column(name="begins", unit="none", values=tuple(f"{one:%Y-%m-%dT%H:%M}" for one in begins)),
                ),
            ),
        ),
    )


def _fan_columns(given: Compared, told: bool) -> dict[str, tuple[float | None, ...]]:
    """Columns of a fan; the band only where quantiles were told and are more than a point."""
    curves = {"actual": given.actual[..., 0].ravel(), "value": given.value[..., 0].ravel()}
    low, high = given.quantiles[..., 0, 0].ravel(), given.quantiles[..., 0, -1].ravel()
    if told and (low < high).any():
        curves |= {"low": low, "high": high}
    size = float(np.nanmax(np.abs(curves["actual"]))) or 1.0
    digits = _DIGITS - 1 - int(np.floor(np.log10(size)))
    return {name: _rounded(values, digits) for name, values in curves.items()}


def _rounded(values: FloatArray, digits: int) -> tuple[float | None, ...]:
    rounded = np.round(np.clip(values, -_LARGEST, _LARGEST), digits)
    return tuple(None if np.isnan(one) else one for one in rounded.tolist())


def _totals(
    answers: Answers,
    references: pa.Table,
    invalid: npt.NDArray[np.bool_],
    rows: _Rows,
    plan: ForecastPlan,
    rules: ScoreRules,
) -> tuple[FloatArray, IntArray, IntArray]:
    """Scaled errors summed by item and clock hour ``(i, c)``, how many ``(i, c)``, and peaks by hour ``(c, c + 1)``.

    The last column of the peaks is of forecasts without a usable answer.
    """
    number = {name: at for at, name in enumerate(rows.items)}
    item = np.array([number[name] for name in rows.item])  # (n,)
    begins = np.array([(one.hour * 60 + one.minute) * 60 + one.second for one in rows.origin])
    hour = (begins[:, None] + plan.step_s * np.arange(plan.horizon)) // 3_600 % _HOURS  # (n, h)
    cell = item[:, None] * _HOURS + hour  # (n, h)
    shape = (len(rows.items), _HOURS)
    error, count = np.zeros(shape), np.zeros(shape, np.int64)
    pairs = np.zeros((_HOURS, _HOURS + 1), np.int64)
    first, predictions = 0, answers.predictions
    for given in compared_parts(predictions, references, invalid, horizon=plan.horizon, targets=plan.targets):
        part = cell[first : first + len(given.value)].ravel()
        first += len(given.value)
        apart = np.abs(given.actual - given.value) / given.scale[:, None]  # (n, h, y)
        sums = np.nansum(apart, axis=2).ravel()
        numbers = np.isfinite(apart).sum(axis=2).ravel()
        error += np.bincount(part, sums, minlength=error.size).reshape(shape)
        count += np.bincount(part, numbers, minlength=error.size).astype(np.int64).reshape(shape)
        if rules.day is not None:
            found = peak_hours(given, rules.day)
            said = np.where(given.invalid[:, None], _HOURS, found.hour_said)
            np.add.at(pairs, (found.hour[found.whole], said[found.whole]), 1)
    return error, count, pairs


def _peaks(pairs: IntArray) -> Exhibit:
    true, said = np.nonzero(pairs)
    days = int(pairs.sum())
    columns: dict[str, tuple[int | None, ...]] = {
        "true": tuple(true.tolist()),
        "said": tuple(None if one == _HOURS else one for one in said.tolist()),
        "count": tuple(pairs[true, said].tolist()),
    }
    return Exhibit(
        kind="peaks",
        unit=_TEST_SET,
        role="common",
        title=Text("Clock hour of the daily peak, as it was and as it was forecast", "每日峰值所在时段：实际与预测"),
        chosen=Text(
            f"All {days:,} days of the test set that were measured whole, so that all models show the same ones.",
            f"测试集中完整测得的全部 {days:,} 天，因此各模型所示相同。",
        ),
        tables=(
            ExhibitTable(
                name="pairs",
                columns=tuple(
                    Column(name=name, unit="days" if name == "count" else "h", values=values)
                    for name, values in columns.items()
                ),
            ),
        ),
    )


def _by_hour(items: Sequence[str], error: FloatArray, count: IntArray) -> Exhibit:
    item, hour = np.nonzero(count)
    means = error[item, hour] / count[item, hour]
    columns: dict[str, tuple[float, ...]] = {
        "item": tuple(item.tolist()),
        "hour": tuple(hour.tolist()),
        "error": tuple(np.round(np.minimum(means, _LARGEST), 3).tolist()),
        "n": tuple(count[item, hour].tolist()),
    }
    return Exhibit(
        kind="hours",
        unit=_TEST_SET,
        role="common",
        title=Text("Mean scaled error by hour of the day", "按时段的平均标度误差"),
        chosen=Text(
            "All forecasts of the test set, so that all models show the same ones.",
            "测试集的全部预测，因此各模型所示相同。",
        ),
        tables=(
            ExhibitTable(name="items", columns=(Column(name="item", unit="none", values=tuple(items)),)),
            ExhibitTable(
                name="cells", columns=tuple(Column(name=name, unit="1", values=v) for name, v in columns.items())
            ),
        ),
    )
