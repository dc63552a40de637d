"""Looks at an ONNX file as the work of a stranger: what it asks for, and what is not run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import SubmissionError
from .checkpoint_files import first_line

__all__ = ["MODEL_NAME", "GraphFace", "read_face"]

MODEL_NAME = "model.onnx"
_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml"})
_LARGEST_BYTES = 2 << 30  # what one protocol buffer can hold


class GraphFace(NamedTuple):
    """Names and declared shapes of a model's inputs and outputs; an axis without a fixed length is None."""

    inputs: dict[str, tuple[int | None, ...]]
    outputs: dict[str, tuple[int | None, ...]]


def read_face(path: Path) -> GraphFace:
    """Reads the file, without running anything, and refuses what is not standard ONNX in one file.

    Raises:
        SubmissionError: It is no ONNX file, names weights in other files, or uses operators beyond the standard ones;
            the message begins with the code.
    """
    import onnx

    try:
        size = path.stat().st_size
    except OSError as err:
        raise SubmissionError(f"SB104 {path.name}: not found in the folder; adapter 'onnx' reads it") from err
    if size > _LARGEST_BYTES:
        raise SubmissionError(f"SB107 {path.name}: {size:,} bytes, one ONNX file holds at most {_LARGEST_BYTES:,}")
    try:
        model = onnx.load(str(path), load_external_data=False)
        wrong = sorted(set(_wrong(model)))
        if not wrong:
            onnx.checker.check_model(model)
    except (SubmissionError, MemoryError):
        raise
    except Exception as err:  # a crafted file can make the parser fail in any way
        raise SubmissionError(f"SB107 {path.name}: not an ONNX model that can be read: {first_line(err)}") from err
    if wrong:
        raise SubmissionError(f"SB106 {path.name}: {'; '.join(wrong[:5])}")
    weights = {one.name for one in model.graph.initializer}
    given = {one.name: _shape(one) for one in model.graph.input if one.name not in weights}
    return GraphFace(given, {one.name: _shape(one) for one in model.graph.output})


def _wrong(model: Any) -> Iterator[str]:
    for one in model.opset_import:
        if one.domain not in _DOMAINS:
            yield f"operators of {one.domain!r} are not run; export with standard ones"
    if model.functions:
        yield "local functions are not run; export with standard operators"
    for graph in _graphs(model.graph):
        for tensor in graph.initializer:
            if tensor.external_data or tensor.data_location:
                yield f"the weight {tensor.name[:40]!r} lies in another file; save it within {MODEL_NAME}"
        if graph.sparse_initializer:
            yield "sparse weights are not run; save them dense"
        for node in graph.node:
            if node.domain not in _DOMAINS:
                yield f"the operator {node.op_type[:40]!r} of {node.domain[:40]!r} is not run; use a standard one"
            for attribute in node.attribute:
                for tensor in (attribute.t, *attribute.tensors):
                    if tensor.external_data or tensor.data_location:
                        yield f"a constant of {node.op_type[:40]!r} lies in another file; save it within {MODEL_NAME}"


def _graphs(graph: Any) -> Iterator[Any]:
    """The graph and all graphs within its nodes (branches and loops)."""
    todo = [graph]
    while todo:
        one = todo.pop()
        yield one
        for node in one.node:
            for attribute in node.attribute:
                if attribute.HasField("g"):
                    todo.append(attribute.g)
                todo += attribute.graphs


def _shape(value: Any) -> tuple[int | None, ...]:
    dims = value.type.tensor_type.shape.dim
    return tuple(int(one.dim_value) if one.HasField("dim_value") else None for one in dims)
