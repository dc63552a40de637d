"""Trains the ridge and boosting baselines of the area and writes them as ordinary submission folders.

Recipes were chosen on the last fifth of each training part, never on a test set. There too, with a model fitted to the
rest, the residuals are measured whose quantiles go with every model; then it is fitted to the whole training part.

Letters: n = forecasts, h = steps ahead, y = targets, f = columns.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...harness.adapters.forecast_answers import histories, spread_of
from ...harness.adapters.forecast_features import ForecastMatrix, ForecastSteps, ForecastWindow
from ...harness.adapters.residual_quantiles import RESIDUALS_NAME, ResidualQuantiles
from ...harness.data import DataFiles
from ...harness.task import Draw
from ..baseline_folder import MODEL_FILE, own_manifest, reproducible_skops, write_baseline_folder
from .city_day_ahead import TASK as CITY
from .grid_day_ahead import TASK as GRID
from .load_series import ForecastPlan
from .load_task import LoadForecast
from .plant_quarter_hour import TASK as PLANT
from .simulated_day_ahead import TASK as SIMULATED
from .transformer_load import TASKS as STATIONS

__all__ = ["HELD_SHARE", "RECIPES", "LoadRecipe", "build_load", "held_out", "target_values"]

HELD_SHARE = 0.2
_SEED = 0
_LEAST_SHARE = 0.1  # of a target's deviation: windows in which it stood still would be blown up without end
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


class LoadRecipe(NamedTuple):
    """How one baseline is made.

    Attributes:
        task: That it is made for.
        kind: ``ridge`` or ``boosting``.
        stride: Steps from origin to origin of the training forecasts.
        days: Of a ridge: days of readings it is given; fractions are allowed.
        alpha: Of a ridge: its penalty.
        scaled: Of a ridge: targets are divided by their deviation in the training part, not by that of the window.
        weeks: Of boosting: earlier weeks whose reading at the same time it is given.
        earlier: Of boosting: earlier days likewise.
        trees: Of boosting.
        loss: Of boosting.
        track: Name; None: the first.
    """

    task: LoadForecast
    kind: str
    stride: int
    days: float = 7
    alpha: float = 1.0
    scaled: bool = False
    weeks: tuple[int, ...] = (1, 2, 3, 4)
    earlier: tuple[int, ...] = (1, 2, 3, 7)
    trees: int = 200
    loss: str = "absolute_error"
    track: str | None = None


def _of_station(name: str) -> dict[str, LoadRecipe]:
    task, quarter = STATIONS[name], name[0] == "m"
    day = 96 if quarter else 24
    ridge_of = {"ridge": 336 / day, "ridge-96": 96 / day}
    found = {
        f"{kind}-load-{name}": LoadRecipe(task, "ridge", 4 if quarter else 1, days=days, scaled=True)
        for kind, days in ridge_of.items()
    }
    weeks: tuple[int, ...] = () if quarter else (1, 2, 3)
    boosting = LoadRecipe(
        task, "boosting", 29 if quarter else 7, weeks=weeks, earlier=(1, 2, 3, 4, 5), trees=100, loss="squared_error"
    )
    return found | {f"boosting-load-{name}": boosting}


RECIPES: Mapping[str, LoadRecipe] = {
    "ridge-load-grid": LoadRecipe(GRID, "ridge", 24, days=28, alpha=100.0),
    "boosting-load-grid": LoadRecipe(GRID, "boosting", 48, loss="squared_error"),
    "ridge-load-city": LoadRecipe(CITY, "ridge", 18, days=7, alpha=100.0),
    "boosting-load-city": LoadRecipe(CITY, "boosting", 144, trees=100),
    "boosting-load-city-weather": LoadRecipe(CITY, "boosting", 144, trees=100, track="weather"),
    "ridge-load-simulated": LoadRecipe(SIMULATED, "ridge", 24, days=14, alpha=100.0),
    "boosting-load-simulated": LoadRecipe(SIMULATED, "boosting", 24, loss="squared_error"),
    "ridge-load-plant": LoadRecipe(PLANT, "ridge", 96, days=14, alpha=1000.0),
    "boosting-load-plant": LoadRecipe(PLANT, "boosting", 96, trees=100),
} | {name: one for station in STATIONS for name, one in _of_station(station).items()}
"""Name of a baseline to its recipe."""


def build_load(files: DataFiles, folder: Path, *, name: str) -> Path:
    """Trains one baseline of the area.

    Args:
        files: Where the data is found.
        folder: The submission folder to write; replaced if it is there.
        name: One of ``RECIPES``.

    Returns:
        The folder.

    Raises:
        UsageError: The folder holds something that no baseline wrote.
        DataNotAvailableError: A data file is in no known place.
    """
    recipe = RECIPES[name]
    task = recipe.task
    draw = Draw(recipe.track or task.card.tracks[0].name)
    plan = task.plan(draw)

    def contents() -> Mapping[str, bytes]:
        model, residuals = _fit(task, files, draw, recipe, step)
        text = json.dumps(residuals.as_json(), separators=(",", ":"))
        return {MODEL_FILE: reproducible_skops(model), RESIDUALS_NAME: text.encode()}

    step = _features(task, files, draw, recipe)
    one_track = len(task.card.tracks) == 1
    if isinstance(step, ForecastWindow):
        what = f"ridge regression of {plan.horizon} steps ahead on the last {step.steps} readings"
    else:
        what = f"{recipe.trees} boosted trees on readings at the same time of earlier days, clock and calendar"
    manifest = own_manifest(
        name,
        description=f"{what}; quantiles from the residuals of the last fifth of the training part",
        adapter="skops",
        interface="forecasting",
        tasks=[task.card.id if one_track else f"{task.card.id}#{draw.track}"],
        trained_on=[f"{task.card.name}, training part"],
        options={"file": MODEL_FILE, "features": step.as_options()},
    )
    write_baseline_folder(folder, manifest, contents, names=(MODEL_FILE, RESIDUALS_NAME))
    return folder


def _features(task: LoadForecast, files: DataFiles, draw: Draw, recipe: LoadRecipe) -> ForecastWindow | ForecastSteps:
    plan = task.plan(draw)
    deviation: tuple[float, ...] = ()
    if len(items := task.items(files, draw)) == 1:
        (item,) = items.values()
        deviation = tuple(np.nanstd(item.values[: item.train_steps, : plan.targets], axis=0).round(6).tolist())
    if recipe.kind == "boosting":
        least = tuple(round(_LEAST_SHARE * one, 6) for one in deviation)
        return ForecastSteps(recipe.earlier, recipe.weeks, min(7, plan.history // plan.day), least, plan.step_s)
    scale = deviation if recipe.scaled else ()
    return ForecastWindow(round(recipe.days * plan.day), "last" if recipe.scaled else "mean", scale, plan.step_s)


def _fit(
    task: LoadForecast, files: DataFiles, draw: Draw, recipe: LoadRecipe, step: ForecastWindow | ForecastSteps
) -> tuple[Any, ResidualQuantiles]:
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped, unused-ignore]

    examples, plan = task.training_rows(files, draw, stride=recipe.stride), task.plan(draw)
    values = target_values(examples.targets, plan)
    held = held_out(examples.inputs)
    asked = step.asked(examples.inputs, examples.inputs.schema)
    one_item = len(set(examples.inputs.column("item").to_pylist())) == 1  # whose residuals need no common measure
    spread_steps = None if one_item else min(7 * plan.day, plan.history)
    spread = None
    if spread_steps is not None:
        spread = spread_of(histories(examples.inputs, examples.inputs.schema, steps=spread_steps))
    with threadpool_limits(limits=1):  # the number of threads is written into the model, and would change its digest
        rest = _fitted(_model(recipe), step, asked, values, ~held, plan)
        said = np.asarray(rest.predict(_of_rows(asked.matrix, held)), np.float64)
        shaped = step.answers(said, rows=int(held.sum()), horizon=plan.horizon, targets=plan.targets)
        own = ForecastMatrix(asked.matrix[:0], asked.centre[held], asked.spread[held])
        residuals = ResidualQuantiles.of_residuals(
            values[held] - own.in_units(shaped), None if spread is None else spread[held], spread_steps
        )
        return _fitted(_model(recipe), step, asked, values, np.ones(len(held), np.bool_), plan), residuals


def _model(recipe: LoadRecipe) -> Any:
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.linear_model import Ridge

    if recipe.kind == "ridge":
        return Ridge(alpha=recipe.alpha, solver="cholesky")
    return HistGradientBoostingRegressor(
        loss=recipe.loss, max_iter=recipe.trees, early_stopping=False, random_state=_SEED
    )


def _fitted(
    model: Any,
    step: ForecastWindow | ForecastSteps,
    asked: ForecastMatrix,
    values: FloatArray,
    chosen: BoolArray,
    plan: ForecastPlan,
) -> Any:
    """The model on the chosen forecasts; what was not measured is not learnt from."""
    scaled = ForecastMatrix(asked.matrix[:0], asked.centre[chosen], asked.spread[chosen]).of_targets(values[chosen])
    if isinstance(step, ForecastWindow):
        scaled = scaled.transpose(0, 2, 1).reshape(-1, plan.horizon)  # (n * y, h)
        known = np.isfinite(scaled).all(axis=1)
    else:
        scaled = scaled.reshape(-1)  # (n * h * y,)
        known = np.isfinite(scaled)
    return model.fit(_of_rows(asked.matrix, chosen)[known], scaled[known])


def _of_rows(matrix: FloatArray, chosen: BoolArray) -> FloatArray:
    """The matrix's rows of the chosen forecasts."""
    rows: FloatArray = matrix.reshape(len(chosen), -1, matrix.shape[1])[chosen].reshape(-1, matrix.shape[1])
    return rows


def target_values(targets: pa.Table, plan: ForecastPlan) -> FloatArray:
    """The column ``value`` of training targets, shape ``(n, h, y)``."""
    flat = targets.column("value").combine_chunks().flatten().flatten().to_numpy(zero_copy_only=False)
    values: FloatArray = flat.reshape(targets.num_rows, plan.horizon, plan.targets)
    return values


def held_out(inputs: pa.Table) -> BoolArray:
    """The last fifth of each item's forecasts by their origin, shape ``(n,)``."""
    origin = np.array(inputs.column("origin").to_pylist(), "datetime64[s]").astype(np.int64)
    item = np.array(inputs.column("item").to_pylist())
    held = np.zeros(len(origin), np.bool_)
    for one in np.unique(item):
        own = item == one
        held |= own & (origin > np.quantile(origin[own], 1 - HELD_SHARE))
    return held
