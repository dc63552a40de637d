"""A GRU that reads a row's whole history, and the same network as an ONNX graph for the adapter ``onnx``.

Importing it imports torch: it is imported where a network is made.

Letters: n = rows, t = steps, c = channels, h = width, q = quantile levels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

__all__ = ["GruRegressor", "onnx_graph"]

_OPSET, _IR_VERSION = 17, 8  # read by every runtime since 2022
_GATES = 3  # reset, update, new: torch's order; ONNX has update first


class GruRegressor(nn.Module):
    """One number per row, and quantiles if asked for, from the GRU's state after the row's last step.

    All lie between ``low`` and ``high``; quantiles rise with their level by construction.

    Args:
        channels: Of the input, c.
        width: Numbers of the state, h.
        layers: GRUs on top of each other.
        dropout: Between layers and before the head.
        low: Least answer, in the scaled target's unit.
        high: Greatest answer.
        quantiles: How many levels, q.
    """

    def __init__(
        self, channels: int, *, width: int, layers: int, dropout: float, low: float, high: float, quantiles: int = 0
    ) -> None:
        super().__init__()
        between = dropout if layers > 1 else 0.0
        self.gru = nn.GRU(channels, width, layers, batch_first=True, dropout=between)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(width, 1)
        self.quantile_head = nn.Linear(width, quantiles) if quantiles else None
        self.low, self.high = low, high

    def forward(self, past: torch.Tensor, steps: torch.Tensor) -> torch.Tensor:
        """Answers, shape ``(n,)``; see ``answers``."""
        return self.answers(past, steps)[0]

    def answers(self, past: torch.Tensor, steps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Answers, shape ``(n,)``, and their quantiles, shape ``(n, q)``.

        Args:
            past: Padded on the left, shape ``(n, t, c)``.
            steps: How many of the last steps are the row's own, at least 1, shape ``(n,)``.
        """
        n, t, _ = past.shape
        # The row's own steps come first: what is padded then stands behind the state that is read.
        step = (torch.arange(t) + (t - steps)[:, None]) % t  # (n, t)
        own = past.gather(1, step[:, :, None].expand_as(past))
        states, _ = self.gru(own)  # (n, t, h)
        last = self.dropout(states[torch.arange(n), steps - 1])
        value = self._between(self.head(last))[:, 0]
        if self.quantile_head is None:
            return value, None
        lowest, rises = self.quantile_head(last).tensor_split([1], dim=1)
        rising = torch.cat([lowest, nn.functional.softplus(rises)], dim=1).cumsum(dim=1)
        return value, self._between(rising)

    def _between(self, logit: torch.Tensor) -> torch.Tensor:
        return self.low + (self.high - self.low) * torch.sigmoid(logit)


def onnx_graph(model: GruRegressor, *, steps: int | None = None) -> bytes:
    """The network as ``model.onnx``, the same bytes each time.

    Inputs ``series`` and ``lengths``, output ``value`` and, where the network has them, ``quantiles``.

    Args:
        model: What was trained.
        steps: Length of the axis of steps; None: it is free, and the adapter asks rows of one length together.
    """
    from onnx import TensorProto, helper, numpy_helper

    weights: dict[str, npt.NDArray[Any]] = {
        "first": np.array([0], np.int64),
        "second": np.array([1], np.int64),
        "newest": np.array([-1], np.int64),
        "beyond_oldest": np.array([np.iinfo(np.int64).min], np.int64),
        "head": _array(model.head.weight).T,
        "head_bias": _array(model.head.bias),
        "spread": np.array(model.high - model.low, np.float32),
        "low": np.array(model.low, np.float32),
    }
    node = helper.make_node
    nodes = [
        # All steps backwards, then the row's own ones forwards again: they come first, see ``GruRegressor.forward``.
        node("Transpose", ["series"], ["by_step"], perm=[1, 0, 2]),
        node("Slice", ["by_step", "newest", "beyond_oldest", "first", "newest"], ["backwards"]),
        node("ReverseSequence", ["backwards", "lengths"], ["states0"], time_axis=0, batch_axis=1),
        node("Cast", ["lengths"], ["lengths32"], to=TensorProto.INT32),
    ]
    layers = model.gru.num_layers
    for layer in range(layers):
        named = {"W": f"weight_ih_l{layer}", "R": f"weight_hh_l{layer}"}
        weights |= {f"{to}{layer}": _update_first(getattr(model.gru, own))[None] for to, own in named.items()}
        biases = [_update_first(getattr(model.gru, f"bias_{which}_l{layer}")) for which in ("ih", "hh")]
        weights[f"B{layer}"] = np.concatenate(biases)[None]
        nodes += [
            node(
                "GRU",
                [f"states{layer}", f"W{layer}", f"R{layer}", f"B{layer}", "lengths32"],
                [f"all{layer}", f"last{layer}"],
                hidden_size=model.gru.hidden_size,
                linear_before_reset=1,
            ),
            node("Squeeze", [f"all{layer}", "second"], [f"states{layer + 1}"]),
        ]
    nodes += [
        node("Squeeze", [f"last{layers - 1}", "first"], ["last"]),
        node("MatMul", ["last", "head"], ["weighed"]),
        node("Add", ["weighed", "head_bias"], ["logit"]),
        node("Sigmoid", ["logit"], ["share"]),
        node("Mul", ["share", "spread"], ["scaled"]),
        node("Add", ["scaled", "low"], ["value"]),
    ]
    outputs = [helper.make_tensor_value_info("value", TensorProto.FLOAT, ["n", 1])]
    if model.quantile_head is not None:
        levels = model.quantile_head.out_features
        weights |= {
            "quantile_head": _array(model.quantile_head.weight).T,
            "quantile_bias": _array(model.quantile_head.bias),
            "axis": np.array(1, np.int64),
            "end": np.array([levels], np.int64),
        }
        nodes += [
            node("MatMul", ["last", "quantile_head"], ["quantiles_weighed"]),
            node("Add", ["quantiles_weighed", "quantile_bias"], ["quantile_logits"]),
            node("Slice", ["quantile_logits", "first", "second", "second"], ["lowest"]),
            node("Slice", ["quantile_logits", "second", "end", "second"], ["rises"]),
            node("Softplus", ["rises"], ["steps_up"]),
            node("Concat", ["lowest", "steps_up"], ["in_steps"], axis=1),
            node("CumSum", ["in_steps", "axis"], ["rising"]),
            node("Sigmoid", ["rising"], ["quantile_share"]),
            node("Mul", ["quantile_share", "spread"], ["quantiles_scaled"]),
            node("Add", ["quantiles_scaled", "low"], ["quantiles"]),
        ]
        outputs.append(helper.make_tensor_value_info("quantiles", TensorProto.FLOAT, ["n", levels]))
    graph = helper.make_graph(
        nodes,
        "gru",
        [
            helper.make_tensor_value_info("series", TensorProto.FLOAT, ["n", steps or "t", model.gru.input_size]),
            helper.make_tensor_value_info("lengths", TensorProto.INT64, ["n"]),
        ],
        outputs,
        [numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in weights.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)
    return bytes(made.SerializeToString(deterministic=True))


def _array(tensor: torch.Tensor) -> npt.NDArray[np.float32]:
    found: npt.NDArray[np.float32] = tensor.detach().numpy()
    return found


def _update_first(tensor: torch.Tensor) -> npt.NDArray[np.float32]:
    """Weights or biases of the gates in the order of ONNX, shape ``(3 h, ...)``."""
    reset, update, new = np.split(_array(tensor), _GATES)
    return np.concatenate([update, reset, new])
