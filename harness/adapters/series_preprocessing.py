"""``preprocessor_config.json``: how a row with a series becomes a network's input, as data in a submission.

The adapters ``transformers-series`` and ``onnx`` read it; the former's docstring says what the file holds.

Letters: n = rows, t = steps that are read, k = channels of the series, s = static features, c = k + s.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..errors import InterfaceError, SubmissionError, nearest_names
from ..interfaces import table_info
from .ahead_fields import Ahead, parse_ahead
from .checkpoint_files import read_json
from .regimes import Regimes, parse_regimes
from .row_arrays import flat_series, flat_static

__all__ = ["EVERY_TARGET", "PREPROCESSOR_NAME", "Preprocessing", "ScaledRows"]

PREPROCESSOR_NAME = "preprocessor_config.json"
EVERY_TARGET = "*"
"""As the only channel: every target of a forecasting task, by one mean and one scale."""

_ADAPTER = "transformers-series"
_NOTHING_AHEAD = Ahead()
_SCHEMA = "series/1"

FloatArray = npt.NDArray[np.float32]


class ScaledRows(NamedTuple):
    """Rows as numbers of a network, not padded.

    Attributes:
        own: All steps of all rows behind each other, shape ``(steps, k)``; NaN where nothing was read.
        static: Shape ``(n, s)``.
        lengths: Steps of each row, shape ``(n,)``.
    """

    own: FloatArray
    static: FloatArray
    lengths: npt.NDArray[np.int64]

    def last(self, places: npt.NDArray[np.int64], steps: int) -> tuple[FloatArray, FloatArray]:
        """Values and observed mask of the last steps of the rows at ``places``, each of shape ``(n, t, c)``.

        A shorter row is padded on the left with zeros that were not observed; static features stand at every step.
        """
        back = np.arange(-steps, 0)  # (t,)
        there = back >= -self.lengths[places, None]  # (n, t)
        step = np.cumsum(self.lengths)[places, None] + back  # (n, t)
        if there.all():
            pieces = np.lib.stride_tricks.sliding_window_view(self.own.ravel(), steps * self.own.shape[1])
            values = pieces[step[:, 0] * self.own.shape[1]].reshape(*step.shape, -1)  # (n, t, k)
        else:
            values = np.full((*there.shape, self.own.shape[1]), np.nan, np.float32)
            values[there] = self.own[step[there]]
        if self.static.shape[1]:
            values = np.concatenate([values, np.repeat(self.static[places, None], steps, axis=1)], axis=2)
        observed = np.isfinite(values)
        if not observed.all():
            values[~observed] = 0.0
        return values, observed.astype(np.float32)


@dataclass(frozen=True)
class Preprocessing:
    """``preprocessor_config.json``: how rows become a model's input, and its output the target.

    Attributes:
        channels: Names of the series' channels that the model reads, in its order.
        static: Names of the static features that follow them.
        mean: Subtracted from each, channels first.
        scale: What each is divided by, > 0.
        target_mean: Added to the output, in the target's unit.
        target_scale: What the output is multiplied with before, > 0, in the target's unit.
        regimes: Normalise readings by the regime of their step, before ``mean`` and ``scale``; None: there are none.
        units: Of the channels and static features that it was made for; None: not told, and not compared.
        step_s: Seconds from step to step that it was made for; None: not told, and not compared.
        ahead: What is read for forecasts alone.
    """

    channels: tuple[str, ...]
    static: tuple[str, ...]
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    target_mean: float
    target_scale: float
    regimes: Regimes | None = None
    units: tuple[str, ...] | None = None
    step_s: float | None = None
    ahead: Ahead = _NOTHING_AHEAD

    def as_json(self) -> dict[str, Any]:
        """What ``preprocessor_config.json`` holds."""
        optional: dict[str, Any] = {} if self.regimes is None else {"regimes": self.regimes.as_json()}
        optional |= {} if self.units is None else {"units": list(self.units)}
        optional |= ({} if self.step_s is None else {"step_s": self.step_s}) | self.ahead.as_json()
        return {
            "schema": _SCHEMA,
            "channels": list(self.channels),
            "static": list(self.static),
            "mean": list(self.mean),
            "scale": list(self.scale),
            "target_mean": self.target_mean,
            "target_scale": self.target_scale,
            "padding": "left",
        } | optional

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Reads and checks the file in a submission folder.

        Raises:
            SubmissionError: It is missing, no JSON, or holds wrong fields; the message lists all of them.
        """
        raw = read_json(folder, PREPROCESSOR_NAME, adapter=_ADAPTER)
        wrong: list[str] = []
        known = ("schema", "channels", "static", "mean", "scale", "target_mean", "target_scale", "padding")
        optional = ("regimes", "units", "step_s", "known", "calendar", "items")
        wrong += [f"no such field {name!r}" for name in sorted(set(raw) - {*known, *optional})]
        for name, only in (("schema", _SCHEMA), ("padding", "left")):
            if raw.get(name) != only:
                wrong.append(f"{name} is {raw.get(name)!r}, expected {only!r}")
        names = {}
        for field in ("channels", "static"):
            given = raw.get(field)
            if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
                wrong.append(f"{field} is {given!r:.80}, expected a list of names")
            elif len(set(given)) != len(given):
                wrong.append(f"{field} names something twice: {given}")
            else:
                names[field] = tuple(given)
        width = sum(map(len, names.values()))
        if len(names) == 2 and not names["channels"]:
            wrong.append("channels is empty, expected at least one name")
        if EVERY_TARGET in names.get("channels", ()) and width != 1:
            wrong.append(f"channels names {EVERY_TARGET!r} beside others, expected it alone: it is every target")
        for field in ("mean", "scale"):
            given = raw.get(field)
            if not isinstance(given, list) or not all(_is_number(one) for one in given):
                wrong.append(f"{field} is {given!r:.80}, expected a list of finite numbers")
            elif len(names) == 2 and len(given) != width:
                wrong.append(f"{field} has {len(given)} numbers, expected {width}: one per channel, then per static")
            elif field == "scale" and any(one <= 0 for one in given):
                wrong.append("scale holds a number that is not above 0")
        units = raw.get("units")
        if units is not None:
            if not isinstance(units, list) or not all(isinstance(one, str) for one in units):
                wrong.append(f"units is {units!r:.80}, expected a list of units")
            elif len(names) == 2 and len(units) != width:
                wrong.append(f"units has {len(units)} entries, expected {width}: one per channel, then per static")
        for field in ("target_mean", "target_scale"):
            if not _is_number(raw.get(field)):
                wrong.append(f"{field} is {raw.get(field)!r}, expected a finite number")
        if _is_number(raw.get("target_scale")) and raw["target_scale"] <= 0:
            wrong.append(f"target_scale is {raw['target_scale']}, expected a number above 0")
        step_s = raw.get("step_s")
        if step_s is not None and (not _is_number(step_s) or step_s <= 0):
            wrong.append(f"step_s is {step_s!r:.80}, expected a number of seconds above 0")
        ahead, wrong_ahead = parse_ahead(raw)
        wrong += wrong_ahead
        regimes, wrong_regimes = (None, []) if raw.get("regimes") is None else parse_regimes(raw["regimes"])
        wrong += wrong_regimes
        if wrong:
            raise SubmissionError(f"SB107 {PREPROCESSOR_NAME}: {'; '.join(wrong)}")
        return cls(
            channels=names["channels"],
            static=names["static"],
            mean=tuple(map(float, raw["mean"])),
            scale=tuple(map(float, raw["scale"])),
            target_mean=float(raw["target_mean"]),
            target_scale=float(raw["target_scale"]),
            regimes=regimes,
            units=None if units is None else tuple(units),
            step_s=None if step_s is None else float(step_s),
            ahead=ahead,
        )

    def places(self, schema: pa.Schema) -> tuple[list[int], list[int]]:
        """Where the named channels and static features stand in inputs of this schema.

        Raises:
            InterfaceError: A name is not among them, its unit is another, or readings are further apart or closer than
                those that the model was made for; the message gives near matches and what there is.
        """
        info = table_info(schema)
        wrong: list[str] = []
        if self.step_s is not None and info.get("step_s", self.step_s) != self.step_s:
            wrong.append(f"step_s is {self.step_s:g} s, the readings of this task are {info['step_s']:g} s apart")
        units = iter(self.units or ())
        found: list[list[int]] = []
        channels = self.channels
        if channels == (EVERY_TARGET,) and "targets" in info:
            channels = tuple(q["name"] for q in info["channels"][: info["targets"]])
        for what, wanted in (("channels", channels), ("static", self.static)):
            offered = [q["name"] for q in info.get(what, [])]
            of_regimes = self.regimes.missing(offered) if self.regimes and what == "channels" else []
            for name in dict.fromkeys([*(one for one in wanted if one not in offered), *of_regimes]):
                near = nearest_names(name, offered)
                hint = f"did you mean {', '.join(near)}? " if near else ""
                wrong.append(f"{what} {name!r}: {hint}the task offers {', '.join(offered) or 'none'}")
            found.append([offered.index(name) for name in wanted if name in offered])
            unit_of = {q["name"]: q["unit"] for q in info.get(what, [])}
            for name, unit in zip(wanted, units, strict=False):
                if unit_of.get(name, unit) != unit:
                    wrong.append(f"{what} {name!r}: in {unit}, the task gives {unit_of[name]}")
        if wrong:
            raise InterfaceError(f"{PREPROCESSOR_NAME} does not fit these inputs: {'; '.join(wrong)}")
        return found[0], found[1]

    def scaled(self, rows: pa.RecordBatch | pa.Table, schema: pa.Schema) -> ScaledRows:
        """Rows as the model's numbers, each at its own length.

        Args:
            rows: The column ``series``, and ``static`` where the schema names static features.
            schema: Schema of the input table, with its metadata.

        Raises:
            InterfaceError: A named channel or feature is missing.
        """
        channels, static = self.places(schema)
        info = table_info(schema)
        series, lengths = flat_series(rows, len(info["channels"]), np.float32)  # (steps, channels), (n,)
        if self.regimes is not None:
            series = self.regimes.normalise(series, [q["name"] for q in info["channels"]])
        features = flat_static(rows, len(info.get("static") or ()), np.float32)[:, static]  # (n, static)
        mean, scale = np.array(self.mean, np.float32), np.array(self.scale, np.float32)
        k = len(channels)
        read = series if channels == list(range(series.shape[1])) else series[:, channels]
        own = read - mean[:k]
        own /= scale[:k]
        return ScaledRows(own, (features - mean[k:]) / scale[k:], lengths)

    def apply(
        self, rows: pa.RecordBatch | pa.Table, schema: pa.Schema, *, context_length: int
    ) -> tuple[FloatArray, FloatArray]:
        """Values and observed mask of rows, each of shape ``(n, t, c)``.

        Args:
            rows: As ``scaled`` takes them.
            schema: Schema of the input table, with its metadata.
            context_length: Steps that the model reads.

        Raises:
            InterfaceError: A named channel or feature is missing.
        """
        return self.scaled(rows, schema).last(np.arange(rows.num_rows), context_length)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
