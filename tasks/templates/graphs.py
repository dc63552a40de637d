"""Tiny ONNX graphs with random weights, made node by node, with the fixed names of inputs and outputs.

Letters: n = rows, t = steps, c = channels, s = static features, h = steps ahead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ...harness.adapters.onnx_file import MODEL_NAME
from ...harness.task import Draw
from ..energy.simulated_day_ahead import TASK as LOAD
from ..predictive_maintenance.ai4i import FEATURES
from ..predictive_maintenance.fleet_simulator import CHANNELS as FLEET_CHANNELS
from ..predictive_maintenance.fleet_simulator import STATIC as FLEET_STATIC
from ..predictive_maintenance.milling_failure import HEAD
from ..predictive_maintenance.rul_metrics import RUL_CAP_CYCLES
from ..predictive_maintenance.skab import CHANNELS as PUMP_CHANNELS
from .kinds import SEED, Made
from .series_models import preparation

__all__ = ["classification", "detection", "forecasting", "regression"]

_OPSET, _IR_VERSION = 17, 8  # read by every runtime since 2022
_LOAD_STEPS = 168
_SMALL = 1e-3  # readings are as large as they are

FloatArray = npt.NDArray[np.float32]


def regression() -> Made:
    """``series`` with a free axis of steps to ``value``: a weighted mean of the readings, between -1 and 1."""
    from onnx import helper

    width, half = len(FLEET_CHANNELS) + len(FLEET_STATIC), RUL_CAP_CYCLES / 2
    nodes = [
        helper.make_node("ReduceMean", ["series"], ["mean"], axes=[1], keepdims=0),  # (n, c)
        helper.make_node("MatMul", ["mean", "weight"], ["weighed"]),  # (n, 1)
        helper.make_node("Tanh", ["weighed"], ["value"]),
    ]
    weights = {"weight": _drawn(width, 1) * _SMALL}
    graph = _graph(nodes, {"series": ["n", "t", width]}, {"value": ["n", 1]}, weights)
    return Made(graph | preparation(FLEET_CHANNELS, FLEET_STATIC, target=(half, half)), {})


def classification() -> Made:
    """``static`` to ``probability``: a softmax over the classes of the one head."""
    from onnx import helper

    nodes = [
        helper.make_node("MatMul", ["static", "weight"], ["logits"]),  # (n, classes)
        helper.make_node("Softmax", ["logits"], ["probability"], axis=1),
    ]
    width, classes = len(FEATURES), len(HEAD.classes)
    weights = {"weight": _drawn(width, classes) * _SMALL}
    return Made(_graph(nodes, {"static": ["n", width]}, {"probability": ["n", classes]}, weights), {})


def detection() -> Made:
    """``series`` with a free axis of steps to ``score``: per step a weighted sum of its own readings."""
    from onnx import helper

    nodes = [
        helper.make_node("MatMul", ["series", "weight"], ["weighed"]),  # (n, t, 1)
        helper.make_node("Squeeze", ["weighed", "last"], ["score"]),  # (n, t)
    ]
    weights: dict[str, npt.NDArray[Any]] = {"weight": _drawn(len(PUMP_CHANNELS), 1), "last": np.array([2], np.int64)}
    graph = _graph(nodes, {"series": ["n", "t", len(PUMP_CHANNELS)]}, {"score": ["n", "t"]}, weights)
    return Made(graph | preparation(PUMP_CHANNELS), {})


def forecasting() -> Made:
    """``series`` of a week to ``value``: each step ahead a random mixture of the first channel's readings."""
    from onnx import helper

    plan = LOAD.plan(Draw(LOAD.card.tracks[0].name))
    mixture = np.exp(_drawn(_LOAD_STEPS, plan.horizon))
    nodes = [
        helper.make_node("Gather", ["series", "first"], ["load"], axis=2),  # (n, t)
        helper.make_node("MatMul", ["load", "mixture"], ["mixed"]),  # (n, h)
        helper.make_node("Unsqueeze", ["mixed", "last"], ["value"]),  # (n, h, 1)
    ]
    weights: dict[str, npt.NDArray[Any]] = {
        "first": np.array(0, np.int64),
        "mixture": mixture / mixture.sum(axis=0),
        "last": np.array([2], np.int64),
    }
    given: dict[str, list[str | int]] = {"series": ["n", _LOAD_STEPS, len(plan.channels)]}
    answered: dict[str, list[str | int]] = {"value": ["n", plan.horizon, 1]}
    return Made(_graph(nodes, given, answered, weights) | preparation(plan.channels, step_s=plan.step_s), {})


def _drawn(*shape: int) -> FloatArray:
    return np.random.default_rng(SEED).normal(size=shape).astype(np.float32)


def _graph(
    nodes: Sequence[Any],
    inputs: Mapping[str, Sequence[str | int]],
    outputs: Mapping[str, Sequence[str | int]],
    weights: Mapping[str, npt.NDArray[Any]],
) -> dict[str, bytes]:
    from onnx import TensorProto, helper, numpy_helper

    def told(named: Mapping[str, Sequence[str | int]]) -> list[Any]:
        return [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in named.items()]

    held = [numpy_helper.from_array(one, name) for name, one in weights.items()]
    graph = helper.make_graph(nodes, "template", told(inputs), told(outputs), held)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)
    return {MODEL_NAME: bytes(made.SerializeToString(deterministic=True))}
