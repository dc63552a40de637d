"""Writes a trained network with its preprocessing as an ordinary submission folder, in the form its adapter reads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...harness.adapters.onnx_file import MODEL_NAME
from ...harness.adapters.series_config import CONFIG_NAME
from ...harness.adapters.series_preprocessing import PREPROCESSOR_NAME, Preprocessing
from ..baseline_folder import own_manifest, write_baseline_folder
from ..patchtst_networks import WEIGHTS_NAME, architecture_of, transformers_files

__all__ = ["write_checkpoint_folder"]


def write_checkpoint_folder(
    folder: Path,
    model: Any,
    preprocessing: Preprocessing,
    *,
    name: str,
    task: str,
    trained_on: Sequence[str],
    interface: str = "regression",
) -> Path:
    """Writes a submission folder, whole or not at all; one that is there already is replaced.

    Args:
        folder: The submission folder.
        model: What was trained: a model of transformers, or a GRU, which becomes an ONNX graph.
        preprocessing: How rows become its numbers.
        name: On the board.
        task: Task, or task and track, that it is made for.
        trained_on: Data sets named in the manifest.
        interface: That it serves.

    Raises:
        UsageError: The folder holds something that no baseline wrote.
    """
    from .gru_network import GruRegressor

    graph = isinstance(model, GruRegressor)
    weights = sum(one.numel() for one in model.parameters())
    what = (
        f"GRU as an ONNX graph with {weights:,} weights"
        if graph
        else f"{architecture_of(model)} with {weights:,} weights"
    )
    manifest = own_manifest(
        name,
        description=f"{what}, trained on one CPU thread",
        adapter="onnx" if graph else "transformers-series",
        interface=interface,
        tasks=[task],
        trained_on=list(trained_on),
    )
    names = (MODEL_NAME, PREPROCESSOR_NAME) if graph else (CONFIG_NAME, WEIGHTS_NAME, PREPROCESSOR_NAME)
    files = _graph_files if graph else transformers_files
    prepared = (json.dumps(preprocessing.as_json(), indent=1) + "\n").encode()
    write_baseline_folder(folder, manifest, lambda: files(model) | {PREPROCESSOR_NAME: prepared}, names=names)
    return folder


def _graph_files(model: Any) -> dict[str, bytes]:
    from .gru_network import onnx_graph

    return {MODEL_NAME: onnx_graph(model)}
