"""The gate for predictions: every rule, each with the row it names."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq
import pytest
from sectorbench.harness.interfaces import (
    Head,
    Quantity,
    classification_inputs,
    get_interface,
    regression_inputs,
    scheduling_inputs,
    table_info,
)
from sectorbench.harness.text_inputs import candidate_lists, choice_inputs, generation_inputs, ranking_inputs
from sectorbench.harness.validation import InvalidPredictionsError, _alike, read_predictions, validate_predictions


def regression(n=3):
    schema = regression_inputs(
        channels=[Quantity("load", "kW")],
        static=[],
        target=Quantity("life", "days"),
        step_unit="day",
        history_max=2,
        train_mean=1.0,
        target_range=(0.0, None),
    )
    rows = {"id": [f"r{i}" for i in range(n)], "series": [[[1.0]]] * n, "static": [[]] * n, "purpose": ["score"] * n}
    return pa.table({name: pa.array(values, schema.field(name).type) for name, values in rows.items()}, schema=schema)


PARTS = ("context", "question", "option")


def choice():
    schema = choice_inputs(language="en", train_share={})
    prompt = {"context": "", "question": "", "option": " "}
    rows = {
        "id": ["c0", "c1"],
        "context": ["one", "two"],
        "questions": [["q"], ["q", "p"]],
        "options": [[["a", "b"]], [["a", "b", "c"], ["yes", "no"]]],
        "prompt": [prompt, prompt],
    }
    return pa.table({name: pa.array(values, schema.field(name).type) for name, values in rows.items()}, schema=schema)


def answers(interface, **columns):
    schema = get_interface(interface).answer
    return pa.table({n: pa.array(v, schema.field(n).type) for n, v in columns.items()}, schema=schema)


def test_good_predictions_come_back_in_the_order_of_the_inputs():
    given = answers("regression", id=["r2", "r0", "r1"], value=[2.0, 0.0, 1.0])
    found = validate_predictions(given, regression())
    assert found.problems == {}
    assert found.predictions.column("value").to_pylist() == [0.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("ids", "code", "named"),
    [
        (["r0", "r1"], "SB302", "'r2'"),
        (["r0", "r1", "r1"], "SB303", "row 2"),
        (["r0", "r1", "x"], "SB304", "'x'"),
    ],
)
def test_wrong_ids_fail_the_whole_table_and_are_named(ids, code, named):
    with pytest.raises(InvalidPredictionsError, match=named) as caught:
        validate_predictions(answers("regression", id=ids, value=[0.0] * len(ids)), regression())
    assert caught.value.problems[0].code == code


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_names_its_row(value):
    found = validate_predictions(answers("regression", id=["r0", "r1", "r2"], value=[0.0, value, 2.0]), regression())
    assert found.problems.keys() == {1}
    assert found.problems[1].code == "SB306"
    assert "row 1" in found.problems[1].where


def test_columns_that_may_be_null_are_taken_where_they_hold_none():
    schema = pa.schema([f.with_nullable(True) for f in get_interface("regression").answer])
    given = pa.table({"id": ["r0", "r1", "r2"], "value": pa.array([0.0, 2.0, 1.0])}, schema=schema)
    found = validate_predictions(given, regression()).predictions
    assert found.schema.equals(get_interface("regression").answer)
    assert found.column("value").to_pylist() == [0.0, 2.0, 1.0]
    given = pa.table({"id": ["r0", "r1", "r2"], "value": pa.array([0.0, None, 1.0])}, schema=schema)
    with pytest.raises(InvalidPredictionsError, match="SB305 row 1, column 'value': null"):
        validate_predictions(given, regression())


def test_lists_whose_entries_are_called_otherwise_or_may_not_be_null_are_taken_and_others_are_not():
    entries = pa.list_(pa.list_(pa.field("element", pa.float64(), nullable=False)))
    assert _alike(pa.list_(pa.list_(pa.float64())), entries)
    assert not _alike(pa.list_(pa.list_(pa.float32())), entries)
    assert not _alike(pa.list_(pa.float64(), 2), pa.list_(pa.field("item", pa.float64(), nullable=False), 3))
    span = pa.struct([pa.field("start", pa.int64(), nullable=False), pa.field("end", pa.int64())])
    assert _alike(pa.struct([("start", pa.int64()), ("end", pa.int64())]), span)
    assert not _alike(pa.struct([("end", pa.int64()), ("start", pa.int64())]), span)


def write_file(table, path):
    with pa.ipc.new_file(path, table.schema) as writer:
        writer.write_table(table)


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (write_file, "an Arrow IPC file, not a stream"),
        (pq.write_table, "a Parquet file"),
        (csv.write_csv, "text, such as CSV or JSON"),
        (lambda t, p: p.write_bytes(b"PK\x03\x04" + bytes(60)), "an archive"),
        (lambda t, p: p.write_bytes(b""), "an empty file"),
    ],
)
def test_a_file_of_another_kind_is_told_with_what_writes_a_stream(tmp_path, write, said):
    path = tmp_path / "predictions.arrow"
    write(answers("regression", id=["r0", "r1", "r2"], value=[0.0, 1.0, 2.0]), path)
    with pytest.raises(InvalidPredictionsError, match=said) as caught:
        read_predictions(path, regression())
    assert caught.value.problems[0].code == "SB311"


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"id": pa.array(["r0"])}, "'value' is missing"),
        ({"id": pa.array(["r0"]), "value": pa.array([1.0]), "extra": pa.array([1])}, "'extra' is not part"),
        ({"id": pa.array(["r0"]), "value": pa.array([1.0], pa.float32())}, "expected double"),
        ({"id": pa.array(["r0"]).dictionary_encode(), "value": pa.array([1.0])}, "expected string"),
    ],
)
def test_other_columns_than_the_interface_are_refused_by_name(columns, said):
    with pytest.raises(InvalidPredictionsError, match=said) as caught:
        validate_predictions(pa.table(columns), regression(1))
    assert caught.value.problems[0].code == "SB301"


def test_quantiles_must_not_fall():
    interface = get_interface("regression")
    schema = interface.prediction_schemas()[1]
    rising, falling = list(np.linspace(0, 1, 9)), list(np.linspace(1, 0, 9))
    given = pa.table(
        {
            "id": pa.array(["r0", "r1"]),
            "value": pa.array([0.5, 0.5]),
            "quantiles": pa.array([rising, falling], schema.field("quantiles").type),
        },
        schema=schema,
    )
    found = validate_predictions(given, regression(2))
    assert {row: p.code for row, p in found.problems.items()} == {1: "SB309"}


@pytest.mark.parametrize(
    ("second", "code"),
    [
        ([[0.2, 0.3, 0.5], [0.5, 0.5]], None),
        ([[0.2, 0.3, 0.5]], "SB307"),
        ([[0.5, 0.5], [0.5, 0.5]], "SB307"),
        ([[0.2, 0.3, 0.4], [0.5, 0.5]], "SB308"),
        ([[1.2, -0.2, 0.0], [0.5, 0.5]], "SB308"),
        ([[np.nan, 0.5, 0.5], [0.5, 0.5]], "SB306"),
        ([[0.2, None, 0.8], [0.5, 0.5]], "SB305"),
        ([None, [0.5, 0.5]], "SB305"),
    ],
)
def test_probabilities_follow_the_questions_and_options(second, code):
    found = validate_predictions(answers("choice", id=["c0", "c1"], probability=[[[0.4, 0.6]], second]), choice())
    assert {row: p.code for row, p in found.problems.items()} == ({} if code is None else {1: code})


def unread(*told):
    """Two rows of two questions each, of which the answers to some could not be read."""
    inputs = choice_inputs(language="en", train_share={})
    row = {"context": "", "questions": ["q", "r"], "options": [["a", "b"]] * 2, "prompt": dict.fromkeys(PARTS, "")}
    asked = pa.Table.from_pylist([{"id": f"c{i}"} | row for i in range(len(told))], schema=inputs)
    schema = get_interface("choice").prediction_schemas()[2]
    columns = [asked["id"], pa.array([[[0.5, 0.5]] * 2] * len(told)), *[pa.array(told, pa.list_(pa.bool_()))] * 2]
    return validate_predictions(pa.table(columns, schema=schema), asked)


def test_a_row_of_which_nothing_could_be_read_is_a_problem_and_one_of_which_something_could_is_none():
    found = unread([True, True], [True, False], [False, False])
    assert {row: problem.code for row, problem in found.problems.items()} == {0: "SB322"}
    assert found.unread == [[True, True], [True, False], [False, False]]
    assert found.truncated == 3


def test_what_could_be_read_is_told_for_every_question():
    found = unread([True, True], [True])
    assert found.problems[1].code == "SB307"
    assert found.unread == [[True, True], [False]]


@pytest.mark.parametrize(
    ("scores", "code"),
    [
        ([[0.1, 0.2], [0.3]], None),
        ([[0.1], [0.3]], "SB307"),
        ([[0.1, float("nan")], [0.3]], "SB306"),
        ([[0.1, float("inf")], [0.3]], "SB306"),
    ],
)
def test_a_ranking_scores_every_candidate_with_a_finite_number(scores, code):
    columns = [pa.array(["r0", "r1"]), pa.array(["q", "q"]), candidate_lists(["a", "b"], [[0, 1], [1]])]
    inputs = pa.table(columns, schema=ranking_inputs(language="en"))
    found = validate_predictions(answers("ranking", id=["r0", "r1"], score=scores), inputs)
    assert {row: problem.code for row, problem in found.problems.items()} == ({} if code is None else {0: code})


def test_a_schedule_must_place_every_activity():
    schema = scheduling_inputs(time_unit="minute")
    mode = {"duration": 3, "demands": [{"resource": 0, "amount": 1}], "power_kw": 0.0}
    activities = [{"job": 0, "modes": [mode]}, {"job": 1, "modes": [mode]}]
    rows = {
        "id": ["s"],
        "activities": [activities],
        "precedences": [[]],
        "capacities": [[1]],
        "permutation": [False],
        "objective": ["makespan"],
        "tariff": [[]],
        "limit_kw": [None],
    }
    inputs = pa.table({n: pa.array(v, schema.field(n).type) for n, v in rows.items()}, schema=schema)
    good = validate_predictions(answers("scheduling", id=["s"], start=[[0, 3]], mode=[[0, 0]]), inputs)
    assert good.problems == {}
    short = validate_predictions(answers("scheduling", id=["s"], start=[[0]], mode=[[0, 0]]), inputs)
    assert short.problems[0].code == "SB307"
    assert "'start'" in short.problems[0].where


def generation(n=2):
    schema = generation_inputs(language="en")
    messages = [{"role": "user", "content": "How many?"}]
    rows = {"id": [f"g{i}" for i in range(n)], "messages": [messages] * n, "stop": [[]] * n, "max_tokens": [8] * n}
    return pa.table({name: pa.array(values, schema.field(name).type) for name, values in rows.items()}, schema=schema)


def test_a_text_may_be_empty_and_need_not_tell_its_tokens():
    found = validate_predictions(answers("generation", id=["g1", "g0"], text=["", "two, or 两"]), generation())
    assert found.problems == {}
    assert found.predictions.column("text").to_pylist() == ["two, or 两", ""]


def test_a_text_longer_than_an_answer_may_be_names_its_row():
    texts = ["x" * (1 << 20), "两" * (1 << 20)]  # the limit is in bytes
    found = validate_predictions(answers("generation", id=["g0", "g1"], text=texts), generation())
    assert {row: p.code for row, p in found.problems.items()} == {1: "SB320"}
    assert "3,145,728 bytes" in found.problems[1].found


@pytest.mark.parametrize(("tokens", "code"), [(0, None), (8, None), (-1, "SB321"), (9, "SB321")])
def test_a_count_of_tokens_lies_within_what_was_allowed(tokens, code):
    schema = get_interface("generation").prediction_schemas()[1]
    columns = {"id": ["g0"], "text": ["two"], "tokens": [tokens], "truncated": [False]}
    given = pa.table({n: pa.array(v, schema.field(n).type) for n, v in columns.items()}, schema=schema)
    found = validate_predictions(given, generation(1))
    assert {row: p.code for row, p in found.problems.items()} == ({} if code is None else {0: code})


def test_tokens_without_truncated_are_not_the_interface():
    schema = get_interface("generation").prediction_schemas()[1]
    columns = {"id": ["g0"], "text": ["two"], "tokens": [3]}
    part = pa.schema([schema.field(name) for name in columns])
    given = pa.table({n: pa.array(v, part.field(n).type) for n, v in columns.items()}, schema=part)
    with pytest.raises(InvalidPredictionsError, match="SB301"):
        validate_predictions(given, generation(1))


def test_a_file_larger_than_any_answer_is_not_even_opened(tmp_path):
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.truncate(10 << 30)
    with pytest.raises(InvalidPredictionsError, match="10,737,418,240 bytes") as caught:
        read_predictions(path, regression())
    assert caught.value.problems[0].code == "SB310"


@pytest.mark.parametrize("content", [b"", b"not arrow at all", b"\xff\xff\xff\xff\xff\xff\xff\x7f"])
def test_a_file_that_is_no_stream_is_refused(tmp_path, content):
    path = tmp_path / "broken"
    path.write_bytes(content)
    with pytest.raises(InvalidPredictionsError) as caught:
        read_predictions(path, regression())
    assert caught.value.problems[0].code == "SB311"


def test_a_file_whose_column_names_are_no_text_is_refused(tmp_path):
    path, good = tmp_path / "out", answers("regression", id=["r0", "r1", "r2"], value=[1.0, 2.0, 3.0])
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, good.schema) as writer:
        writer.write_table(good)
    path.write_bytes(path.read_bytes().replace(b"value", b"val\xffe"))
    with pytest.raises(InvalidPredictionsError) as caught:
        read_predictions(path, regression())
    assert caught.value.problems[0].code == "SB311"


def test_compressed_batches_are_refused(tmp_path):
    path = tmp_path / "compressed"
    given = answers("regression", id=[f"r{i}" for i in range(3)], value=[0.0, 1.0, 2.0])
    with pa.ipc.new_stream(path, given.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(given)
    with pytest.raises(InvalidPredictionsError, match="compress"):
        read_predictions(path, regression())


def test_every_input_table_says_its_interface():
    assert table_info(regression().schema)["interface"] == "regression"
    assert table_info(choice().schema)["interface"] == "choice"
    assert table_info(generation().schema) == {"interface": "generation", "language": "en"}


def test_every_column_of_every_interface_carries_a_unit():
    for table in (regression(), choice(), generation()):
        assert all(b"unit" in field.metadata for field in table.schema)


def classification(n=2):
    heads = (Head("valve", ("good", "worn", "stuck"), "exclusive"), Head("alarms", ("a", "b"), "independent"))
    schema = classification_inputs(heads=heads, train_share=((0.5, 0.3, 0.2), (0.1, 0.9)), codes=7)
    rows = {"id": [f"r{i}" for i in range(n)], "codes": [[1, 2]] * n}
    return pa.table({name: pa.array(values, schema.field(name).type) for name, values in rows.items()}, schema=schema)


FINE = [[0.2, 0.3, 0.5], [0.9, 0.8]]


@pytest.mark.parametrize(
    ("second", "code", "named"),
    [
        ([[0.2, 0.3, 0.5]], "SB307", "1 entries for 2 heads"),
        ([[0.2, 0.8], [0.9, 0.8]], "SB307", "2 entries for 3 classes"),
        ([[0.2, 0.3, 0.4], [0.9, 0.8]], "SB308", "sum to 0.9"),
        ([[-0.1, 0.6, 0.5], [0.9, 0.8]], "SB308", "probability -0.1"),
        ([[0.2, 0.3, 0.5], [0.9, 1.8]], "SB308", "probability 1.8"),
        ([[0.2, 0.3, 0.5], [float("nan"), 0.8]], "SB306", "nan"),
    ],
)
def test_a_wrong_list_of_class_probabilities_is_named_with_its_row(second, code, named):
    given = answers("classification", id=["r0", "r1"], probability=[FINE, second])
    found = validate_predictions(given, classification())
    assert set(found.problems) == {1}
    assert found.problems[1].code == code
    assert named in str(found.problems[1])


def test_independent_classes_need_not_sum_to_one():
    assert (
        validate_predictions(answers("classification", id=["r0"], probability=[FINE]), classification(1)).problems == {}
    )


@pytest.mark.parametrize("chosen", [[False, False, False], [True, True, False]])
def test_a_decision_for_none_or_two_classes_of_an_exclusive_head_is_refused(chosen):
    schema = get_interface("classification").prediction_schemas()[1]
    columns = {"id": ["r0"], "probability": [FINE], "decided": [[chosen, [True, True]]]}
    given = pa.table({n: pa.array(v, schema.field(n).type) for n, v in columns.items()}, schema=schema)
    problem = validate_predictions(given, classification(1)).problems[0]
    assert problem.code == "SB312"
    assert "'valve'" in str(problem)


@pytest.mark.parametrize("how", ["version 4", "words of its own"])
def test_batches_in_which_arrow_may_hide_a_codec_are_refused(tmp_path, how):
    table = answers("regression", id=["r0", "r1", "r2"], value=[1.0, 2.0, 3.0])
    old = how == "version 4"
    options = pa.ipc.IpcWriteOptions(metadata_version=pa.ipc.MetadataVersion.V4 if old else pa.ipc.MetadataVersion.V5)
    path = tmp_path / "predictions.arrow"
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        for batch in table.to_batches():
            writer.write_batch(batch, custom_metadata=None if old else {"ARROW:experimental_compression": "zstd"})
    with pytest.raises(InvalidPredictionsError, match="old form of Arrow, or with words of their own"):
        read_predictions(path, regression())
