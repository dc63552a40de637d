"""``residual_quantiles.json``: how far off a model's forecasts were, so that its points become quantiles.

An optional file in the folder of a submission that forecasts::

    {"schema": "residual-quantiles/1", "spread_steps": 168, "values": [[[-0.4, ..., 0.5], ...], ...]}

``values`` has one list per step ahead, in it one per target, in it the nine quantiles, of the levels 0.1 to 0.9, of
what came minus what was forecast. Where ``spread_steps`` is a number, they are in standard deviations of the target's
last so many steps before the origin, so that one file serves zones of any size; where it is null, in the target's unit.
A file with one target serves every target.

Letters: n = rows, h = steps ahead, y = targets, q = quantile levels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ..errors import InterfaceError, SubmissionError
from ..interfaces import QUANTILE_LEVELS, table_info
from .checkpoint_files import read_json
from .forecast_answers import histories, spread_of

__all__ = ["RESIDUALS_NAME", "ResidualQuantiles"]

RESIDUALS_NAME = "residual_quantiles.json"
_SCHEMA = "residual-quantiles/1"

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ResidualQuantiles:
    """Quantiles of a model's residuals.

    Attributes:
        values: Shape ``(h, y, q)``, rising along the last axis.
        spread_steps: Steps of the history whose standard deviation they are in; None: they are in the target's unit.
    """

    values: FloatArray
    spread_steps: int | None

    @classmethod
    def of_residuals(cls, residuals: FloatArray, spread: FloatArray | None, spread_steps: int | None) -> Self:
        """From what came minus what was forecast, shape ``(n, h, y)``; NaN where nothing was measured.

        Args:
            residuals: Of forecasts that the model was not fitted to.
            spread: Of each row and target, as ``spread_of`` gives it, shape ``(n, y)``; None: of no use.
            spread_steps: That it was computed of.
        """
        scaled = residuals if spread is None else residuals / spread[:, None]
        values = np.moveaxis(np.nanquantile(scaled, QUANTILE_LEVELS, axis=0), 0, -1)
        return cls(values, spread_steps)

    @classmethod
    def read(cls, folder: Path, *, adapter: str) -> Self | None:
        """The file of a folder; None where there is none.

        Raises:
            SubmissionError: It holds something else; the message says what.
        """
        if not (folder / RESIDUALS_NAME).exists():
            return None
        raw = read_json(folder, RESIDUALS_NAME, adapter=adapter)
        if unknown := sorted(set(raw) - {"schema", "spread_steps", "values"}):
            raise SubmissionError(f"SB107 {RESIDUALS_NAME}: no such field {', '.join(map(repr, unknown))}")
        if raw.get("schema") != _SCHEMA:
            raise SubmissionError(f"SB107 {RESIDUALS_NAME}: schema is {raw.get('schema')!r}, expected {_SCHEMA!r}")
        steps = raw.get("spread_steps")
        if steps is not None and (not isinstance(steps, int) or isinstance(steps, bool) or steps < 2):
            raise SubmissionError(f"SB107 {RESIDUALS_NAME}: spread_steps is {steps!r:.40}, expected null or 2 and more")
        try:
            values = np.array(raw.get("values"), np.float64)
        except (TypeError, ValueError, OverflowError):
            values = np.array(math.nan)
        if values.ndim != 3 or values.shape[2] != len(QUANTILE_LEVELS) or not np.isfinite(values).all():
            raise SubmissionError(
                f"SB107 {RESIDUALS_NAME}: values must be finite numbers of shape (steps ahead, targets, "
                f"{len(QUANTILE_LEVELS)}); found {values.shape}"
            )
        if (np.diff(values, axis=2) < 0).any():
            raise SubmissionError(f"SB107 {RESIDUALS_NAME}: quantiles fall as their level rises; sort them")
        return cls(values, steps)

    def as_json(self) -> dict[str, Any]:
        """What the file holds."""
        return {"schema": _SCHEMA, "spread_steps": self.spread_steps, "values": self.values.round(6).tolist()}

    def check(self, schema: pa.Schema) -> None:
        """Makes sure that the file fits the inputs.

        Raises:
            InterfaceError: It has another number of steps or targets, or asks for more history than there is.
        """
        info, (steps, width, _) = table_info(schema), self.values.shape
        if steps != info["horizon"] or width not in (1, info["targets"]):
            raise InterfaceError(
                f"{RESIDUALS_NAME} has {steps} steps ahead of {width} targets, this task has {info['horizon']} of "
                f"{info['targets']}"
            )
        if self.spread_steps is not None and self.spread_steps > info["history_max"]:
            raise InterfaceError(
                f"{RESIDUALS_NAME}: spread_steps is {self.spread_steps}, this task gives at most {info['history_max']} "
                "steps"
            )

    def around(self, value: FloatArray, rows: pa.RecordBatch, schema: pa.Schema) -> FloatArray:
        """The quantiles around points ``(n, h, y)``, shape ``(n, h, y, q)``."""
        if self.spread_steps is None:
            quantiles: FloatArray = value[..., None] + self.values
            return quantiles
        spread = spread_of(histories(rows, schema, steps=self.spread_steps))  # (n, y)
        scaled: FloatArray = value[..., None] + self.values * spread[:, None, :, None]
        return scaled
