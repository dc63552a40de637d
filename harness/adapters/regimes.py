"""Operating regimes as data: readings are normalised by the regime of their step, which a few settings tell.

An engine at sea level and the same engine at altitude read differently for no fault of theirs. ``regimes`` in
``preprocessor_config.json`` (adapter ``transformers-series``) and in the feature step ``series-summary`` (adapter
``skops``) are one and the same mapping::

    {"settings": ["altitude", "mach"], "centroids": [[0.0, 0.0], [35.0, 0.84]],
     "channels": ["T24", "T30"], "mean": [[642.0, 1580.0], [536.0, 1250.0]], "scale": [[0.5, 6.0], [0.5, 7.0]]}

A step's regime is the nearest centroid, in plain distance over the settings in their own units. ``mean`` and ``scale``
have one list per regime with one number per channel; a reading becomes ``(x - mean) / scale`` of its step's regime,
before anything else is done with it. A step with a missing setting has no regime: its readings of these channels are
missing.

Letters: n = steps, k = regimes, c = channels of the inputs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

__all__ = ["Regimes", "parse_regimes"]

_REGIMES_MAX = 64

Float = TypeVar("Float", bound=np.floating[Any])


@dataclass(frozen=True)
class Regimes:
    """Which regimes there are, and how readings are normalised in each.

    Attributes:
        settings: Channels that tell the regime.
        centroids: One list per regime, one number per setting, in the settings' units.
        channels: Channels that are normalised.
        mean: One list per regime, one number per channel, in the channels' units.
        scale: The same, each above 0.
    """

    settings: tuple[str, ...]
    centroids: tuple[tuple[float, ...], ...]
    channels: tuple[str, ...]
    mean: tuple[tuple[float, ...], ...]
    scale: tuple[tuple[float, ...], ...]

    def as_json(self) -> dict[str, Any]:
        """The mapping that ``parse_regimes`` reads."""
        return {
            name: [list(one) if isinstance(one, tuple) else one for one in value]
            for name, value in asdict(self).items()
        }

    def normalise(self, series: npt.NDArray[Float], names: Sequence[str]) -> npt.NDArray[Float]:
        """Readings with the named channels normalised, shape ``(n, c)``, in the type of ``series``.

        Args:
            series: All steps of all rows, shape ``(n, c)``; a missing reading is NaN.
            names: Of the channels, length c; settings and channels are among them.
        """
        place = {name: at for at, name in enumerate(names)}
        settings = series[:, [place[name] for name in self.settings]].astype(np.float64)  # (n, settings)
        columns = [place[name] for name in self.channels]
        away = np.empty((len(series), len(self.centroids)))  # (n, k), squared distance
        for at, centroid in enumerate(self.centroids):
            away[:, at] = ((settings - np.array(centroid)) ** 2).sum(axis=1)
        regime = away.argmin(axis=1)  # (n,)
        mean, scale = np.array(self.mean, series.dtype), np.array(self.scale, series.dtype)  # (k, channels)
        changed = series.copy()
        normalised = (series[:, columns] - mean[regime]) / scale[regime]
        normalised[np.isnan(settings).any(axis=1)] = np.nan
        changed[:, columns] = normalised
        return changed

    def missing(self, names: Sequence[str]) -> list[str]:
        """Settings and channels that are not among the names of the inputs' channels."""
        return [one for one in dict.fromkeys((*self.settings, *self.channels)) if one not in names]


def parse_regimes(raw: object) -> tuple[Regimes | None, list[str]]:
    """The regimes that a mapping holds, or None with a list of all that is wrong with it."""
    known = [f.name for f in fields(Regimes)]
    if not isinstance(raw, Mapping):
        return None, [f"regimes is {raw!r:.80}, expected a mapping with {', '.join(known)}"]
    wrong = [f"regimes has no field {name!r}" for name in sorted(set(raw) - set(known), key=str)]
    names: dict[str, tuple[str, ...]] = {}
    for field in ("settings", "channels"):
        given = raw.get(field)
        if not isinstance(given, list) or not given or not all(isinstance(one, str) for one in given):
            wrong.append(f"regimes.{field} is {given!r:.80}, expected a list of names")
        elif len(set(given)) != len(given):
            wrong.append(f"regimes.{field} names something twice: {given}")
        else:
            names[field] = tuple(given)
    tables: dict[str, tuple[tuple[float, ...], ...]] = {}
    for field, across in (("centroids", "settings"), ("mean", "channels"), ("scale", "channels")):
        given = raw.get(field)
        if not isinstance(given, list) or not given or not all(_are_numbers(row) for row in given):
            wrong.append(f"regimes.{field} is {given!r:.80}, expected one list of finite numbers per regime")
            continue
        tables[field] = tuple(tuple(map(float, row)) for row in given)
        if across in names and any(len(row) != len(names[across]) for row in given):
            wrong.append(
                f"regimes.{field} has lists of {sorted({len(r) for r in given})} numbers, expected one per {across}"
            )
        if field == "scale" and any(one <= 0 for row in given for one in row):
            wrong.append("regimes.scale holds a number that is not above 0")
    if len({len(table) for table in tables.values()}) > 1:
        wrong.append("regimes: centroids, mean and scale speak of different numbers of regimes")
    if any(len(table) > _REGIMES_MAX for table in tables.values()):
        wrong.append(f"regimes: at most {_REGIMES_MAX} of them")
    if wrong:
        return None, wrong
    return Regimes(names["settings"], tables["centroids"], names["channels"], tables["mean"], tables["scale"]), []


def _are_numbers(row: object) -> bool:
    return isinstance(row, list | tuple) and all(
        isinstance(one, int | float) and not isinstance(one, bool) and math.isfinite(one) for one in row
    )
