"""Load as it was measured: regular series per zone, plant or station, and the plan by which they become forecasts.

Letters: t = steps of a series, c = channels, k = quantities known in advance, n = rows, h = steps ahead, y = targets.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...harness.errors import DataError
from ...harness.interfaces import Quantity
from ...harness.numeric_inputs import forecasting_inputs

__all__ = [
    "ForecastPlan",
    "ItemSeries",
    "forecast_inputs",
    "forecast_references",
    "history_windows",
    "origins_of",
    "season_scale",
]

_Float = TypeVar("_Float", np.float32, np.float64)
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

TOP_SHARE = 0.05
"""Share of an item's tested steps that count as its hours of highest load."""


class ItemSeries(NamedTuple):
    """One series on a regular grid of local time.

    Attributes:
        start: Local time at which the first step begins.
        values: Readings, targets first, shape ``(t, c)``; NaN where nothing was read.
        known: What is known in advance of each step, shape ``(t, k)``; None: nothing.
        train_steps: How many steps from the start on are the training part.
        first_origin: Step that the first tested forecast begins with.
        origins: How many forecasts are tested.
    """

    start: np.datetime64
    values: FloatArray
    known: FloatArray | None
    train_steps: int
    first_origin: int
    origins: int


class ForecastPlan(NamedTuple):
    """How series become forecasts: the same for all items of a task.

    Attributes:
        channels: Of the series, targets first.
        targets: How many of them are forecast.
        known: What is known in advance.
        step_s: Seconds from step to step.
        horizon: Steps ahead.
        history: Steps that a model is given.
        seasons: Steps after which load repeats; that of the scale first.
        stride: Steps from origin to origin.
    """

    channels: tuple[Quantity, ...]
    targets: int
    known: tuple[Quantity, ...]
    step_s: int
    horizon: int
    history: int
    seasons: tuple[int, ...]
    stride: int

    @property
    def day(self) -> int:
        """Steps of a day."""
        return 86_400 // self.step_s


def origins_of(item: ItemSeries, plan: ForecastPlan) -> IntArray:
    """The steps that tested forecasts begin with, shape ``(n,)``.

    Raises:
        DataError: The series does not hold the history of the first or the end of the last of them.
    """
    origins = item.first_origin + plan.stride * np.arange(item.origins)
    if origins[0] < plan.history or origins[-1] + plan.horizon > len(item.values):
        raise DataError(
            f"{len(item.values):,} steps do not hold forecasts from step {origins[0]:,} to {origins[-1]:,} with "
            f"{plan.history} steps before and {plan.horizon} behind; fetch the file again"
        )
    return origins


def history_windows(item: ItemSeries, plan: ForecastPlan, origins: IntArray) -> npt.NDArray[np.float32]:
    """The steps before each origin as inputs hold them, shape ``(n, history, c)``; nothing of what comes behind it."""
    return _cut(item.values.astype(np.float32), origins - plan.history, plan.history)


def forecast_inputs(items: Mapping[str, ItemSeries], plan: ForecastPlan, asked: Mapping[str, IntArray]) -> pa.Table:
    """The input table of ``forecasting``: one row per item and origin, items behind each other.

    Args:
        items: Series by name.
        plan: How they become forecasts.
        asked: Of each item the steps that its forecasts begin with.
    """
    schema = forecasting_inputs(
        channels=plan.channels,
        targets=plan.targets,
        known=plan.known,
        items=list(items),
        step_s=plan.step_s,
        horizon=plan.horizon,
        history_max=plan.history,
        seasons=plan.seasons,
    )
    batches = []
    for name, item in items.items():
        origins = asked[name]
        times = _times(item, plan, origins)
        columns = [
            pa.array(row_ids(name, times)),
            pa.array([name] * len(origins)),
            pa.array(np.datetime_as_string(times)),
            _lists(history_windows(item, plan, origins), schema.field("series").type),
        ]
        if plan.known:
            assert item.known is not None
            known = _cut(item.known.astype(np.float32), origins - plan.history, plan.history + plan.horizon)
            columns.append(_lists(known, schema.field("known").type))
        batches.append(pa.RecordBatch.from_arrays(columns, schema=schema))
    return pa.Table.from_batches(batches, schema=schema)


def row_ids(name: str, times: npt.NDArray[np.datetime64]) -> list[str]:
    """Ids of an item's forecasts: its name and the minute at which each begins."""
    minutes = np.datetime_as_string(times, unit="m")
    return [f"{name}-{minute.replace(':', '')}" for minute in minutes.tolist()]


def forecast_references(items: Mapping[str, ItemSeries], plan: ForecastPlan, asked: Mapping[str, IntArray]) -> pa.Table:
    """What came: one row per row of ``forecast_inputs``, in its order.

    Columns: ``id``; ``item``; ``origin``; ``actual`` of ``horizon`` steps of ``targets`` numbers, NaN where nothing was
    measured; per target ``scale``, the mean absolute difference to one season before in the training part, and
    ``mean`` and ``deviation`` of the training part; ``top``, the load of the first target that a twentieth of the
    item's tested steps reach.
    """
    parts = []
    kind = pa.list_(pa.list_(pa.float64(), plan.targets))
    for name, item in items.items():
        origins, times = asked[name], _times(item, plan, asked[name])
        n = len(origins)
        actual = _cut(item.values[:, : plan.targets], origins, plan.horizon)  # (n, h, y)
        train = item.values[: item.train_steps, : plan.targets]
        first, last = int(origins.min()), int(origins.max()) + plan.horizon
        per_target = {
            "scale": season_scale(train, plan.seasons[0]),
            "mean": np.nanmean(train, axis=0),
            "deviation": np.nanstd(train, axis=0),
        }
        columns: dict[str, pa.Array] = {
            "id": pa.array(row_ids(name, times)),
            "item": pa.array([name] * n),
            "origin": pa.array(np.datetime_as_string(times)),
            "actual": _lists(actual, kind),
        }
        for column, numbers in per_target.items():
            repeated = pa.array(np.tile(numbers, (n, 1)).ravel())
            columns[column] = pa.FixedSizeListArray.from_arrays(repeated, plan.targets)
        top = np.nanquantile(item.values[first:last, 0], 1 - TOP_SHARE)
        columns["top"] = pa.array(np.full(n, top))
        parts.append(pa.table(columns))
    return pa.concat_tables(parts).combine_chunks()


def season_scale(train: FloatArray, season: int) -> FloatArray:
    """Mean absolute difference to one season before, per target, shape ``(y,)``: what MASE divides by.

    Source: Hyndman and Koehler, "Another look at measures of forecast accuracy", 2006.
    """
    scale: FloatArray = np.nanmean(np.abs(train[season:] - train[:-season]), axis=0)
    return scale


def _times(item: ItemSeries, plan: ForecastPlan, origins: IntArray) -> npt.NDArray[np.datetime64]:
    start = item.start.astype("datetime64[s]")
    times: npt.NDArray[np.datetime64] = start + (origins * plan.step_s).astype("timedelta64[s]")
    return times


def _cut(values: npt.NDArray[_Float], begins: IntArray, steps: int) -> npt.NDArray[_Float]:
    """So many steps from each of some on, shape ``(n, steps, width)``.

    They lie behind each other in memory: copied as one piece each, a hundred times as fast as number by number.
    """
    width = values.shape[1]
    pieces = np.lib.stride_tricks.sliding_window_view(np.ascontiguousarray(values).ravel(), steps * width)
    cut: npt.NDArray[_Float] = pieces[begins * width].reshape(len(begins), steps, width)
    return cut


def _lists(values: npt.NDArray[np.floating[Any]], kind: pa.DataType) -> pa.ListArray:
    """Arrays of shape ``(n, steps, width)`` as a list column; NaN stays NaN."""
    n, steps, _ = values.shape
    numbers = values.astype(kind.value_type.value_type.to_pandas_dtype(), copy=False)  # in a third of Arrow's time
    flat = pa.array(numbers.ravel(), from_pandas=False)
    inner = pa.FixedSizeListArray.from_arrays(flat, type=kind.value_type)
    return pa.ListArray.from_arrays(pa.array(np.arange(n + 1, dtype=np.int32) * steps), inner, type=kind)
