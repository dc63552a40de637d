"""What models of C-MAPSS are trained on: sensors that move, and operating regimes as the training cycles show them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...harness.adapters.regimes import Regimes
from ...harness.adapters.series_features import SeriesSummary
from ...harness.interfaces import table_info
from ...harness.task import Examples
from .cmapss import SETTINGS, Subset
from .turbofan_cards import BASELINE_CYCLES

__all__ = ["SENSORS", "fit_regimes", "summary_features"]

SENSORS = ("T24", "T30", "T50", "P30", "Nf", "Nc", "Ps30", "phi", "NRf", "NRc", "BPR", "htBleed", "W31", "W32")
"""The 14 of 21 sensors that most papers read: the other seven hardly move within an operating regime."""

_SEED = 0
_SPREAD_MIN = 1e-4  # in the sensor's unit; one that stands still in a regime is not blown up


def fit_regimes(examples: Examples, subset: Subset) -> Regimes | None:
    """The subset's regimes with mean and spread of the sensors in each, from training rows; None where there is one.

    Each row's last cycle is looked at, so that every cycle counts once. The regimes lie so far apart that k-means finds
    them from any start; they are sorted by their settings.
    """
    if subset.regimes == 1:
        return None
    from sklearn.cluster import KMeans

    names = [q["name"] for q in table_info(examples.inputs.schema)["channels"]]
    series = examples.inputs.column("series").combine_chunks()
    last = np.cumsum(series.value_lengths().to_numpy(zero_copy_only=False)) - 1  # (n,)
    steps = series.flatten().flatten().to_numpy(zero_copy_only=False).reshape(-1, len(names))
    readings = steps[last].astype(np.float64)  # (n, channels)
    settings = readings[:, [names.index(one) for one in SETTINGS]]
    sensors = readings[:, [names.index(one) for one in SENSORS]]
    found = KMeans(subset.regimes, n_init=10, random_state=_SEED).fit(settings)
    order = np.lexsort(found.cluster_centers_.T[::-1])
    groups = [found.labels_ == one for one in order]
    return Regimes(
        settings=SETTINGS,
        centroids=tuple(_six_digits(found.cluster_centers_[one]) for one in order),
        channels=SENSORS,
        mean=tuple(_six_digits(sensors[group].mean(axis=0)) for group in groups),
        scale=tuple(_six_digits(_spread(sensors[group])) for group in groups),
    )


def summary_features(examples: Examples, subset: Subset) -> SeriesSummary:
    """The feature step of the baselines: last, mean, spread and slope of 30 cycles, and the shift since the first five.

    In several regimes all readings are normalised by regime before. As in the reference run, an engine's state as new
    enters as the difference from it, not as a level of its own.
    """
    step = SeriesSummary(windows=(30,), short_steps=5, static="no-baselines", channels=SENSORS)
    regimes = fit_regimes(examples, subset)
    if regimes is None:
        return step
    return replace(step, regimes=regimes, baseline_steps=BASELINE_CYCLES)


def _spread(readings: np.ndarray) -> np.ndarray:
    spread = readings.std(axis=0)
    return np.where(spread < _SPREAD_MIN, 1.0, spread)


def _six_digits(values: np.ndarray) -> tuple[float, ...]:
    return tuple(float(f"{one:.6g}") for one in values)
