"""ONNX graphs that forecast, made here by hand: what they are given, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import onnx
import pyarrow as pa
import pytest
from onnx import TensorProto, helper, numpy_helper
from sectorbench.harness.adapters import LoadContext
from sectorbench.harness.adapters.onnx_model import OnnxModel
from sectorbench.harness.adapters.residual_quantiles import RESIDUALS_NAME, ResidualQuantiles
from sectorbench.harness.errors import InterfaceError, SubmissionError
from sectorbench.harness.validation import validate_predictions
from toy_forecasts import CONTEXT, HISTORY, HORIZON, ITEMS, MEAN, ORIGINS, PLAN, SCALE, asked, load, window

NAMES = ("heat", "load")
FLOAT = TensorProto.FLOAT


def graph(folder, nodes, inputs, outputs, weights=(), *, names=NAMES, **more):
    """A model and its preprocessing in a folder."""
    values = [helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in inputs.items()]
    ends = [helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in outputs.items()]
    tensors = [numpy_helper.from_array(np.asarray(array), name) for name, array in weights]
    made = helper.make_graph(nodes, "g", values, ends, tensors)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    numbers = {"mean": [MEAN.get(n, 0.0) for n in names], "scale": [SCALE.get(n, 1.0) for n in names]}
    fixed = {"schema": "series/1", "static": [], "target_mean": 0.0, "target_scale": 1.0, "padding": "left"}
    whole = fixed | {"channels": list(names)} | numbers | more
    (folder / "preprocessor_config.json").write_text(json.dumps(whole))
    return folder


def last_step(folder, *, steps=HORIZON, history=CONTEXT, quantiles=None, **more):
    """Every step ahead is the last reading of heat and load, told as the task's targets: load, heat."""
    nodes = [
        helper.make_node("Gather", ["series", "last"], ["at"], axis=1),  # (n, 1, 2)
        helper.make_node("Gather", ["at", "turned"], ["targets"], axis=2),
        helper.make_node("MatMul", ["ones", "targets"], ["value"]),  # (h, 1) @ (n, 1, 2)
    ]
    weights = [("last", np.array([-1])), ("turned", np.array([1, 0])), ("ones", np.ones((steps, 1), np.float32))]
    outputs = {"value": ["n", steps, 2]}
    if quantiles is not None:
        nodes += [
            helper.make_node("Unsqueeze", ["value", "behind"], ["column"]),
            helper.make_node("Add", ["column", "away"], ["quantiles"]),
        ]
        weights += [("behind", np.array([-1])), ("away", np.array(quantiles, np.float32))]
        outputs["quantiles"] = ["n", steps, 2, len(quantiles)]
    return graph(folder, nodes, {"series": ["n", history, 2]}, outputs, weights, **more)


def loaded(folder, table):
    OnnxModel.examine(folder, {})
    return OnnxModel.load(LoadContext(folder, {}, "forecasting", table.schema))


def answered(folder, table, rows=None):
    """The validated predictions."""
    adapter = loaded(folder, table)
    return validate_predictions(
        pa.Table.from_batches([adapter.predict(one) for one in table.to_batches(max_chunksize=rows)]), table
    )


def column(found, name):
    return np.array(found.predictions.column(name).to_pylist())


@pytest.mark.parametrize("steps", [HORIZON, HORIZON + 3], ids=["as far", "further ahead than is asked for"])
def test_outputs_are_the_tasks_targets_in_their_order_and_units(tmp_path, steps):
    table = asked(load(missing=False))
    found = answered(last_step(tmp_path, steps=steps, quantiles=np.linspace(-1, 1, 9)), table)
    expected = np.stack([load(missing=False)[i].values[at - 1, :2] for i in ITEMS for at in ORIGINS])  # (n, y)
    assert found.problems == {}
    np.testing.assert_allclose(column(found, "value"), np.repeat(expected[:, None], HORIZON, axis=1), rtol=1e-5)
    around = np.linspace(-1, 1, 9) * np.array([[SCALE["load"]], [SCALE["heat"]]])
    np.testing.assert_allclose(column(found, "quantiles")[:, 2], expected[..., None] + around, rtol=1e-5, atol=1e-4)


def test_crossed_quantiles_and_what_is_not_finite_break_a_rule(tmp_path):
    table = asked(load(missing=False))
    falling = answered(last_step(tmp_path, quantiles=np.linspace(1, -1, 9)), table)
    assert {one.code for one in falling.problems.values()} == {"SB309"} and len(falling.problems) == 10
    missing = answered(last_step(tmp_path, quantiles=np.full(9, np.nan)), table)
    assert {one.code for one in missing.problems.values()} == {"SB306"}


def test_known_quantities_and_the_clock_are_given_for_the_history_and_the_steps_ahead(tmp_path):
    """value = known plus the hour of the day, of the steps ahead: the graph cuts them out of all that it is given."""
    nodes = [
        helper.make_node("Slice", ["known", "from", "to", "axis"], ["sun"]),  # (n, h, 1)
        helper.make_node("Gather", ["clock", "hour"], ["hours"], axis=2),
        helper.make_node("Slice", ["hours", "from", "to", "axis"], ["ahead"]),
        helper.make_node("ReduceSum", ["series", "all"], ["sum"], keepdims=1),
        helper.make_node("Mul", ["sum", "none"], ["nothing"]),
        helper.make_node("Add", ["sun", "ahead"], ["both"]),
        helper.make_node("Add", ["both", "nothing"], ["one"]),
        helper.make_node("Concat", ["one", "one"], ["value"], axis=2),
    ]
    weights = [
        ("from", np.array([-HORIZON])),
        ("to", np.array([1_000])),
        ("axis", np.array([1])),
        ("hour", np.array([0])),
        ("all", np.array([1, 2])),
        ("none", np.zeros((1, 1, 1), np.float32)),
    ]
    inputs = {"series": ["n", "t", 2], "known": ["n", "u", 1], "clock": ["n", "u", 3]}
    table = asked(load(missing=False))
    series = load()["north"]
    series.known[ORIGINS[1] + 2, 0] = np.nan
    table = asked({"east": load(missing=False)["east"], "north": series})
    known = {"names": ["sun"], "mean": [2.0], "scale": [4.0]}
    folder = graph(tmp_path, nodes, inputs, {"value": ["n", "h", 2]}, weights, known=known)
    found = column(answered(folder, table), "value")
    ahead = ORIGINS[1] + np.arange(HORIZON)
    expected = np.nan_to_num((series.known[ahead, 0] - 2) / 4, nan=0.0) + ahead % 24
    np.testing.assert_allclose(found[6, :, 0], expected * SCALE["load"] + MEAN["load"], rtol=1e-5)
    np.testing.assert_allclose(found[6, :, 1], expected * SCALE["heat"] + MEAN["heat"], rtol=1e-5)


def test_a_series_of_a_fixed_length_is_padded_on_the_left_and_says_what_was_observed(tmp_path):
    """value = the number of observed steps: rows of 10 steps of history, asked with 16."""
    nodes = [
        helper.make_node("ReduceSum", ["observed", "steps"], ["seen"], keepdims=1),
        helper.make_node("Gather", ["seen", "turned"], ["targets"], axis=2),
        helper.make_node("MatMul", ["ones", "targets"], ["value"]),
    ]
    weights = [("steps", np.array([1])), ("turned", np.array([1, 0])), ("ones", np.ones((HORIZON, 1), np.float32))]
    inputs = {"series": ["n", CONTEXT, 2], "observed": ["n", CONTEXT, 2]}
    folder = graph(tmp_path, nodes, inputs, {"value": ["n", HORIZON, 2]}, weights)
    table = asked()
    short = table.column("series").combine_chunks().slice(0, 5).to_pylist()
    short = pa.array([row[-10:] for row in short] + table.column("series").to_pylist()[5:], table.schema.field(3).type)
    table = table.set_column(3, table.schema.field(3), short)
    found = (column(answered(folder, table, rows=3), "value") - [MEAN["load"], MEAN["heat"]]) / [20, 5]
    windows = [window(load()[item], at, ("load", "heat")) for item in ITEMS for at in ORIGINS]
    there = np.array([np.isfinite(one[-10:] if row < 5 else one).sum(axis=0) for row, one in enumerate(windows)])
    np.testing.assert_allclose(found[:, 0], there, atol=1e-5)


def test_every_target_may_be_read_by_one_mean_and_scale(tmp_path):
    nodes = [
        helper.make_node("Gather", ["series", "last"], ["at"], axis=1),
        helper.make_node("MatMul", ["ones", "at"], ["value"]),
    ]
    weights = [("last", np.array([-1])), ("ones", np.ones((HORIZON, 1), np.float32))]
    inputs, outputs = {"series": ["n", CONTEXT, "c"]}, {"value": ["n", HORIZON, "c"]}
    table = asked(load(missing=False))
    found = answered(graph(tmp_path, nodes, inputs, outputs, weights, names=("*",)), table)
    assert column(found, "value")[0, 0] == pytest.approx(
        load(missing=False)["east"].values[ORIGINS[0] - 1, :2], rel=1e-5
    )


def test_a_graph_that_looks_at_the_rows_beside_a_row_finds_none(tmp_path):
    """value = the last step less the greatest last step of all rows that are asked together: 0 where a row is alone.

    A later row of the table holds what an earlier one is asked for, so no row may stand beside another.
    """
    nodes = [
        helper.make_node("Gather", ["series", "last"], ["at"], axis=1),
        helper.make_node("ReduceMax", ["at"], ["greatest"], axes=[0], keepdims=1),
        helper.make_node("Sub", ["at", "greatest"], ["less"]),
        helper.make_node("MatMul", ["ones", "less"], ["value"]),
    ]
    weights = [("last", np.array([-1])), ("ones", np.ones((HORIZON, 1), np.float32))]
    table = asked(load(300, missing=False), origins=np.arange(24, 290))
    folder = graph(tmp_path, nodes, {"series": ["n", CONTEXT, 2]}, {"value": ["n", HORIZON, 2]}, weights)
    whole, alone = (column(answered(folder, one), "value") for one in (table, table.slice(5, 1)))
    assert np.ptp(whole, axis=0).max() < 1e-5  # the target's mean, whatever the row
    assert whole[5] == pytest.approx(alone[0])


def test_what_does_not_fit_the_task_is_refused_before_anything_is_computed(tmp_path):
    table = asked()
    last_step(tmp_path, history=HISTORY + 1)
    with pytest.raises(InterfaceError, match=r"input 'series' asks for 25 steps of history, this task gives 24"):
        loaded(tmp_path, table)
    last_step(tmp_path, steps=HORIZON - 1)
    with pytest.raises(InterfaceError, match=r"output 'value', steps ahead is 5, this task asks for 6 steps ahead"):
        loaded(tmp_path, table)
    last_step(tmp_path, step_s=900)
    with pytest.raises(InterfaceError, match=r"step_s is 900 s, the readings of this task are 3600 s apart"):
        loaded(tmp_path, table)
    last_step(tmp_path, quantiles=[0.0] * 5)
    with pytest.raises(
        InterfaceError, match=r"output 'quantiles' has shape \[None, 6, 2, 5\], expected \['n', 6, 2, 9\]"
    ):
        loaded(tmp_path, table)
    last_step(tmp_path, known={"names": ["sun"], "mean": [0], "scale": [1]})
    with pytest.raises(InterfaceError, match=r"names 1 known quantities, input 'known' is not there"):
        loaded(tmp_path, table)
    last_step(tmp_path, calendar=["hour_of_day"])
    with pytest.raises(InterfaceError, match=r"has calendar or items, which no input takes"):
        loaded(tmp_path, table)
    last_step(tmp_path)
    with pytest.raises(InterfaceError, match=r"target 'heat' is not among its channels"):
        loaded(last_step(tmp_path, names=("wind", "load")), table)
    with pytest.raises(
        InterfaceError, match=r"steps ahead of 2 targets, this task has 9 of 2|is 6, this task asks for 9"
    ):
        loaded(last_step(tmp_path), asked(plan=PLAN._replace(horizon=9)))


def test_a_clock_of_another_width_or_without_a_series_is_refused(tmp_path):
    nodes = [helper.make_node("Identity", ["clock"], ["value"])]
    graph(tmp_path, nodes, {"clock": ["n", "u", 3]}, {"value": ["n", "u", 3]})
    with pytest.raises(SubmissionError, match="none of the inputs series"):
        OnnxModel.examine(tmp_path, {})
    nodes = [helper.make_node("Identity", ["series"], ["value"]), helper.make_node("Identity", ["clock"], ["other"])]
    inputs = {"series": ["n", CONTEXT, 2], "clock": ["n", CONTEXT, 2]}
    graph(tmp_path, nodes, inputs, {"value": ["n", CONTEXT, 2], "other": ["n", CONTEXT, 2]})
    with pytest.raises(
        InterfaceError, match=r"'clock' has 2 numbers per step, expected 3.*16 steps, expected 16 of the"
    ):
        loaded(tmp_path, asked())


def test_residuals_beside_a_graph_of_points_become_its_quantiles(tmp_path):
    table = asked(load(missing=False))
    around = np.tile(np.linspace(-4, 4, 9), (HORIZON, 1, 1))
    (tmp_path / RESIDUALS_NAME).write_text(json.dumps(ResidualQuantiles(around, None).as_json()))
    found = answered(last_step(tmp_path), table)
    expected = column(found, "value")[..., None] + np.linspace(-4, 4, 9)
    np.testing.assert_allclose(column(found, "quantiles"), expected, rtol=1e-6, atol=1e-5)
    with pytest.raises(InterfaceError, match="tells quantiles itself"):
        loaded(last_step(tmp_path, quantiles=[0.0] * 9), table)
