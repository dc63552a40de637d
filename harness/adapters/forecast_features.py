"""Feature steps for forecasts of scikit-learn models: a matrix per forecast, and the way back to the target's unit.

``forecast-window`` makes one row per forecast and target, the last readings of the target, for models that answer all
steps ahead at once. ``forecast-steps`` makes one row per forecast, target and step ahead, for models that answer one
number: what was read at the same time on earlier days, the clock, and what is known of the step. Both centre and scale
a target's numbers by its own history, so that one model serves zones of any size. A change that moves a number raises
the revision.

Letters: n = rows, t = steps of the history, h = steps ahead, y = targets, k = known quantities, f = columns.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal, NamedTuple, Self, get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..errors import InterfaceError, SubmissionError
from ..interfaces import table_info
from .forecast_answers import filled, histories, mean_of, spread_of
from .forecast_clock import CLOCK, clock_of
from .row_arrays import list_lengths, whole_column

__all__ = ["ForecastMatrix", "ForecastSteps", "ForecastWindow"]

FloatArray = npt.NDArray[np.float64]
Centre = Literal["last", "mean"]
_WHERE = "SB103 submission.yaml, field 'options.features'"
_DAY_S, _WEEK_DAYS = 86_400, 7


class ForecastMatrix(NamedTuple):
    """Features, and what turns answers into the target's unit: ``answer * spread + centre``.

    Attributes:
        matrix: Shape ``(n * y, f)`` or ``(n * h * y, f)``.
        centre: Shape ``(n, y)``.
        spread: Shape ``(n, y)``.
    """

    matrix: FloatArray
    centre: FloatArray
    spread: FloatArray

    def of_targets(self, values: FloatArray) -> FloatArray:
        """Targets ``(n, h, y)`` as the model learns them."""
        scaled: FloatArray = (values - self.centre[:, None]) / self.spread[:, None]
        return scaled

    def in_units(self, answers: FloatArray) -> FloatArray:
        """Answers ``(n, h, y)`` of the model in the targets' units."""
        whole: FloatArray = answers * self.spread[:, None] + self.centre[:, None]
        return whole


@dataclass(frozen=True)
class ForecastWindow:
    """The last readings of each target.

    Attributes:
        steps: How many.
        centre: What is subtracted: the ``last`` reading or the ``mean`` of the window.
        scale: What each target is divided by, > 0; empty: the standard deviation of the window.
        step_s: Seconds from step to step that it was trained on; None: not told, and not compared.
    """

    steps: int
    centre: Centre = "mean"
    scale: tuple[float, ...] = ()
    step_s: float | None = None

    name: ClassVar[str] = "forecast-window"
    revision: ClassVar[int] = 1

    @classmethod
    def parse(cls, options: Mapping[str, Any]) -> Self:
        """Checks the options.

        Raises:
            SubmissionError: One has a value that makes no sense.
        """
        steps, centre = options.get("steps"), options.get("centre", "mean")
        if not isinstance(steps, int) or not _is_count(steps):
            raise SubmissionError(f"{_WHERE}.steps: is {steps!r:.40}, expected a number of readings")
        if centre not in get_args(Centre):
            raise SubmissionError(f"{_WHERE}.centre: is {centre!r:.40}, expected {' or '.join(get_args(Centre))}")
        return cls(steps, centre, _parse_per_target(options, "scale"), _parse_step_s(options))

    def as_options(self) -> dict[str, Any]:
        """What goes under ``options.features`` of a manifest."""
        own = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items() if v not in ((), None)}
        return {"step": self.name, "revision": self.revision} | own

    def names(self, schema: pa.Schema) -> list[str]:
        """Names of the columns.

        Raises:
            InterfaceError: The inputs have fewer steps, another step, or another number of targets.
        """
        info = table_info(schema)
        _check_step(self.step_s, info)
        if self.steps > info["history_max"]:
            raise InterfaceError(
                f"the model reads {self.steps} steps before the origin, this task gives at most {info['history_max']}"
            )
        _check_per_target("scale", self.scale, info)
        return [f"{back}_steps_before" for back in range(self.steps, 0, -1)]

    def matrix(self, rows: pa.RecordBatch | pa.Table, schema: pa.Schema) -> FloatArray:
        """The features, shape ``(n * y, f)``; those of a forecast follow from its row alone."""
        return self.asked(rows, schema).matrix

    def asked(self, rows: pa.RecordBatch | pa.Table, schema: pa.Schema) -> ForecastMatrix:
        """The same with the way back."""
        history = histories(rows, schema)
        window = filled(history, _day_steps(schema))[:, -self.steps :]  # (n, steps, y)
        centre = window[:, -1] if self.centre == "last" else mean_of(window)
        spread = np.tile(self.scale, (len(window), 1)) if self.scale else spread_of(window)
        scaled = (window - centre[:, None]) / spread[:, None]
        return ForecastMatrix(scaled.transpose(0, 2, 1).reshape(-1, self.steps), centre, spread)

    def answers(self, said: FloatArray, *, rows: int, horizon: int, targets: int) -> FloatArray:
        """What the model answered, as ``(n, h, y)``.

        Raises:
            InterfaceError: It is of another shape.
        """
        if said.shape != (rows * targets, horizon):
            raise InterfaceError(
                f"the model answers {said.shape[1] if said.ndim > 1 else 1} numbers per window, this task asks for "
                f"{horizon} steps ahead"
            )
        return said.reshape(rows, targets, horizon).transpose(0, 2, 1)


@dataclass(frozen=True)
class ForecastSteps:
    """What is known of each step ahead.

    Attributes:
        days: Earlier days of which the reading at the same time is a column; 1 is the day before the origin.
        weeks: Earlier weeks of which the reading at the same time of the same weekday is a column.
        window_days: Days before the origin whose mean and standard deviation centre and scale the target.
        least: Least spread of each target, in its unit, for windows in which it stood still; empty: none is set.
        step_s: Seconds from step to step that it was trained on; None: not told, and not compared.
    """

    days: tuple[int, ...]
    weeks: tuple[int, ...] = ()
    window_days: int = 7
    least: tuple[float, ...] = ()
    step_s: float | None = None

    name: ClassVar[str] = "forecast-steps"
    revision: ClassVar[int] = 1

    @classmethod
    def parse(cls, options: Mapping[str, Any]) -> Self:
        """Checks the options.

        Raises:
            SubmissionError: One has a value that makes no sense.
        """
        given = {name: options.get(name, []) for name in ("days", "weeks")}
        for name, numbers in given.items():
            if not isinstance(numbers, list | tuple) or not all(map(_is_count, numbers)):
                raise SubmissionError(f"{_WHERE}.{name}: is {numbers!r:.80}, expected a list of whole numbers from 1")
        window = options.get("window_days", 7)
        if not _is_count(window):
            raise SubmissionError(f"{_WHERE}.window_days: is {window!r:.40}, expected a number of days")
        least = _parse_per_target(options, "least")
        return cls(tuple(given["days"]), tuple(given["weeks"]), window, least, _parse_step_s(options))

    def as_options(self) -> dict[str, Any]:
        """What goes under ``options.features`` of a manifest."""
        own = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items() if v not in ((), None)}
        return {"step": self.name, "revision": self.revision} | own

    def names(self, schema: pa.Schema) -> list[str]:
        """Names of the columns.

        Raises:
            InterfaceError: The inputs' history is shorter than what is read, or they have another step.
        """
        info, day = table_info(schema), _day_steps(schema)
        _check_step(self.step_s, info)
        _check_per_target("least", self.least, info)
        reach = max([*self.days, *(_WEEK_DAYS * week for week in self.weeks), self.window_days]) * day
        if reach > info["history_max"]:
            raise InterfaceError(
                f"the model reads {reach} steps before the origin, this task gives at most {info['history_max']}"
            )
        known = [q["name"] for q in info["known"]]
        return [
            *(f"{days}_days_before" for days in self.days),
            *(f"{weeks}_weeks_before" for weeks in self.weeks),
            "mean_at_this_time",
            "last_day_mean",
            "last_day_least",
            "last_day_greatest",
            "last_reading",
            *known,
            *(f"{name}_a_day_before" for name in known),
            "step_ahead",
            *CLOCK,
            "item",
            "target",
        ]

    def matrix(self, rows: pa.RecordBatch | pa.Table, schema: pa.Schema) -> FloatArray:
        """The features, shape ``(n * h * y, f)``; those of a forecast follow from its row alone."""
        return self.asked(rows, schema).matrix

    def asked(self, rows: pa.RecordBatch | pa.Table, schema: pa.Schema) -> ForecastMatrix:
        """The same with the way back."""
        info, day, n = table_info(schema), _day_steps(schema), rows.num_rows
        horizon, targets, week = info["horizon"], info["targets"], day * _WEEK_DAYS
        whole = filled(histories(rows, schema), day)  # (n, t, y)
        t = whole.shape[1]
        window = whole[:, -self.window_days * day :]
        centre, spread = mean_of(window), np.maximum(spread_of(window), self.least or 0.0)
        whole = (whole - centre[:, None]) / spread[:, None]
        ahead = np.arange(horizon)
        same_time = t + ahead % day - day * np.arange(1, self.window_days + 1)[:, None]  # (days, h)
        last_day = whole[:, -day:]
        per_step = [
            *(whole[:, t + ahead % day - day * days] for days in self.days),  # each (n, h, y)
            *(whole[:, t + ahead % week - week * weeks] for weeks in self.weeks),
            whole[:, same_time].mean(axis=1),
            *(np.repeat(one[:, None], horizon, axis=1) for one in _summary(last_day)),
        ]
        shape = (n, horizon, targets)
        for number in self._known(rows, info, day):  # each (n, h)
            per_step.append(np.broadcast_to(number[..., None], shape))
        per_step.append(np.broadcast_to(ahead[None, :, None], shape))
        per_step += [np.broadcast_to(one[..., None], shape) for one in clock_of(rows, schema)]
        place = {name: at for at, name in enumerate(info["items"])}
        item = np.array([place[one] for one in whole_column(rows, "item").to_pylist()], np.float64)
        per_step.append(np.broadcast_to(item[:, None, None], shape))
        per_step.append(np.broadcast_to(np.arange(targets)[None, None], shape))
        return ForecastMatrix(np.stack(per_step, axis=-1).reshape(n * horizon * targets, -1), centre, spread)

    def answers(self, said: FloatArray, *, rows: int, horizon: int, targets: int) -> FloatArray:
        """What the model answered, as ``(n, h, y)``.

        Raises:
            InterfaceError: It is of another shape.
        """
        if said.size != rows * horizon * targets:
            raise InterfaceError(
                f"the model answers {said.shape} for {rows * horizon * targets} steps, expected one each"
            )
        return said.reshape(rows, horizon, targets)

    def _known(self, rows: pa.RecordBatch | pa.Table, info: Mapping[str, Any], day: int) -> list[FloatArray]:
        """Each known quantity of the steps ahead and of the same steps a day before, each of shape ``(n, h)``."""
        k, horizon = len(info["known"]), info["horizon"]
        if not k:
            return []
        known = whole_column(rows, "known")
        flat = known.flatten().flatten().to_numpy(zero_copy_only=False).astype(np.float64).reshape(-1, k)
        ends = np.cumsum(list_lengths(known))[:, None]
        ahead = flat[ends + np.arange(-horizon, 0)]  # (n, h, k)
        lengths = list_lengths(known)[:, None]
        back = np.minimum(lengths, horizon + day)  # where the history is shorter than a day, its first step
        before = flat[ends + np.maximum(np.arange(-horizon, 0) - day, -back)]
        return [*np.moveaxis(ahead, 2, 0), *np.moveaxis(before, 2, 0)]


def _summary(last_day: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Mean, least, greatest and last reading of ``(n, day, y)``, each of shape ``(n, y)``."""
    return last_day.mean(axis=1), last_day.min(axis=1), last_day.max(axis=1), last_day[:, -1]


def _day_steps(schema: pa.Schema) -> int:
    return max(1, round(_DAY_S / float(table_info(schema)["step_s"])))


def _check_step(step_s: float | None, info: Mapping[str, Any]) -> None:
    if step_s is not None and step_s != info["step_s"]:
        raise InterfaceError(
            f"the model was made for steps of {step_s:g} s (options.features.step_s), this task has steps of "
            f"{info['step_s']:g} s"
        )


def _check_per_target(name: str, numbers: tuple[float, ...], info: Mapping[str, Any]) -> None:
    if numbers and len(numbers) != info["targets"]:
        raise InterfaceError(
            f"options.features.{name} has {len(numbers)} numbers, this task has {info['targets']} targets"
        )


def _parse_per_target(options: Mapping[str, Any], name: str) -> tuple[float, ...]:
    given = options.get(name, [])
    if not isinstance(given, list | tuple) or not all(map(_is_positive, given)):
        raise SubmissionError(f"{_WHERE}.{name}: is {given!r:.80}, expected a list of numbers above 0, or none")
    return tuple(map(float, given))


def _parse_step_s(options: Mapping[str, Any]) -> float | None:
    given = options.get("step_s")
    if given is not None and not _is_positive(given):
        raise SubmissionError(f"{_WHERE}.step_s: is {given!r:.40}, expected seconds from step to step")
    return None if given is None else float(given)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_positive(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= sys.float_info.max
