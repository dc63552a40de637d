"""The ONNX adapter on small graphs made here by hand, and on files that somebody tampered with."""

from __future__ import annotations

import json

import numpy as np
import onnx
import pyarrow as pa
import pytest
from onnx import TensorProto, helper, numpy_helper
from sectorbench.harness.adapters import LoadContext
from sectorbench.harness.adapters.onnx_model import OnnxModel
from sectorbench.harness.errors import InterfaceError, SubmissionError
from sectorbench.harness.interfaces import Head, Quantity, classification_inputs, regression_inputs
from sectorbench.harness.numeric_inputs import detection_inputs
from sectorbench.harness.validation import validate_predictions

FLOAT, INT = TensorProto.FLOAT, TensorProto.INT64
PREPROCESSING = {
    "schema": "series/1",
    "channels": ["b", "a"],
    "static": ["age"],
    "mean": [0.0, 1.0, 10.0],
    "scale": [1.0, 2.0, 5.0],
    "target_mean": 60.0,
    "target_scale": 40.0,
    "padding": "left",
}


def saved(folder, nodes, inputs, outputs, weights=(), **more):
    values = [helper.make_tensor_value_info(name, kind, shape) for name, kind, shape in inputs]
    ends = [helper.make_tensor_value_info(name, kind, shape) for name, kind, shape in outputs]
    tensors = [numpy_helper.from_array(np.asarray(array), name) for name, array in weights]
    graph = helper.make_graph(nodes, "g", values, ends, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, **more)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    return model


def mean_of_series(folder, *, channels=3, preprocessing=PREPROCESSING):
    """value = mean over steps and channels of the scaled series."""
    nodes = [helper.make_node("ReduceMean", ["series"], ["value"], axes=[1, 2], keepdims=0)]
    saved(folder, nodes, [("series", FLOAT, ["n", 4, channels])], [("value", FLOAT, ["n"])])
    if preprocessing is not None:
        (folder / "preprocessor_config.json").write_text(json.dumps(preprocessing))


def lives(n=70, lengths=(6, 2, 5)):
    schema = regression_inputs(
        channels=[Quantity("a", "1"), Quantity("b", "1")],
        static=[Quantity("age", "1")],
        target=Quantity("life", "cycles"),
        step_unit="cycle",
        history_max=6,
        train_mean=1.0,
        target_range=(0.0, None),
    )
    rng = np.random.default_rng(0)
    series = [rng.normal(size=(lengths[i % len(lengths)], 2)).tolist() for i in range(n)]
    columns = [
        pa.array([f"r{i}" for i in range(n)]),
        pa.array(series, schema.field("series").type),
        pa.array([[float(i)] for i in range(n)], schema.field("static").type),
        pa.array(["score"] * n),
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def loaded(folder, table, interface, **options):
    OnnxModel.examine(folder, options)
    return OnnxModel.load(LoadContext(folder, options, interface, table.schema))


def answered(adapter, table, rows=None):
    batches = table.combine_chunks().to_batches(max_chunksize=rows)
    found = validate_predictions(pa.Table.from_batches([adapter.predict(one) for one in batches]), table)
    assert found.problems == {}
    return found.predictions


def test_a_regressor_reads_the_scaled_last_steps_and_answers_in_the_targets_unit(tmp_path):
    mean_of_series(tmp_path)
    table = lives()
    value = answered(loaded(tmp_path, table, "regression"), table).column("value").to_pylist()
    for row in (0, 1, 69):
        series = np.array(table.column("series")[row].as_py())[-4:]
        scaled = np.zeros((4, 3))
        scaled[4 - len(series) :, 0] = series[:, 1]
        scaled[4 - len(series) :, 1] = (series[:, 0] - 1) / 2
        scaled[:, 2] = (row - 10) / 5
        assert value[row] == pytest.approx(60 + 40 * scaled.mean(), abs=1e-4)


def test_a_rows_answer_does_not_depend_on_how_batches_were_cut(tmp_path):
    mean_of_series(tmp_path)
    table = lives()
    adapter = loaded(tmp_path, table, "regression")
    whole = answered(adapter, table).column("value").to_pylist()
    assert answered(adapter, table, rows=7).column("value").to_pylist() == whole


@pytest.mark.parametrize("hidden", [False, True], ids=["plain", "behind one answer that is far away"])
def test_a_graph_that_looks_at_the_rows_beside_a_row_is_refused(tmp_path, hidden):
    """value = the static feature minus the greatest of all rows that stand in the block."""
    nodes = [
        helper.make_node("ReduceMax", ["static"], ["greatest"], axes=[0], keepdims=1),
        helper.make_node("Sub", ["static", "greatest"], ["value"]),
    ]
    saved(tmp_path, nodes, [("static", FLOAT, ["n", 1])], [("value", FLOAT, ["n", 1])])
    table = lives(200)
    if hidden:
        static = pa.array([[1e9], *([float(i)] for i in range(1, 200))], table.schema.field("static").type)
        table = table.set_column(2, table.schema.field("static"), static)
    with pytest.raises(InterfaceError, match="where other rows stand beside it"):
        answered(loaded(tmp_path, table, "regression"), table)


def means_and_quantiles(folder, levels):
    """value = mean of the static features; quantiles = that, so many times."""
    weights = [numpy_helper.from_array(np.ones((1, levels), np.float32), "ones")]
    nodes = [
        helper.make_node("ReduceMean", ["static"], ["value"], axes=[1], keepdims=1),
        helper.make_node("MatMul", ["value", "ones"], ["quantiles"]),
    ]
    inputs = [helper.make_tensor_value_info("static", TensorProto.FLOAT, ["n", 1])]
    outputs = [
        helper.make_tensor_value_info("value", TensorProto.FLOAT, ["n", 1]),
        helper.make_tensor_value_info("quantiles", TensorProto.FLOAT, ["n", levels]),
    ]
    graph = helper.make_graph(nodes, "both", inputs, outputs, weights)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (folder / "model.onnx").write_bytes(made.SerializeToString())


def test_a_regressor_may_tell_quantiles_too(tmp_path):
    means_and_quantiles(tmp_path, 9)
    table = lives()
    said = answered(loaded(tmp_path, table, "regression"), table)
    assert said.column("value").to_pylist() == [float(i) for i in range(table.num_rows)]
    assert said.column("quantiles").to_pylist() == [[float(i)] * 9 for i in range(table.num_rows)]


def test_another_number_of_quantiles_is_refused(tmp_path):
    means_and_quantiles(tmp_path, 3)
    table = lives()
    with pytest.raises(InterfaceError, match="output 'quantiles' has 3 numbers per row, regression asks for 9"):
        answered(loaded(tmp_path, table, "regression"), table)


def steps_of_series(folder):
    """value = how many steps the graph was given, in the scaled target's unit; channel b alone."""
    nodes = [
        helper.make_node("Identity", ["ones"], ["weights"]),
        helper.make_node("Mul", ["series", "weights"], ["nothing"]),
        helper.make_node("Add", ["nothing", "one"], ["each"]),
        helper.make_node("ReduceSum", ["each", "axes"], ["value"], keepdims=0),
    ]
    weights = [("ones", np.float32(0)), ("one", np.float32(1)), ("axes", np.array([1, 2]))]
    saved(folder, nodes, [("series", FLOAT, ["n", "t", 1])], [("value", FLOAT, ["n"])], weights)
    preprocessing = PREPROCESSING | {"channels": ["b"], "static": [], "mean": [0.0], "scale": [1.0]}
    (folder / "preprocessor_config.json").write_text(
        json.dumps(preprocessing | {"target_mean": 0.0, "target_scale": 1.0})
    )


def test_rows_of_many_lengths_are_asked_by_length_where_the_axis_is_free(tmp_path):
    steps_of_series(tmp_path)
    lengths = (6, 2, 5, 9, 1)  # 9 is beyond the task's history_max of 6
    table = lives(70, lengths)
    value = answered(loaded(tmp_path, table, "regression"), table).column("value").to_pylist()
    assert value == [min(lengths[row % 5], 6) for row in range(70)]


def test_the_answer_of_a_row_among_rows_of_other_lengths_is_the_one_it_has_alone(tmp_path):
    """A mean over steps would show a padded step; the runtime rounds a sum by the row's place in the block."""
    nodes = [helper.make_node("ReduceMean", ["series"], ["value"], axes=[1, 2], keepdims=0)]
    saved(tmp_path, nodes, [("series", FLOAT, ["n", "t", 3])], [("value", FLOAT, ["n"])])
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(PREPROCESSING))
    table = lives(100, (6, 2, 5, 1, 3))
    adapter = loaded(tmp_path, table, "regression")
    together = answered(adapter, table)
    alone = answered(adapter, table, rows=1)
    assert together.column("id").to_pylist() == [f"r{i}" for i in range(100)]
    np.testing.assert_allclose(together.column("value"), alone.column("value"), rtol=1e-6)
    series = np.array(table.column("series")[1].as_py())  # of 2 steps: b, (a - 1) / 2, age 1
    plain = np.mean([series[:, 1], (series[:, 0] - 1) / 2, [(1 - 10) / 5] * 2])
    assert together.column("value")[1].as_py() == pytest.approx(60 + 40 * plain, abs=1e-4)


def test_codes_of_a_free_axis_are_never_padded_to_the_longest_of_the_batch(tmp_path):
    schema = classification_inputs(heads=(Head("h", ("x",), "independent"),), train_share=((0.1,),), codes=9)
    codes = [[1, 2, 3, 4], [5], [], [7, 8]]
    table = pa.table(
        {"id": [f"r{i}" for i in range(4)], "codes": pa.array(codes, schema.field("codes").type)}, schema=schema
    )
    nodes = [
        helper.make_node("Cast", ["codes"], ["f"], to=FLOAT),
        helper.make_node("ReduceMean", ["f"], ["mean"], axes=[1], keepdims=1),
        helper.make_node("Div", ["mean", "ten"], ["probability"]),
    ]
    outputs = [("probability", FLOAT, ["n", 1])]
    saved(tmp_path, nodes, [("codes", INT, ["n", "k"])], outputs, [("ten", np.float32(10))])
    found = answered(loaded(tmp_path, table, "classification"), table).column("probability").to_pylist()
    np.testing.assert_allclose(np.ravel(found), [0.25, 0.5, 0.0, 0.75], atol=1e-6)


def test_an_output_whose_width_follows_the_length_is_told(tmp_path):
    nodes = [helper.make_node("ReduceMean", ["series"], ["value"], axes=[2], keepdims=0)]
    saved(tmp_path, nodes, [("series", FLOAT, ["n", "t", 3])], [("value", FLOAT, ["n", "t"])])
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(PREPROCESSING))
    table = lives()
    with pytest.raises(InterfaceError, match=r"shapes \(16, 2\) and \(16, 5\)"):
        loaded(tmp_path, table, "regression").predict(table.to_batches()[0])


def test_a_classifier_of_static_features_answers_its_heads_behind_each_other(tmp_path):
    heads = (Head("fails", ("no", "yes"), "exclusive"), Head("alarms", ("x",), "independent"))
    schema = classification_inputs(heads=heads, train_share=((0.5, 0.5), (0.1,)), static=(Quantity("a", "1"),))
    table = pa.table(
        {"id": ["r0", "r1"], "static": pa.array([[0.0], [5.0]], schema.field("static").type)}, schema=schema
    )
    nodes = [
        helper.make_node("Sigmoid", ["static"], ["p"]),
        helper.make_node("Sub", ["one", "p"], ["q"]),
        helper.make_node("Concat", ["q", "p", "p"], ["probability"], axis=1),
    ]
    saved(
        tmp_path,
        nodes,
        [("static", FLOAT, ["n", 1])],
        [("probability", FLOAT, ["n", 3])],
        [("one", np.ones((1, 1), np.float32))],
    )
    found = answered(loaded(tmp_path, table, "classification"), table).column("probability").to_pylist()
    assert found[0] == [[0.5, 0.5], [0.5]]
    assert found[1][0][1] == pytest.approx(1 / (1 + np.exp(-5)), abs=1e-6)


def test_codes_are_padded_on_the_left_and_cut_to_the_last(tmp_path):
    schema = classification_inputs(heads=(Head("h", ("x",), "independent"),), train_share=((0.1,),), codes=9)
    table = pa.table(
        {"id": ["r0", "r1", "r2"], "codes": pa.array([[1, 2, 3, 4], [5], []], schema.field("codes").type)},
        schema=schema,
    )
    nodes = [
        helper.make_node("Cast", ["codes"], ["f"], to=FLOAT),
        helper.make_node("MatMul", ["f", "w"], ["probability"]),
    ]
    weights = [("w", np.array([[0.1], [0.01], [0.001]], np.float32))]
    saved(tmp_path, nodes, [("codes", INT, ["n", 3])], [("probability", FLOAT, ["n", 1])], weights)
    found = answered(loaded(tmp_path, table, "classification"), table).column("probability").to_pylist()
    np.testing.assert_allclose(np.ravel(found), [0.234, 0.005, 0.0], atol=1e-6)


def test_a_detector_scores_runs_of_any_length(tmp_path):
    schema = detection_inputs(channels=[Quantity("a", "1")], step_s=1.0, causal=True)
    columns = {
        "id": ["r0", "r0/1"],
        "series": [[[1.0], [-4.0], [2.0]], [[1.0], [-4.0]]],
        "normal_steps": [1, 1],
        "prefix_of": ["", "r0"],
    }
    table = pa.table({n: pa.array(v, schema.field(n).type) for n, v in columns.items()}, schema=schema)
    nodes = [
        helper.make_node("Abs", ["series"], ["a"]),
        helper.make_node("ReduceMax", ["a"], ["score"], axes=[2], keepdims=0),
    ]
    saved(tmp_path, nodes, [("series", FLOAT, ["n", "t", 1])], [("score", FLOAT, ["n", "t"])])
    preprocessing = PREPROCESSING | {"channels": ["a"], "static": [], "mean": [0.0], "scale": [1.0]}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(preprocessing))
    found = answered(loaded(tmp_path, table, "detection"), table).column("score").to_pylist()
    assert found == [[1.0, 4.0, 2.0], [1.0, 4.0]]


def test_weights_in_another_file_are_refused(tmp_path):
    mean_of_series(tmp_path)
    model = onnx.load(tmp_path / "model.onnx")
    tensor = numpy_helper.from_array(np.ones(3, np.float32), "w")
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "/etc/passwd"
    model.graph.initializer.append(tensor)
    (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(SubmissionError, match=r"SB106.*'w' lies in another file"):
        OnnxModel.examine(tmp_path, {})


def test_operators_beyond_the_standard_ones_are_refused(tmp_path):
    nodes = [helper.make_node("Shell", ["static"], ["value"], domain="evil.ops")]
    saved(tmp_path, nodes, [("static", FLOAT, ["n", 1])], [("value", FLOAT, ["n"])])
    with pytest.raises(SubmissionError, match=r"SB106.*'Shell' of 'evil.ops'"):
        OnnxModel.examine(tmp_path, {})


@pytest.mark.parametrize(
    ("inputs", "match"),
    [
        ([("x", FLOAT, ["n", 1])], "'x' is not one of series"),
        ([("static", FLOAT, [4, 1])], "first one free"),
        ([("static", FLOAT, ["n", 1, 1])], "expected 2 axes"),
        ([("lengths", INT, ["n"])], "none of the inputs"),
    ],
)
def test_inputs_of_other_names_or_shapes_are_refused(tmp_path, inputs, match):
    nodes = [helper.make_node("Identity", [inputs[0][0]], ["value"])]
    saved(tmp_path, nodes, inputs, [("value", inputs[0][1], inputs[0][2])])
    with pytest.raises(SubmissionError, match=match):
        OnnxModel.examine(tmp_path, {})


def test_a_file_that_is_no_model_is_refused(tmp_path):
    with pytest.raises(SubmissionError, match="SB104"):
        OnnxModel.examine(tmp_path, {})
    (tmp_path / "model.onnx").write_bytes(b"not a graph" * 10)
    with pytest.raises(SubmissionError, match="SB107"):
        OnnxModel.examine(tmp_path, {})


def test_what_does_not_fit_the_task_is_told_before_the_first_row(tmp_path):
    mean_of_series(tmp_path, channels=2)
    with pytest.raises(SubmissionError, match="input 'series' has 2 channels"):
        loaded(tmp_path, lives(), "regression")
    nodes = [helper.make_node("Identity", ["static"], ["odds"])]
    saved(tmp_path, nodes, [("static", FLOAT, ["n", 1])], [("odds", FLOAT, ["n", 1])])
    with pytest.raises(InterfaceError, match="asks for 'value'"):
        loaded(tmp_path, lives(), "regression")
    nodes = [helper.make_node("Cast", ["codes"], ["value"], to=FLOAT)]
    saved(tmp_path, nodes, [("codes", INT, ["n", 1])], [("value", FLOAT, ["n", 1])])
    with pytest.raises(InterfaceError, match="'codes', and this task gives none"):
        loaded(tmp_path, lives(), "regression")


def test_a_graph_that_fails_on_the_inputs_is_told_with_their_shapes(tmp_path):
    nodes = [helper.make_node("MatMul", ["static", "w"], ["value"])]
    weights = [("w", np.ones((2, 1), np.float32))]
    saved(tmp_path, nodes, [("static", FLOAT, ["n", "s"])], [("value", FLOAT, ["n", 1])], weights)
    table = lives()
    with pytest.raises(InterfaceError, match=r"static \(64, 1\)"):
        loaded(tmp_path, table, "regression").predict(table.to_batches()[0])


def test_an_unknown_option_is_refused(tmp_path):
    mean_of_series(tmp_path)
    with pytest.raises(SubmissionError, match=r"SB103.*providers"):
        OnnxModel.examine(tmp_path, {"providers": ["x"]})
