"""Scores for remaining-useful-life predictions: pure functions, unit statistics, and the metrics that cards name.

Two label conventions stand side by side. *Capped*: the true remaining life counts as at most ``cap`` cycles, as in the
training targets of most papers. *Raw*: it counts as it is. A perfect model of capped targets is not perfect on raw
labels, so figures of the two conventions must never be ranked together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ...harness.errors import ScoringError
from ...harness.metrics import FloatArray, Metric, mean_metric, root_mean_metric, share_metric, total_metric
from ...harness.text import Text

__all__ = [
    "RUL_CAP_CYCLES",
    "RUL_METRICS",
    "RUL_NEAR_FAILURE_CYCLES",
    "RUL_STATISTICS",
    "RUL_WORST_ERROR_CYCLES",
    "RulMetrics",
    "asymmetric_rul_penalty",
    "asymmetric_rul_score",
    "asymmetric_rul_sum",
    "far_outside",
    "mean_absolute_error",
    "root_mean_squared_error",
    "rul_metrics",
    "rul_statistics",
    "sum_over_units",
]

RUL_CAP_CYCLES = 125.0
"""Remaining life above which an engine counts as healthy; the convention of Heimes (PHM 2008) and most later papers."""

RUL_WORST_ERROR_CYCLES = 125.0
"""Error of an engine without a usable prediction: no answer in 0..125 can be further off a label in 0..125."""

RUL_NEAR_FAILURE_CYCLES = 50.0
"""Remaining life up to which a planner has to act; both label conventions say the same of these engines."""

_EARLY_CYCLES, _LATE_CYCLES = 13.0, 10.0  # decay constants of the PHM 2008 penalty
_PHM08 = "exp(-d/13) - 1 if d < 0 else exp(d/10) - 1"


def _late_by(y_true: FloatArray, y_pred: FloatArray) -> FloatArray:
    """Predicted minus true, in cycles, shape ``(n,)``: > 0 means a failure predicted too late."""
    true, pred = np.asarray(y_true, np.float64), np.asarray(y_pred, np.float64)
    if true.shape != pred.shape or true.ndim != 1 or not true.size:
        raise ScoringError(f"y_true has shape {true.shape}, y_pred {pred.shape}; expected one shape (n,) with n >= 1")
    for name, values in (("y_true", true), ("y_pred", pred)):
        if not np.isfinite(values).all():
            at = int(np.argmin(np.isfinite(values)))
            raise ScoringError(f"{name}[{at}] is {values[at]}; mark it as invalid, metrics take finite values only")
    return pred - true


def root_mean_squared_error(y_true: FloatArray, y_pred: FloatArray) -> float:
    """Root of the mean squared error, in cycles; 0 is best, lower is better.

    Args:
        y_true: Remaining life in cycles, shape ``(n_engines,)``, finite.
        y_pred: Predicted remaining life in cycles, same shape.

    Raises:
        ScoringError: Shapes differ, the arrays are empty, or a value is not finite.

    >>> root_mean_squared_error(np.array([10.0, 20.0]), np.array([13.0, 16.0]))  # sqrt((9 + 16) / 2)
    3.5355339059327378
    """
    return float(np.sqrt(np.mean(_late_by(y_true, y_pred) ** 2)))


def mean_absolute_error(y_true: FloatArray, y_pred: FloatArray) -> float:
    """Mean absolute error, in cycles; 0 is best, lower is better.

    Args:
        y_true: Remaining life in cycles, shape ``(n_engines,)``, finite.
        y_pred: Predicted remaining life in cycles, same shape.

    Raises:
        ScoringError: Shapes differ, the arrays are empty, or a value is not finite.

    >>> mean_absolute_error(np.array([10.0, 20.0]), np.array([13.0, 16.0]))
    3.5
    """
    return float(np.mean(np.abs(_late_by(y_true, y_pred))))


def asymmetric_rul_penalty(y_true: FloatArray, y_pred: FloatArray) -> FloatArray:
    """Asymmetric penalty of each engine, unitless, shape ``(n_engines,)``; 0 is best, late costs more than early.

    With d = predicted - true in cycles: exp(-d/13) - 1 where d < 0, exp(d/10) - 1 elsewhere.

    Args:
        y_true: Remaining life in cycles, shape ``(n_engines,)``, finite.
        y_pred: Predicted remaining life in cycles, same shape.

    Raises:
        ScoringError: Shapes differ, the arrays are empty, or a value is not finite.

    Source: Saxena, Goebel, Simon, Eklund, "Damage Propagation Modeling", PHM 2008.

    >>> asymmetric_rul_penalty(np.array([100.0, 100.0]), np.array([110.0, 87.0])).round(3)  # e - 1 twice
    array([1.718, 1.718])
    """
    late = _late_by(y_true, y_pred)
    return np.expm1(np.where(late < 0, -late / _EARLY_CYCLES, late / _LATE_CYCLES))


def asymmetric_rul_score(y_true: FloatArray, y_pred: FloatArray) -> float:
    """Mean asymmetric penalty per engine, unitless; 0 is best, lower is better, late costs more than early.

    Args:
        y_true: Remaining life in cycles, shape ``(n_engines,)``, finite.
        y_pred: Predicted remaining life in cycles, same shape.

    Raises:
        ScoringError: Shapes differ, the arrays are empty, or a value is not finite.

    Source: Saxena, Goebel, Simon, Eklund, PHM 2008 (there a sum; here a mean, so sets of different size compare).

    >>> round(asymmetric_rul_score(np.array([100.0, 50.0]), np.array([110.0, 50.0])), 3)  # 10 late, and exact
    0.859
    """
    return float(asymmetric_rul_penalty(y_true, y_pred).mean())


def asymmetric_rul_sum(y_true: FloatArray, y_pred: FloatArray) -> float:
    """Summed asymmetric penalty, unitless, as published tables give it; 0 is best, and it grows with the engines.

    Args:
        y_true: Remaining life in cycles, shape ``(n_engines,)``, finite.
        y_pred: Predicted remaining life in cycles, same shape.

    Raises:
        ScoringError: Shapes differ, the arrays are empty, or a value is not finite.

    Source: Saxena, Goebel, Simon, Eklund, PHM 2008.

    >>> round(asymmetric_rul_sum(np.array([100.0, 50.0]), np.array([110.0, 50.0])), 3)
    1.718
    """
    return float(asymmetric_rul_penalty(y_true, y_pred).sum())


RUL_STATISTICS = (
    "squared_error_capped",
    "squared_error_raw",
    "absolute_error_capped",
    "phm08_capped",
    "phm08_raw",
    "late_capped",
    "squared_error_near_failure",
    "rows_near_failure",
)
"""Columns that ``rul_statistics`` makes, all additive; ``units_table`` adds the count ``rows`` by itself."""


def rul_statistics(
    predicted: FloatArray,
    true: FloatArray,
    *,
    invalid: npt.NDArray[np.bool_],
    cap: float = RUL_CAP_CYCLES,
    worst_error: float = RUL_WORST_ERROR_CYCLES,
) -> dict[str, FloatArray]:
    """What ``units_table`` takes as ``statistics``: for each prediction row the terms that the RUL metrics add up.

    Predictions are clipped to 0..cap before anything is computed. A row marked ``invalid`` is never better off than
    any answer could be: its error is ``worst_error`` or, where that is more (raw labels above it), the error of the
    worse of the answers 0 and cap; its PHM08 penalty is that of the worse of the answers 0 and cap for this engine
    (``worst_error`` cycles late would be e^12.5 on every engine, more than most engines can lose); it counts as late.

    Args:
        predicted: Predicted remaining life in cycles, shape ``(n,)``; anything where ``invalid``, finite elsewhere.
        true: True remaining life in cycles, shape ``(n,)``, not capped, finite, >= 0.
        invalid: Rows that no usable answer was given for, shape ``(n,)``.
        cap: Greatest label of the capped convention and greatest prediction, in cycles.
        worst_error: The card's ``worst_value``: error of an invalid row, in cycles.

    Returns:
        Column name (``RUL_STATISTICS``) to values of shape ``(n,)``: ``squared_error_capped`` and
        ``squared_error_raw`` in cycles squared, ``absolute_error_capped`` in cycles, ``phm08_capped`` and ``phm08_raw``
        without unit, ``late_capped`` 1 where the prediction lies above the capped label or is invalid and 0 elsewhere,
        ``squared_error_near_failure`` the squared error of engines with at most ``RUL_NEAR_FAILURE_CYCLES`` left, 0 of
        others, and ``rows_near_failure`` their count.

    Raises:
        ScoringError: Shapes differ, the arrays are empty, a true value is negative, or a value is not finite where it
            must be.
    """
    bad = np.asarray(invalid, np.bool_)
    raw = np.asarray(true, np.float64)
    if bad.shape != raw.shape:
        raise ScoringError(f"true has shape {raw.shape}, invalid {bad.shape}; expected one shape (n,)")
    if (raw < 0).any():
        raise ScoringError(f"true[{int(np.argmax(raw < 0))}] is {raw[raw < 0][0]}; a remaining life is never negative")
    capped = np.minimum(raw, cap)
    given = np.asarray(predicted, np.float64)
    if given.shape != raw.shape:
        raise ScoringError(f"true has shape {raw.shape}, predicted {given.shape}; expected one shape (n,)")
    value = np.clip(np.where(bad, 0.0, given), 0.0, cap)  # (n,); NaN stays, and is refused below
    lowest, highest = np.zeros_like(raw), np.full_like(raw, cap)

    def error(label: FloatArray) -> FloatArray:
        worst = np.maximum(np.maximum(label, np.abs(cap - label)), worst_error)
        return np.where(bad, worst, np.abs(_late_by(label, value)))

    def penalty(label: FloatArray) -> FloatArray:
        worst = np.maximum(asymmetric_rul_penalty(label, lowest), asymmetric_rul_penalty(label, highest))
        return np.where(bad, worst, asymmetric_rul_penalty(label, value))

    near = np.where(raw <= min(RUL_NEAR_FAILURE_CYCLES, cap), 1.0, 0.0)
    return {
        "squared_error_capped": error(capped) ** 2,
        "squared_error_raw": error(raw) ** 2,
        "absolute_error_capped": error(capped),
        "phm08_capped": penalty(capped),
        "phm08_raw": penalty(raw),
        "late_capped": np.where(bad | (value > capped), 1.0, 0.0),
        "squared_error_near_failure": near * error(capped) ** 2,
        "rows_near_failure": near,
    }


def far_outside(predicted: FloatArray, usable: npt.NDArray[np.bool_], cap: float = RUL_CAP_CYCLES) -> list[str]:
    """Why somebody should look at an answer: it lies further outside 0..cap than a fifth of cap; else an empty string.

    It is clipped like any other; whoever mixed up units, signs or channels wants to know.
    """
    room = cap / 5
    return [
        f"answer {value:.6g} lies far outside 0..{cap:g} and counts as {min(max(value, 0.0), cap):g}"
        if good and not -room <= value <= cap + room
        else ""
        for value, good in zip(predicted.tolist(), usable.tolist(), strict=True)
    ]


def sum_over_units(
    statistics: Mapping[str, FloatArray], *, unit_of_row: npt.NDArray[np.int64], n_units: int
) -> dict[str, FloatArray]:
    """Adds the statistics of rows up to the units they belong to, where an engine is asked about more than once.

    Args:
        statistics: Column name to values of shape ``(n_rows,)``.
        unit_of_row: Unit number of each row, shape ``(n_rows,)``, in ``0..n_units-1``.
        n_units: Number of units.

    Returns:
        The same names with values of shape ``(n_units,)``.
    """
    totals: dict[str, FloatArray] = {}
    for name, values in statistics.items():
        totals[name] = np.zeros(n_units)  # (n_units,)
        np.add.at(totals[name], unit_of_row, values)
    return totals


class RulMetrics(NamedTuple):
    """The metrics of a remaining-life card for one cap; iterating gives the primary first, then the secondary ones."""

    rmse_capped: Metric
    rmse_raw: Metric
    rmse_near_failure: Metric
    mae_capped: Metric
    phm08_mean_capped: Metric
    phm08_sum_capped: Metric
    phm08_mean_raw: Metric
    phm08_sum_raw: Metric
    late_share: Metric

    @property
    def primary(self) -> Metric:
        """The metric that stands for the task: RMSE on capped labels."""
        return self.rmse_capped

    @property
    def secondary(self) -> tuple[Metric, ...]:
        """All others, in the order in which they are shown."""
        return tuple(self[1:])


def rul_metrics(cap: float, *, unit: str = "cycles", among: str | None = None) -> RulMetrics:
    """The metrics over the columns of ``rul_statistics``, with the cap in the titles and formulas that people read.

    Args:
        cap: The cap that ``rul_statistics`` was given.
        unit: What the labels are counted in; stands in the names (``rmse_capped_cycles``).
        among: Statistic that is 0 on the units that no remaining life is scored of; None: it is of all.
    """
    every = _rul_metrics(cap, unit)
    return RulMetrics(*(replace(one, among=one.among or among) for one in every))


def _rul_metrics(cap: float, unit: str) -> RulMetrics:
    predicted, capped = f"clip(p, 0, {cap:g})", f"min(y, {cap:g})"
    near = min(RUL_NEAR_FAILURE_CYCLES, cap)
    return RulMetrics(
        rmse_capped=root_mean_metric(
            f"rmse_capped_{unit}",
            Text(f"RMSE, labels capped at {cap:g}", f"RMSE（标签上限 {cap:g}）"),
            unit=unit,
            statistic="squared_error_capped",
            formula=f"sqrt(mean(({predicted} - {capped})^2))",
            digits=2,
        ),
        rmse_raw=root_mean_metric(
            f"rmse_raw_{unit}",
            Text("RMSE, raw labels", "RMSE（原始标签）"),
            unit=unit,
            statistic="squared_error_raw",
            formula=f"sqrt(mean(({predicted} - y)^2))",
            digits=2,
        ),
        rmse_near_failure=root_mean_metric(
            f"rmse_near_failure_{unit}",
            Text(f"RMSE, true life at most {near:g}", f"RMSE（真实寿命不超过 {near:g}）"),
            unit=unit,
            statistic="squared_error_near_failure",
            count="rows_near_failure",
            formula=f"sqrt(mean(({predicted} - y)^2)) over y <= {near:g}",
            digits=2,
        ),
        mae_capped=mean_metric(
            f"mae_capped_{unit}",
            Text(f"MAE, labels capped at {cap:g}", f"MAE（标签上限 {cap:g}）"),
            unit=unit,
            statistic="absolute_error_capped",
            best=0.0,
            higher_is_better=False,
            formula=f"mean(|{predicted} - {capped}|)",
            limits=(0.0, np.inf),
            digits=2,
        ),
        phm08_mean_capped=_phm08_mean("phm08_mean_capped", "phm08_capped", predicted, capped, f"{cap:g}"),
        phm08_sum_capped=_phm08_sum("phm08_sum_capped", "phm08_capped", predicted, capped, f"{cap:g}"),
        phm08_mean_raw=_phm08_mean("phm08_mean_raw", "phm08_raw", predicted, "y", None),
        phm08_sum_raw=_phm08_sum("phm08_sum_raw", "phm08_raw", predicted, "y", None),
        late_share=share_metric(
            "late_share",
            Text("Share predicted too late (or invalid)", "预测偏晚（或回答无效）的比例"),
            statistic="late_capped",
            higher_is_better=False,
            formula=f"mean({predicted} > {capped} or p invalid)",
        ),
    )


def _phm08_mean(name: str, statistic: str, predicted: str, label: str, cap: str | None) -> Metric:
    return mean_metric(
        name,
        _phm08_title("mean", "均值", cap),
        unit="1",
        statistic=statistic,
        best=0.0,
        higher_is_better=False,
        formula=f"mean({_PHM08}), d = {predicted} - {label}",
        limits=(0.0, np.inf),
        digits=2,
    )


def _phm08_sum(name: str, statistic: str, predicted: str, label: str, cap: str | None) -> Metric:
    return total_metric(
        name,
        _phm08_title("sum", "总和", cap),
        unit="1",
        statistic=statistic,
        formula=f"sum({_PHM08}), d = {predicted} - {label}",
        digits=0,
    )


def _phm08_title(en: str, zh: str, cap: str | None) -> Text:
    if cap is None:
        return Text(f"PHM08 score, {en}, raw labels", f"PHM08 得分{zh}（原始标签）")
    return Text(f"PHM08 score, {en}, labels capped at {cap}", f"PHM08 得分{zh}（标签上限 {cap}）")


RUL_METRICS = rul_metrics(RUL_CAP_CYCLES)
