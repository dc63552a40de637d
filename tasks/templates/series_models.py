"""Tiny PatchTST networks with random weights for series, and how their numbers are made from rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ...harness.adapters.series_preprocessing import PREPROCESSOR_NAME, Preprocessing
from ...harness.interfaces import Quantity
from ...harness.task import Draw
from ..energy.simulated_day_ahead import TASK as LOAD
from ..patchtst_networks import patchtst_config, transformers_files
from ..predictive_maintenance.fleet_rows import HISTORY_MAX_CYCLES
from ..predictive_maintenance.fleet_simulator import CHANNELS as FLEET_CHANNELS
from ..predictive_maintenance.fleet_simulator import STATIC as FLEET_STATIC
from ..predictive_maintenance.hydraulic import CHANNELS as HYDRAULIC_CHANNELS
from ..predictive_maintenance.hydraulic import CYCLE_S, HEADS
from ..predictive_maintenance.rul_metrics import RUL_CAP_CYCLES
from ..predictive_maintenance.skab import CHANNELS as PUMP_CHANNELS
from .kinds import SEED, Made

__all__ = ["classification", "detection", "forecasting", "preparation", "regression"]

_SMALL: Mapping[str, Any] = {"width": 8, "layers": 1, "dropout": 0.0, "heads": 2}
_PUMP_STEPS, _LOAD_STEPS = 32, 168


def regression() -> Made:
    """Remaining life from 48 cycles; the answer is scaled to the middle of what is asked for."""
    half = RUL_CAP_CYCLES / 2
    names = (*FLEET_CHANNELS, *FLEET_STATIC)
    files = _network("PatchTSTForRegression", len(names), steps=HISTORY_MAX_CYCLES, patch=8, num_targets=1)
    return Made(files | preparation(FLEET_CHANNELS, FLEET_STATIC, target=(half, half)), {})


def classification() -> Made:
    """Condition of four components: the logits of all their classes behind each other."""
    classes = sum(len(head.classes) for head in HEADS)
    files = _network("PatchTSTForClassification", len(HYDRAULIC_CHANNELS), steps=CYCLE_S, patch=10, num_targets=classes)
    return Made(files | preparation(HYDRAULIC_CHANNELS), {})


def detection() -> Made:
    """One step ahead; its error is the score."""
    files = _network(
        "PatchTSTForPrediction", len(PUMP_CHANNELS), steps=_PUMP_STEPS, patch=8, prediction_length=1, scaling="std"
    )
    return Made(files | preparation(PUMP_CHANNELS), {})


def forecasting() -> Made:
    """A day ahead from a week."""
    plan = LOAD.plan(Draw(LOAD.card.tracks[0].name))
    files = _network(
        "PatchTSTForPrediction",
        len(plan.channels),
        steps=_LOAD_STEPS,
        patch=24,
        prediction_length=plan.horizon,
        scaling="std",
    )
    return Made(files | preparation(plan.channels, step_s=plan.step_s), {})


def preparation(
    channels: Sequence[Quantity],
    static: Sequence[Quantity] = (),
    *,
    target: tuple[float, float] = (0.0, 1.0),
    step_s: float | None = None,
) -> dict[str, bytes]:
    """``preprocessor_config.json`` that leaves readings as they are; ``target`` is its mean and scale."""
    every = (*channels, *static)
    made = Preprocessing(
        channels=tuple(one.name for one in channels),
        static=tuple(one.name for one in static),
        mean=(0.0,) * len(every),
        scale=(1.0,) * len(every),
        target_mean=float(target[0]),
        target_scale=float(target[1]),
        units=tuple(one.unit for one in every),
        step_s=step_s,
    )
    return {PREPROCESSOR_NAME: (json.dumps(made.as_json(), indent=1, ensure_ascii=False) + "\n").encode()}


def _network(architecture: str, channels: int, **more: Any) -> dict[str, bytes]:
    import torch
    import transformers

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        config = patchtst_config(channels=channels, **_SMALL, **more)
        return transformers_files(getattr(transformers, architecture)(config).eval())
